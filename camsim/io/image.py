"""Pictures in and out of files.

In memory a picture is an array (H, W, 3) of sRGB values: uint8, uint16, or floating point in [0, 1].
"""

import dataclasses
import functools
import logging
import math
import os
import warnings
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

import imageio.v3 as iio
import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from camsim.io import atomic, colour_profile, decode, formats, high_depth, memory, orientation, regular
from camsim.io.stored import Stored
from camsim.light.colour import as_values

#: File name endings of what is written, 8 bits.
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")

#: File name endings taken for pictures when a folder is searched.
READ_SUFFIXES = (*SUFFIXES, ".gif", ".avif", ".jxl")

#: Largest picture read, in pixels: more is taken for a mistake or an attack. Where Pillow itself refuses, by default.
MAX_PIXELS = 178_956_970

#: Longest picture file, in bytes.
MAX_FILE_BYTES = 4 << 30

#: Values brought to another depth at a time.
_VALUES = 2**20

_log = logging.getLogger(__name__)


def read(path: PathLike[str] | str) -> np.ndarray:
    """Read a picture file as floating-point sRGB values, in the full depth of the file.

    Parameters
    ----------
    path : Path or str
        The file; `read_native` tells what is understood.

    Returns
    -------
    ndarray of float
        (H, W, 3), sRGB values in [0, 1].

    Raises
    ------
    ValueError
        As `read_native` does.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/grey.png", np.full((2, 3, 3), 0.2))
    ...     picture = read(f"{folder}/grey.png")
    >>> picture.shape, picture.dtype.name, float(picture[0, 0, 0])
    ((2, 3, 3), 'float64', 0.2)
    """
    return as_float(read_native(path))


def read_native(path: PathLike[str] | str, *, convert: bool = True) -> np.ndarray:
    """Read a picture file as sRGB values in the depth of the file.

    16-bit PNG and TIFF, and deeper AVIF and JPEG XL, give uint16, floating-point TIFF float32, every other picture
    uint8. A colour profile is obeyed: colours become those of sRGB, to whose gamut they are clipped. Pictures without
    one, or with one that is damaged or for another kind of picture, which is logged, are taken for sRGB; CMYK then
    becomes RGB by a formula. EXIF orientation is applied; grey is repeated in three channels; alpha is laid over white.
    Of a file with several pages or pictures the first is read; that it was an animation is logged.

    Parameters
    ----------
    path : Path or str
        The file: PNG, JPEG, TIFF, BMP, GIF, WebP or AVIF; with imagecodecs JPEG XL, AVIF of more than 8 bits, and
        compressions of 16-bit TIFF such as LZW. Its first bytes tell the format, not its name.
    convert : bool
        Whether a colour profile is obeyed; else the numbers stay as they are stored.

    Returns
    -------
    ndarray of uint8, uint16 or float32
        (H, W, 3), sRGB values: 0 to 255, 0 to 65535, or [0, 1].

    Raises
    ------
    ValueError
        Where the file is missing, damaged, not a picture of these formats or larger than `MAX_PIXELS`, where
        floating-point values are not within [0, 1], and where imagecodecs is needed and missing.

    See Also
    --------
    read : The same as floating-point numbers, whatever the depth.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/grey.png", np.full((2, 3, 3), 0.2), bits=16)
    ...     picture = read_native(f"{folder}/grey.png")
    >>> picture.dtype.name, int(picture[0, 0, 0])
    ('uint16', 13107)
    """
    colour = over_white(read_stored(path, convert=convert))
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour


def over_white(stored: Stored) -> np.ndarray:
    """Grey, (H, W, 1), or RGB, (H, W, 3), laid over white where there is alpha, in the same type."""
    if stored.alpha is None:
        return stored.colour
    full = float(high_depth.white(stored.colour.dtype))
    share = stored.alpha / full
    return high_depth.to_depth(stored.colour * share + full * (1 - share), stored.colour.dtype)


def read_stored(path: PathLike[str] | str, *, name: str = "", convert: bool = True, limit: int | None = None) -> Stored:
    """Read a picture file as it is: grey or RGB, upright, straight alpha, in its depth; with what else it says.

    `name` stands for the file in messages. Where a profile was converted by or is that of sRGB, it stays in the result
    to tell so; one that could not be used does not. `limit` is that of pixels, in place of `MAX_PIXELS`. All else is as
    in `read_native`.
    """
    path, name = Path(path), name or str(path)
    with regular.open_file(path, name=name, kind="picture") as file:
        stored, doubt = _read(file, name, limit or MAX_PIXELS, convert=convert)
    if doubt:
        note(f"{name}: {doubt}; its colours are taken for sRGB")
    if stored.frames > 1:
        note(f"{name}: animated, {stored.frames} pictures; the first is read")
    return stored


def _read(file: BinaryIO, name: str, limit: int, *, convert: bool) -> tuple[Stored, str]:
    """What an open file holds, and why its colour profile could not be used."""
    try:
        with high_depth.silent(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters raises, and what is read is judged here
            start = file.read(formats.START_BYTES)
            formats.of(start)  # before all of it is read: it may be a film
            if (size := os.fstat(file.fileno()).st_size) > MAX_FILE_BYTES:
                raise ValueError(f"it has {size} bytes; the limit is {MAX_FILE_BYTES}")
            memory.check(size, "it")
            return _as_srgb(decode.decode(start + file.read(), limit), convert=convert)
    except MemoryError:
        raise
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name}: cannot be read (it is over the limit of {limit} pixels)") from error
    except Exception as error:  # decoders raise many kinds for damaged files
        reason = "damaged" if isinstance(error, LookupError) else (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"{name}: cannot be read ({reason})") from error


@functools.lru_cache(maxsize=1024)
def note(text: str) -> None:
    """Log something that a user should know; once, though a file be read for every step of a training."""
    _log.warning(text)


def _as_srgb(stored: Stored, *, convert: bool) -> tuple[Stored, str]:
    """A picture upright and, if so wanted, in sRGB; and why its profile could not be used."""
    colour, profile, doubt = stored.colour, stored.profile if convert else b"", ""
    if profile:
        doubt = colour_profile.check(profile, stored.mode)
        profile = b"" if doubt else profile
    colour = colour_profile.to_srgb(colour, profile, stored.mode)
    alpha = None if stored.alpha is None else orientation.upright(stored.alpha, stored.orientation)
    colour = orientation.upright(colour, stored.orientation)
    return dataclasses.replace(stored, colour=colour, alpha=alpha, profile=profile, orientation=1), doubt


def as_float(picture: np.ndarray) -> np.ndarray:
    """sRGB values of any depth that `read_native` gives, (H, W, C), as float64 in [0, 1]."""
    return np.divide(picture, high_depth.white(picture.dtype), dtype=float)


def quantise(picture: ArrayLike, *, bits: int = 8) -> np.ndarray:
    """Bring a picture to 8 or 16 bits.

    Parameters
    ----------
    picture : array_like
        sRGB values of any shape: floating point in [0, 1], beyond which they are clipped, uint8, or uint16.
    bits : int
        8 or 16.

    Returns
    -------
    ndarray of uint8 or uint16
        The same values of the same shape, rounded; the picture itself where it has this depth already.

    Raises
    ------
    ValueError
        For values of another kind, whose white is not known, and NaN and infinity.

    Examples
    --------
    >>> quantise(np.array([0.0, 0.2, 1.5])).tolist()
    [0, 51, 255]
    >>> quantise(np.array([0, 51, 255], np.uint8), bits=16).tolist()
    [0, 13107, 65535]
    """
    picture = as_values(picture)
    wanted = np.dtype(np.uint16 if bits == 16 else np.uint8)
    if picture.dtype == wanted:
        return picture
    result = np.empty(picture.shape, wanted)
    rows = max(1, _VALUES // max(1, math.prod(picture.shape[1:])))
    for first in range(0, len(picture), rows):  # what is made on the way is several times as large
        part = picture[first : first + rows]
        part = as_float(part) if part.dtype.kind == "u" else np.clip(part, 0.0, 1.0)
        result[first : first + rows] = part * float(2**bits - 1) + 0.5
    return result


def write(path: Path | str, picture: ArrayLike, *, bits: int = 8) -> None:
    """Write a picture file of 8 or 16 bits; the suffix of its name chooses the format.

    Parameters
    ----------
    path : Path or str
        The file, of one of `SUFFIXES`; with 16 bits of one of `high_depth.SUFFIXES`. What stands there is replaced,
        and its folder is made where it is missing.
    picture : array_like
        (H, W, 3) sRGB values: floating point in [0, 1], beyond which they are clipped, uint8, or uint16. Integers
        of the depth that is written go into the file as they are.
    bits : int
        8 or 16.

    Raises
    ------
    ValueError
        Where the format is unknown or has no such depth, the picture is of another kind, or the place is not
        writable; nothing is left half-written.

    Examples
    --------
    >>> import tempfile
    >>> picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/new/a.png", picture)
    ...     bool((read_native(f"{folder}/new/a.png") == picture).all())
    True
    """
    path = Path(path)
    check_suffix(path, bits=bits)
    values = quantise(picture, bits=bits)
    if values.ndim != 3 or values.shape[2] != 3:
        raise ValueError(f"a picture must have shape (H, W, 3), not {values.shape}")
    with atomic.atomic(path) as temporary:
        encode_into(temporary, values, path.suffix.lower())


def encode_into(path: Path, values: np.ndarray, suffix: str, **options: Any) -> None:
    """What `encode` gives, into a file; 8 bits go there piece by piece."""
    if values.dtype == np.uint8:
        with path.open("wb") as file:  # what imageio opens itself it would try to write again where a disk is full
            _encode(file, values, suffix, **options)
    else:
        path.write_bytes(encode(values, suffix, **options))


def encode(values: np.ndarray, suffix: str, **options: Any) -> bytes:
    """The bytes of a picture file, 8 bits by imageio and Pillow, deeper ones by `high_depth`.

    `values` is (H, W, C), C 1 for grey, 3 for RGB, one more for alpha; `suffix`, in lower case, chooses the format, and
    with uint16 or float32 is one of `high_depth.SUFFIXES`. `options` are those of the encoder.
    """
    if values.dtype != np.uint8:
        deep = high_depth.png_bytes if suffix == ".png" else high_depth.tiff_bytes
        return deep(values, **options)
    return _encode("<bytes>", values, suffix, **options)


def _encode(place: BinaryIO | str, values: np.ndarray, suffix: str, **options: Any) -> Any:
    options |= {"quality": 95} if suffix in (".jpg", ".jpeg", ".webp") else {}
    plain = values[..., 0] if values.shape[2] == 1 else values
    return iio.imwrite(place, plain, plugin="pillow", extension=suffix, is_batch=False, **options)


def check_suffix(path: Path | str, *, bits: int = 8) -> None:
    """Raise ValueError unless `path` ends as a picture file that can be written with `bits` bits, 8 or 16."""
    if bits not in (8, 16):
        raise ValueError(f"bits is {bits}; it must be 8 or 16")
    suffixes = high_depth.SUFFIXES if bits == 16 else SUFFIXES
    if Path(path).suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: unknown picture format; use one of {', '.join(suffixes)}")
    if Path(path).suffix.lower() not in suffixes:
        raise ValueError(f"{path}: this format has no 16 bits; use one of {', '.join(suffixes)}")


def find(sources: Iterable[Path | str]) -> list[Path]:
    """Expand files and folders to picture files: files as given, folders searched through, sorted by path.

    Raises ValueError for a missing source or a folder without pictures.
    """
    found: list[Path] = []
    for source in map(Path, sources):
        if source.is_dir():
            inside = sorted(p for p in source.rglob("*") if p.suffix.lower() in READ_SUFFIXES and p.is_file())
            if not inside:
                raise ValueError(f"{source}: no pictures in this folder")
            found += inside
        elif source.exists():
            found.append(source)
        else:
            raise ValueError(f"{source}: no such file or folder")
    return found
