"""Pairs of pictures for training, in memory as uint8, in an order that depends on seed and step alone."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from camsim.camera import Camera
from camsim.dataset import folder as dataset
from camsim.dataset import photographs as photos
from camsim.dataset.pairs import render_pairs
from enhance.data import sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSet:
    """LR (n, h, w, 3) and HR (n, h·scale, w·scale, 3) pictures, uint8 sRGB."""

    source: str  #: in words
    photographs: tuple[str, ...]  #: SHA-256 of every photograph that scenes were cut from
    names: list[str]
    lr: np.ndarray
    hr: np.ndarray

    @property
    def scale(self) -> int:
        return self.hr.shape[1] // self.lr.shape[1]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: np.ndarray) -> "PairSet":
        """The pairs at `indices`."""
        names = [self.names[i] for i in indices]
        return replace(self, names=names, lr=self.lr[indices], hr=self.hr[indices])


def load(folder: Path | str, setting: str) -> PairSet:
    """A set rendered by ``camsim dataset``; raises ValueError where it is missing or damaged."""
    names, lr, hr = dataset.load(folder, setting)
    return PairSet(
        source=str(folder),
        photographs=photographs(dataset.read_manifest(folder)["images"]),
        names=names,
        lr=lr,
        hr=hr,
    )


def photographs(records: list[dict]) -> tuple[str, ...]:
    """SHA-256 of every photograph that the records of a manifest name, sorted."""
    return tuple(sorted({record["source_sha256"] for record in records}))


def builtin(
    camera: Camera, *, split: str = "train", seed: int = 0, jobs: int = 1, step=lambda: None, **sizes
) -> PairSet:
    """The built-in photographs of a split, seen by `camera`; `step` is called after every scene.

    `sizes` are `hr_px` and `scale` of `camsim.dataset.pairs.render_pairs`.
    """
    pairs = []
    vary = split == "train"
    for pair in render_pairs(builtin_photos(split), {"camera": camera}, seed=seed, vary=vary, jobs=jobs, **sizes):
        pairs.append(pair)
        step()
    return PairSet(
        source=f"built-in photographs, split {split}",
        photographs=photographs([pair.record for pair in pairs]),
        names=[pair.name for pair in pairs],
        lr=np.stack([pair.lr["camera"] for pair in pairs]),
        hr=np.stack([pair.hr for pair in pairs]),
    )


def builtin_photos(split: str) -> list[photos.Photo]:
    """The built-in photographs of a split."""
    return photos.open_sources([photos.BUILTIN], split=split)


def hold_out(pairs: PairSet, count: int) -> tuple[PairSet, PairSet]:
    """Training and validation parts: `count` pairs, spread evenly, are held out."""
    held = sampling.held_out(len(pairs), count)
    return pairs.take(np.setdiff1d(np.arange(len(pairs)), held)), pairs.take(held)


def batch(pairs: PairSet, step: int, *, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The LR and HR batch of a step, each pair turned and mirrored alike at random.

    Every pair comes once per epoch. The batch depends on nothing but the arguments, so a resumed run sees what
    an uninterrupted one would have.
    """
    indices = sampling.chosen(len(pairs), step, size=size, seed=seed)
    turns = sampling.turns(step, size=size, seed=seed)
    return tuple(sampling.turned([pictures[i] for i in indices], *turns) for pictures in (pairs.lr, pairs.hr))
