"""What is remembered of the user's models: which runs were finished, and which of them was chosen for a task.

Two small files in the user's data folder, valid in any working directory; each is written whole or not at all.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camsim.io import atomic, lock, text_file, user_folder

#: Another process needs the files no longer than this.
_WAIT_S = 10.0


def _runs_file() -> Path:
    return user_folder.path() / "models.json"


def _choice_file() -> Path:
    return user_folder.path() / "models-in-use.json"


def runs() -> list[str]:
    """Folders of the finished runs that are remembered, the latest last; ValueError where the file is damaged."""
    found = _read(_runs_file(), list, "no run of yours is listed")
    return [] if found is None else found


def remember(folder: Path | str) -> None:
    """Remember a finished run as the latest; ValueError where the file of the others is damaged."""
    path = str(Path(folder).resolve())
    with lock.beside(_runs_file(), wait_s=_WAIT_S):
        others = [other for other in runs() if other != path]
        atomic.write_text(_runs_file(), json.dumps([*others, path], indent=1))


def chosen() -> dict[str, str]:
    """Folder of the run that the user chose, by task; ValueError where the file that says so is damaged."""
    found = _read(_choice_file(), dict, "every task has the model that is shipped")
    return {} if found is None else found


def choose(folders: Mapping[str, str]) -> None:
    """Choose these folders, by task, and no others."""
    atomic.write_text(_choice_file(), json.dumps(dict(folders), indent=1))


def _read(path: Path, kind: type, without: str) -> Any:
    """The list or table of texts in a file, None where there is none; ValueError, with what is so without it."""
    try:
        found = text_file.read_json(path)
        texts = list(found.values()) if isinstance(found, dict) else found
        if not isinstance(found, kind) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{path}: not a {'list' if kind is list else 'table'} of folders")
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{path}: damaged; without it {without} ({str(error).removeprefix(f'{path}: ')})") from error
    return found
