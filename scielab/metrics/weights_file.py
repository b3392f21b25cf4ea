"""Weights of a network from files as they are published: NumPy archives, and PyTorch's state dicts without PyTorch.

A state dict is a pickle that says where in which block of bytes each tensor lies; the blocks follow it, or lie beside
it in a zip archive. Nothing but tensors is read from the pickle: it can name no code that would be run.
"""

import collections
import functools
import math
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2"}


def read(paths: Iterable[Path | str]) -> dict[str, np.ndarray]:
    """Arrays by name from one or more files: .npz, or state dicts saved by PyTorch (.pth, .pt), old or new format.

    Raises ValueError where a file is missing, damaged or holds anything but tensors, and where two files have an
    array of the same name.
    """
    found: dict[str, np.ndarray] = {}
    for path in map(Path, paths):
        arrays = _read_one(path)
        if twice := found.keys() & arrays.keys():
            raise ValueError(f"{path}: {min(twice)} was in a file before")
        found |= arrays
    return found


def _read_one(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        if zipfile.is_zipfile(path):
            return _read_zip(path)
        with path.open("rb") as file:
            return _read_stream(file)
    except PermissionError:
        raise
    except Exception as error:  # a damaged pickle raises many kinds
        raise ValueError(f"{path}: damaged, or not a network's weights (.npz, or a state dict of PyTorch)") from error


@dataclass(frozen=True)
class _Tensor:
    """A tensor before its bytes are there."""

    block: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def values(self, block: bytes) -> np.ndarray:
        count = math.prod(self.shape)
        steps = [math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]
        if any(size > 1 and step != stride for size, step, stride in zip(self.shape, steps, self.strides, strict=True)):
            raise ValueError("a tensor that is not contiguous")
        flat = np.frombuffer(block, self.dtype, count, self.offset * np.dtype(self.dtype).itemsize)
        return flat.reshape(self.shape).astype(np.float32)


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries and tensors, nothing else."""

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


def _resolve(tensors: Any, block: Callable[[str], bytes]) -> dict[str, np.ndarray]:
    if not isinstance(tensors, dict) or not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        raise ValueError("not a dictionary of tensors")
    return {str(name): tensor.values(block(tensor.block)) for name, tensor in tensors.items()}


def _read_zip(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        (root,) = (name.removesuffix("data.pkl") for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(f"{root}data.pkl") as file:
            tensors = _Unpickler(file).load()
        return _resolve(tensors, lambda block: archive.read(f"{root}data/{block}"))


def _read_stream(file: BinaryIO) -> dict[str, np.ndarray]:
    """The format before PyTorch 1.6: marks, the dictionary, the blocks' names, each block with its length before it."""
    for _ in range(3):
        _Unpickler(file).load()
    tensors = _Unpickler(file).load()
    sizes = {tensor.block: np.dtype(tensor.dtype).itemsize for tensor in tensors.values()}
    blocks = {}
    for name in _Unpickler(file).load():
        (count,) = struct.unpack("<q", file.read(8))
        blocks[name] = file.read(count * sizes[name])
    return _resolve(tensors, blocks.__getitem__)
