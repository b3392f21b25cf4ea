"""Lenses symmetric about their axis: aberrated ones against the direct integral, the sampled pupil, and the PSF."""

import math

import numpy as np
import pytest

from camsim.camera_parts import Optics
from camsim.optics import radial, wavefront

WAVELENGTH, N = 550.0, 4.0
CUTOFF = 1e6 / (WAVELENGTH * N)


@pytest.mark.parametrize("fields", [{}, {"obscuration": 0.4}, {"zernike_um": (0.5,)}, {"zernike_um": (0, 0, 0, 0)}])
def test_the_curve_is_the_otf_in_every_direction(fields):
    optics = Optics(fnumber=N, **fields)
    assert radial.is_radial(optics)
    f = np.linspace(0, 1.1 * CUTOFF, 45)
    nu = np.hypot(f[:, None], f) / CUTOFF
    for direction in wavefront.otf(optics, N, WAVELENGTH, f, f):
        np.testing.assert_allclose(direction, radial.otf(optics, WAVELENGTH, nu), atol=1e-9)


@pytest.mark.parametrize("fields", [{"defocus_dpt": -4.0}, {"obscuration": 0.4, "zernike_um": (*[0] * 12, 0.1)}])
def test_a_focused_and_a_defocused_band_are_between_nothing_and_the_perfect_lens(fields):
    """|H| is at most that of the aperture without aberrations (Schwarz), 1 at zero, 0 from the cut-off on."""
    optics, nu = Optics(fnumber=N, **fields), np.linspace(0, 1.1, 200)
    found, bound = radial.otf(optics, WAVELENGTH, nu), radial.unaberrated(optics.obscuration, nu)
    assert found[0] == pytest.approx(1, abs=1e-9) and np.all(found[nu >= 1] == 0)
    assert (np.abs(found) - bound).max() < 1e-4 and np.abs(found - bound).max() > 0.1


@pytest.mark.parametrize("waves", [0.3, 2.0])
def test_sampled_and_integrated_defocus_agree(waves):
    """A coefficient too small to matter leaves the closed form for the sampled pupil."""
    nu = np.linspace(0, 1, 300)
    fourth = waves * WAVELENGTH * 1e-3 / (2 * math.sqrt(3))
    integrated, sampled = (
        radial.otf(Optics(fnumber=N, zernike_um=(*[0] * 4, fourth, *[0] * 7, rest)), WAVELENGTH, nu)
        for rest in (0, 1e-12)
    )
    np.testing.assert_allclose(sampled, integrated, atol=2.5e-5)


def test_an_annulus_out_of_focus_is_the_transform_of_its_psf():
    """H(f) = ∫ psf(x) exp(−2πi f x) dx, along one axis, from wave optics on a grid."""
    view = Optics(fnumber=N, obscuration=0.5, defocus_dpt=6.0)
    size, pitch = 257, N * WAVELENGTH * 1e-3 / 2
    image = wavefront.psf(view, N, WAVELENGTH, pitch, size)
    f = np.linspace(0.02, 0.9, 23) * CUTOFF
    waves = np.cos(2 * math.pi * np.outer(f, (np.arange(size) - size // 2) * pitch * 1e-3))
    np.testing.assert_allclose(waves @ image.sum(axis=1), radial.otf(view, WAVELENGTH, f / CUTOFF), atol=3e-3)


@pytest.mark.parametrize("fields", [{"defocus_dpt": 100.0}, {"obscuration": 0.2, "zernike_um": (*[0] * 24, 5.0)}])
def test_too_steep_a_wavefront_is_refused(fields):
    with pytest.raises(ValueError, match="waves per aperture radius"):
        radial.otf(Optics(fnumber=1.0, **fields), WAVELENGTH, np.zeros(1))


@pytest.mark.parametrize(
    "fields",
    [
        {"blades": 6},
        {"zernike_um": (0, 0.1)},
        {"zernike_um": (0, 0, 0, 0, 0, 0.1)},
        {"psf_file": "lens.npz"},
    ],
)
def test_lenses_that_are_not_symmetric_about_their_axis(fields):
    assert not radial.is_radial(Optics(fnumber=N, **fields))
