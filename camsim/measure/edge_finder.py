"""Finding a slanted edge in a picture, and the rectangle around it that holds nothing else.

Pixels with a strong gradient vote for the straight line they may lie on (R. Duda and P. Hart, "Use of the Hough
transformation to detect lines and curves in pictures", Communications of the ACM 15 (1972) 11-15; voting along the
gradient's direction alone: F. O'Gorman and M. Clowes, IEEE Trans. Computers C-25 (1976) 449-456).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

#: The search works on a picture reduced to this many pixels on its longer side.
SEARCH_PX = 1000

#: Slanted lines tried and lines looked at, strongest first; share of the strongest one's votes to stop at.
_TRIES, _PEAKS, _WEAKEST = 12, 200, 0.03

_SMOOTHING_PX = 1.5
_ANGLE_STEP_DEG, _OFFSET_STEP_PX = 1.0, 2.0

#: A pixel beside the edge disturbs where the mean gradient around it exceeds this share of the edge's own.
_DISTURBANCE = 0.12

#: Error of the response at the Nyquist frequency that a region may have from noise before it is made narrower.
_NOISE_SHARE = 0.04

#: Largest region, pixels of the reduced picture; smallest region, along the edge and to either side.
_MAX_LENGTH, _MAX_SIDE, _MIN_LENGTH, _MIN_BESIDE = 400, 120, 20, 8


@dataclass(frozen=True, slots=True)
class _Line:
    """A near-vertical line x = a + b·y in a plane that may be transposed."""

    a: float
    b: float
    transposed: bool

    @property
    def angle_deg(self) -> float:
        return math.degrees(math.atan(self.b))


def find(plane: np.ndarray, *, angle_range_deg: tuple[float, float]) -> Iterator[tuple[int, int, int, int]]:
    """Clean regions (top, left, bottom, right) around straight slanted edges, the strongest edge first.

    Parameters
    ----------
    plane : (H, W), linear light in any unit.
    angle_range_deg : least and greatest angle of the edge to the columns (or rows).

    Raises
    ------
    ValueError
        Before the first region: where there is no straight edge, none at such an angle, or none that is clean.
    """
    plane = np.asarray(plane, dtype=float)
    scale = max(1, math.ceil(max(plane.shape) / SEARCH_PX))
    small = _reduce(plane, scale)
    along_y, along_x = (ndimage.gaussian_filter(small, _SMOOTHING_PX, order=o) for o in ((1, 0), (0, 1)))
    noise = scale * _noise(small)  # of a pixel, where the noise is white
    low, high = angle_range_deg
    reason, suitable, yielded = None, 0, False
    for line in _lines(along_y, along_x):
        if not low <= abs(line.angle_deg) <= high:
            reason = reason or (
                f"the strongest edge lies {abs(line.angle_deg):.1f}° off the rows or columns: "
                f"{low:g}° to {high:g}° can be measured, best about 5°"
            )
            continue
        region = _clean_region(along_y, along_x, line, noise)
        if region is not None:
            yielded = True
            top, left, bottom, right = (scale * border for border in region)
            yield top, left, bottom, right
        reason = reason or "the strongest slanted edge is too short, or other edges are too near"
        suitable += 1
        if suitable == _TRIES:
            break
    if not yielded:
        raise ValueError(f"{reason or 'no straight edge found'}; name a region with --roi")


def _reduce(plane: np.ndarray, scale: int) -> np.ndarray:
    """Mean over scale × scale pixels; what does not fill a block at the lower and right border is left out."""
    rows, columns = plane.shape[0] // scale, plane.shape[1] // scale
    blocks = plane[: rows * scale, : columns * scale].reshape(rows, scale, columns, scale)
    return blocks.mean(axis=(1, 3))


def _lines(along_y: np.ndarray, along_x: np.ndarray) -> Iterator[_Line]:
    """Straight edges, strongest (contrast times length) first."""
    strength = np.hypot(along_y, along_x)
    if strength.max() <= 0:
        return
    y, x = np.nonzero(strength > 0.05 * strength.max())
    weight, direction = strength[y, x], np.degrees(np.arctan2(along_y[y, x], along_x[y, x]))
    turns = round(360 / _ANGLE_STEP_DEG)
    turn = np.rint(direction / _ANGLE_STEP_DEG).astype(int) % turns
    reach = math.hypot(*strength.shape)
    bins = 2 * math.ceil(reach / _OFFSET_STEP_PX) + 1
    angle = np.radians(turn * _ANGLE_STEP_DEG)
    offset = np.rint((x * np.cos(angle) + y * np.sin(angle) + reach) / _OFFSET_STEP_PX).astype(int)
    votes = np.bincount(turn * bins + offset, weights=weight, minlength=turns * bins).reshape(turns, bins)
    votes = ndimage.uniform_filter(votes, 3, mode=("wrap", "constant"))
    strongest = votes.max()
    for _ in range(_PEAKS):
        turn, offset = np.unravel_index(votes.argmax(), votes.shape)
        if votes[turn, offset] < _WEAKEST * strongest:
            return
        votes[np.ix_(np.arange(turn - 4, turn + 5) % turns, np.arange(max(0, offset - 4), min(bins, offset + 5)))] = 0
        normal = math.radians(turn * _ANGLE_STEP_DEG)
        near = np.cos(np.radians(direction) - normal) > math.cos(math.radians(15))
        line = _refine(x[near], y[near], weight[near], normal, offset * _OFFSET_STEP_PX - reach)
        if line is not None:
            yield line


def _refine(x: np.ndarray, y: np.ndarray, weight: np.ndarray, normal: float, offset: float) -> _Line | None:
    """Fit a line to the pixels near the one that was voted for."""
    transposed = abs(math.sin(normal)) > abs(math.cos(normal))
    across, along = math.cos(normal), math.sin(normal)
    if transposed:
        x, y, across, along = y, x, along, across
    a, b = offset / across, -along / across
    for reach in (5.0, 3.0, 3.0):
        near = np.abs(x - a - b * y) <= reach
        if near.sum() < _MIN_LENGTH or np.ptp(y[near]) < _MIN_LENGTH:
            return None
        b, a = np.polyfit(y[near], x[near], 1, w=np.sqrt(weight[near]))
    return _Line(float(a), float(b), transposed)


def _noise(plane: np.ndarray) -> float:
    """Standard deviation of white noise, from the median of what differs from both neighbours along the rows."""
    curvature = plane[:, 2:] - 2 * plane[:, 1:-1] + plane[:, :-2]
    return 1.4826 * float(np.median(np.abs(curvature))) / math.sqrt(6)


def _clean_region(
    along_y: np.ndarray, along_x: np.ndarray, line: _Line, noise: float
) -> tuple[int, int, int, int] | None:
    """The largest rectangle around the line in which the gradient is the edge's own; None if there is none.

    A response measured over `s` pixels to either side of an edge of `n` rows has an error of about
    2 · noise/step · √(s/n) at the Nyquist frequency, so that a noisy edge gets a narrow region.
    """
    across, along = (along_y.T, along_x.T) if line.transposed else (along_x, along_y)
    height, width = across.shape
    edge = line.a + line.b * np.arange(height)
    reach = _MAX_SIDE + math.ceil(_MAX_LENGTH * abs(line.b))
    distance = np.arange(-reach, reach + 1)
    column = np.rint(edge[:, None] + distance).astype(int)
    outside = (column < 1) | (column > width - 2)  # (rows, distances): the picture sheared until the edge is upright
    column = np.clip(column, 0, width - 1)
    row = np.arange(height)[:, None]
    across, along = (ndimage.uniform_filter1d(plane[row, column], 7, axis=0) for plane in (across, along))
    own = across[:, reach - 2 : reach + 3] * np.sign(across[:, reach].sum())
    own = np.where(outside[:, reach], 0.0, own.max(axis=1).clip(0))
    if own.sum() <= 0:
        return None
    strength = (own**2).sum() / own.sum()
    first, last = _longest_run(own > 0.6 * strength)
    if last - first < _MIN_LENGTH:
        return None

    profile = np.abs(across[first:last].mean(axis=0)) > _DISTURBANCE * strength
    quiet = ~(profile | np.roll(profile, 1) | np.roll(profile, -1))
    blur = 2 + max(_first(quiet[reach::-1]), _first(quiet[reach:]))
    disturbed = (np.hypot(across, along) > _DISTURBANCE * strength) & (np.abs(distance) > blur)
    disturbed |= outside
    left = edge - [_first(found) for found in disturbed[:, reach::-1]] + 1
    right = edge + [_first(found) for found in disturbed[:, reach:]] - 1

    step = abs(across[first:last, np.abs(distance) <= blur].mean(axis=0).sum())
    per_row = (_NOISE_SHARE * step / (2 * noise)) ** 2 if noise > 0 else np.inf
    least = max(2 * blur, 24)
    best, region = 0.0, None
    for i in range(first, last - _MIN_LENGTH + 1, 4):
        j = np.arange(i + _MIN_LENGTH, min(last, i + _MAX_LENGTH) + 1)
        low, high = np.minimum.accumulate(edge[i : j[-1]]), np.maximum.accumulate(edge[i : j[-1]])
        free_left = low - np.maximum.accumulate(left[i : j[-1]])
        free_right = np.minimum.accumulate(right[i : j[-1]]) - high
        wanted = np.clip(per_row * (j - i), least, _MAX_SIDE)
        side = np.minimum(np.minimum(free_left, free_right)[j - i - 1], wanted)
        score = np.where((side >= _MIN_BESIDE + blur) & ((j - i) * abs(line.b) >= 1), side * (j - i), 0)
        k = int(score.argmax())
        if score[k] > best:
            best = score[k]
            borders = low[j[k] - i - 1] - side[k], high[j[k] - i - 1] + side[k]
            region = i, math.ceil(borders[0]), int(j[k]), math.floor(borders[1]) + 1
    if region is not None and line.transposed:
        top, start, bottom, end = region
        region = start, top, end, bottom
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
