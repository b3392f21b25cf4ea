"""The trained models as rows of the grid."""

import json
import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from camsim.io import atomic
from enhance import backend, grid_rows, user_files, zoo

WEIGHTS = Path(zoo.__file__).parent / "weights" / "faithful"


def other_camera(folder: Path, **facts: object) -> Path:
    """A finished run for a camera of the user's own."""
    shutil.copytree(WEIGHTS / "sr", folder)
    card = json.loads((folder / zoo.CARD).read_text()) | {"task": "phone", "setting": "phone"} | facts
    (folder / zoo.CARD).write_text(json.dumps(card))
    return folder


def test_the_package_registers_its_rows():
    assert any(entry.value == "enhance.grid_rows:rows" for entry in metadata.entry_points(group="scielab.models"))


def test_there_is_a_row_for_each_task():
    found = {row.name: row for row in grid_rows.rows()}
    assert {name: row.trained_for for name, row in found.items()} == zoo.TASKS
    row, entry = found["deblur"], zoo.find("deblur")
    assert row.scale == 4 and row.sha256 == atomic.sha256(entry.weights) and row.competes_elsewhere
    assert row.seen == frozenset(entry.card["source_sha256"]) and len(row.seen) > 1000
    assert row.facts["path"] == str(entry.folder) and "source_sha256" not in row.facts
    assert row.words.startswith("light, 658,995 parameters, 6000 steps pixel, trained on 2,481 photographs of")


@pytest.mark.slow
def test_a_row_loads_its_network():
    pytest.importorskip("keras")
    enlarge = grid_rows.rows()[0].load()
    assert enlarge(np.full((8, 6, 3), 0.5)).shape == (32, 24, 3)


def test_without_keras_the_rows_are_there_and_loading_says_what_is_missing(monkeypatch):
    def missing() -> None:
        raise ValueError("tensorflow is not installed: needs the extra `enhance`")

    monkeypatch.setattr(backend, "ensure", missing)
    with pytest.raises(ValueError, match="not installed"):
        grid_rows.rows()[0].load()


def test_a_folder_gives_its_finished_runs(tmp_path):
    models = tmp_path / "models"
    shutil.copytree(WEIGHTS, models)
    other_camera(models / "phone")
    other_camera(models / "begun", task="begun", finished=False)
    (models / "notes.txt").write_text("mine")
    *four, phone = grid_rows.rows(str(models))
    assert [row.name for row in four] == list(zoo.TASKS)
    assert four[0].facts["path"] == four[0].origin == str(models / "sr")
    assert (phone.name, phone.trained_for, phone.competes_elsewhere) == ("phone", "phone", False)
    other_camera(models / "phone-old")
    assert [row.name for row in grid_rows.rows(str(models))][4:] == ["phone", "phone-old"]  # two of one task: folders
    (models / "pixel" / zoo.CARD).write_text("{}")
    with pytest.raises(ValueError, match="damaged"):
        grid_rows.rows(str(models))
    with pytest.raises(ValueError, match="neither a task"):
        grid_rows.rows(str(tmp_path / "gone"))


def test_a_name_is_a_task_a_run_or_a_file(tmp_path):
    run = other_camera(tmp_path / "mine")
    for name, task, origin in (("color", "color", "shipped with enhance"), (run, "phone", str(run))):
        (row,) = grid_rows.rows(str(name))
        assert row.name == task and row.origin.startswith(origin) and row.competes_elsewhere
    (row,) = grid_rows.rows(str(run / zoo.GENERATOR))  # the result of a run is known for what it is
    assert row.name == "phone" and row.seen
    shutil.copy(run / zoo.GENERATOR, tmp_path / "bare.keras")
    (row,) = grid_rows.rows(str(tmp_path / "bare.keras"))
    assert (row.name, row.trained_for, row.seen, row.origin) == ("bare", None, None, str(tmp_path / "bare.keras"))


def test_the_latest_run_for_another_camera_is_found(tmp_path):
    user_files.remember(other_camera(tmp_path / "first"))
    user_files.remember(other_camera(tmp_path / "second"))
    *_, phone = grid_rows.rows()
    assert phone.name == "phone" and phone.facts["path"].endswith("second") and len(grid_rows.rows()) == 5


def test_a_style_is_a_row_when_asked_for_and_no_rival(tmp_path, monkeypatch, write_run):
    monkeypatch.setattr(zoo, "_SHIPPED", tmp_path / "weights")
    for style in ("faithful", "perceptual"):
        for task in zoo.TASKS:
            place = tmp_path / "weights" / style / task
            write_run(place, task=task, style=style, source_sha256=[style])
            (place / zoo.GENERATOR).write_text(f"{style} {task}")
    assert [row.name for row in grid_rows.rows()] == list(zoo.TASKS)
    (own,), (other,), (mixed,) = (grid_rows.rows(f"deblur{style}") for style in ("", ":perceptual", ":0.3"))
    assert [row.name for row in (own, other, mixed)] == ["deblur", "deblur:perceptual", "deblur:0.3"]
    assert [row.rival for row in (own, other, mixed)] == [True, False, False]
    assert {row.trained_for for row in (own, other, mixed)} == {"f22"}
    assert (own.seen, other.seen, mixed.seen) == ({"faithful"}, {"perceptual"}, {"faithful", "perceptual"})
    assert len({row.sha256 for row in (own, other, mixed, grid_rows.rows("deblur:0.4")[0])}) == 4
    assert mixed.facts["share"] == 0.3 and mixed.facts["mixed_with"].endswith(zoo.GENERATOR)
    four = grid_rows.rows(str(tmp_path / "weights" / "perceptual"))
    assert [row.name for row in four] == [f"{task}:perceptual" for task in zoo.TASKS]


def test_a_model_for_all_cameras_is_a_row_and_no_rival(tmp_path, monkeypatch, write_run):
    monkeypatch.setattr(zoo, "_SHIPPED", tmp_path / "weights")
    for task in (*zoo.TASKS, zoo.BLIND):
        write_run(tmp_path / "weights" / "faithful" / task, task=task, setting="f22")
    *four, blind = grid_rows.rows()
    assert all(row.rival and row.trained_for for row in four)
    assert (blind.name, blind.rival, blind.trained_for, blind.competes_elsewhere) == ("blind", False, None, True)


def test_a_camera_of_ones_own_without_a_faithful_model_is_no_row_by_itself(tmp_path, write_run):
    user_files.remember(write_run(tmp_path / "mine", task="phone", style="perceptual"))
    assert [row.name for row in grid_rows.rows()] == list(zoo.TASKS)
    (row,) = grid_rows.rows("phone:perceptual")
    assert row.name == "phone:perceptual" and not row.rival
