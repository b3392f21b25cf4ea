"""The `camsim chart` command."""

import json
import re
from pathlib import Path

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.cli.console import in_option, table
from camsim.io import atomic, outputs


class Size(click.ParamType):
    """512 for a square, or WxH; the value is (height, width)."""

    name = "size"

    def convert(self, value, param, ctx):
        match = re.fullmatch(r"(\d{1,6})(?:[x×](\d{1,6}))?", str(value).strip().lower())
        if not match:
            self.fail(f"{value!r} is neither a side such as 512 nor WIDTHxHEIGHT such as 640x480", param, ctx)
        width, height = match.groups()
        return int(height or width), int(width)


@click.command(short_help="Draw a test chart.")
@click.argument("name", required=False)
@click.option(
    "-o",
    "--output",
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
def chart(name, output, size, assignments, bits, spectral, list_charts, list_options, force, dry_run, console):
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
        if list_options or output or spectral or size or assignments:
            raise click.UsageError("name a chart; `camsim chart --list` lists them")
        _list_charts(console)
    elif list_options:
        _list_options(console, catalogue.get(name))
    else:
        _draw(
            console, catalogue.get(name), output, size, assignments, int(bits), spectral, force=force, dry_run=dry_run
        )


def _list_charts(console) -> None:
    from camsim.charts import catalogue

    names = {c.name: [alias for alias, name in catalogue.ALIASES.items() if name == c.name] for c in catalogue.CHARTS}
    rows = [(" / ".join([c.name, *names[c.name]]), c.description) for c in catalogue.CHARTS]
    record = {
        c.name: {"description": c.description, "options": {o.name: o.default for o in c.options}}
        for c in catalogue.CHARTS
    }
    console.result(table(rows), record)


def _list_options(console, chosen) -> None:
    rows = [("option", "default", "allowed", "meaning")]
    for o in chosen.options:
        rows.append((o.name, _default(o), o.bounds, o.meaning))
    record = {o.name: {"default": o.default, "allowed": o.bounds, "meaning": o.meaning} for o in chosen.options}
    console.result(f"{chosen.name}: {chosen.description}\n\n{table(rows)}", record)


def _default(option) -> str:
    if option.default is None:
        return "auto"
    return option.default if isinstance(option.default, str) else f"{option.default:g}"


def _draw(console, chosen, output, size, assignments, bits, spectral, *, force: bool, dry_run: bool) -> None:
    """Check everything, then draw and write: picture, spectra and the .json record beside them."""
    from camsim.charts import catalogue, colorchecker
    from camsim.io import image
    from camsim.light import colour

    with in_option("--set"):
        given = catalogue.assignments(assignments)
    options = catalogue.settle(chosen.name, given)
    height, width = size or chosen.size
    output = Path(f"{chosen.name}.png") if output is None else output
    if output.is_dir() or not output.suffix:
        output = output / f"{chosen.name}.png"
    picture = None if output.suffix.lower() == ".npz" else output
    if picture is None:
        if spectral:
            raise click.UsageError("with an .npz file after -o, --spectral has nothing to add")
        spectral = output
    else:
        image.check_suffix(picture, bits=bits)
    if spectral and spectral.suffix.lower() != ".npz":
        raise ValueError(f"{spectral}: spectra are written as .npz")
    sidecar = output.with_suffix(".json")
    targets = [path for path in (picture, spectral, sidecar) if path]
    outputs.check(targets, force=force)
    if dry_run:
        names = [str(path) for path in targets]
        console.result("\n".join(f"would write {name}" for name in names), {"dry_run": True, "outputs": names})
        return
    record = {
        "chart": chosen.name,
        "options": options,
        "width": width,
        "height": height,
        "bits": bits if picture else None,
        "output": str(picture) if picture else None,
        "spectral": str(spectral) if spectral else None,
        "version": __version__,
    }
    if chosen.name == "colorchecker":  # where to measure: top, left, bottom, right
        boxes = colorchecker.patch_boxes(height, width, gap=options["gap"])
        record["patches"] = dict(zip(colorchecker.patch_names(), boxes.round(3).tolist(), strict=True))
    cube = catalogue.reflectance(chosen.name, height, width, **options) if spectral else None
    if picture:
        encoded = colour.srgb_encode(catalogue.make(chosen.name, height, width, **options))
        image.write(picture, encoded, bits=bits)
    if spectral:
        _write_spectral(spectral, cube)
    atomic.write_text(sidecar, json.dumps(record, indent=1))
    console.result("\n".join(f"{path}  {width}×{height}" for path in (picture, spectral) if path), record)


def _write_spectral(path: Path, reflectance) -> None:
    import numpy as np

    from camsim.light import spectra

    with atomic.atomic(path) as temporary:
        np.savez_compressed(temporary, reflectance=reflectance, wavelength_nm=spectra.WAVELENGTH_NM)
