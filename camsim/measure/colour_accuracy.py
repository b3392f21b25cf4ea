"""Colour accuracy from a picture of a ColorChecker: CIEDE2000 between each patch and its reflectance under D65.

References: C. McCamy, H. Marcus, J. Davidson, "A color-rendition chart", J. Applied Photographic Engineering 2, 1976;
ISO/CIE 11664-6:2014 (CIEDE2000).
"""

from dataclasses import dataclass

import numpy as np

from camsim.charts import colorchecker
from camsim.light import spectra
from camsim.light.colour import SRGB_WHITE_XYZ, linear_to_xyz, xyz_to_linear

ROWS, COLUMNS = 4, 6

#: Share of a cell's side that is measured, in its middle: clear of gaps and blurred borders.
WINDOW = 0.4

#: Smallest side of a cell, pixels.
MIN_CELL = 4

#: Position of the white patch.
WHITE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorCheck:
    """24 measured patches, in the chart's order (row by row from dark skin)."""

    names: tuple[str, ...]
    lab: np.ndarray  #: (24, 3) CIELAB of the picture, white sRGB (1, 1, 1)
    reference_lab: np.ndarray  #: (24, 3) CIELAB of the reflectances under D65, white a perfect diffuser
    delta_e: np.ndarray  #: (24,) CIEDE2000
    linear: np.ndarray  #: (24, 3) measured linear sRGB, after `gain`
    reference_linear: np.ndarray  #: (24, 3) linear sRGB of the reference, not clipped
    gain: float  #: what the picture was multiplied with to match the white, else 1
    box: tuple[int, int, int, int]  #: top, left, bottom, right of the chart
    turned: bool  #: whether the chart would fit far better turned by 180°


def measure(
    linear: np.ndarray, box: tuple[int, int, int, int] | None = None, *, match_white: bool = False
) -> ColorCheck:
    """Compare the 4 × 6 patches in a picture with the chart.

    Parameters
    ----------
    linear : (H, W, 3) linear sRGB.
    box : top, left, bottom, right of the patches in pixels; the whole picture if None. The cells divide it evenly.
    match_white : multiply the picture so that the luminance of the white patch is the reference's.

    Raises
    ------
    ValueError
        Where the box is not within the picture or too small, or a black white patch is to be matched.
    """
    rows, columns = linear.shape[:2]
    top, left, bottom, right = box = (0, 0, rows, columns) if box is None else box
    if not (0 <= top < bottom <= rows and 0 <= left < right <= columns):
        raise ValueError(
            f"box {top},{left},{bottom},{right} must be TOP,LEFT,BOTTOM,RIGHT within {rows} rows and {columns} columns"
        )
    if bottom - top < MIN_CELL * ROWS or right - left < MIN_CELL * COLUMNS:
        raise ValueError(
            f"a chart of {right - left}×{bottom - top} pixels is too small: "
            f"at least {MIN_CELL * COLUMNS}×{MIN_CELL * ROWS}"
        )
    reference_xyz = reference()
    measured = patch_means(linear[top:bottom, left:right])
    gain = 1.0
    if match_white:
        luminance = linear_to_xyz(measured[WHITE])[1]
        if luminance <= 0:
            raise ValueError("the white patch is black: its luminance cannot be matched")
        gain = float(reference_xyz[WHITE, 1] / luminance)
    measured = gain * measured
    lab, reference_lab = to_lab(linear_to_xyz(measured)), to_lab(reference_xyz)
    delta_e = delta_e_2000(reference_lab, lab)
    return ColorCheck(
        names=colorchecker.patch_names(),
        lab=lab,
        reference_lab=reference_lab,
        delta_e=delta_e,
        linear=measured,
        reference_linear=xyz_to_linear(reference_xyz),
        gain=gain,
        box=tuple(int(border) for border in box),
        turned=bool(delta_e_2000(reference_lab, lab[::-1]).mean() < delta_e.mean() / 2),
    )


def reference() -> np.ndarray:
    """XYZ of the 24 reflectances under D65, (24, 3), scaled to sRGB's white, which is Y = 100."""
    d65 = spectra.table("d65")[:, 0]
    return spectra.xyz(spectra.table("colorchecker").T * d65) / spectra.xyz(d65) * SRGB_WHITE_XYZ


def patch_means(chart: np.ndarray) -> np.ndarray:
    """Mean of the middle of every cell of a picture (H, W, C) filled by the chart: (24, C)."""

    def windows(length, count):
        centre, half = (np.arange(count) + 0.5) * length / count, WINDOW * length / count / 2
        start = np.rint(centre - half).astype(int)
        return zip(start, np.maximum(start + 1, np.rint(centre + half).astype(int)), strict=True)

    across = list(windows(chart.shape[1], COLUMNS))
    return np.array([chart[a:b, c:d].mean(axis=(0, 1)) for a, b in windows(chart.shape[0], ROWS) for c, d in across])


def to_lab(xyz: np.ndarray) -> np.ndarray:
    """XYZ (..., 3), Y = 100 for white, to CIELAB relative to sRGB's white."""
    import colour

    return colour.XYZ_to_Lab(np.asarray(xyz) / 100, SRGB_WHITE_XYZ[:2] / SRGB_WHITE_XYZ.sum())


def delta_e_2000(reference_lab: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """CIEDE2000 between CIELAB arrays (..., 3): (...)."""
    import colour

    return colour.delta_E(reference_lab, lab, method="CIE 2000")
