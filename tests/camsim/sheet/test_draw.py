"""The sheet of all stages: what its panels show, and that it can be drawn for every kind of camera."""

import sys

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.light import colour
from camsim.sheet import draw, layout, pictures

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
    assert drawn.shape == (layout.grid(*done.electrons.shape).page_height, layout.WIDTH, 3)
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
    grid, middle = layout.grid(31, 31), np.arange(31) * 20 + 10
    for number, shown in ((0, colour.srgb_encode(done.scene_rgb_linear)), (5, done.srgb)):
        box = grid.panel(number)
        np.testing.assert_allclose(drawn[box.top + middle][:, box.left + middle], shown, atol=0.51 / 255)


@pytest.mark.slow
def test_flat_white_has_the_illuminance_of_the_camera_equation():
    view = camera_file.load("pixel25")
    light, brightest = pictures.irradiance(
        pipeline.render(np.ones((8, 8, 3)), view, keep_stages=True).stages.irradiance
    )
    assert brightest == pytest.approx(np.pi * 100 / (1 + 4 * 4**2), rel=1e-5)  # π L / (1 + 4 N²), lux
    np.testing.assert_allclose(light, 1.0, atol=2e-3)  # D65 is white, but for its 31 bands


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["pixel25", "isetcam"])
def test_demosaiced_keeps_what_was_measured(setting):
    done, view = photograph(setting, ["sensor.noise=false", "sensor.analog_gain=2", "sensor.bit_depth=16"])
    shown = colour.srgb_decode(pictures.demosaiced(done.demosaiced, view))
    np.testing.assert_allclose(shown[0::2, 1::2, 0] * 5_000, done.electrons[0::2, 1::2], atol=0.2)  # red of grbg
