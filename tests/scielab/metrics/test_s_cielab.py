"""S-CIELAB against the numbers of the 1996 code, published colour differences, and what must hold by nature.

tests/golden/scielab.npz holds results of the unmodified 1996 Stanford code (github.com/wandell/SCIELAB-1996), run
under GNU Octave 7.3.0 on synthetic pictures, which are stored with them as 8-bit sRGB codes: arrays
<case>/{ref, out, samples_per_degree}, then rows `rows` of the maps `76`, `94` and `2000` (CIEDE2000 of the code's
L*a*b*), the first two of them as opponent planes and L*a*b* of `out`; kernels/<samples per degree>/<channel>.
"""

import dataclasses
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

import scielab
from camsim.light import colour
from scielab.eye import kernels
from scielab.metrics import colour_difference, s_cielab
from scielab.viewing import Viewing

pytestmark = pytest.mark.installed

COMPACT = np.load(Path(__file__).parents[2] / "golden" / "scielab.npz")
CASES = sorted({name.rsplit("/", 1)[0] for name in COMPACT if name.endswith("/ref")})
GOLDEN = Path(__file__).parents[4] / "shared" / "reference" / "scielab" / "golden"
REFERENCES = json.loads((GOLDEN / "summary.json").read_text()) if (GOLDEN / "summary.json").exists() else {}
MAPS = {76: "dE76_1996", 94: "dE94_1996", 2000: "dE2000_on_1996lab"}


def noise(shape=(48, 56), seed=0):
    return np.random.default_rng(seed).uniform(size=(*shape, 3))


# --- against the 1996 code -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
def test_maps_are_those_of_the_1996_code(case, formula):
    ref, out = COMPACT[f"{case}/ref"] / 255, COMPACT[f"{case}/out"] / 255
    rate, rows = float(COMPACT[f"{case}/samples_per_degree"]), COMPACT[f"{case}/rows"]
    found = s_cielab.delta_e(ref, out, Viewing(samples_per_degree=rate, formula=formula))
    assert_allclose(found[rows], COMPACT[f"{case}/{formula}"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_planes_are_those_of_the_1996_code(filtered_opponent, filtered_lab, case):
    out, rate = COMPACT[f"{case}/out"] / 255, float(COMPACT[f"{case}/samples_per_degree"])
    rows = COMPACT[f"{case}/rows"][:2]
    opponent = filtered_opponent(out, Viewing(samples_per_degree=rate))
    assert_allclose(opponent[rows], COMPACT[f"{case}/opp"], rtol=0, atol=1e-9)
    lab = filtered_lab(out, Viewing(samples_per_degree=rate))
    assert_allclose(lab[rows], COMPACT[f"{case}/lab"], rtol=0, atol=1e-9)


@pytest.mark.reference
@pytest.mark.skipif(not REFERENCES, reason="no reference data beside this checkout")
@pytest.mark.parametrize("case", REFERENCES or ["none"])
def test_every_reference_picture(filtered_opponent, filtered_lab, case):
    data, rate = np.load(GOLDEN / f"{case}.npz"), REFERENCES[case]["samp_per_deg"]
    hats = case.startswith("hats")
    stem = "hats" if hats else case
    codes = [np.asarray(Image.open(GOLDEN / f"{stem}_{which}.png")) for which in ("ref", "out")]
    if hats:
        table, to_lms = data["gamma_table"], data["rgb2lms"]
        pictures = [np.stack([table[c[..., i], i] for i in range(3)], axis=-1) @ to_lms.T for c in codes]
        viewing = Viewing(samples_per_degree=rate, input="lms", white=data["white_lms"])
    else:
        pictures, viewing = [c / 255 for c in codes], Viewing(samples_per_degree=rate)

    for formula, name in MAPS.items():
        if name in data:
            found = s_cielab.delta_e(*pictures, dataclasses.replace(viewing, formula=formula))
            assert_allclose(found, data[name], rtol=0, atol=1e-8 if formula == 2000 else 1e-9, err_msg=name)
    for which, picture in zip(("ref", "out"), pictures, strict=True):
        if (name := f"opp_filtered_{which}") in data:
            rows, columns = data[name].shape[:2]
            opponent = filtered_opponent(picture, viewing)
            assert_allclose(opponent[:rows, :columns], data[name], rtol=0, atol=1e-9)
        if (name := f"lab_filtered_{which}") in data:
            rows, columns = data[name].shape[:2]
            lab = filtered_lab(picture, viewing)
            assert_allclose(lab[:rows, :columns], data[name], rtol=0, atol=1e-9)
    for channel, bank in zip(kernels.CHANNELS, kernels.kernels(rate), strict=True):
        if f"kernels_{channel}" in data:
            assert_allclose(bank, data[f"kernels_{channel}"], rtol=0, atol=1e-9)
    if "plain_dE76" in data:
        lab = [
            colour_difference.xyz_to_lab(colour.linear_to_xyz(colour.srgb_decode(p)), data["white"]) for p in pictures
        ]
        assert_allclose(colour_difference.delta_e_76(*lab), data["plain_dE76"], rtol=0, atol=1e-9)
    pooled = s_cielab.summary(s_cielab.delta_e(*pictures, viewing))
    for name, value in REFERENCES[case]["dE76_1996"].items():
        assert pooled[name.replace("pct_gt", "percent_above")] == pytest.approx(value, abs=1e-9)
    if hats:
        above_20 = np.count_nonzero(s_cielab.delta_e(*pictures, viewing) > 20)
        assert above_20 == {10: 261, 23: 173, 60: 7}[rate]  # 173: "We think this is 173" in the code's example


# --- the metric ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
@pytest.mark.parametrize("rate", [1e-300, 0.3, 33, 1000])
def test_identical_pictures_do_not_differ(formula, rate):
    picture = noise((20, 30))
    assert_array_equal(s_cielab.delta_e(picture, picture, Viewing(samples_per_degree=rate, formula=formula)), 0)


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
    found = s_cielab.delta_e(first, second, Viewing(input="xyz", white=white, formula=formula))
    scaled = s_cielab.delta_e(first / 37, second / 37, Viewing(input="xyz", white=white / 37, formula=formula))
    assert_allclose(scaled, found, rtol=0, atol=1e-7)
    assert_allclose(s_cielab.delta_e(noise(seed=4), noise(seed=5), Viewing(formula=formula)), found, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("name", "same"), [("lms", "xyz"), ("lms10", "xyz10")])
def test_cone_responses_are_the_xyz_they_stand_for(name, same):
    first, second, white = noise(seed=6), noise(seed=7), np.ones(3)
    to_xyz = np.linalg.inv(kernels.FORMATS[same][0]) @ kernels.FORMATS[name][0]
    expected = s_cielab.delta_e(first @ to_xyz.T, second @ to_xyz.T, Viewing(input=same, white=to_xyz @ white))
    assert_allclose(s_cielab.delta_e(first, second, Viewing(input=name, white=white)), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("kind", "top"), [(np.uint8, 255), (np.uint16, 65535)])
@pytest.mark.parametrize(("dtype", "apart"), [(np.float64, 1e-10), (np.float32, 1e-3)])
def test_integers_are_the_fractions_they_stand_for(kind, top, dtype, apart):
    first, second = (np.round(noise(seed=s) * top).astype(kind) for s in (4, 5))
    expected = s_cielab.delta_e(first / top, second / top)
    assert_allclose(s_cielab.delta_e(first, second, dtype=dtype), expected, rtol=0, atol=apart)
    first[:] = np.arange(first.size).reshape(first.shape) % (top + 1)
    assert_allclose(s_cielab.delta_e(first, second), s_cielab.delta_e(first / top, second), rtol=0, atol=1e-10)


def test_linear_rgb_and_a_matrix_are_the_srgb_they_stand_for():
    pictures = noise(seed=4), noise(seed=5)
    linear = [colour.srgb_decode(p) for p in pictures]
    expected = s_cielab.delta_e(*pictures, Viewing(formula=2000))
    for input in ("linear", colour.SRGB_TO_XYZ, 7 * colour.SRGB_TO_XYZ, (colour.SRGB_TO_XYZ * 100).tolist()):
        assert_allclose(s_cielab.delta_e(*linear, Viewing(input=input, formula=2000)), expected, rtol=0, atol=1e-8)


def test_white_may_be_another_than_the_pictures_own():
    pictures = noise(seed=4), noise(seed=5)
    xyz = [colour.linear_to_xyz(colour.srgb_decode(p)) for p in pictures]
    d50 = np.array([96.42, 100, 82.51])
    expected = s_cielab.delta_e(*xyz, Viewing(input="xyz", white=d50))
    assert_allclose(s_cielab.delta_e(*pictures, Viewing(white=d50)), expected, rtol=0, atol=1e-10)
    assert np.abs(expected - s_cielab.delta_e(*pictures)).max() > 0.1


@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("preset", ["1996", "1996-normalised", "isetcam-distribution"])
def test_a_kept_reference_gives_the_same_map(formula, dtype, preset):
    viewing = Viewing(samples_per_degree=21.5, formula=formula, preset=preset)
    ref, tests = noise((40, 57)), [noise((40, 57), seed) for seed in (1, 2)]
    expected = [s_cielab.delta_e(ref, test, viewing, dtype=dtype) for test in tests]
    given = ref.copy()
    reference = scielab.Reference(given, viewing, dtype=dtype)
    given[:] = 0  # it has its own
    for test, differences in zip(tests, expected, strict=True):
        found = reference.delta_e(test)
        assert found.dtype == dtype
        assert_array_equal(found, differences)
        found[:] = -1
    assert_array_equal(reference.delta_e(tests[0]), expected[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        reference.viewing = Viewing()
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
            s_cielab.delta_e(*pictures, Viewing(formula=2000), dtype=dtype)
            s_cielab.delta_e(*pictures, Viewing(input="xyz", white=[1, 1, 1], preset="isetcam-hires"), dtype=dtype)
            for picture, copy in zip(pictures, copies, strict=True):
                assert_array_equal(picture, copy)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
def test_single_precision_is_near_the_1996_code(case, formula):
    ref, out = COMPACT[f"{case}/ref"], COMPACT[f"{case}/out"]
    rate, rows = float(COMPACT[f"{case}/samples_per_degree"]), COMPACT[f"{case}/rows"]
    found = s_cielab.delta_e(ref, out, Viewing(samples_per_degree=rate, formula=formula), dtype=np.float32)
    assert found.dtype == np.float32
    assert_allclose(found[rows], COMPACT[f"{case}/{formula}"], rtol=0, atol=2e-3)


def test_single_precision_stays_single_inside():
    """Memory per pixel: two pictures of three planes in four bytes, and the map, beside the pictures themselves."""
    pair = [np.random.default_rng(s).integers(0, 256, size=(600, 900, 3), dtype=np.uint8) for s in (0, 1)]
    for formula in colour_difference.FORMULAS:
        for dtype, bytes_per_value in ((np.float32, 4), (np.float64, 8)):
            tracemalloc.start()
            s_cielab.delta_e(*pair, Viewing(samples_per_degree=60, formula=formula), dtype=dtype)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < (6 + 1 + 2) * bytes_per_value * pair[0][..., 0].size


def test_a_hundredth_of_a_degree_is_seen_less_than_a_tenth():
    """The same pixels farther away differ less: what S-CIELAB is for."""
    first, second = noise(seed=8), noise(seed=9)
    means = [s_cielab.delta_e(first, second, Viewing(samples_per_degree=rate)).mean() for rate in (10, 20, 30, 40)]
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


@pytest.mark.parametrize(
    ("change", "words"),
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
    change = dict(change)
    pictures = [change.pop("ref", noise()), change.pop("test", noise(seed=1))]
    precision = {"dtype": change.pop("dtype")} if "dtype" in change else {}
    with pytest.raises(ValueError, match=words) as refusal:
        s_cielab.delta_e(*pictures, Viewing(**change), **precision)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("values", "words"), [(np.zeros((0, 3)), "empty"), (np.full((2, 2), np.nan), "holds NaN")])
def test_summary_refuses_what_it_cannot_pool(values, words):
    with pytest.raises(ValueError, match=words):
        s_cielab.summary(values)


def test_package_loads_the_metric_on_demand():
    code = "import sys, scielab; print('scipy' in sys.modules, 'matplotlib' in sys.modules); print(scielab.delta_e)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("False False")
    assert scielab.delta_e is s_cielab.delta_e and scielab.summary is s_cielab.summary
    assert scielab.Reference is s_cielab.Reference
    with pytest.raises(AttributeError):
        scielab.nothing  # noqa: B018
