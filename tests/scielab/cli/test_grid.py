"""The `scielab grid` command."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from camsim import camera_file
from camsim.dataset import photographs, writing
from camsim.io import image
from camsim.io.resize import resize


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A rendered set and four untrained models of the form that training leaves."""
    pytest.importorskip("keras")
    from camsim.io import atomic
    from enhance import zoo
    from enhance.networks import generators
    from enhance.training import run_folder

    place = tmp_path_factory.mktemp("grid")
    views = {name: camera_file.load(name) for name in zoo.TASKS.values()}
    image.write(place / "photo.png", resize(image.read(photographs.builtin("retina").path), (96, 144)))
    for name in ("astronaut", "chelsea", "coffee"):
        image.write(place / f"{name}.png", resize(image.read(photographs.builtin(name).path), (96, 96)))
    sources = photographs.open_sources([place / f"{name}.png" for name in ("photo", "astronaut", "chelsea", "coffee")])
    writing.write(place / "set", sources, views, hr_px=64, scene_px=96)
    for scale, folder in ((4, "models"), (2, "double")):
        for task in zoo.TASKS:
            (place / folder / task).mkdir(parents=True)
            run_folder.save_generator(
                generators.light(scale=scale, blocks=1, filters=4), place / folder / task / zoo.GENERATOR
            )
            card = {
                "task": task,
                "scale": scale,
                "generator": "light",
                "parameters": 0,
                "data": "photographs",
                "steps": 0,
                "stages": {},
                "validation": {},
                "finished": True,
                "source_sha256": [atomic.sha256(place / "photo.png")],
            }
            atomic.write_text(place / folder / task / zoo.CARD, json.dumps(card))
    return place


@pytest.mark.slow
def test_the_command_writes_all_files_and_says_who_wins(command, refused, workplace, tmp_path):
    arguments = ("scielab", "grid", "--model", workplace / "models", "--data", workplace / "set", "-o", "out")
    done = command(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    stored = json.loads((tmp_path / "out" / "grid.json").read_text())
    assert stored["cells"] == printed["cells"] and len(stored["cells"]) == 24
    assert {c["model"] for c in stored["cells"]} == {"bicubic", "classical", "sr", "color", "pixel", "deblur"}
    assert {c["setting"] for c in stored["cells"]} == {"ideal", "underexposed", "pixel25", "f22"}
    numbers = {"delta_e_mean", "delta_e_p95", "psnr_db", "ssim", "mesh", "hatch"}
    assert set(stored["cells"][0]) == {"model", "setting", "rival", "pictures"} | numbers | {
        f"{n}_interval" for n in numbers
    }
    assert [c["setting"] for c in stored["columns"]] == ["ideal", "underexposed", "pixel25", "f22"]
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "grid.png", "delta_e.png", "matrix.png", "grid.json", "grid.csv"}
    assert "trained on" in done.stderr  # it warns that these models have seen the photograph
    assert "exists" in refused(*arguments)


@pytest.mark.slow
def test_a_killed_grid_goes_on_to_the_same_bytes(command, workplace, drawn_weights, tmp_path):
    arguments = [
        "grid",
        "--model",
        workplace / "models",
        "--data",
        workplace / "set",
        "--weights",
        drawn_weights,
        "--lpips",
        "squeeze",
        "--lpips",
        "alex",
    ]
    whole = command("scielab", *arguments, "-o", "whole")
    assert whole.returncode == 0, whole.stderr
    assert "0.1008" in whole.stderr  # these weights are not the published ones
    assert "deblur" in whole.stdout and "report.html" in whole.stdout

    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "grid.csv").write_text("of another grid")
    start = [
        sys.executable,
        "-c",
        "from scielab.cli.main import main; main()",
        *map(str, arguments),
        "-o",
        "killed",
        "--force",
    ]
    process = subprocess.Popen(start, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(6000):
            if any((tmp_path / "killed").glob(".unfinished-*/0*.npz")):
                break
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL  # it had not come to its end
    left = {path.name.partition("-")[0] for path in (tmp_path / "killed").iterdir()}
    assert left == {".unfinished", ".cam2eye.lock", "grid.csv"}
    resumed = command("scielab", *arguments, "-o", "killed")  # needs no --force: the killed run had it
    assert resumed.returncode == 0, resumed.stderr
    assert re.search(r"going on with an unfinished run: [1-3] of 4 pictures", resumed.stderr)
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes(), path.name
    assert len(list((tmp_path / "killed").iterdir())) == 6
    stored = json.loads((tmp_path / "killed" / "grid.json").read_text())
    for name in ("lpips-squeeze", "lpips-alex"):
        assert stored["lpips"][name]["published_weights"] is False and stored["cells"][0][name] > 0
    assert stored["intervals"] == {"percent": 95, "resamples": 10_000, "seed": 0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "gone"), "gone"),
        (("--model", "MODELS", "--data", "SET", "--weights", "file.txt"), "file.txt: no such folder"),
        (("--model", "MODELS", "--data", "SET", "--weights", "SET"), "the weights of LPIPS 0.1 for alex are not here"),
        (("--model", "MODELS", "--data", "gone"), "no rendered set"),
        (("--model", "DOUBLE", "--data", "SET"), "scale 2"),
        (("--model", "MODELS", "--data", "SET", "--show", "nobody"), "nobody"),
        (("--model", "MODELS", "--data", "SET", "--samples-per-degree", "0"), "degree"),
        (("--model", "MODELS", "--data", "SET", "-o", "file.txt"), "file.txt"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, workplace, tmp_path, arguments, words):
    (tmp_path / "file.txt").write_text("mine")
    names = {"SET": workplace / "set", "MODELS": workplace / "models", "DOUBLE": workplace / "double"}
    assert words in refused("scielab", "grid", *(names.get(argument, argument) for argument in arguments))
    assert [p.name for p in tmp_path.iterdir() if p.name != "home"] == ["file.txt"]
