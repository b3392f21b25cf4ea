"""HDF5 files, MATLAB's v7.3 and weights, with all that the format lets a file say of its arrays."""

import functools
import io
from collections.abc import Callable, Mapping, Sequence

import h5py
import numpy as np
from hypothesis import strategies as st

#: What may be wrong with a file, or merely unusual.
_EDITS: dict[str, Callable[[h5py.File, str, int], object]] = {
    "external storage": lambda file, name, how: file.create_dataset(
        f"{name}x", (4, 4), "f8", external=[("/etc/passwd", 0, 128)]
    ),
    "external link": lambda file, name, how: file.update({f"x{how}": h5py.ExternalLink("in/other.mat", "/cube")}),
    "soft link": lambda file, name, how: file.update(
        {f"x{how}": h5py.SoftLink(["/", f"/{name}", "/gone", "x0"][how % 4])}
    ),
    "ring": lambda file, name, how: file.update({f"ring{how}": file["/"]}),
    "second name": lambda file, name, how: file.update({f"again{how}": file[name]}),
    "named type": lambda file, name, how: file.update({f"type{how}": np.dtype("f4")}),
    "virtual": lambda file, name, how: _virtual(file, how),
    "huge": lambda file, name, how: file.create_dataset(f"huge{how}", (31, 30000, 30000), "f4", chunks=(1, 256, 256)),
    "filters": lambda file, name, how: _again(file, name, chunks=True, **_FILTERS[how % len(_FILTERS)]),
    "type": lambda file, name, how: _again(file, name, dtype=_TYPES[how % len(_TYPES)]),
    "shape": lambda file, name, how: _shaped(file, name, _SHAPES[how % len(_SHAPES)]),
    "value": lambda file, name, how: _valued(file, name, [np.nan, np.inf, -1, 0, 1e300][how % 5]),
    "attribute": lambda file, name, how: file[name].attrs.update({["MATLAB_class", "MATLAB_empty", "x"][how % 3]: how}),
    "remove": lambda file, name, how: file.pop(name),
    "rename": lambda file, name, how: file.move(
        name, ["x", "#refs#/x", "a/b/c", "cube", "wave", "basis/basis"][how % 6]
    ),
    "group": lambda file, name, how: file.create_group(f"g{how}/" * (1 + how % 40)),
    "text": lambda file, name, how: file.update({f"text{how}": "words" * how}),
    "none": lambda file, name, how: file.create_dataset(f"none{how}", dtype="f4"),
    "references": lambda file, name, how: file.create_dataset(f"r{how}", data=file.ref, dtype=h5py.ref_dtype),
}

_FILTERS: list[Mapping[str, object]] = [
    {"compression": "gzip"},
    {"compression": "lzf"},
    {"shuffle": True},
    {"fletcher32": True},
    {"scaleoffset": 2},
    {"compression": "gzip", "shuffle": True, "fletcher32": True},
    {"maxshape": None},
]
_TYPES = ["u1", "i8", "f2", ">f8", "c8", "S4", "?", h5py.string_dtype(), np.dtype([("a", "f4")]), "g"]
_SHAPES = [(), (0,), (1, 1), (1, 1, 1), (31, 1, 1), (0, 4, 5), (2, 2, 2, 2), (40,)]

hdf5_edit = st.tuples(st.sampled_from(sorted(_EDITS)), st.integers(0, 7), st.integers(0, 63))


def _again(file: h5py.File, name: str, **options: object) -> None:
    """Store an array anew, otherwise."""
    values, attributes = file[name][()], dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values, **options)
    file[name].attrs.update(attributes)


def _shaped(file: h5py.File, name: str, shape: tuple[int, ...]) -> None:
    values = np.resize(file[name][()], shape)
    del file[name]
    file[name] = values


def _valued(file: h5py.File, name: str, value: float) -> None:
    file[name][...] = value


def _virtual(file: h5py.File, how: int) -> None:
    layout = h5py.VirtualLayout((4, 4), "f8")
    layout[:] = h5py.VirtualSource("in/other.mat", "cube", (4, 4))
    file.create_virtual_dataset(f"virtual{how}", layout)


def _arrays(file: h5py.File) -> list[str]:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return found


def made(held: Mapping[str, np.ndarray], edits: Sequence[tuple[str, int, int]], *, matlab: bool = True) -> bytes:
    """A file that holds arrays, after every edit in turn; as MATLAB stores them, or as they are."""
    content = io.BytesIO()
    with h5py.File(content, "w", userblock_size=512 if matlab else 0) as file:
        for name, array in held.items():
            file[name] = array.T if matlab else array
            if matlab:
                file[name].attrs["MATLAB_class"] = np.bytes_("double")
    return edit_hdf5(content.getvalue(), edits)


def edit_hdf5(content: bytes, edits: Sequence[tuple[str, int, int]]) -> bytes:
    """A file after every edit in turn."""
    if not edits:
        return content
    changed = io.BytesIO(content)
    with h5py.File(changed, "r+") as file:
        for what, which, how in edits:
            if names := _arrays(file):
                _tried(functools.partial(_EDITS[what], file, names[which % len(names)], how))
    return changed.getvalue()


def _tried(edit: Callable[[], object]) -> None:
    """What h5py will not write is not in the file."""
    try:
        edit()
    except (OSError, ValueError, TypeError, KeyError, RuntimeError):
        return
