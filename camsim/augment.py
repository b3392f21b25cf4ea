"""A camera in a training loop: every picture through a camera of its own, decided by a seed and an index alone."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from camsim import arguments, camera_file, pipeline
from camsim.camera import Camera
from camsim.io.image import quantise
from camsim.schema.fields import fields
from camsim.schema.frozen import replaced


@dataclass(frozen=True, slots=True, eq=False)
class Augmented:
    """A picture behind a camera, and what belongs to it.

    Parameters
    ----------
    picture : ndarray
        (rows, columns, 3), of the kind that went in.
    camera : Camera
        What photographed it.
    keypoints : ndarray or None
        (n, 2), x and y in pixels of `picture`, from its top left corner.
    boxes : ndarray or None
        (n, 4), left, top, right and bottom in the same pixels.
    mask : ndarray or None
        (rows, columns), values of what went in.
    """

    picture: np.ndarray
    camera: Camera
    keypoints: np.ndarray | None = None
    boxes: np.ndarray | None = None
    mask: np.ndarray | None = None


class Augment:
    """Cameras with values that vary, for any training loop that takes arrays.

    A picture is photographed by one of `cameras`, each as likely, its keys in `ranges` drawn anew. Seed and index
    decide everything, camera and noise, on any machine and in any order of any number of workers: give each picture of
    each epoch an index of its own, such as ``epoch * len(dataset) + i``.

    Parameters
    ----------
    cameras : Camera, path, or iterable of them
        Cameras, names of built-in ones such as "f22", or .toml files.
    ranges : mapping of str to (low, high), optional
        Keys such as "optics.fnumber" with the bounds that they are drawn between: in equal ratios where the key's scale
        is logarithmic and the lower bound positive, whole numbers where the key is one.
    seed : int, optional
        At least 0.
    size : (int, int), optional
        Rows and columns of the result; those of the picture if None.
    pool : int, optional
        Draw only so many cameras and take them in turn, for loops in a hurry: what a camera needs is kept from one
        picture to the next. 0: one for every picture.

    Raises
    ------
    ValueError
        For an unknown camera or key, and bounds that make no camera, alone or together.

    Examples
    --------
    >>> import camsim, numpy as np
    >>> augment = camsim.Augment(["f22", "underexposed"], {"optics.fnumber": (2.8, 22)}, seed=1)
    >>> photo = np.full((32, 32, 3), 128, np.uint8)
    >>> augment(photo, index=7).shape, augment(photo, index=7).dtype
    ((32, 32, 3), dtype('uint8'))
    >>> bool((augment(photo, index=7) == augment(photo, index=7)).all())
    True
    """

    def __init__(
        self,
        cameras: Camera | str | Iterable[Camera | str],
        ranges: Mapping[str, tuple[float, float]] | None = None,
        *,
        seed: int = 0,
        size: tuple[int, int] | None = None,
        pool: int = 0,
    ) -> None:
        self.cameras = tuple(camera_file.load(camera) for camera in arguments.several(cameras))
        if not self.cameras:
            raise ValueError("cameras: at least one is needed")
        if not isinstance(ranges, Mapping | None):
            raise ValueError('ranges must be a mapping, such as {"optics.fnumber": (4, 22)}')
        self.ranges = {str(key): _bounds(key, bounds) for key, bounds in (ranges or {}).items()}
        self.seed = arguments.seed(seed)
        self.size = None if size is None else _size(size)
        self.pool = arguments.whole(pool, "pool", 0)
        for camera in self.cameras:
            if self.ranges and camera.ideal:
                raise ValueError(f"ranges: {camera.name!r} is no camera, so that it has no values to vary")
            for values in _tried(self.ranges):
                replaced(camera, values)

    def camera(self, index: int) -> Camera:
        """The camera that a picture meets.

        Parameters
        ----------
        index : int
            The picture's, at least 0.

        Returns
        -------
        Camera
            One of `cameras`, with values of its own for the keys in `ranges`.

        Examples
        --------
        >>> import camsim
        >>> augment = camsim.Augment("f22", {"optics.fnumber": (4, 16)})
        >>> 4 <= augment.camera(3).optics.fnumber <= 16
        True
        """
        index = arguments.whole(index, "index", 0)
        rng = np.random.default_rng([self.seed, index % self.pool if self.pool else index])
        camera = self.cameras[rng.integers(len(self.cameras))]
        return replaced(camera, [(key, _drawn(rng, key, *bounds)) for key, bounds in self.ranges.items()])

    def noise_seed(self, index: int) -> int:
        """The seed of a picture's noise, as `camsim.render` takes it.

        Parameters
        ----------
        index : int
            The picture's, at least 0.

        Returns
        -------
        int
            At least 0.
        """
        return int(np.random.default_rng([self.seed, arguments.whole(index, "index", 0), 1]).integers(2**53))

    def __call__(self, picture: ArrayLike, index: int | Iterable[int]) -> np.ndarray:
        """Photograph a picture, or several.

        Parameters
        ----------
        picture : array_like
            (H, W, 3), or (N, H, W, 3): sRGB values, uint8 or floating point in [0, 1].
        index : int or iterable of N int
            The picture's, at least 0; of a batch, one for each.

        Returns
        -------
        ndarray
            The same kind and, but for `size`, shape: what `camsim.render` gives for the camera and the seed of that
            index, reduced to it.

        Raises
        ------
        ValueError
            For what is no picture, an index that is no whole number from 0, or as many as there are pictures, and where
            `camsim.render` raises it.
        """
        pictures = np.asarray(picture)
        if pictures.ndim != 4:
            return self.with_targets(pictures, index).picture  # type: ignore[arg-type]
        _check_kind(pictures)
        indices = list(index) if isinstance(index, Iterable) else []
        if len(indices) != len(pictures):
            raise ValueError(f"a batch of {len(pictures)} pictures needs as many indices, one for each")
        results = [self.with_targets(one, i).picture for one, i in zip(pictures, indices, strict=True)]
        empty = np.empty((0, *(self.size or pictures.shape[1:3]), 3), pictures.dtype)
        return np.stack(results) if results else empty

    def with_targets(
        self,
        picture: ArrayLike,
        index: int,
        *,
        keypoints: ArrayLike | None = None,
        boxes: ArrayLike | None = None,
        mask: ArrayLike | None = None,
    ) -> Augmented:
        """Photograph a picture, and take along what belongs to it.

        The whole picture is what the camera sees and what comes out, so that only `size` moves what is in it.

        Parameters
        ----------
        picture : array_like
            (H, W, 3): sRGB values, uint8 or floating point in [0, 1].
        index : int
            The picture's, at least 0.
        keypoints, boxes : array_like, optional
            (n, 2), x and y, and (n, 4), left, top, right and bottom, in pixels from the top left corner.
        mask : array_like, optional
            (H, W), whole numbers; the nearest one is taken.

        Returns
        -------
        Augmented
            The picture, the camera, and the rest.

        Examples
        --------
        >>> import camsim, numpy as np
        >>> augment = camsim.Augment("f22", size=(16, 16))
        >>> seen = augment.with_targets(np.zeros((32, 32, 3)) + 0.5, 0, keypoints=[[8, 24]])
        >>> seen.picture.shape, seen.keypoints.tolist()
        ((16, 16, 3), [[4.0, 12.0]])
        """
        scene = np.asarray(picture)
        _check_kind(scene)
        camera = self.camera(index)
        shot = pipeline.render(scene, camera, seed=self.noise_seed(index))
        size = self.size or scene.shape[:2]
        seen = shot.reduced(size)
        across = np.array([size[1] / scene.shape[1], size[0] / scene.shape[0]])
        return Augmented(
            picture=quantise(seen) if scene.dtype == np.uint8 else seen.astype(scene.dtype),
            camera=camera,
            keypoints=None if keypoints is None else _table(keypoints, "keypoints", 2) * across,
            boxes=None if boxes is None else _table(boxes, "boxes", 4) * np.tile(across, 2),
            mask=None if mask is None else _nearest(np.asarray(mask), scene.shape[:2], size),
        )


#: Of a key that is a whole number so many values are tried before any picture; of so many keys every corner.
_WHOLE_TRIED, _CORNERS_OF = 128, 6


def _check_kind(picture: np.ndarray) -> None:
    if picture.dtype != np.uint8 and picture.dtype.kind != "f":
        raise ValueError(f"a picture must be uint8 or floating point, not {picture.dtype}")


#: Every key of a camera, with its field.
_FIELDS = dict(fields(Camera))


def _bounds(key: str, bounds: object) -> tuple[float, float]:
    """The two bounds of a key, whole numbers where the key is one; ValueError where they are none."""
    low, high = arguments.interval(bounds, f"ranges: {key}")
    if not _is_whole(key):
        return low, high
    if math.ceil(low) > math.floor(high):
        raise ValueError(f"ranges: {key} = {bounds!r}: no whole number is between")
    return math.ceil(low), math.floor(high)


def _is_whole(key: str) -> bool:
    return key in _FIELDS and _FIELDS[key].annotation is int


def _drawn(rng: np.random.Generator, key: str, low: float, high: float) -> float:
    """A value between two bounds."""
    if _is_whole(key):
        return int(rng.integers(int(low), int(high), endpoint=True))
    extra = _FIELDS[key].json_schema_extra
    if isinstance(extra, dict) and extra.get("x-scale") == "log" and low > 0:
        return float(np.clip(low * (high / low) ** rng.random(), low, high))
    return float(low + (high - low) * rng.random())


def corners(ranges: Mapping[str, tuple[float, float]]) -> Iterator[tuple[tuple[str, float], ...]]:
    """Every key at one of its bounds, in all combinations."""
    return itertools.product(*(((key, low), (key, high)) for key, (low, high) in ranges.items()))


def _tried(ranges: Mapping[str, tuple[float, float]]) -> Iterator[list[tuple[str, float]]]:
    """What shows whether ranges make cameras: each key beside the lower bounds of the others; of few, all corners."""
    lowest = {key: low for key, (low, _) in ranges.items()}
    for key, (low, high) in ranges.items():
        several = range(int(low), int(high) + 1) if _is_whole(key) and high - low <= _WHOLE_TRIED else (low, high)
        for value in several:
            yield list((lowest | {key: value}).items())
    if len(ranges) <= _CORNERS_OF:
        yield from map(list, corners(ranges))
    else:
        yield [(key, high) for key, (_, high) in ranges.items()]


def _table(values: ArrayLike, name: str, columns: int) -> np.ndarray:
    """Rows of so many numbers; ValueError for another shape."""
    table = np.asarray(values, float)
    if not table.size:
        return table.reshape(0, columns)
    if table.ndim != 2 or table.shape[1] != columns:
        raise ValueError(f"{name} must have shape (n, {columns}), not {table.shape}")
    return table


def _size(size: object) -> tuple[int, int]:
    """Rows and columns; ValueError where they are none."""
    sides = [arguments.whole(side, "size", 1, 65_536) for side in size] if isinstance(size, Iterable) else []
    if len(sides) != 2:
        raise ValueError(f"size = {size!r} must be two whole numbers, (rows, columns)")
    return sides[0], sides[1]


def _nearest(mask: np.ndarray, shape: tuple[int, ...], size: tuple[int, ...]) -> np.ndarray:
    """A mask of another size, of its own values."""
    if mask.shape != shape:
        raise ValueError(f"mask: {mask.shape} is not the picture's {shape}")
    rows, columns = ((np.arange(new) + 0.5) * old / new for old, new in zip(shape, size, strict=True))
    return mask[np.ix_(rows.astype(int), columns.astype(int))]
