"""AVIF and JPEG XL where imagecodecs is needed: AVIF of more than 8 bits, or that Pillow does not know; JPEG XL.

imagecodecs gives pixels; what else such a file says stands in its boxes, of which as much is read here as is needed.

References: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (item properties), ISO/IEC 18181-1 and -2 (JPEG XL).
"""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import features

from camsim.io import formats, high_depth
from camsim.io.stored import Stored

#: Boxes that hold boxes, and how many bytes come before those.
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0}

#: Width by height, as JPEG XL numbers them.
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def pillow_keeps(content: bytes) -> bool:
    """Whether Pillow reads this AVIF in its depth: it knows the format, and there are 8 bits."""
    return bool(features.check("avif")) and _bits(content) <= 8


def _bits(content: bytes) -> int:
    """Bits per sample, as the codec's configuration says (AV1-ISOBMFF 2.3.3)."""
    flags = [body[2] for kind, body in _boxes(content) if kind == b"av1C"]
    return max((12 if each & 0x20 else 10) if each & 0x40 else 8 for each in flags) if flags else 8


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of every box, those inside of containers too."""
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        start = at + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", content, start)[0], start + 8
        end = at + size if size else len(content)
        if end <= at:
            return
        body = content[start:end] if kind != b"mdat" else b""  # the pixels
        yield kind, body
        if kind in _CONTAINERS:
            yield from _boxes(body[_CONTAINERS[kind] :])
        at = end


def read_avif(content: bytes, limit: int) -> Stored:
    """Read an AVIF of any depth and at most `limit` pixels: more than 8 bits become 16."""
    bits = _bits(content)
    codecs = formats.imagecodecs(f"AVIF of {bits} bits")
    properties = dict(_boxes(content))
    for kind, body in _boxes(content):
        if kind == b"ispe":
            high_depth.check_size(*struct.unpack_from(">II", body, 4), limit=limit, stored=len(content), pixel_bytes=6)
    values = codecs.avif_decode(content, index=0)
    if values.dtype == np.uint16:
        values = high_depth.to_depth(values * (65535 / (2**bits - 1)), values.dtype)
    # How it must be turned: anticlockwise quarters first, then mirrored upside down (axis 0) or left to right (1)
    values = np.rot90(values, properties.get(b"irot", b"\0")[0] & 3)
    if b"imir" in properties:
        values = np.flip(values, properties[b"imir"][0] & 1)
    colours = [body[4:] for kind, body in _boxes(content) if kind == b"colr" and body[:4] in (b"prof", b"rICC")]
    return _stored(values, profile=colours[0] if colours else b"")


def read_jxl(content: bytes, limit: int) -> Stored:
    """Read a JPEG XL of at most `limit` pixels, upright."""
    codecs = formats.imagecodecs("JPEG XL")
    high_depth.check_size(*_jxl_size(content), limit=limit, stored=len(content), pixel_bytes=6)
    values = codecs.jpegxl_decode(content, index=0)
    return _stored(high_depth.within_unit_range(values) if values.dtype.kind == "f" else values)


def _jxl_size(content: bytes) -> tuple[int, int]:
    """Width and height, from the bits behind a JPEG XL codestream's signature (ISO/IEC 18181-1, D.2)."""
    if content[:2] != b"\xff\x0a":
        parts = {kind: body for kind, body in reversed([*_boxes(content)]) if kind in (b"jxlc", b"jxlp")}
        content = parts[b"jxlc"] if b"jxlc" in parts else parts[b"jxlp"][4:]
    bits, at = int.from_bytes(content[2:16], "little"), 0

    def take(count: int) -> int:
        nonlocal at
        at += count
        return bits >> (at - count) & ((1 << count) - 1)

    small = take(1)

    def side() -> int:
        return 8 * (take(5) + 1) if small else take((9, 13, 18, 30)[take(2)]) + 1

    height, ratio = side(), take(3)
    across, down = _RATIOS.get(ratio, (1, 1))
    return (height * across // down if ratio else side()), height


def _stored(values: np.ndarray, profile: bytes = b"") -> Stored:
    """Planes of colour, and of alpha, from (H, W) or (H, W, C)."""
    values = np.ascontiguousarray(values.reshape(*values.shape[:2], -1))
    if values.shape[2] in (2, 4):
        return Stored(colour=values[..., :-1], alpha=values[..., -1:], profile=profile)
    return Stored(colour=values, profile=profile)
