"""`camsim dataset` as its users type it."""

import json
import os
import subprocess
import sys
import time

import pytest

from camsim.io import lock


@pytest.mark.slow
def test_a_set_that_is_stopped_leaves_nothing(photo, tmp_path):
    """SIGTERM in the middle: no half set, no temporary folder, no workers left behind."""
    code = "from camsim.cli.main import main; main()"
    arguments = ["dataset", photo, "-o", "set", "--hr-size", "64", "--cuts", "5000", "--jobs", "2"]
    command = [sys.executable, "-c", code, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 60
    while not list(tmp_path.glob(".set-*/HR/*.png")) and time.monotonic() < limit:
        time.sleep(0.05)
    process.terminate()
    _, said = process.communicate(timeout=60)  # returns only when no worker holds the pipe any more
    assert process.returncode == 143 and "interrupted" in said and "Traceback" not in said
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_what_a_killed_one_left_is_removed_by_the_next(photo, tmp_path, command):
    """No process can clean up after SIGKILL; the next one into the same folder does, at once."""
    code = "from camsim.cli.main import main; main()"
    arguments = ["dataset", str(photo), "-o", "set", "--hr-size", "64", "--setting", "ideal"]
    process = subprocess.Popen([sys.executable, "-c", code, *arguments, "--cuts", "5000", "-q"], cwd=tmp_path)
    limit = time.monotonic() + 60
    while not list(tmp_path.glob(".set-*/HR/*.png")) and time.monotonic() < limit:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert len(list(tmp_path.glob(".set*"))) == 2  # half a set, and its lock
    assert command("camsim", *arguments).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {photo.name, "set"}


@pytest.mark.slow
def test_the_second_into_one_folder_is_told_so(photo, tmp_path, refused):
    arguments = ("camsim", "dataset", photo, "-o", "set", "--hr-size", "64", "--setting", "ideal")
    with lock.beside(tmp_path / "set"):
        line = refused(*arguments)
    assert f"set is being written by process {os.getpid()} on " in line
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.slow
def test_who_was_slower_replaces_nothing(photo, tmp_path, refused, monkeypatch):
    """Another process has finished its set after this one looked whether there is any."""
    beside = lock.beside

    def finished_meanwhile(path):
        (tmp_path / "set").mkdir(exist_ok=True)
        (tmp_path / "set" / "manifest.json").touch()
        return beside(path)

    monkeypatch.setattr(lock, "beside", finished_meanwhile)
    assert "set exists; --force replaces it" in refused("camsim", "dataset", photo, "-o", "set", "--hr-size", "64")
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["manifest.json"]


@pytest.mark.slow
def test_dataset_renders_refuses_and_replaces_only_its_own(command, refused, photo, tmp_path):
    arguments = ("camsim", "dataset", photo, "-o", "set", "--hr-size", "64", "--cuts", "2", "--setting", "f22")
    first = command(*arguments, "--json")
    assert first.returncode == 0 and json.loads(first.stdout)["images"] == 2
    assert "--force" in refused(*arguments)
    assert command(*arguments, "--force").returncode == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    line = refused("camsim", "dataset", photo, "-o", "mine", "--hr-size", "64", "--force")
    assert "something other" in line and (tmp_path / "mine" / "letter.txt").read_text() == "dear"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dataset", "my.png", "my.png", "-o", "set"), "two pictures are called 'my'"),
        (("dataset", "empty", "-o", "set"), "no pictures"),
        (("dataset", "my.png", "-o", "set", "--hr-size", "256"), "less than the HR size"),
        (("dataset", "my.png", "-o", "set", "--hr-size", "66"), "multiple of the scale"),
        (("dataset", "my.png", "-o", "text.png"), "text.png"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, photo, tmp_path, arguments, words):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty").mkdir()
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    assert words in refused("camsim", *arguments)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
