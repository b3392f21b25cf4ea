"""The stages of a camera as pictures: light behind the lens, mosaic, demosaiced values."""

import numpy as np

from camsim.camera import Camera
from camsim.light import spectra
from camsim.light.colour import srgb_encode, xyz_to_linear
from camsim.sensor import adc, pixels

#: Light that a filter lets through, for the colours of a mosaic.
FILTER_RGB = {"r": (1.0, 0.0, 0.0), "g": (0.0, 1.0, 0.0), "b": (0.0, 0.0, 1.0), "w": (1.0, 1.0, 1.0)}


def irradiance(photons: np.ndarray) -> tuple[np.ndarray, float]:
    """Irradiance (H, W, 31) as sRGB values, its brightest illuminance white, and that illuminance in lux."""
    xyz = spectra.xyz(photons / spectra.to_photons(np.ones(photons.shape[-1])))
    brightest = float(xyz[..., 1].max())
    return srgb_encode(xyz_to_linear(100 * xyz / (brightest or 1.0))), brightest


def mosaic(electrons: np.ndarray, camera: Camera) -> np.ndarray:
    """Every sensor pixel (H, W) in the colour of its filter, sRGB values (H, W, 3); brightest shade: full scale."""
    share = srgb_encode(electrons / adc.full_scale_e(camera.sensor))
    tile = np.array([[FILTER_RGB[letter] for letter in row] for row in pixels.as_read(camera.sensor).tile])
    repeat = share.shape[0] // tile.shape[0], share.shape[1] // tile.shape[1], 1
    return share[..., None] * np.tile(tile, repeat)


def demosaiced(planes: np.ndarray, camera: Camera) -> np.ndarray:
    """The sensor's channels (H, W, channels) as red, green and blue, sRGB values (H, W, 3).

    One channel is grey; a white channel beside red, green and blue is left out, and where one of those is missing
    each channel adds light of its own colour.
    """
    full_scale = 1.0
    if camera.method == "isetcam":  # volts, or counts up to 2ⁿ
        well = pixels.as_read(camera.sensor).full_well_e
        bits = camera.sensor.bit_depth
        full_scale = 2.0**bits if bits else adc.volts(well, camera.sensor)
    letters = pixels.colours(camera.sensor)
    if set("rgb") <= set(letters):
        return srgb_encode(planes[..., [letters.index(letter) for letter in "rgb"]] / full_scale)
    mix = np.array([FILTER_RGB[letter] for letter in letters])
    return srgb_encode(planes / full_scale @ (mix / np.maximum(mix.sum(axis=0), 1.0)))
