"""The trained models as rows of `scielab grid`, which finds them here by the entry points `scielab.models`."""

from dataclasses import replace

from camsim._version import __version__
from enhance import naming, zoo
from enhance.inference.run import open_enlarger
from scielab.model_grid.rows import Row


def rows(model: str | None = None) -> list[Row]:
    """The models that a name stands for; without one, those of the four tasks and of cameras of the user's own.

    Parameters
    ----------
    model : str, optional
        A task, alone or with a style, ``deblur:perceptual``; the folder of a run or of several; or a network's file.

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
        return [_row(zoo.find(task)) for task in zoo.tasks() if task in zoo.TASKS or zoo.FAITHFUL in zoo.styles(task)]
    try:
        found = naming.open_model(model)
    except naming.SeveralModelsError as several:
        return _of_several(several.runs)
    if found.run is None:
        return [
            Row(
                name=found.name,
                load=lambda: open_enlarger(found).enlarge,
                sha256=_sha256(found),
                origin=str(found),
            )
        ]
    return [replace(_row(found.run, found), competes_elsewhere=True)]


def _of_several(found: list[zoo.Entry]) -> list[Row]:
    """The finished runs of a folder."""
    names = [entry.name for entry in found]
    return [
        _row(entry) if names.count(entry.name) == 1 else replace(_row(entry), name=entry.folder.name) for entry in found
    ]


def _row(entry: zoo.Entry, model: naming.Model | None = None) -> Row:
    """The row of a run, or of a mixture that starts from it.

    What is not the faithful model of one camera is no rival: other styles give up some fidelity, and a model for all
    cameras some of each, for something that no number here shows.
    """
    model = model or naming.Model(weights=entry.weights, run=entry)
    blind = entry.task == zoo.BLIND
    return Row(
        name=model.name,
        load=lambda: open_enlarger(model).enlarge,
        trained_for=None if blind else zoo.TASKS.get(entry.task) or entry.card.get("setting", entry.task),
        scale=entry.scale,
        sha256=_sha256(model),
        seen=model.seen,
        facts={"path": str(entry.folder)} | entry.facts | model.record,
        words=_words(entry),
        origin=f"shipped with enhance {__version__}" if entry.is_shipped else str(entry.folder),
        competes_elsewhere=blind or entry.task in zoo.TASKS,
        rival=not blind and entry.style == zoo.FAITHFUL and model.toward is None,
    )


def _sha256(model: naming.Model) -> str:
    """Of all that a model computes with."""
    return " ".join([*model.hashes.values(), *([] if model.toward is None else [f"{model.share:g}"])])


def _words(entry: zoo.Entry) -> str:
    card = entry.card
    steps = " and ".join(f"{steps} steps {stage}" for stage, steps in card["stages"].items())
    return f"{card['generator']}, {card['parameters']:,} parameters, {steps}, trained on {card['data']}"
