"""MATLAB's files of every version, HDF5 among them: scenes, displays, pretrained weights."""

import io
import itertools
import warnings
import zlib

import numpy as np
import pytest
import scipy.io
from hypothesis import strategies as st

pytest.importorskip("h5py")

from fuzzing import array_files, containers, edits, hdf5_files, picture_files
from fuzzing.door import Case

pytestmark = pytest.mark.slow

#: By what it holds: a file's name, its arrays, and the command that reads it.
USES = {
    "cube": (
        "a.mat",
        lambda: {"hsi": array_files.cube()["reflectance"].astype(float), "wave": array_files.WAVELENGTHS[None]},
        ("camsim", "render", "in/a.mat", "--cube", "reflectance", "--setting", "ideal", "-o", "out/a.png"),
    ),
    "basis": (
        "a.mat",
        lambda: {"mcCOEF": np.ones((4, 5, 2)), "basis/basis": np.ones((31, 2)), "basis/wave": array_files.WAVELENGTHS},
        ("camsim", "render", "in/a.mat", "--setting", "ideal", "-o", "out/a.png"),
    ),
    "display": (
        "a.mat",
        array_files.display,
        ("scielab", "compare", "in/ref.png", "in/ref.png", "--display", "in/a.mat"),
    ),
    "weights": ("a.h5", array_files.weights, ("doors", "weights", "in/a.h5")),
}

EXTRA = {
    "text": "words",
    "cells": np.array([np.zeros(3), "a"], dtype=object),
    "sparse": np.eye(3) > 0,
    "c": np.array(1j),
}

FILES = st.tuples(
    st.sampled_from([*USES]),
    st.sampled_from(["4", "5", "5", "5 compressed", "5 compressed", "7.3", "7.3", "7.3"]),
    st.booleans(),
    edits.few(array_files.array_edit),
    edits.few(hdf5_files.hdf5_edit),
    edits.few(edits.part_edit),
    st.one_of(st.just([]), edits.few(edits.byte_edit)),
)


def case(use, content, *, accepted=None):
    name, _, words = USES[use]
    other = hdf5_files.made({"cube": np.ones((4, 4))}, [])
    return Case(
        words=words,
        files={f"in/{name}": content, "in/other.mat": other, "in/ref.png": picture_files.sound()["rgb.png"][0]},
        accepted=accepted,
    )


def saved(held, version):
    """A file as scipy writes it; a name with a slash is that of a field of a struct."""
    variables = {}
    for name, array in held.items():
        struct, _, field = name.rpartition("/")
        if name and getattr(array, "dtype", np.dtype("O")).kind in "fiubOUc":
            (variables.setdefault(struct, {}) if struct else variables)[field] = array
    content = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            scipy.io.savemat(content, variables, format=version[0], do_compression="compressed" in version)
        except (ValueError, TypeError):  # what MATLAB has no form for
            return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM"
    return content.getvalue()


def damaged(drawn):
    use, version, extra, array_edits, hdf5_edits, part_edits, byte_edits = drawn
    held = array_files.edit_arrays(USES[use][1](), array_edits)
    if version == "7.3" or use == "weights":
        sound = {name: array for name, array in held.items() if array.dtype.kind in "fiubc" and name}
        content = hdf5_files.made(sound, hdf5_edits, matlab=use != "weights")
    else:
        content = saved(held | (EXTRA if extra and version[0] == "5" else {}), version)
        if version[0] == "5":
            split, join, kinds = containers.MAT5
            content = join(edits.edit_parts(split(content), part_edits, kinds))
    return case(use, edits.edit_bytes(content, byte_edits))


CUBE = USES["cube"][1]()

BOMB = zlib.compress(np.array([14, 8], "<u4").tobytes() + bytes(64 << 20))

CORPUS = [
    *(
        case(use, hdf5_files.made(held(), [], matlab=use != "weights"), accepted=True)
        for use, (_, held, _) in USES.items()
    ),
    *(
        case(use, saved(USES[use][1](), version), accepted=True)
        for use, version in itertools.product(("cube", "basis", "display"), ("4", "5", "5 compressed"))
        if version != "4" or use == "display"  # which has matrices alone
    ),
    *(
        case(use, hdf5_files.made(USES[use][1](), [(what, 0, how)], matlab=use != "weights"))
        for use in ("cube", "display")
        for what, how in (
            ("external storage", 0),
            ("external link", 0),
            *(("soft link", how) for how in range(4)),
            ("ring", 0),
            ("second name", 0),
            ("named type", 0),
            ("virtual", 0),
            ("huge", 0),
            ("filters", 1),
            ("filters", 4),
        )
    ),
    *(
        case("cube", content)
        for content in (b"", b"\x89HDF\r\n\x1a\n", b"MATLAB 5.0".ljust(124) + b"\0\x01IM", bytes(600))
    ),
    case("cube", saved(CUBE, "5")[:-1]),
    case("cube", saved(CUBE, "5")[:128] + np.array([15, len(BOMB)], "<u4").tobytes() + BOMB),
    case(
        "cube",
        saved(CUBE, "5").replace(np.array([6, 7, 31], "<i4").tobytes(), np.array([6000, 7000, 31], "<i4").tobytes()),
    ),
]


def test_matlab_and_hdf5(fuzz):
    fuzz("MATLAB and HDF5", FILES, damaged, corpus=CORPUS, count=400)
