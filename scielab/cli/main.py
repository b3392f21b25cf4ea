"""The `scielab` command."""

import contextlib
import json
import math
from pathlib import Path

import click

from camsim.cli import console
from camsim.io import atomic, outputs
from scielab.cli import grid
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

FILE = click.Path(path_type=Path)

#: Names of `scielab.presets`, which loads NumPy: `--help` needs none.
PRESETS = ("1996", "1996-normalised", "isetcam-distribution", "isetcam-original", "isetcam-hires")


class Numbers(click.ParamType):
    """So many finite numbers, separated by commas or spaces."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.name = f"{count} numbers"

    def convert(self, value, param, ctx):
        if not isinstance(value, str):
            return value
        try:
            numbers = tuple(float(word) for word in value.replace(",", " ").split())
        except ValueError:
            numbers = ()
        if len(numbers) != self.count or not all(map(math.isfinite, numbers)):
            self.fail(f"{value!r} is not {self.count} numbers separated by commas", param, ctx)
        return numbers


@click.group("scielab", context_settings=console.CONTEXT)
@console.version_option
def cli():
    """What the eye sees of the difference between pictures.

    S-CIELAB blurs both pictures as the eye does at the viewing distance, then takes the CIE colour difference
    of every pixel.

    \b
    scielab compare photo.png restored.png                   the numbers
    scielab compare photo.png restored.png -o map.png        and where the difference is
    scielab compare photo.png restored.png --html page.html  with a slider, in a browser
    scielab compare photos/ restored/ --csv all.csv          all pairs of two folders
    """


def _conditions_options(command):
    """Add the options of viewing and input; the command gets them as one `conditions` argument."""

    def wrapped(*args, **options):
        own = {name: options.pop(name) for name in names}
        return command(*args, conditions=_conditions(**own), **options)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__click_params__ = getattr(command, "__click_params__", [])
    before = len(wrapped.__click_params__)
    for option in (
        click.option("--white", type=Numbers(3), metavar="X,Y,Z", help="XYZ of white, in the unit of the input's XYZ."),
        click.option(
            "--display", type=FILE, help="A calibrated display (.npz, .mat): pictures hold what is sent to it."
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
            type=click.Choice(["76", "94", "2000"]),
            default="76",
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
    names = [parameter.name for parameter in wrapped.__click_params__[before:]]
    return wrapped


def _conditions(samples_per_degree, dpi, distance, fov, preset, formula, input, matrix, display, white):
    """The conditions as the options give them; UsageError where they contradict each other."""
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
    from scielab.comparison import pair as compare
    from scielab.eye import encoding, kernels
    from scielab.metrics import s_cielab

    if dpi is not None:
        rate = s_cielab.samples_per_degree_of(dpi, distance)
        geometry = f"{dpi:g} dpi at {distance:g} m"
    elif fov is not None:
        rate, geometry = None, f"{fov:g}° across the width"
        s_cielab.samples_per_degree_of_fov(fov, 1)  # speaks now if it is wrong, before any picture is read
    else:
        rate, geometry = samples_per_degree, "given"
        if rate is None:
            rate, geometry = DEFAULT_SAMPLES_PER_DEGREE, "96 dpi at 0.5 m, the default"
    if rate is not None:
        kernels.check_samples_per_degree(rate)
    meaning = compare.input_of(input or "srgb", matrix=matrix, display_file=display)
    encoding.source(meaning["input"], white)  # likewise
    return compare.Conditions(
        samples_per_degree=rate,
        fov_deg=fov,
        geometry=geometry,
        preset=preset,
        formula=int(formula),
        white=white,
        **meaning,
    )


@cli.command(short_help="Compare two pictures, or all of two folders, as an eye would.")
@click.argument("ref", type=FILE)
@click.argument("test", type=FILE)
@_conditions_options
@click.option("--plain", is_flag=True, help="Beside it, plain CIELAB without the eye's filters.")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="MAP.png",
    help="Write the map of differences (.png or .pdf); for two folders, a folder of maps.",
)
@click.option("--range", "top", type=float, metavar="TOP", help="ΔE at the upper end of colours.  [default: 20]")
@click.option("--map", "raw", type=FILE, metavar="FILE", help="Write the map's values (.npy, or .tif in float32).")
@click.option("--html", type=FILE, metavar="FILE", help="Write one page with slider, overlay, histogram and numbers.")
@click.option("--csv", "csv_file", type=FILE, metavar="FILE", help="Append a row per pair to this CSV file.")
@click.option(
    "--fail-above",
    multiple=True,
    metavar="NAME=LIMIT",
    help="Exit with code 1 where a number exceeds this: mean, median, p90, p95, p99, max, above1, above2.3, above5, "
    "above10 (per cent of the pixels).  Repeatable.",
)
@click.option("--skip-missing", is_flag=True, help="Of two folders, leave out what has no partner.")
@console.force_option
@console.dry_run_option
@console.reporting
def compare(
    ref, test, conditions, plain, output, top, raw, html, csv_file, fail_above, skip_missing, force, dry_run, console
):
    """Compare picture TEST with the reference REF, pixel by pixel, in S-CIELAB.

    Both must have the same size: nothing is resized. They may be arrays, too: .npy files of (rows, columns, 3).
    Beside the map (-o) a .json file records the numbers, the viewing conditions and the inputs.

    Two folders are compared pair by pair: pictures of the same name, or of the same name without suffix.
    """
    from scielab.comparison import map_figure
    from scielab.comparison import record as records

    limits = [records.parse_limit(text) for text in fail_above]
    if top is None:
        top = map_figure.DEFAULT_TOP
    elif output is None and html is None:
        raise click.UsageError("--range is about the colours of -o and --html")
    map_figure.check_top(top)
    if csv_file is not None:
        outputs.check([csv_file], [ref, test], force=True)  # rows are appended
        records.check_csv(csv_file, plain=plain)
    shared = {"plain": plain, "top": top, "csv_file": csv_file, "limits": limits, "force": force, "dry_run": dry_run}
    if ref.is_dir() or test.is_dir():
        if not (ref.is_dir() and test.is_dir()):
            folder, other = (ref, test) if ref.is_dir() else (test, ref)
            what = "a file" if other.exists() else "nothing that exists"
            raise ValueError(f"{folder} is a folder, {other} is {what}: compare two pictures or two folders")
        if raw is not None or html is not None:
            raise click.UsageError("--map and --html are for one pair; two folders take -o FOLDER, --csv and --json")
        _compare_folders(ref, test, conditions, output, skip_missing=skip_missing, console=console, **shared)
    elif skip_missing:
        raise click.UsageError("--skip-missing is for two folders")
    else:
        _compare_pair(ref, test, conditions, output, raw, html, console=console, **shared)


def _compare_pair(ref, test, conditions, output, raw, html, *, plain, top, csv_file, limits, force, dry_run, console):
    """One pair: measure, write what is asked for, print."""
    from scielab.comparison import map_figure, page
    from scielab.comparison import pair as compare
    from scielab.comparison import record as records

    targets = []
    if output is not None:
        map_figure.check_suffix(output)
        targets += [output, output.with_suffix(".json")]
    for path, suffixes, what in ((raw, compare.RAW_SUFFIXES, "raw map"), (html, page.SUFFIXES, "page")):
        if path is not None:
            if path.suffix.lower() not in suffixes:
                raise ValueError(f"{path}: a {what} is written as one of {', '.join(suffixes)}")
            targets.append(path)
    outputs.check(targets, (ref, test), force=force)
    if csv_file is not None and csv_file.resolve() in [path.resolve() for path in targets]:
        raise click.UsageError(f"{csv_file} is named for two outputs")
    pictures = compare.read_pair(ref, test, conditions)
    if dry_run:
        plan = {"reference": str(ref), "test": str(test), "outputs": [str(path) for path in targets], "dry_run": True}
        writes = f" and write {', '.join(plan['outputs'])}" if targets else ""
        console.result(f"would compare {test} with {ref}{writes}", plan)
        return
    record, differences = compare.measure(ref, test, pictures, conditions, plain=plain)
    console.detail(f"{1 / record['samples_per_degree']:.6g} degrees per pixel")
    if "zeros" in record["border_rule"]:
        console.info("note: the pictures are no larger than the filters, so that zeros beyond the border darken them")
    if limits:
        record["limits"] = records.judge(record["delta_e"], limits)
    if output is not None:
        record |= {"output": str(output), "output_top_delta_e": top}
    with contextlib.ExitStack() as stack:  # all files or none
        place = {path: stack.enter_context(atomic.atomic(path)) for path in targets}
        if output is not None:
            map_figure.save_map(place[output], differences, top=top, title=records.title(record))
            place[targets[1]].write_text(json.dumps(record, indent=1), encoding="utf-8")
        if raw is not None:
            compare.save_raw(place[raw], differences)
        if html is not None:
            shown = tuple(compare.to_show(picture, conditions) for picture in pictures)
            place[html].write_text(page.html(record, shown, differences, top=top), encoding="utf-8")
        if csv_file is not None:
            records.append_csv(csv_file, [record], plain=plain)
    written = [str(path) for path in (*targets, csv_file) if path is not None]
    if written:
        console.info(f"wrote {', '.join(written)}")
    console.result(records.table(record), record)
    _end_by_limits({"": record})


def _compare_folders(
    ref, test, conditions, output, *, skip_missing, plain, top, csv_file, limits, force, dry_run, console
):
    """All pairs of two folders: measure, write what is asked for, print. Nothing is written before all is measured."""
    from tqdm import tqdm

    from scielab.comparison import folders
    from scielab.comparison import record as records

    pairing = folders.pair(ref, test)
    missing = folders.missing_words(pairing)
    if missing and not skip_missing:
        raise ValueError(f"{missing}; --skip-missing leaves out what has no partner")
    if not pairing.pairs:
        raise ValueError(f"{ref} and {test}: no two pictures of the same name")
    if missing:
        console.info(f"note: {missing}; left out")
    if output is not None:
        folders.check_target(output, (ref, test), force=force)
    if dry_run:
        plan = {"dry_run": True, "pairs": [pair.name for pair in pairing.pairs], "output": output and str(output)}
        into = f", maps into {output}" if output else ""
        console.result(f"would compare {len(pairing.pairs)} pictures of {test} with {ref}{into}", plan)
        return
    total = len(pairing.pairs)
    with contextlib.ExitStack() as stack:
        maps = None if output is None else stack.enter_context(atomic.atomic_folder(output))
        measured = folders.compare_all(pairing, conditions, plain=plain, limits=limits, maps=maps, top=top)
        found = list(tqdm(measured, total=total, unit="pair", disable=not console.show_progress, dynamic_ncols=True))
        whole = folders.report(found, pairing)
        if maps is not None:
            (maps / folders.RECORD).write_text(json.dumps(whole, indent=1), encoding="utf-8")
        if csv_file is not None:
            records.append_csv(csv_file, found, plain=plain)
    written = [str(path) for path in (output, csv_file) if path is not None]
    if written:
        console.info(f"wrote {', '.join(written)}")
    console.result(folders.table(whole), whole)
    _end_by_limits({record["name"]: record for record in found})


def _end_by_limits(found: dict[str, dict]) -> None:
    """Say on stderr which limits are exceeded, if any, and end with exit code 1."""
    from scielab.comparison import record as records

    exceeded = [
        (name, limit) for name, record in found.items() for limit in record.get("limits", ()) if limit["exceeded"]
    ]
    for name, limit in exceeded:
        click.echo(f"scielab compare: {name + ': ' if name else ''}{records.limit_words(limit)}", err=True)
    if exceeded:
        raise click.exceptions.Exit(1)


cli.add_command(grid.grid)


def main() -> None:
    """Run the command line."""
    console.run(cli)
