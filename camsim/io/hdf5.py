"""HDF5 files, MATLAB's v7.3 and Keras' among them: only what lies in the file itself is read.

HDF5 lets a file name others, by links and as the place of its numbers, and lets it claim sizes that nothing in it
backs. All of that is found here before an array is read.

Reference: The HDF Group, "HDF5 File Format Specification", version 3.0.
"""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import h5py

#: Most links in a file: names of groups and arrays.
MAX_LINKS = 65536

#: Most bytes that one of deflate may give: its longest match takes two bits.
_MAX_EXPANSION = 1032


def arrays(file: "h5py.File", *, left_out: Callable[[str], bool] = lambda name: False) -> Iterator["h5py.Dataset"]:
    """Every array in an open file, found by its own links alone, in the order of their names.

    Parameters
    ----------
    file : h5py.File
        The file, open for reading.
    left_out : callable
        Whether a group of that name is not looked into.

    Yields
    ------
    h5py.Dataset
        Whose numbers lie in the file, as many as it claims, plain or compressed by deflate.

    Raises
    ------
    ValueError
        For links to other places and files, numbers in other files, two names for one place, other filters than
        HDF5's own, arrays larger than the file can hold, and more than `MAX_LINKS` links.
    """
    import h5py

    waiting, seen, links = [file["/"]], {h5py.h5o.get_info(file["/"].id).addr}, 0
    while waiting:
        group = waiting.pop()
        for name in group:
            links += 1
            where = f"{group.name.rstrip('/')}/{name}"[:80]
            if links > MAX_LINKS:
                raise ValueError(f"more than {MAX_LINKS} links")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{where} is a link to another place or file")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise ValueError(f"{where} is stored at the place of another")
            seen.add(address)
            if isinstance(item, h5py.Group):
                if not left_out(name):
                    waiting.append(item)
            elif isinstance(item, h5py.Dataset):
                _check(item, where)
                yield item
            else:
                raise ValueError(f"{where} is neither a group nor an array")


def _check(array: "h5py.Dataset", where: str) -> None:
    """Raise ValueError for an array whose numbers are elsewhere, or cannot be as many as it says."""
    import h5py

    layout = array.id.get_create_plist()
    if layout.get_layout() == h5py.h5d.VIRTUAL or layout.get_external_count():
        raise ValueError(f"{where} is kept in another file")
    filters = [layout.get_filter(number)[0] for number in range(layout.get_nfilters())]
    known = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
    if set(filters) - set(known) or len(set(filters)) < len(filters):
        raise ValueError(f"{where} is compressed as neither MATLAB nor Keras does it")
    claimed = math.prod(array.shape or ()) * array.dtype.itemsize if array.shape is not None else 0
    expansion = _MAX_EXPANSION if h5py.h5z.FILTER_DEFLATE in filters else 1
    if claimed > array.id.get_storage_size() * expansion:
        raise ValueError(f"{where} claims {claimed} bytes, which the file does not hold")
