"""The ColorChecker against published colours and an independent program."""

import numpy as np
import pytest

from camsim.charts import catalogue, colorchecker
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
