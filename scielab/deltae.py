"""CIELAB and the CIE colour differences; all arrays are (..., 3) with L*, a*, b* or X, Y, Z last.

References: CIE 15:2004 (CIELAB, ΔE*ab, ΔE*94); G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference
formula: implementation notes, supplementary test data, and mathematical observations", Color Research and
Application 30 (2005) 21-30.
"""

import numpy as np

# The rounded constants of the 1996 code (as in CIE 15.2), which leave a tiny step at the knee. The exact ones
# are 216/24389, 24389/27 and 841/108; with them published S-CIELAB values are not met to the last digits.
_KNEE, _LIGHTNESS_SLOPE, _SLOPE = 0.008856, 903.3, 7.787

# Chroma that is only rounding of a grey: its hue means nothing, yet CIEDE2000 would take it with the square
# root of the chroma, so that 1e-13 in a* of a black pixel became 1e-6 in ΔE.
_GREY_CHROMA = 1e-10


def xyz_to_lab(xyz: np.ndarray, white: np.ndarray) -> np.ndarray:
    """XYZ (..., 3) to CIELAB (..., 3), relative to `white` (3,) in the same unit.

    Negative XYZ, which filtering makes beside saturated edges, stays on the linear branch and is not clipped.
    Constants are those of the 1996 code: 0.008856, 903.3, 7.787.
    """
    ratio = np.asarray(xyz, dtype=float) / np.asarray(white, dtype=float)
    dark = ratio <= _KNEE
    root = np.where(dark, _SLOPE * ratio + 16 / 116, np.cbrt(np.maximum(ratio, _KNEE)))
    fx, fy, fz = np.moveaxis(root, -1, 0)
    lightness = np.where(dark[..., 1], _LIGHTNESS_SLOPE * ratio[..., 1], 116 * fy - 16)
    return np.stack([lightness, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def delta_e_76(reference: np.ndarray, test: np.ndarray) -> np.ndarray:
    """ΔE*ab between Lab arrays (..., 3): their Euclidean distance (...)."""
    return np.sqrt(((np.asarray(test, dtype=float) - np.asarray(reference, dtype=float)) ** 2).sum(axis=-1))


def delta_e_94(reference: np.ndarray, test: np.ndarray, k: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    """ΔE*94 between Lab arrays (..., 3), with `k` = (k_L, k_C, k_H).

    Not symmetric: the weights S_C and S_H come from the chroma of `reference`.
    """
    reference, test = np.asarray(reference, dtype=float), np.asarray(test, dtype=float)
    chroma = np.hypot(reference[..., 1], reference[..., 2])
    d_chroma = np.hypot(test[..., 1], test[..., 2]) - chroma
    d_lightness, d_a, d_b = np.moveaxis(test - reference, -1, 0)
    d_hue_squared = np.maximum(0.0, d_a**2 + d_b**2 - d_chroma**2)  # rounding can take it below 0
    return np.sqrt(
        (d_lightness / k[0]) ** 2
        + (d_chroma / (k[1] * (1 + 0.045 * chroma))) ** 2
        + d_hue_squared / (k[2] * (1 + 0.015 * chroma)) ** 2
    )


def delta_e_2000(
    reference: np.ndarray, test: np.ndarray, k: tuple[float, float, float] = (1.0, 1.0, 1.0)
) -> np.ndarray:
    """CIEDE2000 between Lab arrays (..., 3), with `k` = (k_L, k_C, k_H).

    Step for step as Sharma, Wu and Dalal (2005), equations 2 to 22; symmetric in its arguments.
    """
    reference, test = np.asarray(reference, dtype=float), np.asarray(test, dtype=float)
    chroma_7 = ((np.hypot(reference[..., 1], reference[..., 2]) + np.hypot(test[..., 1], test[..., 2])) / 2) ** 7
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma_7 / (chroma_7 + 25.0**7)))
    chroma_1, hue_1 = _chroma_hue(reference[..., 1] * stretch, reference[..., 2])
    chroma_2, hue_2 = _chroma_hue(test[..., 1] * stretch, test[..., 2])
    coloured = np.minimum(chroma_1, chroma_2) > 0

    d_lightness = test[..., 0] - reference[..., 0]
    d_chroma = chroma_2 - chroma_1
    turn = hue_2 - hue_1
    far_apart = np.abs(turn) > np.pi
    d_hue_angle = np.where(far_apart, turn - np.copysign(2 * np.pi, turn), turn) * coloured
    d_hue = 2 * np.sqrt(chroma_1 * chroma_2) * np.sin(d_hue_angle / 2)

    lightness = (reference[..., 0] + test[..., 0]) / 2
    chroma = (chroma_1 + chroma_2) / 2
    mean_hue = (hue_1 + hue_2) / 2 - np.pi * far_apart
    mean_hue = np.where(mean_hue < 0, mean_hue + 2 * np.pi, mean_hue)
    mean_hue = np.where(coloured, mean_hue, hue_1 + hue_2)  # a grey has no hue: the other one counts

    hue_weight = (
        1
        - 0.17 * np.cos(mean_hue - np.pi / 6)
        + 0.24 * np.cos(2 * mean_hue)
        + 0.32 * np.cos(3 * mean_hue + np.pi / 30)
        - 0.20 * np.cos(4 * mean_hue - 63 * np.pi / 180)
    )
    s_lightness = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    s_chroma = 1 + 0.045 * chroma
    s_hue = 1 + 0.015 * chroma * hue_weight
    d_theta = np.pi / 6 * np.exp(-(((np.degrees(mean_hue) - 275) / 25) ** 2))
    rotation = -np.sin(2 * d_theta) * 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))

    lightness_term = d_lightness / (k[0] * s_lightness)
    chroma_term, hue_term = d_chroma / (k[1] * s_chroma), d_hue / (k[2] * s_hue)
    squared = lightness_term**2 + chroma_term**2 + hue_term**2 + rotation * chroma_term * hue_term
    return np.sqrt(np.maximum(0.0, squared))


def _chroma_hue(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chroma and hue angle in [0, 2π) of a*, b*; both are 0 for a grey."""
    chroma, hue = np.hypot(a, b), np.arctan2(b, a)
    grey = chroma < _GREY_CHROMA
    return np.where(grey, 0.0, chroma), np.where(grey, 0.0, np.where(hue < 0, hue + 2 * np.pi, hue))


#: Colour-difference formulas by year: functions (reference Lab, test Lab) → ΔE.
FORMULAS = {76: delta_e_76, 94: delta_e_94, 2000: delta_e_2000}
