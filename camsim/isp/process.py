"""The image processor: from raw counts to a picture.

References: H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned color
images", ICASSP 2004; D. Menon, S. Andriani, G. Calvagno, "Demosaicing with directional filtering and a posteriori
decision", IEEE Trans. Image Processing 16, 2007; G. Finlayson and M. Drew, "White-point preserving color correction",
Color Imaging Conference 1997 (least squares that keep white); J. von Kries, 1902 (white balance by channel gains).
"""

import functools

import numpy as np
from scipy.ndimage import convolve1d

from camsim.camera import Camera, Sensor
from camsim.light import illuminants, spectra
from camsim.light.colour import srgb_encode, xyz_to_linear
from camsim.sensor import adc, noise, pixels

#: Percentile of every channel that the white-patch rule takes for white: the maximum would be a noise peak.
WHITE_PATCH_PERCENTILE = 99.5

#: Mixtures of sensor channels whose spread over the patches is this small, beside the largest, are noise.
MATRIX_RCOND = 0.02


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


def correct_defects(mosaic: np.ndarray, tile: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Replace `bad` pixels by the mean of the good ones among their eight neighbours of the same colour phase.

    Where all eight are bad, those that have been filled in count as good, until nothing is left to fill in.
    Raises ValueError if a whole phase is bad.
    """
    mosaic = mosaic.copy()
    a, b = tile.shape
    for i, j in np.ndindex(a, b):
        plane, good = mosaic[i::a, j::b], ~bad[i::a, j::b]
        if not good.any():
            raise ValueError("no pixel of a colour is left: lower sensor.missing_fraction or sensor.stuck_fraction")
        while not good.all():
            weight = _box3(good.astype(float))
            found = ~good & (weight > 1e-9)
            plane[found] = (_box3(np.where(good, plane, 0.0)) / np.maximum(weight, 1e-9))[found]
            good |= found
    return mosaic


def _box3(plane: np.ndarray) -> np.ndarray:
    return convolve1d(convolve1d(plane, np.ones(3), axis=0, mode="constant"), np.ones(3), axis=1, mode="constant")


def demosaic_bilinear(mosaic: np.ndarray, tile: np.ndarray) -> np.ndarray:
    """Fill in the missing colours of every pixel from its neighbours, linearly.

    What was measured stays as measured. For a 2×2 tile a missing colour is the mean of the neighbour pairs
    (horizontal, vertical, diagonal) that have it; for larger tiles the mean is weighted by a triangle as
    wide as the tile, which for 2×2 is the same rule.

    Parameters
    ----------
    mosaic : (H, W), any unit.
    tile : (a, b) channel numbers 0, 1 … of the colour-filter array.

    Returns
    -------
    (H, W, channels), each channel in one piece in memory. The border is mirrored without repeating the edge, which
    keeps the colours of a 2×2 tile in phase.
    """
    channels = int(tile.max()) + 1
    if channels == 1:
        return mosaic[..., None]
    if tile.shape != (2, 2):
        return np.stack([_spread(mosaic, tile == channel) for channel in range(channels)], axis=-1)
    rows, columns = mosaic.shape
    padded = np.pad(mosaic, 1, mode="reflect")
    planes = np.empty((channels, rows, columns), mosaic.dtype)
    for channel, i, j in np.ndindex(channels, 2, 2):
        if tile[i, j] == channel:
            planes[channel, i::2, j::2] = mosaic[i::2, j::2]
            continue
        found = [steps for steps in _PAIRS if tile[i ^ (steps[0][0] & 1), j ^ (steps[0][1] & 1)] == channel]
        total = np.zeros((rows // 2, columns // 2), mosaic.dtype)
        for steps in found:
            pair = sum(padded[1 + i + dy : rows + 1 + dy : 2, 1 + j + dx : columns + 1 + dx : 2] for dy, dx in steps)
            pair *= mosaic.dtype.type(1 / (len(steps) * len(found)))
            total += pair
        planes[channel, i::2, j::2] = total
    return np.moveaxis(planes, 0, -1)


#: Neighbours in a 2×2 tile, by where they are: left and right, above and below, at the corners.
_PAIRS = (((0, -1), (0, 1)), ((-1, 0), (1, 0)), ((-1, -1), (-1, 1), (1, -1), (1, 1)))


def _spread(mosaic: np.ndarray, has: np.ndarray) -> np.ndarray:
    """One colour of a larger tile everywhere: as measured, else the mean weighted by a triangle as wide as the tile."""
    mask = np.tile(has, (mosaic.shape[0] // has.shape[0], mosaic.shape[1] // has.shape[1]))
    total, weight = np.where(mask, mosaic, 0.0), mask.astype(float)
    for axis, width in enumerate(has.shape):
        triangle = 1.0 - np.abs(np.arange(-width, width + 1)) / width
        total, weight = (convolve1d(plane, triangle, axis=axis, mode="mirror") for plane in (total, weight))
    return np.where(mask, mosaic, total / weight).astype(mosaic.dtype)


def demosaic(mosaic: np.ndarray, sensor: Sensor, method: str) -> np.ndarray:
    """Full colour (H, W, channels) of a mosaic (H, W) as read, by the method of `isp.demosaic`.

    Malvar 2004 and Menon 2007 are those of the colour-demosaicing package.
    """
    read = pixels.as_read(sensor)
    tile = pixels.cfa_index(read)
    if method == "bilinear":
        return demosaic_bilinear(mosaic, tile)
    import colour_demosaicing  # slow to import, so only where it is wanted

    work = getattr(colour_demosaicing, f"demosaicing_CFA_Bayer_{method.capitalize()}")
    padded = np.pad(mosaic.astype(float), 8, mode="reflect")  # its own borders are rough; 8 keeps the phase
    return work(padded, "".join(read.tile).upper())[8:-8, 8:-8].astype(mosaic.dtype)


def raw_white(sensor: Sensor, illuminant: str) -> np.ndarray:
    """Sensor response to a perfect white under an illuminant: (channels,), its largest value 1."""
    raw = spectra.to_photons(illuminants.spectrum(illuminant)) @ pixels.quantum_efficiency(sensor)
    return raw / raw.max()


@functools.lru_cache(maxsize=32)
def _colour_matrix(efficiency: bytes, channels: int) -> np.ndarray:
    respond = np.frombuffer(efficiency).reshape(-1, channels)
    white = spectra.table("d65")[:, 0]
    patches = white[:, None] * spectra.table("colorchecker")  # energy radiance, (31, 24)
    target = xyz_to_linear(100 * spectra.xyz(patches.T) / spectra.luminance(white))
    raw_white = spectra.to_photons(white) @ respond
    raw = spectra.to_photons(patches, axis=0).T @ respond / raw_white.max()
    raw_white = raw_white / raw_white.max()
    inverse = np.linalg.pinv(raw, rcond=MATRIX_RCOND)
    free, pull = inverse @ target, inverse @ inverse.T @ raw_white
    matrix = free + np.outer(pull, 1.0 - raw_white @ free) / (raw_white @ pull)
    matrix.setflags(write=False)
    return matrix


def colour_matrix(sensor: Sensor) -> np.ndarray:
    """Matrix (channels, 3) from sensor values (white's brightest channel = 1) to linear sRGB: ``raw @ matrix``.

    Least squares over the 24 ColorChecker patches lit by D65, held to map D65 itself to (1, 1, 1). Mixtures of the
    channels that hardly differ between patches (white against red + green + blue) are left out: they would add
    little but noise.
    """
    efficiency = np.ascontiguousarray(pixels.quantum_efficiency(sensor))
    return _colour_matrix(efficiency.tobytes(), efficiency.shape[1])


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


def to_rgb(planes: np.ndarray, camera: Camera) -> np.ndarray:
    """Sensor channels (channels, H, W) to red, green and blue (3, H, W), by the colour matrix or without."""
    rule, letters = camera.isp.color_matrix, pixels.colours(camera.sensor)
    if rule == "none":
        return planes[[letters.find(c) for c in "rgb"]] if len(letters) > 1 else np.repeat(planes, 3, axis=0)
    matrix = colour_matrix(camera.sensor).T if rule == "colorchecker" else np.reshape(rule, (3, 3))
    return (matrix.astype(planes.dtype) @ planes.reshape(len(planes), -1)).reshape(3, *planes.shape[1:])


def full_colour(counts: np.ndarray, camera: Camera, exposure_s: float, dtype: type = np.float64) -> np.ndarray:
    """Raw counts (H, W) to the sensor's colours (H, W, channels), share of full scale: black level, defects, mosaic."""
    share = normalise(counts, camera, exposure_s, dtype)
    if camera.isp.defect_correction:
        fixed = noise.pattern(camera.sensor, *counts.shape)
        if fixed is not None:
            tile = pixels.cfa_index(pixels.as_read(camera.sensor))
            share = correct_defects(share, tile, fixed.missing | fixed.stuck)
    return demosaic(share, camera.sensor, camera.isp.demosaic)


def process(
    counts: np.ndarray, camera: Camera, exposure_s: float, *, dtype: type = np.float64
) -> tuple[np.ndarray, np.ndarray]:
    """Raw counts (H, W) to the linear picture and the finished one, both (H, W, 3) in [0, 1].

    Where there is a white to keep (a balance or the sensor's own matrix), channels are clipped at white's before the
    matrix: a highlight that fills the red pixels and not the others is white, not cyan.
    """
    planes = np.moveaxis(full_colour(counts, camera, exposure_s, dtype), -1, 0)
    gains = balance_gains(planes, camera)
    if gains is not None:
        planes = planes * gains.astype(dtype)[:, None, None]
    if gains is not None or camera.isp.color_matrix == "colorchecker":
        planes = np.minimum(planes, balanced_white(camera).astype(dtype)[:, None, None])
    linear = to_rgb(planes, camera)
    np.clip(linear, 0.0, 1.0, out=linear)
    finished = srgb_encode(linear) if camera.isp.tone == "srgb" else linear
    return np.moveaxis(linear, 0, -1), np.moveaxis(finished, 0, -1)
