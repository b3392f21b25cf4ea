"""Colour profiles: whatever space a file's numbers are in, what is read is sRGB, in the depth of the file."""

import importlib.util
import io
import logging
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from camsim.io import colour_profile, formats, image, profile_curves
from camsim.light.colour import srgb_decode, srgb_encode

PROFILES = Path(__file__).parents[2] / "golden" / "profiles"

#: Chromaticities of red, green, blue and white, and the curve from light to values, as their standards give them.
SPACES = {
    "adobe-rgb": ([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], (0.3127, 0.3290), lambda y: y ** (256 / 563)),
    "display-p3": ([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)], (0.3127, 0.3290), srgb_encode),
    "display-p3-table": ([(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)], (0.3127, 0.3290), srgb_encode),
    "prophoto": ([(0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)], (0.3457, 0.3585), lambda y: y ** (1 / 1.8)),
}
SRGB = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)], (0.3127, 0.3290)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def profile(name):
    return (PROFILES / f"{name}.icc").read_bytes()


def tagged(content):
    """For tifffile, whose keyword for it came late."""
    return [(34675, "B", len(content), content, True)]


def xyz(x, y):
    return np.array([x / y, 1, (1 - x - y) / y])


def to_xyz_d50(primaries, white):
    """Linear RGB to XYZ under D50, by Bradford's adaptation (ICC.1:2022, annex E)."""
    columns = np.array([xyz(*each) for each in primaries]).T
    matrix = columns * np.linalg.solve(columns, xyz(*white))
    cones = BRADFORD @ np.column_stack([xyz(*white), xyz(0.3457, 0.3585)])
    return np.linalg.inv(BRADFORD) @ np.diag(cones[:, 1] / cones[:, 0]) @ BRADFORD @ matrix


def in_space(srgb, name):
    """sRGB values as those of another space, [0, 1], computed from the standards."""
    primaries, white, encode = SPACES[name]
    linear = srgb_decode(srgb) @ (np.linalg.inv(to_xyz_d50(primaries, white)) @ to_xyz_d50(*SRGB)).T
    return encode(np.clip(linear, 0, 1))


@pytest.fixture
def picture():
    """Every corner of sRGB's cube, and what lies between."""
    axis = np.linspace(0, 1, 17)
    return np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(17, -1, 3)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp"])
def test_a_wide_gamut_picture_of_8_bits_becomes_srgb(name, suffix, picture, tmp_path):
    stored = Image.fromarray(image.quantise(in_space(picture, name)).repeat(8, axis=0).repeat(8, axis=1))
    lossy = {".jpg": {"quality": 100, "subsampling": 0}, ".webp": {"lossless": True}}.get(suffix, {})
    stored.save(tmp_path / f"a{suffix}", icc_profile=profile(name), **lossy)
    read = image.read(tmp_path / f"a{suffix}")[3::8, 3::8]
    # A code of the file is several of sRGB's in the dark, where the curves differ most, and in ProPhoto's wide gamut
    error = np.abs(read - picture) * 255
    assert error.mean() < (1.3 if name == "prophoto" else 0.8)
    assert np.abs(image.quantise(in_space(picture, name)) / 255 - picture).mean() * 255 > 6 * error.mean()
    light = np.abs(srgb_decode(read) - srgb_decode(picture))
    assert light.max() < (0.035 if name == "prophoto" else 0.02)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_deep_picture_is_converted_in_its_depth(name, kind, tmp_path):
    picture = np.random.default_rng(0).random((130, 40, 3))
    values = in_space(picture, name)
    values = image.quantise(values, bits=16) if kind == np.uint16 else values.astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extratags=tagged(profile(name)))
    read = image.read_native(tmp_path / "a.tif")
    assert read.dtype == kind
    # in linear light, so that the dark is not overrated: profiles hold 16 bits behind the point
    difference = np.abs(srgb_decode(image.as_float(read)) - srgb_decode(picture))
    assert difference.max() < 2.5e-4
    assert len(np.unique(read)) > 10_000  # no step on the way had 8 bits
    if kind == np.uint16:
        (tmp_path / "a.png").write_bytes(image.encode(values, ".png", profile=profile(name)))
        np.testing.assert_array_equal(image.read_native(tmp_path / "a.png"), read)


@pytest.mark.skipif(not formats.has_imagecodecs(), reason="compares with LittleCMS in imagecodecs")
@pytest.mark.parametrize("name", [*SPACES, "grey-1.8"])
@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_our_curves_agree_with_littlecms(name, kind):
    import imagecodecs

    channels = 1 if name.startswith("grey") else 3
    values = np.random.default_rng(0).random((40, 50, channels))
    values = image.quantise(values, bits=16) if kind == np.uint16 else values.astype(kind)
    source, srgb = (profile_curves.read(each) for each in (profile(name), colour_profile.srgb()))
    space = {"colorspace": "gray" if channels == 1 else "rgb", "outcolorspace": "rgb", "intent": 1, "flags": 0x100}
    theirs = imagecodecs.cms_transform(
        np.ascontiguousarray(values[..., 0] if channels == 1 else values), profile(name), colour_profile.srgb(), **space
    )
    ours = np.broadcast_to(profile_curves.to_srgb(values, source, srgb.to_xyz), theirs.shape)
    tolerance = 16 if kind == np.uint16 else 3e-4  # the flag: not through tables of 33 points, as else with 16 bits
    difference = np.abs(ours.astype(float) - np.clip(theirs, 0, None if kind == np.uint16 else 1).astype(float))
    assert difference.max() <= tolerance and difference.mean() <= tolerance / 20


@pytest.mark.parametrize("depth", [8, 16])
def test_grey_with_a_profile_stays_grey(depth, tmp_path):
    ramp = np.linspace(0, 1, 256)[None]
    expected = srgb_encode(ramp**1.8)
    if depth == 8:
        Image.fromarray(image.quantise(ramp)).save(tmp_path / "a.png", icc_profile=profile("grey-1.8"))
    else:
        content = image.encode(image.quantise(ramp, bits=16)[..., None], ".png", profile=profile("grey-1.8"))
        (tmp_path / "a.png").write_bytes(content)
    stored = image.read_stored(tmp_path / "a.png")
    assert stored.mode == "L" and stored.colour.dtype.itemsize * 8 == depth
    np.testing.assert_allclose(image.as_float(stored.colour)[..., 0], expected, atol=1.01 / 255 if depth == 8 else 1e-4)


def srgb_of_lab(lightness, a, b):
    """CIELAB under D50 as sRGB values (ICC.1:2022, annexes A and E)."""
    f = np.array([(lightness + 16) / 116 + a / 500, (lightness + 16) / 116, (lightness + 16) / 116 - b / 200])
    relative = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    return srgb_encode(np.linalg.solve(to_xyz_d50(*SRGB), relative * [0.9642, 1, 0.8249]))


def test_a_cmyk_jpeg_is_printed_by_its_profile(tmp_path):
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, 16:32, 0] = 255  # cyan
    inks[:, 32:, 1:3] = 255  # magenta and yellow
    options = {"quality": 100, "subsampling": 0}
    Image.frombytes("CMYK", (48, 16), inks.tobytes()).save(tmp_path / "a.jpg", icc_profile=profile("cmyk"), **options)
    read = image.read(tmp_path / "a.jpg")[8, 8::16]
    expected = [(1, 1, 1), srgb_of_lab(60, -20, -30), srgb_of_lab(48, 60, 40)]
    np.testing.assert_allclose(read, expected, atol=4 / 255)
    plain = image.read_native(tmp_path / "a.jpg", convert=False)[8, 8::16]
    np.testing.assert_allclose(plain, [(255, 255, 255), (0, 255, 255), (255, 0, 0)], atol=3)


@pytest.mark.parametrize(("name", "photometric", "channels"), [("rgb-tables", "rgb", 3), ("cmyk", "separated", 4)])
def test_deep_pictures_with_tables_need_imagecodecs(name, photometric, channels, monkeypatch, tmp_path):
    values = np.random.default_rng(0).integers(0, 65536, (20, 30, channels), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", values, photometric=photometric, extratags=tagged(profile(name)))
    if formats.has_imagecodecs():
        mode = {3: "RGB", 4: "CMYK"}[channels]
        shallow = image.quantise(values)
        Image.frombytes(mode, (30, 20), shallow.tobytes()).save(tmp_path / "a.tif", icc_profile=profile(name))
        read = image.read_native(tmp_path / "deep.tif")
        assert read.dtype == np.uint16 and len(np.unique(read)) > 1000
        difference = np.abs(image.as_float(read) - image.read(tmp_path / "a.tif"))
        assert np.median(difference) < 1 / 255 and difference.max() < 0.05
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"deep.tif: cannot be read .*tables install imagecodecs: pip install"):
        image.read_native(tmp_path / "deep.tif")


def test_srgb_in_any_make_leaves_every_value_alone(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    other_make = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(values).save(tmp_path / "a.png", icc_profile=other_make)
    np.testing.assert_array_equal(image.read_native(tmp_path / "a.png"), values)
    deep = values.astype(np.uint16) * 256 + values[::-1]
    (tmp_path / "b.png").write_bytes(image.encode(deep, ".png", profile=other_make))
    np.testing.assert_array_equal(image.read_native(tmp_path / "b.png"), deep)
    assert image.read_stored(tmp_path / "b.png").profile == other_make


def test_the_profile_written_is_srgb_and_the_same_at_any_time():
    assert colour_profile.srgb()[16:20] == b"RGB " and colour_profile.check(colour_profile.srgb(), "RGB") == ""
    assert "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(colour_profile.srgb())))
    assert colour_profile.srgb()[24:36] == bytes.fromhex("07d000010001000000000000")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no profile at all", "damaged"),
        (profile("adobe-rgb")[:200], "damaged"),
        (profile("adobe-rgb").replace(b"para", b"oops"), "damaged"),
        (profile("adobe-rgb").replace(b"rXYZ", b"oXYZ"), "damaged"),
        (profile("cmyk"), "is one for CMYK"),
        (profile("grey-1.8"), "is one for GRAY"),
        (profile("adobe-rgb") + bytes(colour_profile.MAX_BYTES), "larger than"),
    ],
    ids=["text", "cut", "curve", "colorant", "cmyk", "grey", "large"],
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_profile_that_says_nothing_is_named_and_ignored(content, words, kind, tmp_path, caplog):
    values = np.random.default_rng(0).integers(0, 256, (8, 8, 3)).astype(kind)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extratags=tagged(content))
    with caplog.at_level(logging.WARNING, "camsim"):
        for _ in range(2):
            np.testing.assert_array_equal(image.read_native(tmp_path / "a.tif"), values)
    (line,) = (record.getMessage() for record in caplog.records)
    assert words in line and line.endswith("taken for sRGB") and "a.tif: its colour profile" in line
    assert image.read_stored(tmp_path / "a.tif").profile == b""


@pytest.mark.slow
def test_every_damage_of_a_profile_is_borne(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 65536, (4, 4, 3), dtype=np.uint16)
    refusals = []
    for name in ("adobe-rgb", "display-p3", "display-p3-table"):
        for _ in range(40):
            damaged = bytearray(profile(name))
            for at in rng.integers(0, len(damaged), 6):
                damaged[at] = rng.integers(256)
            tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extratags=tagged(bytes(damaged)))
            try:
                shape = image.read_native(tmp_path / "a.tif").shape
            except ValueError as error:
                refusals.append(str(error))
            else:
                assert shape == (4, 4, 3)
    assert all("imagecodecs" in words for words in refusals)  # what looks like one with tables now
    assert len(refusals) < 120


def test_alpha_is_laid_over_white_after_the_colours_are_converted(tmp_path):
    values = np.zeros((1, 2, 4), np.uint8)
    values[..., :3] = 100, 150, 200
    values[..., 3] = 255, 102
    Image.fromarray(values).save(tmp_path / "a.png", icc_profile=profile("adobe-rgb"))
    opaque, veiled = image.read(tmp_path / "a.png")[0]
    np.testing.assert_allclose(veiled, 0.4 * opaque + 0.6, atol=0.51 / 255)
    stored = image.read_stored(tmp_path / "a.png")
    np.testing.assert_array_equal(stored.alpha[0, :, 0], [255, 102])
    linear = (np.array([100, 150, 200]) / 255) ** (563 / 256)
    expected = srgb_encode(np.linalg.solve(to_xyz_d50(*SRGB), to_xyz_d50(*SPACES["adobe-rgb"][:2]) @ linear))
    np.testing.assert_allclose(stored.colour[0, 0], expected * 255, atol=1)


@pytest.mark.parametrize("kind", range(5))
def test_parametric_curves_are_those_of_the_standard(kind):
    """ICC.1:2022, table 68, against its formulas."""
    g, a, b, c, d, e, f = 2.5, 0.75, 0.25, 0.125, 0.25, 0.0625, 0.03125
    numbers = [(g,), (g, a, b), (g, a, b, c), (g, a, b, c, d), (g, a, b, c, d, e, f)][kind]
    words = np.rint(np.array(numbers) * 65536).astype(">i4").tobytes()
    curve = profile_curves._curve(b"para" + bytes(4) + bytes((0, kind, 0, 0)) + words)
    x = np.linspace(0, 1, 101)
    power = (a * x + b) ** g
    expected = [
        x**g,
        np.where(x >= -b / a, power, 0),
        np.where(x >= -b / a, power + c, c),
        np.where(x >= d, power, c * x),
        np.where(x >= d, power + e, c * x + f),
    ][kind]
    np.testing.assert_allclose(curve(x), expected, atol=1e-9)
