"""Files that are read: regular ones only.

A pipe would be waited for, a device read without end. Every file that a user names is opened here, or checked here
before a library opens it by its path.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO


class MissingError(ValueError):
    """There is nothing at a path."""


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

#: Asks that opening a pipe, which took the place of a file just now, does not wait for its other end.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)


def check(path: os.PathLike[str] | str, *, name: str = "", kind: str = "file") -> os.stat_result:
    """What is known of a file, links followed.

    `name` stands for it in messages, and `kind` says what is wanted there.

    Raises ValueError, in one line, for what is missing (`MissingError`), cannot be reached, or is no regular file.
    """
    name = name or str(path)
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:  # among them links in a circle, and a name that no file can have
        raise ValueError(f"{name}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    _check_mode(status.st_mode, name, kind)
    return status


def open_file(path: os.PathLike[str] | str, *, name: str = "", kind: str = "file") -> BinaryIO:
    """Open a file for reading. Raises ValueError as `check` does, and where permission is missing."""
    name = name or str(path)
    check(path, name=name, kind=kind)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | _WITHOUT_WAITING)
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror}") from error
    file = os.fdopen(handle, "rb")
    try:
        _check_mode(os.fstat(handle).st_mode, name, kind)
    except ValueError:
        file.close()
        raise
    return file


def _check_mode(mode: int, name: str, kind: str) -> None:
    if not stat.S_ISREG(mode):
        found = next((words for is_such, words in _KINDS if is_such(mode)), "no regular file")
        raise ValueError(f"{name}: is {found}, not a {kind}")
