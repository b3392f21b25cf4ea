"""Photographs that a camera degrades during training: other windows, other noise, other camera values every time."""

import contextlib
import dataclasses
import functools
import itertools
import math
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from camsim import arguments, camera_file
from camsim.camera import Camera
from camsim.dataset import pairs as rendered_pairs
from camsim.dataset import photographs
from camsim.image_formation import transfer
from camsim.io import atomic
from camsim.schema.fields import fields
from enhance.data import batches, sampling

#: Values of a varied camera key: few enough that the transfer functions of all of them are kept.
VALUES_PER_KEY = 16

#: Camera keys that vary, each with the values that it takes.
VariedKeys = tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """How photographs become pairs."""

    camera: Camera
    varied: VariedKeys = ()
    hr_px: int = 128
    scale: int = 4
    scene_px: int = photographs.SCENE_PX  #: side of what the camera looks at
    crop: str = "fixed_size"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One pair to be made."""

    degradation: Degradation
    name: str
    path: Path
    pixels: np.ndarray | None  #: the window, uint8; None: to be cut from the file
    window_seed: tuple[int, ...] | None  #: None: the window in the middle
    turn: tuple[int, int]  #: quarter turns, and whether mirrored
    value_indices: tuple[int, ...]  #: per varied key, which of its values
    noise_seed: int


def varied_keys(camera: Camera, vary: Mapping[str, object]) -> VariedKeys:
    """The values that keys of the camera take: `VALUES_PER_KEY` from the lower to the upper bound.

    The values are in geometric progression where both bounds are positive, else in arithmetic; whole numbers where
    the key is one.

    Parameters
    ----------
    camera : Camera
        Whose keys vary.
    vary : mapping of str to (low, high)
        By keys such as ``optics.fnumber``; tables within tables are taken as keys with dots.

    Raises
    ------
    ValueError
        For an unknown key, or bounds that make no camera, together or alone.
    """
    if vary and camera.ideal:
        raise ValueError(f"vary: {camera.name!r} is no camera, so that it has no values to vary")
    kinds = {key: field.annotation for key, field in fields(Camera)}
    varied = []
    for key, bounds in flat(vary):
        low, high = arguments.interval(bounds, f"vary: {key}")
        space = np.geomspace if low > 0 else np.linspace
        values = space(low, high, VALUES_PER_KEY if high > low else 1).tolist()
        if kinds.get(key) is int:
            values = sorted({round(value) for value in values})
        varied.append((key, tuple(values)))
    for corner in itertools.product(*(((key, values[0]), (key, values[-1])) for key, values in varied)):
        _with_values(camera, corner)
    return tuple(varied)


def flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Keys with dots, and values, of tables within tables."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _with_values(camera: Camera, values: tuple[tuple[str, float], ...]) -> Camera:
    """`camera` with other values of some of its keys."""
    if not values:
        return camera
    tables = dataclasses.asdict(camera)
    for key, value in values:
        part, _, name = key.partition(".")
        if not isinstance(tables.get(part), dict):
            tables[part] = {}
        tables[part][name] = value
    return camera_file.from_dict(tables, source="vary")


@functools.lru_cache(maxsize=1024)
def _varied_camera(degradation: Degradation, value_indices: tuple[int, ...]) -> Camera:
    chosen = zip(degradation.varied, value_indices, strict=True)
    return _with_values(degradation.camera, tuple((key, values[index]) for (key, values), index in chosen))


def window(photograph: np.ndarray, degradation: Degradation, seed: tuple[int, ...] | None) -> np.ndarray:
    """A square window of a photograph (H, W, 3), uint8: the same for the same seed, without one that in the middle.

    Its side is that of the scene or, for random_size, any from that to the photograph's shorter side. A window that
    is black all over, which tells nothing and cannot be exposed for, moves to hold a pixel that is not.
    """
    smallest = min(degradation.scene_px, *photograph.shape[:2])
    if seed is None:
        return sampling.cut(photograph, sampling.centre(photograph.shape, smallest, degradation.crop))
    rng = np.random.default_rng(seed)
    top, left, side = sampling.window(rng, photograph.shape, smallest, degradation.crop)
    cut = sampling.cut(photograph, (top, left, side))
    if cut.any() or not photograph.any():
        return cut
    lit = np.argwhere(photograph.any(axis=2))
    corner = rng.choice(lit) - rng.integers(side, size=2)
    top, left = np.clip(corner, 0, np.subtract(photograph.shape[:2], side))
    return sampling.cut(photograph, (top, left, side))


def render(job: Job) -> batches.Batch:
    """A pair as arrays of one: LR (1, h, w, 3) and HR (1, h·scale, w·scale, 3), uint8.

    The scene is turned before the camera looks at it: mosaic and aberrations stay as they are.
    Raises ValueError naming the photograph.
    """
    degradation, cut = job.degradation, job.pixels
    try:
        if cut is None:
            cut = window(batches.read(job.path), degradation, job.window_seed)
        place = (0, 0, len(cut))
        rgb = sampling.turned([sampling.cut(cut, place, degradation.scene_px)], job.turn[:1], job.turn[1:])[0]
        scene = photographs.SceneCut(
            name=job.name, rgb=rgb, source=str(job.path), source_sha256="", window=place, variant=""
        )
        views = {degradation.camera.name: _varied_camera(degradation, job.value_indices)}
        pair = rendered_pairs.make_pair(
            scene, views, hr_px=degradation.hr_px, scale=degradation.scale, seed=job.noise_seed
        )
    except MemoryError:
        raise ValueError(f"{job.path}: not enough memory to render it") from None
    return pair.lr[degradation.camera.name][None], pair.hr[None]


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when rendering ends
    rendered_pairs.start_worker()


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes begun within do not see Ctrl-C, not even while they start; here it comes a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _check_renderable(degradation: Degradation, shapes: Mapping[Path, tuple[int, int]]) -> None:
    """What is too small, or beyond the camera's means, shows now and not in a worker: ValueError."""
    hr_px, scene_px = degradation.hr_px, degradation.scene_px
    rendered_pairs.check_sizes(hr_px=hr_px, scale=degradation.scale, scene_px=scene_px)
    for path, shape in shapes.items():
        if min(shape) < hr_px:
            raise ValueError(f"{path}: its shorter side of {min(shape)} px is less than the HR size, {hr_px} px")
    if not degradation.camera.ideal:
        for corner in itertools.product(*((0, len(values) - 1) for _, values in degradation.varied)):
            transfer.frequencies(_varied_camera(degradation, corner), scene_px, scene_px)


class Photographs(batches.TrainingPictures):
    """Photographs in memory, or in files where they do not fit, rendered by `jobs` processes.

    With `jobs` = 0 a thread of this process renders. Only small uint8 arrays go from process to process: windows
    (or names of files) and pairs. Raises ValueError where a photograph is unreadable or smaller than the target.
    """

    def __init__(
        self,
        found: list[photographs.Photo],
        degradation: Degradation,
        *,
        source: str,
        seed: int,
        jobs: int,
        step: Callable[[], object],
        memory_limit_bytes: int,
    ):
        scanned = batches.map_files(
            lambda photo: (batches.shape(photo.path), atomic.sha256(photo.path)), found, lambda: None
        )
        _check_renderable(degradation, {photo.path: shape for photo, (shape, _) in zip(found, scanned, strict=True)})
        executor: Executor
        if jobs:
            executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_start_worker)
        else:
            executor = ThreadPoolExecutor(1)
        in_memory = sum(3 * math.prod(shape) for shape, _ in scanned) <= memory_limit_bytes
        self._found, self._degradation, self._seed, self._jobs = found, degradation, seed, jobs
        self._digests = [digest for _, digest in scanned]
        self._pixels = batches.map_files(batches.read, [photo.path for photo in found], step) if in_memory else None
        super().__init__(
            source=source,
            source_sha256=sorted(set(self._digests)),
            scale=degradation.scale,
            hr_px=degradation.hr_px,
            weights=np.array([photo.cuts for photo in found]),
            in_memory=in_memory,
            executor=executor,
        )

    def fingerprint(self) -> str:
        degradation = self._degradation
        about = (degradation.varied, degradation.hr_px, degradation.scale, degradation.scene_px, degradation.crop)
        names = [photo.name for photo in self._found]
        return batches.digest(
            "photographs", camera_file.to_toml(degradation.camera), about, names, self._digests, self._weights.tolist()
        )

    def _depth(self, size: int) -> int:
        return max(batches.AHEAD, math.ceil(2 * self._jobs / size))

    def _begin(
        self,
        index: int,
        window_seed: tuple[int, ...] | None,
        *,
        turn: tuple[int, int] = (0, 0),
        value_indices: tuple[int, ...],
        noise_seed: int,
    ) -> Future:
        photo, pixels = self._found[index], None
        if self._pixels is not None:
            pixels = window(self._pixels[index], self._degradation, window_seed)
        job = Job(
            degradation=self._degradation,
            name=photo.name,
            path=photo.path,
            pixels=pixels,
            window_seed=window_seed,
            turn=turn,
            value_indices=value_indices,
            noise_seed=noise_seed,
        )
        with _without_interrupts():
            return self._executor.submit(render, job)

    def _submit(self, indices: np.ndarray, step: int, size: int, seed: int) -> list[Future]:
        picked = indices[sampling.chosen(len(indices), step, size=size, seed=seed)]
        turns = zip(*(both.tolist() for both in sampling.turns(step, size=size, seed=seed)), strict=True)
        rng = np.random.default_rng([seed, 3, step])
        noise_seeds = rng.integers(2**48, size=size).tolist()
        drawn = rng.random((size, len(self._degradation.varied)))
        sizes = [len(values) for _, values in self._degradation.varied]
        return [
            self._begin(
                index,
                (seed, 4, step, number),
                turn=turn,
                value_indices=tuple((drawn[number] * sizes).astype(int).tolist()),
                noise_seed=noise_seeds[number],
            )
            for number, (index, turn) in enumerate(zip(picked, turns, strict=True))
        ]

    def _held_out_pairs(self, indices: np.ndarray, count: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Middle windows first; camera values spread evenly over their ranges, in random order."""
        rng = np.random.default_rng([self._seed, 5])
        spread = [
            rng.permutation(np.linspace(0, len(values) - 1, count).round()) for _, values in self._degradation.varied
        ]
        begun: list[tuple[str, Future]] = []
        for number in range(count):
            again, place = divmod(number, len(indices))
            index = indices[place]
            future = self._begin(
                index,
                (self._seed, 6, number) if again else None,
                value_indices=tuple(int(order[number]) for order in spread),
                noise_seed=self._seed,
            )
            begun.append((f"{self._found[index].name}_{again:03d}", future))
        made = [(name, *future.result()) for name, future in begun]
        return [(name, lr[0], hr[0]) for name, lr, hr in made]
