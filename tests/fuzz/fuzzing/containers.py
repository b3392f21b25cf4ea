"""Files as the lists of parts that they are made of, and back, with lengths and checksums as they should be.

So a part can be damaged, left out or moved and still be read: what only broke the container would be refused there.

References: ISO/IEC 15948 (PNG), ISO/IEC 10918-1 annex B (JPEG), TIFF 6.0, ISO/IEC 14496-12 (AVIF, JPEG XL), RFC 9649
(WebP), MathWorks' "MAT-File Format".
"""

import contextlib
import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence

from fuzzing.edits import Part

#: Parts of a file's bytes, the file of parts, and names that parts may have.
Container = tuple[Callable[[bytes], list[Part]], Callable[[Sequence[Part]], bytes], Sequence[object]]


def _png_parts(content: bytes) -> list[Part]:
    found, at = [], 8
    while at < len(content):
        size = struct.unpack_from(">I", content, at)[0]
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        found.append((name, zlib.decompress(data) if name == b"IDAT" else data))
        at += 12 + size
    return found


def _png(parts: Sequence[Part]) -> bytes:
    found = [b"\x89PNG\r\n\x1a\n"]
    for name, data in parts:
        data = zlib.compress(data) if name == b"IDAT" else data
        found.append(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
    return b"".join(found)


def _jpeg_parts(content: bytes) -> list[Part]:
    found, at = [], 2
    while at + 4 <= len(content):
        marker, size = struct.unpack_from(">HH", content, at)
        if marker == 0xFFDA:  # what follows is the picture
            return [*found, (marker, content[at + 2 :])]
        found.append((marker, content[at + 4 : at + 2 + size]))
        at += 2 + size
    return found


def _jpeg(parts: Sequence[Part]) -> bytes:
    found = [b"\xff\xd8"]
    for marker, data in parts:
        size = b"" if marker == 0xFFDA else struct.pack(">H", min(0xFFFF, len(data) + 2))
        found.append(struct.pack(">H", marker) + size + data)
    return b"".join(found)


def _tiff_parts(content: bytes) -> list[Part]:
    """The entries of the first directory, and last all else, as the entry b''; little-endian files alone."""
    at = struct.unpack_from("<I", content, 4)[0]
    count = struct.unpack_from("<H", content, at)[0]
    entries = [content[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(count)]
    return [*((entry[:2], entry[2:]) for entry in entries), (b"", content)]


def _tiff(parts: Sequence[Part]) -> bytes:
    whole = next((data for name, data in parts if not name), b"")
    entries = [name + data.ljust(10, b"\0")[:10] for name, data in parts if name]
    start = (whole[:4] + struct.pack("<I", len(whole)) + whole[8:]).ljust(8, b"\0")
    return start + struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)


def _riff_parts(content: bytes) -> list[Part]:
    found, at = [], 12
    while at + 8 <= len(content):
        size = struct.unpack_from("<I", content, at + 4)[0]
        found.append((content[at : at + 4], content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _riff(parts: Sequence[Part]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in parts)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _box_parts(content: bytes) -> list[Part]:
    found, at = [], 0
    while at + 8 <= len(content):
        size = struct.unpack_from(">I", content, at)[0] or len(content) - at
        found.append((content[at + 4 : at + 8], content[at + 8 : at + size]))
        at += max(8, size)
    return found


def _boxes(parts: Sequence[Part]) -> bytes:
    return b"".join(struct.pack(">I", 8 + len(data)) + name + data for name, data in parts)


def _mat5_parts(content: bytes) -> list[Part]:
    """The elements of a MATLAB file, unpacked, behind its head, which is the first."""
    found: list[Part] = [(0, content[:128])]
    at = 128
    while at + 8 <= len(content):
        kind, size = struct.unpack_from("<II", content, at)
        data = content[at + 8 : at + 8 + size]
        found.append((kind, zlib.decompress(data) if kind == 15 else data))
        at += 8 + size
    return found


def _mat5(parts: Sequence[Part]) -> bytes:
    found = []
    for kind, data in parts:
        data = zlib.compress(data) if kind == 15 else data
        found.append(struct.pack("<II", kind, len(data)) + data if kind else data)
    return b"".join(found)


def _zip_parts(content: bytes) -> list[Part]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [((member.filename, member.compress_type), archive.read(member)) for member in archive.infolist()]


def _zip(parts: Sequence[Part]) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w") as archive:
        warnings.simplefilter("ignore")  # two members of one name
        for (name, method), data in parts:
            with contextlib.suppress(ValueError):  # a name that zipfile does not write
                archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return content.getvalue()


#: Names of members, and how they may be compressed.
_MEMBERS = [
    (name, method)
    for name in ("a.npy", "../a.npy", "/a.npy", "config.json", "x/data.pkl", "psf.npy", "reflectance.npy", "a" * 999)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
]

PNG: Container = (
    _png_parts,
    _png,
    [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"gAMA", b"zTXt", b"abcd"],
)
JPEG: Container = (_jpeg_parts, _jpeg, [0xFFC0, 0xFFC2, 0xFFC4, 0xFFDB, 0xFFDD, 0xFFE1, 0xFFE2, 0xFFEE, 0xFFD9, 0xFFF0])
TIFF: Container = (
    _tiff_parts,
    _tiff,
    [
        struct.pack("<H", tag)
        for tag in (256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 320, 322, 338, 339)
    ],
)
WEBP: Container = (
    _riff_parts,
    _riff,
    [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"abcd"],
)
BOXES: Container = (_box_parts, _boxes, [b"ftyp", b"meta", b"mdat", b"jxlc", b"jxlp", b"JXL ", b"Exif", b"free"])
MAT5: Container = (_mat5_parts, _mat5, [1, 5, 9, 14, 15, 16, 255, 2**31])
ZIP: Container = (_zip_parts, _zip, _MEMBERS)
