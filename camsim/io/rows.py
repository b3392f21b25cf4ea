"""A large picture goes into a file block of rows by block of rows, and is never in memory as a whole.

PNG and TIFF are made like this. References: ISO/IEC 15948 (PNG); TIFF 6.0.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from camsim.io import atomic, high_depth, image

#: Effort of compression: for noisy pictures more takes twice the time and saves some hundredths.
LEVEL = 4

#: Rows of a TIFF's strip.
STRIP = 64

#: Endings of the formats.
SUFFIXES = (".png", ".tif", ".tiff")

_SIGNATURE, _RGB, _UP = b"\x89PNG\r\n\x1a\n", 2, 2  # colour type and filter, by their numbers in PNG


def write(path: Path, size: tuple[int, int], blocks: Iterable[np.ndarray], *, bits: int = 8) -> None:
    """Write a picture as its rows come.

    Parameters
    ----------
    path : Path
        The file, of one of `SUFFIXES`; what stands there is replaced.
    size : (int, int)
        Rows and columns.
    blocks : iterable of ndarray
        (rows, columns, 3) sRGB values in order, as `image.quantise` takes them; together all rows.
    bits : int
        8 or 16.

    Raises
    ------
    ValueError
        Where the place is not writable; nothing is left half-written.
    """
    path = Path(path)
    values = (np.ascontiguousarray(image.quantise(block, bits=bits)) for block in blocks)
    with atomic.atomic(path) as temporary, temporary.open("wb") as file:
        (_png if path.suffix.lower() == ".png" else _tiff)(file, size, values, bits)


def _png(file: BinaryIO, size: tuple[int, int], blocks: Iterator[np.ndarray], bits: int) -> None:
    rows, columns = size
    file.write(_SIGNATURE)
    file.write(high_depth.chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, bits, _RGB, 0, 0, 0)))
    packer = zlib.compressobj(LEVEL, strategy=zlib.Z_FILTERED)
    above = np.zeros((1, columns * 3 * bits // 8), np.uint8)
    for block in blocks:
        if bits == 16:
            block = block.astype(">u2")  # PNG's byte order
        lines = block.reshape(len(block), -1).view(np.uint8)
        filtered = np.empty((len(lines), lines.shape[1] + 1), np.uint8)
        filtered[:, 0] = _UP
        np.subtract(lines, np.concatenate([above, lines[:-1]]), out=filtered[:, 1:])
        above = lines[-1:]
        if packed := packer.compress(filtered.data):
            file.write(high_depth.chunk(b"IDAT", packed))
    file.write(high_depth.chunk(b"IDAT", packer.flush()))
    file.write(high_depth.chunk(b"IEND", b""))


def _tiff(file: BinaryIO, size: tuple[int, int], blocks: Iterator[np.ndarray], bits: int) -> None:
    import tifffile

    def strips() -> Iterator[bytes]:
        for strip in _of_rows(blocks, STRIP):
            lines = strip.astype(f"<u{bits // 8}")
            lines[:, 1:] -= strip[:, :-1]  # the predictor: what a pixel has more than its left neighbour
            yield zlib.compress(lines.tobytes(), LEVEL)

    tifffile.imwrite(
        file,
        strips(),
        shape=(*size, 3),
        dtype=f"<u{bits // 8}",
        byteorder="<",
        rowsperstrip=STRIP,
        photometric="rgb",
        compression="zlib",
        predictor=True,
        metadata=None,
    )


def _of_rows(blocks: Iterator[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """The same rows in blocks of so many, but for the last."""
    rest: list[np.ndarray] = []
    for block in blocks:
        rest.append(block)
        while sum(map(len, rest)) >= count:
            whole = np.concatenate(rest)
            yield whole[:count]
            rest = [whole[count:]]
    if sum(map(len, rest)):
        yield np.concatenate(rest)
