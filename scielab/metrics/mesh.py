"""Mesh and hatch: patterns with the period of an enlargement, which networks draw, in flat areas and in busy ones.

A network that makes scale × scale pixels of one easily treats some of them otherwise than their neighbours. What it
draws then repeats every `scale` pixels, and its power lies at multiples of 1/scale cycles per pixel. To a photograph
these frequencies are nothing special, so the power there is compared with the power near by, in windows of a whole set
of pictures. *Mesh* is of the flattest windows, where an eye sees it first (photographs: 1.05 ± 0.1). *Hatch* is of the
busiest, where it hides in fur and façades, over what the references have there. Of both, lower is better, 1 is as in a
photograph.

Windows are 8 input pixels wide (32 pixels at ×4) and overlap by half. They are of luma: sRGB values, weighted as
luminance. The references of the whole set decide which are flat and which are busy; a busy picture has no flat ones.

What is kept of an output are its *powers*, an array (3, P, 5): of the flat windows, of the busy ones, and of the
reference's busy ones; at P points (u, v); at the point itself and at its four neighbours. The powers of several
pictures are summed or averaged, in any order, and `mesh` and `hatch` make a number of that.

References: A. Odena, V. Dumoulin, C. Olah, "Deconvolution and checkerboard artifacts", Distill 2016; P. Welch, "The
use of fast Fourier transform for the estimation of power spectra", IEEE Trans. Audio Electroacoustics 15 (1967) 70-73.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from camsim.light.colour import SRGB_TO_XYZ

#: Side of a window in pixels of the input: a multiple of 1/scale cycles per pixel is a multiple of so many bins.
WINDOW_INPUT_PX = 8

#: Share of the references' windows that are flat, and that are busy.
SHARE = 0.15

_NEAR_BINS = 3  # from a point to its neighbours: outside of the main lobe of Hann's window, which is 2 bins

# There is no smaller power, so that 0 / 0 of flat colours is 1. Rounding to 8 bits alone has a million times as much.
_LEAST = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which windows of a set are flat, and which are busy, by the variance of the references' luma."""

    scale: int  #: side of the outputs over that of the inputs
    flat: float  #: the variance that flat windows do not exceed
    busy: float  #: the variance that busy ones have at least

    @classmethod
    def of(cls, references: Iterable[np.ndarray], scale: int) -> "Limits | None":
        """The limits of a set of references, (H, W, 3) sRGB values in [0, 1], of one size or several.

        None where there is nothing to measure: no picture is as large as a window, or nothing is enlarged.
        """
        variances = np.concatenate([np.empty(0), *(_variances(_luma(r), scale).ravel() for r in references)])
        if scale == 1 or not variances.size:
            return None
        flat, busy = np.quantile(variances, [SHARE, 1 - SHARE])
        return cls(scale=scale, flat=float(flat), busy=float(busy))


class Reference:
    """A reference for many outputs: which of its windows are flat or busy, and the power of the busy ones.

    Parameters
    ----------
    picture : (H, W, 3) array
        sRGB values in [0, 1]. Where it is smaller than a window it adds nothing to the powers of its set.
    limits : Limits
        Those of the set that it belongs to.
    """

    def __init__(self, picture: np.ndarray, limits: Limits):
        luma = _luma(picture)
        variances = _variances(luma, limits.scale)
        self.shape, self._scale = picture.shape, limits.scale
        self._flat, self._busy = variances <= limits.flat, variances >= limits.busy
        self._busy_power = _power(luma, self._busy, limits.scale)

    def powers(self, output: np.ndarray) -> np.ndarray:
        """Powers (3, P, 5) of an output, (H, W, 3) sRGB values in [0, 1]; ValueError where it has another size."""
        if output.shape != self.shape:
            raise ValueError(f"the pictures differ in shape: {self.shape} and {output.shape}")
        luma = _luma(output)
        flat, busy = (_power(luma, chosen, self._scale) for chosen in (self._flat, self._busy))
        return np.stack([flat, busy, self._busy_power])


def mesh(powers: np.ndarray) -> np.ndarray:
    """How far a pattern of the enlargement's period stands out of the flat windows, of powers (..., 3, P, 5): (...).

    At every (u, v) of multiples of 1/scale cycles per pixel but the mean: the power over the geometric mean of the
    power three bins away along each axis on which (u, v) is not zero. The largest counts.
    """
    return _peak(powers[..., 0, :, :])


def hatch(powers: np.ndarray) -> np.ndarray:
    """The same of the busy windows, over what the references have in theirs, of powers (..., 3, P, 5): (...)."""
    return _peak(powers[..., 1, :, :]) / _peak(powers[..., 2, :, :])


def _peak(power: np.ndarray) -> np.ndarray:
    logarithm = np.log(np.maximum(power, _LEAST))
    return np.exp((logarithm[..., 0] - logarithm[..., 1:].mean(axis=-1)).max(axis=-1))


def _luma(picture: np.ndarray) -> np.ndarray:
    return picture @ SRGB_TO_XYZ[1]


def _variances(luma: np.ndarray, scale: int) -> np.ndarray:
    """Variance of every window, (rows of windows, windows in a row)."""
    return np.array([windows.var(axis=(1, 2)) for windows in _rows_of_windows(luma, scale)])


def _power(luma: np.ndarray, chosen: np.ndarray, scale: int) -> np.ndarray:
    """Summed power (P, 5) of the chosen windows; one window of white noise has its variance on average."""
    rows, columns = _bins(scale)
    hann = _hann(WINDOW_INPUT_PX * scale)
    power = np.zeros(rows.shape)
    for windows, wanted in zip(_rows_of_windows(luma, scale), chosen, strict=True):
        windows = windows[wanted]
        spectra = np.fft.fft2((windows - windows.mean(axis=(1, 2), keepdims=True)) * hann)
        power += np.sum(np.abs(spectra[:, rows, columns]) ** 2, axis=0)
    return power / np.sum(hann**2)


def _rows_of_windows(luma: np.ndarray, scale: int) -> Iterator[np.ndarray]:
    """The windows of a plane (H, W), half overlapping, row by row: (n, side, side); none of one that is smaller."""
    side = WINDOW_INPUT_PX * scale
    if min(luma.shape) < side:
        return
    for top in range(0, len(luma) - side + 1, side // 2):
        yield np.lib.stride_tricks.sliding_window_view(luma[top : top + side], (side, side))[0, :: side // 2]


def _hann(side: int) -> np.ndarray:
    """Hann's window (side, side), periodic: of a line in the spectrum nothing is left two bins away."""
    along = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)
    return np.outer(along, along)


@functools.cache
def _bins(scale: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns (P, 5) of the spectrum: points and their neighbours, one of each two that mirror each other.

    Both neighbours of a point on an axis stand there twice, which leaves their geometric mean as it is.
    """
    side, found = WINDOW_INPUT_PX * scale, []
    for i, j in itertools.product(range(scale), repeat=2):
        if (i, j) == (0, 0) or (-i % scale, -j % scale) < (i, j):
            continue
        u, v = WINDOW_INPUT_PX * i, WINDOW_INPUT_PX * j
        down = [(u - _NEAR_BINS, v), (u + _NEAR_BINS, v)]
        along = [(u, v - _NEAR_BINS), (u, v + _NEAR_BINS)]
        found.append([(u, v), *(down if i else along), *(along if j else down)])
    rows, columns = np.moveaxis(np.array(found) % side, -1, 0)
    return rows, columns
