"""MATLAB's files, HDF5 among them: what is not plainly in the file is not read."""

import h5py
import numpy as np
import pytest
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
    with pytest.raises(ValueError, match="claim 512000000000 bytes, which the file does not hold"):
        matlab.load(tmp_path / "a.mat")
