"""White balance: grey stays grey, and white is found."""

import numpy as np
import pytest

from camsim import camera_file, pipeline


def shoot(picture, *changes):
    return pipeline.render(picture, camera_file.override(camera_file.load("f22"), ["sensor.noise=false", *changes]))


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
