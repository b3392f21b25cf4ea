"""From charge to numbers: full scale, counts, and the voltage between.

Reference: EMVA Standard 1288, release 4.0.
"""

from typing import TypeVar

import numpy as np

from camsim.camera_parts import Sensor
from camsim.sensor import pixels


def full_scale_e(sensor: Sensor) -> float:
    """Electrons at the ADC's full scale: the full well over the analog gain."""
    return pixels.as_read(sensor).full_well_e / sensor.analog_gain


def electrons_per_count(sensor: Sensor) -> float:
    """Electrons per ADC count, e⁻/DN: full scale fills the counts above the black level. 1 without an ADC."""
    return full_scale_e(sensor) / (2**sensor.bit_depth - 1 - sensor.black_level_dn) if sensor.bit_depth else 1.0


def digitise(electrons: np.ndarray, sensor: Sensor) -> np.ndarray:
    """Electrons to ADC counts, uint32 in 0 … 2^bits − 1: black level plus electrons over `electrons_per_count`.

    Without an ADC (`bit_depth` 0) the electrons themselves.
    """
    if not sensor.bit_depth:
        return electrons
    return np.rint(electrons / electrons_per_count(sensor) + sensor.black_level_dn).astype(np.uint32)


#: Of one pixel or of many.
Electrons = TypeVar("Electrons", float, np.ndarray)


def volts(electrons: Electrons, sensor: Sensor) -> Electrons:
    """Voltage at the conversion node."""
    return electrons * (pixels.as_read(sensor).conversion_gain_uv_per_e * 1e-6)
