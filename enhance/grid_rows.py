"""The trained models as rows of `scielab grid`, which finds them here by the entry points `scielab.models`."""

from dataclasses import replace

from camsim._version import __version__
from camsim.io import atomic
from enhance import zoo
from enhance.inference.run import open_enlarger
from scielab.model_grid.rows import Row


def rows(model: str | None = None) -> list[Row]:
    """The models that a name stands for; without one, those of the four tasks and of cameras of the user's own.

    Parameters
    ----------
    model : str, optional
        A task, the folder of a run or of several, or a network's file.

    Returns
    -------
    list of Row
        Rows that load their networks when asked to. Those of a folder of several runs are named like their tasks, and
        like their folders where a task is there twice. Those of other cameras that no name was given for take part
        where a set holds their pictures.

    Raises
    ------
    ValueError
        Where there is no such model, or it is damaged or unfinished.
    """
    if model is None:
        return [_row(zoo.find(task)) for task in zoo.tasks()]
    try:
        weights, entry = zoo.open_model(model)
    except zoo.SeveralModelsError as several:
        return _of_several(several.runs)
    if entry is None:
        return [
            Row(
                name=weights.stem,
                load=lambda: open_enlarger(weights).enlarge,
                sha256=atomic.sha256(weights),
                origin=str(weights),
            )
        ]
    return [replace(_row(entry), competes_elsewhere=True)]


def _of_several(found: list[zoo.Entry]) -> list[Row]:
    """The finished runs of a folder."""
    tasks = [entry.task for entry in found]
    return [
        _row(entry) if tasks.count(entry.task) == 1 else replace(_row(entry), name=entry.folder.name) for entry in found
    ]


def _row(entry: zoo.Entry) -> Row:
    return Row(
        name=entry.task,
        load=lambda: open_enlarger(entry.weights).enlarge,
        trained_for=zoo.TASKS.get(entry.task) or entry.card.get("setting", entry.task),
        scale=entry.scale,
        sha256=atomic.sha256(entry.weights),
        seen=frozenset(entry.card.get("source_sha256", [])),
        facts={"path": str(entry.folder)} | entry.facts,
        words=_words(entry),
        origin=f"shipped with enhance {__version__}" if entry.is_shipped else str(entry.folder),
        competes_elsewhere=entry.task in zoo.TASKS,
    )


def _words(entry: zoo.Entry) -> str:
    card = entry.card
    steps = " and ".join(f"{steps} steps {stage}" for stage, steps in card["stages"].items())
    return f"{card['generator']}, {card['parameters']:,} parameters, {steps}, trained on {card['data']}"
