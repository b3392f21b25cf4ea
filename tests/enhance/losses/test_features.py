"""Features of VGG16 and VGG19, and LPIPS as a loss.

Runs on whatever backend Keras has.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

keras = pytest.importorskip("keras")

from camsim.dataset import photographs
from camsim.io import image
from enhance.losses import catalogue, features
from scielab.metrics import lpips, pretrained
from scielab.metrics.backbones import VGG19

pytestmark = pytest.mark.installed


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def pictures(count=2, side=12, seed=0):
    return np.random.default_rng(seed).random((count, side, side, 3), dtype="float32")


def test_red_is_red_for_vgg(tmp_path, random_weights):
    """A first layer that passes one colour on shows what it is fed: blue, green, red of 0 … 255 less their means."""
    arrays = random_weights("vgg19", "block1_conv1")
    kernel = np.zeros_like(arrays["block1_conv1/kernel"])
    for plane in range(3):
        kernel[1, 1, plane, plane] = 1
    np.savez(tmp_path / "vgg19.npz", **{"block1_conv1/kernel": kernel, "block1_conv1/bias": np.zeros(64)})
    extract = features.extractor("vgg19", ["block1_conv1:linear", "block1_conv1"], tmp_path)
    colour = np.broadcast_to(np.array([200, 100, 50], "float32") / 255, (1, 5, 5, 3))
    found = extract(colour)
    fed = [50 - 103.939, 100 - 116.779, 200 - 123.68]  # Simonyan and Zisserman's means, as Caffe has them
    assert_allclose(array(found["block1_conv1:linear"])[0, 2, 2, :3], fed, rtol=1e-5)
    assert_allclose(array(found["block1_conv1"])[0, 2, 2, :3], np.maximum(fed, 0), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_features_are_those_of_keras_own_network(name, tmp_path):
    """All layers, their order, padding and pooling; of VGG19, whose weights are Keras', the preprocessing, too."""
    make = keras.applications.VGG16 if name == "vgg16" else keras.applications.VGG19
    theirs, network = make(include_top=False, weights=None, input_shape=(32, 32, 3)), pretrained.BACKBONES[name]
    arrays = {
        f"{layer}/{part}": values
        for layer in network.names
        for part, values in zip(("kernel", "bias"), theirs.get_layer(layer).get_weights(), strict=True)
    }
    np.savez(tmp_path / f"{name}.npz", **arrays)
    last = network.names[-1]
    found = features.extractor(name, [*network.names, f"{last}:linear"], tmp_path)(x := pictures(1, 32))
    outputs = [theirs.get_layer(layer).output for layer in network.names]
    torchvision = (x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    fed = torchvision if name == "vgg16" else keras.applications.vgg19.preprocess_input(255 * x)
    for layer, expected in zip(network.names, keras.Model(theirs.input, outputs)(fed), strict=True):
        expected = array(expected)
        assert_allclose(array(found[layer]), expected, rtol=1e-3, atol=1e-4 * expected.max())
    linear = array(found[f"{last}:linear"])
    assert linear.min() < 0
    assert_array_equal(array(found[last]), np.maximum(linear, 0))


def test_without_weights_one_line_says_what_to_do(weights, monkeypatch, tmp_path):
    with pytest.raises(ValueError, match=r"VGG19's weights of Keras are needed: a folder.*CAM2EYE_WEIGHTS"):
        catalogue.content(["l1", "vgg22"])
    catalogue.content(["l1"])  # which need none
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(weights))
    a, b = pictures(), pictures(seed=1)
    from_variable = catalogue.content(["vgg22"])(a, b)["vgg22"]
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(tmp_path / "none"))
    from_option = catalogue.content(["vgg22"], weights=weights)(a, b)["vgg22"]  # what is given goes before
    assert float(from_variable) == float(from_option) > 0
    with pytest.raises(ValueError, match=r"none: no such folder of weights .of the variable CAM2EYE_WEIGHTS"):
        catalogue.content(["vgg22"])
    with pytest.raises(ValueError, match=r"vgg16.npz: lacks block3_conv1/kernel"):
        catalogue.content(["lpips-vgg"], weights=weights)


@pytest.mark.parametrize("name", ["alex", "squeeze"])
@pytest.mark.parametrize("side", [64, 75])
def test_lpips_as_a_loss_is_lpips_as_a_measure(name, side, weights):
    """With poolings that reach over the border (SqueezeNet's), and in a batch."""
    network = lpips.load(name, weights)
    a, b = pictures(2, side), pictures(2, side, seed=1)
    expected = np.mean([lpips.distance(network, x, y) for x, y in zip(a, b, strict=True)])
    found = catalogue.content([f"lpips-{name}"], weights=weights)(a, b)
    assert float(found[f"lpips-{name}"]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lpips-alex", "lpips-squeeze", "vgg16:block2_conv1"])
def test_slopes_are_those_of_finite_differences(name, weights, slope):
    """Along the slope itself, where its rate is the slope's length: rectifiers and poolings have corners elsewhere."""
    reference, output = pictures(1, 40), pictures(1, 40, seed=1)
    loss = catalogue.content([name], weights=weights, criterion="mse")
    _, slopes = slope(lambda x: loss(reference, x)[name], output)
    length = np.sqrt((slopes.astype(float) ** 2).sum())
    step = 3e-3 * slopes / length
    up, down = (float(loss(reference, output + sign * step)[name]) for sign in (1, -1))
    assert (up - down) / (2 * 3e-3) == pytest.approx(length, rel=0.02)


def test_flat_pictures_have_finite_slopes(weights, slope):
    """Where all features of a place are 0 a root has no slope."""
    black, white = np.zeros((1, 64, 64, 3), "float32"), np.ones((1, 64, 64, 3), "float32")
    loss = catalogue.content(["lpips-alex", "lpips-squeeze"], weights=weights)
    for reference, output in ((black, black), (black, white), (white, black)):
        _, slopes = slope(lambda x, reference=reference: sum(loss(reference, x).values()), output)
        assert np.isfinite(slopes).all()


@pytest.mark.reference
@pytest.mark.parametrize(("name", "expected"), [("alex", (0.7219, 0.1376)), ("vgg", (0.5686, 0.4217))])
def test_lpips_of_the_published_example(shared, name, expected):
    folder = shared / "reference" / "lpips"
    files = [folder / f"ex_{picture}.png" for picture in ("ref", "p0", "p1")]
    reference, *tests = (image.read(file)[None].astype("float32") for file in files)
    loss = catalogue.content([f"lpips-{name}", "vgg16:block3_conv3"], weights=shared / "weights")
    found = [float(loss(reference, test)[f"lpips-{name}"]) for test in tests]
    assert found == pytest.approx(expected, abs=1e-3)
    network = lpips.load(name, shared / "weights")
    measured = [lpips.distance(network, reference[0], test[0]) for test in tests]
    assert found == pytest.approx(measured, abs=1e-4)


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize("name", ["alex", "vgg"])
def test_slopes_of_the_published_lpips_on_photographs(shared, name, bicubic_and_photographs, slope):
    photographs, copies = (batch[:1, 32:96, 32:96] for batch in bicubic_and_photographs)
    loss = catalogue.content([f"lpips-{name}"], weights=shared / "weights")
    _, slopes = slope(lambda x: loss(photographs, x)[f"lpips-{name}"], copies)
    length = np.sqrt((slopes.astype(float) ** 2).sum())
    step = 5e-4 * slopes / length
    up, down = (float(loss(photographs, copies + sign * step)[f"lpips-{name}"]) for sign in (1, -1))
    assert (up - down) / 1e-3 == pytest.approx(length, rel=0.03)


@pytest.fixture(scope="module")
def bicubic_and_photographs():
    """19 centre crops of 128² and their bicubic ×4 copies, as the reference figures were made."""
    from PIL import Image

    bench = Path(__file__).parents[4] / "shared" / "data" / "bench"
    files = sorted(path for name in ("Set5", "Set14") for path in (bench / name / "HR").glob("*.png"))
    if not files:
        pytest.skip("no reference data beside this checkout")
    crops, copies = [], []
    for path in files:
        picture = Image.open(path).convert("RGB")
        left, top = (picture.width - 128) // 2, (picture.height - 128) // 2
        crop = picture.crop((left, top, left + 128, top + 128))
        small = crop.resize((32, 32), Image.Resampling.BICUBIC)
        crops.append(np.asarray(crop))
        copies.append(np.asarray(small.resize((128, 128), Image.Resampling.BICUBIC)))
    return np.stack(crops).astype("float32") / 255, np.stack(copies).astype("float32") / 255


@pytest.mark.slow
@pytest.mark.reference
def test_real_features_have_their_published_size_and_their_shares_one_range(shared, bicubic_and_photographs):
    photographs, copies = bicubic_and_photographs
    names = [name + linear for name in VGG19.names[1:8] for linear in ("", features.LINEAR)]
    extract = features.extractor("vgg19", names, shared / "weights")
    wanted, given = (
        {name: array(values) for name, values in extract(batch).items()} for batch in (photographs, copies)
    )
    # the figures beside the weights: mean squared difference of features / 12.75
    raw = {name: np.mean((wanted[name] - given[name]) ** 2) for name in names}
    for name, published in (("block2_conv2", 211), ("block3_conv4", 2233), ("block3_conv4:linear", 3321)):
        assert raw[name] / 12.75**2 == pytest.approx(published, rel=0.01)
    assert_array_equal(np.maximum(wanted["block3_conv4:linear"], 0), wanted["block3_conv4"])
    assert max(raw.values()) > 50 * min(raw.values())
    for criterion, widest in (("l1", 2.5), ("mse", 3.5)):
        shares = [float(catalogue.share(wanted[name], given[name], criterion)) for name in names]
        assert max(shares) < widest * min(shares)
        assert 0.1 < min(shares) < max(shares) < 0.7


@pytest.mark.reference
def test_vgg_content_sees_blur_and_colour(shared):
    loss = catalogue.content(["vgg22"], weights=shared / "weights")
    sharp = image.read(photographs.builtin("astronaut").path)[100:164, 180:244].astype("float32")

    def distance(picture):
        return float(loss(sharp[None], picture[None])["vgg22"])

    distances = [distance(ndimage.gaussian_filter(sharp, (sigma, sigma, 0))) for sigma in (0, 1, 3)]
    assert distances[0] < 1e-5 and 0.05 < distances[1] < distances[2] < 2
    assert distance(sharp[..., ::-1].copy()) > distances[1]  # it tells RGB from BGR
