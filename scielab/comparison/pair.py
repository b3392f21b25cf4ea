"""One picture against its reference: reading both, measuring, the record that is printed and kept."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from camsim._version import __version__
from camsim.io import atomic, image
from camsim.light import colour
from scielab.eye import display, encoding
from scielab.metrics import colour_difference, s_cielab
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

#: File name endings of what can be compared: pictures, and arrays (H, W, 3).
SUFFIXES = (*image.SUFFIXES, ".npy")

#: File name endings of a raw map: float64 as it was computed, or float32 as a picture.
RAW_SUFFIXES = (".npy", ".tif", ".tiff")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conditions:
    """How pictures are looked at and what their values mean: the arguments of `metric.delta_e`, with their origin."""

    samples_per_degree: float | None = DEFAULT_SAMPLES_PER_DEGREE  #: None: by `fov_deg`
    fov_deg: float | None = None  #: degrees across the width of the picture, whatever that is in pixels
    geometry: str = "given"  #: where the samples per degree are from, in words
    preset: str = "1996"
    formula: int = 76
    input: str | np.ndarray | display.Display = "srgb"
    white: tuple[float, float, float] | None = None
    origin: dict = field(default_factory=lambda: {"input": "srgb"})  #: what a record says of the input

    def rate(self, columns: int) -> float:
        """Samples per degree of a picture of so many columns."""
        if self.fov_deg is None:
            return self.samples_per_degree
        return s_cielab.samples_per_degree_of_fov(self.fov_deg, columns)


def input_of(name: str, *, matrix: tuple[float, ...] | None = None, display_file: Path | None = None) -> dict:
    """The fields `input` and `origin` of `Conditions`.

    Parameters
    ----------
    name : "srgb", "linear" or "xyz"; plays no part with one of the following
    matrix : linear RGB to XYZ, nine numbers by rows
    display_file : of a calibrated display, to which the pictures' values are sent

    Raises ValueError for a display's file that cannot be read.
    """
    if matrix is not None:
        return {"input": np.reshape(matrix, (3, 3)), "origin": {"input": "matrix", "matrix": list(matrix)}}
    if display_file is not None:
        calibrated = display.read(display_file)
        origin = {"input": "display", "display": str(display_file), "display_sha256": atomic.sha256(display_file)}
        return {"input": calibrated, "origin": origin}
    return {"input": name, "origin": {"input": name}}


def read(path: Path, conditions: Conditions) -> np.ndarray:
    """A picture or array file as (H, W, 3), in the values that `metric.delta_e` takes under these conditions.

    Raises ValueError where the file is missing, damaged, not a picture, too large, not (H, W, 3) or holds NaN.
    """
    if path.suffix.lower() != ".npy":
        picture = image.read_native(path)
    else:
        picture = _read_array(path)
    if picture.dtype.kind == "u" and conditions.origin["input"] not in ("srgb", "display"):
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
    rate = conditions.rate(pictures[0].shape[1])
    meaning = {"input": conditions.input, "white": conditions.white}
    viewing = {"samples_per_degree": rate, "preset": conditions.preset, "formula": conditions.formula}
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # their NaN and infinity are refused
            differences = s_cielab.delta_e(*pictures, **viewing, **meaning)
        pooled = s_cielab.summary(differences)
    except ValueError as error:
        raise ValueError(f"{test} against {ref}: {error}") from error
    source = encoding.source(**meaning)
    record = {
        "metric": s_cielab.version(conditions.preset),
        **viewing,
        "geometry": conditions.geometry,
        **conditions.origin,
        "white_xyz": source.white_xyz.tolist(),
        "border_rule": s_cielab.border_rule(pictures[0].shape[:2], rate, conditions.preset),
        "width": pictures[0].shape[1],
        "height": pictures[0].shape[0],
        "delta_e": pooled,
    }
    if plain:
        lab = [colour_difference.xyz_to_lab(_xyz(picture, source), source.white_xyz) for picture in pictures]
        record["plain_delta_e"] = s_cielab.summary(colour_difference.FORMULAS[conditions.formula](*lab))
    record |= {
        "reference": str(ref),
        "reference_sha256": atomic.sha256(ref),
        "test": str(test),
        "test_sha256": atomic.sha256(test),
        "version": __version__,
    }
    return record, differences


def _xyz(picture: np.ndarray, source: encoding.Source) -> np.ndarray:
    """XYZ (H, W, 3) of a picture, without any blur."""
    planes = encoding.opponent_planes(picture, source, np.float64)[:, :, : picture.shape[1]]
    return np.moveaxis(planes, 0, -1) @ source.to_xyz.T


def to_show(picture: np.ndarray, conditions: Conditions) -> np.ndarray:
    """A picture of `read_pair` as sRGB values (H, W, 3) in [0, 1] to look at: its white as white, the rest clipped."""
    if conditions.origin["input"] == "srgb":
        return np.divide(picture, np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else 1, dtype=float)
    source = encoding.source(conditions.input, conditions.white)
    return colour.srgb_encode(colour.xyz_to_linear(_xyz(picture, source) / source.white_xyz * colour.SRGB_WHITE_XYZ))


def save_raw(path: Path, differences: np.ndarray) -> None:
    """Write a map (H, W) in ΔE as its numbers: `.npy` as they are, TIFF in float32, uncompressed."""
    if path.suffix.lower() == ".npy":
        np.save(path, differences, allow_pickle=False)
    else:
        import tifffile

        tifffile.imwrite(path, differences.astype(np.float32), photometric="minisblack", metadata=None)
