"""NumPy's files: what is damaged or made to harm is one line, before a byte of it is unpacked."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from camsim.io import arrays

pytestmark = pytest.mark.installed

HELD = {"psf": np.arange(12, dtype="f4").reshape(3, 4), "pitch_um": np.array(1.5), "words": np.array(["a", "bcd"])}


def header(shape, descr="<f8", order=False):
    """The start of an .npy file that claims to hold this."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": order, "shape": shape})
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def one_line(path, call):
    with pytest.raises(ValueError, match=r".") as refusal:
        call()
    assert str(refusal.value).startswith(f"{path}: ") and "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_they_were_saved(save, tmp_path):
    save(tmp_path / "a.npz", **HELD)
    found = arrays.read_npz(tmp_path / "a.npz")
    assert list(found) == list(HELD)
    for name, array in HELD.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    with arrays.open_npz(tmp_path / "a.npz") as opened:
        assert opened.header("psf") == ((3, 4), np.dtype("f4"))
        assert "psf" in opened and "other" not in opened
    np.save(tmp_path / "a.npy", np.asfortranarray(HELD["psf"]))
    np.testing.assert_array_equal(arrays.read_npy(tmp_path / "a.npy"), HELD["psf"])


WHOLE = npy(HELD["psf"])

DAMAGED = {
    "empty": b"",
    "text": b"hello",
    "half a header": WHOLE[:60],
    "too short": WHOLE[:-1],
    "too long": WHOLE + b"x",
    "pickle": b"\x80\x04K\x01.",
    "version": WHOLE[:6] + b"\x09\x00" + WHOLE[8:],
    "open bracket": WHOLE.replace(b"'fortran_order'", b"((((((((((((((("),
    "open quote": WHOLE.replace(b"{'descr'", b"{'descr "),
    "no order": WHOLE.replace(b"False", b"1    "),
    "other keys": WHOLE.replace(b"descr", b"hello"),
    "negative": header((-3, -4)) + bytes(96),
    "objects": header((1,), "|O") + bytes(8),
    "records": header((1,), [("a", "<f8")]) + bytes(8),
    "dates": header((1,), "<M8[s]") + bytes(8),
    "no such type": WHOLE.replace(b"<f4", b"<q9"),
    "claims the world": header((10**9, 10**9, 10**9)),
    "code": WHOLE.replace(b"(3, 4)", b"exit()"),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damage_of_an_array_is_one_line(content, tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    assert "damaged, or not an npy file" in one_line(path, lambda: arrays.read_npy(path))
    path = archive(tmp_path / "a.npz", {"psf.npy": content})
    assert "damaged, or not an npz file" in one_line(path, lambda: arrays.read_npz(path))


def test_members_that_are_no_arrays_are_none_of_its_arrays(tmp_path):
    path = archive(tmp_path / "a.npz", {"psf": WHOLE, "read.me": b"x", "b.npy": npy(np.ones(2))})
    assert list(arrays.read_npz(path)) == ["b"]
    with arrays.open_npz(path) as opened:
        assert one_line(path, lambda: opened["psf"]) == f"{path}: has no psf"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_savez_never_writes_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.npy", WHOLE)
        made.writestr("a.npy", WHOLE)
    assert "two of one name" in one_line(path, lambda: arrays.read_npz(path))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        archive(path, {"a.npy": WHOLE}, method)
        assert "compressed as by no npz" in one_line(path, lambda: arrays.read_npz(path))
    content = bytearray(archive(path, {"a.npy": WHOLE}).read_bytes())
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "encrypted" in one_line(path, lambda: arrays.read_npz(path))


def test_every_flipped_bit_is_one_line_or_does_no_harm(tmp_path):
    """The checksum of the archive finds what is damaged among the numbers."""
    np.savez_compressed(tmp_path / "a.npz", **HELD)
    whole, path = (tmp_path / "a.npz").read_bytes(), tmp_path / "b.npz"
    refused = 0

    def harmless(found):
        return all(np.array_equal(found[name], HELD[name]) for name in found if name in HELD)

    for at in range(0, len(whole), 5):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        said = ""
        try:
            found = arrays.read_npz(path)
        except ValueError as error:
            said = str(error)
            refused += 1
        assert said.startswith(f"{path}: ") and "\n" not in said if said else harmless(found)
    assert refused > len(whole) / 20


def test_nothing_is_unpacked_of_what_is_too_large_or_not_wanted(tmp_path):
    path = archive(tmp_path / "a.npz", {"a.npy": header((1 << 20,)) + bytes(8 << 20)})
    np.save(tmp_path / "a.npy", np.zeros((64, 1 << 13)))
    tracemalloc.start()

    def refuse(shape, dtype):
        raise ValueError(f"{shape} {dtype} is not wanted")

    try:
        words = one_line(path, lambda: arrays.read_npz(path, limit=(8 << 20) - 1))
        assert "is larger than allowed" in words
        words = one_line(tmp_path / "a.npy", lambda: arrays.read_npy(tmp_path / "a.npy", check=refuse))
        assert words.endswith("(64, 8192) float64 is not wanted")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_all_arrays_together_are_bounded(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.zeros(100), b=np.zeros(100))
    assert len(arrays.read_npz(tmp_path / "a.npz", limit=1600)) == 2
    assert "is larger than allowed" in one_line(
        tmp_path / "a.npz", lambda: arrays.read_npz(tmp_path / "a.npz", limit=1599)
    )


def test_what_would_not_fit_in_memory_is_refused(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", a=np.zeros(100))
    np.save(tmp_path / "a.npy", np.zeros(100))
    monkeypatch.setattr(arrays.memory, "SMALL", 0)
    monkeypatch.setattr(arrays.memory, "free_bytes", lambda: 799)
    for path, read in ((tmp_path / "a.npz", arrays.read_npz), (tmp_path / "a.npy", arrays.read_npy)):
        assert "of memory, and 0 MB are free" in one_line(path, lambda path=path, read=read: read(path))


@pytest.mark.parametrize("read", [arrays.read_npy, arrays.read_npz])
def test_a_folder_is_no_file_of_arrays(read, tmp_path):
    assert "is a folder" in one_line(tmp_path, lambda: read(tmp_path))
