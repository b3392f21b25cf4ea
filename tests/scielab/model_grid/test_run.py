"""The whole of a grid, from Python: functions, registered models, files."""

import doctest
import json
import os
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata

import numpy as np
import pytest

from camsim.io import lock
from scielab.model_grid import planning, run, tables
from scielab.model_grid.pictures import Picture
from scielab.model_grid.rows import Row

pytestmark = pytest.mark.installed


def nearest(picture: np.ndarray) -> np.ndarray:
    return picture.repeat(4, 0).repeat(4, 1)


def stopping_after(count: int) -> Callable[[np.ndarray], np.ndarray]:
    calls = []

    def model(picture: np.ndarray) -> np.ndarray:
        calls.append(1)
        if len(calls) > count:
            raise KeyboardInterrupt
        return nearest(picture)

    return model


@pytest.fixture
def registered(monkeypatch):
    """One package that registers one model, trained for f22; gives the folders that its function was asked for."""
    asked = []

    def rows(folder):
        asked.append(folder)
        return [Row(name="theirs", load=lambda: nearest, trained_for="f22", sha256="1", seen=frozenset("x"))]

    entry = metadata.EntryPoint(name="them", value="them:rows", group="scielab.models")
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda _: rows)
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: metadata.EntryPoints([entry]).select(group=group))
    return asked


def test_the_example_of_the_docstring():
    (example,) = doctest.DocTestFinder(recurse=False).find(run.grid, "grid", globs={})
    assert example.examples and doctest.DocTestRunner().run(example).failed == 0


def test_a_function_through_the_builtin_photographs():
    steps, said = [], []
    found = run.grid({"mine": nearest}, limit=2, step=lambda *numbers: steps.append(numbers), say=said.append)
    assert [(c.model, c.setting) for c in found.cells[2:4]] == [("mine", "ideal"), ("bicubic", "underexposed")]
    assert len(found.cells) == 12 and len(found.results) == 24 and found.verdicts == []
    assert steps[0] == (0, 24) and steps[-1] == (24, 24) and len(steps) == 25
    assert str(found) == tables.text(found.cells) and "*" not in str(found)
    assert repr(found) == (
        "Grid(models=['bicubic', 'classical', 'mine'], "
        "settings=['ideal', 'underexposed', 'pixel25', 'f22'], pictures=2)"
    )
    assert found._repr_html_().startswith("<table>") and found.report is None and said == found.warnings == []


def test_a_function_that_was_trained_for_a_camera_has_a_verdict(pictures):
    found = run.grid({"mine": nearest}, pictures, trained_for={"mine": "f22"})
    assert [(v.setting, v.model) for v in found.verdicts] == [("f22", "mine")] and str(found).count("*") == 2
    with pytest.raises(ValueError, match="trained_for: mine is for 'f2'"):
        run.grid({"mine": nearest}, pictures, trained_for={"mine": "f2"})
    shown = [r for r in found.results if r.output is not None]
    assert {r.picture for r in shown} == {p.name for p in pictures} and shown[0].output.dtype == np.uint8


@pytest.mark.slow
@pytest.mark.parametrize("side", [12, 32])
def test_one_small_picture_is_enough(tmp_path, side):
    """Of one window, flat and busy at once, and of none: mesh and hatch are then left out."""
    draw = np.random.default_rng(0)
    low = draw.integers(0, 256, (side // 4, side // 4, 3), np.uint8)
    small = [Picture(name=str(i), reference=nearest(low) // (1 + i), inputs={"mine": low}) for i in range(3)]
    found = run.grid({"mine": nearest}, small, limit=1, output=tmp_path)
    assert len(found.results) == 2 and found.report.stat().st_size
    assert ("mesh" in found.cells[0].estimates) == (side == 32)


def test_pictures_smaller_than_the_window_of_ssim_are_refused_before_any_work(tmp_path):
    low = np.zeros((2, 2, 3), np.uint8)
    asked = []
    with pytest.raises(ValueError, match=r"arrays, tiny: SSIM needs 11×11 pixels, not \(8, 8\)"):
        run.grid(
            {"mine": asked.append},
            [Picture(name="tiny", reference=nearest(low), inputs={"x": low})],
            output=tmp_path / "o",
        )
    assert not asked and not any(tmp_path.glob("o"))


def test_the_second_into_one_folder_is_told_so_before_any_work(tmp_path, pictures):
    asked = []
    told = rf"{tmp_path} is being written by process {os.getpid()} on "
    with lock.inside(tmp_path), pytest.raises(ValueError, match=told):
        run.grid({"mine": asked.append}, pictures, output=tmp_path)
    assert not asked and not any(tmp_path.iterdir())


def test_registered_models_take_part_alone_or_beside_functions(registered, pictures, tmp_path):
    alone = run.grid(None, pictures)
    assert {c.model for c in alone.cells} == {"bicubic", "classical", "theirs"} and alone.verdicts[0].model == "theirs"
    beside = run.grid({"mine": nearest}, pictures, registered=True)
    assert list(dict.fromkeys(c.model for c in beside.cells)) == ["bicubic", "classical", "theirs", "mine"]
    assert {c.model for c in run.grid({"mine": nearest}, pictures).cells} == {"bicubic", "classical", "mine"}
    run.grid(str(tmp_path), pictures)
    assert registered == [None, None, str(tmp_path)]
    with pytest.raises(ValueError, match="two models are called theirs"):
        run.grid({"theirs": nearest}, pictures, registered=True)
    with pytest.raises(ValueError, match="trained_for is for functions"):
        run.grid(None, pictures, trained_for={"theirs": "f22"})


@pytest.mark.slow
def test_with_a_place_for_them_report_and_files_are_written(registered, pictures, tmp_path):
    found = run.grid({"mine": nearest}, pictures, registered=True, output=tmp_path / "out", show=[pictures[1].name])
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(planning.OUTPUTS)
    assert found.report == tmp_path / "out" / "report.html"
    assert json.loads((tmp_path / "out" / "grid.json").read_text()) == json.loads(json.dumps(found.record))
    page = found.report.read_text(encoding="utf-8")
    assert "not known of mine" in page and "Two models × two cameras" in page
    with pytest.raises(FileExistsError):
        run.grid({"mine": nearest}, pictures, output=tmp_path / "out")
    again = run.grid({"mine": nearest}, pictures, output=tmp_path / "out", force=True)
    assert {c.model for c in again.cells} == {"bicubic", "classical", "mine"}


def test_a_stopped_grid_of_known_models_goes_on(registered, pictures, tmp_path):
    planned = planning.plan(None, pictures, output=tmp_path / "out")
    *others, theirs = planned.rows
    stopping = replace(planned, rows=[*others, replace(theirs, load=lambda: stopping_after(2))])
    with pytest.raises(KeyboardInterrupt) as stop:
        run.carry_out(stopping)
    assert stop.value.__notes__ == ["stopped; the same command goes on from here"]
    said, steps = [], []
    run.carry_out(planned, say=said.append, step=lambda *numbers: steps.append(numbers))
    assert said == ["going on with an unfinished run: 1 of 2 pictures were judged before"] and steps[0] == (6, 12)


def test_a_stopped_grid_of_functions_leaves_nothing_to_go_on_with(pictures, tmp_path):
    """Of a function it is not known whether it is the same as before."""
    with pytest.raises(KeyboardInterrupt):
        run.grid({"mine": stopping_after(2)}, pictures, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_be_loaded_is_named(registered, pictures):
    planned = planning.plan(None, pictures)
    with pytest.raises(ValueError, match="model theirs cannot be loaded: KeyError"):
        run.carry_out(replace(planned, rows=[replace(planned.rows[-1], load=lambda: {}["weights"])]))


def test_a_place_that_is_a_file_is_refused(pictures, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="is a file"):
        run.grid({"mine": nearest}, pictures, output=tmp_path / "file")
