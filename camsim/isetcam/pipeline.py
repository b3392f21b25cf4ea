"""ISETCam's default camera in that simulator's own numbers, approximations included, to compare with it.

The picture is shown on ISETCam's reflectance display, imaged by a diffraction-limited lens onto the picture's own
coarse grid, sampled by the pixels and processed for an LCD-Apple display. `camsim.pipeline` is the camera to use;
this one answers what ISETCam would say. Nothing is remembered from call to call.

What the reference does and physics does not, kept here on purpose:

* The lens step takes the image to lie at the focal length; afterwards the same samples are read as lying at the
  image distance. Field of view and sensor size are reckoned with the focal length.
* The picture is framed by 1/8 of its size of (almost) nothing, so that its borders darken, and the lens passes
  no frequency above the grid's Nyquist limit. The negative ringing that this leaves is turned positive, per band.
* Frequencies are reckoned in cycles per degree as if angle and length were proportional. Along x that cancels.
  Along y it does not in pictures that are not square: frequencies come out too high or too low by the ratio of
  tan(a)/a for half the vertical and half the horizontal angle.
* With an odd number of samples the frequencies are stretched until the last one is the Nyquist limit: n/(n − 1).
* A pixel takes one sample of the light behind a Gaussian of ¼ pixel, not the mean over its aperture. For an even
  number of taps the Gaussian is off by half a sample.
* The brightest value alone sets the scale of the finished picture.

References: J. Farrell, F. Xiao, P. Catrysse, B. Wandell, "A simulation tool for evaluating digital camera image
quality", Proc. SPIE 5294, 2004; https://github.com/ISET/isetcam (May 2021). P. Catrysse, "Optimization of CMOS
image sensor pixels", thesis, Stanford 2000 (camera equation, relative illumination).
"""

import functools
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike

from camsim.camera import Camera
from camsim.camera_parts import Scene
from camsim.image_formation import transfer
from camsim.isetcam.lens import sample_spacing_um, stack, through_lens
from camsim.isetcam.sensor import processor, sample, sensor_size
from camsim.light import spectra
from camsim.light.colour import as_picture, srgb_decode
from camsim.optics import lens
from camsim.scene import radiance as scene
from camsim.scene.cube import Cube
from camsim.sensor import adc, exposure, noise, pixels
from camsim.shot import Shot, Stages

#: Planck constant as ISETCam has it, 16 ppm above the SI's, J s.
PLANCK = 6.626176e-34

#: Luminance for which ISETCam's displays are calibrated: a white picture, cd/m².
DISPLAY_WHITE_CD_M2 = 100.0


def render(picture: np.ndarray | Shot | Cube, camera: Camera, *, seed: int = 0, keep_stages: bool = False) -> Shot:
    """Photograph a picture the way ISETCam does.

    Automatic exposure ("max") brings the brightest sample of the image behind the lens, in the channel that sees
    most of it, to 95 % of the well; ISETCam means the same but measures it through noise.

    Parameters
    ----------
    picture : ndarray or Cube
        (H, W, 3), uint8, uint16, or floating point in [0, 1]; or a hyperspectral scene.
    camera : Camera
        One with `method` "isetcam".
    seed : int, optional
        Decides the noise.
    keep_stages : bool, optional
        Keep what each stage handed to the next as `Shot.stages`: 31 planes of memory more.

    Returns
    -------
    Shot
        `rgb` is sRGB unless the camera's tone is linear.

    Raises
    ------
    ValueError
        If `picture` is no such array, is smaller than 2×2, or black under automatic exposure; if its field of view is
        over 120°, or the sensor would have too many pixels.
    """
    if isinstance(picture, Cube):
        photons = scene.cube_radiance(picture, camera.scene)
        photons = photons * scene.brightness(photons.mean(axis=(0, 1)), camera.scene)
        linear = scene.to_srgb_linear(photons, camera.scene)
    else:
        for name in ("illuminant", "mean_luminance_cd_m2"):
            if getattr(camera.scene, name) != getattr(Scene(), name):
                raise ValueError(f"scene.{name} with method = 'isetcam' is for hyperspectral scenes only")
        photons, linear = None, decode(picture)
    rows, columns = linear.shape[:2]
    if min(rows, columns) < 2:
        raise ValueError(f"a picture of {columns}×{rows} pixels is too small for method = 'isetcam': at least 2×2")
    fov_deg = scene.fov_deg(camera.scene, columns)
    focal_length_mm, pitch_um = camera.optics.focal_length_mm, camera.sensor.pixel_pitch_um
    shape = sensor_size(rows, columns, fov_deg=fov_deg, focal_length_mm=focal_length_mm, pitch_um=pitch_um)
    pixels.check_size(*shape)
    primaries = _photon_primaries() * (camera.scene.luminance_cd_m2 / DISPLAY_WHITE_CD_M2)
    planes = through_lens(
        lambda band: linear @ primaries[band] if photons is None else photons[..., band],
        rows,
        columns,
        fov_deg=fov_deg,
        distance_m=camera.scene.distance_m,
        fnumber=camera.optics.fnumber,
        focal_length_mm=focal_length_mm,
        transmittance=lens.transmittance(camera.optics),
        relative_illumination=camera.optics.relative_illumination,
    )
    area_m2 = camera.sensor.fill_factor * (pitch_um * 1e-6) ** 2
    efficiency = pixels.quantum_efficiency(camera.sensor)
    response = efficiency * (spectra.BAND_NM * area_m2)  # electrons/s in a pixel per photon irradiance
    light = stack(planes) if keep_stages else None
    bands = planes if light is None else np.moveaxis(light, -1, 0)
    flux = sum(band[..., None] * share for band, share in zip(bands, response, strict=True))
    tile = pixels.cfa_index(camera.sensor)
    spacing_um = sample_spacing_um(columns, fov_deg, camera.scene.distance_m, focal_length_mm)
    rate = sample(flux, spacing_um, shape, pitch_um, tile)
    exposure_s = exposure.exposure_time(camera.sensor, flux if camera.sensor.auto_exposure == "max" else rate)
    electrons = noise.expose(rate, exposure_s, camera.sensor, seed)
    volts = adc.volts(electrons, camera.sensor) * camera.sensor.analog_gain
    swing_v = float(adc.volts(pixels.as_read(camera.sensor).full_well_e, camera.sensor))
    demosaiced, finished, srgb = processor(volts, swing_v, tile, efficiency, bit_depth=camera.sensor.bit_depth)
    size = transfer.image_size_mm(camera, rows, columns)  # overfills the sensor by a little
    box = pixels.Grid(*shape, pitch_um * 1e-3, *size).image_box()
    stages = None
    if light is not None:
        stages = Stages(
            scene_rgb_linear=linear,
            irradiance=light,
            electrons=electrons,
            volts=volts,
            demosaiced=demosaiced,
            linear=finished,
            srgb=srgb,
            fov_deg=fov_deg,
            exposure_s=exposure_s,
            wavelength_nm=spectra.WAVELENGTH_NM,
        )
    rgb = srgb if camera.isp.tone == "srgb" else srgb_decode(srgb)
    return Shot(rgb, finished, electrons, adc.digitise(electrons, camera.sensor), exposure_s, box, stages)


# --- the display ---------------------------------------------------------------------------------------------------


def decode(rgb: ArrayLike) -> np.ndarray:
    """Drive of the reflectance display's primaries, [0, 1], for a picture (H, W, 3).

    The display has 1024 levels; a value v in [0, 1] has the level v · 1023, rounded half up. Whole numbers are
    shares of their type's largest value. (ISETCam takes a uint8 picture without values above 1 for one in [0, 1],
    where 1 is white; here 1 is 1/255.) ValueError for anything but uint8, uint16, or floating point in [0, 1].
    """
    rgb = as_picture(rgb)
    if rgb.dtype.kind == "u":
        rgb = rgb / np.iinfo(rgb.dtype).max
    table = _gamma_table()
    level = np.floor(rgb.astype(float) * (len(table) - 1) + 0.5).astype(np.intp)
    return np.stack([table[level[..., k], k] for k in range(3)], axis=-1)


@functools.cache
def _gamma_table() -> np.ndarray:
    """Drive per level and primary, (1024, 3)."""
    with (resources.files("camsim") / "data" / "lcd_apple_gamma.csv").open(encoding="utf-8") as file:
        rows = np.loadtxt((line for line in file if not line.startswith("#")), delimiter=",", skiprows=1)
    table = rows[:, 1:].copy()
    table.setflags(write=False)
    return table


def _photons_per_joule() -> np.ndarray:
    return spectra.WAVELENGTH_NM * 1e-9 / (PLANCK * spectra.LIGHT_SPEED)


@functools.cache
def _photon_primaries() -> np.ndarray:
    primaries = spectra.reflectance_display() * _photons_per_joule()[:, None]
    primaries.setflags(write=False)
    return primaries


def radiance(linear: np.ndarray) -> np.ndarray:
    """Photon radiance (H, W, 31), photons s⁻¹ sr⁻¹ m⁻² nm⁻¹, of the display at the drive (H, W, 3), [0, 1].

    White has 100 cd/m². Strong colours dip below zero where the display's primaries do.
    """
    return np.asarray(linear) @ _photon_primaries().T
