"""Electrons per second in every pixel, exactly: the image's series, evaluated where the pixels are.

Two ways lead there. The spectral one filters every wavelength band and takes any scene. The fast one uses that an sRGB
picture has only three independent spectra (`transfer.rgb_terms`). A test holds the two together.
"""

import functools
from collections.abc import Iterator

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import cosine_series, kept, transfer
from camsim.light import spectra
from camsim.optics import lens
from camsim.scene import radiance
from camsim.sensor import pixels


def electron_rate(linear: np.ndarray, camera: Camera) -> tuple[np.ndarray, pixels.Grid]:
    """Noise-free electrons/s in every pixel of the mosaic, for a linear sRGB picture (H, W, 3), in its precision."""
    return of_transform(cosine_series.transform(np.moveaxis(linear, -1, 0)), camera)


def of_transform(transformed: np.ndarray, camera: Camera, *, draft: bool = False) -> tuple[np.ndarray, pixels.Grid]:
    """The same for the `cosine_series.transform` of the picture's planes, (3, H, W); perhaps as a draft."""
    _, high, wide = transformed.shape
    at, blocks = transfer.rgb_terms(camera, high, wide, transformed.dtype.name, draft=draft)
    folded, row = cosine_series.fold(transformed, at.orders)

    def mixed() -> Iterator[list[transfer.Term]]:
        for terms, (rows, columns) in zip(blocks, at.blocks, strict=True):
            series = folded[:, row[rows], :columns]
            yield [t.replace(np.einsum("ksyx,syx->kyx", t.factor, series)) for t in terms]

    return _at_the_pixels(mixed(), at, camera, (high, wide), transformed.dtype)


def electron_rate_spectral(photons: np.ndarray, camera: Camera) -> tuple[np.ndarray, pixels.Grid]:
    """The same for a scene given as photon radiance (H, W, 31), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹, band by band."""
    at = transfer.frequencies(camera, *photons.shape[:2])
    totals: dict[tuple[bool, bool], np.ndarray] = {}
    for band, (terms, response) in enumerate(transfer.spectral_terms(camera, at)):
        folded, row = cosine_series.fold(cosine_series.transform(photons[None, ..., band]), at.orders)
        series = folded[0, row]
        for term in terms:
            total = totals.setdefault((term.odd_y, term.odd_x), np.zeros((len(response), *at.orders)))
            total += response[:, None, None] * (term.factor * series)

    mixed = ([transfer.Term(*odd, t[:, rows, :cols]) for odd, t in totals.items()] for rows, cols in at.blocks)
    return _at_the_pixels(mixed, at, camera, photons.shape[:2], np.dtype(float))


def white_rate(camera: Camera) -> np.ndarray:
    """Noise-free electrons/s of a white in the scene's light (reflectance 1) on the axis: (channels,), as read.

    What an incident light meter leads to: light, lens and pixel decide it, the picture does not.
    """
    white = radiance.primaries(camera.scene).sum(axis=1)
    return white @ transfer.responses(camera) * camera.sensor.binning**2


def irradiance(photons: np.ndarray, camera: Camera) -> np.ndarray:
    """Photons s⁻¹ m⁻² nm⁻¹ behind the lens at the pixel centres, for photon radiance (H, W, 31): (rows, columns, 31).

    The light itself, before pixel aperture and colour filters.
    """
    at = transfer.frequencies(camera, *photons.shape[:2])
    grid = pixels.grid(camera.sensor, at.height_mm, at.width_mm)
    y, x = grid.positions_mm()
    gain = transfer.lens_gain(camera)
    light = np.zeros((grid.rows, grid.columns, len(spectra.WAVELENGTH_NM)), np.float32)
    for band, terms in enumerate(transfer.lens_bands(camera, spectra.WAVELENGTH_NM, at)):
        folded, row = cosine_series.fold(cosine_series.transform(photons[None, ..., band]), at.orders)
        for term in terms:
            along_y = along(y, at.height_mm, at.orders[0], photons.shape[0], odd=term.odd_y)
            along_x = along(x, at.width_mm, at.orders[1], photons.shape[1], odd=term.odd_x)
            light[..., band] += along_y @ (term.factor * (gain[band] * folded[0, row])) @ along_x.T
    light *= _fall_off(camera, grid)[..., None]
    return np.maximum(light, 0.0)


def _fall_off(camera: Camera, grid: pixels.Grid) -> np.ndarray:
    """Relative illumination at every pixel, (rows, columns), or 1."""
    if not camera.optics.relative_illumination:
        return np.ones((1, 1))
    y, x = grid.positions_mm()
    distance = lens.image_distance_mm(camera.optics, camera.scene.distance_m)
    return lens.relative_illumination(y - grid.height_mm / 2, x - grid.width_mm / 2, distance)


def _at_the_pixels(
    mixed: Iterator[list[transfer.Term]],
    at: transfer.Frequencies,
    camera: Camera,
    squares: tuple[int, int],
    dtype: np.dtype,
) -> tuple[np.ndarray, pixels.Grid]:
    """Evaluate each channel's series at the pixels that carry its colour.

    `mixed` gives, per block of frequencies, the terms with factors (channels, rows, columns), for a picture of
    `squares` rows and columns. The weights of the series and the pixel's aperture are in the bases.
    """
    grid = pixels.grid(camera.sensor, at.height_mm, at.width_mm)
    tile = pixels.cfa_index(camera.sensor)
    high, wide = tile.shape
    y, x = grid.positions_mm()
    side, kind = pixels.aperture_side_mm(camera.sensor), dtype.name

    @functools.cache
    def along_x(column: int, odd: bool) -> np.ndarray:
        return along(x[column::wide], at.width_mm, at.orders[1], squares[1], side, odd, kind).T

    pairs = {(int(tile[row, column]), column) for row, column in np.ndindex(high, wide)}
    partial: dict[tuple[int, int, bool, bool], np.ndarray] = {}  # along x done, along y still frequencies
    for terms, (rows, columns) in zip(mixed, at.blocks, strict=True):
        for term in terms:
            for channel, column in pairs:
                basis = along_x(column, term.odd_x)[:columns]
                key = (channel, column, term.odd_y, term.odd_x)
                if key not in partial:
                    partial[key] = np.empty((at.orders[0], basis.shape[1]), dtype)
                np.matmul(term.factor[channel], basis, out=partial[key][rows])
    mosaic: np.ndarray = np.zeros((grid.rows, grid.columns), dtype)
    for (channel, column, odd_y, _), series in partial.items():
        for row in np.flatnonzero(tile[:, column] == channel):
            basis = along(y[row::high], at.height_mm, at.orders[0], squares[0], side, odd_y, kind)
            mosaic[row::high, column::wide] += basis @ series
    if camera.optics.relative_illumination:
        mosaic *= _fall_off(camera, grid).astype(dtype)
    return np.maximum(mosaic, 0.0, out=mosaic), grid  # −1e-18 where black: rounding


def along(
    positions_mm: np.ndarray,
    extent_mm: float,
    orders: int,
    squares: int,
    side_mm: float = 0.0,
    odd: bool = False,
    dtype: str = "float64",
) -> np.ndarray:
    """What each order of a picture of `squares` pixels adds at positions along an axis: (positions, orders).

    `cosine_series.basis` times the orders' weights and what an aperture of `side_mm` passes of their frequencies; kept
    for the last cameras.
    """
    return _kept(positions_mm.tobytes(), extent_mm, orders, squares, side_mm, odd, dtype)


def _along(
    positions: bytes, extent: float, orders: int, squares: int, side: float, odd: bool, dtype: str
) -> np.ndarray:
    aperture = pixels.aperture_mtf(cosine_series.frequencies(orders, extent), side)
    weight = cosine_series.weights(squares, orders) * aperture
    return (cosine_series.basis(np.frombuffer(positions), extent, orders, odd=odd) * weight).astype(dtype)


#: Bases of the last cameras, read-only for whoever gets them: of large sensors each takes many megabytes.
_kept = kept.Kept(_along, 64 << 20)
