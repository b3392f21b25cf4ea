"""The folder of a run: its log and its checkpoints."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("keras")

from enhance.training import run_folder


def test_rows_go_to_tensorboard_where_it_is_installed(tmp_path, monkeypatch, configure, log_rows):
    written = []

    class Writer:
        def __init__(self, folder):
            written.append(folder)

        def add_scalar(self, name, value, step):
            written.append((name, value, step))

        def flush(self):
            pass

    monkeypatch.setitem(sys.modules, "tensorboard", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "tensorboard.summary", SimpleNamespace(Writer=Writer))
    run_folder.Log(tmp_path, configure(), 0).add({"step": 2, "stage": "pixel", "loss": 0.5, "val_psnr_db": 20.0})
    assert written == [str(tmp_path / "tensorboard"), ("loss", 0.5, 2), ("val_psnr_db", 20.0, 2)]
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)  # not installed
    run_folder.Log(tmp_path, configure(), 0).add({"step": 2, "stage": "pixel", "loss": 0.5})
    assert len(written) == 3 and log_rows(tmp_path)[0]["loss"] == "0.5"


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "checkpoints" / "step_000000002.npz"
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(ValueError, match=r"step_000000002\.npz: damaged"):
        run_folder.progress(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("step", -1, "step = -1 must be in"),
        ("step", 1.5, "step = 1.5 must be a whole number"),
        ("stage", [1, 2], "size|item|scalar"),
        ("done", "many", "done = 'many' must be"),
        ("seconds", float("nan"), "seconds = nan must be"),
        ("best", "good", "best = 'good' must be a number"),
    ],
)
def test_a_checkpoint_of_strange_progress_is_named(tmp_path, key, value, words):
    state = {name: getattr(run_folder.Progress(step=2), name) for name in run_folder.Progress.__dataclass_fields__}
    path = tmp_path / "checkpoints" / "step_000000002.npz"
    path.parent.mkdir()
    np.savez(path, **{f"progress/{name}": inner for name, inner in (state | {key: value}).items()})
    with pytest.raises(ValueError, match=rf"step_000000002\.npz: damaged.*({words})"):
        run_folder.progress(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5000, "nested too deeply"),
        ("batch = 4", "data_sha256 is missing"),
        ("data_sha256 = 3", "data_sha256 is missing"),
        ('data_sha256 = "0"\nbatch = "many"', "batch = 'many' must be a whole number"),
        ('data_sha256 = "0"\n[[stage]]\nname = "../../pixel"', "stage name '../../pixel' must be a plain word"),
    ],
)
def test_a_damaged_configuration_of_a_run_is_named(tmp_path, text, words):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ValueError, match=rf"config\.toml: .*{words}"):
        run_folder.read_config(tmp_path)


@pytest.mark.parametrize(
    "text", ["step,stage,val_psnr_db\n1,pixel,high\n", "step\n1\n", "step,stage\n1,\0\n", f"step\n{'9' * 5000}\n"]
)
def test_a_damaged_log_is_named(tmp_path, configure, text):
    """Its rows decide which score the card gives."""
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(ValueError, match=r"log\.csv: (damaged|not a CSV)"):
        run_folder.Log(tmp_path, configure(), 1)
