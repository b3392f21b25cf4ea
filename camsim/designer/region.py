"""A region drawn on the picture, measured there: signal and noise of every channel, and the MTF of an edge."""

import math
from typing import Any

import numpy as np

from camsim.camera import Camera
from camsim.light import colour
from camsim.measure import slanted_edge
from camsim.sensor import pixels
from camsim.shot import Shot

#: Smallest side of a region, pixels.
LEAST_PX = 4

Roi = tuple[int, int, int, int]


def _channels(electrons: np.ndarray, camera: Camera, roi: Roi) -> dict[str, np.ndarray]:
    tile, letters = pixels.cfa_index(pixels.as_read(camera.sensor)), pixels.colours(camera.sensor)
    top, left, bottom, right = roi
    rows, columns = np.arange(top, bottom) % tile.shape[0], np.arange(left, right) % tile.shape[1]
    which, values = tile[np.ix_(rows, columns)], electrons[top:bottom, left:right]
    return {letter: values[which == number] for number, letter in enumerate(letters) if (which == number).any()}


def noise(first: Shot, second: Shot, camera: Camera, roi: Roi) -> list[dict[str, Any]]:
    """Mean, temporal noise and SNR of every channel, from two shots that differ by chance alone.

    The noise is that of their difference over √2, so that detail in the region is none.

    Reference: EMVA Standard 1288, release 4.0, 6.6 (temporal noise from two images).
    """
    if first.electrons is None or second.electrons is None:
        return []
    found = []
    one, other = (_channels(shot.electrons, camera, roi) for shot in (first, second) if shot.electrons is not None)
    for letter, values in one.items():
        mean = float(np.mean([values.mean(dtype=float), other[letter].mean(dtype=float)]))
        spread = float(np.std(values.astype(float) - other[letter])) / math.sqrt(2)
        snr = 20 * math.log10(mean / spread) if spread > 0 and mean > 0 else None
        found.append({"channel": letter, "mean_e": mean, "noise_e": spread, "snr_db": snr})
    return found


def edge(shot: Shot, roi: Roi) -> dict[str, Any]:
    """The MTF of the edge in a region by the instrument of ISO 12233, or in one line why there is none."""
    try:
        found = slanted_edge.measure(colour.channel(np.asarray(shot.linear, float), "Y"), roi)
    except ValueError as error:
        return {"trouble": str(error)}
    shown = found.frequency_per_px <= 1
    return {
        "mtf50_per_px": found.mtf50_per_px,
        "nyquist": found.nyquist_sfr,
        "angle_deg": found.angle_deg,
        "per_px": found.frequency_per_px[shown].tolist(),
        "sfr": np.round(found.sfr[shown], 5).tolist(),
    }


def checked(roi: tuple[int, int, int, int] | None, shape: tuple[int, ...]) -> Roi:
    """A region that lies in a picture of this shape; ValueError for any other."""
    if roi is None:
        raise ValueError("no region was drawn")
    top, left, bottom, right = roi
    if not (0 <= top < bottom <= shape[0] and 0 <= left < right <= shape[1]):
        raise ValueError(f"the region {top},{left},{bottom},{right} is not within {shape[1]}×{shape[0]} pixels")
    if min(bottom - top, right - left) < LEAST_PX:
        raise ValueError(f"the region must be at least {LEAST_PX} pixels high and wide")
    return top, left, bottom, right
