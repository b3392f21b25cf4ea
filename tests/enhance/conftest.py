import json

import numpy as np
import pytest
from PIL import Image

from enhance import zoo


@pytest.fixture
def write_run():
    """A function that makes a folder like that of a run, without a network in it."""

    def write(folder, *, task="deblur", finished=True, **facts):
        folder.mkdir(parents=True)
        card = {"task": task, "generator": "light", "data": "photographs", "scale": 4, "parameters": 1, "steps": 1}
        card |= {"stages": {"pixel": 1}, "validation": {"val_psnr_db": 30.0}, "finished": finished}
        (folder / zoo.CARD).write_text(json.dumps(card | {"source_sha256": ["0" * 64]} | facts))
        (folder / zoo.GENERATOR).touch()
        return folder

    return write


@pytest.fixture
def bench(tmp_path):
    """A benchmark of a colour and a grey picture; their sizes are no multiples of 4."""
    (tmp_path / "bench" / "HR").mkdir(parents=True)
    for name, shape, seed in (("colour", (42, 51, 3), 1), ("grey", (45, 40), 2)):
        array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(array).save(tmp_path / "bench" / "HR" / f"{name}.png")
    return tmp_path / "bench"


@pytest.fixture(scope="session")
def random_weights():
    """Weights in a network's shapes that keep features of a useful size, and are not those of any file."""
    from scielab.metrics import pretrained

    def weights(network, last):
        rng, arrays = np.random.default_rng(0), {}
        for layer in pretrained.BACKBONES[network].up_to(last).convolutions:
            shape = (layer.side, layer.side, layer.inside, layer.outside)
            spread = np.sqrt(2 / np.prod(shape[:3]))
            arrays[f"{layer.name}/kernel"] = rng.normal(0, spread, shape).astype("float32")
            size = 1 if network == "vgg19" else 0.1  # as what they are added to: VGG19 sees 0 … 255
            arrays[f"{layer.name}/bias"] = rng.normal(0, size, layer.outside).astype("float32")
        return arrays

    return weights


@pytest.fixture(scope="session")
def weights(random_weights, tmp_path_factory):
    """A folder of such weights: of AlexNet and SqueezeNet with LPIPS's, of the first layers of VGG16 and VGG19."""
    from scielab.metrics import pretrained

    folder = tmp_path_factory.mktemp("weights")
    for name, network, last in (
        ("alexnet", "alex", "conv5"),
        ("squeezenet1_1", "squeeze", "features.12"),
        ("vgg16", "vgg16", "block2_conv2"),
        ("vgg19", "vgg19", "block2_conv2"),
    ):
        np.savez(folder / name, **random_weights(network, last))
    rng = np.random.default_rng(0)
    for name in ("alex", "squeeze"):
        heads = {
            f"lin{i}.model.1.weight": rng.random((1, width, 1, 1), np.float32)
            for i, width in enumerate(pretrained.HEAD_WIDTHS[name])
        }
        np.savez(folder / f"lpips_{name}", **heads)
    return folder
