"""The whole camera: a picture goes in, a degraded picture comes out."""

from dataclasses import dataclass

import numpy as np

from camsim.camera import Camera
from camsim.image_formation import electron_rate, transfer
from camsim.io.resize import resize
from camsim.isetcam import pipeline
from camsim.isp import process
from camsim.light import spectra
from camsim.light.colour import decode_picture, srgb_decode, srgb_encode
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
        rate, grid = electron_rate.electron_rate_spectral(photons, camera)
    else:
        linear = decode_picture(picture, dtype)
        if camera.ideal:
            return _untouched(_as_float(picture), linear)
        if camera.scene.mean_luminance_cd_m2 is not None:
            mean = radiance.primaries(camera.scene) @ linear.mean(axis=(0, 1), dtype=float)
            linear = linear * dtype(radiance.brightness(mean, camera.scene))
        rate, grid = electron_rate.electron_rate(linear, camera)
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
        irradiance=electron_rate.irradiance(photons, camera),
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
