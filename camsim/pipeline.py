"""The whole camera: a picture goes in, a degraded picture comes out.

Two exact paths lead to the electrons. The spectral path filters every wavelength band. The fast path uses that
an sRGB scene has only three independent spectra (`transfer.rgb_terms`). A test holds the two together.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import cosine_series, transfer
from camsim.io.resize import resize
from camsim.isetcam import pipeline
from camsim.isp import process
from camsim.light import spectra
from camsim.light.colour import decode_picture, srgb_decode, srgb_encode
from camsim.optics import lens
from camsim.scene import radiance
from camsim.scene.cube import Cube
from camsim.sensor import adc, exposure, noise, pixels
from camsim.shot import Stages


@dataclass(frozen=True, slots=True)
class Render:
    """What a camera made of a picture."""

    rgb: np.ndarray  #: (H, W, 3) sRGB values [0, 1]: the finished picture, one pixel per sensor pixel
    linear: np.ndarray  #: (H, W, 3) the same in linear light
    electrons: np.ndarray | None  #: (H, W) electrons that the ADC saw in each pixel; None without a sensor
    counts: np.ndarray | None  #: (H, W) raw ADC counts
    exposure_s: float | None
    box: tuple[float, float, float, float]  #: top, left, bottom, right of the scene within `rgb`, in pixels

    @property
    def scene_shape(self) -> tuple[float, float]:
        """Height and width of the scene within `rgb`, in pixels."""
        top, left, bottom, right = self.box
        return bottom - top, right - left

    def reduced(self, size: tuple[int, int]) -> np.ndarray:
        """The scene's part of the picture at `size` = (rows, columns), registered with the scene."""
        return resize(self.rgb, size, self.box)


def render(picture: np.ndarray | Cube, camera: Camera, *, seed: int = 0, dtype: type = np.float32) -> Render:
    """Photograph a picture or a hyperspectral scene.

    Parameters
    ----------
    picture : (H, W, 3), sRGB values: uint8, uint16, or floating point in [0, 1]; or a cube.
    seed : decides the noise; the same seed gives the same values.
    dtype : precision of the work. float32 agrees with float64 to 1e-6 of full scale.

    Raises
    ------
    ValueError
        If `picture` is not such an array, or black under automatic exposure.
    """
    if camera.method == "isetcam" and not camera.ideal:
        return _as_render(pipeline.stages(picture, camera, seed, keep_irradiance=False), camera)
    if isinstance(picture, Cube):
        photons = radiance.cube_radiance(picture, camera.scene)
        if camera.ideal:
            linear = radiance.to_srgb_linear(photons, camera.scene)
            return _untouched(srgb_encode(linear), linear)
        photons = photons * radiance.brightness(photons.mean(axis=(0, 1)), camera.scene)
        rate, grid = electron_rate_spectral(photons, camera)
    else:
        linear = decode_picture(picture, dtype)
        if camera.ideal:
            return _untouched(_as_float(picture), linear)
        if camera.scene.mean_luminance_cd_m2 is not None:
            mean = radiance.primaries(camera.scene) @ linear.mean(axis=(0, 1), dtype=float)
            linear = linear * dtype(radiance.brightness(mean, camera.scene))
        rate, grid = electron_rate(linear, camera)
    rate = pixels.bin_charge(rate.astype(dtype, copy=False), camera.sensor)
    exposure_s = exposure.exposure_time(camera.sensor, rate)
    electrons = noise.expose(rate, exposure_s, camera.sensor, np.random.default_rng(seed))
    counts = adc.digitise(electrons, camera.sensor)
    linear, finished = process.process(counts, camera, exposure_s, dtype=dtype)
    return Render(finished, linear, electrons, counts, exposure_s, grid.image_box(camera.sensor.binning))


def _untouched(rgb: np.ndarray, linear: np.ndarray) -> Render:
    return Render(rgb, linear, None, None, None, (0.0, 0.0, float(rgb.shape[0]), float(rgb.shape[1])))


def _as_float(picture: np.ndarray) -> np.ndarray:
    picture = np.asarray(picture)
    return picture / np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else picture.astype(float)


def render_stages(picture: np.ndarray | Cube, camera: Camera, *, seed: int = 0) -> tuple[Render, Stages]:
    """Photograph a picture and keep every stage as well; arguments as for `render`.

    Raises ValueError also for a camera that is `ideal`: it has no stages.
    """
    if camera.ideal:
        raise ValueError(f"setting {camera.name!r} is no camera: it has no stages")
    if camera.method == "isetcam":
        stages = pipeline.stages(picture, camera, seed)
        return _as_render(stages, camera), stages
    done = render(picture, camera, seed=seed)
    if isinstance(picture, Cube):
        photons = radiance.cube_radiance(picture, camera.scene)
        linear = radiance.to_srgb_linear(photons, camera.scene)
    else:
        linear = decode_picture(picture)
        photons = radiance.radiance(linear, camera.scene)
    photons = photons * radiance.brightness(photons.mean(axis=(0, 1)), camera.scene)
    return done, Stages(
        scene_rgb_linear=linear,
        irradiance=irradiance(photons, camera),
        electrons=done.electrons,
        volts=adc.volts(done.electrons, camera.sensor),
        demosaiced=process.full_colour(done.counts, camera, done.exposure_s),
        linear=done.linear,
        srgb=done.rgb,
        fov_deg=radiance.fov_deg(camera.scene, linear.shape[1]),
        exposure_s=done.exposure_s,
        wavelength_nm=spectra.WAVELENGTH_NM,
    )


def _as_render(done: Stages, camera: Camera) -> Render:
    """The stages of the isetcam method as a render."""
    size = transfer.image_size_mm(camera, *done.scene_rgb_linear.shape[:2])  # overfills the sensor by a little
    box = pixels.Grid(*done.srgb.shape[:2], camera.sensor.pixel_pitch_um * 1e-3, *size).image_box()
    finished = done.srgb if camera.isp.tone == "srgb" else srgb_decode(done.srgb)
    return Render(
        finished, done.linear, done.electrons, adc.digitise(done.electrons, camera.sensor), done.exposure_s, box
    )


def electron_rate(linear: np.ndarray, camera: Camera) -> tuple[np.ndarray, pixels.Grid]:
    """Noise-free electrons/s in every pixel of the mosaic, for a linear sRGB picture (H, W, 3), in its precision."""
    at, blocks = transfer.rgb_terms(camera, *linear.shape[:2], linear.dtype.name)
    folded, row = cosine_series.fold(np.moveaxis(linear, -1, 0), at.orders)

    def mixed() -> Iterator[list[transfer.Term]]:
        for terms, (rows, columns) in zip(blocks, at.blocks(), strict=True):
            series = np.take(folded, row[rows], axis=1)[..., :columns].copy()  # einsum is faster without gaps
            yield [t.replace(np.einsum("ksyx,syx->kyx", t.factor, series)) for t in terms]

    return _sample(mixed(), at, camera, linear.dtype)


def electron_rate_spectral(photons: np.ndarray, camera: Camera) -> tuple[np.ndarray, pixels.Grid]:
    """The same for a scene given as photon radiance (H, W, 31), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹, band by band."""
    at = transfer.frequencies(camera, *photons.shape[:2])
    totals: dict[tuple[bool, bool], np.ndarray] = {}
    for band, (terms, response) in enumerate(transfer.spectral_terms(camera, at)):
        series = cosine_series.series(photons[None, ..., band], at.orders)[0]
        for term in terms:
            total = totals.setdefault((term.odd_y, term.odd_x), np.zeros((len(response), *at.orders)))
            total += response[:, None, None] * (term.factor * series)

    mixed = ([transfer.Term(*odd, t[:, rows, :cols]) for odd, t in totals.items()] for rows, cols in at.blocks())
    return _sample(mixed, at, camera, np.float64)


def irradiance(photons: np.ndarray, camera: Camera) -> np.ndarray:
    """Photons s⁻¹ m⁻² nm⁻¹ behind the lens at the pixel centres, for photon radiance (H, W, 31): (rows, columns, 31).

    The light itself, before pixel aperture and colour filters.
    """
    at = transfer.frequencies(camera, *photons.shape[:2])
    grid = pixels.grid(camera.sensor, at.height_mm, at.width_mm)
    y, x = grid.positions_mm()
    gain = transfer.lens_gain(camera)
    light = np.zeros((grid.rows, grid.columns, len(spectra.WAVELENGTH_NM)), np.float32)
    for band, wavelength in enumerate(spectra.WAVELENGTH_NM):
        series = gain[band] * cosine_series.series(photons[None, ..., band], at.orders)[0]
        for term in transfer.lens_terms(camera, wavelength, at):
            along_y = transfer.basis(y, at.height_mm, at.orders[0], term.odd_y, float)
            along_x = transfer.basis(x, at.width_mm, at.orders[1], term.odd_x, float)
            light[..., band] += along_y @ (term.factor * series) @ along_x.T
    light *= _fall_off(camera, grid)[..., None]
    return np.maximum(light, 0.0)


def _fall_off(camera: Camera, grid: pixels.Grid) -> np.ndarray:
    """Relative illumination at every pixel, (rows, columns), or 1."""
    if not camera.optics.relative_illumination:
        return np.ones((1, 1))
    y, x = grid.positions_mm()
    distance = lens.image_distance_mm(camera.optics, camera.scene.distance_m)
    return lens.relative_illumination(y - grid.height_mm / 2, x - grid.width_mm / 2, distance)


def _sample(
    mixed: Iterator[list[transfer.Term]], at: transfer.Frequencies, camera: Camera, dtype: type
) -> tuple[np.ndarray, pixels.Grid]:
    """Evaluate each channel's series at the pixels that carry its colour.

    `mixed` gives, per block of frequencies, the terms with factors (channels, rows, columns).
    """
    grid = pixels.grid(camera.sensor, at.height_mm, at.width_mm)
    tile = pixels.cfa_index(camera.sensor)
    a, b = tile.shape
    y, x = grid.positions_mm()
    pairs = {(tile[i, j], j) for i, j in np.ndindex(a, b)}
    along_x = {
        (j, odd): transfer.basis(x[j::b], at.width_mm, at.orders[1], odd, dtype).T
        for j in range(b)
        for odd in (False, True)
    }
    partial: dict[tuple[int, int, bool, bool], np.ndarray] = {}  # along x done, along y still frequencies
    for terms, (rows, columns) in zip(mixed, at.blocks(), strict=True):
        for term in terms:
            for channel, j in pairs:
                basis = along_x[j, term.odd_x][:columns]
                key = (channel, j, term.odd_y, term.odd_x)
                if key not in partial:
                    partial[key] = np.empty((at.orders[0], basis.shape[1]), dtype)
                np.matmul(term.factor[channel], basis, out=partial[key][rows])
    mosaic = np.zeros((grid.rows, grid.columns), dtype)
    for (channel, j, odd_y, _), spread in partial.items():
        for i in np.flatnonzero(tile[:, j] == channel):
            along_y = transfer.basis(y[i::a], at.height_mm, at.orders[0], odd_y, dtype)
            mosaic[i::a, j::b] += along_y @ spread
    if camera.optics.relative_illumination:
        mosaic *= _fall_off(camera, grid).astype(dtype)
    return np.maximum(mosaic, 0.0, out=mosaic), grid  # −1e-18 where black: rounding
