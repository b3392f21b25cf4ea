"""What a camera does to a picture: scene, optics, sensor, image processor.

    shot = camsim.render("photo.jpg", "f22", seed=0)      # a photograph through an f/22 lens
    shot.rgb, shot.electrons, shot.exposure_s             # arrays and numbers; shot.save("out.png")
    camera = camsim.load("f22").replace("optics.fnumber", 16)
    camsim.measure_mtf(camsim.chart("slanted-edge")).mtf50_per_px

Pictures are paths, shots or arrays (H, W, 3) of sRGB values: uint8, uint16, or floating point in [0, 1]. Everything is
loaded on first use.
"""

from __future__ import annotations

from camsim._version import __version__

TYPE_CHECKING = False  # as in `typing`, whose import would take longer than all else here
if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    import numpy as np

    from camsim.augment import Augment
    from camsim.camera import Camera
    from camsim.camera_parts import ISP, Optics, Scene, Sensor
    from camsim.measure.instruments import measure_color, measure_mtf, measure_noise
    from camsim.pipeline import Renderer
    from camsim.scene.cube import Cube
    from camsim.shot import Shot

    Path = str | PathLike[str]

__all__ = [
    "ISP",
    "Augment",
    "Camera",
    "Optics",
    "Renderer",
    "Scene",
    "Sensor",
    "Shot",
    "__version__",
    "chart",
    "load",
    "measure_color",
    "measure_mtf",
    "measure_noise",
    "read",
    "render",
    "write",
]

#: What is handed out as it is, and where it stands.
_ELSEWHERE = {
    "Augment": "camsim.augment",
    "Camera": "camsim.camera",
    **dict.fromkeys(("ISP", "Optics", "Scene", "Sensor"), "camsim.camera_parts"),
    "Renderer": "camsim.pipeline",
    "Shot": "camsim.shot",
    "measure_color": "camsim.measure.instruments",
    "measure_mtf": "camsim.measure.instruments",
    "measure_noise": "camsim.measure.instruments",
}


def __getattr__(name: str) -> object:
    if name not in _ELSEWHERE:
        raise AttributeError(f"module 'camsim' has no attribute {name!r}")
    import importlib

    return globals().setdefault(name, getattr(importlib.import_module(_ELSEWHERE[name]), name))


def __dir__() -> list[str]:
    return __all__


def render(
    picture: Path | np.ndarray | Shot | Cube,
    camera: Camera | Path,
    *,
    seed: int = 0,
    keep_stages: bool = False,
    keep: Iterable[str] = ("rgb", "linear", "electrons", "counts"),
) -> Shot:
    """Photograph a picture or a hyperspectral scene.

    Parameters
    ----------
    picture : path, ndarray, Shot or Cube
        A picture file or a hyperspectral scene (.npz or .mat); or an array (H, W, 3) of sRGB values: uint8, uint16, or
        floating point in [0, 1]; or what another camera made; or a cube that `read` gave.
    camera : Camera or path
        A camera, the name of a built-in one such as "f22", or a .toml file.
    seed : int, optional
        Decides the noise, at least 0; the same seed gives the same values.
    keep_stages : bool, optional
        Keep what each stage handed to the next, as `Shot.stages`. The picture stays the same.
    keep : iterable of str, optional
        Which arrays the shot shall have besides its `rgb`. Of 48 megapixels rgb and linear take 580 MB each, electrons
        190 MB, counts 100 MB: ``keep=("rgb",)`` saves the rest.

    Returns
    -------
    Shot
        The finished picture, the electrons and counts behind it, and the exposure.

    Raises
    ------
    ValueError
        For a missing or damaged file, what is no picture, an unknown camera, a seed that is no whole number from 0, a
        picture that is black under automatic exposure, and a scene or sensor that is too large.

    References
    ----------
    J. Farrell, F. Xiao, P. Catrysse, B. Wandell, "A simulation tool for evaluating digital camera image quality",
    Proc. SPIE 5294, 2004.

    Examples
    --------
    >>> import camsim, numpy as np
    >>> shot = camsim.render(np.full((64, 64, 3), 128, np.uint8), "f22", seed=1)
    >>> shot
    Shot(262×262, exposure 44.2 s)
    >>> shot.rgb.shape, shot.electrons.shape
    ((262, 262, 3), (262, 262))
    """
    import os

    from camsim import camera_file, pipeline
    from camsim.scene import read

    opened = read.read(picture) if isinstance(picture, str | os.PathLike) else picture
    return pipeline.render(opened, camera_file.load(camera), seed=seed, keep_stages=keep_stages, keep=keep)


def load(setting: Path) -> Camera:
    """Load a built-in camera by name, or any camera from a TOML file.

    Parameters
    ----------
    setting : path
        "ideal", "underexposed", "pixel25", "f22", "phone" or "isetcam"; or a file that ends in .toml.

    Returns
    -------
    Camera
        Frozen values; `Camera.replace` gives changed copies.

    Raises
    ------
    ValueError
        For an unknown name, a missing file, an unknown key or an impossible value.

    Examples
    --------
    >>> import camsim
    >>> camsim.load("pixel25")
    Camera('pixel25', scene.fov_deg=7.762, sensor.pixel_pitch_um=25, sensor.auto_exposure='incident')
    """
    from camsim import camera_file

    return camera_file.load(setting)


def read(path: Path) -> np.ndarray | Cube:
    """Read a picture, or a hyperspectral scene.

    Parameters
    ----------
    path : path
        A picture of 8 or 16 bits or floating point (PNG, JPEG, TIFF, BMP, GIF, WebP, AVIF; with imagecodecs JPEG XL),
        turned as its EXIF says, its colours converted by its profile; or a hyperspectral scene (.npz or .mat).

    Returns
    -------
    ndarray of float or Cube
        (H, W, 3) sRGB values in [0, 1], in the full depth of the file; or a cube of 31 bands, 400:10:700 nm.

    Raises
    ------
    ValueError
        For what is no path, and a file that is missing, damaged or not a picture.

    Examples
    --------
    >>> import camsim, numpy as np
    >>> camsim.write("grey.png", np.full((2, 3, 3), 0.2))
    >>> camsim.read("grey.png")[0, 0].tolist()
    [0.2, 0.2, 0.2]
    """
    from camsim import arguments
    from camsim.io import image
    from camsim.scene import read
    from camsim.scene.cube import Cube

    found = read.read(arguments.path(path, "path"))
    return found if isinstance(found, Cube) else image.as_float(found)


def write(path: Path, picture: np.ndarray | Shot, bits: int = 8) -> None:
    """Write a picture; the ending of the name chooses the format.

    A file that exists is replaced; nothing is left half-written.

    Parameters
    ----------
    path : path
        The file: .png, .jpg, .tif, .bmp or .webp; with 16 bits .png or .tif.
    picture : ndarray or Shot
        (H, W, 3) sRGB values: uint8, uint16, or floating point in [0, 1], beyond which it is clipped.
    bits : int, optional
        Depth of the file, 8 or 16.

    Raises
    ------
    ValueError
        For what is no picture or no path, NaN, an unknown format or one without such depth, and a place that is not
        writable.

    Examples
    --------
    >>> import camsim, numpy as np
    >>> camsim.write("grey.tif", np.full((2, 3, 3), 0.2), bits=16)
    >>> camsim.read("grey.tif").shape
    (2, 3, 3)
    """
    from camsim import arguments
    from camsim.io import image

    image.write(arguments.path(path, "path"), picture, bits=bits)


def chart(name: str, height: int | None = None, width: int | None = None, **options: float | str | None) -> np.ndarray:
    """Draw a test chart, as a picture that `render`, `write` and the measurements take.

    Levels are meant in linear light, a level of 0.5 for half the light of white; the picture holds them as sRGB values,
    as the files of `camsim chart` do. `camsim.charts.catalogue.make` gives the light itself.

    Parameters
    ----------
    name : str
        "slanted-edge", "colorchecker", "siemens-star" …, as `camsim chart --list` lists them.
    height : int, optional
        Rows, 8 to 8192; without it those that suit the chart.
    width : int, optional
        Columns, 8 to 8192; without it those that suit the chart.
    **options : float, int or str
        What shapes the chart, as `camsim chart NAME --options` lists it, such as ``angle_deg=5``.

    Returns
    -------
    ndarray of float
        (height, width, 3), sRGB values in [0, 1], 1 for a perfect white.

    Raises
    ------
    ValueError
        For an unknown chart or option, a value out of bounds, and a size that is no whole number within them.

    Examples
    --------
    >>> import camsim
    >>> camsim.render(camsim.chart("slanted-edge", 128, 128, angle_deg=5), "f22")
    Shot(262×262, exposure 44.2 s)
    """
    from camsim.charts import catalogue
    from camsim.light import colour

    rows, columns = catalogue.get(name).size
    rows, columns = rows if height is None else height, columns if width is None else width
    return colour.srgb_encode(catalogue.make(name, rows, columns, **options))
