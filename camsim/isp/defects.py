"""Defect correction: missing and stuck pixels are filled in from their neighbours."""

import numpy as np
from scipy.ndimage import convolve1d


def correct_defects(mosaic: np.ndarray, tile: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Replace `bad` pixels by the mean of the good ones among their eight neighbours of the same colour phase.

    Where all eight are bad, those that have been filled in count as good, until nothing is left to fill in.
    Raises ValueError if a whole phase is bad.
    """
    mosaic = mosaic.copy()
    a, b = tile.shape
    for i, j in np.ndindex(a, b):
        plane, good = mosaic[i::a, j::b], ~bad[i::a, j::b]
        if not good.any():
            raise ValueError("no pixel of a colour is left: lower sensor.missing_fraction or sensor.stuck_fraction")
        while not good.all():
            weight = _box3(good.astype(float))
            found = ~good & (weight > 1e-9)
            plane[found] = (_box3(np.where(good, plane, 0.0)) / np.maximum(weight, 1e-9))[found]
            good |= found
    return mosaic


def _box3(plane: np.ndarray) -> np.ndarray:
    return convolve1d(convolve1d(plane, np.ones(3), axis=0, mode="constant"), np.ones(3), axis=1, mode="constant")
