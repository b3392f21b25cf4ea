"""Every stage between scene and picture, to look at or to check against another simulator."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.io import atomic


@dataclass(frozen=True, slots=True)
class Stages:
    """What each stage handed to the next. Both methods of a camera give the same names."""

    scene_rgb_linear: np.ndarray  #: (h, w, 3) linear light of the picture (isetcam: drive of its display)
    irradiance: np.ndarray | None  #: (y, x, 31) photons s⁻¹ m⁻² nm⁻¹ behind the lens (isetcam: with its frame)
    electrons: np.ndarray  #: (H, W) electrons the ADC saw
    volts: np.ndarray  #: (H, W)
    demosaiced: np.ndarray  #: (H, W, channels), share of full scale (isetcam: volts, or counts where there is an ADC)
    linear: np.ndarray  #: (H, W, 3) the picture in linear light (isetcam: `result`, its display's primaries)
    srgb: np.ndarray  #: (H, W, 3) the finished picture
    fov_deg: float
    exposure_s: float
    wavelength_nm: np.ndarray  #: (31,)


def write(path: Path, done: Stages) -> None:
    """Write the stages as an npz file whose arrays have the names of the fields."""
    with atomic.atomic(path) as new, new.open("wb") as file:
        np.savez_compressed(file, **{entry.name: getattr(done, entry.name) for entry in dataclasses.fields(done)})
