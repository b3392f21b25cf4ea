"""Tasks, and where their trained models are.

A model is a folder, the run that trained it: `generator.keras`, `run.json` and the rest. One of every task comes with
the package, in `enhance/weights/`, and is what the task's name stands for, unless the user chose a run of his own for
it (`user_files`).
"""

import contextlib
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from enhance import user_files

#: Task → the built-in camera setting that it undoes.
TASKS = {"sr": "ideal", "color": "underexposed", "pixel": "pixel25", "deblur": "f22"}

#: Files of a run: its configuration, its camera, its network and its card.
CONFIG, CAMERA, GENERATOR, CARD = "config.toml", "camera.toml", "generator.keras", "run.json"

#: What every card must hold for its model to be used and described.
_FACTS = {
    **dict.fromkeys(("task", "generator", "data"), str),
    **dict.fromkeys(("scale", "parameters", "steps"), int),
    **dict.fromkeys(("stages", "validation"), dict),
    "finished": bool,
}

#: What a card says of the pictures that its model was trained on, where it does: name → two bounds.
_INPUTS = "inputs"

#: Where the models are that come with the package.
_SHIPPED = Path(str(resources.files("enhance") / "weights"))


class UnfinishedError(ValueError):
    """A run whose training has not come to its end; `folder` is where it is."""

    def __init__(self, folder: Path):
        super().__init__(f"{folder}: training is not finished")
        self.folder = folder


class NoModelError(ValueError):
    """A task that no trained model is found for."""

    def __init__(self, task: str):
        super().__init__(f"no model for {task}")
        self.task = task


class VanishedError(ValueError):
    """The run that was chosen for a task is no longer there."""

    def __init__(self, task: str, trouble: ValueError):
        super().__init__(f"the model chosen for {task} is gone ({trouble})")
        self.task = task


class SeveralModelsError(ValueError):
    """A folder that holds several runs where one model is wanted; `runs` are those that are finished."""

    def __init__(self, folder: Path, runs: list["Entry"]):
        super().__init__(f"{folder}: a folder of models, where one is wanted: {', '.join(str(r.folder) for r in runs)}")
        self.runs = runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trained model: the folder of the run that made it, and what is known of it.

    Parameters
    ----------
    folder : Path
        Of the run.
    card : dict
        The run's ``run.json``: task, network, training, scores on held-out pictures.

    Examples
    --------
    >>> shipped()[0].folder.name
    'sr'
    """

    folder: Path
    card: dict

    @property
    def task(self) -> str:
        """What the model undoes: sr, color, pixel, deblur or the name of a camera.

        Examples
        --------
        >>> [entry.task for entry in shipped()]
        ['sr', 'color', 'pixel', 'deblur']
        """
        return self.card["task"]

    @property
    def facts(self) -> dict:
        """The card without its long list of photographs.

        Examples
        --------
        >>> shipped()[0].facts["generator"]
        'light'
        """
        return {key: value for key, value in self.card.items() if key != "source_sha256"}

    @property
    def scale(self) -> int:
        """How many times larger than its input the model's output is.

        Examples
        --------
        >>> shipped()[0].scale
        4
        """
        return self.card["scale"]

    @property
    def licence(self) -> str:
        """What the model may be used for, where its card says so; whose training it was decides otherwise.

        Examples
        --------
        >>> shipped()[0].licence
        'research, not commercial (enhance/weights/LICENSE)'
        """
        return self.card.get("licence", "yours, as far as its photographs allow")

    @property
    def inputs(self) -> dict[str, tuple[float, float]]:
        """Between which bounds brightness and sharpness of its training pictures were; {} where that is not known.

        Examples
        --------
        >>> sorted(shipped()[0].inputs)
        ['mean_luminance', 'peak_luminance', 'sharpness']
        """
        return {name: (low, high) for name, (low, high) in self.card.get(_INPUTS, {}).items()}

    @property
    def is_shipped(self) -> bool:
        """Whether the model came with the package.

        Examples
        --------
        >>> shipped()[0].is_shipped
        True
        """
        return self.folder.resolve().is_relative_to(_SHIPPED.resolve())

    def describe(self) -> str:
        """Which model it is, in words: its task, whose it is, and where.

        Examples
        --------
        >>> shipped()[0].describe().startswith("sr, as shipped (")
        True
        """
        return f"{self.task}, {'as shipped' if self.is_shipped else 'your run'} ({self.folder})"

    @property
    def weights(self) -> Path:
        """The file of the network, which `enhance.load` takes as well.

        Examples
        --------
        >>> shipped()[0].weights.name
        'generator.keras'
        """
        return self.folder / GENERATOR


def open_run(folder: Path | str) -> Entry:
    """The finished run in `folder`; ValueError where there is none or it is unfinished."""
    folder = Path(folder)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        damaged = any(not isinstance(card[name], kind) for name, kind in _FACTS.items())
        damaged |= not isinstance(card.get("licence", ""), str)
        damaged |= not all(isinstance(value, int | float) for value in card["validation"].values())
        damaged |= not all(0 <= low <= high for low, high in card.get(_INPUTS, {}).values())
    except FileNotFoundError:
        raise ValueError(f"{folder}: no trained model here ({CARD} is missing)") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        damaged = True
    if damaged:
        raise ValueError(f"{folder / CARD}: damaged, or not a training run's card")
    if not card["finished"] or not (folder / GENERATOR).exists():
        raise UnfinishedError(folder)
    return Entry(folder=folder, card=card)


def registered() -> list[Entry]:
    """Finished runs that are remembered and still exist, the latest first."""
    entries = []
    for path in reversed(user_files.runs()):
        try:
            entries.append(open_run(path))
        except ValueError:
            continue
    return entries


def shipped() -> list[Entry]:
    """The models that come with the package, in the order of the tasks."""
    return [open_run(_SHIPPED / task) for task in TASKS if (_SHIPPED / task / CARD).exists()]


def use(folder: Path | str) -> Entry:
    """Let a task's name stand for the run in `folder` from now on; ValueError where there is no finished run."""
    entry = open_run(Path(folder).resolve())
    user_files.choose(user_files.chosen() | {entry.task: str(entry.folder)})
    return entry


def reset(task: str | None = None) -> list[str]:
    """Let a task's name, or all, stand for what is shipped again; returns the tasks that had a run chosen for them.

    Raises ValueError for an unknown task.
    """
    before = user_files.chosen()
    if task is not None and task not in tasks():
        raise ValueError(f"unknown task {task!r}; known: {', '.join(tasks())}")
    left = {} if task is None else {name: path for name, path in before.items() if name != task}
    if left != before:
        user_files.choose(left)
    return [name for name in before if name not in left]


def known() -> list[Entry]:
    """Every model that is found without a folder: those that are shipped, then those remembered, the latest first."""
    there = {entry.folder.resolve(): entry for entry in shipped() + registered()}
    return list(there.values())


def tasks() -> list[str]:
    """Every task that a model is found by: the four, and those of finished runs with other cameras."""
    return list(dict.fromkeys([*TASKS, *(entry.task for entry in registered()), *user_files.chosen()]))


def find(task: str) -> Entry:
    """The model that a task's name stands for: the run chosen for it, else the shipped one.

    A camera of the user's own gives a task of its name; nothing is shipped for it, so its latest run is taken. Raises
    ValueError for an unknown task, where no model is found, and where the chosen one is gone.
    """
    if folder := user_files.chosen().get(task):
        try:
            return open_run(folder)
        except ValueError as error:
            raise VanishedError(task, error) from error
    for entry in known():
        if entry.task == task and (entry.is_shipped or task not in TASKS):
            return entry
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}; known: {', '.join(tasks())}")
    raise NoModelError(task)


def runs_in(folder: Path | str) -> list[Entry]:
    """The finished runs in the folders of a folder, those of the four tasks first; ValueError where one is damaged."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        with contextlib.suppress(UnfinishedError):
            found += [open_run(path)] if (path / CARD).is_file() else []
    order = list(TASKS)
    return sorted(found, key=lambda entry: order.index(entry.task) if entry.task in order else len(order))


def open_model(model: str | Path) -> tuple[Path, Entry | None]:
    """The network's file of whatever names a model, and the finished run that it belongs to, if any.

    Parameters
    ----------
    model : str or Path
        A task; the folder of a run; or a network's file, whose run is known where it is the result of one.

    Raises
    ------
    ValueError
        Where there is no such model, the run is unfinished or damaged, or the folder holds several runs.

    Examples
    --------
    >>> weights, entry = open_model("deblur")
    >>> weights.name, entry.task
    ('generator.keras', 'deblur')
    """
    path = Path(model)
    if str(model) in tasks():
        entry = find(str(model))
        return entry.weights, entry
    if path.is_dir():
        if not (path / CARD).exists() and not (path / CONFIG).exists() and (inside := runs_in(path)):
            raise SeveralModelsError(path, inside)
        entry = open_run(path)
        return entry.weights, entry
    if not path.is_file():
        raise ValueError(f"{path}: neither a task ({', '.join(tasks())}) nor a file or folder")
    return path, _run_of(path)


def _run_of(weights: Path) -> Entry | None:
    """The run whose result a file is."""
    try:
        return open_run(weights.parent) if weights.name == GENERATOR else None
    except ValueError:
        return None
