"""Which kinds of picture files are understood, told by their first bytes and never by their name."""

import importlib.util
import struct
from types import ModuleType

#: How many bytes of a file tell its kind.
START_BYTES = 64

#: Names of the kinds by the file name ending that stands for each.
NAMES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".tif": "TIFF",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".webp": "WebP",
    ".avif": "AVIF",
    ".jxl": "JPEG XL",
}

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    **dict.fromkeys((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), ".tif"),  # the latter two: BigTIFF
    b"BM": ".bmp",
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
    b"\xff\x0a": ".jxl",
    b"\0\0\0\x0cJXL \r\n\x87\n": ".jxl",
}


def of(start: bytes) -> str:
    """The kind of a file that begins so, a key of `NAMES`; ValueError for any that is not promised.

    Only what this function lets through reaches a decoder: libraries would open much more, and start other programs
    to do so.
    """
    for signature, kind in _SIGNATURES.items():
        if start.startswith(signature):
            return kind
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return ".webp"
    if start[4:8] == b"ftyp":  # ISO base media: a major brand, a version, compatible brands (ISO/IEC 14496-12)
        brands = start[8 : struct.unpack(">I", start[:4])[0]]
        if {brands[at : at + 4] for at in (0, *range(8, len(brands), 4))} & {b"avif", b"avis"}:
            return ".avif"
    *names, last = NAMES.values()
    raise ValueError(f"not a picture, or damaged; understood are {', '.join(names)} and {last}")


def pillow(kind: str) -> list[str]:
    """What Pillow calls that kind of file: a JPEG with several pictures is a kind of its own there."""
    return ["JPEG", "MPO"] if kind == ".jpg" else [NAMES[kind].upper()]


def imagecodecs(purpose: str) -> ModuleType:
    """The optional package imagecodecs; ValueError with the way to install it, for `purpose`, where it is missing."""
    if not has_imagecodecs():
        raise ValueError(f"to read {purpose} install imagecodecs: pip install 'cam2eye[formats]'")
    import imagecodecs

    return imagecodecs


def has_imagecodecs() -> bool:
    """Whether the optional package imagecodecs is installed."""
    return importlib.util.find_spec("imagecodecs") is not None
