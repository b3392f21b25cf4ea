"""Demosaicing: flat stays flat, what was measured stays, better methods are better."""

import numpy as np
import pytest

from camsim.camera_parts import Sensor
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.isp import demosaic
from camsim.sensor import pixels

pytestmark = pytest.mark.installed


@pytest.fixture(scope="module")
def photo():
    return resize(image.read(photographs.builtin("astronaut").path), (128, 128))


METHODS = ("bilinear", "malvar2004", "menon2007")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cfa", ["rggb", "grbg"])
def test_demosaic_of_a_flat_field_is_flat(method, cfa):
    pixel = Sensor(cfa=cfa)
    tile = np.tile(pixels.cfa_index(pixel), (10, 12))
    colour = np.array([0.7, 0.4, 0.2])
    full = demosaic.demosaic(colour[tile], pixel, method)
    np.testing.assert_allclose(full, np.broadcast_to(colour, full.shape), atol=1e-12)


def test_better_demosaicing_is_better_on_a_photograph(photo):
    pixel = Sensor(cfa="rggb")
    tile = np.tile(pixels.cfa_index(pixel), (64, 64))
    mosaic = np.take_along_axis(photo, tile[..., None], axis=-1)[..., 0]
    error = [np.mean((demosaic.demosaic(mosaic, pixel, m) - photo)[8:-8, 8:-8] ** 2) for m in METHODS]
    assert error[2] < error[1] < error[0]  # Menon 2007 < Malvar 2004 < bilinear, as published


@pytest.mark.parametrize("cfa", ["quad-bayer", "rgb/gbr/brg", "rgbw"])
def test_demosaic_of_other_tiles_keeps_what_was_measured_and_is_flat_on_flat(cfa):
    pixel = Sensor(cfa=cfa)
    tile = pixels.cfa_index(pixel)
    index = np.tile(tile, (6, 6))
    values = np.arange(1.0, tile.max() + 2)
    np.testing.assert_allclose(
        demosaic.bilinear(values[index], tile),
        np.broadcast_to(values, (*index.shape, len(values))),
        atol=1e-12,
    )
    mosaic = np.random.default_rng(0).random(index.shape)
    full = demosaic.bilinear(mosaic, tile)
    np.testing.assert_array_equal(np.take_along_axis(full, index[..., None], axis=-1)[..., 0], mosaic)


def test_the_two_bilinear_rules_are_one():
    tile = pixels.cfa_index(Sensor(cfa="grbg"))
    mosaic = np.random.default_rng(1).random((12, 16))
    general = np.stack([demosaic._triangle_weighted(mosaic, tile == c) for c in range(3)], axis=-1)
    np.testing.assert_allclose(demosaic.bilinear(mosaic, tile), general, atol=1e-12)
