"""Test charts against geometry, theory and published colours."""

import inspect
import itertools
import json
import math

import numpy as np
import pytest

from camsim.charts import catalogue, colorchecker, dead_leaves, patterns
from camsim.io import image
from camsim.light import colour, spectra

# The sRGB values that go round as those of the ColorChecker (X-Rite; D65), row by row from dark skin.
PUBLISHED_SRGB = np.array(
    [
        [115, 82, 68], [194, 150, 130], [98, 122, 157], [87, 108, 67], [133, 128, 177], [103, 189, 170],
        [214, 126, 44], [80, 91, 166], [193, 90, 99], [94, 60, 108], [157, 188, 64], [224, 163, 46],
        [56, 61, 150], [70, 148, 73], [175, 54, 60], [231, 199, 31], [187, 86, 149], [8, 133, 161],
        [243, 243, 242], [200, 200, 200], [160, 160, 160], [122, 122, 121], [85, 85, 85], [52, 52, 52],
    ]
)  # fmt: skip

NAMES = [chart.name for chart in catalogue.CHARTS]


def grey(name, height, width, **options):
    picture = catalogue.make(name, height, width, **options)
    assert picture.shape == (height, width, 3) and picture.dtype == np.float64
    assert np.array_equal(picture[..., 0], picture[..., 1]) and np.array_equal(picture[..., 0], picture[..., 2])
    return picture[..., 0]


def clipped_area(corners, normal, offset):
    """Area of the part of a polygon where normal·p ≥ offset: Sutherland–Hodgman and the shoelace formula."""
    kept = []
    for p, q in zip(corners, [*corners[1:], corners[0]], strict=True):
        a, b = np.dot(normal, p) - offset, np.dot(normal, q) - offset
        if a >= 0:
            kept.append(p)
        if (a >= 0) != (b >= 0):
            kept.append([p[i] + (q[i] - p[i]) * a / (a - b) for i in (0, 1)])
    if not kept:
        return 0.0
    x, y = np.array(kept).T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def local_frequency(signal):
    """Frequency, cycles per sample, of the strongest wave in a short signal."""
    windowed = (signal - signal.mean()) * np.hanning(len(signal))
    spectrum = np.abs(np.fft.rfft(windowed, 16384))
    return np.argmax(spectrum) / 16384


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(64, 64), (97, 130), (150, 41)])
def test_every_chart_has_any_size_and_stays_within_light(name, size):
    picture = catalogue.make(name, *size)
    assert picture.shape == (*size, 3) and picture.min() >= 0 and picture.max() <= 1
    assert np.array_equal(picture, catalogue.make(name, *size))
    assert name == "uniform" or picture.std() > 0.01


@pytest.mark.parametrize("name", NAMES)
def test_options_are_those_that_the_drawing_takes_and_have_words(name):
    chart = catalogue.get(name)
    parameters = inspect.signature(chart.draw).parameters
    wanted = [p for p in parameters if p not in ("height", "width", "spectral")]
    assert sorted(option.name for option in chart.options) == sorted(wanted)
    assert chart.description and all(option.meaning for option in chart.options)
    for option in chart.options:
        assert option.default is None or option.convert(option.default) == option.default


@pytest.mark.parametrize("angle_deg", [0, 5, 45, 84.3, 90, -37, 185])
def test_half_plane_coverage_is_the_area_of_the_clipped_pixel(angle_deg):
    rng = np.random.default_rng(1)
    normal = np.array([math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))])
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    for distance in rng.uniform(-0.9, 0.9, 60):  # the pixel's centre lies at `distance` from the line
        wanted = clipped_area(list(square + distance * normal), normal, 0.0)
        assert patterns.half_plane_coverage(np.array(distance), angle_deg) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("angle_deg", [5.0, -8.0, 2.3])
def test_slanted_edge_has_its_levels_and_its_angle(angle_deg):
    edge = grey("slanted-edge", 120, 160, angle_deg=angle_deg, high=0.9, low=0.1)
    assert edge[60, 0] == pytest.approx(0.1) and edge[60, -1] == pytest.approx(0.9)
    dark_px = ((0.9 - edge) / 0.8).sum(axis=1)  # exact coverage: where the edge crosses the middle of each row
    slope, middle = np.polyfit(np.arange(120) - 59.5, dark_px, 1)
    assert math.degrees(math.atan(-slope)) == pytest.approx(angle_deg, abs=1e-9)  # clockwise: the top leans right
    assert middle == pytest.approx(80, abs=1e-9)


def test_slanted_edge_near_the_horizontal_and_its_contrast():
    edge = grey("slanted-edge", 160, 120, angle_deg=95, high=0.8)
    assert edge[0, 60] == pytest.approx(0.2) and edge[-1, 60] == pytest.approx(0.8)  # 4:1
    slope = np.polyfit(np.arange(120), ((0.8 - edge) / 0.6).sum(axis=0), 1)[0]
    assert math.degrees(math.atan(slope)) == pytest.approx(5, abs=1e-9)
    assert grey("slanted-edge", 9, 9, high=0.6, contrast=10).min() == pytest.approx(0.06)
    with pytest.raises(ValueError, match="low and contrast"):
        catalogue.make("slanted-edge", 9, 9, low=0.1, contrast=2)


def test_point_array_has_its_spacing_and_size():
    points = grey("point-array", 100, 130, spacing_px=20, level=0.7, background=0.1)
    y, x = np.nonzero(points > 0.1)
    assert np.array_equal(np.unique(points), [0.1, 0.7])
    assert np.array_equal(np.diff(np.unique(y)), [20] * 4) and np.array_equal(np.diff(np.unique(x)), [20] * 5)
    assert len(y) == 30 and abs((y.min() + y.max()) / 2 - 49.5) <= 1 and abs((x.min() + x.max()) / 2 - 64.5) <= 1
    assert grey("point-array", 64, 64, spacing_px=16, point_px=2.5).sum() == pytest.approx(16 * 2.5**2)


def test_lines_have_spacing_width_and_direction():
    rows = grey("line", 64, 96, spacing_px=16, line_px=3, direction="horizontal")
    assert np.ptp(rows, axis=1).max() == 0 and rows[:, 0].sum() == 4 * 3
    assert set(np.diff(np.flatnonzero(rows[:, 0] == 1)).tolist()) == {1, 14}
    grid = grey("line", 64, 96, spacing_px=16, line_px=3)
    assert np.array_equal(grid, np.maximum(rows, grey("line", 64, 96, spacing_px=16, line_px=3, direction="vertical")))
    thin = grey("line", 64, 64, spacing_px=10.5, line_px=0.5, direction="vertical")
    assert thin[0].sum() == pytest.approx(6 * 0.5)
    centres = (thin[0] * (np.arange(64) + 0.5)).reshape(-1)
    groups = np.split(centres, np.flatnonzero((thin[0] > 0)[:-1] & ~(thin[0] > 0)[1:]) + 1)
    places = np.array([g.sum() for g in groups if g.sum()]) / 0.5  # centroids, to half a pixel
    assert np.abs(np.diff(places) - 10.5).max() <= 1 and len(places) == 6


def test_sinusoid_is_one_line_of_the_spectrum_with_its_amplitude():
    wave = grey("sinusoid", 48, 96, frequency=12, mean=0.4, contrast=0.6)
    spectrum = np.fft.fft2(wave) / wave.size
    assert spectrum[0, 0].real == pytest.approx(0.4)
    assert abs(spectrum[0, 12]) == pytest.approx(0.4 * 0.6 / 2) and spectrum[0, 12].imag == pytest.approx(0, abs=1e-12)
    spectrum[0, [0, 12, -12]] = 0
    assert np.abs(spectrum).max() < 1e-12
    level = grey("sinusoid", 96, 96, frequency=12, angle_deg=90)
    assert abs(np.fft.fft2(level)[12, 0]) / level.size == pytest.approx(0.5 * 0.9 / 2)
    finest = grey("sinusoid", 8, 64, frequency=32, mean=0.5, contrast=1)  # Nyquist itself
    assert np.array_equal(np.unique(finest.round(12)), [0, 1])
    tilted = grey("sinusoid", 64, 64, frequency=math.hypot(6, 8), angle_deg=math.degrees(math.atan2(8, 6)))
    assert abs(np.fft.fft2(tilted)[8, 6]) / tilted.size == pytest.approx(0.5 * 0.9 / 2)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_sweep_has_the_local_frequency_of_its_scale(scale):
    width, start, stop = 2048, 16, 512
    row = grey("sweep", 8, width, start=start, stop=stop, scale=scale)[3]
    for centre in (500, 1000, 1500, 1900):
        u = centre / width
        wanted = start * (stop / start) ** u if scale == "log" else start + (stop - start) * u
        measured = local_frequency(row[centre - 64 : centre + 64]) * width
        assert measured == pytest.approx(wanted, rel=0.03)


def test_sweep_contrast_changes_downwards_in_equal_ratios():
    sweep = grey("sweep", 100, 1024, contrast=0.8, contrast_bottom=0.008, mean=0.5)
    contrast = (sweep.max(axis=1) - sweep.min(axis=1)) / (sweep.max(axis=1) + sweep.min(axis=1))
    assert contrast == pytest.approx(0.8 * 0.01 ** ((np.arange(100) + 0.5) / 100), rel=0.01)


@pytest.mark.parametrize(("spokes", "profile"), [(36, "square"), (7, "square"), (72, "sine")])
def test_siemens_star_has_its_spokes_on_every_circle(spokes, profile):
    star = grey("siemens-star", 256, 256, spokes=spokes, profile=profile, low=0.1, high=0.9)
    for radius in (60, 90, 115):
        angle = np.arange(8192) / 8192 * 2 * np.pi
        y, x = (
            (127.5 + radius * np.sin(angle)).round().astype(int),
            (127.5 + radius * np.cos(angle)).round().astype(int),
        )
        harmonics = np.abs(np.fft.rfft(star[y, x] - 0.5)) / 4096
        assert np.argmax(harmonics) == spokes
        first = 0.4 * (4 / np.pi if profile == "square" else 1)  # of a square wave or of a sine
        blur = np.sinc(spokes / (2 * np.pi * radius)) ** 2  # the pixel's, and that of looking up the nearest one
        assert harmonics[spokes] == pytest.approx(first * blur, rel=0.02)
    assert star[128, 128 + 100] == pytest.approx(0.9, abs=0.05)  # bright to the right
    assert star[0, 0] == star[5, 250] == 0.5
    if spokes > 30:
        assert star[126:130, 126:130] == pytest.approx(0.5, abs=0.08)  # finer than pixels


def test_siemens_star_edges_cover_pixels_by_area():
    """One spoke: a straight edge through the centre along the y axis, and nearly so beside it for two."""
    star = grey("siemens-star", 101, 101, spokes=1, low=0, high=1)
    assert star[30, 50] == pytest.approx(0.5, abs=0.01) and star[30, 51] == 1 and star[30, 49] == 0
    two = grey("siemens-star", 200, 200, spokes=2, low=0, high=1)
    wanted = patterns.half_plane_coverage(np.arange(-2, 3) / math.sqrt(2), -45.0)  # the edge at 45°
    assert two[140, 138:143] == pytest.approx(wanted, abs=0.01)


def test_siemens_star_is_the_mean_over_every_pixel():
    """Against 40 × 40 places in each pixel, rim and centre included."""
    star = grey("siemens-star", 40, 44, spokes=5, low=0.1, high=0.9, background=0, radius=0.8)
    y, x = (np.arange(40 * 40) + 0.5) / 40 - 20, (np.arange(44 * 40) + 0.5) / 40 - 22
    fine = np.where(np.cos(5 * np.arctan2(y[:, None], x)) >= 0, 0.9, 0.1) * (np.hypot(y[:, None], x) <= 16)
    assert np.abs(star - fine.reshape(40, 40, 44, 40).mean(axis=(1, 3))).max() < 0.025


def test_siemens_star_disc_has_its_area():
    disc = grey("siemens-star", 200, 240, spokes=4, low=1, high=1, background=0, radius=0.8)
    assert disc.sum() == pytest.approx(math.pi * 80**2, rel=2e-4)


@pytest.mark.parametrize("top", [0.5, 0.2])
def test_zone_plate_frequency_grows_with_the_radius_up_to_the_rim(top):
    plate = grey("zone-plate", 1024, 1100, max_frequency=top)
    for radius in (150, 250, 350, 430):
        row = plate[512, 550 + radius - 24 : 550 + radius + 24]
        column = plate[512 + radius - 24 : 512 + radius + 24, 550]
        for line in (row, column):
            assert local_frequency(line) == pytest.approx(top * radius / 512, abs=0.006)
    assert plate[512, 550] == pytest.approx(0.95, abs=1e-3) and plate[0, 0] == plate[512, 5] == 0.5


def leaf_correlation(distance, r_min, r_max):
    """Chance that two points lie on the same leaf, B(h) / (2 B(0) − B(h)) with B the mean overlap of a leaf with
    itself moved by h (Matheron 1968; Lee, Mumford and Huang 2001)."""
    r = np.geomspace(r_min, r_max, 20001)
    h = np.minimum(distance, 2 * r)
    overlap = 2 * r**2 * np.arccos(h / (2 * r)) - h / 2 * np.sqrt(4 * r**2 - h**2)
    moved, still = (np.trapezoid(area * r**-3, r) for area in (overlap, np.pi * r**2))
    return moved / (2 * still - moved)


def test_dead_leaves_have_the_covariance_of_theory():
    distances = (4, 8, 16, 32)
    measured = []
    for seed in range(16):
        g = grey("dead-leaves", 192, 192, r_min_px=4, r_max_px=32, low=0, high=1, seed=seed) - 0.5
        pairs = [((g[:, h:] * g[:, :-h]).mean() + (g[h:] * g[:-h]).mean()) / 2 for h in distances]
        measured.append([12 * pair for pair in pairs] + [g.mean()])  # 1/12: variance of an even distribution
    mean, error = np.mean(measured, axis=0), np.std(measured, axis=0) / 4
    wanted = np.array([leaf_correlation(h, 4, 32) for h in distances] + [0.0])
    assert error.max() < 0.03
    assert (np.abs(mean - wanted) < 4 * error + 0.005).all(), (mean, wanted, error)


def test_dead_leaves_come_in_all_sizes_that_touch_the_picture():
    """Radii with density r⁻³ on the plane reach a picture in proportion to (height + 2r)(width + 2r)."""
    y, x, r = dead_leaves._discs(np.random.default_rng(2), 40_000, 60, 90, 2.0, 50.0)
    grid = np.geomspace(2, 50, 20001)
    density = grid**-3 * (60 + 2 * grid) * (90 + 2 * grid)
    share = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(grid))])
    wanted = np.interp(np.linspace(0.1, 0.9, 9), share / share[-1], grid)  # deciles
    assert np.searchsorted(np.sort(r), wanted) / 40_000 == pytest.approx(np.linspace(0.1, 0.9, 9), abs=0.01)
    assert (np.abs(y - 30) <= 30 + r).all() and (np.abs(x - 45) <= 45 + r).all()
    assert y.mean() == pytest.approx(30, abs=0.5) and x.mean() == pytest.approx(45, abs=0.7)


@pytest.mark.parametrize("radius", [0.6, 1.0, 1.7, 5.3, 40.0])
def test_a_leaf_has_the_area_of_its_disc(radius):
    side = 2 * math.ceil(radius) + 4
    window, rng = (slice(0, side), slice(0, side)), np.random.default_rng(3)
    places = side / 2 + rng.uniform(-0.5, 0.5, (400, 2))
    areas = [dead_leaves._disc_coverage(window, y, x, radius).sum() for y, x in places]
    assert np.mean(areas) == pytest.approx(math.pi * radius**2, rel=0.01)


@pytest.mark.slow
def test_dead_leaves_power_falls_as_one_over_frequency_squared():
    power, size = 0, 384
    for seed in range(3):
        g = grey("dead-leaves", size, size, seed=seed)
        power = power + np.abs(np.fft.fft2((g - g.mean()) * np.hanning(size)[:, None] * np.hanning(size))) ** 2
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    edges = np.geomspace(1 / 48, 1 / 4, 10)  # between the two radii, 48 and 1 px
    rings = [power[(f >= a) & (f < b)].mean() for a, b in itertools.pairwise(edges)]
    slope = np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(rings), 1)[0]
    assert -2.15 < slope < -1.8


def test_dead_leaves_seed_saturation_and_levels():
    first, again = (catalogue.make("dead-leaves", 80, 100, seed=5, saturation=0.7) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, catalogue.make("dead-leaves", 80, 100, seed=6, saturation=0.7))
    assert np.abs(first[..., 0] - first[..., 1]).mean() > 0.05
    grey("dead-leaves", 80, 100, seed=5)
    narrow = grey("dead-leaves", 80, 100, low=0.4, high=0.5)
    assert narrow.min() >= 0.4 and narrow.max() <= 0.5
    assert grey("dead-leaves", 64, 64, low=0.3, high=0.3) == pytest.approx(0.3, abs=1e-12)
    with pytest.raises(ValueError, match="r_max_px = 2 must be above r_min_px = 3"):
        catalogue.make("dead-leaves", 64, 64, r_min_px=3, r_max_px=2)


def test_uniform_is_exact():
    assert (catalogue.make("uniform", 10, 12, level=0.37) == 0.37).all()
    picture = catalogue.make("uniform", 10, 12, level=0.37, green=0.5, blue="0.1")
    assert (picture == [0.37, 0.5, 0.1]).all()


def test_ramp_rises_from_end_to_end():
    ramp = grey("ramp", 20, 101, low=0.1, high=0.6)
    assert ramp[3] == pytest.approx(0.1 + np.arange(101) * 0.005) and np.ptp(ramp, axis=0).max() == 0
    down = grey("ramp", 256, 20, scale="srgb", direction="vertical")
    assert 255 * colour.srgb_encode(down[:, 4]) == pytest.approx(np.arange(256), abs=1e-9)
    assert (np.diff(grey("ramp", 8, 64, scale="log", low=0.01)[0]) > 0).all()
    with pytest.raises(ValueError, match="low = 0 must be above 0"):
        catalogue.make("ramp", 8, 64, scale="log")


def test_step_wedge_has_equal_steps_of_density_in_fields_of_equal_size():
    wedge = grey("step-wedge", 16, 210, steps=21, low=0.01, high=1)
    fields = wedge.reshape(16, 21, 10)
    assert np.ptp(fields, axis=(0, 2)).max() < 1e-12
    assert np.diff(-np.log10(fields[0, :, 0])) == pytest.approx(-0.1)  # 21 steps of 0.1 D
    assert np.unique(grey("step-wedge", 64, 8, steps=4, low=0, scale="linear", direction="vertical")) == pytest.approx(
        [0, 1 / 3, 2 / 3, 1]
    )


def test_colorchecker_patches_are_the_reflectances_under_d65():
    """By another program and finer tables: colour-science, its CIE 1931 observer and D65."""
    science = pytest.importorskip("colour")
    shape = science.SpectralShape(400, 700, 10)
    observer = science.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    d65 = science.SDS_ILLUMINANTS["D65"].copy().align(shape)
    white = science.sd_to_XYZ(science.sd_ones(shape), observer, d65, method="Integration")
    for values, ours in zip(spectra.table("colorchecker").T, colorchecker.patch_linear(), strict=True):
        patch = science.SpectralDistribution(values, shape)
        xyz = science.sd_to_XYZ(patch, observer, d65, method="Integration") / white * [0.9505, 1, 1.089]
        assert ours == pytest.approx(np.linalg.solve(colour.SRGB_TO_XYZ, xyz), abs=1e-4)


def test_colorchecker_is_near_the_published_colours():
    """Mean CIEDE2000 below 1.5 and none above 3: two specimens of a printed chart differ by so much."""
    science = pytest.importorskip("colour")
    d65 = science.XYZ_to_xy(colour.SRGB_WHITE_XYZ / 100)

    def lab(linear):
        return science.XYZ_to_Lab(colour.linear_to_xyz(linear) / 100, d65)

    ours = lab(colorchecker.patch_linear())
    difference = science.delta_E(ours, lab(colour.srgb_decode(PUBLISHED_SRGB / 255)), method="CIE 2000")
    assert difference.mean() < 1.5 and difference.max() < 3
    chart = science.CCS_COLOURCHECKERS["ColorChecker 1976"]
    xyz = science.xyY_to_XYZ(list(chart.data.values()))
    xyz = science.chromatic_adaptation(xyz, science.xy_to_XYZ(chart.illuminant), colour.SRGB_WHITE_XYZ / 100)
    difference = science.delta_E(ours, science.XYZ_to_Lab(xyz, d65), method="CIE 2000")
    assert difference.mean() < 1.5 and difference.max() < 3


def test_colorchecker_layout_order_and_surround():
    picture = catalogue.make("colorchecker", 396, 588, surround=0.05)
    boxes = colorchecker.patch_boxes(396, 588, gap=0.125).round().astype(int)
    names = colorchecker.patch_names()
    assert len(names) == 24 and names[0] == "dark_skin" and names[18] == "white" and names[23] == "black"
    for (top, left, bottom, right), wanted in zip(boxes, colorchecker.patch_linear(), strict=True):
        assert bottom - top == right - left == 84
        assert np.allclose(picture[top:bottom, left:right], np.clip(wanted, 0, 1), rtol=0, atol=1e-12)
        assert picture[top - 1, left - 1] == pytest.approx(0.05)
    full = catalogue.make("colorchecker", 80, 120, gap=0)
    assert full[0, 0] == pytest.approx(colorchecker.patch_linear()[0])
    assert (full[-1, -1] == full[61, 101]).all()
    assert catalogue.make("macbeth", 80, 120, gap=0) == pytest.approx(full)


def test_spectra_of_the_colorchecker_and_of_a_grey_chart():
    cube = catalogue.reflectance("colorchecker", 80, 120, gap=0)
    assert cube.shape == (80, 120, 31) and cube.dtype == np.float32
    assert cube[10::20, 10::20].reshape(24, 31) == pytest.approx(spectra.table("colorchecker").T, abs=1e-6)
    d65 = spectra.table("d65")[:, 0]
    odd = catalogue.reflectance("colorchecker", 83, 127)  # patch borders within pixels: picture and spectra mix alike
    lit = colour.xyz_to_linear(spectra.xyz(odd * d65) / spectra.xyz(d65) * colour.SRGB_WHITE_XYZ)
    assert lit[..., 1:] == pytest.approx(catalogue.make("colorchecker", 83, 127)[..., 1:], abs=1e-6)
    edge = catalogue.reflectance("slanted-edge", 30, 40)
    assert np.ptp(edge, axis=2).max() == 0
    assert edge[..., 7] == pytest.approx(grey("slanted-edge", 30, 40), abs=1e-6)
    with pytest.raises(ValueError, match="uniform has spectra only in grey"):
        catalogue.reflectance("uniform", 30, 40, red=0.1)
    with pytest.raises(ValueError, match="4194304"):
        catalogue.reflectance("uniform", 3000, 3000)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("slantededge", {}, "did you mean 'slanted-edge'"),
        ("slanted-edge", {"angel_deg": 5}, "did you mean 'angle_deg'"),
        ("slanted-edge", {"angle_deg": "steep"}, "angle_deg = 'steep' must be a number in [-360, 360]"),
        ("slanted-edge", {"high": "auto"}, "high cannot be auto"),
        ("uniform", {"level": 1.2}, "level = 1.2 must be in [0, 1]"),
        ("uniform", {"level": math.nan}, "level = nan must be a number"),
        ("uniform", {"level": True}, "level = True must be a number"),
        ("siemens-star", {"spokes": 3.5}, "spokes = 3.5 must be a whole number in [1, 1000]"),
        ("siemens-star", {"profile": "sin"}, "profile = 'sin' must be one of square, sine; did you mean 'sine'?"),
        ("sinusoid", {"frequency": 33}, "frequency = 33 must be at most 32"),
        ("sinusoid", {"mean": 0.8, "contrast": 0.5}, "mean = 0.8 must be at most 0.6667"),
        ("sweep", {"stop": 40}, "stop = 40 must be at most 32"),
        ("point-array", {"spacing_px": 65}, "spacing_px = 65 must be at most the picture's side, 64"),
        ("point-array", {"spacing_px": 4, "point_px": 5}, "spacing_px = 4 must be at least the size of a mark, 5"),
        ("step-wedge", {"steps": 65}, "steps = 65 must be at most the picture's side, 64"),
    ],
)
def test_impossible_values_are_named_in_one_line(name, options, words):
    with pytest.raises(ValueError) as error:
        catalogue.make(name, 64, 64, **options)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_sizes_are_bounded():
    for size in ((7, 64), (64, 9000)):
        with pytest.raises(ValueError, match=r"= (7|9000) must be in \[8, 8192\]"):
            catalogue.make("uniform", *size)


def test_command_lists_charts_and_options(command):
    listed = command("camsim", "chart")
    assert listed.returncode == 0 and listed.stdout == command("camsim", "chart", "--list").stdout
    assert all(name in listed.stdout for name in NAMES) and "macbeth" in listed.stdout
    options = command("camsim", "chart", "slanted-edge", "--options")
    assert options.returncode == 0 and all(o.name in options.stdout for o in catalogue.get("slanted-edge").options)
    assert set(json.loads(command("camsim", "chart", "--json").stdout)) == set(NAMES)


def test_command_draws_what_reads_back_and_leaves_a_record(command, refused, tmp_path):
    done = command("camsim", "chart", "slanted-edge", "--size", "64x48", "--set", "angle-deg=10", "--set", "high=0.5")
    assert done.returncode == 0 and "64×48" in done.stdout, done.stderr
    wanted = catalogue.make("slanted-edge", 48, 64, angle_deg=10, high=0.5)
    read = image.read(tmp_path / "slanted-edge.png")
    assert np.abs(read - colour.srgb_encode(wanted)).max() <= 0.5 / 255 + 1e-12
    record = json.loads((tmp_path / "slanted-edge.json").read_text())
    assert record["options"] == {"angle_deg": 10, "high": 0.5, "low": None, "contrast": None}
    assert (record["chart"], record["width"], record["height"]) == ("slanted-edge", 64, 48)
    assert "slanted-edge.png exists" in refused("camsim", "chart", "slanted-edge")
    assert command("camsim", "chart", "slanted-edge", "--size", "32", "--force").returncode == 0
    assert image.read(tmp_path / "slanted-edge.png").shape == (32, 32, 3)


def test_command_keeps_16_bits(command, tmp_path):
    done = command("camsim", "chart", "dead-leaves", "--size", "50x40", "--bits", "16")
    assert done.returncode == 0, done.stderr
    wanted = colour.srgb_encode(catalogue.make("dead-leaves", 40, 50))
    assert np.abs(image.read(tmp_path / "dead-leaves.png") - wanted).max() <= 0.5 / 65535 + 1e-9


def test_command_writes_spectra_and_where_the_patches_are(command, tmp_path):
    done = command("camsim", "chart", "macbeth", "-o", "out/", "--spectral", "cube.npz", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record == json.loads((tmp_path / "out" / "colorchecker.json").read_text())
    assert record["patches"]["bluish_green"] == [12, 492, 96, 576]
    stored = np.load(tmp_path / "cube.npz")
    assert stored["reflectance"].shape == (396, 588, 31)
    assert np.array_equal(stored["wavelength_nm"], np.arange(400, 701, 10))
    assert stored["reflectance"][50, 530] == pytest.approx(spectra.table("colorchecker")[:, 5], abs=1e-6)
    assert command("camsim", "chart", "zone-plate", "--size", "40", "-o", "only.npz").returncode == 0
    assert np.load(tmp_path / "only.npz")["reflectance"].shape == (40, 40, 31)
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["cube.npz", "only.json", "only.npz"]


def test_command_dry_run_writes_nothing(command, tmp_path):
    done = command("camsim", "chart", "ramp", "-o", "a/b.png", "--dry-run")
    assert done.returncode == 0 and "would write a/b.png" in done.stdout and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("slantededge",), "did you mean 'slanted-edge'"),
        (("slanted-edge", "--set", "angel_deg=5"), "did you mean 'angle_deg'"),
        (("slanted-edge", "--set", "angle_deg"), "KEY=VALUE"),
        (("slanted-edge", "--set", "angle_deg=400"), "angle_deg = 400 must be in [-360, 360]"),
        (("slanted-edge", "--size", "12by9"), "--size"),
        (("slanted-edge", "--size", "5"), "height = 5"),
        (("slanted-edge", "-o", "edge.xyz"), ".xyz"),
        (("slanted-edge", "-o", "edge.jpg", "--bits", "16"), "16 bits"),
        (("slanted-edge", "--spectral", "edge.png"), ".npz"),
        (("uniform", "--set", "red=0.2", "-o", "new/u.npz"), "spectra only in grey"),
        (("--options",), "name a chart"),
        (("slanted-edge", "-o", "file.png/edge.png"), "file.png"),
    ],
)
def test_command_refuses_in_one_line_and_leaves_nothing(refused, tmp_path, arguments, words):
    (tmp_path / "file.png").write_text("x")
    assert words in refused("camsim", "chart", *arguments)
    assert [p.name for p in tmp_path.iterdir()] == ["file.png"]
