"""The sensor: pixels that integrate light over an area, count electrons with noise, and saturate.

References: J. Farrell, M. Okincha, M. Parmar, "Sensor calibration and simulation", Proc. SPIE 6817, 2008;
J. Janesick, Photon Transfer, SPIE Press 2007.
"""

import math
from dataclasses import dataclass

import numpy as np

from camsim.camera import CFA_COLOURS, Sensor

#: Share of the full well that the brightest pixel reaches under automatic exposure.
AUTO_EXPOSURE_LEVEL = 0.95

#: Most dark electrons that can be drawn from a Poisson distribution with sense.
MAX_DARK_E = 1e12

#: Largest sensor simulated.
MAX_PIXELS = 64_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the pixels are: a centred array that covers an image of `width` × `height` mm.

    The pixel counts are rounded up to whole 2×2 tiles; what lies outside the image sees it mirrored.
    """

    rows: int
    columns: int
    pitch_mm: float
    height_mm: float
    width_mm: float

    def positions_mm(self) -> tuple[np.ndarray, np.ndarray]:
        """Pixel centres along y and x, mm from the image's top and left border."""

        def centres(count, extent):
            return extent / 2 + (np.arange(count) - (count - 1) / 2) * self.pitch_mm

        return centres(self.rows, self.height_mm), centres(self.columns, self.width_mm)

    def image_box(self) -> tuple[float, float, float, float]:
        """Top, left, bottom, right border of the image, in pixels from the array's corner."""
        rows, columns = self.height_mm / self.pitch_mm, self.width_mm / self.pitch_mm
        top, left = (self.rows - rows) / 2, (self.columns - columns) / 2
        return max(top, 0.0), max(left, 0.0), min(top + rows, self.rows), min(left + columns, self.columns)


def grid(sensor: Sensor, height_mm: float, width_mm: float) -> Grid:
    """The pixel array that covers an image of the given size."""
    pitch = sensor.pixel_pitch_um * 1e-3

    def count(extent):
        whole = math.ceil(extent / pitch - 1e-9)  # an exact multiple must not gain a pixel by rounding error
        return max(2, whole + whole % 2)

    rows, columns = count(height_mm), count(width_mm)
    if rows * columns > MAX_PIXELS:
        raise ValueError(
            f"a sensor of {columns}×{rows} pixels is over the limit of {MAX_PIXELS:,}: "
            "lower scene.fov_deg or raise sensor.pixel_pitch_um"
        )
    return Grid(rows, columns, pitch, height_mm, width_mm)


def aperture_side_mm(sensor: Sensor) -> float:
    """Side of the light-sensitive square: √fill · pitch."""
    return math.sqrt(sensor.fill_factor) * sensor.pixel_pitch_um * 1e-3


def aperture_mtf(frequency_per_mm: np.ndarray, sensor: Sensor) -> np.ndarray:
    """MTF of the pixel aperture along one axis: sinc of frequency times side."""
    return np.sinc(np.asarray(frequency_per_mm) * aperture_side_mm(sensor))


def cfa_index(sensor: Sensor) -> np.ndarray:
    """The 2×2 colour tile as channel numbers (0 red, 1 green, 2 blue)."""
    return np.array([CFA_COLOURS.index(letter) for letter in sensor.cfa]).reshape(2, 2)


def exposure_time(sensor: Sensor, rate: np.ndarray) -> float:
    """Exposure time in s for noise-free pixel rates in electrons/s.

    The given `exposure_s`, or the time at which the brightest pixel reaches 95 % of the well; both times
    2^`exposure_ev`. Raises ValueError where a black scene leaves automatic exposure without a measure.
    """
    if sensor.exposure_s is not None:
        base = sensor.exposure_s
    else:
        brightest = float(rate.max())
        if brightest <= 0:
            raise ValueError("automatic exposure of a black picture: give sensor.exposure_s")
        base = AUTO_EXPOSURE_LEVEL * sensor.full_well_e / brightest
    return base * 2.0**sensor.exposure_ev


def expose(rate: np.ndarray, exposure_s: float, sensor: Sensor, rng: np.random.Generator) -> np.ndarray:
    """Electrons in every pixel after the exposure, clipped to [0, full well].

    Photons and dark current arrive as one Poisson process, reading adds Gaussian noise. With
    ``sensor.noise`` off only the signal is left, without dark current.

    Parameters
    ----------
    rate : (H, W), electrons/s, not negative.
    """
    signal = rate * exposure_s
    if sensor.noise:
        if not sensor.dark_current_e_per_s * exposure_s <= MAX_DARK_E:
            raise ValueError(
                f"in an exposure of {exposure_s:.3g} s dark current alone would give over {MAX_DARK_E:g} electrons: "
                "raise scene.luminance_cd_m2 or lower sensor.exposure_s"
            )
        signal = rng.poisson(signal + sensor.dark_current_e_per_s * exposure_s).astype(float)
        signal += sensor.read_noise_e * rng.standard_normal(signal.shape)
    return np.clip(signal, 0.0, sensor.full_well_e)


def digitise(electrons: np.ndarray, sensor: Sensor) -> np.ndarray:
    """ADC counts, 0 … 2^bits − 1, with full scale at the full well."""
    return np.rint(electrons / sensor.full_well_e * (2**sensor.bit_depth - 1)).astype(np.uint32)


def volts(electrons: np.ndarray, sensor: Sensor) -> np.ndarray:
    """Voltage at the conversion node."""
    return electrons * (sensor.conversion_gain_uv_per_e * 1e-6)
