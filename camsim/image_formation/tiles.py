"""The near part of a lens's PSF, tile by tile: each with as much of the picture around it as the part reaches.

Where a pixel of the picture is a pixel of the sensor a tile is a discrete convolution. Anywhere else it is a small
picture with a cosine series of its own, evaluated where the pixels are (`cosine_series`).
"""

import itertools
import math
from typing import Protocol

import numpy as np
from scipy import fft

from camsim.camera import Camera
from camsim.image_formation import cosine_series
from camsim.image_formation.far import planes
from camsim.image_formation.near_far import Part, both_ways
from camsim.sensor import pixels

#: Rows and columns of a convolved tile, pixels.
CONVOLVED = (256, 512)

#: Side of a tile that is evaluated, pixels: the larger one where more than a third of the smaller reaches beyond it.
EVALUATED = (128, 256)

#: Rows of frequencies worked on at a time.
BLOCK_ROWS = 96

#: Spatial frequencies of a tile to each side: more take gigabytes. A phone at f/1.8 has some 2,000.
MOST_ORDERS = 10_000


class Tiles(Protocol):
    """Electrons/s that the near part brings."""

    height: int  #: of a tile, pixels: whole colour tiles

    def rows(self, first: int, count: int) -> np.ndarray:
        """Those of some rows of pixels, from a row on that begins a tile, (count, columns); may be negative."""


def mirrored(first: int, count: int, n: int) -> np.ndarray:
    """Which of n pixels stand at so many places from `first` on, where a picture beyond its borders is mirrored."""
    place = np.arange(first, first + count) % (2 * n)
    return np.where(place < n, place, 2 * n - 1 - place)


def is_aligned(grid: pixels.Grid, squares: tuple[int, int]) -> bool:
    """Whether each pixel of the sensor looks at one of the picture's `squares`."""
    return all(
        abs(extent / n - grid.pitch_mm) * max(n, count) < 1e-6 * grid.pitch_mm and (n - count) % 2 == 0
        for extent, n, count in zip((grid.height_mm, grid.width_mm), squares, (grid.rows, grid.columns), strict=True)
    )


class Convolved:
    """Tiles of a picture whose pixels are the sensor's."""

    def __init__(self, picture: np.ndarray, camera: Camera, grid: pixels.Grid, near: Part) -> None:
        self._picture, self._camera, self._grid = picture, camera, grid
        pitch, side = grid.pitch_mm, pixels.aperture_side_mm(camera.sensor)
        self._margin = margin = math.floor((near.reach_mm + (side + pitch) / 2) / pitch) + 1
        tile = pixels.cfa_index(camera.sensor)
        self.height, self._width = (math.ceil(n / k) * k for n, k in zip(CONVOLVED, tile.shape, strict=True))
        self._size = [fft.next_fast_len(n + 2 * margin, real=True) for n in (self.height, self._width)]
        f = np.arange(math.ceil(near.band_per_mm * 2 * (margin + 2) * pitch) + 1) / (2 * (margin + 2) * pitch)
        passed = pixels.aperture_mtf(f, side) * np.sinc(f * pitch)
        both = (passed[:, None] * passed * pitch**2).astype(np.float32)
        place = np.arange(margin + 1) * pitch
        terms = near.terms(f, f)
        quadrants = {(t.odd_y, t.odd_x): both_ways(t.factor * both, (t.odd_y, t.odd_x), place, place, f) for t in terms}
        self._transfer = _spectrum(quadrants, margin, self._size)

    def rows(self, first: int, count: int) -> np.ndarray:
        grid, margin = self._grid, self._margin
        (high, wide), size = self._picture.shape[:2], self._size
        top, left = ((n - k) // 2 for n, k in zip((high, wide), (grid.rows, grid.columns), strict=True))
        tile = pixels.cfa_index(self._camera.sensor)
        each_row, each_column = tile.shape
        light = np.empty((count, grid.columns), np.float32)
        taken = mirrored(top + first - margin, size[0], high)
        across = mirrored(left - margin, -(-grid.columns // self._width) * self._width + size[1] - self._width, wide)
        linear = planes(self._picture[taken][:, across])
        for start in range(0, grid.columns, self._width):
            spectrum = fft.rfft2(linear[:, :, start : start + size[1]])
            inside = slice(start, min(start + self._width, grid.columns))
            for channel in range(len(self._transfer)):
                mixed = self._transfer[channel, 0] * spectrum[0]
                for s in (1, 2):
                    mixed += self._transfer[channel, s] * spectrum[s]
                seen = fft.irfft2(mixed, s=size, overwrite_x=True)[margin : margin + count, margin:]
                for row, column in zip(*np.nonzero(tile == channel), strict=True):
                    light[row::each_row, inside][:, column::each_column] = seen[
                        row::each_row, column : inside.stop - start : each_column
                    ]
        return light


def _spectrum(quadrants: dict, margin: int, size: list[int]) -> np.ndarray:
    """Transfer of a kernel on its tile, from its quadrants: (channels, 3, rows, columns // 2 + 1)."""
    some = next(iter(quadrants.values()))
    kernel = np.zeros((*some.shape[:2], *size), np.float32)
    for below, right in itertools.product((1, -1), (1, -1)):
        y, x = (np.arange(0 if sign > 0 else 1, margin + 1) for sign in (below, right))
        into = np.ix_(np.arange(some.shape[0]), np.arange(some.shape[1]), (below * y) % size[0], (right * x) % size[1])
        for (odd_y, odd_x), part in quadrants.items():
            sign = (below if odd_y else 1) * (right if odd_x else 1)
            kernel[into] += sign * part[:, :, y[:, None], x]
    spectrum = fft.rfft2(kernel)
    return np.ascontiguousarray(spectrum.real) if len(quadrants) == 1 else spectrum


class Evaluated:
    """Tiles of a picture of any size."""

    def __init__(self, picture: np.ndarray, camera: Camera, grid: pixels.Grid, near: Part) -> None:
        self._picture, self._camera, self._grid = picture, camera, grid
        self._side, self._reach = pixels.aperture_side_mm(camera.sensor), near.reach_mm
        tile = pixels.cfa_index(camera.sensor)
        step = math.lcm(*tile.shape)
        side = EVALUATED[3 * near.reach_mm > EVALUATED[0] * grid.pitch_mm]
        self.height = core = math.ceil(side / step) * step
        self._square = grid.width_mm / picture.shape[1]
        self._count = fft.next_fast_len(
            math.ceil((core * grid.pitch_mm + 2 * near.reach_mm + self._side) / self._square) + 1, real=True
        )
        self._extent = self._count * self._square
        self._orders = math.ceil(2 * self._extent * near.band_per_mm) + 1
        if self._orders > MOST_ORDERS:
            raise ValueError(
                f"a tile of {core} pixels has {self._orders:.4g} spatial frequencies to a side, more than "
                f"{MOST_ORDERS:,}: raise optics.fnumber, lower sensor.pixel_pitch_um or coarsen optics.psf_file"
            )
        f = cosine_series.frequencies(self._orders, self._extent)
        self._terms = near.terms(f, f)
        self._blocks = []
        for start in range(0, self._orders, BLOCK_ROWS):
            left = max(near.band_per_mm**2 - f[start] ** 2, 0) if near.is_round else math.inf
            reach = int(np.searchsorted(f, math.sqrt(left), side="right"))
            self._blocks.append((slice(start, min(start + BLOCK_ROWS, self._orders)), max(1, reach)))
        _, x = grid.positions_mm()
        phases, odd_x = range(tile.shape[1]), {term.odd_x for term in self._terms}
        self._across = [
            {(c, odd): self._basis(x[s : s + core], c, tile.shape[1], odd).T for c in phases for odd in odd_x}
            for s in range(0, grid.columns, core)
        ]

    def _start(self, first_mm: float) -> int:
        """The first square of the picture that a tile needs."""
        return math.floor((first_mm - self._reach - self._side / 2) / self._square)

    def _basis(self, place: np.ndarray, phase: int, step: int, odd: bool) -> np.ndarray:
        """What pixels of a tile, every so many, see of each order: (places, orders)."""
        place = place[phase::step] - self._start(place[0]) * self._square
        weight = cosine_series.weights(self._count, self._orders)
        f = cosine_series.frequencies(self._orders, self._extent)
        weight = weight * pixels.aperture_mtf(f, self._side)
        return (cosine_series.basis(place, self._extent, self._orders, odd=odd) * weight).astype(np.float32)

    def rows(self, first: int, count: int) -> np.ndarray:
        grid, core = self._grid, self.height
        high, wide = self._picture.shape[:2]
        y, x = grid.positions_mm()
        tile = pixels.cfa_index(self._camera.sensor)
        light = np.zeros((count, grid.columns), np.float32)
        for top in range(0, count, core):
            lines = slice(top, min(top + core, count))
            place = y[first + top : first + lines.stop]
            taken = mirrored(self._start(place[0]), self._count, high)
            left = self._start(x[0])
            right = self._start(x[(len(self._across) - 1) * core]) + self._count
            linear = planes(self._picture[taken][:, mirrored(left, right - left, wide)])
            down = {
                (row, odd): self._basis(place, row, tile.shape[0], odd)
                for row in range(tile.shape[0])
                for odd in {term.odd_y for term in self._terms}
            }
            for number, across in enumerate(self._across):
                start = self._start(x[number * core]) - left
                block = linear[:, :, start : start + self._count]
                self._evaluate(block, down, across, light[lines, number * core : (number + 1) * core], tile)
        return light

    def _evaluate(self, block: np.ndarray, down: dict, across: dict, light: np.ndarray, tile: np.ndarray) -> None:
        """The light in the pixels of one tile, added to `light`."""
        folded, row_of = cosine_series.fold(cosine_series.transform(block), (self._orders, self._orders))
        pairs = {(int(tile[row, column]), column) for row, column in np.ndindex(*tile.shape)}
        partial = {
            (channel, column, term.odd_y, term.odd_x): np.empty(
                (self._orders, across[column, term.odd_x].shape[1]), np.float32
            )
            for term in self._terms
            for channel, column in pairs
        }
        for rows, reach in self._blocks:
            series = folded[:, row_of[rows], :reach]
            for term in self._terms:
                mixed = np.einsum("ksyx,syx->kyx", term.factor[:, :, rows, :reach], series)
                for channel, column in pairs:
                    into = partial[channel, column, term.odd_y, term.odd_x][rows]
                    np.matmul(mixed[channel], across[column, term.odd_x][:reach], out=into)
        for (channel, column, odd_y, _), values in partial.items():
            for row in np.flatnonzero(tile[:, column] == channel):
                light[row :: tile.shape[0], column :: tile.shape[1]] += down[row, odd_y] @ values
