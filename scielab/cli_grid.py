"""The `scielab grid` command."""

import json
from pathlib import Path

import click

import camsim
from camsim import console, files
from scielab import DEFAULT_SAMPLES_PER_DEGREE

FILE = click.Path(path_type=Path)


@click.command(short_help="Judge four models on four cameras.")
@click.option(
    "--models", type=FILE, help="Folder of trained models, one folder per task.  [default: the latest of each]"
)
@click.option("--data", type=FILE, help="A set of `camsim dataset`.  [default: the built-in test photographs]")
@click.option("-o", "--output", type=FILE, default=Path("grid"), show_default=True, help="Folder for the results.")
@click.option("--show", multiple=True, metavar="NAME", help="Pictures to show.  [default: the first of 3 photographs]")
@click.option(
    "--samples-per-degree",
    type=float,
    default=DEFAULT_SAMPLES_PER_DEGREE,
    show_default=True,
    help="Pixels per degree of visual angle.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Judge only so many pictures, spread over the set.")
@console.force_option
@console.dry_run_option
@console.reporting
def grid(models, data, output, show, samples_per_degree, limit, force, dry_run, console):
    """The cross-model grid: four models on the pictures of four cameras, judged by S-CIELAB, PSNR and SSIM.

    Writes report.html (one page that needs nothing else), grid.png (what the models made), delta_e.png (their
    S-CIELAB maps), grid.json and grid.csv.
    """
    from enhance import zoo
    from scielab import filters

    filters.check_samples_per_degree(samples_per_degree)
    entries = {task: zoo.find(task, models) for task in zoo.TASKS}
    outputs = [output / name for name in ("report.html", "grid.png", "delta_e.png", "grid.json", "grid.csv")]
    if output.is_file():
        raise ValueError(f"{output} is a file; -o names a folder")
    files.refuse_existing(outputs, force=force)
    files.check_writable(outputs[0])
    pictures, source, origins = _pictures(data, entries, limit)
    shown = _choose(show, pictures)
    if dry_run:
        plan = {"dry_run": True, "output": str(output), "pictures": len(pictures), "models": list(entries)}
        console.result(f"would judge {', '.join(entries)} on {len(pictures)} pictures of {source}, into {output}", plan)
        return
    seen = _seen_in_training(entries, origins)
    for warning in seen:
        console.info(f"warning: {warning}")
    _write_grid(entries, pictures, shown, source, seen, samples_per_degree, outputs, console)


def _pictures(data: Path | None, entries: dict, limit: int | None):
    """The pictures to judge, in words where they are from, and the photographs' hashes by picture name."""
    import numpy as np

    from camsim import camera, dataset, photos
    from enhance import zoo
    from scielab.grid import Picture

    settings = list(zoo.TASKS.values())
    if data is None:
        found = photos.open_sources([photos.BUILTIN], split="test")
        source = f"{len(found)} built-in test photographs"
        loaded = list(dataset.pairs(found, {name: camera.load(name) for name in settings}))
        records = [pair.record for pair in loaded]
        names, hr = [pair.name for pair in loaded], [pair.hr for pair in loaded]
        lr = {setting: [pair.lr[setting] for pair in loaded] for setting in settings}
    else:
        source, records, lr = str(data), dataset.read_manifest(data)["images"], {}
        for setting in settings:
            names, lr[setting], hr = dataset.load(data, setting)
    if not names:
        raise ValueError(f"{source}: no pictures")
    scale = hr[0].shape[0] // lr[settings[0]][0].shape[0]
    for entry in entries.values():
        if entry.scale != scale:
            raise ValueError(f"{entry.path}: a model for scale {entry.scale}, but {source} has scale {scale}")
    chosen = range(len(names))
    if limit is not None and limit < len(names):
        chosen = np.linspace(0, len(names) - 1, limit, dtype=int)
    pictures = [
        Picture(name=names[i], reference=hr[i] / 255.0, inputs={s: lr[s][i] / 255.0 for s in settings}) for i in chosen
    ]
    return pictures, source, {records[i]["name"]: records[i]["source_sha256"] for i in chosen}


def _choose(names: tuple[str, ...], pictures) -> list:
    """The pictures to show: those named, else the first of up to three photographs."""
    by_name = {picture.name: picture for picture in pictures}
    if names:
        for name in names:
            if name not in by_name:
                some = ", ".join(list(by_name)[:8]) + (", …" if len(by_name) > 8 else "")
                raise ValueError(f"--show {name}: no such picture; there are {some}")
        return [by_name[name] for name in dict.fromkeys(names)]
    firsts = {name.rpartition("_")[0] or name: picture for name, picture in reversed(by_name.items())}
    return list(reversed(firsts.values()))[:3]


def _seen_in_training(entries: dict, origins: dict[str, str]) -> list[str]:
    """Warnings for pictures whose photograph a model was trained on: they prove nothing."""
    warnings = []
    for task, entry in entries.items():
        known = set(entry.card.get("source_sha256", []))
        count = sum(origin in known for origin in origins.values())
        if count:
            warnings.append(
                f"{count} of {len(origins)} pictures are of photographs that the {task} model was trained on"
            )
    return warnings


def _write_grid(entries, pictures, shown, source, seen, samples_per_degree, outputs, console) -> None:
    """Judge, write the five files, print the table."""
    from tqdm import tqdm

    from enhance.cli import load_model
    from scielab import figures, grid, metric, report

    networks = {task: load_model(entry.weights) for task, entry in entries.items()}
    models = {grid.BASELINE: grid.bicubic(pictures[0].reference.shape[:2])} | networks
    settings = list(pictures[0].inputs)
    keep = {picture.name for picture in shown}
    results = []
    total = len(models) * len(settings) * len(pictures)
    with tqdm(
        total=total, unit="picture", disable=not console.show_progress, dynamic_ncols=True, mininterval=0.5
    ) as bar:
        for result in grid.evaluate(models, pictures, settings, samples_per_degree=samples_per_degree):
            results.append(result if result.picture in keep else result.without_pictures())
            bar.update()
    cells = grid.summarise(results)
    verdicts = grid.judge(cells)
    kept = [result for result in results if result.picture in keep]
    rows, columns = pictures[0].reference.shape[:2]
    facts = {
        "Pictures": f"{len(pictures)}, {columns}×{rows}, from {source}",
        "Trained on them": "; ".join(seen) or "no: no model was trained on any of these photographs",
        "ΔE": f"{metric.VERSION}, CIE76, {samples_per_degree:g} samples per degree, sRGB white; mean over pictures of "
        "the map's mean and 95th percentile",
        "PSNR, SSIM": "on sRGB values, all channels, whole picture; SSIM with the Gaussian window of Wang et al. 2004",
        "bicubic": "antialiased bicubic enlargement of the camera picture, nothing else",
    } | {f"model {task}": _model_words(entry) for task, entry in entries.items()}
    record = grid.as_dict(cells, verdicts) | {
        "pictures": [picture.name for picture in pictures],
        "source": source,
        "seen_in_training": seen,
        "metric": {"name": metric.VERSION, "formula": 76, "samples_per_degree": samples_per_degree},
        "models": {task: {"path": str(entry.path)} | entry.card for task, entry in entries.items()},
        "version": camsim.__version__,
    }
    page, outputs_png, maps_png, json_file, csv_file = outputs
    figures.save_outputs(outputs_png, shown, kept)
    figures.save_maps(maps_png, shown, kept, top=grid.MAP_TOP)
    files.write_text(json_file, json.dumps(record, indent=1))
    files.write_text(csv_file, grid.as_csv(cells))
    files.write_text(page, report.page(shown, kept, cells, verdicts, top=grid.MAP_TOP, facts=facts))
    lines = [grid.table(cells), "", *map(grid.describe, verdicts), "", f"report: {page.resolve()}"]
    console.result("\n".join(lines), {"report": str(page.resolve())} | record)


def _model_words(entry) -> str:
    card = entry.card
    steps = f"{card.get('steps', '?')} steps of pixel loss, {card.get('gan_steps', '?')} adversarial"
    network = f"{card.get('generator', '?')}, {card.get('parameters', 0):,} parameters"
    return f"{network}, {steps}, trained on {card.get('data', '?')}"
