"""What the commands share that use a trained model: the three options that name one, and finding it."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enhance import backend, zoo

if TYPE_CHECKING:
    import numpy as np

    from enhance.inference.apply import Enlarger


def model_options(command: Callable) -> Callable:
    """The three options that name a model."""
    for option in (
        click.option("--model", type=click.Path(path_type=Path), help="A .keras file instead of a task's model."),
        click.option("--models", type=click.Path(path_type=Path), help="Folder of trained models, or one run."),
        click.option("--task", help="sr, color, pixel, deblur, or a camera that you trained for."),
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def what_to_type() -> Iterator[None]:
    """Add what to type to an error about a trained model: core code does not know the command line."""
    try:
        yield
    except zoo.UnfinishedError as error:
        raise ValueError(f"{error}; `enhance train --resume -o {error.folder}` goes on") from error
    except zoo.NoModelError as error:
        raise ValueError(f"{error}: `enhance train --task {error.task}` makes one; --models names a folder") from error


def find_model(task: str | None, models: Path | None, model: Path | None) -> tuple[Path, zoo.Entry | None]:
    """The generator's file that the three options name, and the finished run that it belongs to, if any."""
    if model and (task or models):
        raise click.UsageError("--model names one network and stands alone: no --task or --models with it")
    if model:
        if not model.exists():
            raise ValueError(f"{model}: no such file")
        return model, None
    if not task and not models:
        raise click.UsageError("--task or --model is needed")
    with what_to_type():
        entry = zoo.find(task, models) if task else zoo.open_run(models)
    return entry.weights, entry


def load_enlarger(path: Path, *, tile: int | None = None, device: str = "auto") -> "Enlarger":
    """A saved generator as a function of any picture."""
    backend.ensure()
    from enhance.inference import apply

    return apply.open_enlarger(path, tile=tile, device=device)


def load_model(path: Path) -> "Callable[[np.ndarray], np.ndarray]":
    """A saved generator as a plain function, (h, w, 3) to (h·scale, w·scale, 3), sRGB values in [0, 1]."""
    return load_enlarger(path).enlarge
