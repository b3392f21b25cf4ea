"""Zernike polynomials against the standard."""

import math

import numpy as np
import pytest

from camsim.optics import zernike


def test_index_mapping_of_the_standard():
    table = {0: (0, 0), 1: (1, -1), 2: (1, 1), 3: (2, -2), 4: (2, 0), 5: (2, 2), 6: (3, -3), 7: (3, -1), 8: (3, 1)}
    table |= {9: (3, 3), 10: (4, -4), 11: (4, -2), 12: (4, 0), 13: (4, 2), 14: (4, 4), 20: (5, 5), 27: (6, 6)}
    assert {index: zernike.order(index) for index in table} == table
    with pytest.raises(ValueError, match="index -1"):
        zernike.order(-1)


def test_polynomials_of_the_standard_written_out():
    """Thibos et al. 2002, table 2, in x to the right and y up."""
    y, x = np.meshgrid(np.linspace(-0.7, 0.7, 9), np.linspace(-0.6, 0.7, 8), indexing="ij")
    r2 = x * x + y * y
    written = {
        0: np.ones_like(x),
        1: 2 * y,
        2: 2 * x,
        3: math.sqrt(6) * 2 * x * y,
        4: math.sqrt(3) * (2 * r2 - 1),
        5: math.sqrt(6) * (x * x - y * y),
        6: math.sqrt(8) * (3 * x * x * y - y**3),
        7: math.sqrt(8) * (3 * r2 - 2) * y,
        8: math.sqrt(8) * (3 * r2 - 2) * x,
        9: math.sqrt(8) * (x**3 - 3 * x * y * y),
        12: math.sqrt(5) * (6 * r2**2 - 6 * r2 + 1),
        24: math.sqrt(7) * (20 * r2**3 - 30 * r2**2 + 12 * r2 - 1),
    }
    for index, expected in written.items():
        found = zernike.zernike(index, np.sqrt(r2), np.arctan2(y, x))
        np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=str(index))


def test_polynomials_are_orthonormal_over_the_disc():
    nodes, weights = np.polynomial.legendre.leggauss(16)  # exact for these orders
    rho, theta = (nodes + 1)[:, None] / 2, np.arange(64) * (2 * math.pi / 64)
    share = np.broadcast_to((weights / 2)[:, None] * 2 * rho / 64, (16, 64)).ravel()
    values = np.stack([zernike.zernike(j, rho, theta).ravel() for j in range(66)])
    np.testing.assert_allclose((values * share) @ values.T, np.eye(66), atol=1e-10)


def test_dioptres_are_the_zernike_defocus_of_the_textbook():
    """Thibos: power error M = 4√3 c₄/R² for c₄ in µm and R in mm."""
    y, x = np.meshgrid(np.linspace(-0.7, 0.7, 5), np.linspace(-0.6, 0.6, 5), indexing="ij")
    dioptres, radius = 3.0, 2.5
    c4 = dioptres * radius**2 / (4 * math.sqrt(3))
    difference = zernike.wavefront_um((), dioptres, radius, y, x) - zernike.wavefront_um(
        (0, 0, 0, 0, c4), 0, radius, y, x
    )
    np.testing.assert_allclose(difference, c4 * math.sqrt(3), rtol=1e-12)  # a constant, of no effect
