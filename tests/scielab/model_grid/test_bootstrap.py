"""Intervals: what theory says of resampled means."""

import numpy as np
import pytest

from scielab.model_grid import bootstrap


def test_the_spread_of_resampled_means_is_the_standard_error():
    values = np.random.default_rng(5).normal(20, 4, (400, 1))
    means = bootstrap.resampled_means(values)[:, 0]
    error = values.std() / np.sqrt(400)
    assert means.mean() == pytest.approx(values.mean(), abs=4 * error / np.sqrt(bootstrap.RESAMPLES))
    assert means.std() == pytest.approx(error, rel=0.03)
    low, high = bootstrap.interval(means)
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.1 * error)


def test_95_percent_of_the_intervals_hold_the_truth():
    values = np.random.default_rng(8).normal(0, 1, (100, 600))  # 600 sets of 100 pictures
    limits = np.percentile(bootstrap.resampled_means(values, resamples=2000), bootstrap.LIMITS, axis=0)
    covered = np.mean((limits[0] < 0) & (limits[1] > 0))
    assert 0.95 - 0.03 < covered < 0.95 + 0.03  # three standard errors of the share


def test_all_columns_meet_the_same_resamples():
    values = np.random.default_rng(3).normal(0, 1, (12, 1))
    means = bootstrap.resampled_means(np.hstack([values, values + 7, np.full_like(values, 3)]))
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 7, rtol=1e-12)
    np.testing.assert_allclose(means[:, 2], 3, rtol=1e-12)
    assert means[:, 0].std() > 0.1


def test_the_seed_alone_decides():
    values = np.random.default_rng(3).normal(0, 1, (12, 2))
    np.testing.assert_array_equal(bootstrap.resampled_means(values), bootstrap.resampled_means(values.copy()))
    assert (bootstrap.resampled_means(values) != bootstrap.resampled_means(values, seed=1)).any()


@pytest.mark.parametrize("values", [np.zeros(4), np.zeros((0, 3))])
def test_what_cannot_be_resampled_is_refused(values):
    with pytest.raises(ValueError, match="pictures × columns"):
        bootstrap.resampled_means(values)
