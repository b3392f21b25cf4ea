"""`camsim chart` as its users type it."""

import json

import numpy as np
import pytest

from camsim.charts import catalogue
from camsim.io import image
from camsim.light import colour, spectra

NAMES = [chart.name for chart in catalogue.CHARTS]


@pytest.mark.slow
def test_command_lists_charts_and_options(command):
    listed = command("camsim", "chart")
    assert listed.returncode == 0 and listed.stdout == command("camsim", "chart", "--list").stdout
    assert all(name in listed.stdout for name in NAMES) and "macbeth" in listed.stdout
    options = command("camsim", "chart", "slanted-edge", "--options")
    assert options.returncode == 0 and all(o in options.stdout for o in catalogue.get("slanted-edge").options)
    assert set(json.loads(command("camsim", "chart", "--json").stdout)) == set(NAMES)


@pytest.mark.slow
def test_command_draws_what_reads_back_and_leaves_a_record(command, refused, tmp_path):
    done = command("camsim", "chart", "slanted-edge", "--size", "64x48", "--set", "angle-deg=10", "--set", "high=0.5")
    assert done.returncode == 0 and "64×48" in done.stdout, done.stderr
    wanted = catalogue.make("slanted-edge", 48, 64, angle_deg=10, high=0.5)
    read = image.read(tmp_path / "slanted-edge.png")
    assert np.abs(read - colour.srgb_encode(wanted)).max() <= 0.5 / 255 + 1e-12
    record = json.loads((tmp_path / "slanted-edge.json").read_text())
    assert record["options"] == {"angle_deg": 10, "high": 0.5, "low": None, "contrast": None}
    assert (record["chart"], record["width"], record["height"]) == ("slanted-edge", 64, 48)
    assert "slanted-edge.png exists" in refused("camsim", "chart", "slanted-edge")
    assert command("camsim", "chart", "slanted-edge", "--size", "32", "--force").returncode == 0
    assert image.read(tmp_path / "slanted-edge.png").shape == (32, 32, 3)


def test_command_keeps_16_bits(command, tmp_path):
    done = command("camsim", "chart", "dead-leaves", "--size", "50x40", "--bits", "16")
    assert done.returncode == 0, done.stderr
    wanted = colour.srgb_encode(catalogue.make("dead-leaves", 40, 50))
    assert np.abs(image.read(tmp_path / "dead-leaves.png") - wanted).max() <= 0.5 / 65535 + 1e-9


@pytest.mark.slow
def test_command_writes_spectra_and_where_the_patches_are(command, tmp_path):
    done = command("camsim", "chart", "macbeth", "-o", "out/", "--spectral", "cube.npz", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record == json.loads((tmp_path / "out" / "colorchecker.json").read_text())
    assert record["patches"]["bluish_green"] == [12, 492, 96, 576]
    stored = np.load(tmp_path / "cube.npz")
    assert stored["reflectance"].shape == (396, 588, 31)
    assert np.array_equal(stored["wavelength_nm"], np.arange(400, 701, 10))
    assert stored["reflectance"][50, 530] == pytest.approx(spectra.table("colorchecker")[:, 5], abs=1e-6)
    assert command("camsim", "chart", "zone-plate", "--size", "40", "-o", "only.npz").returncode == 0
    assert np.load(tmp_path / "only.npz")["reflectance"].shape == (40, 40, 31)
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["cube.npz", "only.json", "only.npz"]


def test_command_dry_run_writes_nothing(command, tmp_path):
    done = command("camsim", "chart", "ramp", "-o", "a/b.png", "--dry-run")
    assert done.returncode == 0 and "would write a/b.png" in done.stdout and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("slantededge",), "did you mean 'slanted-edge'"),
        (("slanted-edge", "--set", "angel_deg=5"), "did you mean 'angle_deg'"),
        (("slanted-edge", "--set", "angle_deg"), "KEY=VALUE"),
        (("slanted-edge", "--set", "angle_deg=400"), "angle_deg = 400 must be in [-360, 360]"),
        (("slanted-edge", "--size", "12by9"), "--size"),
        (("slanted-edge", "--size", "5"), "height = 5"),
        (("slanted-edge", "-o", "edge.xyz"), ".xyz"),
        (("slanted-edge", "-o", "edge.jpg", "--bits", "16"), "16 bits"),
        (("slanted-edge", "--spectral", "edge.png"), ".npz"),
        (("uniform", "--set", "red=0.2", "-o", "new/u.npz"), "spectra only in grey"),
        (("--options",), "name a chart"),
        (("slanted-edge", "-o", "file.png/edge.png"), "file.png"),
    ],
)
def test_command_refuses_in_one_line_and_leaves_nothing(refused, tmp_path, arguments, words):
    (tmp_path / "file.png").write_text("x")
    assert words in refused("camsim", "chart", *arguments)
    assert [p.name for p in tmp_path.iterdir()] == ["file.png"]
