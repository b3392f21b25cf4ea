"""From the scene's spectrum to the pixel's electrons, as transfer functions at the frequencies of a picture.

A picture mirrored at its borders has the frequencies k/(2W) (see `cosine_series`). Lens and pixel aperture multiply
each by their OTF. The lens's is a different one at every wavelength; an sRGB scene has only three independent spectra,
and there the 31 bands fold into one transfer function per sensor channel and primary, cached for every camera and
picture size. The pixel's aperture is the same at all wavelengths and separable: it goes into the bases of the series.
"""

import functools
import itertools
import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebvander

from camsim.camera import Camera
from camsim.image_formation import cosine_series, radial_table
from camsim.light import spectra
from camsim.optics import aperture, diffraction, lens, measured_psf, radial, wavefront
from camsim.scene import radiance
from camsim.sensor import pixels

#: Largest number of spatial frequencies worked with: their transfer functions take 36 bytes each, or 144.
MAX_FREQUENCIES = 24_000_000

#: Rows of frequencies worked on at a time: three channels of them stay in the processor's cache.
BLOCK_ROWS = 96

#: Wavelengths of a draft.
DRAFT_BANDS = 5

#: Bands whose transfer functions are folded at a time, as a product of matrices; and frequencies in all of them.
BANDS, FREQUENCIES = 8, 2**23

#: Cache: transfer functions are kept for the cameras seen last: so many, and so many bytes, or one that takes more.
KEPT, KEPT_BYTES = 256, 256 * 2**20


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The picture's frequencies, and its image behind the lens."""

    height_mm: float
    width_mm: float
    fy_per_mm: np.ndarray  #: (orders along y,)
    fx_per_mm: np.ndarray  #: (orders along x,)
    blocks: tuple[tuple[slice, int], ...]  #: rows that fit a processor's cache, columns passed there

    @property
    def orders(self) -> tuple[int, int]:
        return len(self.fy_per_mm), len(self.fx_per_mm)


@dataclass(frozen=True, slots=True)
class Term:
    """One kind of term of the image's series: cosine or sine along each axis, and what multiplies it."""

    odd_y: bool
    odd_x: bool
    factor: np.ndarray  #: (..., fy, fx)

    def replace(self, factor: np.ndarray) -> "Term":
        return Term(self.odd_y, self.odd_x, factor)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a camera seen before."""

    at: Frequencies
    blocks: list[list[Term]]  #: none: it has been seen once

    @property
    def bytes(self) -> int:
        return sum(term.factor.nbytes for terms in self.blocks for term in terms)


_kept: dict[tuple, _Kept] = {}
_kept_lock = threading.Lock()


def image_size_mm(camera: Camera, rows: int, columns: int) -> tuple[float, float]:
    """Height and width of the picture's image behind the lens."""
    sensor = camera.sensor
    if sensor.columns and sensor.rows and camera.scene.fov_deg is None:
        square = max(sensor.columns / columns, sensor.rows / rows) * sensor.pixel_pitch_um * 1e-3
        return rows * square, columns * square
    distance = lens.image_distance_mm(camera.optics, camera.scene.distance_m)
    width = 2 * distance * math.tan(math.radians(radiance.fov_deg(camera.scene, columns) / 2))
    return width * rows / columns, width


def fov_deg(camera: Camera, rows: int, columns: int) -> float:
    """Horizontal field of view of a picture, degrees."""
    distance = lens.image_distance_mm(camera.optics, camera.scene.distance_m)
    return math.degrees(2 * math.atan(image_size_mm(camera, rows, columns)[1] / (2 * distance)))


def cutoff_per_mm(camera: Camera) -> float:
    """Frequency beyond which the lens passes nothing at any wavelength; next to nothing where a file has its PSF."""
    if camera.optics.psf_file:
        path = camera.optics.psf_file
        return _bandwidth_per_mm(path, pixels.aperture_side_mm(camera.sensor), spectra.stamp(path))
    fnumber = lens.working_fnumber(camera.optics, camera.scene.distance_m)
    return diffraction.cutoff_per_mm(spectra.WAVELENGTH_NM[0], fnumber)


@functools.lru_cache(maxsize=8)
def _bandwidth_per_mm(path: str, aperture_side_mm: float, _stamp: tuple | None) -> float:
    return measured_psf.bandwidth_per_mm(measured_psf.read_psf(path), aperture_side_mm)


def frequencies(camera: Camera, rows: int, columns: int) -> Frequencies:
    """Every frequency of the picture that the lens passes; ValueError where there are too many to work with."""
    cutoff = cutoff_per_mm(camera)
    circle = math.inf if camera.optics.psf_file else cutoff
    extents = image_size_mm(camera, rows, columns)
    orders = [math.ceil(2 * extent * cutoff) + 1 for extent in extents]
    if math.prod(orders) > MAX_FREQUENCIES:
        raise ValueError(
            f"{extents[1]:.3g}×{extents[0]:.3g} mm at f/{camera.optics.fnumber:g} has {math.prod(orders):,} "
            f"spatial frequencies, more than {MAX_FREQUENCIES:,}: lower scene.fov_deg or raise optics.fnumber"
        )
    fy, fx = (cosine_series.frequencies(order, extent) for order, extent in zip(orders, extents, strict=True))
    return Frequencies(*extents, fy, fx, tuple(_blocks(fy, fx, circle)))


def _blocks(fy: np.ndarray, fx: np.ndarray, cutoff_per_mm: float) -> Iterator[tuple[slice, int]]:
    """Blocks of rows, and how many columns of each a lens passes that ends at a radial frequency."""
    for start in range(0, len(fy), BLOCK_ROWS):
        left = max(cutoff_per_mm**2 - fy[start] ** 2, 0.0)
        columns = int(np.searchsorted(fx, math.sqrt(left), side="right"))
        yield slice(start, min(start + BLOCK_ROWS, len(fy))), max(1, columns)


def lens_terms(camera: Camera, wavelength_nm: float, at: Frequencies) -> list[Term]:
    """The lens's OTF at one wavelength as terms of the image's series.

    With H₊ = H(fy, fx), H₋ = H(fy, −fx) and a real PSF, Σ a cos(α) cos(β) over both signs of both frequencies
    becomes a Re[H₊ e^{i(α+β)} + H₋ e^{i(α−β)}]/2, α along y and β along x. A PSF that is symmetric about both axes
    leaves cosines only.
    """
    return next(lens_bands(camera, np.array([wavelength_nm]), at))


def lens_bands(camera: Camera, wavelengths_nm: np.ndarray, at: Frequencies) -> Iterator[list[Term]]:
    """`lens_terms` of several wavelengths, which share work."""
    optics = camera.optics
    both_ways: Iterable[tuple[np.ndarray, np.ndarray]]
    if optics.psf_file:
        psf = measured_psf.read_psf(optics.psf_file)
        both_ways = (measured_psf.psf_otf(psf, nm, at.fy_per_mm, at.fx_per_mm) for nm in wavelengths_nm)
    else:
        fnumber = lens.working_fnumber(optics, camera.scene.distance_m)
        both_ways = wavefront.bands(optics, fnumber, wavelengths_nm, at.fy_per_mm, at.fx_per_mm)
    for plus, minus in both_ways:
        if plus is minus:
            yield [Term(False, False, plus)]
            continue
        terms = [Term(False, False, (plus.real + minus.real) / 2), Term(True, True, (minus.real - plus.real) / 2)]
        if np.iscomplexobj(plus):
            terms.append(Term(True, False, -(plus.imag + minus.imag) / 2))
            terms.append(Term(False, True, (minus.imag - plus.imag) / 2))
        yield terms


def at_any(camera: Camera, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray) -> list[Term]:
    """`rgb_terms` of a lens at any frequencies, float32, in one piece: factors (channels, 3, fy, fx)."""
    at = Frequencies(0.0, 0.0, fy_per_mm, fx_per_mm, ((slice(0, len(fy_per_mm)), len(fx_per_mm)),))
    if radial.is_radial(camera.optics):
        return list(_looked_up(camera, at, keep=True))
    return band_by_band(camera, at, "float32")[0]


def has_draft(camera: Camera) -> bool:
    """Whether the lens takes every band in two dimensions, so that a draft is sooner there."""
    return not (camera.optics.psf_file or radial.is_radial(camera.optics))


def lens_gain(camera: Camera) -> np.ndarray:
    """Irradiance on the sensor per radiance of the scene, sr, per band: (31,).

    Camera equation, transmittance, and the share of the round aperture that blades and obstruction leave free.
    """
    optics = camera.optics
    open_share = 1.0 if optics.psf_file else aperture.area_share(optics)
    gain = lens.radiance_to_irradiance(optics, camera.scene.distance_m) * open_share
    return gain * lens.transmittance(optics)


def responses(camera: Camera) -> np.ndarray:
    """Electrons/s in each sensor channel per photon radiance of each band: (31, channels).

    Gain of the lens, area of the pixel aperture, quantum efficiency, width of the band.
    """
    area_m2 = (pixels.aperture_side_mm(camera.sensor) * 1e-3) ** 2
    gain = lens_gain(camera)[:, None] * area_m2 * spectra.BAND_NM
    return gain * pixels.quantum_efficiency(camera.sensor)


def spectral_terms(camera: Camera, at: Frequencies) -> Iterator[tuple[list[Term], np.ndarray]]:
    """Per wavelength band: the terms of the lens, and electrons/s per photon radiance (channels,)."""
    yield from zip(lens_bands(camera, spectra.WAVELENGTH_NM, at), responses(camera), strict=True)


def rgb_terms(
    camera: Camera, rows: int, columns: int, dtype: str, *, draft: bool = False
) -> tuple[Frequencies, Iterable[list[Term]]]:
    """For an sRGB picture: per block of `Frequencies.blocks` the terms of its series.

    Their factors (channels, 3, fy, fx) are electrons/s per unit of each primary, without the aperture of the pixel.
    A lens symmetric about its axis is looked up in a `radial_table` where single precision is asked for: at first as
    the blocks are gone through, each in the place of the one before, since new memory costs as much as the work; for a
    camera that comes again they are kept. A `draft` of any other lens takes five wavelengths for all (`band_by_band`).
    """
    key = (identity(camera), rows, columns, dtype, draft)
    looked_up = dtype == "float32" and radial.is_radial(camera.optics)
    known = _kept.get(key)
    if known and known.blocks:
        found = known
    else:
        at = frequencies(camera, rows, columns)
        if not looked_up:
            found = _Kept(at, band_by_band(camera, at, dtype, draft=draft))
        else:
            found = _Kept(at, [[term] for term in _looked_up(camera, at, keep=True)] if known else [])
    with _kept_lock:
        _kept.pop(key, None)
        _kept[key] = found  # the latest last
        while len(_kept) > 1 and (len(_kept) > KEPT or sum(kept.bytes for kept in _kept.values()) > KEPT_BYTES):
            del _kept[next(iter(_kept))]
    return found.at, found.blocks or ([term] for term in _looked_up(camera, found.at, keep=False))


def identity(camera: Camera) -> tuple:
    """What decides the transfer functions, files as they are now; not exposure, noise, ADC and image processor."""
    names = ("pixel_pitch_um", "fill_factor", "cfa", "qe_file")
    sensor = tuple(getattr(camera.sensor, name) for name in names)
    files = (camera.optics.psf_file, camera.optics.transmittance_file, camera.sensor.qe_file)
    return camera.scene, camera.optics, sensor, tuple(spectra.stamp(path) for path in files)


def _gains(camera: Camera) -> np.ndarray:
    """Electrons/s in each channel per unit of each primary and band: (31, channels, 3)."""
    return responses(camera)[:, :, None] * radiance.primaries(camera.scene)[:, None]


def band_by_band(camera: Camera, at: Frequencies, dtype: str, *, draft: bool = False) -> list[list[Term]]:
    """The terms of any lens, per block of frequencies: every band in two dimensions.

    A draft has Chebyshev's points of the spectrum instead of the bands, and takes the OTF for a polynomial between.
    """
    gains, wavelengths = _gains(camera), spectra.WAVELENGTH_NM
    if draft:
        place = np.cos((np.arange(DRAFT_BANDS) + 0.5) * (np.pi / DRAFT_BANDS))
        middle, half = (wavelengths[-1] + wavelengths[0]) / 2, (wavelengths[-1] - wavelengths[0]) / 2
        polynomials = [chebvander(x, DRAFT_BANDS - 1) for x in ((wavelengths - middle) / half, place)]
        shares = polynomials[0] @ np.linalg.inv(polynomials[1])  # (31, points)
        gains, wavelengths = np.tensordot(shares, gains, (0, 0)), middle + half * place
    gains = gains.astype(dtype)
    totals: list[dict[tuple[bool, bool], np.ndarray]] = [{} for _ in at.blocks]
    every = zip(lens_bands(camera, wavelengths, at), gains.reshape(len(gains), -1), strict=True)
    while some := list(itertools.islice(every, max(1, min(BANDS, FREQUENCIES // math.prod(at.orders))))):
        mix = np.stack([gain for _, gain in some], axis=1)
        for of in zip(*(terms for terms, _ in some), strict=True):
            for total, (block, reach) in zip(totals, at.blocks, strict=True):
                part = np.stack([term.factor[block, :reach].astype(dtype) for term in of])
                added = np.tensordot(mix, part, 1).reshape(*gains.shape[1:], *part.shape[1:])
                odd = of[0].odd_y, of[0].odd_x
                total[odd] = total[odd] + added if odd in total else added
    return [[Term(*odd, factor) for odd, factor in total.items()] for total in totals]


def _looked_up(camera: Camera, at: Frequencies, *, keep: bool) -> Iterator[Term]:
    """The one term of a lens symmetric about its axis, per block of frequencies: float32.

    Unless they are to be kept, all of them share their memory.
    """
    gains = _gains(camera)
    fnumber = lens.working_fnumber(camera.optics, camera.scene.distance_m)
    curves = radial_table.fold(camera.optics, fnumber, gains.reshape(len(gains), -1))
    shared = np.empty(0 if keep else gains[0].size * max((b.stop - b.start) * n for b, n in at.blocks), np.float32)
    for block, reach in at.blocks:
        shape = (gains[0].size, block.stop - block.start, reach)
        factor = np.empty(shape, np.float32) if keep else shared[: math.prod(shape)].reshape(shape)
        curves.look_up(at.fy_per_mm[block], at.fx_per_mm[:reach], out=factor)
        yield Term(False, False, factor.reshape(*gains.shape[1:], *shape[1:]))
