"""Content losses, VGG19's weights, adversarial losses, slopes of critics.

Runs on whatever backend Keras has; only `slope` below knows which.
"""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

keras = pytest.importorskip("keras")

from keras import ops

from enhance.losses import content as losses
from enhance.losses import critic_gradient, vgg
from enhance.losses.adversarial import KINDS, Adversarial
from enhance.networks import layers

BACKEND = keras.backend.backend()
LABELLED = ("minimax", "modified", "least_squares", "relativistic")


@pytest.fixture(autouse=True)
def no_weights_from_outside(monkeypatch):
    monkeypatch.delenv(vgg.WEIGHTS_VARIABLE, raising=False)


def slope(function, x):
    """function(x), one number, and its gradient."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        x = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        found = tape.gradient(value, x)
    elif BACKEND == "jax":
        import jax

        value, found = jax.value_and_grad(function)(jax.numpy.asarray(x))
    else:
        x = ops.convert_to_tensor(x).clone().requires_grad_(True)
        value = function(x)
        value.backward()
        found = x.grad
    return float(value), np.asarray(ops.convert_to_numpy(found))


def array(tensor):
    return ops.convert_to_numpy(tensor)


def pictures(count=2, side=12, seed=0):
    return np.random.default_rng(seed).random((count, side, side, 3), dtype="float32")


def random_weights(last="block2_conv2", seed=0):
    """Weights in VGG19's shapes that keep features of a useful size, and are not those of any file."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for layer, shapes in vgg.LAYERS.items():
        fan_in = np.prod(shapes["kernel"][:3])
        arrays[f"{layer}/kernel"] = rng.normal(0, np.sqrt(2 / fan_in), shapes["kernel"]).astype("float32")
        arrays[f"{layer}/bias"] = rng.normal(0, 1, shapes["bias"]).astype("float32")
        if layer == last:
            return arrays


@pytest.fixture(scope="module")
def npz(tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg19.npz"
    np.savez(path, **random_weights())
    return path


# --- content losses -----------------------------------------------------------------------------------------------

PICTURE_TERMS = ("l1", "mse", "charbonnier", "scielab")
LAYER_TERMS = ("block1_conv1", "block1_conv2:linear", "vgg22", "vgg22:linear")


def test_names():
    assert [losses.parse(name) for name in ("l1", "mse", "charbonnier", "scielab")] == list(PICTURE_TERMS)
    # block i, convolution j of VGG_ij, as the SRGAN paper counts them
    assert losses.parse("vgg22") == "block2_conv2" == losses.parse("block2_conv2")
    assert losses.parse("vgg34:linear") == "block3_conv4:linear"
    assert losses.parse("vgg54") == "block5_conv4"
    for wrong in ("l2", "vgg99", "block2_conv3", "block6_conv1", "l1:linear", "vgg22:", ":linear", "", "VGG22"):
        with pytest.raises(ValueError, match="is not one of l1, mse"):
            losses.parse(wrong)
    with pytest.raises(ValueError, match="did you mean 'charbonnier'"):
        losses.parse("charbonier")
    with pytest.raises(ValueError, match="block2_conv2 is named twice"):
        losses.content(["vgg22", "block2_conv2"])
    with pytest.raises(ValueError, match="criterion 'l2'"):
        losses.content(["vgg22"], criterion="l2")


def test_differences_of_pictures_are_what_their_names_say():
    a, b = np.full((1, 4, 4, 3), 0.25, "float32"), np.full((1, 4, 4, 3), 0.75, "float32")
    b[0, :2] = 0.35
    found = losses.content(["charbonnier", "mse", "l1"])(a, b)
    assert list(found) == ["charbonnier", "mse", "l1"]
    assert float(found["l1"]) == pytest.approx((0.5 + 0.1) / 2, rel=1e-5)
    assert float(found["mse"]) == pytest.approx((0.25 + 0.01) / 2, rel=1e-5)
    assert float(found["charbonnier"]) == pytest.approx((np.sqrt(0.25 + 1e-6) + np.sqrt(0.01 + 1e-6)) / 2, rel=1e-6)


def test_charbonnier_is_square_below_epsilon_and_size_above():
    epsilon = losses.CHARBONNIER_EPSILON
    zero = np.zeros((1, 4, 4, 3), "float32")
    for share in (0.05, 0.1, 0.2):  # √(1 + s²) = 1 + s²/2 - s⁴/8 + …
        value = float(losses.charbonnier(zero, zero + share * epsilon))
        assert value / epsilon - 1 == pytest.approx(share**2 / 2, rel=0.02, abs=3e-7)
    for difference in (0.1, 1.0, 100.0):
        assert float(losses.charbonnier(zero, zero - difference)) == pytest.approx(difference, rel=1e-4)


@pytest.mark.parametrize("criterion", losses.CRITERIA)
@pytest.mark.parametrize("name", PICTURE_TERMS + LAYER_TERMS)
def test_every_content_loss_is_least_at_equality_with_a_finite_slope_everywhere(name, criterion, npz):
    reference = pictures()
    reference[0, :4], reference[0, 4:8] = 0, 1  # black and white, where curves have corners
    loss = losses.content([name], vgg_weights=npz, criterion=criterion)

    def value(output):
        return loss(reference, output)[name]

    least, flat = slope(value, reference)
    assert least == pytest.approx(losses.CHARBONNIER_EPSILON if name == "charbonnier" else 0, abs=1e-6)
    assert np.isfinite(flat).all()
    noise = np.random.default_rng(1).normal(0, 1, reference.shape).astype("float32")
    values = []
    for strength in (0.01, 0.1, 1.0):  # 1.0 goes far outside [0, 1], as a generator does
        found, slopes = slope(value, reference + strength * noise)
        assert np.isfinite(slopes).all()
        assert np.abs(flat).max() <= 0.02 * np.abs(slopes).max()  # S-CIELAB's is not quite 0, by rounding
        assert (slopes * noise).sum() > 0  # downhill is back towards the reference
        values.append(found)
    assert least < values[0] < values[1] < values[2] < np.inf
    single = reference.copy()
    single[1, 5, 5, 1] += 0.2
    assert float(value(single)) > least  # and one value of one picture counts


def test_slopes_run_to_the_output_alone(npz):
    a, b = pictures(), pictures(seed=1)
    loss = losses.content([*PICTURE_TERMS, *LAYER_TERMS], vgg_weights=npz)
    _, slopes = slope(lambda reference: sum(loss(reference, b).values()) + 0.0 * ops.sum(reference), a)
    assert_array_equal(slopes, 0)


def test_all_terms_at_once_are_the_terms_one_by_one_and_swap_with_their_order(npz):
    a, b = pictures(), pictures(seed=1)
    names = ["vgg22", "l1", "block1_conv1", "vgg22:linear", "scielab"]
    together = losses.content(names, vgg_weights=npz)(a, b)
    assert list(together) == names
    for name in reversed(names):
        alone = losses.content([name], vgg_weights=npz)(a, b)
        assert float(alone[name]) == pytest.approx(float(together[name]), rel=1e-5)


def test_scielab_term_is_the_metric():
    import scielab

    a, b = pictures(2, 24), pictures(2, 24, seed=1)
    expected = np.mean([scielab.delta_e(x, y).mean() for x, y in zip(a, b, strict=True)])
    assert float(losses.content(["scielab"])(a, b)["scielab"]) == pytest.approx(expected, rel=1e-4)


def test_a_layers_share_is_free_of_its_scale():
    wanted, given = pictures(2, 6) - 0.5, pictures(2, 6, seed=1) - 0.5
    assert float(losses.share(wanted, given)) == pytest.approx(np.abs(wanted - given).mean() / np.abs(wanted).mean())
    squares = ((wanted - given) ** 2).mean() / (wanted**2).mean()
    assert float(losses.share(wanted, given, "mse")) == pytest.approx(squares, rel=1e-5)
    for criterion in losses.CRITERIA:
        base = float(losses.share(wanted, given, criterion))
        assert float(losses.share(1000 * wanted, 1000 * given, criterion)) == pytest.approx(base, rel=1e-5)
        assert float(losses.share(wanted, 0 * wanted, criterion)) == pytest.approx(1, rel=1e-5)
        assert np.isfinite(float(losses.share(0 * wanted, given, criterion)))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_content_losses_are_float32_under_every_policy(policy, npz):
    a, b = pictures(), pictures(seed=1)
    names = [*PICTURE_TERMS, *LAYER_TERMS]
    expected = losses.content(names, vgg_weights=npz)(a, b)
    keras.config.set_dtype_policy(policy)
    try:
        found = losses.content(names, vgg_weights=npz)(a, b)
        half = losses.content(names, vgg_weights=npz)(a, ops.cast(b, policy.removeprefix("mixed_")))
    finally:
        keras.config.set_dtype_policy("float32")
    for name, value in found.items():
        assert keras.backend.standardize_dtype(value.dtype) == "float32"
        assert float(value) == pytest.approx(float(expected[name]), rel=1e-6)
        assert keras.backend.standardize_dtype(half[name].dtype) == "float32"
        assert float(half[name]) == pytest.approx(float(expected[name]), rel=0.01)


def test_a_model_does_not_take_vggs_weights_for_its_own(npz):
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1)])
    trainer = keras.Model(model.inputs, model.outputs)
    before = len(trainer.weights)
    trainer.content = losses.content(["vgg22"], vgg_weights=npz)
    assert len(trainer.weights) == before == 2


def test_pictures_that_no_loss_can_take_are_refused(npz):
    with pytest.raises(ValueError, match="pictures are uint8; give floats"):
        losses.content(["l1"])(np.zeros((1, 4, 4, 3), "uint8"), np.zeros((1, 4, 4, 3), "float32"))
    tiny = np.zeros((1, 1, 9, 3), "float32")
    assert losses.content(["block1_conv2"], vgg_weights=npz)(tiny, tiny)
    with pytest.raises(ValueError, match="1×9 px are too small for block2_conv2: 2 px"):
        losses.content(["vgg22"], vgg_weights=npz)(tiny, tiny)


# --- VGG19 --------------------------------------------------------------------------------------------------------


def test_red_is_red_for_vgg(tmp_path):
    """A first layer that passes one colour on shows what it is fed: blue, green, red of 0 … 255 less their means."""
    arrays = random_weights("block1_conv1")
    kernel = np.zeros_like(arrays["block1_conv1/kernel"])
    for plane in range(3):
        kernel[1, 1, plane, plane] = 1
    np.savez(tmp_path / "w.npz", **{"block1_conv1/kernel": kernel, "block1_conv1/bias": np.zeros(64)})
    features = vgg.extractor(["block1_conv1:linear", "block1_conv1"], tmp_path / "w.npz")
    colour = np.broadcast_to(np.array([200, 100, 50], "float32") / 255, (1, 5, 5, 3))
    found = features(colour)
    fed = [50 - 103.939, 100 - 116.779, 200 - 123.68]  # Simonyan and Zisserman's means, as Caffe has them
    assert_allclose(array(found["block1_conv1:linear"])[0, 2, 2, :3], fed, rtol=1e-5)
    assert_allclose(array(found["block1_conv1"])[0, 2, 2, :3], np.maximum(fed, 0), rtol=1e-5)


@pytest.mark.slow
def test_features_are_those_of_keras_own_vgg19(monkeypatch):
    """All 16 layers, their order, padding, pooling and preprocessing; also the way that downloaded weights take."""
    theirs = keras.applications.VGG19(include_top=False, weights=None, input_shape=(32, 32, 3))
    asked = {}

    def fake(**options):
        asked.update(options)
        return theirs

    monkeypatch.setattr(keras.applications, "VGG19", fake)
    names = [*vgg.LAYERS, "block5_conv4:linear"]
    found = vgg.extractor(names, "download")(x := pictures(1, 32))
    assert asked == {"include_top": False, "weights": "imagenet"}
    outputs = [theirs.get_layer(layer).output for layer in vgg.LAYERS]
    fed = keras.applications.vgg19.preprocess_input(255 * x)
    for layer, expected in zip(vgg.LAYERS, keras.Model(theirs.input, outputs)(fed), strict=True):
        expected = array(expected)
        assert_allclose(array(found[layer]), expected, rtol=1e-3, atol=1e-4 * expected.max())
    linear = array(found["block5_conv4:linear"])
    assert linear.min() < 0
    assert_array_equal(array(found["block5_conv4"]), np.maximum(linear, 0))


def test_without_network_the_download_says_what_to_do(monkeypatch):
    def fail(**options):
        raise RuntimeError("URL fetch failure\non two lines")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    with pytest.raises(ValueError, match="could not download VGG19's weights.*--vgg-weights FILE") as error:
        losses.content(["vgg22"], vgg_weights="download")
    assert "\n" not in str(error.value)


def test_without_weights_one_line_says_what_to_do(npz, monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="block2_conv2 needs VGG19's weights: give --vgg-weights.*CAM2EYE_VGG_WEIGHTS"):
        losses.content(["l1", "vgg22"])
    losses.content(["l1"])  # which need none
    monkeypatch.setenv("CAM2EYE_VGG_WEIGHTS", str(npz))
    a, b = pictures(), pictures(seed=1)
    from_variable = losses.content(["vgg22"])(a, b)["vgg22"]
    monkeypatch.setenv("CAM2EYE_VGG_WEIGHTS", str(tmp_path / "none.npz"))
    from_option = losses.content(["vgg22"], vgg_weights=npz)(a, b)["vgg22"]  # the option goes before
    assert float(from_variable) == float(from_option) > 0
    with pytest.raises(ValueError, match=r"none\.npz: no such file"):
        losses.content(["vgg22"])
    with pytest.raises(ValueError, match="'block9_conv9' is none of VGG19's layers"):
        vgg.extractor(["block9_conv9"], npz)


LAYOUTS = {
    "keras 1": "{layer}/{layer}_W_1:0 {layer}/{layer}_b_1:0",
    "keras 2": "{layer}/{layer}/kernel:0 {layer}/{layer}/bias:0",
    "whole model": "model_weights/{layer}/vgg19/{layer}/kernel model_weights/{layer}/vgg19/{layer}/bias",
}


def write_h5(path, layout, arrays):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for layer in {name.split("/")[0] for name in arrays}:
            for name, part in zip(layout.format(layer=layer).split(), ("kernel", "bias"), strict=True):
                file[name] = arrays[f"{layer}/{part}"]
        file["predictions/predictions_W_1:0"] = np.zeros((4, 5))  # the full network has such layers, too


@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_are_read_from_every_layout_of_keras_h5(layout, tmp_path):
    arrays = random_weights()
    write_h5(tmp_path / "w.h5", LAYOUTS[layout], arrays)
    read = vgg.read_weights(["block1_conv1", "block2_conv2"], tmp_path / "w.h5")
    assert list(read) == ["block1_conv1", "block2_conv2"]
    for layer, parts in read.items():
        for part, values in parts.items():
            assert values.dtype == np.float32
            assert_array_equal(values, arrays[f"{layer}/{part}"])
    with pytest.raises(ValueError, match=r"w\.h5: lacks block3_conv1/kernel"):
        losses.content(["vgg34"], vgg_weights=tmp_path / "w.h5")


@pytest.mark.parametrize("name", ["w.weights.h5", "w.h5"])
def test_weights_are_read_from_what_this_keras_writes(name, tmp_path):
    x = inputs = keras.Input((8, 8, 3))
    for layer in ("block1_conv1", "block1_conv2"):
        x = keras.layers.Conv2D(64, 3, padding="same", bias_initializer="random_normal", name=layer)(x)
    model = keras.Model(inputs, x)
    model.compile("adam")
    (model.save if name == "w.h5" else model.save_weights)(tmp_path / name)
    for layer, parts in vgg.read_weights(["block1_conv1", "block1_conv2"], tmp_path / name).items():
        for values, expected in zip(parts.values(), model.get_layer(layer).get_weights(), strict=True):
            assert_array_equal(values, expected)


def damage_npz(path, kind):
    arrays = random_weights("block1_conv1")
    kernel, bias = "block1_conv1/kernel", "block1_conv1/bias"
    match kind:
        case "missing bias":
            del arrays[bias]
        case "transposed":
            arrays[kernel] = arrays[kernel].transpose(3, 2, 0, 1)
        case "integers":
            arrays[kernel] = np.zeros((3, 3, 3, 64), "int64")
        case "objects":
            arrays[bias] = np.array([object()] * 64)
        case "not finite":
            arrays[kernel][0, 0, 0, 0] = np.nan
    np.savez(path, **arrays)
    if kind == "promise":  # a header that asks for 36 TB, over a few bytes
        with zipfile.ZipFile(path, "w") as archive:
            with archive.open(f"{kernel}.npy", "w") as file:
                header = {"descr": "<f4", "fortran_order": False, "shape": (3, 3, 10**6, 10**6)}
                np.lib.format.write_array_header_1_0(file, header)
                file.write(bytes(100))
            archive.writestr(f"{bias}.npy", b"")
    if kind == "cut off":
        path.write_bytes(path.read_bytes()[:-200])
    if kind == "changed":
        content = bytearray(path.read_bytes())
        content[2000] ^= 0xFF
        path.write_bytes(content)
    if kind == "text":
        path.write_text("version https://git-lfs.github.com/spec/v1\n")
    if kind == "empty":
        path.write_bytes(b"")
    if kind == "folder":
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing bias", "lacks block1_conv1/bias"),
        ("transposed", r"block1_conv1/kernel is float32 \(64, 3, 3, 3\); VGG19's is float32 \(3, 3, 3, 64\)"),
        ("integers", "block1_conv1/kernel is int64"),
        ("objects", "block1_conv1/bias is object"),
        ("not finite", "block1_conv1/kernel has values that are no finite numbers"),
        ("promise", r"block1_conv1/kernel is float32 \(3, 3, 1000000, 1000000\)"),
        ("cut off", "damaged"),
        ("changed", "damaged"),
        ("text", "neither an .npz nor an .h5"),
        ("empty", "neither an .npz nor an .h5"),
        ("folder", "irectory"),
    ],
)
def test_an_npz_that_is_not_vgg19_is_named(kind, words, tmp_path):
    damage_npz(tmp_path / "w.npz", kind)
    with pytest.raises(ValueError, match=rf"w\.npz: {words}" if kind != "folder" else words) as error:
        vgg.read_weights(["block1_conv1"], tmp_path / "w.npz")
    assert "\n" not in str(error.value)


def damage_h5(path, kind):
    h5py = pytest.importorskip("h5py")
    arrays = random_weights("block1_conv1")
    kernel, bias = arrays["block1_conv1/kernel"], arrays["block1_conv1/bias"]
    other = path.with_name("other.h5")
    with h5py.File(other, "w") as file:
        file["kernel"] = kernel
    with h5py.File(path, "w") as file:
        file["block1_conv1/bias"] = bias
        name = "block1_conv1/kernel"
        match kind:
            case "external link":
                file[name] = h5py.ExternalLink(str(other), "kernel")
            case "soft link":
                file["kernel"] = kernel
                file[name] = h5py.SoftLink("/kernel")
            case "external file":
                path.with_name("raw").write_bytes(kernel.tobytes())
                raw = [(str(path.with_name("raw")), 0, kernel.nbytes)]
                file.create_dataset(name, kernel.shape, "float32", external=raw)
            case "virtual":
                layout = h5py.VirtualLayout(kernel.shape, "float32")
                layout[:] = h5py.VirtualSource(str(other), "kernel", kernel.shape)
                file.create_virtual_dataset(name, layout)
            case "compressed":
                file.create_dataset(name, data=kernel, compression="gzip")
            case "promise":
                file.create_dataset(name, (3, 3, 10**5, 10**5), "float32")
            case "integers":
                file[name] = np.zeros(kernel.shape, "int8")
            case "twice":
                file[name] = kernel
                file["block1_conv1/kernel:0"] = kernel
            case "flat":
                file[name] = kernel.reshape(27, 64)
            case "cut off":
                file[name] = kernel
    if kind == "cut off":
        path.write_bytes(path.read_bytes()[:3000])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("external link", "block1_conv1/kernel is a link to elsewhere"),
        ("soft link", "block1_conv1/kernel is a link to elsewhere"),
        ("external file", "block1_conv1/kernel is compressed, cut into chunks, or kept in another file"),
        ("virtual", "block1_conv1/kernel is compressed, cut into chunks, or kept in another file"),
        ("compressed", "block1_conv1/kernel is compressed"),
        ("promise", r"block1_conv1/kernel is float32 \(3, 3, 100000, 100000\)"),
        ("integers", "block1_conv1/kernel is int8"),
        ("twice", "has more than one block1_conv1/kernel"),
        ("flat", "lacks block1_conv1/kernel"),
        ("cut off", "damaged"),
    ],
)
def test_an_h5_that_is_not_vgg19_is_named(kind, words, tmp_path):
    damage_h5(tmp_path / "w.h5", kind)
    with pytest.raises(ValueError, match=rf"w\.h5: {words}") as error:
        vgg.read_weights(["block1_conv1"], tmp_path / "w.h5")
    assert "\n" not in str(error.value)


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
    names = [name + linear for name in list(vgg.LAYERS)[1:8] for linear in ("", vgg.LINEAR)]
    features = vgg.extractor(names, shared / "weights/vgg19_imagenet_conv1_1_to_conv3_4.npz")
    wanted, given = (
        {name: array(values) for name, values in features(batch).items()} for batch in (photographs, copies)
    )
    # the figures beside the weights: mean squared difference of features / 12.75
    raw = {name: np.mean((wanted[name] - given[name]) ** 2) for name in names}
    for name, published in (("block2_conv2", 211), ("block3_conv4", 2233), ("block3_conv4:linear", 3321)):
        assert raw[name] / 12.75**2 == pytest.approx(published, rel=0.01)
    assert_array_equal(np.maximum(wanted["block3_conv4:linear"], 0), wanted["block3_conv4"])
    assert max(raw.values()) > 50 * min(raw.values())
    for criterion, widest in (("l1", 2.5), ("mse", 3.5)):
        shares = [float(losses.share(wanted[name], given[name], criterion)) for name in names]
        assert max(shares) < widest * min(shares)
        assert 0.1 < min(shares) < max(shares) < 0.7


@pytest.mark.reference
def test_vgg_content_sees_blur_and_colour(shared):
    from skimage import data as photographs
    from skimage.filters import gaussian

    loss = losses.content(["vgg22"], vgg_weights=shared / "weights/vgg19_imagenet_conv1_1_to_conv3_4.npz")
    sharp = (photographs.astronaut()[100:164, 180:244] / 255).astype("float32")

    def distance(picture):
        return float(loss(sharp[None], picture[None])["vgg22"])

    distances = [distance(gaussian(sharp, sigma, channel_axis=-1)) for sigma in (0, 1, 3)]
    assert distances[0] < 1e-5 and 0.05 < distances[1] < distances[2] < 2
    assert distance(sharp[..., ::-1].copy()) > distances[1]  # it tells RGB from BGR


# --- adversarial losses -------------------------------------------------------------------------------------------


def make(kind, **options):
    return Adversarial(kind=kind, **({"gradient_penalty": 10.0} if kind == "wasserstein" else {}) | options)


def entropy(label, logit):
    p = 1 / (1 + np.exp(-np.asarray(logit, float)))
    return np.mean(-label * np.log(p) - (1 - label) * np.log(1 - p))


REAL, FAKE = np.array([[2.0], [-0.5], [0.25]], "float32"), np.array([[-1.0], [0.5], [3.0]], "float32")
BY_HAND = {  # critic, generator
    "minimax": (entropy(1, REAL) + entropy(0, FAKE), -entropy(0, FAKE)),
    "modified": (entropy(1, REAL) + entropy(0, FAKE), entropy(1, FAKE)),
    # ½(1² + 1.5² + .75²)/3 + ½(1 + .25 + 9)/3 and ½(4 + .25 + 4)/3
    "least_squares": ((1 + 2.25 + 0.5625) / 6 + 10.25 / 6, 8.25 / 6),
    "wasserstein": (2.5 / 3 - 1.75 / 3, -2.5 / 3),
    "hinge": ((0 + 1.5 + 0.75) / 3 + (0 + 1.5 + 4) / 3, -2.5 / 3),
    "relativistic": (
        entropy(1, REAL - 2.5 / 3) + entropy(0, FAKE - 1.75 / 3),
        entropy(0, REAL - 2.5 / 3) + entropy(1, FAKE - 1.75 / 3),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_adversarial_losses_are_those_of_their_papers(kind):
    loss = make(kind)
    assert float(loss.critic(REAL, FAKE)) == pytest.approx(BY_HAND[kind][0], rel=1e-5)
    assert float(loss.generator(REAL, FAKE)) == pytest.approx(BY_HAND[kind][1], rel=1e-5)


@pytest.mark.parametrize("kind", LABELLED)
def test_smooth_labels_are_one_sided_and_for_the_critic_alone(kind):
    smooth, plain = make(kind, label_smoothing=0.1), make(kind)
    assert float(smooth.generator(REAL, FAKE)) == float(plain.generator(REAL, FAKE))
    real, fake = (REAL - FAKE.mean(), FAKE - REAL.mean()) if kind == "relativistic" else (REAL, FAKE)
    if kind == "least_squares":
        expected = np.mean((real - 0.9) ** 2) / 2 + np.mean(fake**2) / 2
    else:
        expected = entropy(0.9, real) + entropy(0, fake)
    assert float(smooth.critic(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)
    if kind != "relativistic":  # the best a critic can say of a real picture is its label
        best = 0.9 if kind == "least_squares" else np.log(0.9 / 0.1)
        assert_allclose(slope(lambda r: smooth.critic(r, FAKE), np.full_like(REAL, best))[1], 0, atol=1e-6)


@pytest.mark.parametrize("kind", LABELLED)
def test_noisy_labels_are_off_by_half_the_noise_on_average(kind):
    loss, seed = make(kind, label_noise=0.4), keras.random.SeedGenerator(3)
    real, fake = np.full((4000, 1), 1.5, "float32"), np.full((4000, 1), -0.5, "float32")
    first, second = (float(loss.critic(real, fake, seed=seed)) for _ in range(2))
    assert first != second
    assert first == float(loss.critic(real, fake, seed=keras.random.SeedGenerator(3)))
    moved = (real[0] - fake[0], fake[0] - real[0]) if kind == "relativistic" else (real[0], fake[0])
    if kind == "least_squares":  # and a uniform label's variance, 0.4²/12, on both sides
        expected = ((1.5 - 0.8) ** 2 + (-0.5 - 0.2) ** 2 + 2 * 0.4**2 / 12) / 2
    else:
        expected = entropy(0.8, moved[0]) + entropy(0.2, moved[1])
    assert (first + second) / 2 == pytest.approx(expected, rel=0.01)
    with pytest.raises(ValueError, match="label_noise needs a seed"):
        loss.critic(real, fake)


@pytest.mark.parametrize("kind", KINDS)
def test_what_helps_one_side_is_what_it_is_paid_for(kind):
    loss = make(kind)
    between = 0 * REAL + 0.5  # the two labels of least squares
    for other in (REAL, FAKE, between):
        assert (slope(lambda f, r=other: loss.generator(r, f), between)[1] < 0).all()
        assert (slope(lambda r, f=other: loss.critic(r, f), between)[1] < 0).all()
        assert (slope(lambda f, r=other: loss.critic(r, f), between)[1] > 0).all()


def test_best_critics_are_those_of_theory():
    """Three of four real pictures are A, of generated ones B: the best logits are ±log 3, the best scores 3/4, 1/4."""
    real, fake = [0, 0, 0, 1], [0, 1, 1, 1]
    p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    divergence = sum(np.sum(d * np.log(2 * d / (p + q))) for d in (p, q)) / 2  # Jensen and Shannon's
    for kind, best, value in (
        ("minimax", [np.log(3), -np.log(3)], 2 * np.log(2) - 2 * divergence),  # Goodfellow et al., theorem 1
        ("modified", [np.log(3), -np.log(3)], 2 * np.log(2) - 2 * divergence),
        ("least_squares", [0.75, 0.25], 0.1875),
    ):
        loss = make(kind)

        def pays(x, loss=loss):
            return loss.critic(ops.take(x, real), ops.take(x, fake))

        found, slopes = slope(pays, np.array(best, "float32"))
        assert found == pytest.approx(value, rel=1e-5) and np.abs(slopes).max() < 1e-6
    # a relativistic critic sees differences alone
    shifted = make("relativistic").critic(REAL + 5, FAKE + 5)
    assert float(shifted) == pytest.approx(BY_HAND["relativistic"][0], rel=1e-5)


def test_minimax_saturates_and_modified_does_not():
    sure = np.full((1, 1), -20, "float32")
    slopes = {kind: slope(lambda f, kind=kind: make(kind).generator(sure, f), sure)[1] for kind in KINDS}
    assert abs(slopes["minimax"].sum()) < 1e-8
    assert slopes["modified"].sum() == pytest.approx(-1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_huge_logits_of_any_shape_give_finite_losses_in_float32(kind, dtype):
    loss = make(kind)
    high = ops.cast(np.full((2, 3, 3, 1), 1e4), dtype)
    for real, fake in ((high, high), (high, -high), (-high, high)):
        for value in (loss.critic(real, fake), loss.generator(real, fake), *loss.judgement(real, fake)):
            assert keras.backend.standardize_dtype(value.dtype) == "float32" and value.shape == ()
            assert np.isfinite(float(value))


@pytest.mark.parametrize("kind", KINDS)
def test_judgement_tells_who_wins(kind):
    loss = make(kind)
    sure = [float(p) for p in loss.judgement(0 * REAL + 30, 0 * FAKE - 30)]
    assert_allclose(sure, [1, 0], atol=1e-6)
    undecided = 0.5 if kind == "least_squares" else 0.0
    assert_allclose([float(p) for p in loss.judgement(0 * REAL + undecided, 0 * FAKE + undecided)], 0.5)
    if kind in ("minimax", "modified"):
        assert float(loss.judgement(REAL, FAKE)[0]) == pytest.approx(np.mean(1 / (1 + np.exp(-REAL))), rel=1e-5)
    if kind in ("wasserstein", "relativistic"):  # no zero of their own
        assert_allclose([float(p) for p in loss.judgement(0 * REAL + 7, 0 * FAKE + 7)], 0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "bce"}, "adversarial kind 'bce' is not one of minimax, modified"),
        ({"kind": "relativistc"}, "did you mean 'relativistic'"),
        ({"label_smoothing": 0.5}, r"label_smoothing = 0.5 must be a number in \[0, 0.5\)"),
        ({"label_noise": -0.1}, r"label_noise = -0.1 must be a number in \[0, 0.5\)"),
        ({"r1": float("nan")}, r"r1 = nan must be a number in \[0, inf\)"),
        ({"gradient_penalty": float("inf")}, "gradient_penalty = inf must be"),
        ({"r1": "10"}, "r1 = '10' must be"),
        ({"r1": True}, "r1 = True must be"),
        ({"kind": "wasserstein"}, "'wasserstein' needs gradient_penalty > 0"),
        ({"kind": "wasserstein", "r1": 10.0}, "'wasserstein' needs gradient_penalty > 0"),
        ({"kind": "wasserstein", "gradient_penalty": 10.0, "label_noise": 0.1}, "label_noise = 0.1 means nothing"),
        ({"kind": "hinge", "label_smoothing": 0.1}, "label_smoothing = 0.1 means nothing to kind 'hinge'"),
    ],
)
def test_impossible_adversarial_losses_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        Adversarial(**options)


# --- slopes of critics --------------------------------------------------------------------------------------------


class Formula(keras.Model):
    """A critic whose slopes are known: D(x) = Σ w x + Σ a x²/2 for each picture."""

    def __init__(self, linear, quadratic=0.0):
        super().__init__()
        self.linear = self.add_weight(shape=linear.shape, name="linear")
        self.quadratic = self.add_weight(shape=(), name="quadratic")
        self.linear.assign(linear)
        self.quadratic.assign(quadratic)

    def build(self, shape):
        pass

    def call(self, x, training=False):
        return ops.sum(self.linear * x + self.quadratic * x**2 / 2, axis=(1, 2, 3))[:, None]


def weights_of(seed, side=4):
    return np.random.default_rng(seed).normal(0, 0.3, (side, side, 3)).astype("float32")


def test_slopes_are_exact():
    x, w = pictures(3, 4), weights_of(0)
    found = array(critic_gradient.squared_slopes(Formula(w), x))
    assert found.shape == (3,)
    assert_allclose(found, (w**2).sum(), rtol=1e-5)
    found = array(critic_gradient.squared_slopes(Formula(w, 2.0), x))
    assert_allclose(found, ((w + 2 * x) ** 2).sum(axis=(1, 2, 3)), rtol=1e-5)


def test_slopes_of_patches_do_not_depend_on_their_number():
    w = weights_of(1)[..., None]
    for side in (4, 8, 16):
        critic = keras.Sequential([keras.Input((side, side, 3)), keras.layers.Conv2D(1, 4, strides=4)])
        critic.layers[0].set_weights([w, np.ones(1)])
        assert_allclose(array(critic_gradient.squared_slopes(critic, pictures(2, side))), (w**2).sum(), rtol=1e-5)


def spectral_critic():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.SpectralConv2D(4, 3),
            keras.layers.LeakyReLU(0.2),
            keras.layers.Dropout(0.3, seed=1),
            layers.SpectralConv2D(1, 3),
        ]
    )


def test_taking_slopes_changes_nothing():
    """A pass of training moves a power iteration and the state of a random generator; this one must not."""
    critic = spectral_critic()
    before = [array(variable).copy() for variable in critic.variables]
    assert (array(critic_gradient.squared_slopes(critic, pictures(2, 8))) > 0).all()
    for variable, value in zip(critic.variables, before, strict=True):
        assert_array_equal(array(variable), value)
    critic(pictures(2, 8), training=True)
    changed = [(array(v) != b).any() for v, b in zip(critic.variables, before, strict=True)]
    assert sum(changed) == 3  # two vectors u and a seed


def test_a_critic_that_judges_a_batch_as_a_whole_is_refused():
    critic = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(1, 3), keras.layers.BatchNormalization()])
    with pytest.raises(ValueError, match="batch normalisation.*needs one without"):
        Adversarial(r1=1.0).penalty(critic, pictures(2, 8), pictures(2, 8))


def test_penalties_are_those_of_their_papers():
    real, fake, w = pictures(3, 4), pictures(3, 4, seed=1), weights_of(2)
    norm, seed = np.sqrt((w**2).sum()), keras.random.SeedGenerator(0)
    assert Adversarial().penalty(Formula(w), real, fake, seed=seed) is None
    lipschitz = Adversarial(kind="wasserstein", gradient_penalty=10.0).penalty(Formula(w), real, fake, seed=seed)
    assert float(lipschitz) == pytest.approx(10 * (norm - 1) ** 2, rel=1e-4)
    # at real pictures alone
    quadratic = ((w + 3 * real) ** 2).sum(axis=(1, 2, 3)).mean()
    assert float(Adversarial(r1=4.0).penalty(Formula(w, 3.0), real, fake)) == pytest.approx(2 * quadratic, rel=1e-4)
    both = Adversarial(r1=4.0, gradient_penalty=10.0).penalty(Formula(w), real, fake, seed=seed)
    assert float(both) == pytest.approx(10 * (norm - 1) ** 2 + 2 * norm**2, rel=1e-4)
    with pytest.raises(ValueError, match="gradient_penalty needs a seed"):
        Adversarial(gradient_penalty=1.0).penalty(Formula(w), real, fake)


def test_the_gradient_penalty_looks_between_the_two_pictures_of_a_pair():
    """With D = Σ x²/2 the slope is the picture itself: its length tells where on the line the point was."""
    real, fake = np.full((500, 1, 1, 3), 3, "float32"), np.full((500, 1, 1, 3), 1, "float32")
    critic, seed = Formula(np.zeros((1, 1, 3), "float32"), 1.0), keras.random.SeedGenerator(0)
    loss = Adversarial(gradient_penalty=1.0)
    values = [float(loss.penalty(critic, real, fake, seed=seed)) for _ in range(2)]
    assert values[0] != values[1]
    length = np.sqrt(3) * np.linspace(1, 3, 2001)  # uniform on the line
    assert np.mean(values) == pytest.approx(np.mean((length - 1) ** 2), rel=0.05)


class Duel(keras.Model):
    """As in training: a critic learns from its loss and penalty inside the stock `fit`."""

    def __init__(self, critic, loss, share=1.0):
        super().__init__()
        self.critic, self.rules, self.share = critic, loss, share
        self.seeds = keras.random.SeedGenerator(0)
        self.penalty = keras.metrics.Mean(name="penalty")

    def build(self, shape):
        pass

    def call(self, fake, training=False):
        return fake

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        both = self.critic(ops.concatenate([y, y_pred]), training=training)
        real, fake = ops.split(both, 2)
        penalty = self.rules.penalty(self.critic, y, y_pred, seed=self.seeds)
        self.penalty.update_state(penalty)
        return self.share * self.rules.critic(real, fake, seed=self.seeds) + penalty

    def learn(self, real, fake, optimizer, steps=1):
        self.compile(optimizer, jit_compile=BACKEND == "jax")
        real, fake = (np.tile(batch, (steps, 1, 1, 1)) for batch in (real, fake))
        return self.fit(fake, real, batch_size=len(real) // steps, epochs=1, shuffle=False, verbose=0).history


def test_weights_follow_the_slope_of_the_penalty():
    """Of a linear critic λ(‖w‖ - 1)² has the derivative 2λ(‖w‖ - 1) w/‖w‖, and ½γ‖w‖² has γw."""
    real, fake, w = pictures(2, 4), pictures(2, 4, seed=1), weights_of(3)
    norm = np.sqrt((w**2).sum())
    duel = Duel(Formula(w), Adversarial(gradient_penalty=5.0, r1=3.0), share=0.0)
    duel.learn(real, fake, keras.optimizers.SGD(0.01))
    step = array(duel.critic.linear) - w
    assert_allclose(step, -0.01 * (2 * 5 * (norm - 1) / norm + 3) * w, rtol=1e-3, atol=1e-6)
    # and has none that is infinite where the critic is flat
    flat = Duel(Formula(np.zeros_like(w)), Adversarial(gradient_penalty=5.0), share=0.0)
    assert flat.learn(real, fake, keras.optimizers.SGD(0.01))["penalty"][0] == pytest.approx(5, rel=1e-4)
    assert np.isfinite(array(flat.critic.linear)).all()


def test_a_wasserstein_critic_finds_the_distance():
    """Between pictures and themselves plus d the best linear critic of slope k pays -k‖d‖ + λ(k - 1)²."""
    real, d = pictures(4, 4), 0.5 * weights_of(4)
    duel = Duel(Formula(0.5 * weights_of(5)), Adversarial(kind="wasserstein", gradient_penalty=2.0))
    duel.learn(real, real - d, keras.optimizers.SGD(0.05), steps=250)
    size, w = np.sqrt((d**2).sum()), array(duel.critic.linear)
    assert float(duel.compute_loss(None, real, real - d)) == pytest.approx(-size - size**2 / (4 * 2), rel=0.01)
    assert np.sqrt((w**2).sum()) == pytest.approx(1 + size / (2 * 2), rel=0.01)
    assert (w * d).sum() / np.sqrt((w**2).sum()) == pytest.approx(size, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wasserstein", "relativistic"])
def test_a_critic_trains_with_both_penalties(kind):
    """And what a pass of training writes is written once, by the critic's own pass, with penalties as without."""
    written = []
    for share in (1.0, 1e-9):
        keras.utils.set_random_seed(0)
        critic = spectral_critic()
        before = [array(variable).copy() for variable in critic.variables]
        noise = {"label_noise": 0.1} if kind in LABELLED else {}
        loss = Adversarial(kind=kind, gradient_penalty=10 * share, r1=10 * share, **noise)
        history = Duel(critic, loss).learn(pictures(2, 8), pictures(2, 8, seed=1), keras.optimizers.SGD(0.01))
        assert np.isfinite(history["loss"][0])
        trained = [(array(v) != b).any() for v, b in zip(critic.variables, before, strict=True) if v.trainable]
        assert any(trained)
        written.append([array(v) for v in critic.non_trainable_variables])
    assert len(written[0]) == 3
    for with_penalties, without in zip(*written, strict=True):
        assert_allclose(with_penalties, without, rtol=1e-6)


# --- backends -----------------------------------------------------------------------------------------------------


def numbers(npz) -> dict[str, float]:
    """Values and slopes of everything here, from fixed weights."""
    a, b = pictures(), pictures(seed=1)
    names = [*PICTURE_TERMS, *LAYER_TERMS]
    loss, found = losses.content(names, vgg_weights=npz), {}
    for name in names:
        value, slopes = slope(lambda output, name=name: loss(a, output)[name], b)
        found |= {name: value, f"slope of {name}": float(np.sqrt((slopes**2).sum()))}
    for kind in KINDS:
        for side in ("critic", "generator"):
            value, slopes = slope(lambda f, kind=kind, side=side: getattr(make(kind), side)(REAL, f), FAKE)
            found |= {f"{kind} {side}": value, f"slope of {kind} {side}": float(np.sqrt((slopes**2).sum()))}
    critic = keras.Sequential(
        [keras.Input((12, 12, 3)), keras.layers.Conv2D(4, 3, strides=2, activation="gelu"), keras.layers.Conv2D(1, 3)]
    )
    rng = np.random.default_rng(0)
    critic.set_weights([rng.normal(0, 0.3, weight.shape) for weight in critic.get_weights()])
    return found | {"slope of a critic": float(ops.sum(critic_gradient.squared_slopes(critic, a)))}


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow" or not importlib.util.find_spec("jax"), reason="needs TensorFlow and JAX")
def test_tensorflow_and_jax_agree(npz):
    code = "import json, sys, test_losses; print(json.dumps(test_losses.numbers(sys.argv[1])))"
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[3]), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-c", code, npz],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert done.returncode == 0, done.stderr
    expected, found = json.loads(done.stdout.splitlines()[-1]), numbers(npz)
    assert found.keys() == expected.keys() and len(found) > 40
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-4), name
