"""Aperture shapes against published formulas and clipped polygons."""

import math

import numpy as np
import pytest

from camsim.camera_parts import Optics
from camsim.optics import aperture, wavefront

N, WAVELENGTH = 4.0, 550.0
RADII = 2 * N * WAVELENGTH * 1e-6  # shift of the pupil, in its radii, per cycle/mm
CUTOFF = 2 / RADII


def lens(**fields) -> Optics:
    return Optics(fnumber=N, **fields)


def otf(view: Optics, fy, fx) -> tuple[np.ndarray, np.ndarray]:
    return wavefront.otf(view, N, WAVELENGTH, np.asarray(fy, dtype=float), np.asarray(fx, dtype=float))


@pytest.mark.parametrize("hole", [0.2, 0.5, 0.8])
def test_annulus_of_oneill(hole):
    """O'Neill 1956 (with the erratum), as in Goodman's and Mahajan's books; ν over the cut-off."""
    nu = np.linspace(0, 1.1, 120)

    def disc(v):
        v = np.minimum(v, 1)
        return 2 / math.pi * (np.arccos(v) - v * np.sqrt(1 - v * v))

    a, b = disc(nu), hole**2 * disc(nu / hole)
    c = np.where(nu < (1 - hole) / 2, -2 * hole**2, 0.0)
    middle = (nu >= (1 - hole) / 2) & (nu <= (1 + hole) / 2)
    v = nu[middle]
    phi = np.arccos((1 + hole**2 - 4 * v**2) / (2 * hole))
    c[middle] = (
        2 * hole / math.pi * np.sin(phi)
        + (1 + hole**2) / math.pi * phi
        - 2 * (1 - hole**2) / math.pi * np.arctan((1 + hole) / (1 - hole) * np.tan(phi / 2))
        - 2 * hole**2
    )
    expected = (a + b + c) / (1 - hole**2)
    for fy, fx in ((nu * CUTOFF, [0]), ([0], nu * CUTOFF)):
        found = otf(lens(obscuration=hole), fy, fx)
        for half in found:
            np.testing.assert_allclose(half.ravel(), expected, atol=1e-9)


def clipped_area(polygon: np.ndarray, other: np.ndarray) -> float:
    """Area common to two convex polygons, corners counter-clockwise (Sutherland and Hodgman)."""
    corners = list(polygon)
    for start, end in zip(other, np.roll(other, -1, axis=0), strict=True):
        edge = end - start
        height = [edge[0] * (p - start)[1] - edge[1] * (p - start)[0] for p in corners]
        kept = []
        for p, q, hp, hq in zip(corners, corners[1:] + corners[:1], height, height[1:] + height[:1], strict=True):
            if hp >= 0:
                kept.append(p)
            if hp * hq < 0:
                kept.append(p + (q - p) * hp / (hp - hq))
        corners = kept
        if len(corners) < 3:
            return 0.0
    x, y = np.array(corners).T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def regular(blades: int, turn_deg: float, radius: float = 1.0) -> np.ndarray:
    angle = 2 * math.pi * np.arange(blades) / blades + math.radians(turn_deg)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


@pytest.mark.slow
@pytest.mark.parametrize(("blades", "turn"), [(3, 0), (4, 45), (5, 20), (6, 0), (6, 13), (7, -50), (9, 300)])
@pytest.mark.parametrize("hole", [0.0, 0.4])
def test_polygon_overlaps_match_clipped_polygons(blades, turn, hole):
    rng = np.random.default_rng(blades)
    fy, fx = rng.random(6) * 0.9 * CUTOFF, np.append(rng.random(6) * 0.9 * CUTOFF, 0)
    plus, minus = otf(lens(blades=blades, blade_rotation_deg=turn, obscuration=hole), fy, fx)
    shape, disc = regular(blades, turn), regular(720, 0.0, hole)
    for sign, found in ((1, plus), (-1, minus)):
        for (i, j), value in np.ndenumerate(found):
            shift = np.array([sign * fx[j], -fy[i]]) * RADII  # y up
            overlap, total = clipped_area(shape, shape + shift), clipped_area(shape, shape)
            if hole:
                overlap -= clipped_area(disc + shift, shape) + clipped_area(disc, shape + shift)
                total -= math.pi * hole**2
                d = np.linalg.norm(shift)
                if d < 2 * hole:
                    overlap += 2 * hole**2 * math.acos(d / 2 / hole) - d / 2 * math.sqrt(4 * hole**2 - d * d)
            assert value == pytest.approx(overlap / total, abs=1e-4 if hole else 2e-5)


def test_area_of_the_aperture():
    assert aperture.area_share(lens()) == 1
    assert aperture.area_share(lens(obscuration=0.5)) == pytest.approx(0.75)
    hexagon = lens(blades=6, blade_rotation_deg=17)
    assert aperture.area_share(hexagon) == pytest.approx(1.5 * math.sqrt(3) / math.pi)
    for view in (
        lens(obscuration=0.3),
        hexagon,
        lens(blades=4, blade_rotation_deg=45),
        lens(blades=5, obscuration=0.2),
    ):
        sampled = aperture.coverage(view, 128)
        assert sampled.min() > -1e-12 and sampled.max() < 1 + 1e-12
        assert sampled.sum() * (2 / 128) ** 2 / math.pi == pytest.approx(aperture.area_share(view), abs=5e-5)
