"""Spectra in a user's CSV file: a header line, then numbers, wavelengths in nm first."""

from pathlib import Path

import numpy as np

from camsim.arguments import shown
from camsim.io import text_file
from camsim.light.spectra import WAVELENGTH_NM

#: What such a file may take.
_MOST_BYTES = 4 << 20


def read_csv(path: str, key: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Columns of a user's CSV: a header line, wavelengths in nm first; lines that begin with # are comments.

    Returns the columns' names and the values at 400:10:700 nm, (31, columns), interpolated linearly; outside the
    file's wavelengths the end values hold, at most 20 nm far. Raises ValueError, naming `key`, for anything else.
    """
    try:
        names, rows = _columns_in(text_file.read(Path(path), most_bytes=_MOST_BYTES))
        if len(rows) < 2 or (np.diff(rows[:, 0]) <= 0).any():
            raise ValueError("wavelengths must ascend")
        if rows[0, 0] > 420 or rows[-1, 0] < 680:
            raise ValueError(f"wavelengths are {rows[0, 0]:g} to {rows[-1, 0]:g} nm, must cover 420 to 680")
    except FileNotFoundError:
        raise ValueError(f"{key} = {path!r}: no such file") from None
    except ValueError as error:
        raise ValueError(f"{key} = {path!r}: {str(error).removeprefix(f'{path}: ')}") from None
    return names, np.stack([np.interp(WAVELENGTH_NM, rows[:, 0], column) for column in rows[:, 1:].T], axis=1)


def _columns_in(text: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the columns but the first, and the values of all, (rows, columns), in a CSV of numbers."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise ValueError("it is empty; a header line and lines of numbers are needed")
    _, *names = (name.strip() for name in lines[0].split(","))
    width, rows = 1 + len(names), []
    for line in lines[1:]:
        cells = line.split(",")
        if len(cells) != width or width < 2:
            raise ValueError(f"{shown(line)} has {len(cells)} values, the header {width}; at least 2 are needed")
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            raise ValueError(f"{shown(line)} holds something other than numbers") from None
    values = np.array(rows).reshape(-1, width)
    if not np.isfinite(values).all():
        raise ValueError("every number must be finite")
    return tuple(names), values
