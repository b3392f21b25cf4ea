"""One picture against its reference: reading both, measuring, the record that is printed and kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import camsim
from camsim import colour, files, image
from scielab import DEFAULT_SAMPLES_PER_DEGREE, deltae, metric, plots

#: What the values of a picture may be.
INPUTS = ("srgb", "linear", "xyz")

#: File name endings of what can be compared: pictures, and arrays (H, W, 3).
SUFFIXES = (*image.SUFFIXES, ".npy")

#: File name endings of a raw map: float64 as it was computed, or float32 as a picture.
RAW_SUFFIXES = (".npy", ".tif", ".tiff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How pictures are looked at and what their values mean."""

    samples_per_degree: float | None = DEFAULT_SAMPLES_PER_DEGREE  #: None: by `fov_deg`
    fov_deg: float | None = None  #: degrees across the width of the picture, whatever that is in pixels
    geometry: str = "given"  #: where the samples per degree are from, in words
    preset: str = "1996"
    formula: int = 76
    input: str = "srgb"  #: one of `INPUTS`
    matrix: tuple[float, ...] | None = None  #: linear RGB to XYZ, nine numbers by rows
    display: Path | None = None  #: a calibrated display's file; values are what is sent to it
    white: tuple[float, float, float] | None = None  #: XYZ, in the unit of the input's XYZ

    def rate(self, columns: int) -> float:
        """Samples per degree of a picture of so many columns."""
        if self.fov_deg is None:
            return self.samples_per_degree
        return metric.samples_per_degree_of_fov(self.fov_deg, columns)


def read(path: Path, conditions: Conditions) -> np.ndarray:
    """A picture or array file as (H, W, 3), in the values that `metric.delta_e` takes under these conditions.

    Raises ValueError where the file is missing, damaged, not a picture, too large, not (H, W, 3) or holds NaN.
    """
    if path.suffix.lower() != ".npy":
        picture = image.read_native(path)
    else:
        picture = _read_array(path)
    if picture.dtype.kind == "u" and conditions.input != "srgb":
        picture = picture / float(np.iinfo(picture.dtype).max)
    return picture


def _read_array(path: Path) -> np.ndarray:
    if not path.exists():
        raise ValueError(f"{path}: no such file")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder, not a picture")
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        if isinstance(error, PermissionError):
            raise
        raise ValueError(f"{path}: cannot be read (not an array file, or damaged)") from error
    if stored.ndim != 3 or stored.shape[2] != 3 or not stored.size:
        raise ValueError(f"{path}: an array of shape {stored.shape}; it must be (rows, columns, 3), not empty")
    if stored.shape[0] * stored.shape[1] > image.MAX_PIXELS:
        raise ValueError(f"{path}: cannot be read (it is over the limit of {image.MAX_PIXELS} pixels)")
    if stored.dtype not in (np.uint8, np.uint16) and stored.dtype.kind != "f":
        raise ValueError(f"{path}: an array of {stored.dtype}; it must be floating point, uint8 or uint16")
    array = np.array(stored)
    if not np.isfinite(array).all():
        raise ValueError(f"{path}: holds NaN or infinity; its values must be finite")
    return array


def read_pair(ref: Path, test: Path, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
    """Both pictures as `read` gives them; ValueError where their sizes differ."""
    pictures = read(ref, conditions), read(test, conditions)
    if pictures[0].shape != pictures[1].shape:
        sizes = [f"{path} is {p.shape[1]}×{p.shape[0]}" for path, p in zip((ref, test), pictures, strict=True)]
        raise ValueError(f"the pictures differ in size: {', '.join(sizes)} pixels; nothing is resized")
    return pictures


def measure(
    ref: Path, test: Path, pictures: tuple[np.ndarray, np.ndarray], conditions: Conditions, *, plain: bool = False
) -> tuple[dict, np.ndarray]:
    """Compare two pictures of `read_pair`; the record, ready for JSON, and the map (H, W) in ΔE.

    With `plain` the record holds the numbers of CIELAB without any filter as well.
    """
