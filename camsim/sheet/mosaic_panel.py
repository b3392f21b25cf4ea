"""The raw mosaic on the sheet: every sensor pixel in the colour of its filter, or the means of tiles and a part."""

from typing import NamedTuple

import numpy as np

from camsim.camera import Camera
from camsim.light.colour import srgb_decode, srgb_encode
from camsim.sensor import pixels
from camsim.sheet.layout import GAP, GREY, PANEL, Box, Page

#: Below so many pixels of the sheet per sensor pixel the mosaic is shown as the means of its tiles, and a part of it
#: enlarged.
MIN_BLOCK = 4

#: Side of the part of the mosaic that is shown enlarged, sensor pixels; a sensor up to twice as wide needs none.
INSET_PX = 24

#: The enlarged part stands beside the mosaic where so many pixels of the page are free, else in one of its corners,
#: that share of its side wide and so far from the border.
_BESIDE_FROM, _IN_CORNER, _CORNER_MARGIN = 240, 0.46, 10

_FRAME = {"linewidth": 1.6, "solid_capstyle": "round"}

#: Corners, as (right, bottom), of the framed part and of its enlargement that a line ties together.
_Ties = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


class _Inset(NamedTuple):
    """Where the enlarged part stands and how it is tied to its place in the mosaic."""

    box: Box
    ties: _Ties
    colour: str


def is_reduced(shape: tuple[int, int], height: float) -> bool:
    """Whether a mosaic has too many pixels to be shown one by one in a panel of this height."""
    return min(PANEL / shape[1], height / shape[0]) < MIN_BLOCK and min(shape) >= 2 * INSET_PX


def draw(page: Page, box: Box, mosaic: np.ndarray, camera: Camera) -> None:
    """The mosaic; where its pixels would be small, the means of its tiles, and the part that varies most enlarged.

    The place of the enlarged part is framed and tied to it.
    """
    if not is_reduced(mosaic.shape[:2], box.height):
        page.paste(mosaic, box)
        return
    tile = pixels.cfa_index(camera.sensor).shape
    means = _tile_means(mosaic, tile)
    shown = page.paste(means, box)
    row, column = most_varied_part(means, tile)
    scale = shown.width / mosaic.shape[1]  # pixels of the page per sensor pixel
    part = Box(box.left + column * scale, box.top + row * scale, INSET_PX * scale, INSET_PX * scale)
    inset = _beside(shown, part) if PANEL - shown.width - GAP >= _BESIDE_FROM else _in_corner(shown, part)
    block = int(inset.box.width) // INSET_PX
    page.put(_enlarged(mosaic[row : row + INSET_PX, column : column + INSET_PX], block), inset.box)
    for frame in (part, inset.box):
        around = [frame.corner(*at) for at in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        page.line(around, color=inset.colour, **_FRAME)
    for at_part, at_inset in inset.ties:
        ends = [part.corner(*at_part), inset.box.corner(*at_inset)]
        page.line(ends, color=inset.colour, **(_FRAME | {"linewidth": 0.8}))


def _tile_means(mosaic: np.ndarray, tile: tuple[int, int]) -> np.ndarray:
    """Mean light over every tile of the colour filters, as sRGB values."""
    rows, columns = mosaic.shape[0] // tile[0], mosaic.shape[1] // tile[1]
    tiles = mosaic.reshape(rows, tile[0], columns, tile[1], 3)
    return srgb_encode(srgb_decode(tiles).mean(axis=(1, 3)))


def _enlarged(picture: np.ndarray, block: int) -> np.ndarray:
    """Every pixel as a block of `block` × `block`."""
    return picture.repeat(block, axis=0).repeat(block, axis=1)


def _beside(shown: Box, part: Box) -> _Inset:
    """To the right of a narrow mosaic, as near to the height of its place as the mosaic's height allows."""
    side = min(PANEL - shown.width - GAP, shown.height) // INSET_PX * INSET_PX
    level = part.top + (part.height - side) / 2
    top = int(min(max(shown.top, level), shown.bottom - side))
    facing = (((1, 0), (0, 0)), ((1, 1), (0, 1)))
    return _Inset(Box(shown.left + shown.width + GAP, top, side, side), facing, GREY)


def _in_corner(shown: Box, part: Box) -> _Inset:
    """In the corner of the mosaic farthest from the framed part."""
    side = max(1, int(_IN_CORNER * min(shown.width, shown.height)) // INSET_PX) * INSET_PX
    to_right = part.left + part.width / 2 < shown.left + shown.width / 2
    to_bottom = part.top + part.height / 2 < shown.top + shown.height / 2
    left = shown.left + (shown.width - side - _CORNER_MARGIN if to_right else _CORNER_MARGIN)
    top = shown.top + (shown.height - side - _CORNER_MARGIN if to_bottom else _CORNER_MARGIN)
    corners = ((0, 1), (1, 0)) if to_right == to_bottom else ((0, 0), (1, 1))
    ties = tuple((corner, corner) for corner in corners)  # these lines run outside both frames
    return _Inset(Box(left, top, side, side), ties, "white")


def most_varied_part(tiles: np.ndarray, tile: tuple[int, int]) -> tuple[int, int]:
    """Where neighbouring tiles differ most.

    Parameters
    ----------
    tiles : (rows, columns, 3), the mean of every tile.
    tile : rows and columns of sensor pixels in a tile.

    Returns
    -------
    Top row and left column, in sensor pixels, of a square of `INSET_PX` that begins with a whole tile.
    """
    window = [
        max(1, min(INSET_PX // pixels_in_tile, count))
        for pixels_in_tile, count in zip(tile, tiles.shape[:2], strict=True)
    ]
    down, across = (np.pad(np.diff(tiles, axis=axis) ** 2, [(0, int(i == axis)) for i in range(3)]) for axis in (0, 1))
    held = _window_sums((down + across).sum(axis=2), *window)
    found = np.unravel_index(np.argmax(held), held.shape)
    return tuple(min(i * n, count * n - INSET_PX) for i, n, count in zip(found, tile, tiles.shape[:2], strict=True))


def _window_sums(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Sum over every window of so many rows and columns, by a summed-area table."""
    total = np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    held = total[rows:, columns:] - total[:-rows, columns:]
    return held - total[rows:, :-columns] + total[:-rows, :-columns]
