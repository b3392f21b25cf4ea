"""The folder in which a user's own small files are kept, valid in any working directory."""

import os
from pathlib import Path

#: Overrides it.
VARIABLE = "CAM2EYE_HOME"


def path() -> Path:
    """Where it is, or would be. ValueError where the user has no home folder."""
    import platformdirs  # a start that writes nothing needs it not

    try:
        return Path(os.environ.get(VARIABLE) or platformdirs.user_data_dir("cam2eye", appauthor=False))
    except RuntimeError as error:
        raise ValueError(f"no home folder is known: set {VARIABLE}") from error
