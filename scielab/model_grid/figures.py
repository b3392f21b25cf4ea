"""The grid as pictures: outputs, and ΔE maps on one scale. Every tile is shown pixel by pixel, not resampled."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from camsim.io import atomic
from scielab.comparison import map_scale
from scielab.model_grid.evaluate import ShownResult
from scielab.model_grid.pictures import Picture
from scielab.model_grid.rows import BASELINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Pixels; _LEAST is the width that the words need.
_GAP, _LABEL, _HEAD, _BETWEEN, _FOOT, _LEAST = 4, 92, 62, 34, 78, 372
_DPI = 100
_OWN = (0.10, 0.60, 0.36)


class _TileRow(NamedTuple):
    """A row of tiles."""

    label: str
    trained_for: str | None  #: the setting whose tile is framed
    tile: Callable[[Picture, str], np.ndarray | None]  #: (h, w, 3) in [0, 1] of a picture and a setting; or nothing


def save_outputs(
    path: Path, pictures: list[Picture], results: list[ShownResult], trained_for: Mapping[str, str]
) -> None:
    """Write reference, camera pictures and the models' outputs for each picture, side by side.

    `trained_for` holds the setting that a model was trained for, by the model's name: there its output is framed.
    """
    above = [
        _TileRow("reference", None, lambda picture, setting: picture.reference / 255.0),
        _TileRow("camera", None, lambda picture, setting: _enlarge(picture.inputs[setting], picture.scale) / 255.0),
    ]
    trained = [result for result in results if result.model != BASELINE]
    _save(path, pictures, above + _model_rows(trained, trained_for, lambda result: result.output / 255.0), None)


def save_maps(
    path: Path, pictures: list[Picture], results: list[ShownResult], trained_for: Mapping[str, str], *, top: float
) -> None:
    """Write the S-CIELAB maps of all outputs on one scale up to `top` ΔE, with its bar; see `save_outputs`."""
    rows = _model_rows(results, trained_for, lambda result: map_scale.colourise(result.delta_e, top))
    _save(path, pictures, rows, top)


def _model_rows(
    results: list[ShownResult], trained_for: Mapping[str, str], tile: Callable[[ShownResult], np.ndarray]
) -> list[_TileRow]:
    found = {(r.picture, r.model, r.setting): r for r in results}

    def row(model: str) -> _TileRow:
        return _TileRow(
            model.replace(":", ":\n"),
            trained_for.get(model),
            lambda picture, setting: tile(found[key]) if (key := (picture.name, model, setting)) in found else None,
        )

    return [row(model) for model in dict.fromkeys(result.model for result in results)]


def _enlarge(rgb: np.ndarray, scale: int) -> np.ndarray:
    """Nearest-neighbour enlargement: an input is shown as the pixels it is."""
    return rgb.repeat(scale, axis=0).repeat(scale, axis=1)


def _save(path: Path, pictures: list[Picture], rows: list[_TileRow], top: float | None) -> None:
    """Write rows of tiles, a block of columns for each picture; with a bar of the scale up to `top` ΔE, if given."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    settings = list(pictures[0].inputs)
    h, w = (max(p.reference.shape[axis] for p in pictures) for axis in (0, 1))
    block = len(settings) * (w + _GAP) - _GAP
    width = max(_LABEL + len(pictures) * (block + _BETWEEN) - _BETWEEN + 16, _LEAST)
    height = _HEAD + len(rows) * (h + _GAP) + (34 if top is None else _FOOT)
    canvas = np.ones((height, width, 3))
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    for number, picture in enumerate(pictures):
        left = _LABEL + number * (block + _BETWEEN)
        _write(axes, left + block / 2, 16, picture.name, fontsize=11, fontweight="bold")
        for column, setting in enumerate(settings):
            x = left + column * (w + _GAP)
            _write(axes, x + w / 2, _HEAD - 14, setting)
            for number_of_row, row in enumerate(rows):
                y = _HEAD + number_of_row * (h + _GAP)
                if (shown := row.tile(picture, setting)) is None:
                    continue
                canvas[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
                if row.trained_for == setting:
                    frame = Rectangle((x - 1.5, y - 1.5), w + 2, h + 2, fill=False, edgecolor=_OWN, linewidth=2.2)
                    axes.add_patch(frame)
    for number_of_row, row in enumerate(rows):
        _write(axes, _LABEL - 10, _HEAD + number_of_row * (h + _GAP) + h / 2, row.label, ha="right", fontsize=11)
    foot = _HEAD + len(rows) * (h + _GAP)
    if any(row.trained_for in settings for row in rows):
        words = "framed: the model trained for this camera"
        _write(axes, _LABEL, foot + 14, words, ha="left", fontsize=9, color=_OWN)
    if top is not None:
        _draw_bar(axes, canvas, foot + 34, top)
    axes.imshow(canvas, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="none", aspect="auto")
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    with atomic.atomic(path) as temporary:
        figure.savefig(temporary, dpi=_DPI)


def _write(
    axes: "Axes",
    x: float,
    y: float,
    words: str,
    *,
    fontsize: float = 10,
    fontweight: str = "normal",
    ha: Literal["left", "center", "right"] = "center",
    color: str | tuple[float, float, float] = "#222",
) -> None:
    axes.text(x, y, words, fontsize=fontsize, fontweight=fontweight, ha=ha, va="center", color=color)


def _draw_bar(axes: "Axes", canvas: np.ndarray, y: int, top: float) -> None:
    length = min(480, canvas.shape[1] - _LABEL - 220)
    canvas[y : y + 14, _LABEL : _LABEL + length] = map_scale.colours(np.linspace(0, 1, length)[None])
    for value in map_scale.ticks(top):
        place = _LABEL + float(map_scale.places(value, top)) * length
        _write(axes, place, y + 26, map_scale.tick_words(value, top), fontsize=9)
    _write(axes, _LABEL + length + 26, y + 7, "ΔE (S-CIELAB, CIE 1976)", ha="left", fontsize=10)
