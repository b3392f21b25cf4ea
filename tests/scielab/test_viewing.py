"""Viewing conditions: one frozen value, checked, in plain values."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from scielab import viewing
from scielab.eye import kernels, presets
from scielab.metrics import colour_difference
from scielab.viewing import Viewing

pytestmark = pytest.mark.installed


def test_names_are_those_of_what_they_stand_for():
    assert tuple(presets.PRESETS) == viewing.PRESETS
    assert tuple(colour_difference.FORMULAS) == viewing.FORMULAS
    assert ("srgb", "linear", *kernels.FORMATS) == viewing.INPUTS


def test_it_loads_without_numpy():
    code = "import sys, scielab.viewing; print([m for m in ('numpy', 'scipy', 'click') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_it_is_a_value():
    matrix = np.eye(3)
    one = Viewing(samples_per_degree=60, formula=np.int64(94), input=matrix, white=np.array([95.0, 100, 108]))
    matrix[:] = 0
    assert one.input == ((1, 0, 0), (0, 1, 0), (0, 0, 1)) and one.white == (95, 100, 108)
    assert one == dataclasses.replace(one) and hash(one) == hash(dataclasses.replace(one))
    assert one != dataclasses.replace(one, formula=76)
    assert repr(one) == f"Viewing(samples_per_degree=60.0, formula=94, input={one.input}, white=(95.0, 100.0, 108.0))"
    assert repr(Viewing()) == "Viewing()"
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.formula = 76


@pytest.mark.parametrize(
    ("given", "rate", "words"),
    [
        ({}, 33, "96 dpi at 0.5 m, the default"),
        ({"samples_per_degree": 33}, 33, "given"),
        ({"fov_deg": 20}, 32, "20° across the width"),
        ({"dpi": 96, "distance_m": 0.5}, 1 / 0.030319014, "96 dpi at 0.5 m"),
    ],
)
def test_a_distance_is_given_in_one_of_three_ways(given, rate, words):
    conditions = Viewing(**given)
    assert conditions.rate(640) == pytest.approx(rate, rel=1e-7) and conditions.geometry == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dpi": 96}, "go together"),
        ({"distance_m": 0.5}, "go together"),
        ({"samples_per_degree": 33, "fov_deg": 20}, "give either"),
        ({"fov_deg": 20, "dpi": 96, "distance_m": 0.5}, "give either"),
        ({"fov_deg": 0}, "above 0 and below 180"),
        ({"dpi": -96, "distance_m": 0.5}, "dpi is -96"),
        ({"dpi": 96, "distance_m": 100}, "at most 1000"),
        ({"preset": "1997"}, "'1997'; it must be one of 1996, 1996-normalised, isetcam"),
        ({"input": "rgb"}, "'rgb'; it must be one of srgb"),
        ({"input": None}, "input is None; it must be one of srgb"),
        ({"input": 3}, "input is 3; it must be one of srgb"),
        ({"samples_per_degree": "far"}, "samples_per_degree is 'far'; it must be a number"),
        ({"fov_deg": [20]}, r"fov_deg is \[20\]; it must be a number"),
        ({"dpi": 96, "distance_m": "near"}, "distance_m is 'near'; it must be a number"),
    ],
)
def test_what_cannot_be_is_named(given, words):
    with pytest.raises(ValueError, match=words):
        Viewing(**given)


@pytest.mark.parametrize("kind", [np.float32, np.int64, str])
def test_numbers_of_every_kind_become_plain_ones(kind):
    """A record of them is written as JSON."""
    for names in (("samples_per_degree",), ("fov_deg",), ("dpi", "distance_m")):
        conditions = Viewing(**dict.fromkeys(names, kind(1)))
        assert conditions == Viewing(**dict.fromkeys(names, 1.0))
        assert {type(getattr(conditions, name)) for name in names} == {float}


def test_a_wide_picture_may_have_too_many_pixels_per_degree():
    with pytest.raises(ValueError, match="samples per degree is 2000"):
        Viewing(fov_deg=1).rate(2000)


def test_default_viewing_is_96_dpi_at_half_a_metre():
    rate = viewing.samples_per_degree_of(96, 0.5)
    assert 1 / rate == pytest.approx(0.030319014, abs=1e-9)
    assert round(rate) == viewing.DEFAULT_SAMPLES_PER_DEGREE == 33
    assert viewing.samples_per_degree_of(72, 18 * 0.0254) == pytest.approx(22.62, abs=0.01), "1996 example, 23 rounded"


@pytest.mark.parametrize(("dpi", "distance"), [(0, 1), (-96, 1), (96, 0), (96, np.nan), (np.inf, 1)])
def test_impossible_displays_are_named(dpi, distance):
    with pytest.raises(ValueError, match="must be above 0"):
        viewing.samples_per_degree_of(dpi, distance)


def test_samples_per_degree_of_a_field_of_view():
    assert viewing.samples_per_degree_of_fov(20, 640) == 32
    # 192 pixels of 96 dpi at 0.3 m: more per degree on average than at the centre
    width = 192 * 0.0254 / 96
    fov = 2 * np.degrees(np.arctan(width / 2 / 0.3))
    mean, centre = viewing.samples_per_degree_of_fov(fov, 192), viewing.samples_per_degree_of(96, 0.3)
    assert centre < mean < 1.01 * centre
    for fov, columns in ((0, 10), (180, 10), (np.nan, 10), (20, 0), (20, np.inf)):
        with pytest.raises(ValueError, match="must be"):
            viewing.samples_per_degree_of_fov(fov, columns)


@pytest.mark.parametrize(("dpi", "distance_m"), [(1e308, 1e308), (1e308, 1), (1, 1e308), (1e12, 1e300), (9e307, 2)])
def test_geometries_beyond_numbers_are_out_of_range(dpi, distance_m):
    """Of a pixel that is too small for an angle, or too large for one, as of others out of range."""
    with pytest.raises(ValueError, match=r"^samples per degree is .*; it must be above 0 and at most 1000$"):
        Viewing(dpi=dpi, distance_m=distance_m)
