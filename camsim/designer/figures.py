"""What a camera's numbers are at an exposure: ISO, light, signal and noise, histogram.

References: ISO 12232:2019 (saturation-based speed); EMVA Standard 1288, release 4.0 (SNR, dynamic range).
"""

import math
from typing import Any

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import electron_rate, transfer
from camsim.light import spectra
from camsim.scene import radiance
from camsim.sensor import adc, pixels
from camsim.shot import Shot

#: Reflectance of the grey whose signal-to-noise ratio is told.
GREY = 0.18

#: Steps of the histogram from nothing to full scale.
BINS = 96


def scene_lux(camera: Camera) -> float:
    """Illuminance on the scene, lux: that under which a perfectly diffusing white has its luminance, π L."""
    return math.pi * camera.scene.luminance_cd_m2


def saturation_speed(camera: Camera) -> float:
    """Saturation-based ISO speed, 78 / H: H lux·s behind the lens fill the channel that fills first."""
    lux = spectra.luminance(radiance.illuminant(camera.scene) * transfer.lens_gain(camera))
    fills_s = adc.full_scale_e(camera.sensor) / float(electron_rate.white_rate(camera).max())
    return 78.0 / (float(lux) * fills_s)


def noise_e(camera: Camera, signal_e: float, exposure_s: float) -> float:
    """Noise of a pixel at a signal, electrons rms: shot, dark current, reading, fixed pattern, rounding of the ADC."""
    read = pixels.as_read(camera.sensor)
    if not read.noise:
        return 0.0
    counted = signal_e + read.dark_current_e_per_s * exposure_s
    pattern = (read.prnu**2 + read.column_gain_fpn**2) * counted**2 + read.dsnu_e**2 + read.column_offset_fpn_e**2
    rounding = adc.electrons_per_count(camera.sensor) ** 2 / 12 if read.bit_depth else 0.0
    return math.sqrt(counted + read.read_noise_e**2 + pattern + rounding)


def numbers(camera: Camera, shot: Shot) -> dict[str, Any]:
    """What is told of a shot in numbers; what does not exist is None."""
    if shot.electrons is None or shot.exposure_s is None:
        return {}
    full = adc.full_scale_e(camera.sensor)
    found = {
        "exposure_s": shot.exposure_s,
        "lux": scene_lux(camera),
        "full_well_e": full,
        "saturated": float(np.mean(shot.electrons >= full * (1 - 1e-6))),
    }
    if camera.method == "isetcam":
        return found
    white = electron_rate.white_rate(camera)
    channel = int(white.argmax())
    signal, floor = GREY * float(white[channel]) * shot.exposure_s, noise_e(camera, 0.0, shot.exposure_s)
    noise = noise_e(camera, signal, shot.exposure_s)
    return found | {
        "iso": saturation_speed(camera),
        "channel": pixels.colours(camera.sensor)[channel],
        "grey_e": signal,
        "snr_db": 20 * math.log10(signal / noise) if noise and signal <= full else None,
        "grey_clips": signal > full,
        "dynamic_range_db": 20 * math.log10(full / floor) if floor else None,
    }


def histogram(camera: Camera, electrons: np.ndarray) -> dict[str, Any]:
    """Pixels of every channel per step of electrons, from none to full scale, which is a step of its own."""
    full, tile = adc.full_scale_e(camera.sensor), pixels.cfa_index(pixels.as_read(camera.sensor))
    steps = np.clip(electrons * electrons.dtype.type(BINS / full), 0, BINS).astype(np.int16)
    letters = pixels.colours(camera.sensor)
    counts = {letter: np.zeros(BINS + 1, int) for letter in letters}
    for row, column in np.ndindex(tile.shape):
        of = steps[row :: tile.shape[0], column :: tile.shape[1]]
        counts[letters[tile[row, column]]] += np.bincount(of.ravel(), minlength=BINS + 1)
    return {"full_e": full, "counts": {letter: found.tolist() for letter, found in counts.items()}}
