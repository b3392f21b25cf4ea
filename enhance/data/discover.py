"""Where training pictures come from: `open` tells by what lies there.

=============================  =======================================================================================
nothing named                  the built-in photographs, rendered once; degraded anew where camera values vary
a set of ``camsim dataset``    its pairs of one setting
a folder with HR/ and LR/      pairs of equal names, any sizes; LR pictures in LR/ or LR/SETTING/, perhaps named NAMEx4
other folders, recipes         photographs, degraded by the camera during training
=============================  =======================================================================================
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.camera import Camera
from camsim.dataset import folder as dataset
from camsim.dataset import pairs as rendered_pairs
from camsim.dataset import photographs as photos
from camsim.io import atomic, image
from enhance.data import batches, live_camera, pair_set, sampling


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of pictures, in memory (uint8) or in files, and what identifies it."""

    name: str
    lr: np.ndarray | Path
    hr: np.ndarray | Path
    digests: tuple[str, str]

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """LR (h, w, 3) and HR (h·scale, w·scale, 3) or up to scale - 1 larger, uint8."""
        if isinstance(self.lr, np.ndarray):
            return self.lr, self.hr
        return batches.read(self.lr), batches.read(self.hr)


def open(
    where: str | Path | None,
    *,
    camera: Camera,
    setting: str,
    split: str = "train",
    vary: Mapping[str, object] | None = None,
    hr_px: int = 128,
    scale: int = 4,
    crop: str = "fixed_size",
    seed: int = 0,
    jobs: int = 1,
    step: Callable[[], object] = lambda: None,
    memory_limit_bytes: int | None = None,
) -> batches.Source:
    """Open a source of training pictures, to be closed after use (``with sources.open(…) as source``).

    Parameters
    ----------
    where : as the module says; None or empty for the built-in photographs.
    camera : looks at photographs; pairs have been through theirs.
    setting : which LR pictures of a folder of pairs.
    split : of a recipe.
    vary : camera keys drawn anew for every picture, (low, high) each; for photographs only. See `degrade.ladders`.
    hr_px : side of the target; that of a set of `camsim dataset` where its pictures are smaller.
    scale : side of the target over that of the input, where pictures are rendered here; pairs have their own.
    crop : fixed_size (windows of `hr_px`; of photographs: of what the camera looks at) or random_size (of that
        size or larger, reduced to it).
    seed : of the built-in photographs' rendering and of validation.
    jobs : processes that render, 0: a thread of this one; threads that read files.
    step : called after each picture that is rendered or read into memory.
    memory_limit_bytes : more is streamed from files, to the same batches. None: half of what is available.

    Raises
    ------
    ValueError
        Naming file and reason where something is missing, damaged, of wrong size, or asked for in vain.
    """
    if crop not in sampling.KINDS:
        raise ValueError(f"crop = {crop!r} must be one of {', '.join(sampling.KINDS)}")
    if memory_limit_bytes is None:
        memory_limit_bytes = batches.memory_limit_bytes()
    ladders = live_camera.ladders(camera, vary or {})
    options = {"hr_px": hr_px, "crop": crop, "jobs": jobs, "step": step}
    if not where and not ladders:
        return _builtin(camera, split=split, seed=seed, scale=scale, **options)
    rendered = bool(where) and (Path(where) / dataset.MANIFEST).exists()
    if rendered or (where and all((Path(where) / part).is_dir() for part in ("HR", "LR"))):
        if ladders:
            raise ValueError(f"{where}: rendered pairs, in which {ladders[0][0]} cannot vary: photographs are needed")
        if rendered:
            found, photographs, own_px = _rendered(Path(where), setting)
            options["hr_px"] = min(hr_px, own_px)
        else:
            found, photographs = _plain(Path(where), setting), ()
        return _files(str(where), found, photographs, limit=memory_limit_bytes, **options)
    look = live_camera.Look(
        camera=camera,
        ladders=ladders,
        hr_px=hr_px,
        scale=scale,
        scene_px=max(photos.SCENE_PX, hr_px),
        crop=crop,
    )
    return live_camera.Photographs(
        photos.open_sources([where or photos.BUILTIN], split=split),
        look,
        source=str(where or f"built-in photographs, split {split}"),
        seed=seed,
        jobs=jobs,
        step=step,
        memory_limit_bytes=memory_limit_bytes,
    )


#: Name, LR file and HR file.
Found = tuple[str, Path, Path]


def _rendered(folder: Path, setting: str) -> tuple[list[Found], tuple[str, ...], int]:
    """The pairs of a set of `camsim dataset`, its photographs and its HR side."""
    manifest = dataset.read_manifest(folder)
    try:
        if setting not in manifest["settings"]:
            raise ValueError(f"{folder}: has no setting {setting!r}, only {', '.join(manifest['settings'])}")
        names = [record["name"] for record in manifest["images"]]
        photographs, hr_px = pair_set.photographs(manifest["images"]), int(manifest["hr_px"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / dataset.MANIFEST}: damaged, or not a rendered set's manifest") from error
    hr, lr = folder / "HR", folder / "LR" / setting
    return [(name, lr / f"{name}.png", hr / f"{name}.png") for name in names], photographs, hr_px


def _plain(folder: Path, setting: str) -> list[Found]:
    """The pairs of a folder with HR/ and LR/, by the stems of their names."""
    hr = _pictures(folder / "HR")
    place = folder / "LR" / setting
    if not setting or not place.is_dir():
        place = folder / "LR"
        if not any(path.suffix.lower() in image.SUFFIXES for path in place.iterdir()):
            raise ValueError(f"{place}: neither pictures nor a folder {setting!r}")
    lr = _pictures(place, known=set(hr))
    if alone := sorted(hr.keys() ^ lr.keys()):
        there, missing = (folder / "HR", place) if alone[0] in hr else (place, folder / "HR")
        raise ValueError(f"{missing}: has no picture {alone[0]!r}, which {there} has")
    return [(name, lr[name], hr[name]) for name in sorted(hr)]


def _pictures(folder: Path, known: set[str] | None = None) -> dict[str, Path]:
    """Pictures of a folder by stem; a scale at its end (0001x4) is taken off where the stem is not `known` with it."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in image.SUFFIXES or not path.is_file():
            continue
        name = path.stem if known is None or path.stem in known else re.sub(r"x\d+$", "", path.stem)
        if name in found:
            raise ValueError(f"{folder}: {found[name].name} and {path.name} have the same name {name!r}")
        found[name] = path
    if not found:
        raise ValueError(f"{folder}: no pictures in this folder")
    return found


def _files(
    where: str,
    found: Sequence[Found],
    photographs: Sequence[str],
    *,
    hr_px: int,
    crop: str,
    jobs: int,
    step: Callable[[], object],
    limit: int,
) -> "Pairs":
    """Pairs of files, read into memory where they take at most `limit` bytes."""
    if not found:
        raise ValueError(f"{where}: holds no pairs")

    def scan(entry: Found):
        return [(batches.shape(path), atomic.sha256(path)) for path in entry[1:]]

    scanned = batches.map_files(scan, found, lambda: None)
    own = scanned[0][1][0][0] // scanned[0][0][0][0]
    for (_, lr, hr), ((small, _), (large, _)) in zip(found, scanned, strict=True):
        check_sizes(hr, large, lr, small, scale=own, hr_px=hr_px)
    rendered_pairs.check_sizes(hr_px=hr_px, scale=own, scene_px=hr_px)
    pairs = [Pair(*entry, (a, b)) for entry, ((_, a), (_, b)) in zip(found, scanned, strict=True)]
    if sum(3 * rows * columns for both in scanned for (rows, columns), _ in both) <= limit:
        pairs = batches.map_files(lambda pair: Pair(pair.name, *pair.read(), pair.digests), pairs, step)
    photographs = photographs or sorted({pair.digests[1] for pair in pairs})
    return Pairs(pairs, source=where, photographs=photographs, scale=own, hr_px=hr_px, crop=crop, jobs=jobs)


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


def _builtin(camera: Camera, *, split, seed, jobs, step, hr_px, scale, crop) -> "Pairs":
    """The built-in photographs, rendered once."""
    made = pair_set.builtin(camera, split=split, seed=seed, jobs=max(1, jobs), step=step, hr_px=hr_px, scale=scale)
    pairs = [
        Pair(name, lr, hr, tuple(hashlib.sha256(picture.tobytes()).hexdigest() for picture in (lr, hr)))
        for name, lr, hr in zip(made.names, made.lr, made.hr, strict=True)
    ]
    about = {"source": made.source, "photographs": made.photographs}
    return Pairs(pairs, **about, scale=scale, hr_px=hr_px, crop=crop, jobs=jobs)


class Pairs(batches.Source):
    """Pairs of pictures of one scale and any size, in memory or read from files by threads."""

    def __init__(self, pairs: Sequence[Pair], *, crop: str, jobs: int, **about):
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

    def _cut(self, pair: Pair, rng: np.random.Generator | None) -> tuple[np.ndarray, np.ndarray]:
        lr, hr = pair.read()
        hr = hr[: self.scale * lr.shape[0], : self.scale * lr.shape[1]]
        return sampling.cut_pair(rng, lr, hr, hr_px=self.hr_px, crop=self._crop)

    def _shown(self, held: np.ndarray, count: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """The middle of every picture."""
        return [(self._pairs[index].name, *self._cut(self._pairs[index], None)) for index in held]
