"""`scielab compare` as a user types it."""

import hashlib
import json
import os

import numpy as np
import pytest
from PIL import Image

from scielab import deltae, metric


@pytest.fixture
def pair(tmp_path):
    """Two pictures of 48 × 40 pixels in the folder where the command runs."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, size=(40, 48, 3), dtype=np.uint8)
    changed = np.clip(codes + rng.normal(0, 20, codes.shape), 0, 255).astype(np.uint8)
    Image.fromarray(codes).save(tmp_path / "a.png")
    Image.fromarray(changed).save(tmp_path / "b.png")
    return codes / 255, changed / 255


def test_numbers_without_a_map(command, pair, tmp_path):
    result = command("scielab", "compare", "a.png", "b.png")
    assert result.returncode == 0 and result.stderr == ""
    for words in ("S-CIELAB 1996", "CIE76", "33 samples per degree", "95.05 100 108.9", "symmetric reflection"):
        assert words in result.stdout
    pooled = metric.summary(metric.delta_e(*pair))
    rows = {line[:12].strip(): line[12:] for line in result.stdout.splitlines()[1:-1]}
    assert list(rows) == ["mean", "median", "p90", "p95", "p99", "max", "above 1", "above 2.3", "above 5", "above 10"]
    assert float(rows["p95"]) == pytest.approx(pooled["p95"], abs=5e-5)
    assert "CIE76" in rows["above 2.3"] and "%" in rows["above 10"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize("formula", deltae.FORMULAS)
def test_map_sidecar_and_json(command, pair, tmp_path, formula):
    arguments = ("a.png", "b.png", "-o", "out/map.png", "--formula", formula, "--samples-per-degree", 20.5, "--json")
    result = command("scielab", "compare", *arguments)
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert record == json.loads((tmp_path / "out" / "map.json").read_text())
    expected = metric.summary(metric.delta_e(*pair, samples_per_degree=20.5, formula=formula))
    assert record["delta_e"] == pytest.approx(expected)
    assert (record["metric"], record["formula"], record["samples_per_degree"]) == ("S-CIELAB 1996", formula, 20.5)
    assert record["white_xyz"] == [95.05, 100.0, 108.9] and record["border_rule"] == "symmetric reflection"
    assert record["reference_sha256"] == hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()
    assert (record["width"], record["height"]) == (48, 40) and record["version"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["map.json", "map.png"]
    assert Image.open(tmp_path / "out" / "map.png").width > 480


def test_display_and_distance_instead_of_samples_per_degree(command, pair):
    result = command("scielab", "compare", "a.png", "b.png", "--dpi", 96, "--distance", 0.5, "--json")
    assert json.loads(result.stdout)["samples_per_degree"] == pytest.approx(1 / 0.030319014)


def test_small_pictures_are_noted(command, tmp_path):
    Image.new("RGB", (8, 8), "gray").save(tmp_path / "a.png")
    result = command("scielab", "compare", "a.png", "a.png")
    assert result.returncode == 0 and "zeros" in result.stdout
    assert len(result.stderr.splitlines()) == 1 and "no larger than the filters" in result.stderr
    assert command("scielab", "compare", "a.png", "a.png", "-q").stderr == ""


def test_existing_output_is_refused_then_replaced(command, refused, pair, tmp_path):
    for name in ("map.png", "map.json"):
        (tmp_path / name).write_text("mine")
        assert name in refused("scielab", "compare", "a.png", "b.png", "-o", "map.png")
        assert (tmp_path / name).read_text() == "mine"
        (tmp_path / name).unlink()
    (tmp_path / "map.png").write_text("old")
    assert command("scielab", "compare", "a.png", "b.png", "-o", "map.png", "--force").returncode == 0
    assert Image.open(tmp_path / "map.png").format == "PNG"


def test_dry_run_writes_nothing(command, pair, tmp_path):
    result = command("scielab", "compare", "a.png", "b.png", "-o", "map.png", "--dry-run", "--json")
    assert json.loads(result.stdout)["outputs"] == ["map.png", "map.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("a.png", "c.png"), "no such file"),
        (("a.png", "."), "folder"),
        (("a.png", "empty.png"), "empty.png"),
        (("a.png", "cut.png"), "cut.png"),
        (("a.png", "text.png"), "not a picture"),
        (("a.png", "other.png"), "a.png is 48×40, other.png is 40×48"),
        (("a.png", "b.png", "--samples-per-degree", "0"), "above 0"),
        (("a.png", "b.png", "--samples-per-degree", "nan"), "nan"),
        (("a.png", "b.png", "--samples-per-degree", "1e9"), "1000"),
        (("a.png", "b.png", "--dpi", "96"), "go together"),
        (("a.png", "b.png", "--dpi", "96", "--distance", "-1"), "distance in metres is -1"),
        (("a.png", "b.png", "--dpi", "96", "--distance", "1", "--samples-per-degree", "9"), "either"),
        (("a.png", "b.png", "--formula", "31"), "31"),
        (("a.png",), "TEST"),
    ],
)
def test_trouble_is_one_line_and_leaves_nothing(refused, pair, tmp_path, arguments, words):
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:2000])
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("RGB", (40, 48)).save(tmp_path / "other.png")
    assert words in refused("scielab", "compare", *arguments, "-o", "map.png")
    assert not (tmp_path / "map.png").exists() and not (tmp_path / "map.json").exists()


@pytest.mark.parametrize("output", ["map.jpg", "map", "map.json"])
def test_suffix_is_checked_before_the_pictures(refused, output):
    assert ".png, .pdf" in refused("scielab", "compare", "missing.png", "missing.png", "-o", output)


def test_an_input_is_never_the_output(refused, pair, tmp_path):
    before = (tmp_path / "b.png").read_bytes()
    assert "an input as well" in refused("scielab", "compare", "a.png", "b.png", "-o", "./b.png", "--force")
    assert (tmp_path / "b.png").read_bytes() == before


def test_unwritable_output(refused, pair, tmp_path):
    (tmp_path / "file").touch()
    assert "file/map" in refused("scielab", "compare", "a.png", "b.png", "-o", "file/map.png")
    (tmp_path / "map.json").mkdir()
    refused("scielab", "compare", "a.png", "b.png", "-o", "map.png", "--force")
    assert not (tmp_path / "map.png").exists(), "both or none"
    if os.geteuid() != 0:  # root may write anywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        assert "closed" in refused("scielab", "compare", "a.png", "b.png", "-o", "closed/map.png")
