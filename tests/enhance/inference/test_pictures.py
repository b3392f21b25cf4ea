"""Pictures in and out of files as they came, and their names."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from enhance.inference import pictures


def texture(rows, columns, channels=3, seed=0):
    return np.random.default_rng(seed).random((rows, columns, channels)).astype(np.float32)


def profile(space=b"RGB "):
    """Something that looks like a colour profile of that space."""
    return bytes(16) + space + bytes(300)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pictures_come_back_from_files_as_they_were(suffix, channels, dtype, tmp_path):
    if suffix == ".webp" and (dtype == np.uint16 or channels < 3):
        pytest.skip("WebP has neither 16 bits nor grey")
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 7, channels), endpoint=True).astype(dtype)
    icc = profile(b"GRAY" if channels < 3 else b"RGB ")
    path = tmp_path / f"a{suffix}"
    pictures.write(path, pictures.Picture(values=values, profile=icc))
    back = pictures.read(path)
    assert back.values.dtype == dtype and back.values.shape == values.shape
    if suffix != ".webp":  # which is lossy
        np.testing.assert_array_equal(back.values, values)
    if suffix != ".tif" or dtype == np.uint8:  # Pillow does not open every deep TIFF
        assert back.profile == icc
    if suffix == ".tif" and dtype == np.uint16:
        with tifffile.TiffFile(path) as tiff:
            assert tiff.pages[0].iccprofile == icc


def test_floating_point_tiff_stays_so(tmp_path):
    values = texture(5, 6)
    pictures.write(tmp_path / "a.tif", pictures.Picture(values=values, profile=b""))
    np.testing.assert_array_equal(pictures.read(tmp_path / "a.tif").values, values)
    pictures.write(tmp_path / "a.png", pictures.Picture(values=values, profile=b""))
    np.testing.assert_allclose(pictures.read(tmp_path / "a.png").values / 65535, values, atol=0.5 / 65535 + 1e-7)


def test_orientation_is_applied_and_a_foreign_profile_dropped(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to view
    stored = np.zeros((4, 8, 3), np.uint8)
    stored[0, 0] = 255
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif, icc_profile=profile(b"CMYK"))
    picture = pictures.read(tmp_path / "a.png")
    assert picture.values.shape == (8, 4, 3) and picture.values[0, 3, 0] == 255 and picture.profile == b""


def test_premultiplied_and_named_clear_colours_become_straight_alpha(tmp_path):
    straight = np.array([[[40000, 20000, 10000, 32768], [1000, 2000, 3000, 65535]]], np.uint16)
    premultiplied = straight.copy()
    premultiplied[..., :3] = np.rint(straight[..., :3] * (straight[..., 3:] / 65535))
    tifffile.imwrite(tmp_path / "a.tif", premultiplied, photometric="rgb", extrasamples=["assocalpha"])
    np.testing.assert_allclose(pictures.read(tmp_path / "a.tif").values.astype(int), straight, atol=1)
    grey = np.array([[0, 7], [9, 7]], np.uint8)
    Image.fromarray(grey).save(tmp_path / "b.png", transparency=7)
    np.testing.assert_array_equal(pictures.read(tmp_path / "b.png").values[..., 1], np.where(grey == 7, 0, 255))


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_alpha_is_not_dropped_in_silence(suffix, tmp_path):
    with pytest.raises(ValueError, match=f"{suffix} has no alpha"):
        pictures.write(tmp_path / f"a{suffix}", pictures.Picture(values=np.zeros((2, 2, 4), np.uint8), profile=b""))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://x/a/b.png", "b.png"),
        ("https://x/b.JPG?size=3#top", "b.JPG"),
        ("http://x/..%2F..%2Fetc%2Fpasswd", "passwd.png"),
        ("http://x/%2e%2e%5c..%5cevil.png", "evil.png"),
        ("http://x/.hidden.png", "hidden.png"),
        ("http://x/a%00b;c.png", "a_b_c.png"),
        ("http://x/photo.gif", "photo.png"),
        ("http://x/", "picture.png"),
        ("http://x", "picture.png"),
    ],
)
def test_names_from_the_web_are_harmless(url, name):
    assert [found.name for found in pictures.find([url])] == [Path(name)]
