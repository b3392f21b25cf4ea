"""Tasks, and where their trained models are.

A model is a folder, the run that trained it: `generator.keras`, `run.json` and the rest. One of every task comes with
the package, in `enhance/weights/`. Finished runs are noted in one small file in the user's data folder, so that a
task's latest model is found from any working directory.
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

#: Overrides the folder in which finished runs are noted.
HOME_VARIABLE = "CAM2EYE_HOME"

CARD = "run.json"
GENERATOR = "generator.keras"

#: What every card must hold for its model to be used and described.
_FACTS = {
    **dict.fromkeys(("task", "generator", "data"), str),
    **dict.fromkeys(("scale", "parameters", "steps"), int),
    **dict.fromkeys(("stages", "validation"), dict),
    "finished": bool,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trained model."""

    path: Path  #: the run's folder
    card: dict  #: its run.json

    @property
    def task(self) -> str:
        return self.card["task"]

    @property
    def facts(self) -> dict:
        """The card without its long list of photographs."""
        return {key: value for key, value in self.card.items() if key != "source_sha256"}

    @property
    def scale(self) -> int:
        return self.card["scale"]

    @property
    def weights(self) -> Path:
        return self.path / GENERATOR


def open_run(folder: Path | str) -> Entry:
    """The finished run in `folder`; ValueError where there is none or it is unfinished."""
    folder = Path(folder)
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        damaged = any(not isinstance(card[name], kind) for name, kind in _FACTS.items())
        damaged |= not all(isinstance(value, int | float) for value in card["validation"].values())
    except FileNotFoundError:
        raise ValueError(f"{folder}: no trained model here ({CARD} is missing)") from None
    except (OSError, ValueError, KeyError, TypeError):
        damaged = True
    if damaged:
        raise ValueError(f"{folder / CARD}: damaged, or not a training run's card")
    if not card["finished"] or not (folder / GENERATOR).exists():
        raise ValueError(f"{folder}: training is not finished; `enhance train --resume -o {folder}` goes on")
    return Entry(path=folder, card=card)


def _register() -> Path:
    home = os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("cam2eye", appauthor=False)
    return Path(home) / "models.json"


def _noted() -> list[str]:
    try:
        paths = json.loads(_register().read_text(encoding="utf-8"))
        return [path for path in paths if isinstance(path, str)]
    except (OSError, ValueError, TypeError):
        return []


def note(folder: Path | str) -> None:
    """Note a finished run as the latest of its task."""
    path = str(Path(folder).resolve())
    atomic.write_text(_register(), json.dumps([p for p in _noted() if p != path] + [path], indent=1))


def noted() -> list[Entry]:
    """Finished runs that were noted and still exist, the latest first."""
    entries = []
    for path in reversed(_noted()):
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
    """Every model that is found without being named: those noted, the latest first, then those that were shipped."""
    return noted() + shipped()


def tasks() -> list[str]:
    """Every task that a model may be asked for by: the four, and those of finished runs with other cameras."""
    return list(dict.fromkeys([*TASKS, *(entry.task for entry in noted())]))


def find(task: str, models: Path | str | None = None) -> Entry:
    """The model of a task: in `models`/TASK or `models` itself; else the latest noted, else the one shipped.

    A camera of your own gives a task of its name. Raises ValueError for an unknown task or where no model is found.
    """
    if models is not None:
        models = Path(models)
        if not models.is_dir():
            raise ValueError(f"{models}: no such folder")
        entry = open_run(models / task if (models / task).is_dir() else models)
        if entry.task != task:
            raise ValueError(f"{entry.path}: trained for {entry.task}, not {task}")
        return entry
    for entry in known():
        if entry.task == task:
            return entry
    if task not in TASKS:
        raise ValueError(f"unknown task {task!r}; known: {', '.join(tasks())}")
    raise ValueError(f"no model for {task}: `enhance train --task {task}` makes one; --models names a folder")
