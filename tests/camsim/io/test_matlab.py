"""MATLAB's files, HDF5 among them: what is not plainly in the file is not read."""

import tracemalloc
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from scipy.io import savemat

from camsim.io import hdf5, matlab

SECRET = np.arange(60.0).reshape(3, 4, 5)


@pytest.fixture
def made(tmp_path):
    """Make a v7.3 file by a function of it; gives its path."""

    def make(fill):
        with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
            file["wave"] = np.arange(3.0)
            fill(file)
        return tmp_path / "a.mat"

    (tmp_path / "secret.bin").write_bytes(SECRET.tobytes())
    with h5py.File(tmp_path / "other.mat", "w") as file:
        file["cube"] = SECRET
    return make


def external_storage(folder):
    return lambda file: file.create_dataset("cube", SECRET.shape, "f8", external=[(str(folder / "secret.bin"), 0, 480)])


def external_link(folder):
    return lambda file: file.update({"cube": h5py.ExternalLink(str(folder / "other.mat"), "/cube")})


def soft_link(folder):
    return lambda file: file.update({"inner/cube": h5py.SoftLink("/wave")})


def link_to_nothing(folder):
    return lambda file: file.update({"cube": h5py.SoftLink("/nothing")})


def virtual(folder):
    def fill(file):
        layout = h5py.VirtualLayout(SECRET.shape, "f8")
        layout[:] = h5py.VirtualSource(str(folder / "other.mat"), "cube", SECRET.shape)
        file.create_virtual_dataset("cube", layout)

    return fill


def ring(folder):
    return lambda file: file.update({"inner": file["/"]})


def empty_and_huge(folder):
    return lambda file: file.create_dataset("cube", (31, 30000, 30000), "f4", chunks=(1, 256, 256))


def twice_deflated(folder):
    def fill(file):
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_chunk((3, 4, 5))
        layout.set_deflate(9)
        layout.set_deflate(9)
        space = h5py.h5s.create_simple(SECRET.shape)
        h5py.h5d.create(file.id, b"cube", h5py.h5t.IEEE_F64LE, space, layout)

    return fill


def named_type(folder):
    return lambda file: file.update({"cube": np.dtype("f4")})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (external_storage, "/cube is kept in another file"),
        (virtual, "/cube is kept in another file"),
        (external_link, "/cube is a link to another place or file"),
        (soft_link, "/inner/cube is a link to another place or file"),
        (link_to_nothing, "/cube is a link to another place or file"),
        (ring, "/inner is stored at the place of another"),
        (empty_and_huge, "/cube claims 111600000000 bytes, which the file does not hold"),
        (twice_deflated, "/cube is compressed as neither MATLAB nor Keras does it"),
        (named_type, "/cube is neither a group nor an array"),
    ],
)
def test_what_is_not_plainly_in_the_file_is_refused(make, words, made, tmp_path):
    path = made(make(tmp_path))
    with pytest.raises(ValueError, match=f"^{words}$"):
        matlab.load(path)


def test_a_file_of_more_links_than_any_needs_is_refused(made, monkeypatch):
    monkeypatch.setattr(hdf5, "MAX_LINKS", 3)
    path = made(lambda file: file.update({name: np.zeros(1) for name in "abc"}))
    with pytest.raises(ValueError, match="more than 3 links"):
        matlab.load(path)


def test_what_matlab_writes_is_read(made):
    def fill(file):
        file.create_dataset("cube", data=SECRET, chunks=(1, 4, 5), compression="gzip", shuffle=True, fletcher32=True)
        file["cube"].attrs["MATLAB_class"] = np.bytes_("double")
        file["part/inner/number"] = np.zeros((1, 1))
        file["none"] = np.zeros(2)
        file["none"].attrs["MATLAB_empty"] = 1
        file["text"] = "words"
        file["#refs#/a"] = SECRET
        file["#refs#/b"] = h5py.SoftLink("/elsewhere")  # not looked at

    found = matlab.load(made(fill))
    assert list(found) == ["cube", "wave", "part"] or set(found) == {"cube", "wave", "part"}
    np.testing.assert_array_equal(found["cube"], SECRET.T)
    np.testing.assert_array_equal(found["part"]["inner"]["number"], [[0]])


def test_arrays_that_would_not_fit_in_memory_are_refused(made, tmp_path, monkeypatch):
    savemat(tmp_path / "b.mat", {"cube": SECRET}, do_compression=True)
    path = made(lambda file: file.update({"cube": SECRET}))
    monkeypatch.setattr(matlab.memory, "SMALL", 0)
    monkeypatch.setattr(matlab.memory, "free_bytes", lambda: 479)
    for each in (path, tmp_path / "b.mat"):
        with pytest.raises(ValueError, match="and 0 MB are free"):
            matlab.load(each)


def test_whole_numbers_that_matlab_stores_in_a_byte_each_are_not_too_many(tmp_path):
    savemat(tmp_path / "a.mat", {"zeros": np.zeros((300, 300))}, do_compression=True)
    assert matlab.load(tmp_path / "a.mat")["zeros"].shape == (300, 300)


def test_a_file_that_claims_more_than_it_holds_is_refused(tmp_path):
    savemat(tmp_path / "a.mat", {"cube": np.ones((4, 4, 4))})
    whole = (tmp_path / "a.mat").read_bytes()
    dimensions = np.array([4, 4, 4], "<i4").tobytes()
    assert whole.count(dimensions) == 1
    (tmp_path / "a.mat").write_bytes(whole.replace(dimensions, np.array([4000, 4000, 4000], "<i4").tobytes()))
    with pytest.raises(ValueError, match=r"cannot|reshape|buffer|size"):
        matlab.load(tmp_path / "a.mat")
    savemat(tmp_path / "b.mat", {"plane": np.ones((4, 4))}, format="4")
    whole = (tmp_path / "b.mat").read_bytes()
    assert matlab.load(tmp_path / "b.mat")["plane"].shape == (4, 4)
    (tmp_path / "b.mat").write_bytes(whole.replace(np.array([4, 4], "<i4").tobytes(), b"\0\0\1\0" * 2))
    with pytest.raises(ValueError, match="claim 34359738368 bytes, which the file does not hold"):
        matlab.load(tmp_path / "b.mat")


@pytest.mark.parametrize("compressed", [False, True])
def test_what_scipy_writes_of_every_kind_passes(compressed, tmp_path):
    """Texts, cells, structs within structs, sparse and complex arrays."""
    struct = {"x": np.zeros((2, 3)), "inner": {"text": "words", "empty": np.zeros((0, 0))}}
    cells = np.array([np.zeros(3), "a", {"b": 1}], dtype=object)
    structs = np.zeros((2, 2), dtype=[("a", "O"), ("b", "O")])
    others = {"sparse": scipy.sparse.eye(3).tocsc(), "complex": np.ones(3) * 1j, "byte": np.zeros(3, "u1"), "no": True}
    kinds = {"struct": struct, "cells": cells, "structs": structs, "text": "words", **others}
    savemat(tmp_path / "a.mat", kinds, do_compression=compressed, long_field_names=True)
    found = matlab.load(tmp_path / "a.mat")
    assert set(found) == {"struct", "byte", "no"} and set(found["struct"]) == {"x", "inner"}


@pytest.mark.parametrize("kind", [0, 8, 10, 11, 14, 15, 19, 20, 255, 2552, 2**31, 2**32 - 1])
def test_an_element_of_a_kind_that_there_is_not_reaches_no_reader(kind, tmp_path, monkeypatch):
    """scipy looks for it beyond its tables, which may end the process."""
    savemat(tmp_path / "a.mat", {"cube": SECRET})
    whole = (tmp_path / "a.mat").read_bytes()
    tag = np.array([9, SECRET.nbytes], "<u4").tobytes()
    assert whole.count(tag) == 1
    (tmp_path / "a.mat").write_bytes(whole.replace(tag, np.array([kind, SECRET.nbytes], "<u4").tobytes()))
    monkeypatch.setattr(scipy.io, "loadmat", lambda *_: pytest.fail("it was read"))
    with pytest.raises(ValueError, match=r"does not belong there|a short element"):
        matlab.load(tmp_path / "a.mat")


def test_no_more_is_unpacked_than_an_element_says_that_it_has(tmp_path):
    savemat(tmp_path / "a.mat", {"cube": np.zeros((100, 100, 100))}, do_compression=True)
    whole = (tmp_path / "a.mat").read_bytes()
    bomb = zlib.compress(np.array([14, 8], "<u4").tobytes() + bytes(64 << 20))
    (tmp_path / "a.mat").write_bytes(whole[:128] + np.array([15, len(bomb)], "<u4").tobytes() + bomb)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="an array without flags"):
            matlab.load(tmp_path / "a.mat")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
