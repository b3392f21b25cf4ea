"""The picture of a map."""

import numpy as np
import pytest
from PIL import Image

from scielab.comparison import map_figure, map_scale

pytestmark = pytest.mark.installed


@pytest.mark.parametrize("shape", [(1, 1), (16, 20), (96, 130), (300, 500), (2, 700), (700, 2)])
def test_every_pixel_of_a_map_is_a_block_of_its_colour(tmp_path, shape):
    values = np.random.default_rng(10).uniform(0, 25, size=shape)
    map_figure.save_map(tmp_path / "map.png", values, title="a title that is rather long")
    drawn = np.asarray(Image.open(tmp_path / "map.png").convert("RGB"))
    expected = np.round(map_scale.colourise(values, map_scale.top_of([values])) * 255).astype(int)
    block = next(n for n in range(1, 2000) if n >= 480 / shape[1] or (n + 1) * max(shape) > 1600)
    assert block * shape[1] >= 480 or block * max(shape) > 800
    blocks = np.kron(expected, np.ones((block, block, 1), dtype=int))
    height, width = blocks.shape[:2]
    left = round(14 * max(1, max(height, width) / 1000))
    starts = range(drawn.shape[0] - height + 1)
    fits = [np.abs(drawn[row : row + height, left : left + width] - blocks).max() <= 1 for row in starts]
    assert sum(fits) == 1


def test_maps_that_cannot_be_drawn_are_refused(tmp_path):
    for values, options, words in (
        (np.zeros(3), {}, r"shape \(3,\) must be \(rows, columns\)"),
        (np.full((2, 2), np.nan), {}, "with finite values"),
        (np.zeros((2, 2)), {"top": 0}, "top of the scale is 0 ΔE"),
    ):
        with pytest.raises(ValueError, match=words):
            map_figure.save_map(tmp_path / "map.png", values, **options)
    with pytest.raises(ValueError, match=r"\.png, \.pdf"):
        map_figure.save_map(tmp_path / "map.jpg", np.zeros((2, 2)))
    assert list(tmp_path.iterdir()) == []


def test_the_same_map_gives_the_same_bytes(tmp_path):
    for suffix in map_figure.SUFFIXES:
        paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
        for path in paths:
            map_figure.save_map(path, np.eye(9))
        assert paths[0].read_bytes() == paths[1].read_bytes()
