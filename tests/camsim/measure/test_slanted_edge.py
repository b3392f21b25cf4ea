"""The MTF from slanted edges whose truth is known by formula."""

import math
import re

import numpy as np
import pytest

from camsim import pipeline
from camsim.camera import Camera
from camsim.camera_parts import ISP, Optics, Scene, Sensor
from camsim.io import image
from camsim.light import spectra
from camsim.light.colour import srgb_decode, srgb_encode
from camsim.measure import edge_finder, slanted_edge
from camsim.optics import diffraction

pytestmark = pytest.mark.installed

ANGLES_DEG = [-33, -10, -5, 1.5, 3, 5, 7.3, math.degrees(math.atan(1 / 4)), 23]


def distance_px(shape, angle_deg, at=0.31):
    """Signed distance of every pixel's centre from an edge near the picture's middle, that angle off the columns."""
    rows, columns = shape
    angle = math.radians(angle_deg)
    y, x = np.mgrid[:rows, :columns]
    return (x - (columns - 1) / 2 - at) * math.cos(angle) - (y - (rows - 1) / 2) * math.sin(angle)


def square_mtf(frequency, angle_deg, side=1.0):
    """MTF of a square of `side` pixels along the normal of the edge."""
    angle = math.radians(angle_deg)
    return np.abs(np.sinc(frequency * side * math.cos(angle)) * np.sinc(frequency * side * math.sin(angle)))


def edge_of(shape, angle_deg, line_spread_mtf, cutoff):
    """An edge from 0 to 1 blurred by any symmetric MTF(f): ½ + ∫ MTF(f) sin(2πfd)/(πf) df, sampled at the pixels."""
    distance = distance_px(shape, angle_deg)
    f = (np.arange(6000) + 0.5) * cutoff / 6000
    grid = np.arange(-math.ceil(np.abs(distance).max()) - 1, math.ceil(np.abs(distance).max()) + 1.01, 0.05)
    profile = 0.5 + np.sin(2 * np.pi * np.outer(grid, f)) @ (line_spread_mtf(f) / (np.pi * f)) * (cutoff / 6000)
    return np.interp(distance, grid, profile)


def square_edge(shape, angle_deg):
    """An edge sampled by square pixels without gaps: the share of each pixel that is bright, in closed form."""
    angle = math.radians(angle_deg)
    p, q = math.cos(angle), abs(math.sin(angle))
    d = distance_px(shape, angle_deg)

    def ramp(x):
        return np.maximum(x, 0.0) ** 2 / 2

    corners = ramp(d + (p + q) / 2) - ramp(d + (p - q) / 2) - ramp(d - (p - q) / 2) + ramp(d - (p + q) / 2)
    return corners / (p * q)


def below_nyquist(response):
    return response.frequency_per_px <= 0.5


@pytest.mark.parametrize("angle", ANGLES_DEG)
@pytest.mark.parametrize("turned", [False, True], ids=["near-vertical", "near-horizontal"])
def test_square_pixels_have_the_product_of_two_sincs_as_mtf(angle, turned):
    plane = 0.1 + 0.7 * square_edge((220, 200), angle)
    response = slanted_edge.measure(plane.T[:, ::-1] if turned else plane)
    wanted = square_mtf(response.frequency_per_px, angle)
    assert np.abs(response.sfr - wanted)[below_nyquist(response)].max() < 0.005
    assert response.orientation == ("horizontal" if turned else "vertical")
    assert abs(response.angle_deg) == pytest.approx(abs(angle), abs=0.01)
    assert response.mtf50_per_px == pytest.approx(
        slanted_edge.crossing(response.frequency_per_px, wanted, 0.5), rel=0.01
    )
    assert response.nyquist_sfr == pytest.approx(float(square_mtf(0.5, angle)), abs=0.005)
    assert response.contrast == pytest.approx(0.7 / 0.9, abs=1e-3)
    assert response.oversharpening < 0.002 and response.overshoot < 0.001


@pytest.mark.slow
@pytest.mark.parametrize(("fnumber", "pitch_um"), [(2.8, 1.0), (4.0, 1.0), (8.0, 1.4), (8.0, 2.2)])
def test_diffraction_and_pixel_aperture(fnumber, pitch_um):
    side = math.sqrt(0.75)

    def truth(f):
        return diffraction.diffraction_otf(f * 1e3 / pitch_um, 550.0, fnumber) * square_mtf(f, 5.0, side)

    cutoff = min(diffraction.cutoff_per_mm(550.0, fnumber) * pitch_um * 1e-3, 4.0)
    response = slanted_edge.measure(edge_of((260, 260), 5.0, truth, cutoff))
    assert np.abs(response.sfr - truth(response.frequency_per_px))[below_nyquist(response)].max() < 0.02


def test_a_rendered_edge_has_the_mtf_of_the_camera_that_rendered_it():
    """A noiseless camera without colour filters; the truth is lens times pixel times the picture's own squares."""
    fine, angle, fnumber = 8, 5.0, 4.0  # picture pixels per sensor pixel
    rows = 160 * fine
    picture = 0.2 + 0.6 * square_edge((rows, rows), angle)
    width_mm = 160 * 1e-3
    view = Scene(fov_deg=math.degrees(2 * math.atan(width_mm / 2 / 3.862755)))
    sensor = Sensor(cfa="mono", noise=False, bit_depth=0)
    camera_ = Camera(scene=view, optics=Optics(fnumber=fnumber), sensor=sensor, isp=ISP(color_matrix="none"))
    counts = pipeline.render(np.repeat(srgb_encode(picture)[..., None], 3, axis=2), camera_).counts
    response = slanted_edge.measure(
        counts, (8, 0, 152, 160)
    )  # the picture is mirrored at its borders, which bends the edge

    weight = spectra.to_photons(spectra.table("d65")[:, 0]) * spectra.bayer_qe().max(axis=1)
    f = response.frequency_per_px
    otf = np.stack([diffraction.diffraction_otf(f * 1e3, nm, fnumber) for nm in spectra.WAVELENGTH_NM], axis=1)
    truth = otf @ weight / weight.sum() * square_mtf(f, angle, math.sqrt(0.75)) * square_mtf(f / fine, angle) ** 2
    assert np.abs(response.sfr - truth)[below_nyquist(response)].max() < 0.02


@pytest.mark.slow
def test_sharpening_shows_as_it_is():
    """Rows filtered with δ + a(δ − mean of three): the MTF is multiplied by 1 + a(1 − (1 + 2cos 2πf)/3) along x."""
    angle, amount = 5.0, 1.2
    truth = diffraction.diffraction_otf
    plane = 0.2 + 0.5 * edge_of((240, 240), angle, lambda f: truth(f * 1e3, 550.0, 8.0), 0.227)
    mean = (plane + np.roll(plane, 1, axis=1) + np.roll(plane, -1, axis=1)) / 3
    sharp = (plane + amount * (plane - mean))[:, 20:-20]
    response = slanted_edge.measure(sharp)
    f = response.frequency_per_px
    along = f * math.cos(math.radians(angle))
    wanted = truth(f * 1e3, 550.0, 8.0) * (1 + amount * (1 - (1 + 2 * np.cos(2 * np.pi * along)) / 3))
    assert np.abs(response.sfr - wanted)[below_nyquist(response)].max() < 0.03
    strong = slanted_edge.measure(0.2 + 0.5 * _sharpened(square_edge((240, 240), angle), amount))
    wanted = square_mtf(f, angle) * (1 + amount * (1 - (1 + 2 * np.cos(2 * np.pi * along)) / 3))
    assert strong.oversharpening == pytest.approx(wanted[f <= 0.5].max() - 1, abs=0.01) and wanted.max() > 1.3
    assert strong.overshoot > 0.1


def _sharpened(plane, amount):
    mean = (plane + np.roll(plane, 1, axis=1) + np.roll(plane, -1, axis=1)) / 3
    return plane + amount * (plane - mean)


@pytest.mark.parametrize("flip", [0, 1, 2, 3])
def test_polarity_and_side_change_nothing(flip):
    plane = 0.1 + 0.7 * square_edge((200, 180), 5.0)
    plane = [plane, 0.9 - plane, plane[:, ::-1], plane[::-1]][flip]
    response = slanted_edge.measure(plane, (0, 10, 200, 170))
    wanted = square_mtf(response.frequency_per_px, 5.0)
    assert np.abs(response.sfr - wanted)[below_nyquist(response)].max() < 0.005
    assert response.roi == (0, 10, 200, 170)


def test_noise_errs_as_much_as_the_result_says():
    clean = 0.2 + 0.5 * square_edge((200, 120), 5.0)
    errors, predicted = [], []
    for seed in range(12):
        noisy = clean + 0.01 * np.random.default_rng(seed).standard_normal(clean.shape)
        response = slanted_edge.measure(noisy, (0, 0, 200, 120))
        band = (response.frequency_per_px >= 0.1) & (response.frequency_per_px <= 0.5)
        errors.append((response.sfr - square_mtf(response.frequency_per_px, 5.0))[band])
        predicted.append(response.sfr_noise[band])
    ratio = np.sqrt(np.mean(np.square(errors))) / np.sqrt(np.mean(np.square(predicted)))
    assert 0.75 < ratio < 1.3  # some 150 independent values
    assert np.abs(np.mean(errors, axis=0)).max() < 0.03


def test_a_curved_edge_needs_a_parabola():
    rows, columns = 200, 160
    y = np.arange(rows)
    bent = 80.2 + math.tan(math.radians(5)) * (y - 100) + 6 * ((y - 100) / 100) ** 2
    plane = np.clip(np.arange(columns) - bent[:, None] + 0.5, 0, 1)
    with pytest.raises(ValueError, match=r"bends by 5\.\d pixels"):
        slanted_edge.measure(plane, (0, 0, rows, columns))
    response = slanted_edge.measure(plane, (0, 0, rows, columns), order=2)
    truth = square_mtf(response.frequency_per_px, 5.0)
    assert np.abs(response.sfr - truth)[below_nyquist(response)].max() < 0.02


@pytest.mark.parametrize(
    ("angle", "turned", "shape"), [(5.0, False, (300, 400)), (-12.0, True, (260, 200)), (23.0, False, (128, 128))]
)
def test_the_edge_is_found_without_a_region(angle, turned, shape):
    plane = 0.2 + 0.6 * square_edge(shape, angle)
    plane = plane.T if turned else plane
    response = slanted_edge.measure(plane)
    assert abs(response.angle_deg) == pytest.approx(abs(angle), abs=0.05)
    assert response.orientation == ("horizontal" if turned else "vertical")
    error = response.sfr - square_mtf(response.frequency_per_px, angle)
    assert np.abs(error)[below_nyquist(response)].max() < 0.01


def test_the_slanted_edge_is_found_among_straight_ones():
    """A dark tilted square on a page with upright bars around it: only the tilted sides can be measured."""
    y, x = np.mgrid[0:400, 0:400]
    plane = np.where((x < 40) | (x > 360) | (y < 40) | (y > 360), 0.1, 0.9)
    turn = math.radians(5)
    u, v = (
        (x - 200) * math.cos(turn) + (y - 200) * math.sin(turn),
        (y - 200) * math.cos(turn) - (x - 200) * math.sin(turn),
    )
    plane = plane - 0.7 * np.clip(80.5 - np.abs(u), 0, 1) * np.clip(80.5 - np.abs(v), 0, 1)
    response = slanted_edge.measure(plane)
    assert abs(response.angle_deg) == pytest.approx(5, abs=0.1)
    top, left, bottom, right = response.roi
    assert min(top, left) > 40 and max(bottom, right) <= 360


@pytest.mark.parametrize(
    ("plane", "roi", "words"),
    [
        (np.full((100, 100), 0.5), None, "edge"),
        (np.full((100, 100), 0.5), (0, 0, 100, 100), "no edge"),
        (square_edge((100, 100), 0.2), (0, 0, 100, 100), "1° to 40°"),
        (square_edge((100, 100), 44.0), (0, 0, 100, 100), "1° to 40°"),
        (square_edge((100, 100), 5.0), (0, 0, 100, 120), "within 100 rows and 100 columns"),
        (square_edge((100, 100), 5.0), (0, 0, 8, 100), "at least 16"),
        (square_edge((100, 100), 5.0), (50, 0, 40, 100), "TOP,LEFT,BOTTOM,RIGHT"),
        (square_edge((12, 12), 5.0), None, "too few"),
        (np.full((100, 100), np.nan), None, "finite"),
        (np.zeros((20, 20, 3)), None, "(rows, columns)"),
    ],
)
def test_what_has_no_slanted_edge_is_refused(plane, roi, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        slanted_edge.measure(plane, roi)
    assert "\n" not in str(error.value)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["ISO-Chart1", "ISO_DSC_300a", "Test_edge1", "FruitMCC_6500"])
def test_edges_of_real_chart_pictures_are_found(shared, name):
    (path,) = (p for p in (shared / "data/charts").rglob("*") if p.stem == name)
    response = slanted_edge.measure(srgb_decode(image.read(path)) @ [0.2126, 0.7152, 0.0722])
    assert 1 <= abs(response.angle_deg) <= 40 and response.mtf50_per_px > 0.02
    assert response.sfr_noise[below_nyquist(response)].max() < 0.1


@pytest.mark.parametrize(
    ("name", "pitch_mm"),
    [
        ("f4_px22", 2.2e-3),
        ("f22_px22", 2.2e-3),
        pytest.param("f4_px10", 1.0e-3, marks=pytest.mark.reference),
        pytest.param("f22_px10", 1.0e-3, marks=pytest.mark.reference),
    ],
)
def test_isetcam_iso12233(isetcam, name, pitch_mm):
    """ISETCam's own edge and curve, its MTF50 within 2 %."""
    golden = isetcam("g_iso12233_px22" if name.endswith("px22") else "g_iso12233")
    crop = golden[f"{name}_volts_crop"]
    response = slanted_edge.measure(crop, (0, 0, *crop.shape))
    assert response.angle_deg == pytest.approx(math.degrees(math.atan(3 / 7)), abs=0.05)
    theirs = response.as_isetcam()
    assert theirs.mtf50_per_px / pitch_mm == pytest.approx(golden[f"{name}_mtf50"], rel=0.02)
    frequency = golden[f"{name}_freq"] * pitch_mm
    difference = np.interp(frequency, theirs.frequency_per_px, theirs.sfr) - golden[f"{name}_mtf"]
    assert np.abs(difference)[frequency <= 0.5].max() < (0.006 if name == "f4_px22" else 0.003)


def test_a_response_shows_itself_in_a_line_and_in_a_table():
    response = slanted_edge.measure(square_edge((120, 120), 5.0))
    assert repr(response).startswith("<EdgeResponse: MTF50 0.60") and len(repr(response)) < 150
    assert dict(response.in_words(2.0))["MTF50"].endswith("cycles/mm")
    assert response._repr_html_().count("<tr>") == len(response.in_words()) == 5


def test_finding_no_edge_is_an_error_of_its_own():
    with pytest.raises(edge_finder.NoEdgeFound):
        slanted_edge.measure(np.full((100, 100), 0.5))
    with pytest.raises(ValueError, match="no edge runs through the region") as error:
        slanted_edge.measure(np.full((100, 100), 0.5), (0, 0, 100, 100))
    assert not isinstance(error.value, edge_finder.NoEdgeFound)
