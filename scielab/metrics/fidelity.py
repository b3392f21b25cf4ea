"""PSNR and SSIM: how near a picture's numbers are to those of its reference.

Reference: Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment: from error visibility to structural
similarity", IEEE Trans. Image Processing 13 (2004) 600-612.
"""

import numpy as np
from scipy import ndimage

#: Side of SSIM's window in pixels; it lies wholly within the picture.
SSIM_WINDOW_PX = 11

# Of the 2004 paper: σ of the Gaussian window in pixels, and what keeps the quotients finite, for values in [0, 1].
_SIGMA_PX, _C1, _C2 = 1.5, 0.01**2, 0.03**2


def psnr_db(reference: np.ndarray, test: np.ndarray) -> float:
    """PSNR of (H, W, 3) sRGB values in [0, 1] in dB, over all channels and pixels.

    At most 100 dB, which equal pictures get: a mean over pictures stays a number.
    """
    error = float(np.mean((reference - test) ** 2))
    return -10.0 * float(np.log10(max(error, 1e-10)))


def check_size(picture: np.ndarray) -> None:
    """Raise ValueError where a picture (H, W, …) is smaller than SSIM's window."""
    if min(picture.shape[:2]) < SSIM_WINDOW_PX:
        raise ValueError(f"SSIM needs {SSIM_WINDOW_PX}×{SSIM_WINDOW_PX} pixels, not {picture.shape[:2]}")


def ssim(reference: np.ndarray, test: np.ndarray) -> float:
    """SSIM of (H, W, C) sRGB values in [0, 1], mean of the channels, with the Gaussian window of the 2004 paper.

    Variances are those of the population, as there. Floating-point values are compared in their own precision.
    Raises ValueError where the pictures differ in size or are smaller than the window.
    """
    if reference.shape != test.shape:
        raise ValueError(f"the pictures differ in shape: {reference.shape} and {test.shape}")
    check_size(reference)
    channels = range(reference.shape[2])
    return float(np.mean([_ssim_of_plane(reference[..., c], test[..., c]) for c in channels]))


def _ssim_of_plane(a: np.ndarray, b: np.ndarray) -> float:
    """Mean of eq. 13 of the paper over every place of the window in two planes (H, W)."""
    mean_a, mean_b = _weighted_mean(a), _weighted_mean(b)
    variance_a = _weighted_mean(a * a) - mean_a * mean_a
    variance_b = _weighted_mean(b * b) - mean_b * mean_b
    covariance = _weighted_mean(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_a + variance_b + _C2)
    inside = slice(SSIM_WINDOW_PX // 2, -(SSIM_WINDOW_PX // 2))
    return np.mean((luminance * structure)[inside, inside], dtype=np.float64)


def _weighted_mean(plane: np.ndarray) -> np.ndarray:
    """Mean under the Gaussian window around every pixel; next to the border its mirror image counts."""
    return ndimage.gaussian_filter(plane, _SIGMA_PX, radius=SSIM_WINDOW_PX // 2)
