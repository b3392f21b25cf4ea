"""Training pictures that are pairs already: of a rendered set, of a folder with HR/ and LR/, or in memory."""

import hashlib
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from camsim.arguments import shown
from camsim.camera import Camera
from camsim.dataset import folder, photographs
from camsim.dataset import pairs as rendered_pairs
from camsim.dataset.shards import Stored
from camsim.io import atomic, image
from enhance.data import batches, sampling


@dataclass(frozen=True, slots=True)
class StoredPair:
    """A pair of pictures, in memory (uint8), in files or in a shard, and what identifies it."""

    name: str
    lr: np.ndarray | Path | Stored
    hr: np.ndarray | Path | Stored
    digests: tuple[str, str]  #: SHA-256 of LR and HR: of the files, or of the arrays' bytes; of their shard

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """LR (h, w, 3) and HR (h·scale, w·scale, 3) or up to scale - 1 larger, uint8."""
        return _pixels(self.lr), _pixels(self.hr)

    def in_memory(self) -> "StoredPair":
        """The same, without files."""
        return StoredPair(self.name, *self.read(), self.digests)


def _pixels(picture: np.ndarray | Path | Stored) -> np.ndarray:
    if isinstance(picture, np.ndarray):
        return picture
    return picture.read() if isinstance(picture, Stored) else batches.read(picture)


class StoredPairs(batches.TrainingPictures):
    """Pairs of pictures of one scale and any size, in memory or read from files by threads."""

    def __init__(self, pairs: Sequence[StoredPair], *, crop: str, jobs: int, **about: Any):
        in_memory = isinstance(pairs[0].lr, np.ndarray)
        threads = 1 if in_memory and crop == "fixed_size" else max(2, jobs)
        super().__init__(
            weights=np.ones(len(pairs), int),
            in_memory=in_memory,
            executor=ThreadPoolExecutor(threads),
            **about,
        )
        self._pairs, self._crop, self._threads = pairs, crop, threads

    def fingerprint(self) -> str:
        named = [(pair.name, *pair.digests) for pair in self._pairs]
        return batches.digest("pairs", self.scale, self.hr_px, self._crop, named)

    def _depth(self, size: int) -> int:
        return max(batches.AHEAD, self._threads)

    def _submit(self, indices: np.ndarray, step: int, size: int, seed: int) -> list[Future]:
        picked = indices[sampling.chosen(len(indices), step, size=size, seed=seed)]
        return [self._executor.submit(self._make, picked, step, seed)]

    def _make(self, picked: np.ndarray, step: int, seed: int) -> batches.Batch:
        turns = sampling.turns(step, size=len(picked), seed=seed)
        rng = np.random.default_rng([seed, 2, step])
        lr, hr = zip(*(self._cut(self._pairs[index], rng) for index in picked), strict=True)
        return sampling.turned(lr, *turns), sampling.turned(hr, *turns)

    def _cut(self, pair: StoredPair, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:
        lr, hr = pair.read()
        hr = hr[: self.scale * lr.shape[0], : self.scale * lr.shape[1]]
        return sampling.cut_pair(rng, lr, hr, hr_px=self.hr_px, crop=self._crop)

    def _held_out_pairs(self, indices: np.ndarray, count: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """The middle of every picture."""
        return [(self._pairs[index].name, *self._cut(self._pairs[index], None)) for index in indices]


# --- in memory ----------------------------------------------------------------------------------------------------


def pairs_in_memory(names: Sequence[str], lr: Sequence[np.ndarray], hr: Sequence[np.ndarray]) -> list[StoredPair]:
    """Pairs of uint8 arrays, LR (h, w, 3) and HR (h·scale, w·scale, 3)."""
    return [
        StoredPair(name, low, high, (_sha256(low), _sha256(high)))
        for name, low, high in zip(names, lr, hr, strict=True)
    ]


def _sha256(picture: np.ndarray) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


def open_builtin(
    camera: Camera, *, split: str, seed: int, scale: int, hr_px: int, crop: str, jobs: int, step: Callable[[], object]
) -> StoredPairs:
    """The built-in photographs of a split, rendered once; `step` is called after every scene."""
    rendered = []
    for pair in rendered_pairs.render_pairs(
        builtin_photographs(split),
        {"camera": camera},
        hr_px=hr_px,
        scale=scale,
        seed=seed,
        vary=split == "train",
        jobs=max(1, jobs),
    ):
        rendered.append(pair)
        step()
    return StoredPairs(
        pairs_in_memory([p.name for p in rendered], [p.lr["camera"] for p in rendered], [p.hr for p in rendered]),
        source=f"built-in photographs, split {split}",
        source_sha256=_photographs_of([pair.record for pair in rendered]),
        scale=scale,
        hr_px=hr_px,
        crop=crop,
        jobs=jobs,
    )


def builtin_photographs(split: str) -> list[photographs.Photo]:
    """The built-in photographs of a split."""
    return photographs.open_sources([photographs.BUILTIN], split=split)


def _photographs_of(records: list[dict]) -> tuple[str, ...]:
    """SHA-256 of every photograph that the records of a manifest name, sorted."""
    return tuple(sorted({record["source_sha256"] for record in records}))


# --- in files -----------------------------------------------------------------------------------------------------

#: Name, LR file and HR file.
PairFiles = tuple[str, Path, Path]


def rendered_set(place: Path, setting: str) -> tuple[list[PairFiles], tuple[str, ...], int]:
    """The files of a set of `camsim dataset`, its photographs' SHA-256 and its HR side."""
    manifest = folder.read_manifest(place)
    if setting not in manifest["settings"]:
        raise ValueError(f"{place}: has no setting {shown(setting)}, only {', '.join(manifest['settings'])}")
    names = [record["name"] for record in manifest["images"]]
    hr, lr = place / "HR", place / "LR" / setting
    return (
        [(name, lr / f"{name}.png", hr / f"{name}.png") for name in names],
        _photographs_of(manifest["images"]),
        manifest["hr_px"],
    )


def paired_by_name(place: Path, setting: str) -> list[PairFiles]:
    """The pairs of a folder with HR/ and LR/, by the stems of their names."""
    hr = _pictures(place / "HR")
    lr_place = place / "LR" / setting
    if not setting or not lr_place.is_dir():
        lr_place = place / "LR"
        if not any(path.suffix.lower() in image.READ_SUFFIXES for path in lr_place.iterdir()):
            raise ValueError(f"{lr_place}: neither pictures nor a folder {setting!r}")
    lr = _pictures(lr_place, known=set(hr))
    if alone := sorted(hr.keys() ^ lr.keys()):
        there, missing = (place / "HR", lr_place) if alone[0] in hr else (lr_place, place / "HR")
        raise ValueError(f"{missing}: has no picture {alone[0]!r}, which {there} has")
    return [(name, lr[name], hr[name]) for name in sorted(hr)]


def _pictures(place: Path, known: set[str] | None = None) -> dict[str, Path]:
    """Pictures of a folder by stem; a scale at its end (0001x4) is taken off where the stem is not `known` with it."""
    found: dict[str, Path] = {}
    for path in sorted(place.iterdir()):
        if path.suffix.lower() not in image.READ_SUFFIXES or not path.is_file():
            continue
        name = path.stem if known is None or path.stem in known else re.sub(r"x\d+$", "", path.stem)
        if name in found:
            raise ValueError(f"{place}: {found[name].name} and {path.name} have the same name {name!r}")
        found[name] = path
    if not found:
        raise ValueError(f"{place}: no pictures in this folder")
    return found


def open_files(
    where: str,
    files: Sequence[PairFiles],
    source_sha256: Sequence[str],
    *,
    hr_px: int,
    crop: str,
    jobs: int,
    step: Callable[[], object],
    limit_bytes: int,
) -> StoredPairs:
    """Pairs of files, read into memory where they take at most `limit_bytes`; `step` is called after each that is.

    Where `source_sha256` is empty, every HR file counts as a photograph of its own.
    """
    if not files:
        raise ValueError(f"{where}: holds no pairs")

    def scan(entry: PairFiles) -> list[tuple[tuple[int, int], str]]:
        return [(batches.shape(path), atomic.sha256(path)) for path in entry[1:]]

    scanned = batches.map_files(scan, files, lambda: None)
    scale = scanned[0][1][0][0] // scanned[0][0][0][0]
    for (_, lr, hr), ((small, _), (large, _)) in zip(files, scanned, strict=True):
        check_sizes(hr, large, lr, small, scale=scale, hr_px=hr_px)
    rendered_pairs.check_sizes(hr_px=hr_px, scale=scale, scene_px=hr_px)
    stored = [StoredPair(name, lr, hr, (a, b)) for (name, lr, hr), ((_, a), (_, b)) in zip(files, scanned, strict=True)]
    if sum(3 * rows * columns for both in scanned for (rows, columns), _ in both) <= limit_bytes:
        stored = batches.map_files(StoredPair.in_memory, stored, step)
    return StoredPairs(
        stored,
        source=where,
        source_sha256=source_sha256 or sorted({pair.digests[1] for pair in stored}),
        scale=scale,
        hr_px=hr_px,
        crop=crop,
        jobs=jobs,
    )


def check_sizes(hr: Path, large: tuple[int, int], lr: Path, small: tuple[int, int], *, scale: int, hr_px: int) -> None:
    """Raise ValueError unless a pair of (rows, columns) has the scale of the others and holds a window of `hr_px`.

    HR may have less than `scale` rows and columns more, at the bottom and at the right: it was cropped to a multiple
    before it was reduced, as is usual.
    """
    if scale < 1 or not all(0 <= high - scale * low < scale for high, low in zip(large, small, strict=True)):
        sizes = [f"{columns}×{rows}" for rows, columns in (large, small)]
        times = f"{scale} times" if scale > 1 else "a whole number of times"
        raise ValueError(f"{hr}: {sizes[0]} px, not {times} the {sizes[1]} px of {lr}")
    if min(large) < hr_px:
        raise ValueError(f"{hr}: its shorter side of {min(large)} px is less than the HR size, {hr_px} px")
