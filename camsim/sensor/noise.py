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
    """What is fixed in some rows of a sensor: gain and offset of every pixel, and the defects."""

    gain: np.ndarray  #: (H, W), around 1
    offset_e: np.ndarray  #: (H, W), around 0
    missing: np.ndarray  #: (H, W) bool
    stuck: np.ndarray  #: (H, W) bool


@functools.lru_cache(maxsize=8)
def pattern(sensor: Sensor, rows: int, columns: int, first: int = 0, count: int | None = None) -> Pattern | None:
    """The fixed pattern of a sensor of the given size, or `count` rows of it, the same for every shot; None for none.

    Gains and offsets of pixels (PRNU, DSNU) are normally distributed, as are those of columns. The numbers of
    missing and stuck pixels are the given fractions, rounded.
    """
    read, count = pixels.as_read(sensor), rows if count is None else count
    spreads = (read.prnu, read.dsnu_e, read.column_gain_fpn, read.column_offset_fpn_e)
    if not any((*spreads, read.missing_fraction, read.stuck_fraction)):
        return None
    fixed = _whole(sensor.pattern_seed, read.missing_fraction, read.stuck_fraction, rows, columns)
    gain, offset = np.ones((count, columns)), np.zeros((count, columns))
    if read.noise:

        def spread(width: float, purpose: Purpose) -> np.ndarray | float:
            drawn = draws.normal(sensor.pattern_seed, purpose, count, columns, first_row=first) if width else 0.0
            return width * drawn

        gain = (1 + spread(read.prnu, Purpose.PIXEL_GAIN)) * (1 + read.column_gain_fpn * fixed.column_gain)
        offset = spread(read.dsnu_e, Purpose.PIXEL_OFFSET) + read.column_offset_fpn_e * fixed.column_offset
        gain, offset = np.broadcast_to(gain, (count, columns)), np.broadcast_to(offset, (count, columns))
    part = slice(first, first + count)
    return Pattern(gain, offset, fixed.missing[part], fixed.stuck[part])


@dataclass(frozen=True, slots=True)
class _Whole:
    """What no part of a sensor can be given without the rest."""

    column_gain: np.ndarray
    column_offset: np.ndarray
    missing: np.ndarray
    stuck: np.ndarray


@functools.lru_cache(maxsize=8)
def _whole(seed: int, missing_fraction: float, stuck_fraction: float, rows: int, columns: int) -> _Whole:
    rng = np.random.default_rng([seed, rows, columns])
    column_gain, column_offset = rng.standard_normal((2, columns))
    if not (missing_fraction or stuck_fraction):
        none = np.broadcast_to(np.False_, (rows, columns))
        return _Whole(column_gain, column_offset, none, none)
    rank = rng.permutation(rows * columns).reshape(rows, columns)
    missing, stuck = (round(share * rank.size) for share in (missing_fraction, stuck_fraction))
    return _Whole(column_gain, column_offset, rank < missing, (rank >= missing) & (rank < missing + stuck))


def expose(
    rate: np.ndarray, exposure_s: float, sensor: Sensor, seed: int, *, first: int = 0, of: int | None = None
) -> np.ndarray:
    """Electrons that the ADC sees in every pixel, or in some rows of them, after the exposure.

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
    first, of : int, optional
        The row of the sensor where `rate` begins, and how many rows that has.
    """
    read = pixels.as_read(sensor)
    count, columns = rate.shape
    fixed = pattern(sensor, count if of is None else of, columns, first, count)
    rate = np.asarray(rate, np.result_type(rate, np.float32))
    signal = rate * rate.dtype.type(exposure_s)
    if sensor.noise:
        dark = read.dark_current_e_per_s * exposure_s
        if not dark <= MAX_DARK_E:
            raise ValueError(
                f"in an exposure of {exposure_s:.3g} s dark current alone would give over {MAX_DARK_E:g} electrons: "
                "raise scene.luminance_cd_m2 or lower sensor.exposure_s"
            )
        chance = draws.normal(seed, Purpose.ARRIVAL, count, columns, first_row=first)
        signal = draws.poisson(np.minimum(signal, MAX_DARK_E) + dark, chance).astype(rate.dtype)
        if read.read_noise_e:
            kind = rate.dtype.type
            reading = draws.normal(seed, Purpose.READ, count, columns, first_row=first, dtype=kind)
            signal += kind(read.read_noise_e) * reading
        if fixed is not None:
            signal = (signal * fixed.gain + fixed.offset_e).astype(rate.dtype)
    zero = -sensor.black_level_dn * adc.electrons_per_count(sensor)
    signal = np.clip(signal, zero, adc.full_scale_e(sensor))
    if fixed is not None:
        signal[fixed.missing], signal[fixed.stuck] = 0.0, adc.full_scale_e(sensor)
    return signal
