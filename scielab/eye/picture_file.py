"""Pictures from files, as the numbers that their encoding stands for."""

from pathlib import Path

import numpy as np

from camsim.io import image
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
    if not path.exists():
        raise ValueError(f"{path}: no such file")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, not a picture")
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        raise ValueError(f"{path}: cannot be read (not an array file, or damaged)") from error
    if stored.ndim != 3 or stored.shape[2] != 3 or not stored.size:
        raise ValueError(f"{path}: an array of shape {stored.shape}; it must be (rows, columns, 3), not empty")
    if stored.shape[0] * stored.shape[1] > image.MAX_PIXELS:
        raise ValueError(f"{path}: cannot be read (it is over the limit of {image.MAX_PIXELS} pixels)")
    if stored.dtype not in (np.uint8, np.uint16) and stored.dtype.kind != "f":
        raise ValueError(f"{path}: an array of {stored.dtype}; it must be floating point, uint8 or uint16")
    array = np.array(stored)
    if not np.isfinite(array).all():
        raise ValueError(f"{path}: holds NaN or infinity; its values must be finite")
    return array
