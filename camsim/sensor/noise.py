"""An exposure with its noise: photons and dark current (Poisson), reading, the fixed pattern, defects.

References: J. Janesick, Photon Transfer, SPIE Press 2007; EMVA Standard 1288, release 4.0.
"""

import functools
from dataclasses import dataclass

import numpy as np

from camsim.camera_parts import Sensor
from camsim.sensor import adc, draws, pixels
from camsim.sensor.draws import Purpose

#: Most dark electrons that can be drawn from a Poisson distribution with sense.
MAX_DARK_E = 1e12


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is fixed in a sensor: gain and offset of every pixel, and the defects."""

    gain: np.ndarray  #: (H, W), around 1
    offset_e: np.ndarray  #: (H, W), around 0
    missing: np.ndarray  #: (H, W) bool
    stuck: np.ndarray  #: (H, W) bool


@functools.lru_cache(maxsize=8)
def pattern(sensor: Sensor, rows: int, columns: int) -> Pattern | None:
    """The fixed pattern of a sensor of the given size, the same for every shot; None where there is none.

    Gains and offsets of pixels (PRNU, DSNU) are normally distributed, as are those of columns. The numbers of
    missing and stuck pixels are the given fractions, rounded.
    """
    read = pixels.as_read(sensor)
    spreads = (read.prnu, read.dsnu_e, read.column_gain_fpn, read.column_offset_fpn_e)
    if not any((*spreads, read.missing_fraction, read.stuck_fraction)):
        return None
    pixel_gain = draws.normal(sensor.pattern_seed, Purpose.PIXEL_GAIN, rows, columns)
    pixel_offset = draws.normal(sensor.pattern_seed, Purpose.PIXEL_OFFSET, rows, columns)
    rng = np.random.default_rng([sensor.pattern_seed, rows, columns])
    column_gain, column_offset = rng.standard_normal((2, columns))
    rank = rng.permutation(rows * columns).reshape(rows, columns)
    missing, stuck = (round(share * rank.size) for share in (read.missing_fraction, read.stuck_fraction))
    gain, offset = np.ones((rows, columns)), np.zeros((rows, columns))
    if read.noise:
        gain = (1 + read.prnu * pixel_gain) * (1 + read.column_gain_fpn * column_gain)
        offset = read.dsnu_e * pixel_offset + read.column_offset_fpn_e * column_offset
    return Pattern(gain, offset, rank < missing, (rank >= missing) & (rank < missing + stuck))


def expose(rate: np.ndarray, exposure_s: float, sensor: Sensor, seed: int) -> np.ndarray:
    """Electrons that the ADC sees in every pixel after the exposure.

    Photons and dark current arrive as one Poisson process; reading adds Gaussian noise; gains and offsets of pixels
    and columns follow; the result is clipped to what the ADC can tell apart, from its zero (below the black level,
    if there is one) to full scale, which is the full well at most. With ``sensor.noise`` off only signal, clipping and
    defects are left. Every pixel has chance numbers of its own (`draws`): one seed gives a slightly changed rate
    slightly changed electrons.

    Parameters
    ----------
    rate : (H, W), electrons/s, not negative, binned where the sensor bins.
    seed : int
        From 0: decides the noise.
    """
    read = pixels.as_read(sensor)
    fixed = pattern(sensor, *rate.shape)
    rate = np.asarray(rate, np.result_type(rate, np.float32))
    signal = rate * rate.dtype.type(exposure_s)
    if sensor.noise:
        dark = read.dark_current_e_per_s * exposure_s
        if not dark <= MAX_DARK_E:
            raise ValueError(
                f"in an exposure of {exposure_s:.3g} s dark current alone would give over {MAX_DARK_E:g} electrons: "
                "raise scene.luminance_cd_m2 or lower sensor.exposure_s"
            )
        chance = draws.normal(seed, Purpose.ARRIVAL, *rate.shape)
        signal = draws.poisson(np.minimum(signal, MAX_DARK_E) + dark, chance).astype(rate.dtype)
        if read.read_noise_e:
            reading = draws.normal(seed, Purpose.READ, *rate.shape, dtype=rate.dtype.type)
            signal += rate.dtype.type(read.read_noise_e) * reading
        if fixed is not None:
            signal = (signal * fixed.gain + fixed.offset_e).astype(rate.dtype)
    zero = -sensor.black_level_dn * adc.electrons_per_count(sensor)
    signal = np.clip(signal, zero, adc.full_scale_e(sensor))
    if fixed is not None:
        signal[fixed.missing], signal[fixed.stuck] = 0.0, adc.full_scale_e(sensor)
    return signal
