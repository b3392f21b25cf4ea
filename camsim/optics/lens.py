"""Through the lens: how much light reaches the sensor and how diffraction spreads it.

References: J. Goodman, Introduction to Fourier Optics, 3rd ed., ch. 6 (OTF of a circular pupil);
M. Born and E. Wolf, Principles of Optics, 7th ed., 8.5.2 (Airy pattern).
"""

import numpy as np
from scipy.special import j1

from camsim.camera import Optics
from camsim.light import spectra


def image_distance_mm(optics: Optics, distance_m: float) -> float:
    """Distance of the sharp image behind the lens, mm, for an object at `distance_m` (may be infinite)."""
    return 1.0 / (1.0 / optics.focal_length_mm - 1.0 / (distance_m * 1e3))


def magnification(optics: Optics, distance_m: float) -> float:
    """|m| = image distance / object distance; 0 for an object at infinity."""
    return image_distance_mm(optics, distance_m) / (distance_m * 1e3)


def working_fnumber(optics: Optics, distance_m: float) -> float:
    """N (1 + |m|): image distance over aperture diameter, which sets the diffraction blur."""
    return optics.fnumber * (1.0 + magnification(optics, distance_m))


def radiance_to_irradiance(optics: Optics, distance_m: float) -> float:
    """The camera equation: irradiance on the sensor per radiance of the scene, sr.

    π / (1 + 4 N² (1 + |m|)²), for a lens without losses.
    """
    return np.pi / (1.0 + 4.0 * working_fnumber(optics, distance_m) ** 2)


def transmittance(optics: Optics) -> np.ndarray:
    """Share of the light that passes the lens, per wavelength band: (31,). ValueError for a bad file."""
    share = np.full(len(spectra.WAVELENGTH_NM), optics.transmittance)
    if optics.transmittance_file:
        _, columns = spectra.read_csv(optics.transmittance_file, "optics.transmittance_file")
        if columns.shape[1] != 1 or columns.min() < 0 or columns.max() > 1:
            raise ValueError(
                f"optics.transmittance_file = {optics.transmittance_file!r}: must have one column, in [0, 1]"
            )
        share = share * columns[:, 0]
    return share


def relative_illumination(y_mm: np.ndarray, x_mm: np.ndarray, image_distance_mm: float) -> np.ndarray:
    """cos⁴ of the field angle at distances y × x from the axis: (len(y), len(x)), 1 on the axis.

    For a small pupil: cos² for the longer way, cos for the tilt of the pupil, cos for that of the sensor.
    """
    return (1 + (y_mm[:, None] ** 2 + x_mm**2) / image_distance_mm**2) ** -2.0


def diffraction_otf(frequency_per_mm: np.ndarray, wavelength_nm: float, fnumber: float) -> np.ndarray:
    """OTF of an ideal lens with a circular pupil, at radial frequencies in cycles/mm; any shape, in [0, 1].

    (2/π)(arccos ν − ν√(1 − ν²)) with ν = f λ N, zero from the cut-off 1/(λN) on.
    """
    nu = np.minimum(np.asarray(frequency_per_mm, dtype=float) * (wavelength_nm * 1e-6 * fnumber), 1.0)
    return (2.0 / np.pi) * (np.arccos(nu) - nu * np.sqrt(1.0 - nu * nu))


def cutoff_per_mm(wavelength_nm: float, fnumber: float) -> float:
    """Highest frequency an ideal lens passes, cycles/mm: 1/(λN)."""
    return 1.0 / (wavelength_nm * 1e-6 * fnumber)


def airy_psf(radius_um: np.ndarray, wavelength_nm: float, fnumber: float) -> np.ndarray:
    """PSF of an ideal lens, per µm², at distances from its centre in µm; integrates to 1 over the plane.

    π/(4 (λN)²) · (2 J₁(u)/u)², u = π r/(λN); the first zero lies at 1.22 λN.
    """
    scale_um = wavelength_nm * 1e-3 * fnumber
    u = np.pi * np.asarray(radius_um, dtype=float) / scale_um
    safe = np.where(u == 0, 1.0, u)
    return np.pi / (4 * scale_um**2) * np.where(u == 0, 1.0, 2 * j1(safe) / safe) ** 2
