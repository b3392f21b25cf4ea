"""One process at a time: who writes to an output holds its lock, a hidden file with the process's number and host.

A lock whose process is dead holds nobody: the next one takes it.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

#: What the lock of a folder is called in it.
NAME = ".cam2eye.lock"

#: A lock is tried for so long: the first try may find that its owner is dead, the second then takes it.
_TRIED_S = 1.0

#: One that names nobody, empty or garbled, is tried for longer: its owner was killed before it had written who it is,
#: or is about to. filelock takes one that is garbled where it has stayed so for two seconds, and never an empty one.
_NAMELESS_S = 5.0

#: Nobody takes so long between making a lock and writing who it is.
_EMPTY_S = 1.0


@contextlib.contextmanager
def beside(path: Path | str, *, wait_s: float = _TRIED_S) -> Iterator[None]:
    """Hold the lock of a file or folder, which is a file beside it; ValueError where another process does.

    Folders that are missing on the way there are made; where they stay empty they are removed again.
    """
    path = Path(path).absolute()
    with _parents_of(path), _held(path.with_name(f".{path.name}.lock"), path, wait_s):
        yield


@contextlib.contextmanager
def inside(folder: Path | str) -> Iterator[None]:
    """Hold the lock of a folder, which is a file in it; the folder is made, and removed where it stays empty."""
    file = Path(folder).absolute() / NAME
    with _parents_of(file), _held(file, Path(folder), _TRIED_S):
        yield


@contextlib.contextmanager
def _parents_of(path: Path) -> Iterator[None]:
    made = [parent for parent in path.parents if not parent.exists()]
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"cannot write {path}: {error.strerror}") from error
        yield
    finally:
        for parent in made:
            with contextlib.suppress(OSError):  # it holds something now
                parent.rmdir()


@contextlib.contextmanager
def _held(file: Path, output: Path, wait_s: float) -> Iterator[None]:
    from filelock import SoftFileLock, Timeout  # starts that write nothing need it not

    lock = SoftFileLock(file, timeout=wait_s)
    try:
        try:
            lock.acquire()
        except Timeout:
            if _owner(file):
                raise
            _mark_empty(file)
            lock.acquire(timeout=_NAMELESS_S)
    except Timeout:
        owner = _owner(file) or "another process"
        raise ValueError(f"{output} is being written by {owner}; if that is not so, remove {file}") from None
    except OSError as error:
        raise ValueError(f"cannot write {output}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def _mark_empty(file: Path) -> None:
    """Write into a lock that has been empty for long that it has no owner, so that filelock takes it as garbled."""
    with contextlib.suppress(OSError), file.open("r+b") as opened:
        status = os.fstat(opened.fileno())
        if not status.st_size and time.time() - status.st_mtime > _EMPTY_S:
            opened.write(b"no owner\n")


def _owner(file: Path) -> str:
    """Whose lock it is, in words; empty where the file does not say."""
    try:
        process, host, *_ = file.read_text(encoding="utf-8", errors="replace").split()
    except (OSError, ValueError):  # gone meanwhile, or not of this kind
        return ""
    return f"process {process} on {host}" if process.isdecimal() else ""
