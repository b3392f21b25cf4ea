"""The lens of `camsim.isetcam`: what its module text says of geometry, frame, frequencies and fall-off is done here.

References: P. Catrysse, "Optimization of CMOS image sensor pixels", thesis, Stanford 2000 (camera equation, relative
illumination); J. Goodman, Introduction to Fourier Optics, 3rd ed., ch. 6 (OTF).
"""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from scipy.fft import irfft2, rfft2

from camsim.light import spectra
from camsim.optics import diffraction

#: Share of the brightest value with which pictures are framed.
FRAME_LEVEL = 1e-9


def irradiance(
    photons: np.ndarray,
    *,
    fov_deg: float,
    distance_m: float,
    fnumber: float,
    focal_length_mm: float,
    transmittance: float | np.ndarray = 1.0,
    relative_illumination: bool = True,
) -> tuple[np.ndarray, float]:
    """The framed image behind a diffraction-limited lens, and its sample spacing.

    Parameters
    ----------
    photons : (H, W, 31) photon radiance, photons s⁻¹ sr⁻¹ m⁻² nm⁻¹; H and W at least 2.
    fov_deg : of the picture, horizontally, without the frame.
    distance_m : of the picture; may be infinite.
    transmittance : of the lens, (31,) or one number.

    Returns
    -------
    Photons s⁻¹ m⁻² nm⁻¹, (H + 2 round(H/8), W + 2 round(W/8), 31), and the spacing at the image distance, µm.
    """
    rows, columns, bands = photons.shape
    if bands != len(spectra.WAVELENGTH_NM) or min(rows, columns) < 2:
        raise ValueError(f"photon radiance must have shape (H, W, 31), at least 2×2, not {photons.shape}")
    planes = np.ascontiguousarray(np.moveaxis(photons, -1, 0))
    images = through_lens(
        lambda band: planes[band],
        rows,
        columns,
        fov_deg=fov_deg,
        distance_m=distance_m,
        fnumber=fnumber,
        focal_length_mm=focal_length_mm,
        transmittance=np.broadcast_to(transmittance, bands),
        relative_illumination=relative_illumination,
    )
    return stack(images), sample_spacing_um(columns, fov_deg, distance_m, focal_length_mm)


def stack(images: Iterable[np.ndarray]) -> np.ndarray:
    """31 bands (H, W) as one array (H, W, 31), which in memory stays band after band."""
    images = iter(images)
    first = next(images)
    kept = np.empty((len(spectra.WAVELENGTH_NM), *first.shape))
    kept[0] = first
    for band, image in enumerate(images, start=1):
        kept[band] = image
    return np.moveaxis(kept, 0, -1)


def sample_spacing_um(columns: int, fov_deg: float, distance_m: float, focal_length_mm: float) -> float:
    """Distance of neighbouring samples at the image distance, for a picture of `columns`, `fov_deg` wide."""
    image_distance_mm = 1.0 / (1.0 / focal_length_mm - 1.0 / (distance_m * 1e3))
    return 2e3 * image_distance_mm * math.tan(math.radians(fov_deg / 2)) / columns


def through_lens(
    band: Callable[[int], np.ndarray],
    rows: int,
    columns: int,
    *,
    fov_deg: float,
    distance_m: float,
    fnumber: float,
    focal_length_mm: float,
    transmittance: np.ndarray,
    relative_illumination: bool,
) -> Iterator[np.ndarray]:
    """Band after band of the image behind the lens; `band(b)` gives the photon radiance (rows, columns)."""
    magnification = 1.0 / (distance_m * 1e3 / focal_length_mm - 1.0)
    gain = transmittance * (np.pi / (1.0 + 4.0 * (fnumber * (1.0 + magnification)) ** 2))
    spacing_mm = 2 * focal_length_mm * math.tan(math.radians(fov_deg / 2)) / columns
    fall_off: float | np.ndarray = 1.0
    if relative_illumination:
        fall_off = relative_illumination_at(rows, columns, spacing_mm, focal_length_mm=focal_length_mm, fnumber=fnumber)
    top, left = (math.floor(n / 8 + 0.5) for n in (rows, columns))
    shape = height, width = rows + 2 * top, columns + 2 * left
    frame = FRAME_LEVEL * max(float((band(b) * fall_off).max()) * gain[b] for b in range(len(gain)))
    # Cycles per degree over degrees per mm along x: exact along x, distorted along y.
    stretch_y, stretch_x = (_length_per_angle(n * spacing_mm / 2, focal_length_mm) for n in shape)
    fy = _frequencies(height, spacing_mm) * (stretch_y / stretch_x)
    radial = np.hypot(fy[:, None], _frequencies(width, spacing_mm))
    for b, wavelength_nm in enumerate(spectra.WAVELENGTH_NM):
        plane = np.full(shape, frame)
        plane[top : top + rows, left : left + columns] = gain[b] * (band(b) * fall_off)
        spectrum = rfft2(plane)
        otf = diffraction.diffraction_otf(radial, wavelength_nm, fnumber)
        half = height // 2 + 1
        spectrum[:half] *= otf
        spectrum[half:] *= otf[height - half : 0 : -1]  # negative frequencies
        yield np.abs(irfft2(spectrum, s=shape, overwrite_x=True))


def _length_per_angle(half_mm: float, focal_length_mm: float) -> float:
    return half_mm / math.atan(half_mm / focal_length_mm)


def _frequencies(count: int, spacing_mm: float) -> np.ndarray:
    """From zero to the Nyquist limit, which odd counts reach as well: (count // 2 + 1,), cycles/mm."""
    half = count // 2
    return np.arange(half + 1) / (half * 2 * spacing_mm)


def relative_illumination_at(
    rows: int, columns: int, spacing_mm: float, *, focal_length_mm: float, fnumber: float
) -> np.ndarray:
    """Relative illumination of an image's samples, (rows, columns), for a lens focused at infinity.

    cos⁴ of the field angle where the focal length exceeds ten image diagonals; else the expression for a pupil of
    finite size, with the sine of its half angle taken to be 1/(1 + 4N²) as in the reference.
    """
    y, x = ((np.arange(n) - (n - 1) / 2) * spacing_mm for n in (rows, columns))
    tan2_field = (y[:, None] ** 2 + x**2) / focal_length_mm**2
    if focal_length_mm > 10 * math.hypot(rows, columns) * spacing_mm:
        return (1 + tan2_field) ** -2.0
    sin2 = 1 / (1 + 4 * fnumber**2) ** 2
    cos2 = 1 - sin2
    tan2 = sin2 / cos2
    root = np.sqrt(tan2_field**2 + 2 * tan2_field * (1 - tan2) + 1 / cos2**2)
    return (1 - (1 - tan2 + tan2_field) / root) / (2 * sin2)
