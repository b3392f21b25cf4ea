"""Missing and stuck pixels, filled in."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.isp import defects


@pytest.fixture(scope="module")
def photo():
    return resize(image.read(photographs.builtin("astronaut").path), (128, 128))


def shoot(picture, *changes):
    return pipeline.render(picture, camera_file.override(camera_file.load("f22"), ["sensor.noise=false", *changes]))


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
    np.testing.assert_allclose(defects.correct_defects(np.where(bad, 99, ramp), tile, bad), ramp)  # mean of a ramp
    with pytest.raises(ValueError, match="missing_fraction"):
        defects.correct_defects(ramp, tile, np.ones((8, 8), bool))
