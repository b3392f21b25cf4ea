"""The one folder for every kind of pretrained weights that are not part of this package, each under its own name."""

import os
from pathlib import Path

#: Names the folder where none is given.
VARIABLE = "CAM2EYE_WEIGHTS"


def chosen(folder: Path | str | None = None) -> Path | None:
    """The folder that is given, else that of the variable, else None; ValueError where it is not there."""
    named = folder or os.environ.get(VARIABLE)
    if not named:
        return None
    if not Path(named).is_dir():
        raise ValueError(f"{named}: no such folder of weights{'' if folder else f' (of the variable {VARIABLE})'}")
    return Path(named)


def find(folder: Path | str, *patterns: str) -> Path | None:
    """The first file in a folder whose name is, or matches, one of the patterns in their order; None for none."""
    return next((path for pattern in patterns for path in sorted(Path(folder).glob(pattern)) if path.is_file()), None)
