"""The grid in words and numbers: a table and sentences to read, JSON and CSV to go on with."""

import csv
import io
from collections.abc import Iterable

from scielab.metrics.catalogue import MEASURES, Measure
from scielab.model_grid.evaluate import TRAINED_FOR
from scielab.model_grid.verdicts import Cell, Estimate, Margin, Verdict

_BY_NAME = {measure.name: measure for measure in MEASURES}


def text(cells: list[Cell]) -> str:
    """The grid as a table: rows are models, columns settings; mean ΔE with half its interval, and PSNR."""
    models = list(dict.fromkeys(cell.model for cell in cells))
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    at = {(cell.model, cell.setting): cell.scores for cell in cells}
    count = cells[0].pictures
    head = "mean ΔE / PSNR dB" if count == 1 else f"mean ΔE ± half its 95 % interval / PSNR dB, {count} pictures"
    rows = [["", *settings]]
    for model in models:
        row = [model]
        for setting in settings:
            mark = "*" if TRAINED_FOR.get(setting) == model else " "
            delta_e, psnr = at[model, setting]["delta_e_mean"], at[model, setting]["psnr_db"]
            spread = "" if delta_e.half_width is None else f" ±{delta_e.half_width:.2f}"
            row.append(f"{delta_e.value:.2f}{spread} / {psnr.value:5.2f}{mark}")
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        row[0].ljust(widths[0])
        + "".join("  " + words.rjust(width) for words, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
    return "\n".join([head, *(line.rstrip() for line in lines), "* trained for this setting"])


def sentence(verdict: Verdict) -> str:
    """A verdict in words, by mean ΔE and by PSNR."""
    parts = [_margin_words(_BY_NAME[name], verdict.margins[name]) for name in ("delta_e_mean", "psnr_db")]
    return f"{verdict.setting}: {verdict.model} {'; '.join(parts)}"


def _margin_words(measure: Measure, margin: Margin) -> str:
    told = margin.told
    words = f"{'wins' if margin.wins else 'loses'} by {measure.show(told.value, unit=True)}"
    if told.low is not None:
        words += f" [{measure.show(told.low)}, {measure.show(told.high)}]"
        words += "" if margin.excludes_zero else " which may be chance"
    return f"{words} ({'next' if margin.wins else 'best'}: {margin.rival})"


def as_dict(cells: Iterable[Cell], verdicts: Iterable[Verdict]) -> dict:
    """Cells and verdicts for JSON. An interval is a list [low, high], or null where there was one picture."""
    return {
        "cells": [
            {"model": cell.model, "setting": cell.setting, "pictures": cell.pictures} | _flat(cell.scores)
            for cell in cells
        ],
        "columns": [
            {"setting": verdict.setting, "model": verdict.model}
            | {name: _margin(margin) for name, margin in verdict.margins.items()}
            for verdict in verdicts
        ],
    }


def _interval(estimate: Estimate) -> list[float] | None:
    return None if estimate.low is None else [estimate.low, estimate.high]


def _flat(scores: dict[str, Estimate]) -> dict:
    flat = {}
    for name, estimate in scores.items():
        flat |= {name: estimate.value, f"{name}_interval": _interval(estimate)}
    return flat


def _margin(margin: Margin) -> dict:
    return {
        "wins": margin.wins,
        "margin": margin.estimate.value,
        "margin_interval": _interval(margin.estimate),
        "excludes_zero": margin.excludes_zero,
        "rival": margin.rival,
    }


def as_csv(cells: list[Cell]) -> str:
    """Cells as CSV with a header: every number with the bounds of its interval, empty where there was one picture."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    names = list(cells[0].scores)
    bounds = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    writer.writerow(["model", "setting", "pictures", *bounds])
    for cell in cells:
        numbers = [
            n for name in names for n in (cell.scores[name].value, cell.scores[name].low, cell.scores[name].high)
        ]
        writer.writerow([cell.model, cell.setting, cell.pictures, *numbers])
    return file.getvalue()
