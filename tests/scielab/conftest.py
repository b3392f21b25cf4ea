"""What the tests of several rooms share."""

import functools
import math

import numpy as np
import pytest

from scielab.eye import encoding, presets
from scielab.metrics import s_cielab

#: Channels of the five stages that LPIPS compares.
STAGES = (64, 128, 256, 384, 384, 512, 512)


@pytest.fixture(scope="session")
def drawn_arrays():
    """Weights that are nobody's: a function that makes them."""
    return _drawn_arrays


@pytest.fixture(scope="session")
def drawn_weights(tmp_path_factory, drawn_arrays):
    """The same in a file."""
    path = tmp_path_factory.mktemp("weights") / "lpips.npz"
    np.savez(path, **drawn_arrays())
    return path


def _drawn_arrays() -> dict[str, np.ndarray]:
    """Arrays named and shaped as in torchvision's and LPIPS's files, in the order of torchvision's state dict."""
    shapes: dict[str, tuple[int, ...]] = {"features.0.weight": (64, 3, 3, 3), "features.0.bias": (64,)}
    inside = 64
    for layer, squeezed, out in (
        (3, 16, 64),
        (4, 16, 64),
        (6, 32, 128),
        (7, 32, 128),
        (9, 48, 192),
        (10, 48, 192),
        (11, 64, 256),
        (12, 64, 256),
    ):
        for name, shape in (
            ("squeeze", (squeezed, inside, 1, 1)),
            ("expand1x1", (out, squeezed, 1, 1)),
            ("expand3x3", (out, squeezed, 3, 3)),
        ):
            shapes[f"features.{layer}.{name}.weight"] = shape
            shapes[f"features.{layer}.{name}.bias"] = shape[:1]
        inside = 2 * out
    draw = np.random.RandomState(0)
    arrays = {}
    for name, shape in shapes.items():
        spread = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.1
        arrays[name] = (draw.standard_normal(shape) * spread).astype(np.float32)
    for i, channels in enumerate(STAGES):
        arrays[f"lin{i}.model.1.weight"] = (3.0**i * draw.random_sample((1, channels, 1, 1))).astype(np.float32)
    return arrays


@pytest.fixture(scope="session")
def filtered_opponent():
    """A function (picture, viewing) that gives opponent colours (H, W, 3) as the eye blurs them."""
    return functools.partial(_as_picture, s_cielab.filtered_opponent_planes)


@pytest.fixture(scope="session")
def filtered_lab():
    """A function (picture, viewing) that gives L*, a*, b* (H, W, 3) as the eye blurs them."""
    return functools.partial(_as_picture, s_cielab.filtered_lab_planes)


def _as_picture(planes_of, picture, viewing):
    planes = planes_of(picture, viewing, encoding.of(viewing), np.float64)
    columns = presets.PRESETS[viewing.preset].shape(*picture.shape[:2])[1]
    return np.moveaxis(planes[:, :, :columns], 0, -1)
