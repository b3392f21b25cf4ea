"""Weights of the networks: their names and forms in files, where these lie, and what they are mistaken for."""

import fnmatch
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from camsim.io import weights_folder
from scielab.metrics import pretrained
from scielab.metrics.backbones import VGG19


@pytest.fixture(scope="module")
def vgg19_arrays():
    """Arrays in the shapes of VGG19's first layers, as they stand in files: a function of the last one."""

    def arrays(last="block2_conv2"):
        rng, found = np.random.default_rng(0), {}
        for layer in VGG19.up_to(last).convolutions:
            shape = (3, 3, layer.inside, layer.outside)
            found[f"{layer.name}/kernel"] = rng.normal(0, 1, shape).astype("float32")
            found[f"{layer.name}/bias"] = rng.normal(0, 1, layer.outside).astype("float32")
        return found

    return arrays


def assert_are(read, arrays):
    """What was read is what was written, but for the first layer, which takes red, green, blue."""
    for layer, (kernel, bias) in read.items():
        wanted = arrays[f"{layer}/kernel"]
        assert_array_equal(kernel, wanted[:, :, ::-1] if layer == "block1_conv1" else wanted)
        assert_array_equal(bias, arrays[f"{layer}/bias"])
        assert kernel.dtype == bias.dtype == np.float32


@pytest.mark.parametrize("name", pretrained.BACKBONES)
def test_a_network_is_found_under_its_own_names_and_under_torchvisions(name, tmp_path):
    """Kernels are (out, in, k, k) there; a file in half precision is one, too."""
    network, rng = pretrained.BACKBONES[name], np.random.default_rng(0)
    network = network.up_to(network.names[2])
    own, torch = {}, {}
    for layer in network.convolutions:
        kernel = rng.normal(0, 1, (layer.side, layer.side, layer.inside, layer.outside)).astype("float16")
        bias = rng.normal(0, 1, layer.outside).astype("float16")
        own |= {f"{layer.name}/kernel": kernel, f"{layer.name}/bias": bias}
        torch |= {f"{layer.torch}.weight": kernel.transpose(3, 2, 0, 1), f"{layer.torch}.bias": bias}
    np.savez(tmp_path / "own.npz", **own)
    np.savez(tmp_path / "torch.npz", **torch)
    found = pretrained.read_trunk(name, tmp_path / "own.npz", until=network.names[-1])
    assert list(found) == [layer.name for layer in network.convolutions]
    if name == "vgg19":  # torchvision's are of another training, for other inputs
        assert_are(found, {key: array.astype("float32") for key, array in own.items()})
        with pytest.raises(ValueError, match=r"lacks block1_conv1/kernel$"):
            pretrained.read_trunk(name, tmp_path / "torch.npz", until=network.names[-1])
        return
    for layer, parts in pretrained.read_trunk(name, tmp_path / "torch.npz", until=network.names[-1]).items():
        for one, other in zip(parts, found[layer], strict=True):
            assert_array_equal(one, other)
    with pytest.raises(ValueError, match=r"torch.npz: lacks"):
        pretrained.read_trunk(name, tmp_path / "torch.npz")


def test_torchvisions_layers_have_its_numbers():
    """As in the state dicts that torchvision publishes: rectifiers and poolings are counted, too."""
    numbers = {
        name: [int(layer.torch.split(".")[1]) for layer in pretrained.BACKBONES[name].convolutions]
        for name in ("alex", "vgg16", "squeeze")
    }
    assert numbers["alex"] == [0, 3, 6, 8, 10]
    assert numbers["vgg16"] == [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert numbers["squeeze"] == [0, *(place for place in (3, 4, 6, 7, 9, 10, 11, 12) for _ in range(3))]


def test_what_is_published_is_found_again_where_it_was_put():
    for file in (*pretrained.TRUNKS.values(), *pretrained.HEADS.values()):
        assert file.url.startswith("https://") and file.name.endswith(file.url.rpartition("/")[2])
        assert any(fnmatch.fnmatch(file.name, pattern) for pattern in file.patterns)
        algorithm, _, digest = file.digest.partition(":")
        assert len(digest) == {"sha256": 64, "md5": 32}[algorithm]
        if "pytorch.org" in file.url:  # whose names end with the beginning of the digest
            assert file.name.removesuffix(".pth").endswith(digest[:8])


@pytest.mark.reference
def test_the_heads_that_are_here_have_the_published_digest(shared):
    from camsim.io import atomic

    for file in pretrained.HEADS.values():
        path = weights_folder.find(shared / "weights", *file.patterns)
        assert f"sha256:{atomic.sha256(path)}" == file.digest and path.stat().st_size == file.size


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
def test_weights_are_read_from_every_layout_of_keras_h5(layout, tmp_path, vgg19_arrays):
    arrays = vgg19_arrays()
    write_h5(tmp_path / "vgg19.h5", LAYOUTS[layout], arrays)
    read = pretrained.trunk("vgg19", tmp_path, until="block2_conv2")
    assert list(read) == ["block1_conv1", "block1_conv2", "block2_conv1", "block2_conv2"]
    assert_are(read, arrays)
    with pytest.raises(ValueError, match=r"vgg19\.h5: lacks block3_conv1/kernel"):
        pretrained.trunk("vgg19", tmp_path, until="block3_conv4")


@pytest.mark.parametrize("name", ["w.weights.h5", "w.h5"])
def test_weights_are_read_from_what_this_keras_writes(name, tmp_path):
    keras = pytest.importorskip("keras")
    x = inputs = keras.Input((8, 8, 3))
    for layer in ("block1_conv1", "block1_conv2"):
        x = keras.layers.Conv2D(64, 3, padding="same", bias_initializer="random_normal", name=layer)(x)
    model = keras.Model(inputs, x)
    model.compile("adam")
    (model.save if name == "w.h5" else model.save_weights)(tmp_path / name)
    arrays = {
        f"{layer}/{part}": array
        for layer in ("block1_conv1", "block1_conv2")
        for part, array in zip(("kernel", "bias"), model.get_layer(layer).get_weights(), strict=True)
    }
    assert_are(pretrained.read_trunk("vgg19", tmp_path / name, until="block1_conv2"), arrays)


def damage_npz(path, kind, vgg19_arrays):
    arrays = vgg19_arrays("block1_conv1")
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


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing bias", "lacks block1_conv1/bias"),
        ("transposed", r"block1_conv1/kernel is float32 \(64, 3, 3, 3\); float32 \(3, 3, 3, 64\) is needed"),
        ("integers", "block1_conv1/kernel is int64"),
        ("objects", "damaged, or not an npz file .an array of object"),
        ("not finite", "block1_conv1/kernel holds NaN"),
        ("promise", r"damaged, or not an npz file .an array of 36000000000000 bytes in \d+\)"),
        ("cut off", "damaged"),
        ("changed", "damaged"),
        ("text", "damaged, or not a network's weights"),
        ("empty", "damaged"),
    ],
)
def test_an_npz_that_is_not_vgg19_is_named(kind, words, tmp_path, vgg19_arrays):
    damage_npz(tmp_path / "w.npz", kind, vgg19_arrays)
    with pytest.raises(ValueError, match=rf"w\.npz: {words}") as error:
        pretrained.read_trunk("vgg19", tmp_path / "w.npz", until="block1_conv1")
    assert "\n" not in str(error.value)


def damage_h5(path, kind, vgg19_arrays):
    h5py = pytest.importorskip("h5py")
    arrays = vgg19_arrays("block1_conv1")
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
        ("external link", "/block1_conv1/kernel is a link to another place or file"),
        ("soft link", "/block1_conv1/kernel is a link to another place or file"),
        ("external file", "/block1_conv1/kernel is kept in another file"),
        ("virtual", "/block1_conv1/kernel is kept in another file"),
        ("compressed", "block1_conv1/kernel is compressed"),
        ("promise", "/block1_conv1/kernel claims 360000000000 bytes, which the file does not hold"),
        ("integers", "block1_conv1/kernel is int8"),
        ("twice", "has more than one block1_conv1/kernel"),
        ("flat", "lacks block1_conv1/kernel"),
        ("cut off", "damaged"),
    ],
)
def test_an_h5_that_is_not_vgg19_is_named(kind, words, tmp_path, vgg19_arrays):
    damage_h5(tmp_path / "w.h5", kind, vgg19_arrays)
    with pytest.raises(ValueError, match=rf"w\.h5: {words}") as error:
        pretrained.read_trunk("vgg19", tmp_path / "w.h5", until="block1_conv1")
    assert "\n" not in str(error.value)
