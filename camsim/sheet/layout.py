"""The page of a sheet: its sizes and colours, pictures fitted into boxes, and words and lines above them."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from camsim.io import image
from camsim.light.colour import srgb_decode, srgb_encode

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Width of the page and of a panel, pixels.
WIDTH, PANEL = 2000, 620

#: Space beside the panels, between them, for the two lines above each of them, for the camera's name above all, and
#: for its numbers below, pixels.
MARGIN, GAP, TITLE, HEAD, FOOT = 34, 36, 64, 96, 116

#: Panels are as high as the picture asks, within bounds; the PSF is square and needs some height in the upper row.
MIN_UPPER, MAX_HEIGHT = 400, 880

INK, GREY, RULE = "#1a1a1a", "#6a6a6a", "#d0d0d0"

_DPI = 100


class Box(NamedTuple):
    """A part of the page, pixels from its top left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def corner(self, across: int, down: int) -> tuple[float, float]:
        """Place of a corner: left (0) or right (1), top (0) or bottom (1)."""
        return self.left + across * self.width, self.top + down * self.height


class Grid(NamedTuple):
    """The panels: two rows of three."""

    upper: int  #: height of the upper row, pixels
    lower: int  #: of the lower row

    @property
    def page_height(self) -> int:
        return HEAD + TITLE + self.upper + GAP + TITLE + self.lower + FOOT

    def panel(self, number: int) -> Box:
        """The box of a panel, counted row by row from 0, without its title."""
        row, column = divmod(number, 3)
        top = HEAD + TITLE + row * (self.upper + GAP + TITLE)
        return Box(MARGIN + column * (PANEL + GAP), top, PANEL, self.lower if row else self.upper)


def grid(rows: int, columns: int) -> Grid:
    """The panels for a picture of so many rows and columns."""
    lower = min(round(PANEL * rows / columns), MAX_HEIGHT)
    return Grid(max(lower, MIN_UPPER), lower)


class Page:
    """White paper, on which pictures are put pixel by pixel, and a figure of the same size above it."""

    def __init__(self, height: int) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.height = height
        self.paper = np.ones((height, WIDTH, 3))  #: sRGB values
        self.figure = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI)  # no pyplot: nothing stays open
        self._canvas = FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()

    def write(self, left: float, baseline: float, words: str, size: float, **style: Any) -> None:
        """A line of text; its style as matplotlib's."""
        usual: dict[str, Any] = {"fontsize": size, "color": INK, "va": "baseline", "ha": "left"}
        self._axes.text(left, baseline, words, **usual | style)

    def line(self, points: list[tuple[float, float]], **style: Any) -> None:
        """A line through points; its style as matplotlib's."""
        self._axes.plot([x for x, _ in points], [y for _, y in points], **style)

    def paste(self, picture: np.ndarray, box: Box) -> Box:
        """Fit a picture into a box, at its top left, and return the part of the box that it fills.

        Every pixel of the page is the mean over its area, so that enlarged pixels are blocks with hardly blurred edges.
        """
        rows, columns = picture.shape[:2]
        scale = min(box.width / columns, box.height / rows)
        height, width = max(1, round(rows * scale)), max(1, round(columns * scale))
        filled = Box(box.left, box.top, width, height)
        self.put(area_mean(picture, (height, width)), filled)
        return filled

    def put(self, picture: np.ndarray, box: Box) -> None:
        """A picture that has the size of its box."""
        self.paper[box.top : box.bottom, box.left : box.right] = picture

    def axes(self, box: Box) -> "Axes":
        """Axes of matplotlib's over a part of the page."""
        bottom = 1 - box.bottom / self.height
        return self.figure.add_axes((box.left / WIDTH, bottom, box.width / WIDTH, box.height / self.height))

    def drawn(self) -> np.ndarray:
        """The page, (height, `WIDTH`, 3) sRGB values in [0, 1]."""
        extent = (0, WIDTH, self.height, 0)
        self._axes.imshow(image.quantise(self.paper), extent=extent, interpolation="none", aspect="auto", zorder=-1)
        self._axes.set(xlim=(0, WIDTH), ylim=(self.height, 0))
        self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[..., :3] / 255.0


def area_mean(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture of uniform square pixels (h, w, 3), sRGB values, averaged over `size` squares in linear light."""
    down, across = (_overlap(count, wanted) for count, wanted in zip(picture.shape[:2], size, strict=True))
    linear = srgb_decode(np.clip(picture, 0, 1))
    return srgb_encode(np.stack([down @ plane @ across.T for plane in np.moveaxis(linear, -1, 0)], axis=-1))


def _overlap(count: int, wanted: int) -> np.ndarray:
    """What share each of `count` pixels in a row has of each of `wanted` equal parts of that row: (wanted, count)."""
    edges = np.linspace(0, count, wanted + 1)
    overlap = np.minimum(edges[1:, None], np.arange(1, count + 1)) - np.maximum(edges[:-1, None], np.arange(count))
    return np.maximum(overlap, 0) * (wanted / count)
