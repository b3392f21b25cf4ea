"""Colour profiles that are a matrix and three curves, or one curve for grey, computed in the depth of the picture.

Adobe RGB, Display P3, ProPhoto RGB and what cameras and displays write are such profiles.

Reference: ICC.1:2022, "Image technology colour management" (profile version 4.4): 8.3 to 8.5 which tags make a profile,
10.6 and 10.18 the curve types, F.3 the computation.
"""

import functools
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from camsim.light import colour

#: A profile with one of these converts by tables.
_TABLES = (b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2", b"D2B3")

#: Parameters of the parametric curves, by type.
_PARAMETERS = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}

#: Rows converted at once: what is computed of them in float64 stays small.
_ROWS = 64


@dataclass(frozen=True, slots=True)
class Curves:
    """What the values of a profile stand for."""

    to_linear: tuple[Callable[[np.ndarray], np.ndarray], ...]  #: of every channel, [0, 1] to [0, 1]
    to_xyz: np.ndarray | None  #: (3, 3), linear channels to XYZ relative to D50; None for grey


@functools.lru_cache(maxsize=8)
def read(profile: bytes) -> Curves | None:
    """The curves and the matrix of a profile; None where it has tables instead. ValueError for damaged ones."""
    try:
        count = struct.unpack_from(">I", profile, 128)[0]
        entries = [struct.unpack_from(">4sII", profile, 132 + 12 * n) for n in range(min(count, 1000))]
        tags = {name: profile[start : start + size] for name, start, size in entries}
        if tags.keys() & _TABLES or profile[20:24] != b"XYZ ":
            return None
        if profile[16:20] == b"GRAY":
            return Curves((_curve(tags[b"kTRC"]),), None)
        columns = [struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        curves = tuple(_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
    except (struct.error, KeyError, IndexError) as error:
        raise ValueError("a colour profile without a matrix and curves, or damaged") from error
    return Curves(curves, np.array(columns).T / 65536)


def _curve(tag: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """The function of a tag of type `curv` or `para`; arguments are in [0, 1]."""
    if tag[:4] == b"curv":
        count = struct.unpack_from(">I", tag, 8)[0]
        if count > 1:
            table = np.array(struct.unpack_from(f">{count}H", tag, 12)) / 65535
            return lambda x: np.interp(x, np.linspace(0, 1, count), table)
        gamma = struct.unpack_from(">H", tag, 12)[0] / 256 if count else 1.0
        return lambda x: x**gamma
    kind = struct.unpack_from(">H", tag, 8)[0]
    if tag[:4] != b"para" or kind not in _PARAMETERS:
        raise ValueError(f"a colour profile with a curve of type {tag[:4]!r}, {kind}")
    names = _PARAMETERS[kind]
    numbers = struct.unpack_from(f">{len(names)}i", tag, 12)
    p = dict.fromkeys("bcdef", 0.0) | {"a": 1.0} | {n: v / 65536 for n, v in zip(names, numbers, strict=True)}
    if kind in (1, 2):  # a constant up to where the power begins
        p |= {"d": -p["b"] / p["a"] if p["a"] else 0.0, "e": p["c"], "f": p["c"], "c": 0.0}

    def power(x: np.ndarray) -> np.ndarray:
        upper = np.maximum(p["a"] * x + p["b"], 0) ** p["g"] + p["e"]
        return np.where(x >= p["d"], upper, p["c"] * x + p["f"])

    return power


def to_srgb(values: np.ndarray, source: Curves, srgb_to_xyz: np.ndarray) -> np.ndarray:
    """Convert a picture of a profile's values to sRGB values; beyond its gamut they are clipped.

    Parameters
    ----------
    values : ndarray of uint16 or floating point in [0, 1]
        (H, W, 1) or (H, W, 3), as the profile has channels.
    source : Curves
        The picture's profile.
    srgb_to_xyz : ndarray of float
        (3, 3), linear sRGB to XYZ relative to D50, as a profile of sRGB has it.

    Returns
    -------
    ndarray
        Of the same type and shape.
    """
    deep = values.dtype.kind == "u"
    full = float(np.iinfo(values.dtype).max) if deep else 1.0
    tables = [curve(np.arange(full + 1) / full) for curve in source.to_linear] if deep else []
    matrix = None if source.to_xyz is None else np.linalg.inv(srgb_to_xyz) @ source.to_xyz
    result = np.empty_like(values)
    for top in range(0, len(values), _ROWS):
        rows = values[top : top + _ROWS]
        channels = (rows[..., n] for n in range(rows.shape[2]))
        if deep:
            linear = [table[channel] for table, channel in zip(tables, channels, strict=True)]
        else:
            linear = [curve(channel.astype(float)) for curve, channel in zip(source.to_linear, channels, strict=True)]
        light = np.clip(np.stack(linear, axis=-1), 0, 1)
        encoded = colour.srgb_encode(light if matrix is None else light @ matrix.T) * full
        result[top : top + _ROWS] = np.rint(encoded) if deep else encoded
    return result
