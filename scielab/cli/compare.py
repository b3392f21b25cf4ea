"""The `scielab compare` command."""

import contextlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camsim.cli import console
from scielab.cli.lpips_options import lpips_options
from scielab.cli.viewing_options import FILE, viewing_options
from scielab.viewing import Viewing

if TYPE_CHECKING:
    from scielab.metrics.lpips import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for: the arguments and options of the command."""

    ref: Path
    test: Path
    viewing: Viewing
    plain: bool  #: numbers of plain CIELAB as well
    lpips: tuple[str, ...]  #: networks with which LPIPS is measured as well
    weights: Path | None  #: the folder of their weights
    output: Path | None  #: the map in colours; for two folders the folder of maps
    top: float | None  #: ΔE at the upper end of the colours
    raw: Path | None  #: the map's numbers
    html: Path | None
    csv: Path | None
    limits: tuple[tuple[str, float], ...]
    skip_missing: bool
    force: bool
    dry_run: bool


def _limits(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    """The numbers of a record and the largest values allowed, of texts such as "p95=2.3"."""
    if not texts:
        return ()
    from scielab.comparison import record

    with console.in_option("--fail-above"):
        return tuple(record.parse_limit(text) for text in texts)


@click.command(short_help="Compare two pictures, or all of two folders, as an eye would.")
@click.argument("ref", type=FILE)
@click.argument("test", type=FILE)
@viewing_options
@lpips_options
@click.option("--plain", is_flag=True, help="Beside it, plain CIELAB without the eye's filters.")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="MAP.png",
    help="Write the map of differences (.png or .pdf); for two folders, a folder of maps.",
)
@click.option(
    "--range", "top", type=float, metavar="TOP", help="ΔE at the upper end of colours.  [default: 1 % at most is above]"
)
@click.option("--map", "raw", type=FILE, metavar="FILE", help="Write the map's values (.npy, or .tif in float32).")
@click.option("--html", type=FILE, metavar="FILE", help="Write one page with slider, overlay, histogram and numbers.")
@click.option("--csv", type=FILE, metavar="FILE", help="Append a row per pair to this CSV file.")
@click.option(
    "--fail-above",
    "limits",
    multiple=True,
    callback=_limits,
    metavar="NAME=LIMIT",
    help="Exit with code 1 where a number exceeds this: mean, median, p90, p95, p99, max, above1, above2.3, above5, "
    "above10 (per cent of the pixels).  Repeatable.",
)
@click.option("--skip-missing", is_flag=True, help="Of two folders, leave out what has no partner.")
@console.force_option
@console.dry_run_option
@console.reporting
def compare(console: console.Console, **asked: Any) -> None:
    """Compare picture TEST with the reference REF, pixel by pixel, in S-CIELAB.

    Both must have the same size: nothing is resized. They may be arrays, too: .npy files of (rows, columns, 3).
    Beside the map (-o) a .json file records the numbers, the viewing conditions and the inputs.

    Two folders are compared pair by pair: pictures of the same name, or of the same name without suffix.
    """
    request = Request(**asked)
    _check_top(request)
    networks = _networks(request)
    _check_csv(request, [network.metric for network in networks])
    if request.ref.is_dir() or request.test.is_dir():
        _check_folders(request)
        _compare_folders(request, networks, console)
    elif request.skip_missing:
        raise click.UsageError("--skip-missing is for two folders")
    else:
        _compare_pair(request, networks, console)


def _check_top(request: Request) -> None:
    if request.top is None:
        return
    from scielab.comparison import map_scale

    if request.output is None and request.html is None:
        raise click.UsageError("--range is about the colours of -o and --html")
    with console.in_option("--range"):
        map_scale.check_top(request.top)


def _networks(request: Request) -> "list[Network]":
    """The networks that measure LPIPS."""
    from scielab.metrics import lpips

    with console.in_option("--weights"):
        return lpips.load_named(request.lpips, request.weights)


def _check_csv(request: Request, measured: list[str]) -> None:
    if request.csv is None:
        return
    from camsim.io import outputs
    from scielab.comparison import record

    outputs.check([request.csv], [request.ref, request.test], appended=True)
    with console.in_option("--csv with --plain" if request.plain else "--csv"):
        record.check_csv(request.csv, plain=request.plain, measured=measured)


def _check_folders(request: Request) -> None:
    ref, test = request.ref, request.test
    if not (ref.is_dir() and test.is_dir()):
        folder, other = (ref, test) if ref.is_dir() else (test, ref)
        what = "a file" if other.exists() else "nothing that exists"
        raise ValueError(f"{folder} is a folder, {other} is {what}: compare two pictures or two folders")
    if request.raw is not None or request.html is not None:
        raise click.UsageError("--map and --html are for one pair; two folders take -o FOLDER, --csv and --json")
    from camsim.io import outputs

    if request.csv and request.output and outputs.real(request.csv).is_relative_to(outputs.real(request.output)):
        raise click.UsageError(f"{request.csv} lies in {request.output}, which is replaced as a whole")


def _compare_pair(request: Request, networks: "list[Network]", console: console.Console) -> None:
    """One pair: compare, write what is asked for, print."""
    from camsim.io import atomic
    from scielab.comparison import map_scale, pair, record

    targets = _targets(request)
    if request.dry_run:
        pair.read(request.ref, request.test, request.viewing)
        paths = [str(path) for path in targets]
        plan = {"reference": str(request.ref), "test": str(request.test), "outputs": paths, "dry_run": True}
        writes = f" and write {', '.join(paths)}" if paths else ""
        console.result(f"would compare {request.test} with {request.ref}{writes}", plan)
        return
    comparison = pair.compare(request.ref, request.test, request.viewing, plain=request.plain, networks=networks)
    found = comparison.record
    console.detail(f"{1 / found['samples_per_degree']:.6g} degrees per pixel")
    if "zeros" in found["border_rule"]:
        console.info("note: the pictures are no larger than the filters, so that zeros beyond the border darken them")
    if request.limits:
        found = found | {"limits": record.check_limits(comparison.summary, request.limits)}
    top = map_scale.top_of([comparison.delta_e]) if request.top is None else request.top
    if request.output is not None:
        found = found | {"output": str(request.output), "output_top_delta_e": top}
    comparison = replace(comparison, record=found)
    with contextlib.ExitStack() as stack:  # all files or none
        for path in targets:
            comparison.save(stack.enter_context(atomic.atomic(path)), top=top)
        if request.csv is not None:
            record.append_csv(request.csv, [found], plain=request.plain)
    _say_written([*targets, request.csv], console)
    console.result(record.table(found), found)
    _end_by_limits({"": found})


def _targets(request: Request) -> list[Path]:
    """The files that one pair is written to, checked: the map, its record beside it, the map's numbers, the page."""
    from camsim.io import outputs
    from scielab.comparison import map_figure, page, pair

    targets = []
    if request.output is not None:
        map_figure.check_suffix(request.output)
        targets += [request.output, request.output.with_suffix(".json")]
    for path, suffixes, what in ((request.raw, pair.RAW_SUFFIXES, "raw map"), (request.html, page.SUFFIXES, "page")):
        if path is not None:
            if path.suffix.lower() not in suffixes:
                raise ValueError(f"{path}: a {what} is written as one of {', '.join(suffixes)}")
            targets.append(path)
    outputs.check(targets, (request.ref, request.test), force=request.force)
    if request.csv is not None and outputs.real(request.csv) in map(outputs.real, targets):
        raise click.UsageError(f"{request.csv} is named for two outputs")
    return targets


def _compare_folders(request: Request, networks: "list[Network]", console: console.Console) -> None:
    """All pairs of two folders: compare, write what is asked for, print. Nothing is written before all is compared."""
    from tqdm import tqdm

    from camsim.io import atomic
    from scielab.comparison import folders, record

    pairing = folders.match(request.ref, request.test)
    missing = folders.missing_words(pairing)
    if missing and not request.skip_missing:
        raise ValueError(f"{missing}; --skip-missing leaves out what has no partner")
    if not pairing.pairs:
        raise ValueError(f"{request.ref} and {request.test}: no two pictures of the same name")
    if missing:
        console.info(f"note: {missing}; left out")
    if request.output is not None:
        folders.check_target(request.output, (request.ref, request.test), force=request.force)
    total = len(pairing.pairs)
    if request.dry_run:
        output = None if request.output is None else str(request.output)
        plan = {"dry_run": True, "pairs": [files.name for files in pairing.pairs], "output": output}
        into = f", maps into {output}" if output else ""
        console.result(f"would compare {total} pictures of {request.test} with {request.ref}{into}", plan)
        return
    with contextlib.ExitStack() as stack:
        maps = None if request.output is None else stack.enter_context(atomic.atomic_folder(request.output))
        compared = folders.compare_all(
            pairing,
            request.viewing,
            plain=request.plain,
            networks=networks,
            limits=request.limits,
            maps=maps,
        )
        records = list(tqdm(compared, total=total, unit="pair", disable=not console.show_progress, dynamic_ncols=True))
        if maps is not None:
            folders.draw_maps(maps, records, top=request.top)
        whole = folders.report(records, pairing)
        if maps is not None:
            (maps / folders.RECORD).write_text(json.dumps(whole, indent=1), encoding="utf-8")
    if request.csv is not None:
        record.append_csv(request.csv, records, plain=request.plain)
    _say_written([request.output, request.csv], console)
    console.result(folders.table(whole), whole)
    _end_by_limits({found["name"]: found for found in records})


def _say_written(paths: list[Path | None], console: console.Console) -> None:
    written = [str(path) for path in paths if path is not None]
    if written:
        console.info(f"wrote {', '.join(written)}")


def _end_by_limits(records: dict[str, dict]) -> None:
    """Say on stderr which limits are exceeded, if any, and end with exit code 1."""
    from scielab.comparison import record

    exceeded = [
        (name, limit) for name, found in records.items() for limit in found.get("limits", ()) if limit["exceeded"]
    ]
    for name, limit in exceeded:
        click.echo(f"scielab compare: {name + ': ' if name else ''}{record.limit_words(limit)}", err=True)
    if exceeded:
        raise click.exceptions.Exit(1)
