"""Through the lens: where it forms the image, and how much light reaches the sensor."""

import numpy as np

from camsim.camera_parts import Optics
from camsim.io import spectra_file
from camsim.light import spectra


def image_distance_mm(optics: Optics, distance_m: float) -> float:
    """Distance of the sharp image behind the lens, mm, for an object at `distance_m` (may be infinite)."""
    return 1.0 / (1.0 / optics.focal_length_mm - 1.0 / (distance_m * 1e3))


def magnification(optics: Optics, distance_m: float) -> float:
    """|m| = image distance / object distance; 0 for an object at infinity."""
    return image_distance_mm(optics, distance_m) / (distance_m * 1e3)


def working_fnumber(optics: Optics, distance_m: float) -> float:
    """N (1 + |m|): image distance over aperture diameter, which sets the diffraction blur."""
    return optics.fnumber * (1.0 + magnification(optics, distance_m))


def radiance_to_irradiance(optics: Optics, distance_m: float) -> float:
    """The camera equation: irradiance on the sensor per radiance of the scene, sr.

    π / (1 + 4 N² (1 + |m|)²), for a lens without losses.
    """
    return np.pi / (1.0 + 4.0 * working_fnumber(optics, distance_m) ** 2)


def transmittance(optics: Optics) -> np.ndarray:
    """Share of the light that passes the lens, per wavelength band: (31,). ValueError for a bad file."""
    share = np.full(len(spectra.WAVELENGTH_NM), optics.transmittance)
    if optics.transmittance_file:
        _, columns = spectra_file.read_csv(optics.transmittance_file, "optics.transmittance_file")
        if columns.shape[1] != 1 or columns.min() < 0 or columns.max() > 1:
            raise ValueError(
                f"optics.transmittance_file = {optics.transmittance_file!r}: must have one column, in [0, 1]"
            )
        share = share * columns[:, 0]
    return share


def relative_illumination(y_mm: np.ndarray, x_mm: np.ndarray, image_distance_mm: float) -> np.ndarray:
    """cos⁴ of the field angle at distances y × x from the axis: (len(y), len(x)), 1 on the axis.

    For a small pupil: cos² for the longer way, cos for the tilt of the pupil, cos for that of the sensor.
    """
    return (1 + (y_mm[:, None] ** 2 + x_mm**2) / image_distance_mm**2) ** -2.0
