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


def read_csv(path: str, key: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Columns of a user's CSV: a header line, wavelengths in nm first; lines that begin with # are comments.

    Returns the columns' names and the values at 400:10:700 nm, (31, columns), interpolated linearly; outside the
    file's wavelengths the end values hold, at most 20 nm far. Raises ValueError, naming `key`, for anything else.
    """
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
        rows = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
        names = tuple(name.strip() for name in lines[0].split(","))[1:]
        if rows.ndim != 2 or rows.shape[1] != len(names) + 1 or not names or not np.isfinite(rows).all():
            raise ValueError("every line must have as many finite numbers as the header has names")
        if len(rows) < 2 or (np.diff(rows[:, 0]) <= 0).any():
            raise ValueError("wavelengths must ascend")
        if rows[0, 0] > 420 or rows[-1, 0] < 680:
            raise ValueError(f"wavelengths are {rows[0, 0]:g} to {rows[-1, 0]:g} nm, must cover 420 to 680")
    except (OSError, ValueError, IndexError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{key} = {path!r}: {reason}") from None
    return names, np.stack([np.interp(WAVELENGTH_NM, rows[:, 0], column) for column in rows[:, 1:].T], axis=1)


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
