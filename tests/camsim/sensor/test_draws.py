"""Chance numbers: true to their distributions, and the same at the same place whatever else is drawn."""

import numpy as np
import pytest
from scipy import special, stats

from camsim.camera_parts import Sensor
from camsim.sensor import draws, noise
from camsim.sensor.draws import Purpose

MEANS = (0.05, 0.7, 3.0, 9.9, 10.0, 31.4, 400.0, 9_900.0, 60_000.0)


def counts_of(mean, seed, side=400):
    return draws.poisson(np.full((side, side), mean), draws.normal(seed, Purpose.ARRIVAL, side, side))


@pytest.mark.parametrize("mean", MEANS)
def test_counts_are_poissons_by_chi_square(mean):
    counts = counts_of(mean, seed=1)
    edges = np.unique(stats.poisson.ppf(np.linspace(0.01, 0.99, 40), mean))
    expected = np.diff(np.concatenate([[0.0], stats.poisson.cdf(edges, mean), [1.0]])) * counts.size
    found = np.bincount(np.searchsorted(edges, counts.ravel()), minlength=len(expected))
    assert len(found) == len(expected) and stats.chisquare(found, expected).pvalue > 1e-3


@pytest.mark.parametrize("mean", MEANS)
def test_every_count_is_the_quantile_also_in_the_tails(mean):
    """The smallest n with P(N ≤ n) ≥ Φ(w), in the tail that is small."""
    w = np.linspace(-7.4, 6.0, 30_001)[None]
    n, means = draws.poisson(np.full(w.shape, mean), w), np.full(w.shape, mean)

    def reached(k):
        below = special.gammaincc(np.maximum(k + 1, 0.5), means) >= special.ndtr(w)
        return (k >= 0) & np.where(w > 0, special.gammainc(np.maximum(k + 1, 0.5), means) <= special.ndtr(-w), below)

    assert reached(n).all() and not reached(n - 1).any()


def test_more_light_never_gives_fewer_electrons():
    w = draws.normal(3, Purpose.ARRIVAL, 64, 500)
    means = np.concatenate([[0.0], np.geomspace(1e-3, 1e5, 400)])
    counts = np.array([draws.poisson(np.full(w.shape, mean), w) for mean in means])
    assert (np.diff(counts, axis=0) >= 0).all() and (counts[0] == 0).all()
    assert counts.mean(axis=(1, 2))[1:] == pytest.approx(means[1:], abs=5 * (means[-1] / w.size) ** 0.5, rel=0.2)


def test_a_part_of_a_sensor_gets_what_it_has_in_the_whole():
    whole = draws.normal(7, Purpose.READ, 300, 41, dtype=np.float32)
    for first, rows in ((0, 300), (0, 1), (63, 2), (64, 64), (130, 170), (299, 1)):
        part = draws.normal(7, Purpose.READ, rows, 41, first_row=first, dtype=np.float32)
        np.testing.assert_array_equal(part, whole[first : first + rows])
    counts = draws.poisson(np.full((300, 41), 20.0), whole)
    np.testing.assert_array_equal(draws.poisson(np.full((70, 41), 20.0), whole[37:107]), counts[37:107])


def test_seeds_and_purposes_and_bands_have_numbers_of_their_own():
    drawn = [draws.normal(seed, purpose, 128, 500) for seed in (0, 1) for purpose in Purpose]
    planes = np.array([plane.ravel() for whole in drawn for plane in (whole[:64], whole[64:])])
    correlation = np.corrcoef(planes) - np.eye(len(planes))
    assert np.abs(correlation).max() < 5 / 32_000**0.5
    assert np.abs(planes.mean(axis=1)).max() < 5 / 32_000**0.5 and planes.var() == pytest.approx(1, abs=0.01)


def test_a_slightly_longer_exposure_is_slightly_another_picture():
    sensor = Sensor(read_noise_e=5, dark_current_e_per_s=10, full_well_e=10_000, prnu=0.01, dsnu_e=2)
    light = np.full((128, 128), 1000.0)
    one, longer, other = (noise.expose(light, s, sensor, seed) for s, seed in ((1, 1), (1.001, 1), (1, 2)))
    assert np.corrcoef(one.ravel(), longer.ravel())[0, 1] > 0.999
    assert longer.mean() - one.mean() == pytest.approx(1.01, abs=0.1)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] < 0.3  # the fixed pattern is the same
