"""Enlarge pictures of any size and kind with a trained generator, in tiles where they are large.

A convolution sees its surroundings, so a tile must see as far beyond its own pixels as the network reaches; then it
gives what the whole picture would have given, but for rounding. All tiles of a picture have one shape, for which the
backend compiles the network once.
"""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np

from camsim.io import high_depth
from camsim.io.resize import resize
from enhance.inference import footprint, pictures, reach, turns
from enhance.inference.device import on_device
from enhance.networks import keras_file

#: Surroundings that a tile sees, in LR pixels: as many as the network reaches, within these bounds. The upper one is
#: short of deep networks' (RRDB's 23 blocks reach 350 px), whose farthest pixels hardly count.
OVERLAP_PX = (16, 72)

#: Side of the part of a tile that is kept, by default, in LR pixels.
KEPT_PX = 192

#: Largest enlargement of a generator, inside or as a whole; more is taken for a mistake or an attack.
MAX_SCALE = 16

#: Rows of alpha enlarged at a time, in LR pixels.
_ALPHA_ROWS = 64
_BICUBIC_ROWS = 4  # beyond them, at least, that count

#: Weights of R, G, B in luma (ITU-R BT.601), by which a grey picture's result becomes grey again.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def load(path: Path | str, *, device: str = "auto") -> keras.Model:
    """Load a generator saved as `.keras`, whoever made the file; see `networks.keras_file`.

    Raises ValueError where the file is missing, damaged, holds something else, or is no generator for RGB pictures.
    """
    with on_device(device):
        model = keras_file.load(path)
    try:
        fits = len(model.inputs) == len(model.outputs) == 1 and model.input_shape == (None, None, None, 3)
        scale = reach.scale_of(model) if fits else 0
        fits = fits and all(model.compute_output_shape((1, n, n, 3)) == (1, scale * n, scale * n, 3) for n in (8, 24))
        fits = fits and 1 <= scale <= MAX_SCALE and max(reach.inner_scale(model), 1) <= MAX_SCALE
    except Exception as error:  # a network that does not take a picture of this size
        raise ValueError(f"{path}: not a generator for RGB pictures") from error
    if not fits:
        raise ValueError(f"{path}: not a generator for RGB pictures")
    return model


def windows(length: int, limit: int, overlap: int) -> tuple[int, list[tuple[int, int, int]]]:
    """Cover `length` pixels with the fewest windows of one size, at most `limit`, and that as small as possible.

    Returns the windows' size and for each its start and the range [first, last) that is kept of it: pixels at least
    `overlap` from its ends, or up to the picture's own. Raises ValueError for a limit without room between overlaps.
    """
    if length <= limit:
        return length, [(0, 0, length)]
    if limit <= 2 * overlap:
        raise ValueError(f"tiles of {limit} px are too small to see {overlap} px on either side")
    count = math.ceil((length - 2 * overlap) / (limit - 2 * overlap))
    size = math.ceil((length - 2 * overlap) / count) + 2 * overlap
    starts = [min(number * (size - 2 * overlap), length - size) for number in range(count)]
    cuts = [0, *(start + overlap for start in starts[1:]), length]
    return size, [(start, cuts[n], cuts[n + 1]) for n, start in enumerate(starts)]


class Enlarger:
    """A generator as a function of one picture: what `enhance.load` gives.

    Parameters
    ----------
    model : keras.Model
        A generator, as `load` gives it.
    tile : int or None
        Largest side of what the network works on at once, in LR pixels; by default 192 and the overlap on either
        side. Memory grows with its square.
    overlap : int or None
        LR pixels that a tile sees of its surroundings; by default the network's reach, within `OVERLAP_PX`.
    device : str
        auto, cpu, gpu or gpu:N; that on which the model was loaded.
    ensemble : bool
        Whether to average what the network makes of the eight turns and flips of a picture: eight times the time.

    Raises
    ------
    ValueError
        For an unknown device, or tiles too small for the overlap.

    Examples
    --------
    >>> import numpy, enhance
    >>> deblur = enhance.load("deblur")
    >>> deblur(numpy.zeros((16, 24, 3), "uint8")).shape
    (64, 96, 3)
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        tile: int | None = None,
        overlap: int | None = None,
        device: str = "auto",
        ensemble: bool = False,
    ) -> None:
        least, most = OVERLAP_PX
        sees = reach.px(model)
        self.model, self.device, self.scale, self.ensemble = model, device, reach.scale_of(model), ensemble
        self.overlap = min(max(sees or most, least), most) if overlap is None else overlap
        self.tile = KEPT_PX + 2 * self.overlap if tile is None else tile
        if self.tile <= 2 * self.overlap:
            raise ValueError(f"tiles of {self.tile} px are too small to see {self.overlap} px on either side")
        on_device(device)
        self._compiled: dict[tuple[int, ...], keras.Model] = {}  # by the shape that it is for; () for any
        # This layer of Keras (seen in 3.15) fails where TensorFlow compiles for sizes that it does not know yet.
        fixed = [layer for layer in model.layers if isinstance(layer, keras.layers.UpSampling2D)]
        self._any_size = all(layer.interpolation == "nearest" for layer in fixed)

    def __repr__(self) -> str:
        return f"<Enlarger: ×{self.scale}, {self.model.name}, {self.model.count_params():,} parameters, {self.device}>"

    def __call__(
        self, picture: np.ndarray | str | Path, *, step: Callable[[int], object] = lambda pixels: None
    ) -> np.ndarray:
        """Enlarge a picture and give it back as it came: same type, same channels, alpha kept.

        Parameters
        ----------
        picture : array, camsim.Shot, str or Path
            (H, W) or (H, W, C) sRGB values: uint8, uint16, or floating point in [0, 1]. C is 1 (grey), 2 (grey and
            alpha), 3 (RGB) or 4 (RGB and alpha, straight). Or a picture file, whose depth and channels are kept, or
            what `camsim.render` gives.
        step : callable
            Called after every tile with the LR pixels that were done, each eight times of an ensemble.

        Returns
        -------
        array
            (H·scale, W·scale) or (H·scale, W·scale, C) of the same type. Alpha is enlarged bicubically (Pillow's);
            colour under pixels that are clear is taken from the nearest that are not, so that it does not bleed into
            them.

        Raises
        ------
        ValueError
            For other shapes, types and values, and files that cannot be read.

        Examples
        --------
        >>> import numpy, enhance
        >>> enhance.load("color")(numpy.zeros((8, 8, 4), "uint16")).dtype
        dtype('uint16')
        """
        values = pictures.read(picture).values if isinstance(picture, str | os.PathLike) else np.asarray(picture)
        white = _check(values)
        planes = values.reshape(*values.shape[:2], -1)
        grey, alpha = planes.shape[2] <= 2, planes[..., -1:] if planes.shape[2] in (2, 4) else None
        colour = planes[..., : 1 if grey else 3]
        if alpha is not None:
            colour = _fill_clear(colour, alpha[..., 0] == 0)
        high, wide = values.shape[:2]
        footprint.check_result(high, wide, scale=self.scale, pixel_bytes=planes.shape[2] * values.itemsize)
        rows, columns = high * self.scale, wide * self.scale
        result = np.empty((rows, columns, planes.shape[2]), values.dtype)

        def into(place: tuple[slice, ...], made: np.ndarray) -> None:
            result[place] = made * white + np.float32(0.5) if values.dtype.kind == "u" else made

        for down, across, tile in self._tiles(colour, white, step):
            into((down, across, slice(0, colour.shape[2])), (tile @ LUMA)[..., None] if grey else tile)
        if alpha is not None:
            for first in range(0, len(values), _ALPHA_ROWS):
                last = min(first + _ALPHA_ROWS, len(values))
                start = max(0, first - _BICUBIC_ROWS)
                box = (first - start, 0, last - start, values.shape[1])
                size = ((last - first) * self.scale, columns)
                resized = resize(alpha[start : last + _BICUBIC_ROWS] / white, size, box)
                into((slice(first * self.scale, last * self.scale), slice(None), slice(-1, None)), resized)
        return result.reshape(rows, columns, *values.shape[2:])

    def enlarge(self, rgb: np.ndarray, *, step: Callable[[int], object] = lambda pixels: None) -> np.ndarray:
        """Enlarge RGB as floating point, as the network does: what a call does to every picture in the end.

        Parameters
        ----------
        rgb : array of shape (H, W, 3)
            sRGB values in [0, 1].
        step : callable
            Called after every tile with the LR pixels that were done, each eight times of an ensemble.

        Returns
        -------
        array of shape (H·scale, W·scale, 3)
            float32, clipped to [0, 1].

        Raises
        ------
        ValueError
            For other shapes, types and values.

        Examples
        --------
        >>> import numpy, enhance
        >>> enhance.load("sr").enlarge(numpy.full((8, 8, 3), 0.5)).dtype
        dtype('float32')
        """
        rgb = np.asarray(rgb)
        _check(rgb)
        if rgb.dtype.kind != "f" or rgb.ndim != 3 or rgb.shape[2] != 3:
            raise ValueError(f"RGB as floating point is enlarged, (H, W, 3), not {rgb.dtype} of shape {rgb.shape}")
        high, wide, _ = rgb.shape
        footprint.check_result(high, wide, scale=self.scale, pixel_bytes=3 * np.dtype(np.float32).itemsize)
        result = np.empty((high * self.scale, wide * self.scale, 3), np.float32)
        for down, across, tile in self._tiles(rgb, np.float32(1), step):
            result[down, across] = tile
        return result

    def _tiles(
        self, colour: np.ndarray, white: np.float32, step: Callable[[int], object]
    ) -> Iterator[tuple[slice, slice, np.ndarray]]:
        """Pieces of the enlarged picture, float32 in [0, 1], with the rows and columns where they belong.

        `colour` is (H, W, 1) or (H, W, 3), in which `white` is white.
        """
        scale = self.scale
        rows, down = windows(colour.shape[0], self.tile, self.overlap)
        columns, across = windows(colour.shape[1], self.tile, self.overlap)
        for y, top, bottom in down:
            for x, left, right in across:
                seen = colour[y : y + rows, x : x + columns]
                rgb = np.broadcast_to(seen / white, (*seen.shape[:2], 3))

                def once(turned: np.ndarray, done: int = (bottom - top) * (right - left)) -> np.ndarray:
                    made = self._predict(turned)
                    step(done)
                    return made

                output = turns.mean(once, rgb) if self.ensemble else once(rgb)
                kept = output[(top - y) * scale : (bottom - y) * scale, (left - x) * scale : (right - x) * scale]
                place = (slice(top * scale, bottom * scale), slice(left * scale, right * scale))
                yield *place, np.clip(kept, 0, 1)

    def _predict(self, rgb: np.ndarray) -> np.ndarray:
        """The network on one piece. On TensorFlow the second shape compiles it for any."""
        shape = () if self._any_size else rgb.shape
        with on_device(self.device):
            if shape not in self._compiled:
                self._compiled = dict([*self._compiled.items()][-1:])  # a tile and the same turned, no more
                compiled = self._compiled[shape] = keras.Model(self.model.inputs, self.model.outputs)
                # XLA is no faster on TensorFlow's CPU and slow to compile; it is what JAX means by compiling.
                compiled.jit_compile = keras.backend.backend() != "tensorflow"
            return self._compiled[shape].predict_on_batch(np.ascontiguousarray(rgb, np.float32)[None])[0]


def _check(values: np.ndarray) -> np.float32:
    """The value of white in a picture's type; ValueError unless it is a picture."""
    if values.ndim not in (2, 3) or 0 in values.shape or (values.ndim == 3 and values.shape[2] > 4):
        raise ValueError(f"an array of shape {values.shape} is no picture: use (H, W) or (H, W, C), C from 1 to 4")
    if values.dtype not in (np.uint8, np.uint16) and values.dtype.kind != "f":
        raise ValueError(f"a picture of {values.dtype} is not understood: use uint8, uint16 or floating point")
    if values.dtype.kind == "f" and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(f"its values run from {values.min():.4g} to {values.max():.4g}; they must be within [0, 1]")
    return np.float32(high_depth.white(values.dtype))


def _fill_clear(colour: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """(H, W, C) with the pixels where `clear` (H, W) replaced by their nearest others, if there are any."""
    if not clear.any() or clear.all():
        return colour
    from scipy import ndimage

    rows, columns = ndimage.distance_transform_edt(clear, return_distances=False, return_indices=True)
    return colour[rows, columns]
