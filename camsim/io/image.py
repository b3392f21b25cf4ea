"""Pictures in and out of files.

In memory a picture is an array (H, W, 3) of sRGB values: uint8, uint16, or floating point in [0, 1].
"""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from camsim.io import atomic, high_depth, orientation

#: File name endings taken for pictures when a folder is searched.
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")

#: Largest picture read, in pixels: more is taken for a mistake or an attack. Where Pillow itself refuses, by default.
MAX_PIXELS = 178_956_970


def read(path: Path | str) -> np.ndarray:
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


def read_native(path: Path | str) -> np.ndarray:
    """Read a picture file as sRGB values in the depth of the file.

    16-bit PNG and TIFF give uint16 and floating-point TIFF float32, every other picture uint8. EXIF orientation
    is applied; grey is repeated in three channels; alpha is laid over white; CMYK becomes RGB without a profile.
    Of a file with several pages the first is read.

    Parameters
    ----------
    path : Path or str
        The file. Its first bytes tell the format, not its name.

    Returns
    -------
    ndarray of uint8, uint16 or float32
        (H, W, 3), sRGB values: 0 to 255, 0 to 65535, or [0, 1].

    Raises
    ------
    ValueError
        Where the file is missing, damaged, not a picture or larger than `MAX_PIXELS`, and where floating-point
        values are not within [0, 1].

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
    return _read(path, str(path), keep_planes=False)


def read_planes(path: Path | str, *, name: str = "") -> np.ndarray:
    """Read a picture file as (H, W, C), C 1 for grey, 3 for RGB and one more for alpha (straight), in its depth.

    `name` stands for the file in messages. All else is as in `read_native`.
    """
    return _read(path, name or str(path), keep_planes=True)


def _read(path: Path | str, name: str, *, keep_planes: bool) -> np.ndarray:
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{name}: no such file")
    if path.is_dir():
        raise ValueError(f"{name}: is a folder, not a picture")
    try:
        with high_depth.silent(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters raises, and what is read is judged here
            with path.open("rb") as file:
                return _decode(file, keep_planes=keep_planes)
    except PermissionError as error:
        raise ValueError(f"{name}: {error.strerror}") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name}: cannot be read (it is over the limit of {MAX_PIXELS} pixels)") from error
    except Exception as error:  # decoders raise many kinds for damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        reason = "not a picture, or damaged" if "cannot identify" in reason else reason
        raise ValueError(f"{name}: cannot be read ({reason})") from error


def _decode(file: BinaryIO, *, keep_planes: bool) -> np.ndarray:
    """Choose the decoder: Pillow, except for what it would cut to 8 bits."""
    start = file.read(26)
    if high_depth.is_high_depth_png(start):
        return high_depth.read_png(file, MAX_PIXELS, keep_planes=keep_planes)
    if high_depth.is_high_depth_tiff(start, file):
        return high_depth.read_tiff(file, MAX_PIXELS, keep_planes=keep_planes)
    # An open file, not its name: Pillow (seen in 13.0) maps a named grey TIFF into memory turned wrongly
    with Image.open(file) as picture:
        high_depth.check_size(*picture.size, MAX_PIXELS)
        picture.load()
        return orientation.upright(_to_array(picture, keep_planes=keep_planes), orientation.of(picture))


def _to_array(picture: Image.Image, *, keep_planes: bool) -> np.ndarray:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return high_depth.from_plane(picture, keep_planes=keep_planes)
    alpha = picture.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in picture.info
    if keep_planes:
        grey = picture.mode in ("1", "L", "LA", "La")
        values = np.array(picture.convert(("L" if grey else "RGB") + ("A" if alpha else "")))
        return values.reshape(*values.shape[:2], -1)
    if alpha:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.array(picture.convert("RGB"))  # a copy that may be written to


def as_float(picture: np.ndarray) -> np.ndarray:
    """sRGB values of any depth that `read_native` gives, (H, W, C), as float64 in [0, 1]."""
    return np.divide(picture, high_depth.white(picture.dtype), dtype=float)


def quantise(picture: np.ndarray, *, bits: int = 8) -> np.ndarray:
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
        For integers of another kind, whose white is not known.

    Examples
    --------
    >>> quantise(np.array([0.0, 0.2, 1.5])).tolist()
    [0, 51, 255]
    >>> quantise(np.array([0, 51, 255], np.uint8), bits=16).tolist()
    [0, 13107, 65535]
    """
    picture = np.asarray(picture)
    wanted = np.dtype(np.uint16 if bits == 16 else np.uint8)
    if picture.dtype == wanted:
        return picture
    if picture.dtype in (np.uint8, np.uint16):
        picture = as_float(picture)
    elif picture.dtype.kind in "iu":
        raise ValueError(f"a picture of {picture.dtype} must be uint8, uint16, or floating point in [0, 1]")
    return (np.clip(picture, 0.0, 1.0) * float(2**bits - 1) + 0.5).astype(wanted)


def write(path: Path | str, picture: np.ndarray, *, bits: int = 8) -> None:
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
        if bits == 16:
            high_depth.write(temporary, values)
        else:
            options = {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg", ".webp") else {}
            Image.fromarray(values).save(temporary, **options)


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
