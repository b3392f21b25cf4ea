"""Pictures to be enlarged: from files, folders and the web, and back into files as they came.

Grey stays grey, 16 bits stay 16 where the format has them, alpha and colour profile are kept, EXIF orientation is
applied. Values are taken for sRGB whatever the profile says; it travels along, so that colours look the same.
"""

import re
import struct
import urllib.parse
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from camsim.io import atomic, high_depth, image, outputs, web

#: Formats without alpha.
_OPAQUE = (".jpg", ".jpeg", ".bmp")

_MAX_PROFILE = 4 << 20
_SPACES = {1: b"GRAY", 2: b"GRAY", 3: b"RGB ", 4: b"RGB "}  # of a colour profile, by channels


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
    profile: bytes  #: ICC profile, empty for none


def find(places: Iterable[str]) -> list[Input]:
    """Expand files, folders (searched through) and web addresses, in this order; nothing is fetched yet.

    Raises ValueError for a missing file or folder and a folder without pictures.
    """
    inputs = []
    for place in places:
        if web.is_web(place):
            inputs.append(Input(where=place, name=_name_of(place)))
            continue
        found = image.find([place])
        names = outputs.names(found, [Path(place)])
        inputs += [Input(where=str(path), name=_writable(name)) for path, name in zip(found, names, strict=True)]
    return inputs


def _writable(name: Path) -> Path:
    """`name`, ending in .png where its own suffix is none that can be written."""
    return name if name.suffix.lower() in image.SUFFIXES else name.with_name(f"{name.stem}.png")


def _name_of(url: str) -> Path:
    """A harmless file name from the end of an address."""
    last = urllib.parse.unquote(urllib.parse.urlsplit(url).path).replace("\\", "/").rpartition("/")[2]
    return _writable(Path(re.sub(r"[^\w.\-]+", "_", last).strip("._")[-100:] or "picture"))


def read(path: Path | str, *, name: str = "") -> Picture:
    """Read a picture file; `name` stands for it in messages. Raises ValueError as `image.read_native` does."""
    values = image.read_planes(path, name=name)
    profile = b""
    try:
        with high_depth.silent(), warnings.catch_warnings(), Image.open(path) as picture:
            warnings.simplefilter("ignore")
            profile = picture.info.get("icc_profile") or b""
    except OSError:
        pass  # TIFFs that Pillow does not know: their profile is lost
    fits = len(profile) <= _MAX_PROFILE and profile[16:20] == _SPACES[values.shape[2]]
    return Picture(values=values, profile=profile if fits else b"")


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
        values = image.quantise(values / float(high_depth.white(values.dtype)), bits=8 * stored.itemsize)
    with atomic.atomic(path) as temporary:
        if stored == np.uint8:
            options = {"icc_profile": picture.profile} if picture.profile else {}
            options |= {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg", ".webp") else {}
            Image.fromarray(values[..., 0] if values.shape[2] == 1 else values).save(temporary, **options)
        elif path.suffix.lower() == ".png":
            _write_png(temporary, values, picture.profile)
        else:
            _write_tiff(temporary, values, picture.profile)


def _write_png(path: Path, values: np.ndarray, profile: bytes) -> None:
    """A PNG of 16 bits from (H, W, C) uint16, which Pillow has for grey alone."""
    import png  # pypng

    rows, columns, channels = values.shape
    writer = png.Writer(columns, rows, greyscale=channels <= 2, alpha=channels in (2, 4), bitdepth=16)
    with path.open("wb") as file:
        writer.write_packed(file, values.astype(">u2").reshape(rows, -1).view(np.uint8))  # PNG's byte order
    if profile:  # pypng writes none: the chunk belongs right behind IHDR, which ends at byte 33 (ISO/IEC 15948)
        body = b"iCCP" + b"profile\0\0" + zlib.compress(profile)
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        content = path.read_bytes()
        path.write_bytes(content[:33] + chunk + content[33:])


def _write_tiff(path: Path, values: np.ndarray, profile: bytes) -> None:
    """A TIFF of 16 bits or floating point from (H, W, C)."""
    import tifffile

    channels = values.shape[2]
    tifffile.imwrite(
        path,
        values[..., 0] if channels == 1 else values,
        photometric="minisblack" if channels <= 2 else "rgb",
        planarconfig=None if channels == 1 else "contig",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        predictor=values.dtype.kind == "u",
        iccprofile=profile or None,
        metadata=None,
    )
