"""Exact images of pictures made of square pixels, by cosine series.

A picture of n uniform square pixels on [0, W], mirrored at its borders, has the cosine series
Σ a_k cos(πkx/W). A symmetric blur multiplies a_k by its transfer at the frequency k/(2W); any other blur gives
sine terms as well. Evaluating the sum at any x samples the blurred image there. No padding, no truncated
frequencies, no interpolation: what an optical cut-off removes is removed, everything below it is there, and a flat
field stays flat up to its border.
"""

import numpy as np
from scipy.fft import dctn


def transform(planes: np.ndarray) -> np.ndarray:
    """DCT-II of piecewise-constant planes (C, H, W), one value per square pixel: all that the series has of them."""
    return dctn(planes, type=2, axes=(1, 2))


def fold(transformed: np.ndarray, orders: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Where the rows and columns of a `transform` stand in the cosine series.

    Parameters
    ----------
    transformed : (C, H, W).
    orders : number of coefficients wanted along y and x; more than H or W is allowed (a square pixel has
        content above its own sampling frequency).

    Returns
    -------
    (C, H, orders[1]) and (orders[0],) row numbers: coefficient (k, l) is ``folded[:, row[k], l]`` times `weights`.
    Rows are left to be picked, which is cheap, at the end.
    """
    rows, columns = transformed.shape[1:]
    return np.take(transformed, _alias(columns, orders[1])[0], axis=2), _alias(rows, orders[0])[0]


def _alias(n: int, orders: int) -> tuple[np.ndarray, np.ndarray]:
    """Which DCT coefficient stands for order k, and its sign: cos(πk(j + ½)/n) repeats beyond n."""
    k = np.arange(orders)
    folded = k % (4 * n)  # +, mirrored −, −, mirrored +
    sign = np.where((folded > n) & (folded <= 3 * n), -1.0, 1.0)
    folded = np.where(folded > 2 * n, 4 * n - folded, folded)
    sign = np.where(folded == n, 0.0, sign)
    return np.where(folded > n, 2 * n - folded, folded) % n, sign


def weights(n: int, orders: int) -> np.ndarray:
    """Factor from the folded DCT-II of n square pixels to each order's cosine coefficient: (orders,)."""
    k = np.arange(orders)
    return _alias(n, orders)[1] * np.sinc(k / (2 * n)) * np.where(k == 0, 0.5, 1.0) / n


def series(planes: np.ndarray, orders: tuple[int, int]) -> np.ndarray:
    """Cosine coefficients (C, orders[0], orders[1]) of piecewise-constant planes (C, H, W)."""
    folded, row = fold(transform(planes), orders)
    along_y, along_x = (weights(n, order) for n, order in zip(planes.shape[1:], orders, strict=True))
    return folded[:, row] * along_y[:, None] * along_x


def basis(positions: np.ndarray, width: float, orders: int, *, odd: bool = False) -> np.ndarray:
    """cos(πkx/W), or sin if `odd`, at `positions` from the border in the unit of `width`: (positions, orders)."""
    phase = np.pi / width * np.asarray(positions, dtype=float)[:, None]
    low = phase * np.arange(min(orders, 64))  # k = 64a + b: the addition theorem costs less than a cosine
    high = phase * np.arange(0, orders, 64)
    cos_low, sin_low = np.cos(low)[:, None], np.sin(low)[:, None]
    cos_high, sin_high = np.cos(high)[..., None], np.sin(high)[..., None]
    values = sin_high * cos_low + cos_high * sin_low if odd else cos_high * cos_low - sin_high * sin_low
    return values.reshape(len(phase), -1)[:, :orders]


def frequencies(orders: int, width: float) -> np.ndarray:
    """Spatial frequency of each order, cycles per unit of `width`: k/(2W)."""
    return np.arange(orders) / (2.0 * width)
