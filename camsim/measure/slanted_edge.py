"""Sharpness from a slanted edge: the edge-based spatial frequency response (e-SFR) of ISO 12233.

The edge crosses every row at another place, so the rows together sample its profile four times as finely as the
pixels do. The derivative of that profile is the line spread function, whose Fourier transform is the MTF of
everything between the edge and the numbers: lens, pixel, processing.

References: ISO 12233:2017, annex D; P. Burns, "Slanted-edge MTF for digital camera and scanner analysis",
IS&T PICS 2000, 135-138; S. Reichenbach, S. Park, R. Narayanswamy, "Characterizing digital image acquisition
devices", Optical Engineering 30 (1991) 170-177.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from camsim.measure import edge_finder

#: Samples of the edge profile per pixel.
OVERSAMPLING = 4

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
    """What a slanted edge says about sharpness."""

    frequency_per_px: np.ndarray  #: (F,) cycles/pixel at right angles to the edge, 0 to 1
    sfr: np.ndarray  #: (F,) response, 1 at zero frequency
    sfr_noise: np.ndarray  #: (F,) rms error of the response that the region's own noise leads to expect
    mtf50_per_px: float | None  #: where the response first falls to 0.5; None if it does not by 1 cycle/pixel
    nyquist_sfr: float  #: response at 0.5 cycles/pixel
    oversharpening: float  #: how far the response rises above 1, 0 without sharpening
    overshoot: float  #: how far the profile leaves its two levels, as a share of the step
    angle_deg: float  #: between edge and pixel columns (or rows), signed
    orientation: str  #: "vertical" or "horizontal", whichever is nearer
    contrast: float  #: (bright − dark) / (bright + dark)
    roi: Roi  #: the region measured
    esf_px: np.ndarray  #: (B,) distance from the edge, pixels, a quarter apart along the row
    esf: np.ndarray  #: (B,) edge profile, unit of the input

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
    plane : (H, W), linear light in any unit, finite.
    roi : region with nothing but the edge; searched for with `camsim.edges.find` if None.
    order : 1 fits a straight edge, 2 a parabola, for lenses with distortion.

    Raises
    ------
    ValueError
        Where there is no edge, the region is too small or lies outside, or the edge's angle is unsuitable.
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
    first_error = None
    for candidate in edge_finder.find(plane, angle_range_deg=ANGLE_RANGE_DEG):
        try:
            return _measure(plane, candidate, order)
        except ValueError as error:
            first_error = first_error or error
    raise first_error


def _measure(plane: np.ndarray, roi: Roi, order: int) -> EdgeResponse:
    region = crop(plane, roi)
    orientation = "vertical"
    if np.abs(_derivative(region)).sum() < np.abs(_derivative(region.T)).sum():
        region, orientation = region.T, "horizontal"
    edge = fit_edge(region, order)
    slope = float(edge.deriv()(region.shape[0] / 2))
    angle = math.degrees(math.atan(slope))
    check_angle(angle)
    rows = _whole_cycles(region.shape[0], slope)
    position, profile, variance, offsets = _edge_profile(region[:rows], edge(np.arange(rows)))
    sfr, noise = _response(position, profile, variance, offsets, FREQUENCY_PER_PX * math.cos(math.radians(angle)))
    dark, bright = sorted(_levels(position, profile))
    nyquist = FREQUENCY_PER_PX <= 0.5
    return EdgeResponse(
        frequency_per_px=FREQUENCY_PER_PX,
        sfr=sfr,
        sfr_noise=noise,
        mtf50_per_px=crossing(FREQUENCY_PER_PX, sfr, 0.5),
        nyquist_sfr=float(np.interp(0.5, FREQUENCY_PER_PX, sfr)),
        oversharpening=max(0.0, float(sfr[nyquist].max()) - 1.0),
        overshoot=max(0.0, float(max(profile.max() - bright, dark - profile.min()) / (bright - dark))),
        angle_deg=angle,
        orientation=orientation,
        contrast=float((bright - dark) / (bright + dark)) if bright + dark > 0 else float("nan"),
        roi=tuple(int(border) for border in roi),
        esf_px=position * math.cos(math.radians(angle)),
        esf=profile,
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


def fit_edge(region: np.ndarray, order: int = 1) -> np.polynomial.Polynomial:
    """Column of a near-vertical edge for every row: a polynomial fitted to the rows' centroids.

    A row's centroid is that of its derivative under a Hamming window. At first the window is as wide as the region
    and sits in its middle; then it follows the fit, and narrows to a few times the blur to keep noise out.

    Raises ValueError where the rows do not agree on an edge, or it is not straight though `order` is 1.
    """
    rows, columns = region.shape
    lines = _derivative(region)
    lines = lines * np.sign(lines.sum())
    x, y = np.arange(columns), np.arange(rows)
    edge = np.polynomial.Polynomial([(columns - 1) / 2])
    for step in range(_FIT_STEPS):
        distance = x - edge(y)[:, None]
        reach = np.abs(distance).max(axis=1, keepdims=True)
        if step >= _FIT_STEPS // 2:
            reach = np.minimum(reach, max(_LEAST_REACH_PX, 3 * _half_width(lines, distance)))
        windowed = lines * _hamming(distance / reach)
        weight = windowed.sum(axis=1)
        usable = weight > 0.25 * np.median(weight)
        if np.median(weight) <= 0 or usable.mean() < 0.75:
            raise ValueError("no edge runs through the region")
        y_used, centroid = y[usable], (windowed @ x)[usable] / weight[usable]
        edge = np.polynomial.Polynomial.fit(y_used, centroid, 1 if step < _FIT_STEPS // 2 else order).convert()
        if edge(y).min() < 1 or edge(y).max() > columns - 2:
            raise ValueError("the edge leaves the region at its side: it must cross top and bottom (or both sides)")
    scatter = float(np.std(centroid - edge(y_used)))
    bend = float(abs(np.polynomial.Polynomial.fit(y_used, centroid, 2).convert().coef[-1])) * rows**2 / 4
    if order == 1 and bend > max(_MAX_BEND_PX, 10 * scatter / math.sqrt(rows)):
        raise ValueError(f"the edge bends by {bend:.1f} pixels: take a shorter region or fit a parabola")
    return edge


def _half_width(lines: np.ndarray, distance: np.ndarray) -> float:
    """Distance from the edge within which 80 % of the step happens, pixels."""
    near = np.rint(np.abs(distance)).astype(int)
    share = np.cumsum(np.bincount(near.ravel(), weights=lines.ravel()))
    return float((share >= 0.8 * share[-1]).argmax())


def crossing(frequency: np.ndarray, response: np.ndarray, level: float) -> float | None:
    """Frequency at which a response first falls to `level`, by linear interpolation; None if it does not."""
    below = np.flatnonzero(response <= level)
    if not below.size or below[0] == 0:
        return None
    i = below[0]
    share = (response[i - 1] - level) / (response[i - 1] - response[i])
    return float(frequency[i - 1] + share * (frequency[i] - frequency[i - 1]))


#: Rounds of centroid, fit, window: the first window sits in the middle, wrong for a strongly slanted edge.
_FIT_STEPS = 6

#: Least half-width of the window, and most that a "straight" edge may bend, pixels.
_LEAST_REACH_PX, _MAX_BEND_PX = 6.0, 1.0


def _derivative(plane: np.ndarray) -> np.ndarray:
    """Central difference along each row, 0 at both ends."""
    slope = np.zeros_like(plane)
    slope[:, 1:-1] = (plane[:, 2:] - plane[:, :-2]) / 2
    return slope


def _hamming(t: np.ndarray) -> np.ndarray:
    """Hamming window over −1 to 1, 0 outside."""
    return np.where(np.abs(t) <= 1, 0.54 + 0.46 * np.cos(np.pi * t), 0.0)


def _whole_cycles(rows: int, slope: float) -> int:
    """Most rows over which the edge crosses a whole number of columns, so that all phases count alike."""
    cycles = math.floor(rows * abs(slope) + 1e-9)
    if cycles < 1:
        raise ValueError(
            f"the edge crosses less than one column in {rows} rows: "
            f"the region must be {math.ceil(1 / abs(slope))} rows long or the edge more slanted"
        )
    return min(rows, round(cycles / abs(slope)))


def _edge_profile(
    region: np.ndarray, centre: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    """The edge profile in bins of a quarter pixel along the row, to half the region's width on either side.

    The rows that fall into a bin rarely lie evenly in it, so the mean in a bin belongs to their mean position; a
    cubic spline carries it from there to the middle of the bin.

    Returns
    -------
    position : (B,) bin centres, pixels from the edge.
    profile : (B,) edge profile at these positions, unit of the region.
    variance : (B,) of the profile, from the scatter of the pixels about it.
    offsets : for each of the four phases of a bin, where its rows lie about their mean position, pixels.
    """
    rows, columns = region.shape
    steps = OVERSAMPLING * (np.arange(columns) - centre[:, None])
    index = np.rint(steps).astype(int)
    phase = index[:, 0] % OVERSAMPLING
    off = (steps[:, 0] - index[:, 0]) / OVERSAMPLING
    offsets = [off[phase == k] for k in range(OVERSAMPLING)]
    if not all(len(o) for o in offsets):
        raise ValueError(
            f"the edge's angle lets {rows} rows sample fewer than {OVERSAMPLING} positions within a pixel: "
            "take a longer region or another angle, best about 5°"
        )
    lowest = index.min()
    count = np.bincount((index - lowest).ravel())
    total = np.bincount((index - lowest).ravel(), weights=region.ravel())
    empty = np.flatnonzero(count == 0) + lowest  # near the corners, where few rows reach
    half = OVERSAMPLING * columns // 2
    first = max([-half, lowest, *(i + 1 for i in empty if i < 0)])
    last = min([half + 1, lowest + len(count), *(i for i in empty if i > 0)])
    bins = np.arange(first, last)
    count, total = count[bins - lowest], total[bins - lowest]
    mean_offset = np.array([o.mean() for o in offsets])
    measured_at = (bins / OVERSAMPLING) + (mean_offset - mean_offset.mean())[bins % OVERSAMPLING]
    profile = CubicSpline(measured_at, total / count)(np.clip(bins / OVERSAMPLING, measured_at[0], measured_at[-1]))

    inside = (index >= first) & (index < last)
    scatter = (region - np.interp(steps / OVERSAMPLING, bins / OVERSAMPLING, profile))[inside].var()
    return bins / OVERSAMPLING, profile, scatter / count, [o - o.mean() for o in offsets]


def _response(position, profile, variance, offsets, frequency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Modulus of the line spread function's spectrum over that at zero, at frequencies along the row, and its noise.

    The Hamming window is as wide as the region and centred on the edge that was fitted, the centroid of the line
    spread function: its highest sample would move with the noise. Two low-pass filters of the method itself are
    divided out: the difference over two bins, a sinc, and the mean over a bin, from the offsets that the rows
    really have (a sinc as well, were they spread evenly). The other arguments are what `_edge_profile` returns.
    """
    window = _hamming(position / max(-position[0], position[-1]))
    spectrum = np.abs(np.exp(-2j * np.pi * np.outer(frequency, position)) @ (_derivative(profile[None])[0] * window))
    difference = np.sinc(2 * frequency / OVERSAMPLING)
    mean = np.abs(np.mean([np.exp(2j * np.pi * np.outer(frequency, o)).mean(axis=1) for o in offsets], axis=0))
    scale = spectrum[0] * difference * mean
    noise = np.abs(np.sin(2 * np.pi * frequency / OVERSAMPLING)) * math.sqrt((window**2 @ variance) / 2)
    return spectrum / scale, noise / scale


def _levels(position: np.ndarray, profile: np.ndarray) -> tuple[float, float]:
    """Level of the profile on both sides: the mean over the outer half of each."""
    return float(profile[position < position[0] / 2].mean()), float(profile[position > position[-1] / 2].mean())
