"""Stages, dumps and scenes other than 8-bit pictures, as users ask for them."""

import json
import re

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.camera import Camera
from camsim.camera_parts import Scene
from camsim.image_formation import electron_rate, transfer
from camsim.io import image
from camsim.io.resize import resize
from camsim.light import colour, spectra
from camsim.optics import wavefront
from camsim.scene import cube, radiance
from camsim.schema.fields import fields
from camsim.shot import visible

NAMES = {
    "scene_rgb_linear", "irradiance", "electrons", "volts", "demosaiced", "linear", "srgb",
    "fov_deg", "exposure_s", "wavelength_nm",
}  # fmt: skip


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "my.png"
    image.write(path, resize(np.random.default_rng(0).random((9, 12, 3)), (60, 80)))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["f22", "isetcam"])
def test_dump_holds_every_stage_under_its_name(command, photo, tmp_path, setting):
    done = command("camsim", "render", photo, "--setting", setting, "--no-noise", "--dump", "st.npz",
                   "--set", "sensor.exposure_s=2", "--set", "sensor.pixel_pitch_um=2", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "st.npz") as dump:
        assert set(dump) == NAMES
        assert dump["scene_rgb_linear"].shape == (60, 80, 3) and dump["irradiance"].shape[2] == 31
        assert dump["volts"].shape == dump["electrons"].shape == dump["srgb"].shape[:2]
        np.testing.assert_allclose(dump["volts"], dump["electrons"] * 1e-4, rtol=1e-6)
        assert dump["exposure_s"] == 2 and list(dump["wavelength_nm"]) == list(range(400, 701, 10))
        assert dump["fov_deg"] == pytest.approx(3.881 if setting == "f22" else 80 * 0.0303190, rel=1e-5)
        written = image.read(tmp_path / f"my-{setting}.png")
        np.testing.assert_allclose(written, dump["srgb"], atol=0.5 / 255 + 1e-6)
    assert json.loads(done.stdout)["renders"][0]["camera"]["sensor"]["noise"] is False


@pytest.mark.slow
def test_irradiance_is_what_the_camera_equation_says():
    view = camera_file.override(
        camera_file.load("f22"), ["sensor.noise=false", "optics.fnumber=4", "scene.distance_m=1.2"]
    )
    done = pipeline.render(np.full((16, 16, 3), 255, np.uint8), view, keep_stages=True).stages
    white = radiance.primaries(view.scene).sum(axis=1)
    magnification = 3.862755e-3 / (1.2 - 3.862755e-3)
    expected = white * np.pi / (1 + 4 * 16 * (1 + magnification) ** 2)
    np.testing.assert_allclose(done.irradiance, np.broadcast_to(expected, done.irradiance.shape), rtol=1e-5)


def test_electrons_are_the_irradiance_times_area_efficiency_and_time():
    """Pixels far smaller than the blur: the sample of the light is the mean over the aperture."""
    picture = np.random.default_rng(1).random((24, 24, 3))
    view = camera_file.override(
        camera_file.load("f22"),
        [
            "sensor.noise=false",
            "sensor.pixel_pitch_um=0.5",
            "sensor.cfa=mono",
            "scene.fov_deg=1",
            "sensor.bit_depth=0",
        ],
    )
    done = pipeline.render(picture, view, keep_stages=True).stages
    efficiency = spectra.bayer_qe().max(axis=1)
    area_m2 = 0.75 * 0.25e-12
    expected = done.irradiance @ efficiency * spectra.BAND_NM * area_m2 * done.exposure_s
    np.testing.assert_allclose(done.electrons, expected, rtol=2e-4)


@pytest.mark.slow
def test_a_hyperspectral_scene_renders_as_the_picture_of_it(command, tmp_path):
    """Three reflectances mixed as an sRGB picture mixes them: the cube and the picture are one scene."""
    linear = 0.3 + 0.3 * np.random.default_rng(2).random((20, 30, 3))  # saturated colours are no surfaces
    d65 = spectra.table("d65")[:, 0]
    reflectance = linear @ (radiance.unit_primaries() / (d65 / spectra.luminance(d65))[:, None]).T
    assert reflectance.max() < 1.01
    cube.write(tmp_path / "scene.npz", reflectance, spectra.WAVELENGTH_NM, "reflectance")
    image.write(tmp_path / "scene2.png", colour.srgb_encode(linear), bits=16)
    view = ("--setting", "f22", "--no-noise", "--bits", "16")
    for name in ("scene.npz", "scene2.png"):
        result = command("camsim", "render", name, *view)
        assert result.returncode == 0, result.stderr
    a, b = (image.read(tmp_path / f"{name}-f22.png") for name in ("scene", "scene2"))
    np.testing.assert_allclose(a, b, atol=3e-3)
    assert a.shape == (176, 262, 3)
    lamp = command("camsim", "render", "scene.npz", *view, "--set", "scene.illuminant=A", "-o", "a.png")
    assert lamp.returncode == 0
    warm = image.read(tmp_path / "a.png").mean((0, 1)) - a.mean((0, 1))
    assert warm[0] - warm[2] > 0.1


def test_illuminant_and_luminance_of_the_scene():
    view = camera_file.override(
        camera_file.load("f22"), ["sensor.exposure_s=1", "sensor.full_well_e=1e9", "sensor.noise=false"]
    )
    picture = np.random.default_rng(3).random((16, 16, 3))

    def light(*changes):
        return pipeline.render(picture, camera_file.override(view, changes)).electrons.astype(float)

    np.testing.assert_allclose(light("scene.luminance_cd_m2=200"), 2 * light(), rtol=1e-5)
    mean = spectra.luminance(
        (radiance.radiance(colour.srgb_decode(picture), view.scene) / spectra.to_photons(np.ones(31))).mean((0, 1))
    )
    np.testing.assert_allclose(light("scene.mean_luminance_cd_m2=50"), 50 / mean * light(), rtol=1e-5)
    white = radiance.primaries(Scene(illuminant="A")).sum(axis=1) / spectra.to_photons(np.ones(31))
    x, y, z = spectra.xyz(white)
    assert (x / (x + y + z), y / (x + y + z)) == pytest.approx((0.44758, 0.40745), abs=5e-4)  # CIE 015, illuminant A
    assert y == pytest.approx(100)


@pytest.mark.slow
def test_colorchecker_through_a_camera_with_the_eyes_own_filters(tmp_path):
    """Sharp, noise-free, pixels that see as the CIE observer does: ΔE2000 to the published Lab below 0.3 on average.

    What is left is the halo that diffraction lends dark patches. Cyan is left out: sRGB cannot show it.
    """
    science = pytest.importorskip("colour")
    cmf = spectra.table("cie1931") / spectra.to_photons(np.ones(31))[:, None]
    lines = [",".join(str(v) for v in (w, *row)) for w, row in zip(spectra.WAVELENGTH_NM, cmf / cmf.max(), strict=True)]
    (tmp_path / "eye.csv").write_text("wavelength_nm,red,green,blue\n" + "\n".join(lines))
    qe = f"sensor.qe_file={tmp_path / 'eye.csv'}"
    changes = ["scene.fov_deg=7.762", "optics.fnumber=2", "sensor.noise=false", "sensor.bit_depth=0", qe]
    reflectance = spectra.table("colorchecker").T
    patches = np.kron(reflectance.reshape(4, 6, 31), np.ones((8, 8, 1)))
    chart = cube.Cube(kind="reflectance", values=patches, source="")
    shot = pipeline.render(chart, camera_file.override(camera_file.load("f22"), changes)).linear
    rows, columns = shot.shape[:2]
    places = [(round((i + 0.5) * rows / 4), round((j + 0.5) * columns / 6)) for i, j in np.ndindex(4, 6)]
    measured = colour.linear_to_xyz(np.array([shot[place] for place in places], float)) / 100
    d65 = spectra.table("d65")[:, 0]
    published = spectra.xyz(reflectance * d65) / spectra.luminance(d65)
    measured *= published[18, 1] / measured[18, 1]  # exposure: white as bright as published
    whites = (spectra.xyz(d65), colour.SRGB_WHITE_XYZ)  # each under its own rounding of D65
    labs = [science.XYZ_to_Lab(v, science.XYZ_to_xy(w)) for v, w in zip((published, measured), whites, strict=True)]
    error = np.delete(science.delta_E(*labs, method="CIE 2000"), 17)
    assert error.mean() < 0.3 and error.max() < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["slanted-edge", "siemens-star"])
def test_a_chart_goes_through_a_camera(command, tmp_path, name):
    assert command("camsim", "chart", name, "--size", "96", "-o", "c.png").returncode == 0
    assert command("camsim", "render", "c.png", "--setting", "pixel25").returncode == 0
    assert image.read(tmp_path / "c-pixel25.png").shape == (22, 22, 3)


def test_settings_keys_lists_every_key_with_its_bounds(command):
    listed = json.loads(command("camsim", "settings", "--keys", "--json").stdout)
    assert {entry["key"] for entry in listed} >= {name for name, _ in fields(Camera)}
    assert next(e for e in listed if e["key"] == "optics.fnumber")["bounds"] == "[0.5, 128]"
    assert all(entry["meaning"] for entry in listed)
    text = command("camsim", "settings", "--keys").stdout
    assert "sensor.missing_fraction" in text and "share of pixels that give nothing" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--setting", "ideal", "--dump", "x.npz"), "no camera"),
        (("--dump", "x.csv"), ".npz"),
        (("--sheet", "--size", "32"), "--size"),
        (("--set", "scene.illuminant=D56"), "did you mean"),
        (("--set", "sensor.qe_file=nowhere.csv"), "no such file"),
        (("--set", "optics.psf_file=my.png"), "my.png"),
        (("--set", "optics.obscuration=0.9", "--set", "optics.blades=5"), "optics.obscuration"),
        (("--set", "method=isetcam"), "scene.distance_m"),
        (("--setting", "isetcam", "--set", "optics.defocus_dpt=1"), "optics.defocus_dpt is not modelled"),
        (("--setting", "isetcam", "--set", "isp.white_balance=grey-world"), "isp.white_balance is not modelled"),
        (("--bits", "16", "-o", "x.jpg"), "16"),
        (("--set", "isp.demosaic=malvar2004", "--set", "sensor.cfa=mono"), "Bayer"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(refused, photo, tmp_path, arguments, words):
    before = sorted(tmp_path.iterdir())
    assert words in refused("camsim", "render", photo, *arguments)
    assert sorted(tmp_path.iterdir()) == before


def test_bad_cubes_are_refused(refused, tmp_path):
    (tmp_path / "zero.npz").write_bytes(b"")
    (tmp_path / "text.mat").write_text("no")
    np.savez(tmp_path / "flat.npz", reflectance=np.ones((4, 4)), wavelength_nm=np.arange(400, 701, 10))
    np.savez(tmp_path / "short.npz", reflectance=np.ones((4, 4, 5)), wavelength_nm=np.arange(500, 550, 10))
    for name in ("zero.npz", "text.mat", "flat.npz", "short.npz", "gone.npz"):
        assert name in refused("camsim", "render", name)


@pytest.mark.slow
def test_asymmetric_blur_points_the_same_way_whatever_the_sensor():
    """A point source's coma flare lies where the lens's PSF has it, above or below, for both parities of terms."""
    base = ["sensor.cfa=mono", "sensor.pixel_pitch_um=0.5", "scene.fov_deg=0.9", "optics.fnumber=4"]
    picture = np.zeros((41, 41, 3))
    picture[20, 20] = 1
    for index, axis in ((7, 0), (8, 1)):
        coefficients = [0.0] * index + [0.2]
        ways = []
        for sign in (1, -1):
            view = camera_file.override(
                camera_file.load("f22"), [*base, f"optics.zernike_um={[sign * c for c in coefficients]}"]
            )
            rate, grid = electron_rate.electron_rate(picture, view)
            profile = rate.sum(axis=1 - axis)
            centre = (grid.rows if axis == 0 else grid.columns) / 2
            positions = np.arange(len(profile)) + 0.5 - centre
            spread = profile / profile.sum()
            mean = (positions * spread).sum()
            ways.append(((positions - mean) ** 3 * spread).sum())  # skewness: the side of the flare
            across = rate.sum(axis=axis)
            np.testing.assert_allclose(across, across[::-1], atol=1e-6 * across.max())
        assert ways[0] == pytest.approx(-ways[1], rel=1e-3) and abs(ways[0]) > 1


def test_tilt_moves_the_picture_and_nothing_else():
    view = camera_file.override(camera_file.load("f22"), ["optics.fnumber=8", "sensor.noise=false"])
    at = transfer.frequencies(view, 16, 16)
    tilted = camera_file.override(view, ["optics.zernike_um=[0, 0, 0.3]"])
    plus, _ = wavefront.otf(tilted.optics, 8, 550, at.fy_per_mm, at.fx_per_mm)
    (plain,) = transfer.lens_terms(view, 550, at)
    np.testing.assert_allclose(np.abs(plus), plain.factor, atol=2e-4)


def test_a_coarse_psf_blurs_without_ringing(tmp_path):
    np.savez(tmp_path / "dot.npz", psf=[[1.0]], pitch_um=4.0)
    changes = [f"optics.psf_file={tmp_path / 'dot.npz'}", "sensor.cfa=mono", "scene.fov_deg=0.5", "sensor.noise=false"]
    edge = np.zeros((20, 40, 3))
    edge[:, 20:] = 1
    rate, _ = electron_rate.electron_rate(edge, camera_file.override(camera_file.load("f22"), changes))
    row = rate[rate.shape[0] // 2] / rate.max()
    assert (np.diff(row) > -3e-3).all() and row[0] < 3e-3 and row[-1] > 1 - 3e-3
    flat = electron_rate.electron_rate(np.ones((20, 40, 3)), camera_file.override(camera_file.load("f22"), changes))[0]
    assert rate.mean() == pytest.approx(flat.mean() / 2, rel=5e-3)


@pytest.mark.slow
def test_dump_changes_nothing_in_the_picture(command, photo, tmp_path):
    for options in (("--setting", "f22", "--size", "32"), ("--setting", "isetcam", "--set", "isp.tone=linear")):
        assert command("camsim", "render", photo, *options, "-o", "a.png", "--force").returncode == 0
        dumped = command("camsim", "render", photo, *options, "-o", "b.png", "--dump", "s.npz", "--force")
        assert dumped.returncode == 0, dumped.stderr
        np.testing.assert_array_equal(image.read(tmp_path / "a.png"), image.read(tmp_path / "b.png"))


def test_demosaiced_stage_has_its_defects_corrected():
    picture = resize(np.random.default_rng(5).random((8, 8, 3)), (48, 48))

    def demosaiced(*changes):
        camera = camera_file.override(camera_file.load("f22"), ["sensor.noise=false", "optics.fnumber=8", *changes])
        return pipeline.render(picture, camera, keep_stages=True).stages.demosaiced

    clean, mended = demosaiced(), demosaiced("sensor.missing_fraction=0.1", "isp.defect_correction=true")
    assert np.sqrt(np.mean((mended - clean) ** 2)) < 0.1 * clean.mean()


@pytest.mark.parametrize("setting", ["f22", "isetcam"])
@pytest.mark.parametrize("scene", ["picture", "cube"])
def test_keeping_stages_changes_nothing_in_the_shot(setting, scene):
    rng = np.random.default_rng(6)
    seen = cube.Cube(kind="reflectance", values=rng.random((12, 16, 31)), source="")
    seen = seen if scene == "cube" else rng.integers(0, 256, (12, 16, 3), np.uint8)
    bare, kept = (pipeline.render(seen, camera_file.load(setting), seed=2, keep_stages=keep) for keep in (False, True))
    assert bare.stages is None and bare.box == kept.box and bare.exposure_s == kept.exposure_s == kept.stages.exposure_s
    for name in ("rgb", "linear", "electrons", "counts"):
        np.testing.assert_array_equal(getattr(bare, name), getattr(kept, name))
    np.testing.assert_array_equal(kept.stages.electrons, kept.electrons)
    np.testing.assert_array_equal(kept.stages.linear, kept.linear)


def test_hyperspectral_scenes_go_through_the_isetcam_method():
    cube_of_grey = cube.Cube(kind="reflectance", values=np.full((16, 24, 31), 0.5), source="")
    view = camera_file.override(
        camera_file.load("isetcam"), ["sensor.noise=false", "sensor.exposure_s=0.01", "scene.fov_deg=10"]
    )
    done = pipeline.render(cube_of_grey, view, keep_stages=True).stages
    rows, columns = done.electrons.shape
    middle = done.electrons[rows // 2 : rows // 2 + 2, columns // 2 : columns // 2 + 2]
    d65 = spectra.to_photons(spectra.table("d65")[:, 0] * 50 / spectra.luminance(spectra.table("d65")[:, 0]))
    magnification = 3.862755e-3 / (0.5 - 3.862755e-3)
    gain = np.pi / (1 + 64 * (1 + magnification) ** 2) * 0.75 * 2.8e-6**2 * spectra.BAND_NM * 0.01
    expected = np.sort([*(gain * d65 @ spectra.bayer_qe()), (gain * d65 @ spectra.bayer_qe())[1]])
    np.testing.assert_allclose(np.sort(middle.ravel()), expected, rtol=2e-3)


def test_settings_print_paths_that_load_from_anywhere(command, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/t.csv").write_text("wavelength_nm,transmittance\n400,0.5\n700,0.5\n")
    (tmp_path / "sub/mine.toml").write_text('[optics]\ntransmittance_file = "t.csv"\n')
    printed = command("camsim", "settings", "sub/mine.toml", "--toml").stdout
    (tmp_path / "sub/again.toml").write_text(printed)
    assert camera_file.load(tmp_path / "sub/again.toml") == camera_file.load(tmp_path / "sub/mine.toml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('[scene]\nilluminant = "D66"', "scene.illuminant"),
        ('[optics]\npsf_file = "notes.txt"', "optics.psf_file"),
        ('[sensor]\nqe_file = "notes.txt"', "sensor.qe_file"),
        ("[optics]\nblades = 5\nobscuration = 0.9", "optics.obscuration"),
        ("[sensor]\nexposure_s = inf", "sensor.exposure_s"),
        ('method = "isetcm"', "did you mean 'isetcam'"),
    ],
)
def test_a_camera_file_is_looked_into_when_it_is_loaded(tmp_path, line, words):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "bad.toml").write_text(line)
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        camera_file.load(tmp_path / "bad.toml")
    assert "bad.toml" in str(error.value)


def test_what_a_sensor_sees_in_part_is_laid_on_nothing():
    picture = np.full((64, 64, 3), 0.5)
    part = camera_file.override(camera_file.load("f22"), ["sensor.columns=100", "sensor.rows=60"])
    shot = pipeline.render(picture, part)
    assert shot.rgb.shape == (60, 100, 3)
    assert shot.box == pytest.approx((-100.87, -80.87, 160.87, 180.87), abs=0.01)  # of 261.75 pixels
    assert visible(shot.box, shot.rgb.shape) == (0, 0, 60, 100)
    with pytest.raises(ValueError, match="see a part of the picture"):
        shot.reduced((16, 16))
    more = pipeline.render(picture, camera_file.override(part, ["sensor.columns=300", "sensor.rows=280"]))
    assert more.reduced((16, 16)).shape == (16, 16, 3)
    assert more.scene_shape == pytest.approx((261.75, 261.75), abs=0.01)
