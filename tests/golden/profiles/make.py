"""Make the colour profiles of this folder: by LittleCMS, in imagecodecs, from published numbers.

Run it where imagecodecs is installed. Sources of the numbers: Adobe RGB (1998) Color Image Encoding, version 2005-05;
SMPTE EG 432-1 and SMPTE RP 431-2 (P3); ISO 22028-2 (ROMM RGB, which is called ProPhoto RGB); IEC 61966-2-1 (sRGB's
curve).

LittleCMS makes no profiles with tables there, so the two that have them, for CMYK and RGB, are put together below after
ICC.1:2022, 10.10 (lut8Type): corners of a cube of inks, or of lights, as CIELAB, between which is interpolated.
"""

import io
import itertools
import struct
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

D65, D50 = [0.3127, 0.3290, 1], [0.3457, 0.3585, 1]
P3 = [0.680, 0.320, 1, 0.265, 0.690, 1, 0.150, 0.060, 1]
ADOBE = [0.64, 0.33, 1, 0.21, 0.71, 1, 0.15, 0.06, 1]
ROMM = [0.734699, 0.265301, 1, 0.159597, 0.840403, 1, 0.036598, 0.000105, 1]

#: The tags of the three curves.
TRC = (b"rTRC", b"gTRC", b"bTRC")

#: CIELAB of paper under full shares of cyan, magenta, yellow; with black it is 0, 0, 0.
INKS = {
    (0, 0, 0): (100, 0, 0),
    (1, 0, 0): (60, -20, -30),
    (0, 1, 0): (50, 60, 0),
    (0, 0, 1): (90, -5, 70),
    (1, 1, 0): (30, 15, -40),
    (1, 0, 1): (50, -50, 25),
    (0, 1, 1): (48, 60, 40),
    (1, 1, 1): (20, 0, 0),
}


def tags(profile: bytes) -> dict[bytes, bytes]:
    count = struct.unpack_from(">I", profile, 128)[0]
    entries = (struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(count))
    return {name: profile[start : start + size] for name, start, size in entries}


def assemble(header: bytes, parts: dict[bytes, bytes]) -> bytes:
    table, body, start = struct.pack(">I", len(parts)), b"", 132 + 12 * len(parts)
    for name, part in parts.items():
        table += struct.pack(">4sII", name, start + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    return struct.pack(">I", start + len(body)) + header[4:128] + table + body


def with_tables(space: bytes, kind: bytes, corners: list[tuple[float, float, float]]) -> bytes:
    """A profile of lut8Type whose grid has two points along each channel."""
    channels = {b"CMYK": 4, b"RGB ": 3}[space]
    identity = struct.pack(">9i", *(65536 * (n % 4 == 0) for n in range(9)))
    ramp = bytes(range(256))
    grid = b"".join(bytes((round(L * 2.55), a + 128, b + 128)) for L, a, b in corners)
    lut = b"mft1" + bytes(4) + bytes((channels, 3, 2, 0)) + identity + ramp * channels + grid + ramp * 3
    made = tags(srgb())
    header = bytearray(srgb())
    header[8:12] = bytes.fromhex("02400000")  # version 2.4
    header[12:24] = kind + space + b"Lab "
    text = b"desc" + bytes(4) + struct.pack(">I", 7) + b"tables\0" + bytes(78)
    return assemble(header, {b"desc": text, b"wtpt": made[b"wtpt"], b"A2B0": lut, b"A2B1": lut})


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def dateless(profile: bytes) -> bytes:
    return profile[:24] + bytes.fromhex("07d000010001000000000000") + profile[36:]


def main() -> None:
    level = np.linspace(0, 1, 256)
    curve = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4).astype(np.float32)
    p3 = imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=P3, transferfunction=np.stack([curve] * 3))
    table = b"curv" + struct.pack(">2I256H", 0, 256, *np.rint(curve * 65535).astype(int))
    colorants = {name: tags(p3)[name] for name in (b"rXYZ", b"gXYZ", b"bXYZ")}
    inks = [INKS[each[:3]] if not each[3] else (0, 0, 0) for each in itertools.product((0, 1), repeat=4)]
    lights = [INKS[tuple(1 - n for n in each)] for each in itertools.product((0, 1), repeat=3)]
    lights[0] = (0, 0, 0)
    made = {
        "adobe-rgb": imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=ADOBE, gamma=563 / 256),
        "display-p3-table": assemble(srgb(), tags(srgb()) | colorants | dict.fromkeys(TRC, table)),
        "display-p3": assemble(srgb(), tags(srgb()) | colorants),  # with a parametric curve
        "prophoto": imagecodecs.cms_profile("rgb", whitepoint=D50, primaries=ROMM, gamma=1.8),
        "grey-1.8": imagecodecs.cms_profile("gray", whitepoint=D50, gamma=1.8),
        "cmyk": with_tables(b"CMYK", b"prtr", inks),
        "rgb-tables": with_tables(b"RGB ", b"scnr", lights),
    }
    for name, profile in made.items():
        (Path(__file__).parent / f"{name}.icc").write_bytes(dateless(profile))
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}[opened.profile.xcolor_space]
        transform = ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB", ImageCms.Intent(1))
        print(name, len(profile), ImageCms.applyTransform(Image.new(mode, (1, 1)), transform).getpixel((0, 0)))


if __name__ == "__main__":
    main()
