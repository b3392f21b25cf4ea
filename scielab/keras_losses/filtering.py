"""sRGB tensors to opponent colours as the eye blurs them, for losses on whatever backend Keras runs.

A filter is two matrix products per Gaussian, with the border rule of the 1996 code inside the matrices, made once per
picture size.
"""

import functools

import numpy as np
from keras import KerasTensor, ops

from camsim.light import colour
from scielab.eye import filtering, kernels

#: Per channel, and in it per Gaussian, the matrices to multiply a plane with from the left and from the right.
Filters = list[list[tuple[np.ndarray, np.ndarray]]]

_TO_OPPONENT = kernels.FORMATS["xyz"][0] @ colour.SRGB_TO_XYZ  # from linear sRGB
_TO_WHITE_RATIOS = kernels.FORMATS["xyz"][1] / (colour.SRGB_WHITE_XYZ[:, None] / 100)  # from opponent planes


@functools.lru_cache(maxsize=8)
def filters_for(samples_per_degree: float, rows: int, columns: int, dtype: str) -> Filters:
    """The filters of the 1996 code for pictures of one size."""

    def left_and_right(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        down, along = filtering.axis_operator(np.abs(kernel), rows), filtering.axis_operator(kernel, columns).T
        return down.astype(dtype), np.ascontiguousarray(along, dtype=dtype)

    return [[left_and_right(kernel) for kernel in bank] for bank in kernels.kernels(samples_per_degree)]


def filtered_white_ratios(encoded: KerasTensor, filters: Filters) -> list[KerasTensor]:
    """X/Xn, Y/Yn, Z/Zn, each (B, H, W), of sRGB values (B, H, W, 3) as the eye blurs them."""
    # each colour in one piece of memory before anything else: twice as fast on TensorFlow
    linear = srgb_decode(ops.transpose(encoded, (3, 0, 1, 2)))
    opponent = _mix(_TO_OPPONENT, ops.unstack(linear, 3))
    blurred = [
        sum(ops.matmul(ops.matmul(down, plane), along) for down, along in bank)
        for plane, bank in zip(opponent, filters, strict=True)
    ]
    return _mix(_TO_WHITE_RATIOS, blurred)


def srgb_decode(encoded: KerasTensor) -> KerasTensor:
    """Linear light of sRGB values, any shape, without bounds.

    Below 0 the straight part of the curve goes on, above 1 the power. Lightness then stays nearly proportional
    to the value far outside [0, 1], and its slope useful.
    """
    bright = (ops.maximum(encoded, 0.04045) + 0.055) / 1.055
    return ops.where(encoded <= 0.04045, encoded / 12.92, power(bright, 2.4))


def power(base: KerasTensor, exponent: float) -> KerasTensor:
    """A power of numbers above 0; faster than `ops.power`, forward and backward."""
    return ops.exp(exponent * ops.log(base))


def _mix(matrix: np.ndarray, planes: list[KerasTensor]) -> list[KerasTensor]:
    """Each plane the sum of three; written out, since products with 3×3 matrices are slow."""
    x, y, z = planes
    return [float(row[0]) * x + float(row[1]) * y + float(row[2]) * z for row in matrix]
