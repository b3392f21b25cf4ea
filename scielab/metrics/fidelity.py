"""PSNR and SSIM: how near a picture's numbers are to those of its reference.

Reference: Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment: from error visibility to structural
similarity", IEEE Trans. Image Processing 13 (2004) 600-612.
"""

import numpy as np
from skimage.metrics import structural_similarity


def psnr_db(reference: np.ndarray, test: np.ndarray) -> float:
    """PSNR of (H, W, 3) sRGB values in [0, 1] in dB, over all channels and pixels.

    At most 100 dB, which equal pictures get: a mean over pictures stays a number.
    """
    error = float(np.mean((reference - test) ** 2))
    return -10.0 * float(np.log10(max(error, 1e-10)))


def ssim(reference: np.ndarray, test: np.ndarray) -> float:
    """SSIM of (H, W, 3) sRGB values in [0, 1], mean of the channels, with the Gaussian window of the 2004 paper."""
    return float(
        structural_similarity(
            reference,
            test,
            channel_axis=-1,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )
