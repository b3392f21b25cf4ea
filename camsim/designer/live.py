"""The camera while it is being changed: every picture from what the last one left, never more pixels than are quick."""

import dataclasses
import math
from typing import Any

import numpy as np

from camsim.camera import Camera
from camsim.designer import figures, scenes
from camsim.image_formation import electron_rate, transfer
from camsim.io import image
from camsim.isp import process
from camsim.light import colour
from camsim.pipeline import Renderer
from camsim.scene import radiance
from camsim.scene.cube import Cube
from camsim.sensor import pixels
from camsim.sheet import pictures
from camsim.shot import Shot

#: Most pixels of a sensor that are rendered while a slider moves; of more a centred part is.
MAX_PIXELS = 700_000


def sensor_pixels(camera: Camera, picture: scenes.Picture) -> int:
    """Pixels that the camera's sensor has for a picture, before binning."""
    if camera.ideal:
        return math.prod(scenes.shape(picture))
    height, width = transfer.image_size_mm(camera, *scenes.shape(picture))
    return math.ceil(height / camera.sensor.pixel_pitch_um * 1e3) * math.ceil(
        width / camera.sensor.pixel_pitch_um * 1e3
    )


def share_of(camera: Camera, picture: scenes.Picture) -> float:
    """Which part of the scene is rendered live, along each side: 1, or less where the sensor has too many pixels."""
    count = sensor_pixels(camera, picture)
    return 1.0 if camera.ideal or count <= MAX_PIXELS else math.sqrt(MAX_PIXELS / count)


def centre(picture: scenes.Picture, share: float) -> scenes.Picture:
    """The middle of a picture; the same picture where all of it is wanted."""
    if share >= 1:
        return picture
    (rows, columns), values = scenes.shape(picture), picture.values if isinstance(picture, Cube) else picture
    high, wide = (max(2, round(side * share / 2) * 2) for side in (rows, columns))
    top, left = (rows - high) // 2, (columns - wide) // 2
    part = np.ascontiguousarray(values[top : top + high, left : left + wide])
    return dataclasses.replace(picture, values=part) if isinstance(picture, Cube) else part


def narrowed(camera: Camera, columns: int, part_columns: int) -> Camera:
    """The camera before the middle of its picture: same lens and pixels, a smaller field of view."""
    if columns == part_columns:
        return camera
    half = math.radians(radiance.fov_deg(camera.scene, columns) / 2)
    fov_deg = 2 * math.degrees(math.atan(math.tan(half) * part_columns / columns))
    return camera.replace("scene.fov_deg", fov_deg)


class Eye:
    """One camera's view of a scene that stays: what a changed camera does not touch is kept."""

    def __init__(self) -> None:
        self._whole: scenes.Picture | None = None
        self._share = 1.0
        self._part: scenes.Picture | None = None
        self._renderer: Renderer | None = None

    def shoot(
        self, picture: scenes.Picture, camera: Camera, *, seed: int, draft: bool
    ) -> tuple[Shot, Camera, scenes.Picture]:
        """The shot, the camera as it was used, and the part of the picture that it saw."""
        share = share_of(camera, picture)
        if self._renderer is None or self._part is None or self._whole is not picture or self._share != share:
            self._whole, self._share, self._part = picture, share, centre(picture, share)
            self._renderer = Renderer(self._part)
        used = narrowed(camera, scenes.shape(picture)[1], scenes.shape(self._part)[1])
        return self._renderer.render(used, seed=seed, draft=draft), used, self._part


def seen(shot: Shot, camera: Camera, part: scenes.Picture, view: str) -> np.ndarray:
    """A stage of a shot as a picture, uint8 sRGB; the result where the camera has no such stage."""
    if shot.counts is None or shot.exposure_s is None or shot.electrons is None or view == "result":
        return image.quantise(shot.rgb)
    if view == "mosaic":
        return image.quantise(pictures.mosaic(shot.electrons, camera))
    if view == "demosaiced" and camera.method == "exact":
        planes = process.full_colour(shot.counts, camera, shot.exposure_s, np.float32)
        return image.quantise(pictures.demosaiced(planes, camera))
    if view == "irradiance" and camera.method == "exact":
        photons = radiance.cube_radiance(part, camera.scene) if isinstance(part, Cube) else _photons(part, camera)
        return image.quantise(pictures.irradiance(electron_rate.irradiance(photons, camera))[0])
    raise ValueError(f"the camera {camera.name!r} does not show this stage here: take its sheet")


def _photons(picture: np.ndarray, camera: Camera) -> np.ndarray:
    small = scenes.looks(picture, camera.scene, longest=256)  # 31 bands of a large picture would take seconds
    return radiance.radiance(colour.decode_picture(small), camera.scene)


def told(shot: Shot, camera: Camera, picture: scenes.Picture, part: scenes.Picture) -> dict[str, Any]:
    """What is said of a shot beside its picture."""
    (rows, columns), (high, wide) = scenes.shape(picture), scenes.shape(part)
    found: dict[str, Any] = {
        "box": list(shot.box),
        "draft": shot.draft,
        "part": [high / rows, wide / columns],
        "pixels": sensor_pixels(camera, part),
        "numbers": figures.numbers(camera, shot),
    }
    if shot.electrons is not None:
        found["histogram"] = figures.histogram(camera, shot.electrons)
        found["tile"] = list(pixels.as_read(camera.sensor).tile)
    return found
