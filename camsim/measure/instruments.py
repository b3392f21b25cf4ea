"""The measurements for paths as well as arrays, as the front door hands them out; each is loaded on first use."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from camsim import camera_file
from camsim.camera import Camera
from camsim.io import image
from camsim.light import colour

if TYPE_CHECKING:
    from camsim.measure.colour_accuracy import ColorCheck
    from camsim.measure.photon_transfer import PhotonTransfer
    from camsim.measure.slanted_edge import EdgeResponse
    from camsim.shot import Shot


def measure_mtf(
    picture: "Path | str | np.ndarray | Shot",
    roi: tuple[int, int, int, int] | None = None,
    *,
    channel: str = "Y",
    order: int = 1,
    linear: bool = False,
) -> "EdgeResponse":
    """Measure the MTF from a slanted edge, after ISO 12233.

    Parameters
    ----------
    picture : path, ndarray or Shot
        A picture of a straight edge 1° to 40° off the columns or rows; arrays as for `render`.
    roi : tuple of int, optional
        Top, left, bottom and right of a region with nothing but the edge, pixels; searched for if None.
    channel : str, optional
        What is measured: luminance "Y", or "R", "G", "B".
    order : int, optional
        1 fits a straight edge, 2 a parabola, for lenses with distortion.
    linear : bool, optional
        Whether the picture's values are linear light rather than sRGB.

    Returns
    -------
    EdgeResponse
        `mtf50_per_px`, `frequency_per_px` and `sfr`, cycles/pixel, and what else the edge tells.

    Raises
    ------
    ValueError
        For what is no picture; where there is no edge, the region is too small or lies outside, or the edge's angle is
        unsuitable.

    References
    ----------
    ISO 12233:2017, annex D; P. Burns, "Slanted-edge MTF for digital camera and scanner analysis", IS&T PICS 2000.

    Examples
    --------
    >>> import camsim
    >>> edge = camsim.chart("slanted-edge", 128, 128)
    >>> round(camsim.measure_mtf(edge).mtf50_per_px, 2)
    0.6
    """
    from camsim.measure import slanted_edge

    return slanted_edge.measure(colour.channel(_linear(picture, linear), channel), roi, order=order)


def measure_color(
    picture: "Path | str | np.ndarray | Shot",
    box: tuple[int, int, int, int] | None = None,
    *,
    match_white: bool = False,
    linear: bool = False,
) -> "ColorCheck":
    """Compare a picture of a ColorChecker with the chart's colours under D65.

    Parameters
    ----------
    picture : path, ndarray or Shot
        4 rows of 6 patches, dark skin at the top left; arrays as for `render`.
    box : tuple of int, optional
        Top, left, bottom and right of the patches, pixels; the whole picture if None.
    match_white : bool, optional
        First scale the picture so that its white patch has the right luminance.
    linear : bool, optional
        Whether the picture's values are linear light rather than sRGB.

    Returns
    -------
    ColorCheck
        `lab`, `reference_lab` and `delta_e` (CIEDE2000) of the 24 patches.

    Raises
    ------
    ValueError
        For what is no picture; where the box is not within it or too small, or a black white patch is to be matched.

    References
    ----------
    ISO/CIE 11664-6:2014 (CIEDE2000); C. McCamy, H. Marcus, J. Davidson, "A color-rendition chart", J. Applied
    Photographic Engineering 2, 1976.

    Examples
    --------
    >>> import camsim
    >>> check = camsim.measure_color(camsim.chart("colorchecker"))
    >>> check.names[check.delta_e.argmax()]  # lies outside sRGB
    'cyan'
    """
    from camsim.measure import colour_accuracy

    return colour_accuracy.measure(_linear(picture, linear), box, match_white=match_white)


def measure_noise(camera: Camera | Path | str, *, size: int = 256, seed: int = 0) -> "PhotonTransfer":
    """Measure gain, noise and full well of a camera's sensor by photon transfer, from its raw counts alone.

    Parameters
    ----------
    camera : Camera or path
        A camera, the name of a built-in one such as "f22", or a .toml file.
    size : int, optional
        Side of the frames that are taken, pixels. Read noise is good to about 1 % with 256.
    seed : int, optional
        Decides the noise, at least 0.

    Returns
    -------
    PhotonTransfer
        `gain_e_per_dn`, `read_noise_e`, `full_well_e`, and the photon transfer curve as `points`.

    Raises
    ------
    ValueError
        For an unknown camera, one without a sensor or without noise, one that is too coarse to be measured, and a seed
        that is no whole number from 0.

    References
    ----------
    J. Janesick, Photon Transfer, SPIE Press 2007; EMVA Standard 1288, release 4.0, 2021.

    Examples
    --------
    >>> import camsim
    >>> round(camsim.measure_noise("f22", size=128).gain_e_per_dn, 1)
    2.4
    """
    from camsim.measure import photon_transfer

    camera = camera_file.load(camera)
    if camera.ideal:
        raise ValueError(f"setting {camera.name!r} has no sensor to measure")
    return photon_transfer.measure(camera.sensor, size=size, seed=seed)


def _linear(picture: "Path | str | np.ndarray | Shot", linear: bool) -> np.ndarray:
    """Linear light, (H, W, 3), of a picture that is given in linear light or as sRGB values."""
    picture = image.read_native(picture) if isinstance(picture, str | os.PathLike) else picture
    return image.as_float(colour.as_picture(picture)) if linear else colour.decode_picture(picture)
