"""Calibrated displays: from the digital values that drive them to the light that they give.

References: B. A. Wandell, "Foundations of Vision" (1995), appendix B; D. H. Brainard, "Calibration of a computer
controlled color monitor", Color Res. Appl. 14 (1989) 23-34; CIE 015:2018 (XYZ).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.io import arrays, atomic, matlab, regular

#: Luminous efficacy of the lumen's definition, lm/W.
_LUMENS_PER_WATT = 683.0

#: Most bytes of all arrays in a display's file: a thousand wavelengths and 65536 levels need two million.
MAX_BYTES = 64 << 20

#: Names under which a file may hold each part: this package's own and those of ISETCam and of the 1996 code.
NAMES = {
    "spectra": ("spectra", "spd", "display_spd", "displaySPD"),
    "wavelength_nm": ("wavelength_nm", "wave", "wavelength"),
    "gamma": ("gamma", "gamma_table", "displayGamma"),
    "cones": ("cones",),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Display:
    """A display with three primaries, additive and without interaction.

    Parameters
    ----------
    spectra : (N, 3) array
        Light of red, green and blue at full drive per wavelength: radiance in W sr⁻¹ m⁻² nm⁻¹, or any multiple.
    wavelength_nm : (N,) array
        Wavelengths in nm, ascending, that cover 420 to 680.
    gamma : (levels, 3) array
        Share of full drive, 0 to 1, that each digital level gives, one column per primary. A value c in [0, 1]
        takes the level nearest to c·(levels - 1); white is the last level of all three.
    cones : (N, 3) array, optional
        Sensitivities of the L, M and S cones. With them the picture goes to the opponent channels by cone
        responses, as in the example of the 1996 code; without by XYZ of the 2° observer.
    file : str, optional
        The file that it was read from, and in `sha256` the hash of its bytes: records of comparisons name them.
    sha256 : str, optional
        As hexadecimal.

    Raises
    ------
    ValueError
        Naming the part, for shapes that do not fit, wavelengths that do not ascend or do not cover 420 to 680 nm,
        values that are negative or not finite, gamma above 1.

    References
    ----------
    D. H. Brainard, "Calibration of a computer controlled color monitor", Color Res. Appl. 14 (1989) 23-34.

    Examples
    --------
    >>> import numpy, scielab
    >>> from scielab.eye.display import Display
    >>> wavelength_nm = numpy.arange(400, 701, 5)
    >>> spectra = numpy.exp(-((wavelength_nm[:, None] - [610, 545, 465]) / 20) ** 2)
    >>> gamma = numpy.linspace(0, 1, 256)[:, None] ** [2.2, 2.2, 2.2]
    >>> screen = Display(spectra, wavelength_nm, gamma)
    >>> screen
    <Display: 256 levels, 400 to 700 nm>
    >>> codes = numpy.full((64, 64, 3), 128, dtype=numpy.uint8)
    >>> float(scielab.delta_e(codes, codes, scielab.Viewing(input=screen)).max())
    0.0
    """

    spectra: np.ndarray
    wavelength_nm: np.ndarray
    gamma: np.ndarray
    cones: np.ndarray | None = None
    file: str | None = None
    sha256: str | None = None

    def __repr__(self) -> str:
        wavelengths = f"{self.wavelength_nm[0]:g} to {self.wavelength_nm[-1]:g} nm"
        return f"<Display{f' of {self.file}' if self.file else ''}: {len(self.gamma)} levels, {wavelengths}>"

    def __post_init__(self) -> None:
        for name in NAMES:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _read_only(name, getattr(self, name)))
        wavelengths = self.wavelength_nm
        if wavelengths.ndim != 1 or len(wavelengths) < 2 or (np.diff(wavelengths) <= 0).any():
            raise ValueError(f"wavelength_nm has shape {wavelengths.shape}; it must be one ascending row of numbers")
        if wavelengths[0] > 420 or wavelengths[-1] < 680:
            raise ValueError(
                f"wavelength_nm runs from {wavelengths[0]:g} to {wavelengths[-1]:g}; it must cover 420 to 680"
            )
        for name in ("spectra", "cones"):
            part = getattr(self, name)
            if part is not None and part.shape != (len(wavelengths), 3):
                raise ValueError(f"{name} has shape {part.shape}; it must be ({len(wavelengths)}, 3)")
        if self.gamma.ndim != 2 or self.gamma.shape[1] != 3 or len(self.gamma) < 2:
            raise ValueError(f"gamma has shape {self.gamma.shape}; it must be (levels, 3), two levels or more")
        if self.gamma.max() > 1:
            raise ValueError(f"gamma goes up to {self.gamma.max():g}; it must lie in [0, 1]")

    def to_xyz(self) -> np.ndarray:
        """The matrix from linear RGB to XYZ of the CIE 1931 2° observer.

        Returns
        -------
        (3, 3) array
            Y in cd/m² where the spectra are in W sr⁻¹ m⁻² nm⁻¹.

        References
        ----------
        CIE 015:2018, "Colorimetry".

        Examples
        --------
        >>> import numpy
        >>> from scielab.eye.display import Display
        >>> equal_energy = Display(numpy.ones((81, 3)), numpy.arange(380, 781, 5), [[0, 0, 0], [1, 1, 1]])
        >>> (equal_energy.to_xyz() / 683).round(1)[:, 0].tolist()
        [106.9, 106.9, 106.9]
        """
        return _LUMENS_PER_WATT * self._integrate(_colour_matching(self.wavelength_nm))

    def to_lms(self) -> np.ndarray:
        """The matrix from linear RGB to responses of the cones.

        Returns
        -------
        (3, 3) array
            In the unit of `cones` times that of the spectra times nm.

        Raises
        ------
        ValueError
            Where the display has no `cones`.

        Examples
        --------
        >>> import numpy
        >>> from scielab.eye.display import Display
        >>> wavelength_nm, ones = numpy.arange(380, 781), numpy.ones((401, 3))
        >>> Display(ones, wavelength_nm, [[0, 0, 0], [1, 1, 1]], cones=ones).to_lms()[0].tolist()
        [401.0, 401.0, 401.0]
        """
        if self.cones is None:
            raise ValueError("cones is None; cone responses need their sensitivities")
        return self._integrate(self.cones)

    def _integrate(self, sensitivities: np.ndarray) -> np.ndarray:
        return (sensitivities * np.gradient(self.wavelength_nm)[:, None]).T @ self.spectra


def read(path: Path | str) -> Display:
    """Read a display from `.npz` or from MATLAB's `.mat`, by the names in `NAMES`.

    A struct that holds the parts, such as ISETCam's `d`, is looked into. Read only files you trust.

    Parameters
    ----------
    path : Path or str
        The file; MATLAB's version 7.3 needs the package h5py.

    Returns
    -------
    Display
        With the file's name and hash.

    Raises
    ------
    ValueError
        Naming the file, where it cannot be read or a part is missing or wrong.

    Examples
    --------
    >>> import numpy
    >>> from scielab.eye import display
    >>> numpy.savez("screen.npz", spd=numpy.ones((81, 3)), wave=numpy.arange(380, 781, 5), gamma=numpy.eye(2, 3))
    >>> display.read("screen.npz")
    <Display of screen.npz: 2 levels, 380 to 780 nm>
    """
    path = Path(path)
    regular.check(path)
    if path.suffix.lower() not in (".npz", ".mat"):
        raise ValueError(f"{path}: a display must be a .npz or .mat file")
    try:
        variables = _variables(path)
    except MemoryError:
        raise
    except Exception as error:  # the readers raise many kinds for damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ValueError(f"{path}: cannot be read ({reason.removeprefix(f'{path}: ')})") from error
    parts = {part: found for part, names in NAMES.items() if (found := _find(variables, names)) is not None}
    for part in ("spectra", "wavelength_nm", "gamma"):
        if part not in parts:
            raise ValueError(f"{path}: has no {part} (it may also be called {', '.join(NAMES[part][1:])})")
    try:
        return Display(
            parts["spectra"],
            np.ravel(parts["wavelength_nm"]),
            parts["gamma"],
            parts.get("cones"),
            file=str(path),
            sha256=atomic.sha256(path),
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _variables(path: Path) -> dict:
    if path.suffix.lower() == ".npz":
        return arrays.read_npz(path, limit=MAX_BYTES)
    return matlab.load(path)


def _find(variables: dict, names: tuple[str, ...]) -> np.ndarray | None:
    """The variable of one of these names, also inside a struct."""
    for name in names:
        if isinstance(variables.get(name), np.ndarray):
            return variables[name]
    for value in variables.values():
        if isinstance(value, dict) and (found := _find(value, names)) is not None:
            return found
    return None


def _read_only(name: str, values: np.ndarray) -> np.ndarray:
    try:
        values = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers, which {type(values).__name__} does not") from None
    if not values.size or not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(f"{name} is empty or holds values that are negative or not finite")
    values.setflags(write=False)
    return values


def _colour_matching(wavelength_nm: np.ndarray) -> np.ndarray:
    """CIE 1931 colour-matching functions (N, 3), linear between their nanometres, 0 beyond their range."""
    from colour import MSDS_CMFS  # takes a second to load

    observer = MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    columns = np.asarray(observer.values).T
    return np.stack([np.interp(wavelength_nm, observer.wavelengths, c, left=0, right=0) for c in columns], axis=1)
