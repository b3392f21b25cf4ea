"""What a file says of its picture besides the pixels, EXIF and resolution, carried over to the enlarged one.

Reference: CIPA DC-008, "Exchangeable image file format for digital still cameras: Exif"; TIFF 6.0, whose structure EXIF
has.
"""

import io
import struct
import warnings

import numpy as np
from PIL import ExifTags, Image, TiffImagePlugin

from camsim.io import high_depth, orientation
from camsim.io.stored import Stored

#: Tags of TIFF and EXIF that describe how pixels are stored, which whoever writes them decides.
_OF_PIXELS = frozenset(
    [
        *(*range(254, 260), *range(262, 267), 273, *range(277, 282), *range(284, 287), *range(288, 294), 297, 301),
        *(*range(317, 326), 330, 332, 333, 334, 336, *range(338, 348), *range(512, 522), *range(529, 533), 700),
        *(33421, 33422, 33723, 34377, 34675, 37724),
    ]
)

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_INCHES = {2: 1.0, 3: 2.54}  # in a unit of resolution
_SRGB = 1  # of the tag ColorSpace

#: tifffile writes no tags of directories, so their places, in the order of tags, are kept by this one before each.
_BEFORE = 1

#: Most bytes of EXIF in a JPEG, whose segment holds its own size in 16 bits.
JPEG_BYTES = 65_527

#: Finest resolutions, pixels per inch: of what has a picture at all, and of a JPEG, which has 16 bits for it.
FINEST_DPI, JPEG_DPI = 1e8, 65_535


def of(stored: Stored) -> tuple[bytes, tuple[float, float] | None]:
    """EXIF as a block, without what describes stored pixels, and pixels per inch, (across, down) or None.

    The orientation says upright, as the planes of `stored` are. A thumbnail is left out. Raises ValueError where the
    EXIF is damaged.
    """
    try:
        return _of(stored)
    except Exception as error:  # Pillow raises many kinds
        raise ValueError("its EXIF is damaged") from error


def _of(stored: Stored) -> tuple[bytes, tuple[float, float] | None]:
    with high_depth.silent(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # single entries that make no sense are left out
        exif = _load(stored.exif)
        dpi = stored.dpi or _resolution(exif)
        for tag in _OF_PIXELS & exif.keys():
            del exif[tag]
        if stored.profile and ExifTags.Base.ColorSpace in exif.get_ifd(ExifTags.IFD.Exif):
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = _SRGB
        if orientation.TAG in exif:
            exif[orientation.TAG] = 1
        says = exif.keys() - {_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT}
        block = exif.tobytes() if says else b""
    block = block.removeprefix(b"Exif\0\0")
    if not dpi:
        return block, None
    across, down = map(float, dpi)
    return block, (across, down) if all(0 < each <= FINEST_DPI for each in (across, down)) else None


def _resolution(exif: Image.Exif) -> tuple[float, float] | None:
    across = exif.get(_X_RESOLUTION)
    down = exif.get(_Y_RESOLUTION, across)
    unit = _INCHES.get(exif.get(_RESOLUTION_UNIT, 2))
    return None if unit is None or across is None or down is None else (across * unit, down * unit)


def resized(block: bytes, rows: int, columns: int) -> bytes:
    """EXIF for a picture of that size: where it names the size, it names this one."""
    if not block:
        return b""
    exif = _load(block)
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    for tag, length in ((ExifTags.Base.ExifImageWidth, columns), (ExifTags.Base.ExifImageHeight, rows)):
        if tag in camera:
            camera[tag] = length
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _load(block: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(block)
    return exif


def tiff_bytes(
    values: np.ndarray, block: bytes, *, profile: bytes = b"", dpi: tuple[float, float] | None = None
) -> bytes:
    """A deep TIFF, as `high_depth.tiff_bytes` makes it, with EXIF: its own tags, and directories behind the picture."""
    exif = _load(block) if block else Image.Exif()
    directories = {tag: exif.get_ifd(tag) for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)}
    directories = {tag: entries for tag, entries in directories.items() if entries}
    texts = {tag: text.encode() for tag, text in exif.items() if isinstance(text, str)}
    tags = [(tag, "s", 0, text, True) for tag, text in texts.items()] + [
        (tag - _BEFORE, "I", 1, 0, True) for tag in directories
    ]
    content = high_depth.tiff_bytes(values, profile=profile, dpi=dpi, tags=tuple(tags))
    for tag, entries in directories.items():
        content += b"\0" * (len(content) % 2)
        directory = TiffImagePlugin.ImageFileDirectory_v2(content[:4] + bytes(4), group=tag)
        for name, entry in entries.items():
            if name != ExifTags.IFD.Interop:
                directory[name] = entry
        content = _pointing(content, tag, len(content)) + directory.tobytes(len(content))
    return content


def _pointing(content: bytes, tag: int, offset: int) -> bytes:
    """A TIFF with the placeholder of a directory turned into its tag, whose value is where the directory begins."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        entry, order = tiff.pages.first.tags[tag - _BEFORE], tiff.byteorder
    changed = bytearray(content)
    struct.pack_into(f"{order}H", changed, entry.offset, tag)
    struct.pack_into(f"{order}I", changed, entry.valueoffset, offset)
    return bytes(changed)
