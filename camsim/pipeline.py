"""The whole camera: a picture goes in, a degraded picture comes out.

Two exact paths lead to the electrons. The spectral path filters every wavelength band. The fast path uses that
an sRGB scene has only three independent spectra, so that lens, filters and pixel aperture fold into nine
transfer functions, once per camera and picture size. A test holds the two together.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from camsim import cosine, isp, optics, scene, sensor, spectra
from camsim.camera import Camera
from camsim.colour import srgb_decode
from camsim.image import resize

#: Largest number of spatial frequencies worked with: their transfer functions take 72 bytes each.
MAX_FREQUENCIES = 24_000_000


@dataclass(frozen=True, slots=True)
class Render:
    """What a camera made of a picture."""

    rgb: np.ndarray  #: (H, W, 3) sRGB values [0, 1]: the finished picture, one pixel per sensor pixel
    linear: np.ndarray  #: (H, W, 3) the same in linear light
    electrons: np.ndarray | None  #: (H, W) electrons per pixel; None without a sensor
    exposure_s: float | None
    box: tuple[float, float, float, float]  #: top, left, bottom, right of the scene within `rgb`, in pixels

    def reduced(self, size: tuple[int, int]) -> np.ndarray:
        """The scene's part of the picture at `size` = (rows, columns), registered with the scene."""
        return resize(self.rgb, size, self.box)


def image_size_mm(camera: Camera, rows: int, columns: int) -> tuple[float, float]:
    """Height and width of the picture's image behind the lens."""
    distance = optics.image_distance_mm(camera.optics, camera.scene.distance_m)
    width = 2 * distance * math.tan(math.radians(camera.scene.fov_deg / 2))
    return width * rows / columns, width


def render(rgb: np.ndarray, camera: Camera, *, seed: int = 0) -> Render:
    """Photograph a picture.

    Parameters
    ----------
    rgb : (H, W, 3), sRGB values in [0, 1].
    seed : decides the noise; the same seed gives the same values.

    Raises
    ------
    ValueError
        If `rgb` is not such an array, or black under automatic exposure.
    """
    rgb = np.asarray(rgb, dtype=float)
    if rgb.ndim != 3 or rgb.shape[2] != 3 or min(rgb.shape[:2]) < 1:
        raise ValueError(f"a picture must have shape (H, W, 3), not {rgb.shape}")
    if not (np.isfinite(rgb).all() and rgb.min() >= 0 and rgb.max() <= 1):
        raise ValueError("a picture's sRGB values must lie in [0, 1]")
    linear = srgb_decode(rgb)
    rows, columns = rgb.shape[:2]
    if camera.ideal:
        return Render(rgb, linear, None, None, (0.0, 0.0, float(rows), float(columns)))
    rate, grid = electron_rate(linear, camera)
    exposure_s = sensor.exposure_time(camera.sensor, rate)
    electrons = sensor.expose(rate, exposure_s, camera.sensor, np.random.default_rng(seed))
    linear, finished = isp.process(sensor.digitise(electrons, camera.sensor), camera, exposure_s)
    return Render(finished, linear, electrons, exposure_s, grid.image_box())


def electron_rate(linear: np.ndarray, camera: Camera) -> tuple[np.ndarray, sensor.Grid]:
    """Noise-free electrons/s in every pixel of the mosaic, for a linear sRGB picture (H, W, 3)."""
    rows, columns = linear.shape[:2]
    transfer = _rgb_transfer(camera, rows, columns)
    series = cosine.series(np.moveaxis(linear, -1, 0), transfer.shape[2:])
    coefficients = np.einsum("ksyx,syx->kyx", transfer, series)
    return _sample(coefficients, camera, rows, columns)


def electron_rate_spectral(radiance: np.ndarray, camera: Camera) -> tuple[np.ndarray, sensor.Grid]:
    """The same for a scene given as photon radiance (H, W, 31), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹, band by band."""
    rows, columns = radiance.shape[:2]
    fy, fx = _frequencies(camera, rows, columns)
    coefficients = np.zeros((3, len(fy), len(fx)))
    for band, (transfer, response) in enumerate(_bands(camera, fy, fx)):
        series = cosine.series(radiance[None, ..., band], transfer.shape)[0]
        coefficients += response[:, None, None] * (transfer * series)
    return _sample(coefficients, camera, rows, columns)


def _frequencies(camera: Camera, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Every frequency of the picture's cosine series that the lens passes, cycles/mm, along y and x."""
    fnumber = optics.working_fnumber(camera.optics, camera.scene.distance_m)
    cutoff = optics.cutoff_per_mm(spectra.WAVELENGTH_NM[0], fnumber)
    extents = image_size_mm(camera, rows, columns)
    orders = [math.ceil(2 * extent * cutoff) + 1 for extent in extents]
    if math.prod(orders) > MAX_FREQUENCIES:
        raise ValueError(
            f"{extents[1]:.3g}×{extents[0]:.3g} mm at f/{camera.optics.fnumber:g} has {math.prod(orders):,} "
            f"spatial frequencies, more than {MAX_FREQUENCIES:,}: lower scene.fov_deg or raise optics.fnumber"
        )
    return tuple(cosine.frequencies(order, extent) for order, extent in zip(orders, extents, strict=True))


def _bands(camera: Camera, fy: np.ndarray, fx: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Per wavelength band: the OTF of lens and pixel (fy, fx), and electrons/s per photon radiance (3,)."""
    fnumber = optics.working_fnumber(camera.optics, camera.scene.distance_m)
    radial = np.hypot(fy[:, None], fx)
    pixel = sensor.aperture_mtf(fy, camera.sensor)[:, None] * sensor.aperture_mtf(fx, camera.sensor)
    area_m2 = (sensor.aperture_side_mm(camera.sensor) * 1e-3) ** 2
    gain = optics.radiance_to_irradiance(camera.optics, camera.scene.distance_m) * area_m2 * spectra.BAND_NM
    for wavelength, efficiency in zip(spectra.WAVELENGTH_NM, spectra.bayer_qe(), strict=True):
        yield optics.diffraction_otf(radial, wavelength, fnumber) * pixel, gain * efficiency


@functools.lru_cache(maxsize=8)
def _rgb_transfer(camera: Camera, rows: int, columns: int) -> np.ndarray:
    """Electrons/s in sensor channel k per unit of sRGB primary s, at every frequency: (k, s, fy, fx)."""
    fy, fx = _frequencies(camera, rows, columns)
    primaries = scene.primaries(camera.scene)
    transfer = np.zeros((3, 3, len(fy), len(fx)))
    for (otf, response), photons in zip(_bands(camera, fy, fx), primaries, strict=True):
        transfer += np.outer(response, photons)[..., None, None] * otf
    transfer.setflags(write=False)
    return transfer


def _sample(coefficients: np.ndarray, camera: Camera, rows: int, columns: int) -> tuple[np.ndarray, sensor.Grid]:
    """Evaluate each channel's series (3, fy, fx) at the pixels that carry its colour."""
    height, width = image_size_mm(camera, rows, columns)
    grid = sensor.grid(camera.sensor, height, width)
    y, x = grid.positions_mm()
    along_y = cosine.basis(y, height, coefficients.shape[1])
    along_x = cosine.basis(x, width, coefficients.shape[2])
    mosaic = np.empty((grid.rows, grid.columns))
    for (i, j), channel in np.ndenumerate(sensor.cfa_index(camera.sensor)):
        mosaic[i::2, j::2] = along_y[i::2] @ coefficients[channel] @ along_x[j::2].T
    return np.maximum(mosaic, 0.0), grid  # −1e-18 where black: rounding
