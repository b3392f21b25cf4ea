"""The point spread on the sheet: how much of it is shown, and with what scale."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.light import spectra
from camsim.optics import point_spread
from camsim.sheet import draw, psf_panel


def test_psf_panel_reaches_beyond_the_second_dark_ring():
    """83.8 %, 91.0 % and 93.8 % of the light lie within the dark rings at 1.22, 2.23 and 3.24 λN (Born and Wolf)."""
    lens = point_spread.spread(camera_file.load("f22"))
    assert 1.5 * 2.23 * 0.55 * 22 < lens.half_width_um < 1.5 * 3.24 * 0.55 * 22
    h, w = lens.psf.shape
    assert lens.psf[h // 2, w // 2] == lens.psf.max() == pytest.approx(1)
    coarse = point_spread.spread(camera_file.load("pixel25"))
    assert coarse.half_width_um == pytest.approx(1.5 * 25)  # three pixels


@pytest.mark.slow
def test_psf_of_a_lens_with_hardly_an_aberration_is_that_of_a_perfect_one():
    perfect = point_spread.spread(camera_file.load("f22"))
    hardly = point_spread.spread(camera_file.override(camera_file.load("f22"), ["optics.zernike_um=[0, 0, 0, 1e-7]"]))
    assert hardly.half_width_um == pytest.approx(perfect.half_width_um, rel=1e-3)
    np.testing.assert_allclose(hardly.psf, perfect.psf, atol=2e-3)


@pytest.mark.slow
def test_psf_file_is_weighted_by_luminance(tmp_path):
    """Planes at 400 and 700 nm, mixed linearly between: the share of the second grows with the mean wavelength."""
    planes = np.zeros((2, 3, 3))
    planes[0, 1, 0] = planes[1, 1, 2] = 1.0
    np.savez(tmp_path / "psf.npz", psf=planes, pitch_um=2.0, wavelength_nm=[400.0, 700.0])
    view = camera_file.override(camera_file.load("pixel25"), [f"optics.psf_file={tmp_path / 'psf.npz'}"])
    lens = point_spread.spread(view)
    luminance = spectra.table("cie1931")[:, 1] * spectra.table("d65")[:, 0]
    mean = luminance @ spectra.WAVELENGTH_NM / luminance.sum()
    assert lens.psf[1, 0] / lens.psf[1, 2] == pytest.approx((700 - mean) / (mean - 400))
    assert lens.pitch_um == 2.0
    draw.draw(pipeline.render(np.full((8, 8, 3), 0.5), view, keep_stages=True).stages, view)


@pytest.mark.parametrize(("value", "length"), [(1, 1), (1.9, 1), (2, 2), (4.99, 2), (5, 5), (73, 50), (0.03, 0.02)])
def test_the_scale_bar_has_a_round_length(value, length):
    assert psf_panel.round_length(value) == pytest.approx(length)
