"""The shape of the aperture: its area, its samples, and its overlap with itself, the OTF without aberrations.

The aperture is round, or a regular polygon with its corners on the round one; `blade_rotation_deg` is the angle of a
corner, counter-clockwise from +x. A central obstruction takes a round share out. Coordinates are those of `zernike`: in
units of the aperture's radius, as the photographer behind the camera sees them.

References: E. O'Neill, J. Opt. Soc. Am. 46, 1956 (annulus).
"""

import functools
import math
from collections.abc import Callable

import numpy as np

from camsim.camera_parts import Optics

#: x and y of points.
_Vector = tuple[np.ndarray, np.ndarray]

#: Rows of samples that a sample's covered area is measured along.
SUBROWS = 16

#: Steps of the tables that `_polygon_overlaps` fills: directions, and shifts in each direction.
DIRECTIONS, SHIFTS = 128, 1024


def radius_mm(optics: Optics) -> float:
    """Half of focal length over f-number."""
    return optics.focal_length_mm / (2 * optics.fnumber)


def area_share(optics: Optics) -> float:
    """Area of the aperture over that of the round one."""
    n = optics.blades
    return (n / (2 * math.pi) * math.sin(2 * math.pi / n) if n else 1.0) - optics.obscuration**2


def _disc_overlap(distance: np.ndarray, large: float, small: float) -> np.ndarray:
    """Area that two discs have in common."""
    d = np.maximum(distance, 1e-100)
    alpha = np.arccos(np.clip((d * d + large**2 - small**2) / (2 * d * large), -1, 1))
    beta = np.arccos(np.clip((d * d + small**2 - large**2) / (2 * d * small), -1, 1))
    kite = ((large + small) ** 2 - d * d) * (d * d - (large - small) ** 2)
    return large**2 * alpha + small**2 * beta - np.sqrt(np.maximum(kite, 0)) / 2


def _polygon_disc_overlap(corners: np.ndarray, y: np.ndarray, x: np.ndarray, radius: float) -> np.ndarray:
    """Area that a polygon, corners (n, 2) as x, y counter-clockwise, has in common with discs about (y, x)."""

    def cross(p: _Vector, q: _Vector) -> np.ndarray:
        return p[0] * q[1] - p[1] * q[0]

    def sector(p: _Vector, q: _Vector) -> np.ndarray:
        return radius**2 * np.arctan2(cross(p, q), p[0] * q[0] + p[1] * q[1])

    total = np.zeros(())
    for corner, next_corner in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        start, end = (corner[0] - x, corner[1] - y), (next_corner[0] - x, next_corner[1] - y)
        step = next_corner - corner
        length = step @ step
        nearest = -(start[0] * step[0] + start[1] * step[1]) / length
        half = np.sqrt(np.maximum(radius**2 / length - cross(start, step) ** 2 / length**2, 0))
        shares = (
            np.clip(nearest - half, 0, 1),
            np.clip(nearest + half, 0, 1),
        )  # of the side, where the disc begins, ends
        enter, leave = ((start[0] + share * step[0], start[1] + share * step[1]) for share in shares)
        total = total + (sector(start, enter) + cross(enter, leave) + sector(leave, end))  # twice the signed area
    return total / 2


def _corners(blades: int) -> np.ndarray:
    """Corners of a regular polygon on the unit circle, the first at (1, 0): (blades, 2) as x, y."""
    angle = 2 * math.pi * np.arange(blades) / blades
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def coverage(optics: Optics, samples: int) -> np.ndarray:
    """Share of each sample that the aperture covers: (samples + 4, samples + 4), rows running down.

    The aperture's diameter is `samples` wide. Areas are sums over SUBROWS parts of each row, exact along it.
    """
    step, count = 2 / samples, samples + 4
    columns = (np.arange(count + 1) - count / 2) * step
    total = np.zeros((count, count))
    for part in range(SUBROWS):
        above, below = (columns[:-1] + share / SUBROWS * step for share in (part, part + 1))
        left, right, top, bottom = _chords(optics, above, below)
        y = (above + below) / 2
        hole = np.sqrt(np.maximum(optics.obscuration**2 - y * y, 0))
        covered = _length_within(columns, left, right) - _length_within(columns, -hole, hole)
        total += covered * np.clip(np.minimum(below, bottom) - np.maximum(above, top), 0, None)[:, None]
    return total / step**2


def _length_within(edges: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Length between `low` and `high` (rows,) in each of the intervals between `edges`: (rows, intervals)."""
    return np.diff(np.clip(edges, low[:, None], high[:, None]), axis=1)


def _chords(optics: Optics, above: np.ndarray, below: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Left and right end of the aperture in rows from `above` to `below`, y down; its top and bottom."""
    if not optics.blades:
        y = np.clip((above + below) / 2, -1, 1)
        half = np.sqrt(1 - y * y)
        return -half, half, -1.0, 1.0
    turn = math.radians(optics.blade_rotation_deg)
    corners = _corners(optics.blades) @ np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    x, y = corners.T  # turned clockwise, for y runs down here
    middle = np.clip((np.maximum(above, y.min()) + np.minimum(below, y.max())) / 2, y.min(), y.max())
    left, right = _chord_ends(x, y, middle)
    return left, right, y.min(), y.max()


def _chord_ends(x: np.ndarray, y: np.ndarray, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where horizontal lines at `heights` enter and leave a convex polygon with corners x, y (n,)."""
    rise, run = np.roll(y, -1) - y, np.roll(x, -1) - x
    steep = np.abs(rise) > 1e-9
    share = (heights[:, None] - y[steep]) / rise[steep]
    at = np.where(np.abs(share - 0.5) <= 0.5 + 1e-9, x[steep] + share * run[steep], np.nan)
    return np.nanmin(at, axis=1), np.nanmax(at, axis=1)


# --- overlap of the aperture with itself, shifted: the OTF without aberrations --------------------------------------


def unaberrated_otf(optics: Optics, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Area that the aperture and the aperture shifted by (y, x) radii have in common over its own; y down.

    The closed form for a disc and an annulus. For a polygon linear between exact values, to 1e-5.
    """
    return overlaps(optics, y, x)(1.0)


def overlaps(optics: Optics, y: np.ndarray, x: np.ndarray) -> Callable[[float], np.ndarray]:
    """`unaberrated_otf` at shifts so many times (y, x), for many such numbers: what they share is done once."""
    share = area_share(optics)
    shift = np.hypot(y, x)
    if not optics.blades:
        hole = optics.obscuration

        def of_discs(times: float) -> np.ndarray:
            total = _disc_overlap(times * shift, 1, 1)
            if hole:
                total += _disc_overlap(times * shift, hole, hole) - 2 * _disc_overlap(times * shift, 1, hole)
            return np.maximum(total / (math.pi * share), 0)

        return of_discs
    sides, first, reach = _touching_shifts(optics.blades)
    turned = np.arctan2(-y, x) - math.radians(optics.blade_rotation_deg) - first
    half = math.pi / sides
    angle = np.abs((turned + half) % (2 * half) - half)
    along = shift * np.cos(half - angle) * (SHIFTS / (reach * math.cos(half)))
    place = np.broadcast_to(angle * (DIRECTIONS / half), along.shape)
    direction = np.minimum(place.astype(np.intp), DIRECTIONS - 1)
    between = place - direction
    table = np.maximum(_polygon_overlaps(optics.blades, optics.obscuration) / (math.pi * share), 0)
    rises = np.diff(table, axis=1)
    begin = direction * SHIFTS

    def of_polygons(times: float) -> np.ndarray:
        at = np.minimum(along * times, SHIFTS)
        node = np.minimum(at.astype(np.intp), SHIFTS - 1)
        at -= node
        node += begin  # in `rises`; a row of `table` has one more
        near, far = (
            np.take(table, node + (direction + more) + SHIFTS * more) + at * np.take(rises, node + SHIFTS * more)
            for more in (0, 1)
        )
        return near + between * (far - near)

    return of_polygons


def _touching_shifts(blades: int) -> tuple[int, float, float]:
    """The regular polygon of shifts at which two polygons of `blades` sides touch: sides, angle and radius of a corner.

    An even polygon is its own half turn: twice itself. An odd one has its sides and theirs opposite.
    """
    if blades % 2 == 0:
        return blades, 0.0, 2.0
    return 2 * blades, math.pi / (2 * blades), 2 * math.cos(math.pi / (2 * blades))


@functools.lru_cache(maxsize=8)
def _polygon_overlaps(blades: int, hole: float) -> np.ndarray:
    """Area common to a polygon with a hole and its shifted self: (DIRECTIONS + 1, SHIFTS + 1).

    Directions from a corner of the touching shifts to the middle of their side, shifts from 0 to their border. A line
    in the shift's direction with a chord of length L keeps max(0, L − shift) of it; L is linear between corners.
    """
    sides, first, reach = _touching_shifts(blades)
    half = math.pi / sides
    corners = _corners(blades)
    table = np.empty((DIRECTIONS + 1, SHIFTS + 1))
    for row, angle in enumerate(np.linspace(0, half, DIRECTIONS + 1)):
        cos, sin = math.cos(angle + first), math.sin(angle + first)
        along, across = corners @ (cos, sin), corners @ (-sin, cos)
        shift = np.linspace(0, reach * math.cos(half) / math.cos(half - angle), SHIFTS + 1)
        heights = np.sort(across)
        left, right = _chord_ends(along, across, heights)
        rest = (right - left)[:, None] - shift
        high, low = np.maximum(rest[1:], rest[:-1]), np.minimum(rest[1:], rest[:-1])
        positive = np.maximum(high, 0)
        mean = np.where(low >= 0, (high + low) / 2, positive**2 / (2 * np.maximum(high - low, 1e-100)))
        table[row] = np.diff(heights) @ mean
        if hole:
            both = sum(_polygon_disc_overlap(corners, sign * shift * sin, sign * shift * cos, hole) for sign in (-1, 1))
            table[row] += _disc_overlap(shift, hole, hole) - both
    table[:, -1] = 0  # but for rounding
    return table
