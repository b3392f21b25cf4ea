"""The profile of a slanted edge, four times as fine as the pixels: where the edge lies, and the rows put together.

References: ISO 12233:2017, annex D; S. Reichenbach, S. Park, R. Narayanswamy, "Characterizing digital image acquisition
devices", Optical Engineering 30 (1991) 170-177.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

#: Samples of the edge profile per pixel.
OVERSAMPLING = 4

#: Rounds of centroid, fit, window: the first window sits in the middle, wrong for a strongly slanted edge.
_FIT_STEPS = 6

#: Least half-width of the window, and most that a "straight" edge may bend, pixels.
_LEAST_REACH_PX, _MAX_BEND_PX = 6.0, 1.0


class EdgeProfile(NamedTuple):
    """The profile across an edge in B bins of a quarter pixel along the row."""

    position_px: np.ndarray  #: (B,) bin centres, distance from the edge along the row
    level: np.ndarray  #: (B,) the profile there, unit of the region
    variance: np.ndarray  #: (B,) of the profile, from the scatter of the pixels about it
    offsets_px: list[np.ndarray]  #: for each of the four phases of a bin, where its rows lie about their mean position


def fit_edge(region: np.ndarray, order: int = 1) -> np.polynomial.Polynomial:
    """Column of a near-vertical edge for every row: a polynomial fitted to the rows' centroids.

    A row's centroid is that of its derivative under a Hamming window. At first the window is as wide as the region
    and sits in its middle; then it follows the fit, and narrows to a few times the blur to keep noise out.

    Raises ValueError where the rows do not agree on an edge, or it is not straight though `order` is 1.
    """
    rows, columns = region.shape
    lines = derivative(region)
    lines = lines * np.sign(lines.sum())
    x, y = np.arange(columns), np.arange(rows)
    edge = np.polynomial.Polynomial([(columns - 1) / 2])
    for step in range(_FIT_STEPS):
        distance = x - edge(y)[:, None]
        reach = np.abs(distance).max(axis=1, keepdims=True)
        if step >= _FIT_STEPS // 2:
            reach = np.minimum(reach, max(_LEAST_REACH_PX, 3 * _half_width(lines, distance)))
        windowed = lines * hamming(distance / reach)
        weight = windowed.sum(axis=1)
        usable = weight > 0.25 * np.median(weight)
        if np.median(weight) <= 0 or usable.mean() < 0.75:
            raise ValueError("no edge runs through the region")
        y_used, centroid = y[usable], (windowed @ x)[usable] / weight[usable]
        edge = np.polynomial.Polynomial.fit(y_used, centroid, 1 if step < _FIT_STEPS // 2 else order).convert()
        if edge(y).min() < 1 or edge(y).max() > columns - 2:
            raise ValueError("the edge leaves the region at its side: it must cross top and bottom (or both sides)")
    scatter = float(np.std(centroid - edge(y_used)))
    bend = float(abs(np.polynomial.Polynomial.fit(y_used, centroid, 2).convert().coef[-1])) * rows**2 / 4
    if order == 1 and bend > max(_MAX_BEND_PX, 10 * scatter / math.sqrt(rows)):
        raise ValueError(f"the edge bends by {bend:.1f} pixels: take a shorter region or fit a parabola")
    return edge


def _half_width(lines: np.ndarray, distance: np.ndarray) -> float:
    """Distance from the edge within which 80 % of the step happens, pixels."""
    near = np.rint(np.abs(distance)).astype(int)
    share = np.cumsum(np.bincount(near.ravel(), weights=lines.ravel()))
    return float((share >= 0.8 * share[-1]).argmax())


def derivative(plane: np.ndarray) -> np.ndarray:
    """Central difference along each row, 0 at both ends."""
    slope = np.zeros_like(plane)
    slope[:, 1:-1] = (plane[:, 2:] - plane[:, :-2]) / 2
    return slope


def hamming(t: np.ndarray) -> np.ndarray:
    """Hamming window over −1 to 1, 0 outside."""
    return np.where(np.abs(t) <= 1, 0.54 + 0.46 * np.cos(np.pi * t), 0.0)


def whole_cycles(rows: int, slope: float) -> int:
    """Most rows over which the edge crosses a whole number of columns, so that all phases count alike."""
    cycles = math.floor(rows * abs(slope) + 1e-9)
    if cycles < 1:
        raise ValueError(
            f"the edge crosses less than one column in {rows} rows: "
            f"the region must be {math.ceil(1 / abs(slope))} rows long or the edge more slanted"
        )
    return min(rows, round(cycles / abs(slope)))


def edge_profile(region: np.ndarray, centre: np.ndarray) -> EdgeProfile:
    """The edge profile in bins of a quarter pixel along the row, to half the region's width on either side.

    The rows that fall into a bin rarely lie evenly in it, so the mean in a bin belongs to their mean position; a
    cubic spline carries it from there to the middle of the bin.

    Parameters
    ----------
    region : (rows, columns), of whole cycles of the edge.
    centre : (rows,) column of the edge in every row.
    """
    rows, columns = region.shape
    steps = OVERSAMPLING * (np.arange(columns) - centre[:, None])
    index = np.rint(steps).astype(int)
    phase = index[:, 0] % OVERSAMPLING
    offset = (steps[:, 0] - index[:, 0]) / OVERSAMPLING
    offsets = [offset[phase == k] for k in range(OVERSAMPLING)]
    if not all(len(o) for o in offsets):
        raise ValueError(
            f"the edge's angle lets {rows} rows sample fewer than {OVERSAMPLING} positions within a pixel: "
            "take a longer region or another angle, best about 5°"
        )
    lowest = index.min()
    count = np.bincount((index - lowest).ravel())
    total = np.bincount((index - lowest).ravel(), weights=region.ravel())
    empty = np.flatnonzero(count == 0) + lowest  # near the corners, where few rows reach
    half = OVERSAMPLING * columns // 2
    first = max([-half, lowest, *(i + 1 for i in empty if i < 0)])
    last = min([half + 1, lowest + len(count), *(i for i in empty if i > 0)])
    bins = np.arange(first, last)
    count, total = count[bins - lowest], total[bins - lowest]
    mean_offset = np.array([o.mean() for o in offsets])
    measured_at = (bins / OVERSAMPLING) + (mean_offset - mean_offset.mean())[bins % OVERSAMPLING]
    profile = CubicSpline(measured_at, total / count)(np.clip(bins / OVERSAMPLING, measured_at[0], measured_at[-1]))

    inside = (index >= first) & (index < last)
    scatter = (region - np.interp(steps / OVERSAMPLING, bins / OVERSAMPLING, profile))[inside].var()
    return EdgeProfile(bins / OVERSAMPLING, profile, scatter / count, [o - o.mean() for o in offsets])
