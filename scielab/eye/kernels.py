"""Opponent colours and the spatial filters of S-CIELAB, as computed by Stanford's 1996 code.

Every opponent channel is blurred by a weighted sum of separable Gaussians that stands for the contrast
sensitivity of the eye. A kernel reaches about ±0.5° and is not renormalised after resampling, so below 224
samples per degree its sum differs from 1 by up to a few percent: uniform patches are then not exactly CIELAB.

References: X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction",
SID Digest 27 (1996) 731-734; the same in Journal of the SID 5 (1997) 61-63.
"""

import functools
import math

import numpy as np

from scielab.viewing import check_samples_per_degree

#: Opponent channels in their order along the last axis.
CHANNELS = ("lum", "rg", "by")

#: Per channel, the Gaussians as (full width at half maximum in degrees, weight); weights sum to 1.
GAUSSIANS = {
    "lum": ((0.05, 1.00327), (0.225, 0.114416), (7.0, -0.117686)),
    "rg": ((0.0685, 0.616725), (0.826, 0.383275)),
    "by": ((0.0920, 0.567885), (0.6451, 0.432115)),
}

_XYZ_TO_OPPONENT = (
    np.array([[278.7336, 721.8031, -106.5520], [-448.7736, 289.8056, 77.1569], [85.9513, -589.9859, 501.1089]]) / 1000
)
_XYZ10_TO_OPPONENT = (
    np.array([[288.5613, 659.7617, -130.5654], [-464.8864, 326.2702, 62.4200], [79.8787, -554.7976, 481.4746]]) / 1000
)
_LMS_TO_OPPONENT = np.array([[0.9900, -0.1060, -0.0940], [-0.6690, 0.7420, -0.0270], [-0.2120, -0.3540, 0.9110]])

#: Per input format, the matrix to the opponent channels and the one from them to XYZ (2° or 10° observer).
FORMATS = {
    "xyz": (_XYZ_TO_OPPONENT, np.linalg.inv(_XYZ_TO_OPPONENT)),
    "xyz10": (_XYZ10_TO_OPPONENT, np.linalg.inv(_XYZ10_TO_OPPONENT)),
    "lms": (_LMS_TO_OPPONENT, np.linalg.inv(_XYZ_TO_OPPONENT)),
    "lms10": (_LMS_TO_OPPONENT, np.linalg.inv(_XYZ10_TO_OPPONENT)),
}

# Kernels are sampled at no less than this rate: at a coarser one the narrow Gaussians would be missed.
_MIN_SAMPLES_PER_DEGREE = 224


@functools.lru_cache(maxsize=16)
def kernels(samples_per_degree: float) -> tuple[np.ndarray, ...]:
    """Row kernels of the channels `CHANNELS`, each (number of Gaussians, taps), the taps odd in number.

    A row holds sign(w)·√|w|·g, so that the filter in two dimensions is Σᵢ |row kernelᵢ| (vertical) ×
    row kernelᵢ (horizontal). Not renormalised. The arrays are shared and read-only.

    Raises ValueError unless 0 < `samples_per_degree` ≤ 1000.
    """
    check_samples_per_degree(samples_per_degree)
    # From here down every kernel has one tap, and its value no longer changes.
    samples_per_degree = max(float(samples_per_degree), 1e-9)
    up = max(1, math.ceil(_MIN_SAMPLES_PER_DEGREE / samples_per_degree))
    fine_rate = samples_per_degree * up
    half = math.ceil(fine_rate / 2) - 1
    fine = np.arange(-half, half + 1)
    # Filtering an image upsampled linearly by `up` and keeping every `up`-th sample of the result is a
    # convolution with the triangle, seen at the kept samples.
    kept = np.arange(-(half // up), half // up + 1) * up
    triangle = np.maximum(0.0, 1 - np.abs(kept[:, None] - fine) / up)
    banks = []
    for channel in CHANNELS:
        rows = []
        for width_deg, weight in GAUSSIANS[channel]:
            # The 1996 code takes one sample off the width; published results depend on it.
            gaussian = np.exp(-((2 * math.sqrt(math.log(2)) / (width_deg * fine_rate - 1) * fine) ** 2))
            rows.append(math.copysign(math.sqrt(abs(weight)), weight) * (triangle @ (gaussian / gaussian.sum())))
        bank = np.array(rows)
        bank.setflags(write=False)
        banks.append(bank)
    return tuple(banks)
