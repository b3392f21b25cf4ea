"""Measurements as figures: MTF curve, colour patches, photon transfer curve."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from camsim.io import atomic
from camsim.light.colour import srgb_encode
from camsim.measure import slanted_edge

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from camsim.measure.colour_accuracy import ColorCheck
    from camsim.measure.photon_transfer import PhotonTransfer

_DPI = 130
_INK, _SOFT, _GRID = "#1f2328", "#6b7280", "#e5e7eb"
_BLUE, _RED, _AMBER, _GREEN, _VIOLET, _PALE = "#2563eb", "#dc2626", "#d97706", "#059669", "#7c3aed", "#c7cbd1"
_DASHES = (0, (4, 3))
_DOTS: dict[str, Any] = {
    "marker": "o",
    "linestyle": "",
    "markersize": 5,
    "markeredgecolor": "white",
    "markeredgewidth": 0.5,
}

#: A signal or many, DN.
Signal = TypeVar("Signal", float, np.ndarray)


def _figure(width: float, height: float) -> "Figure":
    """An empty figure of that size in inches. Without pyplot nothing stays open."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=_DPI, facecolor="white")


def _style(axes: "Axes", title: str = "") -> None:
    axes.set_axisbelow(True)
    axes.grid(color=_GRID, linewidth=0.8)
    axes.tick_params(colors=_SOFT, labelsize=9, length=0)
    axes.xaxis.label.set(color=_INK, size=10)
    axes.yaxis.label.set(color=_INK, size=10)
    for side in axes.spines.values():
        side.set_visible(False)
    if title:
        axes.set_title(title, loc="left", fontsize=11, color=_INK, pad=10)


def _save(figure: "Figure", path: Path | str) -> None:
    metadata = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(Path(path).suffix.lower())
    with atomic.atomic(path) as temporary:
        figure.savefig(temporary, metadata=metadata)  # without a date: the same figure gives the same bytes


def save_mtf(
    path: Path | str,
    response: slanted_edge.EdgeResponse,
    plane: np.ndarray,
    *,
    pitch_um: float | None = None,
    title: str = "",
) -> None:
    """Write the MTF curve with MTF50 and Nyquist frequency marked, the region of `plane` (H, W) as an inset."""
    figure = _figure(7.6, 4.8)
    axes = figure.add_axes((0.09, 0.125, 0.885, 0.73 if pitch_um else 0.78))
    x, y, noise = response.frequency_per_px, response.sfr, response.sfr_noise
    axes.axvspan(0.5, 1.0, color="#f3f4f6", linewidth=0, zorder=0)
    axes.fill_between(x, y - noise, y + noise, color=_BLUE, alpha=0.16, linewidth=0)
    axes.plot(x, y, color=_BLUE, linewidth=2.2)
    top = max(1.05, 1.08 * float(y[x <= 0.5].max()))
    axes.set(xlim=(0, 1), ylim=(0, top), xlabel="spatial frequency, cycles/pixel", ylabel="MTF")
    _style(axes)
    axes.text(0.507, top * 0.985, "beyond Nyquist", color=_SOFT, fontsize=8.5, va="top")
    axes.plot(0.5, response.nyquist_sfr, "o", color=_AMBER, markersize=7, zorder=5)
    axes.annotate(
        f"Nyquist  {response.nyquist_sfr:.3f}",
        (0.5, response.nyquist_sfr),
        xytext=(9, 7 if response.nyquist_sfr > 0.15 else 24),
        textcoords="offset points",
        color=_AMBER,
        fontsize=10,
        fontweight="bold",
    )
    if response.mtf50_per_px is not None:
        _mark_mtf50(axes, response.mtf50_per_px, pitch_um)
    if pitch_um:
        _add_millimetres(axes, pitch_um)
    lines = "columns" if response.orientation == "vertical" else "rows"
    words = f"{title} – edge {abs(response.angle_deg):.2f}° off the {lines}" if title else ""
    figure.text(0.09, 0.955, words, fontsize=11, color=_INK, va="center")
    _draw_crop(figure, axes, slanted_edge.crop(plane, response.roi))
    _save(figure, path)


def _add_millimetres(axes: "Axes", pitch_um: float) -> None:
    """The frequency in cycles/mm as a second scale above."""

    def per_mm(frequency: ArrayLike) -> np.ndarray:
        return np.asarray(frequency) * 1e3 / pitch_um

    def per_pixel(frequency: ArrayLike) -> np.ndarray:
        return np.asarray(frequency) * pitch_um / 1e3

    millimetres = axes.secondary_xaxis("top", functions=(per_mm, per_pixel))
    millimetres.set_xlabel(f"cycles/mm at {pitch_um:g} µm", color=_SOFT, fontsize=9)
    millimetres.tick_params(colors=_SOFT, labelsize=8.5, length=0)
    millimetres.spines["top"].set_visible(False)


def _mark_mtf50(axes: "Axes", mtf50: float, pitch_um: float | None) -> None:
    axes.plot([0, mtf50, mtf50], [0.5, 0.5, 0], color=_RED, linewidth=1, linestyle=_DASHES)
    axes.plot(mtf50, 0.5, "o", color=_RED, markersize=7, zorder=5)
    words = f"MTF50  {mtf50:.3f} cycles/pixel" + (f"\n{mtf50 * 1e3 / pitch_um:.1f} cycles/mm" if pitch_um else "")
    left = mtf50 > 0.42  # the picture of the edge stands at the right
    axes.annotate(
        words,
        (mtf50, 0.5),
        xytext=(-9 if left else 9, -7 if left else 7),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top" if left else "bottom",
        color=_RED,
        fontsize=10,
        fontweight="bold",
    )


def _draw_crop(figure: "Figure", axes: "Axes", crop: np.ndarray) -> None:
    """The measured region in the upper right corner, as it looks (sRGB curve), not resampled."""
    place = axes.get_position()
    width_in, height_in = figure.get_size_inches()
    scale = min(1.75 / crop.shape[1], 1.75 / crop.shape[0])  # inches per pixel
    width, height = crop.shape[1] * scale / width_in, crop.shape[0] * scale / height_in
    inset = figure.add_axes((place.x1 - width - 0.012, place.y1 - height - 0.075, width, height))
    inset.imshow(srgb_encode(crop / max(crop.max(), 1e-12)), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    inset.set(xticks=[], yticks=[])
    for side in inset.spines.values():
        side.set(color=_SOFT, linewidth=0.8)


def save_color(path: Path | str, check: "ColorCheck", *, title: str = "") -> None:
    """Write the 24 patches: measured as the square, reference as the disc in it, CIEDE2000 below."""
    from matplotlib.patches import Circle, FancyBboxPatch

    figure = _figure(7.6, 6.9)
    axes = figure.add_axes((0.03, 0.0, 0.94, 0.88))
    axes.set(xlim=(0, 6.0), ylim=(5.1, 0), aspect="equal", anchor="N")
    axes.set_axis_off()
    measured, reference = srgb_encode(check.linear), srgb_encode(check.reference_linear)
    for i, (name, delta_e) in enumerate(zip(check.names, check.delta_e, strict=True)):
        x, y = i % 6, i // 6 * 1.27
        rounded = "round,pad=0,rounding_size=0.05"
        axes.add_patch(FancyBboxPatch((x + 0.05, y), 0.9, 0.9, boxstyle=rounded, color=measured[i], linewidth=0))
        axes.add_patch(Circle((x + 0.5, y + 0.45), 0.24, color=reference[i], linewidth=0))
        words = re.sub(r"(\d) (\d)", r"\1.\2", name.replace("_", " "))
        axes.text(x + 0.05, y + 1.0, words, fontsize=8, color=_SOFT, va="center")
        axes.text(x + 0.05, y + 1.13, f"{delta_e:.2f}", fontsize=10, color=_grade(delta_e), va="center", weight="bold")
    figure.text(0.038, 0.958, title, fontsize=12, color=_INK, va="center")
    matched = f", exposure × {check.gain:.3f}" if check.gain != 1 else ""
    words = f"CIEDE2000: mean {check.delta_e.mean():.2f}, max {check.delta_e.max():.2f}{matched}"
    figure.text(0.038, 0.918, words, fontsize=10, color=_SOFT, va="center")
    figure.text(0.962, 0.918, "square: measured, disc: reference", fontsize=9, color=_SOFT, va="center", ha="right")
    _save(figure, path)


def _grade(delta_e: float) -> str:
    """Green where hardly visible, amber where visible side by side, red beyond."""
    return _GREEN if delta_e < 2 else _AMBER if delta_e < 5 else _RED


def save_ptc(path: Path | str, transfer: "PhotonTransfer", *, title: str = "") -> None:
    """Write the photon transfer curve: noise over signal (log-log) and the line of variance over signal."""
    figure = _figure(10.2, 4.9)
    left, right = figure.add_axes((0.07, 0.125, 0.43, 0.72)), figure.add_axes((0.575, 0.125, 0.405, 0.72))
    fitted = _fitted_line(transfer)
    _draw_noise(left, transfer, fitted)
    _draw_variance(right, transfer, fitted)
    figure.text(0.07, 0.955, f"photon transfer – {title}" if title else "", fontsize=12, color=_INK, va="center")
    _save(figure, path)


class _FittedLine(NamedTuple):
    """Variance over signal as photon transfer fits it."""

    floor: float  #: variance without signal, DN²
    slope: float  #: DN² per DN
    top: float  #: signal at saturation, DN

    def at(self, signal: Signal) -> Signal:
        return self.floor + self.slope * signal


def _fitted_line(transfer: "PhotonTransfer") -> _FittedLine:
    slope = 1 / transfer.gain_e_per_dn
    floor = (transfer.read_noise_e * slope) ** 2 + transfer.rounding_dn2
    return _FittedLine(floor, slope, transfer.saturation_dn - transfer.black_level_dn)


def _draw_variance(axes: "Axes", transfer: "PhotonTransfer", line: _FittedLine) -> None:
    """The line whose slope is the gain, and the numbers that come from it."""
    signal, variance, fitted = _signal(transfer), transfer.points.variance_dn2, transfer.points.fitted
    axes.plot(signal[~fitted], variance[~fitted], color=_PALE, **_DOTS)
    axes.plot(signal[fitted], variance[fitted], color=_BLUE, **_DOTS)
    axes.plot([0, line.top], [line.floor, line.at(line.top)], color=_RED, linewidth=1.4, label="fitted line")
    axes.axvline(line.top, color=_AMBER, linewidth=1.2, linestyle=_DASHES)
    highest = 1.12 * line.at(line.top)
    axes.set(xlim=(0, 1.06 * line.top), ylim=(0, highest), xlabel="signal above black, DN", ylabel="variance, DN²")
    _style(axes, "variance and mean")
    words = "\n".join(
        (
            f"gain  {transfer.gain_e_per_dn:.4g} e⁻/DN",
            f"read noise  {transfer.read_noise_e:.2f} e⁻",
            f"full well  {transfer.full_well_e:,.0f} e⁻",
            f"PRNU  {100 * transfer.prnu:.2f} %",
        )
    )
    axes.text(0.04, 0.95, words, transform=axes.transAxes, va="top", fontsize=10, color=_INK, linespacing=1.6)


def _signal(transfer: "PhotonTransfer") -> np.ndarray:
    """Mean counts above black, DN."""
    return transfer.points.mean_dn - transfer.black_level_dn


def _draw_noise(axes: "Axes", transfer: "PhotonTransfer", line: _FittedLine) -> None:
    """Janesick's curve: the read-noise floor, shot noise of slope 1/2, the drop at full well."""
    signal, noise, fitted = _signal(transfer), np.sqrt(transfer.points.variance_dn2), transfer.points.fitted
    seen = (signal > 1e-4 * line.top) & (noise > 0)
    low = 0.6 * signal[seen].min()
    x, shot_noise = np.geomspace(low, line.top, 200), np.sqrt(line.slope * line.top)
    axes.loglog(x, np.sqrt(line.at(x)), color=_RED, linewidth=1.4, label="read and shot noise, fitted")
    axes.loglog(x, np.sqrt(line.slope * x), color=_SOFT, linewidth=1, linestyle=_DASHES, label="shot noise, slope ½")
    axes.axhline(np.sqrt(line.floor), color=_GREEN, linewidth=1, linestyle=_DASHES, label="read noise and rounding")
    axes.axvline(line.top, color=_AMBER, linewidth=1.2, linestyle=_DASHES, label="saturation")
    if transfer.prnu * line.top > 0.2 * shot_noise:
        axes.loglog(x, transfer.prnu * x, color=_VIOLET, linewidth=1, linestyle=(0, (1, 2)), label="PRNU, slope 1")
    for kind, color, label in (
        (seen & ~fitted, _PALE, "clipped or near saturation: not fitted"),
        (seen & fitted, _BLUE, "measured"),
    ):
        axes.loglog(signal[kind], noise[kind], color=color, **_DOTS, label=label)
    floor, shot_at_low, highest = np.sqrt(line.floor), np.sqrt(line.slope * low), np.sqrt(line.at(line.top))
    bottom = 0.5 * min(floor, shot_at_low) if floor > 0 else 0.3 * shot_at_low
    axes.set(xlim=(low, 2 * line.top), ylim=(max(bottom, highest * 1e-3), 3 * highest))
    axes.set(xlabel="signal above black, DN", ylabel="noise from frame to frame, DN")
    axes.minorticks_off()
    _style(axes, "noise and signal")
    axes.legend(fontsize=8, frameon=False, loc="upper left", labelcolor=_INK)
