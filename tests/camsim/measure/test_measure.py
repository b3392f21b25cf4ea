"""The instruments, held to edges, charts and sensors whose truth is known by formula."""

import csv
import io
import json
import math

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.camera import ISP, Camera, Optics, Scene, Sensor
from camsim.charts import colorchecker
from camsim.io import image
from camsim.light import spectra
from camsim.light.colour import srgb_decode, srgb_encode
from camsim.measure import colour_accuracy, figures, photon_transfer, slanted_edge
from camsim.optics import diffraction

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


# --- MTF -------------------------------------------------------------------------------------------------------------


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
@pytest.mark.parametrize("fnumber, pitch_um", [(2.8, 1.0), (4.0, 1.0), (8.0, 1.4), (8.0, 2.2)])
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
    with pytest.raises(ValueError) as error:
        slanted_edge.measure(plane, roi)
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["ISO-Chart1", "ISO_DSC_300a", "Test_edge1", "FruitMCC_6500"])
def test_edges_of_real_chart_pictures_are_found(shared, name):
    (path,) = (p for p in (shared / "data/charts").rglob("*") if p.stem == name)
    response = slanted_edge.measure(srgb_decode(image.read(path)) @ [0.2126, 0.7152, 0.0722])
    assert 1 <= abs(response.angle_deg) <= 40 and response.mtf50_per_px > 0.02
    assert response.sfr_noise[below_nyquist(response)].max() < 0.1


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "pitch_mm"), [("f4_px10", 1.0e-3), ("f22_px10", 1.0e-3), ("f4_px22", 2.2e-3), ("f22_px22", 2.2e-3)]
)
def test_isetcam_iso12233(shared, name, pitch_mm):
    """ISETCam's own edge and curve, its MTF50 within 2 %."""
    from scipy.io import loadmat

    golden = loadmat(shared / "reference/camera/golden/g_iso12233.mat", squeeze_me=True)
    crop = golden[f"{name}_volts_crop"]
    response = slanted_edge.measure(crop, (0, 0, *crop.shape))
    assert response.angle_deg == pytest.approx(math.degrees(math.atan(3 / 7)), abs=0.05)
    theirs = response.as_isetcam()
    assert theirs.mtf50_per_px / pitch_mm == pytest.approx(golden[f"{name}_mtf50"], rel=0.02)
    frequency = golden[f"{name}_freq"] * pitch_mm
    difference = np.interp(frequency, theirs.frequency_per_px, theirs.sfr) - golden[f"{name}_mtf"]
    assert np.abs(difference)[frequency <= 0.5].max() < (0.006 if name == "f4_px22" else 0.003)


# --- colour ----------------------------------------------------------------------------------------------------------


def chart_picture(rows=200, columns=300):
    """The chart in linear sRGB with noise where the patches meet, which must not count."""
    cells = colorchecker.patch_linear().reshape(4, 6, 3)
    picture = cells.repeat(rows // 4, axis=0).repeat(columns // 6, axis=1)
    y, x = np.arange(rows) % (rows // 4), np.arange(columns) % (columns // 6)
    border = (np.minimum(y, rows // 4 - 1 - y) < rows // 20)[:, None] | (
        np.minimum(x, columns // 6 - 1 - x) < columns // 30
    )
    return np.where(border[..., None], np.random.default_rng(0).random(picture.shape), picture)


def test_reference_agrees_with_an_independent_integration():
    import colour

    names = colorchecker.patch_names()
    table = spectra.table("colorchecker")
    for i in range(24):
        curve = colour.SpectralDistribution(dict(zip(spectra.WAVELENGTH_NM, table[:, i], strict=True)), name=names[i])
        xyz = colour.sd_to_XYZ(curve, illuminant=colour.SDS_ILLUMINANTS["D65"], method="Integration")
        lab = colour.XYZ_to_Lab(xyz / 100, colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"])
        ours = colour_accuracy.to_lab(colour_accuracy.reference()[i])
        assert colour.delta_E(lab, ours, method="CIE 2000") < 0.5, names[i]


def test_the_chart_itself_has_no_error():
    check = colour_accuracy.measure(chart_picture())
    assert check.names[colour_accuracy.WHITE] == "white" and len(check.names) == 24
    assert check.delta_e.max() < 1e-6 and not check.turned and check.gain == 1


def test_differences_are_ciede2000_of_the_patches():
    from scielab.metrics import colour_difference

    picture = np.clip(chart_picture() @ [[0.8, 0.1, 0.0], [0.1, 0.7, 0.1], [0.0, 0.1, 0.75]], 0, 1)
    check = colour_accuracy.measure(picture)
    white = np.array([95.05, 100.0, 108.9])
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    lab = colour_difference.xyz_to_lab(100 * check.linear @ matrix.T, white)
    assert np.abs(lab - check.lab).max() < 0.01
    assert np.abs(colour_difference.delta_e_2000(check.reference_lab, lab) - check.delta_e).max() < 0.01
    assert 3 < check.delta_e.mean() < 8


def test_exposure_is_matched_on_the_white_patch():
    dark = colour_accuracy.measure(0.4 * chart_picture())
    assert dark.delta_e.mean() > 10
    matched = colour_accuracy.measure(0.4 * chart_picture(), match_white=True)
    assert matched.gain == pytest.approx(2.5) and matched.delta_e.max() < 1e-6


def test_box_places_the_chart():
    large = np.full((400, 500, 3), 0.3)
    large[90:290, 120:420] = chart_picture()
    assert colour_accuracy.measure(large, (90, 120, 290, 420)).delta_e.max() < 1e-6
    assert colour_accuracy.measure(large).delta_e.mean() > 5


def test_a_chart_on_its_head_is_noticed():
    assert colour_accuracy.measure(chart_picture()[::-1, ::-1]).turned


@pytest.mark.parametrize(
    "box, words", [((0, 0, 500, 300), "within 200 rows"), ((0, 0, 10, 300), "too small"), ((9, 9, 9, 99), "TOP,LEFT")]
)
def test_unsuitable_boxes_are_refused(box, words):
    with pytest.raises(ValueError, match=words):
        colour_accuracy.measure(chart_picture(), box)


def test_a_black_white_patch_cannot_be_matched():
    with pytest.raises(ValueError, match="black"):
        colour_accuracy.measure(np.zeros((40, 60, 3)), match_white=True)


# --- photon transfer -------------------------------------------------------------------------------------------------

SENSORS = {
    "default": {},
    "black level": {"black_level_dn": 64},
    "small black level": {"black_level_dn": 3, "bit_depth": 10},
    "analog gain": {"analog_gain": 8, "black_level_dn": 64},
    "analog gain, clipped": {"analog_gain": 16},
    "fine": {"bit_depth": 14, "read_noise_e": 1.5, "full_well_e": 6000, "black_level_dn": 256},
    "no ADC": {"bit_depth": 0},
    "deep well": {"full_well_e": 1e6, "bit_depth": 16, "read_noise_e": 30},
    "small well": {"full_well_e": 500, "read_noise_e": 2},
    "much dark current": {"dark_current_e_per_s": 1e6},
    "patterns and defects": {
        "prnu": 0.02,
        "dsnu_e": 15,
        "missing_fraction": 0.001,
        "stuck_fraction": 0.002,
    },
    "binned": {"binning": 2},
    "mono": {"cfa": "mono"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SENSORS)
def test_photon_transfer_finds_what_the_sensor_was_given(name):
    sensor = Sensor(**SENSORS[name])
    found = photon_transfer.measure(sensor, seed=1)
    bins = sensor.binning**2  # a binned pixel holds n² wells and is read once
    saturation = sensor.full_well_e * bins / sensor.analog_gain
    gain = saturation / (2**sensor.bit_depth - 1 - sensor.black_level_dn) if sensor.bit_depth else 1.0
    assert found.gain_e_per_dn == pytest.approx(gain, rel=0.01)
    assert found.read_noise_e == pytest.approx(sensor.read_noise_e, rel=0.03)
    assert found.full_well_e == pytest.approx(saturation, rel=0.02)
    assert found.black_level_dn == pytest.approx(sensor.black_level_dn, abs=0.3)
    assert found.dark_current_e_per_s == pytest.approx(sensor.dark_current_e_per_s * bins, rel=0.02)
    assert found.prnu == pytest.approx(sensor.prnu, rel=0.03, abs=0.003)
    assert found.dsnu_e == pytest.approx(sensor.dsnu_e, rel=0.03, abs=1.0)
    assert found.defects == round(0.001 * 65536) + round(0.002 * 65536) * (sensor.stuck_fraction > 0) - 66 * (
        sensor.missing_fraction == 0
    )
    decibels = 20 * math.log10(saturation / sensor.read_noise_e)
    assert found.dynamic_range_db == pytest.approx(decibels, abs=0.3)


@pytest.mark.slow
def test_columns_count_as_pattern():
    sensor = Sensor(column_gain_fpn=0.03, column_offset_fpn_e=30, black_level_dn=200)
    found = photon_transfer.measure(sensor, size=512)
    assert found.prnu == pytest.approx(0.03, rel=0.15)  # 512 columns: rms known to 3 %
    assert found.dsnu_e == pytest.approx(30, rel=0.15)
    assert found.read_noise_e == pytest.approx(10, rel=0.03)


@pytest.mark.slow
def test_a_clipped_dark_frame_would_tell_too_little():
    """Why the read noise comes from the line: half of the default sensor's dark noise is cut off at zero."""
    found = photon_transfer.measure(Sensor())
    dark = found.points.variance_dn2[0]
    assert math.sqrt(dark) * found.gain_e_per_dn < 0.75 * found.read_noise_e
    assert not found.points.fitted[0]
    assert photon_transfer.measure(Sensor(black_level_dn=64)).points.fitted[0]


def test_same_seed_same_result():
    first, again, other = (photon_transfer.measure(Sensor(), size=64, seed=seed) for seed in (5, 5, 6))
    assert first.gain_e_per_dn == again.gain_e_per_dn != other.gain_e_per_dn


def test_dark_current_that_stays_below_the_clipping_is_not_invented():
    assert photon_transfer.measure(Sensor(dark_current_e_per_s=0), size=64).dark_current_e_per_s is None
    assert photon_transfer.measure(
        Sensor(dark_current_e_per_s=0, black_level_dn=64), size=64
    ).dark_current_e_per_s == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    "values, words",
    [({"noise": False}, "noise = false"), ({"bit_depth": 1}, "too coarse"), ({"missing_fraction": 0.8}, "respond")],
)
def test_what_has_no_photon_transfer_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        photon_transfer.measure(Sensor(**values), size=64)


# --- figures and commands --------------------------------------------------------------------------------------------


@pytest.fixture
def edge_file(tmp_path):
    plane = 0.2 + 0.6 * square_edge((200, 240), 5.0)
    path = tmp_path / "edge.png"
    image.write(path, srgb_encode(np.repeat(plane[..., None], 3, axis=2) * [1.0, 0.9, 0.8]))
    return path


@pytest.fixture
def chart_file(tmp_path):
    path = tmp_path / "chart.png"
    image.write(path, srgb_encode(np.clip(chart_picture(), 0, 1)))
    return path


def is_drawn(path):
    picture = image.read(path)
    return min(picture.shape[:2]) > 400 and len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


@pytest.mark.slow
def test_mtf_command(command, edge_file, tmp_path):
    told = command("camsim", "measure", "mtf", edge_file, "--pitch-um", "2.2")
    assert told.returncode == 0 and "MTF50" in told.stdout and "cycles/mm" in told.stdout, told.stderr
    result = command(
        "camsim", "measure", "mtf", edge_file, "--json", "--channel", "r", "--pitch-um", "2", "-o", "c.png"
    )
    record = json.loads(result.stdout)
    assert record["channel"] == "R" and record["angle_deg"] == pytest.approx(5, abs=0.05)
    frequency, curve = np.array(record["frequency_cycles_per_pixel"]), np.array(record["mtf"])
    assert np.abs(curve - square_mtf(frequency, 5.0))[frequency <= 0.5].max() < 0.02  # 8 bits
    assert record["mtf50_cycles_per_mm"] == pytest.approx(record["mtf50_cycles_per_pixel"] * 500)
    assert is_drawn(tmp_path / "c.png")


@pytest.mark.slow
def test_mtf_command_takes_a_region_and_linear_values(command, edge_file, tmp_path):
    plane = image.read(edge_file)
    image.write(tmp_path / "linear.png", srgb_decode(plane))
    region = "10,20,190,220"
    result = command("camsim", "measure", "mtf", "linear.png", "--linear", "--roi", region, "--order", "2", "--json")
    record = json.loads(result.stdout)
    assert record["roi"] == [10, 20, 190, 220] and record["mtf50_cycles_per_mm"] is None
    assert record["mtf_nyquist"] == pytest.approx(float(square_mtf(0.5, 5.0)), abs=0.02)
    wrong = json.loads(command("camsim", "measure", "mtf", edge_file, "--linear", "--roi", region, "--json").stdout)
    assert wrong["contrast"] < record["contrast"] - 0.1  # sRGB values taken for light


@pytest.mark.slow
def test_color_command(command, chart_file, tmp_path):
    result = command("camsim", "measure", "color", chart_file, "-o", "patches.png")
    assert result.returncode == 0 and "cyan" in result.stdout and "mean" in result.stdout, result.stderr
    assert is_drawn(tmp_path / "patches.png")
    record = json.loads(command("camsim", "measure", "color", chart_file, "--json", "--match-white").stdout)
    assert record["gain"] == pytest.approx(1, abs=0.01) and len(record["patches"]) == 24
    within = [p["delta_e_2000"] for p in record["patches"] if p["patch"] != "cyan"]
    assert max(within) < 1 < record["max_delta_e_2000"] < 4  # 8 bits; cyan lies outside sRGB
    rows = list(csv.DictReader(io.StringIO(command("camsim", "measure", "color", chart_file, "--csv").stdout)))
    assert [row["patch"] for row in rows] == list(colorchecker.patch_names())
    assert float(rows[0]["delta_e_2000"]) < 1


@pytest.mark.slow
def test_color_command_notes_a_turned_chart(command, tmp_path):
    image.write(tmp_path / "turned.png", srgb_encode(np.clip(chart_picture()[::-1, ::-1], 0, 1)))
    assert "180°" in command("camsim", "measure", "color", "turned.png").stderr


@pytest.mark.slow
def test_ptc_command(command, tmp_path):
    result = command("camsim", "measure", "ptc", "--set", "sensor.read_noise_e=5", "-o", "curve.png")
    assert result.returncode == 0 and "e⁻/DN" in result.stdout, result.stderr
    assert is_drawn(tmp_path / "curve.png")
    record = json.loads(command("camsim", "measure", "ptc", "--set", "sensor.prnu=0.02", "--json").stdout)
    assert record["gain_e_per_dn"] == pytest.approx(10000 / 4095, rel=0.01)
    assert record["prnu"] == pytest.approx(0.02, rel=0.03) and len(record["points"]) > 40
    assert {"exposure_s", "mean_dn", "variance_dn2", "fitted"} == set(record["points"][0])


@pytest.mark.slow
def test_ptc_command_with_no_read_noise_and_no_adc(command, tmp_path):
    sets = ("--set", "sensor.read_noise_e=0", "--set", "sensor.bit_depth=0", "--set", "sensor.dark_current_e_per_s=0")
    result = command("camsim", "measure", "ptc", *sets, "--seed", "3", "-o", "curve.svg")
    assert result.returncode == 0 and "gain           1.00" in result.stdout, result.stderr
    assert "read noise     0." in result.stdout and "not measurable" in result.stdout
    assert (tmp_path / "curve.svg").stat().st_size > 5000


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("mtf", "missing.png"), "no such file"),
        (("mtf", "chart.png"), "--roi"),
        (("mtf", "edge.png", "--roi", "1,2,3"), "TOP,LEFT,BOTTOM,RIGHT"),
        (("mtf", "edge.png", "--roi", "0,0,999,100"), "within 200 rows"),
        (("mtf", "edge.png", "--pitch-um", "0"), "pitch-um"),
        (("mtf", "edge.png", "-o", "edge.png"), "is an input"),
        (("mtf", "edge.png", "-o", "chart.png"), "exists; --force"),
        (("mtf", "edge.png", "-o", "curve.txt"), "a figure is written as"),
        (("color", "chart.png", "--box", "0,0,9,9"), "too small"),
        (("color", "chart.png", "--csv", "--json"), "give one"),
        (("ptc", "--setting", "ideal"), "no sensor"),
        (("ptc", "--setting", "f2"), "unknown setting"),
        (("ptc", "--set", "sensor.noise=false"), "noise = false"),
        (("ptc", "--size", "8"), "size"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(refused, edge_file, chart_file, arguments, words):
    before = edge_file.read_bytes(), chart_file.read_bytes()
    assert words in refused("camsim", "measure", *arguments)
    assert (edge_file.read_bytes(), chart_file.read_bytes()) == before


def test_figures_are_written_whole_in_every_format(tmp_path):
    response = slanted_edge.measure(square_edge((120, 120), 5.0), (0, 0, 120, 120))
    for suffix in (".png", ".pdf", ".svg"):
        for name in ("a", "b"):
            figures.save_mtf(tmp_path / f"{name}{suffix}", response, square_edge((120, 120), 5.0))
        assert (tmp_path / f"a{suffix}").stat().st_size > 5000
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_every_builtin_camera_has_a_photon_transfer():
    for name in camera_file.builtin_names():
        chosen = camera_file.load(name)
        if not chosen.ideal:
            found = photon_transfer.measure(chosen.sensor, size=64)
            assert found.read_noise_e == pytest.approx(chosen.sensor.read_noise_e, rel=0.1)
