"""Pictures to be enlarged: from files, folders and the web, and back into files as they came.

Grey stays grey, 16 bits stay 16 where the format has them, alpha, EXIF and resolution are kept, EXIF orientation is
applied. Colours are those of sRGB, to which a file's profile was converted, and are written so, with sRGB's profile
where the file had one: networks work in sRGB, so that nothing beyond its gamut is left to be written, and the way back
to another profile would only round once more. Grey is written without: it has sRGB's curve, for which there is no
customary profile.
"""

import re
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.io import atomic, colour_profile, high_depth, image, outputs, text_file, web
from enhance.inference import metadata

#: Formats without alpha.
_OPAQUE = (".jpg", ".jpeg", ".bmp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A picture to be read."""

    where: str  #: path, or web address
    name: Path  #: what its output is called below a folder

    @property
    def is_web(self) -> bool:
        return web.is_web(self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a file holds."""

    values: np.ndarray  #: (H, W, C) uint8, uint16 or float32; C 1 grey, 3 RGB, one more with alpha
    profile: bytes = b""  #: ICC profile to be written, empty for none
    exif: bytes = b""  #: a block of EXIF, upright, empty for none
    dpi: tuple[float, float] | None = None  #: pixels per inch, across and down, if they are known

    def rgb(self) -> np.ndarray:
        """(H, W, 3) sRGB values in [0, 1]; alpha is left out, grey is repeated."""
        colour = self.values[..., :1] if self.values.shape[2] <= 2 else self.values[..., :3]
        return np.broadcast_to(colour / np.float32(high_depth.white(self.values.dtype)), (*colour.shape[:2], 3))


def find(places: Iterable[str]) -> tuple[list[Input], list[Path]]:
    """Expand files, folders (searched through) and web addresses, in this order; nothing is fetched yet.

    Returns the inputs, and what was found in folders but left out, because a record beside it says that a model made
    it: else the same command on the same folder would enlarge what it has enlarged. Raises ValueError for a missing
    file or folder and a folder without pictures.
    """
    inputs, own = [], []
    for place in places:
        if web.is_web(place):
            inputs.append(Input(where=place, name=_name_of(place)))
            continue
        found = image.find([place])
        if Path(place).is_dir():
            made = {path for path in found if _is_made(path)}
            own += sorted(made)
            if not (found := [path for path in found if path not in made]):
                raise ValueError(f"{place}: no pictures in this folder but those that a model made")
        names = outputs.names(found, [Path(place)])
        inputs += [Input(where=str(path), name=_writable(name)) for path, name in zip(found, names, strict=True)]
    return inputs, own


def _is_made(path: Path) -> bool:
    """Whether the record beside a picture says that a model made it."""
    try:
        record = text_file.read_json(path.with_suffix(".json"))
        return "model_sha256" in record and Path(record["output"]).name == path.name
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _writable(name: Path) -> Path:
    """`name`, ending in .png where its own suffix is none that can be written."""
    return name if name.suffix.lower() in image.SUFFIXES else name.with_name(f"{name.stem}.png")


def _name_of(url: str) -> Path:
    """A harmless file name from the end of an address."""
    last = urllib.parse.unquote(urllib.parse.urlsplit(url).path).replace("\\", "/").rpartition("/")[2]
    return _writable(Path(re.sub(r"[^\w.\-]+", "_", last).strip("._")[-100:] or "picture"))


def read(path: Path | str, *, name: str = "") -> Picture:
    """Read a picture file; `name` stands for it in messages. Raises ValueError as `image.read_native` does."""
    stored, exif, dpi = image.read_stored(path, name=name), b"", None
    try:
        exif, dpi = metadata.of(stored)
    except ValueError as error:
        image.note(f"{name or path}: {error}; it is left out")
    profile = colour_profile.srgb() if stored.profile and stored.mode == "RGB" else b""
    return Picture(values=stored.planes, profile=profile, exif=exif, dpi=dpi)


def check_target(path: Path, picture: Picture) -> None:
    """Raise ValueError where a picture cannot go into a file of this name: unknown format, or alpha it cannot hold."""
    image.check_suffix(path)
    if picture.values.shape[2] in (2, 4) and path.suffix.lower() in _OPAQUE:
        raise ValueError(f"{path}: {path.suffix.lower()} has no alpha, which the input has; use .png, .tif or .webp")


def depth_in(path: Path, dtype: np.dtype) -> np.dtype:
    """The type in which a picture of type `dtype` is stored in a file of this name: the same where it can be."""
    suffix, dtype = path.suffix.lower(), np.dtype(dtype)
    if suffix not in high_depth.SUFFIXES or dtype == np.uint8:
        return np.dtype(np.uint8)
    return dtype if dtype == np.uint16 or suffix != ".png" else np.dtype(np.uint16)


def write(path: Path, picture: Picture) -> None:
    """Write a picture, whole or not at all, as deep as the format allows. Raises ValueError as `check_target` does."""
    check_target(path, picture)
    values, stored = picture.values, depth_in(path, picture.values.dtype)
    if values.dtype != stored:
        values = image.quantise(values, bits=8 * stored.itemsize)
    dpi = picture.dpi if _holds_dpi(path, picture) else None
    options: dict[str, object] = {"dpi": dpi} if dpi else {}
    exif = metadata.resized(picture.exif, *values.shape[:2]) if _holds_exif(path, picture) else b""
    suffix = path.suffix.lower()
    with atomic.atomic(path) as temporary:
        if stored == np.uint8:
            options |= {"icc_profile": picture.profile} if picture.profile else {}
            options |= {"exif": b"Exif\0\0" + exif} if exif else {}
            image.encode_into(temporary, values, suffix, **options)
        elif suffix == ".png":
            image.encode_into(temporary, values, suffix, profile=picture.profile, exif=exif, **options)
        else:
            temporary.write_bytes(metadata.tiff_bytes(values, exif, profile=picture.profile, dpi=dpi))


def _holds_exif(path: Path, picture: Picture) -> bool:
    """Whether the EXIF of a picture, if it has any, has room in a file of this name."""
    suffix = path.suffix.lower()
    return suffix != ".bmp" and (suffix not in (".jpg", ".jpeg") or len(picture.exif) <= metadata.JPEG_BYTES)


def _holds_dpi(path: Path, picture: Picture) -> bool:
    """Whether the resolution of a picture, if it has any, has room in a file of this name."""
    is_jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    return picture.dpi is not None and (not is_jpeg or max(picture.dpi) <= metadata.JPEG_DPI)


def losses(path: Path, picture: Picture) -> list[str]:
    """What a file of this name does not keep of a picture, in words."""
    words = []
    if (stored := depth_in(path, picture.values.dtype)) != picture.values.dtype:
        words.append(f"gets {8 * stored.itemsize} bits; {path.suffix} does not hold the input's depth")
    if picture.exif and not _holds_exif(path, picture):
        words.append(f"gets no EXIF; {path.suffix} does not hold the input's")
    if picture.dpi and not _holds_dpi(path, picture):
        words.append(f"gets no resolution; {path.suffix} does not hold the input's")
    return words
