"""What an aberrated lens, or a measured PSF, does to a picture: OTF and PSF.

The pupil function is A exp(i2πW/λ), A the share of light that the aperture passes (see `aperture`) and W the wavefront
error in µm (see `zernike`). The PSF is the square of its Fourier transform ∫ A exp(i2πW/λ) exp(−i2π u·x/(2λN)) du, u in
radii of the aperture; the OTF is H(f) = ∫ psf(x) exp(−i2πf·x) dx, the pupil function's autocorrelation.

Where light goes. A wave ahead by W leans towards where W falls: by −2N ∇W µm on the sensor. The picture is what the
sensor has, turned by half a turn, so in the picture light moves by +2N ∂W/∂x to the right and 2N ∂W/∂y up, which is
what the transform above gives. (Programs that show the PSF on the sensor or the retina have exp(−i2πW/λ).) All
arrays are pictures: rows run down, so fy and y do; the pupil's y goes up.

References: J. Goodman, Introduction to Fourier Optics, 3rd ed., ch. 6; H. Hopkins, "The frequency response of a
defocused optical system", Proc. R. Soc. A 231, 1955; and those of `zernike`.
"""

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from camsim.camera_parts import Optics
from camsim.optics import aperture, pupil, radial, zernike

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Most samples across a pupil whose autocorrelations at several wavelengths are in memory together.
SHARED = 512


def is_aberrated(optics: Optics) -> bool:
    """Whether the lens differs from a perfect one with a round aperture (`psf_file` aside)."""
    return bool(optics.blades or optics.obscuration or pupil.is_deformed(optics))


def is_symmetric(optics: Optics) -> bool:
    """Whether the PSF surely mirrors into itself left to right and top to bottom: a real OTF, alike at fx and −fx."""
    if any(c and (m < 0 or m % 2) for j, c in enumerate(optics.zernike_um[1:], 1) for _, m in [zernike.order(j)]):
        return False
    odd = optics.blades % 2 == 1
    turns = optics.blade_rotation_deg * optics.blades * (2 if odd else 1) / 180
    # an odd polygon is not its own half turn: without aberrations only the square of its transform is
    return turns == round(turns) and not (odd and pupil.is_deformed(optics))


def _spline_weights(at: np.ndarray, count: int) -> "csr_array":
    """Cubic B-splines of `count` whole positions at the positions `at`: sparse (len(at), count), 0 outside."""
    from scipy.sparse import csr_array

    whole = np.floor(at).astype(int)
    t = at - whole
    values = np.stack([(1 - t) ** 3, 4 - 6 * t**2 + 3 * t**3, 1 + 3 * t + 3 * t**2 - 3 * t**3, t**3], axis=1) / 6
    columns = whole[:, None] + np.arange(-1, 3)
    rows = np.broadcast_to(np.arange(len(at))[:, None], columns.shape)
    inside = (columns >= 0) & (columns < count)
    return csr_array((values[inside], (rows[inside], columns[inside])), shape=(len(at), count))


def otf(
    optics: Optics, fnumber: float, wavelength_nm: float, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """OTF of a lens with aberrations.

    A lens symmetric about its axis is left to `radial`. Otherwise the closed form of the aperture plus what aberrations
    change, from the autocorrelation of the sampled pupil: the part with a kink at zero frequency is not sampled. For an
    error of one wave rms to 1e-4, and with blades, which put creases into the OTF, to 1e-3 there and 2e-5 rms.

    Parameters
    ----------
    fnumber : image distance over aperture diameter (`lens.working_fnumber`).
    fy_per_mm, fx_per_mm : (Y,) not negative and (X,), cycles/mm in the picture, y down.

    Returns
    -------
    (Y, X) complex, or real where it is, at (fy, fx) and at (fy, −fx); 1 at zero frequency, 0 from the cut-off on.

    Raises
    ------
    ValueError
        If the wavefront is too steep to sample.
    """
    return next(bands(optics, fnumber, np.array([wavelength_nm]), fy_per_mm, fx_per_mm))


def bands(
    optics: Optics, fnumber: float, wavelengths_nm: np.ndarray, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`otf` at several wavelengths, which share work. Where it is alike at fx and −fx, the same array twice."""
    fy, fx = np.asarray(fy_per_mm, dtype=float)[:, None], np.asarray(fx_per_mm, dtype=float)
    signs = (1,) if is_symmetric(optics) else (1, -1)
    if radial.is_radial(optics):
        f = np.hypot(fy, fx)
        of_radius = (radial.otf(optics, nm, f * (nm * 1e-6 * fnumber)) for nm in wavelengths_nm)
        yield from ((same, same) for same in of_radius)
        return
    overlaps = [aperture.overlaps(optics, fy, sign * fx) for sign in (signs if optics.blades else (1,))]
    shifts = [2e-6 * fnumber * nm for nm in wavelengths_nm]  # of the pupil, in radii per cycle/mm
    if not pupil.is_deformed(optics):
        for shift in shifts:
            found = [overlap(shift) for overlap in overlaps]
            yield found[0], found[-1]
        return
    lens = _sampled(optics, wavelengths_nm)
    moved_y, moved_x = (2e-3 * fnumber * slope for slope in lens.tilt_um)  # mm
    ramps = [np.exp(-2j * math.pi * (moved_y * fy + moved_x * sign * fx)) for sign in signs]
    for shift, change in zip(shifts, _changes(optics, lens, wavelengths_nm), strict=True):
        steps = shift / lens.step
        both = _interpolate(change, fy[:, 0] * steps, np.concatenate([sign * fx for sign in signs]) * steps)
        closed_forms = [overlap(shift) for overlap in overlaps]
        found = []
        for sign, ramp, changed in zip(signs, ramps, np.split(both, len(signs), axis=1), strict=True):
            closed_form = closed_forms[0 if sign == 1 else -1]
            total = np.where(closed_form == 0, 0, changed + closed_form)
            found.append(total.real if len(signs) == 1 else total * ramp)
        yield found[0], found[-1]


def _sampled(optics: Optics, wavelengths_nm: np.ndarray) -> pupil.Pupil:
    """A pupil with enough samples for all wavelengths."""
    of, samples = pupil.shape(optics), max(pupil.sampling(optics, nm)[1] for nm in wavelengths_nm)
    return pupil.sampled(of, samples)


def _changes(optics: Optics, lens: pupil.Pupil, wavelengths_nm: np.ndarray) -> Iterator[np.ndarray]:
    """What aberrations add to the autocorrelation at each wavelength, as coefficients of cubic splines, turned over.

    At a shift of so many samples it is an entire function of 1/λ, a sum of exp(i2πΔW/λ): values at Chebyshev's points
    of 1/λ give all others, to 1e-7 with eight points more than the range of the phase asks for (1e-5 with chromatic
    defocus, which bends it).
    """
    from scipy.ndimage import spline_filter

    plain = pupil.unaberrated_autocorrelation(pupil.shape(optics), lens.samples)
    scale = lens.step**2 / (math.pi * aperture.area_share(optics))

    def coefficients(nm: float) -> np.ndarray:
        change = pupil.autocorrelation(lens.function(nm, pupil.defocus_um(optics, nm))) - plain
        return spline_filter((scale * change).T, order=3, output=complex)

    ends = [1 / wavelengths_nm.max(), 1 / wavelengths_nm.min()]
    # Chromatic defocus bends the phase over 1/λ: its ends alone may agree.
    phases = [lens.phase(1 / k, pupil.defocus_um(optics, 1 / k)) for k in np.linspace(ends[0], ends[1], 5)]
    points = 8 + math.ceil(1.5 * max(np.ptp(b - a) for a, b in itertools.combinations(phases, 2)) / 2)
    if points >= len(wavelengths_nm) or lens.samples > SHARED:
        yield from map(coefficients, wavelengths_nm)
        return
    place = np.cos((np.arange(points) + 0.5) * (math.pi / points))
    known = np.stack([coefficients(1 / k) for k in sum(ends) / 2 + place * (ends[1] - ends[0]) / 2])
    wanted = (2 / wavelengths_nm - sum(ends)) / (ends[1] - ends[0])
    polynomials = [np.polynomial.chebyshev.chebvander(x, points - 1) for x in (wanted, place)]
    polynomials[1][:, 0] /= 2
    weights = (2 / points) * polynomials[0] @ polynomials[1].T
    flat = known.view(float).reshape(points, -1)
    for some in np.array_split(weights, math.ceil(len(weights) / 8)):  # eight at a time: a product of matrices
        yield from (some @ flat).view(complex).reshape(len(some), *known.shape[1:])


def _interpolate(coefficients: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """An autocorrelation at shifts y × x, in samples, from coefficients (x, y): (len(y), len(x)), 0 beyond."""
    along_y = _spline_weights(y + pupil.MARGIN, coefficients.shape[1])
    along_x = _spline_weights(x + coefficients.shape[0] // 2, coefficients.shape[0])
    return along_y @ np.ascontiguousarray((along_x @ coefficients).T)


def blur_mm(optics: Optics, fnumber: float, wavelength_nm: float) -> float:
    """How far from its place geometrical optics brings light of a point: 2N times the wavefront's steepest slope."""
    if not pupil.is_deformed(optics):
        return 0.0
    tilt = math.hypot(*pupil.sampled(pupil.shape(optics), pupil.SAMPLES[0]).tilt_um)
    return 2e-3 * fnumber * (tilt + pupil.steepest_um(optics, wavelength_nm))


def psf(optics: Optics, fnumber: float, wavelength_nm: float, pitch_um: float, size: int) -> np.ndarray:
    """PSF of a lens, from the same pupil as its OTF, at `size` × `size` points `pitch_um` apart, rows running down.

    The light per area, of which the whole plane has 1, times pitch²: points up to λN/2 apart sum to the share of the
    light that the array catches. [size // 2, size // 2] is where the light of a perfect lens is centred.

    Raises ValueError like `otf`, or if the array is too wide for the pupil's sampling.
    """
    scale = 2e-3 * wavelength_nm * fnumber  # µm per cycle and radius
    needed = 4 * size * pitch_um / scale  # the sampled pupil's PSF repeats after twice this
    if needed > pupil.SAMPLES[-1]:
        raise ValueError(
            f"a PSF of {size} × {pitch_um:g} µm is too large at f/{fnumber:g}: at most "
            f"{scale * pupil.SAMPLES[-1] / 4:.4g} µm wide"
        )
    shape, samples, defocus_um = pupil.sampling(optics, wavelength_nm, needed)
    lens = pupil.sampled(shape, samples)
    place = (np.arange(size) - size // 2) * pitch_um
    waves = [  # the tilt taken out of the pupil is a shift of the image
        np.exp(-2j * math.pi / scale * np.outer(place - 2 * fnumber * slope, lens.position)) for slope in lens.tilt_um
    ]
    field = waves[0] @ lens.function(wavelength_nm, defocus_um) @ waves[1].T * lens.step**2
    area = math.pi * aperture.area_share(optics)
    return (field.real**2 + field.imag**2) * (pitch_um**2 / (area * scale**2))
