"""Where scenes come from: photographs in files or folders, or those beside a recipe such as the built-in one.

A recipe (see `recipe`) names photographs, their split and how many square scenes are cut from each.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from camsim.dataset import recipe
from camsim.dataset.recipe import BUILTIN, SCENE_PX
from camsim.io import atomic, image
from camsim.io.resize import resize
from camsim.schema.spelling import hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photograph and how scenes are cut from it."""

    name: str
    path: Path
    split: str = "all"
    cuts: int = 1
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneCut:
    """A square scene cut from a photograph."""

    name: str
    rgb: np.ndarray = field(repr=False)  #: (side, side, 3) uint8 sRGB
    source: str
    source_sha256: str
    window: tuple[int, int, int]  #: top, left, side in the photograph's pixels
    variant: str  #: turns, mirror and channel order applied, "" for none
    copy: int = 0  #: how many scenes of the same window and variant the photograph gave before

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.rgb.tobytes()).hexdigest()


def open_sources(sources: Iterable[str | Path], *, split: str = "all") -> list[Photo]:
    """Photographs of files, folders, recipe files or the word ``builtin``; `split` picks within recipes.

    Raises ValueError for a missing source, a folder without pictures or a broken recipe.
    """
    photos: list[Photo] = []
    for source in sources:
        if str(source) == BUILTIN:
            photos += _photos_of(recipe.folder() / f"{BUILTIN}.toml")
        elif Path(source).suffix == ".toml":
            photos += _photos_of(Path(source))
        else:
            photos += [Photo(name=path.stem, path=path) for path in image.find([source])]
    if split != "all":
        photos = [photo for photo in photos if photo.split in (split, "all")]
        if not photos:
            raise ValueError(f"no photographs in split {split!r}")
    return photos


def builtin(name: str) -> Photo:
    """One built-in photograph by name; ValueError names those there are."""
    known = {photo.name: photo for photo in open_sources([BUILTIN])}
    if name not in known:
        raise ValueError(f"no built-in photograph {name!r}; there are {', '.join(known)}{hint(name, known)}")
    return known[name]


def _photos_of(path: Path) -> list[Photo]:
    """The photographs of a recipe, whose files lie beside it."""
    known = recipe.read(path).photo
    if not known:
        raise ValueError(f"{path}: no [[photo]] in this recipe")
    photos = [
        Photo(name=p.name, path=path.parent / p.file, split=p.split, cuts=p.cuts, licence=p.licence) for p in known
    ]
    for photo in photos:
        if not photo.path.exists():
            raise ValueError(f"{path}: {photo.path} is missing")
    return photos


def scenes(
    photo: Photo,
    *,
    scene_px: int = SCENE_PX,
    seed: int = 0,
    vary: bool = False,
    first: int = 0,
    last: int | None = None,
) -> Iterator[SceneCut]:
    """Cut square scenes from a photograph.

    The first is the largest centred square, the others are windows of random place and size; all are reduced to
    `scene_px` where they are larger, never enlarged. With `vary`, every scene but the first is also turned,
    mirrored and given another order of colour channels at random, which makes more of few photographs.
    The same photograph, seed and count give the same scenes; those from `first` until before `last` are what they would
    be among all.
    """
    picture = image.read_native(photo.path)
    if picture.dtype.kind == "f":
        picture = image.as_float(picture)
    digest = atomic.sha256(photo.path)
    rng = np.random.default_rng([seed, int(digest[:12], 16)])
    rows, columns = picture.shape[:2]
    seen: Counter[tuple[tuple[int, int, int], Turn | None]] = Counter()
    for index in range(photo.cuts if last is None else min(last, photo.cuts)):
        window = _centred_window(rows, columns) if index == 0 else _random_window(rows, columns, scene_px, rng)
        turn = _random_turn(rng) if vary and index > 0 else None
        copy = seen[window, turn]
        seen[window, turn] += 1
        if index < first:
            continue
        top, left, side = window
        cut = picture[top : top + side, left : left + side]
        if side > scene_px:
            cut = resize(image.as_float(cut), (scene_px, scene_px))
        yield SceneCut(
            name=scene_name(photo, index),
            rgb=np.ascontiguousarray(image.quantise(_turned(cut, turn))),  # no view that holds the whole photograph
            source=photo.path.name,
            source_sha256=digest,
            window=window,
            variant=_turn_words(turn),
            copy=copy,
        )


def scene_name(photo: Photo, index: int) -> str:
    """What the scene of an index is called, and its files."""
    return photo.name if photo.cuts == 1 else f"{photo.name}_{index:03d}"


def _centred_window(rows: int, columns: int) -> tuple[int, int, int]:
    """Top, left and side of the largest centred square."""
    side = min(rows, columns)
    return (rows - side) // 2, (columns - side) // 2, side


def _random_window(rows: int, columns: int, scene_px: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Top, left and side of a square of random size, from `scene_px` on where the picture has so many pixels."""
    largest = min(rows, columns)
    smallest = min(scene_px, largest)
    side = round(smallest * (largest / smallest) ** float(rng.random()))
    return int(rng.integers(rows - side + 1)), int(rng.integers(columns - side + 1)), side


#: Quarter turns, whether mirrored, and the order of the channels.
Turn = tuple[int, bool, tuple[int, ...]]


def _random_turn(rng: np.random.Generator) -> Turn:
    return int(rng.integers(4)), bool(rng.integers(2)), tuple(map(int, rng.permutation(3)))


def _turned(cut: np.ndarray, turn: Turn | None) -> np.ndarray:
    """The scene turned, mirrored and with another order of channels."""
    if turn is None:
        return cut
    turns, mirror, channels = turn
    return np.rot90(cut[:, ::-1] if mirror else cut, turns)[..., channels]


def _turn_words(turn: Turn | None) -> str:
    if turn is None:
        return ""
    turns, mirror, channels = turn
    return f"rot{90 * turns}{' mirrored' if mirror else ''} {''.join('rgb'[c] for c in channels)}"
