"""The `enhance evaluate` command."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camsim.cli import console, fetch
from camsim.cli.console import Console, in_option
from camsim.io import outputs
from enhance.cli.model_options import Model, model_options
from enhance.inference.run import open_enlarger

if TYPE_CHECKING:
    from enhance.evaluation.benchmark import Bench
    from enhance.evaluation.benchmark import Model as Function
    from enhance.evaluation.protocol import Protocol
    from enhance.evaluation.results import Evaluation

FILE = click.Path(path_type=Path)


@click.command(short_help="Measure PSNR and SSIM as papers do.")
@click.option(
    "--bench",
    "folders",
    required=True,
    multiple=True,
    metavar="[NAME=]DIR",
    help="A benchmark, more if repeated: a folder of HR pictures, or one with HR and LRbicx4 (or LR) in it; or set5, "
    "set14, bsd100, urban100, which are fetched if need be.",
)
@model_options
@click.option("--scale", type=click.IntRange(min=1), default=4, show_default=True, help="HR pixels per LR pixel.")
@click.option(
    "--channel",
    type=click.Choice(["Y", "RGB"], case_sensitive=False),
    default="Y",
    show_default=True,
    metavar="[Y|RGB]",
    help="Y: luma, BT.601 studio range, whole levels.",
)
@click.option("--crop", type=click.IntRange(min=0), help="Border left out, in HR pixels.  [default: the scale]")
@click.option("--delta-e", is_flag=True, help="Measure the mean S-CIELAB ΔE, too.")
@click.option("--csv", type=FILE, metavar="FILE", help="Append a row per picture and model; one protocol per file.")
@console.dry_run_option
@console.reporting
def evaluate(
    folders: Sequence[str],
    model: Model | None,
    scale: int,
    channel: str,
    crop: int | None,
    delta_e: bool,
    csv: Path | None,
    dry_run: bool,
    console: Console,
) -> None:
    """Measure MATLAB's bicubic enlargement, and a model, on benchmarks of super-resolution.

    \b
    enhance evaluate --bench Set5                          MATLAB's bicubic alone, on a benchmark that is fetched
    enhance evaluate --bench Set5=DIR --bench Set14=DIR --model sr

    LR pictures are made by MATLAB's bicubic reduction where the folder has none. The LR picture and what is made of
    it have 8 bits. A grey file stays grey. Every table names channel, cropped border and range.
    """
    from enhance.evaluation import results
    from enhance.evaluation.protocol import Protocol

    protocol = Protocol(channel=channel.upper(), crop_px=scale if crop is None else crop)
    benches = _open(folders, scale, console)
    name = _row_name(model, scale) if model else ""
    if csv is not None:
        _check_csv(csv, benches, scale, protocol)
    if dry_run:
        _report_plan(benches, name, scale, protocol, console)
        return
    functions: dict[str, Function] = {}
    if model:
        functions[name] = open_enlarger(model).enlarge
        console.info(f"model: {model}")
    evaluation = _evaluate_with_bar(benches, functions, protocol, delta_e, console)
    if csv is not None:
        results.append_csv(csv, evaluation.scores)
    result = {
        "scale": scale,
        "protocol": asdict(protocol) | {"words": protocol.describe()},
        **(model.record if model else {"model": None}),
        "means": [asdict(mean) for mean in evaluation],
        "notes": list(evaluation.notes),
        "records": [asdict(one) for one in evaluation.scores],
    }
    console.result(str(evaluation), result)


def _open(folders: Sequence[str], scale: int, console: Console) -> "list[Bench]":
    """The benchmarks named by NAME=DIR or DIR, or by the name of a data set that is fetched."""
    from enhance.evaluation import benchmark

    named = []
    for text in folders:
        name, equals, folder = text.partition("=")
        if not equals or Path(text).is_dir():
            fetched = fetch.by_name(text, console)
            name, folder = (text, str(fetched)) if fetched else ("", text)
        if not folder:
            raise click.BadParameter(f"{text!r} names no folder", param_hint="--bench")
        named.append((name, folder))
    with in_option("--bench NAME=DIR"):
        return benchmark.open_all(named, scale=scale)


def _row_name(model: Model, scale: int) -> str:
    """What the model's row is called; ValueError where it is for another scale."""
    if model.run and model.run.scale != scale:
        raise ValueError(f"{model.run.folder}: a model for scale {model.run.scale}, not {scale}; --scale sets it")
    return model.name if model.run else str(model.weights)


def _check_csv(csv: Path, benches: "Sequence[Bench]", scale: int, protocol: "Protocol") -> None:
    """Whether rows may be appended to the file: it is none of the pictures, and of this scale and protocol."""
    from enhance.evaluation import results

    read = [path for bench in benches for path in (*bench.hr, *(bench.lr or ()))]
    outputs.check([csv], read, appended=True)
    results.check_csv(csv, scale, protocol)


def _report_plan(benches: "Sequence[Bench]", name: str, scale: int, protocol: "Protocol", console: Console) -> None:
    """What --dry-run says."""
    from enhance.evaluation import benchmark, results

    rows = [benchmark.BASELINE, *([name] if name else [])]
    count = sum(len(bench.hr) for bench in benches)
    names = [bench.name for bench in benches]
    plan = {"dry_run": True, "benches": names, "pictures": count, "models": rows}
    words = f"would judge {', '.join(rows)} on {count} pictures of {', '.join(names)}"
    console.result(f"{words}: {results.headline(scale, protocol)}", plan | {"protocol": asdict(protocol)})


def _evaluate_with_bar(
    benches: "Sequence[Bench]",
    functions: "Mapping[str, Function]",
    protocol: "Protocol",
    delta_e: bool,
    console: Console,
) -> "Evaluation":

    from enhance.evaluation import benchmark

    total = (1 + len(functions)) * sum(len(bench.hr) for bench in benches)
    with console.bar(total=total, unit="output", leave=False) as bar:
        return benchmark.evaluate_all(benches, functions, protocol, delta_e=delta_e, step=bar.update)
