"""The `scielab grid` command."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from camsim.cli import console
from scielab.cli.lpips_options import lpips_options
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE, Viewing

FILE = click.Path(path_type=Path)


@click.command(short_help="Judge four models on four cameras.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="MODEL",
    help="A task, the folder of a run or of several, or a .keras file. Repeatable.  [default: every task's model]",
)
@click.option(
    "--data", type=FILE, metavar="DIR", help="A set of `camsim dataset`.  [default: the built-in test photographs]"
)
@click.option(
    "-o", "--output", type=FILE, metavar="DIR", default=Path("grid"), show_default=True, help="Folder for the results."
)
@click.option(
    "--show",
    multiple=True,
    metavar="NAME",
    help="Pictures in the figures; the page has all.  [default: of 3]",
)
@click.option(
    "--samples-per-degree",
    type=float,
    default=DEFAULT_SAMPLES_PER_DEGREE,
    show_default=True,
    help="Pixels per degree of visual angle.",
)
@lpips_options
@click.option("--limit", type=click.IntRange(min=1), help="Judge only so many pictures, spread over the set.")
@console.force_option
@console.dry_run_option
@console.reporting
def grid(
    models: tuple[str, ...],
    data: Path | None,
    output: Path,
    show: tuple[str, ...],
    samples_per_degree: float,
    lpips: tuple[str, ...],
    weights: Path | None,
    limit: int | None,
    force: bool,
    dry_run: bool,
    console: console.Console,
) -> None:
    """The cross-model grid: four models on the pictures of four cameras, judged by S-CIELAB, PSNR and SSIM.

    Writes report.html (one page that needs nothing else), grid.png (what the models made), delta_e.png (their
    S-CIELAB maps), matrix.png (mean ΔE with 95 % intervals), grid.json and grid.csv.

    The cameras are those of the set; models that other installed packages register take part, too. All have to beat
    bicubic enlargement and, on built-in cameras, the best answer without networks. Stopped, even killed, the same
    command goes on where it was, to the same bytes.
    """
    from scielab.model_grid import planning, run, tables

    planned = planning.plan(
        models,
        data,
        output=output,
        show=show,
        limit=limit,
        viewing=Viewing(samples_per_degree=samples_per_degree),
        lpips=lpips,
        weights=weights,
        force=force,
    )
    if dry_run:
        count = len(planned.data.pictures)
        names = [row.name for row in planned.rows]
        plan = {"dry_run": True, "output": str(output), "pictures": count, "models": names}
        words = f"would judge {', '.join(names)} on {count} pictures of {planned.data.source}, into {output}"
        console.result(words, plan)
        return
    for row in planned.rows:
        console.info(f"model {row.name}: {row.origin}")
    try:
        with _progress(console) as step:
            found = run.carry_out(planned, step=step, say=console.info)
    except KeyboardInterrupt as stop:
        for note in getattr(stop, "__notes__", ()):
            console.info(note)
        raise
    parts = [str(found), "\n".join(map(tables.sentence, found.verdicts)), f"report: {found.report}"]
    console.result("\n\n".join(filter(None, parts)), {"report": str(found.report)} | found.record)


@contextlib.contextmanager
def _progress(console: console.Console) -> Iterator[Callable[[int, int], None]]:
    """A progress bar that appears when the first number is known, as what `step` is to be."""
    with contextlib.ExitStack() as bars:
        bar = None

        def step(done: int, total: int) -> None:
            nonlocal bar
            if bar is None:
                bar = bars.enter_context(console.bar(total=total, initial=done, unit="output"))
            bar.update(done - bar.n)

        yield step
