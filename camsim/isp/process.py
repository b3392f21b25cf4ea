"""The image processor: the order of its steps, from raw counts to a picture."""

import numpy as np

from camsim.camera import Camera
from camsim.isp import colour_matrix, defects, demosaic, white_balance
from camsim.light.colour import srgb_encode
from camsim.sensor import adc, noise, pixels

#: Rows that a demosaicing looks around a pixel of a Bayer mosaic, and colour tiles that filling in defects may.
REACH, DEFECTS = {"bilinear": 2, "malvar2004": 2, "menon2007": 16}, 8


def normalise(counts: np.ndarray, camera: Camera, exposure_s: float, dtype: type = np.float64) -> np.ndarray:
    """ADC counts to the share of full scale, (H, W), with the dark signal subtracted.

    The black level given, or the sensor's plus the dark current expected in this exposure, which cameras learn
    from shielded pixels. Values may be slightly negative.
    """
    sensor = camera.sensor
    full = 2**sensor.bit_depth - 1 if sensor.bit_depth else adc.full_scale_e(sensor)
    black = camera.isp.black_level_dn
    if black is None:
        dark_e = pixels.as_read(sensor).dark_current_e_per_s * exposure_s if sensor.noise else 0.0
        black = sensor.black_level_dn + dark_e / adc.electrons_per_count(sensor)
    span = full - sensor.black_level_dn
    return (counts.astype(dtype) - dtype(black)) * dtype(1.0 / span)


def full_colour(
    counts: np.ndarray,
    camera: Camera,
    exposure_s: float,
    dtype: type = np.float64,
    *,
    first: int = 0,
    of: int | None = None,
) -> np.ndarray:
    """Raw counts (H, W) to the sensor's colours (H, W, channels), share of full scale: black level, defects, mosaic.

    Of a part, the row of the sensor where it begins and how many rows that has are `first` and `of`.
    """
    share = normalise(counts, camera, exposure_s, dtype)
    if camera.isp.defect_correction:
        fixed = noise.pattern(camera.sensor, len(counts) if of is None else of, counts.shape[1], first, len(counts))
        if fixed is not None:
            tile = pixels.cfa_index(pixels.as_read(camera.sensor))
            share = defects.correct_defects(share, tile, fixed.missing | fixed.stuck)
    return demosaic.demosaic(share, camera.sensor, camera.isp.demosaic)


def process(
    counts: np.ndarray, camera: Camera, exposure_s: float, *, dtype: type = np.float64
) -> tuple[np.ndarray, np.ndarray]:
    """Raw counts (H, W) to the linear picture and the finished one, both (H, W, 3) in [0, 1].

    Where there is a white to keep (a balance or the sensor's own matrix), channels are clipped at white's before the
    matrix: a highlight that fills the red pixels and not the others is white, not cyan.
    """
    full = full_colour(counts, camera, exposure_s, dtype)
    return finish(full, white_balance.balance_gains(np.moveaxis(full, -1, 0), camera), camera)


def finish(full: np.ndarray, gains: np.ndarray | None, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """The last steps, for the sensor's colours (H, W, channels) and the white balance's gains."""
    planes, dtype = np.moveaxis(full, -1, 0), full.dtype
    if gains is not None:
        planes = planes * gains.astype(dtype)[:, None, None]
    if gains is not None or camera.isp.color_matrix == "colorchecker":
        planes = np.minimum(planes, white_balance.balanced_white(camera).astype(dtype)[:, None, None])
    linear = colour_matrix.to_rgb(planes, camera)
    np.clip(linear, 0.0, 1.0, out=linear)
    finished = srgb_encode(linear) if camera.isp.tone == "srgb" else linear
    return np.moveaxis(linear, 0, -1), np.moveaxis(finished, 0, -1)


def reach(camera: Camera) -> int:
    """Rows around a part of a sensor that its picture depends on: whole colour tiles."""
    high = len(pixels.as_read(camera.sensor).tile)
    rows = REACH[camera.isp.demosaic] if camera.sensor.is_bayer else high
    rows += DEFECTS * high if camera.isp.defect_correction else 0
    return -(-rows // high) * high
