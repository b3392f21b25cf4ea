"""A picture as a scene: spectral radiance in front of the lens."""

import functools

import numpy as np

from camsim.camera_parts import Scene
from camsim.light import illuminants, spectra
from camsim.light.colour import xyz_to_linear
from camsim.scene.cube import Cube

#: Widest field of view; beyond it a flat picture before a lens makes little sense.
MAX_FOV_DEG = 120.0

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


def fov_deg(scene: Scene, columns: int) -> float:
    """Horizontal field of view of a picture: the scene's own, or so much per column."""
    fov = scene.pixel_deg * columns if scene.fov_deg is None else scene.fov_deg
    if not fov <= MAX_FOV_DEG:
        raise ValueError(
            f"a picture of {columns} columns at scene.pixel_deg = {scene.pixel_deg:g} is {fov:.4g}° wide, "
            f"more than {MAX_FOV_DEG}°: give scene.fov_deg"
        )
    return fov


def illuminant(scene: Scene) -> np.ndarray:
    """Spectral radiance of a perfect white under the scene's light, (31,), W sr⁻¹ m⁻² nm⁻¹."""
    return _white(scene.illuminant, scene.luminance_cd_m2)


def _white(illuminant: str, luminance_cd_m2: float) -> np.ndarray:
    power = illuminants.spectrum(illuminant)
    return power / spectra.luminance(power) * luminance_cd_m2


def primaries(scene: Scene) -> np.ndarray:
    """Photon radiance of the scene's three primaries at full drive: (31, 3), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹.

    Their sum, the scene's white, has `scene.luminance_cd_m2`. Under D65 the primaries are those of sRGB; another
    illuminant falls on the same three reflectances.
    """
    return _primaries(scene.illuminant, scene.luminance_cd_m2)


@functools.lru_cache(maxsize=32)
def _primaries(illuminant: str, luminance_cd_m2: float) -> np.ndarray:
    d65 = spectra.table("d65")[:, 0]
    reflectance = unit_primaries() / (d65 / spectra.luminance(d65))[:, None]
    lit = reflectance * _white(illuminant, luminance_cd_m2)[:, None]
    found = spectra.to_photons(lit, axis=0)
    found.setflags(write=False)
    return found


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


def cube_radiance(cube: Cube, scene: Scene) -> np.ndarray:
    """Photon radiance (H, W, 31) of a hyperspectral scene.

    Reflectances are lit by the scene's illuminant; radiances are absolute and stay as they are.
    """
    if cube.kind == "photons":
        return cube.values
    if cube.kind == "radiance":
        return spectra.to_photons(cube.values)
    return spectra.to_photons(cube.values * illuminant(scene))


def to_srgb_linear(photons: np.ndarray, scene: Scene) -> np.ndarray:
    """How a spectral scene looks: linear sRGB (H, W, 3) clipped to [0, 1], 1 at the luminance of the scene's white."""
    energy = photons / spectra.to_photons(np.ones(photons.shape[-1]))
    return np.clip(xyz_to_linear(100 * spectra.xyz(energy) / scene.luminance_cd_m2), 0, 1)


def brightness(photons_mean: np.ndarray, scene: Scene) -> float:
    """Factor that gives the scene its `mean_luminance_cd_m2`, if it has one, from its mean photon radiance (31,)."""
    if scene.mean_luminance_cd_m2 is None:
        return 1.0
    mean = spectra.luminance(photons_mean / spectra.to_photons(np.ones(len(photons_mean))))
    if mean <= 0:
        raise ValueError("scene.mean_luminance_cd_m2 cannot be reached by a black scene")
    return float(scene.mean_luminance_cd_m2 / mean)
