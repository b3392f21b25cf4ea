"""Spectral scenes from files: what the bands mean, which files are understood, what is refused."""

import builtins
import subprocess
import sys

import numpy as np
import pytest
from scipy.io import savemat

from camsim.light import spectra
from camsim.scene import cube

pytestmark = pytest.mark.installed

GRID = spectra.WAVELENGTH_NM


def scene(wavelength_nm, shape=(4, 6)):
    """Spectra that are straight lines, different at every pixel: (H, W, N) and the same at 400:10:700 nm."""
    rng = np.random.default_rng(1)
    start, slope = rng.uniform(0.2, 0.4, (*shape, 1)), rng.uniform(-5e-4, 5e-4, (*shape, 1))
    return tuple(start + slope * (np.asarray(w) - 400) for w in (wavelength_nm, GRID))


def save_v73(path, variables):
    """A MATLAB v7.3 file: HDF5 after a header of 512 bytes, axes reversed, structs as groups."""
    h5py = pytest.importorskip("h5py")

    def fill(group, values):
        for name, value in values.items():
            if isinstance(value, dict):
                part = group.create_group(name)
                part.attrs["MATLAB_class"] = np.bytes_("struct")
                fill(part, value)
            else:
                part = group.create_dataset(name, data=np.atleast_2d(value).T)
                part.attrs["MATLAB_class"] = np.bytes_("double")

    with h5py.File(path, "w", userblock_size=512) as file:
        fill(file, variables)
        file.create_group("#refs#").create_dataset("a", data=np.zeros((4, 6, 31)))
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan 01 00:00:00 2024 HDF5 schema 1.00 .")


# ---- bands


@pytest.mark.parametrize("step", [1, 2.5, 4, 5, 9, 10, 20, 30])
def test_straight_spectra_stay_straight_at_any_spacing(step):
    wavelengths = np.arange(380, 731, step)
    values, expected = scene(wavelengths)
    np.testing.assert_allclose(cube.resample(values, wavelengths), expected, rtol=1e-12)


def test_fine_data_are_averaged_over_each_band_and_coarse_data_are_not():
    fine = np.arange(390.0, 711.0, 1.0)
    line = np.where(fine == 545, 10.0, 0.0)  # a triangle of area 10 nm, half of it in the band of 540 nm
    expected = np.where((GRID == 540) | (GRID == 550), 0.5, 0.0)
    np.testing.assert_allclose(cube.resample(line, fine), expected, atol=1e-12)
    bump = np.exp(-(((fine - 555) / 12) ** 2) / 2)  # the sum over bands is the integral
    assert cube.resample(bump, fine).sum() * 10 == pytest.approx(12 * np.sqrt(2 * np.pi), rel=1e-6)
    coarse = np.arange(380.0, 721.0, 20.0)
    zigzag = np.tile([0.0, 1.0], 9)[: len(coarse)]
    np.testing.assert_allclose(cube.resample(zigzag, coarse), np.interp(GRID, coarse, zigzag), atol=1e-12)


def test_order_and_unit_of_wavelengths_do_not_matter():
    wavelengths = np.arange(390, 711, 7.0)
    values, expected = scene(wavelengths)
    np.testing.assert_allclose(cube.resample(values[..., ::-1], wavelengths[::-1]), expected)
    np.testing.assert_allclose(cube.resample(values, wavelengths / 1000), expected)


def test_end_bands_hold_where_data_end_early():
    wavelengths = np.arange(420.0, 681.0, 10.0)
    values, expected = scene(wavelengths)
    read = cube.resample(values, wavelengths)
    np.testing.assert_allclose(read[..., 2:-2], expected[..., 2:-2])
    np.testing.assert_array_equal(read[..., [0, 1, -2, -1]], values[..., [0, 0, -1, -1]])


@pytest.mark.parametrize(
    ("wavelengths", "message"),
    [
        (np.arange(421, 702, 10), "run from 421 to 701 nm; they must reach from 420 or less to 680 nm or more"),
        (np.arange(400, 680, 10), "run from 400 to 670 nm"),
        (np.array([400, 500, 500, 700]), "must ascend or descend, each once"),
        (np.array([400, 600, 500, 700]), "must ascend or descend, each once"),
        (np.array([400, np.nan, 700]), "finite"),
        (np.array([550]), "two or more"),
        (np.arange(31), "run from 0 to 30 nm"),
    ],
)
def test_wavelengths_that_do_not_do_are_refused(wavelengths, message):
    with pytest.raises(ValueError, match=message):
        cube.resample(np.ones((2, 2, len(wavelengths))), wavelengths)


@pytest.mark.parametrize(
    ("given", "kept"), [("f2", "f4"), ("f4", "f4"), ("u1", "f4"), ("u2", "f4"), ("f8", "f8"), ("i4", "f8")]
)
def test_precision_is_no_more_than_needed(given, kept):
    for wavelengths in (GRID, np.arange(390, 711, 5)):
        assert cube.resample(np.ones((2, 2, len(wavelengths)), given), wavelengths).dtype == kept


# ---- files


@pytest.mark.parametrize("kind", cube.KINDS)
def test_npz_comes_back_as_written(kind, tmp_path):
    wavelengths = np.arange(400, 721, 10)
    values, expected = scene(wavelengths)
    cube.write(tmp_path / "a.npz", values, wavelengths, kind)
    read = cube.read(tmp_path / "a.npz")
    assert read.kind == kind and read.source == str(tmp_path / "a.npz")
    np.testing.assert_allclose(read.values, expected)
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
    with np.load(tmp_path / "a.npz") as stored:
        assert sorted(stored.files) == sorted([kind, "wavelength_nm"])


@pytest.mark.parametrize("version", ["5", "7", "7.3"])
@pytest.mark.parametrize(
    ("name", "wave", "kind"),
    [
        ("reflectances", "wavelength", "reflectance"),
        ("rad", "bands", "radiance"),
        ("photons", "wave", "photons"),
        ("Reflectance", "WL", "reflectance"),
    ],
)
def test_matlab_files_of_every_version_by_the_names_of_data_sets(version, name, wave, kind, tmp_path):
    wavelengths = np.arange(400.0, 721.0, 10.0)
    values, expected = scene(wavelengths)
    variables = {name: values, wave: wavelengths, "rgb": np.zeros((4, 6, 3)), "norm_factor": 3.0}
    path = tmp_path / "a.mat"
    if version == "7.3":
        save_v73(path, variables)
    else:
        savemat(path, variables | {"note": "text", "cells": np.array([1, "a"], object)}, do_compression=version == "7")
    read = cube.read(path)
    assert read.kind == kind
    np.testing.assert_allclose(read.values, expected)


def test_bands_may_be_any_axis_of_a_matlab_array(tmp_path):
    wavelengths = np.arange(400.0, 721.0, 10.0)
    values, expected = scene(wavelengths)
    for axis in range(3):
        savemat(tmp_path / "a.mat", {"radiance": np.moveaxis(values, -1, axis), "wave": wavelengths[:, None]})
        np.testing.assert_allclose(cube.read(tmp_path / "a.mat").values, expected)
    square, expected = scene(wavelengths, (33, 33))  # all axes fit: the last is taken
    savemat(tmp_path / "a.mat", {"radiance": square, "wave": wavelengths})
    np.testing.assert_allclose(cube.read(tmp_path / "a.mat").values, expected)


@pytest.mark.parametrize("version", ["5", "7.3"])
@pytest.mark.parametrize("mean", [False, True])
def test_isetcam_files_are_coefficients_of_a_basis(version, mean, tmp_path):
    rng = np.random.default_rng(0)
    wave = np.arange(380.0, 781.0, 4.0)
    basis, coefficients = rng.normal(size=(len(wave), 3)), rng.normal(size=(4, 6, 3))
    centre = rng.uniform(0, 3, len(wave))
    variables = {"mcCOEF": coefficients, "basis": {"basis": basis, "wave": wave}, "illuminant": {"wave": wave}}
    variables |= {"imgMean": centre} if mean else {}
    (savemat if version == "5" else save_v73)(tmp_path / "a.mat", variables)
    read = cube.read(tmp_path / "a.mat")
    photons = np.einsum("hwn,bn->hwb", coefficients, basis) + (centre if mean else 0)
    expected = np.maximum(cube.resample(photons, wave), 0)
    assert read.kind == "photons" and (expected == 0).any() and (expected > 0).any()
    np.testing.assert_allclose(read.values, expected, atol=1e-12)


def test_a_basis_of_one_function_is_understood(tmp_path):
    wave = np.arange(400.0, 701.0, 10.0)  # MATLAB saves (H, W, 1) as (H, W)
    variables = {"mcCOEF": np.full((4, 6), 2.0), "basis": {"basis": wave[:, None], "wave": wave}}
    savemat(tmp_path / "a.mat", variables)
    np.testing.assert_allclose(cube.read(tmp_path / "a.mat").values, np.broadcast_to(2 * wave, (4, 6, 31)))


def test_what_a_file_does_not_tell_can_be_said(tmp_path):
    wavelengths = np.arange(400, 721, 10)
    values, expected = scene(wavelengths)
    savemat(tmp_path / "a.mat", {"hsi": values})
    with pytest.raises(ValueError, match=r"a\.mat: must hold a vector wavelength_nm .*; found hsi 4×6×33"):
        cube.read(tmp_path / "a.mat")
    with pytest.raises(ValueError, match="'hsi' does not tell what it holds; say which kind: reflectance"):
        cube.read(tmp_path / "a.mat", wavelength_nm=wavelengths)
    read = cube.read(tmp_path / "a.mat", wavelength_nm=wavelengths, kind="radiance")
    assert read.kind == "radiance"
    np.testing.assert_allclose(read.values, expected)
    with pytest.raises(ValueError, match="kind is 'colour'; it must be one of"):
        cube.read(tmp_path / "a.mat", kind="colour")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "must hold a 3-D array .*found nothing"),
        ({"reflectances": (4, 6)}, "must hold a 3-D array .*found reflectances 4×6"),
        ({"a": (4, 6, 33), "b": (4, 6, 33), "wave": (33,)}, "no 3-D array and vector .*found a 4×6×33, b 4×6×33, wave"),
        ({"rad": (4, 6, 33), "photons": (4, 6, 33), "wave": (33,)}, "more than one 3-D array .* named as reflectance"),
        ({"rad": (4, 6, 33), "wave": (33,), "wl": (33,)}, "more than one 3-D array and vector"),
        ({"rad": (4, 6, 33), "wave": (31,)}, "no 3-D array and vector of wavelengths fit"),
        ({"mcCOEF": (4, 6, 3)}, "needs basis.basis and basis.wave"),
        ({"mcCOEF": (4, 6, 3), "basis": {"basis": (31, 2), "wave": (31,)}}, "has 2 functions"),
        ({"mcCOEF": (4, 6, 3), "basis": {"basis": (3, 31), "wave": (31,)}}, "basis.basis is 3×31"),
    ],
)
def test_ambiguous_matlab_files_are_refused_with_what_they_hold(variables, message, tmp_path):
    rng = np.random.default_rng(0)

    def fill(shapes):
        return {n: fill(s) if isinstance(s, dict) else np.sort(rng.uniform(400, 700, s)) for n, s in shapes.items()}

    savemat(tmp_path / "bad.mat", fill(variables))
    with pytest.raises(ValueError, match=f"bad.mat: .*{message}") as refusal:
        cube.read(tmp_path / "bad.mat")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"wavelength_nm": GRID}, "exactly one of reflectance, radiance, photons; found wavelength_nm"),
        ({"radiance": np.ones((2, 2, 31)), "photons": np.ones((2, 2, 31)), "wavelength_nm": GRID}, "exactly one of"),
        ({"radiance": np.ones((2, 2, 31))}, "must hold wavelength_nm.*found radiance"),
        ({"radiance": np.ones((2, 31, 2)), "wavelength_nm": GRID}, "radiance is 2×31×2 and wavelength_nm 31;"),
        ({"radiance": np.ones((2, 31)), "wavelength_nm": GRID}, "must be .H, W, N."),
        ({"radiance": np.ones((0, 2, 31)), "wavelength_nm": GRID}, "radiance is 0×2×31"),
        ({"radiance": np.full((2, 2, 31), 1j), "wavelength_nm": GRID}, "of real numbers"),
        ({"radiance": np.full((2, 2, 31), "a"), "wavelength_nm": GRID}, "of real numbers"),
        ({"radiance": np.full((2, 2, 31), None), "wavelength_nm": GRID}, "an array of object"),
        ({"radiance": np.full((2, 2, 31), np.nan), "wavelength_nm": GRID}, "not numbers"),
        ({"radiance": np.full((2, 2, 31), np.inf), "wavelength_nm": GRID}, "not numbers"),
        ({"photons": np.full((2, 2, 31), -0.5), "wavelength_nm": GRID}, "124 negative values, down to -0.5"),
        ({"reflectance": np.full((2, 2, 31), 80.0), "wavelength_nm": GRID}, "reach 80: divide them by their scale"),
    ],
)
def test_what_is_no_spectral_scene_is_refused(stored, message, tmp_path):
    np.savez(tmp_path / "bad.npz", **stored)
    with pytest.raises(ValueError, match=f"bad.npz: .*{message}") as refusal:
        cube.read(tmp_path / "bad.npz")
    assert "\n" not in str(refusal.value)


def test_a_few_highlights_over_one_are_reflectances(tmp_path):
    values = np.full((20, 20, 31), 0.5)
    values[3, 4] = 7.0
    cube.write(tmp_path / "a.npz", values, GRID, "reflectance")
    assert cube.read(tmp_path / "a.npz").values.max() == 7


def test_a_kind_that_contradicts_the_name_is_refused(tmp_path):
    cube.write(tmp_path / "a.npz", np.ones((2, 2, 31)), GRID, "radiance")
    with pytest.raises(ValueError, match="'radiance' holds radiance by its name, not photons"):
        cube.read(tmp_path / "a.npz", kind="photons")


@pytest.mark.parametrize("suffix", [".npz", ".mat", "-73.mat"])
def test_damaged_files_are_refused_in_one_line(suffix, tmp_path):
    path, values = tmp_path / f"bad{suffix}", scene(GRID)[1]
    if suffix == ".npz":
        cube.write(path, values, GRID, "radiance")
    elif suffix == ".mat":
        savemat(path, {"radiance": values, "wave": GRID}, do_compression=True)
    else:
        save_v73(path, {"radiance": values, "wave": GRID})
    whole = path.read_bytes()
    assert cube.read(path).values.shape == (4, 6, 31)
    for damaged in (b"", b"text", whole[:100], whole[:600], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"bad{suffix}: ") as refusal:
            cube.read(path)
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["missing.npz", "folder.mat", "picture.png"])
def test_other_paths_are_refused(name, tmp_path):
    if name == "folder.mat":
        (tmp_path / name).mkdir()
    elif name == "picture.png":
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=f"{name}: (no such file|is no spectral scene|is a folder)"):
        cube.read(tmp_path / name)


def test_v73_without_h5py_says_what_is_missing(tmp_path, monkeypatch):
    save_v73(tmp_path / "a.mat", {"radiance": scene(GRID)[1], "wave": GRID})
    original = builtins.__import__

    def without(name, *rest, **named):
        if name == "h5py":
            raise ImportError(name)
        return original(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ValueError, match=r"a\.mat: a MATLAB v7\.3 file needs the package h5py"):
        cube.read(tmp_path / "a.mat")


@pytest.mark.parametrize(
    ("path", "shape", "wavelengths", "kind", "message"),
    [
        ("a.mat", (2, 2, 31), GRID, "radiance", "is written as .npz"),
        ("a.npz", (2, 2, 31), GRID, "colour", "kind is 'colour'"),
        ("a.npz", (2, 2, 30), GRID, "radiance", "values are 2×2×30 and wavelength_nm 31"),
        ("a.npz", (2, 2, 31), GRID + 100, "radiance", "run from 500 to 800 nm"),
        ("a.npz", (0, 2, 31), GRID, "radiance", "radiance is 0×2×31"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(path, shape, wavelengths, kind, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        cube.write(tmp_path / path, np.ones(shape), wavelengths, kind)
    assert list(tmp_path.iterdir()) == []


def test_scipy_and_h5py_are_loaded_only_for_matlab_files():
    code = "import sys; import camsim.scene.cube; print({'scipy', 'h5py'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
