"""The `enhance evaluate` command."""

from dataclasses import asdict
from pathlib import Path

import click

from camsim.cli import console
from camsim.io import outputs
from enhance.cli import apply

FILE = click.Path(path_type=Path)


@click.command(short_help="Measure PSNR and SSIM as papers do.")
@click.option(
    "--bench",
    "benches",
    required=True,
    multiple=True,
    metavar="[NAME=]DIR",
    help="A benchmark, more if repeated: a folder of HR pictures, or one with HR and LRbicx4 (or LR) in it.",
)
@apply.model_options
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
@click.option("--csv", type=FILE, help="Append a row per picture and model; one protocol per file.")
@console.dry_run_option
@console.reporting
def evaluate(benches, task, models, model, scale, channel, crop, delta_e, csv, dry_run, console):
    """Measure bicubic enlargement, and a model, on benchmarks of super-resolution.

    \b
    enhance evaluate --bench Set5=DIR                      bicubic alone
    enhance evaluate --bench Set5=DIR --bench Set14=DIR --task sr

    LR pictures are made by MATLAB's bicubic reduction where the folder has none. The LR picture and what is made of
    it have 8 bits. A grey file stays grey. Every table names channel, cropped border and range.
    """
    from enhance.evaluation import benchmark, results
    from enhance.evaluation.protocol import Protocol

    protocol = Protocol(channel=channel.upper(), crop_px=scale if crop is None else crop)
    opened = _open(benches, scale)
    name, weights = _chosen(task, models, model, scale)
    if csv is not None:
        read = [path for bench in opened for path in (*bench.hr, *(bench.lr or ()))]
        outputs.check([csv], read, force=True)  # rows are appended
        results.check_csv(csv, protocol)
    rows = ["bicubic", *([name] if name else [])]
    count = sum(len(bench.hr) for bench in opened)
    if dry_run:
        plan = {"dry_run": True, "benches": [bench.name for bench in opened], "pictures": count, "models": rows}
        words = f"would judge {', '.join(rows)} on {count} pictures of {', '.join(plan['benches'])}"
        console.result(f"{words}: ×{scale}, {protocol.describe()}", plan | {"protocol": asdict(protocol)})
        return
    functions = {"bicubic": benchmark.bicubic(scale)}
    if name:
        functions[name] = apply.load_model(weights)
        console.info(f"model: {weights}")
    records = _measure(opened, functions, protocol, delta_e, console)
    if csv is not None:
        results.append_csv(csv, records)
    found = results.means(records)
    headline = f"×{scale}, {protocol.describe()}"
    notes = [_lr_words(bench, records) for bench in opened] + [_delta_e_words()] * delta_e
    result = {
        "scale": scale,
        "protocol": asdict(protocol) | {"words": protocol.describe()},
        "model": str(weights) if name else None,
        "means": [asdict(mean) for mean in found],
        "notes": notes,
        "records": [asdict(record) for record in records],
    }
    console.result("\n".join([results.table(found, headline), *notes]), result)


def _open(benches: tuple[str, ...], scale: int) -> list:
    """The benchmarks named by NAME=DIR or DIR."""
    from enhance.evaluation import benchmark

    opened = []
    for text in benches:
        name, equals, folder = text.partition("=")
        if not equals or Path(text).is_dir():
            name, folder = "", text
        if not folder:
            raise click.BadParameter(f"{text!r} names no folder", param_hint="--bench")
        opened.append(benchmark.open_bench(Path(folder), scale=scale, name=name))
        if opened[-1].name in [bench.name for bench in opened[:-1]]:
            raise click.BadParameter(f"two are named {opened[-1].name}; give NAME=DIR", param_hint="--bench")
    return opened


def _chosen(task: str | None, models: Path | None, model: Path | None, scale: int) -> tuple[str, Path | None]:
    """What the model's row is called, and its file; "" and None where bicubic is judged alone."""
    if not (task or models or model):
        return "", None
    path, entry = apply.find_model(task, models, model)
    if entry and entry.scale != scale:
        raise ValueError(f"{entry.path}: a model for scale {entry.scale}, not {scale}; --scale sets it")
    return entry.task if entry else str(path), path


def _measure(benches, functions, protocol, delta_e: bool, console) -> list:
    from tqdm import tqdm

    from enhance.evaluation import benchmark

    total = len(functions) * sum(len(bench.hr) for bench in benches)
    look = {"unit": "output", "disable": not console.show_progress, "dynamic_ncols": True, "mininterval": 0.5}
    with tqdm(total=total, leave=False, **look) as bar:
        return [
            record
            for bench in benches
            for record in benchmark.evaluate(bench, functions, protocol, delta_e=delta_e, step=bar.update)
        ]


def _lr_words(bench, records: list) -> str:
    """Where a benchmark's LR pictures are from."""
    from enhance.evaluation import benchmark

    if bench.lr is None:
        return f"{bench.name}: LR made here by MATLAB's bicubic reduction"
    kinds = {record.picture: record.lr_from for record in records if record.bench == bench.name}
    others = sum(kind == benchmark.OTHER for kind in kinds.values())
    if not others:
        return f"{bench.name}: LR of {bench.lr[0].parent}, MATLAB's bicubic reduction bit for bit"
    return (
        f"{bench.name}: LR of {bench.lr[0].parent}; {others} of {len(kinds)} are not MATLAB's bicubic reduction of HR"
    )


def _delta_e_words() -> str:
    from scielab.metrics import s_cielab
    from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

    return f"ΔE: mean of {s_cielab.VERSION}, CIE76, {DEFAULT_SAMPLES_PER_DEGREE:g} samples per degree, in colour"
