"""Pictures in and out of files as they came, and their names."""

import io
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

from camsim.io import colour_profile
from enhance.inference import pictures

PROFILES = Path(__file__).parents[2] / "golden" / "profiles"
pytestmark = pytest.mark.installed


def texture(rows, columns, channels=3, seed=0):
    return np.random.default_rng(seed).random((rows, columns, channels)).astype(np.float32)


def photograph(path, values, *, orientation=6, **options):
    """A file as a camera writes it: EXIF in three directories, and a resolution."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Copyright], exif[Base.Orientation] = "Maker", "\N{COPYRIGHT SIGN} Someone", orientation
    exif[IFD.Exif] = {
        Base.ExposureTime: 0.005,
        Base.DateTimeOriginal: "2024:05:06 07:08:09",
        Base.ExifImageWidth: values.shape[1],
        Base.ExifImageHeight: values.shape[0],
        Base.ColorSpace: 65535,  # another than sRGB
    }
    exif[IFD.GPSInfo] = {GPS.GPSLatitude: (47.0, 22.0, 30.0)}
    Image.fromarray(values).save(path, exif=exif.tobytes(), dpi=(300, 300), **options)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pictures_come_back_from_files_as_they_were(suffix, channels, dtype, tmp_path):
    if suffix == ".webp" and (dtype == np.uint16 or channels < 3):
        pytest.skip("WebP has neither 16 bits nor grey")
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 7, channels), endpoint=True).astype(dtype)
    icc = colour_profile.srgb() if channels > 2 else b""
    path = tmp_path / f"a{suffix}"
    pictures.write(path, pictures.Picture(values=values, profile=icc))
    back = pictures.read(path)
    assert back.values.dtype == dtype and back.values.shape == values.shape
    if suffix != ".webp":  # which is lossy
        np.testing.assert_array_equal(back.values, values)
    assert back.profile == icc
    if icc and suffix == ".tif" and dtype == np.uint16:
        with tifffile.TiffFile(path) as tiff:
            assert bytes(tiff.pages[0].tags[34675].value) == icc


def test_floating_point_tiff_stays_so(tmp_path):
    values = texture(5, 6)
    pictures.write(tmp_path / "a.tif", pictures.Picture(values=values))
    np.testing.assert_array_equal(pictures.read(tmp_path / "a.tif").values, values)
    pictures.write(tmp_path / "a.png", pictures.Picture(values=values))
    np.testing.assert_allclose(pictures.read(tmp_path / "a.png").values / 65535, values, atol=0.5 / 65535 + 1e-7)


def test_orientation_is_applied_and_a_foreign_profile_dropped(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to view
    stored = np.zeros((4, 8, 3), np.uint8)
    stored[0, 0] = 255
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif, icc_profile=(PROFILES / "cmyk.icc").read_bytes())
    picture = pictures.read(tmp_path / "a.png")
    assert picture.values.shape == (8, 4, 3) and picture.values[0, 3, 0] == 255 and picture.profile == b""


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_exif_and_resolution_are_kept(suffix, dtype, tmp_path):
    photograph(tmp_path / "shot.jpg", np.zeros((20, 30, 3), np.uint8))
    picture = pictures.read(tmp_path / "shot.jpg")
    assert picture.values.shape == (30, 20, 3) and picture.dpi == (300, 300)
    large = replace(picture, values=np.zeros((120, 80, 3), dtype))
    path = tmp_path / f"large{suffix}"
    assert pictures.depth_in(path, dtype) == dtype or pictures.losses(path, large)
    pictures.write(path, large)
    back = pictures.read(path)
    assert back.values.shape == (120, 80, 3)
    with Image.open(path) if suffix != ".tif" or dtype == np.uint8 else nullcontext() as other:
        if other:  # what another reader sees
            assert other.getexif().get(Base.Orientation, 1) == 1
    exif = Image.Exif()
    exif.load(back.exif)
    assert exif[Base.Make] == "Maker" and "Someone" in exif[Base.Copyright]
    camera = exif.get_ifd(IFD.Exif)
    assert float(camera[Base.ExposureTime]) == pytest.approx(0.005)
    assert camera[Base.DateTimeOriginal] == "2024:05:06 07:08:09"
    assert (camera[Base.ExifImageWidth], camera[Base.ExifImageHeight]) == (80, 120)
    assert [float(number) for number in exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude]] == [47, 22, 30]
    if suffix != ".webp":  # which has no place for it
        assert back.dpi == pytest.approx((300, 300), rel=1e-3)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_exif_of_deep_pictures_is_read_too(suffix, tmp_path):
    photograph(tmp_path / "shot.jpg", np.zeros((20, 30, 3), np.uint8), orientation=1)
    deep = replace(pictures.read(tmp_path / "shot.jpg"), values=np.zeros((20, 30, 3), np.uint16))
    pictures.write(tmp_path / f"deep{suffix}", deep)
    pictures.write(tmp_path / "a.jpg", pictures.read(tmp_path / f"deep{suffix}"))
    assert Image.open(tmp_path / "a.jpg").getexif()[Base.Make] == "Maker"
    if suffix == ".tif":
        with tifffile.TiffFile(tmp_path / "deep.tif") as tiff:  # as another reader sees it
            assert tiff.pages[0].tags["Make"].value == "Maker"
            assert tiff.pages[0].tags["ExifTag"].value["DateTimeOriginal"] == "2024:05:06 07:08:09"
            assert tiff.pages[0].tags["Compression"].value == 8


def test_wide_gamut_colours_are_written_as_srgb_that_says_so(tmp_path):
    values = np.broadcast_to(np.array([100, 150, 200], np.uint8), (8, 8, 3))
    photograph(tmp_path / "shot.png", values, icc_profile=(PROFILES / "adobe-rgb.icc").read_bytes())
    picture = pictures.read(tmp_path / "shot.png")
    assert picture.profile == colour_profile.srgb() and picture.values[0, 0, 0] < 70
    pictures.write(tmp_path / "out.jpg", picture)
    with Image.open(tmp_path / "out.jpg") as written:
        assert "sRGB" in ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(io.BytesIO(written.info["icc_profile"]))
        )
        assert written.getexif().get_ifd(IFD.Exif)[Base.ColorSpace] == 1
    photograph(tmp_path / "plain.png", values)
    plain = pictures.read(tmp_path / "plain.png")
    assert plain.profile == b"" and plain.values[0, 0, 0] == 100
    exif = Image.Exif()
    exif.load(plain.exif)
    assert exif.get_ifd(IFD.Exif)[Base.ColorSpace] == 65535  # nothing was converted


def test_exif_that_has_no_room_is_named_and_damaged_exif_left_out(tmp_path, caplog):
    photograph(tmp_path / "shot.jpg", np.zeros((8, 8, 3), np.uint8))
    picture = pictures.read(tmp_path / "shot.jpg")
    assert pictures.losses(Path("a.bmp"), picture) == ["gets no EXIF; .bmp does not hold the input's"]
    assert pictures.losses(Path("a.jpg"), picture) == []
    large = replace(picture, exif=picture.exif + bytes(70_000))
    assert pictures.losses(Path("a.jpg"), large) == ["gets no EXIF; .jpg does not hold the input's"]
    pictures.write(tmp_path / "a.jpg", large)
    Image.fromarray(picture.values).save(tmp_path / "bad.jpg", exif=b"Exif\0\0neither MM nor II")
    assert pictures.read(tmp_path / "bad.jpg").exif == b""
    assert any("bad.jpg: its EXIF is damaged; it is left out" in record.getMessage() for record in caplog.records)


@pytest.mark.slow
def test_every_damage_of_exif_is_borne(tmp_path, recwarn):
    photograph(tmp_path / "shot.jpg", np.zeros((8, 8, 3), np.uint8))
    whole = (tmp_path / "shot.jpg").read_bytes()
    start = whole.index(b"Exif\0\0") + 14  # behind the head of what is built like a TIFF file
    end = start - 16 + int.from_bytes(whole[start - 16 : start - 14], "big")
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for at in rng.integers(start, end, 5):
            damaged[at] = rng.integers(256)
        (tmp_path / "a.jpg").write_bytes(damaged)
        picture = pictures.read(tmp_path / "a.jpg")
        for name, kind in (("b.jpg", np.uint8), ("b.png", np.uint16), ("b.tif", np.uint16), ("b.tif", np.uint8)):
            large = replace(picture, values=np.zeros((16, 16, 3), kind))
            pictures.write(tmp_path / name, large)
            assert pictures.read(tmp_path / name).values.shape == (16, 16, 3)
    assert [str(each.message) for each in recwarn] == []


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
        pictures.write(tmp_path / f"a{suffix}", pictures.Picture(values=np.zeros((2, 2, 4), np.uint8)))
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
    assert [found.name for found in pictures.find([url])[0]] == [Path(name)]
