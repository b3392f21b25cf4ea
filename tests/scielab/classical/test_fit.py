"""Fitting: what is exactly linear is found exactly, and what a camera did to colours is undone."""

import numpy as np
import pytest
from scipy import ndimage

from camsim.io.resize import resize
from scielab.classical import fit
from scielab.classical.answer import Answer

pytestmark = pytest.mark.installed


def scenes(count: int = 8, side: int = 64) -> np.ndarray:
    """Pictures (count, side, side, 3) without detail that a picture of a quarter of the side cannot hold."""
    noise = np.random.default_rng(0).random((count, side, side, 3))
    smooth = ndimage.gaussian_filter(noise, (0, 5, 5, 0), mode="wrap")
    smooth -= smooth.min()
    return np.rint(255 * smooth / smooth.max()).astype(np.uint8)


def test_ridge_regression_finds_the_matrix_that_made_the_targets():
    rng = np.random.default_rng(2)
    features, matrix = rng.normal(size=(500, 6)), rng.normal(size=(6, 2))
    blocks = [(features[:200], features[:200] @ matrix, 1.0), (features[200:], features[200:] @ matrix, 0.3)]
    assert fit.ridge(blocks, 1e-12) == pytest.approx(matrix, abs=1e-8)


def test_ridge_regression_is_that_of_hoerl_and_kennard():
    """(XᵀX + kI)⁻¹Xᵀy, their equation 2.1, with k in units of the mean square of the features."""
    rng = np.random.default_rng(3)
    features, targets = rng.normal(size=(50, 4)), rng.normal(size=(50, 1))
    k = 0.1 * np.trace(features.T @ features) / 4
    expected = np.linalg.inv(features.T @ features + k * np.eye(4)) @ features.T @ targets
    assert fit.ridge([(features, targets, 1.0)], 0.1) == pytest.approx(expected)


@pytest.mark.slow
def test_a_known_blur_and_decimation_are_undone():
    """Of band-limited pictures nothing is lost: an enlarging filter gives them back to within their rounding."""
    hr = scenes()
    blurred = ndimage.gaussian_filter(hr / 255.0, (0, 2, 2, 0), mode="mirror")
    lr = np.rint(255 * blurred.reshape(8, 16, 4, 16, 4, 3).mean((2, 4))).astype(np.uint8)
    pairs = fit.Pairs(lr=lr, hr=hr)
    found = Answer(enlargement=fit.enlargement(pairs, lambda low: low))
    bicubic = np.mean([np.square(resize(low, (64, 64)) - high).mean() for low, high in pairs])
    errors = [np.square(found(low) - high)[8:-8, 8:-8].mean() for low, high in pairs]
    assert np.sqrt(np.mean(errors)) < 1 / 255 and np.mean(errors) < bicubic / 20


def test_a_camera_that_squares_light_and_mixes_colours_is_undone_by_the_cubic_fit():
    hr = scenes(2)
    mixed = (hr / 255.0) @ np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.0, 0.2, 0.8]])
    lr = np.stack([np.rint(255 * resize(picture**0.7, (16, 16))) for picture in mixed]).astype(np.uint8)
    pairs = fit.Pairs(lr=lr, hr=hr)
    answer = Answer(colours=fit.colours(pairs), enlargement=np.zeros((1, 1)))
    for low, high in pairs:
        assert answer.repaired(low) == pytest.approx(resize(high, (16, 16)), abs=0.02)
        assert np.abs(low - resize(high, (16, 16))).max() > 0.1


def test_pictures_that_are_no_pairs_are_refused():
    with pytest.raises(ValueError, match="not 4 times as large"):
        fit.Pairs(lr=np.zeros((1, 8, 8, 3), np.uint8), hr=np.zeros((1, 16, 16, 3), np.uint8))
