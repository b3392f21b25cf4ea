"""The processor as a whole: given gains and matrix, black level, dark signal, highlights."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.isp import process

pytestmark = pytest.mark.installed


@pytest.fixture(scope="module")
def photo():
    return resize(image.read(photographs.builtin("astronaut").path), (128, 128))


def shoot(picture, *changes):
    return pipeline.render(picture, camera_file.override(camera_file.load("f22"), ["sensor.noise=false", *changes]))


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


def test_dark_signal_of_a_long_exposure_is_subtracted():
    view = camera_file.override(camera_file.load("f22"), ["sensor.exposure_s=100", "sensor.read_noise_e=0"])
    dark = pipeline.render(np.zeros((64, 64, 3)), view)
    assert dark.electrons.mean() == pytest.approx(1000, rel=0.01)
    assert np.mean(process.normalise(dark.counts, view, 100.0)) == pytest.approx(0, abs=2e-4)


@pytest.mark.parametrize("ev", [1, 2, 4])
@pytest.mark.parametrize("light", ["D65", "A"])
def test_overexposed_white_stays_white(ev, light):
    picture = np.ones((24, 24, 3))
    changes = [f"sensor.exposure_ev={ev}", f"scene.illuminant={light}", "isp.white_balance=illuminant"]
    np.testing.assert_allclose(shoot(picture, *changes).rgb, 1.0, atol=1e-5)
