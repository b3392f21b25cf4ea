"""What the grid measures of a picture against its reference, and the measures that stand in no module of their own.

Reference: Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment: from error visibility to structural
similarity", IEEE Trans. Image Processing 13 (2004) 600-612.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from skimage.metrics import structural_similarity


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that is told of every output."""

    name: str  #: its name in results and files
    words: str
    short: str  #: the same where there is little room
    unit: str
    digits: int  #: after the point, where it is shown
    lower_is_better: bool

    def show(self, value: float, *, unit: bool = False) -> str:
        """A value in text, with as many digits as are told; never "-0.00"."""
        return f"{round(value, self.digits) + 0.0:.{self.digits}f}" + (f" {self.unit}" if unit and self.unit else "")


#: In the order in which they are told. The first is what the grid is about.
MEASURES = (
    Measure("delta_e_mean", "S-CIELAB ΔE, mean", "ΔE mean", "ΔE", digits=2, lower_is_better=True),
    Measure("delta_e_p95", "S-CIELAB ΔE, 95th percentile", "ΔE p95", "ΔE", digits=2, lower_is_better=True),
    Measure("psnr_db", "PSNR", "PSNR", "dB", digits=2, lower_is_better=False),
    Measure("ssim", "SSIM", "SSIM", "", digits=3, lower_is_better=False),
    Measure("lpips", "LPIPS", "LPIPS", "", digits=3, lower_is_better=True),
)


def measured(results: Iterable) -> tuple[Measure, ...]:
    """The measures that every one of the results has; LPIPS only where weights were given."""
    results = list(results)
    return tuple(m for m in MEASURES if all(getattr(result, m.name) is not None for result in results))


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
