"""Photographs, recipes, and the scenes that are cut from them."""

import hashlib

import numpy as np
import pytest

from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize

pytestmark = pytest.mark.installed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("photos")
    image.write(place / "one.png", resize(np.random.default_rng(0).random((12, 16, 3)), (150, 200)))
    return place


@pytest.mark.parametrize(("name", "bits"), [("a.png", 8), ("a.png", 16), ("a.tif", 16)])
def test_scenes_of_any_depth_are_those_of_the_picture_in_floating_point(name, bits, tmp_path):
    image.write(tmp_path / name, np.random.default_rng(0).random((40, 50, 3)), bits=bits)
    picture = image.read(tmp_path / name)[:, 5:45]
    photo = photographs.Photo(name="a", path=tmp_path / name)
    for side, expected in ((40, picture), (16, resize(picture, (16, 16)))):
        (scene,) = photographs.scenes(photo, scene_px=side)
        np.testing.assert_array_equal(scene.rgb, image.quantise(expected))


def test_builtin_photographs_keep_training_and_test_apart():
    train, test = (photographs.open_sources([photographs.BUILTIN], split=split) for split in ("train", "test"))
    assert {p.path for p in train}.isdisjoint(p.path for p in test)
    assert {p.name for p in test} == {"astronaut", "chelsea", "coffee"} and len(train) == 7
    hashes = [hashlib.sha256(p.path.read_bytes()).hexdigest() for p in train + test]
    assert len(set(hashes)) == len(hashes)


def test_builtin_photographs_are_free_and_no_other_lies_there():
    photos = photographs.open_sources([photographs.BUILTIN])
    folder = photos[0].path.parent
    assert {p.path for p in photos} == {path for path in folder.iterdir() if path.name != "README.md"}
    assert sum(p.path.stat().st_size for p in photos) <= 2_000_000
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:-1]]
        for line in (folder / "README.md").read_text("utf-8").splitlines()
    ]
    told = {row[0]: row[1:] for row in rows if len(row) == 4}
    for photo in photos:
        source, licence, digest = told[photo.path.name]
        assert source and licence == photo.licence and licence.startswith(("public domain (", "CC0 ("))
        assert digest == hashlib.sha256(photo.path.read_bytes()).hexdigest()


def test_scenes_are_square_reduced_and_the_same_every_time():
    photo = photographs.builtin("chelsea")
    first, second = (list(photographs.scenes(photo, vary=True)) for _ in range(2))
    assert [cut.sha256 for cut in first] == [cut.sha256 for cut in second]
    assert all(cut.rgb.shape == (256, 256, 3) for cut in first) and len({cut.sha256 for cut in first}) == photo.cuts
    assert first[0].window == (0, 75, 300) and first[0].variant == ""


def test_a_recipe_of_ones_own(folder):
    recipe = folder / "mine.toml"
    recipe.write_text('[[photo]]\nname = "x"\nfile = "one.png"\nsplit = "test"\ncuts = 3\n')
    (photo,) = photographs.open_sources([recipe], split="test")
    assert photo.name == "x" and len(list(photographs.scenes(photo, scene_px=64))) == 3
    recipe.write_text('[[photo]]\nname = "x"\n')
    with pytest.raises(ValueError, match=r"mine\.toml.*file"):
        photographs.open_sources([recipe])
    recipe.write_text('[[photo]]\nname = "x"\nfile = "gone.png"\n')
    with pytest.raises(ValueError, match=r"gone\.png"):
        photographs.open_sources([recipe])
    for name in ("", "../../../home/photo", "/photo", "a\\u0000", "a" * 300):  # it names files of the set
        recipe.write_text(f'[[photo]]\nname = "{name}"\nfile = "one.png"\n')
        with pytest.raises(ValueError, match=r"mine\.toml: .* cannot be the name of a file"):
            photographs.open_sources([recipe])
    for cuts in ("inf", "1_000_000_000_000", "9" * 400, "0", "1.5"):
        recipe.write_text(f'[[photo]]\nname = "x"\nfile = "one.png"\ncuts = {cuts}\n')
        with pytest.raises(ValueError, match=r"mine\.toml: .*(cuts = .* must be|64 bits)"):
            photographs.open_sources([recipe])
    recipe.unlink()
