"""Writing without harm: a file or folder appears whole or not at all, and a failed write leaves nothing behind.

What a killed process left, a hidden file or folder beside what it wrote, the next write removes: a file that no process
holds open any more, a folder whose lock is free.
"""

import contextlib
import errno
import functools
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from camsim.io import lock

#: What the system says where a file does not fit: a full disk, a quota, a limit of size.
NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))

#: What is unfinished is called, between a dot with the name and the end of the name.
_UNFINISHED, _REPLACED = "-cam2eye-new-", "-cam2eye-old-"

#: Letters of a file's own name in that of its unfinished form: a long name must not become too long by it.
_STEM = 40


def check_writable(path: Path | str) -> None:
    """Raise ValueError where `path` could not be made: a file stands in the way, or no permission. Makes nothing."""
    ancestor = Path(path).absolute().parent
    while not ancestor.exists():
        ancestor = ancestor.parent
    if not ancestor.is_dir():
        raise ValueError(f"cannot write {path}: {ancestor} is a file, not a folder")
    if not os.access(ancestor, os.W_OK):
        raise ValueError(f"cannot write {path}: {ancestor} is not writable")


def check_replaceable(path: Path | str) -> None:
    """Raise ValueError where what stands at `path` could not be put aside for something new: where it is mounted.

    Such are the folders and files that a container is given.
    """
    path = Path(path)
    if path.exists() and (os.path.ismount(path) or os.path.realpath(path) in _mounted()):
        where = "" if path.is_file() else "; name a folder in it"
        raise ValueError(f"cannot write {path}: it is mounted there, so that it cannot be replaced{where}")


def _mounted() -> set[str]:
    """Where something is mounted, be it a part of the same disk; nothing where the system does not say."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    octal = re.compile(r"\\([0-7]{3})")  # of spaces and the like
    return {octal.sub(lambda found: chr(int(found[1], 8)), line.split()[4]) for line in lines}


@contextlib.contextmanager
def cannot_write(path: Path) -> Iterator[None]:
    """Say in one line which file could not be made."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Say which file had no room, where a library that wrote it says only that there is none."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise ValueError(f"cannot write {path}: {error.strerror}") from error


@contextlib.contextmanager
def atomic(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it into place only if the block succeeds.

    The temporary name keeps the suffix, so that writers which look at it choose the right format.
    """
    path = Path(path)
    check_writable(path)
    if path.is_dir():
        raise ValueError(f"cannot write {path}: it is a folder")
    check_replaceable(path)
    with cannot_write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent.absolute())
        handle, temporary = _new_file(path)
    try:
        with room_for(path):
            yield temporary
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)  # mkstemp makes files private
            temporary.replace(path)
    finally:
        if handle is not None:
            os.close(handle)
        temporary.unlink(missing_ok=True)


def _new_file(path: Path) -> tuple[int | None, Path]:
    """An empty file beside `path`, held open and locked where the system can: so that it is known to be in use."""
    while True:
        prefix = f".{path.stem[:_STEM]}{_UNFINISHED}"
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=path.suffix, dir=path.parent)
        if not (_lock(handle, wait=True) and _is_writable_meanwhile(Path(name))):
            os.close(handle)
            return None, Path(name)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)  # another process took it for a dead one's before it was locked


def _lock(handle: int, *, wait: bool) -> bool:
    """Lock an open file; False where another process has, or the system cannot."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _is_writable_meanwhile(path: Path) -> bool:
    """Whether a locked file takes what is written by another way; Windows' network folders refuse that."""
    try:
        with path.open("r+b") as file:
            file.write(b"\0")
            file.truncate(0)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        return False
    return True


@functools.cache
def _sweep(folder: Path) -> None:
    """Remove the unfinished files of dead processes; once in a process, for a folder may hold many files."""
    form = re.compile(rf"\..*{_UNFINISHED}[a-z0-9_]{{8}}(\.[^.]+)?")
    try:
        names = os.listdir(folder)  # noqa: PTH208  twice as fast
    except OSError:  # a folder that takes files and shows none
        return
    for name in filter(form.fullmatch, names):
        place = folder / name
        with contextlib.suppress(OSError):  # gone, or of another user
            if not place.is_file() or place.is_symlink():
                continue
            handle = os.open(place, os.O_RDWR)
            try:
                if _lock(handle, wait=False):
                    place.unlink()
            finally:
                os.close(handle)


@contextlib.contextmanager
def atomic_folder(path: Path | str) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; rename it to `path` only if the block succeeds.

    A folder that stands at `path` is replaced: whether that is allowed is for the caller to check first. Raises
    ValueError where another process is making it.
    """
    path = Path(path).absolute()
    check_writable(path)
    check_replaceable(path)
    with lock.beside(path):
        remove_leftovers(path)
        with cannot_write(path):
            temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}{_UNFINISHED}", dir=path.parent))
        try:
            with room_for(path):
                yield temporary
                temporary.chmod(0o755)
                put(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def put(temporary: Path, path: Path) -> None:
    """Rename a finished folder to `path`, and remove what stood there."""
    if not path.exists():
        temporary.replace(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}{_REPLACED}", dir=path.parent))
    path.replace(old / path.name)
    temporary.replace(path)
    shutil.rmtree(old)


def remove_leftovers(path: Path) -> None:
    """Remove what a process left that was killed while it made `path`; whoever holds the lock knows that it is dead.

    Where it was killed between putting aside what stood there and putting the new in its place, the old comes back.
    """
    form = re.compile(rf"\.{re.escape(path.name)}({_UNFINISHED}|{_REPLACED})[a-z0-9_]{{8}}")
    for left in [entry for entry in path.parent.iterdir() if form.fullmatch(entry.name) and entry.is_dir()]:
        if _REPLACED in left.name and (left / path.name).exists() and not path.exists():
            (left / path.name).replace(path)
        shutil.rmtree(left, ignore_errors=True)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: Path | str) -> str:
    """SHA-256 of a file's bytes, as hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
