"""Pairs of pictures for training, in memory as uint8, in an order that depends on seed and step alone."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from camsim import camera as cameras
from camsim import dataset, photos


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
        photographs=_photographs(dataset.read_manifest(folder)["images"]),
        names=names,
        lr=lr,
        hr=hr,
    )


def _photographs(records: list[dict]) -> tuple[str, ...]:
    return tuple(sorted({record["source_sha256"] for record in records}))


def builtin(
    camera: cameras.Camera, *, split: str = "train", seed: int = 0, jobs: int = 1, step=lambda: None
) -> PairSet:
    """The built-in photographs of a split, seen by `camera`; `step` is called after every scene."""
    pairs = []
    for pair in dataset.pairs(builtin_photos(split), {"camera": camera}, seed=seed, vary=split == "train", jobs=jobs):
        pairs.append(pair)
        step()
    return PairSet(
        source=f"built-in photographs, split {split}",
        photographs=_photographs([pair.record for pair in pairs]),
        names=[pair.name for pair in pairs],
        lr=np.stack([pair.lr["camera"] for pair in pairs]),
        hr=np.stack([pair.hr for pair in pairs]),
    )


def builtin_photos(split: str) -> list[photos.Photo]:
    """The built-in photographs of a split."""
    return photos.open_sources([photos.BUILTIN], split=split)


def hold_out(pairs: PairSet, count: int) -> tuple[PairSet, PairSet]:
    """Training and validation parts: `count` pairs, spread evenly, are held out."""
    count = min(count, len(pairs) // 4)
    held = np.linspace(0, len(pairs) - 1, count, dtype=int) if count else np.array([], int)
    return pairs.take(np.setdiff1d(np.arange(len(pairs)), held)), pairs.take(held)


def batch(pairs: PairSet, step: int, *, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The LR and HR batch of a step, each pair turned and mirrored alike at random.

    Every pair comes once per epoch. The batch depends on nothing but the arguments, so a resumed run sees what
    an uninterrupted one would have.
    """
    positions = np.arange(step * size, (step + 1) * size)
    epochs, places = np.divmod(positions, len(pairs))
    orders = {epoch: np.random.default_rng([seed, 0, epoch]).permutation(len(pairs)) for epoch in np.unique(epochs)}
    chosen = [orders[epoch][place] for epoch, place in zip(epochs, places, strict=True)]
    rng = np.random.default_rng([seed, 1, step])
    turns, mirrors = rng.integers(4, size=size), rng.integers(2, size=size)

    def pick(pictures):
        turned = [np.rot90(pictures[i], k) for i, k in zip(chosen, turns, strict=True)]
        return np.stack([p[:, ::-1] if m else p for p, m in zip(turned, mirrors, strict=True)])

    return pick(pairs.lr), pick(pairs.hr)
