"""The pupil of a lens with aberrations, sampled: its function, and that function's autocorrelation.

The pupil function is A exp(i2πW/λ), A the share of light that the aperture passes (see `aperture`) and W the wavefront
error in µm (see `zernike`). Arrays are pictures: rows run down, the pupil's y goes up.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from camsim.camera_parts import Optics
from camsim.optics import aperture, zernike

#: Samples across the pupil to choose from; step of phase between two of them that is aimed at, and the most, rad.
SAMPLES, STEP, MAX_STEP = (256, 384, 512, 768, 1024), 0.4, 0.6

#: Rows of the autocorrelation kept on the far side of zero frequency, so that the spline there has two sides.
MARGIN = 16


def is_deformed(optics: Optics) -> bool:
    """Whether the wavefront has an error that blurs or moves the picture."""
    return any(optics.zernike_um[1:]) or optics.defocus_dpt != 0 or optics.chromatic_defocus_dpt != 0


@dataclass(frozen=True, slots=True, eq=False)
class Pupil:
    """The sampled pupil without its tilt; arrays (n, n), rows running down."""

    position: np.ndarray  #: (n,) of rows, down, and columns, in radii
    step: float
    weight: np.ndarray  #: of each sample in integrals over the aperture
    wave_um: np.ndarray  #: Zernike part of the wavefront
    tilt_um: tuple[float, float]  #: mean slope taken out, along y (down) and x, µm per radius

    @property
    def samples(self) -> int:
        """Across the aperture."""
        return round(2 / self.step)

    def phase(self, wavelength_nm: float, defocus_um: float) -> np.ndarray:
        """Phase at the samples within the aperture, rad, with `defocus_um` that the wave is ahead at the rim."""
        square = self.position**2
        wave = self.wave_um + defocus_um * (square[:, None] + square)
        return (2e3 * math.pi / wavelength_nm) * wave[self.weight != 0]

    def function(self, wavelength_nm: float, defocus_um: float) -> np.ndarray:
        """The pupil function, complex."""
        inside = self.weight != 0
        values = np.zeros(self.weight.shape, complex)
        values[inside] = self.weight[inside] * np.exp(1j * self.phase(wavelength_nm, defocus_um))
        return values


@functools.lru_cache(maxsize=4)
def sampled(optics: Optics, samples: int) -> Pupil:
    """The pupil of a `shape`, `samples` across."""
    from scipy.ndimage import laplace

    cover = aperture.coverage(optics, samples)
    step = 2 / samples
    position = (np.arange(len(cover)) - (len(cover) - 1) / 2) * step
    # A covered area stands for the mean over a sample; less ∇²/24 of it, sums become integrals to the fourth order.
    weight = cover - laplace(cover, mode="constant") / 24
    wave = zernike.wavefront_um(optics.zernike_um, 0.0, 0.0, -position[:, None], position)
    tilt = [float((weight * slope).sum() / weight.sum()) for slope in np.gradient(wave, step)]
    wave -= tilt[0] * position[:, None] + tilt[1] * position
    return Pupil(position, step, weight, wave, (tilt[0], tilt[1]))


@functools.lru_cache(maxsize=4)
def _slopes(optics: Optics) -> tuple[np.ndarray, ...]:
    """Position and slope of the wavefront's Zernike part, without tilt, at samples all over the aperture: y, x each."""
    pupil = sampled(optics, SAMPLES[0])
    inside = pupil.weight > 0.1
    y, x = np.broadcast_arrays(pupil.position[:, None], pupil.position)
    return y[inside], x[inside], *(slope[inside] for slope in np.gradient(pupil.wave_um, pupil.step))


def shape(optics: Optics) -> Optics:
    """What is the same at all wavelengths and f-numbers: aperture and Zernike part of the wavefront."""
    kept = ("blades", "blade_rotation_deg", "obscuration", "zernike_um")
    return Optics(**{name: getattr(optics, name) for name in kept})


def defocus_um(optics: Optics, wavelength_nm: float) -> float:
    """How far the errors of focus put the wave ahead at the rim, Zernike part aside."""
    return zernike.defocus_dpt(optics, wavelength_nm) * aperture.radius_mm(optics) ** 2 / 2


def sampling(optics: Optics, wavelength_nm: float, least: float = 0.0) -> tuple[Optics, int, float]:
    """What `sampled` needs: the shape, and enough samples, `least` or more. And the defocus at the rim, µm."""
    steepest = steepest_um(optics, wavelength_nm)
    return shape(optics), samples(steepest, wavelength_nm, least), defocus_um(optics, wavelength_nm)


def steepest_um(optics: Optics, wavelength_nm: float) -> float:
    """Steepest slope of the wavefront without its tilt, µm per radius of the aperture."""
    defocus = defocus_um(optics, wavelength_nm)
    y, x, slope_y, slope_x = _slopes(shape(optics))
    return float(np.hypot(slope_y + 2 * defocus * y, slope_x + 2 * defocus * x).max())


def samples(steepest_um: float, wavelength_nm: float, least: float = 0.0) -> int:
    """Enough samples across the pupil, `least` or more, for a slope of the wavefront in µm per radius.

    Raises ValueError where it is too steep.
    """
    steepest, bound = steepest_um / (wavelength_nm * 1e-3), MAX_STEP * SAMPLES[-1] / (4 * math.pi)
    if steepest > bound:
        raise ValueError(
            f"optics: the wavefront at {wavelength_nm:g} nm is as steep as {steepest:.3g} waves per aperture radius, "
            f"more than {bound:.3g}: lower zernike_um, defocus_dpt or chromatic_defocus_dpt, or raise fnumber"
        )
    least = max(least, 4 * math.pi * steepest / STEP)
    return next((n for n in SAMPLES if n >= least), SAMPLES[-1])


def autocorrelation(function: np.ndarray) -> np.ndarray:
    """Σ P(u) P*(u + k) for shifts k from −MARGIN rows and −half the columns on: (rows, columns)."""
    from scipy import fft

    size = fft.next_fast_len(2 * len(function) + 2 * MARGIN)
    size += size % 2
    spectrum = fft.fft(fft.fft(function, size, axis=1), size, axis=0)
    power = (spectrum.real**2 + spectrum.imag**2) / size**2
    total = fft.fftshift(fft.fft(fft.rfft(power, axis=0)[: len(function) + MARGIN], axis=1), axes=1)
    mirrored = np.roll(total[MARGIN:0:-1, ::-1], 1, axis=1).conj()  # the value at −k is the conjugate of that at k
    return np.concatenate([mirrored, total])


@functools.lru_cache(maxsize=4)
def unaberrated_autocorrelation(optics: Optics, samples: int) -> np.ndarray:
    """The same for the pupil of a `shape` without aberrations, real."""
    return autocorrelation(sampled(optics, samples).weight.astype(complex)).real
