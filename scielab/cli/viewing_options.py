"""The options that say how pictures are viewed and what their numbers mean."""

import functools
import inspect
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE, FORMULAS, PRESETS, Viewing

if TYPE_CHECKING:
    from scielab.eye.display import Display

FILE = click.Path(path_type=Path)


class Numbers(click.ParamType):
    """So many finite numbers, separated by commas or spaces."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.name = f"{count} numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The numbers of a text; what is no text any more is left as it is."""
        if not isinstance(value, str):
            return value
        try:
            numbers = tuple(float(word) for word in value.replace(",", " ").split())
        except ValueError:
            numbers = ()
        if len(numbers) != self.count or not all(map(math.isfinite, numbers)):
            self.fail(f"{value!r} is not {self.count} numbers separated by commas", param, ctx)
        return numbers


def viewing_options(command: Callable) -> Callable:
    """Add the options; the command gets what they say as one argument, `viewing`."""
    names = inspect.signature(_viewing).parameters

    @functools.wraps(command)  # with the options that it has so far
    def wrapped(*args: Any, **options: Any) -> Any:
        own = {name: options.pop(name) for name in names}
        return command(*args, viewing=_viewing(**own), **options)

    for option in (
        click.option("--white", type=Numbers(3), metavar="X,Y,Z", help="XYZ of white, in the unit of the input's XYZ."),
        click.option(
            "--display",
            type=FILE,
            metavar="FILE",
            help="A calibrated display (.npz, .mat): pictures hold what is sent to it.",
        ),
        click.option(
            "--matrix", type=Numbers(9), metavar="M11,…,M33", help="Linear RGB to XYZ, by rows; means --input linear."
        ),
        click.option(
            "--input",
            type=click.Choice(["srgb", "linear", "xyz"]),
            help="What the values of pictures and .npy arrays are.  [default: srgb]",
        ),
        click.option(
            "--formula",
            type=click.Choice([str(formula) for formula in FORMULAS]),
            default=str(FORMULAS[0]),
            show_default=True,
            help="Colour difference: CIE76, CIE94 or CIEDE2000.",
        ),
        click.option(
            "--preset",
            type=click.Choice(PRESETS),
            default=PRESETS[0],
            show_default=True,
            help="Filters: Stanford's of 1996, the same normalised, or as ISETCam computes them.",
        ),
        click.option("--fov", type=float, help="Degrees of visual angle across the picture's width, instead."),
        click.option("--distance", type=float, help="Viewing distance in metres; with --dpi."),
        click.option(
            "--dpi", type=float, help="Pixels per inch of the display; with --distance, instead of the above."
        ),
        click.option(
            "--samples-per-degree",
            type=float,
            help="Pixels per degree of visual angle: how far away the viewer is.  "
            f"[default: {DEFAULT_SAMPLES_PER_DEGREE:g}, a 96 dpi display seen from 0.5 m]",
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


def _viewing(
    *,
    samples_per_degree: float | None,
    dpi: float | None,
    distance: float | None,
    fov: float | None,
    preset: str,
    formula: str,
    input: str | None,
    matrix: tuple[float, ...] | None,
    display: Path | None,
    white: tuple[float, ...] | None,
) -> Viewing:
    """What the options say; UsageError where they contradict each other."""
    if (dpi is None) != (distance is None):
        raise click.UsageError("--dpi and --distance go together")
    if sum(value is not None for value in (samples_per_degree, dpi, fov)) > 1:
        raise click.UsageError("give either --samples-per-degree, or --dpi with --distance, or --fov")
    if matrix is not None and input not in (None, "linear"):
        raise click.UsageError(f"--matrix is for linear RGB, not --input {input}")
    if display is not None and (matrix is not None or input is not None):
        raise click.UsageError("--display says what the values mean; leave --input and --matrix out")
    if input == "xyz" and white is None:
        raise click.UsageError("--input xyz needs --white X,Y,Z")
    from scielab.eye import encoding

    viewing = Viewing(
        samples_per_degree=samples_per_degree,
        fov_deg=fov,
        dpi=dpi,
        distance_m=distance,
        preset=preset,
        formula=int(formula),
        input=_input(input or "srgb", matrix, display),
        white=white,
    )
    encoding.of(viewing)  # raises now where matrix or white are wrong, before any picture is read
    return viewing


def _input(
    name: str, matrix: tuple[float, ...] | None, display_file: Path | None
) -> "str | tuple[tuple[float, ...], ...] | Display":
    """What the pictures' numbers are: a name, which a matrix by rows or a display's file takes the place of."""
    if matrix is not None:
        return matrix[:3], matrix[3:6], matrix[6:]
    if display_file is not None:
        from scielab.eye import display

        return display.read(display_file)
    return name
