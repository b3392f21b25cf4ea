"""The lens's PSF as one picture: what all wavelengths together make of a point, at the size worth looking at."""

from dataclasses import dataclass

import numpy as np

from camsim.camera import Camera
from camsim.light import illuminants, spectra
from camsim.optics import diffraction, lens, measured_psf, wavefront

#: Share of the light that a circle about the PSF's centre holds; the panel shows 1.5 times that circle.
SHARE = 0.92


@dataclass(frozen=True, slots=True)
class Spread:
    """The lens's PSF as it is shown."""

    psf: np.ndarray  #: (h, w), 1 at its peak, rows running down
    pitch_um: float
    half_width_um: float  #: of what is worth showing, about the sample [h // 2, w // 2]


def spread(camera: Camera) -> Spread:
    """The PSF of the lens alone, mean over the bands weighted by the luminance of the scene's white."""
    optics, fnumber = camera.optics, lens.working_fnumber(camera.optics, camera.scene.distance_m)
    weight = illuminants.spectrum(camera.scene.illuminant) * spectra.table("cie1931")[:, 1]
    if (passed := lens.transmittance(optics)).any():  # a lens that passes nothing has a PSF as well
        weight = weight * passed
    weight = weight / weight.sum()
    if optics.psf_file:
        given = measured_psf.read_psf(optics.psf_file)
        known = spectra.WAVELENGTH_NM[:1] if given.wavelength_nm is None else given.wavelength_nm
        mix = [np.interp(spectra.WAVELENGTH_NM, known, one) @ weight for one in np.eye(len(known))]
        psf = np.tensordot(mix, given.psf, 1)
        return Spread(psf / psf.max(), given.pitch_um, _half_width(psf, given.pitch_um, camera))

    def mean(bands: list[tuple[float, float]], pitch_um: float, size: int) -> np.ndarray:
        """Mean over weights and wavelengths, nm."""
        if wavefront.is_aberrated(optics):
            each = (share * wavefront.psf(optics, fnumber, nm, pitch_um, size) for share, nm in bands)
            return sum(each, start=np.zeros((size, size)))
        place = (np.arange(size) - size // 2) * pitch_um
        radius = np.linspace(0, 2 * abs(place[0]), 4 * size)  # reaches beyond the corners
        profile = sum(share * diffraction.airy_psf(radius, nm, fnumber) for share, nm in bands)
        return pitch_um**2 * np.interp(np.hypot(place[:, None], place), radius, profile)

    fine = 0.5e-3 * 550 * fnumber  # λN/2, µm: the sum of such samples is exact
    half = _half_width(mean([(1.0, 550.0)], fine, 257), fine, camera)
    half = min(half, 200 * spectra.WAVELENGTH_NM[0] * 1e-3 * fnumber)  # further out the PSF is not computed
    size = 361
    psf = mean(list(zip(weight, spectra.WAVELENGTH_NM, strict=True)), 2 * half / size, size)
    return Spread(psf / psf.max(), 2 * half / size, half)


def _half_width(psf: np.ndarray, pitch_um: float, camera: Camera) -> float:
    """Half the width worth showing, µm: most of the light, and no less than three sensor pixels."""
    y, x = (np.arange(n) - n // 2 for n in psf.shape)
    radius = np.hypot(y[:, None], x).ravel()
    order = np.argsort(radius)
    held = np.cumsum(psf.ravel()[order])
    edge = radius[order][np.searchsorted(held, min(SHARE, held[-1]) * (1 - 1e-9))]
    return 1.5 * max((edge + 0.5) * pitch_um, camera.sensor.pixel_pitch_um)
