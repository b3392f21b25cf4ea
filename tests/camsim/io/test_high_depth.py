"""Pictures of more than 8 bits: every bit kept, in every way that PNG and TIFF have to store them."""

import importlib.util
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from camsim.io import formats, high_depth, image

pytestmark = pytest.mark.installed

TURNS = {  # what a viewer must do to a stored picture, by EXIF orientation
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: np.swapaxes(a, 0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(np.swapaxes(a, 0, 1), 2),
    8: lambda a: np.rot90(a, 1),
}


@pytest.fixture
def picture():
    y, x = np.mgrid[0:24, 0:36]
    return np.stack([x / 35, y / 23, (x + y) / 58], axis=-1)


def picture_of_16_bits(planes, shape=(5, 7)):
    """uint16 whose low bytes matter."""
    return np.random.default_rng(planes).integers(0, 65536, (*shape, planes), dtype=np.uint16)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bytes(values, *, size=None, before=b"", after=b""):
    """A 16-bit PNG built by hand from ISO/IEC 15948, whose rows use the filters 0 to 4 in turn."""
    height, width, planes = values.shape
    step = 2 * planes
    rows = values.astype(">u2").reshape(height, -1).view(np.uint8).astype(int)
    left = np.pad(rows, ((0, 0), (step, 0)))[:, :-step]
    up = np.pad(rows, ((1, 0), (0, 0)))[:-1]
    corner = np.pad(left, ((1, 0), (0, 0)))[:-1]
    guess = left + up - corner
    by_left, by_up, by_corner = abs(guess - left), abs(guess - up), abs(guess - corner)
    paeth = np.where((by_left <= by_up) & (by_left <= by_corner), left, np.where(by_up <= by_corner, up, corner))
    filtered = [0 * rows, left, up, (left + up) // 2, paeth]
    data = b"".join(
        bytes([y % 5]) + ((rows - filtered[y % 5]) % 256).astype(np.uint8)[y].tobytes() for y in range(height)
    )
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[planes]
    header = struct.pack(">IIBBBBB", *(size or (width, height)), 16, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(data)) + after + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("planes", [1, 3])
def test_16_bit_png_keeps_every_bit(planes, tmp_path):
    values = picture_of_16_bits(planes)
    (tmp_path / "a.png").write_bytes(png_bytes(values))
    read = image.read_native(tmp_path / "a.png")
    assert read.dtype == np.uint16 and read.flags.writeable
    np.testing.assert_array_equal(read, np.broadcast_to(values, (5, 7, 3)))
    np.testing.assert_allclose(image.read(tmp_path / "a.png"), read / 65535, rtol=1e-15)


@pytest.mark.parametrize("planes", [2, 4])
def test_alpha_of_16_bits_is_laid_over_white(planes, tmp_path):
    values = picture_of_16_bits(planes)
    alpha = values[..., -1:] / 65535
    expected = np.broadcast_to(values[..., :-1] * alpha + 65535 * (1 - alpha), (5, 7, 3))
    (tmp_path / "a.png").write_bytes(png_bytes(values))
    np.testing.assert_allclose(image.read_native(tmp_path / "a.png"), expected, atol=0.5 + 1e-6)
    kind = {2: "minisblack", 4: "rgb"}[planes]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric=kind, planarconfig="contig", extrasamples=["unassalpha"])
    np.testing.assert_allclose(image.read_native(tmp_path / "a.tif"), expected, atol=0.5 + 1e-6)
    values[..., :-1] = values[..., :-1] * alpha  # premultiplied
    tifffile.imwrite(tmp_path / "b.tif", values, photometric=kind, planarconfig="contig", extrasamples=["assocalpha"])
    np.testing.assert_allclose(image.read_native(tmp_path / "b.tif"), expected, atol=1.5)


@pytest.mark.parametrize("planes", [1, 3])
def test_the_colour_that_a_16_bit_png_names_as_clear_is_white(planes, tmp_path):
    values = picture_of_16_bits(planes)
    clear = chunk(b"tRNS", values[2, 3].astype(">u2").tobytes())
    (tmp_path / "a.png").write_bytes(png_bytes(values, before=clear))
    expected = np.broadcast_to(values, (5, 7, 3)).copy()
    expected[2, 3] = 65535
    np.testing.assert_array_equal(image.read_native(tmp_path / "a.png"), expected)


@pytest.mark.parametrize("orientation", TURNS)
def test_orientation_is_applied_at_every_depth(orientation, picture, tmp_path):
    values = picture_of_16_bits(3)
    exif = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 274, 3, 1, orientation, 0, 0)
    for number, place in enumerate(({"before": chunk(b"eXIf", exif)}, {"after": chunk(b"eXIf", exif)})):
        (tmp_path / f"{number}.png").write_bytes(png_bytes(values, **place))
        np.testing.assert_array_equal(image.read_native(tmp_path / f"{number}.png"), TURNS[orientation](values))
    tag = [(274, "H", 1, orientation, True)]
    for shallow in (values, values.astype(np.uint8), values[..., 0], values[..., 0].astype(np.uint8)):
        tifffile.imwrite(
            tmp_path / "a.tif", shallow, photometric="minisblack" if shallow.ndim == 2 else "rgb", extratags=tag
        )
        expected = TURNS[orientation](shallow)
        expected = expected if shallow.ndim == 3 else np.repeat(expected[..., None], 3, axis=2)
        np.testing.assert_array_equal(image.read_native(tmp_path / "a.tif"), expected)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib", "predictor": True},
        {"tile": (16, 16)},
        {"bigtiff": True},
        {"byteorder": ">"},
        {"planarconfig": "separate"},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [np.uint16, np.float32, np.float64, np.float16])
def test_tiff_of_16_bits_and_of_floats_keeps_its_depth(kind, options, tmp_path):
    if kind != np.uint16 and "predictor" in options:
        options = options | {"predictor": False}
    values = picture_of_16_bits(3)
    values = values if kind == np.uint16 else (values / 65535).astype(kind)
    stored = np.moveaxis(values, -1, 0) if "planarconfig" in options else values
    tifffile.imwrite(tmp_path / "a.tif", stored, photometric="rgb", **options)
    read = image.read_native(tmp_path / "a.tif")
    assert read.dtype == (np.uint16 if kind == np.uint16 else np.float32)
    np.testing.assert_array_equal(read, values.astype(read.dtype))
    expected = values / 65535 if kind == np.uint16 else values.astype(np.float32).astype(float)
    assert image.read(tmp_path / "a.tif").dtype == float
    np.testing.assert_allclose(image.read(tmp_path / "a.tif"), expected, rtol=1e-15)


def test_grey_and_cmyk_tiff_of_16_bits(tmp_path):
    grey = picture_of_16_bits(1)[..., 0]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey, photometric="miniswhite")
    np.testing.assert_array_equal(image.read_native(path)[..., 1], 65535 - grey)
    tifffile.imwrite(path, (grey / 65535).astype(np.float32), photometric="minisblack")
    np.testing.assert_array_equal(image.read_native(path)[..., 1], (grey / 65535).astype(np.float32))
    Image.fromarray(grey).save(path, compression="tiff_lzw")
    np.testing.assert_array_equal(image.read_native(path)[..., 1], grey)
    ink = picture_of_16_bits(4)
    tifffile.imwrite(path, ink, photometric="separated")
    share = 1 - ink / 65535
    np.testing.assert_allclose(image.read(path), share[..., :3] * share[..., 3:], atol=1e-5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((4, 4, 3), 1.5, np.float32), "run from 0 to 1.5; a floating-point picture must hold 0 to 1"),
        (np.full((4, 4, 3), -0.1, np.float32), "run from -0.1 to 0;"),
        (np.full((4, 4), 255.0, np.float32), "run from 0 to 255;"),
        (np.full((4, 4, 3), np.nan, np.float32), "not numbers"),
        (np.full((4, 4), np.inf, np.float32), "not numbers"),
        (np.zeros((4, 4, 3), np.uint32), "samples are uint32"),
        (np.zeros((4, 4, 3), np.int16), "samples are int16"),
    ],
)
def test_values_that_are_no_picture_are_refused(values, message, tmp_path):
    tifffile.imwrite(tmp_path / "bad.tif", values, photometric="rgb" if values.ndim == 3 else "minisblack")
    with pytest.raises(ValueError, match=f"bad.tif: cannot be read .*{message}"):
        image.read(tmp_path / "bad.tif")


def test_rounding_errors_of_floats_are_clipped(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.array([[[-1e-6, 1 + 1e-6, 0.5]]], np.float32), photometric="rgb")
    np.testing.assert_array_equal(image.read(tmp_path / "a.tif"), [[[0, 1, 0.5]]])


@pytest.mark.skipif(importlib.util.find_spec("imagecodecs") is not None, reason="with imagecodecs LZW is understood")
def test_lzw_of_16_bit_colour_is_refused_with_a_way_out(tmp_path):
    path = tmp_path / "lzw.tif"
    tifffile.imwrite(path, picture_of_16_bits(3), photometric="rgb")
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages[0].tags["Compression"].valueoffset
    stored = bytearray(path.read_bytes())
    stored[at : at + 2] = struct.pack("<H", 5)  # says LZW now
    path.write_bytes(stored)
    with pytest.raises(ValueError, match=r"LZW compression of 16-bit colour install imagecodecs: pip install"):
        image.read(path)


@pytest.mark.skipif(not formats.has_imagecodecs(), reason="needs imagecodecs")
@pytest.mark.parametrize("compression", ["lzw", "zstd", "packbits"])
def test_other_compressions_of_16_bit_colour_are_read_with_imagecodecs(compression, tmp_path):
    values = picture_of_16_bits(3)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", compression=compression)
    np.testing.assert_array_equal(image.read_native(tmp_path / "a.tif"), values)


@pytest.mark.skipif(not formats.has_imagecodecs(), reason="compares both ways to read a 16-bit PNG")
@pytest.mark.parametrize("planes", [1, 2, 3, 4])
def test_16_bit_png_holds_the_same_with_and_without_imagecodecs(planes, monkeypatch):
    values = picture_of_16_bits(planes, (20, 30))
    clear = chunk(b"tRNS", values[2, 3].astype(">u2").tobytes()) if planes in (1, 3) else b""
    content = png_bytes(values, before=clear)
    colour, alpha = high_depth.read_png(content)
    monkeypatch.setattr(formats, "has_imagecodecs", lambda: False)
    again, alpha_again = high_depth.read_png(content)
    np.testing.assert_array_equal(again, colour)
    np.testing.assert_array_equal(alpha_again, alpha)
    assert alpha is not None and (alpha == 0).any() == (planes in (1, 3))


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_damaged_pictures_of_16_bits_are_refused_in_one_line(name, tmp_path, capfd):
    path = tmp_path / name
    if name == "a.png":
        path.write_bytes(png_bytes(picture_of_16_bits(3, (40, 50))))
    else:
        tifffile.imwrite(path, picture_of_16_bits(3, (40, 50)), photometric="rgb", compression="zlib", tile=(16, 16))
    whole = path.read_bytes()
    assert image.read(path).shape == (40, 50, 3)
    cuts = [whole[:length] for length in (0, 8, 26, 50, 300, len(whole) // 2)]
    flips = [whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in (9, len(whole) // 2)]
    for damaged in cuts + flips:
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{name}: cannot be read ") as refusal:
            image.read(path)
        assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")  # nor does a library write to the screen


def test_pictures_of_16_bits_that_claim_to_be_huge_are_refused_before_they_are_decoded(tmp_path):
    (tmp_path / "a.png").write_bytes(png_bytes(picture_of_16_bits(3), size=(20_000, 10_001)))
    tifffile.imwrite(tmp_path / "a.tif", picture_of_16_bits(3), photometric="rgb")
    stored = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as tiff:
        for tag, size in (("ImageWidth", 20_000), ("ImageLength", 10_001)):
            at = tiff.pages[0].tags[tag].valueoffset
            stored[at : at + 4] = struct.pack("<I", size)
    (tmp_path / "a.tif").write_bytes(stored)
    tracemalloc.start()
    for name in ("a.png", "a.tif"):
        with pytest.raises(ValueError, match=f"{name}.*over the limit of 178956970 pixels"):
            image.read(tmp_path / name)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.TIFF"])
def test_16_bits_are_written_and_come_back(name, picture, tmp_path):
    image.write(tmp_path / name, picture, bits=16)
    read = image.read_native(tmp_path / name)
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, np.round(picture * 65535))
    with Image.open(tmp_path / name) as other:  # another reader sees the same picture, in 8 bits
        np.testing.assert_array_equal(np.asarray(other.convert("RGB")), np.round(picture * 65535).astype(int) >> 8)


@pytest.mark.parametrize(("name", "bits", "message"), [("a.jpg", 16, "no 16 bits"), ("a.png", 12, "bits is 12")])
def test_depths_that_a_format_lacks_are_refused(name, bits, message, picture, tmp_path):
    with pytest.raises(ValueError, match=message):
        image.write(tmp_path / name, picture, bits=bits)
    assert list(tmp_path.iterdir()) == []
