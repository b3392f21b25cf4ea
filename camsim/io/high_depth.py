"""Pictures of more than 8 bits per sample, which Pillow would cut to 8 or not open at all.

Used by `camsim.io.image`; arrays are (H, W, 3), uint16 or float32 in [0, 1]. With `keep_planes` they are the planes of
the file instead: (H, W, C), C 1 for grey, 3 for colour, and one more for alpha, straight.
"""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from camsim.io import orientation

#: Floating-point pictures may leave [0, 1] by this much, a rounding error; such values are clipped.
UNIT_TOLERANCE = 1e-5

#: File name endings of the formats that are written with 16 bits.
SUFFIXES = (".png", ".tif", ".tiff")

_BITS_PER_SAMPLE = 258

#: Colour planes of the TIFF photometric interpretations understood.
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK = 0, 1, 2, 5
_PLANES = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}
_PREMULTIPLIED, _STRAIGHT = 1, 2  # kinds of alpha among a TIFF's extra samples


def check_size(width: int, height: int, limit: int) -> None:
    """Raise ValueError for more pixels than `limit`."""
    if width * height > limit:
        raise ValueError(f"{width}×{height} is over the limit of {limit} pixels")


def is_high_depth_png(start: bytes) -> bool:
    """Whether a file that begins so (26 bytes) is a PNG of 16 bits with colour or alpha.

    Depth and colour type stand in the chunk IHDR, which comes first (ISO/IEC 15948). Plain grey keeps its
    depth in Pillow, which is faster.
    """
    return start.startswith(b"\x89PNG\r\n\x1a\n") and start[24:25] == b"\x10" and start[25:26] not in (b"", b"\0")


def is_high_depth_tiff(start: bytes, file: BinaryIO) -> bool:
    """Whether a file that begins so is a TIFF, or BigTIFF, of more than 8 bits or of a kind unknown to Pillow."""
    if start[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return False
    try:
        with Image.open(file) as picture:
            return max(picture.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 8
    except UnidentifiedImageError:
        return True


def from_plane(picture: Image.Image, *, keep_planes: bool = False) -> np.ndarray:
    """A picture of Pillow in one of its modes of one plane of high depth: I;16 and its like, I and F."""
    plane = np.asarray(picture)[..., None]
    if picture.mode == "F":
        return _composed(_within_unit_range(plane), None, keep_planes=keep_planes)
    if plane.min(initial=0) < 0 or plane.max(initial=0) > 65535:
        raise ValueError(f"its values run from {plane.min()} to {plane.max()}, not within 16 bits")
    plane, alpha = plane.astype(np.uint16), None
    if "transparency" in picture.info:
        alpha = _all_or_nothing_alpha(plane != picture.info["transparency"])
    return _composed(plane, alpha, keep_planes=keep_planes)


def read_png(file: BinaryIO, limit: int, *, keep_planes: bool = False) -> np.ndarray:
    """Read a PNG of 16 bits and at most `limit` pixels. Raises whatever the decoders raise for damaged files."""
    import png  # pypng

    with Image.open(file) as picture:
        check_size(*picture.size, limit)
        turn = orientation.of(picture)  # loads the picture, so damage is found at once
    file.seek(0)
    width, height, rows, info = png.Reader(file=file).read()
    values = np.empty((height, width * info["planes"]), np.uint16)
    for into, row in zip(values, rows, strict=True):
        into[:] = row
    values = values.reshape(height, width, info["planes"])
    alpha = None
    if info["alpha"]:
        values, alpha = values[..., :-1], values[..., -1:]
    elif "transparent" in info:
        alpha = _all_or_nothing_alpha((values != info["transparent"]).any(axis=2, keepdims=True))
    return orientation.upright(_composed(values, alpha, keep_planes=keep_planes), turn)


def read_tiff(file: BinaryIO, limit: int, *, keep_planes: bool = False) -> np.ndarray:
    """Read a TIFF of 16 bits or floating point and at most `limit` pixels. Raises as `read_png` does."""
    import tifffile

    file.seek(0)
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages[0]
        check_size(page.imagewidth, page.imagelength, limit)
        photometric, bits, axes = int(page.photometric), page.bitspersample, page.axes
        if photometric not in _PLANES or bits not in (16, 32, 64) or axes not in ("YX", "YXS", "SYX"):
            name = getattr(page.photometric, "name", photometric)
            raise ValueError(f"a TIFF of kind {name}, {bits} bits, axes {axes} is not understood")
        turn = page.tags[orientation.TAG].value if orientation.TAG in page.tags else 1
        extra = int(page.extrasamples[0]) if page.extrasamples else 0
        try:
            values = page.asarray()
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            if axes != "YX" or photometric != _BLACK_IS_ZERO:
                name = getattr(page.compression, "name", page.compression)
                raise ValueError(
                    f"to read {name} compression of {bits}-bit colour install the package imagecodecs, "
                    "or save the picture uncompressed or with ZIP (Deflate)"
                ) from error
            with Image.open(file) as picture:  # a single plane keeps its depth in Pillow
                return orientation.upright(from_plane(picture, keep_planes=keep_planes), turn)
    values = values[..., None] if axes == "YX" else np.moveaxis(values, 0, -1) if axes == "SYX" else values
    colour, alpha = _colour(values, photometric, extra)
    whole = _composed(colour, alpha, keep_planes=keep_planes, premultiplied=extra == _PREMULTIPLIED)
    return orientation.upright(whole, turn)


def _colour(values: np.ndarray, photometric: int, extra: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Grey or RGB, and alpha, from the samples (H, W, S) of a TIFF; `extra` is the kind of its first extra sample."""
    planes = _PLANES[photometric]
    if values.shape[2] < planes:
        raise ValueError(f"it has {values.shape[2]} planes where {planes} are needed")
    if values.dtype.kind == "f":
        values = _within_unit_range(values)
    elif values.dtype != np.uint16:
        raise ValueError(f"its samples are {values.dtype}; use 8 or 16 bits without sign, or floating point")
    colour, full = values[..., :planes], white(values.dtype)
    if photometric == _WHITE_IS_ZERO:
        colour = full - colour
    elif photometric == _CMYK:
        paper = (full - colour) / float(full)  # the share of it that every ink leaves
        colour = _to_depth(paper[..., :3] * paper[..., 3:] * float(full), values.dtype)
    return colour, values[..., planes : planes + 1] if extra in (_PREMULTIPLIED, _STRAIGHT) else None


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep the decoders' logs from standard error: what matters of them is raised as well."""
    logs = [logging.getLogger(name) for name in ("tifffile", "PIL.TiffImagePlugin")]
    disabled = [log.disabled for log in logs]
    try:
        for log in logs:
            log.disabled = True
        yield
    finally:
        for log, before in zip(logs, disabled, strict=True):
            log.disabled = before


def white(dtype: np.dtype) -> np.number:
    """The value of white, in that type."""
    return dtype.type(np.iinfo(dtype).max if dtype.kind == "u" else 1)


def _to_depth(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return (np.rint(values) if dtype.kind == "u" else values).clip(0, white(dtype)).astype(dtype)


def _within_unit_range(values: np.ndarray) -> np.ndarray:
    """Floating-point values as float32; ValueError unless they are within [0, 1]."""
    if not np.isfinite(values).all():
        raise ValueError("it holds values that are not numbers")
    low, high = values.min(initial=0), values.max(initial=0)
    if low < -UNIT_TOLERANCE or high > 1 + UNIT_TOLERANCE:
        raise ValueError(f"its values run from {low:.4g} to {high:.4g}; a floating-point picture must hold 0 to 1")
    return values.clip(0, 1).astype(np.float32)


def _all_or_nothing_alpha(shows: np.ndarray) -> np.ndarray:
    """Alpha of 16 bits that is all or nothing."""
    return np.where(shows, np.uint16(65535), np.uint16(0))


def _composed(
    colour: np.ndarray, alpha: np.ndarray | None, *, keep_planes: bool, premultiplied: bool = False
) -> np.ndarray:
    """(H, W, 1 or 3) with alpha (H, W, 1) or None: the planes as they are, or (H, W, 3) over white."""
    if not keep_planes:
        colour = colour if alpha is None else _over_white(colour, alpha, premultiplied=premultiplied)
        return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
    if alpha is None:
        return colour
    if premultiplied:
        share = np.maximum(alpha, 1) if alpha.dtype.kind == "u" else np.where(alpha > 0, alpha, 1)
        colour = _to_depth(colour / share * float(white(colour.dtype)), colour.dtype)
    return np.concatenate([colour, alpha], axis=2)


def _over_white(colour: np.ndarray, alpha: np.ndarray, *, premultiplied: bool = False) -> np.ndarray:
    """(H, W, C) with alpha (H, W, 1) over white, in the same type."""
    full = float(white(colour.dtype))
    share = alpha / full
    return _to_depth((colour if premultiplied else colour * share) + full * (1 - share), colour.dtype)


def write(path: Path, values: np.ndarray) -> None:
    """Write (H, W, 3) uint16 as PNG or TIFF."""
    if path.suffix.lower() == ".png":
        import png  # pypng

        height, width, _ = values.shape
        rows = values.astype(">u2").reshape(height, -1).view(np.uint8)  # PNG's byte order
        with path.open("wb") as file:
            png.Writer(width, height, greyscale=False, bitdepth=16).write_packed(file, rows)
    else:
        import tifffile

        tifffile.imwrite(path, values, photometric="rgb", compression="zlib", predictor=True, metadata=None)
