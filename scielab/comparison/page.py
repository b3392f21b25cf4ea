"""One comparison as an HTML page that needs nothing else: slider, ΔE overlay, histogram, numbers, conditions."""

import base64
import io
import math
import zlib

import numpy as np
from PIL import Image

from camsim.io.image import quantise
from scielab.comparison import map_figure, record

#: File name endings of a page.
SUFFIXES = (".html", ".htm")

#: Pictures of more pixels are shown reduced by a whole number: browsers take seconds to unpack more.
MAX_SHOWN_PIXELS = 4_200_000

_BINS, _STEPS = 80, 200  # of the histogram; of the threshold slider
_LEAST_STEP, _ROUNDING = 0.01, 1e-9  # ΔE, of the embedded map; of a value that lies on a threshold
_NOTICEABLE = {76: 2.3}  # ΔE the overlay starts from, a convention; 1 for the other formulas


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
    import jinja2

    loader = jinja2.PackageLoader("scielab")
    made = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    made.policies["json.dumps_kwargs"] = {"allow_nan": False}
    return made.get_template(template).render(content)


def html(
    found: dict,
    pictures: tuple[np.ndarray, np.ndarray],
    differences: np.ndarray,
    *,
    top: float = map_figure.DEFAULT_TOP,
) -> str:
    """The page as text.

    Parameters
    ----------
    found : dict
        The record of the comparison; its numbers are shown as they are.
    pictures : tuple of two (H, W, 3) arrays
        Reference and test, sRGB values in [0, 1], as they are to be seen.
    differences : (h, w) array
        The map in ΔE, at the upper left of the pictures and no larger than they are.
    top : float
        ΔE at the upper end of colour scale, histogram and threshold.
    """
    rows, columns = pictures[0].shape[:2]
    reduced = max(1, math.ceil(math.sqrt(rows * columns / MAX_SHOWN_PIXELS)))
    shown = [_reduce(picture, reduced, np.add) if reduced > 1 else picture for picture in pictures]
    thresholds = np.arange(_STEPS + 1) * (top / _STEPS)
    ordered = np.sort(differences, axis=None)
    painted = 100 * (1 - np.searchsorted(ordered, thresholds - _ROUNDING) / ordered.size)
    edges = np.append(np.arange(_BINS + 1) * (top / _BINS), np.inf)
    counts = np.diff(np.searchsorted(ordered, edges))
    reference, test = _names(found)
    content = {
        "title": f"{test} against {reference}",
        "lead": f"{record.title(found)}: where an eye sees the test picture differ from its reference.",
        "reference": {"name": reference, "src": data_url(shown[0])},
        "test": {"name": test, "src": data_url(shown[1])},
        "shown": {"rows": shown[0].shape[0], "columns": shown[0].shape[1], "reduced": reduced},
        "map": _packed(_reduce(differences, reduced, np.maximum) if reduced > 1 else differences, top / _STEPS),
        "pixels": differences.size,
        "top": top,
        "colours": np.rint(255 * map_figure.colourise(np.linspace(0, top, 256)[None], top)[0]).astype(int).tolist(),
        "thresholdStep": top / _STEPS,
        "thresholdStart": min(_STEPS, round(_NOTICEABLE.get(found["formula"], 1.0) * _STEPS / top)),
        "painted": painted.tolist(),
        "histogram": {"percent": (100 * counts / ordered.size).tolist()},
        "columns": ["S-CIELAB", "plain CIELAB"] if "plain_delta_e" in found else ["S-CIELAB"],
        "numbers": _numbers(found),
        "facts": record.facts(found),
    }
    return filled("compare.html", content=content)


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


def _packed(differences: np.ndarray, threshold_step: float) -> dict:
    """A map (H, W) as base64 of deflated 16-bit integers, all high bytes first, rounded down to steps of `step` ΔE.

    A whole number of steps, `perThreshold`, makes a step of the threshold, so that what is painted is exact. The
    largest integer stands for all above.
    """
    per_threshold = max(1, round(threshold_step / _LEAST_STEP))
    step = threshold_step / per_threshold
    codes = np.minimum((differences + _ROUNDING) / step, 65535).astype(np.uint16)
    planes = np.stack([codes >> 8, codes & 255]).astype(np.uint8)
    return {
        "rows": codes.shape[0],
        "columns": codes.shape[1],
        "step": step,
        "perThreshold": per_threshold,
        "data": base64.b64encode(zlib.compress(planes.tobytes(), 6)).decode(),
    }


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
