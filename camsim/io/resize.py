"""Antialiased bicubic resizing, as super-resolution work reduces its pictures."""

from collections.abc import Iterable

import numpy as np
from PIL import Image


def resize(rgb: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> np.ndarray:
    """Resize a picture, or a part of it, with Pillow's antialiased bicubic (a = −0.5), in floating point.

    Works on the values as they are, so on a picture on sRGB values, as super-resolution work does since
    MATLAB's `imresize`.

    Parameters
    ----------
    rgb : ndarray of float
        (H, W, C), values in [0, 1].
    size : (int, int)
        Rows and columns of the result.
    box : (float, float, float, float), optional
        Top, left, bottom and right of the part to be resized, in pixels of `rgb` and within it; the whole picture
        if None.

    Returns
    -------
    ndarray of float
        (rows, columns, C), clipped to [0, 1].

    Raises
    ------
    ValueError
        Where the size is not positive, or the box is not within the picture.

    References
    ----------
    R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. Acoustics, Speech, and
    Signal Processing 29 (1981) 1153-1160.

    Examples
    --------
    >>> picture = np.linspace(0, 1, 8)[:, None, None] * np.ones((8, 8, 3))
    >>> resize(picture, (2, 4)).shape
    (2, 4, 3)
    >>> resize(picture, (2, 2), box=(0, 0, 4, 4))[:, 0, 0].round(2).tolist()
    [0.08, 0.35]
    """
    rows, columns = size
    if box is not None:
        top, left, bottom, right = box
        box = (left, top, right, bottom)
    planes = [
        Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32)).resize(
            (columns, rows), Image.Resampling.BICUBIC, box
        )
        for plane in np.moveaxis(rgb, -1, 0)
    ]
    return np.clip(np.stack([np.asarray(plane, dtype=float) for plane in planes], axis=-1), 0.0, 1.0)


def resize_rows(
    blocks: Iterable[np.ndarray], size: tuple[int, int], box: tuple[float, float, float, float]
) -> np.ndarray:
    """`resize` of a picture that comes as blocks of rows, in order, and need not be in memory as a whole.

    Parameters
    ----------
    blocks : iterable of ndarray of float
        (rows, W, C), values in [0, 1].
    size, box
        As for `resize`.

    Returns
    -------
    ndarray of float
        (rows, columns, C), the same values as of the whole picture, but for rounding.

    Examples
    --------
    >>> picture = np.linspace(0, 1, 24).reshape(8, 1, 3) * np.ones((8, 6, 3))
    >>> parts = resize_rows([picture[:3], picture[3:]], (2, 2), (0, 1, 8, 5))
    >>> bool(np.allclose(parts, resize(picture, (2, 2), (0, 1, 8, 5)), atol=1e-6))
    True
    """
    (rows, columns), (top, left, bottom, right) = size, box

    def across(plane: np.ndarray) -> np.ndarray:
        whole = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
        return np.asarray(
            whole.resize((columns, whole.height), Image.Resampling.BICUBIC, (left, 0, right, whole.height))
        )

    narrow = [np.stack([across(plane) for plane in np.moveaxis(block, -1, 0)]) for block in blocks]
    planes = [
        Image.fromarray(plane).resize((columns, rows), Image.Resampling.BICUBIC, (0, top, columns, bottom))
        for plane in np.concatenate(narrow, axis=1)
    ]
    return np.clip(np.stack([np.asarray(plane, dtype=float) for plane in planes], axis=-1), 0.0, 1.0)
