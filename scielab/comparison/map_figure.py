"""The ΔE map as a picture with its scale."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from camsim.io import atomic, image
from scielab.comparison import map_scale

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: File name endings a map can be written to. No lossy one: a map's colours are its numbers.
SUFFIXES = (".png", ".pdf")

_ROWS = 64  # of a map, coloured at a time
_STRIP = 256  # and drawn at a time
_DPI = 100
_MIN_WIDTH, _MAX_MAGNIFIED, _MIN_BAR = 480, 1600, 240  # pixels


def check_suffix(path: Path | str) -> None:
    """Raise ValueError unless `path` ends as a file that a map can be written to."""
    if Path(path).suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: a map is written as one of {', '.join(SUFFIXES)}")


def save_map(path: Path | str, delta_e_map: np.ndarray, *, top: float | None = None, title: str = "") -> None:
    """Write a map (H, W) in ΔE as a picture with a scale bar; the suffix of `path` chooses the format.

    Every pixel of the map becomes one block of equal colour, n × n pixels in size: n = 1 unless the map is small.
    The scale ends at `top` ΔE, by default where that of `map_scale.top_of` does; values above have the colour of the
    top, which the bar says.

    Raises ValueError for another suffix than `SUFFIXES`, a map that is not (H, W) with finite values, a `top`
    that is not positive, or a place that is not writable; nothing is left half-written.
    """
    path = Path(path)
    check_suffix(path)
    figure = _figure(delta_e_map, top, title)
    with atomic.atomic(path) as temporary:
        # Without a date the same map gives the same bytes.
        figure.savefig(temporary, metadata={"CreationDate": None} if path.suffix.lower() == ".pdf" else None)


def png(delta_e_map: np.ndarray, *, top: float | None = None, title: str = "") -> bytes:
    """The bytes of the PNG that `save_map` writes."""
    buffer = io.BytesIO()
    _figure(delta_e_map, top, title).savefig(buffer, format="png")
    return buffer.getvalue()


def _figure(delta_e_map: np.ndarray, top: float | None, title: str) -> "Figure":
    """A map with its scale bar, and above it a title unless that is empty."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    values = np.asarray(delta_e_map, dtype=float)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"a map of shape {values.shape} must be (rows, columns) with finite values")
    top = map_scale.top_of([values]) if top is None else top
    colours = np.empty((*values.shape, 3), np.uint8)
    for first in range(0, len(values), _ROWS):
        rows = slice(first, first + _ROWS)
        colours[rows] = image.quantise(map_scale.colourise(values[rows], top))

    # Axes are placed in whole pixels by hand: automatic layout would resample the map.
    block = max(1, min(-(-_MIN_WIDTH // values.shape[1]), _MAX_MAGNIFIED // max(values.shape)))
    height, width = block * values.shape[0], block * values.shape[1]
    unit = max(1.0, max(height, width) / 1000)  # words and bar grow with large maps
    font = 9.5 * unit
    margin, bar, room = round(14 * unit), round(16 * unit), round(62 * unit)
    head = round(30 * unit) if title else 0
    inner = max(height, round(_MIN_BAR * unit))
    words = round(0.9 * font * len(title))  # about what the title takes
    total_width = 2 * margin + max(width + bar + room, words)
    total_height = 2 * margin + head + inner
    figure = Figure(figsize=(total_width / _DPI, total_height / _DPI), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)

    def axes(left: int, below: int, wide: int, high: int) -> "Axes":
        return figure.add_axes((left / total_width, below / total_height, wide / total_width, high / total_height))

    figure.add_artist(_pixels(colours.repeat(block, 0).repeat(block, 1), margin, margin + (inner - height) // 2))
    _draw_bar(figure, axes(2 * margin + width, margin, bar, inner), top, font, bar / inner)
    if title:
        left, middle = margin / total_width, 1 - (margin + 0.35 * head) / total_height
        figure.text(left, middle, title, ha="left", va="center", fontsize=1.1 * font)
    return figure


def _pixels(rgb: np.ndarray, left: int, below: int) -> "Artist":
    """Pixels (H, W, 3), uint8, as they are; of an image of its own kind matplotlib makes several copies."""
    from matplotlib.artist import Artist
    from matplotlib.backend_bases import RendererBase

    class Pixels(Artist):
        def draw(self, renderer: RendererBase) -> None:
            scale = figure.dpi / _DPI if (figure := self.get_figure()) else 1  # 0.72 in a PDF
            context, upwards = renderer.new_gc(), rgb[::-1]
            for first in range(0, len(rgb), _STRIP):
                strip = upwards[first : first + _STRIP + 1]  # one row goes below the next strip: no seam shows
                rgba = np.concatenate([strip, np.full_like(strip[..., :1], 255)], axis=2)
                renderer.draw_image(context, left * scale, (below + first) * scale, rgba)
            context.restore()

    return Pixels()


def _draw_bar(figure: "Figure", axes: "Axes", top: float, font: float, arrow: float) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    ticks = map_scale.ticks(top)
    places = ScalarMappable(Normalize(0, 1), map_scale.COLORMAP)
    bar = figure.colorbar(places, cax=axes, extend="max", extendfrac=arrow, ticks=map_scale.places(ticks, top))
    bar.ax.set_yticklabels([f"{value:g}" for value in ticks])
    bar.ax.tick_params(labelsize=font, width=font / 12, length=font / 2.5, pad=font / 3)
    bar.outline.set_linewidth(font / 15)
    bar.set_label(f"ΔE, 0 to {top:g} (arrow: above)", fontsize=font, labelpad=font / 2)
