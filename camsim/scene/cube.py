"""Hyperspectral scenes: spectral cubes read from files and brought to the bands of the simulation.

Formats: `.npz` (see `write`), MATLAB `.mat` of the public data sets, and the multispectral files of ISETCam.
"""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from camsim.io import arrays, atomic, regular
from camsim.light import spectra

#: What a cube may hold: shares of a perfect white, W sr⁻¹ m⁻² nm⁻¹, or photons s⁻¹ sr⁻¹ m⁻² nm⁻¹.
KINDS = ("reflectance", "radiance", "photons")

#: File name endings of spectral scenes.
SUFFIXES = (".npz", ".mat")

#: Data must reach from the first to the second, nm; from there to 400 and 700 nm the end bands hold.
COVERAGE_NM = (420.0, 680.0)

#: By kind what no scene exceeds: the sun has 2e4 W sr⁻¹ m⁻² nm⁻¹, 6e22 photons.
BRIGHTEST = {"reflectance": 1e6, "radiance": 1e12, "photons": 1e30}

#: Reflectances over `REFLECTANCE_LIMIT` are highlights, as long as they are no more than this share of the values.
REFLECTANCE_LIMIT = 1.5
HIGHLIGHTS = 0.01

#: Names, in lower case, under which data sets store the wavelengths of the bands.
_WAVELENGTHS = ("wavelength_nm", "wavelength", "wavelengths", "wave", "waves", "wl", "lambda", "bands", "band")

#: Names, in lower case, under which they store the cube, and what the name says of its kind.
_CUBES: dict[str, str | None] = {
    "reflectance": "reflectance",
    "reflectances": "reflectance",
    "radiance": "radiance",
    "rad": "radiance",
    "photons": "photons",
} | dict.fromkeys(("hsi", "ref", "cube", "hcube", "hypercube", "data"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Cube:
    """A spectral scene.

    Parameters
    ----------
    kind : str
        What the values are, one of `KINDS`: "reflectance", "radiance" in W sr⁻¹ m⁻² nm⁻¹, or "photons" in
        s⁻¹ sr⁻¹ m⁻² nm⁻¹.
    values : ndarray of float
        (H, W, 31) at 400:10:700 nm, finite and not negative.
    source : str
        The file that it is from, or "".

    Examples
    --------
    >>> Cube(kind="reflectance", values=np.full((8, 12, 31), 0.5), source="")
    Cube(reflectance, 12×8, 400 to 700 nm)
    """

    kind: str
    values: np.ndarray
    source: str

    def __repr__(self) -> str:
        rows, columns = self.values.shape[:2]
        return f"Cube({self.kind}, {columns}×{rows}, 400 to 700 nm)"


def read(path: PathLike[str] | str, *, kind: str | None = None, wavelength_nm: ArrayLike | None = None) -> Cube:
    """Read a spectral scene and resample it to 400:10:700 nm as `resample` does.

    `.npz` holds `wavelength_nm` (N,) and exactly one of `reflectance`, `radiance` and `photons`, (H, W, N).
    `.mat` holds a 3-D array and a vector of wavelengths as long as one of its axes, the last one if several are
    so long; the names that public data sets give them are known. Files up to v7 and, with h5py installed, v7.3
    are read. ISETCam's multispectral files hold `mcCOEF` (H, W, n), `basis` (`basis.basis` (N, n), `basis.wave`)
    and perhaps `imgMean` (N,): photons are mcCOEF·basisᵀ + imgMean, clipped at 0 as ISETCam does.

    Parameters
    ----------
    path : the file, of `SUFFIXES`.
    kind : one of `KINDS`, where the name of the array does not tell.
    wavelength_nm : (N,), for a file without wavelengths, or in place of its own.

    Raises
    ------
    ValueError for a file that is missing, damaged or ambiguous, wavelengths that do not reach `COVERAGE_NM`, and
    values that are negative, not finite or no reflectances.
    """
    path = Path(path)
    regular.check(path, kind="spectral scene")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: is no spectral scene; use one of {', '.join(SUFFIXES)}")
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    load = _load_npz if path.suffix.lower() == ".npz" else _load_mat
    try:
        given = None if wavelength_nm is None else np.asarray(wavelength_nm)
        kind, values, wavelengths = load(path, kind, given)
        _check(values, kind)
        return Cube(kind=kind, values=resample(values, wavelengths), source=str(path))
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(reason if reason.startswith(f"{path}: ") else f"{path}: {reason}") from error
    except MemoryError:
        raise
    except Exception as error:  # readers raise many kinds for damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"{path}: cannot be read ({reason})") from error


def write(path: Path | str, values: np.ndarray, wavelength_nm: np.ndarray, kind: str) -> None:
    """Write a spectral scene as `.npz`: `values` (H, W, N) under the name of their `kind`, and `wavelength_nm` (N,).

    Raises ValueError for what `read` would not take back; nothing is left half-written.
    """
    path, values, wavelength_nm = Path(path), np.asarray(values), np.asarray(wavelength_nm)
    if path.suffix.lower() != ".npz":
        raise ValueError(f"{path}: a spectral scene is written as .npz")
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    if values.ndim != 3 or wavelength_nm.shape != values.shape[2:]:
        raise ValueError(
            f"values are {_shape(values)} and wavelength_nm {_shape(wavelength_nm)}; they must be (H, W, N) and (N,)"
        )
    _check(values, kind)
    _weights(wavelength_nm)
    with atomic.atomic(path) as temporary, temporary.open("wb") as file:  # a name in capitals would get a second ending
        # An array may have any name; that of the option allow_pickle is no kind
        np.savez_compressed(file, **{kind: values}, wavelength_nm=wavelength_nm)  # type: ignore[arg-type]


def resample(values: np.ndarray, wavelength_nm: np.ndarray) -> np.ndarray:
    """Spectra (..., N) at any ascending or descending wavelengths to 400:10:700 nm: (..., 31).

    Between samples spectra are taken for straight lines. Where samples lie less than 10 nm apart (median), each
    band is the mean of that line over the 10 nm around its centre; otherwise its value at the centre. Beyond the
    first and the last sample their values hold. Wavelengths under 10 are micrometres. Single and half precision
    and integers of up to 16 bits give float32, everything else float64.

    Raises ValueError where the wavelengths are not strictly monotone or do not reach `COVERAGE_NM`.
    """
    weights = _weights(wavelength_nm)
    values = np.asarray(values)
    dtype = np.result_type(values.dtype, np.float32)
    if np.array_equal(weights, np.eye(len(spectra.WAVELENGTH_NM))):
        return np.ascontiguousarray(values, dtype)
    flat = values.reshape(-1, values.shape[-1]).astype(dtype, copy=False)
    return (flat @ weights.T.astype(dtype)).reshape(*values.shape[:-1], -1)


def _weights(wavelength_nm: np.ndarray) -> np.ndarray:
    """The matrix (31, N) that resamples spectra given at `wavelength_nm` (N,)."""
    wavelength_nm = np.ravel(wavelength_nm).astype(float)
    if wavelength_nm.size < 2 or not np.isfinite(wavelength_nm).all():
        raise ValueError("wavelengths must be two or more finite numbers")
    if wavelength_nm.max() < 10:
        wavelength_nm = wavelength_nm * 1000
    if wavelength_nm[0] > wavelength_nm[-1]:
        return _weights(wavelength_nm[::-1])[:, ::-1]
    if (np.diff(wavelength_nm) <= 0).any():
        raise ValueError("wavelengths must ascend or descend, each once")
    low, high = COVERAGE_NM
    if wavelength_nm[0] > low or wavelength_nm[-1] < high:
        raise ValueError(
            f"wavelengths run from {wavelength_nm[0]:g} to {wavelength_nm[-1]:g} nm; they must reach from {low:g} or "
            f"less to {high:g} nm or more"
        )

    def at(place: np.ndarray) -> np.ndarray:  # the matrix that interpolates at `place`, nm; ends hold
        return np.stack([np.interp(place, wavelength_nm, unit) for unit in np.eye(len(wavelength_nm))], axis=-1)

    if np.median(np.diff(wavelength_nm)) >= spectra.BAND_NM:
        return at(spectra.WAVELENGTH_NM)
    rows = []
    for centre in spectra.WAVELENGTH_NM:
        left, right = centre - spectra.BAND_NM / 2, centre + spectra.BAND_NM / 2
        inside = wavelength_nm[(wavelength_nm > left) & (wavelength_nm < right)]
        knots = np.concatenate([[left], inside, [right]])
        steps = np.diff(knots)
        rows.append((np.append(steps, 0) + np.append(0, steps)) / 2 / spectra.BAND_NM @ at(knots))  # trapezia, exact
    return np.stack(rows)


def _check(values: np.ndarray, kind: str) -> None:
    """Raise ValueError for a cube whose values cannot be what `kind` says."""
    if values.dtype.kind not in "fiu" or values.ndim != 3 or 0 in values.shape:
        raise ValueError(f"{kind} is {_shape(values)} of {values.dtype}; it must be (H, W, N) of real numbers")
    if not np.isfinite(values).all():
        raise ValueError(f"{kind} holds values that are not numbers")
    if values.min() < 0:
        raise ValueError(
            f"{kind} holds {np.count_nonzero(values < 0)} negative values, down to {values.min():.4g}: "
            "clip them to 0 if they are noise"
        )
    if values.max() > BRIGHTEST[kind]:
        raise ValueError(f"{kind} reaches {values.max():.4g}; no scene has more than {BRIGHTEST[kind]:g}")
    if kind == "reflectance" and np.count_nonzero(values > REFLECTANCE_LIMIT) > HIGHLIGHTS * values.size:
        raise ValueError(
            f"reflectance must be 0 to 1, and these values reach {values.max():.4g}: divide them by their scale "
            "(100, 4095, 10000 …), or call them radiance"
        )


def _shape(values: np.ndarray | tuple[int, ...]) -> str:
    return "×".join(map(str, values if isinstance(values, tuple) else values.shape)) or "a single value"


def _found(arrays: dict) -> str:
    return ", ".join(f"{name} {_shape(a) if isinstance(a, np.ndarray) else '(struct)'}" for name, a in arrays.items())


def _kind(name: str, wanted: str | None) -> str:
    """The kind of the array `name`, of which `wanted` is what the caller says."""
    by_name = _CUBES.get(name.lower())
    found = by_name or wanted
    if found is None:
        raise ValueError(f"{name!r} does not tell what it holds; say which kind: {', '.join(KINDS)}")
    if wanted is not None and found != wanted:
        raise ValueError(f"{name!r} holds {by_name} by its name, not {wanted}")
    return found


def _load_npz(path: Path, kind: str | None, wavelength_nm: np.ndarray | None) -> tuple[str, np.ndarray, np.ndarray]:
    """Kind, cube and wavelengths of an `.npz` file."""
    with arrays.open_npz(path) as stored:
        names = [name for name in KINDS if name in stored]
        if len(names) != 1:
            found = ", ".join(stored.names)[:200] or "nothing"
            raise ValueError(f"must hold exactly one of {', '.join(KINDS)}; found {found}")
        if wavelength_nm is None and "wavelength_nm" not in stored:
            found = ", ".join(stored.names)[:200]
            raise ValueError(f"must hold wavelength_nm, a wavelength per band; found {found}")
        shape, _ = stored.header(names[0])
        bands = stored.header("wavelength_nm")[0] if wavelength_nm is None else wavelength_nm.shape
        if len(shape) != 3 or bands != shape[2:]:
            raise ValueError(
                f"{names[0]} is {_shape(shape)} and wavelength_nm {_shape(bands)}; they must be (H, W, N) and (N,)"
            )
        if wavelength_nm is None:
            wavelength_nm = stored["wavelength_nm"]
        return _kind(names[0], kind), stored[names[0]], wavelength_nm


def _load_mat(path: Path, kind: str | None, wavelength_nm: np.ndarray | None) -> tuple[str, np.ndarray, np.ndarray]:
    """Kind, cube and wavelengths of a `.mat` file of any version."""
    from camsim.io import matlab

    arrays = matlab.load(path)
    if "mcCOEF" in arrays:
        return _kind("photons", kind), _from_basis(arrays), spectra.WAVELENGTH_NM
    cubes = {name: array for name, array in arrays.items() if isinstance(array, np.ndarray) and array.ndim == 3}
    if wavelength_nm is not None:
        vectors = {"wavelength_nm": np.ravel(wavelength_nm)}
    else:
        named = {name: array for name, array in arrays.items() if name.lower() in _WAVELENGTHS}
        vectors = {name: array.ravel() for name, array in named.items() if _is_vector(array)}
    if not cubes or not vectors:
        lacking = "a 3-D array (H, W, N)" if not cubes else "a vector wavelength_nm with a wavelength per band"
        raise ValueError(f"must hold {lacking}; found {_found(arrays) or 'nothing'}")
    pairs = [(name, vector) for name in cubes for vector in vectors if len(vectors[vector]) in cubes[name].shape]
    if len({name for name, _ in pairs}) > 1:
        pairs = [(name, vector) for name, vector in pairs if name.lower() in _CUBES]
    if len({(name, vectors[vector].tobytes()) for name, vector in pairs}) != 1:
        raise ValueError(
            f"{'no' if not pairs else 'more than one'} 3-D array and vector of wavelengths fit; "
            f"found {_found(cubes | vectors)}; keep one of each, named as {', '.join(KINDS)} and wavelength_nm"
        )
    name, vector = pairs[0]
    values, wavelengths = cubes[name], vectors[vector]
    axis = max(axis for axis in range(3) if values.shape[axis] == len(wavelengths))
    return _kind(name, kind), np.moveaxis(values, axis, -1), wavelengths


def _is_vector(array: object) -> bool:
    return isinstance(array, np.ndarray) and 1 < array.size == max(array.shape)


def _from_basis(arrays: dict) -> np.ndarray:
    """Photons (H, W, 31) of ISETCam's multispectral files: mcCOEF·basisᵀ + imgMean, clipped at 0."""
    coefficients, basis = arrays["mcCOEF"], arrays.get("basis")
    if not isinstance(basis, dict) or not {"basis", "wave"} <= set(basis):
        raise ValueError("mcCOEF needs basis.basis and basis.wave beside it")
    wave, functions = basis["wave"].ravel(), basis["basis"]
    if functions.ndim != 2 or len(functions) != len(wave):
        raise ValueError(f"basis.basis is {_shape(functions)}, and basis.wave has {len(wave)} wavelengths")
    coefficients = coefficients[..., None] if coefficients.ndim == 2 else coefficients  # MATLAB drops last axes of 1
    if coefficients.ndim != 3 or coefficients.shape[2] != functions.shape[1]:
        raise ValueError(f"mcCOEF is {_shape(coefficients)}, and basis.basis has {functions.shape[1]} functions")
    photons = coefficients @ resample(functions.T.astype(float), wave)
    if "imgMean" in arrays:
        photons += resample(arrays["imgMean"].ravel().astype(float), wave)
    return np.maximum(photons, 0)
