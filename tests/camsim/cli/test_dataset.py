"""`camsim dataset` as its users type it."""

import json
import os
import subprocess
import sys
import time

import pytest

from camsim.io import lock

CODE = "from camsim.cli.main import main; main()"


def started(cwd, *arguments, **options):
    """A `camsim` of its own that has finished some blocks of the set in `cwd`, and goes on."""
    command = [sys.executable, "-c", CODE, *map(str, arguments)]
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, **options)
    limit = time.monotonic() + 120
    while len(list(cwd.glob(".set-*/**/0*.json"))) < 2 and time.monotonic() < limit:
        time.sleep(0.01)
    return process


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_set_that_is_stopped_leaves_only_what_is_finished(photo, tmp_path):
    """SIGTERM in the middle: no half set, no workers left behind, and a line that says how it goes on."""
    arguments = [
        "dataset",
        photo,
        *["-o", "set", "--hr-size", "64", "--cuts", "5000", "--jobs", "2", "--setting", "ideal"],
    ]
    process = started(tmp_path, *arguments, stderr=subprocess.PIPE, text=True)
    process.terminate()
    _, said = process.communicate(timeout=60)  # returns only when no worker holds the pipe any more
    assert process.returncode == 143 and "interrupted" in said and "Traceback" not in said
    assert "--resume goes on" in said
    assert {path.name for path in tmp_path.iterdir()} == {photo.name, ".set-cam2eye-making"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no such signal")
@pytest.mark.parametrize("form", [(), ("--shards", "50")])
def test_what_a_killed_one_had_finished_is_gone_on_with_to_the_same_bytes(photo, tmp_path, command, form):
    """After SIGKILL, which no process can answer: what is finished is not made again, and nothing half made stays."""
    arguments = ["dataset", photo, "--hr-size", "32", "--scene-size", "32", "--setting", "ideal", *form]
    arguments += ["--cuts", "300"]
    process = started(tmp_path, *arguments, "-o", "set", "-q")
    process.kill()
    process.wait()
    assert not (tmp_path / "set").exists()
    place, finished = tmp_path / ".set-cam2eye-making" / "set", []
    for block in tmp_path.glob(".set-*/**/0*.json"):
        names = [entry["name"] for entry in json.loads(block.read_text())["images"]]
        finished += [f"shards/{block.stem}.tar"] if form else [f"HR/{name}.png" for name in names]
    times = {name: (place / name).stat().st_mtime_ns for name in finished}
    assert command("camsim", *arguments, "-o", "set", "--resume").returncode == 0
    assert finished and {name: (tmp_path / "set" / name).stat().st_mtime_ns for name in finished} == times
    assert command("camsim", *arguments, "-o", "plain").returncode == 0
    assert tree(tmp_path / "set") == tree(tmp_path / "plain")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_what_a_killed_one_left_is_removed_by_the_next_that_does_not_go_on(photo, tmp_path, command):
    arguments = ["dataset", photo, "-o", "set", "--hr-size", "64", "--setting", "ideal"]
    process = started(tmp_path, *arguments, "--cuts", "5000", "-q")
    process.kill()
    process.wait()
    assert len(list(tmp_path.glob(".set*"))) == 2  # what is finished, and its lock
    assert command("camsim", *arguments).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {photo.name, "set"}


@pytest.mark.slow
def test_a_damaged_photograph_is_left_out_and_told_or_ends_it(photo, tmp_path, command, refused):
    (tmp_path / "photos").mkdir()
    photo.rename(tmp_path / "photos" / "my.png")
    (tmp_path / "photos" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    arguments = ("dataset", "photos", "--hr-size", "32", "--setting", "ideal")
    said = command("camsim", *arguments, "-o", "set")
    assert said.returncode == 0 and "1 scenes of 1 photographs, 1 photographs left out" in said.stdout
    assert "left out: bad.png: cannot be read" in said.stderr
    (left_out,) = json.loads((tmp_path / "set" / "manifest.json").read_text())["skipped"]
    assert left_out["name"] == "bad" and left_out["scenes"] == 1
    assert "bad.png: cannot be read" in refused("camsim", *arguments, "-o", "strict", "--strict")
    assert not (tmp_path / "strict").exists()


@pytest.mark.slow
def test_a_finished_set_is_left_as_it_is_by_resume_and_another_is_not_gone_on_with(photo, tmp_path, command, refused):
    arguments = ("dataset", photo, "-o", "set", "--hr-size", "32", "--setting", "ideal")
    command("camsim", *arguments)
    before = (tmp_path / "set").stat().st_ino
    assert command("camsim", *arguments, "--resume").returncode == 0
    assert (tmp_path / "set").stat().st_ino == before
    assert "set exists; --force" in refused("camsim", *arguments, "--resume", "--seed", "1")


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
