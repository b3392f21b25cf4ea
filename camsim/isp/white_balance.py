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


def looks_at_the_picture(camera: Camera) -> bool:
    """Whether the picture decides the gains."""
    return camera.isp.white_balance in ("grey-world", "white-patch")


def balance_gains(planes: np.ndarray, camera: Camera) -> np.ndarray | None:
    """White-balance gains of the channels, (channels,), for planes (channels, H, W); None where there are none.

    The estimated white (of the scene's mean, its brightest places or its illuminant) is brought to what the colour
    matrix takes for white: the sensor's D65, or equal channels without a matrix. Its brightest channel keeps gain 1
    but for that, so that the exposure stays. Raises ValueError for a channel without light.
    """
    if camera.isp.white_balance == "grey-world":
        return gains_of_white(planes.mean(axis=(1, 2), dtype=float), camera)
    if camera.isp.white_balance == "white-patch":
        return gains_of_white(np.percentile(planes, WHITE_PATCH_PERCENTILE, axis=(1, 2)), camera)
    return fixed_gains(camera)


def fixed_gains(camera: Camera) -> np.ndarray | None:
    """The same where the picture does not decide them."""
    rule = camera.isp.white_balance
    if rule == "none":
        return None
    if isinstance(rule, tuple):
        return np.array(rule)
    return gains_of_white(raw_white(camera.sensor, camera.scene.illuminant), camera)


def gains_of_white(white: np.ndarray, camera: Camera) -> np.ndarray:
    """The same for an estimated white, (channels,)."""
    if white.min() <= 0:
        rule = camera.isp.white_balance
        raise ValueError(f"isp.white_balance = {rule!r}: a colour channel of this picture has no light")
    return balanced_white(camera) / (white / white.max())


def balanced_white(camera: Camera) -> np.ndarray:
    """What the processor takes for white, (channels,): the sensor's D65 for its own matrix, else equal channels."""
    if camera.isp.color_matrix == "colorchecker":
        return raw_white(camera.sensor, "D65")
    return np.ones(len(pixels.colours(camera.sensor)))
