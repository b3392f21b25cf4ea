"""Black level, defects, demosaicing, white balance and colour matrix."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.isp import process
from camsim.sensor import pixels


@pytest.fixture(scope="module")
def photo():
    return resize(image.read(photographs.builtin("astronaut").path), (128, 128))


def shoot(picture, *changes):
    return pipeline.render(picture, camera_file.override(camera_file.load("f22"), ["sensor.noise=false", *changes]))


METHODS = ("bilinear", "malvar2004", "menon2007")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cfa", ["rggb", "grbg"])
def test_demosaic_of_a_flat_field_is_flat(method, cfa):
    pixel = camera_file.Sensor(cfa=cfa)
    tile = np.tile(pixels.cfa_index(pixel), (10, 12))
    colour = np.array([0.7, 0.4, 0.2])
    full = process.demosaic(colour[tile], pixel, method)
    np.testing.assert_allclose(full, np.broadcast_to(colour, full.shape), atol=1e-12)


def test_better_demosaicing_is_better_on_a_photograph(photo):
    pixel = camera_file.Sensor(cfa="rggb")
    tile = np.tile(pixels.cfa_index(pixel), (64, 64))
    mosaic = np.take_along_axis(photo, tile[..., None], axis=-1)[..., 0]
    error = [np.mean((process.demosaic(mosaic, pixel, m) - photo)[8:-8, 8:-8] ** 2) for m in METHODS]
    assert error[2] < error[1] < error[0]  # Menon 2007 < Malvar 2004 < bilinear, as published


@pytest.mark.parametrize("cfa", ["quad-bayer", "rgb/gbr/brg", "rgbw"])
def test_demosaic_of_other_tiles_keeps_what_was_measured_and_is_flat_on_flat(cfa):
    pixel = camera_file.Sensor(cfa=cfa)
    tile = pixels.cfa_index(pixel)
    index = np.tile(tile, (6, 6))
    values = np.arange(1.0, tile.max() + 2)
    np.testing.assert_allclose(
        process.demosaic_bilinear(values[index], tile), np.broadcast_to(values, (*index.shape, len(values))), atol=1e-12
    )
    mosaic = np.random.default_rng(0).random(index.shape)
    full = process.demosaic_bilinear(mosaic, tile)
    np.testing.assert_array_equal(np.take_along_axis(full, index[..., None], axis=-1)[..., 0], mosaic)


def test_the_two_bilinear_rules_are_one():
    tile = pixels.cfa_index(camera_file.Sensor(cfa="grbg"))
    mosaic = np.random.default_rng(1).random((12, 16))
    general = np.stack([process._spread(mosaic, tile == c) for c in range(3)], axis=-1)
    np.testing.assert_allclose(process.demosaic_bilinear(mosaic, tile), general, atol=1e-12)


@pytest.mark.parametrize("light", ["A", "FL2", "D50", "3200K", "D75"])
def test_grey_stays_grey_under_its_known_illuminant(light):
    grey = np.full((24, 24, 3), 0.5)
    for matrix in ("colorchecker", "none"):
        changes = [f"scene.illuminant={light}", f"isp.color_matrix={matrix}", "sensor.bit_depth=0"]
        balanced = shoot(grey, *changes, "isp.white_balance=illuminant").linear[12, 12]
        assert np.ptp(balanced) < 1e-5 * balanced.max()
    cast = shoot(grey, f"scene.illuminant={light}", "isp.white_balance=none").linear[12, 12]
    assert np.ptp(cast) > 0.02  # without balance the light shows


@pytest.mark.parametrize("rule", ["grey-world", "white-patch"])
def test_white_is_estimated_from_the_picture(rule):
    """A scene whose mean and whose brightest places are neutral under lamp light comes out neutral."""
    rng = np.random.default_rng(2)
    colours = rng.random((16, 16, 3))
    colours[:4] = 1.0
    colours[4:] += 0.5 - colours[4:].mean(axis=(0, 1))  # the mean reflectance is grey in sRGB terms
    picture = np.kron(np.clip(colours, 0, 1), np.ones((8, 8, 1)))
    plain = shoot(picture, "scene.illuminant=A", "isp.white_balance=none").linear[8:20, 60:200].mean((0, 1))
    found = shoot(picture, "scene.illuminant=A", f"isp.white_balance={rule}").linear[8:20, 60:200].mean((0, 1))
    assert np.ptp(found) / found.max() < 0.1 < np.ptp(plain) / plain.max()


def test_manual_gains_and_a_given_matrix_are_used_as_given(photo):
    raw = shoot(photo, "isp.color_matrix=none")
    gained = shoot(photo, "isp.color_matrix=none", "isp.white_balance=[0.5, 1, 1.5]")
    np.testing.assert_allclose(gained.linear, np.clip(raw.linear * [0.5, 1, 1.5], 0, 1), atol=1e-6)
    swapped = shoot(photo, "isp.color_matrix=[[0,0,1],[0,1,0],[1,0,0]]")
    np.testing.assert_allclose(swapped.linear, raw.linear[..., ::-1], atol=1e-6)


def test_black_level_is_taken_off(photo):
    plain = shoot(photo)
    lifted = shoot(photo, "sensor.black_level_dn=256", "sensor.bit_depth=14")
    np.testing.assert_allclose(lifted.linear, plain.linear, atol=1e-3)
    left = shoot(
        np.zeros((16, 16, 3)),
        "sensor.black_level_dn=256",
        "isp.black_level_dn=0",
        "sensor.exposure_s=1",
        "isp.color_matrix=none",
    )
    np.testing.assert_allclose(left.linear, np.clip(256 / (4095 - 256), 0, 1), atol=2e-3)


def test_defect_correction_undoes_missing_and_stuck_pixels(photo):
    whole = shoot(photo).linear
    holed = shoot(photo, "sensor.missing_fraction=0.1", "sensor.stuck_fraction=0.01").linear
    mended = shoot(photo, "sensor.missing_fraction=0.1", "sensor.stuck_fraction=0.01", "isp.defect_correction=true")
    damage, rest = (np.sqrt(np.mean((picture - whole) ** 2)) for picture in (holed, mended.linear))
    assert rest < damage / 10
    bad = np.zeros((8, 8), bool)
    bad[2, 2] = True
    tile = np.array([[0, 1], [1, 2]])
    ramp = np.arange(64.0).reshape(8, 8)
    np.testing.assert_allclose(process.correct_defects(np.where(bad, 99, ramp), tile, bad), ramp)  # mean of a ramp
    with pytest.raises(ValueError, match="missing_fraction"):
        process.correct_defects(ramp, tile, np.ones((8, 8), bool))


def test_dark_signal_of_a_long_exposure_is_subtracted():
    view = camera_file.override(camera_file.load("f22"), ["sensor.exposure_s=100", "sensor.read_noise_e=0"])
    dark = pipeline.render(np.zeros((64, 64, 3)), view)
    assert dark.electrons.mean() == pytest.approx(1000, rel=0.01)
    assert np.mean(process.normalise(dark.counts, view, 100.0)) == pytest.approx(0, abs=2e-4)


def test_colour_matrix_does_not_blow_up_noise_where_channels_overlap():
    """A clear channel is nearly the sum of the others: a plain fit amplifies noise sixty times."""
    bayer, clear = (
        np.linalg.norm(process.colour_matrix(camera_file.Sensor(cfa=cfa)), axis=0) for cfa in ("grbg", "rgbw")
    )
    assert clear.max() < 2 * bayer.max()


@pytest.mark.parametrize("ev", [1, 2, 4])
@pytest.mark.parametrize("light", ["D65", "A"])
def test_overexposed_white_stays_white(ev, light):
    picture = np.ones((24, 24, 3))
    changes = [f"sensor.exposure_ev={ev}", f"scene.illuminant={light}", "isp.white_balance=illuminant"]
    np.testing.assert_allclose(shoot(picture, *changes).rgb, 1.0, atol=1e-5)
