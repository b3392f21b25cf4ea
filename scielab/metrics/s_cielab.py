"""S-CIELAB: how different two pictures look from a given distance, pixel by pixel.

Opponent colours are blurred as the eye blurs them, taken to CIELAB, and compared with a CIE colour difference.
By default this is the computation of Stanford's 1996 code, to rounding; `scielab.presets` has the other variants.

References: X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction",
SID Digest 27 (1996) 731-734; the thresholds of `summary`: M. Mahy, L. Van Eycken, A. Oosterlinck, "Evaluation
of uniform color spaces developed after the adoption of CIELAB and CIELUV", Color Res. Appl. 19 (1994) 105-121.
"""

import math
from dataclasses import dataclass

import numpy as np

from scielab.eye import encoding, filtering, kernels, presets
from scielab.eye.display import Display
from scielab.metrics import colour_difference
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

#: Name of the metric as it is by default, to be cited with every number; `version` tells those of all presets.
VERSION = presets.PRESETS["1996"].title

#: Limits of which `summary` tells the share of pixels above. By convention about 1 is the threshold of large
#: uniform fields, 2.3 the just noticeable CIE76 difference (Mahy et al.), 5 two colours; above 10 is just "big".
THRESHOLDS = (1.0, 2.3, 5.0, 10.0)

#: What a picture's numbers may be, by name.
INPUTS = encoding.INPUTS


def delta_e(
    ref: np.ndarray,
    test: np.ndarray,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    preset: str = "1996",
    formula: int = 76,
    input: str | np.ndarray | Display = "srgb",
    white: np.ndarray | None = None,
    dtype: type = np.float64,
) -> np.ndarray:
    """The S-CIELAB difference map (H, W), in ΔE.

    Parameters
    ----------
    ref, test : (H, W, 3) arrays
        The reference and the picture compared with it: sRGB values, or as `input` says. sRGB and the values of a
        display are uint8, uint16, or floating point in [0, 1].
    samples_per_degree : pixels per degree of visual angle, in (0, 1000]
    preset : one of `presets.PRESETS`
        Those of ISETCam give a map without the last row, where rows are even in number, and column likewise.
    formula : 76, 94 or 2000
        CIE76, CIE94 (graphic arts, weights from the chroma of `ref`) or CIEDE2000, which ISETCam takes by default.
    input : one of `INPUTS`, a (3, 3) matrix, or a `Display`
        "linear" is linear sRGB in [0, 1]. "xyz" and "xyz10" are XYZ of the 2° and the 10° observer, "lms" and
        "lms10" cone responses; the number says in which XYZ the result is expressed; they are linear, in any unit.
        A matrix takes linear RGB in [0, 1] to XYZ, in any unit.
    white : (3,) array
        White: for "xyz", "xyz10", "lms" and "lms10" in the numbers of `input`, and required. Otherwise XYZ in the
        unit of the display or the matrix, Y = 100 for sRGB's own white; by default R = G = B = 1.
    dtype : np.float64 or np.float32
        Precision of the computation and of the map. float32 takes half the time and memory. Of photographs its map
        is within 0.002 of the other in CIE76 and CIE94, in the worst of synthetic pictures (black beside saturated
        colours, differences of hundreds) within 0.01. CIEDE2000 jumps where two hues are opposite, and there so do
        single pixels.

    Raises
    ------
    ValueError
        For different shapes, other than (H, W, 3) or empty arrays, values that are not finite or out of range,
        an unknown preset, formula, input or dtype, `samples_per_degree` out of range, a white that is not positive.
    """
    _check_sizes(np.shape(ref), np.shape(test))
    viewing = {"samples_per_degree": samples_per_degree, "preset": preset, "input": input, "white": white}
    return Reference(ref, formula=formula, dtype=dtype, **viewing).delta_e(test)


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Reference:
    """A picture with which others are compared: it is blurred once.

    `Reference(ref, ...).delta_e(test)` is `delta_e(ref, test, ...)`, to the last bit, for half of the work. It does
    not change, and keeps no hold of `ref`. Parameters and errors as in `delta_e`.
    """

    shape: tuple[int, ...]
    formula: int
    viewing: "_Viewing"
    _planes: np.ndarray

    def __init__(
        self,
        ref: np.ndarray,
        *,
        samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
        preset: str = "1996",
        formula: int = 76,
        input: str | np.ndarray | Display = "srgb",
        white: np.ndarray | None = None,
        dtype: type = np.float64,
    ):
        if formula not in colour_difference.FORMULAS:
            raise ValueError(
                f"formula is {formula!r}; it must be one of {', '.join(map(str, colour_difference.FORMULAS))}"
            )
        viewing = _viewing(samples_per_degree, preset, input, white, dtype)
        planes = viewing.lab(ref)
        planes.setflags(write=False)
        for name, value in (("shape", np.shape(ref)), ("formula", formula), ("viewing", viewing), ("_planes", planes)):
            object.__setattr__(self, name, value)

    def delta_e(self, test: np.ndarray) -> np.ndarray:
        """The difference map of a picture of the reference's size; ValueError as in `metric.delta_e`."""
        _check_sizes(self.shape, np.shape(test))
        planes = self.viewing.lab(test)
        rows, columns = self.viewing.preset.shape(*self.shape[:2])
        differences = np.empty((rows, columns), planes.dtype)
        reference, test = (p.reshape(3, -1) for p in (self._planes, planes))
        for flat, block in encoding.blocks(planes):
            found = colour_difference.FORMULAS[self.formula](reference[:, flat].T, test[:, flat].T)
            differences[block] = found.reshape(-1, planes.shape[2])[:, :columns]
        return differences


@dataclass(frozen=True, slots=True, eq=False)
class _Viewing:
    """How pictures are seen and in which precision that is computed, checked."""

    samples_per_degree: float
    preset: presets.Preset
    source: encoding.Source
    dtype: type

    def opponent(self, picture: np.ndarray) -> np.ndarray:
        """Blurred opponent planes (3, H, S), of which as many columns count as `preset.shape` says."""
        picture = encoding.check(picture, self.source)
        planes = encoding.opponent_planes(picture, self.source, self.dtype)
        rows, columns = self.preset.shape(*picture.shape[:2])
        operators = presets.operators(self.preset, self.samples_per_degree, (rows, columns), self.dtype)
        for plane, (down, along) in zip(planes, operators, strict=True):
            inside = plane[:rows, :columns]
            blurred = filtering.filter_plane(inside, down, along, self.preset.border)
            if not np.may_share_memory(blurred, inside):
                inside[:] = blurred
        return planes if rows == len(planes[0]) else np.ascontiguousarray(planes[:, :rows])

    def lab(self, picture: np.ndarray) -> np.ndarray:
        """L*, a*, b* planes (3, H, S) of a picture as the eye blurs it."""
        planes = self.opponent(picture)
        to_ratios = (self.source.to_xyz / self.source.white_xyz[:, None]).astype(self.dtype)
        for flat, _ in encoding.blocks(planes):
            values = planes.reshape(3, -1)[:, flat]
            ratios = to_ratios @ values
            colour_difference.ratios_to_lab(ratios)
            values[:] = ratios
        return planes

    def as_picture(self, planes: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """Planes (3, H, S) of a picture as (H, W, 3)."""
        columns = self.preset.shape(*np.shape(picture)[:2])[1]
        return np.moveaxis(planes[:, :, :columns], 0, -1)


def _viewing(samples_per_degree: float, preset: str, input, white: np.ndarray | None, dtype: type) -> _Viewing:
    kernels.check_samples_per_degree(samples_per_degree)
    if dtype not in (np.float64, np.float32, "float64", "float32"):
        raise ValueError(f"dtype is {dtype!r}; it must be float64 or float32")
    source = encoding.source(input, white)
    return _Viewing(float(samples_per_degree), presets.preset(preset), source, np.dtype(dtype).type)


def filtered_lab(
    picture: np.ndarray,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    preset: str = "1996",
    input: str | np.ndarray | Display = "srgb",
    white: np.ndarray | None = None,
    dtype: type = np.float64,
) -> np.ndarray:
    """L*, a*, b* (H, W, 3) of a picture (H, W, 3) as the eye blurs it; parameters as in `delta_e`."""
    viewing = _viewing(samples_per_degree, preset, input, white, dtype)
    return viewing.as_picture(viewing.lab(picture), picture)


def filtered_opponent(
    picture: np.ndarray,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    preset: str = "1996",
    input: str | np.ndarray | Display = "srgb",
    dtype: type = np.float64,
) -> np.ndarray:
    """Blurred opponent planes (H, W, 3) in the order of `filters.CHANNELS`, in the unit of the input.

    sRGB is taken to XYZ with Y = 100 for white first. Parameters and errors as in `delta_e`.
    """
    no_white = np.ones(3) if isinstance(input, str) and input in kernels.FORMATS else None  # plays no part here
    viewing = _viewing(samples_per_degree, preset, input, no_white, dtype)
    return viewing.as_picture(viewing.opponent(picture), picture)


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


def border_rule(
    shape: tuple[int, int], samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE, preset: str = "1996"
) -> str:
    """What stands beyond the border of a picture of `shape` = (rows, columns) when it is filtered, in words."""
    kernels.check_samples_per_degree(samples_per_degree)
    return presets.preset(preset).describe_border(shape, samples_per_degree)


def version(preset: str = "1996") -> str:
    """Name of the metric with that preset, to be cited with every number."""
    return presets.preset(preset).title


def _check_sizes(ref: tuple[int, ...], test: tuple[int, ...]) -> None:
    if ref != test:
        raise ValueError(f"the pictures differ in size: {_size(ref)} and {_size(test)}; they are compared unresized")


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]} pixels" if len(shape) == 3 and shape[2] == 3 else f"shape {shape}"
