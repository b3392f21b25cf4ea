"""What is judged: references and what cameras made of them, rendered already, or of the built-in photographs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from camsim import arguments

if TYPE_CHECKING:
    from camsim.camera import Camera

#: The cameras through which the built-in photographs are seen: the columns, where nothing else is asked for.
SETTINGS = ("ideal", "underexposed", "pixel25", "f22")

#: Pixels that a page shows, all outputs of all its pictures together: some 25 MB of HTML. A hundred pictures of 128×128
#: pixels, five models and four cameras are fewer.
PAGE_PIXELS = 36_000_000

# Sizes of the built-in photographs, those of `camsim dataset`: side of the reference, and what it is divided by.
_HR_PX, _SCALE = 128, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A reference and what each camera made of it. ValueError unless the reference is a whole multiple of them all."""

    name: str
    reference: np.ndarray  #: (H, W, 3) uint8, sRGB
    inputs: dict[str, np.ndarray]  #: setting → (h, w, 3) uint8
    photograph: str = ""  #: hash of the photograph that it was cut from; "" where that is not known

    def __post_init__(self) -> None:
        for what, pixels in {"reference": self.reference, **self.inputs}.items():
            is_picture = isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8 and pixels.ndim == 3
            if not is_picture or pixels.shape[2] != 3 or not pixels.size:
                raise ValueError(f"picture {self.name}, {what}: an array (rows, columns, 3) of uint8 is needed")
        if not self.inputs:
            raise ValueError(f"picture {self.name}: no camera's picture of it")
        height, width, _ = self.reference.shape
        for setting, low in self.inputs.items():
            if (self.scale * low.shape[0], self.scale * low.shape[1]) != (height, width):
                raise ValueError(
                    f"picture {self.name}, {setting}: {low.shape[1]}×{low.shape[0]} is no whole fraction of "
                    f"{width}×{height}, the same for every camera"
                )

    @property
    def scale(self) -> int:
        """How many times larger the reference is."""
        return max(1, self.reference.shape[0] // next(iter(self.inputs.values())).shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSet:
    """Pictures of the same cameras. ValueError where there is none, or they are not alike."""

    pictures: list[Picture]
    source: str  #: in words, where they are from

    def __post_init__(self) -> None:
        if not self.pictures:
            raise ValueError(f"{self.source}: no pictures")
        if others := [type(picture).__name__ for picture in self.pictures if not isinstance(picture, Picture)]:
            raise ValueError(f"{self.source}: {others[0]} is no scielab.model_grid.pictures.Picture")
        first = self.pictures[0]
        for picture in self.pictures:
            if (list(picture.inputs), picture.scale) != (list(first.inputs), first.scale):
                raise ValueError(f"{self.source}: {picture.name} is of other cameras or scale than {first.name}")
        if len({picture.name for picture in self.pictures}) < len(self.pictures):
            raise ValueError(f"{self.source}: two pictures have one name")

    @property
    def settings(self) -> list[str]:
        """The cameras' names, in order: the columns of the grid."""
        return list(self.pictures[0].inputs)

    @property
    def scale(self) -> int:
        """How many times larger than the cameras' pictures the references are."""
        return self.pictures[0].scale

    @property
    def photographs(self) -> int:
        """Of how many photographs the pictures are; one whose photograph is not known counts as its own."""
        return len({picture.photograph or picture.name for picture in self.pictures})


def load(
    data: Path | str | Iterable[Picture] | None = None,
    *,
    cameras: "str | Path | Camera | Iterable[str | Path | Camera] | None" = None,
    limit: int | None = None,
) -> PictureSet:
    """The pictures to judge; `limit` takes so many, spread over all.

    Parameters
    ----------
    data : Path, str, iterable of Picture or None
        A folder of `camsim dataset`, or the pictures themselves; None for the built-in test photographs.
    cameras : str, Path, Camera or iterable of them, optional
        Built-in settings, camera files or cameras through which the built-in photographs are seen, in place of
        `SETTINGS`.
    limit : int, optional
        The most pictures that are taken.

    Raises
    ------
    ValueError
        Where there are no pictures, they do not fit together, or `cameras` are given for pictures that are rendered
        already.
    """
    if data is None:
        return _builtin(SETTINGS if cameras is None else cameras, limit)
    if cameras is not None:
        raise ValueError("cameras are for the built-in photographs; the pictures given are rendered already")
    if isinstance(data, str | Path):
        return _rendered(Path(data), limit)
    given = arguments.several(data)
    return PictureSet(pictures=[given[i] for i in _spread(len(given), limit)], source="arrays")


def to_show(names: str | Iterable[str], pictures: Iterable[Picture]) -> list[Picture]:
    """The pictures to show: those named, else the first of up to three photographs. ValueError for an unknown name."""
    by_name = {picture.name: picture for picture in pictures}
    names = list(dict.fromkeys(arguments.several(names)))
    for name in names:
        if name not in by_name:
            some = ", ".join(list(by_name)[:8]) + (", …" if len(by_name) > 8 else "")
            raise ValueError(f"{name}: no such picture to show; there are {some}")
    if names:
        return [by_name[name] for name in names]
    firsts = {name.rpartition("_")[0] or name: picture for name, picture in reversed(by_name.items())}
    return list(reversed(firsts.values()))[:3]


def on_page(shown: Iterable[Picture], pictures: list[Picture], *, outputs: int) -> list[Picture]:
    """What a page shows: all pictures, with `outputs` outputs of each, or so many as `PAGE_PIXELS` allow.

    They are spread over all; `shown` are among them however large they are.
    """
    names = {picture.name for picture in shown}
    largest = max(picture.reference[..., 0].size for picture in pictures)
    if room := PAGE_PIXELS // (outputs * largest):
        names |= {pictures[i].name for i in _spread(len(pictures), room)}
    return [picture for picture in pictures if picture.name in names]


def _spread(count: int, limit: int | None) -> list[int]:
    """Which of `count` pictures are taken."""
    if limit is None or arguments.whole(limit, "limit", 1) >= count:
        return list(range(count))
    return np.linspace(0, count - 1, limit, dtype=int).tolist()


def _builtin(cameras: "str | Path | Camera | Iterable[str | Path | Camera]", limit: int | None) -> PictureSet:
    """The built-in test photographs through cameras; only what is taken is rendered."""
    from camsim import camera_file
    from camsim.dataset import photographs
    from camsim.dataset.pairs import make_pair

    loaded = [camera_file.load(camera) for camera in arguments.several(cameras)]
    if not loaded:
        raise ValueError("cameras is empty: there is nothing to see the photographs through")
    views = {camera.name: camera for camera in loaded}
    if len(views) < len(loaded):
        raise ValueError("two cameras have one name")
    photos = photographs.open_sources([photographs.BUILTIN], split="test")
    cuts = [cut for photo in photos for cut in photographs.scenes(photo)]
    pairs = (make_pair(cuts[i], views, hr_px=_HR_PX, scale=_SCALE, seed=0) for i in _spread(len(cuts), limit))
    pictures = [
        Picture(name=pair.name, reference=pair.hr, inputs=pair.lr, photograph=pair.record["source_sha256"])
        for pair in pairs
    ]
    return PictureSet(pictures=pictures, source=f"{len(photos)} built-in test photographs")


def _rendered(place: Path, limit: int | None) -> PictureSet:
    """A set of `camsim dataset`, with all of its settings."""
    from camsim.dataset import folder

    manifest = folder.read_manifest(place)
    records, low = manifest["images"], {}
    if not records or not manifest["settings"]:
        raise ValueError(f"{place}: no pictures")
    for setting in manifest["settings"]:
        _, low[setting], high = folder.load(place, setting)
    pictures = [
        Picture(
            name=records[i]["name"],
            reference=high[i],
            inputs={setting: stack[i] for setting, stack in low.items()},
            photograph=records[i]["source_sha256"],
        )
        for i in _spread(len(records), limit)
    ]
    return PictureSet(pictures=pictures, source=str(place))
