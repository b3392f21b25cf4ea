"""Tasks, and where their trained models are.

A model is a folder, the run that trained it: `generator.keras`, `run.json` and the rest. One of every task comes with
the package, in `enhance/weights/`. Finished runs are registered in one small file in the user's data folder, so that
a task's latest model is found from any working directory.
"""

import json
import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import platformdirs

from camsim.io import atomic

#: Task → the built-in camera setting that it undoes.
TASKS = {"sr": "ideal", "color": "underexposed", "pixel": "pixel25", "deblur": "f22"}

#: Overrides the folder of the register of finished runs.
HOME_VARIABLE = "CAM2EYE_HOME"

#: Files of a run: its configuration, its camera, its network and its card.
CONFIG, CAMERA, GENERATOR, CARD = "config.toml", "camera.toml", "generator.keras", "run.json"

#: What every card must hold for its model to be used and described.
_FACTS = {
    **dict.fromkeys(("task", "generator", "data"), str),
    **dict.fromkeys(("scale", "parameters", "steps"), int),
    **dict.fromkeys(("stages", "validation"), dict),
    "finished": bool,
}


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
    except FileNotFoundError:
        raise ValueError(f"{folder}: no trained model here ({CARD} is missing)") from None
    except (OSError, ValueError, KeyError, TypeError):
        damaged = True
    if damaged:
        raise ValueError(f"{folder / CARD}: damaged, or not a training run's card")
    if not card["finished"] or not (folder / GENERATOR).exists():
        raise UnfinishedError(folder)
    return Entry(folder=folder, card=card)


def _register_file() -> Path:
    home = os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("cam2eye", appauthor=False)
    return Path(home) / "models.json"


def _registered_folders() -> list[str]:
    """Folders in the register, the latest last."""
    try:
        paths = json.loads(_register_file().read_text(encoding="utf-8"))
        return [path for path in paths if isinstance(path, str)]
    except (OSError, ValueError, TypeError):
        return []


def register(folder: Path | str) -> None:
    """Register a finished run as the latest of its task."""
    path = str(Path(folder).resolve())
    others = [other for other in _registered_folders() if other != path]
    atomic.write_text(_register_file(), json.dumps([*others, path], indent=1))


def registered() -> list[Entry]:
    """Finished runs that were registered and still exist, the latest first."""
    entries = []
    for path in reversed(_registered_folders()):
        try:
            entries.append(open_run(path))
        except ValueError:
            continue
    return entries


def shipped() -> list[Entry]:
    """The models that come with the package, in the order of the tasks."""
    folder = Path(str(resources.files("enhance") / "weights"))
    return [open_run(folder / task) for task in TASKS if (folder / task / CARD).exists()]


def known() -> list[Entry]:
    """Every model that is found without a folder: those registered, the latest first, then those that were shipped."""
    return registered() + shipped()


def tasks() -> list[str]:
    """Every task that a model is found by: the four, and those of finished runs with other cameras."""
    return list(dict.fromkeys([*TASKS, *(entry.task for entry in registered())]))


def find(task: str, models: Path | str | None = None) -> Entry:
    """The model of a task: in `models`/TASK or `models` itself; else the latest registered, else the one shipped.

    A camera of your own gives a task of its name. Raises ValueError for an unknown task or where no model is found.
    """
    if models is not None:
        models = Path(models)
        if not models.is_dir():
            raise ValueError(f"{models}: no such folder")
        entry = open_run(models / task if (models / task).is_dir() else models)
        if entry.task != task:
            raise ValueError(f"{entry.folder}: trained for {entry.task}, not {task}")
        return entry
    for entry in known():
        if entry.task == task:
            return entry
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}; known: {', '.join(tasks())}")
    raise NoModelError(task)


def weights_of(model: str | Path, models: Path | str | None = None) -> Path:
    """The network's file of a task (in the folder `models`, if there is one), a run's folder, or the file itself.

    Raises ValueError where there is no such model.
    """
    path = Path(model)
    if model in tasks() or models is not None:
        return find(str(model), models).weights
    if path.is_dir():
        return open_run(path).weights
    if not path.exists():
        raise ValueError(f"{path}: neither a task ({', '.join(tasks())}) nor a file or folder")
    return path
