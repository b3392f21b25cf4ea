"""The `scielab` command."""

import json
from pathlib import Path

import click

from camsim import console, files
from scielab import DEFAULT_SAMPLES_PER_DEGREE, cli_grid

FILE = click.Path(path_type=Path)


@click.group("scielab", context_settings=console.CONTEXT)
@console.version_option
def cli():
    """What the eye sees of the difference between pictures.

    S-CIELAB blurs both pictures as the eye does at the viewing distance, then takes the CIE colour difference
    of every pixel.

    \b
    scielab compare photo.png restored.png              the numbers
    scielab compare photo.png restored.png -o map.png   and where the difference is
    """


@cli.command(short_help="Compare two pictures as an eye would.")
@click.argument("ref", type=FILE)
@click.argument("test", type=FILE)
@click.option(
    "--samples-per-degree",
    type=float,
    help="Pixels per degree of visual angle: how far away the viewer is.  "
    f"[default: {DEFAULT_SAMPLES_PER_DEGREE:g}, a 96 dpi display seen from 0.5 m]",
)
@click.option("--dpi", type=float, help="Pixels per inch of the display; with --distance, instead of the above.")
@click.option("--distance", type=float, help="Viewing distance in metres; with --dpi.")
@click.option(
    "--formula",
    type=click.Choice(["76", "94", "2000"]),
    default="76",
    show_default=True,
    help="Colour difference: CIE76, CIE94 or CIEDE2000.",
)
@click.option("-o", "--output", type=FILE, metavar="MAP.png", help="Write the map of differences (.png or .pdf).")
@console.force_option
@console.dry_run_option
@console.reporting
def compare(ref, test, samples_per_degree, dpi, distance, formula, output, force, dry_run, console):
    """Compare picture TEST with the reference REF, pixel by pixel, in S-CIELAB (1996).

    Both must have the same size: nothing is resized. Beside the map a .json file records the numbers, the
    viewing conditions and the inputs.
    """
    from scielab import compare, filters, plots

    rate = _viewing(samples_per_degree, dpi, distance)
    filters.check_samples_per_degree(rate)
    outputs = []
    if output is not None:
        plots.check_suffix(output)
        outputs = [output, output.with_suffix(".json")]
        files.refuse_inputs(outputs, (ref, test))
        files.refuse_existing(outputs, force=force)
    pictures = compare.read_pair(ref, test)
    if dry_run:
        plan = {"reference": str(ref), "test": str(test), "outputs": [str(path) for path in outputs], "dry_run": True}
        writes = f" and write {', '.join(plan['outputs'])}" if outputs else ""
        console.result(f"would compare {test} with {ref}{writes}", plan)
        return
    taps = filters.kernel_taps(rate)
    console.detail(f"{1 / rate:.6g} degrees per pixel; filters are {taps} pixels long")
    record, differences = compare.measure(ref, test, pictures, rate, int(formula))
    if "zeros" in record["border_rule"]:
        console.info("note: the pictures are no larger than the filters, so that zeros beyond the border darken them")
    if output is not None:
        record["output"] = str(output)
        record["output_top_delta_e"] = plots.DEFAULT_TOP
        with files.atomic(outputs[1]) as sidecar:  # both or none
            sidecar.write_text(json.dumps(record, indent=1), encoding="utf-8")
            plots.save_map(output, differences, title=f"{record['metric']}, {compare.viewing_words(record)}")
        console.info(f"wrote {output} and {outputs[1]}")
    console.result(compare.table(record), record)


def _viewing(samples_per_degree: float | None, dpi: float | None, distance: float | None) -> float:
    """Samples per degree, given or from the display's dpi and its distance in metres."""
    if dpi is None and distance is None:
        return DEFAULT_SAMPLES_PER_DEGREE if samples_per_degree is None else samples_per_degree
    if samples_per_degree is not None:
        raise click.UsageError("give either --samples-per-degree or --dpi with --distance")
    if dpi is None or distance is None:
        raise click.UsageError("--dpi and --distance go together")
    from scielab import metric

    return metric.samples_per_degree_of(dpi, distance)


cli.add_command(cli_grid.grid)


def main() -> None:
    """Run the command line."""
    console.run(cli)
