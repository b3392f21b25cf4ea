"""CIELAB and the CIE colour differences on tensors, with slopes that a network can follow.

The values are those of `scielab.metrics.colour_difference`. Slopes stay finite because roots are taken only of numbers
away from 0, also in the branch of a `where` that is not chosen: its infinity times 0 would be NaN. A colour is three
tensors of one shape, L*, a*, b*.

References: as in `scielab.metrics.colour_difference`.
"""

import math
from collections.abc import Sequence

from keras import KerasTensor, ops

from scielab.keras_losses.filtering import power

Lab = Sequence[KerasTensor]

# CIELAB's rounded constants as in `scielab.metrics.colour_difference`.
_KNEE, _LIGHTNESS_SLOPE, _SLOPE = 0.008856, 903.3, 7.787

# ΔE below which a root is rounded off: see `_root`.
_SMALL = 0.005

# Chroma below this is a grey in CIEDE2000. Rounding in float32 gives greys a chroma of about 1e-4, the hue of
# which is random; and the slopes along the hue grow without bound towards grey.
_GREY_CHROMA = 1e-3


def ratios_to_lab(ratios: Sequence[KerasTensor]) -> Lab:
    """L*, a*, b* of three tensors X/Xn, Y/Yn, Z/Zn."""
    dark = [ratio <= _KNEE for ratio in ratios]
    fx, fy, fz = (
        ops.where(is_dark, _SLOPE * ratio + 16 / 116, power(ops.maximum(ratio, _KNEE), 1 / 3))
        for ratio, is_dark in zip(ratios, dark, strict=True)
    )
    return ops.where(dark[1], _LIGHTNESS_SLOPE * ratios[1], 116 * fy - 16), 500 * (fx - fy), 200 * (fy - fz)


def delta_e_76(reference: Lab, test: Lab) -> KerasTensor:
    """ΔE*ab between L*, a*, b* given as three tensors each."""
    return _root(sum((b - a) ** 2 for a, b in zip(reference, test, strict=True)))


def delta_e_94(reference: Lab, test: Lab) -> KerasTensor:
    """ΔE*94 between L*, a*, b* given as three tensors each; weights from the chroma of `reference`."""
    d_lightness, d_a, d_b = (b - a for a, b in zip(reference, test, strict=True))
    chroma = _root(reference[1] ** 2 + reference[2] ** 2)
    d_chroma_squared = (_root(test[1] ** 2 + test[2] ** 2) - chroma) ** 2
    # The hue term is what the chroma term leaves of Δa² + Δb². As S_C ≥ S_H the sum cannot fall below 0.
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma
    d_hue_squared = d_a**2 + d_b**2 - d_chroma_squared
    return _root(d_lightness**2 + d_chroma_squared / s_chroma**2 + d_hue_squared / s_hue**2)


def delta_e_2000(reference: Lab, test: Lab) -> KerasTensor:
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


def _saturation(chroma: KerasTensor) -> KerasTensor:
    """√(C⁷ / (C⁷ + 25⁷)); from C = 2500 on it is 1 to rounding, and C⁷ would overflow."""
    share = ops.minimum(chroma / 25, 100.0)
    cubed = share**3
    return cubed * _root(share) / ops.sqrt(1 + cubed**2 * share)


def _chroma_hue(a: KerasTensor, b: KerasTensor) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
    """Chroma, and hue as a unit vector, which is 0 for a grey."""
    chroma = _root(a**2 + b**2)
    grey = chroma < _GREY_CHROMA
    divisor = ops.where(grey, 1.0, chroma)
    return chroma, ops.where(grey, 0.0, a / divisor), ops.where(grey, 0.0, b / divisor)


def _mean_hue(
    x_1: KerasTensor, y_1: KerasTensor, x_2: KerasTensor, y_2: KerasTensor
) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
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


def _hue_weight(cosine: KerasTensor, sine: KerasTensor) -> KerasTensor:
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


def _rotation(cosine: KerasTensor, sine: KerasTensor) -> KerasTensor:
    """sin(2Δθ), where Δθ = 30° exp(-((h - 275°)/25°)²) for a hue h in [0°, 360°)."""
    from_180 = ops.arctan2(-sine, -cosine)  # runs from -180° to 180° as h runs from 0° to 360°
    bell = ops.exp(-(((180 / math.pi * from_180 - 95) / 25) ** 2))
    return ops.sin(math.pi / 3 * bell)


def _root(square: KerasTensor) -> KerasTensor:
    """Square root of a sum of squares, smooth where it is small.

    A distance has a corner at 0, where rounding alone would decide which way its slope of 1 points. Below `_SMALL`
    a curve that starts flat takes its place, meets it with the same slope, and is lower by 0.0009 at most.
    """
    share = square / _SMALL**2
    return ops.where(share < 1, _SMALL / 2 * share * (3 - share), ops.sqrt(ops.maximum(square, _SMALL**2)))


#: Colour-difference formulas by year: functions (reference Lab, test Lab) → ΔE, on tensors.
FORMULAS = {76: delta_e_76, 94: delta_e_94, 2000: delta_e_2000}
