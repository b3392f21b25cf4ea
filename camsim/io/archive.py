"""Archives from anyone, zip and tar: pictures are taken out of them, and nothing else happens.

A file is written under the last part of its name, into one folder, so that none can be written elsewhere; names that
try are refused all the same. Links, devices and encrypted files are refused where one is asked for. Files are counted,
and bytes as they are unpacked, whatever the archive says of itself.
"""

import fnmatch
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from camsim.arguments import shown
from camsim.io import outputs, regular

#: Most files in an archive, and most bytes of one that is taken out.
MOST_MEMBERS, MOST_FILE_BYTES = 1_000_000, 1 << 30

#: Longest name, and what else a tar says of its next file, in bytes: it is read into memory, and may be a bomb.
_LONGEST_HEADER = 1 << 20

_ABOUT_THE_NEXT = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)

_BLOCK = 1 << 18

_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)

#: Name, what is wrong with it or "", and a function that opens it.
_Member = tuple[str, str, Callable[[], BinaryIO | None]]


def extract(
    archive: Path,
    into: Path,
    *,
    take: str,
    most_files: int,
    most_bytes: int,
    step: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Take files out of an archive into a folder, which is there and is theirs alone.

    Parameters
    ----------
    archive : Path
        A zip or a tar, packed with gzip or not.
    into : Path
        The folder.
    take : str
        Pattern of the files' whole names, such as "DIV2K_train_HR/*.png"; `*` stands for no slash. Several are
        separated by spaces.
    most_files, most_bytes : int
        How many there may be, and how many bytes they may have together.
    step : callable
        Called after every file.

    Returns
    -------
    list of Path
        The files, in the order of the archive.

    Raises
    ------
    ValueError
        In one line that names the archive: where it is damaged or none, holds what leads out of the folder, a link, a
        device or two files of one name among what is asked for, holds nothing of that, or more than it may.
    """
    taken: dict[str, Path] = {}
    left = most_bytes
    try:
        with regular.open_file(archive) as file:
            for name, wrong, opened in _members(file):
                if ".." in name.replace("\\", "/").split("/"):
                    raise ValueError(f"{shown(name)} leads out of it")
                if not _matches(name, take):
                    continue
                key = outputs.check_name(name.rpartition("/")[2])
                if wrong:
                    raise ValueError(f"{shown(name)} is {wrong}")
                if key.lower() in taken:
                    raise ValueError(f"two files are called {shown(key)}")
                if len(taken) == most_files:
                    raise ValueError(f"more than {most_files} files")
                taken[key.lower()] = into / key
                left -= _copy(opened, into / key, min(left, MOST_FILE_BYTES))
                step()
        if not taken:
            raise ValueError(f"no {take} in it")
    except ValueError as error:
        raise ValueError(f"{archive}: {str(error).removeprefix(f'{archive}: ')}") from error
    except _DAMAGED as error:
        raise ValueError(f"{archive}: damaged, or no archive that is read here ({str(error)[:200]})") from error
    return list(taken.values())


def _matches(name: str, patterns: str) -> bool:
    """Whether a name with slashes is one of those that patterns stand for, part by part."""
    parts = name.split("/")
    for pattern in patterns.split():
        wanted = pattern.split("/")
        if len(wanted) == len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted)):
            return True
    return False


def _copy(opened: Callable[[], BinaryIO | None], path: Path, most: int) -> int:
    """Write a member to a file that is not there yet; the number of its bytes."""
    size, source = 0, opened()
    if source is None:
        raise ValueError(f"{shown(path.name)} cannot be read")
    with source, path.open("xb") as target:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > most:
                raise ValueError("more bytes than it may have")
            target.write(block)
    return size


def _members(file: BinaryIO) -> Iterator[_Member]:
    """The files of an archive, told by its first bytes; folders are left out."""
    start = file.read(4)
    file.seek(0)
    return _zipped(file) if start[:2] == b"PK" else _tarred(file, packed=start[:2] == b"\x1f\x8b")


def _zipped(file: BinaryIO) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise ValueError(f"more than {MOST_MEMBERS} files")
        for member in members:
            if member.is_dir():
                continue
            mode = member.external_attr >> 16  # of Unix, or 0
            wrong = "encrypted" if member.flag_bits & 1 else ""
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                wrong = "a link or no regular file"
            yield member.filename, wrong, lambda member=member: archive.open(member)  # type: ignore[misc]


class _Header(tarfile.TarInfo):
    """A header of a tar that takes no more memory than a name needs."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str | None, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)  # type: ignore[arg-type]
        if header.type in _ABOUT_THE_NEXT and header.size > _LONGEST_HEADER:
            raise ValueError("a header that is too long")
        if header.type == tarfile.GNUTYPE_SPARSE:
            raise ValueError("a file with holes")
        return header

    def _proc_gnusparse_10(self, *_: object) -> None:
        """What the standard library calls for another kind of these: their list of holes is without bound."""
        raise ValueError("a file with holes")


def _tarred(file: BinaryIO, *, packed: bool) -> Iterator[_Member]:
    with tarfile.open(fileobj=file, mode="r|gz" if packed else "r|", tarinfo=_Header) as archive:
        for count, member in enumerate(archive):
            archive.members = []  # type: ignore[attr-defined]  # else every one is kept
            if count >= MOST_MEMBERS:
                raise ValueError(f"more than {MOST_MEMBERS} files")
            if member.isdir():
                continue
            wrong = "" if member.isreg() and not member.issparse() else "a link or no regular file"
            yield member.name.removeprefix("./"), wrong, lambda member=member: archive.extractfile(member)  # type: ignore[misc]
