"""Pictures in and out of files."""

import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from camsim.io import high_depth, image, memory

pytestmark = pytest.mark.installed


@pytest.fixture
def picture():
    y, x = np.mgrid[0:24, 0:36]
    return np.stack([x / 35, y / 23, (x + y) / 58], axis=-1)


def test_png_gives_back_what_was_written(picture, tmp_path):
    image.write(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(image.read(tmp_path / "a.png"), np.round(picture * 255) / 255)


def test_grey_palette_alpha_16_bit_and_orientation_are_understood(tmp_path):
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    read = image.read(tmp_path / "grey.png")
    np.testing.assert_allclose(read, np.repeat(grey[..., None] / 255, 3, axis=-1))

    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "fine.png")
    np.testing.assert_allclose(image.read(tmp_path / "fine.png"), read)

    colour = Image.fromarray(np.stack([grey, grey.T, grey], axis=-1))
    colour.quantize(256).save(tmp_path / "palette.png")
    assert image.read(tmp_path / "palette.png").shape == (16, 16, 3)

    see_through = colour.convert("RGBA")
    see_through.putalpha(0)
    see_through.save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(image.read(tmp_path / "alpha.png"), 1.0)  # nothing but the white behind it

    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to view
    Image.fromarray(np.pad(grey, ((0, 0), (0, 8)))).save(tmp_path / "turned.jpg", exif=exif)
    assert image.read(tmp_path / "turned.jpg").shape == (24, 16, 3)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "truncated", "folder"])
def test_what_is_no_picture_is_named(damage, picture, tmp_path):
    path = tmp_path / "bad.png"
    if damage == "empty":
        path.touch()
    elif damage == "text":
        path.write_text("no picture")
    elif damage == "truncated":
        image.write(path, picture)
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "folder":
        path.mkdir()
    with pytest.raises(ValueError, match=r"bad\.png"):
        image.read(path)


def test_cmyk_of_8_bits_becomes_rgb(tmp_path):
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, :8] = 0, 255, 255, 0  # magenta and yellow make red
    ink[:, 8:] = 0, 0, 0, 51  # a fifth of black
    Image.fromarray(ink, mode="CMYK").save(tmp_path / "a.tif")
    read = image.read(tmp_path / "a.tif")
    np.testing.assert_allclose(read[:, :8], np.broadcast_to([1, 0, 0], (16, 8, 3)))
    np.testing.assert_allclose(read[:, 8:], 0.8)


def test_8_bit_files_are_not_turned_to_float(picture, tmp_path):
    for name in ("a.png", "a.bmp", "a.tif"):
        image.write(tmp_path / name, picture)
        read = image.read_native(tmp_path / name)
        assert read.dtype == np.uint8 and read.flags.writeable
        np.testing.assert_array_equal(read, image.quantise(picture))


def test_an_ordinary_picture_loads_no_further_library(picture, tmp_path):
    image.write(tmp_path / "a.png", picture)
    image.write(tmp_path / "a.tif", picture)
    code = (
        "import sys; from camsim.io import image; image.read('a.png'); image.read('a.tif'); "
        "print({'tifffile', 'png', 'imagecodecs'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_integers_go_into_the_file_as_they_are(name, picture, tmp_path):
    """The bytes are those of the same values as floating-point numbers."""
    for bits in (8,) if name == "a.jpg" else (8, 16):
        values = image.quantise(picture, bits=bits)
        image.write(tmp_path / name, values, bits=bits)
        assert name == "a.jpg" or np.array_equal(image.read_native(tmp_path / name), values)
        image.write(tmp_path / f"float-{name}", values / np.iinfo(values.dtype).max, bits=bits)
        assert (tmp_path / name).read_bytes() == (tmp_path / f"float-{name}").read_bytes()


def test_integers_are_brought_to_another_depth(tmp_path):
    every = np.arange(256, dtype=np.uint8)
    assert image.quantise(every) is every
    np.testing.assert_array_equal(image.quantise(every, bits=16), every.astype(np.uint16) * 257)
    np.testing.assert_array_equal(image.quantise(image.quantise(every, bits=16)), every)
    fine = np.arange(65536, dtype=np.uint16)
    np.testing.assert_array_equal(image.quantise(fine), np.floor(fine / 257 + 0.5))
    image.write(tmp_path / "a.png", fine.reshape(128, 512)[..., None].repeat(3, axis=2))
    assert image.read_native(tmp_path / "a.png").dtype == np.uint8


def test_what_is_no_picture_is_not_written(picture, tmp_path):
    for values, words in (
        (image.quantise(picture).astype(int), "must be uint8, uint16"),
        (picture[..., 0], r"\(H, W, 3\)"),
        (picture[..., :2], r"\(H, W, 3\)"),
    ):
        with pytest.raises(ValueError, match=words):
            image.write(tmp_path / "a.png", values)
    assert list(tmp_path.iterdir()) == []


# --- what a file may make of memory -----------------------------------------------------------------------------------


def test_a_small_file_of_a_large_picture_is_refused_where_memory_is_short(tmp_path, monkeypatch):
    """A PNG of 1 bit is a thousandth of its picture."""
    Image.new("1", (4000, 4000)).save(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size < 3000
    monkeypatch.setattr(memory, "SMALL", 1 << 20)
    monkeypatch.setattr(memory, "free_bytes", lambda: 190_000_000)
    with pytest.raises(ValueError, match=r"a\.png: cannot be read .it needs about 192 MB of memory, and 190 MB are fr"):
        image.read_native(tmp_path / "a.png")
    monkeypatch.setattr(memory, "free_bytes", lambda: 200_000_000)
    assert image.read_native(tmp_path / "a.png").shape == (4000, 4000, 3)


def test_a_large_picture_from_next_to_nothing_is_refused(tmp_path, monkeypatch):
    """A black picture of 8 bits is stored in a thousandth, and read; one of 1 bit in a 24th of that."""
    Image.new("1", (1500, 1500)).save(tmp_path / "a.png")
    Image.new("RGB", (1500, 1500)).save(tmp_path / "b.png")
    assert image.read_native(tmp_path / "a.png").shape == (1500, 1500, 3)
    monkeypatch.setattr(high_depth, "UNSUSPECTED", 1 << 20)
    with pytest.raises(ValueError, match=r"a\.png: cannot be read .its 1500×1500 pixels would take 7 MB, suspiciously"):
        image.read_native(tmp_path / "a.png")
    assert image.read_native(tmp_path / "b.png").shape == (1500, 1500, 3)


@pytest.mark.parametrize(("planes", "dtype"), [(4, np.float32), (3, np.float64), (7, np.uint16)])
def test_bytes_count_and_not_only_pixels(planes, dtype, tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((10, 10, planes), dtype), photometric="rgb", planarconfig="contig")
    monkeypatch.setattr(image, "MAX_PIXELS", 101)
    with pytest.raises(ValueError, match=r"10×10 of \d+ bytes each is over the limit of 606 bytes"):
        image.read_native(tmp_path / "a.tif")


def test_a_file_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    Image.new("RGB", (8, 8)).save(tmp_path / "a.bmp")
    monkeypatch.setattr(image, "MAX_FILE_BYTES", 200)
    with pytest.raises(ValueError, match="the limit is 200"):
        image.read_native(tmp_path / "a.bmp")


@pytest.mark.parametrize("start", [b"II*\0", b"BM", b"GIF89a", b"II+\0"])
def test_no_decoder_is_used_but_that_of_the_kind(start, tmp_path):
    """Pillow tries them all, and its IM format asks for no signature, only for lines like these."""
    lines = start + b": x\r\nImage type: RGB image\r\nImage size (x*y): 2*2\r\nFile size (no of images): 1\r\n\x1a"
    (tmp_path / "a.png").write_bytes(lines + bytes(512 - len(lines)) + bytes(12))
    with pytest.raises(ValueError, match=r"a\.png: cannot be read"):
        image.read_native(tmp_path / "a.png")


def test_a_page_scanned_at_1200_dots_per_inch_is_no_attack():
    """1 bit, a few lines of text: a file of some ten kilobytes."""
    from camsim.io import high_depth

    high_depth.check_size(9921, 14031, limit=image.MAX_PIXELS, stored=27_000)
    with pytest.raises(ValueError, match="suspiciously much for a file of 27000 bytes"):
        high_depth.check_size(14_031, 12_000, limit=image.MAX_PIXELS, stored=27_000)
