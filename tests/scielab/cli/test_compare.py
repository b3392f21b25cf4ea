"""`scielab compare` as a user types it."""

import base64
import csv
import hashlib
import html
import io
import json
import os
import re
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from camsim.io import image, memory
from camsim.light import colour
from scielab.comparison import map_figure, map_scale
from scielab.comparison.record import title
from scielab.eye import display
from scielab.metrics import colour_difference, lpips, s_cielab
from scielab.viewing import Viewing, samples_per_degree_of_fov


@pytest.fixture
def pair(tmp_path):
    """Two pictures of 48 × 40 pixels in the folder where the command runs."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, size=(40, 48, 3), dtype=np.uint8)
    changed = np.clip(codes + rng.normal(0, 20, codes.shape), 0, 255).astype(np.uint8)
    Image.fromarray(codes).save(tmp_path / "a.png")
    Image.fromarray(changed).save(tmp_path / "b.png")
    return codes / 255, changed / 255


@pytest.mark.slow
def test_numbers_without_a_map(command, pair, tmp_path):
    result = command("scielab", "compare", "a.png", "b.png")
    assert result.returncode == 0 and result.stderr == ""
    for words in ("S-CIELAB 1996", "CIE76", "33 samples per degree", "95.05 100 108.9", "symmetric reflection"):
        assert words in result.stdout
    pooled = s_cielab.summary(s_cielab.delta_e(*pair))
    rows = {line[:12].strip(): line[12:] for line in result.stdout.splitlines()[1:-1]}
    assert list(rows) == ["mean", "median", "p90", "p95", "p99", "max", "above 1", "above 2.3", "above 5", "above 10"]
    assert float(rows["p95"]) == pytest.approx(pooled["p95"], abs=5e-5)
    assert "CIE76" in rows["above 2.3"] and "%" in rows["above 10"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.slow
@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
def test_map_sidecar_and_json(command, pair, tmp_path, formula):
    arguments = ("a.png", "b.png", "-o", "out/map.png", "--formula", formula, "--samples-per-degree", 20.5, "--json")
    result = command("scielab", "compare", *arguments)
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    assert record == json.loads((tmp_path / "out" / "map.json").read_text())
    expected = s_cielab.summary(s_cielab.delta_e(*pair, Viewing(samples_per_degree=20.5, formula=formula)))
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


@pytest.mark.slow
def test_small_pictures_are_noted(command, tmp_path):
    Image.new("RGB", (8, 8), "gray").save(tmp_path / "a.png")
    result = command("scielab", "compare", "a.png", "a.png")
    assert result.returncode == 0 and "zeros" in result.stdout
    assert len(result.stderr.splitlines()) == 1 and "no larger than the filters" in result.stderr
    assert command("scielab", "compare", "a.png", "a.png", "-q").stderr == ""


@pytest.mark.slow
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
    ("arguments", "words"),
    [
        (("a.png", "c.png"), "no such file"),
        (("a.png", "."), "compare two pictures or two folders"),
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
        (("a.png", "b.png", "--fov", "10", "--samples-per-degree", "9"), "either"),
        (("a.png", "b.png", "--fov", "0"), "0"),
        (("a.png", "b.png", "--fov", "181"), "181"),
        (("a.png", "b.png", "--range", "0"), "top of the scale is 0"),
        (("a.png", "b.png", "--range", "1e308"), "top of the scale is 1e+308 ΔE; it must be from 1e-06 to 1e+09"),
        (("a.png", "b.png", "--white", "1e-300,1,1"), "it must be above 0 and finite, from 1e-30 to 1e+30"),
        (("a.png", "b.png", "--dpi", "1e308", "--distance", "1e308"), "samples per degree is inf; it must be above 0"),
        (("a.png", "b.png", "--fail-above", "p96=3"), "p95"),
        (("a.png", "b.png", "--fail-above", "p95"), "number"),
        (("a.png", "b.png", "--fail-above", "p95=nan"), "number"),
        (("a.png", "b.png", "--fail-above", "p95=-1"), "number"),
        (("a.png", "b.png", "--white", "1,2"), "3 numbers"),
        (("a.png", "b.png", "--matrix", "1,0,0,0,1,0,0,0,x"), "9 numbers"),
        (("a.png", "b.png", "--matrix", "1,0,0,0,1,0,0,0,1", "--input", "xyz"), "--input xyz"),
        (("a.png", "b.png", "--input", "xyz"), "white"),
        (("a.png", "b.png", "--display", "missing.csv"), "missing.csv"),
        (("a.png", "b.png", "--display", "missing.csv", "--input", "srgb"), "--display"),
        (("a.png", "b.png", "--skip-missing"), "two folders"),
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


def _huge_png() -> bytes:
    """The beginning of a PNG of 20000 × 20000 pixels, over the limit, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("huge.png", "limit of 178956970 pixels"),
        ("zero.npy", "zero.npy"),
        ("cut.npy", "cut.npy"),
        ("text.npy", "text.npy"),
        ("pickle.npy", "pickle.npy"),
        ("grey.npy", "(40, 48)"),
        ("none.npy", "(0, 48, 3)"),
        ("nan.npy", "nan.npy: holds NaN"),
        ("inf.npy", "inf.npy: holds NaN or infinity"),
        ("int.npy", "int64"),
        ("over.npy", "over.npy"),
        ("huge.npy", "limit of 178956970 pixels"),
        ("overflow.npy", "overflow.npy against overflow.npy"),
    ],
)
def test_damaged_and_impossible_pictures(refused, pair, tmp_path, name, words):
    ok = pair[1]
    (tmp_path / "huge.png").write_bytes(_huge_png())
    (tmp_path / "zero.npy").touch()
    np.save(tmp_path / "ok.npy", ok)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "ok.npy").read_bytes()[:5000])
    (tmp_path / "text.npy").write_text("not an array")
    np.save(tmp_path / "pickle.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "grey.npy", ok[..., 0])
    np.save(tmp_path / "none.npy", ok[:0])
    np.save(tmp_path / "nan.npy", np.where(np.arange(ok.size).reshape(ok.shape) == 7, np.nan, ok))
    np.save(tmp_path / "inf.npy", np.where(ok == ok.max(), np.inf, ok))
    np.save(tmp_path / "int.npy", np.zeros(ok.shape, int))
    np.save(tmp_path / "over.npy", ok * 255)
    np.save(tmp_path / "overflow.npy", ok * 1e300)
    with (tmp_path / "huge.npy").open("wb") as file:  # a header, and a hole where the values would be
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (20000, 20000, 3)})
        file.truncate(file.tell() + 3 * 20000**2)
    outputs = ("-o", "map.png", "--html", "page.html", "--map", "map.npy", "--csv", "rows.csv")
    if name == "overflow.npy":
        outputs += ("--input", "xyz", "--white", "1,1,1e-30")
    ref = "a.png" if name != "overflow.npy" else name
    assert words in refused("scielab", "compare", ref, name, *outputs)
    assert not {"map.png", "map.json", "page.html", "map.npy", "rows.csv"} & {p.name for p in tmp_path.iterdir()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["grey", "palette", "alpha", "cmyk", "sixteen", "float", "one"])
def test_pictures_of_every_kind_are_compared(command, pair, tmp_path, kind):
    a = Image.open(tmp_path / "a.png")
    if kind == "sixteen":
        image.write(tmp_path / "c.png", pair[0], bits=16)
    elif kind == "float":
        tifffile.imwrite(tmp_path / "c.tif", pair[0].astype(np.float32), photometric="rgb")
    elif kind == "one":
        Image.new("RGB", (1, 1), (200, 20, 90)).save(tmp_path / "c.png")
    else:
        mode = {"grey": "L", "palette": "P", "alpha": "RGBA", "cmyk": "CMYK"}[kind]
        a.convert(mode).save(tmp_path / ("c.tif" if kind == "cmyk" else "c.png"))
    name = next(tmp_path.glob("c.*")).name
    result = command("scielab", "compare", name if kind == "one" else "a.png", name, "--json", "--html", "page.html")
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    seen = image.read(tmp_path / name)
    expected = s_cielab.summary(s_cielab.delta_e(seen if kind == "one" else pair[0], seen))
    assert record["delta_e"] == pytest.approx(expected, abs=1e-9)
    if kind in ("alpha", "sixteen", "one"):  # the same picture in another coat
        assert record["delta_e"]["max"] < 1e-9
    if kind == "float":
        assert record["delta_e"]["max"] < 1e-3
    if kind in ("grey", "palette"):
        assert record["delta_e"]["mean"] > 1


@pytest.mark.parametrize("output", ["map.jpg", "map", "map.json"])
def test_suffix_is_checked_before_the_pictures(refused, output):
    assert ".png, .pdf" in refused("scielab", "compare", "missing.png", "missing.png", "-o", output)


def test_an_input_is_never_the_output(refused, pair, tmp_path):
    before = (tmp_path / "b.png").read_bytes()
    assert "an input as well" in refused("scielab", "compare", "a.png", "b.png", "-o", "./b.png", "--force")
    assert (tmp_path / "b.png").read_bytes() == before


@pytest.mark.slow
def test_unwritable_output(refused, pair, tmp_path):
    for option, name in (("--csv", "rows.csv"), ("--html", "page.html"), ("--map", "map.npy")):
        (tmp_path / name).mkdir()
        assert name in refused("scielab", "compare", "a.png", "b.png", option, name, "-o", "other.png", "--force")
        assert not (tmp_path / "other.png").exists()
    if Path("/dev/full").exists():
        assert "regular" in refused("scielab", "compare", "a.png", "b.png", "--csv", "/dev/full")
    (tmp_path / "file").touch()
    assert "file/map" in refused("scielab", "compare", "a.png", "b.png", "-o", "file/map.png")
    (tmp_path / "map.json").mkdir()
    refused("scielab", "compare", "a.png", "b.png", "-o", "map.png", "--force")
    assert not (tmp_path / "map.png").exists(), "both or none"
    if os.geteuid() != 0:  # root may write anywhere
        (tmp_path / "closed").mkdir(mode=0o500)
        assert "closed" in refused("scielab", "compare", "a.png", "b.png", "-o", "closed/map.png")


@pytest.mark.slow
def test_geometry_by_field_of_view(command, pair):
    result = command("scielab", "compare", "a.png", "b.png", "--fov", 2, "--json")
    record = json.loads(result.stdout)
    assert record["samples_per_degree"] == samples_per_degree_of_fov(2, 48)
    assert record["geometry"] == "2° across the width"
    expected = s_cielab.summary(s_cielab.delta_e(*pair, Viewing(samples_per_degree=record["samples_per_degree"])))
    assert record["delta_e"] == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["1996", "1996-normalised", "isetcam-distribution", "isetcam-original"])
def test_every_record_says_how_it_was_measured(command, pair, tmp_path, preset):
    outputs = ("-o", "map.png", "--html", "page.html", "--map", "map.npy", "--csv", "rows.csv", "--json")
    result = command("scielab", "compare", "a.png", "b.png", "--preset", preset, "--formula", 2000, *outputs)
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    differences = s_cielab.delta_e(*pair, Viewing(preset=preset, formula=2000))
    assert record["delta_e"] == pytest.approx(s_cielab.summary(differences))
    np.testing.assert_allclose(np.load(tmp_path / "map.npy"), differences, rtol=1e-12, atol=1e-12)
    sidecar = json.loads((tmp_path / "map.json").read_text())
    shown = facts(tmp_path / "page.html")
    row = next(csv.DictReader((tmp_path / "rows.csv").open()))
    for found in (record, sidecar):
        assert found["preset"] == preset and found["samples_per_degree"] == 33 and found["formula"] == 2000
        assert found["white_xyz"] == [95.05, 100, 108.9]
    assert preset in shown["Metric"] and "33 samples" in shown["Viewing"] and shown["Colour difference"] == "CIEDE2000"
    assert shown["White"] == "XYZ 95.05 100 108.9"
    assert row["preset"] == preset and row["samples_per_degree"] == "33.0" and row["formula"] == "2000"
    assert [row[f"white_{axis}"] for axis in "xyz"] == ["95.05", "100.0", "108.9"]
    assert record["border_rule"] == sidecar["border_rule"] == shown["Border"] == row["border_rule"] != ""


@pytest.mark.slow
def test_linear_xyz_and_matrix_are_other_words_for_the_same_light(command, pair, tmp_path):
    linear = [colour.srgb_decode(picture) for picture in pair]
    for name, values in zip("ab", linear, strict=True):
        np.save(tmp_path / f"{name}-linear.npy", values)
        np.save(tmp_path / f"{name}-xyz.npy", colour.linear_to_xyz(values))
        np.save(tmp_path / f"{name}-srgb.npy", colour.srgb_encode(values))
    expected = s_cielab.summary(s_cielab.delta_e(*pair))
    matrix = ",".join(map(str, (100 * colour.SRGB_TO_XYZ).ravel()))
    for kind, options in (
        ("linear", ("--input", "linear")),
        ("linear", ("--matrix", matrix)),
        ("xyz", ("--input", "xyz", "--white", "95.05,100,108.9")),
        ("srgb", ()),
    ):
        arguments = (f"a-{kind}.npy", f"b-{kind}.npy", *options, "--json", "--plain", "--html", "page.html", "--force")
        result = command("scielab", "compare", *arguments)
        assert result.returncode == 0, result.stderr
        record = json.loads(result.stdout)
        assert record["delta_e"] == pytest.approx(expected, rel=1e-9), kind
        assert np.array(record["white_xyz"]) / record["white_xyz"][1] == pytest.approx([0.9505, 1, 1.089]), kind
        shown = pictures(tmp_path / "page.html")["test picture"]
        assert np.abs(shown - pair[1]).max() < 0.6 / 255, f"{kind} is shown as the picture it is"
    plain = colour_difference.delta_e_76(
        *(colour_difference.xyz_to_lab(colour.linear_to_xyz(v), colour.SRGB_WHITE_XYZ) for v in linear)
    )
    assert record["plain_delta_e"] == pytest.approx(s_cielab.summary(plain))


@pytest.mark.slow
@pytest.mark.reference
@pytest.mark.parametrize(
    ("case", "key", "options"),
    [
        ("jpeg_astronaut_q10_spd40", "dE76_1996", ()),
        ("blur_chelsea_s1p5_spd27p5", "dE94_1996", ("--formula", 94)),
        ("tiny_16x20_spd60", "dE76_1996", ()),
        ("sr4_chelsea_spd50", "dE76_iset_distribution", ("--preset", "isetcam-distribution")),
        ("jpeg_astronaut_q10_spd40", "dE2000_iset_original", ("--preset", "isetcam-original", "--formula", 2000)),
        ("checker1px_bw_spd60", "dE76_iset_hires", ("--preset", "isetcam-hires")),
    ],
)
def test_the_command_gives_the_original_codes_numbers(command, shared, tmp_path, case, key, options):
    golden = shared / "reference" / "scielab" / "golden"
    expected = json.loads((golden / "summary.json").read_text())[case]
    pictures = [golden / f"{case}_{side}.png" for side in ("ref", "out")]
    rate = ("--samples-per-degree", expected["samp_per_deg"])
    result = command("scielab", "compare", *pictures, *rate, *options, "--map", "map.npy", "--plain", "--json")
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    np.testing.assert_allclose(np.load(tmp_path / "map.npy"), np.load(golden / f"{case}.npz")[key], atol=1e-6)
    if key in expected:
        told = {name.replace("pct_gt", "percent_above"): value for name, value in expected[key].items()}
        assert record["delta_e"] == pytest.approx(told, abs=1e-6)
    if record["formula"] == 76:
        assert record["plain_delta_e"]["mean"] == pytest.approx(expected["plain_dE76_mean"], abs=1e-9)


@pytest.mark.slow
def test_a_display_says_what_the_values_mean(command, pair, tmp_path):
    wavelength_nm = np.arange(400.0, 701, 10)
    spectra = np.exp(-(((wavelength_nm[:, None] - [610, 540, 450]) / 30) ** 2))
    gamma = np.linspace(0, 1, 256)[:, None] ** [1.8, 2.2, 2.6]
    np.savez(tmp_path / "screen.npz", spectra=spectra, wavelength_nm=wavelength_nm, gamma=gamma)
    result = command(
        "scielab", "compare", "a.png", "b.png", "--display", "screen.npz", "--plain", "--html", "page.html", "--json"
    )
    assert result.returncode == 0, result.stderr
    record = json.loads(result.stdout)
    screen = display.read(tmp_path / "screen.npz")
    assert record["delta_e"] == pytest.approx(s_cielab.summary(s_cielab.delta_e(*pair, Viewing(input=screen))))
    assert record["white_xyz"] == pytest.approx(screen.to_xyz().sum(axis=1))
    codes = [np.rint(picture * 255).astype(int) for picture in pair]
    lab = [
        colour_difference.xyz_to_lab(
            np.stack([gamma[c[..., i], i] for i in range(3)], -1) @ screen.to_xyz().T, record["white_xyz"]
        )
        for c in codes
    ]
    assert record["plain_delta_e"] == pytest.approx(s_cielab.summary(colour_difference.delta_e_76(*lab)))
    assert record["input"] == "display" and record["display"] == "screen.npz"
    assert record["display_sha256"] == hashlib.sha256((tmp_path / "screen.npz").read_bytes()).hexdigest()
    assert "screen.npz" in facts(tmp_path / "page.html")["Input"]


def test_picture_files_may_hold_light_itself(command, pair, tmp_path):
    """Codes of a file read as linear light are its values over white, not sRGB."""
    result = command("scielab", "compare", "a.png", "b.png", "--input", "linear", "--json")
    assert json.loads(result.stdout)["delta_e"] == pytest.approx(
        s_cielab.summary(s_cielab.delta_e(*pair, Viewing(input="linear")))
    )


def test_plain_stands_beside_and_noise_is_larger_without_the_eye(command, pair):
    result = command("scielab", "compare", "a.png", "b.png", "--plain")
    head, *rows = result.stdout.splitlines()[1:-1]
    assert head.split() == ["S-CIELAB", "plain", "CIELAB"]
    eye, plain = map(float, rows[0].split()[1:3])
    assert rows[0].split()[0] == "mean" and eye < plain / 2
    assert rows[7].endswith("CIE76") and rows[7].count("%") == 2


@pytest.mark.slow
def test_lpips_stands_beside_by_the_name_of_its_network(command, refused, pair, drawn_weights, tmp_path):
    chosen = ("--weights", drawn_weights, "--lpips", "squeeze", "--lpips", "alex")
    ways = ("--csv", "rows.csv", "--html", "page.html", "--json")
    found = json.loads(command("scielab", "compare", "a.png", "b.png", *chosen, *ways).stdout)
    (row,) = csv.DictReader((tmp_path / "rows.csv").open(encoding="utf-8"))
    shown = facts(tmp_path / "page.html")
    for name in ("squeeze", "alex"):
        network = lpips.load(name, drawn_weights)
        assert found[network.metric] == lpips.distance(network, *pair) > 0
        assert float(row[network.metric]) == found[network.metric]
        assert found["lpips"][network.metric] == lpips.identity(network)
        assert shown[network.metric].startswith(f"{found[network.metric]:.4f}, {network.version}; weights ")
    usual = command("scielab", "compare", "a.png", "b.png", "--weights", drawn_weights).stdout
    assert f"lpips-alex {found['lpips-alex']:.4f}   LPIPS 0.1, AlexNet" in usual and "squeeze" not in usual
    assert "LPIPS, add columns" in refused("scielab", "compare", "a.png", "b.png", "--csv", "rows.csv")
    for arguments, words in (
        (("--lpips", "alex"), "--weights: the weights of LPIPS 0.1 for alex are needed"),
        (("--lpips", "vgg", "--weights", drawn_weights), "LPIPS 0.1 for vgg are not here"),
        (("--weights", drawn_weights, "--input", "linear"), "LPIPS is of sRGB pictures"),
    ):
        assert words in refused("scielab", "compare", "a.png", "b.png", *arguments)
    for side in ("ref", "test"):
        (tmp_path / side).mkdir()
    for name in ("a.png", "c.png"):
        shutil.copy(tmp_path / "a.png", tmp_path / "ref" / name)
        shutil.copy(tmp_path / ("b.png" if name == "c.png" else name), tmp_path / "test" / name)
    both = command("scielab", "compare", "ref", "test", *chosen, "--json")
    whole = json.loads(both.stdout)
    assert [one["lpips-alex"] for one in whole["pairs"]] == [0, found["lpips-alex"]]
    assert whole["mean"]["lpips-alex"] == pytest.approx(found["lpips-alex"] / 2)
    table = command("scielab", "compare", "ref", "test", *chosen).stdout.splitlines()
    assert table[1].split()[-2:] == ["lpips-squeeze", "lpips-alex"]
    assert table[3].split()[-1] == f"{found['lpips-alex']:.4f}"


@pytest.mark.parametrize("name", ["map.npy", "map.tif", "map.TIFF"])
def test_raw_map_holds_every_value(command, pair, tmp_path, name):
    assert command("scielab", "compare", "a.png", "b.png", "--map", name).returncode == 0
    expected = s_cielab.delta_e(*pair)
    if name == "map.npy":
        values = np.load(tmp_path / name)
        assert values.dtype == np.float64
    else:
        values = tifffile.imread(tmp_path / name)
        assert values.dtype == np.float32
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / name)), values)  # other readers agree
    np.testing.assert_allclose(values, expected, rtol=1e-6 if values.dtype == np.float32 else 1e-12)


@pytest.mark.slow
def test_range_sets_the_colours_and_is_stated(command, pair, tmp_path):
    arguments = ("a.png", "b.png", "--range", 5, "-o", "map.png", "--html", "page.html", "--json")
    record = json.loads(command("scielab", "compare", *arguments).stdout)
    assert record["output_top_delta_e"] == 5 and content(tmp_path / "page.html")["top"] == 5
    map_figure.save_map(tmp_path / "again.png", s_cielab.delta_e(*pair), top=5, title=title(record))
    assert (tmp_path / "map.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    record = json.loads(command("scielab", "compare", *arguments[:2], *arguments[4:], "--force").stdout)
    top = record["output_top_delta_e"]
    assert content(tmp_path / "page.html")["top"] == top == map_scale.top_of([s_cielab.delta_e(*pair)])
    assert np.percentile(s_cielab.delta_e(*pair), 99) <= top


@pytest.mark.slow
def test_rows_are_appended_to_a_csv(command, refused, pair, tmp_path):
    for test in ("b.png", "a.png"):
        result = command("scielab", "compare", "a.png", test, "--csv", "out/rows.csv", "--json")
        assert result.returncode == 0, result.stderr
        rows = list(csv.DictReader((tmp_path / "out" / "rows.csv").open(encoding="utf-8")))
        pooled = json.loads(result.stdout)["delta_e"]
        assert {name: float(rows[-1][name]) for name in pooled} == pooled and rows[-1]["test"] == test
    assert len(rows) == 2
    before = (tmp_path / "out" / "rows.csv").read_bytes()
    assert "--plain" in refused("scielab", "compare", "a.png", "b.png", "--plain", "--csv", "out/rows.csv")
    assert (tmp_path / "out" / "rows.csv").read_bytes() == before


@pytest.mark.parametrize("content", [b"name,value\n1,2\n", b"\xff\xfe\0a", b"\n"])
def test_another_csv_is_left_alone(refused, pair, tmp_path, content):
    (tmp_path / "mine.csv").write_bytes(content)
    assert "mine.csv" in refused("scielab", "compare", "a.png", "b.png", "--csv", "mine.csv", "-o", "map.png")
    assert (tmp_path / "mine.csv").read_bytes() == content and not (tmp_path / "map.png").exists()


@pytest.mark.slow
def test_a_csv_without_last_newline_and_an_empty_one_are_continued(command, pair, tmp_path):
    (tmp_path / "empty.csv").touch()
    command("scielab", "compare", "a.png", "b.png", "--csv", "empty.csv")
    text = (tmp_path / "empty.csv").read_text()
    (tmp_path / "empty.csv").write_text(text.rstrip("\n"))
    command("scielab", "compare", "a.png", "b.png", "--csv", "empty.csv")
    head, row = text.splitlines()
    assert (tmp_path / "empty.csv").read_text().splitlines() == [head, row, row]


@pytest.mark.slow
def test_csv_from_many_processes_at_once(tmp_path, pair, process):
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(process, "scielab", "compare", "a.png", "b.png", "--csv", "rows.csv") for _ in range(6)]
    assert all(job.result().returncode == 0 for job in jobs)
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert len(lines) == 7 and len(set(lines[1:])) == 1 and lines[0].startswith("reference,")


@pytest.mark.slow
def test_limits_give_exit_code_1_and_say_which(command, pair, tmp_path):
    pooled = s_cielab.summary(s_cielab.delta_e(*pair))
    over, under = pooled["p95"] - 0.01, pooled["mean"] + 0.01
    arguments = ("--fail-above", f"p95={over}", "--fail-above", f"mean={under}", "--fail-above", "above1=0.5")
    result = command("scielab", "compare", "a.png", "b.png", *arguments, "--json", "-o", "map.png")
    assert result.returncode == 1
    record = json.loads(result.stdout)
    assert record["delta_e"] == pytest.approx(pooled)
    assert [limit["exceeded"] for limit in record["limits"]] == [True, False, True]
    said = [line for line in result.stderr.splitlines() if "limit" in line]
    assert len(said) == 2 and "p95 is" in said[0] and "above 1 is" in said[1] and "0.5 %" in said[1]
    assert (tmp_path / "map.png").exists() and "Traceback" not in result.stderr
    kept = command("scielab", "compare", "a.png", "b.png", "--fail-above", f"mean={under}")
    assert kept.returncode == 0 and kept.stderr == ""


def test_a_value_at_its_limit_passes(command, pair):
    assert command("scielab", "compare", "a.png", "a.png", "--fail-above", "max=0").returncode == 0


def test_outputs_are_all_or_none(refused, pair, tmp_path):
    (tmp_path / "page.html").mkdir()
    arguments = ("a.png", "b.png", "-o", "map.png", "--map", "map.npy", "--csv", "rows.csv", "--html", "page.html")
    assert "page.html" in refused("scielab", "compare", *arguments, "--force")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png", "page.html"]


@pytest.mark.parametrize(("option", "name"), [("--html", "page.png"), ("--map", "map.png"), ("--map", "map.jpg")])
def test_suffixes_of_page_and_raw_map(refused, pair, option, name):
    assert name in refused("scielab", "compare", "a.png", "b.png", option, name)


def test_an_input_is_never_an_output_of_any_kind(refused, pair, tmp_path):
    np.save(tmp_path / "c.npy", pair[1])
    before = (tmp_path / "c.npy").read_bytes()
    assert "input" in refused("scielab", "compare", "a.png", "c.npy", "--map", "c.npy", "--force")
    assert "input" in refused("scielab", "compare", "a.png", "c.npy", "--csv", "c.npy")
    assert "two outputs" in refused("scielab", "compare", "a.png", "c.npy", "--csv", "d.npy", "--map", "d.npy")
    assert (tmp_path / "c.npy").read_bytes() == before


# --- the page ----------------------------------------------------------------------------------------------------


def content(path) -> dict:
    """What a page holds, as the browser gets it."""
    return json.loads(re.search(r"^const C = (.*);$", path.read_text(encoding="utf-8"), re.MULTILINE)[1])


def facts(path) -> dict[str, str]:
    """How it was measured, as the page says without a script."""
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", path.read_text(encoding="utf-8"))
    return {html.unescape(name): html.unescape(words) for name, words in found}


def numbers(path) -> dict[str, str]:
    """What stands in the rows of the page's table, as markup, by the name of the number."""
    rows = re.findall(r'<tr><th scope="row">(.*?)(<small>.*?)?</th>(.*?)</tr>', path.read_text(encoding="utf-8"))
    return {name: note + cells for name, note, cells in rows}


def pictures(path) -> dict[str, np.ndarray]:
    """Pictures in a page by their words, (H, W, 3) in [0, 1]."""
    found = re.findall(r'src="data:image/png;base64,([^"]*)" alt="([^"]+)"', path.read_text(encoding="utf-8"))
    return {
        words: np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")) / 255 for data, words in found
    }


@pytest.mark.parametrize("preset", ["1996", "isetcam-distribution"])
def test_page_holds_pictures_map_histogram_and_numbers(command, pair, tmp_path, preset):
    arguments = ("a.png", "b.png", "--html", "page.html", "--plain", "--preset", preset, "--fail-above", "p95=1")
    assert command("scielab", "compare", *arguments).returncode == 1
    page, shown = content(tmp_path / "page.html"), pictures(tmp_path / "page.html")
    np.testing.assert_allclose(shown["reference"], pair[0], atol=1e-9)
    np.testing.assert_allclose(shown["test picture"], pair[1], atol=1e-9)
    differences = s_cielab.delta_e(*pair, Viewing(preset=preset))
    step = page["map"]["step"]
    planes = np.frombuffer(zlib.decompress(base64.b64decode(page["map"]["data"])), np.uint8).astype(float)
    high, low = planes.reshape(2, *differences.shape)
    assert (page["map"]["rows"], page["map"]["columns"]) == differences.shape
    np.testing.assert_allclose((256 * high + low + 0.5) * step, differences, atol=0.00501)
    thresholds = np.array(page["thresholds"]) * step
    assert thresholds[-1] == page["top"] == map_scale.top_of([differences]) and 2.3 in thresholds.round(9)
    np.testing.assert_allclose(page["painted"], [100 * np.mean(differences >= t - 1e-9) for t in thresholds], atol=1e-9)
    told = numbers(tmp_path / "page.html")
    pooled = s_cielab.summary(differences)
    assert f'<td class="bad">{pooled["p95"]:.4f}</td>' in told["p95"] and told["p95"].count("<td") == 2
    assert f"<td>{pooled['percent_above_2.3']:.2f} %</td>" in told["above 2.3"]
    assert "CIE76" in told["above 2.3"] and "bad" not in told["mean"]


def test_page_needs_nothing_else(command, pair, tmp_path):
    """No address stands in it, and it forbids the browser to load any."""
    assert command("scielab", "compare", "a.png", "b.png", "--html", "page.html").returncode == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|fetch\(|XMLHttpRequest", text)
    assert "default-src 'none'" in text and "img-src data:;" in text
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:)", text)


@pytest.mark.slow
def test_file_names_cannot_break_out_of_the_page(command, pair, tmp_path):
    name = "<!--<script>a&'.png"
    shutil.copy(tmp_path / "b.png", tmp_path / name)
    assert command("scielab", "compare", "a.png", name, "--html", "page.html").returncode == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<!--" not in text and html.unescape(re.findall(r"<h1>(.*?)</h1>", text)[0]) == f"{name} against a.png"


@pytest.mark.slow
def test_large_pictures_are_shown_reduced_and_keep_their_largest_difference(tmp_path):
    from scielab.comparison import page

    rows, columns = 1500, 3001
    picture = np.random.default_rng(3).random((rows, columns, 3))
    differences = np.zeros((rows, columns))
    differences[-1, -1] = 7
    differences[700, 1201] = 5
    record = {"metric": "S-CIELAB 1996", "preset": "1996", "formula": 76, "samples_per_degree": 33.0, "version": "0"}
    record |= {"geometry": "given", "input": "srgb", "white_xyz": [95.05, 100.0, 108.9], "border_rule": "none"}
    record |= {"width": columns, "height": rows, "delta_e": s_cielab.summary(differences)}
    record |= {f"{side}{what}": "x" for side in ("reference", "test") for what in ("", "_sha256")}
    text = "".join(page.html_parts(record, (picture, picture), differences))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    shown = json.loads(re.search(r"^const C = (.*);$", text, re.MULTILINE)[1])
    assert shown["shown"] == {"rows": 750, "columns": 1501, "reduced": 2} and "Shown reduced 2×" in text
    planes = np.frombuffer(zlib.decompress(base64.b64decode(shown["map"]["data"])), np.uint8).astype(int)
    high, low = planes.reshape(2, 750, 1501)
    values = (256 * high + low) * shown["map"]["step"]
    assert values[350, 600] == pytest.approx(5) and values[-1, -1] == pytest.approx(7) and np.count_nonzero(values) == 2
    small = pictures(tmp_path / "page.html")["reference"]
    blocks = picture[:, :-1].reshape(750, 2, 1500, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small[:, :-1], blocks, atol=0.51 / 255)
    np.testing.assert_allclose(small[:, -1], picture[:, -1].reshape(750, 2, 3).mean(axis=1), atol=0.51 / 255)


def test_what_would_not_fit_in_memory_is_refused_before_it_is_compared(refused, monkeypatch, tmp_path):
    image.write(tmp_path / "big.png", np.full((256, 256, 3), 0.5))
    monkeypatch.setattr(memory, "SMALL", 1 << 20)
    monkeypatch.setattr(memory, "free_bytes", lambda: 2_000_000)
    line = refused("scielab", "compare", "big.png", "big.png", "-o", "map.png")
    assert "big.png: to compare it with big.png needs about 3 MB of memory, and 2 MB are free" in line
    assert not (tmp_path / "map.png").exists()
