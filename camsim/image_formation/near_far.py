"""A lens's PSF in two parts: near, which ends at some distance, and far, which passes only low frequencies.

An aperture leaves light at any distance, 2λN/(π²r) of it outside r: a picture that is worked out in tiles, each with so
much around it, has seams. Here the PSF is K = wK + (1 − w)K with a smooth window w that is 0 from a distance on: tiles
with that much around them are exact for the first part, and the second, without the core, is so smooth that one pass
of low frequencies over the whole picture has all of it.

All that is known of K is its transform at frequencies 1/P apart, so that it comes back at every distance P. Whatever wK
then is, the far part is what is left of the lens's own transform: no light is lost or counted twice.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import transfer
from camsim.image_formation.transfer import Term
from camsim.optics import measured_psf

#: Distance at which K comes back, in reaches of the near part.
PERIOD = 4

#: How far the near part goes beyond the lens's cut-off, in cycles per reach; and the share of the cut-off up to which
#: it is followed: beyond it a white pixel on black has 3e-6 to 1e-5 of its light.
MARGIN, FOLLOWED = 4, 0.94


class Part(Protocol):
    """A part of a PSF that ends somewhere."""

    @property
    def reach_mm(self) -> float:
        """Where it ends."""

    @property
    def band_per_mm(self) -> float:
        """Frequency up to which it is followed."""

    @property
    def is_round(self) -> bool:
        """Whether that is a radial frequency, or one along each axis."""

    def terms(self, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray) -> list[Term]:
        """Its transform, as `transfer.at_any` gives that of a whole lens."""


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """The near part as samples of its quadrants: (channels, 3, y, x), by whether they are odd along y and x."""

    reach_mm: float
    band_per_mm: float
    step_mm: float  #: of the samples
    quadrants: dict[tuple[bool, bool], np.ndarray]
    is_round: bool = True

    def terms(self, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray) -> list[Term]:
        count = next(iter(self.quadrants.values())).shape[-1]
        place = np.arange(count) * self.step_mm
        return [Term(*odd, both_ways(part, odd, fy_per_mm, fx_per_mm, place)) for odd, part in self.quadrants.items()]


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A PSF that ends by itself, as one from a file does."""

    camera: Camera
    reach_mm: float
    band_per_mm: float
    is_round: bool = False

    def terms(self, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray) -> list[Term]:
        return transfer.at_any(self.camera, fy_per_mm, fx_per_mm)


def whole(camera: Camera, cutoff_per_mm: float) -> Whole:
    """The PSF of a camera that has it from a file."""
    spread = measured_psf.read_psf(camera.optics.psf_file)
    reach = (max(spread.psf.shape[1:]) // 2 + 1) * spread.pitch_um * 1e-3
    return Whole(camera, reach, cutoff_per_mm)


def near(camera: Camera, reach_mm: float, cutoff_per_mm: float) -> Near:
    """The near part of a lens that passes nothing beyond a cut-off."""
    period = PERIOD * reach_mm
    f = np.arange(math.ceil(cutoff_per_mm * period) + 1) / period
    step = 1 / (2 * (cutoff_per_mm + MARGIN / reach_mm))
    place = np.arange(math.floor(reach_mm / step) + 1) * step
    shown = window(np.hypot(place[:, None], place) / reach_mm).astype(np.float32)
    parts = {}
    for term in transfer.at_any(camera, f, f):
        odd = term.odd_y, term.odd_x
        parts[odd] = shown * both_ways(term.factor, odd, place, place, f)
    return Near(reach_mm, FOLLOWED * cutoff_per_mm, step, parts)


def window(distance: np.ndarray) -> np.ndarray:
    """1 up to a quarter of the reach, 0 from all of it on, smooth between; distances in reaches."""
    rest = (1 + np.cos(np.pi * np.clip((distance - 0.25) / 0.75, 0, 1))) / 2
    return rest * rest * (3 - 2 * rest)


def both_ways(
    values: np.ndarray, odd: tuple[bool, bool], at_y: np.ndarray, at_x: np.ndarray, of: np.ndarray
) -> np.ndarray:
    """Fourier integral of quadrants (..., n, n), given at `of` along both axes, at other places: (..., y, x)."""
    return _matrix(at_y, of, odd[0]) @ values @ _matrix(at_x, of, odd[1]).T


def _matrix(at: np.ndarray, of: np.ndarray, odd: bool) -> np.ndarray:
    """Along one axis: both halves of a function that is even, or odd, around 0."""
    step = of[1] if len(of) > 1 else 1.0
    wave = (np.sin if odd else np.cos)((2 * np.pi) * np.multiply.outer(at, of))
    return (wave * np.where(of == 0, step, 2 * step)).astype(np.float32)
