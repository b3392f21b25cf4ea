"""The sheet of all stages: what its panels show, and that it can be drawn for every kind of camera."""

import sys

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.io import image
from camsim.light import colour, spectra
from camsim.optics import point_spread
from camsim.sheet import captions, draw

CASES = {  # setting, changes, rows and columns of the picture
    "f22": ("f22", [], (40, 40)),
    "pixel25": ("pixel25", [], (32, 32)),
    "underexposed": ("underexposed", [], (30, 70)),
    "isetcam": ("isetcam", [], (48, 64)),
    "isetcam with an ADC": ("isetcam", ["sensor.bit_depth=10"], (32, 32)),
    "mono": ("f22", ["sensor.cfa=mono", "isp.color_matrix=none"], (20, 20)),
    "quad-bayer": ("pixel25", ["sensor.cfa=quad-bayer", "sensor.pixel_pitch_um=5"], (32, 32)),
    "four colours": ("pixel25", ["sensor.cfa=rgbw"], (24, 24)),
    "no green": ("pixel25", ["sensor.cfa=rw/wb"], (24, 24)),
    "tall": ("underexposed", ["sensor.exposure_s=0.01", "sensor.noise=false"], (90, 20)),
    "strip": ("f22", ["isp.tone=linear"], (4, 90)),
    "one pixel": ("pixel25", ["scene.fov_deg=0.1"], (1, 1)),
    "aberrated": ("pixel25", ["optics.blades=5", "optics.defocus_dpt=20", "sensor.binning=2"], (24, 24)),
}


def photograph(setting="f22", changes=(), shape=(24, 24)):
    view = camera_file.override(camera_file.load(setting), changes)
    picture = np.random.default_rng(3).random((*shape, 3))
    return pipeline.render(picture, view, keep_stages=True).stages, view


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_camera_is_drawn(case):
    done, view = photograph(*CASES[case])
    drawn = draw.draw(done, view)
    assert drawn.ndim == 3 and drawn.shape[1:] == (2000, 3) and 500 < drawn.shape[0] < 2300
    assert drawn.dtype.kind == "f" and drawn.min() >= 0 and drawn.max() <= 1
    np.testing.assert_array_equal(drawn[[0, 0, -1, -1], [0, -1, 0, -1]], 1.0)  # white paper
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


@pytest.mark.slow
def test_scene_and_result_are_in_the_sheet_as_they_are():
    """Sensor and scene of 31 × 31 blocks of 20 sheet pixels: every block's middle has the stage's own colour."""
    done, view = photograph("pixel25", ["sensor.cfa=mono", "sensor.pixel_pitch_um=16.91"], (31, 31))
    assert done.srgb.shape[:2] == (31, 31)
    drawn = draw.draw(done, view)
    left = [draw.MARGIN + column * (draw.PANEL + draw.GAP) for column in range(3)]
    top = draw.HEAD + draw.TITLE
    lower = top + draw.PANEL + draw.GAP + draw.TITLE
    middle = np.arange(31) * 20 + 10
    for y, x, shown in ((top, left[0], colour.srgb_encode(done.scene_rgb_linear)), (lower, left[2], done.srgb)):
        np.testing.assert_allclose(drawn[y + middle][:, x + middle], shown, atol=0.51 / 255)


def test_flat_white_has_the_illuminance_of_the_camera_equation():
    view = camera_file.load("pixel25")
    light, brightest = draw._light(pipeline.render(np.ones((8, 8, 3)), view, keep_stages=True).stages)
    assert brightest == pytest.approx(np.pi * 100 / (1 + 4 * 4**2), rel=1e-5)  # π L / (1 + 4 N²), lux
    np.testing.assert_allclose(light, 1.0, atol=2e-3)  # D65 is white, but for its 31 bands


def test_mosaic_has_the_colours_of_the_filters_and_the_share_of_full_scale():
    done, view = photograph("pixel25", ["sensor.noise=false"])
    mosaic = draw._mosaic(done, view)
    assert not mosaic[0::2, 0::2, [0, 2]].any() and not mosaic[1::2, 1::2, [0, 2]].any()  # green of grbg
    assert not mosaic[0::2, 1::2, 1:].any() and not mosaic[1::2, 0::2, :2].any()  # red, blue
    share = colour.srgb_decode(mosaic.sum(axis=2))
    np.testing.assert_allclose(share * 10_000, done.electrons, atol=0.01)
    assert share.max() == pytest.approx(0.95, abs=1e-6)  # automatic exposure


@pytest.mark.parametrize("setting", ["pixel25", "isetcam"])
def test_demosaiced_keeps_what_was_measured(setting):
    done, view = photograph(setting, ["sensor.noise=false", "sensor.analog_gain=2", "sensor.bit_depth=16"])
    shown = colour.srgb_decode(draw._demosaiced(done, view))
    np.testing.assert_allclose(shown[0::2, 1::2, 0] * 5_000, done.electrons[0::2, 1::2], atol=0.2)  # red of grbg


def test_pictures_are_fitted_without_change_of_light_or_of_blocks():
    picture = np.random.default_rng(0).random((7, 11, 3))
    linear = colour.srgb_decode(picture).mean(axis=(0, 1))
    for size in ((14, 22), (5, 6), (20, 29)):
        fitted = draw._area_mean(picture, size)
        assert fitted.shape[:2] == size
        np.testing.assert_allclose(colour.srgb_decode(fitted).mean(axis=(0, 1)), linear, rtol=1e-6)
    np.testing.assert_allclose(draw._area_mean(picture, (21, 33)), picture.repeat(3, axis=0).repeat(3, axis=1))


@pytest.mark.parametrize("tile", [(1, 1), (2, 2), (4, 4), (3, 5)])
def test_enlarged_part_is_where_the_picture_changes(tile):
    tiles = np.zeros((30, 40, 3))
    tiles[20, 31] = 1.0
    row, column = draw._liveliest(tiles, *tile)
    a, b = tile
    assert row <= 20 * a < row + draw.INSET_PX and column <= 31 * b < column + draw.INSET_PX
    assert row + draw.INSET_PX <= 30 * a and column + draw.INSET_PX <= 40 * b


def test_psf_panel_reaches_beyond_the_second_dark_ring():
    """83.8 %, 91.0 % and 93.8 % of the light lie within the dark rings at 1.22, 2.23 and 3.24 λN (Born and Wolf)."""
    lens = point_spread.spread(camera_file.load("f22"))
    assert 1.5 * 2.23 * 0.55 * 22 < lens.half_width_um < 1.5 * 3.24 * 0.55 * 22
    h, w = lens.psf.shape
    assert lens.psf[h // 2, w // 2] == lens.psf.max() == pytest.approx(1)
    coarse = point_spread.spread(camera_file.load("pixel25"))
    assert coarse.half_width_um == pytest.approx(1.5 * 25)  # three pixels


def test_psf_of_a_lens_with_hardly_an_aberration_is_that_of_a_perfect_one():
    perfect = point_spread.spread(camera_file.load("f22"))
    hardly = point_spread.spread(camera_file.override(camera_file.load("f22"), ["optics.zernike_um=[0, 0, 0, 1e-7]"]))
    assert hardly.half_width_um == pytest.approx(perfect.half_width_um, rel=1e-3)
    np.testing.assert_allclose(hardly.psf, perfect.psf, atol=2e-3)


@pytest.mark.slow
def test_psf_file_is_weighted_by_luminance(tmp_path):
    """Planes at 400 and 700 nm, mixed linearly between: the share of the second grows with the mean wavelength."""
    planes = np.zeros((2, 3, 3))
    planes[0, 1, 0] = planes[1, 1, 2] = 1.0
    np.savez(tmp_path / "psf.npz", psf=planes, pitch_um=2.0, wavelength_nm=[400.0, 700.0])
    view = camera_file.override(camera_file.load("pixel25"), [f"optics.psf_file={tmp_path / 'psf.npz'}"])
    lens = point_spread.spread(view)
    luminance = spectra.table("cie1931")[:, 1] * spectra.table("d65")[:, 0]
    mean = luminance @ spectra.WAVELENGTH_NM / luminance.sum()
    assert lens.psf[1, 0] / lens.psf[1, 2] == pytest.approx((700 - mean) / (mean - 400))
    assert lens.pitch_um == 2.0
    draw.draw(pipeline.render(np.full((8, 8, 3), 0.5), view, keep_stages=True).stages, view)


@pytest.mark.slow
def test_caption_tells_the_cameras_numbers():
    done, view = photograph(
        "underexposed", ["sensor.exposure_s=0.002", "sensor.reference_pitch_um=2", "optics.blades=7"], (20, 20)
    )
    first, second, third = captions.numbers(done, view)
    for part in ("f/4", "3.881°", "262×262 pixels of 1 µm", "0.707 ms, given -1.5 EV"):
        assert part in first
    for part in ("read noise 5 e⁻", "dark current 2.5 e⁻/s", "full well 2,500 e⁻", "12-bit ADC", "no colour matrix"):
        assert part in second
    assert third == "optics.blades = 7"


@pytest.mark.slow
def test_command_writes_a_sheet(command, tmp_path):
    image.write(tmp_path / "a.png", np.random.default_rng(0).random((16, 16, 3)))
    result = command("camsim", "render", "a.png", "--setting", "pixel25", "--sheet")
    assert result.returncode == 0, result.stderr
    assert image.read_native(tmp_path / "a-pixel25-sheet.png").shape[1] == 2000
