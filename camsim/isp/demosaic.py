"""Demosaicing: from one colour per pixel to all colours in every pixel.

References: H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned color
images", ICASSP 2004; D. Menon, S. Andriani, G. Calvagno, "Demosaicing with directional filtering and a posteriori
decision", IEEE Trans. Image Processing 16, 2007.
"""

import numpy as np
from scipy.ndimage import convolve1d

from camsim.camera_parts import Sensor
from camsim.sensor import pixels


def bilinear(mosaic: np.ndarray, tile: np.ndarray) -> np.ndarray:
    """Fill in the missing colours of every pixel from its neighbours, linearly.

    What was measured stays as measured. For a 2×2 tile a missing colour is the mean of the neighbour pairs
    (horizontal, vertical, diagonal) that have it; for larger tiles the mean is weighted by a triangle as
    wide as the tile, which for 2×2 is the same rule.

    Parameters
    ----------
    mosaic : (H, W), any unit.
    tile : (a, b) channel numbers 0, 1 … of the colour-filter array.

    Returns
    -------
    (H, W, channels), each channel in one piece in memory. The border is mirrored without repeating the edge, which
    keeps the colours of a 2×2 tile in phase.
    """
    channels = int(tile.max()) + 1
    if channels == 1:
        return mosaic[..., None]
    if tile.shape != (2, 2):
        return np.stack([_triangle_weighted(mosaic, tile == channel) for channel in range(channels)], axis=-1)
    rows, columns = mosaic.shape
    padded = np.pad(mosaic, 1, mode="reflect")
    planes = np.empty((channels, rows, columns), mosaic.dtype)
    for channel, row, column in np.ndindex(channels, 2, 2):
        if tile[row, column] == channel:
            planes[channel, row::2, column::2] = mosaic[row::2, column::2]
            continue
        found = [steps for steps in _PAIRS if tile[row ^ (steps[0][0] & 1), column ^ (steps[0][1] & 1)] == channel]
        total = np.zeros((rows // 2, columns // 2), mosaic.dtype)
        for steps in found:
            pair = sum(
                padded[1 + row + down : rows + 1 + down : 2, 1 + column + right : columns + 1 + right : 2]
                for down, right in steps
            )
            pair *= mosaic.dtype.type(1 / (len(steps) * len(found)))
            total += pair
        planes[channel, row::2, column::2] = total
    return np.moveaxis(planes, 0, -1)


#: Neighbours in a 2×2 tile, by where they are: left and right, above and below, at the corners.
_PAIRS = (((0, -1), (0, 1)), ((-1, 0), (1, 0)), ((-1, -1), (-1, 1), (1, -1), (1, 1)))


def _triangle_weighted(mosaic: np.ndarray, has: np.ndarray) -> np.ndarray:
    """One colour of a larger tile everywhere: as measured, else the mean weighted by a triangle as wide as the tile."""
    mask = np.tile(has, (mosaic.shape[0] // has.shape[0], mosaic.shape[1] // has.shape[1]))
    total, weight = np.where(mask, mosaic, 0.0), mask.astype(float)
    for axis, width in enumerate(has.shape):
        triangle = 1.0 - np.abs(np.arange(-width, width + 1)) / width
        total, weight = (convolve1d(plane, triangle, axis=axis, mode="mirror") for plane in (total, weight))
    return np.where(mask, mosaic, total / weight).astype(mosaic.dtype)


def demosaic(mosaic: np.ndarray, sensor: Sensor, method: str) -> np.ndarray:
    """Full colour (H, W, channels) of a mosaic (H, W) as read, by the method of `isp.demosaic`.

    Malvar 2004 and Menon 2007 are those of the colour-demosaicing package.
    """
    read = pixels.as_read(sensor)
    tile = pixels.cfa_index(read)
    if method == "bilinear":
        return bilinear(mosaic, tile)
    import colour_demosaicing  # slow to import, so only where it is wanted

    work = getattr(colour_demosaicing, f"demosaicing_CFA_Bayer_{method.capitalize()}")
    padded = np.pad(mosaic.astype(float), 8, mode="reflect")  # its own borders are rough; 8 keeps the phase
    return work(padded, "".join(read.tile).upper())[8:-8, 8:-8].astype(mosaic.dtype)
