"""Order, windows and turns."""

import numpy as np
import pytest
from PIL import Image

from enhance.data import sampling


def test_the_order_depends_on_seed_and_epoch_and_has_every_picture_each_epoch():
    orders = set()
    for seed in (3, 4):
        for epoch in range(3):
            seen = [int(i) for step in (2 * epoch, 2 * epoch + 1) for i in sampling.chosen(8, step, size=4, seed=seed)]
            assert sorted(seen) == list(range(8))
            orders.add(tuple(seen))
    assert len(orders) == 6


def test_an_epoch_need_not_be_a_whole_number_of_batches():
    indices = [int(i) for step in range(3) for i in sampling.chosen(5, step, size=5, seed=0)]
    uneven = [int(i) for step in range(5) for i in sampling.chosen(5, step, size=3, seed=0)]
    assert indices == uneven


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("mirror", range(2))
def test_turned_is_a_turn_and_a_mirror(quarter, mirror):
    picture = np.random.default_rng(0).integers(256, size=(6, 6, 3), dtype=np.uint8)
    expected = np.asarray(
        Image.fromarray(picture).rotate(90 * quarter).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if mirror
        else Image.fromarray(picture).rotate(90 * quarter)
    )
    np.testing.assert_array_equal(sampling.turned([picture], [quarter], [mirror])[0], expected)


def test_all_eight_turns_come_equally_often():
    drawn = [sampling.turns(step, size=16, seed=0) for step in range(100)]
    counts = np.zeros((4, 2))
    for quarters, mirrors in drawn:
        np.add.at(counts, (quarters, mirrors), 1)
    assert counts.min() > 200 - 5 * np.sqrt(200) and counts.max() < 200 + 5 * np.sqrt(200)


def test_pictures_are_held_out_evenly_and_a_quarter_at_most():
    np.testing.assert_array_equal(sampling.held_out(20, 4), [0, 6, 12, 19])
    assert len(sampling.held_out(3, 4)) == 0 and len(sampling.held_out(20, 100)) == 5


def test_windows_of_random_size_are_spread_evenly_in_the_logarithm():
    rng = np.random.default_rng(0)
    places = np.array([sampling.window(rng, (400, 500, 3), 100, "random_size") for _ in range(4000)])
    top, left, side = places.T
    assert side.min() == 100 and side.max() == 400  # all that there are
    assert (top >= 0).all() and (top + side <= 400).all() and (left + side <= 500).all()
    assert np.mean(side < 200) == pytest.approx(0.5, abs=0.03)  # the middle of [100, 400], geometrically
    assert {sampling.window(rng, (400, 500, 3), 100, "fixed_size")[2] for _ in range(9)} == {100}
