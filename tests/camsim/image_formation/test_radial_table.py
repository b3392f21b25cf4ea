"""Curves looked up against the bands summed one by one at every frequency."""

import numpy as np
import pytest

from camsim.camera_parts import Optics
from camsim.image_formation import radial_table
from camsim.light import spectra
from camsim.optics import diffraction, radial


@pytest.mark.parametrize(
    "fields", [{}, {"obscuration": 0.3}, {"obscuration": 0.9}, {"defocus_dpt": 15.0, "chromatic_defocus_dpt": 1.0}]
)
@pytest.mark.parametrize("bands", [slice(None), slice(0, 1), slice(20, 21)])
def test_a_curve_is_the_sum_of_its_bands(fields, bands):
    optics, fnumber = Optics(fnumber=4.0, **fields), 4.4  # working f-number
    gain = np.zeros((31, 2))
    gain[bands] = np.random.default_rng(0).random((len(gain[bands]), 2))
    cutoff = diffraction.cutoff_per_mm(spectra.WAVELENGTH_NM[0], fnumber)
    fy, fx = np.linspace(0, 1.05 * cutoff, 60), np.linspace(0, cutoff, 601)  # more than one chunk
    found = np.empty((2, len(fy), len(fx)), np.float32)
    radial_table.fold(optics, fnumber, gain).look_up(fy, fx, found)
    nu = np.hypot(fy[:, None], fx)[..., None] * (spectra.WAVELENGTH_NM * 1e-6 * fnumber)
    expected = sum(
        radial.otf(optics, nm, nu[..., i]) * gain[i, :, None, None] for i, nm in enumerate(spectra.WAVELENGTH_NM)
    )
    tolerance = 1e-6 if bands == slice(None) else 6e-6  # creases at the edges of the bands, fewer of them
    assert np.all(found[:, np.hypot(fy[:, None], fx) >= cutoff] == 0)
    np.testing.assert_allclose(found, expected, atol=tolerance * gain.sum(axis=0).max())
