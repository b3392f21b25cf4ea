"""The trained models as rows of `scielab grid`, which finds them here by the entry points `scielab.models`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from camsim.io import atomic
from enhance import backend, zoo
from scielab.model_grid.rows import Row


def rows(folder: Path | None = None) -> list[Row]:
    """One row for each of the four tasks, and those that were trained for cameras of the user's own.

    They are the runs in `folder`, one folder for each task and named like it; without it the latest of each task,
    else the model that comes with the package. Those for other cameras take part where a set holds their pictures.

    Parameters
    ----------
    folder : Path, optional
        A folder of trained models.

    Returns
    -------
    list of Row
        Rows that load their networks when asked to.

    Raises
    ------
    ValueError
        Where the folder, or the model of one of the four tasks, is missing, damaged or unfinished.
    """
    entries = [zoo.find(task, folder) for task in zoo.TASKS]
    return [_row(entry) for entry in entries + _of_other_cameras(folder)]


def _of_other_cameras(folder: Path | None) -> list[zoo.Entry]:
    """The latest finished run of each task that is none of the four."""
    found: dict[str, zoo.Entry] = {}
    for entry in zoo.registered() if folder is None else _runs_in(folder):
        if entry.task not in zoo.TASKS:
            found.setdefault(entry.task, entry)
    return list(found.values())


def _runs_in(folder: Path) -> list[zoo.Entry]:
    """The finished runs in a folder that are named like their task; what else lies there is not looked at."""
    found = []
    for path in sorted(folder.iterdir()):
        try:
            entry = zoo.open_run(path)
        except ValueError:
            continue
        if entry.task == path.name:
            found.append(entry)
    return found


def _row(entry: zoo.Entry) -> Row:
    return Row(
        name=entry.task,
        load=lambda: _load(entry.weights),
        trained_for=zoo.TASKS.get(entry.task) or entry.card.get("setting", entry.task),
        scale=entry.scale,
        sha256=atomic.sha256(entry.weights),
        seen=frozenset(entry.card.get("source_sha256", [])),
        facts={"path": str(entry.folder)} | entry.facts,
        words=_words(entry),
        competes_elsewhere=entry.task in zoo.TASKS,
    )


def _load(weights: Path) -> Callable[[np.ndarray], np.ndarray]:
    """A saved generator as a plain function, (h, w, 3) to (h·scale, w·scale, 3), sRGB values in [0, 1]."""
    backend.ensure()
    from enhance.inference import apply

    return apply.open_enlarger(weights).enlarge


def _words(entry: zoo.Entry) -> str:
    card = entry.card
    steps = " and ".join(f"{steps} steps {stage}" for stage, steps in card["stages"].items())
    return f"{card['generator']}, {card['parameters']:,} parameters, {steps}, trained on {card['data']}"
