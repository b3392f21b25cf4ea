"""EXIF orientation: how a stored picture must be turned to stand upright.

Cameras store the rows of their sensor and note in tag 274 how it was held: 1 upright, 2 mirrored, 3 upside down, 4
both, 5 to 8 the same with rows and columns exchanged. Every reader here turns pictures by it.

Reference: CIPA DC-008, "Exchangeable image file format for digital still cameras: Exif", tag 274 (also of TIFF 6.0).
"""

import numpy as np
from PIL import Image

#: The tag of EXIF and TIFF.
TAG = 274


def of(picture: Image.Image) -> int:
    """Orientation of an open picture, 1 where none is noted; of a PNG this may load the pixels."""
    return picture.getexif().get(TAG, 1)


def exchanges_sides(orientation: int) -> bool:
    """Whether rows of the file are columns of the upright picture."""
    return orientation in (5, 6, 7, 8)


def upright(values: np.ndarray, orientation: int) -> np.ndarray:
    """Turn (H, W) or (H, W, C) as the orientation, 1 to 8, asks; other numbers leave it as it is."""
    if exchanges_sides(orientation):
        values = values.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return np.ascontiguousarray(values)
