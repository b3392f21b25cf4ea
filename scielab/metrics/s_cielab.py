"""S-CIELAB: how different two pictures look from a given distance, pixel by pixel.

Opponent colours are blurred as the eye blurs them, taken to CIELAB, and compared with a CIE colour difference.
By default this is the computation of Stanford's 1996 code, to rounding; `scielab.eye.presets` has the other variants.

References: X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction",
SID Digest 27 (1996) 731-734; the thresholds of `summary`: M. Mahy, L. Van Eycken, A. Oosterlinck, "Evaluation
of uniform color spaces developed after the adoption of CIELAB and CIELUV", Color Res. Appl. 19 (1994) 105-121.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scielab.eye import encoding, filtering, picture_file, presets
from scielab.metrics import colour_difference
from scielab.viewing import DEFAULT_VIEWING, Viewing

#: Name of the metric as it is by default, to be cited with every number; each preset has a title of its own.
VERSION = presets.PRESETS["1996"].title

#: Limits of which `summary` gives the share of pixels above. By convention about 1 is the threshold of large
#: uniform fields, 2.3 the just noticeable CIE76 difference (Mahy et al.), 5 two colours; above 10 is just "big".
THRESHOLDS = (1.0, 2.3, 5.0, 10.0)


def delta_e(
    ref: np.ndarray | Path | str,
    test: np.ndarray | Path | str,
    viewing: Viewing = DEFAULT_VIEWING,
    *,
    dtype: type = np.float64,
) -> np.ndarray:
    """The S-CIELAB difference map of two pictures.

    Parameters
    ----------
    ref : (H, W, 3) array, path or camsim.Shot
        The reference: sRGB values, or what `viewing.input` says. sRGB and the values of a display are uint8, uint16, or
        floating point in [0, 1]. A path is of a picture or of an array (.npy).
    test : (H, W, 3) array, path or camsim.Shot
        The picture compared with it, of the same size.
    viewing : Viewing
        From how far, with which variant and formula, and what the pictures' numbers mean.
    dtype : np.float64 or np.float32
        Precision of the computation and of the map. float32 takes half the time and memory. Of photographs its map
        is within 0.002 of the other in CIE76 and CIE94, in the worst of synthetic pictures (black beside saturated
        colours, differences of hundreds) within 0.01. CIEDE2000 jumps where two hues are opposite, and there so do
        single pixels.

    Returns
    -------
    (H, W) array
        The difference of every pixel in ΔE, 0 or more.

    Raises
    ------
    ValueError
        For what is no picture or no `Viewing`, a file that cannot be read, different shapes, other than (H, W, 3) or
        empty arrays, values that are not finite or out of range, a white that is missing or not positive, an unknown
        dtype.

    References
    ----------
    X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID Digest 27 (1996)
    731-734.

    Examples
    --------
    >>> import numpy, scielab
    >>> grey = numpy.full((64, 64, 3), 0.5)
    >>> lighter = grey + 0.01
    >>> scielab.delta_e(grey, lighter).shape
    (64, 64)
    >>> near, far = scielab.Viewing(samples_per_degree=20), scielab.Viewing(samples_per_degree=60)
    >>> spot = grey.copy()
    >>> spot[32, 32] = 1
    >>> bool(scielab.delta_e(grey, spot, near).max() > scielab.delta_e(grey, spot, far).max())
    True
    """
    precision, meaning = _precision(dtype), encoding.of(viewing)
    ref = encoding.check(picture_file.values(ref, meaning), meaning)
    test = _checked(test, meaning, ref.shape)
    differences: np.ndarray = np.empty(presets.PRESETS[viewing.preset].shape(*ref.shape[:2]), precision)
    both = (lab_bands(picture, viewing, meaning, precision) for picture in (ref, test))
    for (rows, reference), (_, other) in zip(*both, strict=True):
        _compare(reference, other, viewing, differences[rows])
    return differences


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Reference:
    """A picture with which others are compared: it is blurred once.

    `Reference(ref, viewing).delta_e(test)` is `delta_e(ref, test, viewing)`, to the last bit, for half of the work. It
    does not change, and keeps no hold of `ref`.

    Parameters
    ----------
    ref : (H, W, 3) array, path or camsim.Shot
        The reference, as `delta_e` takes it.
    viewing : Viewing
        From how far, with which variant and formula, and what the pictures' numbers mean.
    dtype : np.float64 or np.float32
        Precision of the computation and of the maps.

    Raises
    ------
    ValueError
        For a picture or a white that `delta_e` refuses, and an unknown dtype.

    Examples
    --------
    >>> import numpy, scielab
    >>> reference = scielab.Reference(numpy.full((64, 64, 3), 0.5))
    >>> reference
    <Reference of 64×64 pixels, Viewing()>
    >>> [round(float(reference.delta_e(numpy.full((64, 64, 3), grey)).mean()), 2) for grey in (0.5, 0.55, 0.6)]
    [0.0, 4.96, 9.84]
    """

    shape: tuple[int, ...]
    viewing: Viewing
    _encoding: encoding.Encoding
    _lab: np.ndarray

    def __init__(
        self, ref: np.ndarray | Path | str, viewing: Viewing = DEFAULT_VIEWING, *, dtype: type = np.float64
    ) -> None:
        precision, meaning = _precision(dtype), encoding.of(viewing)
        ref = picture_file.values(ref, meaning)
        lab = filtered_lab_planes(ref, viewing, meaning, precision)
        lab.setflags(write=False)
        for name, value in (("shape", ref.shape), ("viewing", viewing), ("_encoding", meaning), ("_lab", lab)):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<Reference of {_size(self.shape)}, {self.viewing}>"

    def delta_e(self, test: np.ndarray | Path | str) -> np.ndarray:
        """The difference map of a picture of the reference's size.

        Parameters
        ----------
        test : (H, W, 3) array, path or camsim.Shot
            The picture compared with the reference.

        Returns
        -------
        (H, W) array
            The difference of every pixel in ΔE, 0 or more.

        Raises
        ------
        ValueError
            For a picture that `scielab.delta_e` refuses.

        Examples
        --------
        >>> import numpy, scielab
        >>> picture = numpy.full((64, 64, 3), 0.5)
        >>> float(scielab.Reference(picture).delta_e(picture).max())
        0.0
        """
        test = _checked(test, self._encoding, self.shape)
        dtype = self._lab.dtype.type
        differences = np.empty(presets.PRESETS[self.viewing.preset].shape(*self.shape[:2]), dtype)
        for rows, lab in lab_bands(test, self.viewing, self._encoding, dtype):
            _compare(self._lab[:, rows], lab, self.viewing, differences[rows])
        return differences


def _precision(dtype: type) -> type:
    if dtype not in (np.float64, np.float32, "float64", "float32"):
        raise ValueError(f"dtype is {dtype!r}; it must be float64 or float32")
    return np.dtype(dtype).type


def _checked(test: np.ndarray | Path | str, meaning: encoding.Encoding, shape: tuple[int, ...]) -> np.ndarray:
    """A picture that is compared with one of that shape."""
    test = picture_file.values(test, meaning)
    if test.shape != shape:
        raise ValueError(
            f"the pictures differ in size: {_size(shape)} and {_size(test.shape)}; they are compared unresized"
        )
    return encoding.check(test, meaning)


def _compare(reference: np.ndarray, test: np.ndarray, viewing: Viewing, differences: np.ndarray) -> None:
    """Write the differences (H, W) of L*, a*, b* planes (3, H, S) where they belong."""
    formula, columns = colour_difference.FORMULAS[viewing.formula], differences.shape[1]
    for _, block in encoding.blocks(test):
        found = formula(*(planes[:, block].reshape(3, -1).T for planes in (reference, test)))
        differences[block] = found.reshape(-1, test.shape[2])[:, :columns]


def opponent_bands(
    picture: np.ndarray, viewing: Viewing, meaning: encoding.Encoding, dtype: type
) -> Iterator[tuple[slice, np.ndarray, slice]]:
    """Opponent planes of a picture (H, W, 3) as the eye blurs them, band by band, in the unit of its encoding.

    Gives the rows of the picture, planes (3, h, S), and which of their h rows are those. As many of the S columns
    count, and as many rows there are, as `Preset.shape` of the variant says; sRGB is taken to XYZ with Y = 100 for
    white. Raises ValueError for a picture that cannot be of that encoding.
    """
    picture = encoding.check(picture, meaning)
    variant, rate = presets.PRESETS[viewing.preset], viewing.rate(picture.shape[1])
    rows, columns = variant.shape(*picture.shape[:2])
    for band in variant.bands(rows, rate):
        planes = encoding.opponent_planes(picture[band.seen], meaning, dtype)
        operators = presets.operators(variant, rate, (planes.shape[1], columns), dtype)
        for plane, (down, along) in zip(planes, operators, strict=True):
            inside = plane[:, :columns]
            blurred = filtering.filter_plane(inside, down, along, variant.border)
            if not np.may_share_memory(blurred, inside):
                inside[:] = blurred
        yield band.rows, planes, band.kept


def lab_bands(
    picture: np.ndarray, viewing: Viewing, meaning: encoding.Encoding, dtype: type
) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows of a picture with their L*, a*, b* planes (3, h, S) as the eye blurs it; else as `opponent_bands`."""
    to_ratios = (meaning.to_xyz / meaning.white_xyz[:, None]).astype(dtype)
    for rows, planes, kept in opponent_bands(picture, viewing, meaning, dtype):
        for flat, _ in encoding.blocks(planes, kept):
            values = planes.reshape(3, -1)[:, flat]
            ratios = to_ratios @ values
            colour_difference.ratios_to_lab(ratios)
            values[:] = ratios
        yield rows, planes[:, kept]


def filtered_lab_planes(picture: np.ndarray, viewing: Viewing, meaning: encoding.Encoding, dtype: type) -> np.ndarray:
    """L*, a*, b* planes (3, H, S) of a picture as the eye blurs it; all else as in `lab_bands`."""
    found = list(lab_bands(picture, viewing, meaning, dtype))
    return found[0][1] if len(found) == 1 else np.concatenate([planes for _, planes in found], axis=1)


def summary(delta_e_map: np.ndarray) -> dict[str, float]:
    """Mean, percentiles, maximum and shares of a difference map.

    Parameters
    ----------
    delta_e_map : (H, W) array
        Differences in ΔE.

    Returns
    -------
    dict
        In ΔE: mean, median, p90, p95, p99 (percentiles, interpolated linearly) and max; in per cent of the pixels:
        percent_above_1, percent_above_2.3, percent_above_5, percent_above_10.

    Raises
    ------
    ValueError
        For an empty map or values that are not finite.

    References
    ----------
    M. Mahy, L. Van Eycken, A. Oosterlinck, "Evaluation of uniform color spaces developed after the adoption of CIELAB
    and CIELUV", Color Res. Appl. 19 (1994) 105-121: 2.3 ΔE is just noticeable.

    Examples
    --------
    >>> import scielab
    >>> numbers = scielab.summary([[0, 1], [2, 3]])
    >>> numbers["mean"], numbers["max"], numbers["percent_above_2.3"]
    (1.5, 3.0, 25.0)
    """
    values = np.asarray(delta_e_map, dtype=float).ravel()
    if not values.size:
        raise ValueError("the map of differences is empty")
    if not np.isfinite(values).all():
        raise ValueError("the map of differences holds NaN or infinity")
    median, p90, p95, p99 = np.percentile(values, [50, 90, 95, 99])
    numbers = {"mean": values.mean(), "median": median, "p90": p90, "p95": p95, "p99": p99, "max": values.max()}
    numbers |= {f"percent_above_{limit:g}": 100 * np.mean(values > limit) for limit in THRESHOLDS}
    return {name: float(value) for name, value in numbers.items()}


def border_rule(shape: tuple[int, int], viewing: Viewing = DEFAULT_VIEWING) -> str:
    """What stands beyond the border of a picture of `shape` = (rows, columns) when it is filtered, in words."""
    return presets.PRESETS[viewing.preset].describe_border(shape, viewing.rate(shape[1]))


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]} pixels" if len(shape) == 3 and shape[2] == 3 else f"shape {shape}"
