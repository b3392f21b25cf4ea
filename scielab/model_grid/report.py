"""The grid as one HTML page that needs nothing else: numbers with intervals, pictures, slider and ΔE overlay."""

from collections.abc import Iterable
from typing import TypedDict

import numpy as np

from scielab.comparison import map_scale
from scielab.comparison.page import data_url, filled, ruler
from scielab.metrics.catalogue import METRICS
from scielab.model_grid import colour_scale, report_table
from scielab.model_grid.evaluate import ShownResult
from scielab.model_grid.pictures import Picture
from scielab.model_grid.rows import BASELINE, BASELINES, CLASSICAL
from scielab.model_grid.verdicts import Cell, Verdict

#: What the page's script needs to know of a metric.
_SHOWN = ("name", "short", "unit", "digits")

# Of WebP, from 0 to 100: about 1 ΔE from the exact outputs, and 1 ΔE from the exact maps. A seventh of the bytes.
_OUTPUT_QUALITY, _MAP_QUALITY = 95, 80

_FILTER_STEPS = 33  # colours of the maps between which a browser interpolates


class _PagePicture(TypedDict):
    """A picture as the page's script has it; outputs, maps and numbers by "model/setting"."""

    reference: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    maps: dict[str, str]
    numbers: dict[str, list[float | None]]  #: None of a metric that is of the whole set


def page(
    pictures: Iterable[Picture],
    results: Iterable[ShownResult],
    cells: list[Cell],
    verdicts: list[Verdict],
    *,
    top: float,
    facts: dict[str, str],
    warnings: Iterable[str] = (),
    first: str | None = None,
) -> str:
    """The report as HTML.

    Parameters
    ----------
    pictures, results : iterables of Picture and of ShownResult
        What is shown, with outputs and maps; results of other pictures are passed over.
    cells, verdicts : lists of Cell and of Verdict
        Over all pictures, shown or not.
    top : float
        ΔE at the upper end of the maps' colour scale.
    facts : dict of str to str
        How it was measured, shown as a list.
    warnings : iterable of str
        What has to be known before the numbers are believed; they stand above them.
    first : str, optional
        Name of the picture that the page opens on, by default the first.

    Returns
    -------
    str
        The page.
    """
    metrics = [metric for metric in METRICS if metric.name in cells[0].estimates]
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    models = list(dict.fromkeys(cell.model for cell in cells))
    shown: dict[str, _PagePicture] = {
        p.name: {
            "reference": data_url(p.reference),
            "inputs": {setting: data_url(rgb) for setting, rgb in p.inputs.items()},
            "outputs": {},
            "maps": {},
            "numbers": {},
        }
        for p in pictures
    }
    for result in results:
        if result.picture in shown:
            here, key = shown[result.picture], f"{result.model}/{result.setting}"
            here["outputs"][key] = data_url(result.output, quality=_OUTPUT_QUALITY)
            here["maps"][key] = data_url(map_scale.places(result.delta_e, top), quality=_MAP_QUALITY)
            here["numbers"][key] = [result.numbers.get(metric.name) for metric in metrics]
    model, setting = opening(cells)
    content = {
        "pictures": shown,
        "metrics": [{key: getattr(metric, key) for key in _SHOWN} for metric in metrics],
        "models": models,
        "settings": settings,
        "trainedFor": {cell.model: cell.setting for cell in cells if cell.trained},
        "baseline": BASELINE,
        "top": top,
        "start": {"picture": first or next(iter(shown)), "model": model, "setting": setting},
    }
    return filled(
        "grid.html",
        content=content,
        title=_title(cells),
        tables=[report_table.table(cells, verdicts, metric) for metric in metrics],
        cards=[report_table.card(verdict) for verdict in verdicts],
        settings=settings,
        longest_name=max(map(len, models)),
        judged=cells[0].pictures,
        names=list(shown),
        scale=ruler(top),
        filter=_filter(),
        heat=data_url(colour_scale.scale()[None]),
        facts=facts,
        warnings=list(warnings),
        quality=(_OUTPUT_QUALITY, _MAP_QUALITY),
    )


def opening(cells: list[Cell]) -> tuple[str, str]:
    """Model and setting that the page opens on: where a model helps most in mean ΔE, compared with the baseline.

    Models on the camera that they are trained for go before others.
    """
    value = {(cell.model, cell.setting): cell.estimates["delta_e_mean"].value for cell in cells}
    best = max(
        (cell for cell in cells if cell.model != CLASSICAL),
        key=lambda cell: (
            cell.trained,
            value.get((BASELINE, cell.setting), np.inf) - value[cell.model, cell.setting],
            cell.model != BASELINE,
        ),
    )
    return best.model, best.setting


def _filter() -> dict[str, str]:
    """The colours of maps as the tables of an SVG filter, which a browser paints grey maps with."""
    colours = map_scale.colours(np.linspace(0, 1, _FILTER_STEPS))
    return {name: " ".join(f"{v:.4f}" for v in channel) for name, channel in zip("RGB", colours.T, strict=True)}


def _title(cells: list[Cell]) -> str:
    models = len({cell.model for cell in cells} - {*BASELINES})
    settings = len({cell.setting for cell in cells})
    return f"{_counted(models, 'model').capitalize()} × {_counted(settings, 'camera')}"


def _counted(count: int, noun: str) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    return f"{words[count] if count < len(words) else count} {noun}{'' if count == 1 else 's'}"
