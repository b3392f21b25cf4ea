"""S-CIELAB against the numbers of the 1996 code, published colour differences, and what must hold by nature.

tests/golden/scielab.npz holds results of the unmodified 1996 Stanford code (github.com/wandell/SCIELAB-1996), run
under GNU Octave 7.3.0 on synthetic pictures, which are stored with them as 8-bit sRGB codes: arrays
<case>/{ref, out, samples_per_degree}, then rows `rows` of the maps `76`, `94` and `2000` (CIEDE2000 of the code's
L*a*b*), the first two of them as opponent planes and L*a*b* of `out`; kernels/<samples per degree>/<channel>.
"""

import dataclasses
import io
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage

import scielab
from camsim.light import colour
from scielab.comparison import map_figure
from scielab.eye import kernels
from scielab.metrics import colour_difference, s_cielab

COMPACT = np.load(Path(__file__).parents[2] / "golden" / "scielab.npz")
CASES = sorted({name.rsplit("/", 1)[0] for name in COMPACT if name.endswith("/ref")})
GOLDEN = Path(__file__).parents[4] / "shared" / "reference" / "scielab" / "golden"
REFERENCES = json.loads((GOLDEN / "summary.json").read_text()) if (GOLDEN / "summary.json").exists() else {}
MAPS = {76: "dE76_1996", 94: "dE94_1996", 2000: "dE2000_on_1996lab"}

# L*, a*, b* of two colours and their CIEDE2000: Sharma, Wu, Dalal (2005), table 1.
SHARMA = np.loadtxt(
    io.StringIO("""
    50 2.6772 -79.7751 50 0 -82.7485 2.0425
    50 3.1571 -77.2803 50 0 -82.7485 2.8615
    50 2.8361 -74.0200 50 0 -82.7485 3.4412
    50 -1.3802 -84.2814 50 0 -82.7485 1.0000
    50 -1.1848 -84.8006 50 0 -82.7485 1.0000
    50 -0.9009 -85.5211 50 0 -82.7485 1.0000
    50 0 0 50 -1 2 2.3669
    50 -1 2 50 0 0 2.3669
    50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
    50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
    50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
    50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
    50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
    50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
    50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
    50 2.5 0 50 0 -2.5 4.3065
    50 2.5 0 73 25 -18 27.1492
    50 2.5 0 61 -5 29 22.8977
    50 2.5 0 56 -27 -3 31.9030
    50 2.5 0 58 24 15 19.4535
    50 2.5 0 50 3.1736 0.5854 1.0000
    50 2.5 0 50 3.2972 0 1.0000
    50 2.5 0 50 1.8634 0.5757 1.0000
    50 2.5 0 50 3.2592 0.3350 1.0000
    60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
    63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
    61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
    35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
    22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
    36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
    90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
    90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
    6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
    2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
    """)
)


def noise(shape=(48, 56), seed=0):
    return np.random.default_rng(seed).uniform(size=(*shape, 3))


# --- against the 1996 code -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
def test_maps_are_those_of_the_1996_code(case, formula):
    ref, out = COMPACT[f"{case}/ref"] / 255, COMPACT[f"{case}/out"] / 255
    rate, rows = float(COMPACT[f"{case}/samples_per_degree"]), COMPACT[f"{case}/rows"]
    found = s_cielab.delta_e(ref, out, samples_per_degree=rate, formula=formula)
    assert_allclose(found[rows], COMPACT[f"{case}/{formula}"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_planes_are_those_of_the_1996_code(case):
    out, rate = COMPACT[f"{case}/out"] / 255, float(COMPACT[f"{case}/samples_per_degree"])
    rows = COMPACT[f"{case}/rows"][:2]
    opponent = s_cielab.filtered_opponent(out, samples_per_degree=rate)
    assert_allclose(opponent[rows], COMPACT[f"{case}/opp"], rtol=0, atol=1e-9)
    lab = s_cielab.filtered_lab(out, samples_per_degree=rate)
    assert_allclose(lab[rows], COMPACT[f"{case}/lab"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("rate", [23, 27.5, 60, 224])
def test_kernels_are_those_of_the_1996_code(rate):
    for channel, bank in zip(kernels.CHANNELS, kernels.kernels(rate), strict=True):
        assert_allclose(bank, COMPACT[f"kernels/{rate}/{channel}"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "rate, taps",
    zip(
        (10, 18, 23, 27.5, 30, 35, 40, 46, 50, 60, 100, 120, 224),
        (9, 17, 23, 27, 29, 35, 39, 45, 49, 59, 99, 119, 223),
        strict=True,
    ),
)
def test_kernel_lengths(rate, taps):
    assert kernels.kernel_taps(rate) == taps


@pytest.mark.parametrize(
    "rate, gains",
    [
        (23, (1.00203, 0.99667, 0.99769)),
        (30, (1.00673, 0.98870, 0.99206)),
        (60, (1.00291, 0.99524, 0.99672)),
        (10, (1.0214, 0.9603, 0.9702)),
        (224, (1, 1, 1)),
    ],
)
def test_kernels_are_not_renormalised(rate, gains):
    found = [(np.abs(bank).sum(axis=1) * bank.sum(axis=1)).sum() for bank in kernels.kernels(rate)]
    assert_allclose(found, gains, atol=6e-5)


@pytest.mark.reference
@pytest.mark.skipif(not REFERENCES, reason="no reference data beside this checkout")
@pytest.mark.parametrize("case", REFERENCES or ["none"])
def test_every_reference_picture(case):
    data, rate = np.load(GOLDEN / f"{case}.npz"), REFERENCES[case]["samp_per_deg"]
    hats = case.startswith("hats")
    stem = "hats" if hats else case
    codes = [np.asarray(Image.open(GOLDEN / f"{stem}_{which}.png")) for which in ("ref", "out")]
    if hats:
        table, to_lms = data["gamma_table"], data["rgb2lms"]
        pictures = [np.stack([table[c[..., i], i] for i in range(3)], axis=-1) @ to_lms.T for c in codes]
        viewing = {"samples_per_degree": rate, "input": "lms"}
        white = {"white": data["white_lms"]}
    else:
        pictures, viewing, white = [c / 255 for c in codes], {"samples_per_degree": rate}, {}

    for formula, name in MAPS.items():
        if name in data:
            found = s_cielab.delta_e(*pictures, formula=formula, **viewing, **white)
            assert_allclose(found, data[name], rtol=0, atol=1e-8 if formula == 2000 else 1e-9, err_msg=name)
    for which, picture in zip(("ref", "out"), pictures, strict=True):
        if (name := f"opp_filtered_{which}") in data:
            rows, columns = data[name].shape[:2]
            opponent = s_cielab.filtered_opponent(picture, **viewing)
            assert_allclose(opponent[:rows, :columns], data[name], rtol=0, atol=1e-9)
        if (name := f"lab_filtered_{which}") in data:
            rows, columns = data[name].shape[:2]
            lab = s_cielab.filtered_lab(picture, **viewing, **white)
            assert_allclose(lab[:rows, :columns], data[name], rtol=0, atol=1e-9)
    for channel, bank in zip(kernels.CHANNELS, kernels.kernels(rate), strict=True):
        if f"kernels_{channel}" in data:
            assert_allclose(bank, data[f"kernels_{channel}"], rtol=0, atol=1e-9)
    if "plain_dE76" in data:
        lab = [
            colour_difference.xyz_to_lab(colour.linear_to_xyz(colour.srgb_decode(p)), data["white"]) for p in pictures
        ]
        assert_allclose(colour_difference.delta_e_76(*lab), data["plain_dE76"], rtol=0, atol=1e-9)
    pooled = s_cielab.summary(s_cielab.delta_e(*pictures, **viewing, **white))
    for name, value in REFERENCES[case]["dE76_1996"].items():
        assert pooled[name.replace("pct_gt", "percent_above")] == pytest.approx(value, abs=1e-9)
    if hats:
        above_20 = np.count_nonzero(s_cielab.delta_e(*pictures, **viewing, **white) > 20)
        assert above_20 == {10: 261, 23: 173, 60: 7}[rate]  # 173: "We think this is 173" in the code's example


# --- colour differences ----------------------------------------------------------------------------------------


def test_ciede2000_gives_the_published_values():
    assert_allclose(colour_difference.delta_e_2000(SHARMA[:, :3], SHARMA[:, 3:6]), SHARMA[:, 6], rtol=0, atol=5e-5)
    assert_allclose(colour_difference.delta_e_2000(SHARMA[:, 3:6], SHARMA[:, :3]), SHARMA[:, 6], rtol=0, atol=5e-5)


def test_ciede2000_of_opposite_hues():
    """Exactly opposite hues h and h + 180° have the mean hue h + 90° (equation 14 with |h₁ - h₂| = 180°)."""
    angle = np.radians([0, 30, 100, 179])
    first = np.stack([np.full(4, 50), 0 * angle, 40 * np.sin(angle)], axis=-1)
    first[:, 1] = 40 * np.cos(angle)
    second = first * [1, -1, -1]
    for a, b in ((first, second), (second, first)):
        found = colour_difference.delta_e_2000(a, b)
        # a' = a (1 + G), by which hues turn alike and stay opposite
        stretch = 1 + 0.5 * (1 - np.sqrt(40**7 / (40**7 + 25**7)))
        x, y = first[:, 1] * stretch, first[:, 2]
        chroma, mean = np.hypot(x, y), np.degrees(np.arctan2(y, x)) % 360 + 90
        t = (
            1
            - 0.17 * np.cos(np.radians(mean - 30))
            + 0.24 * np.cos(np.radians(2 * mean))
            + 0.32 * np.cos(np.radians(3 * mean + 6))
            - 0.20 * np.cos(np.radians(4 * mean - 63))
        )
        assert_allclose(found, 2 * chroma / (1 + 0.015 * chroma * t), rtol=1e-9)


def test_formulas_take_any_shape_and_keep_single_precision():
    first, second = noise((4, 5)) * 100 - 20, noise((4, 5), seed=1) * 100 - 20
    for formula in colour_difference.FORMULAS.values():
        found = formula(first, second)
        assert found.shape == (4, 5) and found.dtype == float
        assert formula(first[1, 2], second[1, 2]) == pytest.approx(found[1, 2], rel=1e-12)
        assert_allclose(formula(first[1, 2], second), [[formula(first[1, 2], v) for v in row] for row in second])
        single = formula(first.astype(np.float32), second.astype(np.float32))
        assert single.dtype == np.float32
        assert_allclose(single, found, rtol=1e-4)


@pytest.mark.parametrize("formula, method", [(76, "CIE 1976"), (94, "CIE 1994"), (2000, "CIE 2000")])
def test_formulas_agree_with_colour_science(formula, method):
    colour = pytest.importorskip("colour")
    low, high = np.array([[0, -90, -90], [100, 90, 90]])
    first, second = np.random.default_rng(1).uniform(low, high, size=(2, 500, 3))
    options = {"textiles": False} if formula == 94 else {}
    expected = colour.delta_E(first, second, method=method, **options)
    assert_allclose(colour_difference.FORMULAS[formula](first, second), expected, rtol=1e-9)


def test_cie94_by_hand():
    # chroma 50 → 40 at the same hue: S_C = 1 + 0.045 · 50 = 3.25, S_H = 1.75
    assert colour_difference.delta_e_94([60, 30, 40], [60, 24, 32]) == pytest.approx(10 / 3.25)
    assert colour_difference.delta_e_94([60, 24, 32], [60, 30, 40]) == pytest.approx(10 / 2.8), (
        "weights follow the reference"
    )
    assert colour_difference.delta_e_94([60, 50, 0], [60, 0, 50]) == pytest.approx(np.sqrt(2) * 50 / 1.75)
    assert colour_difference.delta_e_94([60, 30, 40], [64, 30, 40], k=(2, 1, 1)) == pytest.approx(2)


def test_lab_of_white_black_and_the_dark_end():
    white = np.array([95.05, 100.0, 108.9])
    assert_allclose(colour_difference.xyz_to_lab(white, white), [100, 0, 0], atol=1e-12)
    assert_allclose(colour_difference.xyz_to_lab(np.zeros(3), white), [0, 0, 0], atol=1e-12)
    assert colour_difference.xyz_to_lab(0.005 * white, white)[0] == pytest.approx(903.3 * 0.005)
    assert_allclose(colour_difference.xyz_to_lab([-0.9505, 0, 0], white), [0, 500 * 7.787 * -0.01, 0], atol=1e-12)


# --- filters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape, rate", [((40, 52), 33), ((64, 61), 60), ((10, 24), 9.7), ((31, 30), 2)])
def test_three_ways_of_filtering_agree(shape, rate):
    plane = np.random.default_rng(2).normal(size=shape)
    for bank in kernels.kernels(rate):
        assert bank.shape[1] < min(shape)
        direct = sum(
            ndimage.correlate1d(
                ndimage.correlate1d(plane, row, axis=1, mode="reflect"), np.abs(row), axis=0, mode="reflect"
            )
            for row in bank
        )
        dense = sum(
            kernels.axis_operator(np.abs(row), shape[0]) @ plane @ kernels.axis_operator(row, shape[1]).T
            for row in bank
        )
        assert_allclose(kernels.filter_plane(plane, bank), direct, rtol=0, atol=1e-12)
        assert_allclose(dense, direct, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 90), (90, 6), (59, 59), (33, 34)])
def test_small_pictures_against_padding_by_hand(shape):
    """Half the picture reflected, zeros beyond, where the kernel (59) is not shorter than the side."""
    plane = np.random.default_rng(3).normal(size=shape)

    def along(plane, kernel):
        pad = len(kernel) // 2 if len(kernel) < plane.shape[1] else plane.shape[1] // 2
        rows = [np.convolve(np.pad(row, pad, mode="symmetric"), kernel) for row in plane]
        start = pad + len(kernel) // 2
        return np.array(rows)[:, start : start + plane.shape[1]]

    for bank in kernels.kernels(60):
        expected = sum(along(along(plane, row).T, np.abs(row)).T for row in bank)
        assert_allclose(kernels.filter_plane(plane, bank), expected, rtol=0, atol=1e-12)


def test_filter_keeps_symmetry_and_the_place_of_a_point():
    point = np.zeros((65, 65))
    point[32, 32] = 1
    for bank in kernels.kernels(40):
        blurred = kernels.filter_plane(point, bank)
        assert np.unravel_index(blurred.argmax(), blurred.shape) == (32, 32)
        assert_allclose(blurred, blurred.T, atol=1e-15)
        assert_allclose(blurred, blurred[::-1, ::-1], atol=1e-15)


def test_luminance_passes_what_colour_does_not():
    """Response to gratings at 120 samples per degree: the published order of the channels and its figures."""
    cycles = np.array([1, 2, 4, 8, 16])
    expected = {
        "lum": (1.091, 1.031, 0.896, 0.616, 0.143),
        "rg": (0.683, 0.570, 0.482, 0.235, 0.012),
        "by": (0.682, 0.499, 0.361, 0.095, -0.001),
    }
    for channel, bank in zip(kernels.CHANNELS, kernels.kernels(120), strict=True):
        reach = bank.shape[1] // 2
        wave = np.cos(2 * np.pi * np.outer(cycles, np.arange(-reach, reach + 1)) / 120)
        response = (np.abs(bank).sum(axis=1)[:, None] * (bank @ wave.T)).sum(axis=0)
        assert_allclose(response, expected[channel], atol=6e-4)


# --- the metric ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
@pytest.mark.parametrize("rate", [1e-300, 0.3, 33, 1000])
def test_identical_pictures_do_not_differ(formula, rate):
    picture = noise((20, 30))
    assert_array_equal(s_cielab.delta_e(picture, picture, samples_per_degree=rate, formula=formula), 0)


def test_a_pixel_matters_where_it_is():
    first = noise((64, 64))
    second = first.copy()
    second[10, 50] = 1 - second[10, 50]
    found = s_cielab.delta_e(first, second)
    assert np.unravel_index(found.argmax(), found.shape) == (10, 50)
    assert found[40:, :20].max() < 1e-9, "33 samples per degree reach 16 pixels"


@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
def test_unit_of_xyz_does_not_matter(formula):
    first, second = (colour.linear_to_xyz(colour.srgb_decode(noise(seed=s))) for s in (4, 5))
    white = colour.SRGB_WHITE_XYZ
    found = s_cielab.delta_e(first, second, input="xyz", white=white, formula=formula)
    scaled = s_cielab.delta_e(first / 37, second / 37, input="xyz", white=white / 37, formula=formula)
    assert_allclose(scaled, found, rtol=0, atol=1e-7)
    assert_allclose(s_cielab.delta_e(noise(seed=4), noise(seed=5), formula=formula), found, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name, same", [("lms", "xyz"), ("lms10", "xyz10")])
def test_cone_responses_are_the_xyz_they_stand_for(name, same):
    first, second, white = noise(seed=6), noise(seed=7), np.ones(3)
    to_xyz = np.linalg.inv(kernels.FORMATS[same][0]) @ kernels.FORMATS[name][0]
    expected = s_cielab.delta_e(first @ to_xyz.T, second @ to_xyz.T, input=same, white=to_xyz @ white)
    assert_allclose(s_cielab.delta_e(first, second, input=name, white=white), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("kind, top", [(np.uint8, 255), (np.uint16, 65535)])
@pytest.mark.parametrize("dtype, apart", [(np.float64, 1e-10), (np.float32, 1e-3)])
def test_integers_are_the_fractions_they_stand_for(kind, top, dtype, apart):
    first, second = (np.round(noise(seed=s) * top).astype(kind) for s in (4, 5))
    expected = s_cielab.delta_e(first / top, second / top)
    assert_allclose(s_cielab.delta_e(first, second, dtype=dtype), expected, rtol=0, atol=apart)
    first[:] = np.arange(first.size).reshape(first.shape) % (top + 1)
    assert_allclose(s_cielab.delta_e(first, second), s_cielab.delta_e(first / top, second), rtol=0, atol=1e-10)


def test_linear_rgb_and_a_matrix_are_the_srgb_they_stand_for():
    pictures = noise(seed=4), noise(seed=5)
    linear = [colour.srgb_decode(p) for p in pictures]
    expected = s_cielab.delta_e(*pictures, formula=2000)
    for input in ("linear", colour.SRGB_TO_XYZ, 7 * colour.SRGB_TO_XYZ, (colour.SRGB_TO_XYZ * 100).tolist()):
        assert_allclose(s_cielab.delta_e(*linear, input=input, formula=2000), expected, rtol=0, atol=1e-8)


def test_white_may_be_another_than_the_pictures_own():
    pictures = noise(seed=4), noise(seed=5)
    xyz = [colour.linear_to_xyz(colour.srgb_decode(p)) for p in pictures]
    d50 = np.array([96.42, 100, 82.51])
    expected = s_cielab.delta_e(*xyz, input="xyz", white=d50)
    assert_allclose(s_cielab.delta_e(*pictures, white=d50), expected, rtol=0, atol=1e-10)
    assert np.abs(expected - s_cielab.delta_e(*pictures)).max() > 0.1


@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("preset", ["1996", "1996-normalised", "isetcam-distribution"])
def test_a_kept_reference_gives_the_same_map(formula, dtype, preset):
    viewing = {"samples_per_degree": 21.5, "formula": formula, "dtype": dtype, "preset": preset}
    ref, tests = noise((40, 57)), [noise((40, 57), seed) for seed in (1, 2)]
    expected = [s_cielab.delta_e(ref, test, **viewing) for test in tests]
    given = ref.copy()
    reference = scielab.Reference(given, **viewing)
    given[:] = 0  # it has its own
    for test, differences in zip(tests, expected, strict=True):
        found = reference.delta_e(test)
        assert found.dtype == dtype
        assert_array_equal(found, differences)
        found[:] = -1
    assert_array_equal(reference.delta_e(tests[0]), expected[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        reference.formula = 94
    with pytest.raises(ValueError, match="differ in size: 57×40 pixels and 40×57"):
        reference.delta_e(noise((57, 40)))


def test_pictures_are_left_as_they_are():
    for dtype in (np.float64, np.float32):
        for make in (
            lambda v: v,
            lambda v: v.astype(np.float32),
            lambda v: np.asfortranarray(v),
            lambda v: v[::2, ::-1],
        ):
            pictures = [make(noise(seed=s)) for s in (4, 5)]
            copies = [np.array(p) for p in pictures]
            for p in pictures:
                p.setflags(write=False)
            s_cielab.delta_e(*pictures, dtype=dtype, formula=2000)
            s_cielab.delta_e(*pictures, dtype=dtype, input="xyz", white=[1, 1, 1], preset="isetcam-hires")
            for picture, copy in zip(pictures, copies, strict=True):
                assert_array_equal(picture, copy)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
def test_single_precision_is_near_the_1996_code(case, formula):
    ref, out = COMPACT[f"{case}/ref"], COMPACT[f"{case}/out"]
    rate, rows = float(COMPACT[f"{case}/samples_per_degree"]), COMPACT[f"{case}/rows"]
    found = s_cielab.delta_e(ref, out, samples_per_degree=rate, formula=formula, dtype=np.float32)
    assert found.dtype == np.float32
    assert_allclose(found[rows], COMPACT[f"{case}/{formula}"], rtol=0, atol=2e-3)


def test_single_precision_stays_single_inside():
    """Memory per pixel: two pictures of three planes in four bytes, and the map, beside the pictures themselves."""
    pair = [np.random.default_rng(s).integers(0, 256, size=(600, 900, 3), dtype=np.uint8) for s in (0, 1)]
    for formula in colour_difference.FORMULAS:
        for dtype, bytes_per_value in ((np.float32, 4), (np.float64, 8)):
            tracemalloc.start()
            s_cielab.delta_e(*pair, samples_per_degree=60, formula=formula, dtype=dtype)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < (6 + 1 + 2) * bytes_per_value * pair[0][..., 0].size


def test_a_hundredth_of_a_degree_is_seen_less_than_a_tenth():
    """The same pixels farther away differ less: what S-CIELAB is for."""
    first, second = noise(seed=8), noise(seed=9)
    means = [s_cielab.delta_e(first, second, samples_per_degree=rate).mean() for rate in (10, 20, 30, 40)]
    assert means == sorted(means, reverse=True) and means[-1] < means[0] / 2


def test_summary_of_known_values():
    found = s_cielab.summary(np.arange(101.0).reshape(1, 101) / 10)
    assert found == pytest.approx(
        {
            "mean": 5,
            "median": 5,
            "p90": 9,
            "p95": 9.5,
            "p99": 9.9,
            "max": 10,
            "percent_above_1": 9000 / 101,
            "percent_above_2.3": 7700 / 101,
            "percent_above_5": 5000 / 101,
            "percent_above_10": 0,
        }
    )
    json.dumps(found, allow_nan=False)


def test_default_viewing_is_96_dpi_at_half_a_metre():
    rate = s_cielab.samples_per_degree_of(96, 0.5)
    assert 1 / rate == pytest.approx(0.030319014, abs=1e-9)
    assert round(rate) == scielab.DEFAULT_SAMPLES_PER_DEGREE == 33
    assert s_cielab.samples_per_degree_of(72, 18 * 0.0254) == pytest.approx(22.62, abs=0.01), "1996 example, 23 rounded"


@pytest.mark.parametrize(
    "change, words",
    [
        ({"test": noise((48, 55))}, "56×48 pixels and 55×48"),
        ({"ref": noise()[..., 0], "test": noise()[..., 0]}, r"\(48, 56\)"),
        ({"ref": noise()[..., :2], "test": noise()[..., :2]}, r"\(48, 56, 2\)"),
        ({"ref": noise((0, 4)), "test": noise((0, 4))}, r"\(0, 4, 3\)"),
        ({"samples_per_degree": 0}, "0; it must be above 0"),
        ({"samples_per_degree": -3}, "-3; it must be above 0"),
        ({"samples_per_degree": 1000.5}, "1000.5; it must be above 0 and at most 1000"),
        ({"samples_per_degree": float("nan")}, "nan"),
        ({"samples_per_degree": float("inf")}, "inf"),
        ({"test": np.where(noise() > 0.999, np.nan, noise())}, "NaN"),
        ({"ref": np.where(noise() > 0.999, np.inf, noise())}, "infinity"),
        ({"ref": np.where(noise() > 0.999, -np.inf, noise()), "input": "xyz", "white": [1, 1, 1]}, "infinity"),
        ({"test": 255 * noise()}, r"to 25\d.*; they must lie in \[0, 1\]"),
        ({"test": noise() - 0.1}, r"from -0.09.* in \[0, 1\]"),
        ({"test": (255 * noise()).astype(int)}, "int64; they must be uint8, uint16 or floating"),
        ({"test": noise() + 0j}, "complex128"),
        ({"test": noise() > 0.5}, "bool"),
        ({"test": noise().astype(str)}, "<U"),
        ({"formula": 31}, "31; it must be one of 76, 94, 2000"),
        ({"formula": "76"}, "'76'"),
        ({"preset": "2000"}, "'2000'; it must be one of 1996"),
        ({"dtype": np.float16}, "float16.*; it must be float64 or float32"),
        ({"dtype": None}, "None; it must be float64 or float32"),
        ({"input": "rgb"}, "'rgb'; it must be one of srgb, linear, xyz"),
        ({"input": None}, "input"),
        ({"input": np.eye(2)}, r"\(2, 2\); a matrix .* must be \(3, 3\)"),
        ({"input": np.ones((3, 3))}, "finite and invertible"),
        ({"input": np.diag([1, 1, np.nan])}, "finite and invertible"),
        ({"input": -np.eye(3)}, "white is .*; it must be above 0"),
        ({"input": "linear", "test": 2 * noise()}, r"linear RGB values .* in \[0, 1\]"),
        ({"input": np.eye(3), "test": 2 * noise()}, r"RGB values .* in \[0, 1\]"),
        ({"input": "linear", "test": np.zeros((48, 56, 3), np.uint8)}, "uint8; it must be floating point"),
        ({"input": "xyz"}, "white is None"),
        ({"input": "xyz", "white": [1, 0, 1]}, "above 0"),
        ({"input": "xyz", "white": [1, 1]}, r"\(2,\); xyz input needs three numbers"),
        ({"input": "lms", "white": ["a", "b", "c"]}, "must hold numbers"),
        ({"white": [1, -1, 1]}, r"\[1.0, -1.0, 1.0\] in XYZ; it must be above 0"),
        ({"white": np.eye(3)}, r"\(3, 3\); it must be three numbers"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    with pytest.raises(ValueError, match=words) as refusal:
        s_cielab.delta_e(**{"ref": noise(), "test": noise(seed=1)} | change)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("dpi, distance", [(0, 1), (-96, 1), (96, 0), (96, np.nan), (np.inf, 1)])
def test_impossible_displays_are_named(dpi, distance):
    with pytest.raises(ValueError, match="must be above 0"):
        s_cielab.samples_per_degree_of(dpi, distance)


def test_samples_per_degree_of_a_field_of_view():
    assert s_cielab.samples_per_degree_of_fov(20, 640) == 32
    # 192 pixels of 96 dpi at 0.3 m: more per degree on average than at the centre
    width = 192 * 0.0254 / 96
    fov = 2 * np.degrees(np.arctan(width / 2 / 0.3))
    mean, centre = s_cielab.samples_per_degree_of_fov(fov, 192), s_cielab.samples_per_degree_of(96, 0.3)
    assert centre < mean < 1.01 * centre
    for fov, columns in ((0, 10), (180, 10), (np.nan, 10), (20, 0), (20, np.inf)):
        with pytest.raises(ValueError, match="must be"):
            s_cielab.samples_per_degree_of_fov(fov, columns)


@pytest.mark.parametrize("values", [np.zeros((0, 3)), np.full((2, 2), np.nan)])
def test_summary_refuses_what_it_cannot_pool(values):
    with pytest.raises(ValueError):
        s_cielab.summary(values)


def test_package_loads_the_metric_on_demand():
    code = "import sys, scielab; print('scipy' in sys.modules, 'matplotlib' in sys.modules); print(scielab.delta_e)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("False False")
    assert scielab.delta_e is s_cielab.delta_e and scielab.summary is s_cielab.summary
    assert scielab.Reference is s_cielab.Reference
    with pytest.raises(AttributeError):
        scielab.nothing  # noqa: B018


# --- the picture of a map --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (16, 20), (96, 130), (300, 500), (2, 700), (700, 2)])
def test_every_pixel_of_a_map_is_a_block_of_its_colour(tmp_path, shape):
    values = np.random.default_rng(10).uniform(0, 25, size=shape)
    map_figure.save_map(tmp_path / "map.png", values, title="a title that is rather long")
    drawn = np.asarray(Image.open(tmp_path / "map.png").convert("RGB"))
    expected = np.round(map_figure.colourise(values) * 255).astype(int)
    block = next(n for n in range(1, 2000) if n >= 480 / shape[1] or (n + 1) * max(shape) > 1600)
    assert block * shape[1] >= 480 or block * max(shape) > 800
    blocks = np.kron(expected, np.ones((block, block, 1), dtype=int))
    height, width = blocks.shape[:2]
    left = round(14 * max(1, max(height, width) / 1000))
    starts = range(drawn.shape[0] - height + 1)
    fits = [np.abs(drawn[row : row + height, left : left + width] - blocks).max() <= 1 for row in starts]
    assert sum(fits) == 1


def test_colours_of_a_map_rise_in_lightness_up_to_the_top():
    colours = map_figure.colourise(np.linspace(0, 20, 200)[None])
    lightness = colour_difference.xyz_to_lab(colour.linear_to_xyz(colour.srgb_decode(colours)), colour.SRGB_WHITE_XYZ)[
        0, :, 0
    ]
    assert (np.diff(lightness) >= 0).all() and lightness[0] < 1 and lightness[-1] > 95
    assert_array_equal(map_figure.colourise([[20.0, 500.0]])[0, 0], map_figure.colourise([[20.0, 500.0]])[0, 1])


def test_maps_that_cannot_be_drawn_are_refused(tmp_path):
    for values, options in ((np.zeros(3), {}), (np.full((2, 2), np.nan), {}), (np.zeros((2, 2)), {"top": 0})):
        with pytest.raises(ValueError):
            map_figure.save_map(tmp_path / "map.png", values, **options)
    with pytest.raises(ValueError, match=".png, .pdf"):
        map_figure.save_map(tmp_path / "map.jpg", np.zeros((2, 2)))
    assert list(tmp_path.iterdir()) == []


def test_the_same_map_gives_the_same_bytes(tmp_path):
    for suffix in map_figure.SUFFIXES:
        paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
        for path in paths:
            map_figure.save_map(path, np.eye(9))
        assert paths[0].read_bytes() == paths[1].read_bytes()
