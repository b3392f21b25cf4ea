"""Colour differences against published values, another implementation, and by hand."""

import io

import numpy as np
import pytest
from numpy.testing import assert_allclose

from scielab.metrics import colour_difference

pytestmark = pytest.mark.installed

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


def test_cielab_goes_back_to_xyz():
    white = np.array([95.05, 100.0, 108.9])
    xyz = np.concatenate([noise().reshape(-1, 3) * white, [[0, 0, 0], [0.1, 0.2, 0.3], white]])
    assert_allclose(colour_difference.lab_to_xyz(colour_difference.xyz_to_lab(xyz, white), white), xyz, atol=2e-3)


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


@pytest.mark.parametrize(("formula", "method"), [(76, "CIE 1976"), (94, "CIE 1994"), (2000, "CIE 2000")])
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
