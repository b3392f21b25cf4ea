"""The colour matrix: from the sensor's colours to linear sRGB.

Reference: G. Finlayson and M. Drew, "White-point preserving color correction", Color Imaging Conference 1997 (least
squares that keep white).
"""

import functools

import numpy as np

from camsim.camera import Camera
from camsim.camera_parts import Sensor
from camsim.light import spectra
from camsim.light.colour import xyz_to_linear
from camsim.sensor import pixels

#: Mixtures of sensor channels whose spread over the patches is this small, beside the largest, are noise.
MATRIX_RCOND = 0.02


@functools.lru_cache(maxsize=32)
def _colour_matrix(efficiency: bytes, channels: int) -> np.ndarray:
    respond = np.frombuffer(efficiency).reshape(-1, channels)
    white = spectra.table("d65")[:, 0]
    patches = white[:, None] * spectra.table("colorchecker")  # energy radiance, (31, 24)
    target = xyz_to_linear(100 * spectra.xyz(patches.T) / spectra.luminance(white))
    raw_white = spectra.to_photons(white) @ respond
    raw = spectra.to_photons(patches, axis=0).T @ respond / raw_white.max()
    raw_white = raw_white / raw_white.max()
    inverse = np.linalg.pinv(raw, rcond=MATRIX_RCOND)
    free, pull = inverse @ target, inverse @ inverse.T @ raw_white
    matrix = free + np.outer(pull, 1.0 - raw_white @ free) / (raw_white @ pull)
    matrix.setflags(write=False)
    return matrix


def colour_matrix(sensor: Sensor) -> np.ndarray:
    """Matrix (channels, 3) from sensor values (white's brightest channel = 1) to linear sRGB: ``raw @ matrix``.

    Least squares over the 24 ColorChecker patches lit by D65, held to map D65 itself to (1, 1, 1). Mixtures of the
    channels that hardly differ between patches (white against red + green + blue) are left out: they would add
    little but noise.
    """
    efficiency = np.ascontiguousarray(pixels.quantum_efficiency(sensor))
    return _colour_matrix(efficiency.tobytes(), efficiency.shape[1])


def to_rgb(planes: np.ndarray, camera: Camera) -> np.ndarray:
    """Sensor channels (channels, H, W) to red, green and blue (3, H, W), by the colour matrix or without."""
    rule, letters = camera.isp.color_matrix, pixels.colours(camera.sensor)
    if rule == "none":
        return planes[[letters.find(c) for c in "rgb"]] if len(letters) > 1 else np.repeat(planes, 3, axis=0)
    matrix = colour_matrix(camera.sensor).T if rule == "colorchecker" else np.reshape(rule, (3, 3))
    return (matrix.astype(planes.dtype) @ planes.reshape(len(planes), -1)).reshape(3, *planes.shape[1:])
