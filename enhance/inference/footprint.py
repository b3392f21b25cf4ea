"""How much memory an enlargement takes, known before it is made."""

import math

import keras

from camsim.io import memory

#: Bytes per pixel of the result: the network's in float32, and what becomes of it.
RESULT_BYTES = 31


def bytes_needed(model: keras.Model, *, tile: int, scale: int, rows: int, columns: int) -> float:
    """Memory that enlarging a picture of `rows` by `columns` pixels takes at least, in bytes.

    While the network works on a piece of at most `tile` by `tile` pixels, the two largest of what its layers give are
    there; and the result, once and again in the type and with the channels of the input.
    """
    piece = (1, min(tile, rows), min(tile, columns), 3)
    every = keras.Model(model.inputs, [layer.output for layer in model.layers])
    largest = sorted(math.prod(shape) for shape in every.compute_output_shape(piece))[-2:]
    return 4 * sum(largest) + rows * columns * scale**2 * RESULT_BYTES


def check_result(rows: int, columns: int, scale: int) -> None:
    """Raise ValueError where not even the result would fit in the memory that is free."""
    memory.check(rows * columns * scale**2 * RESULT_BYTES, f"{columns * scale}×{rows * scale} pixels: to make them")


def check(name: str, model: keras.Model, *, tile: int, scale: int, rows: int, columns: int) -> None:
    """Raise ValueError, in one line that starts with `name`, for what would not fit in the memory that is free."""
    needed = bytes_needed(model, tile=tile, scale=scale, rows=rows, columns=columns)
    memory.check(needed, f"{name}: to enlarge it")
