"""The whole camera: a picture goes in, a degraded picture comes out."""

import numpy as np

from camsim import arguments
from camsim.camera import Camera
from camsim.camera_parts import Scene
from camsim.image_formation import electron_rate
from camsim.io import image
from camsim.isetcam import pipeline as isetcam
from camsim.isp import process
from camsim.light import spectra
from camsim.light.colour import as_picture, decode_picture, srgb_encode
from camsim.scene import radiance
from camsim.scene.cube import Cube
from camsim.sensor import adc, exposure, noise, pixels
from camsim.shot import Shot, Stages


def render(
    picture: np.ndarray | Shot | Cube,
    camera: Camera,
    *,
    seed: int = 0,
    dtype: type = np.float32,
    keep_stages: bool = False,
) -> Shot:
    """Photograph a picture or a hyperspectral scene.

    Parameters
    ----------
    picture : ndarray, Shot or Cube
        (H, W, 3), sRGB values: uint8, uint16, or floating point in [0, 1]; or a hyperspectral scene.
    camera : Camera
        What photographs it.
    seed : int, optional
        Decides the noise, at least 0; the same seed gives the same values.
    dtype : type, optional
        Precision of the work. The electrons of float32 are those of float64 to 3e-6 of the brightest pixel's, so that
        a count in a thousand is rounded the other way. The isetcam method has its own.
    keep_stages : bool, optional
        Keep what each stage handed to the next as `Shot.stages`; scene, irradiance and demosaiced values in double
        precision. The picture stays the same.

    Returns
    -------
    Shot
        The finished picture, the electrons and counts behind it, and the exposure.

    Raises
    ------
    ValueError
        If `picture` is not such an array, or black under automatic exposure; if `seed` is no whole number from 0; if
        stages are to be kept of a camera that is `ideal`, which has none; if the scene or the sensor is too large.

    References
    ----------
    J. Farrell, F. Xiao, P. Catrysse, B. Wandell, "A simulation tool for evaluating digital camera image quality",
    Proc. SPIE 5294, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from camsim import camera_file, pipeline
    >>> pipeline.render(np.full((64, 64, 3), 128, np.uint8), camera_file.load("pixel25"), seed=1)
    Shot(22×22, exposure 0.00238 s)
    """
    seed = arguments.seed(seed)
    if camera.ideal:
        if keep_stages:
            raise ValueError(f"setting {camera.name!r} is no camera: it has no stages")
        return _untouched(picture, camera.scene, dtype)
    if camera.method == "isetcam":
        return isetcam.render(picture, camera, seed=seed, keep_stages=keep_stages)

    photons: np.ndarray | None = None
    seen: np.ndarray | None
    if isinstance(picture, Cube):
        photons = radiance.cube_radiance(picture, camera.scene)
        seen = radiance.to_srgb_linear(photons, camera.scene) if keep_stages else None
        photons = photons * radiance.brightness(photons.mean(axis=(0, 1)), camera.scene)
        rate, grid = electron_rate.electron_rate_spectral(photons, camera)
    else:
        seen = decode_picture(picture, float if keep_stages else dtype)
        rate, grid = electron_rate.electron_rate(_lit(seen.astype(dtype, copy=False), camera.scene), camera)
    rate = pixels.bin_charge(rate.astype(dtype, copy=False), camera.sensor)
    incident = camera.sensor.auto_exposure == "incident"
    exposure_s = exposure.exposure_time(camera.sensor, electron_rate.white_rate(camera) if incident else rate)
    electrons = noise.expose(rate, exposure_s, camera.sensor, seed)
    counts = adc.digitise(electrons, camera.sensor)
    linear, finished = process.process(counts, camera, exposure_s, dtype=dtype)

    stages = None
    if keep_stages:
        assert seen is not None  # above
        if photons is None:
            photons = radiance.radiance(seen, camera.scene)
            photons = photons * radiance.brightness(photons.mean(axis=(0, 1)), camera.scene)
        stages = Stages(
            scene_rgb_linear=seen,
            irradiance=electron_rate.irradiance(photons, camera),
            electrons=electrons,
            volts=adc.volts(electrons, camera.sensor),
            demosaiced=process.full_colour(counts, camera, exposure_s),  # in double precision; the picture's are single
            linear=linear,
            srgb=finished,
            fov_deg=radiance.fov_deg(camera.scene, seen.shape[1]),
            exposure_s=exposure_s,
            wavelength_nm=spectra.WAVELENGTH_NM,
        )
    return Shot(finished, linear, electrons, counts, exposure_s, grid.image_box(camera.sensor.binning), stages)


def _untouched(picture: np.ndarray | Shot | Cube, scene: Scene, dtype: type) -> Shot:
    """The picture itself, or how a hyperspectral scene looks."""
    if isinstance(picture, Cube):
        linear = radiance.to_srgb_linear(radiance.cube_radiance(picture, scene), scene)
        rgb = srgb_encode(linear)
    else:
        linear, rgb = decode_picture(picture, dtype), image.as_float(as_picture(picture))
    return Shot(rgb, linear, None, None, None, (0.0, 0.0, float(rgb.shape[0]), float(rgb.shape[1])))


def _lit(linear: np.ndarray, scene: Scene) -> np.ndarray:
    """Linear light (H, W, 3) at the mean luminance that the scene is given, if it is given one."""
    if scene.mean_luminance_cd_m2 is None:
        return linear
    mean = radiance.primaries(scene) @ linear.mean(axis=(0, 1), dtype=float)
    return linear * linear.dtype.type(radiance.brightness(mean, scene))
