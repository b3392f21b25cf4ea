"""What the front doors are given."""

import re
from pathlib import Path

import numpy as np
import pytest

import camsim
from camsim import arguments
from camsim.io import image

GREY = np.full((8, 8, 3), 0.5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: camsim.render(None, "f22"), "a path or an array of numbers, not NoneType"),
        (lambda: camsim.render(b"a.png", "f22"), "a path or an array of numbers, not bytes"),
        (lambda: camsim.render(GREY > 0, "f22"), "a picture of bool must be uint8"),
        (lambda: camsim.render(np.ones((8, 8, 3), int), "f22"), "a picture of int64 must be uint8"),
        (lambda: camsim.render(GREY, None), "a camera is .* not NoneType"),
        (lambda: camsim.render(GREY, 3), "a camera is .* not int"),
        (lambda: camsim.load(camsim.Camera), "a camera is .* not type"),
        (lambda: camsim.measure_noise(None), "a camera is .* not NoneType"),
        (lambda: camsim.read(None), "path must be a path, not NoneType"),
        (lambda: camsim.read(b"a.png"), "path must be a path, not bytes"),
        (lambda: camsim.write(None, GREY), "path must be a path, not NoneType"),
        (lambda: camsim.chart(None), "a chart is chosen by its name, not by NoneType; known: colorchecker"),
        (lambda: camsim.chart("uniform", "64", 64), "height = '64' must be a whole number in [8, 8192]"),
        (lambda: camsim.chart("uniform", 0), "height = 0 must be"),
        (lambda: camsim.chart("uniform", 64, 0), "width = 0 must be"),
        (lambda: camsim.chart("uniform", 64.5), "height = 64.5 must be"),
    ],
)
def test_what_is_of_another_kind_is_named(call, words):
    with pytest.raises(ValueError, match=re.escape(words).replace(r"\.\*", ".*")):
        call()


@pytest.mark.parametrize("seed", [None, 1.5, -1, "1", True, [1, 2]])
@pytest.mark.parametrize(
    "call",
    [
        lambda seed: camsim.render(GREY, "ideal", seed=seed),
        lambda seed: camsim.render(GREY, "pixel25", seed=seed),
        lambda seed: camsim.measure_noise("f22", size=16, seed=seed),
    ],
)
def test_a_seed_is_a_whole_number_from_0(call, seed):
    with pytest.raises(ValueError, match=re.escape(f"seed = {seed!r} must be a whole number")):
        call(seed)


def test_whole_numbers_are_those_of_numpy_too():
    assert arguments.whole(np.int64(5), "n", 0, 5) == 5 and type(arguments.seed(np.uint8(3))) is int
    assert camsim.chart("uniform", np.int64(16), 8).shape == (16, 8, 3)


@pytest.mark.parametrize("one", ["f22", Path("f22"), 3, None, camsim.Camera])
def test_one_is_a_list_of_one(one):
    assert arguments.several(one) == [one] and arguments.several(iter([one, one])) == [one, one]


def test_no_number_becomes_black(tmp_path):
    for values, words in (
        (np.where(GREY > 0, np.nan, 0), "NaN or infinity"),
        (np.where(GREY > 0, np.inf, 0), "NaN or infinity"),
        (GREY > 0, "bool"),
        (GREY * 1j, "complex128"),
        (None, "not NoneType"),
    ):
        with pytest.raises(ValueError, match=words):
            camsim.write(tmp_path / "a.png", values)
        with pytest.raises(ValueError, match=words):
            image.quantise(values)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda edge: np.where(edge > 0.5, np.nan, edge), "NaN"),
        (lambda edge: edge - 0.5, "run from -"),
        (lambda edge: 255 * edge, "must lie in"),
        (lambda edge: (255 * edge).astype(np.int64), "int64"),
    ],
)
def test_linear_light_is_checked_as_srgb_is(linear, change, words):
    edge = change(camsim.chart("slanted-edge", 64, 64))
    for measure in (camsim.measure_mtf, camsim.measure_color):
        with pytest.raises(ValueError, match=words):
            measure(edge, linear=linear)


def test_a_shot_is_a_picture(tmp_path):
    shot = camsim.render(camsim.chart("slanted-edge", 64, 64), "f22")
    assert np.asarray(shot) is shot.rgb and np.array(shot) is not shot.rgb
    assert np.asarray(shot, np.float32).dtype == np.float32
    roi = (65, 65, 196, 196)
    assert camsim.measure_mtf(shot, roi).mtf50_per_px == camsim.measure_mtf(shot.rgb, roi).mtf50_per_px
    camsim.write(tmp_path / "shot.png", shot)
    np.testing.assert_array_equal(image.read_native(tmp_path / "shot.png"), image.quantise(shot.rgb))
    for setting in ("ideal", "isetcam", "pixel25"):
        twice = camsim.render(shot, setting)
        np.testing.assert_array_equal(twice.rgb, camsim.render(shot.rgb, setting).rgb)


def test_letters_that_join_are_printed():
    """Persian and Hindi words, and the parts of an emoji, are joined or kept apart by them."""
    for word in ("می‌خواهم.png", "क्‍ष.png", "👩‍🚀.png"):
        assert arguments.printable(word) == arguments.one_line(word) == word
    assert arguments.printable("a\u202eb\u200bc\u2060\ufeff") == "a?b?c??"


def test_what_is_between_two_apostrophes_of_a_path_is_no_value():
    folder = "a" * 40 + "/" + "b" * 60
    path = f"/home/o'brien/{folder}/isn't.png"
    assert arguments.one_line(f"{path}: no such file") == f"{path}: no such file"
    assert arguments.one_line(f"name = '{path.replace(chr(39), '')}' is long") == (
        f"name = {arguments.shown(path.replace(chr(39), ''))} is long"
    )
    assert len(arguments.one_line(f"['{'a' * 200}', '{'b' * 200}']: no")) < 180
