"""Antialiased bicubic resizing, as super-resolution work reduces its pictures."""

import numpy as np
from PIL import Image


def resize(rgb: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> np.ndarray:
    """Resize (H, W, C) to `size` = (rows, columns) with Pillow's antialiased bicubic (a = −0.5), in float.

    Works on the values as they are, so on a picture on sRGB values, as super-resolution work does since
    MATLAB's `imresize`. `box` = (top, left, bottom, right), in input pixels and within the picture, is the
    part to be resized. Returns values clipped to [0, 1].
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
