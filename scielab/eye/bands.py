"""A tall picture in bands of rows, so that what is computed of it does not all have to be there at once.

A kernel reaches only so far. A band that sees as much beyond the rows that are kept of it gives in these, but for
rounding, what the whole picture would have given: where its own borders are not the picture's, nothing of them is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

#: Rows that are kept of a band, at least.
ROWS = 256


@dataclass(frozen=True, slots=True)
class Band:
    """Some rows of a picture."""

    rows: slice  #: those of the picture that it gives
    seen: slice | np.ndarray  #: those of the picture that it is made of
    kept: slice  #: where the former are among the latter


def kept_rows(reach: int) -> int:
    """How many rows are kept of a band whose surroundings count up to `reach` rows away: as many as are thrown away."""
    return max(ROWS, 2 * reach)


def whole(rows: int) -> list[Band]:
    """A picture of so many rows as a single band."""
    return [Band(slice(0, rows), slice(0, rows), slice(0, rows))]


def inside(rows: int, height: int, reach: int) -> Iterator[Band]:
    """Bands of one height that lie within a picture of more `rows`; at its borders they are its own."""
    step, first = height - 2 * reach, 0
    for start in (*range(0, rows - height, step), rows - height):
        last = rows if start == rows - height else start + height - reach
        yield Band(slice(first, last), slice(start, start + height), slice(first - start, last - start))
        first = last


def around(rows: int, height: int, reach: int) -> Iterator[Band]:
    """Bands of one height of a picture of more `rows` that repeats, all of which see beyond both of their ends."""
    step = height - 2 * reach
    for first in range(0, rows, step):
        last = min(first + step, rows)
        seen = np.arange(first - reach, first - reach + height) % rows
        yield Band(slice(first, last), seen, slice(reach, reach + last - first))
