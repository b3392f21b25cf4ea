"""Measures of the difference between two pictures, from packages that register them.

An entry point of the group `camsim.measures` is a function of two pictures, (H, W, 3) sRGB values in [0, 1], and of the
pixels per degree at which they are seen; it gives the map of differences, (H, W), 0 where they are equal. Its name is
what the page calls it.
"""

from importlib import metadata
from typing import Protocol

import numpy as np

GROUP = "camsim.measures"


class Measure(Protocol):
    """A map of differences."""

    def __call__(self, reference: np.ndarray, test: np.ndarray, samples_per_degree: float) -> np.ndarray: ...


def names() -> list[str]:
    """The measures that are installed, by name."""
    return sorted({entry.name for entry in metadata.entry_points(group=GROUP)})


def load(name: str) -> Measure:
    """The measure of a name; ValueError where it is not installed."""
    for entry in metadata.entry_points(group=GROUP):
        if entry.name == name:
            found: Measure = entry.load()
            return found
    raise ValueError(f"no measure {name!r} is installed: {', '.join(names()) or 'none is'}")
