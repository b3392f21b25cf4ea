"""The camera's numbers in words."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.sheet import captions


@pytest.mark.slow
def test_caption_tells_the_cameras_numbers():
    changes = ["sensor.exposure_s=0.002", "sensor.reference_pitch_um=2", "optics.blades=7"]
    view = camera_file.override(camera_file.load("underexposed"), changes)
    done = pipeline.render(np.random.default_rng(3).random((20, 20, 3)), view, keep_stages=True).stages
    first, second, third = captions.numbers(done, view)
    for part in ("f/4", "3.881°", "262×262 pixels of 1 µm", "0.841 ms, given -1.25 EV"):
        assert part in first
    for part in ("read noise 5 e⁻", "dark current 2.5 e⁻/s", "full well 2,500 e⁻", "12-bit ADC", "no colour matrix"):
        assert part in second
    assert third == "optics.blades = 7"
