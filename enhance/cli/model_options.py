"""What the commands share that use a trained model: the options that name one, and finding it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from camsim.cli import console
from enhance import zoo


@dataclass(frozen=True, slots=True)
class Model:
    """What --model names."""

    weights: Path  #: the network's file
    run: zoo.Entry | None  #: the finished run that made it, where that is known

    @property
    def record(self) -> dict[str, str | None]:
        """Which model it is, for JSON."""
        return {"model": str(self.weights), "task": self.run.task if self.run else None}

    def __str__(self) -> str:
        return self.run.describe() if self.run else str(self.weights)


def _named(*, model: str | None, task: str | None) -> str | None:
    if model and task:
        raise click.UsageError("--task is short for --model: name the model once")
    return model or task


def model_options(command: Callable) -> Callable:
    """The options that name a model; the command gets the name, or None, as its argument `model`."""
    command = console.gather("model", _named, "model", "task")(command)
    for option in (
        click.option("--task", metavar="TASK", help="Short for --model TASK."),
        click.option(
            "--model",
            metavar="MODEL",
            help="A task (sr, color, pixel, deblur, or a camera that you trained for), the folder of a run, or a "
            ".keras file.",
        ),
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
        raise ValueError(f"{error}: `enhance train --task {error.task}` makes one; --model names a run") from error
    except zoo.VanishedError as error:
        raise ValueError(f"{error}; `enhance models use --reset {error.task}` forgets it") from error


def find_model(name: str | None) -> Model:
    """The model that --model, or --task, names."""
    if not name:
        raise click.UsageError("--model is needed: a task, the folder of a run, or a .keras file")
    with what_to_type():
        return Model(*zoo.open_model(name))
