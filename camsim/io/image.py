"""Pictures in and out of files, and the one way to resize them.

In memory a picture is a float array (H, W, 3), sRGB values in [0, 1].
"""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from camsim.io import atomic, high_depth

#: File name endings taken for pictures when a folder is searched.
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")

#: Largest picture read, in pixels: more is taken for a mistake or an attack. Where Pillow itself refuses, by default.
MAX_PIXELS = 178_956_970


def read(path: Path | str) -> np.ndarray:
    """Read a picture file as (H, W, 3) float sRGB values in [0, 1], in the full depth of the file.

    `read_native` tells what is understood and refused.
    """
    values = read_native(path)
    return np.divide(values, high_depth.top(values.dtype), dtype=float)


def read_native(path: Path | str) -> np.ndarray:
    """Read a picture file as (H, W, 3) sRGB values in the depth of the file: uint8, uint16, or float32 in [0, 1].

    16-bit PNG and TIFF give uint16 and floating-point TIFF float32, every other picture uint8. EXIF orientation
    is applied; grey is repeated in three channels; alpha is laid over white; CMYK becomes RGB without a profile.
    Of a file with several pages the first is read.

    Raises ValueError where the file is missing, damaged, not a picture or larger than `MAX_PIXELS`, and where
    floating-point values are not within [0, 1].
    """
    return _read(path, str(path), keep=False)


def read_planes(path: Path | str, *, name: str = "") -> np.ndarray:
    """Read a picture file as (H, W, C), C 1 for grey, 3 for RGB and one more for alpha (straight), in its depth.

    `name` stands for the file in messages. All else is as in `read_native`.
    """
    return _read(path, name or str(path), keep=True)


def _read(path: Path | str, name: str, *, keep: bool) -> np.ndarray:
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{name}: no such file")
    if path.is_dir():
        raise ValueError(f"{name}: is a folder, not a picture")
    try:
        with high_depth.silent(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters raises, and what is read is judged here
            with path.open("rb") as file:
                return _decode(file, keep)
    except PermissionError as error:
        raise ValueError(f"{name}: {error.strerror}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name}: cannot be read (it is over the limit of {MAX_PIXELS} pixels)") from error
    except Exception as error:  # decoders raise many kinds for damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        reason = "not a picture, or damaged" if "cannot identify" in reason else reason
        raise ValueError(f"{name}: cannot be read ({reason})") from error


def _decode(file: BinaryIO, keep: bool) -> np.ndarray:
    """Choose the decoder: Pillow, except for what it would cut to 8 bits."""
    start = file.read(26)
    if high_depth.is_png(start):
        return high_depth.read_png(file, MAX_PIXELS, keep=keep)
    if high_depth.is_tiff(start, file):
        return high_depth.read_tiff(file, MAX_PIXELS, keep=keep)
    # An open file, not its name: Pillow (seen in 13.0) maps a named grey TIFF into memory turned wrongly
    with Image.open(file) as picture:
        high_depth.check_size(*picture.size, MAX_PIXELS)
        picture.load()
        return _to_array(ImageOps.exif_transpose(picture), keep)


def _to_array(picture: Image.Image, keep: bool) -> np.ndarray:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return high_depth.from_plane(picture, keep=keep)
    alpha = picture.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in picture.info
    if keep:
        grey = picture.mode in ("1", "L", "LA", "La")
        values = np.array(picture.convert(("L" if grey else "RGB") + ("A" if alpha else "")))
        return values.reshape(*values.shape[:2], -1)
    if alpha:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.array(picture.convert("RGB"))  # a copy that may be written to


def quantise(rgb: np.ndarray, *, bits: int = 8) -> np.ndarray:
    """sRGB values [0, 1] to uint8, or uint16 for `bits` = 16, rounded; out-of-range values are clipped."""
    dtype = np.uint16 if bits == 16 else np.uint8
    return (np.clip(rgb, 0.0, 1.0) * float(2**bits - 1) + 0.5).astype(dtype)


def write(path: Path | str, rgb: np.ndarray, *, bits: int = 8) -> None:
    """Write (H, W, 3) sRGB values [0, 1] as a picture of 8 or 16 bits; the suffix chooses the format.

    Raises ValueError where the format is unknown or has no such depth or the place is not writable; nothing is
    left half-written.
    """
    path = Path(path)
    check_suffix(path, bits=bits)
    with atomic.atomic(path) as temporary:
        if bits == 16:
            high_depth.write(temporary, quantise(rgb, bits=16))
        else:
            options = {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg", ".webp") else {}
            Image.fromarray(quantise(rgb)).save(temporary, **options)


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
            inside = sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            if not inside:
                raise ValueError(f"{source}: no pictures in this folder")
            found += inside
        elif source.exists():
            found.append(source)
        else:
            raise ValueError(f"{source}: no such file or folder")
    return found


def centre_square(rgb: np.ndarray) -> np.ndarray:
    """The largest centred square of (H, W, C)."""
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    return rgb[top : top + side, left : left + side]
