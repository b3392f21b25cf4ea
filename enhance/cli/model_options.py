"""What the commands share that use a trained model: the options that name one, and finding it."""

import contextlib
from collections.abc import Callable, Iterator

import click

from camsim.cli import console
from enhance import naming, no_model
from enhance.naming import Model


def _found(*, model: str | None, task: str | None, style: str | None) -> Model | None:
    if model and task:
        raise click.UsageError("--task is short for --model: name the model once")
    if not (name := model or task):
        if style:
            raise click.UsageError("--style is of a task, which --model or --task names")
        return None
    with what_to_type():
        return naming.open_model(name, style=style)


def model_options(command: Callable) -> Callable:
    """The options that name a model; the command gets what they name, or None, as its argument `model`."""
    command = console.gather("model", _found, "model", "task", "style")(command)
    for option in (
        click.option(
            "--style",
            metavar="STYLE",
            help="Of a task: faithful, perceptual or another that it has, or a number from 0 (faithful) to 1 "
            "(perceptual), which mixes the weights of both.  [default: faithful]",
        ),
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
    except no_model.UnfinishedError as error:
        raise ValueError(f"{error}; `enhance train --resume -o {error.folder}` goes on") from error
    except no_model.NoModelError as error:
        raise ValueError(f"{error}: `enhance train --task {error.task}` makes one; --model names a run") from error
    except no_model.VanishedError as error:
        raise ValueError(f"{error}; `enhance models use --reset {error.name}` forgets it") from error


def needed(model: Model | None) -> Model:
    """The model, where a command cannot do without."""
    if model is None:
        raise click.UsageError("--model is needed: a task, the folder of a run, or a .keras file")
    return model
