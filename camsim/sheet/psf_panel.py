"""The lens's point spread on the sheet, with the pixel grid, a scale bar and the scale of its colours."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from camsim.camera import Camera
from camsim.optics.point_spread import Spread
from camsim.sheet.layout import GREY, PANEL, Box, Page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Lowest value of the PSF's logarithmic scale, share of the peak.
PSF_FLOOR = 1e-4

#: Width of the scale of colours and its distance from the panel; what both and the numbers beside them need, pixels.
_SCALE, _SCALE_GAP, _SCALE_ROOM = 16, 14, 84

#: Lines of the pixel grid from which on they are drawn faintly; sensor pixels across the panel above which a line
#: stands for ten of them.
_MANY_LINES, _MANY_PIXELS = 30, 100


def draw(page: Page, box: Box, lens: Spread, camera: Camera) -> None:
    """Draw the point spread into the upper left of a box."""
    side = min(PANEL - _SCALE_ROOM, box.height)
    panel = page.axes(Box(box.left, box.top, side, side))
    shown = _draw_spread(panel, lens)
    pixels_per_line = _draw_pixel_grid(panel, lens.half_width_um, camera.sensor.pixel_pitch_um)
    _draw_scale_bar(panel, lens.half_width_um, _grid_words(pixels_per_line, camera.sensor.pixel_pitch_um))
    scale = page.figure.colorbar(shown, cax=page.axes(Box(box.left + side + _SCALE_GAP, box.top, _SCALE, side)))
    scale.set_label("light per area, peak = 1", fontsize=10, color=GREY)
    scale.ax.tick_params(labelsize=9.5, colors=GREY)
    scale.outline.set_visible(False)


def _draw_spread(panel: "Axes", lens: Spread) -> Any:
    """The point spread itself, in µm about its middle; returns matplotlib's image."""
    from matplotlib.colors import LogNorm

    rows, columns = lens.psf.shape
    half = lens.half_width_um
    left, top = -(columns // 2) - 0.5, -(rows // 2) - 0.5  # the sample [rows // 2, columns // 2] is the middle
    pitch = lens.pitch_um
    panel.set_facecolor("black")
    shown = panel.imshow(
        np.maximum(lens.psf, PSF_FLOOR),
        extent=(left * pitch, (left + columns) * pitch, (top + rows) * pitch, top * pitch),
        norm=LogNorm(PSF_FLOOR, 1.0),
        cmap="inferno",
        interpolation="none",
    )
    panel.set(xlim=(-half, half), ylim=(half, -half), xticks=[], yticks=[])
    return shown


def _draw_pixel_grid(panel: "Axes", half_um: float, pitch_um: float) -> int:
    """The borders of sensor pixels, or of squares of 10, 100 … where they would lie too close; returns how many."""
    pixels_per_line = 10 ** max(0, math.ceil(math.log10(2 * half_um / pitch_um / _MANY_PIXELS)))
    reach = math.ceil(half_um / pitch_um / pixels_per_line)
    lines = (np.arange(-reach, reach + 1) + 0.5) * pitch_um * pixels_per_line
    style: dict[str, Any] = {"color": "white", "alpha": 0.5 if len(lines) < _MANY_LINES else 0.22, "linewidth": 0.7}
    for line in lines[np.abs(lines) < half_um]:
        panel.axvline(line, **style)
        panel.axhline(line, **style)
    return pixels_per_line


def _grid_words(pixels_per_line: int, pitch_um: float) -> str:
    squares = "sensor pixels" if pixels_per_line == 1 else f"{pixels_per_line}×{pixels_per_line} sensor pixels"
    return f"(grid: {squares} of {pitch_um:g} µm)"


def _draw_scale_bar(panel: "Axes", half_um: float, words: str) -> None:
    """A bar of a round length in the lower left corner, and words beside its length."""
    from matplotlib.patheffects import withStroke

    length = round_length(0.5 * half_um)
    start, base = -0.93 * half_um, 0.9 * half_um
    halo = [withStroke(linewidth=6)]
    ends = [start, start + length]
    panel.plot(ends, [base, base], color="white", linewidth=4, solid_capstyle="butt", path_effects=halo)
    outline = [withStroke(linewidth=3.5, foreground="black")]
    above = base - 0.04 * half_um
    panel.text(start, above, f"{length:g} µm   {words}", color="white", fontsize=11, path_effects=outline)


def round_length(value: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is not above `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9))
