"""How much memory an enlargement takes, known before it is made."""

import math

import keras

from camsim.io import memory

#: Bytes that a pixel of the result takes beside those of its type, as it is written: that of a PNG as measured.
WRITTEN_BYTES = 10


def bytes_needed(model: keras.Model, *, tile: int, scale: int, rows: int, columns: int, pixel_bytes: int) -> float:
    """Memory that enlarging a picture of `rows` by `columns` pixels of `pixel_bytes` takes at least, in bytes.

    While the network works on a piece of at most `tile` by `tile` pixels, the two largest of what its layers give are
    there; and the result, in the type and with the channels of the input.
    """
    piece = (1, min(tile, rows), min(tile, columns), 3)
    every = keras.Model(model.inputs, [layer.output for layer in model.layers])
    largest = sorted(math.prod(shape) for shape in every.compute_output_shape(piece))[-2:]
    return 4 * sum(largest) + rows * columns * scale**2 * (pixel_bytes + WRITTEN_BYTES)


def check_result(rows: int, columns: int, *, scale: int, pixel_bytes: int) -> None:
    """Raise ValueError where not even the result, of so many bytes a pixel, would fit in the memory that is free."""
    memory.check(rows * columns * scale**2 * pixel_bytes, f"{columns * scale}×{rows * scale} pixels: to make them")


def check(name: str, model: keras.Model, *, tile: int, scale: int, rows: int, columns: int, pixel_bytes: int) -> None:
    """Raise ValueError, in one line that starts with `name`, for what would not fit in the memory that is free."""
    needed = bytes_needed(model, tile=tile, scale=scale, rows=rows, columns=columns, pixel_bytes=pixel_bytes)
    memory.check(needed, f"{name}: to enlarge it")
