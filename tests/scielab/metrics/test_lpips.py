"""LPIPS against the published implementation and its published example.

Expected distances with SqueezeNet: package lpips 0.1.4 under PyTorch 1.13.1 in double precision, with the same weights
put into its network. They are drawn, not trained, so that this needs no download; every stage has a share of at least
3 %.
"""

import shutil

import numpy as np
import pytest

from camsim.io import image
from scielab.metrics import lpips


@pytest.fixture(scope="module")
def network(drawn_weights):
    return lpips.load("squeeze", drawn_weights)


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


@pytest.mark.reference
@pytest.mark.parametrize(("name", "expected"), [("alex", (0.7219, 0.1376)), ("vgg", (0.5686, 0.4217))])
def test_the_published_example_has_its_published_distances(shared, name, expected):
    folder = shared / "reference" / "lpips"
    reference, *tests = (image.read(folder / f"ex_{picture}.png") for picture in ("ref", "p0", "p1"))
    reference = lpips.Reference(lpips.load(name, shared / "weights"), reference)
    assert [reference.distance(test) for test in tests] == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize("name", ["alex", "vgg"])
def test_weights_that_give_the_published_example_pass_for_the_published_ones(shared, name):
    assert lpips.facts(lpips.load(name, shared / "weights"))["published_weights"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alex", "squeeze"])
def test_drawn_weights_do_not_pass_for_the_published_ones(drawn_weights, name):
    facts = lpips.facts(lpips.load(name, drawn_weights))
    assert not facts["published_weights"] and len(facts["weights_sha256"]) == 2


def test_what_is_not_there_is_named(drawn_weights, tmp_path):
    with pytest.raises(ValueError, match="LPIPS has no network 'vgg19'; it has alex, vgg, squeeze"):
        lpips.load("vgg19", drawn_weights)
    with pytest.raises(
        ValueError, match=r"LPIPS 0.1 for vgg are not here: lpips[*]vgg.npz or lpips[*]vgg.pth or vgg.pth"
    ):
        lpips.load("vgg", drawn_weights)
    with pytest.raises(ValueError, match=r"LPIPS 0.1 for alex are needed: a folder with .*CAM2EYE_WEIGHTS"):
        lpips.load()
    shutil.copy(drawn_weights / "lpips_alex.npz", tmp_path)
    with pytest.raises(ValueError, match="AlexNet's weights are not here"):
        lpips.load("alex", tmp_path)
    shutil.copy(drawn_weights / "squeezenet1_1.npz", tmp_path / "alexnet.npz")
    with pytest.raises(ValueError, match=r"features.0.weight is float32 \(64, 3, 3, 3\); float32 \(64, 3, 11, 11\) is"):
        lpips.load("alex", tmp_path)


def test_the_usual_network_is_alexnet(drawn_weights, monkeypatch):
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(drawn_weights))
    network = lpips.load()
    assert (network.metric, network.version) == ("lpips-alex", "LPIPS 0.1, AlexNet")
    assert lpips.load_named() == [] and [n.name for n in lpips.load_named((), drawn_weights)] == ["alex"]
    assert [n.name for n in lpips.load_named(["squeeze", "alex", "squeeze"])] == ["squeeze", "alex"]
    with pytest.raises(ValueError, match=r"AlexNet needs .rows, columns, 3., 31 px"):
        lpips.Reference(network, np.zeros((30, 64, 3)))
    assert lpips.Reference(network, np.zeros((31, 31, 3))).distance(np.ones((31, 31, 3))) > 0
