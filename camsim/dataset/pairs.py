"""Pairs for training and evaluation: a scene as it is, and what cameras make of it."""

import hashlib
import itertools
import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process

import numpy as np
from threadpoolctl import threadpool_limits

from camsim import pipeline
from camsim.camera import Camera
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize

#: What one call of `make_pair` is given: scene, cameras by setting, and its other options.
Job = tuple[photographs.SceneCut, dict[str, Camera], dict[str, int]]

#: Scenes handed to worker processes at a time: bounds memory, amortises the start.
_BLOCK = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPair:
    """A picture and what each camera made of it."""

    name: str
    hr: np.ndarray = field(repr=False)  #: (hr_px, hr_px, 3) uint8
    lr: dict[str, np.ndarray] = field(repr=False)  #: setting → (hr_px / scale, hr_px / scale, 3) uint8
    record: dict = field(repr=False)  #: what the manifest says of it


def noise_seed(seed: int, scene_sha256: str, setting: str, copy: int = 0) -> int:
    """Seed of one picture's noise: depends on its content, not on its place in the set.

    Of scenes that are equal to the bit each is another `copy`, so that they differ in noise.
    """
    text = f"{seed}/{scene_sha256}/{setting}{f'/{copy}' if copy else ''}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def make_pair(
    cut: photographs.SceneCut, cameras: dict[str, Camera], *, hr_px: int, scale: int, seed: int, copy: int = 0
) -> RenderedPair:
    """Render one scene through every camera.

    The target is the scene reduced to `hr_px`. Every camera looks at the scene itself, except an ideal one:
    its low-resolution picture is the target, reduced. Raises ValueError, naming scene and setting, where a camera
    cannot take it. `copy` is how many equal scenes there were before.
    """
    lr_size = (hr_px // scale, hr_px // scale)
    target = image.quantise(resize(cut.rgb / 255.0, (hr_px, hr_px)))
    low, renders = {}, {}
    for setting, camera in cameras.items():
        number = noise_seed(seed, cut.sha256, setting, copy)
        try:
            render = pipeline.render(target if camera.ideal else cut.rgb, camera, seed=number)
        except ValueError as error:
            raise ValueError(f"{cut.name} ({cut.source}), setting {setting}: {error}") from error
        low[setting] = image.quantise(render.reduced(lr_size))
        renders[setting] = {"seed": number, "exposure_s": render.exposure_s}
    record = {
        "name": cut.name,
        "source": cut.source,
        "source_sha256": cut.source_sha256,
        "window_top_left_side": list(cut.window),
        "variant": cut.variant,
        "scene_sha256": cut.sha256,
        "hr_sha256": hashlib.sha256(target.tobytes()).hexdigest(),
        "settings": renders,
    }
    return RenderedPair(name=cut.name, hr=target, lr=low, record=record)


def start_worker() -> None:
    """One BLAS thread per worker, since more would fight over the same cores; and no life without the parent.

    What libraries warn of is not shown, as in the commands.
    """
    threadpool_limits(1)
    logging.captureWarnings(not sys.warnoptions)
    logging.getLogger().addHandler(logging.NullHandler())

    def end_with_parent() -> None:
        parent = parent_process()
        assert parent is not None  # a pool started this process
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _job(arguments: Job) -> RenderedPair:
    """`make_pair` with its arguments in one value, as a pool of processes hands them over."""
    cut, cameras, options = arguments
    return make_pair(cut, cameras, **options)


def count(sources: Iterable[photographs.Photo]) -> int:
    """Number of scenes that the photographs give."""
    return sum(photo.cuts for photo in sources)


def check_sizes(*, hr_px: int, scale: int, scene_px: int) -> None:
    """Raise ValueError unless the target is a multiple of the scale and no larger than the scene."""
    if scale < 1 or hr_px < scale or hr_px % scale:
        raise ValueError(f"HR size {hr_px} must be a multiple of the scale {scale}")
    if scene_px < hr_px:
        raise ValueError(f"scene size {scene_px} must be at least the HR size {hr_px}")


def render_pairs(
    sources: list[photographs.Photo],
    cameras: dict[str, Camera],
    *,
    hr_px: int = 128,
    scale: int = 4,
    scene_px: int = photographs.SCENE_PX,
    seed: int = 0,
    vary: bool = False,
    jobs: int = 1,
) -> Iterator[RenderedPair]:
    """Render every scene of the photographs, in order; `jobs` processes share the work.

    Raises ValueError where `hr_px` is no multiple of `scale`, or a photograph is smaller than the target.
    """
    check_sizes(hr_px=hr_px, scale=scale, scene_px=scene_px)

    def jobs_to_do() -> Iterator[Job]:
        copies: Counter[str] = Counter()
        for photo in sources:
            for cut in photographs.scenes(photo, scene_px=scene_px, seed=seed, vary=vary):
                if cut.rgb.shape[0] < hr_px:
                    raise ValueError(
                        f"{photo.path}: its shorter side of {cut.rgb.shape[0]} px is less than the HR size, {hr_px} px"
                    )
                digest = cut.sha256
                yield cut, cameras, {"hr_px": hr_px, "scale": scale, "seed": seed, "copy": copies[digest]}
                copies[digest] += 1

    if jobs == 1:
        yield from map(_job, jobs_to_do())
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=start_worker) as pool:
        work = jobs_to_do()
        while block := list(itertools.islice(work, _BLOCK)):
            yield from pool.map(_job, block, chunksize=8)
