"""What is remembered of the user's models: which runs were finished, and which of them was chosen for a task.

Two small files in the user's data folder, valid in any working directory; each is written whole or not at all.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from camsim.io import atomic

#: Overrides the folder of the two files.
HOME_VARIABLE = "CAM2EYE_HOME"


def _home() -> Path:
    return Path(os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("cam2eye", appauthor=False))


def _runs_file() -> Path:
    return _home() / "models.json"


def _choice_file() -> Path:
    return _home() / "models-in-use.json"


def runs() -> list[str]:
    """Folders of the finished runs that are remembered, the latest last."""
    try:
        paths = json.loads(_runs_file().read_text(encoding="utf-8"))
        return [path for path in paths if isinstance(path, str)]
    except (OSError, ValueError, TypeError):
        return []


def remember(folder: Path | str) -> None:
    """Remember a finished run as the latest."""
    path = str(Path(folder).resolve())
    others = [other for other in runs() if other != path]
    atomic.write_text(_runs_file(), json.dumps([*others, path], indent=1))


def chosen() -> dict[str, str]:
    """Folder of the run that the user chose, by task; ValueError where the file that says so is damaged."""
    path = _choice_file()
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        damaged = not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values())
    except FileNotFoundError:
        return {}
    except ValueError:
        damaged = True
    if damaged:
        raise ValueError(f"{path}: damaged; without it every task has the model that is shipped")
    return found


def choose(folders: Mapping[str, str]) -> None:
    """Choose these folders, by task, and no others."""
    atomic.write_text(_choice_file(), json.dumps(dict(folders), indent=1))
