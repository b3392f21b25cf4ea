"""Electrons per second in the pixels of a large sensor, band of rows by band of rows: any size in little memory.

The PSF is taken apart (`near_far`): the near part goes tile by tile (`tiles`), the far part in one pass of low
frequencies over the picture (`far`). A lens that passes little has no near part: all of it is low frequencies. What
comes out differs from `electron_rate` by less than 1e-5 of a white's.
"""

import math
from dataclasses import dataclass

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import far as far_part
from camsim.image_formation import near_far, tiles, transfer
from camsim.image_formation.far import Each, Far
from camsim.image_formation.tiles import Tiles
from camsim.light import spectra
from camsim.optics import lens, wavefront
from camsim.scene import radiance
from camsim.sensor import pixels

#: Pictures and sensors of more pixels are large, and those with more frequencies than `transfer` works with.
PICTURE_PIXELS, SENSOR_PIXELS = 2**23, 2**22

#: Cycles per pixel up to which the whole lens is low frequencies.
COARSE = 0.25

#: Where the near part ends: pixels of convolved and of evaluated tiles, but so many λN at least, and so many radii of
#: the blur of geometrical optics; at most so many cycles of the cut-off frequency.
CONVOLVED_PX, EVALUATED_PX, AIRY, BLUR, MOST_CYCLES = 64, 32, 24, 3.5, 400

#: Frequency up to which the far part is followed, in cycles per reach: where the near part has many Airy rings; where
#: it has few; and where blades cast rays, which are long and thin.
MANY_RINGS, BANDS = 40, (4, 8, 24)


def is_large(camera: Camera, rows: int, columns: int) -> bool:
    """Whether a picture of that size, or the sensor that looks at it, is better worked out in bands."""
    grid = _grid(camera, rows, columns)
    if rows * columns > PICTURE_PIXELS or grid.rows * grid.columns > SENSOR_PIXELS:
        return True
    cutoff = transfer.cutoff_per_mm(camera)
    return math.prod(math.ceil(2 * extent * cutoff) + 1 for extent in (grid.height_mm, grid.width_mm)) > (
        transfer.MAX_FREQUENCIES
    )


def _grid(camera: Camera, rows: int, columns: int) -> pixels.Grid:
    return pixels.grid(camera.sensor, *transfer.image_size_mm(camera, rows, columns))


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Noise-free electrons/s in every pixel of a large sensor's mosaic."""

    grid: pixels.Grid
    _camera: Camera
    _factor: float
    _far: Far | None
    _near: Tiles | None

    def rows(self, first: int, count: int) -> np.ndarray:
        """Those of some rows, from one on that begins a colour tile: (count, columns), float32, not negative."""
        light = self._far.rows(first, count) if self._far else np.zeros((count, self.grid.columns), np.float32)
        if self._near:
            for start in range(0, count, self._near.height):
                part = slice(start, min(start + self._near.height, count))
                light[part] += self._near.rows(first + start, part.stop - start)
        if self._factor != 1:
            light *= np.float32(self._factor)
        if self._camera.optics.relative_illumination:
            y, x = self.grid.positions_mm()
            distance = lens.image_distance_mm(self._camera.optics, self._camera.scene.distance_m)
            y, x = y[first : first + count] - self.grid.height_mm / 2, x - self.grid.width_mm / 2
            light *= lens.relative_illumination(y, x, distance).astype(np.float32)
        return np.maximum(light, 0, out=light)


def light(picture: np.ndarray, camera: Camera, each: Each = map) -> Light:
    """The light that a camera gathers of a picture, sRGB values (H, W, 3).

    Parameters
    ----------
    each : as `map`, which may work on several bands at a time.

    Raises
    ------
    ValueError
        Where the blur is too wide to be worked out in tiles, or the picture is black and given a mean luminance.
    """
    grid, cutoff = _grid(camera, *picture.shape[:2]), transfer.cutoff_per_mm(camera)
    factor = _brightness(picture, camera, each)
    if camera.optics.psf_file:
        near: near_far.Part = near_far.whole(camera, cutoff)
        return Light(grid, camera, factor, None, _tiles(picture, camera, grid, near))
    if cutoff * grid.pitch_mm <= COARSE:
        return Light(grid, camera, factor, far_part.far(picture, camera, grid, None, cutoff, each), None)
    convolved = tiles.is_aligned(grid, picture.shape[:2])
    least_px = CONVOLVED_PX if convolved or camera.optics.blades else EVALUATED_PX
    reach, band = _reach_mm(camera, grid.pitch_mm, cutoff, least_px)
    near = near_far.near(camera, reach, cutoff)
    far = far_part.far(picture, camera, grid, near, min(band, cutoff), each)
    return Light(grid, camera, factor, far, _tiles(picture, camera, grid, near))


def _tiles(picture: np.ndarray, camera: Camera, grid: pixels.Grid, near: near_far.Part) -> Tiles:
    if tiles.is_aligned(grid, picture.shape[:2]):
        return tiles.Convolved(picture, camera, grid, near)
    return tiles.Evaluated(picture, camera, grid, near)


def _reach_mm(camera: Camera, pitch_mm: float, cutoff_per_mm: float, least_px: int) -> tuple[float, float]:
    """Where the near part ends, mm, and up to which frequency the far part is followed, cycles/mm."""
    optics = camera.optics
    fnumber = lens.working_fnumber(optics, camera.scene.distance_m)
    airy = 550e-6 * fnumber
    blur = max(wavefront.blur_mm(optics, fnumber, nm) for nm in spectra.WAVELENGTH_NM[[0, 15, 30]])
    most = MOST_CYCLES / cutoff_per_mm
    if blur * BLUR > most:
        raise ValueError(
            f"the lens spreads a point over {blur / pitch_mm:.0f} pixels to every side, too many for a sensor or a "
            "picture of this size: lower optics.zernike_um, defocus_dpt or chromatic_defocus_dpt, or raise fnumber"
        )
    reach = min(max(least_px * pitch_mm, AIRY * airy, BLUR * blur), most)
    cycles = BANDS[2] if optics.blades else BANDS[0] if reach > MANY_RINGS * airy else BANDS[1]
    return reach, cycles / reach


def _brightness(picture: np.ndarray, camera: Camera, each: Each) -> float:
    """Factor that gives the scene its mean luminance, if it is given one."""
    scene = camera.scene
    if scene.mean_luminance_cd_m2 is None:
        return 1.0

    def total(first: int) -> np.ndarray:
        return far_part.planes(picture[first : first + far_part.BAND]).sum(axis=(1, 2), dtype=float)

    sums = sum(each(total, range(0, len(picture), far_part.BAND)), start=np.zeros(3))
    return radiance.brightness(radiance.primaries(scene) @ (sums / math.prod(picture.shape[:2])), scene)
