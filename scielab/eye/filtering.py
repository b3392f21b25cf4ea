"""Filtering of one plane by a sum of separable kernels, and what is taken to lie beyond the plane's border.

Where a kernel is shorter than an axis, its border rule makes it diagonal in a fast transform along that axis:
reflection in the DCT-II, wrapping around in the Fourier transform. One transform, one product and the inverse are
then exact and cost the same at any kernel length. Elsewhere the filter along the axis is a dense matrix, small
because the axis is short.

Reference: S. A. Martucci, "Symmetric convolution and the discrete sine and cosine transforms", IEEE Trans. Signal
Processing 42 (1994) 1038-1051.
"""

import dataclasses
import itertools
from collections.abc import Iterable

import numpy as np
from scipy import fft

from scielab.eye import bands

# Products are taken block by block, so that what they pass through stays in the processor's cache.
_BLOCK_VALUES = 16384

# Transforms of a length with a larger prime factor than this are slow enough for a longer one to be faster.
_LARGEST_FAST_FACTOR = 19


@dataclasses.dataclass(frozen=True)
class Reflection:
    """Half-sample symmetric reflection: the pixel at the edge is repeated.

    `by_half`: as the 1996 code has it. Where the kernel is not shorter than the axis only half of the axis is
    reflected and zeros follow, so that light is lost. Without it the reflection goes on and on.
    """

    by_half: bool

    def kept(self, size: int) -> int:
        """Pixels of an axis of `size` that are left after filtering."""
        return size

    def bands(self, taps: int, rows: int) -> Iterable[bands.Band]:
        """Bands of a picture of so many rows, each of which is filtered for itself."""
        reach = taps // 2
        height = _fast(bands.kept_rows(reach) + 2 * reach)
        return bands.inside(rows, height, reach) if height < rows else bands.whole(rows)

    def operators(self, bank: np.ndarray, size: int) -> np.ndarray:
        """Kernels (G, taps) as they act on an axis: DCT-II eigenvalues (G, size), or matrices (G, size, size).

        Of an axis with an awkward number of pixels the eigenvalues are those of a longer one.
        """
        if self.by_half and bank.shape[1] >= size:
            return np.stack([axis_operator(kernel, size) for kernel in bank])
        if bank.shape[1] < size and _largest_factor(size) > _LARGEST_FAST_FACTOR:
            size = fft.next_fast_len(size + bank.shape[1] // 2, real=True)
        return _symmetric_response(bank, np.arange(size) / (2 * size))

    def forward(self, plane: np.ndarray, axes: tuple[int, ...], lengths: tuple[int, ...]) -> np.ndarray:
        """Transform along axes, reflected at their end to `lengths`: at least by the kernel's reach, or not at all."""
        added = [(0, 0), (0, 0)]
        for axis, length in zip(axes, lengths, strict=True):
            added[axis] = (0, length - plane.shape[axis])
        if any(map(any, added)):
            plane = np.pad(plane, added, mode="symmetric")
        return fft.dctn(plane, axes=axes, overwrite_x=True)

    def inverse(self, spectrum: np.ndarray, axes: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
        return fft.idctn(spectrum, axes=axes, overwrite_x=True)[: shape[0], : shape[1]]

    def describe(self, taps: int, shape: tuple[int, int]) -> str:
        """The rule in words, for a picture of `shape` = (rows, columns)."""
        if self.by_half and taps >= min(shape):
            return "symmetric reflection by half the picture, then zeros"
        return "symmetric reflection"


@dataclasses.dataclass(frozen=True)
class Wrapping:
    """The picture repeats, as ISETCam has it.

    An axis of even length loses its last pixel first, and the result is displaced by one pixel up and left. An axis
    shorter than the kernel is reflected to the kernel's length first.
    """

    def kept(self, size: int) -> int:
        return size - (size + 1) % 2

    def bands(self, taps: int, rows: int) -> Iterable[bands.Band]:
        """Bands of a picture of so many rows, an odd number, each of which is filtered for itself."""
        reach = taps // 2 + 1  # one more for the displacement
        height = _fast((bands.kept_rows(reach) + 2 * reach) | 1, step=2)
        return bands.around(rows, height, reach) if height < rows else bands.whole(rows)

    def operators(self, bank: np.ndarray, size: int) -> np.ndarray:
        """Kernels (G, taps) on an axis of odd `size`: Fourier eigenvalues (G, size), or matrices (G, size, size)."""
        if bank.shape[1] > size:
            return np.stack([_wrapping_operator(kernel, size) for kernel in bank])
        frequency = np.arange(size) / size
        return _symmetric_response(bank, frequency) * np.exp(2j * np.pi * frequency)  # the displacement

    def forward(self, plane: np.ndarray, axes: tuple[int, ...], lengths: tuple[int, ...]) -> np.ndarray:
        return fft.rfftn(plane, axes=axes)

    def inverse(self, spectrum: np.ndarray, axes: tuple[int, ...], shape: tuple[int, int]) -> np.ndarray:
        return fft.irfftn(spectrum, s=[shape[axis] for axis in axes], axes=axes, overwrite_x=True)

    def describe(self, taps: int, shape: tuple[int, int]) -> str:
        """The rule in words, for a picture of `shape` = (rows, columns)."""
        small = "symmetric reflection to the size of the filter, then " if taps > min(map(self.kept, shape)) else ""
        return f"{small}wrapped around"


def filter_plane(plane: np.ndarray, down: np.ndarray, along: np.ndarray, border: Reflection | Wrapping) -> np.ndarray:
    """Filter a plane (H, W); it may be overwritten, and the result may be the plane itself.

    Parameters
    ----------
    plane : (H, W), sides as `border.kept` leaves them
    down, along : what `border.operators` gives for the G kernels along the columns and along the rows
        The filter is Σ over G of the one after the other.
    """
    axes = tuple(axis for axis, operators in enumerate((down, along)) if operators.ndim == 2)
    if not axes:
        return sum(d @ plane @ a.T for d, a in zip(down, along, strict=True))
    spectrum = border.forward(plane, axes, tuple((down, along)[axis].shape[1] for axis in axes))
    if along.ndim == 2:
        along = along[:, : spectrum.shape[1]]  # a real Fourier transform leaves the second half out
    if axes == (0, 1):
        rows = max(1, _BLOCK_VALUES // spectrum.shape[1])
        for first in range(0, len(spectrum), rows):
            spectrum[first : first + rows] *= down[:, first : first + rows].T @ along
    elif axes == (0,):
        spectrum = sum(d[: len(spectrum), None] * (spectrum @ a.T) for d, a in zip(down, along, strict=True))
    else:
        spectrum = sum((d @ spectrum) * a for d, a in zip(down, along, strict=True))
    return border.inverse(spectrum, axes, plane.shape)


def _symmetric_response(bank: np.ndarray, cycles_per_pixel: np.ndarray) -> np.ndarray:
    """Frequency response (G, N) of symmetric kernels (G, taps) at N frequencies."""
    reach = bank.shape[1] // 2
    cosines = np.cos(2 * np.pi * np.outer(np.arange(1, reach + 1), cycles_per_pixel))
    return bank[:, reach, None] + 2 * bank[:, reach + 1 :] @ cosines


def _fast(length: int, step: int = 1) -> int:
    """The first length from here on, in steps, that is fast to transform."""
    return next(n for n in itertools.count(length, step) if _largest_factor(n) <= _LARGEST_FAST_FACTOR)


def _largest_factor(number: int) -> int:
    """The largest prime factor."""
    factor = 2
    while factor * factor <= number:
        if number % factor:
            factor += 1
        else:
            number //= factor
    return number


def axis_operator(kernel: np.ndarray, size: int) -> np.ndarray:
    """The filter along one axis as a matrix (size, size), border rule of the 1996 code included.

    A border is a half-sample symmetric reflection (the edge pixel is repeated). Where the kernel is not shorter
    than the axis only half the axis is reflected and zeros follow, so that light is lost, as in the 1996 code.

    Parameters
    ----------
    kernel : (taps,) array, symmetric, taps odd
    size : pixels along the axis, at least 1
    """
    reach = len(kernel) // 2
    padding = reach if len(kernel) < size else size // 2
    # A row is the kernel, shifted to its pixel, over the axis with its padding; the padding folds back
    band = np.pad(kernel, size + padding)
    rows = np.lib.stride_tricks.sliding_window_view(band, size + 2 * padding)
    rows = rows[size + reach - np.arange(size)]
    operator = rows[:, padding : padding + size].copy()
    operator[:, :padding] += rows[:, :padding][:, ::-1]
    operator[:, size - padding :] += rows[:, padding + size :][:, ::-1]
    return operator


def _wrapping_operator(kernel: np.ndarray, size: int) -> np.ndarray:
    """`Wrapping` along an axis shorter than the kernel as a matrix (size, size); size and taps are odd."""
    taps = len(kernel)
    source = np.pad(np.arange(size), (taps - size) // 2, mode="symmetric")
    target = np.arange(size) + (taps - size) // 2
    weights = kernel[(np.arange(taps) - target[:, None] - 1 + taps // 2) % taps]
    operator = np.zeros((size, size))
    np.add.at(operator.T, source, weights.T)
    return operator
