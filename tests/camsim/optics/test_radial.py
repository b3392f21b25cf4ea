"""Lenses symmetric about their axis: one curve says what the two-dimensional OTF says."""

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
        np.testing.assert_allclose(direction, radial.otf(optics, nu), atol=1e-9)


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
