"""The few colour conversions that every package here needs.

References: IEC 61966-2-1:1999 (sRGB); CIE 015:2018 (D65, XYZ).
"""

import functools

import numpy as np
from numpy.typing import ArrayLike

#: Linear sRGB to CIE XYZ, rows X, Y, Z (IEC 61966-2-1, four decimals as published).
SRGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

#: XYZ of the sRGB white (D65), Y = 100: the row sums of `SRGB_TO_XYZ`.
SRGB_WHITE_XYZ = np.array([95.05, 100.0, 108.9])


def srgb_decode(encoded: np.ndarray) -> np.ndarray:
    """sRGB values [0, 1] to linear light [0, 1], any shape; float32 stays float32."""
    encoded = np.asarray(encoded)
    encoded = encoded.astype(np.result_type(encoded.dtype, np.float32), copy=False)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.04045) + 0.055) / 1.055) ** 2.4)


def srgb_encode(linear: np.ndarray) -> np.ndarray:
    """Linear light to sRGB values, any shape; clipped to [0, 1] first; float32 stays float32."""
    linear = np.asarray(linear)
    linear = linear.astype(np.result_type(linear.dtype, np.float32), copy=False)
    encoded = np.asarray(np.clip(linear, 0.0031308, 1.0))  # then in place: new memory costs more than arithmetic
    encoded **= encoded.dtype.type(1 / 2.4)
    encoded *= 1.055
    encoded -= 0.055
    np.multiply(linear, 12.92, out=encoded, where=linear <= 0.0031308)
    return np.maximum(encoded, 0.0, out=encoded)[()]


def as_array(picture: ArrayLike) -> np.ndarray:
    """An array, whatever its values mean; ValueError for what is none, such as None, bytes or a number."""
    values = np.asarray(picture)
    if values.dtype == object or not values.ndim:
        raise ValueError(f"a picture is a path or an array of numbers, not {type(picture).__name__}")
    return values


def as_values(picture: ArrayLike) -> np.ndarray:
    """Values of any shape: uint8, uint16 or finite floating point. ValueError for anything else."""
    values = as_array(picture)
    if values.dtype not in (np.uint8, np.uint16) and values.dtype.kind != "f":
        raise ValueError(f"a picture of {values.dtype} must be uint8, uint16, or floating point in [0, 1]")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError("a picture holds NaN or infinity; its values must be finite")
    return values


def as_picture(picture: ArrayLike) -> np.ndarray:
    """A picture (H, W, 3), sRGB or linear: uint8, uint16, or floating point in [0, 1]. ValueError for anything else."""
    values = as_values(picture)
    if values.ndim != 3 or values.shape[2] != 3 or min(values.shape[:2]) < 1:
        raise ValueError(f"a picture must have shape (H, W, 3), not {values.shape}")
    if values.dtype.kind == "f" and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(f"a picture's values run from {values.min():g} to {values.max():g}; they must lie in [0, 1]")
    return values


def decode_picture(picture: ArrayLike, dtype: type = np.float64) -> np.ndarray:
    """Linear light of a picture, (H, W, 3), each colour in one piece in memory.

    Parameters
    ----------
    picture : (H, W, 3), sRGB values: uint8, uint16, or floating point in [0, 1]. ValueError for anything else.
    """
    picture = as_picture(picture)
    planes = picture.transpose(2, 0, 1)
    if picture.dtype in (np.uint8, np.uint16):
        return np.take(_decode_table(picture.dtype.name, np.dtype(dtype).name), planes).transpose(1, 2, 0)
    # in float64, so that 200 and 200/255 give the same light
    return srgb_decode(np.ascontiguousarray(planes, dtype=float)).astype(dtype).transpose(1, 2, 0)


def channel(linear: np.ndarray, name: str) -> np.ndarray:
    """One plane (H, W) of a picture in linear light (H, W, 3): luminance "Y", or "R", "G", "B"."""
    if name not in ("Y", "R", "G", "B"):
        raise ValueError(f"channel = {name!r} must be one of Y, R, G, B")
    return linear @ SRGB_TO_XYZ[1] if name == "Y" else linear[..., "RGB".index(name)]


@functools.cache
def _decode_table(kind: str, dtype: str) -> np.ndarray:
    """Linear light of every integer value."""
    top = np.iinfo(kind).max
    return srgb_decode(np.arange(top + 1) / top).astype(dtype)


def linear_to_xyz(linear: np.ndarray) -> np.ndarray:
    """Linear sRGB (..., 3) in [0, 1] to XYZ (..., 3) with Y = 100 for white."""
    return 100.0 * np.asarray(linear) @ SRGB_TO_XYZ.T


def xyz_to_linear(xyz: np.ndarray) -> np.ndarray:
    """XYZ (..., 3) with Y = 100 for white to linear sRGB (..., 3), not clipped."""
    return np.asarray(xyz) / 100.0 @ np.linalg.inv(SRGB_TO_XYZ).T
