"""The whole camera: a picture goes in, a degraded picture comes out."""

import dataclasses
import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from camsim import arguments, bands, camera_file
from camsim.camera import Camera
from camsim.camera_parts import Scene
from camsim.image_formation import cosine_series, electron_rate, transfer
from camsim.io import image
from camsim.isetcam import pipeline as isetcam
from camsim.isp import process
from camsim.light import spectra
from camsim.light.colour import as_picture, decode_picture, srgb_encode
from camsim.scene import radiance, read
from camsim.scene.cube import Cube
from camsim.sensor import adc, exposure, noise, pixels
from camsim.shot import Shot, Stages

T = TypeVar("T")

#: What a shot has, and may leave out but for the first.
ARRAYS = ("rgb", "linear", "electrons", "counts")


def render(
    picture: np.ndarray | Shot | Cube,
    camera: Camera,
    *,
    seed: int = 0,
    dtype: type = np.float32,
    keep_stages: bool = False,
    keep: Iterable[str] = ARRAYS,
) -> Shot:
    """Photograph a picture or a hyperspectral scene: a `Renderer` used once.

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
    keep : iterable of str, optional
        Which of `ARRAYS` the shot shall have; its `rgb` it has always. Of a large sensor the others are not even made:
        rgb and linear take 12 bytes a pixel each, electrons 4, counts 2 or 4.

    Returns
    -------
    Shot
        The finished picture, the electrons and counts behind it, and the exposure.

    Raises
    ------
    ValueError
        If `picture` is not such an array, or black under automatic exposure; if `seed` is no whole number from 0; if
        stages are to be kept of a camera that is `ideal`, which has none; if the scene or the sensor is too large; for
        an unknown name in `keep`.

    Notes
    -----
    In single precision a large sensor (`camsim.image_formation.large`) is worked out in bands, whose light differs by
    less than 1e-5 of a white's. Its stages are not to be had.

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
    wanted = _names(keep)
    shot = Renderer(picture, dtype=dtype)._photograph(camera, arguments.seed(seed), keep_stages, keep=wanted)
    left_out: dict[str, Any] = dict.fromkeys(set(ARRAYS) - wanted)
    return dataclasses.replace(shot, **left_out)


def _names(keep: Iterable[str]) -> frozenset[str]:
    """The arrays that a shot shall have."""
    wanted = frozenset({keep} if isinstance(keep, str) else keep) | {"rgb"}
    if unknown := sorted(map(str, wanted - set(ARRAYS))):
        raise ValueError(f"keep: {arguments.shown(unknown[0])} is none of {', '.join(ARRAYS)}")
    return wanted


class Renderer:
    """A picture before changing cameras: what a change does not touch is kept.

    Light in the picture's series, electrons/s, the exposed sensor and the finished picture follow one another; each
    is made anew only where the camera differs from the last one in what decides it. So another exposure or noise costs
    no lens, another image processor costs no exposure; and a changed lens needs no picture read again. Every result is
    what `render` gives, to the byte.

    Parameters
    ----------
    picture : path, ndarray, Shot or Cube
        A picture or a hyperspectral scene, as `render` takes it. An array is not copied: leave it as it is.
    dtype : type, optional
        Precision of the work; see `render`.

    Raises
    ------
    ValueError
        For a missing or damaged file, and another `dtype`; `render` says what else can be wrong.

    Examples
    --------
    >>> import camsim
    >>> renderer = camsim.Renderer(camsim.chart("siemens-star", 128, 128))
    >>> camera = camsim.load("f22")
    >>> for fnumber in (4, 8, 16):
    ...     shot = renderer.render(camera.replace("optics.fnumber", fnumber))
    >>> brighter = renderer.render(camera.replace("sensor.exposure_ev", 1.0))
    """

    def __init__(self, picture: str | os.PathLike[str] | np.ndarray | Shot | Cube, *, dtype: type = np.float32) -> None:
        self._picture = read.read(picture) if isinstance(picture, str | os.PathLike) else picture
        if dtype not in (np.float32, np.float64, "float32", "float64"):
            raise ValueError(f"dtype = {arguments.shown(dtype)} must be float32 or float64")
        self._dtype = np.dtype(dtype).type
        self._kept: dict[str, tuple[object, Any]] = {}  # stage: what decided its last result, and that

    def render(
        self, camera: Camera | str | os.PathLike[str], *, seed: int = 0, keep_stages: bool = False, draft: bool = False
    ) -> Shot:
        """Photograph the picture with a camera.

        Parameters
        ----------
        camera : Camera or path
            A camera, the name of a built-in one such as "f22", or a .toml file.
        seed : int, optional
            Decides the noise, at least 0; the same seed gives the same values.
        keep_stages : bool, optional
            Keep what each stage handed to the next as `Shot.stages`. They are made anew each time.
        draft : bool, optional
            Be quick where a lens is not symmetric about its axis (blades, coma, astigmatism): five wavelengths stand
            for all. Electrons before noise then err by some 1e-3 of the brightest pixel's; by up to 1e-2 for coma of a
            fifth of a wave, or blades around a large obstruction, on fine detail. The shot says whether it is a draft.

        Returns
        -------
        Shot
            What `camsim.render` gives. Its electrons and counts are read-only, for they are kept.

        Raises
        ------
        ValueError
            As `camsim.render` does.
        """
        shot = self._photograph(camera_file.load(camera), arguments.seed(seed), keep_stages, draft)
        return dataclasses.replace(shot, electrons=_read_only(shot.electrons), counts=_read_only(shot.counts))

    def _once(self, stage: str, decided_by: object, make: Callable[[], T]) -> T:
        """The last result of a stage, or a new one where something else decides it now."""
        kept = self._kept.get(stage)
        if kept is None or kept[0] != decided_by:
            kept = self._kept[stage] = decided_by, make()
        return kept[1]

    def _photograph(
        self,
        camera: Camera,
        seed: int,
        keep_stages: bool,
        draft: bool = False,
        keep: Iterable[str] = ARRAYS,
    ) -> Shot:
        picture, dtype = self._picture, self._dtype
        if camera.ideal:
            if keep_stages:
                raise ValueError(f"setting {camera.name!r} is no camera: it has no stages")
            return _untouched(picture, camera.scene, dtype)
        if camera.method == "isetcam":
            return isetcam.render(picture, camera, seed=seed, keep_stages=keep_stages)

        if dtype is np.float32 and not keep_stages and bands.are_needed(picture, camera):
            return _in_bands(as_picture(picture), camera, seed, keep)  # type: ignore[arg-type]  # no Cube

        sensor = camera.sensor
        draft = draft and not isinstance(picture, Cube) and transfer.has_draft(camera)
        lens = transfer.identity(camera), sensor.binning, draft
        rate, grid = self._once("rate", lens, lambda: self._rate(camera, draft))
        incident = sensor.auto_exposure == "incident"
        exposure_s = exposure.exposure_time(sensor, electron_rate.white_rate(camera) if incident else rate)

        def expose() -> tuple[np.ndarray, np.ndarray]:
            electrons = noise.expose(rate, exposure_s, sensor, seed)
            return electrons, adc.digitise(electrons, sensor)

        electrons, counts = self._once("exposure", (lens, sensor, exposure_s, seed), expose)
        linear, finished = process.process(counts, camera, exposure_s, dtype=dtype)
        stages = None
        if keep_stages:
            stages = _stages(picture, camera, electrons, counts, exposure_s, (linear, finished))
        return Shot(finished, linear, electrons, counts, exposure_s, grid.image_box(sensor.binning), stages, draft)

    def _rate(self, camera: Camera, draft: bool) -> tuple[np.ndarray, pixels.Grid]:
        """Noise-free electrons/s of every pixel as it is read."""
        picture, scene = self._picture, camera.scene
        if isinstance(picture, Cube):
            rate, grid = electron_rate.electron_rate_spectral(
                _lit_spectrally(radiance.cube_radiance(picture, scene), scene), camera
            )
        else:

            def transform() -> np.ndarray:
                return cosine_series.transform(np.moveaxis(_lit(decode_picture(picture, self._dtype), scene), -1, 0))

            series = self._once("series", None if scene.mean_luminance_cd_m2 is None else scene, transform)
            rate, grid = electron_rate.of_transform(series, camera, draft=draft)
        return pixels.bin_charge(rate.astype(self._dtype, copy=False), camera.sensor), grid


def _in_bands(picture: np.ndarray, camera: Camera, seed: int, keep: Iterable[str]) -> Shot:
    """A photograph by a large sensor, or of a large picture."""
    with bands.threads(1) as each:
        exposed = bands.expose(picture, camera, seed, each, electrons="electrons" in keep)
        shape = *exposed.counts.shape, 3
        finished = np.empty(shape, np.float32)
        linear = np.empty(shape, np.float32) if "linear" in keep else None
        for part, lit, rgb in bands.develop(exposed, camera, each):
            finished[part] = rgb
            if linear is not None:
                linear[part] = lit
    light: Any = linear  # None where it is not kept
    return Shot(finished, light, exposed.electrons, exposed.counts, exposed.exposure_s, exposed.box)


def _read_only(values: np.ndarray | None) -> np.ndarray | None:
    if values is not None:
        values = values.view()
        values.setflags(write=False)
    return values


def _lit_spectrally(photons: np.ndarray, scene: Scene) -> np.ndarray:
    """Photon radiance (H, W, 31) at the mean luminance that the scene is given, if it is given one."""
    return photons * radiance.brightness(photons.mean(axis=(0, 1)), scene)


def _stages(
    picture: np.ndarray | Shot | Cube,
    camera: Camera,
    electrons: np.ndarray,
    counts: np.ndarray,
    exposure_s: float,
    finished: tuple[np.ndarray, np.ndarray],
) -> Stages:
    """What each stage handed to the next; scene, irradiance and demosaiced values in double precision."""
    scene = camera.scene
    if isinstance(picture, Cube):
        photons = radiance.cube_radiance(picture, scene)
        seen = radiance.to_srgb_linear(photons, scene)
    else:
        seen = decode_picture(picture)
        photons = radiance.radiance(seen, scene)
    return Stages(
        scene_rgb_linear=seen,
        irradiance=electron_rate.irradiance(_lit_spectrally(photons, scene), camera),
        electrons=electrons.copy(),  # those of the shot may be kept
        volts=adc.volts(electrons, camera.sensor),
        demosaiced=process.full_colour(counts, camera, exposure_s),  # in double precision; the picture's are single
        linear=finished[0],
        srgb=finished[1],
        fov_deg=transfer.fov_deg(camera, *seen.shape[:2]),
        exposure_s=exposure_s,
        wavelength_nm=spectra.WAVELENGTH_NM,
    )


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
