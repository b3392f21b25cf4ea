"""What the options of `camsim render` say of hyperspectral scenes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np

    from camsim.scene.cube import Cube

    Picture = np.ndarray | Cube

#: Most bands of a hyperspectral scene that does not tell its wavelengths.
MAX_BANDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a hyperspectral scene holds where its file does not tell."""

    kind: str | None
    wavelength_nm: list[float] | None

    def read(self, source: Path) -> "Picture":
        from camsim.scene import read

        return read.read(source, kind=self.kind, wavelength_nm=self.wavelength_nm)


def gathered(*, kind: str | None, wavelengths: str | None) -> Reading:
    """What was typed, checked."""
    return Reading(kind=kind, wavelength_nm=None if wavelengths is None else _wavelengths(wavelengths))


def _wavelengths(text: str) -> list[float]:
    """Wavelengths of START:STEP:STOP, nm."""
    try:
        start, step, stop = (float(part) for part in text.split(":"))
        if not (start > 0 and step > 0 and stop > start and stop - start < MAX_BANDS * step):
            raise ValueError
    except ValueError:
        raise click.UsageError(f"--wavelengths {text}: write START:STEP:STOP, such as 400:10:720") from None
    return [start + step * n for n in range(int((stop - start) / step + 1e-9) + 1)]
