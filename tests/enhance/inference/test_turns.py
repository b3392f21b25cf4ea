"""The eight turns and flips: geometric self-ensemble."""

import itertools

import numpy as np
import pytest

from enhance.inference import turns


def rotations(picture):
    """A picture in all eight orientations."""
    return [np.rot90(flipped, quarters) for flipped in (picture, picture[:, ::-1]) for quarters in range(4)]


def lopsided(picture):
    """A network that knows up from down and left from right, and enlarges by 2."""
    shifted = np.pad(picture, ((1, 0), (2, 0), (0, 0)))[:-1, :-2] ** 2
    return (picture + 0.5 * shifted).repeat(2, 0).repeat(2, 1)


@pytest.fixture
def picture():
    return np.random.default_rng(0).random((5, 8, 3))


def test_each_orientation_is_seen_once(picture):
    seen = []
    turns.mean(lambda turned: seen.append(turned.copy()) or turned, picture)
    assert len(seen) == 8
    for wanted in rotations(picture):
        assert sum(turned.shape == wanted.shape and (turned == wanted).all() for turned in seen) == 1
    assert len(list(itertools.groupby(turned.shape for turned in seen))) == 2  # a network is compiled for few shapes


def test_what_commutes_with_turns_is_left_as_it_is(picture):
    def even(turned):
        padded = np.pad(turned, ((1, 1), (1, 1), (0, 0)), mode="reflect")
        around = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
        return (turned**2 + 0.1 * around).repeat(3, 0).repeat(3, 1)

    np.testing.assert_allclose(turns.mean(even, picture), even(picture), rtol=1e-12)


def test_a_turned_picture_gives_the_turned_mean(picture):
    """The mean over a group commutes with the group."""
    assert not np.allclose(lopsided(picture[:, ::-1]), lopsided(picture)[:, ::-1])
    whole = turns.mean(lopsided, picture)
    assert whole.shape == (10, 16, 3)
    for turned, wanted in zip(rotations(picture), rotations(whole), strict=True):
        np.testing.assert_allclose(turns.mean(lopsided, turned), wanted, rtol=1e-12)


def test_errors_that_are_not_alike_average_out(picture):
    """The mean square error of a mean of eight independent answers is an eighth of one's."""
    random = np.random.default_rng(1)
    large = np.broadcast_to(picture[:1, :1], (64, 48, 3))
    noisy = turns.mean(lambda turned: turned + random.normal(size=turned.shape), large)
    assert np.mean((noisy - large) ** 2) == pytest.approx(1 / 8, rel=0.05)
