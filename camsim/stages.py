"""Every stage between scene and picture, to look at or to check against another simulator."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim import files, isetcam, isp, pipeline, scene, sensor, spectra
from camsim.colour import decode_picture
from camsim.cube import Cube
from camsim.parts import Camera


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage handed to the next. Both methods of a camera give the same names."""

    scene_rgb_linear: np.ndarray  #: (h, w, 3) linear light of the picture
    irradiance: np.ndarray  #: (y, x, 31) photons s⁻¹ m⁻² nm⁻¹ behind the lens (isetcam: with its padding)
    electrons: np.ndarray  #: (H, W) electrons the ADC saw
    volts: np.ndarray  #: (H, W)
    demosaiced: np.ndarray  #: (H, W, channels), share of full scale (isetcam: volts)
    linear: np.ndarray  #: (H, W, 3) the picture in linear light (isetcam: `result`, its display's primaries)
    srgb: np.ndarray  #: (H, W, 3) the finished picture
    fov_deg: float
    exposure_s: float
    wavelength_nm: np.ndarray  #: (31,)


def stages(picture: np.ndarray | Cube, camera: Camera, *, seed: int = 0) -> Stages:
    """Photograph a picture and keep every stage; `picture` as for `pipeline.render`.

    Raises ValueError also for a camera that is `ideal`: it has no stages.
    """
    if camera.ideal:
        raise ValueError(f"setting {camera.name!r} is no camera: it has no stages")
    if camera.method == "isetcam":
        done = isetcam.stages(picture, camera, seed)
        return Stages(**{entry.name: getattr(done, entry.name) for entry in dataclasses.fields(Stages)})
    done = pipeline.render(picture, camera, seed=seed)
    if isinstance(picture, Cube):
        photons = scene.cube_radiance(picture, camera.scene)
        linear = scene.to_srgb_linear(photons, camera.scene)
    else:
        linear = decode_picture(picture)
        photons = scene.radiance(linear, camera.scene)
    photons = photons * scene.brightness(photons.mean(axis=(0, 1)), camera.scene)
    return Stages(
        scene_rgb_linear=linear,
        irradiance=pipeline.irradiance(photons, camera),
        electrons=done.electrons,
        volts=sensor.volts(done.electrons, camera.sensor),
        demosaiced=isp.full_colour(done.counts, camera, done.exposure_s),
        linear=done.linear,
        srgb=done.rgb,
        fov_deg=scene.fov_deg(camera.scene, linear.shape[1]),
        exposure_s=done.exposure_s,
        wavelength_nm=spectra.WAVELENGTH_NM,
    )


def write(path: Path, done: Stages) -> None:
    """Write the stages as an npz file whose arrays have the names of the fields."""
    with files.atomic(path) as new, new.open("wb") as file:
        np.savez_compressed(file, **{entry.name: getattr(done, entry.name) for entry in dataclasses.fields(done)})
