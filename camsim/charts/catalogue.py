"""Test charts by name: what each is for, its options with their bounds, and the pictures.

Levels are linear light, 1 for a perfect white; encoded as sRGB they are what camsim reads back. A grey level is as
well the reflectance of a grey surface, so that every grey chart, and the ColorChecker, exists as spectra too.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from camsim.charts import dead_leaves, patterns
from camsim.charts.colorchecker import colorchecker
from camsim.light import spectra
from camsim.schema import hint, split_assignment

#: Least and largest side of a chart in pixels; most pixels of one with spectra (500 MB).
MIN_SIDE, MAX_SIDE = 8, 8192
MAX_SPECTRAL_PIXELS = 2**22

ALIASES = {"macbeth": "colorchecker"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value that shapes a chart. A default of None is written "auto" and explained in `meaning`."""

    name: str
    default: float | int | str | None
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    above: bool = False  #: `low` itself is excluded
    choices: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return ", ".join(self.choices)
        return f"{'(' if self.above else '['}{self.low:g}, {self.high:g}{']' if math.isfinite(self.high) else ')'}"

    def convert(self, value):
        """`value`, perhaps as text, as this option's kind; ValueError names option, value and bound."""
        if value is None or (isinstance(value, str) and value.strip() == "auto"):
            if self.default is not None:
                raise ValueError(f"{self.name} cannot be auto; it must be {self.bounds}")
            return None
        if self.choices:
            word = str(value).strip().lower()
            if word not in self.choices:
                raise ValueError(f"{self.name} = {value!r} must be one of {self.bounds}{hint(word, self.choices)}")
            return word
        whole = isinstance(self.default, int)
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or (whole and number != int(number)):
            raise ValueError(f"{self.name} = {value!r} must be a {'whole ' if whole else ''}number in {self.bounds}")
        if not (self.low < number if self.above else self.low <= number) or number > self.high:
            raise ValueError(f"{self.name} = {number:g} must be in {self.bounds}")
        return int(number) if whole else number


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: how it is drawn and what can be chosen."""

    name: str
    description: str
    draw: Callable[..., np.ndarray]  #: (height, width, **options) -> (height, width) grey or (height, width, 3)
    options: tuple[Option, ...]
    size: tuple[int, int] = (512, 512)  #: height, width that suit it


def get(name: str) -> Chart:
    """The chart of a name or alias; ValueError names those there are."""
    known = {chart.name: chart for chart in CHARTS}
    key = name.strip().lower().replace("_", "-")
    key = ALIASES.get(key, key)
    if key not in known:
        raise ValueError(f"unknown chart {name!r}; known: {', '.join(known)}{hint(key, [*known, *ALIASES])}")
    return known[key]


def assignments(texts: Iterable[str]) -> dict[str, str]:
    """Options as a dictionary, of text such as ``angle_deg=5``; the last of a name counts."""
    values = {}
    for text in texts:
        key, value = split_assignment(text, example="angle_deg=5")
        values[key.replace("-", "_")] = value
    return values


def settle(name: str, options: Mapping) -> dict:
    """Every option of a chart: the given ones checked and converted, defaults for the others.

    Raises ValueError for an unknown chart or option, or a value outside its bounds.
    """
    chart = get(name)
    known = {option.name: option for option in chart.options}
    for key in options:
        if key not in known:
            raise ValueError(f"{chart.name} has no option {key!r}; it has {', '.join(known)}{hint(key, known)}")
    return {key: option.convert(options[key]) if key in options else option.default for key, option in known.items()}


def make(name: str, height: int, width: int, **options) -> np.ndarray:
    """Draw a chart: (height, width, 3) linear light in [0, 1], sRGB primaries.

    Raises ValueError in one line for an unknown name or option, or an impossible value.
    """
    plane = _draw(name, height, width, options)
    plane = np.clip(plane, 0.0, 1.0)  # of rounding, too
    return np.repeat(plane[..., None], 3, axis=2) if plane.ndim == 2 else plane


def reflectance(name: str, height: int, width: int, **options) -> np.ndarray:
    """Draw a chart as spectral reflectance: (height, width, 31), float32, at `spectra.WAVELENGTH_NM`.

    A grey level is a flat spectrum. Raises ValueError as `make` does, and for a chart whose colours have no
    known reflectance.
    """
    if height * width > MAX_SPECTRAL_PIXELS:
        raise ValueError(f"{width}×{height} must be at most {MAX_SPECTRAL_PIXELS} pixels for a chart with spectra")
    if get(name).draw is colorchecker:
        return colorchecker(height, width, **_checked(name, height, width, options), spectral=True)
    plane = _draw(name, height, width, options)
    if plane.ndim != 2:
        raise ValueError(f"{get(name).name} has spectra only in grey: its colours have no known reflectance")
    return np.repeat(plane[..., None].astype(np.float32), len(spectra.WAVELENGTH_NM), axis=2)


def _checked(name: str, height: int, width: int, options: Mapping) -> dict:
    for side, value in (("height", height), ("width", width)):
        if not MIN_SIDE <= value <= MAX_SIDE:
            raise ValueError(f"{side} = {value} must be in [{MIN_SIDE}, {MAX_SIDE}] pixels")
    return settle(name, options)


def _draw(name: str, height: int, width: int, options: Mapping) -> np.ndarray:
    return get(name).draw(height, width, **_checked(name, height, width, options))


def _level(name: str, default: float | None, meaning: str) -> Option:
    return Option(name=name, default=default, low=0, high=1, meaning=meaning)


def _size(name: str, default: float | None, meaning: str) -> Option:
    return Option(name=name, default=default, low=0, high=MAX_SIDE, above=True, meaning=meaning)


def _contrast(name: str, default: float | None, meaning: str) -> Option:
    return Option(name=name, default=default, low=0, high=1, above=True, meaning=meaning)


def _angle(name: str, default: float, meaning: str) -> Option:
    return Option(name=name, default=default, low=-360, high=360, meaning=meaning)


def _choice(name: str, default: str, choices: str, meaning: str) -> Option:
    return Option(name=name, default=default, choices=tuple(choices.split()), meaning=meaning)


_MEAN = _level("mean", 0.5, "mean level")
_WAVE = (_MEAN, _contrast("contrast", 0.9, "(max − min)/(max + min)"))
_DIRECTION = _choice("direction", "horizontal", "horizontal vertical", "the way along which the level changes")

CHARTS = (
    Chart(
        name="colorchecker",
        description="24 surface colours, for colour reproduction",
        draw=colorchecker,
        size=(396, 588),
        options=(
            Option(name="gap", default=0.125, low=0, high=0.9, meaning="space between patches over their distance"),
            _level("surround", 0.03, "reflectance around the patches"),
        ),
    ),
    Chart(
        name="slanted-edge",
        description="an edge a few degrees off the vertical, for the MTF after ISO 12233",
        draw=patterns.slanted_edge,
        options=(
            _angle("angle_deg", 5.0, "from the vertical, clockwise; 85 or 95: nearly horizontal"),
            _level("high", 0.8, "level to the right"),
            _level("low", None, "level to the left; auto: high over contrast"),
            Option(name="contrast", default=None, low=1, high=1e4, meaning="high over low; auto: 4, or as low says"),
        ),
    ),
    Chart(
        name="point-array",
        description="points on a grid, for the point spread and its change over the field",
        draw=patterns.point_array,
        options=(
            _size("spacing_px", 32.0, "distance of neighbouring points"),
            _size("point_px", 1.0, "side of a point"),
            _level("level", 1.0, "of the points"),
            _level("background", 0.0, "level between them"),
        ),
    ),
    Chart(
        name="line",
        description="a grid of lines, for the line spread and distortion",
        draw=patterns.line,
        options=(
            _size("spacing_px", 32.0, "distance of neighbouring lines"),
            _size("line_px", 1.0, "width of a line"),
            _choice("direction", "grid", "grid horizontal vertical", "of the lines"),
            _level("level", 1.0, "of the lines"),
            _level("background", 0.0, "level between them"),
        ),
    ),
    Chart(
        name="sinusoid",
        description="a sine grating, for the modulation at one frequency",
        draw=patterns.sinusoid,
        options=(
            _size("frequency", 16.0, "cycles per picture width"),
            _angle("angle_deg", 0.0, "of the bars from the vertical, clockwise"),
            _angle("phase_deg", 0.0, "of a cosine at the top left pixel"),
            *_WAVE,
        ),
    ),
    Chart(
        name="sweep",
        description="a grating from coarse to fine, for resolution at a glance (Campbell–Robson: contrast_bottom)",
        draw=patterns.sweep,
        options=(
            _size("start", 4.0, "frequency at the left border, cycles per picture width"),
            _size("stop", None, "frequency at the right border; auto: half of what the pixels can show"),
            _choice("scale", "log", "log linear", "how the frequency grows"),
            *_WAVE,
            _contrast("contrast_bottom", None, "contrast at the bottom, in equal ratios from the top; auto: the same"),
        ),
    ),
    Chart(
        name="siemens-star",
        description="sectors that narrow towards the centre, for resolution in all directions",
        draw=patterns.siemens_star,
        options=(
            Option(name="spokes", default=36, low=1, high=1000, meaning="bright sectors"),
            _choice("profile", "square", "square sine", "across the spokes"),
            Option(name="radius", default=0.95, low=0, high=1, above=True, meaning="over half the shorter side"),
            _level("low", 0.05, "dark level"),
            _level("high", 0.95, "bright level"),
            _level("background", None, "around the star; auto: its mean"),
        ),
    ),
    Chart(
        name="zone-plate",
        description="rings up to the Nyquist frequency, for aliasing",
        draw=patterns.zone_plate,
        options=(
            Option(name="max_frequency", default=0.5, low=0, high=0.5, above=True, meaning="at the rim, cycles/pixel"),
            _angle("phase_deg", 0.0, "at the centre; 0: bright"),
            *_WAVE,
        ),
    ),
    Chart(
        name="dead-leaves",
        description="discs of all sizes on one another, for texture",
        draw=dead_leaves.dead_leaves,
        options=(
            Option(name="r_min_px", default=1.0, low=0.5, high=MAX_SIDE, meaning="smallest radius"),
            _size("r_max_px", None, "largest radius; auto: an eighth of the shorter side"),
            _level("low", 0.1, "darkest level"),
            _level("high", 0.9, "brightest level"),
            _level("saturation", 0.0, "0: grey; 1: red, green and blue independent of one another"),
            Option(name="seed", default=0, low=0, high=10**15, meaning="same seed, same chart"),
        ),
    ),
    Chart(
        name="uniform",
        description="one level, for noise, shading and exposure",
        draw=patterns.uniform,
        options=(
            _level("level", 0.18, "of every channel without its own"),
            *(_level(channel, None, "level of this channel; auto: level") for channel in ("red", "green", "blue")),
        ),
    ),
    Chart(
        name="ramp",
        description="a smooth wedge, for banding and clipping",
        draw=patterns.ramp,
        options=(
            _level("low", 0.0, "first level"),
            _level("high", 1.0, "last level"),
            _choice("scale", "linear", "linear srgb log", "equal steps of light, of sRGB code, or ratios"),
            _DIRECTION,
        ),
    ),
    Chart(
        name="step-wedge",
        description="grey fields, for the tone curve (OECF) and noise after ISO 14524 and 15739",
        draw=patterns.step_wedge,
        options=(
            Option(name="steps", default=20, low=2, high=MAX_SIDE, meaning="fields"),
            _level("low", 0.01, "first level"),
            _level("high", 1.0, "last level"),
            _choice("scale", "log", "log linear srgb", "equal steps of density, of light, or of sRGB code"),
            _DIRECTION,
        ),
    ),
)
