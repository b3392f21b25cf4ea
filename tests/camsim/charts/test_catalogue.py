"""Charts by name: their options, their sizes, and what is refused."""

import inspect
import math
import re

import numpy as np
import pytest

from camsim.charts import catalogue
from camsim.light import colour, spectra
from camsim.schema import fields as schema

NAMES = [chart.name for chart in catalogue.CHARTS]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(64, 64), (97, 130), (150, 41)])
def test_every_chart_has_any_size_and_stays_within_light(name, size):
    picture = catalogue.make(name, *size)
    assert picture.shape == (*size, 3) and picture.min() >= 0 and picture.max() <= 1
    assert np.array_equal(picture, catalogue.make(name, *size))
    assert name == "uniform" or picture.std() > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_options_are_those_that_the_drawing_takes_and_have_words(name):
    chart = catalogue.get(name)
    parameters = inspect.signature(chart.draw).parameters
    wanted = [p for p in parameters if p not in ("height", "width", "spectral")]
    options = dict(schema.fields(chart.values))
    assert sorted(options) == sorted(wanted)
    assert chart.description and all(field.description for field in options.values())
    defaults = {key: schema.default(field) for key, field in options.items()}
    assert catalogue.settle(name, defaults) == catalogue.settle(name, {}) == defaults


def test_spectra_of_the_colorchecker_and_of_a_grey_chart(grey):
    cube = catalogue.reflectance("colorchecker", 80, 120, gap=0)
    assert cube.shape == (80, 120, 31) and cube.dtype == np.float32
    assert cube[10::20, 10::20].reshape(24, 31) == pytest.approx(spectra.table("colorchecker").T, abs=1e-6)
    d65 = spectra.table("d65")[:, 0]
    odd = catalogue.reflectance("colorchecker", 83, 127)  # patch borders within pixels: picture and spectra mix alike
    lit = colour.xyz_to_linear(spectra.xyz(odd * d65) / spectra.xyz(d65) * colour.SRGB_WHITE_XYZ)
    assert lit[..., 1:] == pytest.approx(catalogue.make("colorchecker", 83, 127)[..., 1:], abs=1e-6)
    edge = catalogue.reflectance("slanted-edge", 30, 40)
    assert np.ptp(edge, axis=2).max() == 0
    assert edge[..., 7] == pytest.approx(grey("slanted-edge", 30, 40), abs=1e-6)
    with pytest.raises(ValueError, match="uniform has spectra only in grey"):
        catalogue.reflectance("uniform", 30, 40, red=0.1)
    with pytest.raises(ValueError, match="4194304"):
        catalogue.reflectance("uniform", 3000, 3000)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("slantededge", {}, "did you mean 'slanted-edge'"),
        ("slanted-edge", {"angel_deg": 5}, "did you mean 'angle_deg'"),
        ("slanted-edge", {"angle_deg": "steep"}, "angle_deg = 'steep' must be a number in [-360, 360]"),
        ("slanted-edge", {"high": "auto"}, "high = 'auto' must be a number in [0, 1]"),
        ("uniform", {"level": 1.2}, "level = 1.2 must be in [0, 1]"),
        ("uniform", {"level": math.nan}, "level = nan must be a number in [0, 1]"),
        ("uniform", {"level": True}, "level = True must be a number"),
        ("siemens-star", {"spokes": 3.5}, "spokes = 3.5 must be a whole number in [1, 1000]"),
        ("siemens-star", {"profile": "sin"}, "profile = 'sin' must be one of square, sine; did you mean 'sine'?"),
        ("sinusoid", {"frequency": 33}, "frequency = 33 must be at most 32"),
        ("sinusoid", {"mean": 0.8, "contrast": 0.5}, "mean = 0.8 must be at most 0.6667"),
        ("sweep", {"stop": 40}, "stop = 40 must be at most 32"),
        ("point-array", {"spacing_px": 65}, "spacing_px = 65 must be at most the picture's side, 64"),
        ("point-array", {"spacing_px": 4, "point_px": 5}, "spacing_px = 4 must be at least the size of a mark, 5"),
        ("step-wedge", {"steps": 65}, "steps = 65 must be at most the picture's side, 64"),
    ],
)
def test_impossible_values_are_named_in_one_line(name, options, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        catalogue.make(name, 64, 64, **options)
    assert "\n" not in str(error.value)


def test_sizes_are_bounded():
    for size in ((7, 64), (64, 9000)):
        with pytest.raises(ValueError, match=r"= (7|9000) must be a whole number in \[8, 8192\]"):
            catalogue.make("uniform", *size)
