"""The far part of a lens's PSF, or all of a coarse one: low frequencies of the whole picture, exactly, in one pass.

The picture's cosine coefficients up to some frequency are products of matrices, which take it band of rows by band;
so does what they make at the pixels of a band. Nothing as large as the picture is in memory.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import cosine_series, transfer
from camsim.image_formation.near_far import Part
from camsim.light.colour import decode_picture
from camsim.sensor import pixels

#: Rows of the picture looked at at a time.
BAND = 256

#: From so many coefficients along a row on a cosine transform takes less than a product of matrices.
TRANSFORM = 400

#: Frequencies whose transfer functions are in memory at a time.
FREQUENCIES = 2**20

#: As `map`: applies a function to every value, perhaps several at a time.
Each = Callable[[Callable, Iterable], Iterator]


def planes(picture: np.ndarray) -> np.ndarray:
    """Linear light (3, H, W), float32, of sRGB values (H, W, 3)."""
    return np.moveaxis(decode_picture(picture, np.float32), -1, 0)


def coefficients(picture: np.ndarray, orders: tuple[int, int], each: Each = map) -> np.ndarray:
    """The first coefficients of a picture's cosine series, (3, orders[0], orders[1]), float32; see `cosine_series`."""
    from scipy.fft import dct

    (rows, columns), (high, wide) = picture.shape[:2], orders
    transforms = TRANSFORM < wide <= columns
    weight = cosine_series.weights(columns, wide).astype(np.float32)
    along_x = None if transforms else _analysis(columns, wide)

    def along_rows(first: int) -> np.ndarray:
        band = planes(picture[first : first + BAND])
        return band @ along_x if along_x is not None else dct(band, axis=2)[..., :wide] * weight

    found = np.concatenate(list(each(along_rows, range(0, rows, BAND))), axis=1)
    along_y = _analysis(rows, high).T
    return np.stack([along_y @ plane for plane in found])


def _analysis(n: int, orders: int) -> np.ndarray:
    """What each of n square pixels adds to each coefficient: (n, orders)."""
    k = np.arange(orders)
    weight = np.sinc(k / (2 * n)) * np.where(k == 0, 1, 2) / n
    return (cosine_series.basis(np.arange(n) + 0.5, n, orders) * weight).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Far:
    """Low frequencies of the light on a sensor, (channels, fy, fx), by whether they are odd along y and x."""

    camera: Camera
    grid: pixels.Grid
    mixed: dict[tuple[bool, bool], np.ndarray]
    along_x: dict[tuple[int, bool], np.ndarray]  #: what a pixel of a row sees of them, by place in the colour tile

    def rows(self, first: int, count: int) -> np.ndarray:
        """Electrons/s in so many rows of pixels from a row on that begins a colour tile; may be negative."""
        tile = pixels.cfa_index(self.camera.sensor)
        high, wide = tile.shape
        y, _ = self.grid.positions_mm()
        light = np.zeros((count, self.grid.columns), np.float32)
        for (odd_y, odd_x), series in self.mixed.items():
            for row in range(high):
                place = y[first + row : first + count : high]
                along_y = _basis(place, self.grid.height_mm, series.shape[1], self.camera, odd_y)
                for channel in np.unique(tile[row]):
                    line = along_y @ series[channel]
                    for column in map(int, np.flatnonzero(tile[row] == channel)):
                        light[row::high, column::wide] += line @ self.along_x[column, odd_x].T
        return light


def far(
    picture: np.ndarray, camera: Camera, grid: pixels.Grid, near: Part | None, band_per_mm: float, each: Each = map
) -> Far:
    """What the lens passes of a picture up to a frequency, less what its near part does; without one all of it."""
    extents = grid.height_mm, grid.width_mm
    high, wide = (math.ceil(2 * extent * band_per_mm) + 1 for extent in extents)
    series = coefficients(picture, (high, wide), each)
    fy, fx = (cosine_series.frequencies(n, extent) for n, extent in zip((high, wide), extents, strict=True))
    step = max(64, FREQUENCIES // wide)

    def mixed(first: int) -> dict[tuple[bool, bool], np.ndarray]:
        part = slice(first, first + step)
        factors = {(term.odd_y, term.odd_x): term.factor for term in transfer.at_any(camera, fy[part], fx)}
        for term in near.terms(fy[part], fx) if near else ():
            factors[term.odd_y, term.odd_x] -= term.factor
        return {odd: np.einsum("ksyx,syx->kyx", factor, series[:, part]) for odd, factor in factors.items()}

    parts = list(each(mixed, range(0, high, step)))
    total = {odd: np.concatenate([part[odd] for part in parts], axis=1) for odd in parts[0]}
    wide_tile = pixels.cfa_index(camera.sensor).shape[1]
    _, x = grid.positions_mm()
    along_x = {
        (column, odd): _basis(x[column::wide_tile], grid.width_mm, wide, camera, odd)
        for column in range(wide_tile)
        for odd in {odd_x for _, odd_x in total}
    }
    return Far(camera, grid, total, along_x)


def _basis(place: np.ndarray, extent: float, orders: int, camera: Camera, odd: bool) -> np.ndarray:
    """What pixels at places along an axis see of each order, through their aperture: (places, orders), float32."""
    f = cosine_series.frequencies(orders, extent)
    aperture = pixels.aperture_mtf(f, pixels.aperture_side_mm(camera.sensor))
    return (cosine_series.basis(place, extent, orders, odd=odd) * aperture).astype(np.float32)
