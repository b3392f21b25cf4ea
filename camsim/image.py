"""Pictures in and out of files, and the one way to resize them.

In memory a picture is a float array (H, W, 3), sRGB values in [0, 1].
"""

import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from camsim import files

#: File name endings taken for pictures when a folder is searched.
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")

#: Largest picture read, in pixels: more is taken for a mistake or an attack.
MAX_PIXELS = 200_000_000


def read(path: Path | str) -> np.ndarray:
    """Read a picture file as (H, W, 3) float sRGB values in [0, 1].

    EXIF orientation is applied; grey is repeated in three channels; alpha is laid over white; 16-bit grey
    keeps its depth (Pillow reads 16-bit colour as 8-bit).

    Raises ValueError where the file is missing, damaged, not a picture or larger than `MAX_PIXELS`.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, not a picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise ValueError(f"{picture.width}×{picture.height} is over the limit of {MAX_PIXELS} pixels")
                picture.load()
                return _to_array(ImageOps.exif_transpose(picture))
    except PermissionError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except Exception as error:  # Pillow's decoders raise many kinds for damaged files
        reason = "not a picture, or damaged" if "cannot identify" in str(error) else str(error).splitlines()[0]
        raise ValueError(f"{path}: cannot be read ({reason})") from error


def _to_array(picture: Image.Image) -> np.ndarray:
    if picture.mode.startswith("I") or picture.mode == "F":
        plane = np.asarray(picture, dtype=float)
        if not np.isfinite(plane).all():
            raise ValueError("it holds values that are not numbers")
        top = 1.0 if picture.mode == "F" and plane.max(initial=0.0) <= 1 else 65535.0
        return np.repeat(np.clip(plane / top, 0, 1)[..., None], 3, axis=2)
    if picture.mode in ("LA", "RGBA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("RGB"), dtype=float) / 255.0


def quantise(rgb: np.ndarray) -> np.ndarray:
    """sRGB values [0, 1] to uint8, rounded; out-of-range values are clipped."""
    return (np.clip(rgb, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def write(path: Path | str, rgb: np.ndarray) -> None:
    """Write (H, W, 3) sRGB values [0, 1] as an 8-bit picture; the suffix chooses the format.

    Raises ValueError where the format is unknown or the place is not writable; nothing is left half-written.
    """
    path = Path(path)
    check_suffix(path)
    with files.atomic(path) as temporary:
        options = {"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg", ".webp") else {}
        Image.fromarray(quantise(rgb)).save(temporary, **options)


def check_suffix(path: Path | str) -> None:
    """Raise ValueError unless `path` ends as a picture file that can be written."""
    if Path(path).suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: unknown picture format; use one of {', '.join(SUFFIXES)}")


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


def resize(rgb: np.ndarray, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> np.ndarray:
    """Resize (H, W, C) to `size` = (rows, columns) with Pillow's antialiased bicubic (a = −0.5), in float.

    Works on the values as they are, so on a picture on sRGB values, as super-resolution work does since
    MATLAB's `imresize`. `box` = (top, left, bottom, right), in input pixels and within the picture, is the
    part to be resized. Returns values clipped to [0, 1].
    """
    rows, columns = size
    if box is not None:
        top, left, bottom, right = box
        box = (left, top, right, bottom)
    planes = [
        Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32)).resize(
            (columns, rows), Image.Resampling.BICUBIC, box
        )
        for plane in np.moveaxis(rgb, -1, 0)
    ]
    return np.clip(np.stack([np.asarray(plane, dtype=float) for plane in planes], axis=-1), 0.0, 1.0)


def centre_square(rgb: np.ndarray) -> np.ndarray:
    """The largest centred square of (H, W, C)."""
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    return rgb[top : top + side, left : left + side]
