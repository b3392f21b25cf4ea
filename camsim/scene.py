"""A picture as a scene: spectral radiance in front of the lens."""

import numpy as np

from camsim import spectra
from camsim.camera import Scene


def primaries(scene: Scene) -> np.ndarray:
    """Photon radiance of the scene's three primaries at full drive.

    Returns (31, 3), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹; their sum, the scene's white, has `scene.luminance_cd_m2`.
    """
    energy = spectra.srgb_primaries()
    white = spectra.luminance(energy.sum(axis=1))
    return spectra.to_photons(energy * (scene.luminance_cd_m2 / white), axis=0)


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
