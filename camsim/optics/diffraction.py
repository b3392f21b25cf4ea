"""A lens without aberrations and with a round aperture: the Airy OTF and PSF.

References: J. Goodman, Introduction to Fourier Optics, 3rd ed., ch. 6 (OTF of a circular pupil);
M. Born and E. Wolf, Principles of Optics, 7th ed., 8.5.2 (Airy pattern).
"""

import numpy as np
from scipy.special import j1


def diffraction_otf(frequency_per_mm: np.ndarray, wavelength_nm: float, fnumber: float) -> np.ndarray:
    """OTF of an ideal lens with a circular pupil, at radial frequencies in cycles/mm; any shape, in [0, 1].

    Zero from the cut-off 1/(λN) on.
    """
    return otf(np.asarray(frequency_per_mm, dtype=float) * (wavelength_nm * 1e-6 * fnumber))


def otf(nu: np.ndarray) -> np.ndarray:
    """The same at ν = f λ N, frequency over cut-off: (2/π)(arccos ν − ν√(1 − ν²))."""
    nu = np.minimum(nu, 1.0)
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
