"""White balance: the light's colour is estimated and taken out by a gain per channel.

Reference: J. von Kries, 1902 (white balance by channel gains).
"""

import numpy as np

from camsim.camera import Camera
from camsim.camera_parts import Sensor
from camsim.light import illuminants, spectra
from camsim.sensor import pixels

#: Percentile of every channel that the white-patch rule takes for white: the maximum would be a noise peak.
WHITE_PATCH_PERCENTILE = 99.5


def raw_white(sensor: Sensor, illuminant: str) -> np.ndarray:
    """Sensor response to a perfect white under an illuminant: (channels,), its largest value 1."""
    raw = spectra.to_photons(illuminants.spectrum(illuminant)) @ pixels.quantum_efficiency(sensor)
    return raw / raw.max()


def balance_gains(planes: np.ndarray, camera: Camera) -> np.ndarray | None:
    """White-balance gains of the channels, (channels,), for planes (channels, H, W); None where there are none.

    The estimated white (of the scene's mean, its brightest places or its illuminant) is brought to what the colour
    matrix takes for white: the sensor's D65, or equal channels without a matrix. Its brightest channel keeps gain 1
    but for that, so that the exposure stays. Raises ValueError for a channel without light.
    """
    rule, sensor = camera.isp.white_balance, camera.sensor
    if rule == "none":
        return None
    if isinstance(rule, tuple):
        return np.array(rule)
    if rule == "illuminant":
        white = raw_white(sensor, camera.scene.illuminant)
    elif rule == "grey-world":
        white = planes.mean(axis=(1, 2), dtype=float)
    else:
        white = np.percentile(planes, WHITE_PATCH_PERCENTILE, axis=(1, 2))
    if white.min() <= 0:
        raise ValueError(f"isp.white_balance = {rule!r}: a colour channel of this picture has no light")
    return balanced_white(camera) / (white / white.max())


def balanced_white(camera: Camera) -> np.ndarray:
    """What the processor takes for white, (channels,): the sensor's D65 for its own matrix, else equal channels."""
    if camera.isp.color_matrix == "colorchecker":
        return raw_white(camera.sensor, "D65")
    return np.ones(len(pixels.colours(camera.sensor)))
