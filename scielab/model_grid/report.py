"""The grid as one HTML page that needs nothing else: numbers with intervals, pictures, slider and ΔE overlay."""

from collections.abc import Iterable

import numpy as np

from scielab.comparison import map_figure
from scielab.comparison.page import data_url, filled
from scielab.metrics.catalogue import METRICS, Metric
from scielab.model_grid import colour_scale, tables
from scielab.model_grid.evaluate import Result
from scielab.model_grid.pictures import Picture
from scielab.model_grid.rows import BASELINE
from scielab.model_grid.verdicts import Cell, Verdict

#: What the page needs to know of a metric.
_SHOWN = ("name", "words", "short", "unit", "digits", "lower_is_better")


def page(
    pictures: Iterable[Picture],
    results: Iterable[Result],
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
    pictures, results : iterables of Picture and of Result
        What is shown, with outputs and maps; every result's picture must be among the pictures.
    cells, verdicts : lists of Cell and of Verdict
        Over all pictures, shown or not.
    top : float
        ΔE at the upper end of the maps' colour scale.
    facts : dict of str to str
        How it was measured, shown as a list.
    warnings : iterable of str
        What has to be known before the numbers are believed; they stand above them.

    Returns
    -------
    str
        The page.
    """
    metrics = [metric for metric in METRICS if metric.name in cells[0].estimates]
    shown = {
        p.name: {
            "reference": data_url(p.reference),
            "inputs": {setting: data_url(rgb) for setting, rgb in p.inputs.items()},
            "outputs": {},
            "maps": {},
        }
        for p in pictures
    }
    numbers = {}
    for result in results:
        if result.picture in shown:
            key = f"{result.model}/{result.setting}"
            shown[result.picture]["outputs"][key] = data_url(result.output)
            shown[result.picture]["maps"][key] = data_url(map_figure.colourise(result.delta_e, top))
            numbers[f"{result.picture}/{key}"] = result.numbers
    content = {
        "pictures": shown,
        "numbers": numbers,
        "metrics": [{key: getattr(metric, key) for key in _SHOWN} for metric in metrics],
        "shades": {metric.name: _shades(cells, metric) for metric in metrics},
        "trainedFor": {cell.model: cell.setting for cell in cells if cell.trained},
        "baseline": BASELINE,
        "top": top,
        "scale": data_url(map_figure.colourise(np.linspace(0, top, 256)[None], top)),
        "heat": data_url(colour_scale.scale()[None]),
        "facts": facts,
        "warnings": list(warnings),
    } | tables.as_dict(cells, verdicts)
    # Last: what is filled in holds no "<", so no name can pass for the title.
    return filled("grid.html", content).replace("<!--TITLE-->", _title(cells))


def _title(cells: list[Cell]) -> str:
    models = len({cell.model for cell in cells} - {BASELINE})
    settings = len({cell.setting for cell in cells})
    return f"{_counted(models, 'model').capitalize()} × {_counted(settings, 'camera')}"


def _counted(count: int, noun: str) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return f"{words[count] if count < len(words) else count} {noun}{'' if count == 1 else 's'}"


def _shades(cells: list[Cell], metric: Metric) -> list[list[str]]:
    """Background and ink of each cell, as in `heat_table`."""
    values = [cell.estimates[metric.name].value for cell in cells]
    colours = colour_scale.colours(values, lower_is_better=metric.lower_is_better)
    return [["#" + "".join(f"{round(255 * v):02x}" for v in colour), colour_scale.ink(colour)] for colour in colours]
