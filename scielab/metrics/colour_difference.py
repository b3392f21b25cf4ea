"""CIELAB and the CIE colour differences; all arrays are (..., 3) with L*, a*, b* or X, Y, Z last.

Every function keeps float32 where all it is given is float32, and computes in float64 otherwise.

References: CIE 15:2004 (CIELAB, ΔE*ab, ΔE*94); G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference
formula: implementation notes, supplementary test data, and mathematical observations", Color Research and
Application 30 (2005) 21-30.
"""

import math

import numpy as np

# The rounded constants of the 1996 code (as in CIE 15.2), which leave a tiny step at the knee. The exact ones
# are 216/24389, 24389/27 and 841/108; with them published S-CIELAB values are not met to the last digits.
_KNEE, _LIGHTNESS_SLOPE, _SLOPE = 0.008856, 903.3, 7.787

# Chroma that is only rounding of a grey: its hue means nothing, yet CIEDE2000 would take it with the square
# root of the chroma, so that 1e-13 in a* of a black pixel became 1e-6 in ΔE. In float32 greys come out with about 1e-4.
_GREY_CHROMA = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-3}

# Hues closer to opposite than this, as the squared length of the sum of their unit vectors, are taken as angles.
_NEARLY_OPPOSITE = 1e-3

_25_TO_THE_7 = 25.0**7


def xyz_to_lab(xyz: np.ndarray, white: np.ndarray) -> np.ndarray:
    """XYZ (..., 3) to CIELAB (..., 3), relative to `white` (3,) in the same unit.

    Negative XYZ, which filtering makes beside saturated edges, stays on the linear branch and is not clipped.
    Constants are those of the 1996 code: 0.008856, 903.3, 7.787.
    """
    xyz = _floating(xyz)
    planes = np.divide(np.moveaxis(xyz, -1, 0), np.reshape(white, (3,) + (1,) * (xyz.ndim - 1)), dtype=xyz.dtype)
    planes = np.ascontiguousarray(planes)
    ratios_to_lab(planes.reshape(3, -1))
    return np.moveaxis(planes, 0, -1)


def ratios_to_lab(ratios: np.ndarray) -> None:
    """X/Xₙ, Y/Yₙ, Z/Zₙ (3, N), contiguous, become L*, a*, b* in place."""
    # Dark values are few in most pictures: they are corrected one by one after the cube root of all
    dark = np.flatnonzero(ratios <= _KNEE)
    dark_ratios = ratios.reshape(-1)[dark]
    np.maximum(ratios, _KNEE, out=ratios)
    np.cbrt(ratios, out=ratios)
    ratios.reshape(-1)[dark] = _SLOPE * dark_ratios + 16 / 116
    x, y, z = ratios
    lightness = 116 * y
    lightness -= 16
    pixels = ratios.shape[1]
    in_y = (dark >= pixels) & (dark < 2 * pixels)
    lightness[dark[in_y] - pixels] = _LIGHTNESS_SLOPE * dark_ratios[in_y]
    np.subtract(y, z, out=z)
    z *= 200
    np.subtract(x, y, out=y)
    y *= 500
    x[:] = lightness


def lab_to_xyz(lab: np.ndarray, white: np.ndarray) -> np.ndarray:
    """CIELAB (..., 3) to XYZ (..., 3) in the unit of `white` (3,): the inverse of `xyz_to_lab`."""
    lightness, a, b = np.moveaxis(_floating(lab), -1, 0)
    y = (lightness + 16) / 116
    roots = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    return np.where(roots > np.cbrt(_KNEE), roots**3, (roots - 16 / 116) / _SLOPE) * white


def delta_e_76(reference: np.ndarray, test: np.ndarray) -> np.ndarray:
    """ΔE*ab between Lab arrays (..., 3): their Euclidean distance (...)."""
    difference = np.subtract(*_pair(test, reference))
    difference *= difference
    squared = difference[..., 0] + difference[..., 1]
    squared += difference[..., 2]
    return np.sqrt(squared)


def delta_e_94(reference: np.ndarray, test: np.ndarray, k: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    """ΔE*94 between Lab arrays (..., 3), with `k` = (k_L, k_C, k_H); the weights are those of graphic arts.

    Not symmetric: the weights S_C and S_H come from the chroma of `reference`.
    """
    reference, test = _pair(reference, test)
    chroma = _length(reference[..., 1], reference[..., 2])
    d_chroma = _length(test[..., 1], test[..., 2]) - chroma
    squares = test - reference
    squares *= squares
    d_hue_squared = squares[..., 1] + squares[..., 2]
    d_hue_squared -= d_chroma * d_chroma
    d_hue_squared = np.maximum(0.0, d_hue_squared)  # rounding can take it below 0
    d_chroma = d_chroma / (k[1] * (1 + 0.045 * chroma))
    s_hue = k[2] * (1 + 0.015 * chroma)
    return np.sqrt(squares[..., 0] / k[0] ** 2 + d_chroma * d_chroma + d_hue_squared / (s_hue * s_hue))


def delta_e_2000(
    reference: np.ndarray, test: np.ndarray, k: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> np.ndarray:
    """CIEDE2000 between Lab arrays (..., 3), with `k` = (k_L, k_C, k_H).

    Equations 2 to 22 of Sharma, Wu and Dalal (2005); symmetric in its arguments. Hues are kept as unit vectors,
    which saves most angles: the mean hue is the direction of their sum, half the hue difference has the sine
    |u₂ - u₁|/2.
    """
    reference, test = _pair(reference, test)
    lightness_1, a_1, b_1 = np.moveaxis(np.atleast_2d(reference), -1, 0)
    lightness_2, a_2, b_2 = np.moveaxis(np.atleast_2d(test), -1, 0)
    stretch = 1.5 - 0.5 * _saturation((_length(a_1, b_1) + _length(a_2, b_2)) / 2)
    chroma_1, x_1, y_1 = _chroma_hue(a_1 * stretch, b_1)
    chroma_2, x_2, y_2 = _chroma_hue(a_2 * stretch, b_2)
    chroma = (chroma_1 + chroma_2) / 2
    cosine, sine, turn = _mean_hue(x_1, y_1, x_2, y_2)

    d_hue = np.sqrt(chroma_1 * chroma_2) * _length(x_2 - x_1, y_2 - y_1)
    np.copysign(d_hue, turn, out=d_hue)
    s_hue = _hue_weight(cosine, sine)
    s_hue *= 0.015 * chroma
    s_hue += 1
    hue_term = d_hue / (k[2] * s_hue)
    chroma_term = (chroma_2 - chroma_1) / (k[1] * (1 + 0.045 * chroma))
    rotation = _rotation(cosine, sine)
    rotation *= _saturation(chroma)

    from_middle = (lightness_1 + lightness_2) / 2 - 50
    from_middle *= from_middle
    s_lightness = 1 + 0.015 * from_middle / np.sqrt(20 + from_middle)
    lightness_term = (lightness_2 - lightness_1) / (k[0] * s_lightness)
    squared = lightness_term * lightness_term
    squared += chroma_term * (chroma_term - rotation * hue_term)
    squared += hue_term * hue_term
    return np.sqrt(np.maximum(0.0, squared)).reshape(reference.shape[:-1])[()]


def _saturation(chroma: np.ndarray) -> np.ndarray:
    """√(C⁷ / (C⁷ + 25⁷)), by which CIEDE2000 distinguishes greyish from colourful."""
    cube = chroma * chroma * chroma
    seventh = cube * cube * chroma
    return np.sqrt(seventh / (seventh + _25_TO_THE_7))


def _chroma_hue(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Chroma and hue as a unit vector; all are 0 for a grey."""
    chroma = _length(a, b)
    grey = _GREY_CHROMA[chroma.dtype]
    coloured = chroma >= grey
    chroma *= coloured
    reciprocal = coloured / np.maximum(chroma, grey)
    return chroma, a * reciprocal, b * reciprocal


def _mean_hue(
    x_1: np.ndarray, y_1: np.ndarray, x_2: np.ndarray, y_2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cosine and sine of the mean hue, and a number of the sign of the turn from the first hue to the second.

    A grey has no hue, so that the other one counts. The sum of opposite hues has no direction: where they are
    nearly opposite all is taken from angles in [0, 2π), by which the formula decides between left and right.
    """
    cosine, sine, turn = x_1 + x_2, y_1 + y_2, x_1 * y_2 - y_1 * x_2
    squared = cosine * cosine
    squared += sine * sine
    opposite = np.nonzero((squared < _NEARLY_OPPOSITE) & (x_1 * x_2 + y_1 * y_2 < 0))
    np.maximum(squared, _NEARLY_OPPOSITE, out=squared)
    np.sqrt(squared, out=squared)
    cosine /= squared
    sine /= squared
    if opposite[0].size:
        hue_1, hue_2 = (np.arctan2(y[opposite], x[opposite]) % (2 * np.pi) for x, y in ((x_1, y_1), (x_2, y_2)))
        far_apart = np.abs(hue_2 - hue_1) > np.pi + 1e-12  # exactly opposite hues are not, whatever the rounding
        mean = (hue_1 + hue_2) / 2 + np.pi * far_apart
        cosine[opposite], sine[opposite] = np.cos(mean), np.sin(mean)
        turn[opposite] = np.where(far_apart, hue_1 - hue_2, hue_2 - hue_1)
    return cosine, sine, turn


def _hue_weight(cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """T of CIEDE2000: 1 - 0.17 cos(h - 30°) + 0.24 cos 2h + 0.32 cos(3h + 6°) - 0.20 cos(4h - 63°)."""
    cosine_2, sine_2 = 2 * cosine * cosine - 1, 2 * sine * cosine
    cosine_3, sine_3 = cosine * cosine_2 - sine * sine_2, sine * cosine_2 + cosine * sine_2
    cosine_4, sine_4 = 2 * cosine_2 * cosine_2 - 1, 2 * sine_2 * cosine_2
    weight = 1 + 0.24 * cosine_2
    for amplitude, shift_deg, c, s in (
        (-0.17, -30, cosine, sine),
        (0.32, 6, cosine_3, sine_3),
        (-0.20, -63, cosine_4, sine_4),
    ):
        weight += amplitude * math.cos(math.radians(shift_deg)) * c
        weight -= amplitude * math.sin(math.radians(shift_deg)) * s
    return weight


def _rotation(cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """2 sin(2Δθ), where Δθ = 30° exp(-((h - 275°)/25°)²) for a hue h in [0°, 360°)."""
    # The angle from 180°, which runs from -180° up to 180° as h runs from 0° up to 360°; + 0.0 takes -0.0 to 0°
    hue = np.arctan2(-(sine + 0.0), -cosine)
    hue += math.radians(180 - 275)
    hue *= 1 / math.radians(25)
    hue *= hue
    np.exp(np.negative(hue, out=hue), out=hue)
    hue *= math.radians(60)
    return 2 * np.sin(hue, out=hue)


def _length(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """√(a² + b²), several times faster than np.hypot; no colour is near the limits of floating point."""
    squared = a * a
    squared += b * b
    return np.sqrt(squared)


def _floating(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    return values.astype(np.float32 if values.dtype == np.float32 else np.float64, copy=False)


def _pair(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays of one floating-point type and shape."""
    first, second = np.broadcast_arrays(_floating(first), _floating(second))
    dtype = np.result_type(first, second)
    return first.astype(dtype, copy=False), second.astype(dtype, copy=False)


#: Colour-difference formulas by year: functions (reference Lab, test Lab) → ΔE.
FORMULAS = {76: delta_e_76, 94: delta_e_94, 2000: delta_e_2000}
