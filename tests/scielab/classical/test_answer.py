"""The parts of a classical answer, each by what theory says of it."""

from itertools import product

import numpy as np
import pytest

from camsim.io.resize import resize
from camsim.light.colour import srgb_decode
from scielab.classical import answer

pytestmark = pytest.mark.installed


def through(side: int = 3) -> np.ndarray:
    """The filter (side²·3 + 1, 3) that gives its picture back."""
    matrix = np.zeros((side * side * 3 + 1, 3))
    matrix[np.arange(3) + 3 * (side * side // 2), np.arange(3)] = 1
    return matrix


def test_the_twenty_terms_are_the_monomials_of_three_colours_up_to_the_third_degree():
    colour = np.array([2.0, 3.0, 5.0])
    monomials = [2.0**r * 3.0**g * 5.0**b for r, g, b in product(range(4), repeat=3) if r + g + b <= 3]
    assert sorted(answer.cubic_terms(colour)) == sorted(monomials) and len(monomials) == 20


def test_what_is_back_projected_reduces_to_the_picture():
    rng = np.random.default_rng(0)
    picture = resize(0.2 + 0.6 * rng.random((64, 64, 3)), (16, 16))  # away from 0 and 1, where outputs are clipped
    start = np.full((64, 64, 3), 0.5)
    errors = [
        np.abs(resize(answer.back_projected(start, picture, rounds), (16, 16)) - picture).max() for rounds in (0, 1, 10)
    ]
    assert errors[0] > 0.05 and errors[1] < errors[0] / 2 and errors[2] < 1 / 255


def test_an_exposure_that_is_unknown_is_found_by_the_brightest_place():
    light = 0.8 * np.random.default_rng(1).random((12, 12, 3))
    light[4, 4] = 0.8
    once, again = (
        srgb_decode(answer.restored(answer.srgb_encode(gain * light), through(), to_white=True)) for gain in (1.0, 0.5)
    )
    assert once.max() == pytest.approx(1) and again == pytest.approx(once, abs=1e-6)
    kept = srgb_decode(answer.restored(answer.srgb_encode(light), through(), to_white=False))
    assert kept == pytest.approx(light, abs=1e-6)


def test_a_black_picture_stays_black():
    assert not answer.restored(np.zeros((4, 4, 3)), through(), to_white=True).any()
