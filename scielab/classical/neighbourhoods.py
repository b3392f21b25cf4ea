"""Linear filters on what surrounds each pixel, at the picture's own resolution or to an enlargement.

An enlargement by a whole factor s makes s×s pixels of each, one for every phase. Each phase and colour is a linear
filter of its own, so the whole is a matrix: from the values of a neighbourhood, and 1, to the values of all phases.

Reference: R. E. Crochiere, L. R. Rabiner, "Multirate Digital Signal Processing", 1983 (polyphase filters).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

_BLOCK_PX = 8192  # pixels whose neighbourhoods are in memory together


def neighbourhoods(picture: np.ndarray, side: int) -> np.ndarray:
    """The values around each pixel, and 1: what is before the matrix in `filtered`.

    Parameters
    ----------
    picture : ndarray of float
        (h, w, c); beyond its border lies its mirror image.
    side : int
        Of the square around each pixel; odd.

    Returns
    -------
    ndarray
        (h·w, side²·c + 1) in the picture's dtype, ordered by row, column and colour; the last is 1.
    """
    return _neighbourhoods(_mirrored(picture, side), side)


def _neighbourhoods(around: np.ndarray, side: int) -> np.ndarray:
    """The same of a picture that brings what lies beyond its border."""
    windows = sliding_window_view(around, (side, side), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
    values = windows.reshape(windows.shape[0] * windows.shape[1], -1)
    return np.concatenate([values, np.ones_like(values[:, :1])], axis=1)


def filtered(picture: np.ndarray, matrix: np.ndarray, scale: int = 1) -> np.ndarray:
    """A picture (h, w, c) through the filters of `matrix` (side²·c + 1, scale²·d): (scale·h, scale·w, d)."""
    h, w, c = picture.shape
    side = side_of(matrix, c)
    around, rows = _mirrored(picture, side), max(1, _BLOCK_PX // w)  # the neighbourhoods of all would take gigabytes
    blocks = [_neighbourhoods(around[y : y + rows + side - 1], side) @ matrix for y in range(0, h, rows)]
    return from_phases(np.concatenate(blocks), h, w, scale)


def side_of(matrix: np.ndarray, colours: int) -> int:
    """Side of the neighbourhood that a filter (side²·colours + 1, …) looks at."""
    return round(((len(matrix) - 1) / colours) ** 0.5)


def phases(picture: np.ndarray, scale: int) -> np.ndarray:
    """The scale×scale pixels that stand for each pixel of a reduced picture: (H, W, c) to (h·w, scale²·c)."""
    height, width, c = picture.shape
    blocks = picture.reshape(height // scale, scale, width // scale, scale, c).swapaxes(1, 2)
    return blocks.reshape(-1, scale * scale * c)


def from_phases(values: np.ndarray, h: int, w: int, scale: int) -> np.ndarray:
    """The picture (scale·h, scale·w, c) of its phases (h·w, scale²·c): undoes `phases`."""
    blocks = values.reshape(h, w, scale, scale, -1).swapaxes(1, 2)
    return blocks.reshape(h * scale, w * scale, -1)


def _mirrored(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture with its mirror image beyond the border, as far as a neighbourhood reaches."""
    return np.pad(picture, ((side // 2,) * 2, (side // 2,) * 2, (0, 0)), mode="symmetric")
