"""CSV files that rows are appended to, by several processes at once if need be."""

import contextlib
import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import FileIO
from pathlib import Path

from camsim.io import atomic, lock

#: What formulas begin with, and what spreadsheets skip before one.
_FORMULA = tuple("=+-@\t\r")

_WAIT_S = 20.0  # for others that append: they write a few rows

_LONGEST_HEADER = 10_000  # characters, more than any header written here


def header(path: Path) -> list[str] | None:
    """The columns of a file that rows may be appended to; None where it is new or empty.

    Raises ValueError for what is no CSV, no regular file, or cannot be written.
    """
    atomic.check_writable(path)
    if not path.exists():
        return None
    if not path.is_file():  # a device may be read without end
        raise ValueError(f"cannot write {path}: it is {'a folder' if path.is_dir() else 'no regular file'}")
    if not os.access(path, os.W_OK):
        raise ValueError(f"cannot write {path}: it is not writable")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader([file.readline(_LONGEST_HEADER)] if path.stat().st_size else []), None)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a CSV file; nothing is appended to it") from error


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file below its header, by column; ValueError, with its line, where one has more or fewer values."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader, found = csv.reader(file, strict=True), []
            columns = next(reader, [])
            for row in filter(None, reader):
                if len(row) != len(columns):
                    raise ValueError(f"line {reader.line_num} has {len(row)} values, the header {len(columns)}")
                found.append(dict(zip(columns, row, strict=True)))
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{path}: not a CSV file ({error})") from error
    return found


def cell(value: object) -> object:
    """A value for a cell: text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")  # of which older Pythons would make a new row
    return f"'{text}" if value[:1] in _FORMULA else text


def append(path: Path, columns: Sequence[str], values: Iterable[Sequence], *, check: Callable[[Path], object]) -> None:
    """Append rows in one piece, after a header where the file is new; where a disk is full it is left as it was.

    No other process can do so meanwhile.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        Its header.
    values : iterable of sequences
        The rows.
    check : callable
        Raises ValueError where these rows do not belong into the file at this path. It is called before the file is
        made, and again once no other process writes to it.

    Raises
    ------
    ValueError
        From `check`; where the file cannot be written, or another process takes long to.
    """
    check(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+", buffering=0) as file, _alone(file, path):  # a buffer would be written when it is closed
        check(path)
        size = file.seek(0, os.SEEK_END)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if size == 0:
            writer.writerow(columns)
        else:
            file.seek(size - 1)
            text.write("" if file.read(1) == b"\n" else "\n")
        writer.writerows([cell(value) for value in row] for row in values)
        try:
            content = text.getvalue().encode()
            while content:
                content = content[file.write(content) :]
        except OSError as error:
            file.truncate(size)
            raise ValueError(f"cannot write {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def _alone(file: FileIO, path: Path) -> Iterator[None]:
    """Keep other processes from a file: by the system's lock or, where there is none, by a lock file beside it."""
    with contextlib.nullcontext() if _is_locked(file) else lock.beside(path, wait_s=_WAIT_S):
        yield


def _is_locked(file: FileIO) -> bool:
    """Wait for the system's lock of an open file; False where there is no such thing: Windows, some network folders."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
    except (ImportError, OSError):
        return False
    return True
