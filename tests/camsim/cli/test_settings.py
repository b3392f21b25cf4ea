"""`camsim settings` as its users type it."""

import json

from camsim import camera_file


def test_settings_lists_the_cameras_and_prints_one_that_loads_back(command, tmp_path):
    listed = command("camsim", "settings").stdout
    assert all(name in listed for name in ("ideal", "underexposed", "pixel25", "f22", "f/22", "25 µm"))
    assert set(json.loads(command("camsim", "settings", "--json").stdout)) >= {"ideal", "f22"}
    (tmp_path / "mine.toml").write_text(command("camsim", "settings", "f22", "--toml").stdout, encoding="utf-8")
    assert camera_file.load(tmp_path / "mine.toml") == camera_file.load("f22")
