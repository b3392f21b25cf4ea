"""Exposure metering against its rules."""

import numpy as np
import pytest

from camsim.camera_parts import Sensor
from camsim.sensor import exposure


def test_automatic_exposure_follows_its_rule():
    rate = np.concatenate([np.full(990, 1.0), np.full(10, 1000.0)]).reshape(10, 100)
    times = {rule: exposure.exposure_time(Sensor(auto_exposure=rule), rate) for rule in ("max", "p99", "mean")}
    assert times["max"] == pytest.approx(9.5)
    assert times["mean"] == pytest.approx(1800 / 10.99)
    assert 9.5 < times["p99"] <= 9500
    assert exposure.exposure_time(Sensor(exposure_ev=1), rate) == pytest.approx(19)
