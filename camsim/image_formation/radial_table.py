"""A lens symmetric about its axis as curves: what it passes, folded over the bands, looked up at a radial frequency.

With such a lens the 31 bands, the channels' efficiency and the primaries' spectra fold into a function of one variable
per channel and primary. A table holds it; between its nodes it is linear, which costs 1e-6 of its largest value.
"""

import functools
import math

import numpy as np
from scipy.interpolate import CubicSpline

from camsim.camera_parts import Optics
from camsim.light import spectra
from camsim.optics import pupil, radial

#: Intervals between zero frequency and the cut-off at the shortest wavelength, for up to two waves of error.
INTERVALS = 16384

SHORTEST_NM = spectra.WAVELENGTH_NM[0]

#: Frequencies looked up at a time: what is made of them stays in the processor's cache.
CHUNK = 32768


def fold(optics: Optics, gain: np.ndarray) -> np.ndarray:
    """Curves Σ gain(λ) OTF(f; λ) over the bands at evenly spaced f, for gains (31, n): (n, nodes), float64.

    The first node is zero, the last the cut-off at the shortest wavelength. Without aberrations the f-number does
    nothing but to move that; what aberrations add is smooth, so that fewer nodes and cubic splines do for it.
    """
    if not pupil.is_deformed(optics):
        return gain.T @ _unaberrated(optics.obscuration, INTERVALS)
    coarse = radial.intervals(optics, spectra.WAVELENGTH_NM)
    nodes, fine = np.linspace(0, 1, coarse + 1), INTERVALS * math.ceil(coarse / (2 * radial.INTERVALS))
    changes = [radial.change(optics, nm, nodes * (nm / SHORTEST_NM)) for nm in spectra.WAVELENGTH_NM]
    spline = CubicSpline(nodes, gain.T @ changes, axis=1, bc_type="clamped")
    curves = gain.T @ _unaberrated(optics.obscuration, fine) + spline(np.linspace(0, 1, fine + 1))
    curves[:, -1] = 0  # but for rounding
    return curves


@functools.lru_cache(maxsize=4)
def _unaberrated(obscuration: float, intervals: int) -> np.ndarray:
    """OTF of every band at the nodes: (31, intervals + 1)."""
    ratio = spectra.WAVELENGTH_NM[:, None] / SHORTEST_NM
    return radial.unaberrated(obscuration, ratio * np.linspace(0, 1, intervals + 1))


def look_up(curves: np.ndarray, cutoff_per_mm: float, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray) -> np.ndarray:
    """Curves (n, nodes), of which the last stands at the cut-off, at the radii of fy × fx: (n, fy, fx), float32."""
    values = curves.astype(np.float32)
    rises = np.diff(curves, axis=1, append=curves[:, -1:]).astype(np.float32)
    last = curves.shape[1] - 1
    y2, x2 = ((f * (last / cutoff_per_mm)) ** 2 for f in (fy_per_mm, fx_per_mm))
    found = np.empty((len(curves), len(y2), len(x2)), np.float32)
    step = max(1, CHUNK // len(x2))
    for start in range(0, len(y2), step):
        place = y2[start : start + step, None] + x2
        np.minimum(np.sqrt(place, out=place), last, out=place)
        node = place.astype(np.intp)
        place -= node
        part = place.astype(np.float32)
        more = np.empty_like(part)
        for value, rise, out in zip(values, rises, found[:, start : start + step], strict=True):
            np.take(value, node, out=out, mode="clip")  # "clip" asks for no copy; every node is within
            np.take(rise, node, out=more, mode="clip")
            more *= part
            out += more
    return found
