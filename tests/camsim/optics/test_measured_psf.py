"""PSFs from files: their OTF, and what is refused."""

import math

import numpy as np
import pytest

from camsim.camera_parts import Optics
from camsim.optics import diffraction, measured_psf, wavefront

pytestmark = pytest.mark.installed


def write(path, **arrays):
    np.savez(path, **arrays)
    return path


def test_single_sample_is_a_tent(tmp_path):
    spread = measured_psf.read_psf(write(tmp_path / "p.npz", psf=np.array([[7.0]]), pitch_um=2.0))
    f = np.linspace(0, 900, 40)
    for found in measured_psf.psf_otf(spread, 550, f, f):
        np.testing.assert_allclose(found, (np.sinc(f[:, None] * 2e-3) * np.sinc(f * 2e-3)) ** 2, atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 7), (6, 4), (1, 8)])
def test_centre_rows_down_and_columns_right(tmp_path, shape):
    """One bright sample, moved from [h // 2, w // 2] by (1, −1): a tent one pitch down, one to the left."""
    image = np.zeros(shape)
    down = 1 if shape[0] > 2 else 0
    image[shape[0] // 2 + down, shape[1] // 2 - 1] = 3.0
    spread = measured_psf.read_psf(write(tmp_path / "p.npz", psf=image, pitch_um=1.5))
    fy, fx = np.linspace(0, 400, 9), np.linspace(0, 500, 11)
    tent = (np.sinc(fy[:, None] * 1.5e-3) * np.sinc(fx * 1.5e-3)) ** 2
    for sign, found in zip((1, -1), measured_psf.psf_otf(spread, 550, fy, fx), strict=True):
        ramp = np.exp(-2j * math.pi * 1.5e-3 * (down * fy[:, None] - sign * fx))
        np.testing.assert_allclose(found, tent * ramp, atol=1e-12)


def test_gaussian_psf_has_the_gaussians_otf(tmp_path):
    pitch, sigma = 0.25, 2.0
    grid = (np.arange(101) - 50) * pitch
    image = np.exp(-(grid[:, None] ** 2 + (grid - 1.0) ** 2) / (2 * sigma**2))
    spread = measured_psf.read_psf(write(tmp_path / "p.npz", psf=image.astype("f4"), pitch_um=pitch))
    assert spread.psf.sum() == pytest.approx(1) and spread.wavelength_nm is None
    f = np.linspace(0, 200, 21)
    gauss = np.exp(-2 * (math.pi * sigma * 1e-3) ** 2 * (f[:, None] ** 2 + f**2))
    pixel = (np.sinc(f[:, None] * pitch * 1e-3) * np.sinc(f * pitch * 1e-3)) ** 2
    for sign, found in zip((1, -1), measured_psf.psf_otf(spread, 600, f, f), strict=True):
        np.testing.assert_allclose(found, gauss * pixel * np.exp(-2j * math.pi * sign * f * 1e-3), atol=1e-6)


def test_wavelengths_between_two_psfs_mix_them(tmp_path):
    planes = np.random.default_rng(0).random((3, 4, 5)) * np.array([1, 10, 100])[:, None, None]  # scale is free
    path = write(tmp_path / "p.npz", psf=planes, pitch_um=1, wavelength_nm=[450, 550, 700])
    spread = measured_psf.read_psf(path)
    f = np.linspace(0, 300, 6)

    def at(wavelength):
        return np.array(measured_psf.psf_otf(spread, wavelength, f, f))

    each = [
        np.array(measured_psf.psf_otf(measured_psf.PointSpread(plane[None] / plane.sum(), 1.0, None), 1, f, f))
        for plane in planes
    ]
    for wavelength, expected in [
        (400, each[0]),
        (450, each[0]),
        (475, 0.75 * each[0] + 0.25 * each[1]),
        (600, (2 * each[1] + each[2]) / 3),
        (700, each[2]),
        (800, each[2]),
    ]:
        np.testing.assert_allclose(at(wavelength), expected, atol=1e-12)


def test_psf_of_a_lens_goes_through_a_file(tmp_path):
    lens, fnumber, wavelength = Optics(zernike_um=(0, 0, 0, 0, 0.11, 0, 0, 0.165)), 4.0, 550.0
    path = write(tmp_path / "p.npz", psf=wavefront.psf(lens, fnumber, wavelength, 0.25, 501), pitch_um=0.25)
    f = np.linspace(0, 0.8, 15) * diffraction.cutoff_per_mm(wavelength, fnumber)
    found = measured_psf.psf_otf(measured_psf.read_psf(path), wavelength, f, f)
    pixel = (np.sinc(f[:, None] * 0.25e-3) * np.sinc(f * 0.25e-3)) ** 2
    for a, b in zip(found, wavefront.otf(lens, fnumber, wavelength, f, f), strict=True):
        np.testing.assert_allclose(a, b * pixel, atol=0.02)  # the file has 98 % of the light


def test_a_changed_file_is_read_again(tmp_path):
    path = write(tmp_path / "p.npz", psf=np.ones((3, 3)), pitch_um=1.0)
    first = measured_psf.read_psf(path)
    assert measured_psf.read_psf(path) is first
    write(path, psf=np.ones((5, 5)), pitch_um=1.0)
    assert measured_psf.read_psf(path).psf.shape == (1, 5, 5)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pitch_um": 1.0}, "has no psf"),
        ({"psf": np.ones((3, 3))}, "has no pitch_um"),
        ({"psf": np.ones((3, 3)), "pitch_um": 0.0}, "pitch_um = 0.0 must be one number above 0"),
        ({"psf": np.ones((3, 3)), "pitch_um": [1.0, 2.0]}, "must be one number above 0"),
        ({"psf": np.ones((3, 3)), "pitch_um": np.inf}, "pitch_um must be finite"),
        ({"psf": np.full((3, 3), np.nan), "pitch_um": 1.0}, "psf must be finite"),
        ({"psf": np.ones((3, 3), complex), "pitch_um": 1.0}, "psf must be finite real"),
        ({"psf": np.array([["a"]]), "pitch_um": 1.0}, "psf must be finite real"),
        ({"psf": np.array([[{}]]), "pitch_um": 1.0}, "not an npz file"),
        ({"psf": np.array([[1, -1]]), "pitch_um": 1.0}, "not be negative"),
        ({"psf": np.zeros((3, 3)), "pitch_um": 1.0}, "nor all zero"),
        ({"psf": np.stack([np.ones((2, 2)), np.zeros((2, 2))]), "pitch_um": 1.0, "wavelength_nm": [1, 2]}, "all zero"),
        ({"psf": np.ones(3), "pitch_um": 1.0}, r"shape \(3,\)"),
        ({"psf": np.ones((0, 3)), "pitch_um": 1.0}, r"shape \(0, 3\)"),
        ({"psf": np.ones((2, 1026)), "pitch_um": 1.0}, "up to 1025"),
        ({"psf": np.ones((3000, 3, 3)), "pitch_um": 1.0, "wavelength_nm": np.arange(3000)}, "more than 512 PSFs"),
        ({"psf": np.ones((1025, 1025), "u1")[None].repeat(32, 0), "pitch_um": 1.0}, "or 32569375 samples"),
        ({"psf": np.ones((3, 3)), "pitch_um": np.ones(3000)}, "pitch_um must not hold more than 512 numbers"),
        ({"psf": np.ones((2, 3, 3)), "pitch_um": 1.0}, "2 PSFs need wavelength_nm"),
        ({"psf": np.ones((2, 3, 3)), "pitch_um": 1.0, "wavelength_nm": [500]}, "2 increasing numbers"),
        ({"psf": np.ones((2, 3, 3)), "pitch_um": 1.0, "wavelength_nm": [600, 500]}, "2 increasing numbers"),
    ],
)
def test_bad_psf_files_are_refused_in_one_line(tmp_path, arrays, message):
    path = write(tmp_path / "bad.npz", **arrays)
    with pytest.raises(ValueError, match=message) as error:
        measured_psf.read_psf(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY", b"text"])
def test_files_that_are_no_npz(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.npz: ") as error:
        measured_psf.read_psf(path)
    assert "\n" not in str(error.value)
    np.save(tmp_path / "plain.npy", np.ones((3, 3)))
    with pytest.raises(ValueError, match="not an npz"):
        measured_psf.read_psf(tmp_path / "plain.npy")
    with pytest.raises(ValueError, match=r"absent\.npz: no such file"):
        measured_psf.read_psf(tmp_path / "absent.npz")
    with pytest.raises(ValueError, match="is a folder"):
        measured_psf.read_psf(tmp_path)


def test_many_psfs_are_judged_at_the_wavelengths_that_are_asked_for():
    """Those of a thousand wavelengths, linear between, pass as much as the 31 that lie among them."""
    grid = np.arange(400.0, 701, 10)
    y, x = np.mgrid[-6:7, -6:7]
    few = np.stack([np.exp(-(x**2 + y**2) * 250 / w) for w in grid])
    few /= few.sum(axis=(1, 2), keepdims=True)
    fine = np.arange(400.0, 700.1, 1)
    at = np.interp(fine, grid, np.arange(31))
    low = np.minimum(at.astype(int), 29)
    many = few[low] + (at - low)[:, None, None] * (few[low + 1] - few[low])
    kinds = [measured_psf.PointSpread(p, 1.0, w) for p, w in ((few, grid), (many, fine))]
    few_per_mm, many_per_mm = (measured_psf.bandwidth_per_mm(kind, 1e-3) for kind in kinds)
    assert few_per_mm == many_per_mm
