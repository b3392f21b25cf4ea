"""A picture as a scene: spectral radiance in front of the lens."""

import functools

import numpy as np

from camsim import spectra
from camsim.camera import Scene

#: CIE xy of red, green and blue (IEC 61966-2-1).
SRGB_CHROMATICITY = np.array([[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]])


@functools.cache
def unit_primaries() -> np.ndarray:
    """Spectral radiance of the sRGB primaries under D65 for a white of 1 cd/m²: (31, 3), W sr⁻¹ m⁻² nm⁻¹.

    Three smooth reflectances that sum to one are lit by D65 and mixed so that the primaries have exactly the
    chromaticities of sRGB. Their sum, white, is then D65 itself, band by band: the mixture with D65's XYZ
    is unique.
    """
    display = spectra.reflectance_display()
    d65 = spectra.table("d65")[:, 0]
    lit = display / display.sum(axis=1, keepdims=True) * (d65 / spectra.luminance(d65))[:, None]
    x, y = SRGB_CHROMATICITY.T
    wanted = np.stack([x / y, np.ones(3), (1 - x - y) / y])  # XYZ of the primaries, a column each, for Y = 1
    white = spectra.xyz(lit.sum(axis=1))
    wanted *= np.linalg.solve(wanted, white)
    primaries = lit @ np.linalg.solve(spectra.xyz(lit.T).T, wanted)
    primaries.setflags(write=False)
    return primaries


def primaries(scene: Scene) -> np.ndarray:
    """Photon radiance of the scene's three primaries at full drive.

    Returns (31, 3), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹; their sum, the scene's white, is D65 of `scene.luminance_cd_m2`.
    """
    return spectra.to_photons(unit_primaries() * scene.luminance_cd_m2, axis=0)


def radiance(linear: np.ndarray, scene: Scene) -> np.ndarray:
    """Photon radiance of a linear picture: every pixel mixes the sRGB primaries.

    Parameters
    ----------
    linear : (H, W, 3), linear light in [0, 1].

    Returns
    -------
    (H, W, 31), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹.

    References
    ----------
    Farrell et al., "A simulation tool for evaluating digital camera image quality", Proc. SPIE 5294, 2004.
    """
    return np.asarray(linear) @ primaries(scene).T
