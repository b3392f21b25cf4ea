"""Counts, black level and analog gain."""

import dataclasses
import math

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.camera_parts import Sensor
from camsim.sensor import adc, exposure, noise

N = 500  # pixels along a side of a flat field: a variance is then known to 0.3 %


def flat(value: float, pixel: Sensor, *, exposure_s: float = 1.0, seed: int = 0) -> np.ndarray:
    return noise.expose(np.full((N, N), value), exposure_s, pixel, seed)


def test_black_level_keeps_the_negative_half_of_read_noise():
    pixel = Sensor(read_noise_e=10, dark_current_e_per_s=0, black_level_dn=64, full_well_e=10_000)
    electrons = flat(0, pixel)
    counts = adc.digitise(electrons, pixel)
    step = 10_000 / (4095 - 64)
    assert adc.electrons_per_count(pixel) == pytest.approx(step)
    assert counts.mean() == pytest.approx(64, abs=4 * 10 / step / N)
    assert counts.std() == pytest.approx(math.hypot(10 / step, math.sqrt(1 / 12)), rel=0.01)
    assert adc.digitise(np.array([10_000.0]), pixel) == 4095
    clipped = flat(0, dataclasses.replace(pixel, black_level_dn=0))
    assert clipped.min() == 0 and clipped.mean() == pytest.approx(10 / math.sqrt(2 * math.pi), rel=0.02)  # half-normal


def test_analog_gain_trades_full_scale_for_finer_counts():
    low, high = Sensor(analog_gain=1), Sensor(analog_gain=8)
    assert adc.electrons_per_count(high) == pytest.approx(adc.electrons_per_count(low) / 8)
    rate = np.full((4, 4), 100.0)
    assert exposure.exposure_time(high, rate) == pytest.approx(exposure.exposure_time(low, rate) / 8)
    assert flat(1e5, high).max() == 10_000 / 8


def test_no_adc_keeps_the_electrons():
    pixel = Sensor(bit_depth=0)
    values = np.array([0.0, 12.34, 10_000.0])
    np.testing.assert_array_equal(adc.digitise(values, pixel), values)
    view = camera_file.override(camera_file.load("f22"), ["sensor.bit_depth=0", "sensor.noise=false"])
    np.testing.assert_allclose(pipeline.render(np.ones((16, 16, 3)), view).linear, 0.95, atol=3e-3)
