"""Sharpness from a slanted edge: the edge-based spatial frequency response (e-SFR) of ISO 12233.

The edge crosses every row at another place, so the rows together sample its profile four times as finely as the
pixels do. The derivative of that profile is the line spread function, whose Fourier transform is the MTF of
everything between the edge and the numbers: lens, pixel, processing.

References: ISO 12233:2017, annex D; P. Burns, "Slanted-edge MTF for digital camera and scanner analysis",
IS&T PICS 2000, 135-138.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from camsim.measure import edge_finder, html
from camsim.measure.edge_profile import (
    OVERSAMPLING,
    EdgeProfile,
    derivative,
    edge_profile,
    fit_edge,
    hamming,
    whole_cycles,
)

#: Frequencies at which the response is given, cycles/pixel.
FREQUENCY_PER_PX = np.linspace(0.0, 1.0, 201)

#: Angles to the pixel columns (or rows) that can be measured. Below, the rows repeat each other; above, the
#: edge is neither near vertical nor near horizontal. ISO 12233 recommends about 5°.
ANGLE_RANGE_DEG = (1.0, 40.0)

#: Smallest side of a region, pixels.
MIN_SIDE = 16

Roi = tuple[int, int, int, int]  # top, left, bottom, right; bottom and right are the first row and column outside


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeResponse:
    """What a slanted edge says about sharpness.

    F frequencies are given, and B samples of the profile across the edge.

    Parameters
    ----------
    frequency_per_px : ndarray of float
        (F,) cycles/pixel at right angles to the edge, 0 to 1.
    sfr : ndarray of float
        (F,) spatial frequency response, 1 at zero frequency.
    sfr_noise : ndarray of float
        (F,) rms error of the response that the region's own noise leads to expect.
    mtf50_per_px : float or None
        Where the response first falls to 0.5, cycles/pixel; None if it does not by 1 cycle/pixel.
    nyquist_sfr : float
        Response at 0.5 cycles/pixel.
    oversharpening : float
        How far the response rises above 1, 0 without sharpening.
    overshoot : float
        How far the profile leaves its two levels, as a share of the step.
    angle_deg : float
        Between edge and pixel columns (or rows), signed.
    orientation : str
        "vertical" or "horizontal", whichever is nearer.
    contrast : float
        (bright − dark) / (bright + dark), nan where both are 0 or less.
    roi : (int, int, int, int)
        Top, left, bottom, right of the region measured.
    esf_px : ndarray of float
        (B,) distance from the edge, pixels, a quarter apart along the row.
    esf : ndarray of float
        (B,) edge profile (edge spread function), unit of the input.

    Examples
    --------
    >>> from camsim.charts import catalogue
    >>> measure(catalogue.make("slanted-edge", 200, 200)[..., 0])
    <EdgeResponse: MTF50 0.6056 cycles/pixel, MTF at Nyquist 0.638, edge 5.00° off the columns>
    """

    frequency_per_px: np.ndarray
    sfr: np.ndarray
    sfr_noise: np.ndarray
    mtf50_per_px: float | None
    nyquist_sfr: float
    oversharpening: float
    overshoot: float
    angle_deg: float
    orientation: str
    contrast: float
    roi: Roi
    esf_px: np.ndarray
    esf: np.ndarray

    def __repr__(self) -> str:
        words = dict(self.in_words())
        edge = words["edge"].partition(",")[0]
        return f"<EdgeResponse: MTF50 {words['MTF50']}, MTF at Nyquist {self.nyquist_sfr:.3f}, edge {edge}>"

    def _repr_html_(self) -> str:
        return html.table(self.in_words(), caption="slanted edge (ISO 12233)")

    def in_words(self, pitch_um: float | None = None) -> list[tuple[str, str]]:
        """What was measured, each with its name; with the pixel pitch in µm also per millimetre of the sensor."""
        mtf50 = "not reached" if self.mtf50_per_px is None else f"{self.mtf50_per_px:.4f} cycles/pixel"
        if self.mtf50_per_px is not None and pitch_um is not None:
            mtf50 += f", {self.mtf50_per_px / (pitch_um * 1e-3):.1f} cycles/mm"
        lines = "columns" if self.orientation == "vertical" else "rows"
        region = ",".join(map(str, self.roi))
        return [
            ("MTF50", mtf50),
            ("MTF at Nyquist", f"{self.nyquist_sfr:.3f} ± {self.nyquist_noise:.3f}"),
            ("edge", f"{abs(self.angle_deg):.2f}° off the {lines}, region {region}"),
            ("contrast", f"{self.contrast:.3f}"),
            ("sharpening", f"MTF up to {1 + self.oversharpening:.3f}, overshoot {100 * self.overshoot:.1f} %"),
        ]

    @property
    def nyquist_noise(self) -> float:
        """Expected rms error of `nyquist_sfr`."""
        return float(np.interp(0.5, self.frequency_per_px, self.sfr_noise))

    def as_isetcam(self) -> "EdgeResponse":
        """The response as ISETCam's `ISO12233` gives it, to compare with it.

        That counts frequencies along the row instead of across the edge, a factor 1/cos of the angle, and leaves the
        difference over two bins and the mean over one uncorrected.
        """
        along = self.frequency_per_px * math.cos(math.radians(self.angle_deg))
        filters = np.sinc(2 * along / OVERSAMPLING) * np.sinc(along / OVERSAMPLING)
        sfr = self.sfr * filters
        return dataclasses.replace(
            self,
            frequency_per_px=along,
            sfr=sfr,
            sfr_noise=self.sfr_noise * filters,
            mtf50_per_px=crossing(along, sfr, 0.5),
            nyquist_sfr=float(np.interp(0.5, along, sfr)),
            oversharpening=max(0.0, float(sfr[along <= 0.5].max()) - 1.0),
        )


def measure(plane: np.ndarray, roi: Roi | None = None, *, order: int = 1) -> EdgeResponse:
    """Measure the e-SFR of a slanted edge, near vertical or near horizontal.

    Follows ISO 12233:2017 with two refinements: the frequency axis is that at right angles to the edge (a
    factor 1/cos of the angle), and beside the derivative filter the averaging within a bin is corrected, from
    the positions that the rows really have.

    Parameters
    ----------
    plane : ndarray of float
        (H, W), linear light in any unit, finite.
    roi : (int, int, int, int), optional
        Top, left, bottom and right, in pixels, of a region with nothing but the edge; bottom and right are the first
        row and column outside. Searched for with `edge_finder.find` if None.
    order : int
        1 fits a straight edge, 2 a parabola, for lenses with distortion.

    Returns
    -------
    EdgeResponse
        The response at 201 frequencies from 0 to 1 cycles/pixel, and what follows from it.

    Raises
    ------
    ValueError
        Where there is no edge (`edge_finder.NoEdgeFound` where it was searched for), the region is too small or
        lies outside, or the edge's angle is unsuitable.

    References
    ----------
    ISO 12233:2017, "Photography – Electronic still picture imaging – Resolution and spatial frequency responses",
    annex D. P. Burns, "Slanted-edge MTF for digital camera and scanner analysis", IS&T PICS 2000, 135-138.

    Examples
    --------
    Pixels that are squares without gaps have a sinc as their response.

    >>> from camsim.charts import catalogue
    >>> response = measure(catalogue.make("slanted-edge", 200, 240, angle_deg=5)[..., 0])
    >>> round(response.mtf50_per_px, 2), round(response.nyquist_sfr, 2), round(abs(response.angle_deg), 1)
    (0.61, 0.64, 5.0)
    """
    plane = np.asarray(plane, dtype=float)
    if plane.ndim != 2 or not np.isfinite(plane).all():
        raise ValueError(f"a plane of shape {plane.shape} must be (rows, columns) with finite values")
    if order not in (1, 2):
        raise ValueError(f"order = {order} of the edge fit must be 1 or 2")
    if roi is not None:
        return _measure(plane, roi, order)
    if min(plane.shape) < MIN_SIDE:
        raise ValueError(
            f"{plane.shape[1]}×{plane.shape[0]} pixels are too few for an edge: at least {MIN_SIDE} each way"
        )
    first_error: ValueError | None = None
    for candidate in edge_finder.find(plane, angle_range_deg=ANGLE_RANGE_DEG):
        try:
            return _measure(plane, candidate, order)
        except ValueError as error:
            first_error = first_error or error
    assert first_error is not None  # `find` gives a region, or raises an error of its own
    raise first_error


def _measure(plane: np.ndarray, roi: Roi, order: int) -> EdgeResponse:
    """The response of the edge in a region."""
    region = crop(plane, roi)
    top, left, bottom, right = (int(border) for border in roi)
    orientation = "vertical"
    if np.abs(derivative(region)).sum() < np.abs(derivative(region.T)).sum():
        region, orientation = region.T, "horizontal"
    edge = fit_edge(region, order)
    slope = float(edge.deriv()(region.shape[0] / 2))
    angle = math.degrees(math.atan(slope))
    check_angle(angle)
    rows = whole_cycles(region.shape[0], slope)
    profile = edge_profile(region[:rows], edge(np.arange(rows)))
    sfr, noise = _response(profile, FREQUENCY_PER_PX * math.cos(math.radians(angle)))
    dark, bright = sorted(_levels(profile))
    beyond = max(profile.level.max() - bright, dark - profile.level.min())
    nyquist = FREQUENCY_PER_PX <= 0.5
    return EdgeResponse(
        frequency_per_px=FREQUENCY_PER_PX,
        sfr=sfr,
        sfr_noise=noise,
        mtf50_per_px=crossing(FREQUENCY_PER_PX, sfr, 0.5),
        nyquist_sfr=float(np.interp(0.5, FREQUENCY_PER_PX, sfr)),
        oversharpening=max(0.0, float(sfr[nyquist].max()) - 1.0),
        overshoot=max(0.0, float(beyond / (bright - dark))),
        angle_deg=angle,
        orientation=orientation,
        contrast=float((bright - dark) / (bright + dark)) if bright + dark > 0 else float("nan"),
        roi=(top, left, bottom, right),
        esf_px=profile.position_px * math.cos(math.radians(angle)),
        esf=profile.level,
    )


def crop(plane: np.ndarray, roi: Roi) -> np.ndarray:
    """The region of a plane; ValueError where it is too small or reaches outside."""
    top, left, bottom, right = roi
    inside = 0 <= top < bottom <= plane.shape[0] and 0 <= left < right <= plane.shape[1]
    if not inside:
        raise ValueError(
            f"region {top},{left},{bottom},{right} must be TOP,LEFT,BOTTOM,RIGHT "
            f"within {plane.shape[0]} rows and {plane.shape[1]} columns"
        )
    if min(bottom - top, right - left) < MIN_SIDE:
        raise ValueError(f"region {top},{left},{bottom},{right} must have at least {MIN_SIDE} rows and columns")
    return plane[top:bottom, left:right]


def check_angle(angle_deg: float) -> None:
    """Raise ValueError unless an edge at this angle to the columns (or rows) can be measured."""
    low, high = ANGLE_RANGE_DEG
    if not low <= abs(angle_deg) <= high:
        raise ValueError(
            f"the edge lies {abs(angle_deg):.1f}° off the rows or columns: "
            f"{low:g}° to {high:g}° can be measured, best about 5°"
        )


def crossing(frequency: np.ndarray, response: np.ndarray, level: float) -> float | None:
    """Frequency at which a response first falls to `level`, by linear interpolation; None if it does not."""
    below = np.flatnonzero(response <= level)
    if not below.size or below[0] == 0:
        return None
    i = below[0]
    share = (response[i - 1] - level) / (response[i - 1] - response[i])
    return float(frequency[i - 1] + share * (frequency[i] - frequency[i - 1]))


def _response(profile: EdgeProfile, frequency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Modulus of the line spread function's spectrum over that at zero, at frequencies along the row, and its noise.

    The Hamming window is as wide as the region and centred on the edge that was fitted, the centroid of the line
    spread function: its highest sample would move with the noise. Two low-pass filters of the method itself are
    divided out: the difference over two bins, a sinc, and the mean over a bin, from the offsets that the rows
    really have (a sinc as well, were they spread evenly).
    """
    position = profile.position_px
    window = hamming(position / max(-position[0], position[-1]))
    spectrum = np.abs(
        np.exp(-2j * np.pi * np.outer(frequency, position)) @ (derivative(profile.level[None])[0] * window)
    )
    difference = np.sinc(2 * frequency / OVERSAMPLING)
    mean = np.abs(
        np.mean([np.exp(2j * np.pi * np.outer(frequency, o)).mean(axis=1) for o in profile.offsets_px], axis=0)
    )
    scale = spectrum[0] * difference * mean
    noise = np.abs(np.sin(2 * np.pi * frequency / OVERSAMPLING)) * math.sqrt((window**2 @ profile.variance) / 2)
    return spectrum / scale, noise / scale


def _levels(profile: EdgeProfile) -> tuple[float, float]:
    """Level of the profile on both sides: the mean over the outer half of each."""
    position, level = profile.position_px, profile.level
    return float(level[position < position[0] / 2].mean()), float(level[position > position[-1] / 2].mean())
