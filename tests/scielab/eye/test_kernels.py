"""The filters of the 1996 code: its own kernels, the ways of applying them, and what they do to gratings.

kernels/<samples per degree>/<channel> of tests/golden/scielab.npz are of the unmodified code, run under GNU Octave.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import ndimage

from scielab.eye import filtering, kernels

COMPACT = np.load(Path(__file__).parents[2] / "golden" / "scielab.npz")


@pytest.mark.parametrize("rate", [23, 27.5, 60, 224])
def test_kernels_are_those_of_the_1996_code(rate):
    for channel, bank in zip(kernels.CHANNELS, kernels.kernels(rate), strict=True):
        assert_allclose(bank, COMPACT[f"kernels/{rate}/{channel}"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("rate", "taps"),
    [
        (10, 9),
        (18, 17),
        (23, 23),
        (27.5, 27),
        (30, 29),
        (35, 35),
        (40, 39),
        (46, 45),
        (50, 49),
        (60, 59),
        (100, 99),
        (120, 119),
        (224, 223),
    ],
)
def test_kernel_lengths(rate, taps):
    assert [bank.shape[1] for bank in kernels.kernels(rate)] == [taps] * 3


@pytest.mark.parametrize(
    ("rate", "gains"),
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


def filter_plane(plane, bank):
    """A plane filtered as the 1996 code does it, with the row kernels of its channel."""
    border = filtering.Reflection(by_half=True)
    down, along = border.operators(np.abs(bank), plane.shape[0]), border.operators(bank, plane.shape[1])
    return filtering.filter_plane(plane.copy(), down, along, border)


@pytest.mark.parametrize(("shape", "rate"), [((40, 52), 33), ((64, 61), 60), ((10, 24), 9.7), ((31, 30), 2)])
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
            filtering.axis_operator(np.abs(row), shape[0]) @ plane @ filtering.axis_operator(row, shape[1]).T
            for row in bank
        )
        assert_allclose(filter_plane(plane, bank), direct, rtol=0, atol=1e-12)
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
        assert_allclose(filter_plane(plane, bank), expected, rtol=0, atol=1e-12)


def test_filter_keeps_symmetry_and_the_place_of_a_point():
    point = np.zeros((65, 65))
    point[32, 32] = 1
    for bank in kernels.kernels(40):
        blurred = filter_plane(point, bank)
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
