"""Polyphase filters: matrices on neighbourhoods."""

import numpy as np
import pytest
from scipy import ndimage

from scielab.classical import neighbourhoods as n

pytestmark = pytest.mark.installed


def random_picture(h: int, w: int, c: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((h, w, c))


@pytest.mark.parametrize("shape", [(6, 9), (300, 40)])  # the second is worked off in blocks of rows
def test_a_filter_is_scipys_correlation_with_a_mirrored_border(shape):
    picture, kernel = random_picture(*shape, 1), random_picture(5, 5, 1, seed=1)[..., 0]
    matrix = np.concatenate([kernel.reshape(-1, 1), [[0.25]]])
    correlated = ndimage.correlate(picture[..., 0], kernel, mode="reflect") + 0.25
    assert n.filtered(picture, matrix)[..., 0] == pytest.approx(correlated, abs=1e-12)


def test_phases_are_the_pixels_of_each_block_and_go_back_into_their_places():
    picture = random_picture(8, 12)
    assert n.phases(picture, 4)[1] == pytest.approx(picture[:4, 4:8].ravel())
    assert np.array_equal(n.from_phases(n.phases(picture, 4), 2, 3, 4), picture)


def test_a_matrix_of_one_in_the_middle_repeats_every_pixel():
    picture, matrix = random_picture(3, 5), np.zeros((3 * 3 * 3 + 1, 4 * 3))
    for colour in range(3):
        matrix[(3 * 3 // 2) * 3 + colour, colour::3] = 1
    assert np.allclose(n.filtered(picture, matrix, 2), picture.repeat(2, 0).repeat(2, 1))
