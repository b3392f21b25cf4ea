"""The `camsim` command as its users type it."""

import json
import subprocess
import sys
import time

import numpy as np
import pytest

from camsim import camera_file
from camsim.io import image
from camsim.io.resize import resize


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "my.png"
    image.write(path, resize(np.random.default_rng(0).random((9, 12, 3)), (150, 200)))
    return path


@pytest.mark.parametrize("arguments", [(), ("render",), ("settings",), ("dataset",)])
def test_help_explains_itself(command, arguments):
    result = command("camsim", *arguments, "-h")
    assert result.returncode == 0 and "Usage: camsim" in result.stdout and len(result.stdout) > 300


def test_version_and_no_arguments(command):
    assert command("camsim", "--version").stdout.startswith("camsim 0.")
    bare = command("camsim")
    assert bare.returncode == 0 and "Commands:" in bare.stdout


def test_settings_lists_the_cameras_and_prints_one_that_loads_back(command, tmp_path):
    listed = command("camsim", "settings").stdout
    assert all(name in listed for name in ("ideal", "underexposed", "pixel25", "f22", "f/22", "25 µm"))
    assert set(json.loads(command("camsim", "settings", "--json").stdout)) >= {"ideal", "f22"}
    (tmp_path / "mine.toml").write_text(command("camsim", "settings", "f22", "--toml").stdout, encoding="utf-8")
    assert camera_file.load(tmp_path / "mine.toml") == camera_file.load("f22")


@pytest.mark.slow
def test_render_alone_uses_a_builtin_photograph_and_refuses_to_overwrite(command, refused, tmp_path):
    result = command("camsim", "render", "--setting", "f22")
    assert result.returncode == 0 and "built-in" in result.stderr
    picture = image.read(tmp_path / "astronaut-f22.png")
    assert picture.shape == (262, 262, 3)
    assert "astronaut-f22.png exists" in refused("camsim", "render", "--setting", "f22")
    assert command("camsim", "render", "--setting", "f22", "--force").returncode == 0


def test_render_files_into_a_folder_with_a_record(command, photo, tmp_path):
    other = tmp_path / "other.jpg"
    image.write(other, image.read(photo))
    result = command("camsim", "render", photo, other, "--setting", "f22", "-o", "out/", "--json", "--seed", "7")
    assert result.returncode == 0, result.stderr
    renders = json.loads(result.stdout)["renders"]
    assert [r["output"] for r in renders] == ["out/my-f22.png", "out/other-f22.png"]
    record = json.loads((tmp_path / "out" / "my-f22.json").read_text())
    assert record["seed"] == 7 and record["camera"]["optics"]["fnumber"] == 22 and len(record["input_sha256"]) == 64
    assert record["camera"]["scene"]["distance_m"] is None  # infinity, which JSON lacks
    assert (record["width"], record["height"]) == (262, 198)


@pytest.mark.slow
def test_same_seed_same_file_and_set_changes_the_camera(command, photo, tmp_path):
    for name, extra in (("a", []), ("b", []), ("c", ["--set", "optics.fnumber=4"]), ("d", ["--seed", "1"])):
        done = command("camsim", "render", photo, "--setting", "f22", "-o", f"{name}.png", "--size", "40", *extra)
        assert done.returncode == 0, done.stderr
    a, b, c, d = ((tmp_path / f"{n}.png").read_bytes() for n in "abcd")
    assert a == b and len({a, c, d}) == 3
    assert image.read(tmp_path / "a.png").shape == (30, 40, 3)


def test_dry_run_writes_nothing(command, photo, tmp_path):
    assert command("camsim", "render", photo, "--dry-run").returncode == 0
    assert command("camsim", "dataset", photo, "-o", "set", "--dry-run").returncode == 0
    assert list(tmp_path.iterdir()) == [photo]


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
    assert process.returncode == 130 and "interrupted" in said and "Traceback" not in said
    assert list(tmp_path.iterdir()) == [photo]


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
        (("render", "gone.png"), "gone.png"),
        (("render", "text.png"), "text.png"),
        (("render", "half.png"), "half.png"),
        (("render", "my.png", "--setting", "f21"), "did you mean 'f22'"),
        (("render", "my.png", "--set", "optics.fnumber=0"), "optics.fnumber"),
        (("render", "my.png", "-o", "out.xyz"), ".xyz"),
        (("render", "my.png", "my.png", "-o", "one.png"), "need a folder"),
        (("render", "my.png", "-o", "text.png/out.png"), "text.png"),
        (("render", "my.png", "--frobnicate"), "--frobnicate"),
        (("render", "my.png", "-o", "my.png", "--force"), "an input as well"),
        (("render", "my.png", "--size", "100000"), "--size"),
        (("render", "my.png", "--set", "scene.luminance_cd_m2=1e-30"), "dark current"),
        (("render", "my.png", "half.png", "-o", "out"), "half.png"),
        (("render", "my.png", "--set", "scene.fov_deg=110"), "scene.fov_deg"),
        (("render", "my.png", "--set", "sensor.pixel_pitch_um=0.1", "--set", "scene.fov_deg=60"), "limit"),
        (("dataset", "my.png", "my.png", "-o", "set"), "two pictures are called 'my'"),
        (("render", "black.png"), "black"),
        (("dataset", "empty", "-o", "set"), "no pictures"),
        (("dataset", "my.png", "-o", "set", "--hr-size", "256"), "less than the HR size"),
        (("dataset", "my.png", "-o", "set", "--hr-size", "66"), "multiple of the scale"),
        (("dataset", "my.png", "-o", "text.png"), "text.png"),
        (("settings", "f21"), "f21"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, photo, tmp_path, arguments, words):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "half.png").write_bytes(photo.read_bytes()[:2000])
    (tmp_path / "empty").mkdir()
    image.write(tmp_path / "black.png", np.zeros((150, 150, 3)))
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    assert words in refused("camsim", *arguments)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
