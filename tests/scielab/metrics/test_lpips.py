"""LPIPS against the published implementation, and weights from files without PyTorch.

Expected distances: package lpips 0.1.4 under PyTorch 1.13.1 in double precision, with the same weights put into its
network. They are drawn, not trained, so that this needs no download; every stage has a share of at least 3 %.
"""

import collections
import pickle
from pathlib import Path

import numpy as np
import pytest

from scielab.metrics import lpips, weights_file

GOLDEN = Path(__file__).parents[2] / "golden"

_STAGES = (64, 128, 256, 384, 384, 512, 512)


@pytest.fixture(scope="module")
def network(drawn_arrays):
    return lpips.from_arrays(drawn_arrays())


def pair(rows: int, columns: int) -> np.ndarray:
    return np.random.RandomState(rows).random_sample((2, rows, columns, 3))


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (17, 17, 7.508170356419874),
        (35, 50, 16.138680100054692),
        (64, 64, 12.093053558867414),
        (101, 67, 13.587151954749181),
    ],
)
def test_distance_is_that_of_the_published_implementation(network, rows, columns, expected):
    assert lpips.distance(network, *pair(rows, columns)) == pytest.approx(expected, rel=1e-5)


def test_the_noise_of_the_published_check_is_pytorchs(network):
    # The same lpips 0.1.4 on torch.rand after torch.manual_seed(123)
    assert lpips.published_check(network) == pytest.approx(14.094092141477518, rel=1e-5)


def test_equal_pictures_have_no_distance_and_order_does_not_matter(network):
    one, other = pair(40, 33)
    reference = lpips.Reference(network, one)
    assert reference.distance(one) == 0
    assert reference.distance(other) == lpips.distance(network, other, one) > 0


def test_more_noise_is_farther(network):
    rng = np.random.default_rng(0)
    ramp = np.linspace(0.3, 0.7, 64)[:, None, None] * np.ones((64, 64, 3))
    noise = rng.uniform(-0.3, 0.3, ramp.shape)
    reference = lpips.Reference(network, ramp)
    distances = [reference.distance(ramp + share * noise) for share in (0, 0.1, 0.3, 1)]
    assert distances == sorted(distances) and len(set(distances)) == 4


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.zeros((16, 40, 3)), "17 px"),
        (np.zeros((40, 40)), "17 px"),
        (np.full((40, 40, 3), 1.1), r"\[0, 1\]"),
        (np.full((40, 40, 3), np.nan), "finite"),
    ],
)
def test_pictures_it_cannot_take_are_refused(network, picture, words):
    with pytest.raises(ValueError, match=words):
        lpips.Reference(network, picture)


def test_sizes_must_be_equal(network):
    with pytest.raises(ValueError, match="equal sizes"):
        lpips.distance(network, np.zeros((20, 20, 3)), np.zeros((20, 21, 3)))


def test_weights_are_checked_array_by_array(drawn_arrays):
    arrays = drawn_arrays()
    with pytest.raises(ValueError, match="w.npz: features.9.squeeze.bias is missing"):
        lpips.from_arrays({k: v for k, v in arrays.items() if k != "features.9.squeeze.bias"}, where="w.npz")
    with pytest.raises(ValueError, match=r"lin4.model.1.weight has shape \(1, 5, 1, 1\)"):
        lpips.from_arrays(arrays | {"lin4.model.1.weight": np.zeros((1, 5, 1, 1))})
    with pytest.raises(ValueError, match="features.0.bias holds NaN"):
        lpips.from_arrays(arrays | {"features.0.bias": np.full(64, np.nan)})


def test_one_file_or_two_give_the_same_network(network, tmp_path, drawn_arrays):
    arrays = drawn_arrays()
    np.savez(tmp_path / "all.npz", **arrays, **{"classifier.1.bias": np.zeros(1000)})
    np.savez(tmp_path / "trunk.npz", **{k: v for k, v in arrays.items() if k.startswith("features")})
    np.savez(tmp_path / "heads.npz", **{k: v for k, v in arrays.items() if k.startswith("lin")})
    for names in (["all.npz"], ["trunk.npz", "heads.npz"]):
        loaded = lpips.load([tmp_path / name for name in names])
        assert lpips.distance(loaded, *pair(17, 17)) == lpips.distance(network, *pair(17, 17))
    with pytest.raises(ValueError, match="heads.npz: lin0.model.1.weight was in a file before"):
        lpips.load([tmp_path / "all.npz", tmp_path / "heads.npz"])


# --- weights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["zip", "stream"])
def test_state_dicts_of_pytorch_are_read_without_it(form):
    # Saved by PyTorch 1.13.1, in its format since 1.6 and in the one before
    found = weights_file.read([GOLDEN / f"tensors-{form}.pth"])
    assert list(found) == ["a", "b", "c"] and {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(found["a"], np.arange(6).reshape(1, 2, 3) / 8)
    np.testing.assert_array_equal(found["b"], [1.5, -2])  # was in double precision
    assert found["c"].shape == () and found["c"] == 0.25  # was in half precision


class _Attack:
    def __reduce__(self):
        return (print, ("code from a file was run",))


def test_a_file_cannot_run_code(tmp_path, capsys):
    with open(tmp_path / "attack.pth", "wb") as file:
        for part in (1, 2, 3, {"features.0.weight": _Attack()}):
            pickle.dump(part, file, protocol=2)
    with pytest.raises(ValueError, match="attack.pth: damaged, or not a network's weights"):
        weights_file.read([tmp_path / "attack.pth"])
    assert capsys.readouterr().out == ""


def test_what_holds_no_plain_tensors_is_refused(tmp_path):
    (tmp_path / "text.pth").write_text("not weights")
    (tmp_path / "cut.pth").write_bytes((GOLDEN / "tensors-stream.pth").read_bytes()[:-8])
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 nothing more")
    with open(tmp_path / "dict.pth", "wb") as file:
        for part in (1, 2, 3, collections.OrderedDict(a=1), []):
            pickle.dump(part, file, protocol=2)
    for path in [GOLDEN / "module.pth", *tmp_path.iterdir()]:
        with pytest.raises(ValueError, match="damaged, or not a network's weights"):
            weights_file.read([path])
    with pytest.raises(ValueError, match="gone.pth: no such file"):
        weights_file.read([tmp_path / "gone.pth"])


@pytest.mark.reference
def test_the_published_heads_are_read(shared):
    heads = weights_file.read([shared / "weights" / "lpips_v0.1_squeeze.pth"])
    assert [heads[f"lin{i}.model.1.weight"].shape for i in range(7)] == [(1, n, 1, 1) for n in _STAGES]
    assert all((head >= 0).all() for head in heads.values())  # training kept them so
