"""Antialiased bicubic resizing, as super-resolution work reduces its pictures."""

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
