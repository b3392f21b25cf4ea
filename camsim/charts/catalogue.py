"""Test charts by name: what each is for, its options with their bounds, and the pictures.

Levels are linear light, 1 for a perfect white; encoded as sRGB they are what camsim reads back. A grey level is as
well the reflectance of a grey surface, so that every grey chart, and the ColorChecker, exists as spectra too.
"""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

from camsim import arguments
from camsim.charts import dead_leaves, patterns
from camsim.charts.chart import MAX_SIDE, Chart, angle, choice, contrast, level, size, value
from camsim.charts.colorchecker import colorchecker
from camsim.light import spectra
from camsim.schema.spelling import hint, split_assignment

#: Least side of a chart in pixels; most pixels of one with spectra (500 MB).
MIN_SIDE, MAX_SPECTRAL_PIXELS = 8, 2**22

ALIASES = {"macbeth": "colorchecker"}


def get(name: str) -> Chart:
    """The chart of a name or alias; ValueError names those there are."""
    known = {chart.name: chart for chart in CHARTS}
    if not isinstance(name, str):
        raise ValueError(f"a chart is chosen by its name, not by {type(name).__name__}; known: {', '.join(known)}")
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

    Parameters
    ----------
    name : str
        The chart.
    options : mapping of str to number or str
        Some of its options; values may be text, such as "5" or "auto".

    Returns
    -------
    dict of str to number, str or None
        A value for each of the chart's options, in their order; None is "auto".

    Raises
    ------
    ValueError
        For an unknown chart or option, or a value outside its bounds, in one line.

    Examples
    --------
    >>> settle("slanted-edge", {"angle_deg": "10"})
    {'angle_deg': 10.0, 'high': 0.8, 'low': None, 'contrast': None}
    """
    return dataclasses.asdict(get(name).values(**options))


def make(name: str, height: int, width: int, **options: float | str | None) -> np.ndarray:
    """Draw a chart as a picture in linear light.

    Parameters
    ----------
    name : str
        The chart: one of `CHARTS` or of `ALIASES`.
    height : int
        Pixels, from 8 to 8192.
    width : int
        Pixels, from 8 to 8192.
    **options : float, str or None
        Options of the chart, as its `options` tell; those that are not given have their defaults.

    Returns
    -------
    ndarray of float
        (height, width, 3), linear light in [0, 1] of sRGB primaries, 1 for a perfect white.

    Raises
    ------
    ValueError
        For an unknown name or option, or an impossible value, in one line.

    References
    ----------
    ISO 12233:2017 (edge, star, sweep), ISO 14524:2009 (step wedge); each chart's function names its own.

    Examples
    --------
    >>> picture = make("slanted-edge", 48, 64, angle_deg=5, high=0.8, low=0.2)
    >>> picture.shape, picture[0, 0].round(3).tolist(), picture[-1, -1].round(3).tolist()
    ((48, 64, 3), [0.2, 0.2, 0.2], [0.8, 0.8, 0.8])
    """
    plane = _draw(name, height, width, options)
    plane = np.clip(plane, 0.0, 1.0)  # of rounding, too
    return np.repeat(plane[..., None], 3, axis=2) if plane.ndim == 2 else plane


def reflectance(name: str, height: int, width: int, **options: float | str | None) -> np.ndarray:
    """Draw a chart as spectral reflectance; a grey level is a flat spectrum.

    Parameters
    ----------
    name : str
        The chart: one of `CHARTS` or of `ALIASES`.
    height : int
        Pixels, from 8 to 8192.
    width : int
        Pixels, from 8 to 8192, at most `MAX_SPECTRAL_PIXELS` in all.
    **options : float, str or None
        Options of the chart, as for `make`.

    Returns
    -------
    ndarray of float32
        (height, width, 31), reflectance in [0, 1] at `spectra.WAVELENGTH_NM`, 400:10:700 nm.

    Raises
    ------
    ValueError
        As `make` does, and for a chart whose colours have no known reflectance.

    Examples
    --------
    >>> spectra_of_chart = reflectance("colorchecker", 40, 60, gap=0)
    >>> spectra_of_chart.shape, spectra_of_chart.dtype.name
    ((40, 60, 31), 'float32')
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
    for side, pixels in (("height", height), ("width", width)):
        arguments.whole(pixels, side, MIN_SIDE, MAX_SIDE)
    return settle(name, options)


def _draw(name: str, height: int, width: int, options: Mapping) -> np.ndarray:
    return get(name).draw(height, width, **_checked(name, height, width, options))


_WAVE = {"mean": level(0.5, "mean level"), "contrast": contrast(0.9, "(max − min)/(max + min)")}
_DIRECTION = choice("horizontal", "horizontal vertical", "the way along which the level changes")

CHARTS = (
    Chart(
        name="colorchecker",
        description="24 surface colours, for colour reproduction",
        draw=colorchecker,
        size=(396, 588),
        options={
            "gap": value(0.125, 0, 0.9, "space between patches over their distance"),
            "surround": level(0.03, "reflectance around the patches"),
        },
    ),
    Chart(
        name="slanted-edge",
        description="an edge a few degrees off the vertical, for the MTF after ISO 12233",
        draw=patterns.slanted_edge,
        options={
            "angle_deg": angle(5.0, "from the vertical, clockwise; 85 or 95: nearly horizontal"),
            "high": level(0.8, "level to the right"),
            "low": level(None, "level to the left; auto: high over contrast"),
            "contrast": value(None, 1, 1e4, "high over low; auto: 4, or as low says"),
        },
    ),
    Chart(
        name="point-array",
        description="points on a grid, for the point spread and its change over the field",
        draw=patterns.point_array,
        options={
            "spacing_px": size(32.0, "distance of neighbouring points"),
            "point_px": size(1.0, "side of a point"),
            "level": level(1.0, "of the points"),
            "background": level(0.0, "level between them"),
        },
    ),
    Chart(
        name="line",
        description="a grid of lines, for the line spread and distortion",
        draw=patterns.line,
        options={
            "spacing_px": size(32.0, "distance of neighbouring lines"),
            "line_px": size(1.0, "width of a line"),
            "direction": choice("grid", "grid horizontal vertical", "of the lines"),
            "level": level(1.0, "of the lines"),
            "background": level(0.0, "level between them"),
        },
    ),
    Chart(
        name="sinusoid",
        description="a sine grating, for the modulation at one frequency",
        draw=patterns.sinusoid,
        options=dict(
            frequency=size(16.0, "cycles per picture width"),
            angle_deg=angle(0.0, "of the bars from the vertical, clockwise"),
            phase_deg=angle(0.0, "of a cosine at the top left pixel"),
            **_WAVE,
        ),
    ),
    Chart(
        name="sweep",
        description="a grating from coarse to fine, for resolution at a glance (Campbell–Robson: contrast_bottom)",
        draw=patterns.sweep,
        options=dict(
            start=size(4.0, "frequency at the left border, cycles per picture width"),
            stop=size(None, "frequency at the right border; auto: half of what the pixels can show"),
            scale=choice("log", "log linear", "how the frequency grows"),
            **_WAVE,
            contrast_bottom=contrast(None, "contrast at the bottom, in equal ratios from the top; auto: the same"),
        ),
    ),
    Chart(
        name="siemens-star",
        description="sectors that narrow towards the centre, for resolution in all directions",
        draw=patterns.siemens_star,
        options={
            "spokes": value(36, 1, 1000, "bright sectors"),
            "profile": choice("square", "square sine", "across the spokes"),
            "radius": value(0.95, 0, 1, "over half the shorter side", above=True),
            "low": level(0.05, "dark level"),
            "high": level(0.95, "bright level"),
            "background": level(None, "around the star; auto: its mean"),
        },
    ),
    Chart(
        name="zone-plate",
        description="rings up to the Nyquist frequency, for aliasing",
        draw=patterns.zone_plate,
        options=dict(
            max_frequency=value(0.5, 0, 0.5, "at the rim, cycles/pixel", above=True),
            phase_deg=angle(0.0, "at the centre; 0: bright"),
            **_WAVE,
        ),
    ),
    Chart(
        name="dead-leaves",
        description="discs of all sizes on one another, for texture",
        draw=dead_leaves.dead_leaves,
        options={
            "r_min_px": value(1.0, 0.5, MAX_SIDE, "smallest radius"),
            "r_max_px": size(None, "largest radius; auto: an eighth of the shorter side"),
            "low": level(0.1, "darkest level"),
            "high": level(0.9, "brightest level"),
            "saturation": level(0.0, "0: grey; 1: red, green and blue independent of one another"),
            "seed": value(0, 0, 10**15, "same seed, same chart"),
        },
    ),
    Chart(
        name="uniform",
        description="one level, for noise, shading and exposure",
        draw=patterns.uniform,
        options=dict(
            level=level(0.18, "of every channel without its own"),
            **dict.fromkeys(("red", "green", "blue"), level(None, "level of this channel; auto: level")),
        ),
    ),
    Chart(
        name="ramp",
        description="a smooth wedge, for banding and clipping",
        draw=patterns.ramp,
        options={
            "low": level(0.0, "first level"),
            "high": level(1.0, "last level"),
            "scale": choice("linear", "linear srgb log", "equal steps of light, of sRGB code, or ratios"),
            "direction": _DIRECTION,
        },
    ),
    Chart(
        name="step-wedge",
        description="grey fields, for the tone curve (OECF) and noise after ISO 14524 and 15739",
        draw=patterns.step_wedge,
        options={
            "steps": value(20, 2, MAX_SIDE, "fields"),
            "low": level(0.01, "first level"),
            "high": level(1.0, "last level"),
            "scale": choice("log", "log linear srgb", "equal steps of density, of light, or of sRGB code"),
            "direction": _DIRECTION,
        },
    ),
)
