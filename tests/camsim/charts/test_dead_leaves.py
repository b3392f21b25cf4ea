"""The dead leaves chart against the statistics that define it."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import trapezoid

from camsim.charts import catalogue, dead_leaves

pytestmark = pytest.mark.installed


def leaf_correlation(distance, r_min, r_max):
    """Chance that two points lie on the same leaf, B(h) / (2 B(0) − B(h)).

    B is the mean overlap of a leaf with itself moved by h (Matheron 1968; Lee, Mumford and Huang 2001).
    """
    r = np.geomspace(r_min, r_max, 20001)
    h = np.minimum(distance, 2 * r)
    overlap = 2 * r**2 * np.arccos(h / (2 * r)) - h / 2 * np.sqrt(4 * r**2 - h**2)
    moved, still = (trapezoid(area * r**-3, r) for area in (overlap, np.pi * r**2))
    return moved / (2 * still - moved)


def test_dead_leaves_have_the_covariance_of_theory(grey):
    distances = (4, 8, 16, 32)
    measured = []
    for seed in range(16):
        g = grey("dead-leaves", 192, 192, r_min_px=4, r_max_px=32, low=0, high=1, seed=seed) - 0.5
        pairs = [((g[:, h:] * g[:, :-h]).mean() + (g[h:] * g[:-h]).mean()) / 2 for h in distances]
        measured.append([12 * pair for pair in pairs] + [g.mean()])  # 1/12: variance of an even distribution
    mean, error = np.mean(measured, axis=0), np.std(measured, axis=0) / 4
    wanted = np.array([leaf_correlation(h, 4, 32) for h in distances] + [0.0])
    assert error.max() < 0.03
    assert (np.abs(mean - wanted) < 4 * error + 0.005).all(), (mean, wanted, error)


def test_dead_leaves_come_in_all_sizes_that_touch_the_picture():
    """Radii with density r⁻³ on the plane reach a picture in proportion to (height + 2r)(width + 2r)."""
    y, x, r = dead_leaves._discs(np.random.default_rng(2), 40_000, 60, 90, 2.0, 50.0)
    grid = np.geomspace(2, 50, 20001)
    density = grid**-3 * (60 + 2 * grid) * (90 + 2 * grid)
    share = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(grid))])
    wanted = np.interp(np.linspace(0.1, 0.9, 9), share / share[-1], grid)  # deciles
    assert np.searchsorted(np.sort(r), wanted) / 40_000 == pytest.approx(np.linspace(0.1, 0.9, 9), abs=0.01)
    assert (np.abs(y - 30) <= 30 + r).all() and (np.abs(x - 45) <= 45 + r).all()
    assert y.mean() == pytest.approx(30, abs=0.5) and x.mean() == pytest.approx(45, abs=0.7)


@pytest.mark.parametrize("radius", [0.6, 1.0, 1.7, 5.3, 40.0])
def test_a_leaf_has_the_area_of_its_disc(radius):
    side = 2 * math.ceil(radius) + 4
    window, rng = (slice(0, side), slice(0, side)), np.random.default_rng(3)
    places = side / 2 + rng.uniform(-0.5, 0.5, (400, 2))
    areas = [dead_leaves._disc_coverage(window, y, x, radius).sum() for y, x in places]
    assert np.mean(areas) == pytest.approx(math.pi * radius**2, rel=0.01)


@pytest.mark.slow
def test_dead_leaves_power_falls_as_one_over_frequency_squared(grey):
    power, size = 0, 384
    for seed in range(3):
        g = grey("dead-leaves", size, size, seed=seed)
        power = power + np.abs(np.fft.fft2((g - g.mean()) * np.hanning(size)[:, None] * np.hanning(size))) ** 2
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    edges = np.geomspace(1 / 48, 1 / 4, 10)  # between the two radii, 48 and 1 px
    rings = [power[(f >= a) & (f < b)].mean() for a, b in itertools.pairwise(edges)]
    slope = np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(rings), 1)[0]
    assert -2.15 < slope < -1.8


def test_dead_leaves_seed_saturation_and_levels(grey):
    first, again = (catalogue.make("dead-leaves", 80, 100, seed=5, saturation=0.7) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, catalogue.make("dead-leaves", 80, 100, seed=6, saturation=0.7))
    assert np.abs(first[..., 0] - first[..., 1]).mean() > 0.05
    grey("dead-leaves", 80, 100, seed=5)
    narrow = grey("dead-leaves", 80, 100, low=0.4, high=0.5)
    assert narrow.min() >= 0.4 and narrow.max() <= 0.5
    assert grey("dead-leaves", 64, 64, low=0.3, high=0.3) == pytest.approx(0.3, abs=1e-12)
    with pytest.raises(ValueError, match="r_max_px = 2 must be above r_min_px = 3"):
        catalogue.make("dead-leaves", 64, 64, r_min_px=3, r_max_px=2)
