"""The raw mosaic on the sheet."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.light import colour
from camsim.sheet import layout, mosaic_panel, pictures


def test_mosaic_has_the_colours_of_the_filters_and_the_share_of_full_scale():
    view = camera_file.override(camera_file.load("pixel25-auto"), ["sensor.noise=false"])
    done = pipeline.render(np.random.default_rng(3).random((24, 24, 3)), view, keep_stages=True).stages
    mosaic = pictures.mosaic(done.electrons, view)
    assert not mosaic[0::2, 0::2, [0, 2]].any() and not mosaic[1::2, 1::2, [0, 2]].any()  # green of grbg
    assert not mosaic[0::2, 1::2, 1:].any() and not mosaic[1::2, 0::2, :2].any()  # red, blue
    share = colour.srgb_decode(mosaic.sum(axis=2))
    np.testing.assert_allclose(share * 10_000, done.electrons, atol=0.01)
    assert share.max() == pytest.approx(0.95, abs=1e-6)  # automatic exposure


@pytest.mark.parametrize("tile", [(1, 1), (2, 2), (4, 4), (3, 5)])
def test_enlarged_part_is_where_the_picture_changes(tile):
    tiles = np.zeros((30, 40, 3))
    tiles[20, 31] = 1.0
    row, column = mosaic_panel.most_varied_part(tiles, tile)
    a, b = tile
    assert row <= 20 * a < row + mosaic_panel.INSET_PX and column <= 31 * b < column + mosaic_panel.INSET_PX
    assert row + mosaic_panel.INSET_PX <= 30 * a and column + mosaic_panel.INSET_PX <= 40 * b


@pytest.mark.parametrize(
    ("shape", "left", "top", "block"),
    [((100, 100), 100 + 390 - 168 - 10, 100 + 390 - 168 - 10, 7), ((400, 50), 100 + 49 + layout.GAP, 100, 16)],
    ids=["in the far corner", "beside a narrow one"],
)
def test_enlarged_part_is_the_mosaic_itself(shape, left, top, block):
    """In a box of 390 pixels' height at (100, 100), every sensor pixel of the part that varies is a block."""
    mosaic = np.full((*shape, 3), 0.5)
    part = mosaic[20:44, 10:34] = np.random.default_rng(0).random((24, 24, 3))
    camera = camera_file.override(camera_file.load("pixel25"), ["sensor.cfa=mono"])
    page = layout.Page(900)
    mosaic_panel.draw(page, layout.Box(100, 100, layout.PANEL, 390), mosaic, camera)
    shown = page.paper[top : top + 24 * block, left : left + 24 * block]
    np.testing.assert_array_equal(shown, part.repeat(block, axis=0).repeat(block, axis=1))


def test_a_mosaic_of_few_pixels_is_shown_as_it_is():
    mosaic = np.random.default_rng(0).random((30, 40, 3))
    assert not mosaic_panel.is_reduced((30, 40), 390) and mosaic_panel.is_reduced((100, 100), 390)
    page = layout.Page(900)
    mosaic_panel.draw(page, layout.Box(100, 100, 400, 300), mosaic, camera_file.load("pixel25"))
    np.testing.assert_allclose(page.paper[100:400, 100:500], mosaic.repeat(10, axis=0).repeat(10, axis=1))
