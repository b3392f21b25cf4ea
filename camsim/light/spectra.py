"""Wavelength grid, physical constants and the cited spectral tables of `camsim/data`.

All tables are sampled at 400:10:700 nm, 31 bands.
"""

import functools
from importlib import resources
from pathlib import Path

import numpy as np

#: Band centres, nm, and their spacing.
WAVELENGTH_NM = np.arange(400.0, 701.0, 10.0)
BAND_NM = 10.0

#: Planck constant (J s) and speed of light (m/s), exact since the SI of 2019.
PLANCK = 6.62607015e-34
LIGHT_SPEED = 299792458.0


@functools.cache
def table(name: str) -> np.ndarray:
    """The columns of `camsim/data/<name>.csv` as a read-only array (31, columns); the file states its source."""
    with (resources.files("camsim") / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        rows = np.loadtxt((line for line in file if not line.startswith("#")), delimiter=",", skiprows=1, ndmin=2)
    if not np.array_equal(rows[:, 0], WAVELENGTH_NM):
        raise ValueError(f"{name}: wavelengths must be 400, 410 … 700 nm")
    columns = rows[:, 1:]
    columns.setflags(write=False)
    return columns


def stamp(path: str) -> tuple[int, int] | None:
    """What changes when a file does, for caches that depend on it; None for no path or no file."""
    try:
        status = Path(path).stat() if path else None
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size)


def reflectance_display() -> np.ndarray:
    """Primaries of ISETCam's display whose mixtures are plausible surfaces, (31, 3), W sr⁻¹ m⁻² nm⁻¹."""
    return table("reflectance_display")


def bayer_qe() -> np.ndarray:
    """Quantum efficiency of red, green and blue pixels, (31, 3), electrons per photon."""
    return table("bayer_qe")


def to_photons(energy: np.ndarray, axis: int = -1) -> np.ndarray:
    """Energy per second to photons per second: multiply by λ/(hc) along the wavelength `axis`."""
    shape = [1] * np.ndim(energy)
    shape[axis] = len(WAVELENGTH_NM)
    return energy * (WAVELENGTH_NM * 1e-9 / (PLANCK * LIGHT_SPEED)).reshape(shape)


def luminance(radiance: np.ndarray) -> np.ndarray:
    """Luminance in cd/m² of spectral radiance (..., 31) in W sr⁻¹ m⁻² nm⁻¹: 683 ∫ V(λ) L(λ) dλ."""
    return 683.0 * BAND_NM * (radiance @ table("cie1931")[:, 1])


def xyz(radiance: np.ndarray) -> np.ndarray:
    """CIE 1931 XYZ (..., 3) of spectral radiance (..., 31); Y in cd/m²."""
    return 683.0 * BAND_NM * (radiance @ table("cie1931"))
