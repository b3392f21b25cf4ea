"""The scale of ΔE maps."""

import numpy as np
import pytest

from camsim.light import colour
from scielab.comparison import map_scale
from scielab.metrics import colour_difference


@pytest.mark.parametrize(("end", "top"), [(85.06, 90), (101, 150), (12, 15), (40, 40), (3.2, 3.5), (0.021, 0.025)])
def test_it_ends_where_the_data_do(end, top):
    assert map_scale.top_of([np.full((4, 5), end), np.full((2, 2), end)]) == top


def test_one_pixel_in_a_hundred_at_most_is_above_it():
    maps = [np.random.default_rng(i).gamma(2, 10 * (i + 1), (60, 50)) for i in range(4)]
    top = map_scale.top_of(maps)
    assert 0 < np.mean(np.concatenate(maps) > top) <= 0.01
    assert map_scale.top_of([np.zeros((3, 3))]) == 1


def test_places_go_with_the_square_root():
    np.testing.assert_allclose(map_scale.places([0, 1, 25, 100, 500], 100), [0, 0.1, 0.5, 1, 1])
    np.testing.assert_array_equal(map_scale.colourise([[25.0, 300]], 100), map_scale.colours([[0.5, 1]]))


@pytest.mark.parametrize("top", [0.025, 1, 3.5, 40, 90, 150])
def test_the_numbers_beside_it_have_room(top):
    ticks = map_scale.ticks(top)
    assert ticks[0] == 0 and ticks[-1] == top and len(ticks) >= 4
    assert np.diff(map_scale.places(ticks, top)).min() > 0.0999


def test_the_numbers_are_round():
    assert map_scale.ticks(90) == [0, 1, 5, 20, 50, 90]


def test_colours_rise_in_lightness_up_to_the_top():
    colours = map_scale.colourise(np.linspace(0, 20, 200)[None], 20)
    xyz = colour.linear_to_xyz(colour.srgb_decode(colours))
    lightness = colour_difference.xyz_to_lab(xyz, colour.SRGB_WHITE_XYZ)[0, :, 0]
    assert (np.diff(lightness) >= 0).all() and lightness[0] < 1 and lightness[-1] > 95


@pytest.mark.parametrize("top", [0, -1, 5e-324, 1e-308, 1e-7, 1e308, np.inf, np.nan])
def test_an_end_that_is_no_difference_between_colours_is_refused(top):
    with pytest.raises(ValueError, match=r"top of the scale is .*; it must be from 1e-06 to 1e\+09"):
        map_scale.places([1.0], top)
    assert map_scale.top_of([np.full((4, 4), 1e-9)]) == 1.0  # rounding


@pytest.mark.parametrize("top", [1e-6, 1e9])
def test_every_end_that_is_allowed_has_ticks(top):
    found = map_scale.ticks(top)
    assert found[0] == 0 and found[-1] == top and sorted(set(found)) == found
