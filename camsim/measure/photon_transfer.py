"""Photon transfer: what a sensor is, from its raw counts alone.

Light arrives as a Poisson process, so the variance of a pixel grows with its mean, and the slope of that line is the
gain. Two frames of the same exposure are subtracted, which leaves only what changes from frame to frame.

References: J. Janesick, Photon Transfer, SPIE Press 2007; EMVA Standard 1288, release 4.0, 2021.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from camsim import arguments
from camsim.camera_parts import Sensor
from camsim.measure import html
from camsim.sensor import adc, noise
from camsim.sensor import pixels as sensing

#: Exposures of the flat frames as shares of full scale: even steps on a logarithmic scale, then on a linear one for
#: sensors whose noise fills much of the scale, then three that saturate.
LEVELS = np.concatenate([np.geomspace(2e-4, 0.05, 24, endpoint=False), np.linspace(0.05, 0.95, 46), [1.2, 1.6, 2.0]])

#: Frames averaged where the fixed pattern is measured.
STACK = 16

#: A frame counts as clipped if its mean is nearer to an end of the scale than so many standard deviations.
_CLEAR = 4.5

#: The line is fitted up to this share of saturation (EMVA 1288).
_LINEAR = 0.7

#: Least variance, DN², from which on rounding is as good as noise of 1/12 DN², to 0.1 %. EMVA 1288 takes 0.24, where
#: the error reaches some percent.
_LEAST_VARIANCE = 0.5

_LONGEST_FLAT_S, _LONGEST_DARK_S = 0.01, 1e5


class Points(NamedTuple):
    """The photon transfer curve, a value per exposure."""

    exposure_s: np.ndarray
    mean_dn: np.ndarray
    variance_dn2: np.ndarray  #: from frame to frame, rounding included
    fitted: np.ndarray  #: bool: neither clipped nor near saturation, used for the line

    def __repr__(self) -> str:
        return f"<Points of {len(self.exposure_s)} exposures, {int(self.fitted.sum())} of them fitted>"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonTransfer:
    """What photon transfer says about a sensor.

    Parameters
    ----------
    gain_e_per_dn : float
        Electrons per count.
    read_noise_e : float
        Electrons rms, without the noise of rounding.
    full_well_e : float
        Electrons at saturation of the well or, with analog gain, of the ADC.
    black_level_dn : float
        Mean count without light and exposure.
    saturation_dn : float
        Mean count of frames far over full scale.
    dark_current_e_per_s : float or None
        Electrons per second; None where dark frames are clipped at zero whatever their exposure.
    prnu : float
        Photo response non-uniformity: rms share of the signal, pixels and columns.
    dsnu_e : float
        Dark signal non-uniformity: electrons rms, pixels and columns.
    defects : int
        Pixels that were left out.
    pixels : int
        Pixels of a frame.
    rounding_dn2 : float
        Variance of rounding: 1/12, or 0 without an ADC.
    points : Points
        The photon transfer curve.

    Examples
    --------
    >>> measure(Sensor(), size=64)
    <PhotonTransfer: gain 2.43 e⁻/DN, read noise 9.89 e⁻, full well 9942 e⁻>
    """

    gain_e_per_dn: float
    read_noise_e: float
    full_well_e: float
    black_level_dn: float
    saturation_dn: float
    dark_current_e_per_s: float | None
    prnu: float
    dsnu_e: float
    defects: int
    pixels: int
    rounding_dn2: float
    points: Points

    def __repr__(self) -> str:
        return (
            f"<PhotonTransfer: gain {self.gain_e_per_dn:.3g} e⁻/DN, read noise {self.read_noise_e:.3g} e⁻, "
            f"full well {self.full_well_e:.0f} e⁻>"
        )

    def _repr_html_(self) -> str:
        return html.table(self.in_words(), caption="photon transfer")

    def in_words(self) -> list[tuple[str, str]]:
        """What was measured, each with its name."""
        dynamic_range = "no read noise" if self.dynamic_range_db is None else f"{self.dynamic_range_db:.1f} dB"
        dark_current = "not measurable (clipped at zero)"
        if self.dark_current_e_per_s is not None:
            dark_current = f"{self.dark_current_e_per_s:.3g} e⁻/s"
        return [
            ("gain", f"{self.gain_e_per_dn:.4f} e⁻/DN"),
            ("read noise", f"{self.read_noise_e:.2f} e⁻"),
            ("full well", f"{self.full_well_e:.0f} e⁻, at {self.saturation_dn:.0f} DN"),
            ("dynamic range", dynamic_range),
            ("black level", f"{round(self.black_level_dn, 2) + 0.0:.2f} DN"),
            ("dark current", dark_current),
            ("PRNU", f"{100 * self.prnu:.2f} %"),
            ("DSNU", f"{self.dsnu_e:.2f} e⁻"),
            ("defects", f"{self.defects} of {self.pixels} pixels"),
        ]

    @property
    def dynamic_range_db(self) -> float | None:
        """Full well over read noise, 20 log₁₀; None without read noise."""
        return 20 * math.log10(self.full_well_e / self.read_noise_e) if self.read_noise_e > 0 else None


def measure(sensor: Sensor, *, size: int = 256, seed: int = 0) -> PhotonTransfer:
    """Photograph an evenly lit field at many exposures and evaluate the raw counts.

    The settings of the sensor only choose the exposure times; every result comes from the counts:

    - black level: mean count at no exposure, from the straight line of mean over exposure time;
    - gain and read noise: slope and intercept of the variance between two frames over the mean above black,
      by weighted least squares. The intercept holds read noise and rounding (1/12 DN², subtracted). A dark frame
      whose negative noise is cut off at zero (no black level) cannot tell its noise; the line needs none, since only
      exposures that clear zero by 4.5 standard deviations enter it;
    - full well: mean count of frames at twice full scale;
    - PRNU and DSNU: variance between pixels of 16 averaged frames at two exposures, solved for the part that grows
      with the signal and the part that does not;
    - dark current: growth of the mean of dark frames.

    Parameters
    ----------
    sensor : Sensor
        With any colour pattern: the light gives every pixel the same electrons.
    size : int
        Side of the frames, pixels. Read noise is good to about 1 % with 256.
    seed : int
        Decides the noise; the same seed gives the same numbers.

    Returns
    -------
    PhotonTransfer
        Gain, noise, full well, fixed pattern and dark current, and the curve that they come from.

    Raises
    ------
    ValueError
        Where the sensor is set to be noiseless, most of its pixels do not respond to light, or too few exposures can
        be used.

    References
    ----------
    J. Janesick, Photon Transfer, SPIE Press 2007. EMVA Standard 1288, release 4.0, 2021.

    Examples
    --------
    >>> transfer = measure(Sensor(full_well_e=5000, bit_depth=14, read_noise_e=4, black_level_dn=256), seed=1)
    >>> round(transfer.gain_e_per_dn, 2), round(transfer.read_noise_e), round(transfer.full_well_e, -2)
    (0.31, 4, 5000.0)
    """
    if not sensor.noise:
        raise ValueError("sensor.noise = false: without noise there is no photon transfer")
    seeds = np.random.default_rng(arguments.seed(seed))
    full = adc.full_scale_e(sensor)
    dark_rate = sensing.as_read(sensor).dark_current_e_per_s
    longest = min(_LONGEST_FLAT_S, 0.01 * full / dark_rate) if dark_rate else _LONGEST_FLAT_S

    def shoot(exposure_s: float, light: float = full / longest) -> np.ndarray:
        rate = np.full((size, size), float(light))
        return adc.digitise(noise.expose(rate, exposure_s, sensor, int(seeds.integers(2**63))), sensor).astype(float)

    bright = np.stack([shoot(longest / 2) for _ in range(STACK)])
    if not np.median(bright) > np.median(shoot(0.0)):
        raise ValueError("most of the pixels do not respond to light: no photon transfer")
    good = _good_pixels(bright.mean(axis=0))
    saturation = shoot(longest * LEVELS[-1])[good].mean()

    points, spread = _curve(lambda t: shoot(t)[good], np.concatenate([[0.0], longest * LEVELS]), saturation, sensor)
    exposures, mean, variance, clear = points
    if clear.sum() < 6:
        raise ValueError(
            f"only {clear.sum()} of {len(exposures)} exposures are neither clipped nor lost in rounding: "
            "this sensor's well or ADC is too coarse for photon transfer"
        )

    black, _ = _line(exposures[clear], mean[clear], spread[clear])
    floor, slope = _variance_line(mean[clear] - black, variance[clear])
    gain = 1 / slope
    rounding = 1 / 12 if sensor.bit_depth else 0.0
    faint = np.stack([shoot(exposures[clear][0]) for _ in range(STACK)])
    prnu, dsnu_dn = _fixed_pattern(faint[:, good], bright[:, good], black)
    return PhotonTransfer(
        gain_e_per_dn=float(gain),
        read_noise_e=float(gain * math.sqrt(max(0.0, floor - rounding))),
        full_well_e=float(gain * (saturation - black)),
        black_level_dn=float(black),
        saturation_dn=float(saturation),
        dark_current_e_per_s=_dark_current(lambda t: shoot(t, light=0.0)[good], gain, full, dark_rate),
        prnu=prnu,
        dsnu_e=float(gain * dsnu_dn),
        defects=int((~good).sum()),
        pixels=good.size,
        rounding_dn2=rounding,
        points=points,
    )


def _good_pixels(average: np.ndarray) -> np.ndarray:
    """Pixels of an averaged, evenly lit frame that respond like the others: within 8 robust standard deviations."""
    distance = np.abs(average - np.median(average))
    return distance <= 8 * max(1.4826 * float(np.median(distance)), 0.5)


def _curve(
    shoot: Callable[[float], np.ndarray], exposures: np.ndarray, saturation: float, sensor: Sensor
) -> tuple[Points, np.ndarray]:
    """The photon transfer curve from two frames of every exposure, and the scatter of the pixels about the means."""
    pairs = [(shoot(exposure_s), shoot(exposure_s)) for exposure_s in exposures]
    mean = np.array([(a.mean() + b.mean()) / 2 for a, b in pairs])
    variance = np.array([(a - b).var(ddof=1) / 2 for a, b in pairs])
    spread = np.array([np.hypot(a.std(), b.std()) / math.sqrt(2) for a, b in pairs])
    clear = (mean > _CLEAR * spread) & (mean + _CLEAR * spread < saturation) & (mean < _LINEAR * saturation)
    if sensor.bit_depth:
        clear &= variance > _LEAST_VARIANCE
    return Points(exposures, mean, variance, clear), spread


def _line(x: np.ndarray, y: np.ndarray, sigma: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of the weighted least-squares line."""
    slope, intercept = np.polyfit(x, y, 1, w=1 / sigma)
    return float(intercept), float(slope)


def _variance_line(signal: np.ndarray, variance: np.ndarray) -> tuple[float, float]:
    """Intercept and slope of variance over signal. The error of a variance is proportional to the variance."""
    sigma = variance
    for _ in range(3):  # weights from the line, not from the points: a low point must not weigh more
        intercept, slope = _line(signal, variance, sigma)
        sigma = np.maximum(intercept + slope * signal, 0.1 * variance)
    if slope <= 0:
        raise ValueError("the variance does not grow with the signal: no photon transfer")
    return intercept, slope


def _fixed_pattern(faint: np.ndarray, bright: np.ndarray, black: float) -> tuple[float, float]:
    """PRNU (share) and DSNU (DN) from two stacks (frames, pixels): s² = DSNU² + (PRNU · signal)²."""

    def fixed_variance(stack: np.ndarray) -> float:
        return stack.mean(axis=0).var(ddof=1) - stack.var(axis=0, ddof=1).mean() / len(stack)

    low, high = faint.mean() - black, bright.mean() - black
    growing = (fixed_variance(bright) - fixed_variance(faint)) / (high**2 - low**2)
    constant = fixed_variance(faint) - growing * low**2
    return math.sqrt(max(0.0, growing)), math.sqrt(max(0.0, constant))


def _dark_current(shoot_dark: Callable[[float], np.ndarray], gain: float, full: float, rate: float) -> float | None:
    """Electrons per second from the means of two dark exposures; None where the shorter one is clipped at zero."""
    long_s = min(0.2 * full / rate, _LONGEST_DARK_S) if rate else _LONGEST_DARK_S
    short, long = shoot_dark(long_s / 2), shoot_dark(long_s)
    if short.mean() <= _CLEAR * short.std():
        return None
    return float(gain * (long.mean() - short.mean()) / (long_s / 2))
