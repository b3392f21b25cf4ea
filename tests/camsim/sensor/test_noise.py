"""Noise, fixed pattern and defects, against statistics."""

import dataclasses
import math

import numpy as np
import pytest

from camsim.camera_parts import Sensor
from camsim.sensor import noise

N = 500  # pixels along a side of a flat field: a variance is then known to 0.3 %


def flat(value: float, pixel: Sensor, *, exposure_s: float = 1.0, seed: int = 0) -> np.ndarray:
    return noise.expose(np.full((N, N), value), exposure_s, pixel, seed)


def quiet(**fields) -> Sensor:
    return Sensor(**({"read_noise_e": 0, "dark_current_e_per_s": 0, "full_well_e": 1e6} | fields))


def test_shot_noise_is_poisson():
    electrons = flat(400, quiet())
    assert electrons.mean() == pytest.approx(400, abs=4 * 20 / N)
    assert electrons.var() == pytest.approx(400, rel=4 * math.sqrt(2) / N)
    third = np.mean((electrons - electrons.mean()) ** 3)  # a Poisson distribution's is its mean, a normal one's zero
    assert third == pytest.approx(400, abs=4 * math.sqrt(15 * 400**3) / N)


def test_fixed_pattern_has_the_spread_asked_for_and_stays_from_shot_to_shot():
    pixel = quiet(prnu=0.02, dsnu_e=30, column_gain_fpn=0.01, column_offset_fpn_e=15)
    shots = np.mean([flat(10_000, pixel, seed=s) for s in range(24)], axis=0)
    columns = shots.mean(axis=0)
    within = (shots - columns).var()
    assert within == pytest.approx((0.02 * 10_000) ** 2 + 30**2 + 10_000 / 24, rel=0.03)
    assert columns.var() == pytest.approx((0.01 * 10_000) ** 2 + 15**2, rel=4 * math.sqrt(2 / N))
    other = flat(10_000, dataclasses.replace(pixel, pattern_seed=1))
    assert abs(np.corrcoef(shots.ravel(), flat(10_000, pixel, seed=99).ravel())[0, 1]) > 0.8
    assert abs(np.corrcoef(columns, other.mean(axis=0))[0, 1]) < 0.2


@pytest.mark.parametrize("noise", [True, False])
def test_missing_and_stuck_pixels_are_as_many_as_asked_and_always_the_same(noise):
    pixel = quiet(missing_fraction=0.1, stuck_fraction=0.02, full_well_e=5000, noise=noise)
    one, two = flat(1000, pixel, seed=1), flat(1000, pixel, seed=2)
    assert (one == 0).sum() == N * N // 10 and (one == 5000).sum() == N * N // 50
    np.testing.assert_array_equal(one == 0, two == 0)


@pytest.mark.parametrize("n", [2, 3])
def test_the_pattern_of_binned_pixels_is_that_of_the_sum_of_their_wells(n):
    """Charges add up: n² independent offsets to n times one, n² gains to a mean that spreads by an n-th of one's."""
    pixel = quiet(cfa="w", prnu=0.02, dsnu_e=30)
    fine, binned = noise.pattern(pixel, n * N, n * N), noise.pattern(dataclasses.replace(pixel, binning=n), N, N)
    wells = [values.reshape(N, n, N, n) for values in (fine.offset_e, fine.gain)]
    within = 5 / N  # of a standard deviation of N² values, 1/(√2 N) is known; there are two
    assert binned.offset_e.std() == pytest.approx(wells[0].sum(axis=(1, 3)).std(), rel=within)
    assert binned.gain.std() == pytest.approx(wells[1].mean(axis=(1, 3)).std(), rel=within)
