"""A lens symmetric about its axis: its OTF is real and a function of one variable, the radial frequency.

The variable is ν = f λ N, frequency over the cut-off of its wavelength: 0 to 1. The OTF is the closed form of the
aperture plus what aberrations change. Defocus of a round aperture is Hopkins' integral over the overlap of two
discs 2ν apart; with W the waves of defocus at the rim, θ = arccos ν and φ = 8πWν,

    H(ν) = (4/π) θ ∫₀¹ sin²(θu) cos[φ(cos θu − ν)] du.

Other wavefronts, or apertures with an obstruction, are sampled: the autocorrelation of the pupil along one axis.

References: H. Hopkins, "The frequency response of a defocused optical system", Proc. R. Soc. A 231, 1955; J. Goodman,
Introduction to Fourier Optics, 3rd ed., ch. 6; E. O'Neill, J. Opt. Soc. Am. 46, 1956 (annulus).
"""

import functools
import math
from collections.abc import Iterable

import numpy as np

from camsim.camera_parts import Optics
from camsim.optics import aperture, diffraction, pupil, zernike

#: Intervals of ν in which `change` is followed: for up to one wave of error at the rim, more for more waves.
INTERVALS = 512


def is_radial(optics: Optics) -> bool:
    """Whether the lens has such an OTF: an aperture without blades, Zernike terms without azimuth, no PSF file."""
    turning = any(c and zernike.order(j)[1] for j, c in enumerate(optics.zernike_um))
    return not (optics.psf_file or optics.blades or turning)


def otf(optics: Optics, wavelength_nm: float, nu: np.ndarray) -> np.ndarray:
    """OTF at ν = f λ N, any shape; 1 at 0, 0 from ν = 1 on. ValueError for a wavefront too steep to work with."""
    total = unaberrated(optics.obscuration, nu)
    if pupil.is_deformed(optics):
        from scipy.interpolate import CubicSpline

        nodes = np.linspace(0, 1, intervals(optics, [wavelength_nm]) + 1)
        spline = CubicSpline(nodes, change(optics, wavelength_nm, nodes), bc_type="clamped")
        total += np.where(nu < 1, spline(np.minimum(nu, 1)), 0)
    return total


def unaberrated(obscuration: float, nu: np.ndarray) -> np.ndarray:
    """OTF at ν without aberrations."""
    if obscuration:
        return aperture.unaberrated_otf(Optics(obscuration=obscuration), np.zeros(()), 2 * np.asarray(nu))
    return diffraction.otf(nu)


def intervals(optics: Optics, wavelengths_nm: Iterable[float]) -> int:
    """In how many equal intervals of ν a cubic spline follows `change`, to 1e-7."""
    waves = max(_steepest_um(optics, pupil.defocus_um(optics, nm)) / (2e-3 * nm) for nm in wavelengths_nm)
    return math.ceil(INTERVALS * max(1, waves))


def change(optics: Optics, wavelength_nm: float, nu: np.ndarray) -> np.ndarray:
    """What aberrations add to the OTF at ν (n,)."""
    defocus_um = pupil.defocus_um(optics, wavelength_nm)
    samples = pupil.samples(_steepest_um(optics, defocus_um), wavelength_nm)
    rest = [j for j, c in enumerate(optics.zernike_um) if c and j not in (0, 4)]
    inside = nu < 1
    found = np.zeros(nu.shape)
    if rest or optics.obscuration:
        found[inside] = _sampled_change(pupil.shape(optics), wavelength_nm, defocus_um, samples, nu[inside])
    else:  # Z₄ is √3(2r² − 1)
        fourth = optics.zernike_um[4] if len(optics.zernike_um) > 4 else 0.0
        found[inside] = _defocus_change((defocus_um + 2 * math.sqrt(3) * fourth) / (wavelength_nm * 1e-3), nu[inside])
    return found


def _steepest_um(optics: Optics, defocus_um: float) -> float:
    """Steepest slope of the wavefront, µm per radius of the aperture."""
    r = np.linspace(optics.obscuration, 1, 257)
    wave = zernike.wavefront_um(optics.zernike_um, 0.0, 0.0, np.zeros(()), r) + defocus_um * r * r
    return float(np.abs(np.gradient(wave, r)).max())


def _defocus_change(waves: float, nu: np.ndarray) -> np.ndarray:
    """Hopkins' OTF less that without defocus, by Gauss-Legendre quadrature, for waves of defocus at the rim."""
    points, weights = _quadrature(11 + math.ceil(2.6 * abs(waves)))  # to 1e-9
    theta = np.arccos(nu)[:, None]
    x = np.cos(theta * points)
    wave = (8 * math.pi * waves) * nu[:, None] * (x - nu[:, None])
    return (4 / math.pi) * theta[:, 0] * (((1 - x * x) * (np.cos(wave) - 1)) @ weights)


@functools.lru_cache(maxsize=8)
def _quadrature(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return (points + 1) / 2, weights / 2


def _sampled_change(shape: Optics, wavelength_nm: float, defocus_um: float, samples: int, nu: np.ndarray) -> np.ndarray:
    """The same from the sampled pupil: its autocorrelation for shifts along one axis, less that without aberrations."""
    from scipy.interpolate import CubicSpline

    lens = pupil.sampled(shape, samples)
    part = slice(len(lens.position) // 2)  # a quarter, and its mirror image below; that to the right counts twice
    square = lens.position[part] ** 2
    wave_um = lens.wave_um[part, part] + defocus_um * (square[:, None] + square)
    quarter = lens.weight[part, part] * np.exp((2e3j * math.pi / wavelength_nm) * wave_um)
    values = _along_one_axis(np.concatenate([quarter, quarter[::-1]]))
    values -= _unaberrated_along_one_axis(shape, samples)
    values *= 2 * lens.step**2 / (math.pi * aperture.area_share(shape))
    return CubicSpline(np.arange(len(values)) / samples, values, bc_type="clamped")(nu)


def _along_one_axis(columns: np.ndarray) -> np.ndarray:
    """Σ P(y, x) P*(y + k, x) for k from 0 on; real, as P is symmetric."""
    from scipy import fft

    size = fft.next_fast_len(2 * len(columns))
    spectrum = fft.fft(columns, size, axis=0)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=1)
    return fft.ifft(power).real[: len(columns)]


@functools.lru_cache(maxsize=4)
def _unaberrated_along_one_axis(shape: Optics, samples: int) -> np.ndarray:
    weight = pupil.sampled(shape, samples).weight
    return _along_one_axis(weight[:, : weight.shape[1] // 2])
