"""The words of the report's tables and verdicts, ready for its template: readable without JavaScript."""

from scielab.metrics.catalogue import METRICS, Metric
from scielab.model_grid import colour_scale
from scielab.model_grid.heat_table import interval_words
from scielab.model_grid.rows import BASELINES
from scielab.model_grid.verdicts import Cell, Margin, Verdict

_TOLD = [metric for metric in METRICS if metric.name in ("delta_e_mean", "psnr_db")]


def table(cells: list[Cell], verdicts: list[Verdict], metric: Metric) -> dict:
    """One metric: a row for each model with its cells, below each setting its verdicts, and the ends of the scale.

    A cell is None where the model abstains.
    """
    values = [cell.estimates[metric.name].value for cell in cells]
    shades = colour_scale.colours(values, lower_is_better=metric.lower_is_better)
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    rows: dict[str, dict[str, dict | None]] = {cell.model: dict.fromkeys(settings) for cell in cells}
    for cell, shade in zip(cells, shades, strict=True):
        estimate = cell.estimates[metric.name]
        box = {
            "model": cell.model,
            "setting": cell.setting,
            "own": cell.trained,
            "value": metric.show(estimate.value),
            "interval": interval_words(metric, estimate).rsplit(" ", 1),
            "background": "#" + "".join(f"{round(255 * channel):02x}" for channel in shade),
            "ink": colour_scale.ink(shade),
        }
        rows[cell.model][cell.setting] = box
    below_line = {cell.model for cell in cells if not cell.rival}
    below = {setting: [verdict for verdict in verdicts if verdict.setting == setting] for setting in settings}
    ends = (max(values), min(values)) if metric.lower_is_better else (min(values), max(values))
    return {
        "name": metric.name,
        "short": metric.short,
        "words": metric.words,
        "lower_is_better": metric.lower_is_better,
        "rows": [
            {"model": model, "base": model in BASELINES, "below": model in below_line, "cells": list(line.values())}
            for model, line in rows.items()
        ],
        "foot": [
            [
                {"who": verdict.model if len(found) > 1 else "", **_line(metric, verdict.margins[metric.name])}
                for verdict in found
            ]
            for found in below.values()
        ],
        "worst": metric.show(ends[0]),
        "best": metric.show(ends[1], unit=True),
    }


def card(verdict: Verdict) -> dict:
    """A verdict by mean ΔE and by PSNR, and what it comes to: "win", "lose" or "unsure"."""
    lines = [_line(metric, verdict.margins[metric.name]) for metric in _TOLD]
    moods = {line["mood"] for line in lines}
    whole = "lose" if "lose" in moods else "unsure" if "unsure" in moods else "win"
    return {"setting": verdict.setting, "model": verdict.model, "mood": whole, "lines": lines}


def _line(metric: Metric, margin: Margin) -> dict:
    size, sure = margin.size, margin.excludes_zero or margin.estimate.low is None
    return {
        "mood": ("win" if margin.wins else "lose") if sure else "unsure",
        "does": "wins by" if margin.wins else "loses by",
        "value": metric.show(size.value),
        "unit": metric.unit,
        "interval": interval_words(metric, size).rsplit(" ", 1),
        "rival": f"{'next' if margin.wins else 'best'}: {margin.rival}",
    }
