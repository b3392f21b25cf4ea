"""Sampling and processing of `camsim.isetcam`: from the light behind the lens to volts, from volts to a picture.

References: J. Farrell, M. Okincha, M. Parmar, "Sensor calibration and simulation", Proc. SPIE 6817, 2008;
J. Farrell, F. Xiao, P. Catrysse, B. Wandell, "A simulation tool for evaluating digital camera image quality", Proc.
SPIE 5294, 2004; IEC 61966-2-1 (sRGB).
"""

import functools
import math
from importlib import resources

import numpy as np
from scipy.ndimage import correlate
from scipy.sparse import csr_array

from camsim.light import spectra
from camsim.light.colour import srgb_encode

#: XYZ to linear sRGB with the four decimals that ISETCam uses; row by row.
XYZ_TO_SRGB = np.array([[3.2410, -1.5374, -0.4986], [-0.9692, 1.8760, 0.0416], [0.0556, -0.2040, 1.0570]])


# --- sampling by the pixels ----------------------------------------------------------------------------------------


def sensor_size(rows: int, columns: int, *, fov_deg: float, focal_length_mm: float, pitch_um: float) -> tuple[int, int]:
    """Pixels along y and x of the sensor that sees a picture of rows × columns, `fov_deg` wide.

    The picture's size at the focal length in pixels, rounded, then rounded up to whole 2×2 tiles.
    """
    width = 2e3 * focal_length_mm * math.tan(math.radians(fov_deg / 2)) / pitch_um
    high, wide = (math.floor(extent + 0.5) for extent in (width * rows / columns, width))
    return max(2, high + high % 2), max(2, wide + wide % 2)


def sample(
    density: np.ndarray, spacing_um: float, shape: tuple[int, int], pitch_um: float, tile: np.ndarray
) -> np.ndarray:
    """Channels (H, W, channels) at the centres of the pixels that carry their colour: mosaic of the given shape."""
    along_y, along_x = (
        _sampler(pixels, pitch_um, samples, spacing_um)
        for pixels, samples in zip(shape, density.shape[:2], strict=True)
    )
    mosaic = np.empty(shape)
    a, b = tile.shape
    for (i, j), channel in np.ndenumerate(tile):
        mosaic[i::a, j::b] = (along_x[j::b] @ (along_y[i::a] @ density[..., channel]).T).T
    return mosaic


def _sampler(pixels: int, pitch_um: float, samples: int, spacing_um: float) -> csr_array:
    """One axis: from samples to pixel centres, (pixels, samples).

    A Gaussian of k = ⌈pitch/spacing⌉ taps, σ = k/4 samples, dark beyond the border; then linear interpolation, zero
    outside. Tap j of the output at i takes the sample i + ⌊k/2⌋ − j, which is off centre for even k.
    """
    taps = math.ceil(pitch_um / spacing_um)
    offset = np.arange(taps)
    kernel = np.exp(-(((offset - (taps - 1) / 2) / (taps / 4)) ** 2) / 2)
    kernel /= kernel.sum()
    at = (np.arange(pixels) - (pixels - 1) / 2) * (pitch_um / spacing_um) + (samples - 1) / 2
    inside = (at >= 0) & (at <= samples - 1)
    first = np.clip(np.floor(at), 0, samples - 2).astype(int)
    second = np.where(inside, at - first, 0.0)
    columns = np.stack([first, first + 1], axis=1)[..., None] + taps // 2 - offset
    weights = np.stack([np.where(inside, 1.0 - second, 0.0), second], axis=1)[..., None] * kernel
    keep = (columns >= 0) & (columns < samples) & (weights != 0)
    rows = np.broadcast_to(np.arange(pixels)[:, None, None], columns.shape)
    return csr_array((weights[keep], (rows[keep], columns[keep])), shape=(pixels, samples))


# --- the image processor -------------------------------------------------------------------------------------------


def processor(
    volts: np.ndarray, swing_v: float, tile: np.ndarray, efficiency: np.ndarray, *, bit_depth: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demosaic, convert to the LCD-Apple display, scale by the brightest value.

    Without an ADC the brightest value of the picture is the brightest voltage over `swing_v`; behind an ADC of
    `bit_depth` > 0 it is 1. A black mosaic gives a black picture.

    Parameters
    ----------
    volts : (H, W), whole tiles, at most `swing_v`.
    tile : (2, 2) numbers of the channels in the colour-filter array.
    efficiency : (31, 3) electrons per photon.

    Returns
    -------
    Demosaiced volts or counts; linear drive of the display's primaries, [0, 1]; sRGB values, [0, 1]: (H, W, 3) each.
    """
    raw = np.asarray(volts, dtype=float)
    if bit_depth:
        raw = np.floor(raw / (swing_v / 2**bit_depth) + 0.5)  # full scale gives 2ⁿ
    demosaiced = demosaic(raw, tile)
    xyz = np.maximum(demosaiced @ sensor_to_xyz(efficiency), 0.0)
    display = xyz @ np.linalg.inv(_display_xyz())
    if display.max() <= 0:
        return demosaiced, np.zeros_like(display), np.zeros_like(display)
    display /= display.max()
    linear = np.maximum(display, 0.0) if bit_depth else np.clip(display * (volts.max() / swing_v), 0.0, swing_v)
    return demosaiced, linear, to_srgb(linear)


def demosaic(mosaic: np.ndarray, tile: np.ndarray) -> np.ndarray:
    """(H, W) to (H, W, channels): the plain bilinear rule.

    A colour on a diagonal of the 2×2 tile takes the mean of its four direct neighbours, any other is interpolated
    along both axes. The border is mirrored without repeating the edge.
    """
    repeat = mosaic.shape[0] // 2, mosaic.shape[1] // 2
    planes = []
    for channel in range(int(tile.max()) + 1):
        here = tile == channel
        diagonal = (here[0, 0] and here[1, 1]) or (here[0, 1] and here[1, 0])
        kernel = [[0, 1, 0], [1, 4, 1], [0, 1, 0]] if diagonal else [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
        plane = np.where(np.tile(here, repeat), mosaic, 0.0)
        planes.append(correlate(plane, np.array(kernel) / 4.0, mode="mirror"))
    return np.stack(planes, axis=-1)


def sensor_to_xyz(efficiency: np.ndarray) -> np.ndarray:
    """3×3 matrix from sensor colours to XYZ in any unit, for use as ``rgb @ matrix``.

    For ISETCam's default sensor the numbers that it gets in single precision, else `fit_sensor_to_xyz`.
    """
    return _default_matrix() if np.array_equal(efficiency, spectra.bayer_qe()) else fit_sensor_to_xyz(efficiency)


def fit_sensor_to_xyz(efficiency: np.ndarray) -> np.ndarray:
    """Least squares over the 24 ColorChecker patches under ISETCam's D65, whatever the light of the scene."""
    light = spectra.table("isetcam_d65") * spectra.table("isetcam_macbeth")  # photons, (31, 24)
    per_photon = spectra.table("cie1931") / spectra.WAVELENGTH_NM[:, None]
    return np.linalg.lstsq(light.T @ efficiency, light.T @ per_photon, rcond=None)[0]


@functools.cache
def _default_matrix() -> np.ndarray:
    with (resources.files("camsim") / "data" / "isetcam_matrix.csv").open(encoding="utf-8") as file:
        matrix = np.loadtxt((line for line in file if not line.startswith("#")), delimiter=",", skiprows=1)
    matrix.setflags(write=False)
    return matrix


def _display_xyz() -> np.ndarray:
    """XYZ, Y in cd/m², of the three LCD-Apple primaries at full drive, a row each."""
    return spectra.xyz(spectra.table("lcd_apple").T)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """What the LCD-Apple display shows at the drive (..., 3), as sRGB values, [0, 1].

    The brightest luminance is white, unless it is below 1 cd/m²: then 1 cd/m² is.
    """
    xyz = linear @ _display_xyz()
    xyz /= max(float(xyz[..., 1].max()), 1.0)
    return srgb_encode(xyz @ XYZ_TO_SRGB.T)
