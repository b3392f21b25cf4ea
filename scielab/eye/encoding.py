"""What the numbers of a picture mean, and the way from them to opponent planes."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from camsim.light import colour
from scielab.eye import kernels
from scielab.eye.display import Display
from scielab.viewing import Viewing, check_viewing

#: Values worked on at a time per colour, so that they stay in the processor's cache.
BLOCK_VALUES = 16384

_TOLERANCE = 1e-6  # float32 pictures overshoot by their rounding

_CACHE_LINE_BYTES = 64

#: Light that is so many times as bright as white is none that there is; what is brighter still overflows in ΔE.
_MOST_WHITES = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """The meaning of a picture's three numbers.

    `to_opponent` takes them, made linear, to the opponent channels and `to_xyz` takes those to XYZ, in which
    `white_xyz` is white. `limited` numbers lie in [0, 1]. They are made linear by `table` (levels, 3), one column
    per colour from 0 to full drive, or, for `srgb`, as sRGB; otherwise they are linear.
    """

    name: str
    to_opponent: np.ndarray
    to_xyz: np.ndarray
    white_xyz: np.ndarray
    limited: bool
    srgb: bool = False
    table: np.ndarray | None = None


def of(viewing: Viewing) -> Encoding:
    """The meaning that `input` and `white` of the viewing conditions give to a picture.

    Raises ValueError for what is no `Viewing`, a matrix that is not 3×3, finite and invertible, and a white that is
    missing or not above 0.
    """
    check_viewing(viewing)
    input, white = viewing.input, viewing.white
    if isinstance(input, Display):
        return _of_display(input, white)
    if not isinstance(input, str):
        to_xyz = _matrix(input)
        return _of_rgb("matrix", to_xyz, to_xyz.sum(axis=1), white)
    if input in ("srgb", "linear"):
        return _of_rgb(input, 100 * colour.SRGB_TO_XYZ, colour.SRGB_WHITE_XYZ, white, srgb=input == "srgb")
    to_opponent, to_xyz = kernels.FORMATS[input]
    white_xyz = _three(white, f"{input} input needs three numbers")
    if input.startswith("lms"):  # by the way that the picture goes
        white_xyz = to_xyz @ to_opponent @ white_xyz
    return Encoding(input, to_opponent, to_xyz, _positive(white_xyz), limited=False)


def _of_rgb(
    name: str,
    to_xyz: np.ndarray,
    own_white: np.ndarray,
    white: ArrayLike | None,
    *,
    srgb: bool = False,
    table: np.ndarray | None = None,
) -> Encoding:
    white_xyz = own_white if white is None else _three(white, "it must be three numbers, XYZ")
    to_opponent, back = kernels.FORMATS["xyz"]
    return Encoding(name, to_opponent @ to_xyz, back, _positive(white_xyz), limited=True, srgb=srgb, table=table)


def _of_display(display: Display, white: ArrayLike | None) -> Encoding:
    if display.cones is None:
        to_xyz = display.to_xyz()
        return _of_rgb("display", to_xyz, to_xyz @ display.gamma[-1], white, table=display.gamma)
    to_opponent, to_xyz = kernels.FORMATS["lms"]
    to_lms = display.to_lms()
    own_white = to_xyz @ to_opponent @ to_lms @ display.gamma[-1]
    white_xyz = own_white if white is None else _three(white, "it must be three numbers, XYZ")
    return Encoding("display", to_opponent @ to_lms, to_xyz, _positive(white_xyz), limited=True, table=display.gamma)


def _matrix(input: ArrayLike) -> np.ndarray:
    matrix = _as_floats(input, "input")
    if matrix.shape != (3, 3):
        raise ValueError(f"input has shape {matrix.shape}; a matrix from linear RGB to XYZ must be (3, 3)")
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < 3:
        raise ValueError(f"input is {matrix.tolist()}; a matrix from linear RGB to XYZ must be finite and invertible")
    return matrix


def _three(white: ArrayLike | None, rule: str) -> np.ndarray:
    if white is None:
        raise ValueError(f"white is None; {rule}")
    if np.shape(white) != (3,):
        raise ValueError(f"white has shape {np.shape(white)}; {rule}")
    return _as_floats(white, "white")


def _as_floats(values: ArrayLike, name: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers, which {type(values).__name__} does not") from None


#: White in any unit that there is: what is further from 1 overflows in ΔE.
_LEAST_WHITE = 1e-30


def _positive(white_xyz: np.ndarray) -> np.ndarray:
    if not ((white_xyz >= _LEAST_WHITE) & (white_xyz <= 1 / _LEAST_WHITE)).all():
        words = f"it must be above 0 and finite, from {_LEAST_WHITE:g} to {1 / _LEAST_WHITE:g}"
        raise ValueError(f"white is {white_xyz.tolist()} in XYZ; {words}")
    return white_xyz


def check(picture: np.ndarray, encoding: Encoding) -> np.ndarray:
    """The picture as an array; ValueError, naming what is wrong, for one that cannot be of that encoding."""
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"a picture has shape {picture.shape}; it must be (rows, columns, 3), not empty")
    if encoding.limited and picture.dtype in (np.uint8, np.uint16):
        if encoding.srgb or encoding.table is not None:
            return picture
        raise ValueError(f"a picture of linear RGB is {picture.dtype}; it must be floating point in [0, 1]")
    if picture.dtype.kind not in ("f" if encoding.limited else "fiu"):
        kinds = "uint8, uint16 or floating point" if encoding.limited else "numbers"
        raise ValueError(f"a picture's values are {picture.dtype}; they must be {kinds}")
    low, high = picture.min(), picture.max()
    if not (np.isfinite(low) and np.isfinite(high)):  # NaN is both the least and the greatest
        raise ValueError("a picture holds NaN or infinity; its values must be finite")
    what = {"srgb": "sRGB", "linear": "linear RGB", "matrix": "RGB"}.get(encoding.name, encoding.name)
    if encoding.limited and (low < -_TOLERANCE or high > 1 + _TOLERANCE):
        raise ValueError(f"{what} values run from {low:g} to {high:g}; they must lie in [0, 1]")
    most = _MOST_WHITES * encoding.white_xyz.min()
    if not encoding.limited and max(-float(low), float(high)) > most:
        raise ValueError(
            f"{what} values run from {low:g} to {high:g}; beside the white given they must lie in ±{most:g}"
        )
    return picture


def opponent_planes(picture: np.ndarray, encoding: Encoding, dtype: type) -> np.ndarray:
    """Opponent planes (3, H, S) of a checked picture (H, W, 3); S ≥ W, and what is beyond W has no meaning.

    The rows are a little longer than the picture's, because rows that are a power of two apart in memory displace
    one another from the processor's cache when a transform runs down the columns.
    """
    rows, columns = picture.shape[:2]
    values_per_line = _CACHE_LINE_BYTES // np.dtype(dtype).itemsize
    stride = (-(-columns // values_per_line) | 1) * values_per_line  # an odd number of cache lines
    planes = np.empty((3, rows, stride), dtype)
    planes[:, :, columns:] = 0
    mixing: np.ndarray = encoding.to_opponent.astype(dtype)
    tables = _tables(encoding, picture.dtype, np.dtype(dtype))
    for flat, block in blocks(planes):
        _linearise(picture[block], planes[:, block, :columns], encoding, tables)
        values = planes.reshape(3, -1)[:, flat]
        values[:] = mixing @ values
    return planes


def blocks(planes: np.ndarray, rows: slice = slice(None)) -> list[tuple[slice, slice]]:
    """Some rows of planes (…, H, S) cut in blocks: for each the slice of its values in H·S, and of its rows."""
    high, stride = planes.shape[-2:]
    start, stop, _ = rows.indices(high)
    step = max(1, BLOCK_VALUES // stride)
    ends = [(first, min(first + step, stop)) for first in range(start, stop, step)]
    return [(slice(first * stride, end * stride), slice(first, end)) for first, end in ends]


def _linearise(picture: np.ndarray, planes: np.ndarray, encoding: Encoding, tables: list[np.ndarray] | None) -> None:
    """Write a picture (H, W, 3) into planes (3, H, W) as linear values."""
    if tables is not None:
        for plane, table, codes in zip(planes, tables, np.moveaxis(picture, -1, 0), strict=True):
            if picture.dtype.kind == "f":
                codes = np.floor(np.clip(codes, 0, 1) * (len(table) - 1.0) + 0.5).astype(np.intp)
            plane[:] = table.take(codes, mode="clip")
        return
    planes[:] = np.moveaxis(picture, -1, 0)
    if encoding.srgb:
        for plane in planes:  # one by one: what is made on the way stays in the processor's cache
            plane[:] = colour.srgb_decode(np.ascontiguousarray(plane))


def _tables(encoding: Encoding, kind: np.dtype, dtype: np.dtype) -> list[np.ndarray] | None:
    """Per colour the linear value of every code, for integer pictures, or of every level of a display."""
    if kind.kind == "f" or not encoding.limited:
        return None if encoding.table is None else list(encoding.table.T.astype(dtype))
    top = np.iinfo(kind).max
    if encoding.table is None:
        return [_srgb_table(top, dtype)] * 3
    level = np.floor(np.arange(top + 1) / top * (len(encoding.table) - 1) + 0.5).astype(np.intp)
    return list(encoding.table[level].T.astype(dtype))


@functools.lru_cache(maxsize=4)
def _srgb_table(top: int, dtype: np.dtype) -> np.ndarray:
    return colour.srgb_decode(np.arange(top + 1) / top).astype(dtype)
