"""The trained models as rows of the grid."""

import json
import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from camsim.io import atomic
from enhance import backend, grid_rows, zoo

WEIGHTS = Path(zoo.__file__).parent / "weights"


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
    assert row.words.startswith("light, 320,819 parameters, 14500 steps pixel and 800 steps gan, trained on 1,800")


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


def test_a_folder_holds_one_run_for_each_task(tmp_path):
    shutil.copytree(WEIGHTS, tmp_path / "models")
    other_camera(tmp_path / "models" / "phone")
    other_camera(tmp_path / "models" / "phone-old")  # not named like its task
    other_camera(tmp_path / "models" / "begun", task="begun", finished=False)
    (tmp_path / "models" / "notes.txt").write_text("mine")
    *four, phone = grid_rows.rows(tmp_path / "models")
    assert [row.name for row in four] == list(zoo.TASKS)
    assert four[0].facts["path"] == str(tmp_path / "models" / "sr")
    assert (phone.name, phone.trained_for, phone.competes_elsewhere) == ("phone", "phone", False)
    shutil.rmtree(tmp_path / "models" / "pixel")
    with pytest.raises(ValueError, match="no trained model here"):
        grid_rows.rows(tmp_path / "models")
    with pytest.raises(ValueError, match="no such folder"):
        grid_rows.rows(tmp_path / "gone")


def test_the_latest_run_for_another_camera_is_found(tmp_path):
    zoo.register(other_camera(tmp_path / "first"))
    zoo.register(other_camera(tmp_path / "second"))
    *_, phone = grid_rows.rows()
    assert phone.name == "phone" and phone.facts["path"].endswith("second") and len(grid_rows.rows()) == 5
