"""MATLAB's bicubic resizing: the published LR pictures, the kernel, borders, integers."""

import math

import numpy as np
import pytest
from PIL import Image

from camsim.io.resize import resize
from enhance.evaluation.imresize import bicubic_weights, imresize

#: Keys' kernel at 1/4, 3/4, 5/4, 7/4, by hand from its two cubics.
KEYS = np.array([0.8671875, 0.2265625, -0.0703125, -0.0234375])


def noise(shape, seed=0, low=0.3, high=0.7):
    """Values that the kernel's overshoot does not take out of [0, 1]."""
    return np.random.default_rng(seed).uniform(low, high, shape)


def noise_u8(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize(("name", "count"), [("Set5", 5), ("Set14", 14), ("BSD100", 100)])
def test_published_lr_pictures_are_made_bit_for_bit(shared, name, count):
    folder = shared / "data" / "bench" / name
    paths = sorted((folder / "HR").glob("*.png"))
    assert len(paths) == count
    for path in paths:
        hr, lr = (np.asarray(Image.open(p)) for p in (path, folder / "LRbicx4" / path.name))
        hr = hr[: len(lr) * 4, : lr.shape[1] * 4]
        np.testing.assert_array_equal(imresize(hr, 0.25), lr, err_msg=path.name)
    assert np.any(imresize(hr, 0.25, edge="mirror") != lr)  # else the files could not tell the two apart


@pytest.mark.parametrize("size", [(7, 5), (16, 20), (33, 41), (50, 3), (1, 1)])
@pytest.mark.parametrize("edge", ["replicate", "mirror"])
def test_constant_stays_constant(size, edge):
    np.testing.assert_allclose(imresize(np.full((16, 20, 3), 0.3), size, edge=edge), 0.3, rtol=1e-13)
    assert (imresize(np.full((16, 20), 200, np.uint8), size, edge=edge) == 200).all()


def test_factor_one_changes_nothing():
    picture = noise((9, 11, 3))
    np.testing.assert_array_equal(imresize(picture, 1), picture)


@pytest.mark.parametrize("factor", [2, 3, 4, 2.5, 0.5, 1 / 3])
def test_ramp_stays_linear_away_from_the_border(factor):
    ramp = np.add.outer(2.0 * np.arange(36), np.arange(48))
    resized = imresize(ramp, factor)
    rows, columns = ((np.arange(n) + 0.5) / factor - 0.5 for n in resized.shape)
    border = math.ceil(3 * max(factor, 1))
    inside = np.s_[border:-border, border:-border]
    np.testing.assert_allclose(resized[inside], np.add.outer(2 * rows, columns)[inside], atol=1e-9)


def test_weights_are_those_of_the_kernel():
    quarter, three, five, seven = KEYS
    impulse = np.zeros((1, 9))
    impulse[0, 4] = 1.0
    up = [seven, five, three, quarter, quarter, three, five, seven]
    np.testing.assert_array_equal(imresize(impulse, (1, 18))[0, 5:13], up)
    down = bicubic_weights(20, 10, 0.5).toarray()[5]
    np.testing.assert_array_equal(down[7:15], np.array(up) / 2)
    assert not down[:7].any() and not down[15:].any()


def test_without_antialiasing_the_kernel_is_not_stretched():
    down = bicubic_weights(40, 10, 0.25, antialias=False).toarray()[5]
    np.testing.assert_array_equal(down[20:24], [-0.0625, 0.5625, 0.5625, -0.0625])  # the kernel at 1/2 and 3/2


@pytest.mark.parametrize(("edge", "padding"), [("replicate", "edge"), ("mirror", "symmetric")])
@pytest.mark.parametrize("factor", [0.25, 3])
def test_border_is_that_of_a_padded_picture(edge, padding, factor):
    picture = noise((16, 24))
    padded = imresize(np.pad(picture, 12, mode=padding), factor)
    margin = int(12 * factor)
    expected = padded[margin:-margin, margin:-margin]
    np.testing.assert_allclose(imresize(picture, factor, edge=edge), expected, atol=1e-12)


@pytest.mark.parametrize("size", [(12, 16), (31, 90), (100, 40)])
def test_agrees_with_pillow_away_from_the_border(size):
    picture = noise((64, 80, 3))
    ours, theirs = imresize(picture, size), resize(picture, size)
    border = 2 + max(2 * new // old for new, old in zip(size, picture.shape, strict=False))
    inside = np.s_[border:-border, border:-border]
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=2e-6)


@pytest.mark.parametrize(
    ("size", "first"), [((10, 10), 0), ((60, 60), 0), ((10, 30), 0), ((30, 10), 1), ((60, 30), 1), ((15, 30), 0)]
)
def test_integers_are_rounded_between_the_passes(size, first):
    """The axis with the smaller factor goes first, as in MATLAB, and rows where both are equal."""
    picture = noise_u8((40, 40))

    def passes(order):
        values = picture
        for axis in order:
            target = (size[0], values.shape[1]) if axis == 0 else (values.shape[0], size[1])
            values = imresize(values, target)
        return values

    result = imresize(picture, size)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, passes((first, 1 - first)))
    assert np.any(result != passes((1 - first, first)))
    once = np.clip(np.floor(imresize(picture.astype(float), size) + 0.5), 0, 255)
    assert np.any(result != once)


def test_integers_are_clipped_and_floats_are_not():
    step = np.repeat([0, 65535], 8).astype(np.uint16)[None].repeat(4, axis=0)
    assert imresize(step.astype(float), 2).max() > 65535
    whole = imresize(step, 2)
    assert whole.dtype == np.uint16 and whole.min() == 0 and whole.max() == 65535


def test_size_of_a_factor_is_rounded_up_but_for_rounding_errors():
    assert imresize(np.zeros((10, 7)), 0.25).shape == (3, 2)
    assert imresize(np.zeros((100, 3, 2)), 0.07).shape == (7, 1, 2)  # 0.07 · 100 is 7.000000000000001


@pytest.mark.parametrize(
    ("shape", "target", "options"),
    [
        ((4,), 2, {}),
        ((0, 4), 2, {}),
        ((4, 4), 0, {}),
        ((4, 4), math.inf, {}),
        ((4, 4), (0, 4), {}),
        ((4, 4), (2.5, 4), {}),
        ((4, 4), (4, 4, 4), {}),
        ((4, 4), 2, {"edge": "wrap"}),
    ],
)
def test_resize_refuses(shape, target, options):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        imresize(np.zeros(shape), target, **options)
