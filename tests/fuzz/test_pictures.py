"""Pictures of every kind that is read: damaged byte by byte, and chunk by chunk with checksums that are right."""

import io
import struct
import zlib

import pytest
from hypothesis import strategies as st

pytest.importorskip("imagecodecs")

from fuzzing import edits, picture_files
from fuzzing.door import Case
from PIL import Image

pytestmark = pytest.mark.slow

COMMANDS = {
    "render": ("camsim", "render", "in/IT", "--setting", "ideal", "-o", "out/a.png"),
    "render deep": ("camsim", "render", "in/IT", "--setting", "ideal", "--bits", "16", "-o", "out/a.tif"),
    "compare": ("scielab", "compare", "in/ref.png", "in/IT", "--map", "out/map.npy"),
    "dataset": (
        *("camsim", "dataset", "in/IT", "-q", "--hr-size", "8", "--scene-size", "8", "--scale", "2"),
        *("--setting", "ideal", "-o", "out/set"),
    ),
    "rewrite": ("doors", "rewrite", "in/IT", "out/a.png"),
    "rewrite as JPEG": ("doors", "rewrite", "in/IT", "out/a.jpg"),
    "rewrite as TIFF": ("doors", "rewrite", "in/IT", "out/a.tif"),
    "rewrite as WebP": ("doors", "rewrite", "in/IT", "out/a.webp"),
    "color": ("camsim", "measure", "color", "in/IT"),
    "evaluate": ("enhance", "evaluate", "-q", "--bench", "in", "--scale", "2", "--crop", "0"),
}

BYTES, PARTS = edits.few(edits.byte_edit), edits.few(edits.part_edit)

PICTURES = st.tuples(
    st.sampled_from(sorted(picture_files.sound())),
    st.sampled_from([*COMMANDS, "render", "render", "render"]),
    st.sampled_from(["", ".png", ".jpg", ".tif"]),  # what it is called by
    st.one_of(st.tuples(PARTS, st.just([])), st.tuples(st.just([]), BYTES)),
)


def case(command, name, content, *, accepted=None):
    files = {f"in/{name}": content}
    if command == "compare":
        files["in/ref.png"] = picture_files.sound()["rgb.png"][0]
    return Case(words=tuple(word.replace("IT", name) for word in COMMANDS[command]), files=files, accepted=accepted)


def damaged(drawn):
    name, command, suffix, (parts, content_edits) = drawn
    content, container = picture_files.sound()[name]
    if container and parts:
        split, join, names = container
        content = join(edits.edit_parts(split(content), parts, names))
    content = edits.edit_bytes(content, content_edits)
    return case(command, name.rpartition(".")[0] + suffix if suffix else name, content)


def png(width, height, bits, kind, data):
    def chunk(name, inside):
        return struct.pack(">I", len(inside)) + name + inside + struct.pack(">I", zlib.crc32(name + inside))

    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def of_kind(kind):
    """A sound picture of a kind that is not promised."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, kind)
    return content.getvalue()


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(x) run showpage\n%%EOF\n"

CORPUS = [
    *(case("render", name, content, accepted=True) for name, (content, _) in picture_files.sound().items()),
    *(case("rewrite", "a.tif", picture_files.resolved(dpi), accepted=True) for dpi in (4e9, 1e8, 70000, 1e-9)),
    *(case(command, "rgb.png", picture_files.sound()["rgb.png"][0], accepted=True) for command in COMMANDS),
    *(
        case("render", "cute.png", content)
        for content in (
            POSTSCRIPT,  # Pillow starts Ghostscript for it
            b"II*\0" + POSTSCRIPT,
            b"",
            b"P6 8 8 255\n" + bytes(192),
            b"/* XPM */\nstatic char *x[] = {};",
            *map(of_kind, ("EPS", "PDF", "TGA", "ICO", "PCX", "SGI", "IM", "PPM", "DDS")),
            png(13000, 13000, 1, 0, bytes(13000 * 1626)),  # twenty kilobytes
            png(30000, 30000, 8, 2, b""),
            png(2**31 - 1, 1, 8, 0, b""),
            png(0, 8, 8, 2, b""),
            png(8, 8, 3, 7, b""),
            b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;",
        )
    ),
    case("compare", "a.npy", b""),
]


def test_pictures(fuzz):
    fuzz("pictures", PICTURES, damaged, corpus=CORPUS, count=600)
