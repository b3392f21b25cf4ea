"""`enhance evaluate`: tables, JSON, CSV, what is refused."""

import csv
import importlib
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from enhance import zoo
from enhance.evaluation import benchmark, results
from enhance.evaluation.protocol import Protocol


def nearest(factor):
    return lambda rgb: np.kron(rgb, np.ones((factor, factor, 1)))


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def enhance(tmp_path, monkeypatch, capfd):
    """Run `enhance` in this process with arguments that it accepts; returns what it prints on stdout."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["enhance", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            importlib.import_module("enhance.cli.main").main()
        out, err = capfd.readouterr()
        assert stop.value.code == 0, err
        return out

    return run


def test_command_evaluates_matlabs_bicubic_and_a_model(enhance, bench, tmp_path, monkeypatch):
    monkeypatch.setattr("enhance.cli.evaluate.open_enlarger", lambda path: SimpleNamespace(enlarge=nearest(4)))
    (tmp_path / "n.keras").touch()
    out = enhance("evaluate", "--bench", bench, "--bench", f"again={bench / 'HR'}", "--model", "n.keras", "--delta-e")
    lines = out.splitlines()
    assert lines[0] == "×4, Y (BT.601 studio), 4 px border cropped, range 255"
    assert [line.split()[:2] for line in lines[2:6:2]] == [["bench", "bicubic"], ["again", "bicubic"]]
    assert [line.split()[0] for line in lines[3:6:2]] == ["n.keras"] * 2
    assert lines[6:8] == [f"{name}: LR made here by MATLAB's bicubic reduction" for name in ("bench", "again")]
    opened = benchmark.open_bench(bench, scale=4)
    mean = results.means(benchmark.evaluate(opened, {"m": nearest(4)}, Protocol(), delta_e=True))[0]
    assert lines[3].split()[1:] == ["2", f"{mean.psnr_db:.2f}", f"{mean.ssim:.4f}", f"{mean.delta_e:.2f}"]


def test_command_prints_json_and_takes_channel_crop_and_scale(enhance, bench):
    out = enhance("evaluate", "--bench", bench, "--json", "-q", "--channel", "rgb", "--crop", 5, "--scale", 2)
    found = json.loads(out)
    assert found["scale"] == 2 and found["model"] is None
    words = "RGB, 5 px border cropped, range 255"
    assert found["protocol"] == {"channel": "RGB", "crop_px": 5, "data_range": 255.0, "words": words}
    (mean,) = results.means(
        benchmark.evaluate(
            benchmark.open_bench(bench, scale=2), {"m": benchmark.matlab_bicubic(2)}, Protocol(channel="RGB", crop_px=5)
        )
    )
    assert found["means"][0]["psnr_db"] == mean.psnr_db and found["means"][0]["ssim"] == mean.ssim
    out = enhance("evaluate", "--bench", bench, "--json", "-q", "--scale", 3)
    assert json.loads(out)["protocol"]["crop_px"] == 3  # the border is the scale unless it is given


def test_command_says_what_the_lr_pictures_are(enhance, bench):
    for picture in benchmark.pictures(benchmark.open_bench(bench, scale=4)):
        save(bench / "LRbicx4" / f"{picture.name}.png", picture.lr)
    folder = bench / "LRbicx4"
    out = enhance("evaluate", "--bench", bench)
    assert out.splitlines()[-1] == f"bench: LR of {folder}, MATLAB's bicubic reduction bit for bit"
    lr = np.asarray(Image.open(folder / "grey.png")).copy()
    lr[3, 3] ^= 1
    save(folder / "grey.png", lr)
    out = enhance("evaluate", "--bench", bench)
    assert out.splitlines()[-1] == f"bench: LR of {folder}; 1 of 2 are not MATLAB's bicubic reduction of HR"


def test_csv_holds_one_protocol(enhance, refused, bench, tmp_path):
    path = tmp_path / "scores.csv"
    enhance("evaluate", "--bench", bench, "--csv", path)
    enhance("evaluate", "--bench", f"again={bench}", "--csv", path, "--delta-e")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["bench"] for row in rows] == ["bench", "bench", "again", "again"]
    assert {(row["channel"], row["crop_px"], row["data_range"]) for row in rows} == {("Y", "4", "255.0")}
    assert [bool(row["delta_e"]) for row in rows] == [False, False, True, True]
    before = path.read_bytes()
    line = refused("enhance", "evaluate", "--bench", bench, "--csv", path, "--crop", 2)
    assert "4 px border cropped" in line and "2 px border cropped" in line
    line = refused("enhance", "evaluate", "--bench", bench, "--csv", path, "--channel", "RGB")
    assert "do not mix" in line
    assert path.read_bytes() == before
    for text in ("a,b\n1,2\n", path.read_text() + "short,row\n"):
        path.write_text(text)
        assert "nothing is appended" in refused("enhance", "evaluate", "--bench", bench, "--csv", path)
        assert path.read_text() == text


@pytest.mark.slow
def test_command_refusals(refused, bench, tmp_path, monkeypatch):
    def refuse(*arguments):
        return refused("enhance", "evaluate", "--bench", bench, *arguments)

    assert "two are named bench" in refuse("--bench", bench)
    assert "no such folder" in refuse("--bench", f"Set5={tmp_path / 'nowhere'}")
    assert "names no folder" in refuse("--bench", "Set5=")
    assert "name the model once" in refuse("--model", "a.keras", "--task", "sr")
    assert "--channel" in refuse("--channel", "YUV")
    assert "is an input" in refuse("--csv", bench / "HR" / "grey.png")
    assert "too few" in refuse("--crop", 30)
    entry = zoo.Entry(folder=tmp_path / "run", card={"task": "sr", "scale": 2})
    monkeypatch.setattr(zoo, "find", lambda task, style: entry)
    assert "a model for scale 2, not 4" in refuse("--task", "sr")
    monkeypatch.setattr("enhance.cli.evaluate.open_enlarger", lambda path: SimpleNamespace(enlarge=nearest(2)))
    csv_path = tmp_path / "scores.csv"
    (tmp_path / "a.keras").touch()
    assert "it was made for another scale" in refuse("--model", "a.keras", "--csv", csv_path, "-q")
    assert not csv_path.exists()


def test_dry_run_measures_and_writes_nothing(enhance, bench, tmp_path):
    path = tmp_path / "scores.csv"
    found = json.loads(enhance("evaluate", "--bench", bench, "--csv", path, "--dry-run", "--json"))
    assert found["dry_run"] and found["pictures"] == 2 and found["protocol"]["channel"] == "Y"
    assert not path.exists()
