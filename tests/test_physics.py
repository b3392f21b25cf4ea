"""What nature, or a published table, says of each step of the camera."""

import dataclasses
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from camsim import camera_file, pipeline
from camsim.camera import Camera
from camsim.camera_parts import Optics, Scene, Sensor
from camsim.dataset import photographs
from camsim.image_formation import cosine_series, electron_rate, transfer
from camsim.io.resize import resize
from camsim.isp import colour_matrix, demosaic
from camsim.light import spectra
from camsim.light.colour import SRGB_WHITE_XYZ, linear_to_xyz, srgb_decode, srgb_encode, xyz_to_linear
from camsim.optics import diffraction
from camsim.optics import lens as optics
from camsim.scene import radiance as scene
from camsim.sensor import adc, exposure, noise, pixels
from scielab.metrics import colour_difference

pytestmark = pytest.mark.installed

QUIET = Sensor(noise=False, bit_depth=24)


def quiet(setting: str, **sensor_fields) -> Camera:
    loaded = camera_file.load(setting)
    fields = {"noise": False, "bit_depth": 24} | sensor_fields
    return dataclasses.replace(loaded, sensor=dataclasses.replace(loaded.sensor, **fields))


# --- spectra ------------------------------------------------------------------------------------------------------


def test_primaries_have_the_chromaticities_of_srgb_and_sum_to_d65():
    primaries = scene.unit_primaries()
    xyz = spectra.xyz(primaries.T)
    chromaticity = xyz[:, :2] / xyz.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(chromaticity, [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]], atol=1e-12)
    np.testing.assert_allclose(xyz[:, 1], [0.2126, 0.7152, 0.0722], atol=1e-3)  # luminance shares of IEC 61966-2-1
    white, d65 = primaries.sum(axis=1), spectra.table("d65")[:, 0]
    np.testing.assert_allclose(white / white[16], d65 / d65[16], rtol=1e-12)


def test_tables_agree_with_colour_science():
    colour = pytest.importorskip("colour")
    shape = colour.SpectralShape(400, 700, 10)
    cmfs = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape).values
    np.testing.assert_allclose(spectra.table("cie1931"), cmfs, atol=1e-9)
    d65 = colour.SDS_ILLUMINANTS["D65"].copy().align(shape).values
    np.testing.assert_allclose(spectra.table("d65")[:, 0], d65, atol=1e-9)
    checker = colour.SDS_COLOURCHECKERS["ISO 17321-1"]
    published = np.array([patch.copy().align(shape).values for patch in checker.values()]).T
    np.testing.assert_allclose(spectra.table("colorchecker"), published, atol=1e-9)


def test_white_has_the_luminance_asked_for():
    white = scene.radiance(np.ones((1, 1, 3)), Scene(luminance_cd_m2=250))[0, 0]
    energy = white / spectra.to_photons(np.ones(31))
    assert spectra.luminance(energy) == pytest.approx(250)


# --- optics -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fnumber", [2.8, 4, 22])
@pytest.mark.parametrize("wavelength", [450, 550, 650])
def test_airy_first_zero_at_1_22_lambda_n(fnumber, wavelength):
    expected = 1.2196698912665 * wavelength * 1e-3 * fnumber  # j1,1/π

    def slope(r):  # the PSF touches zero without crossing it: its slope changes sign there
        return np.diff(diffraction.airy_psf(np.array([r, r + 1e-6 * expected]), wavelength, fnumber))[0]

    found = brentq(slope, 0.8 * expected, 1.2 * expected, xtol=1e-7)
    assert found == pytest.approx(expected, rel=1e-5)
    assert diffraction.airy_psf(expected, wavelength, fnumber) < 1e-12 * diffraction.airy_psf(0, wavelength, fnumber)


def test_airy_first_dark_ring_in_the_pipelines_own_image():
    """A point seen through the whole optical path has its first minimum at 1.22 λN as well."""
    spd, n = 550.0, 257
    one_band = dataclasses.replace(quiet("f22"), sensor=Sensor(pixel_pitch_um=0.5, fill_factor=1e-6))
    radiance = np.zeros((n, n, 31))
    radiance[n // 2, n // 2, list(spectra.WAVELENGTH_NM).index(spd)] = 1.0
    rate, grid = electron_rate.electron_rate_spectral(radiance, one_band)
    green = rate[0::2, 0::2]  # green sites of grbg: a plane of one colour
    y, x = (p[0::2] for p in grid.positions_mm())
    centre = grid.width_mm / 2
    radius = np.hypot(y[:, None] - centre, x - centre) * 1e3
    ring = 1.22 * spd * 1e-3 * 22
    peak = green.max()
    assert green[np.abs(radius - ring) < 0.3].max() < 2e-3 * peak
    assert green[np.abs(radius - 1.635 * spd * 1e-3 * 22) < 0.4].mean() == pytest.approx(0.0175 * peak, rel=0.06)


def test_airy_psf_integrates_to_one_and_holds_83_8_percent_within_its_first_ring():
    scale = 0.55 * 8
    inside = quad(lambda r: 2 * np.pi * r * diffraction.airy_psf(r, 550, 8), 0, 1.21967 * scale)[0]
    assert inside == pytest.approx(0.838, abs=1e-3)
    u = np.pi * 40
    far = quad(lambda r: 2 * np.pi * r * diffraction.airy_psf(r, 550, 8), 0, 40 * scale, limit=800)[0]
    from scipy.special import j0, j1

    assert far == pytest.approx(1 - j0(u) ** 2 - j1(u) ** 2, abs=1e-9)  # Rayleigh's encircled energy


def test_otf_is_the_overlap_of_two_circles_and_ends_at_the_cutoff():
    cutoff = diffraction.cutoff_per_mm(550, 4)
    assert cutoff == pytest.approx(1 / (550e-6 * 4))
    half = diffraction.diffraction_otf(np.array([0, cutoff / 2, cutoff, 2 * cutoff]), 550, 4)
    np.testing.assert_allclose(half, [1, 2 / 3 - math.sqrt(3) / (2 * math.pi), 0, 0], atol=1e-12)


def test_camera_equation_and_working_fnumber():
    lens = Optics(fnumber=4)
    assert optics.radiance_to_irradiance(lens, math.inf) == pytest.approx(math.pi / 65)
    distance = 2 * lens.focal_length_mm * 1e-3  # 1:1
    assert optics.magnification(lens, distance) == pytest.approx(1)
    assert optics.working_fnumber(lens, distance) == pytest.approx(8)


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["underexposed", "pixel25", "f22"])
def test_optics_conserve_energy(setting):
    """Blur moves light, it makes none: the mean over the image plane is the unblurred one."""
    rng = np.random.default_rng(0)
    picture = rng.random((48, 64, 3))
    view = quiet(setting)
    view = dataclasses.replace(view, sensor=dataclasses.replace(view.sensor, cfa="grbg"))
    flat = electron_rate.electron_rate(np.ones((48, 64, 3)), view)[0]
    white = scene.primaries(view.scene).sum(axis=1) @ transfer.responses(view)  # photons that enter, no blur
    np.testing.assert_allclose([flat[0, 1], flat[0, 0], flat[1, 0]], white, rtol=1e-12)
    # sampled finely enough, the mean electron rate equals that of the mean picture
    fine = dataclasses.replace(view, sensor=dataclasses.replace(view.sensor, pixel_pitch_um=0.4, fill_factor=1.0))
    width = transfer.image_size_mm(fine, 48, 64)[1]
    fitted = dataclasses.replace(fine.sensor, pixel_pitch_um=width * 1e3 / 656)
    rate, grid = electron_rate.electron_rate(picture, dataclasses.replace(fine, sensor=fitted))
    assert (grid.rows, grid.columns) == (492, 656)
    expected = electron_rate.electron_rate(
        np.broadcast_to(picture.mean((0, 1)), (48, 64, 3)), dataclasses.replace(fine, sensor=fitted)
    )[0]
    for i, j in np.ndindex(2, 2):
        assert rate[i::2, j::2].mean() == pytest.approx(expected[i, j], rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["underexposed", "pixel25", "f22"])
@pytest.mark.parametrize("shape", [(40, 40), (33, 57)])
def test_fast_and_spectral_paths_agree(setting, shape):
    picture = np.random.default_rng(1).random((*shape, 3))
    view = quiet(setting)
    fast, _ = electron_rate.electron_rate(picture, view)
    slow, _ = electron_rate.electron_rate_spectral(scene.radiance(picture, view.scene), view)
    np.testing.assert_allclose(fast, slow, atol=1e-12 * slow.max())


def test_image_of_square_pixels_matches_a_finely_sampled_convolution():
    """The cosine-series image of a coarse picture equals that of the same picture with every pixel split in 4×4."""
    picture = np.random.default_rng(2).random((16, 24, 3))
    view = quiet("f22")
    coarse, _ = electron_rate.electron_rate(picture, view)
    fine, _ = electron_rate.electron_rate(np.kron(picture, np.ones((4, 4, 1))), view)
    np.testing.assert_allclose(coarse, fine, rtol=1e-9, atol=1e-9 * fine.max())


@pytest.mark.parametrize("setting", ["underexposed", "pixel25", "f22"])
def test_black_stays_black_and_light_is_never_negative(setting):
    """No ringing: a single bright pixel on black gives no negative light anywhere."""
    picture = np.zeros((32, 32, 3))
    picture[5, 7] = 1.0
    view = quiet(setting)
    assert electron_rate.electron_rate(picture, view)[0].min() >= 0
    at = transfer.frequencies(view, 32, 32)  # the light itself, before rounding errors are cut off
    series = cosine_series.series(picture[None, ..., 0], at.orders)[0]
    (term,) = transfer.lens_terms(view, 550, at)
    basis = cosine_series.basis(np.linspace(0, 1, 101), 1.0, at.orders[0])
    image = basis @ (series * term.factor) @ basis.T
    assert image.min() > -1e-9 * image.max()


# --- sensor -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pitch", "expected"),
    # ISETCam, uniform D65 of 100 cd/m² at 1.2 m, f/4, 10 ms, mean e⁻ per pixel (R, G, B)
    [
        (1, (63.58, 36.61, 31.43)),
        (1.4, (124.6, 71.75, 61.60)),
        (2.2, (307.7, 177.2, 152.1)),
        (2.8, (498.5, 287.0, 246.4)),
        (25, (39739, 22880, 19643)),
    ],
)
def test_uniform_field_electrons_match_isetcam(pitch, expected):
    view = Camera(scene=Scene(distance_m=1.2), sensor=Sensor(pixel_pitch_um=pitch, noise=False))
    d65 = spectra.table("d65")[:, 0]
    energy = d65 * (100 / spectra.luminance(d65))
    field = np.broadcast_to(spectra.to_photons(energy), (8, 8, 31))
    rate, _ = electron_rate.electron_rate_spectral(field, view)
    through_rgb, _ = electron_rate.electron_rate(np.ones((8, 8, 3)), view)  # a white picture is D65
    for electrons in (rate * 0.010, through_rgb * 0.010):
        np.testing.assert_allclose([electrons[0, 1], electrons[0, 0], electrons[1, 0]], expected, rtol=0.01)


def test_uniform_field_electrons_match_the_golden_table(isetcam):
    golden = isetcam("c_sensor_uniform")
    irradiance = golden["oi_center_spectrum"]
    for column, pitch in enumerate(golden["px"]):
        area = 0.75 * (pitch * 1e-6) ** 2
        electrons = irradiance @ spectra.bayer_qe() * spectra.BAND_NM * area * float(golden["T"])
        np.testing.assert_allclose(electrons, golden["En"][:, column], atol=0.51)  # the reference rounds


def test_photon_radiance_of_the_reference_display_matches_isetcam(isetcam):
    golden = isetcam("f_rgb2scene")
    spectrum = isetcam("z_default_spectra")
    linear = np.stack(
        [spectrum["rgam"][np.round(golden["rgbt"][..., k] / 255 * 1023).astype(int), k] for k in range(3)], -1
    )
    ours = spectra.to_photons(linear @ spectra.reflectance_display().T)
    constants = spectra.PLANCK * spectra.LIGHT_SPEED / (6.626176e-34 * 2.99792458e8)  # the reference has older ones
    np.testing.assert_allclose(ours * constants, golden["ph"], rtol=1e-6, atol=1e-9 * golden["ph"].max())


def test_pixel_aperture_is_a_box():
    pixel = Sensor(pixel_pitch_um=2, fill_factor=0.25)
    assert pixels.aperture_side_mm(pixel) == pytest.approx(1e-3)
    np.testing.assert_allclose(pixels.aperture_mtf(np.array([0, 500, 1000]), 1e-3), [1, 2 / np.pi, 0], atol=1e-12)


@pytest.mark.parametrize("setting", ["underexposed", "pixel25", "f22"])
@pytest.mark.parametrize("level", [0.2, 0.5, 1.0])
def test_flat_field_renders_flat_up_to_the_border(setting, level):
    picture = pipeline.render(np.full((64, 96, 3), level), quiet(setting)).rgb
    spread = picture.max(axis=(0, 1)) - picture.min(axis=(0, 1))
    assert spread.max() < 1e-4


@pytest.mark.parametrize("setting", ["pixel25", "f22"])
def test_white_renders_neutral(setting):
    white = pipeline.render(np.ones((32, 32, 3)), quiet(setting)).linear[16, 16]
    np.testing.assert_allclose(white, exposure.AUTO_EXPOSURE_LEVEL, atol=2e-3)


def test_auto_exposure_fills_95_percent_of_the_well_and_stops_scale_it():
    picture = np.random.default_rng(3).random((32, 32, 3))
    for ev in (0, -2):
        render = pipeline.render(picture, quiet("f22-auto", exposure_ev=float(ev)))
        assert render.electrons.max() == pytest.approx(9500 * 2.0**ev, rel=1e-6)


def test_doubling_the_exposure_doubles_the_electrons():
    picture = np.random.default_rng(4).random((32, 32, 3))
    one = pipeline.render(picture, quiet("f22", exposure_s=1.0), dtype=np.float64).electrons
    two = pipeline.render(picture, quiet("f22", exposure_s=2.0), dtype=np.float64).electrons
    np.testing.assert_allclose(two, 2 * one, rtol=1e-12)


def test_noise_has_the_variance_of_its_sources():
    pixel = Sensor(dark_current_e_per_s=200, read_noise_e=7)
    rate = np.full((600, 600), 900.0)
    electrons = noise.expose(rate, 0.5, pixel, 5)
    mean, variance = 450 + 100, 450 + 100 + 49
    n = electrons.size
    assert electrons.mean() == pytest.approx(mean, abs=4 * math.sqrt(variance / n))
    assert electrons.var() == pytest.approx(variance, abs=4 * variance * math.sqrt(2 / n))


def test_electrons_stop_at_the_full_well_and_counts_at_full_scale():
    pixel = Sensor(full_well_e=1000, bit_depth=10)
    electrons = noise.expose(np.full((8, 8), 1e6), 1.0, pixel, 0)
    assert (electrons == 1000).all()
    assert (adc.digitise(electrons, pixel) == 1023).all()


def test_same_seed_same_bytes_other_seed_other_bytes():
    picture = np.random.default_rng(6).random((32, 32, 3))
    a, b, c = (pipeline.render(picture, camera_file.load("f22"), seed=s).rgb.tobytes() for s in (1, 1, 2))
    assert a == b != c


def test_field_of_view_does_not_depend_on_the_pixel_count():
    small, large = (pipeline.render(np.full((n, n, 3), 0.5), quiet("f22")).rgb.shape for n in (64, 256))
    assert small == large == (262, 262, 3)
    assert pipeline.render(np.full((64, 64, 3), 0.5), quiet("pixel25")).rgb.shape == (22, 22, 3)


# --- image processor ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cfa", ["grbg", "rggb", "bggr", "gbrg"])
def test_demosaic_of_a_linear_ramp_is_exact_inside_and_measured_values_stay(cfa):
    tile = pixels.cfa_index(Sensor(cfa=cfa))
    y, x = np.mgrid[0:12, 0:16]
    planes = np.stack([2 * x + y, 5 - x + 3 * y, 7 + x - y], axis=-1).astype(float)
    mosaic = np.take_along_axis(planes, np.tile(tile, (6, 8))[..., None], axis=-1)[..., 0]
    rebuilt = demosaic.bilinear(mosaic, tile)
    np.testing.assert_allclose(rebuilt[2:-2, 2:-2], planes[2:-2, 2:-2], atol=1e-9)
    measured = np.take_along_axis(rebuilt, np.tile(tile, (6, 8))[..., None], axis=-1)[..., 0]
    np.testing.assert_array_equal(measured, mosaic)


@pytest.mark.reference
@pytest.mark.parametrize("exposure", ["50", "10"])
def test_demosaic_matches_isetcam(shared, exposure):
    from scipy.io import loadmat

    golden = loadmat(shared / f"reference/camera/golden/d_ip_macbeth_T{exposure}ms.mat", squeeze_me=True)
    tile = np.array([[1, 0], [2, 1]])  # grbg
    np.testing.assert_allclose(demosaic.bilinear(golden["volts"], tile), golden["demosaic_volts"], atol=1e-7)


def test_colour_matrix_keeps_white_and_renders_the_checker_closely():
    matrix, d65 = colour_matrix.colour_matrix(Sensor()), spectra.table("d65")[:, 0]
    white = spectra.to_photons(d65) @ spectra.bayer_qe()
    np.testing.assert_allclose(white / white.max() @ matrix, 1.0, atol=1e-12)
    lit = (spectra.table("colorchecker") * d65[:, None]).T
    wanted = xyz_to_linear(100 * spectra.xyz(lit) / spectra.luminance(d65))
    colours = spectra.to_photons(lit) @ spectra.bayer_qe() / white.max() @ matrix
    lab = [colour_difference.xyz_to_lab(linear_to_xyz(c), SRGB_WHITE_XYZ) for c in (wanted, colours)]
    assert colour_difference.delta_e_2000(*lab).mean() < 4


def test_srgb_curve_is_its_own_inverse_and_meets_the_standard():
    values = np.linspace(0, 1, 1001)
    np.testing.assert_allclose(srgb_decode(srgb_encode(values)), values, atol=2e-7)
    assert srgb_encode(np.array(0.18)) == pytest.approx(0.4614, abs=1e-4)
    assert srgb_decode(np.array(0.5)) == pytest.approx(0.21404, abs=1e-5)


def lab(picture):
    return colour_difference.xyz_to_lab(linear_to_xyz(srgb_decode(picture)), SRGB_WHITE_XYZ)


def shift_by_underexposure(photo: photographs.Photo) -> np.ndarray:
    """Mean change of L*, a*, b* over the centred square of a photograph."""
    picture = next(photographs.scenes(photo)).rgb
    low = pipeline.render(picture, camera_file.load("underexposed")).reduced((32, 32))
    return (lab(low) - lab(resize(picture / 255, (32, 32)))).mean((0, 1))


@pytest.mark.parametrize("name", ["cameraman", "brick", "grass", "gravel"])
def test_underexposed_is_darker_and_warmer(name):
    """Of grey photographs, where every colour is the camera's."""
    lightness, a, b = shift_by_underexposure(photographs.builtin(name))
    assert lightness < -10 and a > 0 and b > 0 and a + b > 6


@pytest.mark.slow
@pytest.mark.reference
def test_underexposed_is_darker_and_warmer_over_a_hundred_photographs(shared):
    shifts = [shift_by_underexposure(photo) for photo in photographs.open_sources([shared / "data/test100"])]
    assert len(shifts) == 100
    lightness, a, b = np.mean(shifts, axis=0)
    assert lightness < -15 and a + b > 6
