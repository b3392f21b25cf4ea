"""The grid as pictures: outputs, and ΔE maps on one scale. Every tile is shown pixel by pixel, not resampled."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from camsim.io import atomic
from scielab.comparison import map_figure
from scielab.model_grid import evaluate

_GAP, _LABEL, _HEAD, _BETWEEN, _FOOT = 4, 92, 62, 34, 78
_DPI = 100
_OWN = (0.10, 0.60, 0.36)


def save_outputs(path: Path, pictures: list[evaluate.Picture], results: list[evaluate.Result]) -> None:
    """Write reference, camera pictures and the models' outputs for each picture, side by side."""
    trained = [result for result in results if result.model != evaluate.BASELINE]
    _save(path, pictures, trained, lambda result: result.output, head=("reference", "camera"), bar=None)


def save_maps(path: Path, pictures: list[evaluate.Picture], results: list[evaluate.Result], *, top: float) -> None:
    """Write the S-CIELAB maps of all outputs on one scale, 0 to `top` ΔE, with its bar."""
    _save(path, pictures, results, lambda result: map_figure.colourise(result.delta_e, top), head=(), bar=top)


def _enlarge(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Nearest-neighbour enlargement: an input is shown as the pixels it is."""
    rows = np.arange(size[0]) * rgb.shape[0] // size[0]
    columns = np.arange(size[1]) * rgb.shape[1] // size[1]
    return rgb[rows][:, columns]


def _save(path, pictures, results, tile: Callable, *, head: tuple[str, ...], bar: float | None) -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    settings = list(pictures[0].inputs)
    models = list(dict.fromkeys(result.model for result in results))
    found = {(r.picture, r.model, r.setting): r for r in results}
    rows = [*head, *models]
    h, w = (max(p.reference.shape[axis] for p in pictures) for axis in (0, 1))
    block = len(settings) * (w + _GAP) - _GAP
    width = _LABEL + len(pictures) * (block + _BETWEEN) - _BETWEEN + 16
    height = _HEAD + len(rows) * (h + _GAP) + (_FOOT if bar else 34)
    canvas = np.ones((height, width, 3))
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()

    def text(x, y, words, **style):
        axes.text(x, y, words, **({"fontsize": 10, "ha": "center", "va": "center", "color": "#222"} | style))

    for number, picture in enumerate(pictures):
        left = _LABEL + number * (block + _BETWEEN)
        text(left + block / 2, 16, picture.name, fontsize=11, fontweight="bold")
        for column, setting in enumerate(settings):
            x = left + column * (w + _GAP)
            text(x + w / 2, _HEAD - 14, setting)
            for row, model in enumerate(rows):
                y = _HEAD + row * (h + _GAP)
                if model == "reference":
                    shown = picture.reference
                elif model == "camera":
                    shown = _enlarge(picture.inputs[setting], picture.reference.shape[:2])
                else:
                    shown = tile(found[picture.name, model, setting])
                canvas[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
                if evaluate.TRAINED_FOR.get(setting) == model:
                    frame = Rectangle((x - 1.5, y - 1.5), w + 2, h + 2, fill=False, edgecolor=_OWN, linewidth=2.2)
                    axes.add_patch(frame)
    for row, model in enumerate(rows):
        text(_LABEL - 10, _HEAD + row * (h + _GAP) + h / 2, model, ha="right", fontsize=11)
    foot = _HEAD + len(rows) * (h + _GAP)
    text(_LABEL, foot + 14, "framed: the model trained for this camera", ha="left", fontsize=9, color=_OWN)
    if bar:
        _draw_bar(canvas, text, foot + 34, width, bar)
    axes.imshow(canvas, extent=(-0.5, width - 0.5, height - 0.5, -0.5), interpolation="none", aspect="auto")
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    with atomic.atomic(path) as temporary:
        figure.savefig(temporary, dpi=_DPI)


def _draw_bar(canvas: np.ndarray, text: Callable, y: int, width: int, top: float) -> None:
    length = min(480, width - _LABEL - 220)
    canvas[y : y + 14, _LABEL : _LABEL + length] = map_figure.colourise(np.linspace(0, top, length)[None], top)
    for value in np.linspace(0, top, 5):
        label = f"{value:g}" if value < top else f"≥ {value:g}"
        text(_LABEL + value / top * length, y + 26, label, fontsize=9)
    text(_LABEL + length + 26, y + 7, "ΔE (S-CIELAB, CIE 1976)", ha="left", fontsize=10)
