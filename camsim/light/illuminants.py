"""Light sources by name: CIE illuminants, CIE daylight and blackbodies, as relative spectral power."""

import functools
import math
from importlib import resources

import numpy as np

from camsim.light import spectra

#: Boltzmann constant (J/K), exact since the SI of 2019.
BOLTZMANN = 1.380649e-23

#: Colour temperatures accepted, K: a blackbody's, and the range for which CIE defines daylight.
BLACKBODY_K = (1000.0, 25000.0)
DAYLIGHT_K = (4000.0, 25000.0)

#: Columns of the table that are no illuminants: the mean and the two characteristic vectors of daylight.
_COMPONENTS = ("S0", "S1", "S2")


@functools.cache
def _table() -> dict[str, np.ndarray]:
    """Every column of `camsim/data/illuminants.csv` by its name, read-only (31,); the file states its source."""
    with (resources.files("camsim") / "data" / "illuminants.csv").open(encoding="utf-8") as file:
        header = next(line for line in file if not line.startswith("#"))
    columns = spectra.table("illuminants")
    return dict(zip(header.strip().split(",")[1:], columns.T, strict=True))


def names() -> list[str]:
    """The tabulated illuminants, in the order of the table; `spectrum` also takes the forms of `FORMS`."""
    return [name for name in _table() if name not in _COMPONENTS]


#: What `spectrum` takes beside `names()`, for help texts.
FORMS = (
    "F1..F12 for FL1..FL12",
    f"daylight:5500 (CIE daylight, {DAYLIGHT_K[0]:.0f} to {DAYLIGHT_K[1]:.0f} K)",
    f"3200K (blackbody, {BLACKBODY_K[0]:.0f} to {BLACKBODY_K[1]:.0f} K)",
)


def spectrum(name: str) -> np.ndarray:
    """Relative spectral power of a light source: (31,) at 400:10:700 nm, power per wavelength, any scale.

    Parameters
    ----------
    name : one of `names()` or of `FORMS`, in either case.

    Raises
    ------
    ValueError for an unknown name, and for a temperature out of bounds.

    References
    ----------
    CIE 015:2018 "Colorimetry, 4th edition"; its tables are sampled as `camsim/data/illuminants.csv` tells.
    """
    if not isinstance(name, str):
        raise ValueError(f"illuminant is {name!r}; it must be a name such as 'D65'")
    key = name.strip().upper()
    if key.startswith("DAYLIGHT:"):
        return daylight(_temperature(name, key.removeprefix("DAYLIGHT:").removesuffix("K")))
    if key.endswith("K") and key[:1].isdigit():
        return blackbody(_temperature(name, key.removesuffix("K")))
    if key.startswith("F") and key[1:2].isdigit():
        key = "FL" + key[1:]
    if key in names():
        return _table()[key]
    raise ValueError(f"illuminant {name!r} is unknown; {_hint(key)}")


def _temperature(name: str, digits: str) -> float:
    try:
        return float(digits)
    except ValueError:
        raise ValueError(f"illuminant {name!r}: {digits.strip()!r} is not a temperature in kelvin") from None


def _hint(key: str) -> str:
    import difflib

    digits = key.strip("DK ")
    if digits.isdigit() and len(digits) >= 4:  # D5500, 5500, D5500K
        return f"did you mean 'daylight:{digits}' or '{digits}K'?"
    close = difflib.get_close_matches(key, names(), n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    return f"use one of {', '.join(n for n in names() if '.' not in n)}, daylight:5500 or 3200K"


def _check(kelvin: float, bounds: tuple[float, float], what: str) -> None:
    if not (math.isfinite(kelvin) and bounds[0] <= kelvin <= bounds[1]):
        raise ValueError(f"{what} of {kelvin:g} K is out of bounds: {bounds[0]:.0f} to {bounds[1]:.0f} K")


def blackbody(kelvin: float) -> np.ndarray:
    """Spectral power of a blackbody by Planck's law, 100 at 560 nm: (31,) at 400:10:700 nm.

    Raises ValueError where `kelvin` is out of `BLACKBODY_K`.
    """
    _check(kelvin, BLACKBODY_K, "blackbody")
    second = spectra.PLANCK * spectra.LIGHT_SPEED / BOLTZMANN * 1e9  # the second radiation constant, nm K

    def planck(wavelength_nm: np.ndarray | float) -> np.ndarray:
        return 1.0 / (wavelength_nm**5 * np.expm1(second / (wavelength_nm * kelvin)))

    return 100.0 * planck(spectra.WAVELENGTH_NM) / planck(560.0)


def daylight(kelvin: float) -> np.ndarray:
    """Spectral power of CIE daylight of a correlated colour temperature, about 100 at 560 nm: (31,) at 400:10:700 nm.

    The temperature is on today's scale: D65 and its like, named on the scale of 1964, are found
    at 1.4388/1.4380 of their names, D65 at 6504 K.

    Raises ValueError where `kelvin` is out of `DAYLIGHT_K`.

    References
    ----------
    CIE 015:2018, daylight illuminants; Judd, MacAdam and Wyszecki, J. Opt. Soc. Am. 54, 1031 (1964).
    """
    _check(kelvin, DAYLIGHT_K, "daylight")
    t = 1000.0 / kelvin
    if kelvin <= 7000:
        x = 0.244063 + 0.09911 * t + 2.9678 * t**2 - 4.6070 * t**3
    else:
        x = 0.237040 + 0.24748 * t + 1.9018 * t**2 - 2.0064 * t**3
    y = -3.000 * x**2 + 2.870 * x - 0.275
    m = 0.0241 + 0.2562 * x - 0.7341 * y
    m1 = round((-1.3515 - 1.7703 * x + 5.9114 * y) / m, 3)  # CIE rounds both before use
    m2 = round((0.0300 - 31.4424 * x + 30.0717 * y) / m, 3)
    mean, first, second = (_table()[name] for name in _COMPONENTS)
    return mean + m1 * first + m2 * second
