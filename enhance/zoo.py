"""Tasks, and where their trained models are.

A model is a folder, the run that trained it: `generator.keras`, `run.json` and the rest. A task may have several
styles, each a model of its own: `faithful`, which the task's name alone stands for, and others, `deblur:perceptual`.
Those that come with the package are `enhance/weights/STYLE/TASK/`; each may be replaced by a run that the user chose
for it (`user_files`).
"""

import contextlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from camsim.arguments import shown
from camsim.io import outputs
from enhance import no_model, user_files

#: Task → the built-in camera setting that it undoes.
TASKS = {"sr": "ideal", "color": "underexposed", "pixel": "pixel25", "deblur": "f22"}

#: The style that a task's name alone stands for, and the other end of the dial that starts there.
FAITHFUL, PERCEPTUAL = "faithful", "perceptual"

#: The task of a model for all cameras, without a camera of its own.
BLIND = "blind"

#: Files of a run: its configuration, its camera, its network and its card.
CONFIG, CAMERA, GENERATOR, CARD = "config.toml", "camera.toml", "generator.keras", "run.json"

#: What a card says of the pictures that its model was trained on, where it does: name → two bounds.
_INPUTS = "inputs"

#: And of the photographs that they are of: the beginnings of their hashes.
_SOURCES = "source_sha256"

#: Where the models are that come with the package.
_SHIPPED = Path(str(resources.files("enhance") / "weights"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trained model: the folder of the run that made it, and what is known of it.

    Parameters
    ----------
    folder : Path
        Of the run.
    card : dict
        The run's ``run.json``: task, style, network, training, scores on held-out pictures.

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
    def style(self) -> str:
        """What the model strives for: faithful, where its configuration said nothing, or another word.

        Examples
        --------
        >>> shipped()[0].style
        'faithful'
        """
        return self.card.get("style", FAITHFUL)

    @property
    def name(self) -> str:
        """How the model is named: its task, with its style where that is not faithful.

        Examples
        --------
        >>> Entry(folder=Path("run"), card={"task": "deblur", "style": "perceptual"}).name
        'deblur:perceptual'
        """
        return self.task if self.style == FAITHFUL else f"{self.task}:{self.style}"

    @property
    def seen(self) -> frozenset[str]:
        """Hashes of the photographs that the model was trained on, or their beginnings.

        Examples
        --------
        >>> len(shipped()[0].seen)
        2481
        """
        return frozenset(self.card.get(_SOURCES, ()))

    @property
    def facts(self) -> dict:
        """The card without its long list of photographs.

        Examples
        --------
        >>> shipped()[0].facts["generator"]
        'light'
        """
        return {key: value for key, value in self.card.items() if key != _SOURCES}

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
        """Which model it is, in words: its name, whose it is, and where.

        Examples
        --------
        >>> shipped()[0].describe().startswith("sr, as shipped (")
        True
        """
        return f"{self.name}, {'as shipped' if self.is_shipped else 'your run'} ({self.folder})"

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
    from enhance import card  # it loads pydantic, which --help needs not

    folder = Path(folder)
    try:
        known = card.read(folder / CARD)
    except FileNotFoundError:
        raise no_model.MissingError(folder, CARD) from None
    if not known["finished"] or not (folder / GENERATOR).exists():
        raise no_model.UnfinishedError(folder)
    return Entry(folder=folder, card=known)


def registered() -> list[Entry]:
    """Finished runs that are remembered and still exist, the latest first; without the damaged ones."""
    return _remembered()[0]


def damaged() -> list[str]:
    """What is wrong with the remembered runs that are damaged, a line for each."""
    return _remembered()[1]


def _remembered() -> tuple[list[Entry], list[str]]:
    entries, trouble = [], []
    for path in reversed(user_files.runs()):
        try:
            entries.append(open_run(path))
        except (no_model.MissingError, no_model.UnfinishedError):
            continue
        except ValueError as error:
            trouble.append(str(error))
    return entries, trouble


def shipped() -> list[Entry]:
    """The models that come with the package, the faithful ones first, in the order of the tasks."""
    return _in_order([open_run(card.parent) for card in sorted(_SHIPPED.glob(f"*/*/{CARD}"))])


def _in_order(entries: list[Entry]) -> list[Entry]:
    """By style, the faithful ones first, and by task, the four first."""
    tasks = list(TASKS)

    def place(entry: Entry) -> tuple[bool, str, int]:
        return entry.style != FAITHFUL, entry.style, tasks.index(entry.task) if entry.task in tasks else len(tasks)

    return sorted(entries, key=place)


def use(folder: Path | str) -> Entry:
    """Let its task's name, with its style, stand for the run in `folder`; ValueError where there is no finished run."""
    entry = open_run(outputs.real(folder))
    user_files.choose(user_files.chosen() | {entry.name: str(entry.folder)})
    return entry


def reset(name: str | None = None) -> list[str]:
    """Let a task's name, with its style if any, or all, stand for what is shipped again; returns those that did not.

    Raises ValueError for an unknown task.
    """
    before = user_files.chosen()
    if name is not None and name not in before and name.partition(":")[0] not in tasks():
        raise ValueError(f"unknown task {shown(name)}; known: {', '.join(tasks())}")
    left = {} if name is None else {other: path for other, path in before.items() if other != name}
    if left != before:
        user_files.choose(left)
    return [name for name in before if name not in left]


def known() -> list[Entry]:
    """Every model that is found without a folder: those that are shipped, then those remembered, the latest first."""
    there = {entry.folder.resolve(): entry for entry in shipped() + registered()}
    return list(there.values())


def tasks() -> list[str]:
    """Every task that a model is found by: the four, others that ship, and those of runs with other cameras."""
    chosen = (name.partition(":")[0] for name in user_files.chosen())
    return list(dict.fromkeys([*TASKS, *(entry.task for entry in known()), *chosen]))


def styles(task: str) -> list[str]:
    """The styles that a task has a model of, the faithful one first."""
    chosen = (name.partition(":") for name in user_files.chosen())
    found = {style or FAITHFUL for name, _, style in chosen if name == task}
    found |= {entry.style for entry in _found_for(task)}
    return sorted(found, key=lambda style: (style != FAITHFUL, style))


def _found_for(task: str) -> list[Entry]:
    """The models of a task that nobody has to choose: what is shipped, or the runs for a camera of the user's own."""
    return [entry for entry in known() if entry.task == task and (entry.is_shipped or task not in TASKS)]


def find(task: str, style: str = FAITHFUL) -> Entry:
    """The model that a task's name stands for, in a style: the run chosen for it, else the shipped one.

    A camera of the user's own gives a task of its name; nothing is shipped for it, so its latest run is taken. Raises
    ValueError for an unknown task, a style that it has not, where no model is found, and where the chosen one is gone.
    """
    name = task if style == FAITHFUL else f"{task}:{style}"
    if folder := user_files.chosen().get(name):
        try:
            return open_run(folder)
        except ValueError as error:
            raise no_model.VanishedError(name, error) from error
    for entry in _found_for(task):
        if entry.style == style:
            return entry
    if task not in tasks():
        raise ValueError(f"unknown task {shown(task)}; known: {', '.join(tasks())}")
    if there := styles(task):
        raise no_model.NoStyleError(task, style, there)
    raise no_model.NoModelError(task)


def runs_in(folder: Path | str) -> list[Entry]:
    """The finished runs in the folders of a folder, in the order of `shipped`; ValueError where one is damaged."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        with contextlib.suppress(no_model.UnfinishedError):
            found += [open_run(path)] if (path / CARD).is_file() else []
    return _in_order(found)
