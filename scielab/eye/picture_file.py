"""Pictures from files, as the numbers that their encoding stands for."""

from pathlib import Path

import numpy as np

from camsim.io import arrays, image
from camsim.light import colour
from scielab.eye.encoding import Encoding

#: File name endings of what can be compared: pictures, and arrays (H, W, 3).
SUFFIXES = (*image.READ_SUFFIXES, ".npy")


def values(picture: np.ndarray | Path | str, encoding: Encoding) -> np.ndarray:
    """A picture's numbers: those of an array as they are, those of a file as `read` gives them.

    Raises ValueError for what is neither, and as `read` does.
    """
    return read(picture, encoding) if isinstance(picture, str | Path) else colour.as_array(picture)


def read(path: Path | str, encoding: Encoding) -> np.ndarray:
    """A picture or array file as (H, W, 3).

    Codes of 8 and 16 bits stay what they are where they stand for sRGB or are sent to a display; for all other
    encodings they are shares of their largest. A file's colour profile is obeyed where its numbers stand for sRGB;
    otherwise what they stand for has been said.

    Raises ValueError where the file is missing, damaged, not a picture, too large, not (H, W, 3) or holds NaN.
    """
    path = Path(path)
    picture = _read_array(path) if path.suffix.lower() == ".npy" else image.read_native(path, convert=encoding.srgb)
    if picture.dtype.kind == "u" and not (encoding.srgb or encoding.table is not None):
        return picture / float(np.iinfo(picture.dtype).max)
    return picture


def _read_array(path: Path) -> np.ndarray:
    array = arrays.read_npy(path, check=_check)
    if not np.isfinite(array).all():
        raise ValueError(f"{path}: holds NaN or infinity; its values must be finite")
    return array


def _check(shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Raise ValueError for an array that is no picture."""
    if len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise ValueError(f"an array of shape {shape}; it must be (rows, columns, 3), not empty")
    if shape[0] * shape[1] > image.MAX_PIXELS:
        raise ValueError(f"cannot be read (it is over the limit of {image.MAX_PIXELS} pixels)")
    if dtype not in (np.uint8, np.uint16) and dtype.kind != "f":
        raise ValueError(f"an array of {dtype}; it must be floating point, uint8 or uint16")
