"""How much memory a photograph takes, known before it is taken."""

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import large, transfer
from camsim.io import memory
from camsim.scene.cube import Cube
from camsim.sensor import pixels

#: Peak bytes per pixel of the larger of picture and sensor, as measured on pictures of 1 and 4 million pixels.
IDEAL_BYTES, CAMERA_BYTES, ISETCAM_BYTES = 68, 77, 186

#: The same for hyperspectral scenes, and for pictures of which every stage is kept.
CUBE_BYTES, STAGES_BYTES = 640, 480

#: Of what is worked out in bands: bytes per pixel of the sensor, and what the bands take.
BANDS_BYTES, BANDS = 12, 150e6


def bytes_needed(picture: np.ndarray | Cube, camera: Camera, *, keep_stages: bool = False) -> float:
    """Peak of memory while a picture or a hyperspectral scene is photographed and written, in bytes.

    Raises ValueError where the sensor would have too many pixels.
    """
    is_cube = isinstance(picture, Cube)
    rows, columns = (picture.values if isinstance(picture, Cube) else picture).shape[:2]
    if camera.ideal:
        return rows * columns * (CUBE_BYTES if is_cube else IDEAL_BYTES)
    grid = pixels.grid(camera.sensor, *transfer.image_size_mm(camera, rows, columns))
    in_bands = camera.method == "exact" and not is_cube and not keep_stages
    if in_bands and large.is_large(camera, rows, columns):
        return BANDS + grid.rows * grid.columns * BANDS_BYTES
    each = ISETCAM_BYTES if camera.method == "isetcam" else CAMERA_BYTES
    on_picture = CUBE_BYTES if is_cube else each
    if keep_stages:
        each = on_picture = max(STAGES_BYTES, on_picture)
    return max(rows * columns * on_picture, grid.rows * grid.columns * each)


def check(picture: np.ndarray | Cube, camera: Camera, name: str, *, keep_stages: bool = False) -> None:
    """Raise ValueError, in one line that starts with `name`, for what would not fit in the memory that is free."""
    memory.check(bytes_needed(picture, camera, keep_stages=keep_stages), f"{name}: to render it")
