"""One picture against its reference: reading both, comparing them, and what comes of it."""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim._version import __version__
from camsim.io import atomic, memory
from scielab.comparison import map_figure, page, record, visible
from scielab.eye import encoding, picture_file, presets
from scielab.eye.display import Display
from scielab.metrics import colour_difference, lpips, s_cielab
from scielab.viewing import DEFAULT_VIEWING, Viewing

#: File name endings of a raw map: float64 as it was computed, or float32 as a picture.
RAW_SUFFIXES = (".npy", ".tif", ".tiff")

#: Rows worked on at a time where no pixel counts for another.
_ROWS = 64

#: Peak bytes per pixel while two pictures of 8 bits are read, compared, drawn and put on a page: no way that is
#: measured in benchmarks/memory.py takes more.
BYTES = 40

#: File name endings that a comparison can be saved under.
SUFFIXES = (*map_figure.SUFFIXES, *page.SUFFIXES, *RAW_SUFFIXES, ".json")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Picture:
    """A picture that is compared, with what a record says of it."""

    name: str  #: path of its file, or which of two arrays it is
    sha256: str  #: of the file's bytes, or of the array's in the order of its indices
    values: np.ndarray  #: (H, W, 3), as their encoding has them


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison:
    """What a comparison of two pictures found; `scielab.compare` makes it.

    In a notebook it shows its map and its numbers.

    Parameters
    ----------
    reference : Picture
        The reference, as it was read.
    test : Picture
        The picture compared with it.
    viewing : Viewing
        How both were viewed.
    delta_e : (H, W) array
        The difference of every pixel in ΔE.
    record : dict
        The numbers, the viewing conditions, and names and hashes of both pictures, ready for JSON.

    Examples
    --------
    >>> import numpy, scielab
    >>> grey = numpy.full((64, 64, 3), 0.5)
    >>> comparison = scielab.compare(grey, grey + 0.05)
    >>> comparison.delta_e.shape
    (64, 64)
    >>> round(comparison.summary["mean"], 2)
    4.96
    """

    reference: Picture
    test: Picture
    viewing: Viewing
    delta_e: np.ndarray
    record: dict

    @property
    def summary(self) -> dict[str, float]:
        """Mean, percentiles, maximum and shares of the map, as `scielab.summary` gives them.

        Examples
        --------
        >>> import numpy, scielab
        >>> picture = numpy.full((64, 64, 3), 0.5)
        >>> scielab.compare(picture, picture).summary["percent_above_1"]
        0.0
        """
        return self.record["delta_e"]

    def shown(self) -> tuple[np.ndarray, np.ndarray]:
        """Reference and test as sRGB values to look at.

        Returns
        -------
        tuple of two (H, W, 3) arrays
            Values in [0, 1]: the white of the pictures as white, what is brighter clipped.

        Examples
        --------
        >>> import numpy, scielab
        >>> picture = numpy.full((8, 8, 3), 51, dtype=numpy.uint8)
        >>> float(scielab.compare(picture, picture).shown()[0].max())
        0.2
        """
        reference, test = _to_show(self)
        return reference[:], test[:]

    def save(self, path: Path | str, *, top: float | None = None) -> None:
        """Write the map, the page or the record; the ending of the name chooses.

        Parameters
        ----------
        path : Path or str
            Ends in .png or .pdf for the map in colours with its scale, .npy or .tif for the map's numbers, .html for
            one page with slider, overlay, histogram and numbers, .json for the record. A file there is replaced.
        top : float, optional
            ΔE at the upper end of the colours, above 0; by default 1 % of the pixels at most are above it.

        Raises
        ------
        ValueError
            For another ending, a `top` that is not positive, and a place that is not writable; nothing is left
            half-written.

        Examples
        --------
        >>> import numpy, scielab
        >>> picture = numpy.full((64, 64, 3), 0.5)
        >>> scielab.compare(picture, picture + 0.05).save("map.png", top=10)
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix in map_figure.SUFFIXES:
            map_figure.save_map(path, self.delta_e, top=top, title=record.title(self.record))
        elif suffix in page.SUFFIXES:
            parts = page.html_parts(self.record, _to_show(self), self.delta_e, top=top)
            with atomic.atomic(path) as temporary, temporary.open("w", encoding="utf-8") as file:
                file.writelines(parts)
        elif suffix in RAW_SUFFIXES:
            save_raw(path, self.delta_e)
        elif suffix == ".json":
            atomic.write_text(path, json.dumps(self.record, indent=1))
        else:
            raise ValueError(f"{path}: a comparison is written as one of {', '.join(SUFFIXES)}")

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {self.summary[name]:.4g}" for name in ("mean", "p95", "max"))
        return f"<Comparison of {self.test.name} with {self.reference.name}: {numbers} ΔE>"

    def _repr_png_(self) -> bytes:
        """The map in colours, for notebooks."""
        return map_figure.png(self.delta_e, title=record.title(self.record))

    def _repr_html_(self) -> str:
        """The map in colours and the numbers, for notebooks."""
        picture = base64.b64encode(self._repr_png_()).decode()
        words = html.escape(record.table(self.record))
        return f'<img src="data:image/png;base64,{picture}" alt="map of ΔE"><pre>{words}</pre>'


def compare(
    ref: np.ndarray | Path | str,
    test: np.ndarray | Path | str,
    viewing: Viewing = DEFAULT_VIEWING,
    *,
    plain: bool = False,
    networks: Sequence[lpips.Network] = (),
) -> Comparison:
    """Compare a picture with its reference, pixel by pixel, in S-CIELAB.

    Parameters
    ----------
    ref : (H, W, 3) array, path or camsim.Shot
        The reference: sRGB values, or what `viewing.input` says. sRGB and the values of a display are uint8, uint16, or
        floating point in [0, 1]. A path is of a picture or of an array (.npy).
    test : (H, W, 3) array, path or camsim.Shot
        The picture compared with it, of the same size: nothing is resized.
    viewing : Viewing
        From how far, with which variant and formula, and what the pictures' numbers mean.
    plain : bool
        Whether the record gets the numbers of CIELAB without the eye's filters as well.
    networks : sequence of scielab.metrics.lpips.Network
        With which LPIPS is measured as well, of sRGB pictures; `scielab.metrics.lpips.load` gives one.

    Returns
    -------
    Comparison
        The map, its numbers, and a record of all that they depend on.

    Raises
    ------
    ValueError
        For what is no picture or no `Viewing`, a file that cannot be read, pictures of different sizes, values that
        are not finite or out of range, a white that is missing or not positive; for LPIPS, other input than sRGB and
        pictures that are too small; where more memory is needed than is free.

    References
    ----------
    X. Zhang, B. A. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID Digest 27 (1996)
    731-734; for LPIPS those of `scielab.metrics.lpips`.

    Examples
    --------
    >>> import numpy, scielab
    >>> grey = numpy.full((64, 64, 3), 0.5)
    >>> scielab.compare(grey, grey + 0.05, scielab.Viewing(samples_per_degree=60, formula=2000))
    <Comparison of test array with reference array: mean 4.633, p95 4.633, max 4.633 ΔE>
    """
    reference, tested = read(ref, test, viewing)
    meaning = encoding.of(viewing)
    pictures = reference.values, tested.values
    rows, columns = pictures[0].shape[:2]
    memory.check(rows * columns * BYTES, f"{tested.name}: to compare it with {reference.name}")
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # their NaN and infinity are refused
            differences = s_cielab.delta_e(*pictures, viewing)
        numbers = s_cielab.summary(differences)
    except ValueError as error:
        raise ValueError(f"{tested.name} against {reference.name}: {error}") from error
    found = {
        "metric": presets.PRESETS[viewing.preset].title,
        "samples_per_degree": viewing.rate(columns),
        "preset": viewing.preset,
        "formula": viewing.formula,
        "geometry": viewing.geometry,
        **_input_record(viewing),
        "white_xyz": meaning.white_xyz.tolist(),
        "border_rule": s_cielab.border_rule((rows, columns), viewing),
        "width": columns,
        "height": rows,
        "delta_e": numbers,
    }
    if plain:
        found["plain_delta_e"] = s_cielab.summary(_plain(pictures, meaning, viewing.formula))
    if networks:
        if viewing.input != "srgb":
            raise ValueError("LPIPS is of sRGB pictures: no other input can be measured with it")
        shown = [visible.Visible(picture, meaning)[:] for picture in pictures]
        found |= {network.metric: lpips.distance(network, *shown) for network in networks}
        found["lpips"] = {network.metric: lpips.identity(network) for network in networks}
    found |= {
        "reference": reference.name,
        "reference_sha256": reference.sha256,
        "test": tested.name,
        "test_sha256": tested.sha256,
        "version": __version__,
    }
    return Comparison(reference, tested, viewing, differences, found)


def read(
    ref: np.ndarray | Path | str, test: np.ndarray | Path | str, viewing: Viewing = DEFAULT_VIEWING
) -> tuple[Picture, Picture]:
    """Both pictures, from files or arrays; ValueError where one cannot be read or their sizes differ."""
    meaning = encoding.of(viewing)
    reference, other = _read(ref, "reference array", meaning), _read(test, "test array", meaning)
    if reference.values.shape != other.values.shape:
        sizes = [f"{picture.name} is {_size(picture.values.shape)}" for picture in (reference, other)]
        raise ValueError(f"the pictures differ in size: {', '.join(sizes)} pixels; nothing is resized")
    return reference, other


def _read(picture: np.ndarray | Path | str, array_name: str, meaning: encoding.Encoding) -> Picture:
    values = picture_file.values(picture, meaning)
    if isinstance(picture, str | Path):
        return Picture(str(picture), atomic.sha256(picture), values)
    return Picture(array_name, hashlib.sha256(np.ascontiguousarray(values).data).hexdigest(), values.copy())


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, (shape[1], shape[0]) if len(shape) == 3 else shape))


def _input_record(viewing: Viewing) -> dict:
    """What a record says of the pictures' encoding."""
    if isinstance(viewing.input, str):
        return {"input": viewing.input}
    if isinstance(viewing.input, Display):
        return {"input": "display", "display": viewing.input.file, "display_sha256": viewing.input.sha256}
    return {"input": "matrix", "matrix": [float(number) for row in viewing.input for number in row]}


def _to_show(comparison: Comparison) -> tuple[visible.Visible, visible.Visible]:
    """Reference and test, ready to be looked at."""
    meaning = encoding.of(comparison.viewing)
    return visible.Visible(comparison.reference.values, meaning), visible.Visible(comparison.test.values, meaning)


def _plain(pictures: tuple[np.ndarray, np.ndarray], meaning: encoding.Encoding, formula: int) -> np.ndarray:
    """Differences (H, W) in ΔE without any blur."""
    differences = np.empty(pictures[0].shape[:2])
    for first in range(0, len(differences), _ROWS):
        rows = slice(first, first + _ROWS)
        light = [visible.xyz(picture[rows], meaning) for picture in pictures]
        lab = [colour_difference.xyz_to_lab(each, meaning.white_xyz) for each in light]
        differences[rows] = colour_difference.FORMULAS[formula](*lab)
    return differences


def save_raw(path: Path, delta_e_map: np.ndarray) -> None:
    """Write a map (H, W) in ΔE as its numbers: `.npy` as they are, TIFF in float32, uncompressed."""
    with atomic.atomic(path) as temporary:
        if path.suffix.lower() == ".npy":
            with temporary.open("wb") as file:
                np.save(file, delta_e_map, allow_pickle=False)
        else:
            import tifffile

            tifffile.imwrite(temporary, delta_e_map.astype(np.float32), photometric="minisblack", metadata=None)
