"""The image processor: from raw counts to a picture.

References: spec of ISETCam's default processor (bilinear demosaic, matrix from the ColorChecker); G. Finlayson and
M. Drew, "White-point preserving color correction", Color Imaging Conference 1997 (least squares that keep white).
"""

import functools

import numpy as np
from scipy.ndimage import correlate

from camsim import sensor as sensing
from camsim import spectra
from camsim.camera import Camera, Sensor
from camsim.colour import srgb_encode, xyz_to_linear


def normalise(counts: np.ndarray, sensor: Sensor, exposure_s: float) -> np.ndarray:
    """ADC counts to the share of the full well, (H, W), with the expected dark signal subtracted.

    Cameras learn the dark signal from shielded pixels; here it is known. Values may be slightly negative.
    """
    share = counts / (2**sensor.bit_depth - 1)
    return share - sensor.dark_current_e_per_s * exposure_s / sensor.full_well_e if sensor.noise else share


def demosaic_bilinear(mosaic: np.ndarray, tile: np.ndarray) -> np.ndarray:
    """Fill in the two missing colours of every pixel from its neighbours, bilinearly.

    Parameters
    ----------
    mosaic : (H, W), any unit.
    tile : (2, 2) channel numbers 0, 1, 2 of the colour-filter array.

    Returns
    -------
    (H, W, 3). The border is mirrored without repeating the edge, which keeps the colours in phase.
    """
    kernel = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]])
    planes = []
    for channel in range(3):
        mask = np.tile(tile == channel, (mosaic.shape[0] // 2, mosaic.shape[1] // 2)).astype(float)
        total = correlate(mosaic * mask, kernel, mode="mirror")
        plane = total / correlate(mask, kernel, mode="mirror")
        planes.append(np.where(mask > 0, mosaic, plane))  # what was measured stays as measured
    return np.stack(planes, axis=-1)


@functools.cache
def colour_matrix() -> np.ndarray:
    """3×3 matrix from sensor RGB (share of the well, white's brightest channel = 1) to linear sRGB.

    Least squares over the 24 ColorChecker patches lit by D65, held to map D65 itself to (1, 1, 1).
    Use as ``rgb @ matrix``.
    """
    white = spectra.table("d65")[:, 0]
    patches = white[:, None] * spectra.table("colorchecker")  # energy radiance, (31, 24)
    target = xyz_to_linear(100 * spectra.xyz(patches.T) / spectra.luminance(white))
    respond = spectra.bayer_qe()
    raw_white = spectra.to_photons(white) @ respond
    raw = spectra.to_photons(patches, axis=0).T @ respond / raw_white.max()
    raw_white = raw_white / raw_white.max()
    inverse = np.linalg.inv(raw.T @ raw)
    free = inverse @ raw.T @ target
    pull = inverse @ raw_white
    matrix = free + np.outer(pull, 1.0 - raw_white @ free) / (raw_white @ pull)
    matrix.setflags(write=False)
    return matrix


def process(counts: np.ndarray, camera: Camera, exposure_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Raw counts (H, W) to the linear picture and the finished one, both (H, W, 3) in [0, 1]."""
    share = normalise(counts, camera.sensor, exposure_s)
    rgb = demosaic_bilinear(share, sensing.cfa_index(camera.sensor))
    if camera.isp.color_matrix == "colorchecker":
        rgb = rgb @ colour_matrix()
    linear = np.clip(rgb, 0.0, 1.0)
    return linear, srgb_encode(linear) if camera.isp.tone == "srgb" else linear
