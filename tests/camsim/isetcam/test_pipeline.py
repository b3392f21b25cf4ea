"""The isetcam method: against theory, and against the numbers that ISETCam itself gave."""

import dataclasses

import numpy as np
import pytest

from camsim import camera_file
from camsim.camera import Camera
from camsim.camera_parts import Sensor
from camsim.isetcam import lens, pipeline, sensor
from camsim.light import spectra
from camsim.optics import diffraction
from camsim.sensor import noise, pixels
from camsim.shot import Stages

pytestmark = pytest.mark.installed

GRBG = np.array([[1, 0], [2, 1]])
FOCAL_MM = 4 / np.tan(np.radians(46))
BANDS = {450: 5, 550: 15, 650: 25}


def changed(base: Camera, **parts) -> Camera:
    """The camera with fields of its parts replaced, such as ``sensor={"noise": False}``."""
    return dataclasses.replace(base, **{k: dataclasses.replace(getattr(base, k), **v) for k, v in parts.items()})


def relative_rms(value, wanted) -> float:
    wanted = np.asarray(wanted, dtype=float)
    return float(np.sqrt(np.mean((value - wanted) ** 2) / np.mean(wanted**2)))


def stages(picture, camera: Camera, seed: int = 0) -> Stages:
    return pipeline.render(picture, camera, seed=seed, keep_stages=True).stages


def luminance(photons: np.ndarray) -> np.ndarray:
    """Luminance in cd/m² of photon radiance (..., 31), or illuminance in lux of photon irradiance."""
    return spectra.luminance(photons / (spectra.WAVELENGTH_NM * 1e-9 / (pipeline.PLANCK * spectra.LIGHT_SPEED)))


def electron_rate(irradiance, spacing_um, *, shape, pitch_um, fill_factor, tile, efficiency) -> np.ndarray:
    """Mean electrons/s of every pixel of a sensor that shares the image's centre."""
    area_m2 = fill_factor * (pitch_um * 1e-6) ** 2
    return sensor.sample(irradiance @ (efficiency * (spectra.BAND_NM * area_m2)), spacing_um, shape, pitch_um, tile)


@pytest.fixture
def preset():
    return camera_file.load("isetcam")


@pytest.fixture
def golden(isetcam):
    return isetcam


#: The larger outputs lie beside a checkout.
beside = pytest.mark.reference
GREY_SCENES = ["uniformd65", *(pytest.param(name, marks=beside) for name in ("pointarray", "slantedbar"))]


# --- the display ---------------------------------------------------------------------------------------------------


def test_levels_are_rounded_half_up_to_1024():
    table = pipeline._gamma_table()
    assert table.shape == (1024, 3) and (np.diff(table, axis=0) >= 0).all()
    levels = np.arange(1023)
    value = np.stack([(levels + 0.4999) / 1023, (levels + 0.5001) / 1023, np.ones(1023)], axis=-1)[None]
    decoded = pipeline.decode(value)[0]
    np.testing.assert_array_equal(decoded[:, 0], table[:-1, 0])
    np.testing.assert_array_equal(decoded[:, 1], table[1:, 1])
    assert (decoded[:, 2] == 1).all()
    assert pipeline.decode(np.full((1, 1, 3), 0.5))[0, 0, 0] == table[512, 0]  # 511.5 exactly


def test_whole_numbers_are_shares_of_their_largest_value():
    values = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    np.testing.assert_array_equal(pipeline.decode(values), pipeline.decode(values / 255))
    np.testing.assert_array_equal(pipeline.decode(values), pipeline.decode(values.astype(np.uint16) * 257))
    assert pipeline.decode(np.ones((2, 2, 3), np.uint8)).max() < 1e-3  # 1/255, not white


@pytest.mark.parametrize("bad", [np.ones((4, 4)), np.full((4, 4, 3), 1.1), np.ones((4, 4, 3), int), np.ones((0, 4, 3))])
def test_bad_pictures_are_refused(bad):
    with pytest.raises(ValueError, match="picture"):
        pipeline.decode(bad)


def test_white_has_100_cd_m2_and_the_chromaticity_of_d65():
    white = pipeline.radiance(np.ones((1, 1, 3)))
    assert luminance(white)[0, 0] == pytest.approx(100, rel=1e-3)
    xyz = spectra.xyz(white[0, 0] / spectra.WAVELENGTH_NM)  # any unit
    np.testing.assert_allclose(xyz[:2] / xyz.sum(), [0.3127, 0.3290], atol=5e-4)


# --- the lens ------------------------------------------------------------------------------------------------------


def plain_image(photons, fov_deg, distance_m, fnumber):
    """The same, written down literally: angles, whole complex transforms, one band at a time; no fall-off."""
    rows, columns, bands = photons.shape
    image_distance = 1 / (1 / FOCAL_MM - 1 / (distance_m * 1e3))
    light = photons * np.pi / (1 + 4 * fnumber**2 * (1 + image_distance / (distance_m * 1e3)) ** 2)
    pad = [int(np.floor(n / 8 + 0.5)) for n in (rows, columns)]
    light = np.pad(light, [(pad[0],) * 2, (pad[1],) * 2, (0, 0)], constant_values=1e-9 * light.max())
    size = light.shape[:2]
    width = 2 * FOCAL_MM * np.tan(np.radians(fov_deg) / 2) * size[1] / columns
    degrees = [2 * np.degrees(np.arctan(width * n / size[1] / 2 / FOCAL_MM)) for n in size]
    unit = []
    for n in size:
        centred = np.arange(n) - n // 2
        unit.append(centred / np.abs(centred).max())
    fy, fx = (u * n / 2 / angle for u, n, angle in zip(unit, size, degrees, strict=True))  # cycles/degree
    radial = np.hypot(fy[:, None], fx)
    out = np.empty_like(light)
    for band in range(bands):
        cutoff = 1 / (spectra.WAVELENGTH_NM[band] * 1e-6 * fnumber) * width / degrees[1]
        nu = np.minimum(radial / cutoff, 1)
        otf = np.fft.ifftshift(2 / np.pi * (np.arccos(nu) - nu * np.sqrt(1 - nu**2)))
        out[..., band] = np.abs(np.fft.ifft2(np.fft.fft2(light[..., band]) * otf))
    return out


@pytest.mark.parametrize("size", [(12, 30), (31, 9), (8, 8), (5, 5)])
@pytest.mark.parametrize(("fov_deg", "fnumber"), [(1.0, 22.0), (40.0, 2.8)])
def test_image_is_that_of_the_plain_recipe(size, fov_deg, fnumber):
    photons = np.random.default_rng(1).random((*size, 31)) ** 8 * 1e15
    image, spacing_um = lens.irradiance(
        photons,
        fov_deg=fov_deg,
        distance_m=0.5,
        fnumber=fnumber,
        focal_length_mm=FOCAL_MM,
        relative_illumination=False,
    )
    plain = plain_image(photons, fov_deg, 0.5, fnumber)
    np.testing.assert_allclose(image, plain, atol=1e-10 * plain.max(), rtol=0)
    image_distance_um = 1e3 / (1 / FOCAL_MM - 1 / 500)
    assert spacing_um * size[1] == pytest.approx(2 * image_distance_um * np.tan(np.radians(fov_deg / 2)), rel=1e-12)


def test_light_is_neither_lost_nor_found_and_losses_are_per_band():
    photons = np.zeros((64, 64, 31))
    photons[28:36, 28:36] = 1e15
    arguments = {"fov_deg": 0.5, "distance_m": np.inf, "fnumber": 8.0, "focal_length_mm": FOCAL_MM}
    image, _ = lens.irradiance(photons, relative_illumination=False, **arguments)
    np.testing.assert_allclose(image.sum(axis=(0, 1)), 64e15 * np.pi / (1 + 4 * 64), rtol=1e-4)
    share = np.linspace(0.2, 1, 31)
    dimmed, _ = lens.irradiance(photons, relative_illumination=False, transmittance=share, **arguments)
    np.testing.assert_allclose(dimmed, image * share, rtol=0, atol=1e-8 * image.max())


@pytest.mark.parametrize("fnumber", [2.8, 4.0, 8.0])
def test_a_point_becomes_the_airy_pattern(fnumber):
    photons = np.zeros((257, 257, 31))
    photons[128, 128] = 1.0
    fov_deg = np.degrees(2 * np.arctan(257 * 0.25e-3 / 2 / FOCAL_MM))  # samples of 0.25 µm
    image, spacing_um = lens.irradiance(
        photons,
        fov_deg=fov_deg,
        distance_m=np.inf,
        fnumber=fnumber,
        focal_length_mm=FOCAL_MM,
        relative_illumination=False,
    )
    assert spacing_um == pytest.approx(0.25)
    middle = image.shape[0] // 2
    row = image[middle, :, BANDS[550]] / (np.pi / (1 + 4 * fnumber**2)) / 0.25**2
    airy = diffraction.airy_psf((np.arange(len(row)) - middle) * 0.25, 550, fnumber)
    near = slice(middle - 40, middle + 41)
    np.testing.assert_allclose(row[near], airy[near], atol=7e-3 * airy.max())  # odd count: frequencies 0.3 % high


def test_psf_in_a_wide_window_is_the_airy_pattern():
    step_um, count = 0.25, 1024
    per_mm = np.hypot(*np.meshgrid(*[np.fft.fftfreq(count, step_um * 1e-3)] * 2))
    psf = np.fft.ifft2(diffraction.diffraction_otf(per_mm, 650, 8.0)).real[0, :128]
    airy = diffraction.airy_psf(np.arange(128) * step_um, 650, 8.0) * step_um**2
    np.testing.assert_allclose(psf, airy, rtol=0, atol=1e-5 * airy[0])


def test_fall_off_is_cos4_for_narrow_fields_and_tends_to_it_for_small_pupils():
    narrow = lens.relative_illumination_at(11, 11, 0.02, focal_length_mm=4.0, fnumber=2.8)  # diagonal 0.31 mm < f/10
    angle = np.arctan(0.1 / 4.0)
    assert narrow[5, 5] == 1 and narrow[5, 0] == pytest.approx(np.cos(angle) ** 4, rel=1e-12)
    wide = {f: lens.relative_illumination_at(11, 11, 0.3, focal_length_mm=4.0, fnumber=f) for f in (1.4, 22.0)}
    angle = np.arctan(1.5 / 4.0)
    assert wide[22.0][5, 0] == pytest.approx(np.cos(angle) ** 4, rel=1e-5)
    assert abs(wide[1.4][5, 0] / np.cos(angle) ** 4 - 1) > 1e-4  # the other branch
    np.testing.assert_allclose(wide[22.0], wide[22.0][::-1, ::-1], rtol=1e-12)


def test_scenes_of_the_wrong_shape_are_refused():
    arguments = {"fov_deg": 1.0, "distance_m": 1.0, "fnumber": 4.0, "focal_length_mm": 4.0}
    for shape in ((8, 8, 3), (1, 8, 31)):
        with pytest.raises(ValueError, match=r"\(H, W, 31\)"):
            lens.irradiance(np.ones(shape), **arguments)


# --- sampling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fov_deg", "size", "pitch", "wanted"),
    [
        (90.0, (4, 8), 1000.0, (4, 8)),  # 8 mm wide, 4 high, at f = 4 mm
        (90.0, (4, 8), 1143.0, (4, 8)),  # 3.4996 → 3 → 4; 6.999 → 7 → 8
        (90.0, (4, 8), 1142.0, (4, 8)),  # 3.503 → 4; 7.005 → 7 → 8
        (90.0, (4, 8), 1300.0, (4, 6)),  # 3.08 → 3 → 4; 6.15 → 6
        (90.0, (4, 8), 9000.0, (2, 2)),
    ],
)
def test_sensor_size_is_rounded_then_rounded_up_to_tiles(fov_deg, size, pitch, wanted):
    assert sensor.sensor_size(*size, fov_deg=fov_deg, focal_length_mm=4.0, pitch_um=pitch) == wanted


@pytest.mark.parametrize(("pitch", "taps"), [(0.8, 1), (1.5, 2), (2.0, 2), (2.7, 3), (3.4, 4)])
def test_pixels_take_a_gaussian_and_a_linear_interpolation(pitch, taps):
    rng = np.random.default_rng(2)
    plane = rng.random((21, 32))
    tap = np.arange(taps) - (taps - 1) / 2
    kernel = np.exp(-(tap**2) / 2 / (taps / 4) ** 2)
    kernel /= kernel.sum()

    def blur(line):  # the middle part of the full convolution, from element taps // 2 on
        return np.convolve(line, kernel)[taps // 2 : taps // 2 + len(line)]

    blurred = np.apply_along_axis(blur, 1, np.apply_along_axis(blur, 0, plane))
    pixels = 14, 10
    wanted = blurred
    for axis, count in enumerate(pixels):
        have = np.arange(plane.shape[axis]) - (plane.shape[axis] - 1) / 2
        want = (np.arange(count) - (count - 1) / 2) * pitch
        wanted = np.apply_along_axis(lambda line, h=have, w=want: np.interp(w, h, line, 0, 0), axis, wanted)
    got = sensor.sample(plane[..., None], 1.0, pixels, pitch, np.array([[0]]))
    np.testing.assert_allclose(got, wanted, atol=1e-14)


def test_every_pixel_takes_its_own_colour_and_sees_nothing_outside_the_image():
    light = np.broadcast_to(np.array([1.0, 2.0, 3.0]), (12, 12, 3))
    mosaic = sensor.sample(light, 2.0, (16, 16), 2.0, np.array([[0, 1], [1, 2]]))
    inside = mosaic[2:14, 2:14]
    assert (inside[::2, ::2] == 1).all() and (inside[::2, 1::2] == 2).all() and (inside[1::2, 1::2] == 3).all()
    mosaic[2:14, 2:14] = 0
    assert (mosaic == 0).all()


# --- the processor -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tile", ["grbg", "rggb", "bggr", "gbrg"])
def test_demosaic_keeps_what_was_measured_and_reproduces_planes(tile):
    index = pixels.cfa_index(Sensor(cfa=tile))
    y, x = np.mgrid[:10, :12]
    plane = 0.1 + 0.02 * x + 0.03 * y
    full = sensor.demosaic(plane, index)
    np.testing.assert_allclose(full[1:-1, 1:-1], np.repeat(plane[..., None], 3, axis=2)[1:-1, 1:-1], rtol=1e-12)
    coloured = np.random.default_rng(3).random((10, 12, 3))
    mosaic = np.take_along_axis(coloured, np.tile(index, (5, 6))[..., None], axis=2)[..., 0]
    kept = np.take_along_axis(sensor.demosaic(mosaic, index), np.tile(index, (5, 6))[..., None], axis=2)[..., 0]
    np.testing.assert_allclose(kept, mosaic, rtol=1e-12)


def test_matrix_is_a_least_squares_fit():
    efficiency = spectra.bayer_qe()
    fitted = sensor.fit_sensor_to_xyz(efficiency)
    light = spectra.table("isetcam_d65") * spectra.table("isetcam_macbeth")
    target = light.T @ (spectra.table("cie1931") / spectra.WAVELENGTH_NM[:, None])
    residual = light.T @ efficiency @ fitted - target
    np.testing.assert_allclose(
        efficiency.T @ light @ residual, 0, atol=1e-9 * abs(target).max() * abs(light).max() * 31
    )
    own = sensor.sensor_to_xyz(efficiency)  # single precision
    scaled = fitted * (own / fitted)[1, 1]
    np.testing.assert_allclose(own, scaled, rtol=0, atol=1e-6 * abs(own).max())
    other = efficiency * np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(sensor.sensor_to_xyz(other) * np.array([[0.5], [1.0], [2.0]]), fitted, rtol=1e-9)


def test_isetcams_d65_is_nearly_the_cies():
    own = spectra.table("isetcam_d65")[:, 0] / spectra.WAVELENGTH_NM
    published = spectra.table("d65")[:, 0]
    np.testing.assert_allclose(own / own[16], published / published[16], rtol=1e-3)
    photons = spectra.table("isetcam_d65")[:, 0] * 1e15
    assert luminance(photons) == pytest.approx(100, rel=1e-6)


def test_the_brightest_value_sets_the_scale():
    mosaic = np.random.default_rng(4).random((8, 8)) * 0.3
    _, linear, srgb = sensor.processor(mosaic, 1.0, GRBG, spectra.bayer_qe())
    assert linear.max() == pytest.approx(mosaic.max(), rel=1e-12) and linear.min() >= 0
    _, brighter, same = sensor.processor(2 * mosaic, 1.0, GRBG, spectra.bayer_qe())
    np.testing.assert_allclose(brighter, 2 * linear, rtol=1e-12)
    np.testing.assert_allclose(same, srgb, atol=1e-12)  # the display is shown with its brightest luminance as white
    counts, linear, _ = sensor.processor(mosaic, 1.0, GRBG, spectra.bayer_qe(), bit_depth=10)
    assert linear.max() == 1.0
    np.testing.assert_array_equal(counts[::2, 1::2, 0], np.floor(mosaic[::2, 1::2] * 1024 + 0.5))


def test_black_stays_black():
    _, linear, srgb = sensor.processor(np.zeros((4, 4)), 1.0, GRBG, spectra.bayer_qe())
    assert (linear == 0).all() and (srgb == 0).all()


# --- the whole camera ----------------------------------------------------------------------------------------------


@pytest.fixture
def picture():
    return np.random.default_rng(5).random((20, 33, 3))


def test_same_seed_same_electrons_and_no_memory_of_other_calls(preset, picture):
    first = stages(picture, preset, 7)
    other = stages(picture[::-1], changed(preset, optics={"fnumber": 16.0}), 8)
    again = stages(picture, preset, 7)
    assert not np.array_equal(first.electrons[:14, :16], other.electrons[:14, :16])
    for name in ("electrons", "volts", "linear", "srgb", "irradiance"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.electrons, stages(picture, preset, 9).electrons)


def test_stages_fit_together(preset, picture):
    quiet = changed(preset, sensor={"noise": False, "pixel_pitch_um": 2.0})
    done = stages(picture, quiet)
    assert done.fov_deg == pytest.approx(33 * np.degrees(np.arctan(0.0254 / 96 / 0.5)), rel=1e-12)
    assert done.irradiance.shape == (20 + 2 * 3, 33 + 2 * 4, 31)  # 20/8 = 2.5 is rounded up
    rows, columns = done.electrons.shape
    assert rows % 2 == columns % 2 == 0 and done.srgb.shape == done.linear.shape == (rows, columns, 3)
    np.testing.assert_allclose(done.volts, done.electrons * 1e-4, rtol=1e-12)
    density = (done.irradiance @ spectra.bayer_qe()).max() * 10
    assert density * 0.75 * 4e-12 * done.exposure_s == pytest.approx(0.95 * 10_000, rel=1e-12)
    photons = pipeline.radiance(pipeline.decode(picture))
    image, spacing = lens.irradiance(photons, fov_deg=done.fov_deg, distance_m=0.5, fnumber=4, focal_length_mm=FOCAL_MM)
    np.testing.assert_allclose(done.irradiance, image, rtol=1e-9)
    rate = electron_rate(
        image,
        spacing,
        shape=(rows, columns),
        pitch_um=2.0,
        fill_factor=0.75,
        tile=GRBG,
        efficiency=spectra.bayer_qe(),
    )
    np.testing.assert_allclose(done.electrons, rate * done.exposure_s, rtol=1e-9)
    lean = pipeline.render(picture, quiet)
    assert lean.stages is None
    np.testing.assert_array_equal(lean.electrons, done.electrons)


def test_luminance_and_gain_act_as_named(preset, picture):
    base = changed(preset, sensor={"noise": False, "exposure_s": 0.01, "full_well_e": 1e9})
    plain = stages(picture, base)
    bright = stages(picture, changed(base, scene={"luminance_cd_m2": 250.0}))
    np.testing.assert_allclose(bright.electrons, 2.5 * plain.electrons, rtol=1e-9)
    gained = stages(picture, changed(base, sensor={"analog_gain": 4.0}))
    np.testing.assert_allclose(gained.volts, 4 * plain.volts, rtol=1e-12)
    np.testing.assert_array_equal(gained.electrons, plain.electrons)


def test_impossible_pictures_are_refused(preset):
    for picture, word in (
        (np.ones((1, 9, 3)), "too small"),
        (np.zeros((8, 8, 3)), "black"),
        (np.ones((2, 4000, 3)), "pixel_deg"),
    ):
        with pytest.raises(ValueError, match=word):
            stages(picture, preset)
    with pytest.raises(ValueError, match="over the limit"):
        stages(np.ones((8, 8, 3)), changed(preset, scene={"fov_deg": 119.0}, sensor={"pixel_pitch_um": 0.5}))


# --- ISETCam's own outputs: lens -----------------------------------------------------------------------------------


def test_otf_and_psf(golden):
    wanted = golden("a_dl_otf_psf")
    x_um = wanted["x_um"]
    per_mm = np.hypot(*np.meshgrid(np.fft.fftfreq(512, 0.25e-3), np.fft.fftfreq(512, 0.25e-3)))
    for i, fnumber in enumerate(wanted["fN"]):
        for j, wavelength in enumerate(wanted["wave"]):
            otf = diffraction.diffraction_otf(wanted["rho"], wavelength, fnumber)
            np.testing.assert_allclose(otf, wanted["otf1d"][:, i, j], rtol=0, atol=1e-12)
            assert diffraction.cutoff_per_mm(wavelength, fnumber) == pytest.approx(wanted["cut"][i, j], rel=1e-12)
            psf = np.fft.fftshift(np.fft.ifft2(diffraction.diffraction_otf(per_mm, wavelength, fnumber)).real)
            row = wanted["psfrow"][:, i, j]
            np.testing.assert_allclose(psf[256], row, rtol=0, atol=1e-12)
            airy = diffraction.airy_psf(x_um, wavelength, fnumber) * 0.25**2
            # The window of 128 µm folds the tails back: the more of them, the slower the lens.
            tolerance = {2.8: 1e-5, 4.0: 1e-5, 8.0: 4e-5, 22.0: 6.5e-4}[fnumber]
            inner = np.abs(x_um) <= 32
            np.testing.assert_allclose(row[inner], airy[inner], rtol=0, atol=tolerance * airy.max())


@pytest.mark.parametrize("fnumber", [4, 22])
@pytest.mark.parametrize(
    "name",
    [
        "uniformd65",
        pytest.param("pointarray", marks=beside),
        pytest.param("slantedbar", marks=beside),
        pytest.param("macbeth", marks=beside),
    ],
)
def test_optical_image(golden, name, fnumber):
    wanted = golden(f"b_oi_{name}")
    chosen = [BANDS[w] for w in wanted["wsel"]]
    photons = np.zeros((*wanted["scene_photons_sel"].shape[:2], 31))
    photons[..., chosen] = wanted["scene_photons_sel"]
    image, spacing_um = lens.irradiance(
        photons,
        fov_deg=float(wanted["scene_fov_deg"]),
        distance_m=float(wanted["scene_distance_m"]),
        fnumber=fnumber,
        focal_length_mm=FOCAL_MM,
    )
    for k, band in enumerate(chosen):
        assert relative_rms(image[..., band], wanted[f"f{fnumber}_photons_sel"][..., k]) <= 2e-7
    np.testing.assert_allclose(spacing_um * 1e-6, wanted[f"f{fnumber}_sample_spacing_m"], rtol=1e-9)


@pytest.mark.parametrize("fnumber", [4, 22])
@pytest.mark.parametrize("name", GREY_SCENES)
def test_illuminance_of_grey_scenes_with_all_bands(golden, name, fnumber):
    wanted = golden(f"b_oi_{name}")
    level = wanted["scene_photons_sel"][..., 1].astype(float)  # at 550 nm
    spectrum = np.ones(31) if name == "pointarray" else wanted["scene_center_spectrum"]  # points: equal photons
    image, _ = lens.irradiance(
        level[..., None] * spectrum / spectrum[BANDS[550]],
        fov_deg=float(wanted["scene_fov_deg"]),
        distance_m=float(wanted["scene_distance_m"]),
        fnumber=fnumber,
        focal_length_mm=FOCAL_MM,
    )
    assert relative_rms(luminance(image), wanted[f"f{fnumber}_illuminance_lux"]) <= 1e-6
    total = image.sum(axis=(0, 1))
    assert relative_rms(total, wanted[f"f{fnumber}_total_photons"]) <= 1e-6


# --- ISETCam's own outputs: sensor ---------------------------------------------------------------------------------


def uniform_electrons(pitch_um: float, relative_illumination: bool) -> np.ndarray:
    """Mean of the rounded electrons of red, green, blue pixels, 10 ms, at the centre of a 30° field of D65."""
    photons = np.broadcast_to(spectra.table("isetcam_d65")[:, 0] * 1e15, (64, 64, 31))
    image, spacing_um = lens.irradiance(
        photons,
        fov_deg=30,
        distance_m=1.2,
        fnumber=4,
        focal_length_mm=FOCAL_MM,
        relative_illumination=relative_illumination,
    )
    sensor_16 = {"shape": (16, 16), "pitch_um": pitch_um, "fill_factor": 0.75, "tile": GRBG}
    rate = electron_rate(image, spacing_um, efficiency=spectra.bayer_qe(), **sensor_16)
    electrons = np.floor(rate * 0.01 + 0.5)
    return np.array([electrons[np.tile(k == GRBG, (8, 8))].mean() for k in range(3)])


def test_electrons_of_a_uniform_field(golden):
    wanted = golden("c_sensor_uniform")
    for i, pitch_um in enumerate(wanted["px"]):
        np.testing.assert_allclose(uniform_electrons(pitch_um, True), wanted["E"][:, i], atol=1e-6)
        plain = uniform_electrons(pitch_um, False)
        np.testing.assert_allclose(plain, wanted["En"][:, i], atol=1e-6)
        clipped = noise.expose(plain[None] / 0.01, 0.01, Sensor(noise=False), 0)[0]
        np.testing.assert_allclose(clipped, wanted["Ecl"][:, i], atol=1e-6)


NOISE = {
    "default_read1mV_dark1mVps": {},
    "prnu2_dsnu2mV": {"prnu": 0.02, "dsnu_e": 20.0},
    "colfpn": {"column_gain_fpn": 0.02, "column_offset_fpn_e": 50.0},
}


@pytest.mark.parametrize("exposure_ms", [1, 10])
@pytest.mark.parametrize("kind", NOISE)
def test_mean_and_variance_of_noise(golden, preset, kind, exposure_ms):
    wanted = golden("c_sensor_uniform")
    density = wanted["oi_center_spectrum"] @ spectra.bayer_qe() * 10
    rate = (density * 0.75 * (2.8e-6) ** 2)[np.tile(GRBG, (100, 100))]
    found = []
    for seed in range(40):  # as many sensors of 200×200 pixels as it takes to know what one may show
        noisy = dataclasses.replace(preset.sensor, pattern_seed=seed, **NOISE[kind])
        electrons = noise.expose(rate, exposure_ms * 1e-3, noisy, seed)
        channels = [electrons[np.tile(k == GRBG, (100, 100))] for k in range(3)]
        found.append([(values.mean(), values.var()) for values in channels])
    expected, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
    for k in range(3):
        mean, variance, count = wanted["N"][f"{kind}_T{exposure_ms}ms_ch{k + 1}"].item()
        assert count == np.count_nonzero(np.tile(k == GRBG, (100, 100)))
        # Of 36 numbers, each of one shot, one is farther off in one table of sixty.
        assert abs(mean - expected[k, 0]) <= 3.5 * error[k, 0]
        assert abs(variance - expected[k, 1]) <= 3.5 * error[k, 1]


# --- ISETCam's own outputs: display and processor ------------------------------------------------------------------


def test_picture_to_radiance(golden):
    wanted = golden("f_rgb2scene")
    photons = pipeline.radiance(pipeline.decode(wanted["rgbt"]))
    assert relative_rms(photons, wanted["ph"]) <= 1e-6
    np.testing.assert_allclose(luminance(photons), wanted["L"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "fnumber", "pitch_um"),
    [
        ("f4_25um", 4, 25),
        pytest.param("f4_1um", 4, 1, marks=beside),
        pytest.param("f22_1um", 22, 1, marks=beside),
        pytest.param("f4_1um_under_T0p2s", 4, 1, marks=beside),
    ],
)
def test_picture_to_volts_to_picture(golden, preset, name, fnumber, pitch_um):
    wanted = golden(f"e_astro128_{name}")
    astronaut = golden("e_input_astronaut128")["rgb"]
    chain = changed(
        preset,
        optics={"fnumber": float(fnumber)},
        sensor={"pixel_pitch_um": float(pitch_um), "noise": False, "exposure_s": float(wanted["exp_time"])},
    )
    done = stages(astronaut, chain)
    assert done.fov_deg == pytest.approx(float(wanted["fov"]), rel=1e-12)
    mean = luminance(pipeline.radiance(done.scene_rgb_linear)).mean()
    assert mean == pytest.approx(float(wanted["scene_mean_L"]), rel=1e-6)
    assert relative_rms(luminance(done.irradiance), wanted["oi_illuminance"]) <= 1e-6
    assert relative_rms(done.volts, wanted["volts"]) <= 1e-6
    assert relative_rms(done.linear, wanted["result_linear"]) <= 1e-6
    assert relative_rms(done.srgb, wanted["srgb_noscale"]) <= 1e-6
    volts = wanted["volts"].astype(float)
    _, linear, srgb = sensor.processor(volts, 1.0, GRBG, spectra.bayer_qe())
    assert relative_rms(linear, wanted["result_linear"]) <= 1e-6
    assert relative_rms(srgb, wanted["srgb_noscale"]) <= 1e-6


@pytest.mark.parametrize(
    ("name", "fnumber", "pitch_um"), [("f4_25um", 4, 25), pytest.param("f4_1um", 4, 1, marks=beside)]
)
def test_automatic_exposure_is_that_of_isetcam_within_its_noise(golden, preset, name, fnumber, pitch_um):
    chain = changed(preset, optics={"fnumber": float(fnumber)}, sensor={"pixel_pitch_um": float(pitch_um)})
    exposure_s = stages(golden("e_input_astronaut128")["rgb"], chain).exposure_s
    assert exposure_s == pytest.approx(float(golden(f"e_astro128_{name}")["exp_time"]), rel=0.01)


@pytest.mark.parametrize("level", [128, 255])
@pytest.mark.parametrize("fnumber", [4, 22])
def test_flat_pictures_darken_towards_the_border(golden, preset, fnumber, level):
    wanted = golden("e_flat128_profiles")
    chain = changed(
        preset,
        optics={"fnumber": float(fnumber)},
        sensor={"pixel_pitch_um": 1.0, "noise": False, "exposure_s": float(wanted[f"f{fnumber}_g{level}_exp"])},
    )
    done = stages(np.full((128, 128, 3), level, np.uint8), chain)
    profile = done.linear[125:136].mean(axis=0)  # the eleven middle rows
    assert relative_rms(profile, wanted[f"f{fnumber}_g{level}_profile_rgb"]) <= 1e-6


@pytest.mark.reference
@pytest.mark.parametrize("exposure_ms", [10, 50])
def test_macbeth_chart_from_reflectances_to_picture(golden, exposure_ms):
    wanted, scene = golden(f"d_ip_macbeth_T{exposure_ms}ms"), golden("b_oi_macbeth")
    patches = spectra.table("isetcam_macbeth").T.reshape(4, 6, 31).repeat(16, axis=0).repeat(16, axis=1)
    photons = patches * spectra.table("isetcam_d65")[:, 0]
    photons *= 100 / luminance(photons).mean()
    assert relative_rms(photons[..., list(BANDS.values())], scene["scene_photons_sel"]) <= 1e-6
    image, spacing_um = lens.irradiance(photons, fov_deg=10, distance_m=1.2, fnumber=4, focal_length_mm=FOCAL_MM)
    assert relative_rms(luminance(image), scene["f4_illuminance_lux"]) <= 1e-6
    shape = sensor.sensor_size(64, 96, fov_deg=10, focal_length_mm=FOCAL_MM, pitch_um=2.8)
    assert shape == tuple(wanted["sensor_size"])
    pixels = {"shape": shape, "pitch_um": 2.8, "fill_factor": 0.75, "tile": GRBG, "efficiency": spectra.bayer_qe()}
    volts = np.clip(electron_rate(image, spacing_um, **pixels) * exposure_ms * 1e-3 * 1e-4, 0, 1)
    assert relative_rms(volts, wanted["volts"]) <= 1e-6
    for given in (volts, wanted["volts"].astype(float)):
        demosaiced, linear, srgb = sensor.processor(given, 1.0, GRBG, spectra.bayer_qe())
        assert relative_rms(demosaiced, wanted["demosaic_volts"]) <= 1e-6
        assert relative_rms(linear, wanted["result_linear"]) <= 1e-6
        assert relative_rms(srgb, wanted["srgb_noscale"]) <= 1e-6


def test_matrices_and_tables(golden):
    wanted = golden("z_default_spectra")
    own = sensor.sensor_to_xyz(spectra.bayer_qe())
    np.testing.assert_allclose(own / own[1, 1], wanted["Tmcc"] / wanted["Tmcc"][1, 1], rtol=1e-6)
    np.testing.assert_allclose(spectra.table("isetcam_d65")[:, 0] * 1e15, wanted["d65ph"], rtol=1e-7)
    np.testing.assert_allclose(pipeline._gamma_table(), wanted["rgam"], atol=1e-10)
    own, theirs = spectra.table("isetcam_macbeth"), wanted["mcc"]
    np.testing.assert_array_equal(own.reshape(31, 4, 6).transpose(0, 2, 1).reshape(31, 24), theirs)
    np.testing.assert_allclose(spectra.table("lcd_apple"), wanted["lspd"], rtol=1e-12)
    np.testing.assert_array_equal(spectra.table("cie1931"), wanted["xyze"])
    np.testing.assert_array_equal(spectra.bayer_qe(), wanted["qe"])
