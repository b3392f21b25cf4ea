"""Defect correction: missing and stuck pixels are filled in from their neighbours."""

import numpy as np
from scipy.ndimage import convolve1d


def correct_defects(mosaic: np.ndarray, tile: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Replace `bad` pixels by the mean of the good ones among their eight neighbours of the same colour phase.

    Where all eight are bad, those that have been filled in count as good, until nothing is left to fill in.
    Raises ValueError if a whole phase is bad.
    """
    mosaic = mosaic.copy()
    high, wide = tile.shape
    for row, column in np.ndindex(high, wide):
        plane, good = mosaic[row::high, column::wide], ~bad[row::high, column::wide]
        if not good.any():
            raise ValueError("no pixel of a colour is left: lower sensor.missing_fraction or sensor.stuck_fraction")
        while not good.all():
            weight = _sum_3x3(good.astype(float))
            found = ~good & (weight > 1e-9)
            plane[found] = (_sum_3x3(np.where(good, plane, 0.0)) / np.maximum(weight, 1e-9))[found]
            good |= found
    return mosaic


def _sum_3x3(plane: np.ndarray) -> np.ndarray:
    """Sum over each place and its eight neighbours, 0 outside."""
    return convolve1d(convolve1d(plane, np.ones(3), axis=0, mode="constant"), np.ones(3), axis=1, mode="constant")
