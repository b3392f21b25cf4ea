"""The work of a set in blocks."""

import numpy as np
import pytest

from camsim.dataset import blocks, photographs
from camsim.io import image


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    pictures = [rng.random((40, 50, 3)) for _ in range(3)]
    for name, picture in zip("abcd", [pictures[0], pictures[1], pictures[0], pictures[2]], strict=True):
        image.write(tmp_path / f"{name}.png", picture)
    return [
        photographs.Photo(name=n, path=tmp_path / f"{n}.png", cuts=c) for n, c in zip("abcd", (3, 1, 5, 2), strict=True)
    ]


@pytest.mark.parametrize("size", [1, 2, 4, 11, 100])
def test_every_scene_is_in_one_block_in_order_and_blocks_are_full_but_for_the_last(photos, size):
    found = list(blocks.split(photos, size))
    scenes = [[(part.photo.name, index) for part in block for index in range(part.first, part.last)] for block in found]
    assert [len(each) for each in scenes[:-1]] == [size] * (len(scenes) - 1) and 0 < len(scenes[-1]) <= size
    expected = [(photo.name, index) for photo in photos for index in range(photo.cuts)]
    assert [scene for each in scenes for scene in each] == expected


def test_equal_files_are_counted_and_what_is_no_file_is_not(photos, tmp_path):
    gone = photographs.Photo(name="gone", path=tmp_path / "gone.png")
    parts = [part for block in blocks.split([*photos, gone, gone], 100) for part in block]
    assert [(part.photo.name, part.copy) for part in parts] == [
        ("a", 0),
        ("b", 0),
        ("c", 1),
        ("d", 0),
        ("gone", 0),
        ("gone", 0),
    ]


@pytest.mark.parametrize("vary", [False, True])
def test_scenes_of_a_part_are_what_they_are_among_all(photos, vary):
    """A small photograph has few windows: some come again, and are told apart by their copy."""
    photo = photographs.Photo(name="a", path=photos[0].path, cuts=60)
    options = {"scene_px": 40, "seed": 1, "vary": vary}
    whole = [(cut.name, cut.sha256, cut.window, cut.variant, cut.copy) for cut in photographs.scenes(photo, **options)]
    parts = [
        (cut.name, cut.sha256, cut.window, cut.variant, cut.copy)
        for first in range(0, 60, 13)
        for cut in photographs.scenes(photo, first=first, last=first + 13, **options)
    ]
    assert parts == whole and len({(digest, copy) for _, digest, _, _, copy in whole}) == 60
    assert max(copy for *_, copy in whole) > 0
