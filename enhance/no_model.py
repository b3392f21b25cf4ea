"""What is wrong where no trained model is: errors that say it, and hold what a caller needs to say more."""

from collections.abc import Iterable
from pathlib import Path

from camsim.arguments import shown


class UnfinishedError(ValueError):
    """A run whose training has not come to its end; `folder` is where it is."""

    def __init__(self, folder: Path):
        super().__init__(f"{folder}: training is not finished")
        self.folder = folder


class MissingError(ValueError):
    """A folder in which no run is."""

    def __init__(self, folder: Path, card: str):
        super().__init__(f"{folder}: no trained model here ({card} is missing)")


class NoModelError(ValueError):
    """A task that no trained model is found for."""

    def __init__(self, task: str):
        super().__init__(f"no model for {task}")
        self.task = task


class NoStyleError(ValueError):
    """A style that a task has no model of; it has those of other styles."""

    def __init__(self, task: str, style: str, there: Iterable[str]):
        super().__init__(f"{task} has no style {shown(style)}; there is: {', '.join(there)}")


class VanishedError(ValueError):
    """The run that was chosen for a task's name is no longer there."""

    def __init__(self, name: str, trouble: ValueError):
        super().__init__(f"the model chosen for {name} is gone ({trouble})")
        self.name = name
