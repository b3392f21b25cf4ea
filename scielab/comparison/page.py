"""One comparison as an HTML page that needs nothing else: slider, ΔE overlay, histogram, numbers, conditions."""

import base64
import io
import math
import zlib
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from PIL import Image

from camsim.io.image import quantise
from scielab.comparison import histogram, map_scale, record

#: File name endings of a page.
SUFFIXES = (".html", ".htm")

#: Pictures of more pixels are shown reduced by a whole number: browsers take seconds to unpack more.
MAX_SHOWN_PIXELS = 4_200_000

#: Where the threshold of the overlay may stand: that many places on the scale, and the convention for its formula.
_THRESHOLDS = 120
_NOTICEABLE = {76: 2.3}  # ΔE the overlay starts from, a convention; 1 for the other formulas

_LEAST_STEP, _ROUNDING = 0.01, 1e-9  # ΔE, of the embedded map; of a value that lies on a threshold
_COLOURS = 256
_ROWS = 64  # of a picture, worked on at a time


class Rows(Protocol):
    """A picture, sRGB values in [0, 1], of which rows can be had: an array (H, W, 3), or what makes them when asked."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice) -> np.ndarray: ...


def data_url(rgb: np.ndarray, *, quality: int | None = None) -> str:
    """A picture of 8 bits as a data URL: PNG, which keeps every value, or WebP of a quality from 0 to 100.

    The picture is (H, W, 3) sRGB values or a grey (H, W), uint8 or floating point in [0, 1].
    """
    buffer = io.BytesIO()
    picture = Image.fromarray(rgb if rgb.dtype == np.uint8 else quantise(rgb))
    kind, how = ("png", {}) if quality is None else ("webp", {"quality": quality, "method": 6})
    picture.save(buffer, kind, **how)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def filled(template: str, **content: object) -> str:
    """A page of `scielab/templates` with its content; what is no HTML is escaped, in scripts too."""
    return "".join(parts(template, **content))


def parts(template: str, **content: object) -> Iterator[str]:
    """The same, part by part: the whole as one text takes twice its bytes as soon as one letter is Greek."""
    import jinja2

    loader = jinja2.PackageLoader("scielab")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    made.policies["json.dumps_kwargs"] = {"allow_nan": False}
    return made.get_template(template).generate(content)


def ruler(top: float) -> dict:
    """The scale of maps up to `top` ΔE, ready for the macro of `ruler.html`: its colours, and what stands where."""
    ticks = map_scale.ticks(top)
    return {
        "top": f"{top:g}",
        "ramp": data_url(map_scale.colours(np.linspace(0, 1, _COLOURS)[None])),
        "ticks": [
            {"words": map_scale.tick_words(tick, top), "at": f"{100 * place:.1f}"}
            for tick, place in zip(ticks, map_scale.places(ticks, top), strict=True)
        ],
    }


def html_parts(
    found: dict,
    pictures: tuple[Rows, Rows],
    differences: np.ndarray,
    *,
    top: float | None = None,
) -> Iterator[str]:
    """The page as text, part by part.

    Parameters
    ----------
    found : dict
        The record of the comparison; its numbers are shown as they are.
    pictures : tuple of two Rows
        Reference and test, (H, W, 3), as they are to be seen.
    differences : (h, w) array
        The map in ΔE, at the upper left of the pictures and no larger than they are.
    top : float, optional
        ΔE at the upper end of colour scale, histogram and threshold; by default where `map_scale.top_of` ends it.
    """
    top = map_scale.top_of([differences]) if top is None else top
    rows, columns = pictures[0].shape[:2]
    reduced = max(1, math.ceil(math.sqrt(rows * columns / MAX_SHOWN_PIXELS)))
    step = _step(top)
    noticeable = _NOTICEABLE.get(found["formula"], 1.0)
    thresholds = _thresholds(top, step, noticeable)
    painted = 100 * (1 - histogram.below(differences, thresholds * step - _ROUNDING) / differences.size)
    start = int(np.argmin(np.abs(thresholds * step - noticeable)))
    reference, test = _names(found)
    small = _reduce(differences, reduced, np.maximum) if reduced > 1 else differences
    bars = histogram.drawn(differences, top)
    content = {
        "shown": {"rows": -(-rows // reduced), "columns": -(-columns // reduced), "reduced": reduced},
        "map": _packed(small, step),
        "colours": np.rint(255 * map_scale.colours(np.linspace(0, 1, _COLOURS))).astype(int).tolist(),
        "top": top,
        "thresholds": thresholds.tolist(),
        "painted": painted.tolist(),
        "histogram": {"left": bars["left"], "axis": bars["axis"], "edges": [bar["from"] for bar in bars["bars"]]},
    }
    return parts(
        "compare.html",
        content=content,
        title=f"{test} against {reference}",
        lead=f"{record.title(found)}: where an eye sees the test picture differ from its reference.",
        reference={"name": reference, "src": data_url(_small(pictures[0], reduced))},
        test={"name": test, "src": data_url(_small(pictures[1], reduced))},
        shown=content["shown"],
        scale=ruler(top),
        start={
            "index": start,
            "value": thresholds[start] * step - _ROUNDING,
            "delta_e": f"{thresholds[start] * step:.6g}",
            "painted": histogram.percent_words(painted[start]),
        },
        steps=len(thresholds) - 1,
        histogram=bars,
        columns=["S-CIELAB", "plain CIELAB"] if "plain_delta_e" in found else ["S-CIELAB"],
        numbers=_numbers(found),
        facts=record.facts(found),
    )


def _names(found: dict) -> tuple[str, str]:
    """Names of reference and test for people: without the folders, unless only they tell the two apart."""
    paths = [found[side].replace("\\", "/") for side in ("reference", "test")]
    last = [path.rpartition("/")[2] for path in paths]
    return tuple(paths if last[0] == last[1] else last)


def _numbers(found: dict) -> list[dict]:
    columns = [found[key] for key in ("delta_e", "plain_delta_e") if key in found]
    exceeded = {limit["number"] for limit in found.get("limits", ()) if limit["exceeded"]}
    return [
        {
            "name": record.number_name(number),
            "note": record.number_note(number, found["formula"]),
            "values": [record.number_text(number, values[number]) for values in columns],
            "exceeded": number in exceeded,
        }
        for number in columns[0]
    ]


def _step(top: float) -> float:
    """The steps in ΔE of the embedded map and of its threshold: an eye needs none that are finer."""
    return _LEAST_STEP if 1 <= top <= 500 else 10.0 ** (math.floor(math.log10(top)) - 3)


def _thresholds(top: float, step: float, noticeable: float) -> np.ndarray:
    """Where the overlay may begin, in steps: spaced as the scale is, and at what is noticeable."""
    spaced = top * np.linspace(0, 1, _THRESHOLDS + 1) ** 2
    return np.unique(np.rint(np.append(spaced, min(noticeable, top)) / step).astype(int))


def _packed(differences: np.ndarray, step: float) -> dict:
    """A map (H, W) as base64 of deflated 16-bit integers, all high bytes first, rounded down to steps of `step` ΔE.

    Thresholds are whole steps, so that what is painted is exact. The largest integer stands for all above.
    """
    planes = np.empty((2, *differences.shape), np.uint8)
    for first in range(0, len(differences), _ROWS):
        rows = slice(first, first + _ROWS)
        codes = np.minimum((differences[rows] + _ROUNDING) / step, 65535).astype(np.uint16)
        planes[0, rows], planes[1, rows] = codes >> 8, codes & 255
    return {
        "rows": differences.shape[0],
        "columns": differences.shape[1],
        "step": step,
        "data": base64.b64encode(zlib.compress(planes.data, 6)).decode(),
    }


def _small(picture: Rows, factor: int) -> np.ndarray:
    """A picture reduced by a whole number, with 8 bits."""
    rows = max(1, _ROWS // factor) * factor
    bands = (picture[first : first + rows] for first in range(0, picture.shape[0], rows))
    return np.concatenate([quantise(_reduce(band, factor, np.add) if factor > 1 else band) for band in bands])


def _reduce(values: np.ndarray, factor: int, how: np.ufunc) -> np.ndarray:
    """Blocks of `factor` × `factor` pixels as one: their mean for `np.add`, else what `how` makes of them.

    Blocks at the lower and right border may be smaller.
    """
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], factor)
        sizes = np.diff(np.append(starts, values.shape[axis]))
        values = how.reduceat(values, starts, axis=axis)
        if how is np.add:
            values = values / np.expand_dims(sizes, tuple(i for i in range(values.ndim) if i != axis))
    return values
