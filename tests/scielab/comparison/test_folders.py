"""`scielab compare` on two folders, as a user types it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scielab.cli.compare import compare
from scielab.comparison import folders

SIZES = {"one.png": (40, 30), "sub/two.png": (36, 44), "sub/three.png": (25, 60)}


@pytest.fixture
def sets(tmp_path):
    """Folders `ref` and `test` of three pictures each, of three sizes, two in a folder below; one pair by stem."""
    rng = np.random.default_rng(7)
    for name, (columns, rows) in SIZES.items():
        codes = rng.integers(0, 256, size=(rows, columns, 3), dtype=np.uint8)
        noisy = np.clip(codes + rng.normal(0, 5 * len(name), codes.shape), 0, 255).astype(np.uint8)
        for folder, values in (("ref", codes), ("test", noisy)):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(path)
    (tmp_path / "test" / "one.png").rename(tmp_path / "test" / "one.bmp")
    Image.open(tmp_path / "test" / "one.bmp").save(tmp_path / "test" / "one.tif")
    (tmp_path / "test" / "one.bmp").unlink()
    (tmp_path / "ref" / "notes.txt").write_text("not a picture")
    (tmp_path / "ref" / ".hidden.png").write_text("not a picture, either")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [(), ("--fov", 2, "--formula", 2000), ("--preset", "isetcam-distribution", "--plain")]
)
def test_every_pair_has_the_numbers_of_its_single_call(command, sets, options):
    result = command("scielab", "compare", "ref", "test", *options, "--json", "--csv", "rows.csv")
    assert result.returncode == 0, result.stderr
    whole = json.loads(result.stdout)
    assert [record["name"] for record in whole["pairs"]] == sorted(SIZES)
    assert whole["pictures"] == 3 and whole["left_out"] == {"reference": [], "test": []}
    rows = list(csv.DictReader((sets / "rows.csv").open(encoding="utf-8")))
    for record, row in zip(whole["pairs"], rows, strict=True):
        alone = command("scielab", "compare", record["reference"], record["test"], *options, "--json")
        alone = json.loads(alone.stdout)
        assert record == {"name": record["name"]} | alone
        assert {name: float(row[name]) for name in alone["delta_e"]} == alone["delta_e"]
        assert (row["reference"], row["test"]) == (record["reference"], record["test"])
        for name in ("preset", "formula", "samples_per_degree", "white_xyz", "border_rule", "geometry"):
            assert name in record and name in whole
    assert whole["pairs"][0]["test"] == str(Path("test", "one.tif"))
    for name in ("mean", "p95", "max", "percent_above_5"):
        values = [record["delta_e"][name] for record in whole["pairs"]]
        assert whole["mean"]["delta_e"][name] == pytest.approx(np.mean(values))
    worst = max(whole["pairs"], key=lambda record: record["delta_e"]["mean"])
    assert whole["worst"] == {"name": worst["name"], "mean": worst["delta_e"]["mean"]}
    assert (whole["samples_per_degree"] is None) == ("--fov" in options)


@pytest.mark.slow
def test_table_progress_and_quiet(command, sets):
    result = command("scielab", "compare", "ref", "test")
    assert result.returncode == 0 and "3/3" in result.stderr
    lines = result.stdout.splitlines()
    assert "33 samples per degree" in lines[0] and lines[1].split() == ["mean", "p95", "max"]
    assert [line.split()[0] for line in lines[2:5]] == sorted(SIZES)
    assert lines[5].strip().startswith("mean of 3 pictures") and lines[6].startswith("worst: ")
    cells = np.array([[float(word) for word in line.split()[-3:]] for line in lines[2:6]])
    np.testing.assert_allclose(cells[3], cells[:3].mean(axis=0), atol=1e-4)
    assert lines[2 + int(np.argmax(cells[:3, 0]))].split()[0] in lines[6]
    quiet = command("scielab", "compare", "ref", "test", "-q")
    assert quiet.stderr == "" and quiet.stdout == result.stdout


@pytest.mark.slow
def test_a_folder_of_maps(command, refused, sets):
    result = command("scielab", "compare", "ref", "test", "-o", "out/maps", "--range", 30, "--json")
    assert result.returncode == 0, result.stderr
    found = sorted(p.relative_to(sets / "out" / "maps").as_posix() for p in (sets / "out" / "maps").rglob("*.*"))
    assert found == ["compare.json", "one.png", "sub/three.png", "sub/two.png"]
    whole = json.loads(result.stdout)
    assert json.loads((sets / "out" / "maps" / "compare.json").read_text()) == whole
    record = whole["pairs"][0]
    command("scielab", "compare", record["reference"], record["test"], "-o", "single.png", "--range", 30)
    assert (sets / "single.png").read_bytes() == (sets / "out" / "maps" / record["output"]).read_bytes()
    assert "exists" in refused("scielab", "compare", "ref", "test", "-o", "out/maps")
    (sets / "out" / "maps" / "old.png").touch()
    whole = json.loads(command("scielab", "compare", "ref", "test", "-o", "out/maps", "--force", "--json").stdout)
    (top,) = {record["output_top_delta_e"] for record in whole["pairs"]}  # one scale for all
    assert max(record["delta_e"]["p99"] for record in whole["pairs"]) <= top
    assert not list((sets / "out" / "maps").rglob("*.npy"))
    assert not (sets / "out" / "maps" / "old.png").exists(), "what an earlier comparison left is gone"
    assert sorted(p.name for p in (sets / "out").iterdir()) == ["maps"]


def test_a_folder_with_something_else_is_not_replaced(refused, sets):
    (sets / "mine").mkdir()
    (sets / "mine" / "letter.txt").write_text("dear")
    assert "not replaced" in refused("scielab", "compare", "ref", "test", "-o", "mine", "--force")
    assert (sets / "mine" / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("output", ["ref", "test/maps", ".", "ref/sub"])
def test_maps_never_go_among_the_inputs(refused, sets, output):
    before = sorted(sets.rglob("*"))
    assert "within each other" in refused("scielab", "compare", "ref", "test", "-o", output, "--force")
    assert sorted(sets.rglob("*")) == before


@pytest.mark.slow
def test_missing_partners_are_named_or_left_out(command, refused, sets):
    for number in range(5):
        Image.new("RGB", (9, 9)).save(sets / "ref" / f"extra{number}.png")
    Image.new("RGB", (9, 9)).save(sets / "test" / "sub" / "new.png")
    line = refused("scielab", "compare", "ref", "test", "--csv", "rows.csv", "-o", "maps")
    assert "extra0.png, extra1.png, extra2.png and 2 more" in line and "sub/new.png" in line
    assert not (sets / "rows.csv").exists() and not (sets / "maps").exists()
    result = command("scielab", "compare", "ref", "test", "--skip-missing", "--json")
    whole = json.loads(result.stdout)
    assert result.returncode == 0 and "extra0.png" in result.stderr
    assert [record["name"] for record in whole["pairs"]] == sorted(SIZES)
    assert whole["left_out"] == {"reference": [f"extra{n}.png" for n in range(5)], "test": ["sub/new.png"]}


def test_nothing_is_written_where_one_pair_differs_in_size(refused, sets):
    Image.new("RGB", (44, 36)).save(sets / "test" / "sub" / "two.png")
    line = refused("scielab", "compare", "ref", "test", "--csv", "rows.csv", "-o", "maps")
    assert str(Path("ref", "sub", "two.png")) in line and "36×44" in line and "44×36" in line
    assert sorted(p.name for p in sets.iterdir()) == ["ref", "test"]


def test_nothing_is_written_where_one_picture_is_damaged(refused, sets):
    whole = (sets / "test" / "sub" / "two.png").read_bytes()
    (sets / "test" / "sub" / "two.png").write_bytes(whole[: len(whole) // 2])
    assert "two.png" in refused("scielab", "compare", "ref", "test", "--csv", "rows.csv", "-o", "maps")
    assert sorted(p.name for p in sets.iterdir()) == ["ref", "test"]


@pytest.mark.slow
def test_limits_hold_for_every_pair(command, sets):
    whole = json.loads(command("scielab", "compare", "ref", "test", "--json").stdout)
    means = {record["name"]: record["delta_e"]["mean"] for record in whole["pairs"]}
    limit = sorted(means.values())[1]
    result = command("scielab", "compare", "ref", "test", "--fail-above", f"mean={limit!r}", "--csv", "rows.csv")
    assert result.returncode == 1 and len((sets / "rows.csv").read_text().splitlines()) == 4
    said = [line for line in result.stderr.splitlines() if "limit" in line]
    assert len(said) == 1 and max(means, key=means.get) in said[0] and "mean is" in said[0]
    assert result.stdout.splitlines()[0].startswith("S-CIELAB 1996")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ref", "nowhere"), "nothing that exists"),
        (("ref/one.png", "test"), "a file"),
        (("ref", "test", "--html", "page.html"), "one pair"),
        (("ref", "test", "--map", "map.npy"), "one pair"),
        (("ref", "test", "-o", "ref/one.png"), "within each other"),
        (("ref", "test", "-o", "file"), "is a file"),
        (("ref", "empty"), "no pictures"),
        (("ref", "strangers", "--skip-missing"), "no two pictures"),
        (("ref", "twins"), "cannot be told"),
    ],
)
def test_trouble_is_one_line(refused, sets, arguments, words):
    (sets / "empty").mkdir()
    (sets / "file").touch()
    (sets / "strangers").mkdir()
    Image.new("RGB", (9, 9)).save(sets / "strangers" / "who.png")
    (sets / "twins").mkdir()
    for suffix in ("tif", "bmp"):
        Image.new("RGB", (40, 30)).save(sets / "twins" / f"one.{suffix}")
    before = sorted(sets.rglob("*"))
    assert words in refused("scielab", "compare", *arguments)
    assert sorted(sets.rglob("*")) == before


def test_dry_run_names_the_pairs(command, sets):
    result = command("scielab", "compare", "ref", "test", "-o", "maps", "--dry-run", "--json")
    assert json.loads(result.stdout)["pairs"] == sorted(SIZES) and not (sets / "maps").exists()


def test_arrays_pair_with_arrays_and_pictures(command, sets):
    with Image.open(sets / "ref" / "one.png") as picture:
        np.save(sets / "ref" / "one.npy", np.asarray(picture) / 255)
    (sets / "ref" / "one.png").unlink()
    whole = json.loads(command("scielab", "compare", "ref", "test", "--json").stdout)
    assert whole["pairs"][0]["name"] == "one.npy"
    assert whole["pairs"][0]["test"] == str(Path("test", "one.tif"))


def test_names_of_maps_do_not_clash():
    def pairs(*names):
        return tuple(folders.FilePair(name, None, None) for name in names)

    assert folders.map_names(pairs("a.jpg", "b/c.tif"), ".png") == ["a.png", "b/c.png"]
    clashing = folders.map_names(pairs("a.jpg", "a.png", "a.jpg.png"), ".png")
    assert clashing == ["a.jpg.png", "a.png.png", "a.jpg.png.png"]


@pytest.mark.parametrize("place", ["out/rows.csv", "out/new/rows.csv", "out", "link/rows.csv"])
def test_a_csv_in_the_folder_that_is_replaced_is_refused(refused, sets, place):
    """Its rows, old and new, would be gone."""
    (sets / "link").symlink_to(sets / "out")
    words = refused("scielab", "compare", "ref", "test", "-o", "out", "--csv", place)
    assert f"{place} lies in out, which is replaced as a whole" in words
    assert not (sets / "out").exists()


def test_rows_are_appended_when_the_maps_are_in_place(sets, monkeypatch):
    """Where the maps cannot be moved there, no row tells of them."""
    appended = []

    def append_csv(path, records, *, plain):
        appended.append((sets / "out" / folders.RECORD).is_file())

    monkeypatch.chdir(sets)
    monkeypatch.setattr("scielab.comparison.record.append_csv", append_csv)
    compare.main(["ref", "test", "-o", "out", "--csv", "rows.csv", "-q"], standalone_mode=False)
    assert appended == [True]
