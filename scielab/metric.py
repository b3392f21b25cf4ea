"""S-CIELAB: how different two pictures look from a given distance, pixel by pixel.

Opponent colours are blurred as the eye blurs them, taken to CIELAB, and compared with a CIE colour difference.
This is the computation of Stanford's 1996 code, to rounding.

References: X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction",
SID Digest 27 (1996) 731-734; the thresholds of `summary`: M. Mahy, L. Van Eycken, A. Oosterlinck, "Evaluation
of uniform color spaces developed after the adoption of CIELAB and CIELUV", Color Res. Appl. 19 (1994) 105-121.
"""

import math

import numpy as np

from camsim import colour
from scielab import DEFAULT_SAMPLES_PER_DEGREE, deltae, filters

#: Name of the metric, to be cited with every number.
VERSION = "S-CIELAB 1996"

#: Limits of which `summary` tells the share of pixels above. By convention about 1 is the threshold of large
#: uniform fields, 2.3 the just noticeable CIE76 difference (Mahy et al.), 5 two colours; above 10 is just "big".
THRESHOLDS = (1.0, 2.3, 5.0, 10.0)

#: What a picture's numbers may be: sRGB values, or one of the linear formats of `filters.FORMATS`.
INPUTS = ("srgb", *filters.FORMATS)

_SRGB_TOLERANCE = 1e-6  # float32 pictures overshoot by their rounding


def delta_e(
    ref: np.ndarray,
    test: np.ndarray,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    formula: int = 76,
    input: str = "srgb",
    white: np.ndarray | None = None,
) -> np.ndarray:
    """The S-CIELAB difference map (H, W), in ΔE.

    Parameters
    ----------
    ref, test : (H, W, 3) arrays
        The reference and the picture compared with it: sRGB values in [0, 1], or as `input` says.
    samples_per_degree : pixels per degree of visual angle, in (0, 1000]
    formula : 76, 94 or 2000
        CIE76, CIE94 (weights from the chroma of `ref`) or CIEDE2000.
    input : one of `INPUTS`
        "xyz" and "xyz10" are XYZ of the 2° and the 10° observer, "lms" and "lms10" cone responses; the number
        says in which XYZ the result is expressed. All are linear, in any unit.
    white : (3,) array
        White in the numbers of `input`; D65 (95.05, 100, 108.9) for sRGB, required otherwise.

    Raises
    ------
    ValueError
        For different shapes, other than (H, W, 3) or empty arrays, values that are not finite, sRGB outside
        [0, 1], an unknown formula or input, `samples_per_degree` out of range, a white that is not positive.
    """
    if formula not in deltae.FORMULAS:
        raise ValueError(f"formula is {formula!r}; it must be one of {', '.join(map(str, deltae.FORMULAS))}")
    if np.shape(ref) != np.shape(test):
        raise ValueError(f"the pictures differ in size: {_size(ref)} and {_size(test)}; they are compared unresized")
    viewing = {"samples_per_degree": samples_per_degree, "input": input, "white": white}
    return deltae.FORMULAS[formula](filtered_lab(ref, **viewing), filtered_lab(test, **viewing))


def filtered_lab(
    picture: np.ndarray,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    input: str = "srgb",
    white: np.ndarray | None = None,
) -> np.ndarray:
    """L*, a*, b* (H, W, 3) of a picture (H, W, 3) as the eye blurs it; parameters as in `delta_e`."""
    opponent = filtered_opponent(picture, samples_per_degree=samples_per_degree, input=input)
    white_xyz = _white_xyz(input, white)
    return deltae.xyz_to_lab(opponent @ filters.FORMATS[_format(input)][1].T, white_xyz)


def filtered_opponent(
    picture: np.ndarray, *, samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE, input: str = "srgb"
) -> np.ndarray:
    """Blurred opponent planes (H, W, 3) in the order of `filters.CHANNELS`, in the unit of the input.

    sRGB is taken to XYZ with Y = 100 for white first. Parameters and errors as in `delta_e`.
    """
    to_opponent = filters.FORMATS[_format(input)][0]
    filters.check_samples_per_degree(samples_per_degree)
    picture = _checked(picture, input)
    linear = colour.linear_to_xyz(colour.srgb_decode(picture)) if input == "srgb" else picture
    return filters.filter_opponent(linear @ to_opponent.T, samples_per_degree)


def summary(delta_e_map: np.ndarray) -> dict[str, float]:
    """Mean, median, percentiles, maximum and the percentage of pixels above each of `THRESHOLDS`.

    Percentiles are interpolated linearly. Keys: mean, median, p90, p95, p99, max, percent_above_1,
    percent_above_2.3, percent_above_5, percent_above_10.

    Raises ValueError for an empty map or values that are not finite.
    """
    values = np.asarray(delta_e_map, dtype=float).ravel()
    if not values.size:
        raise ValueError("the map of differences is empty")
    if not np.isfinite(values).all():
        raise ValueError("the map of differences holds NaN or infinity")
    median, p90, p95, p99 = np.percentile(values, [50, 90, 95, 99])
    pooled = {"mean": values.mean(), "median": median, "p90": p90, "p95": p95, "p99": p99, "max": values.max()}
    pooled |= {f"percent_above_{limit:g}": 100 * np.mean(values > limit) for limit in THRESHOLDS}
    return {name: float(value) for name, value in pooled.items()}


def samples_per_degree_of(dpi: float, distance_m: float) -> float:
    """Pixels per degree at the centre of a display of `dpi` pixels per inch seen from `distance_m` metres.

    Raises ValueError unless both are positive and finite.
    """
    for name, value in (("dpi", dpi), ("distance in metres", distance_m)):
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value:g}; it must be above 0 and finite")
    return 1 / math.degrees(math.atan(0.0254 / dpi / distance_m))


def border_rule(shape: tuple[int, int], samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE) -> str:
    """What stands beyond the border of a picture of `shape` = (rows, columns) when it is filtered, in words."""
    if filters.kernel_taps(samples_per_degree) < min(shape):
        return "symmetric reflection"
    return "symmetric reflection by half the picture, then zeros"


def _format(input: str) -> str:
    if input not in INPUTS:
        raise ValueError(f"input is {input!r}; it must be one of {', '.join(INPUTS)}")
    return "xyz" if input == "srgb" else input


def _white_xyz(input: str, white: np.ndarray | None) -> np.ndarray:
    """White as XYZ, by the same way as the picture: an LMS white passes through the opponent channels."""
    if input == "srgb":
        if white is not None:
            raise ValueError("white is fixed for sRGB; give it with XYZ or LMS input only")
        return colour.SRGB_WHITE_XYZ
    if white is None or np.shape(white) != (3,):
        raise ValueError(f"white is {white!r}; {input} input needs three numbers")
    to_opponent, to_xyz = filters.FORMATS[input]
    white_xyz = np.asarray(white, dtype=float)
    if input.startswith("lms"):
        white_xyz = to_xyz @ to_opponent @ white_xyz
    if not (np.isfinite(white_xyz).all() and (white_xyz > 0).all()):
        raise ValueError(f"white is {white!r}; it must be above 0 and finite in X, Y and Z")
    return white_xyz


def _checked(picture: np.ndarray, input: str) -> np.ndarray:
    picture = np.asarray(picture, dtype=float)
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"a picture has shape {picture.shape}; it must be (rows, columns, 3), not empty")
    if not np.isfinite(picture).all():
        raise ValueError("a picture holds NaN or infinity; its values must be finite")
    if input == "srgb" and (picture.min() < -_SRGB_TOLERANCE or picture.max() > 1 + _SRGB_TOLERANCE):
        raise ValueError(f"sRGB values run from {picture.min():g} to {picture.max():g}; they must lie in [0, 1]")
    return picture


def _size(picture: np.ndarray) -> str:
    shape = np.shape(picture)
    return f"{shape[1]}×{shape[0]} pixels" if len(shape) == 3 and shape[2] == 3 else f"shape {shape}"
