"""One picture with all stages of a camera side by side, for `camsim render --sheet`."""

import math

import numpy as np

from camsim.camera import Camera
from camsim.io import image
from camsim.light import spectra
from camsim.light.colour import srgb_decode, srgb_encode, xyz_to_linear
from camsim.optics.point_spread import Spread, spread
from camsim.sensor import adc, pixels
from camsim.sheet import captions
from camsim.shot import Stages

#: Size of the sheet and of its panels, pixels. Panels are as high as the picture asks, within bounds; the PSF is
#: square and needs some height in the upper row.
WIDTH, PANEL, MARGIN, GAP, TITLE, HEAD, FOOT = 2000, 620, 34, 36, 64, 96, 116
MIN_UPPER, MAX_HEIGHT = 400, 880

#: Below so many pixels of the sheet per sensor pixel the mosaic is shown as the means of its tiles, and a part of it
#: enlarged.
MIN_BLOCK = 4

#: Side of the part of the mosaic that is shown enlarged, sensor pixels; a sensor up to twice as wide needs none.
INSET_PX = 24

#: Lowest value of the PSF's logarithmic scale, share of the peak.
PSF_FLOOR = 1e-4

_DPI = 100
_INK, _GREY, _RULE = "#1a1a1a", "#6a6a6a", "#d0d0d0"
_COLOURS = {"r": (1.0, 0.0, 0.0), "g": (0.0, 1.0, 0.0), "b": (0.0, 0.0, 1.0), "w": (1.0, 1.0, 1.0)}


def draw(stages: Stages, camera: Camera) -> np.ndarray:
    """Scene, PSF, irradiance, raw mosaic, demosaiced picture and result with the camera's numbers.

    Sensor pixels are blocks of one colour; where they are smaller than those of the sheet, their mean is shown.

    Returns
    -------
    (H, 2000, 3) sRGB values in [0, 1].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows, columns = stages.electrons.shape
    lower = min(round(PANEL * rows / columns), MAX_HEIGHT)
    upper = max(lower, MIN_UPPER)
    height = HEAD + TITLE + upper + GAP + TITLE + lower + FOOT
    paper = np.ones((height, WIDTH, 3))
    figure = Figure(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI)  # no pyplot: nothing stays open
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()

    def text(x: float, y: float, words: str, size: float, **style) -> None:
        axes.text(x, y, words, **({"fontsize": size, "color": _INK, "va": "baseline", "ha": "left"} | style))

    tiles = "means of tiles; " if _is_reduced((rows, columns), lower) else ""
    full = f"{adc.full_scale_e(camera.sensor):,.0f} e⁻"
    light, brightest = _light(stages)
    where = "with a dark frame" if camera.method == "isetcam" else "at the pixels' centres"
    scene = srgb_encode(stages.scene_rgb_linear)
    panels = (
        ("Scene", f"{scene.shape[1]}×{scene.shape[0]} pixels, sRGB", scene),
        ("Lens: point spread", "without the pixel; all bands, weighted by luminance; log scale", None),
        ("Irradiance", f"behind the lens, {where}; white = {captions.number(brightest)} lux, the brightest", light),
        ("Raw mosaic", f"in the filters' colours; {tiles}brightest shade = full scale, {full}", None),
        ("Demosaiced", f"the sensor's own colours; white = full scale, {full}", _demosaiced(stages, camera)),
        ("Result", _result_words(camera), stages.srgb),
    )
    for number, (title, words, picture) in enumerate(panels):
        left = MARGIN + number % 3 * (PANEL + GAP)
        top = HEAD + TITLE + number // 3 * (upper + GAP + TITLE)
        text(left, top - 36, title, 14, fontweight="bold")
        text(left, top - 13, words, 10.5, color=_GREY)
        if picture is not None:
            _paste(paper, picture, left, top, upper if number < 3 else lower)
        elif number == 1:
            _draw_psf(figure, spread(camera), camera, (left, top, min(PANEL - 84, upper)), height)
        else:
            _draw_mosaic(paper, axes, _mosaic(stages, camera), camera, (left, top, lower))
    text(MARGIN, 50, camera.name, 21, fontweight="bold")
    text(MARGIN, 76, camera.description, 12, color=_GREY)
    axes.plot([MARGIN, WIDTH - MARGIN], [height - FOOT + 18] * 2, color=_RULE, linewidth=1)
    for line, words in enumerate(captions.numbers(stages, camera)):
        text(MARGIN, height - FOOT + 46 + 26 * line, words, 11)
    axes.imshow(image.quantise(paper), extent=(0, WIDTH, height, 0), interpolation="none", aspect="auto", zorder=-1)
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255.0


# --- what the panels show -------------------------------------------------------------------------------------------


def _light(stages: Stages) -> tuple[np.ndarray, float]:
    """The irradiance as sRGB values, its brightest illuminance white, and that illuminance in lux."""
    xyz = spectra.xyz(stages.irradiance / spectra.to_photons(np.ones(len(stages.wavelength_nm))))
    brightest = float(xyz[..., 1].max())
    return srgb_encode(xyz_to_linear(100 * xyz / (brightest or 1.0))), brightest


def _mosaic(stages: Stages, camera: Camera) -> np.ndarray:
    """Every sensor pixel in the colour of its filter, sRGB values (H, W, 3)."""
    share = srgb_encode(stages.electrons / adc.full_scale_e(camera.sensor))
    tile = np.array([[_COLOURS[letter] for letter in row] for row in camera.sensor.tile])
    repeat = share.shape[0] // tile.shape[0], share.shape[1] // tile.shape[1], 1
    return share[..., None] * np.tile(tile, repeat)


def _demosaiced(stages: Stages, camera: Camera) -> np.ndarray:
    """The sensor's channels as red, green and blue, sRGB values (H, W, 3).

    One channel is grey; a white channel beside red, green and blue is left out, and where one of those is missing
    each channel adds light of its own colour.
    """
    top = 1.0
    if camera.method == "isetcam":  # volts, or counts up to 2ⁿ
        well = pixels.as_read(camera.sensor).full_well_e
        top = 2.0**camera.sensor.bit_depth if camera.sensor.bit_depth else adc.volts(well, camera.sensor)
    letters = pixels.colours(camera.sensor)
    if set("rgb") <= set(letters):
        return srgb_encode(stages.demosaiced[..., [letters.index(letter) for letter in "rgb"]] / top)
    mix = np.array([_COLOURS[letter] for letter in letters])
    return srgb_encode(stages.demosaiced / top @ (mix / np.maximum(mix.sum(axis=0), 1.0)))


def _result_words(camera: Camera) -> str:
    if camera.isp.tone == "linear":
        return "values proportional to light, as if they were sRGB"
    return "sRGB; the brightest luminance is white" if camera.method == "isetcam" else "sRGB"


# --- drawing --------------------------------------------------------------------------------------------------------


def _paste(paper: np.ndarray, picture: np.ndarray, left: int, top: int, height: int) -> tuple[int, int]:
    """Fit a picture into a box of `PANEL` × `height`, at its top left; returns the picture's height and width there.

    Every pixel of the sheet is the mean over its area, so that enlarged pixels are blocks with hardly blurred edges.
    """
    scale = min(PANEL / picture.shape[1], height / picture.shape[0])
    size = max(1, round(picture.shape[0] * scale)), max(1, round(picture.shape[1] * scale))
    paper[top : top + size[0], left : left + size[1]] = _area_mean(picture, size)
    return size


def _area_mean(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture of uniform square pixels (h, w, 3), sRGB values, averaged over `size` squares in linear light."""
    along = []
    for n, wanted in zip(picture.shape[:2], size, strict=True):
        edges = np.linspace(0, n, wanted + 1)
        share = np.minimum(edges[1:, None], np.arange(1, n + 1)) - np.maximum(edges[:-1, None], np.arange(n))
        along.append(np.maximum(share, 0) * (wanted / n))
    linear = srgb_decode(np.clip(picture, 0, 1))
    return srgb_encode(np.stack([along[0] @ plane @ along[1].T for plane in np.moveaxis(linear, -1, 0)], axis=-1))


def _draw_mosaic(paper: np.ndarray, axes, mosaic: np.ndarray, camera: Camera, box: tuple[int, int, int]) -> None:
    """The mosaic; where its pixels would be small, the means of its tiles, and the liveliest part enlarged.

    The place of the enlarged part is framed and tied to it.
    """
    left, top, height = box
    a, b = pixels.cfa_index(camera.sensor).shape
    tiled = mosaic.reshape(mosaic.shape[0] // a, a, mosaic.shape[1] // b, b, 3)
    means = srgb_encode(srgb_decode(tiled).mean(axis=(1, 3)))
    if not _is_reduced(mosaic.shape[:2], height):
        _paste(paper, mosaic, left, top, height)
        return
    height, width = _paste(paper, means, left, top, height)
    row, column = _liveliest(means, a, b)
    scale = width / mosaic.shape[1]
    x, y, side = left + column * scale, top + row * scale, INSET_PX * scale
    style = {"color": "white", "linewidth": 1.6, "solid_capstyle": "round"}
    if (room := PANEL - width - GAP) >= 240:  # beside a tall picture
        block = min(room, height) // INSET_PX
        cx, cy = (
            left + width + GAP,
            int(min(max(top, y + (side - block * INSET_PX) / 2), top + height - block * INSET_PX)),
        )
        ties, style["color"] = (((1, 0), (0, 0)), ((1, 1), (0, 1))), _GREY  # facing corners
    else:  # the corner farthest from the framed part
        block = max(1, int(0.46 * min(width, height)) // INSET_PX)
        across, down = x + side / 2 < left + width / 2, y + side / 2 < top + height / 2
        cx = left + (width - block * INSET_PX - 10 if across else 10)
        cy = top + (height - block * INSET_PX - 10 if down else 10)
        tied = ((0, 1), (1, 0)) if across == down else ((0, 0), (1, 1))
        ties = tuple((corner, corner) for corner in tied)  # these lines run outside both frames
    big = block * INSET_PX
    cut = mosaic[row : row + INSET_PX, column : column + INSET_PX]
    paper[cy : cy + big, cx : cx + big] = cut.repeat(block, axis=0).repeat(block, axis=1)
    for fx, fy, size in ((x, y, side), (cx, cy, big)):
        axes.plot([fx, fx + size, fx + size, fx, fx], [fy, fy, fy + size, fy + size, fy], **style)
    for (i, j), (k, l) in ties:
        axes.plot([x + i * side, cx + k * big], [y + j * side, cy + l * big], **(style | {"linewidth": 0.8}))


def _is_reduced(shape: tuple[int, int], height: int) -> bool:
    """Whether a mosaic has too many pixels to be shown one by one in a panel of this height."""
    return min(PANEL / shape[1], height / shape[0]) < MIN_BLOCK and min(shape) >= 2 * INSET_PX


def _liveliest(tiles: np.ndarray, a: int, b: int) -> tuple[int, int]:
    """Top row and left column, in pixels, of the `INSET_PX` square, from whole tiles of a × b on, that varies most."""
    window = [max(1, min(INSET_PX // n, count)) for n, count in zip((a, b), tiles.shape, strict=False)]
    change = sum(np.pad(np.diff(tiles, axis=axis) ** 2, [(0, int(i == axis)) for i in range(3)]) for axis in (0, 1))
    total = np.pad(change.sum(axis=2), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    held = total[window[0] :, window[1] :] - total[: -window[0], window[1] :]
    held = held - total[window[0] :, : -window[1]] + total[: -window[0], : -window[1]]
    i, j = np.unravel_index(np.argmax(held), held.shape)
    return min(i * a, tiles.shape[0] * a - INSET_PX), min(j * b, tiles.shape[1] * b - INSET_PX)


def _draw_psf(figure, lens: Spread, camera: Camera, box: tuple, sheet_height: int) -> None:
    """The PSF with the pixel grid, a scale bar and the scale of its colours."""
    from matplotlib.colors import LogNorm
    from matplotlib.patheffects import withStroke

    left, top, side = box

    def axes(x: int, w: int):
        return figure.add_axes((x / WIDTH, 1 - (top + side) / sheet_height, w / WIDTH, side / sheet_height))

    panel, half, pitch = axes(left, side), lens.half_width_um, camera.sensor.pixel_pitch_um
    h, w = lens.psf.shape
    bounds = [(-(w // 2) - 0.5), w - w // 2 - 0.5, h - h // 2 - 0.5, -(h // 2) - 0.5]
    panel.set_facecolor("black")
    shown = panel.imshow(
        np.maximum(lens.psf, PSF_FLOOR),
        extent=[edge * lens.pitch_um for edge in bounds],
        norm=LogNorm(PSF_FLOOR, 1.0),
        cmap="inferno",
        interpolation="none",
    )
    panel.set(xlim=(-half, half), ylim=(half, -half), xticks=[], yticks=[])
    each = 10 ** max(0, math.ceil(math.log10(2 * half / pitch / 100)))  # pixels per line of the grid
    lines = (np.arange(-math.ceil(half / pitch / each), math.ceil(half / pitch / each) + 1) + 0.5) * pitch * each
    style = {"color": "white", "alpha": 0.5 if len(lines) < 30 else 0.22, "linewidth": 0.7}
    for edge in lines[np.abs(lines) < half]:
        panel.axvline(edge, **style)
        panel.axhline(edge, **style)
    length = _nice(0.5 * half)
    start, base, outline = -0.93 * half, 0.9 * half, [withStroke(linewidth=3.5, foreground="black")]
    bar = {"color": "white", "linewidth": 4, "solid_capstyle": "butt", "path_effects": [withStroke(linewidth=6)]}
    panel.plot([start, start + length], [base, base], **bar)
    words = (
        f"{length:g} µm   (grid: {'sensor pixels' if each == 1 else f'{each}×{each} sensor pixels'} of {pitch:g} µm)"
    )
    panel.text(start, base - 0.04 * half, words, color="white", fontsize=11, path_effects=outline)
    scale = figure.colorbar(shown, cax=axes(left + side + 14, 16))
    scale.set_label("light per area, peak = 1", fontsize=10, color=_GREY)
    scale.ax.tick_params(labelsize=9.5, colors=_GREY)
    scale.outline.set_visible(False)


def _nice(value: float) -> float:
    """The largest 1, 2 or 5 times a power of ten that is not above `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9))
