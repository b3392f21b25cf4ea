"""What all training pictures share: some are held out, the others come in batches that are made ahead of time."""

import collections
import contextlib
import hashlib
import itertools
import json
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from camsim.io import formats, high_depth, image, memory, orientation, regular
from enhance.data import sampling
from enhance.data.pair_set import PairSet

#: LR and HR pictures of equal number, uint8: (n, h, w, 3) and (n, h·scale, w·scale, 3).
Batch = tuple[np.ndarray, np.ndarray]

#: Batches made before they are needed, at least.
AHEAD = 4


class TrainingPictures(ABC):
    """Pictures to train on. A context manager: leaving it, or `close`, ends its threads and processes.

    `hold_out` keeps some pictures from `batches`, and so is called first.
    """

    def __init__(
        self,
        *,
        source: str,
        source_sha256: Sequence[str],
        scale: int,
        hr_px: int,
        weights: np.ndarray,
        in_memory: bool,
        executor: Executor,
    ):
        self.source = source  #: in words
        self.source_sha256 = tuple(source_sha256)  #: of every file that pictures come from
        self.scale, self.hr_px = scale, hr_px
        self.in_memory = in_memory  #: or read from files time and again
        self._weights = weights  # how often each picture comes per epoch
        self._executor = executor
        self._trained_on = np.arange(len(weights))
        self._begun = False

    def __len__(self) -> int:
        """Pairs, or photographs."""
        return len(self._weights)

    @property
    def trained_on(self) -> int:
        """Pairs, or photographs, that are not held out."""
        return len(self._trained_on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Wait for what is being made, drop what is not yet begun, and end threads and processes."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def hold_out(self, count: int) -> PairSet:
        """Pairs that are not trained on, the same every time, neither turned nor mirrored.

        `count` pictures, or a quarter of all where that is fewer, are held out, spread evenly. Of photographs whole
        ones are, and where they are too few for `count` pairs, several windows of each are taken.

        Raises RuntimeError where batches were made that may hold the pictures to be held out.
        """
        held_out = sampling.held_out(len(self), count)
        if self._begun and set(held_out) & set(self._trained_on):
            raise RuntimeError("pictures are held out before batches are made")
        self._trained_on = np.setdiff1d(np.arange(len(self)), held_out)
        pairs = self._held_out_pairs(held_out, count) if len(held_out) else []
        lr, hr = (np.empty((len(pairs), side, side, 3), np.uint8) for side in (self.hr_px // self.scale, self.hr_px))
        for number, (_, low, high) in enumerate(pairs):
            lr[number], hr[number] = low, high
        return PairSet(names=[name for name, _, _ in pairs], lr=lr, hr=hr)

    def batches(self, step: int, *, size: int, seed: int) -> Generator[Batch]:
        """The batches of `step`, `step` + 1 and so on without end: uint8, `size` pairs each.

        Each depends only on data, seed and step, so that a resumed run sees what an uninterrupted one would have.
        Every picture comes once per epoch; LR and HR are cut, turned and mirrored alike at random.

        Raises ValueError naming the file where one cannot be read or rendered.
        """
        self._begun = True
        indices = np.repeat(self._trained_on, self._weights[self._trained_on])
        return ahead(lambda number: self._submit(indices, number, size, seed), step, self._depth(size))

    def _depth(self, size: int) -> int:
        """Batches of `size` made ahead: enough for all threads or processes to be busy."""
        return AHEAD

    @abstractmethod
    def _held_out_pairs(self, indices: np.ndarray, count: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Name, LR and HR of `count` pairs, or fewer, of the held-out pictures at `indices`."""

    @abstractmethod
    def _submit(self, indices: np.ndarray, step: int, size: int, seed: int) -> list[Future]:
        """Begin to make the batch of a step out of the pictures at `indices`; each future gives a part of it."""

    @abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 of all that decides the batches, apart from step and seed: a run goes on only with equal data."""


def ahead(submit: Callable[[int], list[Future]], step: int, depth: int) -> Generator[Batch]:
    """The results of `submit(step)`, `submit(step + 1)` …, in order, begun `depth` steps before they are needed."""
    waiting: collections.deque[list[Future]] = collections.deque()
    try:
        for number in itertools.count(step):
            waiting.append(submit(number))
            if len(waiting) > depth:
                parts = [future.result() for future in waiting[0]]
                waiting.popleft()
                if len(parts) > 1:
                    lr, hr = map(np.concatenate, zip(*parts, strict=True))
                    yield lr, hr
                else:
                    yield parts[0]
    except BrokenExecutor:
        raise ValueError("a process that renders pictures was ended from outside: too little memory?") from None
    finally:
        for future in itertools.chain.from_iterable(waiting):
            future.cancel()


def digest(*facts: object) -> str:
    """SHA-256 of facts that JSON can hold."""
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def read(path: Path) -> np.ndarray:
    """A picture file as (H, W, 3) uint8 RGB; `camsim.io.image.read_native` tells what is understood and refused."""
    values = image.read_native(path)
    return values if values.dtype == np.uint8 else image.quantise(values / high_depth.white(values.dtype))


def shape(path: Path) -> tuple[int, int]:
    """Rows and columns of a picture file, upright, from its header where that is possible."""
    with contextlib.suppress(Exception), warnings.catch_warnings(), regular.open_file(path) as file:
        warnings.simplefilter("ignore")
        kind = formats.of(file.read(formats.START_BYTES))
        file.seek(0)
        with Image.open(file, formats=formats.pillow(kind)) as picture:  # not imageio, which looks for EXIF everywhere
            columns, rows = picture.size
            # Pillow decodes a PNG in search of EXIF that does not come first
            known = picture.format != "PNG" or "exif" in picture.info
            turned = known and orientation.exchanges_sides(orientation.of(picture))
            return (columns, rows) if turned else (rows, columns)
    return image.read_native(path).shape[:2]  # not Pillow's, or damaged: the decoder says which


def map_files(function: Callable, items: Sequence, step: Callable[[], object], threads: int = 4) -> list:
    """`function` of every item, by a few threads, since decoders let others run; `step` is called after each."""
    # Decoders silence warnings each on their own, which leaves them silenced where threads overlap: put that right
    with warnings.catch_warnings(), ThreadPoolExecutor(threads) as pool:
        try:
            results = []
            for result in pool.map(function, items):
                results.append(result)
                step()
            return results
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def memory_limit_bytes() -> int:
    """Half of the memory that this machine, or the container it is, has left."""
    free = memory.free_bytes()
    return (4 * 2**30 if free is None else free) // 2
