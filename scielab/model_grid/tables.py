"""The grid in words and numbers: a table and sentences to read, JSON and CSV to go on with."""

import csv
import html
import io
from collections.abc import Iterable, Mapping

from camsim.io import csv_file
from scielab.metrics.catalogue import METRICS, Metric
from scielab.model_grid.verdicts import Cell, Estimate, Margin, Verdict

_BY_NAME = {metric.name: metric for metric in METRICS}


def text(cells: list[Cell]) -> str:
    """The grid as a table: rows are models, columns settings; mean ΔE with half its interval, and PSNR."""
    settings, lines_of = _lines(cells)
    rows = [["", *settings]]
    for model, line in lines_of.items():
        rows.append([model, *(_cell_words(cell) + ("*" if cell and cell.trained else " ") for cell in line)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        row[0].ljust(widths[0])
        + "".join("  " + words.rjust(width) for words, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
    below = [number for number, line in enumerate(lines_of.values(), 1) if not _rival(line)]
    if below:
        lines.insert(below[0], "─" * len(lines[0]))
    foot = ["* trained for this setting"] if any(cell.trained for cell in cells) else []
    return "\n".join([_head(cells), *(line.rstrip() for line in lines), *foot])


def _cell_words(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    delta_e, psnr = cell.estimates["delta_e_mean"], cell.estimates["psnr_db"]
    spread = "" if delta_e.half_width is None else f" ±{delta_e.half_width:.2f}"
    return f"{delta_e.value:.2f}{spread} / {psnr.value:5.2f}"


def as_html(cells: list[Cell]) -> str:
    """The same as an HTML table, for notebooks; cells of models trained for their setting are bold."""
    settings, lines_of = _lines(cells)
    rows = ["".join(f"<th>{html.escape(words)}</th>" for words in ("", *settings))]
    for model, line in lines_of.items():
        boxes = (f"<b>{_cell_words(cell)}</b>" if cell and cell.trained else _cell_words(cell) for cell in line)
        rows.append(f"<th>{html.escape(model)}</th>" + "".join(f"<td>{box}</td>" for box in boxes))
    above = 1 + sum(_rival(line) for line in lines_of.values())
    parts = ("".join(f"<tr>{row}</tr>" for row in part) for part in (rows[:above], rows[above:]))
    body = "<tbody style='border-top: 2px solid'>".join(filter(None, parts))
    return f"<table><caption>{_head(cells)}</caption>{body}</table>"


def _lines(cells: list[Cell]) -> tuple[list[str], dict[str, list[Cell | None]]]:
    """The settings, and for each model its cells in their order; None where it abstains."""
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    at = {(cell.model, cell.setting): cell for cell in cells}
    models = dict.fromkeys(cell.model for cell in cells)
    return settings, {model: [at.get((model, setting)) for setting in settings] for model in models}


def _rival(line: list[Cell | None]) -> bool:
    """Whether the model of a line is one that others must beat."""
    return all(cell.rival for cell in line if cell)


def _head(cells: list[Cell]) -> str:
    count = cells[0].pictures
    return "mean ΔE / PSNR dB" if count == 1 else f"mean ΔE ± half its 95 % interval / PSNR dB, {count} pictures"


def sentence(verdict: Verdict) -> str:
    """A verdict in words, by mean ΔE and by PSNR."""
    parts = [_margin_words(_BY_NAME[name], verdict.margins[name]) for name in ("delta_e_mean", "psnr_db")]
    return f"{verdict.setting}: {verdict.model} {'; '.join(parts)}"


def _margin_words(metric: Metric, margin: Margin) -> str:
    size = margin.size
    words = f"{'wins' if margin.wins else 'loses'} by {metric.show(size.value, unit=True)}"
    if size.interval is not None:
        words += f" [{', '.join(map(metric.show, size.interval))}]"
        words += "" if margin.excludes_zero else " which may be chance"
    return f"{words} ({'next' if margin.wins else 'best'}: {margin.rival})"


def as_dict(cells: Iterable[Cell], verdicts: Iterable[Verdict]) -> dict:
    """Cells and verdicts for JSON. An interval is a list [low, high], or null where there was one picture."""
    return {
        "cells": [
            {"model": cell.model, "setting": cell.setting, "rival": cell.rival, "pictures": cell.pictures}
            | _flat(cell.estimates)
            for cell in cells
        ],
        "columns": [
            {"setting": verdict.setting, "model": verdict.model}
            | {name: _margin(margin) for name, margin in verdict.margins.items()}
            for verdict in verdicts
        ],
    }


def _interval(estimate: Estimate) -> list[float] | None:
    return None if estimate.interval is None else list(estimate.interval)


def _flat(estimates: dict[str, Estimate]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, estimate in estimates.items():
        flat |= {name: estimate.value, f"{name}_interval": _interval(estimate)}
    return flat


def _margin(margin: Margin) -> dict[str, object]:
    return {
        "wins": margin.wins,
        "margin": margin.estimate.value,
        "margin_interval": _interval(margin.estimate),
        "excludes_zero": margin.excludes_zero,
        "rival": margin.rival,
    }


def as_csv(cells: list[Cell], origins: Mapping[str, str]) -> str:
    """Cells as CSV with a header: every number with the bounds of its interval, empty where there was one picture.

    `origins` says where each model is from; nothing is said of one that is not among them.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    names = list(cells[0].estimates)
    bounds = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    writer.writerow(["model", "setting", "pictures", *bounds, "model_from"])
    for cell in cells:
        numbers = [
            number
            for name in names
            for number in (cell.estimates[name].value, cell.estimates[name].low, cell.estimates[name].high)
        ]
        texts = [csv_file.cell(text) for text in (cell.model, cell.setting, origins.get(cell.model, ""))]
        writer.writerow([*texts[:2], cell.pictures, *numbers, texts[2]])
    return file.getvalue()
