"""Exposure metering: for how long light is gathered."""

from collections.abc import Callable

import numpy as np

from camsim.camera_parts import Sensor
from camsim.sensor import adc

#: Share of full scale that automatic exposure gives the brightest pixel, or the mean of all pixels.
AUTO_EXPOSURE_LEVEL = 0.95
AUTO_EXPOSURE_MEAN = 0.18


def exposure_time(sensor: Sensor, rate: np.ndarray) -> float:
    """Exposure time in s for what is metered: noise-free rates in electrons/s.

    The given `exposure_s`, or the time at which the brightest pixel ("max") or the 99th percentile ("p99") reaches
    95 % of full scale, or the mean of all pixels 18 % ("mean"); both times 2^`exposure_ev`. Under "incident" the rates
    are those of white in each channel, not of a picture's pixels, and the channel that fills first reaches 95 %.
    Raises ValueError where a black scene leaves automatic exposure without a measure.

    Reference: ISO 2720:1974 (photoelectric exposure meters: reflected and incident light).
    """
    if sensor.exposure_s is not None:
        return sensor.exposure_s * 2.0**sensor.exposure_ev
    metered: dict[str, Callable[[np.ndarray], np.floating]] = {
        "max": np.max,
        "p99": lambda x: np.percentile(x, 99),
        "mean": np.mean,
        "incident": np.max,
    }
    level = AUTO_EXPOSURE_MEAN if sensor.auto_exposure == "mean" else AUTO_EXPOSURE_LEVEL
    brightness = float(metered[sensor.auto_exposure](rate))
    if brightness <= 0:
        raise ValueError("automatic exposure of a black picture: give sensor.exposure_s")
    return level * adc.full_scale_e(sensor) / brightness * 2.0**sensor.exposure_ev
