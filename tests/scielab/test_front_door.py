"""What `import scielab` shows, and that all of it works, again and again, from arrays and from files."""

import doctest
import importlib
import inspect
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import camsim
import scielab
from scielab.comparison.page import SUFFIXES as PAGES
from scielab.eye import display

NAMES = {"DEFAULT_SAMPLES_PER_DEGREE", "Reference", "SCIELABLoss", "Viewing", "compare", "delta_e", "grid", "summary"}


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """Two pictures as codes, in the current folder as files, too."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, size=(30, 40, 3), dtype=np.uint8)
    noisy = np.clip(codes + rng.normal(0, 20, codes.shape), 0, 255).astype(np.uint8)
    Image.fromarray(codes).save("a.png")
    Image.fromarray(noisy).save("b.png")
    np.save("b.npy", noisy)
    return codes, noisy


def test_it_shows_what_it_has_and_nothing_else():
    assert set(dir(scielab)) == {*NAMES, "__version__"} == set(scielab.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        scielab.nothing  # noqa: B018


def test_importing_it_loads_nothing_slow():
    code = (
        "import sys, scielab; scielab.Viewing(formula=2000); dir(scielab); "
        "print([m for m in ('numpy', 'scipy', 'PIL', 'click', 'keras', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


@pytest.mark.parametrize("order", [("delta_e", "compare"), ("compare", "delta_e")])
@pytest.mark.parametrize("first", ["scielab", "scielab.cli.compare", "scielab.comparison.pair"])
def test_names_stay_functions_in_every_order(first, order):
    """A room of the same name would take a function's place as soon as it is imported."""
    code = (
        f"import {first}, scielab; scielab.{order[0]}; scielab.{order[1]}; "
        "import scielab.cli.main, scielab.comparison.pair, scielab.metrics.s_cielab; "
        f"assert all(callable(getattr(scielab, name)) for name in {order})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_delta_e_of_arrays_and_of_paths(pair, tmp_path):
    viewing = scielab.Viewing(samples_per_degree=20, formula=2000)
    found = scielab.delta_e(*pair, viewing)
    assert found.shape == (30, 40) and found.mean() > 1
    for ref, test in (("a.png", "b.png"), (tmp_path / "a.png", pair[1]), (pair[0], "b.npy")):
        for _ in range(2):
            np.testing.assert_array_equal(scielab.delta_e(ref, test, viewing), found)
    np.testing.assert_array_equal(scielab.delta_e("a.png", "b.png"), scielab.delta_e(*pair, scielab.Viewing()))
    linear = scielab.Viewing(input="linear")
    np.testing.assert_array_equal(
        scielab.delta_e("a.png", "b.npy", linear), scielab.delta_e(pair[0] / 255, pair[1] / 255, linear)
    )
    with pytest.raises(ValueError, match=r"missing\.png: no such file"):
        scielab.delta_e("missing.png", pair[1])


def test_reference_of_an_array_and_of_a_path(pair):
    found = scielab.delta_e(*pair)
    for ref in (pair[0], "a.png"):
        reference = scielab.Reference(ref)
        assert repr(reference) == "<Reference of 40×30 pixels, Viewing()>"
        for test in (pair[1], "b.png", pair[1]):
            np.testing.assert_array_equal(reference.delta_e(test), found)


def test_compare_of_arrays_and_of_paths(pair):
    found = [scielab.compare(*pair, plain=True), scielab.compare("a.png", "b.png", plain=True)]
    for comparison in found:
        np.testing.assert_array_equal(comparison.delta_e, scielab.delta_e(*pair))
        assert comparison.summary == scielab.summary(comparison.delta_e) == comparison.record["delta_e"]
        assert comparison.record["plain_delta_e"]["mean"] > comparison.summary["mean"]
    arrays, files = (comparison.record for comparison in found)
    different = {"reference", "test", "reference_sha256", "test_sha256"}
    assert {key for key in files if arrays[key] != files[key]} == different and arrays.keys() == files.keys()
    assert files["reference"] == "a.png" and arrays["test"] == "test array" != arrays["test_sha256"]
    with pytest.raises(ValueError, match="test array is 30×40"):
        scielab.compare("a.png", pair[1].transpose(1, 0, 2))


def test_a_comparison_keeps_its_own_pictures(pair):
    given = pair[1].copy()
    comparison = scielab.compare(pair[0], given)
    given[:] = 0
    np.testing.assert_allclose(comparison.shown()[1], pair[1] / 255)


def test_a_comparison_shows_itself(pair):
    comparison = scielab.compare("a.png", "b.png")
    assert repr(comparison).startswith("<Comparison of b.png with a.png: mean ") and len(repr(comparison)) < 100
    picture = Image.open(io.BytesIO(comparison._repr_png_()))
    assert picture.format == "PNG" and picture.width > 480
    page = comparison._repr_html_()
    assert page.startswith('<img src="data:image/png;base64,') and "S-CIELAB 1996" in page


def test_a_comparison_is_saved_as_its_name_says(pair, tmp_path):
    comparison = scielab.compare("a.png", "b.png")
    for name in ("map.png", "map.pdf", "map.npy", "map.NPY", "map.tif", "page.html", "record.json"):
        for _ in range(2):  # what is there is replaced
            comparison.save(tmp_path / "new" / name, top=5)
    np.testing.assert_array_equal(np.load(tmp_path / "new" / "map.npy"), comparison.delta_e)
    np.testing.assert_array_equal(np.load(tmp_path / "new" / "map.NPY"), comparison.delta_e)
    assert json.loads((tmp_path / "new" / "record.json").read_text()) == comparison.record
    assert len(list((tmp_path / "new").iterdir())) == 7
    with pytest.raises(ValueError, match=r"written as one of \.png, \.pdf, \.html"):
        comparison.save("map.jpg")
    with pytest.raises(ValueError, match="top of the scale is 0"):
        comparison.save("map.png", top=0)


@pytest.mark.parametrize("suffix", PAGES)
@pytest.mark.parametrize("kind", ["xyz10", "lms", "matrix", "display"])
def test_every_encoding_has_a_page_and_a_record(pair, kind, suffix):
    wavelength_nm = np.arange(400, 701, 5)
    spectra = np.exp(-(((wavelength_nm[:, None] - [610, 545, 465]) / 20) ** 2))
    screen = display.Display(spectra, wavelength_nm, np.linspace(0, 1, 256)[:, None] ** [2.2, 2.2, 2.2])
    given = {"matrix": np.eye(3), "display": screen}.get(kind, kind)
    white = (1, 1, 1) if isinstance(given, str) else None
    pictures = pair if kind == "display" else [picture / 255 for picture in pair]
    comparison = scielab.compare(*pictures, scielab.Viewing(input=given, white=white))
    comparison.save(f"page{suffix}")
    assert json.dumps(comparison.record, allow_nan=False) and comparison.record["input"] == kind


@pytest.mark.parametrize("viewing", [60, None, "1996", {"formula": 76}])
def test_what_is_no_viewing_is_named(pair, viewing):
    calls = (
        lambda: scielab.compare(*pair, viewing),
        lambda: scielab.delta_e(*pair, viewing),
        lambda: scielab.Reference(pair[0], viewing),
        lambda: scielab.grid({"mine": abs}, viewing=viewing),
    )
    for call in calls:
        with pytest.raises(ValueError, match=f"^viewing is {viewing!r}; it must be a scielab.Viewing"):
            call()


@pytest.mark.parametrize("other", [None, b"a.png", {}])
def test_what_is_no_picture_is_named(pair, other):
    for call in (scielab.compare, scielab.delta_e):
        for pictures in ((other, pair[0]), (pair[0], other)):
            with pytest.raises(ValueError, match=f"a path or an array of numbers, not {type(other).__name__}"):
                call(*pictures)


def test_a_shot_is_a_picture(pair):
    sharp, blurred = (camsim.render(pair[0], setting) for setting in ("ideal", "pixel25"))
    blurred = camsim.render(blurred.reduced(sharp.rgb.shape[:2]), "ideal")
    by_shots, by_arrays = scielab.compare(sharp, blurred), scielab.compare(sharp.rgb, blurred.rgb)
    assert by_shots.record == by_arrays.record and by_shots.summary["mean"] > 1
    np.testing.assert_array_equal(scielab.delta_e(sharp, blurred), by_arrays.delta_e)


def test_short_reprs():
    wavelength_nm = np.arange(400, 701)
    screen = display.Display(np.ones((301, 3)), wavelength_nm, np.eye(2, 3))
    assert repr(scielab.Viewing(input=screen)) == "Viewing(input=<Display: 2 levels, 400 to 700 nm>)"


def test_the_grid_is_that_of_its_room():
    run = pytest.importorskip("scielab.model_grid.run", exc_type=ImportError)
    assert scielab.grid is run.grid and scielab.grid is run.grid


@pytest.mark.slow
def test_a_loss_is_made_twice():
    pytest.importorskip("keras")
    picture = np.full((1, 20, 20, 3), 0.5)
    for _ in range(2):
        assert float(scielab.SCIELABLoss()(picture, picture)) == 0


@pytest.mark.parametrize(
    "module",
    [
        "",
        "viewing",
        "metrics.s_cielab",
        "comparison.pair",
        "eye.display",
        pytest.param("keras_losses.s_cielab", marks=pytest.mark.slow),
    ],
)
def test_examples_do_what_they_say(module, tmp_path, monkeypatch):
    if module.startswith("keras"):
        pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(importlib.import_module(f"scielab.{module}".rstrip(".")))
    assert found.attempted > 0 and found.failed == 0


def test_signatures_are_the_same_everywhere():
    """Pictures first, then how they are viewed."""
    for function in (scielab.delta_e, scielab.compare):
        assert list(inspect.signature(function).parameters)[:3] == ["ref", "test", "viewing"]
    assert list(inspect.signature(scielab.Reference).parameters)[:2] == ["ref", "viewing"]
