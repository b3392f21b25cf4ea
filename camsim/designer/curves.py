"""How sharp a camera is in theory: MTF of lens and pixel, and the point spread, as the panels show them.

References: J. Goodman, Introduction to Fourier Optics, 3rd ed., ch. 6; S. Reichenbach, S. Park, R. Narayanswamy,
"Characterizing digital image acquisition devices", Optical Engineering 30, 1991 (the pixel's aperture).
"""

import math
from typing import Any

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import transfer
from camsim.light import illuminants, spectra
from camsim.measure import slanted_edge
from camsim.optics import lens
from camsim.optics.point_spread import spread
from camsim.sensor import pixels

#: Frequencies of the curves, from 0 to one cycle per pixel.
SAMPLES = 161

#: Lowest value of the point spread's logarithmic scale, share of the peak.
FLOOR = 1e-4


def _along(camera: Camera, fy_per_mm: np.ndarray, fx_per_mm: np.ndarray, share: np.ndarray) -> np.ndarray:
    """|OTF| of the lens along one axis: the mean over the bands, weighted."""
    at = transfer.Frequencies(1.0, 1.0, fy_per_mm, fx_per_mm, ())
    total = np.zeros(max(len(fy_per_mm), len(fx_per_mm)), complex)
    for terms, weight in zip(transfer.lens_bands(camera, spectra.WAVELENGTH_NM, at), share, strict=True):
        for term in terms:
            if term.odd_y and term.odd_x:  # nothing along an axis
                continue
            total += weight * (1j if term.odd_y or term.odd_x else 1) * np.asarray(term.factor).ravel()
    return np.abs(total)


def mtf(camera: Camera) -> dict[str, Any]:
    """MTF of the lens, of the pixel's aperture and of both, to one cycle per pixel.

    The lens is that which the eye judges: bands are weighted by the luminance of the scene's white, as in the point
    spread. `pitch_um` is the distance of pixels as they are read, binned ones included.
    """
    sensor = camera.sensor
    pitch_um = sensor.pixel_pitch_um * (sensor.binning if sensor.bins_blocks else 1)
    per_px = np.linspace(0.0, 1.0, SAMPLES)
    per_mm = per_px / (pitch_um * 1e-3)
    weight = illuminants.spectrum(camera.scene.illuminant) * spectra.table("cie1931")[:, 1]
    if (passed := lens.transmittance(camera.optics)).any():
        weight = weight * passed
    share, zero = weight / weight.sum(), np.zeros(1)
    across, down = _along(camera, zero, per_mm, share), _along(camera, per_mm, zero, share)
    pixel = np.abs(pixels.aperture_mtf(per_mm, pixels.aperture_side_mm(sensor)))
    curves = {"lens": across, "pixel": pixel, "both": across * pixel}
    if np.abs(down - across).max() > 2e-3:
        curves |= {"lens, vertical": down}
    return {
        "pitch_um": pitch_um,
        "per_px": per_px.tolist(),
        "curves": {name: np.round(values, 5).tolist() for name, values in curves.items()},
        "mtf50_per_px": {name: slanted_edge.crossing(per_px, values, 0.5) for name, values in curves.items()},
        "nyquist": {name: float(np.interp(0.5, per_px, values)) for name, values in curves.items()},
    }


def point_spread(camera: Camera) -> tuple[dict[str, Any], np.ndarray]:
    """The lens's point spread: what is told of it, and (2, h, w) uint8, in equal steps and in those of a logarithm."""
    found = spread(camera)
    share = np.clip(found.psf, FLOOR, 1.0)
    planes = np.stack([found.psf * 255, (1 - np.log10(share) / math.log10(FLOOR)) * 255])
    fnumber = lens.working_fnumber(camera.optics, camera.scene.distance_m)
    told = {
        "half_um": found.half_width_um,
        "pitch_um": found.pitch_um,
        "airy_radius_um": None if camera.optics.psf_file else 1.22 * 0.55 * fnumber,
        "pixel_um": camera.sensor.pixel_pitch_um,
        "aperture_um": pixels.aperture_side_mm(camera.sensor) * 1e3,
        "floor": FLOOR,
    }
    return told, np.clip(planes + 0.5, 0, 255).astype(np.uint8)
