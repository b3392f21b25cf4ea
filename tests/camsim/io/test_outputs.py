"""Where outputs go, and that they replace nothing."""

from pathlib import Path

import pytest

from camsim.io import outputs


def test_outputs_are_called_as_their_sources_below_their_folder(tmp_path):
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    sources = [tmp_path / "in" / "deeper" / "a.png", tmp_path / "b.png"]
    names = outputs.names(sources, [tmp_path / "in", sources[1]])
    assert names == [Path("deeper/a.png"), Path("b.png")]
    assert outputs.place(names, tmp_path / "out") == [tmp_path / "out" / name for name in names]
    assert outputs.place(names, None) == names
    assert outputs.place(names[:1], tmp_path / "new.png") == [tmp_path / "new.png"]


def test_two_outputs_in_one_place_are_refused(tmp_path):
    with pytest.raises(ValueError, match="2 pictures need a folder"):
        outputs.place([Path("a.png"), Path("b.png")], tmp_path / "one.png")
    with pytest.raises(ValueError, match="two inputs would both become"):
        outputs.place([Path("a.png"), Path("a.png")], tmp_path)
    with pytest.raises(ValueError, match="named for two outputs"):
        outputs.check([tmp_path / "a", tmp_path / "b" / ".." / "a"])


def test_neither_an_input_nor_what_stands_there_is_replaced(tmp_path):
    (tmp_path / "there").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            outputs.check([tmp_path / name])
        outputs.check([tmp_path / name], force=True)
    with pytest.raises(ValueError, match="is an input as well"):
        outputs.check([tmp_path / "there"], [tmp_path / "there"], force=True)
    with pytest.raises(ValueError, match="is a file, not a folder"):
        outputs.check([tmp_path / "there" / "out.png"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", "/root", "a\0b", "x" * 201, "é" * 101])
def test_a_name_that_leads_elsewhere_is_none_for_a_file(name):
    with pytest.raises(ValueError, match="cannot be the name of a file") as refusal:
        outputs.check_name(name)
    assert str(refusal.value).isprintable() and len(str(refusal.value)) < 150


@pytest.mark.parametrize("name", ["a", "a b.c", "12:30", "…", "-o", "x" * 200])
def test_every_other_name_is_one(name, tmp_path):
    (tmp_path / outputs.check_name(name)).touch()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_links_in_a_circle_are_told_from_files(tmp_path):
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(FileExistsError):
        outputs.check([circle])
    outputs.check([circle], force=True)
    outputs.check([tmp_path / "out"], [circle])
    with pytest.raises(ValueError, match="is an input as well"):
        outputs.check([circle], [circle], force=True)
