"""The wavefront error of a lens as Zernike polynomials over its pupil.

Pupil coordinates are in units of the aperture's radius, x to the right and y up, as the photographer behind the
camera sees them; θ runs counter-clockwise from +x. The wavefront error W is in µm, positive where the wave is ahead
of the sphere that converges on the sensor. So positive defocus, W growing towards the rim, is a lens too strong,
focused in front of the sensor (myopia in an eye), as in the standards cited.

References: ANSI Z80.28-2017; L. Thibos et al., "Standards for reporting the optical aberrations of eyes",
J. Refract. Surg. 18, 2002 (indices, normalisation, signs).
"""

import math
from collections.abc import Sequence

import numpy as np

from camsim.camera_parts import Optics

#: Lines F and C, between which chromatic defocus is counted, nm.
FRAUNHOFER_F_NM, FRAUNHOFER_C_NM = 486.1, 656.3


def order(index: int) -> tuple[int, int]:
    """Radial order n and azimuthal frequency m of the OSA/ANSI index j = (n(n + 2) + m)/2.

    Raises ValueError for a negative index.
    """
    if index < 0:
        raise ValueError(f"Zernike index {index} must be at least 0")
    n = (math.isqrt(8 * index + 1) - 1) // 2
    return n, 2 * index - n * (n + 2)


def zernike(index: int, rho: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Zernike polynomial of OSA/ANSI index j, of root mean square 1 over the unit disc (j = 0 is the constant 1).

    √(n + 1) R_n^0 for m = 0, √(2(n + 1)) R_n^|m| times cos(mθ) for m > 0 or sin(|m|θ) for m < 0.

    Parameters
    ----------
    index : 0, 1, 2, …
    rho, theta : radius over that of the pupil, angle in rad; shapes that broadcast.
    """
    n, m = order(index)
    rho, theta = np.asarray(rho, dtype=float), np.asarray(theta, dtype=float)
    half_sum, half_difference = (n + abs(m)) // 2, (n - abs(m)) // 2
    radial = np.zeros_like(rho)
    for k in range(half_difference + 1):  # Horner's scheme in ρ², highest power first
        factorials = math.factorial(k) * math.factorial(half_sum - k) * math.factorial(half_difference - k)
        radial = radial * rho**2 + (-1) ** k * (math.factorial(n - k) // factorials)
    radial *= rho ** abs(m)
    if m == 0:
        return math.sqrt(n + 1) * radial + 0 * theta
    return math.sqrt(2 * (n + 1)) * radial * (np.cos(m * theta) if m > 0 else np.sin(-m * theta))


def wavefront_um(
    zernike_um: Sequence[float], defocus_dpt: float, radius_mm: float, y: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Wavefront error, µm: Σ c_j Z_j + D r²/2 with r the distance from the axis in mm.

    A power error of D dioptres (1/m) is D R²/(4√3) µm of Z_4 and a constant, with R the aperture's radius in mm:
    two spheres of curvature c and c + D that touch on the axis are D r²/2 apart, and mm²/m are µm.

    Parameters
    ----------
    zernike_um : coefficients by OSA/ANSI index from 0, µm rms.
    defocus_dpt : error of power, dioptres; positive: too strong.
    radius_mm : radius of the aperture.
    y, x : pupil coordinates over `radius_mm`, y up; shapes that broadcast.
    """
    rho, theta = np.hypot(y, x), np.arctan2(y, x)
    total = (defocus_dpt * radius_mm**2 / 2) * rho**2
    for index, coefficient in enumerate(zernike_um):
        if coefficient:
            total += coefficient * zernike(index, rho, theta)
    return total


def defocus_dpt(optics: Optics, wavelength_nm: float) -> float:
    """Error of focus at a wavelength, dioptres: `defocus_dpt` plus the longitudinal chromatic one.

    The latter follows Cauchy's dispersion: linear in 1/λ², none at `focus_wavelength_nm`, and
    `chromatic_defocus_dpt` stronger at 486.1 nm (F) than at 656.3 nm (C).
    """
    shift = 1 / wavelength_nm**2 - 1 / optics.focus_wavelength_nm**2
    span = 1 / FRAUNHOFER_F_NM**2 - 1 / FRAUNHOFER_C_NM**2
    return optics.defocus_dpt + optics.chromatic_defocus_dpt * shift / span
