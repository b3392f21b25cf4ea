"""Finding a slanted edge in a picture.

Pixels with a strong gradient vote for the straight line they may lie on (R. Duda and P. Hart, "Use of the Hough
transformation to detect lines and curves in pictures", Communications of the ACM 15 (1972) 11-15; voting along the
gradient's direction alone: F. O'Gorman and M. Clowes, IEEE Trans. Computers C-25 (1976) 449-456).
"""

import math
from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from camsim.measure.edge_region import MIN_LENGTH, Line, Region, clean_region

#: The search works on a picture reduced to this many pixels on its longer side.
SEARCH_PX = 1000

#: Slanted lines tried and lines looked at, strongest first; share of the strongest one's votes to stop at.
_TRIES, _PEAKS, _WEAKEST = 12, 200, 0.03

#: Blur of the gradient, and steps in which lines are counted.
_SMOOTHING_PX, _ANGLE_STEP_DEG, _OFFSET_STEP_PX = 1.5, 1.0, 2.0

#: Least gradient of a pixel that votes, as a share of the strongest.
_VOTES_FROM = 0.05

#: Steps of angle and of offset around a peak of the votes that belong to the same line.
_SAME_LINE = 4

#: Gradients within this angle of a line's normal belong to the line.
_ALIKE_DEG = 15.0


class NoEdgeFound(ValueError):
    """A picture has no slanted edge that can be measured without being told where."""


def find(plane: np.ndarray, *, angle_range_deg: tuple[float, float]) -> Iterator[Region]:
    """Clean regions (top, left, bottom, right) around straight slanted edges, the strongest edge first.

    Parameters
    ----------
    plane : (H, W), linear light in any unit.
    angle_range_deg : least and greatest angle of the edge to the columns (or rows).

    Raises
    ------
    NoEdgeFound
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
        region = clean_region(along_y, along_x, line, noise)
        if region is not None:
            yielded = True
            top, left, bottom, right = (scale * border for border in region)
            yield top, left, bottom, right
        reason = reason or "the strongest slanted edge is too short, or other edges are too near"
        suitable += 1
        if suitable == _TRIES:
            break
    if not yielded:
        raise NoEdgeFound(reason or "no straight edge found")


def _reduce(plane: np.ndarray, scale: int) -> np.ndarray:
    """Mean over scale × scale pixels; what does not fill a block at the lower and right border is left out."""
    rows, columns = plane.shape[0] // scale, plane.shape[1] // scale
    blocks = plane[: rows * scale, : columns * scale].reshape(rows, scale, columns, scale)
    return blocks.mean(axis=(1, 3))


def _noise(plane: np.ndarray) -> float:
    """Standard deviation of white noise, from the median of what differs from both neighbours along the rows."""
    curvature = plane[:, 2:] - 2 * plane[:, 1:-1] + plane[:, :-2]
    return 1.4826 * float(np.median(np.abs(curvature))) / math.sqrt(6)


def _lines(along_y: np.ndarray, along_x: np.ndarray) -> Iterator[Line]:
    """Straight edges, strongest (contrast times length) first."""
    strength = np.hypot(along_y, along_x)
    if strength.max() <= 0:
        return
    y, x = np.nonzero(strength > _VOTES_FROM * strength.max())
    weight, direction_deg = strength[y, x], np.degrees(np.arctan2(along_y[y, x], along_x[y, x]))
    farthest = math.hypot(*strength.shape)
    votes = _votes(y, x, weight, direction_deg, farthest)
    for turn, offset in _peaks(votes):
        normal = math.radians(turn * _ANGLE_STEP_DEG)
        alike = np.cos(np.radians(direction_deg) - normal) > math.cos(math.radians(_ALIKE_DEG))
        line = _refine(x[alike], y[alike], weight[alike], normal, offset * _OFFSET_STEP_PX - farthest)
        if line is not None:
            yield line


def _votes(y: np.ndarray, x: np.ndarray, weight: np.ndarray, direction_deg: np.ndarray, farthest: float) -> np.ndarray:
    """Votes of pixels for the line at right angles to their gradient, (steps of angle, steps of offset).

    The angle is that of the line's normal, the offset its distance from the picture's corner, from −`farthest` on.
    """
    turns = round(360 / _ANGLE_STEP_DEG)
    turn = np.rint(direction_deg / _ANGLE_STEP_DEG).astype(int) % turns
    offsets = 2 * math.ceil(farthest / _OFFSET_STEP_PX) + 1
    normal = np.radians(turn * _ANGLE_STEP_DEG)
    offset = np.rint((x * np.cos(normal) + y * np.sin(normal) + farthest) / _OFFSET_STEP_PX).astype(int)
    votes = np.bincount(turn * offsets + offset, weights=weight, minlength=turns * offsets).reshape(turns, offsets)
    return ndimage.uniform_filter(votes, 3, mode=("wrap", "constant"))


def _peaks(votes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Places of the peaks of votes, the highest first; a peak found is cleared away, in `votes` itself."""
    turns, offsets = votes.shape
    highest = votes.max()
    for _ in range(_PEAKS):
        turn, offset = (int(place) for place in np.unravel_index(votes.argmax(), votes.shape))
        if votes[turn, offset] < _WEAKEST * highest:
            return
        same_turns = np.arange(turn - _SAME_LINE, turn + _SAME_LINE + 1) % turns
        same_offsets = np.arange(max(0, offset - _SAME_LINE), min(offsets, offset + _SAME_LINE + 1))
        votes[np.ix_(same_turns, same_offsets)] = 0
        yield turn, offset


def _refine(x: np.ndarray, y: np.ndarray, weight: np.ndarray, normal: float, offset: float) -> Line | None:
    """Fit a line to the pixels near the one that was voted for."""
    transposed = abs(math.sin(normal)) > abs(math.cos(normal))
    across, along = math.cos(normal), math.sin(normal)
    if transposed:
        x, y, across, along = y, x, along, across
    a, b = offset / across, -along / across
    for reach in (5.0, 3.0, 3.0):
        near = np.abs(x - a - b * y) <= reach
        if near.sum() < MIN_LENGTH or np.ptp(y[near]) < MIN_LENGTH:
            return None
        b, a = np.polyfit(y[near], x[near], 1, w=np.sqrt(weight[near]))
    return Line(float(a), float(b), transposed)
