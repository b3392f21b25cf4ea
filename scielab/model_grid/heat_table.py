"""The grid as a heat table: one number with its interval per model and setting, on a scale of equal steps."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from camsim.io import atomic
from scielab.metrics.catalogue import Metric
from scielab.model_grid import colour_scale
from scielab.model_grid.rows import BASELINES
from scielab.model_grid.verdicts import Cell, Estimate, Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 200
_INK, _DIM, _OWN, _BAD = "#1c1c1a", "#6b6b66", "#1a7f4b", "#b3422f"

# Inches
_CELL_W, _CELL_H, _GAP = 1.62, 0.80, 0.05
_LEFT, _RIGHT, _HEAD, _FOOT = 1.02, 1.12, 1.12, 1.02
_LINE_GAP = 0.14  # between rivals and what stands below them, in addition
_VERDICT_H = 0.60  # of each verdict of a column but its first
_MIN_WIDTH = 7.2  # of the words above the table


def interval_words(metric: Metric, estimate: Estimate) -> str:
    """An interval as "4.10 – 5.70", or "-0.20 to 0.30"; nothing of a single picture."""
    if estimate.interval is None:
        return ""
    low, high = estimate.interval
    return f"{metric.show(low)} {'–' if low >= 0 else 'to'} {metric.show(high)}"


def save(path: Path | str, cells: list[Cell], verdicts: list[Verdict], metric: Metric) -> None:
    """Write the heat table of one metric as a PNG or PDF.

    Cells of models trained for their setting are framed. Below each column stands by how much those models win or
    lose, with the interval of that margin.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    models = list(dict.fromkeys(cell.model for cell in cells))
    settings = list(dict.fromkeys(cell.setting for cell in cells))
    right = _LEFT + len(settings) * (_CELL_W + _GAP) - _GAP
    width = max(right + _RIGHT, _MIN_WIDTH)
    below = max(Counter(verdict.setting for verdict in verdicts).values(), default=1) - 1
    tops, line = _tops(cells)
    bottom = tops[models[-1]] + _CELL_H
    height = bottom + below * _VERDICT_H + _FOOT
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    _draw_heads(axes, tops, settings, cells, metric)
    _draw_cells(axes, tops, settings, cells, metric)
    if line is not None:
        axes.plot([_LEFT, right], [line, line], color=_INK, linewidth=1.2)
    _draw_verdicts(axes, settings, verdicts, metric, bottom)
    if any(cell.trained for cell in cells):
        words = "framed: the model trained for this camera"
        axes.text(_LEFT, bottom + below * _VERDICT_H + 0.84, words, fontsize=8, color=_DIM, va="center")
    _draw_scale(axes, cells, metric, right + 0.22, _HEAD, bottom)
    with atomic.atomic(path) as temporary:
        figure.savefig(temporary, metadata={"CreationDate": None} if Path(path).suffix.lower() == ".pdf" else None)


def _left(column: int) -> float:
    return _LEFT + column * (_CELL_W + _GAP)


def _tops(cells: list[Cell]) -> tuple[dict[str, float], float | None]:
    """Where each model's row begins, and the line above those that are no rivals, if there are any."""
    tops: dict[str, float] = {}
    y, line = _HEAD, None
    for model, rival in {cell.model: cell.rival for cell in cells}.items():
        if not rival and tops and line is None:
            line = y + (_LINE_GAP - _GAP) / 2
            y += _LINE_GAP
        tops[model] = y
        y += _CELL_H + _GAP
    return tops, line


def _draw_heads(axes: "Axes", tops: dict[str, float], settings: list[str], cells: list[Cell], metric: Metric) -> None:
    better = "lower" if metric.lower_is_better else "higher"
    note = f"one picture, {better} is better"
    if cells[0].pictures > 1:
        note = f"mean of {cells[0].pictures} pictures, {better} is better; small: 95 % interval, bootstrap over them"
    title = metric.words + (f", {metric.unit}" if metric.unit and metric.unit not in metric.words else "")
    axes.text(_LEFT, 0.30, title, fontsize=14, fontweight="bold", color=_INK, va="center")
    axes.text(_LEFT, 0.56, note, fontsize=8.5, color=_DIM, va="center")
    for column, setting in enumerate(settings):
        middle = _left(column) + _CELL_W / 2
        axes.text(middle, _HEAD - 0.16, setting, fontsize=11, fontweight="bold", color=_INK, ha="center", va="center")
    for model, top in tops.items():
        shown = model.replace(":", ":\n")
        size = 11 if shown == model else 9
        words = axes.text(_LEFT - 0.14, top + _CELL_H / 2, shown, fontsize=size, ha="right", va="center")
        if model in BASELINES:
            words.set(style="italic", color=_DIM)
        else:
            words.set(fontweight="bold", color=_INK)


def _draw_cells(axes: "Axes", tops: dict[str, float], settings: list[str], cells: list[Cell], metric: Metric) -> None:
    from matplotlib.patches import Rectangle

    values = [cell.estimates[metric.name].value for cell in cells]
    for cell, colour in zip(cells, colour_scale.colours(values, lower_is_better=metric.lower_is_better), strict=True):
        x, y = _left(settings.index(cell.setting)), tops[cell.model]
        estimate, words = cell.estimates[metric.name], colour_scale.ink(colour)
        axes.add_patch(Rectangle((x, y), _CELL_W, _CELL_H, facecolor=colour, linewidth=0))
        if cell.trained:
            for inset, shade, line in ((-0.005, _INK, 2.2), (0.024, "white", 1.6)):  # seen on any colour
                frame = (x + inset, y + inset), _CELL_W - 2 * inset, _CELL_H - 2 * inset
                axes.add_patch(
                    Rectangle(*frame, fill=False, edgecolor=shade, linewidth=line, joinstyle="miter", zorder=3)
                )
        spread = interval_words(metric, estimate)
        middle, line = x + _CELL_W / 2, y + _CELL_H * (0.40 if spread else 0.5)
        weight = "bold" if cell.trained else "normal"
        axes.text(
            middle,
            line,
            metric.show(estimate.value),
            fontsize=15,
            fontweight=weight,
            color=words,
            ha="center",
            va="center",
        )
        axes.text(middle, y + _CELL_H * 0.73, spread, fontsize=8, color=words, alpha=0.9, ha="center", va="center")


def _draw_verdicts(axes: "Axes", settings: list[str], verdicts: list[Verdict], metric: Metric, bottom: float) -> None:
    tops = dict.fromkeys(settings, bottom)
    for verdict in verdicts:
        margin, top = verdict.margins[metric.name], tops[verdict.setting]
        tops[verdict.setting] += _VERDICT_H
        size, x = margin.size, _left(settings.index(verdict.setting)) + _CELL_W / 2
        sure = margin.excludes_zero or size.low is None
        colour = (_OWN if margin.wins else _BAD) if sure else _DIM
        words = f"{verdict.model} {'wins' if margin.wins else 'loses'} by {metric.show(size.value)}"
        size_pt = min(9.5, 205 / len(words))  # within the column
        axes.text(x, top + 0.20, words, fontsize=size_pt, fontweight="bold", color=colour, ha="center", va="center")
        rival = f"{'' if sure else 'may be chance; '}{'next' if margin.wins else 'best'}: {margin.rival}"
        for line, small in enumerate(filter(None, (interval_words(metric, size), rival))):
            axes.text(x, top + 0.40 + 0.18 * line, small, fontsize=8, color=_DIM, ha="center", va="center")


def _draw_scale(axes: "Axes", cells: list[Cell], metric: Metric, x: float, top: float, bottom: float) -> None:
    from matplotlib.ticker import MaxNLocator

    values = np.array([cell.estimates[metric.name].value for cell in cells])
    least, most = values.min(), values.max()
    best, worst = (least, most) if metric.lower_is_better else (most, least)
    ramp = colour_scale.colours(np.linspace(worst, best, 256), lower_is_better=metric.lower_is_better)
    axes.imshow(ramp[::-1, None], extent=(x, x + 0.16, bottom, top), interpolation="none", aspect="auto")
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    if most <= least:
        return
    for tick in MaxNLocator(5).tick_values(least, most):
        if least <= tick <= most:
            y = top + (tick - best) / (worst - best) * (bottom - top)
            axes.plot([x + 0.16, x + 0.21], [y, y], color=_DIM, linewidth=0.6)
            axes.text(x + 0.26, y, f"{tick:g}", fontsize=8, color=_DIM, va="center")
