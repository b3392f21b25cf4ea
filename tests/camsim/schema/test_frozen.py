"""Frozen values: what they take, what they refuse and in which words, without camera or training in them."""

import re
import subprocess
import sys
from typing import Any, Literal

import numpy as np
import pytest

from camsim.schema.fields import Auto, Matrix, Numbers, default, fields, number, own_fields, part, plain, table
from camsim.schema.frozen import Frozen, Options, Part, class_of, frozen


@frozen
class Wheel(Part):
    """One wheel."""

    size_mm: float = number(600.0, 0, 1000, "across", above=True, scale="log")
    spokes: int = number(36, 1, 100, "of steel")
    tyre: Literal["slick", "studded"] = plain("slick", "outside")
    camber: Auto[float] = number(None, -1, 1, "auto: as it comes")
    round: bool = plain(True, "or not")
    holes: Numbers = plain((), "where they are", max_length=3)
    turn: Literal["none"] | Matrix = plain("none", "a matrix")


@frozen
class Bicycle(Frozen):
    """Wheels, and how much they are liked."""

    name: str = plain("bike", "in words")
    wheel: Wheel = part(Wheel, "in front")
    likes: dict[str, float] = table("by whom", me=1.0)
    spare: tuple[Wheel, ...] = plain((), "others")
    more: dict[str, Any] = table("anything")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"wheel": {"size_mm": 0}}, "wheel.size_mm = 0 must be in (0, 1000]"),
        ({"wheel": {"size_mm": float("nan")}}, "wheel.size_mm = nan must be a number in (0, 1000]"),
        ({"wheel": {"size_mm": "big"}}, "wheel.size_mm = 'big' must be a number in (0, 1000]"),
        ({"wheel": {"size_mm": True}}, "wheel.size_mm = True must be a number in (0, 1000]"),
        ({"wheel": {"spokes": 4.0}}, "wheel.spokes = 4.0 must be a whole number in [1, 100]"),
        ({"wheel": {"tyre": "studed"}}, "wheel.tyre = 'studed' must be one of slick, studded; did you mean 'studded'?"),
        ({"wheel": {"tyre": 3}}, "wheel.tyre = 3 must be text"),
        ({"wheel": {"camber": 2}}, "wheel.camber = 2 must be in [-1, 1]"),
        ({"wheel": {"round": 1}}, "wheel.round = 1 must be true or false"),
        ({"wheel": {"holes": [1, "x"]}}, "wheel.holes[1] = 'x' must be a number"),
        ({"wheel": {"holes": [float("inf")]}}, "wheel.holes[0] = inf must be a finite number"),
        ({"wheel": {"holes": [1, 2, 3, 4]}}, "wheel.holes has 4 values, must have at most 3"),
        ({"wheel": {"turn": 3}}, "wheel.turn = 3 must be text or a list of numbers"),
        ({"wheel": {"turn": "non"}}, "wheel.turn = 'non' must be one of none; did you mean 'none'?"),
        ({"wheel": {"turn": [[1, "y"]]}}, "wheel.turn[1] = 'y' must be a number"),
        ({"wheel": {"sise_mm": 1}}, "unknown key wheel.sise_mm; did you mean 'wheel.size_mm'?"),
        ({"size_mm": 1}, "unknown key size_mm; did you mean 'wheel.size_mm'?"),
        ({"wheel": 3}, "wheel must be a table"),
        ({"name": 3}, "name = 3 must be text"),
        ({"name": "x" * 10**6, "wheel": 3}, "wheel must be a table"),
        ({"likes": {"me": "much"}}, "likes.me = 'much' must be a number"),
        ({"likes": 3}, "likes = 3 must be a table"),
        ({"spare": [{}, {"spokes": 0}]}, "spare[1].spokes = 0 must be in [1, 100]"),
        ({"self": 3}, "unknown key self"),
    ],
)
def test_a_mistake_is_one_line_with_key_value_and_bound(values, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        Bicycle(**values)


def test_a_long_value_is_cut_in_its_message():
    with pytest.raises(ValueError, match=r"^wheel\.size_mm = 'yyy") as error:
        Wheel(size_mm="y" * 10_000)
    assert len(str(error.value)) < 150


def test_values_of_files_and_of_numpy_become_those_of_the_fields():
    made = Bicycle(
        wheel={"size_mm": np.float32(500), "spokes": np.int64(8), "camber": "auto", "turn": np.eye(2)},
        spare=[{"holes": np.arange(3.0)}, Wheel()],
    )
    assert made.wheel == Wheel(size_mm=500.0, spokes=8, turn=(1.0, 0.0, 0.0, 1.0))
    assert made.spare == (Wheel(holes=(0.0, 1.0, 2.0)), Wheel())
    assert type(made.wheel.size_mm) is float and type(Wheel(size_mm=3).size_mm) is float


def test_values_stay_as_they_are():
    with pytest.raises(AttributeError):
        Wheel().spokes = 3
    assert hash(Wheel(spokes=3)) == hash(Wheel(spokes=3)) and Wheel(spokes=3) != Wheel()
    assert Bicycle().likes is not Bicycle().likes


def test_every_default_is_one_that_would_be_taken():
    from camsim.camera import Camera
    from camsim.camera_parts import ISP, Optics, Scene, Sensor
    from enhance.config import Config, Stage

    for kind in (Bicycle, Wheel, Camera, Scene, Optics, Sensor, ISP, Config, Stage):
        assert kind(**{name: default(field) for name, field in own_fields(kind).items()}) == kind()


def test_options_are_named_after_what_has_them():
    drill = class_of("drill", Options, {"speed": (int, number(3, 1, 9, "turns")), "bit": (str, "steel")})
    assert repr(drill(speed=4)) == "drill(speed=4)" and [key for key, _ in fields(drill)] == ["speed", "bit"]
    with pytest.raises(ValueError, match=r"^drill has no option 'sped'; it has speed, bit; did you mean 'speed'"):
        drill(sped=4)
    with pytest.raises(ValueError, match=r"^drill: speed = 10 must be in \[1, 9\]$"):
        drill(speed=10)


@pytest.mark.slow
def test_without_docstrings_and_asserts_everything_is_the_same():
    code = (
        "import pickle, camsim; from enhance import config; camera = camsim.load('f22').replace('optics.fnumber', 16); "
        "assert False; print(pickle.loads(pickle.dumps(camera)), config.load('deblur').batch, camsim.Optics.__doc__)"
    )
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Camera('f22', optics.fnumber=16, sensor.auto_exposure='incident') 16 None\n"


def test_a_field_without_a_meaning_shows_in_a_notebook():
    blocks = class_of("Net", Options, {"blocks": (int, 4)})
    assert "<td>blocks</td><td>6</td><td></td>" in blocks(blocks=6)._repr_html_()
