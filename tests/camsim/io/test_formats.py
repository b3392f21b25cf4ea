"""Which files reach a decoder, how, and what is read of those with several pictures."""

import io
import logging
import os
import zipfile

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image, features

from camsim.io import avif_jxl, decode, formats, image

WITH_IMAGECODECS = pytest.mark.skipif(not formats.has_imagecodecs(), reason="needs imagecodecs")
WITH_AVIF = pytest.mark.skipif(not features.check("avif"), reason="this Pillow knows no AVIF")


@pytest.fixture
def values():
    y, x = np.mgrid[0:24, 0:40]
    return np.stack([x * 6, y * 10, x * 2 + y * 4], axis=-1).astype(np.uint8)


def saved(values, kind, **options):
    file = io.BytesIO()
    Image.fromarray(values).save(file, kind, **options)
    return file.getvalue()


def zip_of(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "suffix", "exact"),
    [
        ("PNG", ".png", True),
        ("JPEG", ".jpg", False),
        ("TIFF", ".tif", True),
        ("BMP", ".bmp", True),
        ("GIF", ".gif", False),
        ("WEBP", ".webp", False),
        pytest.param("AVIF", ".avif", False, marks=WITH_AVIF),
    ],
)
def test_every_promised_format_is_told_by_its_bytes_and_read(kind, suffix, exact, values, tmp_path):
    content = saved(values, kind)
    assert formats.of(content[: formats.START_BYTES]) == suffix
    (tmp_path / "a.txt").write_bytes(content)
    read = image.read_native(tmp_path / "a.txt")
    assert read.dtype == np.uint8
    np.testing.assert_allclose(read.astype(int), values, atol=0 if exact else 60)
    assert np.abs(read.astype(int) - values).mean() < 8


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",  # for which Pillow starts Ghostscript
        b"%PDF-1.7\n",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"https://example.org/picture.png",
        b"8BPS\0\1",
        b"P6 1 1 255\n\0\0\0",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1",
        zip_of("a.png", saved(np.zeros((2, 2, 3), np.uint8), "PNG")),
        b"\0",
        b"",
    ],
    ids=["eps", "pdf", "svg", "address", "psd", "ppm", "heic", "film", "zip", "zero", "empty"],
)
def test_whatever_else_is_refused_before_any_decoder_sees_it(content, monkeypatch, tmp_path):
    monkeypatch.setattr(iio, "imopen", None)
    monkeypatch.setattr(decode, "decode", None)
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"a.png: cannot be read \(not a picture, or damaged; understood .*XL\)"):
        image.read_native(tmp_path / "a.png")


def test_imageio_gets_bytes_and_the_plugin_by_name(values, monkeypatch, tmp_path):
    seen, imopen = [], iio.imopen

    def watched(source, mode, **options):
        own = source == "<bytes>" or isinstance(source, bytes | io.IOBase)  # never a path or an address
        seen.append((mode, own, options["plugin"]))
        return imopen(source, mode, **options)

    monkeypatch.setattr(iio, "imopen", watched)
    for suffix in image.SUFFIXES:
        image.write(tmp_path / f"a{suffix}", values)
        image.read_native(tmp_path / f"a{suffix}")
    assert set(seen) == {("r", True, "pillow"), ("w", True, "pillow")}
    assert len(seen) == 2 * len(image.SUFFIXES)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_of_an_animation_the_first_picture_is_read_and_that_is_said_once(suffix, values, tmp_path, caplog):
    first, *others = (Image.fromarray(np.roll(values, 5 * n, axis=1)) for n in range(3))
    first.save(tmp_path / f"clip{suffix}", save_all=True, append_images=others, duration=40)
    with caplog.at_level(logging.WARNING, "camsim"):
        for _ in range(3):
            read = image.read_native(tmp_path / f"clip{suffix}")
    assert read.shape == values.shape and np.abs(read.astype(int) - values).mean() < 8
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.endswith(f"clip{suffix}: animated, 3 pictures; the first is read")


def test_a_still_gif_and_the_pages_of_a_tiff_need_no_note(values, tmp_path, caplog):
    Image.fromarray(values).save(tmp_path / "a.gif")
    Image.fromarray(values).save(tmp_path / "a.tif", save_all=True, append_images=[Image.fromarray(values)])
    for name in ("a.gif", "a.tif"):
        image.read_native(tmp_path / name)
    assert caplog.records == []


def test_folders_are_searched_for_all_that_is_read(tmp_path):
    for name in ("a.gif", "b.PNG", "c.txt", "d.avif"):
        (tmp_path / name).touch()
    assert [path.name for path in image.find([tmp_path])] == ["a.gif", "b.PNG", "d.avif"]
    with pytest.raises(ValueError, match="unknown picture format"):
        image.check_suffix("a.gif")


@pytest.mark.parametrize("name", ["a.jxl", "deep.avif"])
def test_what_needs_imagecodecs_says_how_to_install_it(name, monkeypatch, tmp_path):
    monkeypatch.setattr(formats, "has_imagecodecs", lambda: False)
    box = b"\0\0\0\x0cav1C\x81\x20\x40\0"  # ten bits
    files = {"a.jxl": b"\xff\x0a" + bytes(40), "deep.avif": b"\0\0\0\x14ftypavif\0\0\0\0avif" + box}
    (tmp_path / name).write_bytes(files[name])
    with pytest.raises(ValueError, match=rf"{name}: .*install imagecodecs: pip install 'cam2eye\[formats\]'"):
        image.read_native(tmp_path / name)


@WITH_IMAGECODECS
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(8, 8), (24, 40), (40, 24), (700, 3), (300, 400), (9, 16)])
def test_jpeg_xl_is_read_in_its_depth(kind, channels, shape, tmp_path):
    import imagecodecs

    values = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (*shape, channels)).astype(kind)
    content = imagecodecs.jpegxl_encode(values[..., 0] if channels == 1 else values, lossless=True)
    assert avif_jxl._jxl_size(content) == shape[::-1]
    (tmp_path / "a.jxl").write_bytes(content)
    stored = image.read_stored(tmp_path / "a.jxl")
    np.testing.assert_array_equal(stored.planes, values)


@WITH_IMAGECODECS
def test_a_jpeg_xl_that_claims_to_be_huge_is_refused_before_it_is_decoded(monkeypatch, tmp_path):
    import imagecodecs

    monkeypatch.setattr(imagecodecs, "jpegxl_decode", None)
    # not small; 18 bits, 20000 - 1 rows; ratio 1: as many columns (ISO/IEC 18181-1, D.2)
    header = 0 | 2 << 1 | 19_999 << 3 | 1 << 21
    (tmp_path / "a.jxl").write_bytes(b"\xff\x0a" + header.to_bytes(14, "little"))
    with pytest.raises(ValueError, match="20000×20000 is over the limit"):
        image.read_native(tmp_path / "a.jxl")


@WITH_IMAGECODECS
@WITH_AVIF
def test_avif_of_ten_bits_keeps_them(values, tmp_path):
    import imagecodecs

    deep = values.astype(np.uint16) * 4 + 1
    (tmp_path / "a.avif").write_bytes(imagecodecs.avif_encode(deep, bitspersample=10, level=100))
    read = image.read_native(tmp_path / "a.avif")
    assert read.dtype == np.uint16
    np.testing.assert_allclose(read / 65535, deep / 1023, atol=0.001)  # 8 bits would miss by twice that


@WITH_IMAGECODECS
@WITH_AVIF
@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_the_same_with_and_without_pillow(orientation, values, monkeypatch, tmp_path):
    from camsim.io import colour_profile

    exif = Image.Exif()
    exif[274] = orientation
    profile = colour_profile.srgb()
    Image.fromarray(values).save(tmp_path / "a.avif", exif=exif, quality=95, icc_profile=profile)
    expected = image.read_stored(tmp_path / "a.avif")
    assert expected.colour.shape == ((40, 24, 3) if orientation > 4 else (24, 40, 3))
    monkeypatch.setattr(avif_jxl, "pillow_keeps", lambda content: False)
    found = image.read_stored(tmp_path / "a.avif")
    np.testing.assert_allclose(found.colour.astype(int), expected.colour, atol=3)
    assert found.profile == expected.profile == profile


@WITH_IMAGECODECS
@WITH_AVIF
def test_damage_of_new_formats_is_one_line(values, tmp_path, capfd):
    import imagecodecs

    files = {
        "a.jxl": imagecodecs.jpegxl_encode(values),
        "a.avif": imagecodecs.avif_encode(values.astype(np.uint16) * 4, bitspersample=10),
        "b.avif": saved(values, "AVIF"),
    }
    for name, whole in files.items():
        for damaged in (whole[:20], whole[: len(whole) // 2], whole[:12] + os.urandom(len(whole) - 12)):
            (tmp_path / name).write_bytes(damaged)
            with pytest.raises(ValueError, match=f"{name}: cannot be read") as refusal:
                image.read_native(tmp_path / name)
            assert "\n" not in str(refusal.value)
    assert capfd.readouterr() == ("", "")
