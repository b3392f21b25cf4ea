"""The few colour conversions that every package here needs.

References: IEC 61966-2-1:1999 (sRGB); CIE 015:2018 (D65, XYZ).
"""

import numpy as np

#: Linear sRGB to CIE XYZ, rows X, Y, Z (IEC 61966-2-1, four decimals as published).
SRGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

#: XYZ of the sRGB white (D65), Y = 100: the row sums of `SRGB_TO_XYZ`.
SRGB_WHITE_XYZ = np.array([95.05, 100.0, 108.9])


def srgb_decode(encoded: np.ndarray) -> np.ndarray:
    """sRGB values [0, 1] to linear light [0, 1], any shape."""
    encoded = np.asarray(encoded, dtype=float)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4)


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    """Linear light to sRGB values, any shape; clipped to [0, 1] first."""
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def linear_to_xyz(linear: np.ndarray) -> np.ndarray:
    """Linear sRGB (..., 3) in [0, 1] to XYZ (..., 3) with Y = 100 for white."""
    return 100.0 * np.asarray(linear) @ SRGB_TO_XYZ.T


def xyz_to_linear(xyz: np.ndarray) -> np.ndarray:
    """XYZ (..., 3) with Y = 100 for white to linear sRGB (..., 3), not clipped."""
    return np.asarray(xyz) / 100.0 @ np.linalg.inv(SRGB_TO_XYZ).T
