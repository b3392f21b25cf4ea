"""NumPy's files, read without trusting them: `.npy` and `.npz`.

Kind, shape and size of an array are known from its header, which is checked against the bytes that are there before one
of them is unpacked. Nothing but numbers and text is read, so that no code in a file is run. Whatever NumPy, zipfile and
zlib raise for damaged files is a ValueError in one line.
"""

import contextlib
import math
import os
import tokenize
import zipfile
from collections.abc import Callable, Iterator
from os import PathLike
from typing import IO

import numpy as np

from camsim.io import memory, regular

#: Most bytes that all arrays read from one file may take.
MAX_BYTES = 16 << 30

#: Most members of an archive.
MAX_MEMBERS = 100_000

#: Kinds of arrays: truth values, integers, floating point, complex numbers, and text. No objects, records or dates.
_KINDS = "biufcUS"

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

#: Says by a ValueError that an array of that shape and type is not wanted.
Check = Callable[[tuple[int, ...], np.dtype], None]


class _Unfit(ValueError):
    """A refusal that says all by itself."""


@contextlib.contextmanager
def _in_one_line(name: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (_Unfit, MemoryError):
        raise
    except Exception as error:  # NumPy, zipfile, zlib and Python's parser raise many kinds for damaged files
        garbled = isinstance(error, tokenize.TokenError | SyntaxError)
        reason = "its header" if garbled else (str(error) or type(error).__name__).splitlines()[0][:200]
        raise ValueError(f"{name}: damaged, or not an {kind} file ({reason})") from error


def _header(file: IO[bytes], size: int) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of the array that begins here, in a file of `size` bytes that holds it and nothing else."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in readers:  # later ones are for names that arrays of numbers have not
        raise ValueError(f"version {version[0]}.{version[1]}")
    shape, _, dtype = readers[version](file)
    if dtype.kind not in _KINDS or dtype.subdtype is not None:
        raise ValueError(f"an array of {dtype}".splitlines()[0])
    if any(side < 0 for side in shape):
        raise ValueError(f"an array of shape {shape}")
    if math.prod(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(f"an array of {math.prod(shape) * dtype.itemsize} bytes in {size - file.tell()}")
    return shape, dtype


def read_npy(path: PathLike[str] | str, *, check: Check = lambda shape, dtype: None) -> np.ndarray:
    """Read an array from an `.npy` file.

    Parameters
    ----------
    path : Path or str
        The file.
    check : callable
        Called with shape and type before the array itself is read; raises ValueError for what is not wanted.

    Returns
    -------
    ndarray
        Of numbers, truth values or text.

    Raises
    ------
    ValueError
        Where the file is missing or no regular file, damaged, of another kind of values, or larger than the memory
        that is free; and as `check` does, with the file's name before it.
    """
    with regular.open_file(path, kind="file of an array") as file:
        with _in_one_line(str(path), "npy"):
            shape, dtype = _header(file, os.fstat(file.fileno()).st_size)
        try:
            check(shape, dtype)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        memory.check(math.prod(shape) * dtype.itemsize, f"{path}: it")
        with _in_one_line(str(path), "npy"):
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)


class Archive:
    """An `.npz` file that is open; `open_npz` gives it."""

    def __init__(self, name: str, members: zipfile.ZipFile, limit: int = MAX_BYTES):
        self._name, self._zip, self._left = name, members, limit
        found = members.infolist()
        known = [member for member in found if member.filename.endswith(".npy")]  # savez writes no others
        self._members = {member.filename.removesuffix(".npy"): member for member in known}
        if len(found) > MAX_MEMBERS or len(self._members) < len(known):
            raise ValueError("too many members, or two of one name")

    @property
    def names(self) -> list[str]:
        """The arrays, in the order of the file."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def header(self, name: str) -> tuple[tuple[int, ...], np.dtype]:
        """Shape and type of an array, of which nothing else is read."""
        with _in_one_line(self._name, "npz"), self._open(name) as file:
            return _header(file, self._members[name].file_size)

    def __getitem__(self, name: str) -> np.ndarray:
        shape, dtype = self.header(name)
        size = math.prod(shape) * dtype.itemsize
        self._left -= size
        if self._left < 0:
            raise ValueError(f"{self._name}: {name}, of shape {shape}, is larger than allowed")
        memory.check(size, f"{self._name}: {name}")
        with _in_one_line(self._name, "npz"), self._open(name) as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
            file.read()  # to its end, where its checksum is
            return array

    def _open(self, name: str) -> IO[bytes]:
        if name not in self._members:
            raise _Unfit(f"{self._name}: has no {name}")
        member = self._members[name]
        if member.compress_type not in _COMPRESSIONS or member.flag_bits & 1:
            raise ValueError(f"{name} is encrypted, or compressed as by no npz file")
        return self._zip.open(member)


@contextlib.contextmanager
def open_npz(path: PathLike[str] | str, *, limit: int = MAX_BYTES) -> Iterator[Archive]:
    """Open an `.npz` file, of which arrays are read by their names; all together at most `limit` bytes.

    Raises ValueError for a file that is missing, no regular file, or damaged; reading an array from it raises the same
    for what is damaged, missing, of another kind than numbers and text, or larger than the memory that is free.
    """
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(regular.open_file(path, kind="file of arrays"))
        with _in_one_line(str(path), "npz"):
            archive = Archive(str(path), stack.enter_context(zipfile.ZipFile(file)), limit)
        yield archive


def read_npz(path: PathLike[str] | str, *, limit: int = MAX_BYTES) -> dict[str, np.ndarray]:
    """All arrays of an `.npz` file. Raises ValueError as `open_npz` and its reading do."""
    with open_npz(path, limit=limit) as archive:
        return {name: archive[name] for name in archive.names}
