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

import math
from typing import TYPE_CHECKING

import numpy as np

from camsim.camera_parts import Optics
from camsim.optics import aperture, pupil, radial, zernike

if TYPE_CHECKING:
    from scipy.sparse import csr_array


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
    (Y, X) complex, at (fy, fx) and at (fy, −fx); 1 at zero frequency, 0 from the cut-off on.

    Raises
    ------
    ValueError
        If the wavefront is too steep to sample.
    """
    fy, fx = np.asarray(fy_per_mm, dtype=float)[:, None], np.asarray(fx_per_mm, dtype=float)
    if radial.is_radial(optics):
        both_ways = radial.otf(optics, wavelength_nm, np.hypot(fy, fx) * (wavelength_nm * 1e-6 * fnumber)).astype(
            complex
        )
        return both_ways, both_ways
    radii = 2 * fnumber * wavelength_nm * 1e-6  # shift of the pupil per frequency
    unaberrated = [aperture.unaberrated_otf(optics, fy * radii, sign * fx * radii) for sign in (1, -1)]
    if not pupil.is_deformed(optics):
        return unaberrated[0].astype(complex), unaberrated[1].astype(complex)
    shape, samples, defocus_um = pupil.sampling(optics, wavelength_nm)
    lens = pupil.sampled(shape, samples)
    change = pupil.autocorrelation(lens.function(wavelength_nm, defocus_um))
    change -= pupil.unaberrated_autocorrelation(shape, samples)
    change *= lens.step**2 / (math.pi * aperture.area_share(optics))
    both = _interpolate(change, fy[:, 0] * (radii / lens.step), np.concatenate([fx, -fx]) * (radii / lens.step))
    moved_y, moved_x = (2e-3 * fnumber * slope for slope in lens.tilt_um)  # mm
    results = []
    for sign, closed_form, changed in zip((1, -1), unaberrated, np.split(both, 2, axis=1), strict=True):
        changed += closed_form
        changed[closed_form == 0] = 0
        changed *= np.exp(-2j * math.pi * moved_y * fy)
        changed *= np.exp(-2j * math.pi * moved_x * sign * fx)
        results.append(changed)
    return results[0], results[1]


def _interpolate(values: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """An `_autocorrelation` at shifts y × x, in samples, by cubic splines; 0 beyond its reach: (len(y), len(x))."""
    from scipy.ndimage import spline_filter

    parts = [spline_filter(part, order=3) for part in (values.real, values.imag)]
    along_y = _spline_weights(y + pupil.MARGIN, values.shape[0])
    along_x = _spline_weights(x + values.shape[1] // 2, values.shape[1])
    return along_y @ (along_x @ (parts[0] + 1j * parts[1]).T).T


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
