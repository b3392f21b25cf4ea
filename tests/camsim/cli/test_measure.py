"""`camsim measure` as its users type it."""

import csv
import io
import json
import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from camsim.charts import catalogue, colorchecker
from camsim.io import image
from camsim.light.colour import srgb_decode, srgb_encode

pytestmark = pytest.mark.installed


def square_mtf(frequency, angle_deg, side=1.0):
    """MTF of a square of `side` pixels along the normal of the edge."""
    angle = math.radians(angle_deg)
    return np.abs(np.sinc(frequency * side * math.cos(angle)) * np.sinc(frequency * side * math.sin(angle)))


@pytest.fixture
def edge_file(tmp_path):
    plane = catalogue.make("slanted-edge", 200, 240, angle_deg=-5, low=0.2, high=0.8)[..., 0]
    path = tmp_path / "edge.png"
    image.write(path, srgb_encode(np.repeat(plane[..., None], 3, axis=2) * [1.0, 0.9, 0.8]))
    return path


@pytest.fixture
def chart_file(tmp_path):
    path = tmp_path / "chart.png"
    image.write(path, srgb_encode(catalogue.make("colorchecker", 200, 300, gap=0)))
    return path


def is_drawn(path):
    picture = image.read(path)
    return min(picture.shape[:2]) > 400 and len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


@pytest.mark.slow
def test_mtf_command(command, edge_file, tmp_path):
    told = command("camsim", "measure", "mtf", edge_file, "--pitch-um", "2.2")
    assert told.returncode == 0 and "MTF50" in told.stdout and "cycles/mm" in told.stdout, told.stderr
    result = command(
        "camsim", "measure", "mtf", edge_file, "--json", "--channel", "r", "--pitch-um", "2", "-o", "c.png"
    )
    record = json.loads(result.stdout)
    assert record["channel"] == "R" and record["angle_deg"] == pytest.approx(5, abs=0.05)
    frequency, curve = np.array(record["frequency_cycles_per_pixel"]), np.array(record["mtf"])
    assert np.abs(curve - square_mtf(frequency, 5.0))[frequency <= 0.5].max() < 0.02  # 8 bits
    assert record["mtf50_cycles_per_mm"] == pytest.approx(record["mtf50_cycles_per_pixel"] * 500)
    assert is_drawn(tmp_path / "c.png")


@pytest.mark.slow
def test_mtf_command_takes_a_region_and_linear_values(command, edge_file, tmp_path):
    plane = image.read(edge_file)
    image.write(tmp_path / "linear.png", srgb_decode(plane))
    region = "10,20,190,220"
    result = command("camsim", "measure", "mtf", "linear.png", "--linear", "--roi", region, "--order", "2", "--json")
    record = json.loads(result.stdout)
    assert record["roi"] == [10, 20, 190, 220] and record["mtf50_cycles_per_mm"] is None
    assert record["mtf_nyquist"] == pytest.approx(float(square_mtf(0.5, 5.0)), abs=0.02)
    wrong = json.loads(command("camsim", "measure", "mtf", edge_file, "--linear", "--roi", region, "--json").stdout)
    assert wrong["contrast"] < record["contrast"] - 0.1  # sRGB values taken for light


@pytest.mark.slow
def test_color_command(command, chart_file, tmp_path):
    result = command("camsim", "measure", "color", chart_file, "-o", "patches.png")
    assert result.returncode == 0 and "cyan" in result.stdout and "mean" in result.stdout, result.stderr
    assert is_drawn(tmp_path / "patches.png")
    record = json.loads(command("camsim", "measure", "color", chart_file, "--json", "--match-white").stdout)
    assert record["gain"] == pytest.approx(1, abs=0.01) and len(record["patches"]) == 24
    within = [p["delta_e_2000"] for p in record["patches"] if p["patch"] != "cyan"]
    assert max(within) < 1 < record["max_delta_e_2000"] < 4  # 8 bits; cyan lies outside sRGB
    rows = list(csv.DictReader(io.StringIO(command("camsim", "measure", "color", chart_file, "--csv").stdout)))
    assert [row["patch"] for row in rows] == list(colorchecker.patch_names())
    assert float(rows[0]["delta_e_2000"]) < 1


@pytest.mark.slow
def test_color_command_notes_a_turned_chart(command, tmp_path):
    image.write(tmp_path / "turned.png", srgb_encode(catalogue.make("colorchecker", 200, 300, gap=0)[::-1, ::-1]))
    assert "180°" in command("camsim", "measure", "color", "turned.png").stderr


@pytest.mark.slow
def test_ptc_command(command, tmp_path):
    result = command("camsim", "measure", "ptc", "--set", "sensor.read_noise_e=5", "-o", "curve.png")
    assert result.returncode == 0 and "e⁻/DN" in result.stdout, result.stderr
    assert is_drawn(tmp_path / "curve.png")
    record = json.loads(command("camsim", "measure", "ptc", "--set", "sensor.prnu=0.02", "--json").stdout)
    assert record["gain_e_per_dn"] == pytest.approx(10000 / 4095, rel=0.01)
    assert record["prnu"] == pytest.approx(0.02, rel=0.03) and len(record["points"]) > 40
    assert {"exposure_s", "mean_dn", "variance_dn2", "fitted"} == set(record["points"][0])


@pytest.mark.slow
def test_ptc_command_with_no_read_noise_and_no_adc(command, tmp_path):
    sets = ("--set", "sensor.read_noise_e=0", "--set", "sensor.bit_depth=0", "--set", "sensor.dark_current_e_per_s=0")
    result = command("camsim", "measure", "ptc", *sets, "--seed", "3", "-o", "curve.svg")
    assert result.returncode == 0 and "gain           1.00" in result.stdout, result.stderr
    assert "read noise     0." in result.stdout and "not measurable" in result.stdout
    assert ET.parse(tmp_path / "curve.svg").findall(".//{*}path")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mtf", "missing.png"), "no such file"),
        (("mtf", "chart.png"), "--roi"),
        (("mtf", "edge.png", "--roi", "1,2,3"), "TOP,LEFT,BOTTOM,RIGHT"),
        (("mtf", "edge.png", "--roi", "0,0,999,100"), "within 200 rows"),
        (("mtf", "edge.png", "--pitch-um", "0"), "pitch-um"),
        (("mtf", "edge.png", "-o", "edge.png"), "is an input"),
        (("mtf", "edge.png", "-o", "chart.png"), "exists; --force"),
        (("mtf", "edge.png", "-o", "curve.txt"), "a figure is written as"),
        (("color", "chart.png", "--box", "0,0,9,9"), "too small"),
        (("color", "chart.png", "--csv", "--json"), "give one"),
        (("ptc", "--setting", "ideal"), "no sensor"),
        (("ptc", "--setting", "f2"), "unknown setting"),
        (("ptc", "--set", "sensor.noise=false"), "noise = false"),
        (("ptc", "--size", "8"), "size"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(refused, edge_file, chart_file, arguments, words):
    before = edge_file.read_bytes(), chart_file.read_bytes()
    assert words in refused("camsim", "measure", *arguments)
    assert (edge_file.read_bytes(), chart_file.read_bytes()) == before
