"""S-CIELAB as a training loss for Keras 3, on whatever backend Keras runs.

The map has the values of `scielab.delta_e` for sRGB; what differs is that it is batched, has useful slopes
everywhere but at the jumps of CIEDE2000, and takes values outside the sRGB range, which a generator gives. Every
filter is two matrix products per Gaussian, with the border rule inside the matrices, made once per picture size.

Slopes stay finite because roots are taken only of numbers away from 0, also in the branch of a `where` that is not
chosen: its infinity times 0 would be NaN.

References: as in `scielab.metric` and `scielab.deltae`.
"""

import functools
import math

import keras
import numpy as np
from keras import ops

from camsim.light import colour
from scielab.eye import filtering, kernels
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

# CIELAB's rounded constants as in `scielab.deltae`.
_KNEE, _LIGHTNESS_SLOPE, _SLOPE = 0.008856, 903.3, 7.787

# ΔE below which a root is rounded off: see `_root`.
_SMALL = 0.005

# Chroma below this is a grey in CIEDE2000. Rounding in float32 gives greys a chroma of about 1e-4, the hue of
# which is random; and the slopes along the hue grow without bound towards grey.
_GREY_CHROMA = 1e-3

_TO_OPPONENT = kernels.FORMATS["xyz"][0] @ colour.SRGB_TO_XYZ  # from linear sRGB
_TO_WHITE_RATIOS = kernels.FORMATS["xyz"][1] / (colour.SRGB_WHITE_XYZ[:, None] / 100)  # from opponent planes


@keras.saving.register_keras_serializable(package="cam2eye")
class SCIELABLoss(keras.losses.Loss):
    """Mean S-CIELAB difference of a batch, in ΔE.

    Parameters
    ----------
    samples_per_degree : pixels per degree of visual angle, in (0, 1000]
        Of the grid of `y_pred`: for enlarging networks that of the output.
    formula : 76, 94 or 2000
        CIE76, CIE94 (weights from the chroma of `y_true`) or CIEDE2000. 76 and 94 are for training; CIEDE2000
        jumps between opposite hues.
    value_range : (low, high)
        The numbers that stand for sRGB 0 and 1, such as (-1, 1) after a tanh. Values outside are not clipped.
    reduction, name : as in every Keras loss; without a reduction the loss is the map (B, H, W).
    dtype : "float32" or "float64"
        In which it is computed. By default Keras's floatx, but never less than float32, whatever the policy.

    The loss is called with `y_true` and `y_pred` of shape (B, H, W, 3), where H and W are known when the step is
    compiled. A `sample_weight` is one number per picture, (B,) or (B, 1), or per pixel, (B, H, W).

    Raises
    ------
    ValueError
        For arguments out of range; on call, for integer pictures, shapes other than (B, H, W, 3), different or
        unknown picture sizes.
    """

    def __init__(
        self,
        samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
        formula: int = 76,
        value_range: tuple[float, float] = (0.0, 1.0),
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "scielab",
        dtype: str | None = None,
    ):
        if dtype is None:
            dtype = _precision(keras.config.floatx())
        elif dtype not in ("float32", "float64"):
            raise ValueError(f"dtype is {dtype!r}; S-CIELAB is computed in 'float32' or 'float64'")
        _check(samples_per_degree, formula, value_range)
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.samples_per_degree = float(samples_per_degree)
        self.formula = int(formula)
        self.value_range = tuple(float(value) for value in value_range)

    def __call__(self, y_true, y_pred, sample_weight=None):
        _refuse_integers(y_true, y_pred)  # before Keras makes them floats
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight)
            if len(sample_weight.shape) == 1 or tuple(sample_weight.shape[1:]) == (1,):
                # one number per picture; Keras would take it for one per column
                sample_weight = ops.reshape(sample_weight, (-1, 1, 1))
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        viewing = {"samples_per_degree": self.samples_per_degree, "value_range": self.value_range}
        return scielab_map(y_true, y_pred, formula=self.formula, **viewing)

    def get_config(self):
        return super().get_config() | {
            "samples_per_degree": self.samples_per_degree,
            "formula": self.formula,
            "value_range": list(self.value_range),
            "dtype": self.dtype,
        }


def scielab_map(
    y_true,
    y_pred,
    *,
    samples_per_degree: float = DEFAULT_SAMPLES_PER_DEGREE,
    formula: int = 76,
    value_range: tuple[float, float] = (0.0, 1.0),
):
    """The S-CIELAB difference maps (B, H, W) of a batch, in ΔE, as a tensor to differentiate.

    Parameters as in `SCIELABLoss`; `y_true`, the reference, and `y_pred` are (B, H, W, 3). Computed in float64
    where `y_pred` is float64, else in float32. Raises ValueError as `SCIELABLoss` does.
    """
    _check(samples_per_degree, formula, value_range)
    _refuse_integers(y_true, y_pred)
    y_pred = ops.convert_to_tensor(y_pred)
    dtype = _precision(keras.backend.standardize_dtype(y_pred.dtype))
    y_true, y_pred = ops.cast(ops.convert_to_tensor(y_true), dtype), ops.cast(y_pred, dtype)
    operators = _operators(float(samples_per_degree), *_picture_size(y_true, y_pred), dtype)
    low, high = (float(value) for value in value_range)
    labs = [_filtered_lab((values - low) / (high - low), operators) for values in (y_true, y_pred)]
    return FORMULAS[int(formula)](*labs)


def _filtered_lab(encoded, operators):
    """L*, a*, b*, each (B, H, W), of sRGB values (B, H, W, 3) as the eye blurs them."""
    # each colour in one piece of memory before anything else: twice as fast on TensorFlow
    linear = srgb_decode(ops.transpose(encoded, (3, 0, 1, 2)))
    opponent = _mix(_TO_OPPONENT, ops.unstack(linear, 3))
    blurred = [
        sum(ops.matmul(ops.matmul(down, plane), along) for down, along in bank)
        for plane, bank in zip(opponent, operators, strict=True)
    ]
    return _lab(_mix(_TO_WHITE_RATIOS, blurred))


def srgb_decode(encoded):
    """Linear light of sRGB values, any shape, without bounds.

    Below 0 the straight part of the curve goes on, above 1 the power. Lightness then stays nearly proportional
    to the value far outside [0, 1], and its slope useful.
    """
    bright = (ops.maximum(encoded, 0.04045) + 0.055) / 1.055
    return ops.where(encoded <= 0.04045, encoded / 12.92, _power(bright, 2.4))


def _mix(matrix: np.ndarray, planes):
    """Each plane the sum of three; written out, since products with 3×3 matrices are slow."""
    x, y, z = planes
    return [float(row[0]) * x + float(row[1]) * y + float(row[2]) * z for row in matrix]


def _lab(ratios):
    """L*, a*, b* of three tensors X/Xn, Y/Yn, Z/Zn."""
    dark = [ratio <= _KNEE for ratio in ratios]
    fx, fy, fz = (
        ops.where(is_dark, _SLOPE * ratio + 16 / 116, _power(ops.maximum(ratio, _KNEE), 1 / 3))
        for ratio, is_dark in zip(ratios, dark, strict=True)
    )
    return ops.where(dark[1], _LIGHTNESS_SLOPE * ratios[1], 116 * fy - 16), 500 * (fx - fy), 200 * (fy - fz)


def delta_e_76(reference, test):
    """ΔE*ab between L*, a*, b* given as three tensors each."""
    return _root(sum((b - a) ** 2 for a, b in zip(reference, test, strict=True)))


def delta_e_94(reference, test):
    """ΔE*94 between L*, a*, b* given as three tensors each; weights from the chroma of `reference`."""
    d_lightness, d_a, d_b = (b - a for a, b in zip(reference, test, strict=True))
    chroma = _root(reference[1] ** 2 + reference[2] ** 2)
    d_chroma_squared = (_root(test[1] ** 2 + test[2] ** 2) - chroma) ** 2
    # The hue term is what the chroma term leaves of Δa² + Δb². As S_C ≥ S_H the sum cannot fall below 0.
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma
    d_hue_squared = d_a**2 + d_b**2 - d_chroma_squared
    return _root(d_lightness**2 + d_chroma_squared / s_chroma**2 + d_hue_squared / s_hue**2)


def delta_e_2000(reference, test):
    """CIEDE2000 between L*, a*, b* given as three tensors each.

    Equations 2 to 22 of Sharma, Wu and Dalal (2005), with hues as unit vectors, which saves most angles.
    """
    (lightness_1, a_1, b_1), (lightness_2, a_2, b_2) = reference, test
    mean = (_root(a_1**2 + b_1**2) + _root(a_2**2 + b_2**2)) / 2
    stretch = 1.5 - 0.5 * _saturation(mean)
    chroma_1, x_1, y_1 = _chroma_hue(a_1 * stretch, b_1)
    chroma_2, x_2, y_2 = _chroma_hue(a_2 * stretch, b_2)
    chroma = (chroma_1 + chroma_2) / 2
    cosine, sine, half_turn = _mean_hue(x_1, y_1, x_2, y_2)

    hue_term = 2 * _root(chroma_1 * chroma_2) * half_turn / (1 + 0.015 * chroma * _hue_weight(cosine, sine))
    chroma_term = (chroma_2 - chroma_1) / (1 + 0.045 * chroma)
    from_middle = ((lightness_1 + lightness_2) / 2 - 50) ** 2
    lightness_term = (lightness_2 - lightness_1) / (1 + 0.015 * from_middle / ops.sqrt(20 + from_middle))
    rotation = -2 * _saturation(chroma) * _rotation(cosine, sine)
    # |rotation| < 2, so that the sum cannot fall below 0
    return _root(lightness_term**2 + chroma_term**2 + hue_term**2 + rotation * chroma_term * hue_term)


def _saturation(chroma):
    """√(C⁷ / (C⁷ + 25⁷)); from C = 2500 on it is 1 to rounding, and C⁷ would overflow."""
    share = ops.minimum(chroma / 25, 100.0)
    cubed = share**3
    return cubed * _root(share) / ops.sqrt(1 + cubed**2 * share)


def _chroma_hue(a, b):
    """Chroma, and hue as a unit vector, which is 0 for a grey."""
    chroma = _root(a**2 + b**2)
    grey = chroma < _GREY_CHROMA
    divisor = ops.where(grey, 1.0, chroma)
    return chroma, ops.where(grey, 0.0, a / divisor), ops.where(grey, 0.0, b / divisor)


def _mean_hue(x_1, y_1, x_2, y_2):
    """Cosine and sine of the mean hue, and the sine of half the turn from the first hue to the second.

    A grey has no hue, so that the other one counts. The mean is the direction of the sum; where the hues are more
    than 90° apart it is taken square to the difference, which opposite hues still have.
    """
    cross = x_1 * y_2 - y_1 * x_2
    d_x, d_y = x_2 - x_1, y_2 - y_1
    # exactly opposite hues turn as numbers in [0°, 360°) do
    sense = ops.where(cross == 0, ops.where(y_1 < 0, -1.0, 1.0), ops.sign(cross))
    near = x_1 * x_2 + y_1 * y_2 >= 0
    x, y = ops.where(near, x_1 + x_2, sense * d_y), ops.where(near, y_1 + y_2, -sense * d_x)
    squared = x**2 + y**2  # 1 for one grey, 2 to 4 for none
    no_hue = squared < 0.5
    length = ops.sqrt(ops.where(no_hue, 1.0, squared))
    half_turn = ops.where(near, cross, sense * squared / 2) / length
    return ops.where(no_hue, 1.0, x / length), y / length, half_turn


def _hue_weight(cosine, sine):
    """T of CIEDE2000: 1 - 0.17 cos(h - 30°) + 0.24 cos 2h + 0.32 cos(3h + 6°) - 0.20 cos(4h - 63°)."""
    cosine_2, sine_2 = 2 * cosine**2 - 1, 2 * sine * cosine
    cosine_3, sine_3 = cosine * cosine_2 - sine * sine_2, sine * cosine_2 + cosine * sine_2
    cosine_4, sine_4 = 2 * cosine_2**2 - 1, 2 * sine_2 * cosine_2
    weight = 1 + 0.24 * cosine_2
    terms = (-0.17, -30, cosine, sine), (0.32, 6, cosine_3, sine_3), (-0.20, -63, cosine_4, sine_4)
    for amplitude, shift_deg, c, s in terms:
        shift = math.radians(shift_deg)
        weight = weight + amplitude * math.cos(shift) * c - amplitude * math.sin(shift) * s
    return weight


def _rotation(cosine, sine):
    """sin(2Δθ), where Δθ = 30° exp(-((h - 275°)/25°)²) for a hue h in [0°, 360°)."""
    from_180 = ops.arctan2(-sine, -cosine)  # runs from -180° to 180° as h runs from 0° to 360°
    bell = ops.exp(-(((180 / math.pi * from_180 - 95) / 25) ** 2))
    return ops.sin(math.pi / 3 * bell)


def _root(square):
    """Square root of a sum of squares, smooth where it is small.

    A distance has a corner at 0, where rounding alone would decide which way its slope of 1 points. Below `_SMALL`
    a curve that starts flat takes its place, meets it with the same slope, and is lower by 0.0009 at most.
    """
    share = square / _SMALL**2
    return ops.where(share < 1, _SMALL / 2 * share * (3 - share), ops.sqrt(ops.maximum(square, _SMALL**2)))


def _power(base, exponent: float):
    """A power of numbers above 0; faster than `ops.power`, forward and backward."""
    return ops.exp(exponent * ops.log(base))


@functools.lru_cache(maxsize=8)
def _operators(samples_per_degree: float, rows: int, columns: int, dtype: str):
    """Per channel and Gaussian the matrices to multiply a plane with from the left and from the right."""

    def pair(kernel):
        down, along = filtering.axis_operator(np.abs(kernel), rows), filtering.axis_operator(kernel, columns).T
        return down.astype(dtype), np.ascontiguousarray(along, dtype=dtype)

    return [[pair(kernel) for kernel in bank] for bank in kernels.kernels(samples_per_degree)]


def _check(samples_per_degree, formula, value_range) -> None:
    kernels.check_samples_per_degree(samples_per_degree)
    if formula not in FORMULAS:
        raise ValueError(f"formula is {formula!r}; it must be one of {', '.join(map(str, FORMULAS))}")
    if np.shape(value_range) != (2,) or not -math.inf < value_range[0] < value_range[1] < math.inf:
        raise ValueError(f"value_range is {value_range!r}; it must be two finite numbers, the lower first")


def _precision(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


def _refuse_integers(*pictures) -> None:
    for dtype in (keras.backend.standardize_dtype(getattr(picture, "dtype", "float32")) for picture in pictures):
        if "float" not in dtype:
            raise ValueError(f"pictures are {dtype}; give floats in the loss's value_range, 8-bit codes divided by 255")


def _picture_size(y_true, y_pred) -> list[int]:
    """Rows and columns, from whichever of the two knows them."""
    shapes = tuple(y_true.shape), tuple(y_pred.shape)
    for shape in shapes:
        if len(shape) != 4 or shape[3] not in (3, None) or 0 in shape[1:]:
            raise ValueError(f"pictures have shape {shape}; it must be (batch, rows, columns, 3)")
    size = []
    for axis, name in ((1, "rows"), (2, "columns")):
        known = sorted({shape[axis] for shape in shapes} - {None})
        if len(known) != 1:
            words = " and ".join(map(str, known)) or "unknown"
            raise ValueError(f"the number of {name} is {words}; both pictures must have one known size")
        size += known
    return size


#: Colour-difference formulas by year: functions (reference Lab, test Lab) → ΔE, on tensors.
FORMULAS = {76: delta_e_76, 94: delta_e_94, 2000: delta_e_2000}
