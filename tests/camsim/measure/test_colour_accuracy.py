"""Colour accuracy, held to charts whose colours are known."""

import numpy as np
import pytest

from camsim.charts import colorchecker
from camsim.light import spectra
from camsim.measure import colour_accuracy


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
    ("box", "words"),
    [((0, 0, 500, 300), "within 200 rows"), ((0, 0, 10, 300), "too small"), ((9, 9, 9, 99), "TOP,LEFT")],
)
def test_unsuitable_boxes_are_refused(box, words):
    with pytest.raises(ValueError, match=words):
        colour_accuracy.measure(chart_picture(), box)


def test_a_black_white_patch_cannot_be_matched():
    with pytest.raises(ValueError, match="black"):
        colour_accuracy.measure(np.zeros((40, 60, 3)), match_white=True)


def test_a_check_shows_itself_in_a_line_and_in_a_table():
    check = colour_accuracy.measure(0.9 * chart_picture())
    assert repr(check).startswith("<ColorCheck: CIEDE2000 mean ") and check.worst in repr(check)
    assert check._repr_html_().count("<tr>") == 25 and "dark_skin" in check._repr_html_()
