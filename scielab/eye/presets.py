"""The variants of S-CIELAB: which kernels blur the opponent channels and what lies beyond the border.

"1996" is Stanford's first code, from which most published numbers come. ISETCam's `scielab` reads the same table of
widths as half the width at half maximum, so that it blurs twice as far, and wraps the picture around.

References: X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction",
SID Digest 27 (1996) 731-734; ISETCam, https://github.com/ISET/isetcam, metrics/scielab.
"""

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from scielab.eye import bands, filtering, kernels
from scielab.viewing import check_samples_per_degree

Banks = tuple[np.ndarray, ...]

#: Per channel, the Gaussians as (spread in degrees, weight) as printed in the paper of 1996; weights do not sum to 1.
PUBLISHED_GAUSSIANS = {
    "lum": ((0.0283, 0.921), (0.133, 0.105), (4.336, -0.108)),
    "rg": ((0.0392, 0.531), (0.494, 0.330)),
    "by": ((0.0536, 0.488), (0.386, 0.371)),
}

_OF_PRECISION = {
    np.dtype(np.float32): {"f": np.float32, "c": np.complex64},
    np.dtype(np.float64): {"f": np.float64, "c": np.complex128},
}


@dataclass(frozen=True)
class Preset:
    """A variant of S-CIELAB.

    `title` is what to cite with every number. `kernels` gives, for samples per degree, the row kernels of the three
    channels, (number of Gaussians, taps), in the form of `kernels.kernels`.
    """

    name: str
    title: str
    kernels: Callable[[float], Banks]
    border: filtering.Reflection | filtering.Wrapping

    def shape(self, rows: int, columns: int) -> tuple[int, int]:
        """Rows and columns of the map for pictures of `rows` × `columns`."""
        return self.border.kept(rows), self.border.kept(columns)

    def bands(self, rows: int, samples_per_degree: float) -> Iterable[bands.Band]:
        """Bands of a picture, of which `shape` has left so many rows; what they give is what the whole would give."""
        return self.border.bands(self.kernels(float(samples_per_degree))[0].shape[1], rows)

    def describe_border(self, shape: tuple[int, int], samples_per_degree: float) -> str:
        """What stands beyond the border of a picture of `shape` = (rows, columns), in words."""
        return self.border.describe(self.kernels(float(samples_per_degree))[0].shape[1], shape)


# Two keys serve whoever compares many pictures of one size; long kernels on large pictures make large matrices.
@functools.lru_cache(maxsize=2)
def operators(
    preset: Preset, samples_per_degree: float, shape: tuple[int, int], dtype: type
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Per channel what `filtering.filter_plane` needs down and along planes of `shape`, which `Preset.shape` gives."""
    made: list[tuple[np.ndarray, np.ndarray]] = []
    for bank in preset.kernels(samples_per_degree):
        down, along = preset.border.operators(np.abs(bank), shape[0]), preset.border.operators(bank, shape[1])
        precision = _OF_PRECISION[np.dtype(dtype)]
        down, along = (part.astype(precision[part.dtype.kind], copy=False) for part in (down, along))
        made.append((down, along))
    return tuple(made)


@functools.lru_cache(maxsize=16)
def normalised_kernels(samples_per_degree: float) -> Banks:
    """The kernels of 1996 with every Gaussian brought back to its weight after resampling, so that they sum to 1."""
    banks = []
    for channel, bank in zip(kernels.CHANNELS, kernels.kernels(samples_per_degree), strict=True):
        weights = np.array([[weight] for _, weight in kernels.GAUSSIANS[channel]])
        weights /= weights.sum()
        banks.append(_signed_roots(weights, np.abs(bank) / np.abs(bank).sum(axis=1, keepdims=True)))
    return tuple(banks)


def _isetcam_kernels(gaussians: dict[str, tuple], narrower: float = 1.0) -> Callable[[float], Banks]:
    """ISETCam's kernels: spreads divided by `narrower` and read as half the width at half maximum, the sum made 1."""

    @functools.lru_cache(maxsize=16)
    def made_for(samples_per_degree: float) -> Banks:
        check_samples_per_degree(samples_per_degree)
        samples_per_degree = max(float(samples_per_degree), 1e-9)  # one tap from here down
        reach = (math.ceil(samples_per_degree) - 1) // 2  # about ±0.5°; an even length is made odd
        place = np.arange(-reach, reach + 1)
        banks = []
        for channel in kernels.CHANNELS:
            spread_deg, weight = np.array(gaussians[channel]).T[:, :, None]
            deviation = spread_deg / narrower * samples_per_degree / math.sqrt(2 * math.log(2))
            rows = np.exp(-0.5 * (place / deviation) ** 2)
            banks.append(_signed_roots(weight / weight.sum(), rows / rows.sum(axis=1, keepdims=True)))
        return tuple(banks)

    return made_for


def _signed_roots(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows times sign(w)·√|w|: half of the weight for either direction; read-only, because it is shared."""
    bank = np.copysign(np.sqrt(np.abs(weights)), weights) * rows
    bank.setflags(write=False)
    return bank


#: The presets by name.
PRESETS = {
    p.name: p
    for p in (
        Preset("1996", "S-CIELAB 1996", kernels.kernels, filtering.Reflection(by_half=True)),
        Preset(
            "1996-normalised",
            "S-CIELAB 1996, kernels normalised",
            normalised_kernels,
            filtering.Reflection(by_half=False),
        ),
        Preset(
            "isetcam-distribution",
            "S-CIELAB of ISETCam, filters 'distribution'",
            _isetcam_kernels(kernels.GAUSSIANS),
            filtering.Wrapping(),
        ),
        Preset(
            "isetcam-original",
            "S-CIELAB of ISETCam, filters 'original'",
            _isetcam_kernels(PUBLISHED_GAUSSIANS),
            filtering.Wrapping(),
        ),
        Preset(
            "isetcam-hires",
            "S-CIELAB of ISETCam, filters 'hires'",
            _isetcam_kernels(PUBLISHED_GAUSSIANS, narrower=2),
            filtering.Wrapping(),
        ),
    )
}
