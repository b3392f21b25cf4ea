"""Colour accuracy from a picture of a ColorChecker: CIEDE2000 between each patch and its reflectance under D65.

References: C. McCamy, H. Marcus, J. Davidson, "A color-rendition chart", J. Applied Photographic Engineering 2, 1976;
ISO/CIE 11664-6:2014 (CIEDE2000).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from camsim.charts import colorchecker
from camsim.light import spectra
from camsim.light.colour import SRGB_WHITE_XYZ, linear_to_xyz, xyz_to_linear
from camsim.measure import html

ROWS, COLUMNS = 4, 6

#: Share of a cell's side that is measured, in its middle: clear of gaps and blurred borders.
WINDOW = 0.4

#: Smallest side of a cell, pixels.
MIN_CELL = 4

#: Position of the white patch.
WHITE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorCheck:
    """24 measured patches, in the chart's order (row by row from dark skin).

    Parameters
    ----------
    names : tuple of str
        Of the patches.
    lab : ndarray of float
        (24, 3) CIELAB of the picture, white sRGB (1, 1, 1).
    reference_lab : ndarray of float
        (24, 3) CIELAB of the reflectances under D65, white a perfect diffuser.
    delta_e : ndarray of float
        (24,) CIEDE2000 between both.
    linear : ndarray of float
        (24, 3) measured linear sRGB, after `gain`.
    reference_linear : ndarray of float
        (24, 3) linear sRGB of the reference, not clipped.
    gain : float
        What the picture was multiplied with to match the white, else 1.
    box : (int, int, int, int)
        Top, left, bottom, right of the chart.
    turned : bool
        Whether the chart would fit far better turned by 180°.

    Examples
    --------
    >>> from camsim.charts import catalogue
    >>> measure(catalogue.make("colorchecker", 80, 120, gap=0))
    <ColorCheck: CIEDE2000 mean 0.10, max 2.44 (cyan)>
    """

    names: tuple[str, ...]
    lab: np.ndarray
    reference_lab: np.ndarray
    delta_e: np.ndarray
    linear: np.ndarray
    reference_linear: np.ndarray
    gain: float
    box: tuple[int, int, int, int]
    turned: bool

    @property
    def worst(self) -> str:
        """Name of the patch that differs most."""
        return self.names[self.delta_e.argmax()]

    def __repr__(self) -> str:
        return f"<ColorCheck: CIEDE2000 mean {self.delta_e.mean():.2f}, max {self.delta_e.max():.2f} ({self.worst})>"

    def _repr_html_(self) -> str:
        def numbers(lab: np.ndarray) -> str:
            return " ".join(f"{value:.2f}" for value in lab)

        patches = zip(self.names, self.lab, self.reference_lab, self.delta_e, strict=True)
        rows = [(name, numbers(lab), numbers(reference), f"{d:.2f}") for name, lab, reference, d in patches]
        head = ("patch", "measured L* a* b*", "reference L* a* b*", "ΔE2000")
        summary = f"ColorChecker: CIEDE2000 mean {self.delta_e.mean():.2f}, max {self.delta_e.max():.2f}"
        return html.table(rows, caption=summary, head=head)


def measure(
    linear: np.ndarray, box: tuple[int, int, int, int] | None = None, *, match_white: bool = False
) -> ColorCheck:
    """Compare the 4 × 6 patches in a picture with the ColorChecker's reflectances under D65.

    Parameters
    ----------
    linear : ndarray of float
        (H, W, 3) linear sRGB.
    box : (int, int, int, int), optional
        Top, left, bottom and right of the patches in pixels; the whole picture if None. The cells divide it evenly.
    match_white : bool
        Whether the picture is multiplied so that the luminance of the white patch is the reference's.

    Returns
    -------
    ColorCheck
        Measured and reference colours of the 24 patches, and CIEDE2000 between them.

    Raises
    ------
    ValueError
        Where the box is not within the picture or too small, or a black white patch is to be matched.

    References
    ----------
    C. McCamy, H. Marcus, J. Davidson, "A color-rendition chart", J. Applied Photographic Engineering 2 (1976).
    ISO/CIE 11664-6:2014, "Colorimetry – Part 6: CIEDE2000 colour-difference formula".

    Examples
    --------
    Half the light is matched on the white patch; cyan lies outside sRGB.

    >>> from camsim.charts import catalogue
    >>> check = measure(0.5 * catalogue.make("colorchecker", 80, 120, gap=0), match_white=True)
    >>> round(check.gain, 2), round(float(check.delta_e.mean()), 1), check.worst
    (2.0, 0.1, 'cyan')
    """
    box = _checked_box(box, linear.shape[:2])
    top, left, bottom, right = box
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
        box=box,
        turned=bool(delta_e_2000(reference_lab, lab[::-1]).mean() < delta_e.mean() / 2),
    )


def _checked_box(box: tuple[int, int, int, int] | None, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box of the patches; ValueError where it is not within a picture of (rows, columns) or too small."""
    rows, columns = shape
    top, left, bottom, right = (0, 0, rows, columns) if box is None else box
    if not (0 <= top < bottom <= rows and 0 <= left < right <= columns):
        raise ValueError(
            f"box {top},{left},{bottom},{right} must be TOP,LEFT,BOTTOM,RIGHT within {rows} rows and {columns} columns"
        )
    if bottom - top < MIN_CELL * ROWS or right - left < MIN_CELL * COLUMNS:
        raise ValueError(
            f"a chart of {right - left}×{bottom - top} pixels is too small: "
            f"at least {MIN_CELL * COLUMNS}×{MIN_CELL * ROWS}"
        )
    return int(top), int(left), int(bottom), int(right)


def reference() -> np.ndarray:
    """XYZ of the 24 reflectances under D65, (24, 3), scaled to sRGB's white, which is Y = 100."""
    d65 = spectra.table("d65")[:, 0]
    return spectra.xyz(spectra.table("colorchecker").T * d65) / spectra.xyz(d65) * SRGB_WHITE_XYZ


def patch_means(chart: np.ndarray) -> np.ndarray:
    """Mean of the middle of every cell of a picture (H, W, C) filled by the chart: (24, C)."""

    def windows(length: int, count: int) -> Iterator[tuple[int, int]]:
        """Start and end of the middle of every cell along one side."""
        centre, half = (np.arange(count) + 0.5) * length / count, WINDOW * length / count / 2
        start = np.rint(centre - half).astype(int)
        return zip(start, np.maximum(start + 1, np.rint(centre + half).astype(int)), strict=True)

    across = list(windows(chart.shape[1], COLUMNS))
    down = list(windows(chart.shape[0], ROWS))
    cells = [chart[top:bottom, left:right] for top, bottom in down for left, right in across]
    return np.array([cell.mean(axis=(0, 1)) for cell in cells])


def to_lab(xyz: np.ndarray) -> np.ndarray:
    """XYZ (..., 3), Y = 100 for white, to CIELAB relative to sRGB's white."""
    import colour

    return colour.XYZ_to_Lab(np.asarray(xyz) / 100, SRGB_WHITE_XYZ[:2] / SRGB_WHITE_XYZ.sum())


def delta_e_2000(reference_lab: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """CIEDE2000 between CIELAB arrays (..., 3): (...)."""
    import colour

    return colour.delta_E(reference_lab, lab, method="CIE 2000")
