"""How far a mean over pictures could have come out otherwise: percentile bootstrap, paired.

Every resample draws as many pictures as there are, with replacement, and the same ones for every column of numbers:
differences between models on the same pictures keep their pairing.

Reference: B. Efron, R. Tibshirani, *An Introduction to the Bootstrap*, Chapman & Hall 1993, chapters 13 and 16.
"""

import numpy as np

RESAMPLES = 10_000
SEED = 0

#: Percentiles between which 95 % of the resamples lie.
LIMITS = (2.5, 97.5)


def resampled_means(values: np.ndarray, *, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """Means of resampled pictures (resamples, columns), of values (pictures, columns); same seed, same resamples.

    Raises ValueError for other than two axes, an empty array or fewer than one resample.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not values.size or resamples < 1:
        raise ValueError(f"values of shape {values.shape}, {resamples} resamples: pictures × columns are resampled")
    pictures = len(values)
    # How often each picture is drawn. einsum adds up in one order, whatever the number of threads.
    counts = np.random.default_rng(seed).multinomial(pictures, np.full(pictures, 1 / pictures), size=resamples)
    return np.einsum("rp,pc->rc", counts / pictures, values)


def interval(means: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of one column of resampled means (resamples,)."""
    low, high = np.percentile(means, LIMITS)
    return float(low), float(high)
