"""Exact images of pictures made of square pixels, by cosine series.

A picture of n uniform square pixels on [0, W], mirrored at its borders, has the cosine series
Σ a_k cos(πkx/W). A symmetric blur multiplies a_k by its transfer at the frequency k/(2W); evaluating the sum at
any x samples the blurred image there. No padding, no truncated frequencies, no interpolation: what an optical
cut-off removes is removed, everything below it is there, and a flat field stays flat up to its border.
"""

import numpy as np
from scipy.fft import dctn


def series(planes: np.ndarray, orders: tuple[int, int]) -> np.ndarray:
    """Cosine coefficients of piecewise-constant planes.

    Parameters
    ----------
    planes : (C, H, W), one value per square pixel.
    orders : number of coefficients wanted along y and x; more than H or W is allowed (a square pixel has
        content above its own sampling frequency).

    Returns
    -------
    (C, orders[0], orders[1])
    """
    coefficients = dctn(planes, type=2, axes=(1, 2)) / 4.0  # Σ f cos cos
    for axis, order in enumerate(orders, start=1):
        n = planes.shape[axis]
        k = np.arange(order)
        # cos(πk(j + ½)/n) for k ≥ n repeats with period 4n: +, mirrored −, −, mirrored +.
        folded = k % (4 * n)
        sign = np.where((folded > n) & (folded <= 3 * n), -1.0, 1.0)
        folded = np.where(folded > 2 * n, 4 * n - folded, folded)
        sign = np.where(folded == n, 0.0, sign)
        folded = np.where(folded > n, 2 * n - folded, folded)
        weight = sign * np.sinc(k / (2 * n)) * np.where(k == 0, 1.0, 2.0) / n
        coefficients = np.take(coefficients, folded % n, axis=axis)
        coefficients *= weight[:, None] if axis == 1 else weight
    return coefficients


def basis(positions: np.ndarray, width: float, orders: int) -> np.ndarray:
    """cos(πkx/W) at `positions` from the border, in the unit of `width`: (len(positions), orders)."""
    return np.cos(np.pi / width * np.outer(positions, np.arange(orders)))


def frequencies(orders: int, width: float) -> np.ndarray:
    """Spatial frequency of each order, cycles per unit of `width`: k/(2W)."""
    return np.arange(orders) / (2.0 * width)
