"""What names a trained model: a task, with a style or a point of the dial, a run, or a file.

`deblur` is the task's faithful model, `deblur:perceptual` that of another style, and `deblur:0.3` lies between the
two: three tenths of the way from the weights of the faithful model to those of the perceptual one.
"""

from dataclasses import dataclass
from pathlib import Path

from camsim.io import atomic
from enhance import no_model, zoo


class SeveralModelsError(ValueError):
    """A folder that holds several runs where one model is wanted; `runs` are those that are finished."""

    def __init__(self, folder: Path, runs: list[zoo.Entry]):
        super().__init__(f"{folder}: a folder of models, where one is wanted: {', '.join(str(r.folder) for r in runs)}")
        self.runs = runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a name stands for: a network's file, or a mixture of two."""

    weights: Path  #: the network's file
    run: zoo.Entry | None = None  #: the finished run that made it, where that is known
    toward: "Model | None" = None  #: the model that it is mixed with, if any
    share: float = 0.0  #: of that model's weights in the mixture

    @property
    def name(self) -> str:
        """What a table calls it: deblur, deblur:perceptual, deblur:0.3, or the name of its file."""
        name = self.run.name if self.run else self.weights.stem
        return name if self.toward is None else f"{name}:{self.share:g}"

    @property
    def files(self) -> list[Path]:
        """All that it computes with."""
        return [self.weights, *(self.toward.files if self.toward else [])]

    @property
    def seen(self) -> frozenset[str] | None:
        """Hashes of the photographs that it was trained on, or their beginnings; None where that is not known."""
        mixed = self.toward.seen if self.toward else frozenset[str]()
        return None if self.run is None or mixed is None else self.run.seen | mixed

    @property
    def record(self) -> dict[str, str | float | None]:
        """Which model it is, for JSON."""
        task, style = (self.run.task, self.run.style) if self.run else (None, None)
        record: dict[str, str | float | None] = {"model": str(self.weights), "task": task, "style": style}
        return record | ({"mixed_with": str(self.toward.weights), "share": self.share} if self.toward else {})

    @property
    def hashes(self) -> dict[str, str]:
        """The hashes of its files, for JSON."""
        return dict(zip(("model_sha256", "mixed_with_sha256"), map(atomic.sha256, self.files), strict=False))

    def __str__(self) -> str:
        """Which model it is, in words."""
        words = self.run.describe() if self.run else str(self.weights)
        return f"{words}, {self.share:g} of the way to {self.toward.weights}" if self.toward else words


def open_model(model: str | Path, *, style: str | float | None = None, toward: str | Path | None = None) -> Model:
    """Whatever names a model, opened; nothing of its network is read.

    Parameters
    ----------
    model : str or Path
        A task, alone or as ``TASK:STYLE``; the folder of a run; or a network's file, whose run is known where it is
        the result of one.
    style : str, float or None
        Of a task: a style that it has, or a number from 0 (faithful) to 1 (perceptual), also as text.
    toward : str, Path or None
        With a number as `style`: what lies at the other end, instead of the task's perceptual model.

    Raises
    ------
    ValueError
        Where there is no such model or style, the run is unfinished or damaged, the folder holds several runs, or the
        number is outside.

    Examples
    --------
    >>> found = open_model("deblur")
    >>> found.weights.name, found.run.task
    ('generator.keras', 'deblur')
    """
    task, named = _task_in(str(model))
    if named and style is not None:
        raise ValueError(f"{model}: names its style, and {style} is another")
    wanted = named or style
    share = _share(wanted)
    if toward is not None:
        if share is None or named:
            raise ValueError("between two models lies a style that is a number from 0 to 1")
        return _between(open_model(model), open_model(toward), share)
    if task is not None and share is not None:
        try:
            return _between(_of_run(zoo.find(task)), _of_run(zoo.find(task, zoo.PERCEPTUAL)), share)
        except no_model.NoStyleError as error:
            raise ValueError(f"{share:g} is between {zoo.FAITHFUL} and {zoo.PERCEPTUAL}: {error}") from error
    if task is not None:
        return _of_run(zoo.find(task, str(wanted or zoo.FAITHFUL)))
    if style is not None:
        raise ValueError(f"{model}: a style is of a task ({', '.join(zoo.tasks())}), not of a run or a file")
    path = Path(model)
    if path.is_dir():
        if not (path / zoo.CARD).exists() and not (path / zoo.CONFIG).exists() and (inside := zoo.runs_in(path)):
            raise SeveralModelsError(path, inside)
        return _of_run(zoo.open_run(path))
    if not path.is_file():
        raise ValueError(f"{path}: neither a task ({', '.join(zoo.tasks())}) nor a file or folder")
    try:
        return Model(weights=path, run=zoo.open_run(path.parent) if path.name == zoo.GENERATOR else None)
    except ValueError:
        return Model(weights=path)


def _task_in(name: str) -> tuple[str | None, str]:
    """The task and the style in a name; None where it names no task."""
    known = zoo.tasks()
    if name in known:
        return name, ""
    task, _, style = name.partition(":")
    return (task, style) if task in known and style else (None, "")


def _share(style: str | float | None) -> float | None:
    """A style as a point of the dial; None for a word, ValueError for a number outside."""
    try:
        share = None if style is None else float(style)
    except ValueError:
        return None
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"style {style} is not from 0 ({zoo.FAITHFUL}) to 1 ({zoo.PERCEPTUAL})")
    return share


def _between(first: Model, second: Model, share: float) -> Model:
    if first.toward or second.toward:
        raise ValueError("a mixture of models cannot be mixed again")
    return Model(weights=first.weights, run=first.run, toward=second, share=share)


def _of_run(entry: zoo.Entry) -> Model:
    return Model(weights=entry.weights, run=entry)
