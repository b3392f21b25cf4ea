"""A lens symmetric about its axis as curves: what it passes, folded over the bands, looked up at a radial frequency.

With such a lens the 31 bands, the channels' efficiency and the primaries' spectra fold into a function of one variable
per channel and primary. A table holds it; between its nodes it is linear, which costs 1e-6 of its largest value.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from camsim.camera_parts import Optics
from camsim.light import spectra
from camsim.optics import diffraction, pupil, radial

#: Intervals between zero frequency and the cut-off at the shortest wavelength, for up to one wave of error. An
#: obstruction, which puts creases into the OTF, has twice as many.
INTERVALS = 8192

SHORTEST_NM = spectra.WAVELENGTH_NM[0]

#: Frequencies looked up at a time: what is made of them stays in the processor's cache.
CHUNK = 32768


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Functions of the radial frequency at evenly spaced nodes from 0 on, where they are linear between."""

    values: np.ndarray  #: (n, nodes), float32
    rises: np.ndarray  #: (n, nodes), float32: to the next node, 0 at the last
    end_per_mm: float  #: where the last node is; beyond it a curve keeps its last value

    def look_up(self, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray, out: np.ndarray) -> None:
        """The curves at the radii of fy × fx into `out`, (n, fy, fx), float32."""
        last = np.float32(self.values.shape[1] - 1)
        y2, x2 = (((f * (last / self.end_per_mm)) ** 2).astype(np.float32) for f in (fy_per_mm, fx_per_mm))
        step = max(1, CHUNK // len(x2))
        for start in range(0, len(y2), step):
            part = y2[start : start + step, None] + x2
            np.minimum(np.sqrt(part, out=part), last, out=part)
            more = np.floor(part)
            node = more.astype(np.intp)
            part -= more
            for value, rise, found in zip(self.values, self.rises, out[:, start : start + step], strict=True):
                np.take(value, node, out=found, mode="clip")  # "clip" asks for no copy; every node is within
                np.take(rise, node, out=more, mode="clip")
                more *= part
                found += more


def fold(optics: Optics, fnumber: float, gain: np.ndarray) -> Curves:
    """Curves Σ gain(λ) OTF(f; λ) over the bands, for gains (31, n), up to the cut-off at the shortest wavelength.

    Without aberrations the working f-number does nothing but to move that; what aberrations add is smooth, so that
    fewer nodes and cubic splines do for it.
    """
    cutoff = diffraction.cutoff_per_mm(SHORTEST_NM, fnumber)
    if not pupil.is_deformed(optics):
        return _curves(gain.T @ _unaberrated(optics.obscuration, 1), cutoff)
    from scipy.interpolate import CubicSpline

    coarse = radial.intervals(optics, spectra.WAVELENGTH_NM)
    nodes = np.linspace(0, 1, coarse + 1)
    changes = [radial.change(optics, nm, nodes * (nm / SHORTEST_NM)) for nm in spectra.WAVELENGTH_NM]
    spline = CubicSpline(nodes, gain.T @ changes, axis=1, bc_type="clamped")
    curves = gain.T @ _unaberrated(optics.obscuration, math.ceil(coarse / radial.INTERVALS))
    curves += spline(np.linspace(0, 1, curves.shape[1]))
    curves[:, -1] = 0  # but for rounding
    return _curves(curves, cutoff)


def _curves(values: np.ndarray, end_per_mm: float) -> Curves:
    rises = np.diff(values, axis=1, append=values[:, -1:])
    return Curves(values.astype(np.float32), rises.astype(np.float32), end_per_mm)


@functools.lru_cache(maxsize=4)
def _unaberrated(obscuration: float, times: int) -> np.ndarray:
    """OTF of every band at the nodes, (31, nodes), `times` as many as without aberrations."""
    nodes = np.linspace(0, 1, INTERVALS * times * (2 if obscuration else 1) + 1)
    fine = np.linspace(0, 1, 8 * INTERVALS * times + 1)  # each band looks up a part of the same curve
    ratio = spectra.WAVELENGTH_NM[:, None] / SHORTEST_NM
    return np.interp(ratio * nodes, fine, radial.unaberrated(obscuration, fine))
