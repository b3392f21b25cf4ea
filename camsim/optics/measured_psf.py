"""A lens's PSF from a file, measured or computed elsewhere."""

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.io import arrays, regular
from camsim.light import spectra

#: Largest side of a PSF, samples; most PSFs in a file, and most samples of all of them.
MAX_PSF_SIDE, MAX_PSFS, MAX_PSF_SAMPLES = 1025, 512, 31 * 1025**2

#: Transfer below which a frequency is left out, and the highest one examined, in sampling rates of the PSF.
NEGLIGIBLE, WIDEST = 3e-3, 4


@dataclass(frozen=True, slots=True, eq=False)
class PointSpread:
    """A PSF measured or computed elsewhere, as seen in the picture: samples about [h // 2, w // 2], linear between."""

    psf: np.ndarray  #: (B, h, w), each of sum 1, rows running down
    pitch_um: float
    wavelength_nm: np.ndarray | None  #: (B,) increasing; None: one PSF for all wavelengths


def read_psf(path: str | Path) -> PointSpread:
    """Read a PSF from an npz file with `psf` (h, w) or (B, h, w), `pitch_um`, and `wavelength_nm` (B,) if B > 1.

    Sizes may be odd or even; sample [h // 2, w // 2] is the place of the sharp image. A file that has not changed
    is read once. ValueError for a bad file.
    """
    status = regular.check(path)
    return _read_psf(str(path), status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=4)
def _read_psf(path: str, _modified: int, _size: int) -> PointSpread:
    with arrays.open_npz(path) as file:
        shape, _ = file.header("psf")
        if len(shape) not in (2, 3) or 0 in shape or max(shape[-2:]) > MAX_PSF_SIDE:
            raise ValueError(
                f"{path}: psf has shape {shape}, must be (h, w) or (B, h, w), h and w up to {MAX_PSF_SIDE}"
            )
        if (len(shape) == 3 and shape[0] > MAX_PSFS) or math.prod(shape) > MAX_PSF_SAMPLES:
            raise ValueError(
                f"{path}: psf has shape {shape}, which is more than {MAX_PSFS} PSFs or {MAX_PSF_SAMPLES} samples"
            )
        for key in ("pitch_um", "wavelength_nm"):
            if key in file and math.prod(file.header(key)[0]) > MAX_PSFS:
                raise ValueError(f"{path}: {key} must not hold more than {MAX_PSFS} numbers")
        found = ("psf", "pitch_um", *(["wavelength_nm"] if "wavelength_nm" in file else []))
        values = {key: file[key] for key in found}
    for key, value in values.items():
        if value.dtype.kind not in "fiu" or not np.isfinite(value).all():
            raise ValueError(f"{path}: {key} must be finite real numbers")
    planes, pitch, wavelength = np.array(values["psf"], dtype=float), values["pitch_um"], values.get("wavelength_nm")
    planes = planes[None] if planes.ndim == 2 else planes
    if pitch.size != 1 or not pitch.item() > 0:
        raise ValueError(f"{path}: pitch_um = {pitch.tolist()} must be one number above 0")
    if planes.min() < 0 or planes.sum(axis=(1, 2)).min() <= 0:
        raise ValueError(f"{path}: psf must not be negative, nor all zero (least value {planes.min():.3g})")
    if wavelength is None and len(planes) > 1:
        raise ValueError(f"{path}: {len(planes)} PSFs need wavelength_nm")
    if wavelength is not None:
        wavelength = np.atleast_1d(wavelength).astype(float)
        if wavelength.shape != planes.shape[:1] or np.any(np.diff(wavelength) <= 0) or wavelength[0] <= 0:
            raise ValueError(f"{path}: wavelength_nm must be {len(planes)} increasing numbers above 0, one per PSF")
    planes /= planes.sum(axis=(1, 2), keepdims=True)
    planes.setflags(write=False)
    return PointSpread(planes, pitch.item(), wavelength)


def psf_otf(
    spread: PointSpread, wavelength_nm: float, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """OTF of a PSF that is bilinear between its samples: their transform times a squared sinc along y and x.

    Between two wavelengths the PSF is mixed linearly, beyond the first and last it stays.

    Returns
    -------
    (Y, X) complex, at (fy, fx) and at (fy, −fx), cycles/mm; 1 at zero frequency.
    """
    planes = spread.psf
    if spread.wavelength_nm is None or len(planes) == 1:
        plane = planes[0]
    else:
        at = np.interp(wavelength_nm, spread.wavelength_nm, np.arange(len(planes)))
        low = min(int(at), len(planes) - 2)
        plane = (low + 1 - at) * planes[low] + (at - low) * planes[low + 1]

    def transform(frequency: np.ndarray, count: int) -> np.ndarray:
        cycles = np.asarray(frequency, dtype=float)[:, None] * (spread.pitch_um * 1e-3)
        return np.sinc(cycles) ** 2 * np.exp(-2j * math.pi * cycles * (np.arange(count) - count // 2))

    along_y = transform(fy_per_mm, plane.shape[0]) @ plane
    along_x = transform(fx_per_mm, plane.shape[1])
    return along_y @ along_x.T, along_y @ along_x.conj().T


def bandwidth_per_mm(spread: PointSpread, aperture_side_mm: float) -> float:
    """Frequency along y or x beyond which PSF and square pixel aperture together pass next to nothing, cycles/mm.

    A finely sampled PSF ends at its Nyquist frequency, half the sampling rate; a coarse one has edges of its own.
    """
    rate = 1e3 / spread.pitch_um
    f = np.linspace(0, WIDEST * rate, 40 * WIDEST + 1)
    pixel = np.abs(np.sinc(f * aperture_side_mm))
    wavelengths = np.array([550.0]) if spread.wavelength_nm is None else spread.wavelength_nm
    if len(wavelengths) > len(spectra.WAVELENGTH_NM):
        wavelengths = spectra.WAVELENGTH_NM  # no others are asked for
    passed = np.max([np.abs(part) for w in wavelengths for part in psf_otf(spread, w, f, f)], axis=0)
    passed = passed * pixel[:, None] * pixel
    beyond = np.maximum(passed.max(axis=0), passed.max(axis=1))
    for cutoff in (0.5, 1, 1.5, 2, 3):
        if beyond[f > cutoff * rate].max() < NEGLIGIBLE:
            return cutoff * rate
    return WIDEST * rate
