"""The variants of S-CIELAB: against ISETCam, against a direct version of each, and what must hold by nature.

tests/golden/scielab_isetcam.npz holds maps of ISETCam's unmodified `scielab`, run under GNU Octave 7.3.0 on pictures
of tests/golden/scielab.npz: <case>/<preset>/<formula> are the rows `rows` of maps of the size `shape`; kernels/<samples
per degree>/<channel> is the lower half of a kernel of 'distribution', from its middle row down.
"""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from camsim.light import colour
from scielab.eye import filtering, kernels, presets
from scielab.metrics import colour_difference, s_cielab
from scielab.viewing import Viewing

PICTURES = np.load(Path(__file__).parents[2] / "golden" / "scielab.npz")
COMPACT = np.load(Path(__file__).parents[2] / "golden" / "scielab_isetcam.npz")
MAPS = sorted(name for name in COMPACT if "/isetcam-" in name)
ISETCAM = [name for name in presets.PRESETS if name.startswith("isetcam")]


def noise(shape, seed=0):
    return np.random.default_rng(seed).uniform(size=(*shape, 3))


# --- ISETCam -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAPS)
def test_maps_are_those_of_isetcam(name):
    case, preset, formula = name.split("/")
    ref, out = PICTURES[f"{case}/ref"], PICTURES[f"{case}/out"]
    rate = float(PICTURES[f"{case}/samples_per_degree"])
    found = s_cielab.delta_e(ref, out, Viewing(samples_per_degree=rate, preset=preset, formula=int(formula)))
    assert found.shape == tuple(COMPACT[f"{case}/shape"])
    assert_allclose(found[COMPACT[f"{case}/rows"]], COMPACT[name], rtol=0, atol=1e-8 if formula == "2000" else 1e-9)


@pytest.mark.parametrize("rate", [23, 60])
def test_kernels_are_those_of_isetcam(rate):
    for channel, bank in zip(kernels.CHANNELS, presets.PRESETS["isetcam-distribution"].kernels(rate), strict=True):
        kernel = np.abs(bank).T @ bank
        assert_allclose(kernel[len(kernel) // 2 :], COMPACT[f"kernels/{rate}/{channel}"], rtol=0, atol=1e-15)


@pytest.mark.reference
def test_the_picture_in_the_camera_reference(shared):
    from scipy.io import loadmat

    data = loadmat(shared / "reference" / "camera" / "golden" / "g_scielab.mat", squeeze_me=True)
    viewing = Viewing(input="xyz", white=data["wp"], samples_per_degree=60, preset="isetcam-distribution", formula=2000)
    found = s_cielab.delta_e(data["X1"], data["X2"], viewing)
    assert found.shape == (127, 127)
    assert_allclose(found, data["e"], rtol=0, atol=1e-9)
    assert round(found.mean(), 4) == 2.3214
    assert round(np.percentile(found, 95, method="hazen"), 4) == 7.3397  # as MATLAB's prctile interpolates


@pytest.mark.reference
@pytest.mark.parametrize("case", ["jpeg_astronaut_q10_spd40", "sr4_chelsea_spd50", "checker1px_bw_spd60"])
def test_every_map_of_isetcam_in_the_reference(shared, case):
    golden = shared / "reference" / "scielab" / "golden"
    data = np.load(golden / f"{case}.npz")
    ref, out = (np.asarray(Image.open(golden / f"{case}_{which}.png")) for which in ("ref", "out"))
    names = [name for name in data.files if name.startswith("dE") and "_iset_" in name]
    assert len(names) >= 4
    for name in names:
        formula, variant = name.removeprefix("dE").split("_iset_")
        rate, preset = float(data["samp_per_deg"]), f"isetcam-{variant}"
        found = s_cielab.delta_e(ref, out, Viewing(samples_per_degree=rate, preset=preset, formula=int(formula)))
        assert_allclose(found, data[name], rtol=0, atol=1e-8 if formula == "2000" else 1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("preset", "channels"),
    {
        "1996": ((1.001, 1.091, 1.031, 0.896, 0.616, 0.143), (0.998, 0.683, 0.570, 0.482, 0.235, 0.012)),
        "isetcam-distribution": ((1, 1.024, 0.877, 0.568, 0.104, 0.001), (1, 0.599, 0.465, 0.208, 0.006, -0.003)),
        "isetcam-original": ((1, 1.080, 1.001, 0.839, 0.485, 0.055), (1, 0.658, 0.554, 0.431, 0.150, 0.000)),
        "isetcam-hires": ((1, 1.106, 1.082, 1.001, 0.839, 0.485), (1, 0.783, 0.611, 0.563, 0.434, 0.152)),
    }.items(),
)
def test_response_to_gratings(preset, channels):
    """The codes' own filters at 120 samples per degree, at 0, 1, 2, 4, 8 and 16 cycles per degree."""
    for bank, expected in zip(presets.PRESETS[preset].kernels(120), channels, strict=False):
        reach = bank.shape[1] // 2
        wave = np.cos(2 * np.pi * np.outer((0, 1, 2, 4, 8, 16), np.arange(-reach, reach + 1)) / 120)
        response = (np.abs(bank).sum(axis=1)[:, None] * (bank @ wave.T)).sum(axis=0)
        assert_allclose(response, expected, rtol=0, atol=6e-4)


@pytest.mark.parametrize("preset", ISETCAM)
def test_isetcam_displaces_by_a_pixel_and_wraps_around(preset):
    first = np.full((61, 65, 3), 0.5)
    second = first.copy()
    second[30, 33] = 1
    found = s_cielab.delta_e(first, second, Viewing(samples_per_degree=20, preset=preset))
    assert np.unravel_index(found.argmax(), found.shape) == (29, 32)
    second = first.copy()
    second[0, :] = 1
    found = s_cielab.delta_e(first, second, Viewing(samples_per_degree=20, preset=preset))
    assert found.argmax(axis=0).tolist() == [60] * 65, "the first row is displaced to the last"
    assert found[30].max() < 1e-9 < found[1].min(), "and seen from the top"


# --- direct versions -------------------------------------------------------------------------------------------


def direct_1996_kernels(rate):
    """Separable filters as the 1996 code has them: made at 224 samples per degree or more, and resampled."""
    up = math.ceil(224 / rate) if rate < 224 else 1
    fine = rate * up
    width = 2 * math.ceil(fine / 2) - 1
    x = np.arange(1, width + 1) - (width + 1) // 2
    triangle = np.concatenate([np.arange(1, up), np.arange(up, 0, -1)]) / up
    for channel in kernels.CHANNELS:
        rows = []
        for degrees, weight in kernels.GAUSSIANS[channel]:
            g = np.exp(-((2 * np.sqrt(np.log(2)) / (degrees * fine - 1) * x) ** 2))
            row = g / g.sum() * np.sqrt(abs(weight)) * np.sign(weight)
            row = np.convolve(row, triangle)[up - 1 : up - 1 + width]
            middle = width // 2
            rows.append(np.concatenate([row[middle::-up][::-1], row[middle::up][1:]]))
        yield np.array(rows)


def along_rows(plane, kernel, pad_of):
    pad, reach = pad_of(len(kernel), plane.shape[1]), len(kernel) // 2
    padded = np.pad(plane, ((0, 0), (pad, pad)), mode="symmetric")
    full = np.array([np.convolve(row, kernel) for row in padded])
    return full[:, pad + reach : pad + reach + plane.shape[1]]


def direct_1996(plane, rows, pad_of):
    return sum(along_rows(along_rows(plane, r, pad_of).T, np.abs(r), pad_of).T for r in rows)


def direct_isetcam(plane, rate, gaussians, halved):
    """One square kernel and one FFT of the size of the picture, whichever of the two is larger."""
    support = math.ceil(rate)
    support -= support % 2 == 0
    y, x = np.mgrid[:support, :support] - support // 2
    kernel = np.zeros((support, support))
    for degrees, weight in gaussians:
        deviation = degrees / (2 if halved else 1) * rate / np.sqrt(2 * np.log(2))
        g = np.exp(-0.5 * ((x / deviation) ** 2 + (y / deviation) ** 2))
        kernel += weight * g / g.sum()
    kernel /= kernel.sum()
    plane = plane[: plane.shape[0] // 2 * 2 - 1 if plane.shape[0] % 2 == 0 else None]
    plane = plane[:, : plane.shape[1] // 2 * 2 - 1 if plane.shape[1] % 2 == 0 else None]
    pads = [(max(0, support - n) // 2,) * 2 for n in plane.shape]
    padded = np.pad(plane, pads, mode="symmetric")
    kernel = np.pad(kernel, [(max(0, n - support) // 2,) * 2 for n in padded.shape])
    product = np.fft.fft2(np.fft.fftshift(padded)) * np.fft.fft2(np.fft.fftshift(kernel))
    found = np.fft.ifftshift(np.fft.ifft2(product).real)
    (top, _), (left, _) = pads
    return found[top : top + plane.shape[0], left : left + plane.shape[1]]


sides = st.integers(1, 40)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(sides, sides, st.floats(0.5, 1000))
@example(1, 1, 0.5)
@example(1, 1, 1000)
@example(1, 37, 60)
@example(40, 1, 23)
@example(23, 24, 23)
@example(22, 23, 23.0001)
@example(40, 39, 1000)
@example(33, 40, 33)
@example(37, 31, 9.7)
@example(29, 30, 28)
@example(8, 37, 12)
def test_1996_against_a_direct_version(filtered_opponent, rows, columns, rate):
    xyz = noise((rows, columns), seed=rows)
    found = filtered_opponent(xyz, Viewing(input="xyz", white=(1, 1, 1), samples_per_degree=rate))
    opponent = xyz @ kernels.FORMATS["xyz"][0].T
    for channel, bank in enumerate(direct_1996_kernels(rate)):
        half = direct_1996(opponent[..., channel], bank, lambda taps, n: taps // 2 if taps < n else n // 2)
        assert_allclose(found[..., channel], half, rtol=0, atol=1e-11)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(sides, sides, st.floats(0.5, 1000))
@example(1, 1, 1000)
@example(1, 37, 60)
@example(40, 39, 1000)
@example(37, 31, 9.7)
@example(23, 37, 30)
def test_normalised_1996_against_a_direct_version(filtered_opponent, rows, columns, rate):
    xyz = noise((rows, columns), seed=columns)
    found = filtered_opponent(
        xyz, Viewing(input="xyz", white=(1, 1, 1), samples_per_degree=rate, preset="1996-normalised")
    )
    opponent = xyz @ kernels.FORMATS["xyz"][0].T
    for channel, bank in enumerate(direct_1996_kernels(rate)):
        weights = [weight for _, weight in kernels.GAUSSIANS[kernels.CHANNELS[channel]]]
        rows_ = np.stack(
            [np.sqrt(abs(w)) * np.sign(w) * k / abs(k.sum()) for w, k in zip(weights, np.abs(bank), strict=True)]
        )
        whole = direct_1996(opponent[..., channel], rows_, lambda taps, n: taps // 2)
        assert_allclose(found[..., channel], whole, rtol=0, atol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ISETCAM)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(sides, sides, st.floats(0.5, 120))
@example(1, 1, 0.5)
@example(2, 2, 60)
@example(1, 37, 60)
@example(40, 1, 23)
@example(23, 24, 23)
@example(22, 23, 23.0001)
@example(24, 24, 24)
@example(9, 8, 1000)
def test_isetcam_against_a_direct_version(filtered_opponent, preset, rows, columns, rate):
    xyz = noise((rows, columns), seed=rows)
    found = filtered_opponent(xyz, Viewing(input="xyz", white=(1, 1, 1), samples_per_degree=rate, preset=preset))
    assert found.shape[:2] == presets.PRESETS[preset].shape(rows, columns)
    opponent = xyz @ kernels.FORMATS["xyz"][0].T
    table = kernels.GAUSSIANS if preset == "isetcam-distribution" else presets.PUBLISHED_GAUSSIANS
    for index, channel in enumerate(kernels.CHANNELS):
        expected = direct_isetcam(opponent[..., index], rate, table[channel], preset == "isetcam-hires")
        assert_allclose(found[..., index], expected, rtol=0, atol=1e-11)


# --- what must hold --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", colour_difference.FORMULAS)
@pytest.mark.parametrize(
    ("shape", "rate"), [((40, 30), 23), ((40, 30), 9.3), ((40, 30), 500), ((1, 1), 60), ((1, 90), 0.5)]
)
def test_normalised_kernels_leave_uniform_patches_to_cielab(shape, rate, formula):
    first, second = (np.broadcast_to(rgb, (*shape, 3)) for rgb in ((0.6, 0.5, 0.4), (0.58, 0.52, 0.37)))
    found = s_cielab.delta_e(first, second, Viewing(samples_per_degree=rate, preset="1996-normalised", formula=formula))
    lab = [
        colour_difference.xyz_to_lab(colour.linear_to_xyz(colour.srgb_decode(p)), colour.SRGB_WHITE_XYZ)
        for p in (first, second)
    ]
    assert_allclose(found, colour_difference.FORMULAS[formula](*lab), rtol=0, atol=1e-11)
    as_in_1996 = s_cielab.delta_e(first, second, Viewing(samples_per_degree=rate))
    assert rate in (500, 0.5) or np.abs(as_in_1996 - colour_difference.delta_e_76(*lab)).max() > 1e-3


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_kernels_are_symmetric_and_all_but_one_sum_to_1(preset):
    for rate in (0.7, 1, 9.7, 23, 60, 223, 224, 1000):
        for bank in presets.PRESETS[preset].kernels(rate):
            assert bank.shape[1] % 2 == 1 and not bank.flags.writeable
            assert_allclose(bank, bank[:, ::-1], rtol=0, atol=1e-15)
            if preset != "1996":
                assert (np.abs(bank).sum(axis=1) * bank.sum(axis=1)).sum() == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 9), (64, 51), (30, 90), (90, 30)])
def test_identical_pictures_do_not_differ_and_the_size_is_told(preset, shape):
    picture = noise(shape)
    found = s_cielab.delta_e(picture, picture, Viewing(preset=preset, formula=2000))
    odd = tuple(n - (n % 2 == 0) for n in shape)
    assert found.shape == (odd if preset in ISETCAM else shape) == presets.PRESETS[preset].shape(*shape)
    assert_array_equal(found, 0)


def test_isetcam_blurs_more_than_the_1996_code():
    first, second = noise((80, 80)), noise((80, 80), seed=1)
    mean = {
        name: s_cielab.delta_e(first, second, Viewing(samples_per_degree=60, preset=name)).mean()
        for name in presets.PRESETS
    }
    assert mean["isetcam-distribution"] < mean["isetcam-original"] < mean["1996"] < mean["isetcam-hires"]
    assert mean["1996-normalised"] == pytest.approx(mean["1996"], rel=0.01)


def test_every_preset_has_a_name_a_title_and_a_border_in_words():
    def rule(columns, preset="1996"):
        return s_cielab.border_rule((100, columns), Viewing(samples_per_degree=60, preset=preset))

    titles = {preset.title for preset in presets.PRESETS.values()}
    assert len(titles) == len(presets.PRESETS) and s_cielab.VERSION == "S-CIELAB 1996"
    assert rule(100) == "symmetric reflection"
    assert "then zeros" in rule(59)
    assert rule(59, "1996-normalised") == "symmetric reflection"
    assert rule(59, "isetcam-hires") == "wrapped around"
    assert "reflection to the size of the filter" in rule(58, "isetcam-hires")
    with pytest.raises(ValueError, match="'1997'; it must be one of 1996, 1996-normalised, isetcam"):
        s_cielab.delta_e(noise((4, 4)), noise((4, 4)), Viewing(preset="1997"))


@pytest.mark.parametrize("size", [1, 2, 5, 30, 58, 59, 60, 61, 118])
def test_matrix_of_an_axis_is_what_the_transform_does(size):
    """The dense form, which short axes and training take, against reflection as an explicit index."""
    kernel = presets.PRESETS["1996"].kernels(60)[0][1]
    reach = len(kernel) // 2
    pad = reach if len(kernel) < size else size // 2
    source = np.pad(np.arange(size), pad, mode="symmetric")
    expected = np.zeros((size, size))
    for target in range(size):
        for offset in range(-reach, reach + 1):
            if 0 <= target + offset + pad < len(source):
                expected[target, source[target + offset + pad]] += kernel[offset + reach]
    assert_allclose(filtering.axis_operator(kernel, size), expected, rtol=0, atol=1e-15)
