"""Pictures of more than 8 bits per sample, which Pillow, and imageio with it, would cut to 8 or not open at all.

Used by `camsim.io.decode` and `camsim.io.image`. What is read is uint16, or float32 in [0, 1]: (H, W, C) of colour, and
(H, W, 1) of straight alpha or None.
"""

import contextlib
import io
import logging
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from camsim.io import formats, memory, orientation
from camsim.io.stored import Stored

#: Floating-point pictures may leave [0, 1] by this much, a rounding error; such values are clipped.
UNIT_TOLERANCE = 1e-5

#: Pictures that take more than the first, in bytes, must not take more than this many times the bytes of their file. A
#: page of text scanned with 1200 dots per inch and 1 bit takes 418 MB, some ten thousand times what its file does; a
#: white picture of 8 bits in a PNG 1032 times as much, one of 1 bit 24 times that.
UNSUSPECTED, MAX_EXPANSION = 448 << 20, 1100

#: Bytes of a pixel in the largest picture: colour of 16 bits. What has more of them may have fewer pixels.
MOST_PIXEL_BYTES = 6

#: File name endings of the formats that are written with 16 bits.
SUFFIXES = (".png", ".tif", ".tiff")

#: Colour planes of the TIFF photometric interpretations understood.
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _CMYK = 0, 1, 2, 5
_PLANES = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _CMYK: 4}
_PROFILE = 34675  # the tag
_PREMULTIPLIED, _STRAIGHT = 1, 2  # kinds of alpha among a TIFF's extra samples

Planes = tuple[np.ndarray, np.ndarray | None]


def check_size(width: int, height: int, *, limit: int, stored: int, pixel_bytes: int = 3) -> None:
    """Raise ValueError for more pixels than `limit`, or for more bytes than such pictures, or free memory, have.

    A pixel takes `pixel_bytes` once it is decoded, and the file has `stored` bytes: much from next to nothing is taken
    for an attack. While it is decoded a picture is there about four times.
    """
    if width * height > limit:
        raise ValueError(f"{width}×{height} is over the limit of {limit} pixels")
    size = width * height * pixel_bytes
    if size > (most := limit * MOST_PIXEL_BYTES):
        raise ValueError(f"{width}×{height} of {pixel_bytes} bytes each is over the limit of {most} bytes")
    if size > max(UNSUSPECTED, MAX_EXPANSION * stored):
        taken = f"its {width}×{height} pixels would take {size / 1e6:.0f} MB"
        raise ValueError(f"{taken}, suspiciously much for a file of {stored} bytes")
    memory.check(4 * size, "it")


def is_high_depth_png(start: bytes) -> bool:
    """Whether a file that begins so (26 bytes) is a PNG of 16 bits with colour or alpha.

    Depth and colour type stand in the chunk IHDR, which comes first (ISO/IEC 15948). Plain grey keeps its
    depth in Pillow, which is faster.
    """
    return start.startswith(b"\x89PNG\r\n\x1a\n") and start[24:25] == b"\x10" and start[25:26] not in (b"", b"\0")


def from_plane(plane: np.ndarray, clear: int | None) -> Planes:
    """One plane of high depth, (H, W), as Pillow gives it: integers of any kind or floats; `clear` is transparent."""
    plane = plane[..., None]
    if plane.dtype.kind == "f":
        return within_unit_range(plane), None
    if plane.min(initial=0) < 0 or plane.max(initial=0) > 65535:
        raise ValueError(f"its values run from {plane.min()} to {plane.max()}, not within 16 bits")
    return plane.astype(np.uint16), None if clear is None else _all_or_nothing_alpha(plane != clear)


def read_png(content: bytes) -> Planes:
    """Read a PNG of 16 bits: by imagecodecs, many times faster, where it is installed, else by pypng."""
    if formats.has_imagecodecs():
        values = formats.imagecodecs("PNG").png_decode(content)
        values = values.reshape(*values.shape[:2], -1)
        return (values[..., :-1], values[..., -1:]) if values.shape[2] in (2, 4) else (values, None)
    import png  # pypng

    width, height, rows, info = png.Reader(bytes=content).read()
    values = np.empty((height, width * info["planes"]), np.uint16)
    for into, row in zip(values, rows, strict=True):
        into[:] = row
    values = values.reshape(height, width, info["planes"])
    if info["alpha"]:
        return values[..., :-1], values[..., -1:]
    if "transparent" in info:
        return values, _all_or_nothing_alpha((values != info["transparent"]).any(axis=2, keepdims=True))
    return values, None


def read_tiff(content: bytes, limit: int) -> Stored:
    """Read a TIFF of 16 bits or floating point and at most `limit` pixels. Raises what the decoder does for damage."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        page = tiff.pages.first
        pixel_bytes = page.samplesperpixel * page.imagedepth * ((int(page.bitspersample) + 7) // 8)
        check_size(page.imagewidth, page.imagelength, limit=limit, stored=len(content), pixel_bytes=pixel_bytes)
        photometric, bits, axes = int(page.photometric), page.bitspersample, page.axes
        if photometric not in _PLANES or bits not in (16, 32, 64) or axes not in ("YX", "YXS", "SYX"):
            name = getattr(page.photometric, "name", photometric)
            raise ValueError(f"a TIFF of kind {name}, {bits} bits, axes {axes} is not understood")
        extra = int(page.extrasamples[0]) if page.extrasamples else 0
        turn = page.tags[orientation.TAG].value if orientation.TAG in page.tags else 1
        profile = bytes(page.tags[_PROFILE].value) if _PROFILE in page.tags else b""
        try:
            values = page.asarray()
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            if axes != "YX" or photometric != _BLACK_IS_ZERO:
                name = getattr(page.compression, "name", page.compression)
                formats.imagecodecs(f"{name} compression of {bits}-bit colour")
                raise  # it is there, and does not know this compression either
            with Image.open(
                io.BytesIO(content), formats=formats.pillow(".tif")
            ) as picture:  # a single plane keeps its depth in Pillow
                colour, alpha = from_plane(np.asarray(picture), None)
            return Stored(colour=colour, alpha=alpha, profile=profile, exif=content)  # upright: Pillow turned it
    values = values[..., None] if axes == "YX" else np.moveaxis(values, 0, -1) if axes == "SYX" else values
    colour, alpha = _colour(values, photometric, extra)
    return Stored(colour=colour, alpha=alpha, orientation=turn, profile=profile, exif=content)


def _colour(values: np.ndarray, photometric: int, extra: int) -> Planes:
    """Grey, RGB or CMYK, and alpha, from the samples (H, W, S) of a TIFF; `extra` is the kind of the first extra."""
    planes = _PLANES[photometric]
    if values.shape[2] < planes:
        raise ValueError(f"it has {values.shape[2]} planes where {planes} are needed")
    if values.dtype.kind == "f":
        values = within_unit_range(values)
    elif values.dtype != np.uint16:
        raise ValueError(f"its samples are {values.dtype}; use 8 or 16 bits without sign, or floating point")
    colour, full = values[..., :planes], white(values.dtype)
    alpha = values[..., planes : planes + 1] if extra in (_PREMULTIPLIED, _STRAIGHT) else None
    if photometric == _WHITE_IS_ZERO:
        colour = full - colour
    if alpha is not None and extra == _PREMULTIPLIED:
        share = np.maximum(alpha, 1) if alpha.dtype.kind == "u" else np.where(alpha > 0, alpha, 1)
        colour = to_depth(colour / share * float(full), colour.dtype)
    return colour, alpha


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep the decoders' logs from standard error: what matters of them is raised as well."""
    logs = [logging.getLogger(name) for name in ("tifffile", "imagecodecs", "PIL.TiffImagePlugin")]
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


def to_depth(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floating-point values in the scale of `dtype`, rounded and clipped to it."""
    return (np.rint(values) if dtype.kind == "u" else values).clip(0, white(dtype)).astype(dtype)


def within_unit_range(values: np.ndarray) -> np.ndarray:
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


def png_bytes(values: np.ndarray, *, profile: bytes = b"", exif: bytes = b"", dpi: tuple | None = None) -> bytes:
    """A PNG of 16 bits from (H, W, C) uint16, by pypng, which is no slower at this than libpng."""
    import png  # pypng

    rows, columns, channels = values.shape
    file = io.BytesIO()
    writer = png.Writer(columns, rows, greyscale=channels <= 2, alpha=channels in (2, 4), bitdepth=16)
    writer.write_packed(file, values.astype(">u2").reshape(rows, -1).view(np.uint8))  # PNG's byte order
    content = file.getvalue()
    chunks = b""
    if profile:
        chunks += chunk(b"iCCP", b"profile\0\0" + zlib.compress(profile))
    if dpi:
        chunks += chunk(b"pHYs", struct.pack(">IIB", *(round(number / 0.0254) for number in dpi), 1))  # per metre
    if exif:
        chunks += chunk(b"eXIf", exif)
    return content[:33] + chunks + content[33:]  # right behind IHDR, which ends there (ISO/IEC 15948)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tiff_bytes(values: np.ndarray, *, profile: bytes = b"", dpi: tuple | None = None, tags: tuple = ()) -> bytes:
    """A TIFF of 16 bits or floating point from (H, W, C); `tags` are tifffile's `extratags`."""
    import tifffile

    channels = values.shape[2]
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        values[..., 0] if channels == 1 else values,
        photometric="minisblack" if channels <= 2 else "rgb",
        planarconfig=None if channels == 1 else "contig",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        predictor=values.dtype.kind == "u",
        metadata=None,
        extratags=(*tags, (_PROFILE, "B", len(profile), profile, True)) if profile else tags,
        resolution=dpi,
        resolutionunit="INCH" if dpi else None,
    )
    return file.getvalue()
