"""The folder in which a user's own small files are kept, valid in any working directory."""

import os
from pathlib import Path

#: Overrides it.
VARIABLE = "CAM2EYE_HOME"


def path() -> Path:
    """Where it is, or would be."""
    import platformdirs  # a start that writes nothing needs it not

    return Path(os.environ.get(VARIABLE) or platformdirs.user_data_dir("cam2eye", appauthor=False))
