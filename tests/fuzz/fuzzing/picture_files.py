"""Small sound picture files of every kind that is read, made here."""

import functools
import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from fuzzing import containers
from fuzzing.containers import Container

_PROFILES = Path(__file__).parents[2] / "golden" / "profiles"

#: Rows and columns.
SHAPE = (16, 24)


def values(planes: int = 3, dtype: Any = np.uint8) -> np.ndarray:
    """A picture, (16, 24, planes); of floating point in [0, 1]."""
    drawn = np.random.default_rng(planes).random((*SHAPE, planes))
    return drawn.astype(dtype) if np.dtype(dtype).kind == "f" else (drawn * np.iinfo(dtype).max).astype(dtype)


def _pillow(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    content = io.BytesIO()
    Image.fromarray(values()).convert(mode).save(content, kind, **options)
    return content.getvalue()


@functools.cache
def square(side: int) -> bytes:
    """A PNG of one colour."""
    content = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 30)).save(content, "PNG")
    return content.getvalue()


def edge() -> bytes:
    """A PNG of a slanted edge."""
    rows, columns = np.mgrid[:60, :60]
    content = io.BytesIO()
    Image.fromarray(np.where(columns > 25 + rows / 10, 200, 50).astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def _exif(orientation: int) -> Image.Exif:
    """What a camera says, in four directories."""
    found = Image.Exif()
    found.update({0x0112: orientation, 0x010E: "words", 0x010F: "maker", 0x0132: "2020:01:01 00:00:00"})
    found.update({282: IFDRational(300, 1), 283: IFDRational(300, 1), 296: 2})
    camera = found.get_ifd(ExifTags.IFD.Exif)
    camera.update({0x829A: IFDRational(1, 60), 0x8827: 400, 0x9003: "2020:01:01 00:00:00", 0x9286: b"ASCII\0\0\0words"})
    camera.update({0x9204: IFDRational(-1, 3), 0xA001: 1, 0xA002: SHAPE[1], 0xA003: SHAPE[0], 0x927C: b"note" * 9})
    found.get_ifd(ExifTags.IFD.GPSInfo).update({0: b"\2\3\0\0", 1: "N", 2: (52.0, 30.0, 1.5), 6: IFDRational(34, 1)})
    return found


def _with_exif(content: bytes) -> bytes:
    """A PNG that says what a camera says."""
    split, join, _ = containers.PNG
    head, *others = split(content)
    return join([head, (b"eXIf", _exif(6).tobytes().removeprefix(b"Exif\0\0")), *others])


def resolved(dpi: float) -> bytes:
    """A TIFF of so many pixels per inch."""
    return _pillow("TIFF", dpi=(dpi, dpi))


def _profile(name: str) -> bytes:
    return (_PROFILES / f"{name}.icc").read_bytes()


def _tiff(planes: int, dtype: Any, **options: Any) -> bytes:
    content = io.BytesIO()
    photometric = "minisblack" if planes == 1 else "rgb"
    plane = values(planes, dtype)[..., 0] if planes == 1 else values(planes, dtype)
    tifffile.imwrite(content, plane, photometric=photometric, metadata=None, **options)
    return content.getvalue()


def _animation(kind: str) -> bytes:
    content = io.BytesIO()
    frames = [Image.fromarray(values() // n) for n in (1, 2, 3)]
    frames[0].save(content, kind, save_all=True, append_images=frames[1:], duration=40)
    return content.getvalue()


@functools.cache
def sound() -> dict[str, tuple[bytes, Container | None]]:
    """Files by their names, and of what they are made where that is known here."""
    png, jpeg, tiff, webp, boxes = (getattr(containers, name) for name in ("PNG", "JPEG", "TIFF", "WEBP", "BOXES"))
    rgb, table = _profile("display-p3"), _profile("rgb-tables")
    found: dict[str, tuple[bytes, Container | None]] = {
        "rgb.png": (_pillow("PNG"), png),
        "profile.png": (_pillow("PNG", icc_profile=rgb, exif=_exif(6)), png),
        "tables.png": (_pillow("PNG", icc_profile=table), png),
        "palette.png": (_pillow("PNG", "P", transparency=3), png),
        "bit.png": (_pillow("PNG", "1"), png),
        "alpha.png": (_pillow("PNG", "RGBA"), png),
        "grey.png": (_pillow("PNG", "L", icc_profile=_profile("grey-1.8")), png),
        "deep.png": (imagecodecs.png_encode(values(3, np.uint16)), png),
        "deep-exif.png": (_with_exif(imagecodecs.png_encode(values(3, np.uint16))), png),
        "deep-grey-alpha.png": (imagecodecs.png_encode(values(2, np.uint16)), png),
        "moving.png": (_animation("PNG"), png),
        "rgb.jpg": (_pillow("JPEG", exif=_exif(3), icc_profile=rgb), jpeg),
        "progressive.jpg": (_pillow("JPEG", progressive=True), jpeg),
        "cmyk.jpg": (_pillow("JPEG", "CMYK", icc_profile=_profile("cmyk")[:60000]), jpeg),
        "grey.jpg": (_pillow("JPEG", "L"), jpeg),
        "rgb.tif": (_pillow("TIFF", icc_profile=rgb), tiff),
        "lzw.tif": (_pillow("TIFF", compression="tiff_lzw"), tiff),
        "cmyk.tif": (_pillow("TIFF", "CMYK"), tiff),
        "deep.tif": (_tiff(3, np.uint16), tiff),
        "deep-deflated.tif": (
            _tiff(4, np.uint16, compression="zlib", predictor=True, extrasamples=["unassalpha"]),
            tiff,
        ),
        "float.tif": (_tiff(3, np.float32), tiff),
        "grey-float.tif": (_tiff(1, np.float32, compression="lzw"), tiff),
        "planes.tif": (_tiff(3, np.uint16, planarconfig="contig", rowsperstrip=3), tiff),
        "tiles.tif": (_tiff(3, np.uint16, tile=(16, 16)), tiff),
        "big.tif": (_tiff(3, np.uint16, bigtiff=True), None),
        "big-endian.tif": (_tiff(3, np.uint8, byteorder=">"), None),
        "rgb.bmp": (_pillow("BMP"), None),
        "palette.bmp": (_pillow("BMP", "P"), None),
        "palette.gif": (_pillow("GIF", "P"), None),
        "moving.gif": (_animation("GIF"), None),
        "lossy.webp": (_pillow("WEBP", quality=80, exif=_exif(8), icc_profile=rgb), webp),
        "lossless.webp": (_pillow("WEBP", "RGBA", lossless=True), webp),
        "moving.webp": (_animation("WEBP"), webp),
        "rgb.avif": (imagecodecs.avif_encode(values()), boxes),
        "deep.avif": (imagecodecs.avif_encode(values(3, np.uint16) >> 6, bitspersample=10), boxes),
        "rgb.jxl": (imagecodecs.jpegxl_encode(values(), usecontainer=True), boxes),
        "deep.jxl": (imagecodecs.jpegxl_encode(values(3, np.uint16)), None),
    }
    return found
