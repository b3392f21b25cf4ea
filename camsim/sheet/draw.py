"""One picture with all stages of a camera side by side."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from camsim.camera import Camera
from camsim.light.colour import srgb_encode
from camsim.optics.point_spread import spread
from camsim.sensor import adc
from camsim.sheet import captions, layout, mosaic_panel, pictures, psf_panel
from camsim.sheet.layout import FOOT, GREY, MARGIN, RULE, WIDTH, Box, Page
from camsim.shot import Stages


class Panel(NamedTuple):
    """A stage: its name, what is seen there, and what draws it into a box of the page."""

    title: str
    words: str
    draw: Callable[[Page, Box], object]


def draw(stages: Stages, camera: Camera) -> np.ndarray:
    """Scene, PSF, irradiance, raw mosaic, demosaiced picture and result with the camera's numbers.

    Sensor pixels are blocks of one colour; where they are smaller than those of the sheet, their mean is shown.

    Returns
    -------
    (H, 2000, 3) sRGB values in [0, 1].
    """
    grid = layout.grid(*stages.electrons.shape)
    page = Page(grid.page_height)
    for number, panel in enumerate(_panels(stages, camera, grid.lower)):
        box = grid.panel(number)
        page.write(box.left, box.top - 36, panel.title, 14, fontweight="bold")
        page.write(box.left, box.top - 13, panel.words, 10.5, color=GREY)
        panel.draw(page, box)
    page.write(MARGIN, 50, camera.name, 21, fontweight="bold")
    page.write(MARGIN, 76, camera.description, 12, color=GREY)
    foot = page.height - FOOT
    page.line([(MARGIN, foot + 18), (WIDTH - MARGIN, foot + 18)], color=RULE, linewidth=1)
    for line, words in enumerate(captions.numbers(stages, camera)):
        page.write(MARGIN, foot + 46 + 26 * line, words, 11)
    return page.drawn()


def _panels(stages: Stages, camera: Camera, lower: int) -> list[Panel]:
    """The six stages in order; `lower` is the height of the panels below, pixels."""
    tiles = "means of tiles; " if mosaic_panel.is_reduced(stages.electrons.shape, lower) else ""
    full = f"{adc.full_scale_e(camera.sensor):,.0f} e⁻"
    light, brightest = pictures.irradiance(stages.irradiance)
    where = "with a dark frame" if camera.method == "isetcam" else "at the pixels' centres"
    scene = srgb_encode(stages.scene_rgb_linear)
    return [
        Panel("Scene", f"{scene.shape[1]}×{scene.shape[0]} pixels, sRGB", _pasted(scene)),
        Panel(
            "Lens: point spread",
            "without the pixel; all bands, weighted by luminance; log scale",
            lambda page, box: psf_panel.draw(page, box, spread(camera), camera),
        ),
        Panel(
            "Irradiance",
            f"behind the lens, {where}; white = {captions.number(brightest)} lux, the brightest",
            _pasted(light),
        ),
        Panel(
            "Raw mosaic",
            f"in the filters' colours; {tiles}brightest shade = full scale, {full}",
            lambda page, box: mosaic_panel.draw(page, box, pictures.mosaic(stages.electrons, camera), camera),
        ),
        Panel(
            "Demosaiced",
            f"the sensor's own colours; white = full scale, {full}",
            _pasted(pictures.demosaiced(stages.demosaiced, camera)),
        ),
        Panel("Result", _result_words(camera), _pasted(stages.srgb)),
    ]


def _pasted(picture: np.ndarray) -> Callable[[Page, Box], object]:
    """What draws a panel that is a picture."""
    return lambda page, box: page.paste(picture, box)


def _result_words(camera: Camera) -> str:
    if camera.isp.tone == "linear":
        return "values proportional to light, as if they were sRGB"
    return "sRGB; the brightest luminance is white" if camera.method == "isetcam" else "sRGB"
