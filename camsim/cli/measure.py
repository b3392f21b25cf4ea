"""The `camsim measure` commands: sharpness, colour and noise of a camera in numbers."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camsim.cli import console
from camsim.cli.console import Command, Console
from camsim.cli.settings import chosen_camera
from camsim.io import outputs

if TYPE_CHECKING:
    import numpy as np

    from camsim.measure.colour_accuracy import ColorCheck
    from camsim.measure.photon_transfer import PhotonTransfer
    from camsim.measure.slanted_edge import EdgeResponse

#: File name endings that a figure can be written to.
FIGURE_SUFFIXES = (".png", ".pdf", ".svg")


class Box(click.ParamType):
    """TOP,LEFT,BOTTOM,RIGHT in whole pixels; bottom and right are the first row and column outside."""

    name = "box"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int, int, int]:
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"\s*\d+\s*(,\s*\d+\s*){3}", value):
            self.fail(f"{value!r} must be TOP,LEFT,BOTTOM,RIGHT in whole pixels, such as 10,20,110,220", param, ctx)
        top, left, bottom, right = (int(number) for number in value.split(","))
        return top, left, bottom, right


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureFile:
    """The file that -o names for a figure, if any."""

    path: Path | None
    force: bool

    def check(self, source: Path | None = None) -> None:
        """Before any work: the figure can be written, and is neither the input nor something that exists."""
        if self.path is None:
            return
        if self.path.suffix.lower() not in FIGURE_SUFFIXES:
            raise ValueError(f"{self.path}: a figure is written as one of {', '.join(FIGURE_SUFFIXES)}")
        outputs.check([self.path], [source] if source else [], force=self.force)

    @property
    def name(self) -> str | None:
        return None if self.path is None else str(self.path)


def figure_options(command: Command) -> Command:
    """Add -o and --force; the command gets them as one `figure` argument."""

    def figure(*, output: Path | None, force: bool) -> FigureFile:
        return FigureFile(path=output, force=force)

    command = console.force_option(console.gather("figure", figure, "output", "force")(command))
    return click.option(
        "-o", "--output", type=click.Path(path_type=Path), metavar="FIGURE", help="Draw it, as .png, .pdf or .svg."
    )(command)


picture_argument = click.argument("picture", type=click.Path(path_type=Path), metavar="IMG")
linear_option = click.option(
    "--linear/--srgb", default=False, help="The picture's values are linear light, or sRGB.  [default: sRGB]"
)


def _read(path: Path, *, linear: bool) -> "np.ndarray":
    """The picture in linear light, (H, W, 3)."""
    from camsim.io import image
    from camsim.light import colour

    rgb = image.read(path)
    return rgb if linear else colour.srgb_decode(rgb)


@click.group()
def measure() -> None:
    """Measure what a camera does: sharpness, colour, noise.

    \b
    camsim measure mtf edge.png                      the MTF from a slanted edge (ISO 12233)
    camsim measure color checker.png                 CIEDE2000 of the 24 ColorChecker patches
    camsim measure ptc --setting f22                 gain, noise and full well of a sensor (photon transfer)
    """


@measure.command(short_help="The MTF from a slanted edge (ISO 12233).")
@picture_argument
@click.option("--roi", type=Box(), metavar="TOP,LEFT,BOTTOM,RIGHT", help="Region with nothing but the edge.")
@click.option(
    "--channel",
    type=click.Choice(["Y", "R", "G", "B"], case_sensitive=False),
    default="Y",
    show_default=True,
    help="What is measured: luminance, or one channel.",
)
@click.option("--pitch-um", type=click.FloatRange(0, min_open=True), help="Pixel pitch, for cycles/mm.")
@click.option(
    "--order",
    type=click.Choice(["1", "2"]),
    default="1",
    show_default=True,
    help="Fit a line (1) or a parabola (2) to the edge.",
)
@click.option("--isetcam", is_flag=True, help="Count as ISETCam does: along the row, method's filters uncorrected.")
@linear_option
@figure_options
@console.reporting
def mtf(
    picture: Path,
    roi: tuple[int, int, int, int] | None,
    channel: str,
    pitch_um: float | None,
    order: str,
    isetcam: bool,
    linear: bool,
    figure: FigureFile,
    console: Console,
) -> None:
    """Measure the MTF from a slanted edge in picture IMG, after ISO 12233 (e-SFR).

    Without --roi the strongest straight edge 1° to 40° off the columns or rows is searched for.
    """
    from camsim.measure import edge_finder, slanted_edge

    figure.check(picture)
    plane = _channel(_read(picture, linear=linear), channel)
    try:
        response = slanted_edge.measure(plane, roi, order=int(order))
    except edge_finder.NoEdgeFound as error:
        raise ValueError(f"{error}; name a region with --roi") from error
    if isetcam:
        response = response.as_isetcam()
    if figure.path:
        from camsim.measure import figures

        figures.save_mtf(figure.path, response, plane, pitch_um=pitch_um, title=f"{picture.name}, {channel}")
    record = {"input": str(picture), "channel": channel, **_mtf_record(response, pitch_um), "figure": figure.name}
    console.result(_lines(response.in_words(pitch_um)), record)


def _lines(words: list[tuple[str, str]]) -> str:
    """Names and values in two columns."""
    width = max(len(name) for name, _ in words) + 2
    return "\n".join(f"{name:<{width}}{value}" for name, value in words)


def _channel(rgb: "np.ndarray", channel: str) -> "np.ndarray":
    """One channel of linear light, or the luminance."""
    from camsim.light import colour

    return rgb @ colour.SRGB_TO_XYZ[1] if channel == "Y" else rgb[..., "RGB".index(channel)]


def _per_mm(per_px: float | None, pitch_um: float | None) -> float | None:
    return None if per_px is None or pitch_um is None else per_px / (pitch_um * 1e-3)


def _mtf_record(response: "EdgeResponse", pitch_um: float | None) -> dict:
    return {
        "roi": list(response.roi),
        "orientation": response.orientation,
        "angle_deg": response.angle_deg,
        "contrast": response.contrast if math.isfinite(response.contrast) else None,
        "pitch_um": pitch_um,
        "mtf50_cycles_per_pixel": response.mtf50_per_px,
        "mtf50_cycles_per_mm": _per_mm(response.mtf50_per_px, pitch_um),
        "mtf_nyquist": response.nyquist_sfr,
        "mtf_nyquist_rms_error": response.nyquist_noise,
        "oversharpening": response.oversharpening,
        "overshoot": response.overshoot,
        "frequency_cycles_per_pixel": response.frequency_per_px.tolist(),
        "mtf": response.sfr.tolist(),
        "mtf_rms_error": response.sfr_noise.tolist(),
    }


@measure.command(short_help="CIEDE2000 of the 24 ColorChecker patches.")
@picture_argument
@click.option(
    "--box", type=Box(), metavar="TOP,LEFT,BOTTOM,RIGHT", help="Where the patches are.  [default: everywhere]"
)
@click.option("--match-white", is_flag=True, help="First scale the picture so that its white has the right luminance.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV on stdout.")
@linear_option
@figure_options
@console.reporting
def color(
    picture: Path,
    box: tuple[int, int, int, int] | None,
    match_white: bool,
    as_csv: bool,
    linear: bool,
    figure: FigureFile,
    console: Console,
) -> None:
    """Compare a picture of a ColorChecker with the chart's colours under D65.

    The 4 rows of 6 patches must fill the picture or the box, dark skin at the top left; the middle of every patch is
    measured. A camera whose output is sRGB cannot be right about cyan, which lies outside sRGB.
    """
    from camsim.measure import colour_accuracy

    if as_csv and console.json:
        raise click.UsageError("--csv and --json say the same twice: give one of them")
    figure.check(picture)
    check = colour_accuracy.measure(_read(picture, linear=linear), box, match_white=match_white)
    if check.turned:
        console.info("the chart seems to stand on its head: turned by 180° the patches fit better")
    if figure.path:
        from camsim.measure import figures

        figures.save_color(figure.path, check, title=picture.name)
    if as_csv:
        click.echo(_color_csv(check), nl=False)
        return
    console.result(_color_text(check), {"input": str(picture), **_color_record(check), "figure": figure.name})


def _color_text(check: "ColorCheck") -> str:
    lines = [f"{'patch':<15}{'measured L*  a*  b*':>24}{'reference L*  a*  b*':>26}{'ΔE2000':>9}"]
    for name, measured, reference, delta_e in zip(
        check.names, check.lab, check.reference_lab, check.delta_e, strict=True
    ):
        lab, wanted = (" ".join(f"{value:7.2f}" for value in colour) for colour in (measured, reference))
        lines.append(f"{name:<15}{lab:>24}{wanted:>26}{delta_e:>9.2f}")
    lines.append(f"mean {check.delta_e.mean():.2f}, max {check.delta_e.max():.2f} ({check.worst})")
    if check.gain != 1:
        lines.append(f"exposure matched on the white patch: picture times {check.gain:.4f}")
    return "\n".join(lines)


def _color_csv(check: "ColorCheck") -> str:
    rows = ["patch,L,a,b,reference_L,reference_a,reference_b,delta_e_2000"]
    for name, *values in zip(check.names, check.lab, check.reference_lab, check.delta_e[:, None], strict=True):
        rows.append(",".join([name, *(f"{value:.4f}" for part in values for value in part)]))
    return "\n".join(rows) + "\n"


def _color_record(check: "ColorCheck") -> dict:
    return {
        "box": list(check.box),
        "gain": check.gain,
        "mean_delta_e_2000": float(check.delta_e.mean()),
        "max_delta_e_2000": float(check.delta_e.max()),
        "turned": check.turned,
        "patches": [
            {"patch": n, "lab": m.tolist(), "reference_lab": r.tolist(), "delta_e_2000": float(d)}
            for n, m, r, d in zip(check.names, check.lab, check.reference_lab, check.delta_e, strict=True)
        ],
    }


@measure.command(short_help="Gain, noise and full well of a sensor (photon transfer).")
@click.option(
    "--setting", default="f22", show_default=True, metavar="NAME", help="A built-in camera or a .toml file of your own."
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one value: sensor.read_noise_e=2.")
@click.option(
    "--size", type=click.IntRange(32, 2048), default=256, show_default=True, help="Side of the frames, pixels."
)
@console.seed_option
@figure_options
@console.reporting
def ptc(setting: str, overrides: tuple[str, ...], size: int, seed: int, figure: FigureFile, console: Console) -> None:
    """Measure a camera's sensor by photon transfer, from its raw counts alone.

    Pairs of evenly lit frames at rising exposures, and dark frames, go through the sensor. The variance between the
    two frames of a pair, over their mean, gives gain, read noise and full well (Janesick 2007, EMVA 1288).
    """
    from camsim.measure import photon_transfer

    figure.check()
    camera = chosen_camera(setting, overrides)
    if camera.ideal:
        raise ValueError(f"setting {camera.name!r} has no sensor to measure")
    transfer = photon_transfer.measure(camera.sensor, size=size, seed=seed)
    if figure.path:
        from camsim.measure import figures

        figures.save_ptc(figure.path, transfer, title=camera.name)
    record = {"setting": camera.name, "size": size, "seed": seed, **_ptc_record(transfer), "figure": figure.name}
    console.result(_lines(transfer.in_words()), record)


def _ptc_record(transfer: "PhotonTransfer") -> dict:
    return {
        "gain_e_per_dn": transfer.gain_e_per_dn,
        "read_noise_e": transfer.read_noise_e,
        "full_well_e": transfer.full_well_e,
        "saturation_dn": transfer.saturation_dn,
        "dynamic_range_db": transfer.dynamic_range_db,
        "black_level_dn": transfer.black_level_dn,
        "dark_current_e_per_s": transfer.dark_current_e_per_s,
        "prnu": transfer.prnu,
        "dsnu_e": transfer.dsnu_e,
        "defects": transfer.defects,
        "points": [
            {"exposure_s": t, "mean_dn": m, "variance_dn2": v, "fitted": bool(f)}
            for t, m, v, f in zip(*(array.tolist() for array in transfer.points), strict=True)
        ],
    }
