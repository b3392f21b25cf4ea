"""The grid as one HTML page that needs nothing else: numbers with intervals, pictures, slider and ΔE overlay."""

from collections.abc import Iterable
from dataclasses import asdict

import numpy as np

from scielab.comparison import map_figure
from scielab.comparison.page import data_url, filled
from scielab.metrics.catalogue import MEASURES, Measure
from scielab.model_grid import colour_scale, evaluate, tables
from scielab.model_grid.verdicts import Cell, Verdict


def page(
    pictures: Iterable[evaluate.Picture],
    results: Iterable[evaluate.Result],
    cells: list[Cell],
    verdicts: list[Verdict],
    *,
    top: float,
    facts: dict[str, str],
    warnings: Iterable[str] = (),
) -> str:
    """The report as HTML.

    Parameters
    ----------
    pictures, results : what is shown; every result's picture must be among the pictures.
    cells, verdicts : over all pictures that were judged, shown or not.
    top : ΔE at the upper end of the maps' colour scale.
    facts : how it was measured, shown as a list.
    warnings : what has to be known before the numbers are believed; they stand above them.
    """
    measures = [measure for measure in MEASURES if measure.name in cells[0].scores]
    shown = {
        p.name: {
            "reference": data_url(p.reference),
            "inputs": {setting: data_url(rgb) for setting, rgb in p.inputs.items()},
            "outputs": {},
            "maps": {},
        }
        for p in pictures
    }
    scores = {}
    for result in results:
        if result.picture in shown:
            key = f"{result.model}/{result.setting}"
            shown[result.picture]["outputs"][key] = data_url(result.output)
            shown[result.picture]["maps"][key] = data_url(map_figure.colourise(result.delta_e, top))
            scores[f"{result.picture}/{key}"] = {m.name: getattr(result, m.name) for m in measures}
    content = {
        "pictures": shown,
        "scores": scores,
        "measures": [asdict(measure) for measure in measures],
        "shades": {measure.name: _shades(cells, measure) for measure in measures},
        "trainedFor": evaluate.TRAINED_FOR,
        "baseline": evaluate.BASELINE,
        "top": top,
        "scale": data_url(map_figure.colourise(np.linspace(0, top, 256)[None], top)),
        "heat": data_url(colour_scale.scale()[None]),
        "facts": facts,
        "warnings": list(warnings),
    } | tables.as_dict(cells, verdicts)
    return filled("grid.html", content)


def _shades(cells: list[Cell], measure: Measure) -> list[list[str]]:
    """Background and ink of each cell, as in `matrix`."""
    values = [cell.scores[measure.name].value for cell in cells]
    colours = colour_scale.colours(values, lower_is_better=measure.lower_is_better)
    return [["#" + "".join(f"{round(255 * v):02x}" for v in colour), colour_scale.ink(colour)] for colour in colours]
