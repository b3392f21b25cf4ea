"""What is judged: built-in photographs, a rendered set, arrays."""

import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import folder, photographs, writing
from camsim.dataset.pairs import render_pairs
from scielab.model_grid.pictures import PAGE_PIXELS, Picture, PictureSet, load, on_page, to_show


def picture(name: str = "a", side: int = 32, settings: tuple[str, ...] = ("f22",), scale: int = 4, **more) -> Picture:
    low = np.zeros((side // scale, side // scale, 3), np.uint8)
    return Picture(
        name=name, reference=np.zeros((side, side, 3), np.uint8), inputs=dict.fromkeys(settings, low), **more
    )


@pytest.mark.slow
def test_the_builtin_photographs_are_those_of_the_dataset():
    found = load(cameras=["f22", "ideal"], limit=3)
    assert found.source == "3 built-in test photographs" and found.settings == ["f22", "ideal"] and found.scale == 4
    photos = photographs.open_sources([photographs.BUILTIN], split="test")
    pairs = list(render_pairs(photos, {"f22": camera_file.load("f22")}))
    for made, pair in zip(found.pictures, (pairs[0], pairs[(len(pairs) - 1) // 2], pairs[-1]), strict=True):
        assert (made.name, made.photograph) == (pair.name, pair.record["source_sha256"])
        np.testing.assert_array_equal(made.reference, pair.hr)
        np.testing.assert_array_equal(made.inputs["f22"], pair.lr["f22"])
    assert found.photographs == 3


def test_by_default_they_are_seen_through_the_four_cameras():
    assert load(limit=1).settings == ["ideal", "underexposed", "pixel25", "f22"]


def test_cameras_are_names_files_or_values(tmp_path):
    (tmp_path / "slow.toml").write_text(camera_file.to_toml(camera_file.load("f22")).replace('"f22"', '"slow"'))
    given = ["ideal", tmp_path / "slow.toml", camera_file.load("pixel25")]
    assert load(cameras=given, limit=1).settings == ["ideal", "slow", "pixel25"]
    for one in ("ideal", camera_file.load("ideal")):
        assert load(cameras=one, limit=1).settings == ["ideal"]
    with pytest.raises(ValueError, match="cameras is empty"):
        load(cameras=[], limit=1)
    for other in (camera_file.Camera, 3):
        with pytest.raises(ValueError, match=f"a camera is .* not {type(other).__name__}"):
            load(cameras=other, limit=1)
    with pytest.raises(ValueError, match="two cameras have one name"):
        load(cameras=["f22", camera_file.load("f22")], limit=1)
    with pytest.raises(ValueError, match="unknown setting 'f23'"):
        load(cameras=["f23"], limit=1)
    with pytest.raises(ValueError, match="rendered already"):
        load([picture()], cameras=["f22"])


def test_a_rendered_set_gives_its_settings_in_their_order(tmp_path):
    views = {name: camera_file.load(name) for name in ("f22", "ideal")}
    photos = photographs.open_sources([photographs.BUILTIN], split="test")[:2]
    writing.write(tmp_path / "set", photos, views, hr_px=32, scene_px=32, scale=2)
    found = load(tmp_path / "set", limit=4)
    assert found.settings == ["f22", "ideal"] and found.scale == 2 and len(found.pictures) == 4
    assert found.photographs == 2 and found.source == str(tmp_path / "set")
    names, low, high = folder.load(tmp_path / "set", "f22")
    at = names.index(found.pictures[1].name)
    np.testing.assert_array_equal(found.pictures[1].inputs["f22"], low[at])
    np.testing.assert_array_equal(found.pictures[1].reference, high[at])
    assert load(str(tmp_path / "set")).pictures[-1].name == names[-1]


def test_arrays_are_taken_as_they_are():
    given = [picture("a"), picture("b", photograph="x"), picture("c", photograph="x")]
    found = load(iter(given), limit=2)
    assert [p.name for p in found.pictures] == ["a", "c"] and found.source == "arrays"
    assert load(given).photographs == 2  # `a`, of which nothing is known, and `x`
    with pytest.raises(ValueError, match="no pictures"):
        load([])
    for limit in (0, "1", 1.5):
        with pytest.raises(ValueError, match=f"limit = {limit!r} must be a whole number"):
            load(given, limit=limit)
    assert load(given[0]).pictures == given[:1]
    for other in (np.zeros((8, 8, 3), np.uint8), 3):
        with pytest.raises(ValueError, match=f"arrays: {type(other).__name__} is no .*Picture"):
            load([given[0], other])


@pytest.mark.parametrize("other", [picture("b", settings=("f4",)), picture("b", scale=2), picture("a")])
def test_pictures_that_do_not_fit_together_are_refused(other):
    with pytest.raises(ValueError, match=r"of other cameras or scale than a|two pictures have one name"):
        PictureSet(pictures=[picture("a"), other], source="arrays")


@pytest.mark.parametrize(
    ("reference", "low", "words"),
    [
        (np.zeros((32, 32, 3)), np.zeros((8, 8, 3), np.uint8), "reference: .*uint8"),
        (np.zeros((32, 32, 3), np.uint8), np.zeros((8, 8), np.uint8), "f22: .*rows, columns, 3"),
        (np.zeros((32, 32, 4), np.uint8), np.zeros((8, 8, 3), np.uint8), "reference: .*rows, columns, 3"),
        (np.zeros((33, 32, 3), np.uint8), np.zeros((8, 8, 3), np.uint8), "f22: 8×8 is no whole fraction of 32×33"),
        (np.zeros((32, 32, 3), np.uint8), np.zeros((64, 64, 3), np.uint8), "f22: .*no whole fraction"),
    ],
)
def test_what_is_no_picture_is_refused(reference, low, words):
    with pytest.raises(ValueError, match=f"picture x, {words}"):
        Picture(name="x", reference=reference, inputs={"f22": low})


def test_a_picture_that_no_camera_took_is_refused():
    with pytest.raises(ValueError, match="no camera's picture"):
        Picture(name="x", reference=np.zeros((32, 32, 3), np.uint8), inputs={})


def test_by_default_the_first_of_three_photographs_are_shown():
    given = [picture(f"{name}_{i:03d}") for name in ("w", "x", "y", "z") for i in range(2)]
    assert [p.name for p in to_show((), given)] == ["w_000", "x_000", "y_000"]
    assert [p.name for p in to_show(["z_001", "w_001", "z_001"], given)] == ["z_001", "w_001"]
    assert [p.name for p in to_show("z_001", given)] == ["z_001"]
    with pytest.raises(ValueError, match="nobody: no such picture to show; there are w_000"):
        to_show(["nobody"], given)


def test_a_page_shows_all_pictures_or_those_that_have_room():
    given = [picture(f"{i:03d}") for i in range(40)]
    assert on_page(given[:3], given, outputs=20) == given
    room = PAGE_PIXELS // (10 * 32**2)
    few = on_page(given[1:3], given, outputs=room)  # room for ten
    assert few[:3] == given[:3] and few[-1] == given[-1] and 10 <= len(few) <= 12
    assert [p.name for p in few] == sorted(p.name for p in few)
    assert on_page(given[5:7], given, outputs=PAGE_PIXELS) == given[5:7]
