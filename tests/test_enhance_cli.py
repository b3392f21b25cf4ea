"""The `enhance` command as its users type it."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("keras")

from camsim import camera, dataset, image, photos

SMALL = ("--blocks", "1", "--filters", "8", "--batch", "4", "--checkpoint-every", "5", "--log-every", "5")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A small set of one setting, with an HR size of 64."""
    place = tmp_path_factory.mktemp("photos")
    for number in range(8):
        image.write(place / f"{number}.png", image.resize(np.random.default_rng(number).random((7, 7, 3)), (96, 96)))
    target = tmp_path_factory.mktemp("set") / "set"
    dataset.write(target, photos.open_sources([place]), {"f22": camera.load("f22")}, hr_px=64, scene_px=96)
    return target


@pytest.fixture(scope="module")
def trained(rendered, tmp_path_factory):
    """Two finished runs of ×4 models, as folder `models`: deblur trained for a few steps."""
    place = tmp_path_factory.mktemp("models")
    arguments = [
        "train",
        "--task",
        "deblur",
        "--data",
        rendered,
        "-o",
        place / "deblur",
        *SMALL,
        "--steps",
        "10",
        "--gan-steps",
        "5",
    ]
    code = "from enhance.cli import main; main()"
    home = os.environ | {"CAM2EYE_HOME": str(place / "home")}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, env=home, check=False
    )
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.parametrize("arguments", [(), ("train",), ("apply",), ("models",)])
def test_help_explains_itself(command, arguments):
    result = command("enhance", *arguments, "-h")
    assert result.returncode == 0 and "Usage: enhance" in result.stdout and len(result.stdout) > 200


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_weights(command, rendered, trained, tmp_path):
    """SIGKILL in the middle, then --resume: bit for bit what an uninterrupted run gives."""
    arguments = ["train", "--task", "deblur", "--data", rendered, *SMALL, "--steps", "30", "--gan-steps", "20", "-q"]
    whole = command("enhance", *arguments, "-o", "whole")
    assert whole.returncode == 0 and whole.stderr == "", whole.stderr
    code = "from enhance.cli import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments), "-o", "killed"], cwd=tmp_path)
    checkpoint, limit = tmp_path / "killed" / "checkpoint.npz", time.monotonic() + 120
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with np.load(checkpoint) as archive:
        assert 0 < int(archive["step"]) < 50, "killed too late to prove anything"
    resumed = command("enhance", "train", "--resume", "-o", "killed", "-q")
    assert resumed.returncode == 0, resumed.stderr
    with np.load(tmp_path / "whole" / "checkpoint.npz") as a, np.load(checkpoint) as b:
        assert set(a) == set(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


def test_a_finished_run_is_found_by_its_task_from_anywhere(command, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("CAM2EYE_HOME", str(trained / "home"))
    listed = json.loads(command("enhance", "models", "--json").stdout)["models"]
    assert [entry["task"] for entry in listed] == ["deblur"]
    image.write(tmp_path / "in.png", np.random.default_rng(0).random((20, 33, 3)))
    done = command("enhance", "apply", "-i", "in.png", "-o", "out.png", "--task", "deblur")
    assert done.returncode == 0, done.stderr
    assert image.read(tmp_path / "out.png").shape == (80, 132, 3)


def test_apply_takes_folders_with_their_tree_and_refuses_to_overwrite(command, refused, trained, tmp_path):
    for name in ("a.png", "sub/b.jpg"):
        image.write(tmp_path / "in" / name, np.full((8, 8, 3), 0.5))
    arguments = ("enhance", "apply", "-i", "in", "-o", "out", "--task", "deblur", "--models", trained)
    assert command(*arguments).returncode == 0
    assert image.read(tmp_path / "out" / "sub" / "b.jpg").shape == (32, 32, 3)
    assert "exists" in refused(*arguments)
    model = trained / "deblur" / "pretrain.keras"
    assert command("enhance", "apply", "-i", "in/a.png", "-o", "one.png", "--model", model).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train",), "--task is needed"),
        (("train", "--task", "blur"), "unknown task 'blur'"),
        (("train", "--task", "deblur", "--data", "gone"), "no rendered set"),
        (("train", "--task", "sr", "--data", "SET"), "no setting 'ideal'"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "mine"), "other than a training run"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "RUN"), "--resume goes on"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--generator", "big"), "generator"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--content", "block2_conv2"), "--vgg-weights"),
        (("train", "--task", "deblur", "--data", "SET", "-o", "x", "--batch", "0"), "batch"),
        (("train", "--resume", "-o", "mine"), "no training run"),
        (("train", "--resume", "-o", "RUN", "--steps", "9"), "cannot be changed"),
        (("train", "--resume", "--task", "deblur"), "no run of deblur"),
        (("apply", "-i", "in.png", "-o", "out.png", "--task", "deblur"), "no model for deblur"),
        (("apply", "-i", "in.png", "-o", "out.png", "--task", "pixel", "--models", "MODELS"), "no trained model"),
        (("apply", "-i", "in.png", "-o", "out.png", "--model", "in.png"), "not a usable model"),
        (("apply", "-i", "gone.png", "-o", "out.png", "--task", "deblur", "--models", "MODELS"), "gone.png"),
        (("apply", "-i", "text.png", "-o", "out.png", "--task", "deblur", "--models", "MODELS"), "text.png"),
        (("apply", "-i", "in.png", "-o", "out.xyz", "--task", "deblur", "--models", "MODELS"), ".xyz"),
        (("apply", "-i", "in.png", "-o", "out.png"), "--task or --model"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, rendered, trained, tmp_path, arguments, words):
    image.write(tmp_path / "in.png", np.full((8, 8, 3), 0.5))
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    before = sorted(tmp_path.rglob("*"))
    names = {"SET": rendered, "RUN": trained / "deblur", "MODELS": trained}
    assert words in refused("enhance", *(names.get(argument, argument) for argument in arguments))
    assert sorted(p for p in tmp_path.rglob("*") if p.name != "home") == before
