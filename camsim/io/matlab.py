"""MATLAB files of every version as plain arrays."""

from pathlib import Path

import numpy as np

_HDF5_START = b"\x89HDF\r\n\x1a\n"


def load(path: Path) -> dict:
    """The variables of a `.mat` file: arrays of numbers in MATLAB's axis order, and structs as dictionaries.

    Other kinds of variable (text, cells, objects, arrays of structs) are left out.

    Read only files you trust: scipy's reader finds a file cut short, but is not hardened against one made to harm.

    Raises ValueError for v7.3 where h5py is not installed; scipy and h5py raise many kinds for damaged files.
    """
    with path.open("rb") as file:
        start = file.read(520)
    if _HDF5_START in (start[:8], start[512:]):
        return _load_hdf5(path)
    from scipy.io import loadmat

    return _numbers({n: v for n, v in loadmat(path).items() if not n.startswith("__")})


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

    def convert(group: h5py.Group) -> dict:
        kept: dict[str, np.ndarray | dict] = {}
        for name, node in group.items():
            if isinstance(node, h5py.Group):
                if not name.startswith("#"):  # MATLAB's own
                    kept[name] = convert(node)
            elif node.dtype.kind in "fiub" and "MATLAB_empty" not in node.attrs:
                # MATLAB stores the first axis as the last; files without its mark are as they are
                kept[name] = np.asarray(node).T if "MATLAB_class" in node.attrs else np.asarray(node)
        return kept

    with h5py.File(path, "r") as file:
        return convert(file)
