"""VGG19's features and the files that its weights come from.

Runs on whatever backend Keras has.
"""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

keras = pytest.importorskip("keras")

from camsim.dataset import photographs
from camsim.io import image
from enhance.losses import catalogue, vgg

pytestmark = pytest.mark.installed


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def pictures(count=2, side=12, seed=0):
    return np.random.default_rng(seed).random((count, side, side, 3), dtype="float32")


def test_red_is_red_for_vgg(tmp_path, random_weights):
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
    with pytest.raises(ValueError, match="could not download VGG19's weights.*name a file") as error:
        catalogue.content(["vgg22"], vgg_weights="download")
    assert "\n" not in str(error.value)


def test_without_weights_one_line_says_what_to_do(npz, monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="block2_conv2 needs VGG19's weights: a folder.*CAM2EYE_WEIGHTS"):
        catalogue.content(["l1", "vgg22"])
    catalogue.content(["l1"])  # which need none
    folder = tmp_path / "weights"
    folder.mkdir()
    shutil.copy(npz, folder / "vgg19.npz")
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(folder))
    a, b = pictures(), pictures(seed=1)
    from_variable = catalogue.content(["vgg22"])(a, b)["vgg22"]
    monkeypatch.setenv("CAM2EYE_WEIGHTS", str(tmp_path / "none"))
    from_option = catalogue.content(["vgg22"], vgg_weights=npz)(a, b)["vgg22"]  # what is given goes before
    assert float(from_variable) == float(from_option) > 0
    with pytest.raises(ValueError, match=r"none: no such folder of weights .of the variable CAM2EYE_WEIGHTS"):
        catalogue.content(["vgg22"])
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
def test_weights_are_read_from_every_layout_of_keras_h5(layout, tmp_path, random_weights):
    arrays = random_weights()
    write_h5(tmp_path / "w.h5", LAYOUTS[layout], arrays)
    read = vgg.read_weights(["block1_conv1", "block2_conv2"], tmp_path / "w.h5")
    assert list(read) == ["block1_conv1", "block2_conv2"]
    for layer, parts in read.items():
        for part, values in parts.items():
            assert values.dtype == np.float32
            assert_array_equal(values, arrays[f"{layer}/{part}"])
    with pytest.raises(ValueError, match=r"w\.h5: lacks block3_conv1/kernel"):
        catalogue.content(["vgg34"], vgg_weights=tmp_path / "w.h5")


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


def damage_npz(path, kind, random_weights):
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
        ("folder", "none of VGG19's weights here: vgg19.npz"),
    ],
)
def test_an_npz_that_is_not_vgg19_is_named(kind, words, tmp_path, random_weights):
    damage_npz(tmp_path / "w.npz", kind, random_weights)
    with pytest.raises(ValueError, match=rf"w\.npz: {words}" if kind != "folder" else words) as error:
        vgg.read_weights(["block1_conv1"], tmp_path / "w.npz")
    assert "\n" not in str(error.value)


def damage_h5(path, kind, random_weights):
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
def test_an_h5_that_is_not_vgg19_is_named(kind, words, tmp_path, random_weights):
    damage_h5(tmp_path / "w.h5", kind, random_weights)
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
        shares = [float(catalogue.share(wanted[name], given[name], criterion)) for name in names]
        assert max(shares) < widest * min(shares)
        assert 0.1 < min(shares) < max(shares) < 0.7


@pytest.mark.reference
def test_vgg_content_sees_blur_and_colour(shared):
    loss = catalogue.content(["vgg22"], vgg_weights=shared / "weights/vgg19_imagenet_conv1_1_to_conv3_4.npz")
    sharp = image.read(photographs.builtin("astronaut").path)[100:164, 180:244].astype("float32")

    def distance(picture):
        return float(loss(sharp[None], picture[None])["vgg22"])

    distances = [distance(ndimage.gaussian_filter(sharp, (sigma, sigma, 0))) for sigma in (0, 1, 3)]
    assert distances[0] < 1e-5 and 0.05 < distances[1] < distances[2] < 2
    assert distance(sharp[..., ::-1].copy()) > distances[1]  # it tells RGB from BGR
