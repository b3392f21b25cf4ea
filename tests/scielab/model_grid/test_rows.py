"""Who takes part: plain functions, and what packages register."""

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from camsim.io.resize import resize
from scielab.model_grid import rows


def nearest(picture: np.ndarray) -> np.ndarray:
    return picture.repeat(4, 0).repeat(4, 1)


def row(name: str, **facts: object) -> rows.Row:
    return rows.Row(name=name, load=lambda: nearest, **facts)


def of_one(name: str | None) -> list[rows.Row]:
    return [row("phone", trained_for="f22", facts={"asked": str(name)})]


def of_two(name: str | None) -> list[rows.Row]:
    return [row("anything"), row("phone")]


def of_none(name: str | None) -> list[rows.Row]:
    return []


def expected_trouble(name: str | None) -> list[rows.Row]:
    raise ValueError(f"{name}: no such folder")


def broken(name: str | None) -> list[rows.Row]:
    return 1 / 0


def of_something_else(name: str | None) -> list[str]:
    return ["phone"]


@pytest.fixture
def register(monkeypatch):
    """Have packages registered: a function of package = the name of a function in this file."""

    def put(**functions: str) -> None:
        entries = metadata.EntryPoints(
            metadata.EntryPoint(name=package, value=f"theirs:{name}", group=rows.GROUP)
            for package, name in functions.items()
        )
        monkeypatch.setattr(metadata.EntryPoint, "load", lambda entry: globals()[entry.attr])
        monkeypatch.setattr(metadata, "entry_points", lambda *, group: entries.select(group=group))

    return put


def test_every_package_that_registers_takes_part(register):
    register(one="of_one", two="of_two")
    found = rows.registered([Path("there")])
    assert [r.name for r in found] == ["phone", "anything", "phone"] and found[0].facts == {"asked": "there"}
    assert rows.registered()[0].facts == {"asked": "None"}


def test_a_name_that_is_taken_gives_way_to_what_was_typed(register):
    register(one="of_one")
    assert [r.name for r in rows.registered(["phone", "runs/phone-2"])] == ["phone", "runs/phone-2"]
    register(two="of_two")
    assert [r.name for r in rows.registered(["a", "b"])] == ["anything", "phone", "b/anything", "b/phone"]


def test_a_name_needs_one_package_that_knows_it(register):
    register(one="expected_trouble", two="of_one")
    assert [r.name for r in rows.registered(["x"])] == ["phone"]
    register(one="of_none")
    with pytest.raises(ValueError, match="x: no installed package knows such a model"):
        rows.registered(["x"])


def test_two_rows_of_one_name_are_refused(register):
    register(one="of_one", two="of_two")
    with pytest.raises(ValueError, match="two models are called phone"):
        rows.of_settings(rows.registered(), ["f22"])
    with pytest.raises(ValueError, match="two models are called bicubic"):
        rows.of_settings([row("bicubic")], ["f22"])


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("expected_trouble", "models of theirs: gone: no such folder"),
        ("broken", "models of theirs .*broken.*ZeroDivisionError: division by zero"),
        ("of_something_else", "models of theirs .*a str is no row"),
        ("missing", "models of theirs .*KeyError"),
    ],
)
def test_a_package_that_fails_is_named(register, function, words):
    register(theirs=function)
    with pytest.raises(ValueError, match=words):
        rows.registered(["gone"])


def test_where_nothing_is_registered_it_is_said(register):
    register()
    with pytest.raises(ValueError, match=r"no installed package registers models.*scielab\.models"):
        rows.registered()


def test_rows_come_in_the_order_of_the_columns():
    found = [row("x"), row("deblur", trained_for="f22"), row("y", trained_for="far"), row("sr", trained_for="ideal")]
    assert [r.name for r in rows.of_settings(found, ["ideal", "f22"])] == ["sr", "deblur", "x", "y"]
    assert [r.name for r in rows.of_settings(found, ["f22", "ideal"])] == ["deblur", "sr", "x", "y"]
    assert rows.trained_for(found) == {"deblur": "f22", "y": "far", "sr": "ideal"}


def test_who_is_no_rival_stands_below():
    found = [row("blind", rival=False), row("x"), row("deblur:free", trained_for="f22", rival=False)]
    found += [row("deblur", trained_for="f22")]
    order = ["deblur", "x", "deblur:free", "blind"]
    assert [r.name for r in rows.of_settings(found, ["ideal", "f22"])] == order
    assert rows.no_rivals(found) == {"blind", "deblur:free"}


def test_some_rows_take_part_only_on_the_camera_that_they_are_for():
    mine = row("mine", trained_for="my-camera", competes_elsewhere=False)
    assert rows.of_settings([mine, row("x")], ["f22", "my-camera"])[0] is mine
    assert [r.name for r in rows.of_settings([mine, row("x")], ["f22"])] == ["x"]
    with pytest.raises(ValueError, match="no model"):
        rows.of_settings([mine], ["f22"])


def test_functions_become_rows():
    first, second = rows.of_functions({"mine": nearest, "yours": np.flip}, {"yours": "f22"})
    assert (first.name, first.trained_for, second.trained_for) == ("mine", None, "f22")
    assert first.load() is nearest and second.load() is np.flip
    assert first.sha256 is None and first.seen is None  # nobody knows
    with pytest.raises(ValueError, match="model mine: a str cannot be called"):
        rows.of_functions({"mine": "nearest"})
    with pytest.raises(ValueError, match="model 1: its name must be a text, not int"):
        rows.of_functions({1: nearest})
    with pytest.raises(ValueError, match=r"trained_for names 'main'.*mine"):
        rows.of_functions({"mine": nearest}, {"main": "f22"})


@pytest.mark.parametrize("setting", ["f2", "ideal", None])
def test_a_function_for_a_setting_that_is_none_of_the_columns_would_have_no_verdict(setting):
    told = {"mine": setting}
    found = [*rows.of_functions({"mine": nearest}, told), row("theirs", trained_for="far")]
    with pytest.raises(ValueError, match=f"trained_for: mine is for {setting!r}, but the settings are f22, pixel25"):
        rows.of_settings(found, ["f22", "pixel25"], told)
    assert [r.name for r in rows.of_settings(found, ["f22"])] == ["mine", "theirs"]


@pytest.mark.parametrize("other", [3, nearest])
def test_what_is_neither_functions_nor_a_folder_is_named(other):
    with pytest.raises(ValueError, match=f"models.* must be a path, not {type(other).__name__}"):
        rows.registered(other)


def test_a_row_for_another_scale_is_named():
    rows.check_scale([row("any"), row("four", scale=4)], 4, "set")
    with pytest.raises(ValueError, match="model four is for scale 4, but set has scale 2"):
        rows.check_scale([row("any"), row("four", scale=4)], 2, "set")


def test_the_baseline_is_pillows_bicubic():
    picture = np.random.default_rng(0).random((8, 6, 3))
    np.testing.assert_array_equal(rows.pillow_bicubic(4)(picture), resize(picture, (32, 24)))
