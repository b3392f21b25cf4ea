"""The grid as one HTML page that needs nothing else: pictures, numbers, slider and ΔE overlay."""

import base64
import io
import json
from collections.abc import Iterable
from importlib import resources

import numpy as np
from PIL import Image

from camsim.image import quantise
from scielab import grid, plots


def _data_url(rgb: np.ndarray) -> str:
    """(H, W, 3) sRGB values in [0, 1] as a PNG data URL."""
    buffer = io.BytesIO()
    Image.fromarray(quantise(rgb)).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def page(
    pictures: Iterable[grid.Picture],
    results: Iterable[grid.Result],
    cells: list[grid.Cell],
    verdicts: list[grid.Verdict],
    *,
    top: float,
    facts: dict[str, str],
) -> str:
    """The report as HTML.

    Parameters
    ----------
    pictures, results : what is shown; every result's picture must be among the pictures.
    cells, verdicts : over all pictures that were judged, shown or not.
    top : ΔE at the upper end of the maps' colour scale.
    facts : how it was measured, shown as a list.
    """
    shown = {p.name: {"reference": _data_url(p.reference), "inputs": {}, "outputs": {}, "maps": {}} for p in pictures}
    for picture in pictures:
        shown[picture.name]["inputs"] = {s: _data_url(v) for s, v in picture.inputs.items()}
    scores = {}
    for result in results:
        if result.picture in shown:
            key = f"{result.model}/{result.setting}"
            shown[result.picture]["outputs"][key] = _data_url(result.output)
            shown[result.picture]["maps"][key] = _data_url(plots.colourise(result.delta_e, top))
            scores[f"{result.picture}/{key}"] = {
                "delta_e_mean": result.delta_e_mean,
                "delta_e_p95": result.delta_e_p95,
                "psnr_db": result.psnr_db,
                "ssim": result.ssim,
            }
    scale = plots.colourise(np.linspace(0, top, 256)[None], top)
    content = grid.as_dict(cells, verdicts) | {
        "pictures": shown,
        "scores": scores,
        "trainedFor": grid.TRAINED_FOR,
        "top": top,
        "scale": _data_url(scale),
        "facts": facts,
        "sentences": [grid.describe(verdict) for verdict in verdicts],
    }
    template = (resources.files("scielab") / "templates" / "grid.html").read_text(encoding="utf-8")
    # "</" inside a script element would end it.
    return template.replace("/*CONTENT*/null", json.dumps(content, allow_nan=False).replace("</", "<\\/"))
