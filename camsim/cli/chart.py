"""The `camsim chart` command."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.cli.console import Console, in_option, table
from camsim.io import atomic, outputs

if TYPE_CHECKING:
    from camsim.charts.chart import Chart


class Size(click.ParamType):
    """512 for a square, or WxH; the value is (height, width)."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{1,6})(?:[x×](\d{1,6}))?", str(value).strip().lower())
        if not match:
            self.fail(f"{value!r} is neither a side such as 512 nor WIDTHxHEIGHT such as 640x480", param, ctx)
        width, height = match.groups()
        return int(height or width), int(width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a chart is to be drawn, and into what."""

    output: Path | None
    size: tuple[int, int] | None
    assignments: tuple[str, ...]
    bits: str
    spectral: Path | None

    @property
    def is_more_than_the_list(self) -> bool:
        """Whether something is said that makes sense for one chart alone."""
        return any((self.output, self.size, self.assignments, self.spectral))


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What is written: a picture, spectra or both, and a record beside the first of them."""

    picture: Path | None
    spectral: Path | None
    record: Path

    @property
    def drawn(self) -> list[Path]:
        return [path for path in (self.picture, self.spectral) if path]


@click.command(short_help="Draw a test chart.")
@click.argument("name", required=False)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path),
    help="A picture file, an .npz file for spectra alone, or a folder.  [default: NAME.png here]",
)
@click.option("--size", type=Size(), metavar="PX|WxH", help="In pixels.  [default: 512; colorchecker: 588x396]")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="An option of the chart: angle_deg=5.")
@click.option("--bits", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Depth of the picture.")
@click.option("--spectral", type=click.Path(path_type=Path), metavar="FILE.npz", help="Write reflectance spectra, too.")
@click.option("--list", "list_charts", is_flag=True, help="List the charts; so does no NAME.")
@click.option("--options", "list_options", is_flag=True, help="List the options of chart NAME.")
@console.force_option
@console.dry_run_option
@console.reporting
@console.gather("wanted", Wanted, "output", "size", "assignments", "bits", "spectral")
def chart(
    name: str | None,
    wanted: Wanted,
    list_charts: bool,
    list_options: bool,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Draw a test chart, such as slanted-edge, or list the charts.

    Levels are linear light, 1 for a perfect white, and are written as sRGB, so that `camsim render` reads them back
    as they were, to the nearest of 256 codes or, with --bits 16, of 65536. An .npz file holds `reflectance` (height,
    width, 31) and `wavelength_nm`.

    \b
    camsim chart slanted-edge --set angle_deg=5 --size 640x480
    camsim chart colorchecker -o checker.png --spectral checker.npz
    camsim chart dead-leaves --options
    """
    from camsim.charts import catalogue

    if list_charts or not name:
        if list_options or wanted.is_more_than_the_list:
            raise click.UsageError("name a chart; `camsim chart --list` lists them")
        _list_charts(console)
    elif list_options:
        _list_options(console, catalogue.get(name))
    else:
        _draw(console, catalogue.get(name), wanted, force=force, dry_run=dry_run)


def _list_charts(console: Console) -> None:
    from camsim.charts import catalogue

    aliases = {c.name: [alias for alias, name in catalogue.ALIASES.items() if name == c.name] for c in catalogue.CHARTS}
    rows = [(" / ".join([c.name, *aliases[c.name]]), c.description) for c in catalogue.CHARTS]
    record = {c.name: {"description": c.description, "options": catalogue.settle(c.name, {})} for c in catalogue.CHARTS}
    console.result(table(rows), record)


def _list_options(console: Console, chart: "Chart") -> None:
    from camsim.schema.fields import bounds, default, fields

    known = {key: (default(field), bounds(field), field.description or "") for key, field in fields(chart.values)}
    rows = [("option", "default", "allowed", "meaning")]
    rows += [(key, _written(value), allowed, meaning) for key, (value, allowed, meaning) in known.items()]
    record = {key: dict(zip(("default", "allowed", "meaning"), row, strict=True)) for key, row in known.items()}
    console.result(f"{chart.name}: {chart.description}\n\n{table(rows)}", record)


def _written(default: float | str | None) -> str:
    if default is None:
        return "auto"
    return default if isinstance(default, str) else f"{default:g}"


def _draw(console: Console, chart: "Chart", wanted: Wanted, *, force: bool, dry_run: bool) -> None:
    """Check everything, then draw and write: picture, spectra and the .json record beside them."""
    from camsim.charts import catalogue

    with in_option("--set"):
        given = catalogue.assignments(wanted.assignments)
    options = catalogue.settle(chart.name, given)
    height, width = wanted.size or chart.size
    targets = _targets(chart, wanted)
    files = [*targets.drawn, targets.record]
    outputs.check(files, force=force)
    if dry_run:
        names = [str(path) for path in files]
        console.result("\n".join(f"would write {name}" for name in names), {"dry_run": True, "outputs": names})
        return
    bits = int(wanted.bits)
    record = _record(chart, options, height, width, targets, bits)
    _write(chart, options, height, width, targets, bits)
    atomic.write_text(targets.record, json.dumps(record, indent=1))
    console.result("\n".join(f"{path}  {width}×{height}" for path in targets.drawn), record)


def _targets(chart: "Chart", wanted: Wanted) -> Targets:
    """Where everything goes; ValueError or UsageError where a name does not fit what is to be written there."""
    from camsim.io import image

    output = Path(f"{chart.name}.png") if wanted.output is None else wanted.output
    if output.is_dir() or not output.suffix:
        output = output / f"{chart.name}.png"
    picture: Path | None = output
    spectral = wanted.spectral
    if output.suffix.lower() == ".npz":
        if spectral:
            raise click.UsageError("with an .npz file after -o, --spectral has nothing to add")
        picture, spectral = None, output
    else:
        image.check_suffix(output, bits=int(wanted.bits))
    if spectral and spectral.suffix.lower() != ".npz":
        raise ValueError(f"{spectral}: spectra are written as .npz")
    return Targets(picture=picture, spectral=spectral, record=output.with_suffix(".json"))


def _record(chart: "Chart", options: dict, height: int, width: int, targets: Targets, bits: int) -> dict:
    from camsim.charts import colorchecker

    record = {
        "chart": chart.name,
        "options": options,
        "width": width,
        "height": height,
        "bits": bits if targets.picture else None,
        "output": str(targets.picture) if targets.picture else None,
        "spectral": str(targets.spectral) if targets.spectral else None,
        "version": __version__,
    }
    if chart.name == "colorchecker":  # where to measure: top, left, bottom, right
        boxes = colorchecker.patch_boxes(height, width, gap=options["gap"])
        record["patches"] = dict(zip(colorchecker.patch_names(), boxes.round(3).tolist(), strict=True))
    return record


def _write(chart: "Chart", options: dict, height: int, width: int, targets: Targets, bits: int) -> None:
    """Draw and write picture and spectra; a chart that has no spectra is found before anything is written."""
    from camsim.charts import catalogue
    from camsim.io import image
    from camsim.light import colour, spectra
    from camsim.scene import cube

    reflectance = catalogue.reflectance(chart.name, height, width, **options) if targets.spectral else None
    if targets.picture:
        encoded = colour.srgb_encode(catalogue.make(chart.name, height, width, **options))
        image.write(targets.picture, encoded, bits=bits)
    if targets.spectral and reflectance is not None:
        cube.write(targets.spectral, reflectance, spectra.WAVELENGTH_NM, "reflectance")
