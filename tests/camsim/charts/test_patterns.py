"""Edges, gratings, stars and wedges against geometry and theory."""

import math

import numpy as np
import pytest

from camsim.charts import catalogue, patterns
from camsim.light import colour


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


@pytest.mark.parametrize("angle_deg", [0, 5, 45, 84.3, 90, -37, 185])
def test_half_plane_coverage_is_the_area_of_the_clipped_pixel(angle_deg):
    rng = np.random.default_rng(1)
    normal = np.array([math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))])
    square = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    for distance in rng.uniform(-0.9, 0.9, 60):  # the pixel's centre lies at `distance` from the line
        wanted = clipped_area(list(square + distance * normal), normal, 0.0)
        assert patterns.half_plane_coverage(np.array(distance), angle_deg) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("angle_deg", [5.0, -8.0, 2.3])
def test_slanted_edge_has_its_levels_and_its_angle(angle_deg, grey):
    edge = grey("slanted-edge", 120, 160, angle_deg=angle_deg, high=0.9, low=0.1)
    assert edge[60, 0] == pytest.approx(0.1) and edge[60, -1] == pytest.approx(0.9)
    dark_px = ((0.9 - edge) / 0.8).sum(axis=1)  # exact coverage: where the edge crosses the middle of each row
    slope, middle = np.polyfit(np.arange(120) - 59.5, dark_px, 1)
    assert math.degrees(math.atan(-slope)) == pytest.approx(angle_deg, abs=1e-9)  # clockwise: the top leans right
    assert middle == pytest.approx(80, abs=1e-9)


def test_slanted_edge_near_the_horizontal_and_its_contrast(grey):
    edge = grey("slanted-edge", 160, 120, angle_deg=95, high=0.8)
    assert edge[0, 60] == pytest.approx(0.2) and edge[-1, 60] == pytest.approx(0.8)  # 4:1
    slope = np.polyfit(np.arange(120), ((0.8 - edge) / 0.6).sum(axis=0), 1)[0]
    assert math.degrees(math.atan(slope)) == pytest.approx(5, abs=1e-9)
    assert grey("slanted-edge", 9, 9, high=0.6, contrast=10).min() == pytest.approx(0.06)
    with pytest.raises(ValueError, match="low and contrast"):
        catalogue.make("slanted-edge", 9, 9, low=0.1, contrast=2)


def test_point_array_has_its_spacing_and_size(grey):
    points = grey("point-array", 100, 130, spacing_px=20, level=0.7, background=0.1)
    y, x = np.nonzero(points > 0.1)
    assert np.array_equal(np.unique(points), [0.1, 0.7])
    assert np.array_equal(np.diff(np.unique(y)), [20] * 4) and np.array_equal(np.diff(np.unique(x)), [20] * 5)
    assert len(y) == 30 and abs((y.min() + y.max()) / 2 - 49.5) <= 1 and abs((x.min() + x.max()) / 2 - 64.5) <= 1
    assert grey("point-array", 64, 64, spacing_px=16, point_px=2.5).sum() == pytest.approx(16 * 2.5**2)


def test_lines_have_spacing_width_and_direction(grey):
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


def test_sinusoid_is_one_line_of_the_spectrum_with_its_amplitude(grey):
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
def test_sweep_has_the_local_frequency_of_its_scale(scale, grey):
    width, start, stop = 2048, 16, 512
    row = grey("sweep", 8, width, start=start, stop=stop, scale=scale)[3]
    for centre in (500, 1000, 1500, 1900):
        u = centre / width
        wanted = start * (stop / start) ** u if scale == "log" else start + (stop - start) * u
        measured = local_frequency(row[centre - 64 : centre + 64]) * width
        assert measured == pytest.approx(wanted, rel=0.03)


def test_sweep_contrast_changes_downwards_in_equal_ratios(grey):
    sweep = grey("sweep", 100, 1024, contrast=0.8, contrast_bottom=0.008, mean=0.5)
    contrast = (sweep.max(axis=1) - sweep.min(axis=1)) / (sweep.max(axis=1) + sweep.min(axis=1))
    assert contrast == pytest.approx(0.8 * 0.01 ** ((np.arange(100) + 0.5) / 100), rel=0.01)


@pytest.mark.parametrize(("spokes", "profile"), [(36, "square"), (7, "square"), (72, "sine")])
def test_siemens_star_has_its_spokes_on_every_circle(spokes, profile, grey):
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


def test_siemens_star_edges_cover_pixels_by_area(grey):
    """One spoke: a straight edge through the centre along the y axis, and nearly so beside it for two."""
    star = grey("siemens-star", 101, 101, spokes=1, low=0, high=1)
    assert star[30, 50] == pytest.approx(0.5, abs=0.01) and star[30, 51] == 1 and star[30, 49] == 0
    two = grey("siemens-star", 200, 200, spokes=2, low=0, high=1)
    wanted = patterns.half_plane_coverage(np.arange(-2, 3) / math.sqrt(2), -45.0)  # the edge at 45°
    assert two[140, 138:143] == pytest.approx(wanted, abs=0.01)


def test_siemens_star_is_the_mean_over_every_pixel(grey):
    """Against 40 × 40 places in each pixel, rim and centre included."""
    star = grey("siemens-star", 40, 44, spokes=5, low=0.1, high=0.9, background=0, radius=0.8)
    y, x = (np.arange(40 * 40) + 0.5) / 40 - 20, (np.arange(44 * 40) + 0.5) / 40 - 22
    fine = np.where(np.cos(5 * np.arctan2(y[:, None], x)) >= 0, 0.9, 0.1) * (np.hypot(y[:, None], x) <= 16)
    assert np.abs(star - fine.reshape(40, 40, 44, 40).mean(axis=(1, 3))).max() < 0.025


def test_siemens_star_disc_has_its_area(grey):
    disc = grey("siemens-star", 200, 240, spokes=4, low=1, high=1, background=0, radius=0.8)
    assert disc.sum() == pytest.approx(math.pi * 80**2, rel=2e-4)


@pytest.mark.parametrize("top", [0.5, 0.2])
def test_zone_plate_frequency_grows_with_the_radius_up_to_the_rim(top, grey):
    plate = grey("zone-plate", 1024, 1100, max_frequency=top)
    for radius in (150, 250, 350, 430):
        row = plate[512, 550 + radius - 24 : 550 + radius + 24]
        column = plate[512 + radius - 24 : 512 + radius + 24, 550]
        for line in (row, column):
            assert local_frequency(line) == pytest.approx(top * radius / 512, abs=0.006)
    assert plate[512, 550] == pytest.approx(0.95, abs=1e-3) and plate[0, 0] == plate[512, 5] == 0.5


def test_uniform_is_exact():
    assert (catalogue.make("uniform", 10, 12, level=0.37) == 0.37).all()
    picture = catalogue.make("uniform", 10, 12, level=0.37, green=0.5, blue="0.1")
    assert (picture == [0.37, 0.5, 0.1]).all()


def test_ramp_rises_from_end_to_end(grey):
    ramp = grey("ramp", 20, 101, low=0.1, high=0.6)
    assert ramp[3] == pytest.approx(0.1 + np.arange(101) * 0.005) and np.ptp(ramp, axis=0).max() == 0
    down = grey("ramp", 256, 20, scale="srgb", direction="vertical")
    assert 255 * colour.srgb_encode(down[:, 4]) == pytest.approx(np.arange(256), abs=1e-9)
    assert (np.diff(grey("ramp", 8, 64, scale="log", low=0.01)[0]) > 0).all()
    with pytest.raises(ValueError, match="low = 0 must be above 0"):
        catalogue.make("ramp", 8, 64, scale="log")


def test_step_wedge_has_equal_steps_of_density_in_fields_of_equal_size(grey):
    wedge = grey("step-wedge", 16, 210, steps=21, low=0.01, high=1)
    fields = wedge.reshape(16, 21, 10)
    assert np.ptp(fields, axis=(0, 2)).max() < 1e-12
    assert np.diff(-np.log10(fields[0, :, 0])) == pytest.approx(-0.1)  # 21 steps of 0.1 D
    assert np.unique(grey("step-wedge", 64, 8, steps=4, low=0, scale="linear", direction="vertical")) == pytest.approx(
        [0, 1 / 3, 2 / 3, 1]
    )
