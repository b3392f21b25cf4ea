"""The rectangle around a slanted edge that holds nothing else."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

#: Rows of the edge over which its gradient is averaged.
_AVERAGED_ROWS = 7

#: The edge is there where its gradient exceeds this share of its mean.
_PRESENT = 0.6

#: A pixel beside the edge disturbs where the mean gradient around it exceeds this share of the edge's own.
_DISTURBANCE = 0.12

#: Error of the response at the Nyquist frequency that a region may have from noise before it is made narrower.
_NOISE_SHARE = 0.04

#: Largest region, pixels of the reduced picture; smallest region, along the edge and to either side.
MAX_LENGTH, MAX_SIDE, MIN_LENGTH, MIN_BESIDE = 400, 120, 20, 8

#: Least width of a region to either side of the edge that noise does not cut down; rows between the starts tried.
_MIN_WIDTH, _START_STEP = 24, 4

Region = tuple[int, int, int, int]  # top, left, bottom, right; bottom and right are the first row and column outside


@dataclass(frozen=True, slots=True)
class Line:
    """A near-vertical line x = a + b·y in a plane that may be transposed."""

    a: float
    b: float
    transposed: bool

    @property
    def angle_deg(self) -> float:
        return math.degrees(math.atan(self.b))


class _Upright(NamedTuple):
    """The gradients about a line, sheared until it is upright: (rows, distances) arrays.

    The line's own column of a row has the distance 0, in the middle of the second axis.
    """

    column: np.ndarray  #: (rows,) of the line, in the plane
    distance: np.ndarray  #: (distances,) from the line along the row, whole pixels
    across: np.ndarray  #: gradient along the row
    along: np.ndarray  #: gradient down the column
    outside: np.ndarray  #: whether a place lies outside the plane

    @property
    def middle(self) -> int:
        """Index of the distance 0."""
        return len(self.distance) // 2


class _Edge(NamedTuple):
    """The part of a line on which there is an edge."""

    first: int  #: row
    last: int  #: row after the end
    gradient: float  #: of the edge itself, mean over its rows
    blur_px: int  #: how far from the line the edge's own profile reaches
    step: float  #: difference of level between both sides


def clean_region(along_y: np.ndarray, along_x: np.ndarray, line: Line, noise: float) -> Region | None:
    """The largest rectangle around the line in which the gradient is the edge's own; None if there is none."""
    across, along = (along_y.T, along_x.T) if line.transposed else (along_x, along_y)
    upright = _sheared(across, along, line)
    edge = _edge_on(upright)
    if edge is None:
        return None
    left, right = _free_columns(upright, edge)
    region = _largest_rectangle(upright.column, left, right, edge, slope=abs(line.b), noise=noise)
    if region is not None and line.transposed:
        top, start, bottom, end = region
        region = start, top, end, bottom
    return region


def _sheared(across: np.ndarray, along: np.ndarray, line: Line) -> _Upright:
    """The gradients about a line as it would be upright, averaged along it."""
    height, width = across.shape
    edge = line.a + line.b * np.arange(height)
    reach = MAX_SIDE + math.ceil(MAX_LENGTH * abs(line.b))
    distance = np.arange(-reach, reach + 1)
    column = np.rint(edge[:, None] + distance).astype(int)
    outside = (column < 1) | (column > width - 2)
    column = np.clip(column, 0, width - 1)
    row = np.arange(height)[:, None]
    across, along = (ndimage.uniform_filter1d(plane[row, column], _AVERAGED_ROWS, axis=0) for plane in (across, along))
    return _Upright(edge, distance, across, along, outside)


def _edge_on(upright: _Upright) -> _Edge | None:
    """Where on its line an edge is longest, how strong and how blurred it is; None if it is too short."""
    across, middle = upright.across, upright.middle
    own = across[:, middle - 2 : middle + 3] * np.sign(across[:, middle].sum())
    own = np.where(upright.outside[:, middle], 0.0, own.max(axis=1).clip(0))
    if own.sum() <= 0:
        return None
    gradient = (own**2).sum() / own.sum()
    first, last = _longest_run(own > _PRESENT * gradient)
    if last - first < MIN_LENGTH:
        return None
    profile = across[first:last].mean(axis=0)
    steep = np.abs(profile) > _DISTURBANCE * gradient
    quiet = ~(steep | np.roll(steep, 1) | np.roll(steep, -1))
    blur_px = 2 + max(_first(quiet[middle::-1]), _first(quiet[middle:]))
    step = abs(across[first:last, np.abs(upright.distance) <= blur_px].mean(axis=0).sum())
    return _Edge(first, last, gradient, blur_px, step)


def _free_columns(upright: _Upright, edge: _Edge) -> tuple[np.ndarray, np.ndarray]:
    """For every row the columns, in the plane, up to which nothing disturbs to the left and to the right."""
    disturbed = np.hypot(upright.across, upright.along) > _DISTURBANCE * edge.gradient
    disturbed &= np.abs(upright.distance) > edge.blur_px
    disturbed |= upright.outside
    left = upright.column - [_first(found) for found in disturbed[:, upright.middle :: -1]] + 1
    right = upright.column + [_first(found) for found in disturbed[:, upright.middle :]] - 1
    return left, right


def _largest_rectangle(
    column: np.ndarray, left: np.ndarray, right: np.ndarray, edge: _Edge, *, slope: float, noise: float
) -> Region | None:
    """The rectangle of the largest area around the edge within free columns; None if all are too small.

    A response measured over `s` pixels to either side of an edge of `n` rows has an error of about
    2 · noise/step · √(s/n) at the Nyquist frequency, so that a noisy edge gets a narrow region.
    """
    width_per_row = (_NOISE_SHARE * edge.step / (2 * noise)) ** 2 if noise > 0 else np.inf
    least_width = max(2 * edge.blur_px, _MIN_WIDTH)
    largest, region = 0.0, None
    for start in range(edge.first, edge.last - MIN_LENGTH + 1, _START_STEP):
        end = np.arange(start + MIN_LENGTH, min(edge.last, start + MAX_LENGTH) + 1)  # all ends for this start
        rows = slice(start, end[-1])
        # of the rows from the start to each: extremes of the edge's column, and the least that is free beside it
        lowest, highest = np.minimum.accumulate(column[rows]), np.maximum.accumulate(column[rows])
        free_left = lowest - np.maximum.accumulate(left[rows])
        free_right = np.minimum.accumulate(right[rows]) - highest
        length = end - start
        wanted = np.clip(width_per_row * length, least_width, MAX_SIDE)
        beside = np.minimum(np.minimum(free_left, free_right)[length - 1], wanted)
        suits = (beside >= MIN_BESIDE + edge.blur_px) & (length * slope >= 1)
        area = np.where(suits, beside * length, 0)
        best = int(area.argmax())
        if area[best] > largest:
            largest = area[best]
            row = length[best] - 1
            borders = lowest[row] - beside[best], highest[row] + beside[best]
            region = start, math.ceil(borders[0]), int(end[best]), math.floor(borders[1]) + 1
    return region


def _first(found: np.ndarray) -> int:
    """Index of the first true value, or the length where there is none."""
    return int(found.argmax()) if found.any() else len(found)


def _longest_run(found: np.ndarray) -> tuple[int, int]:
    """Start and end (exclusive) of the longest run of true values."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], found, [False]]).astype(int)))
    starts, ends = steps[::2], steps[1::2]
    if not starts.size:
        return 0, 0
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])
