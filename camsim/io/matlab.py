"""MATLAB files of every version as plain arrays."""

import math
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from camsim.io import hdf5, mat5, memory, regular

_HDF5_START = b"\x89HDF\r\n\x1a\n"

#: Bytes of a value by MATLAB's name of its class; other classes are not read.
_BYTES = {
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "double": 8,
    "single": 4,
    "logical": 1,
}


def load(path: Path) -> dict:
    """The variables of a `.mat` file: arrays of numbers in MATLAB's axis order, and structs as dictionaries.

    Other kinds of variable (text, cells, objects, arrays of structs) are left out.

    Raises ValueError for v7.3 where h5py is not installed, and for what would not fit in the memory that is free; of
    v7.3 for all that `hdf5.arrays` refuses. scipy and h5py raise many kinds for damaged files.
    """
    with regular.open_file(path, kind="MATLAB file") as file:
        start = file.read(520)
        if _HDF5_START in (start[:8], start[512:]):
            return _load_hdf5(path)
        from scipy.io import loadmat

        file.seek(0)
        _check(path, file)
        file.seek(0)
        return _numbers({n: v for n, v in loadmat(file).items() if not n.startswith("__")})


def _check(path: Path, file: BinaryIO) -> None:
    """Raise ValueError for a file that cannot hold what it says, or more than fits in the memory that is free."""
    from scipy.io import whosmat
    from scipy.io.matlab import matfile_version

    if matfile_version(file)[0] == 1:
        return mat5.check(file, f"{path}: it")
    file.seek(0)  # version 4: plain arrays
    claimed = sum(math.prod(shape) * _BYTES.get(kind, 0) for _, shape, kind in whosmat(file))
    if claimed > regular.check(path).st_size * 8:  # whole numbers may be stored in a byte each
        raise ValueError(f"its variables claim {claimed} bytes, which the file does not hold")
    return None


def _numbers(variables: dict) -> dict:
    kept: dict[str, np.ndarray | dict] = {}
    for name, value in variables.items():
        if isinstance(value, np.ndarray) and value.dtype.names and value.size == 1:
            kept[name] = _numbers({field: value.flat[0][field] for field in value.dtype.names})
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            kept[name] = value
    return kept


def _load_hdf5(path: Path) -> dict:
    try:
        import h5py
    except ImportError:
        raise ValueError("a MATLAB v7.3 file needs the package h5py; or save it in MATLAB with '-v7'") from None

    kept: dict[str, Any] = {}
    with h5py.File(path, "r") as file:
        found = [
            array
            for array in hdf5.arrays(file, left_out=lambda name: name.startswith("#"))  # MATLAB's own
            if array.dtype.kind in "fiub" and "MATLAB_empty" not in array.attrs
        ]
        memory.check(sum(array.nbytes for array in found), f"{path}: it")
        for array in found:
            *groups, name = array.name.strip("/").split("/")
            into = kept
            for group in groups:
                into = into.setdefault(group, {})
            # MATLAB stores the first axis as the last; files without its mark are as they are
            into[name] = np.asarray(array).T if "MATLAB_class" in array.attrs else np.asarray(array)
    return kept
