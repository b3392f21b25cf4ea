"""How pictures are viewed and what their numbers mean: plain values, which load neither NumPy nor anything else.

References: X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID Digest 27
(1996) 731-734; CIE 015:2018 (colour difference formulas).
"""

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from scielab.eye.display import Display

#: A picture at 96 dpi seen from 0.5 m (0.030319° per pixel), rounded.
DEFAULT_SAMPLES_PER_DEGREE = 33.0

#: Largest number of samples per degree that is filtered.
MAX_SAMPLES_PER_DEGREE = 1000.0

#: Names of the variants of S-CIELAB, which `scielab.eye.presets` describes.
PRESETS = ("1996", "1996-normalised", "isetcam-distribution", "isetcam-original", "isetcam-hires")

#: Years of the colour difference formulas: CIE76, CIE94 and CIEDE2000.
FORMULAS = (76, 94, 2000)

#: What a picture's numbers may be, by name: sRGB values, linear sRGB, XYZ or cone responses (2° or 10° observer).
INPUTS = ("srgb", "linear", "xyz", "xyz10", "lms", "lms10")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Viewing:
    """How pictures are viewed and what their numbers mean.

    How far away the viewer is may be given in one of three ways: `samples_per_degree`, `fov_deg`, or `dpi` with
    `distance_m`. By default it is 33 samples per degree, a display of 96 dpi seen from 0.5 m.

    Parameters
    ----------
    samples_per_degree : float, optional
        Pixels per degree of visual angle, in (0, 1000].
    fov_deg : float, optional
        Degrees of visual angle across the width of a picture, whatever that is in pixels, in (0, 180).
    dpi : float, optional
        Pixels per inch of a display, above 0; with `distance_m`.
    distance_m : float, optional
        Distance of the viewer from that display in metres, above 0.
    preset : str
        Variant of S-CIELAB, one of `scielab.viewing.PRESETS`. ISETCam's give a map without the last row where rows
        are even in number, and without the last column likewise.
    formula : int
        Colour difference: 76 for CIE76, 94 for CIE94 (graphic arts, weights from the chroma of the reference) or 2000
        for CIEDE2000, which ISETCam takes by default.
    input : str, (3, 3) array or Display
        What the numbers of a picture are. "srgb" is sRGB, "linear" is linear sRGB in [0, 1]. "xyz" and "xyz10" are
        XYZ of the 2° and the 10° observer, "lms" and "lms10" cone responses; the number says in which XYZ the result
        is expressed; they are linear, in any unit. A matrix takes linear RGB in [0, 1] to XYZ, in any unit. A display
        (`scielab.eye.display`) says what light the values give that are sent to it.
    white : (3,) array, optional
        White: for "xyz", "xyz10", "lms" and "lms10" in the numbers of `input`, and required. Otherwise XYZ in the unit
        of the display or the matrix, Y = 100 for sRGB's own white; by default R = G = B = 1.

    Raises
    ------
    ValueError
        For values out of range, names that are not known, and a distance given in two ways. A matrix and a white are
        checked when pictures are compared.

    References
    ----------
    X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID Digest 27 (1996)
    731-734.

    Examples
    --------
    >>> import scielab
    >>> scielab.Viewing(samples_per_degree=60, formula=2000)
    Viewing(samples_per_degree=60.0, formula=2000)
    >>> scielab.Viewing(dpi=96, distance_m=0.5).geometry
    '96 dpi at 0.5 m'
    """

    samples_per_degree: float | None = None
    fov_deg: float | None = None
    dpi: float | None = None
    distance_m: float | None = None
    preset: str = PRESETS[0]
    formula: int = FORMULAS[0]
    input: "str | np.ndarray | Sequence[Sequence[float]] | Display" = INPUTS[0]
    white: "np.ndarray | Sequence[float] | None" = None

    def __post_init__(self) -> None:
        if (self.dpi is None) != (self.distance_m is None):
            raise ValueError("dpi and distance_m go together")
        if sum(value is not None for value in (self.samples_per_degree, self.fov_deg, self.dpi)) > 1:
            raise ValueError("give either samples_per_degree, or fov_deg, or dpi with distance_m")
        if self.preset not in PRESETS:
            raise ValueError(f"preset is {self.preset!r}; it must be one of {', '.join(PRESETS)}")
        check_formula(self.formula)
        plain = {"formula": int(self.formula), "input": _plain(self.input), "white": _plain(self.white)}
        if plain["input"] not in INPUTS and not (isinstance(plain["input"], tuple) or hasattr(self.input, "to_xyz")):
            raise ValueError(f"input is {self.input!r}; it must be one of {', '.join(INPUTS)}, a matrix or a display")
        for name in ("samples_per_degree", "fov_deg", "dpi", "distance_m"):
            plain[name] = _number(name, getattr(self, name))
        for name, value in plain.items():
            object.__setattr__(self, name, value)
        self.rate(1)  # whatever else is given is out of range here, too

    def __repr__(self) -> str:
        """What differs from the default."""
        given = [(field.name, getattr(self, field.name)) for field in dataclasses.fields(self)]
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        return f"Viewing({', '.join(f'{name}={value!r}' for name, value in given if value != defaults[name])})"

    @property
    def geometry(self) -> str:
        """Where the samples per degree are from, in words.

        Examples
        --------
        >>> import scielab
        >>> scielab.Viewing(fov_deg=20).geometry
        '20° across the width'
        """
        if self.dpi is not None:
            return f"{self.dpi:g} dpi at {self.distance_m:g} m"
        if self.fov_deg is not None:
            return f"{self.fov_deg:g}° across the width"
        return "96 dpi at 0.5 m, the default" if self.samples_per_degree is None else "given"

    def rate(self, columns: int) -> float:
        """Pixels per degree of visual angle of a picture.

        Parameters
        ----------
        columns : int
            Width of the picture in pixels, 1 or more; it plays a part where the field of view is given.

        Returns
        -------
        float
            Samples per degree, in (0, 1000].

        Raises
        ------
        ValueError
            Where a picture so wide has too many pixels per degree.

        Examples
        --------
        >>> import scielab
        >>> scielab.Viewing(fov_deg=20).rate(columns=640)
        32.0
        """
        if self.dpi is not None and self.distance_m is not None:
            rate = samples_per_degree_of(self.dpi, self.distance_m)
        elif self.fov_deg is not None:
            rate = samples_per_degree_of_fov(self.fov_deg, columns)
        else:
            rate = DEFAULT_SAMPLES_PER_DEGREE if self.samples_per_degree is None else self.samples_per_degree
        check_samples_per_degree(rate)
        return rate


def check_samples_per_degree(samples_per_degree: float) -> None:
    """Raise ValueError unless 0 < `samples_per_degree` ≤ `MAX_SAMPLES_PER_DEGREE`."""
    if not 0 < samples_per_degree <= MAX_SAMPLES_PER_DEGREE:
        raise ValueError(
            f"samples per degree is {samples_per_degree:g}; it must be above 0 and at most {MAX_SAMPLES_PER_DEGREE:g}"
        )


def check_formula(formula: int) -> None:
    """Raise ValueError unless `formula` is one of `FORMULAS`."""
    if formula not in FORMULAS:
        raise ValueError(f"formula is {formula!r}; it must be one of {', '.join(map(str, FORMULAS))}")


def samples_per_degree_of(dpi: float, distance_m: float) -> float:
    """Pixels per degree at the centre of a display of `dpi` pixels per inch seen from `distance_m` metres.

    Infinite where a pixel is too small for an angle. Raises ValueError unless both are positive and finite.
    """
    for name, value in (("dpi", dpi), ("distance in metres", distance_m)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value:g}; it must be above 0 and finite")
    degrees_per_pixel = math.degrees(math.atan(0.0254 / dpi / distance_m))
    return 1 / degrees_per_pixel if degrees_per_pixel else math.inf


def samples_per_degree_of_fov(fov_deg: float, columns: int) -> float:
    """Mean pixels per degree of a picture of `columns` pixels that is `fov_deg` degrees wide.

    This is what ISETCam's `scielabRGB` takes. A flat picture has fewer pixels per degree at its centre
    (`samples_per_degree_of`) and more towards its sides. Raises ValueError unless
    0 < `fov_deg` < 180 and `columns` is 1 or more.
    """
    if not 0 < fov_deg < 180:
        raise ValueError(f"field of view is {fov_deg:g} degrees; it must be above 0 and below 180")
    if not 1 <= columns < math.inf:
        raise ValueError(f"columns is {columns:g}; it must be 1 or more")
    return columns / fov_deg


def check_viewing(viewing: Any) -> None:
    """Raise ValueError for anything but viewing conditions, such as a number of samples per degree."""
    if not isinstance(viewing, Viewing):
        raise ValueError(f"viewing is {viewing!r}; it must be a scielab.Viewing, as Viewing(samples_per_degree=60) is")


def _number(name: str, value: Any) -> float | None:
    """A number of whatever kind as a float, so that it is fit for JSON; None stays."""
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}; it must be a number") from None


def _plain(value: Any) -> Any:
    """Arrays and lists as tuples, so that a frozen value cannot change and can be compared; all else as it is."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


#: A display of 96 dpi seen from 0.5 m, Stanford's filters of 1996, CIE76, sRGB.
DEFAULT_VIEWING = Viewing()
