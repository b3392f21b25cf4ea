"""The `enhance` command as its users type it."""

import importlib
import json
import os
import shutil
import sys

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("keras")

from camsim import camera_file
from camsim.io import image, lock
from camsim.io.resize import resize
from enhance.cli.train import train


@pytest.fixture(scope="module")
def trained(rendered, small, tmp_path_factory):
    """Two finished runs of ×4 models, as folder `models`: deblur trained for a few steps."""
    place = tmp_path_factory.mktemp("models")
    arguments = ["--task", "deblur", "--data", rendered, "-o", place / "deblur", *small, "--steps", "10,5"]
    home = {"CAM2EYE_HOME": str(place / "home")}
    done = CliRunner().invoke(train, [str(argument) for argument in arguments], env=home, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return place


@pytest.mark.slow
def test_a_run_is_used_by_its_task_from_anywhere_once_it_is_chosen(command, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("CAM2EYE_HOME", str(trained / "home"))
    listed = json.loads(command("enhance", "models", "--json").stdout)["models"]
    assert [entry["task"] for entry in listed] == ["sr", "color", "pixel", "deblur", "deblur"]
    assert listed[4]["path"] == str(trained / "deblur") and [e["in_use"] for e in listed] == [True] * 4 + [False]
    image.write(tmp_path / "in.png", np.random.default_rng(0).random((20, 33, 3)))
    done = command("enhance", "models", "use", trained / "deblur")
    assert done.returncode == 0, done.stderr
    done = command("enhance", "apply", "in.png", "-o", "out.png", "--task", "deblur")
    assert done.returncode == 0 and "model: deblur, your run" in done.stderr, done.stderr
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["task"] == "deblur" and record["model"] == str(trained / "deblur" / "generator.keras")
    assert image.read(tmp_path / "out.png").shape == (80, 132, 3)


@pytest.mark.slow
def test_a_camera_of_your_own_gives_a_task_of_its_name(command, tmp_path, monkeypatch, small):
    monkeypatch.setenv("CAM2EYE_HOME", str(tmp_path / "home"))
    (tmp_path / "mine.toml").write_text(
        camera_file.to_toml(camera_file.load("f22")).replace('name = "f22"', 'name = "mine"')
    )
    for number in range(4):
        place = tmp_path / "photos" / f"{number}.png"
        image.write(place, resize(np.random.default_rng(number).random((7, 7, 3)), (64, 64)))
    arguments = [
        "--data",
        "photos",
        *small,
        "--batch",
        "2",
        "--set",
        "hr_px=32",
        "--set",
        "validation=1",
        "--steps",
        "2,0",
        "-o",
        "runs/a",
    ]
    done = command("enhance", "train", "--camera", "mine.toml", "--range", "optics.fnumber=4,22", *arguments)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "runs" / "a" / "README.md").read_text()
    assert "the camera `mine`" in text and "optics.fnumber from 4 to 22" in text
    shutil.copy(tmp_path / "photos" / "0.png", tmp_path / "in.png")
    done = command("enhance", "apply", "-i", "in.png", "-o", "out.png", "--model", "mine")
    assert done.returncode == 0, done.stderr
    done = command("enhance", "train", "--resume", "--task", "mine")
    assert done.returncode == 0 and "already finished" in done.stderr, done.stderr
    done = command("enhance", "apply", "-i", "in.png", "-o", "x.png", "--task", "yours")
    assert done.returncode == 2 and "(sr, color, pixel, deblur, mine)" in done.stderr


@pytest.mark.slow
def test_the_models_that_ship_need_nothing(command, tmp_path):
    """Every task has one; each wins its column by PSNR, beyond chance, on photographs that none saw."""
    done = command("enhance", "models", "--json")
    assert done.returncode == 0, done.stderr
    assert {"sr", "color", "pixel", "deblur"} <= {entry["task"] for entry in json.loads(done.stdout)["models"]}
    done = command("scielab", "grid", "-o", "grid", "--json")
    assert done.returncode == 0 and "trained on" not in done.stderr, done.stderr
    columns = json.loads((tmp_path / "grid" / "grid.json").read_text())["columns"]
    assert len(columns) == 4
    for column in columns:
        assert column["psnr_db"]["wins"] and column["psnr_db"]["excludes_zero"], column
        if column["model"] != "color":  # whose lead in ΔE over the best answer without networks may be chance
            assert column["delta_e_mean"]["wins"] and column["delta_e_mean"]["excludes_zero"], column


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train",), "--task is needed"),
        (("train", "--task", "blur"), "unknown task 'blur'"),
        (("train", "--task", "deblur", "--data", "gone"), "gone: no such file or folder"),
        (("train", "--task", "sr", "--data", "SET"), "no setting 'ideal'"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "mine"), "other than a training run"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "RUN"), "--resume goes on"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--set", "generator.kind=big"), "big"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--set", "pixel.losses={vgg22=1}"), "--weights"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--batch", "0"), "batch"),
        (
            ("train", "--task", "deblur", "--data", "SET", "-o", "x", "--set", "critic.side=8"),
            "critic.side cannot be set",
        ),
        (
            ("train", "--task", "deblur", "--data", "SET", "-o", "x", "--set", "generator.scale=2"),
            "generator.scale cannot",
        ),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--config", "big"), "unknown configuration 'big'"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--config", "perceptual"), "error: --init: "),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--steps", "1,2,3"), "pixel, gan"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--range", "optics.fnumber"), "KEY=LOW,HIGH"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--range", "optics.fnumber=4,32"), "cannot vary"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--init", "gone.keras"), "gone.keras"),
        (("train", "--task", "deblur", "--data", "ONE", "-o", "x"), "enlarges 2, 3, 4 or 8 times, not 1"),
        (("train", "--task", "deblur", "--data", "ONE", "-o", "RUN", "--force"), "not 1"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--set", "stages=3"), "stages"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--set", "pixel.adversarial={kind='x'}"), "'x'"),
        (("train", "--data", "SET", "-o", "x", "--config", "base.toml"), "base = 3"),
        (("train", "--data", "SET", "-o", "x", "--config", "stage.toml"), "[[stage]]"),
        (
            (
                "train",
                "--task",
                "deblur",
                "--data",
                "SET",
                "-o",
                "x",
                "--set",
                "pixel.best=ssim",
                "--set",
                "validation=0",
            ),
            "no picture is held out",
        ),
        (
            ("train", "--task", "deblur", "--data", "SET", "--set", "pixel.losses={vgg22=1}", "--dry-run"),
            "--weights",
        ),
        (
            ("apply", "-i", "in.png", "-o", "out.png", "--task", "deblur", "--model", "gone.keras"),
            "name the model once",
        ),
        (("train", "--task", "deblur", "--set", "vary.optics.fnumbr=[1,2]", "--dry-run"), "fnumbr"),
        (("train", "--task", "deblur", "--set", "task=own", "--dry-run"), "cannot be set"),
        (("train", "--task", "deblur", "--steps", "1,x", "--dry-run"), "whole numbers"),
        (("configs", "big"), "unknown configuration"),
        (("train", "--resume", "-o", "mine"), "no training run"),
        (("train", "--resume", "-o", "RUN", "--steps", "9"), "cannot be changed"),
        (("train", "--resume", "-o", "RUN", "--camera", "mine.toml"), "--camera cannot"),
        (("train", "--resume", "--task", "deblur"), "no run of deblur"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, rendered, trained, tmp_path, arguments, words):
    image.write(tmp_path / "in.png", np.full((8, 8, 3), 0.5))
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "base.toml").write_text("base = 3")
    (tmp_path / "stage.toml").write_text('base = "default"\nstage = [1]')
    for part in ("HR", "LR"):
        for name in ("a.png", "b.png"):
            image.write(tmp_path / "one" / part / name, np.full((160, 160, 3), 0.5))
    before = sorted(tmp_path.rglob("*"))
    run_before = sorted((trained / "deblur").rglob("*"))
    names = {"SET": rendered, "RUN": trained / "deblur", "MODELS": trained, "ONE": tmp_path / "one"}
    assert words in refused("enhance", *(names.get(argument, argument) for argument in arguments))
    assert sorted(p for p in tmp_path.rglob("*") if p.name != "home") == before
    assert sorted((trained / "deblur").rglob("*")) == run_before


@pytest.mark.parametrize("options", [(), ("-q",)])
@pytest.mark.parametrize("steps", [0, 2])
def test_who_stops_a_run_is_told_how_it_goes_on_if_it_has_begun(monkeypatch, tmp_path, capfd, steps, options):
    def stopped(plan, *, report, say, step):
        step()
        say("begun")
        for _ in range(steps):
            report(1, {"loss": 0.5, "l1": 0.5})
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("enhance.training.start.run", stopped)
    monkeypatch.setattr(sys, "argv", ["enhance", "train", "--task", "deblur", *options])
    with pytest.raises(SystemExit) as stop:
        importlib.import_module("enhance.cli.main").main()
    shown = capfd.readouterr().err
    assert stop.value.code == 130
    told = "`enhance train --resume -o runs/deblur-1` starts over"
    if options:
        assert "begun" not in shown and "picture" not in shown and told not in shown
    else:
        assert "begun" in shown and "picture" in shown and shown.count(told) == bool(steps)


@pytest.mark.slow
def test_the_second_into_one_folder_is_told_so_and_leaves_it_alone(rendered, small, tmp_path, refused):
    arguments = ("enhance", "train", "--task", "deblur", "--data", rendered, *small, "--steps", "1", "-o", "run")
    with lock.inside(tmp_path / "run"):
        line = refused(*arguments, "-q")
    assert f"run is being written by process {os.getpid()} on " in line
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_who_was_slower_trains_over_nothing(rendered, small, tmp_path, refused, monkeypatch):
    """Another process has begun a run there after this one looked whether there is any."""
    inside = lock.inside

    def begun_meanwhile(folder):
        folder.mkdir()
        (folder / "config.toml").write_text("another's")
        return inside(folder)

    monkeypatch.setattr(lock, "inside", begun_meanwhile)
    arguments = ("enhance", "train", "--task", "deblur", "--data", rendered, *small, "--steps", "1", "-o", "run")
    assert "run exists; --force replaces it" in refused(*arguments, "-q")
    assert (tmp_path / "run" / "config.toml").read_text() == "another's"
