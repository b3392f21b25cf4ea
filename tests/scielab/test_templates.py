"""What the pages share: colours that can be read by day and by night, and nothing that escapes them."""

import re
from importlib import resources

import pytest

from camsim.light import colour

TEMPLATES = resources.files("scielab") / "templates"
PALETTE = (TEMPLATES / "palette.css").read_text(encoding="utf-8")

#: What words are written in, and on what.
WORDS = [(ink, ground) for ink in ("ink", "dim", "good", "bad", "unsure", "pick") for ground in ("bg", "card")]
WORDS += [("ink", "note"), ("card", "ink"), ("tag-ink", "tag"), ("tag", "tag-ink")]


def scheme(name: str) -> dict[str, str]:
    light, dark = (dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", block)) for block in PALETTE.split("@media")[:2])
    return light if name == "light" else light | dark


def luminance(value: str) -> float:
    rgb = [int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return float(colour.srgb_decode(rgb) @ colour.SRGB_TO_XYZ[1])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # its well-known example of too little


@pytest.mark.parametrize("name", ["light", "dark"])
def test_small_words_have_contrast(name):
    colours = scheme(name)
    assert {pair: round(contrast(*(colours[c] for c in pair)), 2) for pair in WORDS if
            contrast(*(colours[c] for c in pair)) < 4.5} == {}  # fmt: skip
    for edge in ("edge", "pick"):  # of what can be pressed, and of what is chosen: WCAG asks for 3
        assert contrast(colours[edge], colours["card"]) >= 3


def test_both_schemes_are_whole():
    light, dark = scheme("light"), scheme("dark")
    constant = {"tag", "tag-ink"}  # on pictures, which no scheme changes
    assert {name for name in light if light[name] == dark[name]} == constant
    assert luminance(light["bg"]) > 0.8 and luminance(dark["bg"]) < 0.05


@pytest.mark.parametrize("page", ["grid.html", "compare.html"])
def test_pages_take_every_colour_of_words_from_the_palette(page):
    text = (TEMPLATES / page).read_text(encoding="utf-8")
    style = text[text.index("<style>") : text.index("</style>")]
    assert '{% include "palette.css" %}' in style
    assert re.findall(r"(?<![-\w])(?:color|fill):(?!var\(--)(?!url)[^;}]+", style + PALETTE.partition("h1 {")[2]) == []
    sizes = [float(size) for size in re.findall(r"font-size:([\d.]+)px", style + PALETTE)]
    assert min(sizes) >= 11
    faded = [rule for rule in re.findall(r"([^{}]+)\{[^{}]*opacity:", style) if "input" not in rule]
    assert faded == []  # words that are made transparent have less contrast than their colour
