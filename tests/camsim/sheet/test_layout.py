"""The page of the sheet: boxes, and pictures fitted into them."""

import itertools

import numpy as np
import pytest

from camsim.light import colour
from camsim.sheet import layout


def test_pictures_are_fitted_without_change_of_light_or_of_blocks():
    picture = np.random.default_rng(0).random((7, 11, 3))
    linear = colour.srgb_decode(picture).mean(axis=(0, 1))
    for size in ((14, 22), (5, 6), (20, 29)):
        fitted = layout.area_mean(picture, size)
        assert fitted.shape[:2] == size
        np.testing.assert_allclose(colour.srgb_decode(fitted).mean(axis=(0, 1)), linear, rtol=1e-6)
    np.testing.assert_allclose(layout.area_mean(picture, (21, 33)), picture.repeat(3, axis=0).repeat(3, axis=1))


@pytest.mark.parametrize(("rows", "columns"), [(100, 100), (10, 300), (300, 10)])
def test_panels_stand_apart_within_the_page(rows, columns):
    grid = layout.grid(rows, columns)
    boxes = [grid.panel(number) for number in range(6)]
    for box in boxes:
        assert box.left >= layout.MARGIN and box.right <= layout.WIDTH - layout.MARGIN
        assert box.top > layout.HEAD and box.bottom <= grid.page_height - layout.FOOT
    assert all(one.right < two.left for one, two in itertools.pairwise(boxes[:3]))
    assert all(one.bottom + layout.TITLE <= two.top for one, two in zip(boxes[:3], boxes[3:], strict=True))


def test_a_picture_stands_at_the_top_left_of_its_box_as_large_as_it_fits():
    page = layout.Page(300)
    picture = np.random.default_rng(0).random((10, 20, 3))
    filled = page.paste(picture, layout.Box(40, 50, 100, 200))
    assert filled == (40, 50, 100, 50) and filled.corner(1, 1) == (140, 100)
    np.testing.assert_allclose(page.paper[50:100, 40:140], picture.repeat(5, axis=0).repeat(5, axis=1))
    page.paper[50:100, 40:140] = 1
    assert (page.paper == 1).all()


@pytest.mark.parametrize(
    ("rows", "columns", "upper", "lower"),
    [
        (100, 100, 620, 620),  # a square fills the width of its panel
        (50, 100, 400, 310),  # the upper row keeps room for the point spread
        (300, 100, 880, 880),  # a tall picture is bounded
    ],
)
def test_the_page_is_as_high_as_what_stands_on_it(rows, columns, upper, lower):
    head, title, gap, foot = 96, 64, 36, 116
    found = layout.grid(rows, columns)
    assert (found.upper, found.lower) == (upper, lower)
    assert found.page_height == head + (title + upper) + gap + (title + lower) + foot
