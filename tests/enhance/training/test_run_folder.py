"""The folder of a run: its log and its checkpoints."""

import sys
from types import SimpleNamespace

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
