"""Arrays from files of weights without the programs that wrote them, and nothing but arrays."""

import collections
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from scielab.metrics import weights_file
from scielab.metrics.weights_file import Form, Wanted

GOLDEN = Path(__file__).parents[2] / "golden"


def wanted(**shapes):
    return {name: Wanted(shape, (Form(name),)) for name, shape in shapes.items()}


SAVED = wanted(a=(1, 2, 3), b=(2,), c=())


@pytest.mark.parametrize("form", ["zip", "stream"])
def test_state_dicts_of_pytorch_are_read_without_it(form):
    # Saved by PyTorch 1.13.1, in its format since 1.6 and in the one before
    path = GOLDEN / f"tensors-{form}.pth"
    found = weights_file.read(path, SAVED)
    assert list(found) == ["a", "b", "c"] and {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(found["a"], np.arange(6).reshape(1, 2, 3) / 8)
    np.testing.assert_array_equal(found["b"], [1.5, -2])  # was in double precision
    assert found["c"].shape == () and found["c"] == 0.25  # was in half precision
    assert weights_file.read(path, wanted(c=())) == {"c": 0.25}  # the last block alone
    turned = weights_file.read(path, {"x": Wanted((2, 3, 1), (Form("gone"), Form("a", axes=(1, 2, 0))))})["x"]
    np.testing.assert_array_equal(turned[..., 0], np.arange(6).reshape(2, 3) / 8)


class _Attack:
    def __reduce__(self):
        return (print, ("code from a file was run",))


def test_a_file_cannot_run_code(tmp_path, capsys):
    with (tmp_path / "attack.pth").open("wb") as file:
        for part in (1, 2, 3, {"a": _Attack()}):
            pickle.dump(part, file, protocol=2)
    with pytest.raises(ValueError, match=r"attack.pth: damaged, or not a network's weights"):
        weights_file.read(tmp_path / "attack.pth", SAVED)
    assert capsys.readouterr().out == ""


def test_what_holds_no_plain_tensors_is_refused(tmp_path):
    (tmp_path / "text.pth").write_text("not weights")
    (tmp_path / "cut.pth").write_bytes((GOLDEN / "tensors-stream.pth").read_bytes()[:-8])
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 nothing more")
    (tmp_path / "empty.npz").write_bytes(b"")
    with (tmp_path / "dict.pth").open("wb") as file:
        for part in (1, 2, 3, collections.OrderedDict(a=1), []):
            pickle.dump(part, file, protocol=2)
    for path in [GOLDEN / "module.pth", *tmp_path.iterdir()]:
        with pytest.raises(ValueError, match="damaged, or not a network's weights") as error:
            weights_file.read(path, SAVED)
        assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=r"gone.pth: no such file"):
        weights_file.read(tmp_path / "gone.pth", SAVED)


def test_a_pickle_that_asks_for_a_far_place_in_its_memory_does_not_get_it(tmp_path):
    """Python's unpickler in C makes a table up to that place: six bytes, and the memory of a machine is gone."""
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02}r" + (1 << 23).to_bytes(4, "little") + b".")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"a\.pth: lacks b"):
            weights_file.read(tmp_path / "a.pth", {"b": weights_file.Wanted((1,), (weights_file.Form("b"),))})
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_where_the_tensors_lie_is_not_read_from_a_long_text(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(17 << 20))
    with pytest.raises(ValueError, match=r"a\.pth: damaged"):
        weights_file.read(tmp_path / "a.pth", {"b": weights_file.Wanted((1,), (weights_file.Form("b"),))})


@pytest.mark.parametrize("form", ["zip", "stream"])
def test_tensors_that_are_not_as_wanted_are_named_before_they_are_read(form):
    path = GOLDEN / f"tensors-{form}.pth"
    with pytest.raises(ValueError, match=r"a is float32 \(1, 2, 3\); float32 \(6,\) is needed"):
        weights_file.read(path, wanted(a=(6,)))
    with pytest.raises(ValueError, match="lacks d"):
        weights_file.read(path, wanted(d=(6,)))


@pytest.mark.reference
def test_the_published_heads_are_read(shared):
    widths = (64, 128, 256, 384, 384, 512, 512)
    names = {
        f"lin{i}.model.1.weight": Wanted((1, n, 1, 1), (Form(f"lin{i}.model.1.weight"),)) for i, n in enumerate(widths)
    }
    heads = weights_file.read(shared / "weights" / "lpips_v0.1_squeeze.pth", names)
    assert all((head >= 0).all() for head in heads.values())  # training kept them so
