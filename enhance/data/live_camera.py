"""Photographs that a camera degrades during training: other windows, other noise, other camera values every time."""

import contextlib
import math
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from camsim import camera_file
from camsim.augment import Augment, corners
from camsim.camera import Camera
from camsim.dataset import pairs as rendered_pairs
from camsim.dataset import photographs, workers
from camsim.image_formation import transfer
from camsim.io import atomic
from camsim.schema.frozen import replaced
from enhance.data import batches, sampling

#: Cameras of held-out pictures have numbers from here on, beyond those that any training comes to.
_HELD_OUT = 2**48


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """How photographs become pairs."""

    augment: Augment  #: of one camera
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
    index: int  #: decides the camera's values and its noise


def varied(camera: Camera, vary: Mapping[str, object], *, seed: int = 0) -> Augment:
    """A camera whose keys vary between bounds, by keys such as ``optics.fnumber`` or tables within tables.

    Raises ValueError for an unknown key, or bounds that make no camera, together or alone.
    """
    try:
        return Augment(camera, dict(flat(vary)), seed=seed)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"vary: {str(error).removeprefix('ranges: ')}") from None


def flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Keys with dots, and values, of tables within tables."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


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
        augment = degradation.augment
        camera, seed = augment.camera(job.index), augment.noise_seed(job.index)
        pair = rendered_pairs.make_pair(
            scene, {camera.name: camera}, hr_px=degradation.hr_px, scale=degradation.scale, seed=seed
        )
    except MemoryError:
        raise ValueError(f"{job.path}: not enough memory to render it") from None
    return pair.lr[camera.name][None], pair.hr[None]


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when rendering ends
    workers.start_worker()


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
    (camera,), ranges = degradation.augment.cameras, degradation.augment.ranges
    if not camera.ideal:
        for corner in corners(ranges):
            transfer.frequencies(replaced(camera, corner), scene_px, scene_px)


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
        (camera,), ranges = degradation.augment.cameras, degradation.augment.ranges
        about = (ranges, degradation.hr_px, degradation.scale, degradation.scene_px, degradation.crop)
        names = [photo.name for photo in self._found]
        return batches.digest(
            "photographs", camera_file.to_toml(camera), about, names, self._digests, self._weights.tolist()
        )

    def _depth(self, size: int) -> int:
        return max(batches.AHEAD, math.ceil(2 * self._jobs / size))

    def _begin(
        self,
        index: int,
        window_seed: tuple[int, ...] | None,
        *,
        turn: tuple[int, int] = (0, 0),
        camera_index: int,
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
            index=camera_index,
        )
        with _without_interrupts():
            return self._executor.submit(render, job)

    def _submit(self, indices: np.ndarray, step: int, size: int, seed: int) -> list[Future]:
        picked = indices[sampling.chosen(len(indices), step, size=size, seed=seed)]
        turns = zip(*(both.tolist() for both in sampling.turns(step, size=size, seed=seed)), strict=True)
        return [
            self._begin(
                index,
                (seed, 4, step, number),
                turn=turn,
                camera_index=step * size + number,
            )
            for number, (index, turn) in enumerate(zip(picked, turns, strict=True))
        ]

    def _held_out_pairs(self, indices: np.ndarray, count: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Middle windows first."""
        begun: list[tuple[str, Future]] = []
        for number in range(count):
            again, place = divmod(number, len(indices))
            index = indices[place]
            future = self._begin(
                index,
                (self._seed, 6, number) if again else None,
                camera_index=_HELD_OUT + number,
            )
            begun.append((f"{self._found[index].name}_{again:03d}", future))
        made = [(name, *future.result()) for name, future in begun]
        return [(name, lr[0], hr[0]) for name, lr, hr in made]
