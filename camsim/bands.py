"""A photograph of any size, band of rows by band of rows: light, noise and ADC, then the image processor.

Of a large sensor only the raw counts are in memory as a whole; where automatic exposure has to see all pixels first,
their electrons/s are for a while as well. What is drawn in a pixel belongs to its place (`sensor.draws`), and what a
processor sees of a neighbouring band it is given: the bands leave no trace.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from camsim.camera import Camera
from camsim.image_formation import electron_rate, large
from camsim.image_formation.far import Each
from camsim.io import image
from camsim.io import rows as rows_file
from camsim.io.resize import resize_rows
from camsim.isp import process, white_balance
from camsim.light.colour import as_picture
from camsim.scene.cube import Cube
from camsim.sensor import adc, draws, exposure, noise, pixels
from camsim.shot import Shot, visible

#: Rows of pixels worked on at a time, about, and rows of the picture made of them.
LIGHT_ROWS, PICTURE_ROWS = 256, 128

#: What is told of progress: a share of the work that is done.
Step = Callable[[float], object]

#: Share of the work that is light, noise and ADC.
_EXPOSING = 0.8


def are_needed(picture: np.ndarray | Shot | Cube, camera: Camera) -> bool:
    """Whether a photograph is so large that it is taken in bands."""
    if isinstance(picture, Cube) or camera.ideal or camera.method != "exact":
        return False
    shape = np.shape(picture.rgb if isinstance(picture, Shot) else picture)
    return len(shape) == 3 and min(shape) > 0 and large.is_large(camera, *shape[:2])


@contextmanager
def threads(jobs: int) -> Iterator[Each]:
    """A `map` that has so many threads, of a core each; results come in order, a few of them ahead at most."""
    with threadpool_limits(1, user_api="blas"):
        if jobs == 1:
            yield map
            return
        pool = ThreadPoolExecutor(jobs)
        try:

            def each(work: Callable, values: Iterable) -> Iterator:
                waiting: list[Any] = []
                rest = iter(values)
                waiting.extend(pool.submit(work, value) for value in itertools.islice(rest, jobs + 1))
                while waiting:
                    yield waiting.pop(0).result()
                    waiting.extend(pool.submit(work, value) for value in itertools.islice(rest, 1))

            yield each
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """A large sensor after the exposure."""

    counts: np.ndarray  #: (H, W), uint16 where they fit; electrons where there is no ADC
    electrons: np.ndarray | None  #: (H, W), float32, if they are kept
    exposure_s: float
    box: tuple[float, float, float, float]  #: as `Shot.box`


def expose(
    picture: np.ndarray, camera: Camera, seed: int, each: Each, *, electrons: bool = False, step: Step = float
) -> Exposed:
    """Photograph sRGB values (H, W, 3) up to the raw counts; `electrons` says whether those are kept, too."""
    sensor, n = camera.sensor, camera.sensor.binning
    light = large.light(picture, camera, each)
    rows, columns = light.grid.rows // n, light.grid.columns // n
    unit = math.lcm(draws.BAND, len(sensor.binned_tile))
    high = max(1, LIGHT_ROWS // (unit * n)) * unit
    bands = [(first, min(high, rows - first)) for first in range(0, rows, high)]

    def gather(band: tuple[int, int]) -> np.ndarray:
        return pixels.bin_charge(light.rows(band[0] * n, band[1] * n), sensor)

    metered = sensor.exposure_s is not None or sensor.auto_exposure == "incident"
    rates = None
    if not metered:
        rates = np.empty((rows, columns), np.float32)
        for (first, count), band in zip(bands, each(gather, bands), strict=True):
            rates[first : first + count] = band
            step(_EXPOSING / 2 * count / rows)
    exposure_s = exposure.exposure_time(sensor, electron_rate.white_rate(camera) if rates is None else rates)
    kind = np.float32 if not sensor.bit_depth else np.uint16 if sensor.bit_depth <= 16 else np.uint32
    counts = np.empty((rows, columns), kind)
    kept = np.empty((rows, columns), np.float32) if electrons else None

    def read(band: tuple[int, int]) -> tuple[int, int]:
        first, count = band
        part = slice(first, first + count)
        rate = gather(band) if rates is None else rates[part]
        charge = noise.expose(rate, exposure_s, sensor, seed, first=first, of=rows)
        counts[part] = adc.digitise(charge, sensor)
        if kept is not None:
            kept[part] = charge
        return band

    for _, count in each(read, bands):
        step(_EXPOSING / (1 if metered else 2) * count / rows)
    return Exposed(counts, kept, exposure_s, light.grid.image_box(n))


def develop(
    exposed: Exposed, camera: Camera, each: Each, *, step: Step = float
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Rows of the picture in order: which, and their linear light and finished values, (rows, W, 3), float32."""
    counts = exposed.counts
    rows, around = len(counts), process.reach(camera)
    high = -(-PICTURE_ROWS // len(camera.sensor.binned_tile)) * len(camera.sensor.binned_tile)

    def full(first: int) -> np.ndarray:
        top, bottom = max(0, first - around), min(rows, first + high + around)
        colours = process.full_colour(counts[top:bottom], camera, exposed.exposure_s, np.float32, first=top, of=rows)
        return colours[first - top : first - top + high]

    gains = white_balance.fixed_gains(camera) if not white_balance.looks_at_the_picture(camera) else None
    if white_balance.looks_at_the_picture(camera):
        gains = white_balance.gains_of_white(_white(full, range(0, rows, high), counts.shape, camera, each), camera)

    def picture(first: int) -> tuple[slice, np.ndarray, np.ndarray]:
        return slice(first, min(first + high, rows)), *process.finish(full(first), gains, camera)

    for part, linear, finished in each(picture, range(0, rows, high)):
        yield part, linear, finished
        step((1 - _EXPOSING) * (part.stop - part.start) / rows)


@dataclass(frozen=True, slots=True)
class Written:
    """What is to be told of a photograph in a file."""

    height: int
    width: int
    camera_width: int  #: pixels of a row of the sensor, as read
    exposure_s: float | None  #: None without a sensor


def write(
    path: Path,
    picture: ArrayLike,
    camera: Camera,
    seed: int,
    *,
    width: int | None = None,
    bits: int = 8,
    jobs: int = 1,
    step: Step = float,
) -> Written:
    """Photograph sRGB values (H, W, 3) into a file, a pixel per sensor pixel or `width` pixels wide.

    PNG and TIFF are written as the rows are made; of other formats the picture is in memory, in the depth of the file.
    """
    with threads(jobs) as each:
        exposed = expose(as_picture(picture), camera, seed, each, step=step)
        size: tuple[int, ...] = exposed.counts.shape
        blocks = (finished for _, _, finished in develop(exposed, camera, each, step=step))
        if width is not None:
            box = top, left, bottom, right = visible(exposed.box, exposed.counts.shape)
            size = max(1, round(width * (bottom - top) / (right - left))), width
            image.write(path, resize_rows(blocks, (size[0], size[1]), box), bits=bits)
        elif path.suffix.lower() in rows_file.SUFFIXES:
            rows_file.write(path, (size[0], size[1]), blocks, bits=bits)
        else:
            image.write(path, np.concatenate([image.quantise(block, bits=bits) for block in blocks]), bits=bits)
    return Written(size[0], size[1], exposed.counts.shape[1], exposed.exposure_s)


def _white(
    full: Callable[[int], np.ndarray], starts: Iterable[int], shape: tuple[int, ...], camera: Camera, each: Each
) -> np.ndarray:
    """What the picture says of the light, (channels,)."""
    if camera.isp.white_balance == "grey-world":
        sums = [band.sum(axis=(0, 1), dtype=float) for band in each(full, starts)]
        return np.sum(sums, axis=0) / math.prod(shape)
    found = []
    for channel in range(len(pixels.colours(camera.sensor))):
        plane = np.concatenate([band[..., channel] for band in each(full, starts)])
        found.append(np.percentile(plane, white_balance.WHITE_PATCH_PERCENTILE, overwrite_input=True))
    return np.array(found)
