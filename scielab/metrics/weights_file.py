"""Weights of a network from files as they are published, without the programs that wrote them and without their code.

Three kinds: NumPy archives, Keras' HDF5, and PyTorch's state dicts. Of each nothing but the arrays is read, and those
only once their headers say that they have the shape that is wanted: what a header promises may have any size.

A state dict is a pickle that says where in which block of bytes each tensor lies; the blocks follow it, or lie beside
it in a zip archive. Nothing but tensors is read from the pickle: it can name no code that would be run.
"""

import collections
import contextlib
import functools
import math
import pickle  # nosec B403
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from camsim.io import arrays, hdf5, regular

_STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2"}

#: Most bytes that say where the tensors of a zip archive lie; those of the largest networks are a hundredth of it.
_MAX_PICKLE = 16 << 20

_HDF5 = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Form:
    """How an array may stand in a file: its name there, and which of its axes are those that are wanted, in order."""

    name: str
    axes: tuple[int, ...] = ()  #: () where it stands there as it is wanted


@dataclass(frozen=True, slots=True)
class Wanted:
    """An array that is to be read."""

    shape: tuple[int, ...]
    forms: tuple[Form, ...]  #: the first that is there is read


@dataclass(frozen=True, slots=True)
class _Stored:
    """An array in a file before its numbers are read."""

    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], np.ndarray]


Find = Callable[[str], _Stored | None]


class _UnfitError(ValueError):
    """A file that is sound but not what is wanted; the message says why."""


def read(path: Path | str, wanted: Mapping[str, Wanted]) -> dict[str, np.ndarray]:
    """Arrays from one file, each in float32 under its key in `wanted`.

    The file is an .npz; an .h5 of Keras (weights of any version, or a whole model); or a state dict saved by PyTorch,
    in its old or new format. Its content tells which. What else it holds is left out.

    Raises ValueError where the file is missing or damaged, lacks an array, or has one of another shape, of no floats or
    of what is not finite.
    """
    path = Path(path)
    with regular.open_file(path) as file:
        return _read(path, file, wanted)


def _read(path: Path, file: BinaryIO, wanted: Mapping[str, Wanted]) -> dict[str, np.ndarray]:
    try:
        with _opened(path, file) as find:
            return {key: _one(path, find, array) for key, array in wanted.items()}
    except _UnfitError:
        raise
    except Exception as error:  # zipfile, NumPy, h5py and damaged pickles raise many kinds
        raise ValueError(
            f"{path}: damaged, or not a network's weights (.npz, .h5 of Keras, or a state dict of PyTorch)"
        ) from error


def _one(path: Path, find: Find, wanted: Wanted) -> np.ndarray:
    for form in wanted.forms:
        if (stored := find(form.name)) is None:
            continue
        axes = form.axes or tuple(range(len(wanted.shape)))
        shape = tuple(wanted.shape[axes.index(axis)] for axis in range(len(axes)))
        if stored.shape != shape or stored.dtype.kind != "f" or stored.dtype.itemsize > 8:
            raise _UnfitError(f"{path}: {form.name} is {stored.dtype} {stored.shape}; float32 {shape} is needed")
        array = stored.load().transpose(axes).astype(np.float32, order="C")
        if not np.isfinite(array).all():
            raise _UnfitError(f"{path}: {form.name} holds NaN or infinity")
        return array
    raise _UnfitError(f"{path}: lacks {' or '.join(form.name for form in wanted.forms)}")


@contextlib.contextmanager
def _opened(path: Path, file: BinaryIO) -> Iterator[Find]:
    """A function from a name to the array of that name in a file, or None."""
    with contextlib.ExitStack() as stack:
        start = file.read(len(_HDF5))
        file.seek(0)
        if start == _HDF5:
            yield stack.enter_context(_h5(path))
        elif start.startswith(b"PK"):
            archive = stack.enter_context(zipfile.ZipFile(file))
            pickled = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            yield _of_tensors(*_from_zip(archive, pickled[0])) if pickled else _npz(path, archive)
        else:
            yield _of_tensors(*_from_stream(file))


# --- NumPy's archives -------------------------------------------------------------------------------------------------


def _npz(path: Path, archive: zipfile.ZipFile) -> Find:
    stored = arrays.Archive(str(path), archive)

    def find(name: str) -> _Stored | None:
        with _told():
            return _Stored(*stored.header(name), lambda: load(name)) if name in stored else None

    def load(name: str) -> np.ndarray:
        with _told():
            return stored[name]

    return find


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What `arrays` refuses it names, and says why."""
    try:
        yield
    except ValueError as error:
        raise _UnfitError(str(error)) from error


# --- Keras' HDF5 ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _h5(path: Path) -> Iterator[Find]:
    """Arrays are named LAYER/kernel and LAYER/bias.

    They lie in a group that has the layer's name, or since Keras 3 has it as an attribute. Links to elsewhere, and
    numbers in other files or compressed, are refused: Keras writes neither.
    """
    import h5py

    with h5py.File(path, "r") as file:
        found: dict[str, list] = collections.defaultdict(list)
        try:
            for dataset in hdf5.arrays(file):
                group = dataset.parent
                layer = str(group.attrs.get("name", group.name.split("/")[-1]))
                found[f"{layer}/{ {4: 'kernel', 1: 'bias'}.get(dataset.ndim) }"].append(dataset)
        except ValueError as error:
            raise _UnfitError(f"{path}: {error}") from error

        def find(name: str) -> _Stored | None:
            if not (datasets := found.get(name)):
                return None
            if len(datasets) > 1:
                raise _UnfitError(f"{path}: has more than one {name}")
            (dataset,) = datasets
            layout = dataset.id.get_create_plist()
            if layout.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or layout.get_external_count():
                raise _UnfitError(f"{path}: {name} is compressed, cut into chunks, or kept in another file")
            return _Stored(dataset.shape, dataset.dtype, lambda: dataset[()])

        yield find


# --- PyTorch's state dicts --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tensor:
    """A tensor before its bytes are there."""

    block: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def values(self, file: BinaryIO) -> np.ndarray:
        """The numbers, from its block."""
        count, size = math.prod(self.shape), np.dtype(self.dtype).itemsize
        steps = [math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]
        if any(size > 1 and step != stride for size, step, stride in zip(self.shape, steps, self.strides, strict=True)):
            raise ValueError("a tensor that is not contiguous")
        file.seek(self.offset * size, 1)
        return np.frombuffer(file.read(count * size), self.dtype, count).reshape(self.shape)


class _Unpickler(pickle._Unpickler):
    """Knows ordered dictionaries and tensors, nothing else.

    In Python, not in C: that one makes a table as long as the largest number that a file gives a place to remember.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in _STORAGES:
            return functools.partial(str, _STORAGES[name])  # a mark that is never called
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, mark: tuple) -> tuple[str, str]:
        kind, storage, block = mark[:3]
        if kind != "storage":
            raise pickle.UnpicklingError(str(kind))
        return str(block), storage.args[0]


def _rebuild(storage: tuple[str, str], offset: int, shape: Sequence[int], strides: Sequence[int], *_: Any) -> _Tensor:
    return _Tensor(block=storage[0], dtype=storage[1], offset=offset, shape=tuple(shape), strides=tuple(strides))


Block = Callable[[str], BinaryIO]


def _of_tensors(tensors: Any, block: Block) -> Find:
    if not isinstance(tensors, dict) or not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise ValueError("not a dictionary of tensors")

    def find(name: str) -> _Stored | None:
        tensor = tensors.get(name)
        if tensor is None:
            return None
        return _Stored(tensor.shape, np.dtype(tensor.dtype), lambda: tensor.values(block(tensor.block)))

    return find


def _from_zip(archive: zipfile.ZipFile, member: str) -> tuple[Any, Block]:
    if archive.getinfo(member).file_size > _MAX_PICKLE:
        raise ValueError(f"{member} is larger than {_MAX_PICKLE} bytes")
    with archive.open(member) as file:
        tensors = _Unpickler(file).load()
    root = member.removesuffix("data.pkl")
    return tensors, lambda block: archive.open(f"{root}data/{block}")  # type: ignore[return-value]


def _from_stream(file: BinaryIO) -> tuple[Any, Block]:
    """The format before PyTorch 1.6: marks, the dictionary, the blocks' names, each block with its length before it."""
    for _ in range(3):
        _Unpickler(file).load()
    tensors = _Unpickler(file).load()
    sizes = {tensor.block: np.dtype(tensor.dtype).itemsize for tensor in tensors.values()}
    names: Iterable[str] = _Unpickler(file).load()
    starts = {}
    for name in names:
        (count,) = struct.unpack("<q", file.read(8))
        starts[name] = file.tell()
        file.seek(count * sizes[name], 1)

    def block(name: str) -> BinaryIO:
        file.seek(starts[name])
        return file

    return tensors, block
