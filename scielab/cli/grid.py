"""The `scielab grid` command."""

import json
import os
from pathlib import Path

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.io import atomic, outputs
from scielab.viewing import DEFAULT_SAMPLES_PER_DEGREE

FILE = click.Path(path_type=Path)

OUTPUTS = ("report.html", "grid.png", "delta_e.png", "matrix.png", "grid.json", "grid.csv")


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
@click.option(
    "--lpips-weights",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Measure LPIPS, too: squeezenet1_1 of torchvision and, given again, squeeze.pth of LPIPS 0.1; or one .npz.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Judge only so many pictures, spread over the set.")
@console.force_option
@console.dry_run_option
@console.reporting
def grid(models, data, output, show, samples_per_degree, lpips_weights, limit, force, dry_run, console):
    """The cross-model grid: four models on the pictures of four cameras, judged by S-CIELAB, PSNR and SSIM.

    Writes report.html (one page that needs nothing else), grid.png (what the models made), delta_e.png (their
    S-CIELAB maps), matrix.png (mean ΔE with 95 % intervals), grid.json and grid.csv.

    Stopped, however roughly, the same command goes on where it was, to the same bytes.
    """
    from enhance import zoo
    from scielab.eye import kernels
    from scielab.model_grid import checkpoint

    kernels.check_samples_per_degree(samples_per_degree)
    entries = {task: zoo.find(task, models) for task in zoo.TASKS}
    targets = [output / name for name in OUTPUTS]
    if output.is_file():
        raise ValueError(f"{output} is a file; -o names a folder")
    outputs.check(targets, force=force or checkpoint.any_in(output))
    pictures, source, origins = _pictures(data, entries, limit)
    shown = _choose(show, pictures)
    network, lpips_facts = _lpips(lpips_weights)
    if dry_run:
        plan = {"dry_run": True, "output": str(output), "pictures": len(pictures), "models": list(entries)}
        console.result(f"would judge {', '.join(entries)} on {len(pictures)} pictures of {source}, into {output}", plan)
        return
    store = _store(output, entries, pictures, samples_per_degree, lpips_facts)
    if not store.begun:  # else the run that is gone on with was allowed to write here
        outputs.check(targets, force=force)
    seen = _seen_in_training(entries, origins)
    doubts = _doubts(origins, lpips_facts)
    for kind, words in [*(("warning", w) for w in seen), *(("note", w) for w in doubts)]:
        console.info(f"{kind}: {words}")
    results = _judge(store, entries, pictures, shown, samples_per_degree, network, console)
    record, facts = _record(entries, pictures, origins, source, seen, samples_per_degree, lpips_facts)
    _write(store, output, results, shown, record, facts, [*seen, *doubts], console)


def _pictures(data: Path | None, entries: dict, limit: int | None):
    """The pictures to judge, in words where they are from, and the photographs' hashes by picture name."""
    import numpy as np

    from camsim import camera_file
    from camsim.dataset import folder
    from camsim.dataset import photographs as photos
    from enhance import zoo
    from scielab.model_grid.evaluate import Picture

    settings = list(zoo.TASKS.values())
    if data is None:
        found = photos.open_sources([photos.BUILTIN], split="test")
        source = f"{len(found)} built-in test photographs"
        loaded = list(folder.pairs(found, {name: camera_file.load(name) for name in settings}))
        records = [pair.record for pair in loaded]
        names, hr = [pair.name for pair in loaded], [pair.hr for pair in loaded]
        lr = {setting: [pair.lr[setting] for pair in loaded] for setting in settings}
    else:
        source, records, lr = str(data), folder.read_manifest(data)["images"], {}
        for setting in settings:
            names, lr[setting], hr = folder.load(data, setting)
    if not names:
        raise ValueError(f"{source}: no pictures")
    scale = hr[0].shape[0] // lr[settings[0]][0].shape[0]
    for entry in entries.values():
        if entry.scale != scale:
            raise ValueError(f"{entry.folder}: a model for scale {entry.scale}, but {source} has scale {scale}")
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


def _lpips(paths: tuple[Path, ...]):
    """The network for LPIPS and what is to be said of it; None, None without weights."""
    if not paths:
        return None, None
    from scielab.metrics import lpips

    network = lpips.load(paths)
    check = lpips.published_check(network)
    facts = {"name": lpips.VERSION, "weights_sha256": {path.name: atomic.sha256(path) for path in paths}}
    return network, facts | {"noise_check": check, "published_weights": abs(check - lpips.PUBLISHED) < lpips.TOLERANCE}


def _store(output: Path, entries: dict, pictures: list, samples_per_degree: float, lpips_facts: dict | None):
    """Where results are kept until all are there; the place depends on all that they depend on."""
    from scielab.metrics import s_cielab
    from scielab.model_grid import checkpoint

    depends_on = {
        "version": __version__,
        "packages": checkpoint.packages(),
        "backend": os.environ.get("KERAS_BACKEND", ""),
        "metric": [s_cielab.VERSION, 76, samples_per_degree],
        "lpips": lpips_facts,
        "models": {task: atomic.sha256(entry.weights) for task, entry in entries.items()},
        "pictures": [[picture.name, checkpoint.picture_sha256(picture)] for picture in pictures],
    }
    return checkpoint.Store.open(output, depends_on)


def _seen_in_training(entries: dict, origins: dict[str, str]) -> list[str]:
    """Warnings for pictures whose photograph a model was trained on: they prove nothing."""
    tasks: dict[int, list[str]] = {}
    for task, entry in entries.items():
        known = set(entry.card.get("source_sha256", []))
        if count := sum(origin in known for origin in origins.values()):
            tasks.setdefault(count, []).append(task)
    return [
        f"{count} of {len(origins)} pictures are of photographs that the model for {', '.join(named)} was trained on"
        for count, named in tasks.items()
    ]


def _doubts(origins: dict[str, str], lpips_facts: dict | None) -> list[str]:
    """What else has to be known before the numbers are believed."""
    from scielab.metrics import lpips

    doubts = []
    photographs = len(set(origins.values()))
    if 1 < len(origins) != photographs:
        doubts.append(
            f"{len(origins)} pictures are cut from {photographs} photographs: "
            "the intervals are for more scenes like these, and too narrow for other photographs"
        )
    if lpips_facts and not lpips_facts["published_weights"]:
        doubts.append(
            f"the LPIPS weights give {lpips_facts['noise_check']:.4f} where the published ones give "
            f"{lpips.PUBLISHED}: their numbers cannot be compared with LPIPS elsewhere"
        )
    return doubts


def _judge(store, entries, pictures, shown, samples_per_degree, network, console) -> list:
    """Every model on every picture, going on with what the store holds."""
    from tqdm import tqdm

    from enhance.cli.model_options import load_model
    from scielab.model_grid import checkpoint, evaluate

    keep = frozenset(picture.name for picture in shown)
    done = sum(store.has(number, pictures=picture.name in keep) for number, picture in enumerate(pictures))
    if done:
        console.info(f"going on with an unfinished run: {done} of {len(pictures)} pictures were judged before")
    if store.remove_others():
        console.info("an unfinished run of other inputs was thrown away")
    networks = {task: load_model(entry.weights) for task, entry in entries.items()}
    models = {evaluate.BASELINE: evaluate.bicubic(pictures[0].reference.shape[:2])} | networks
    each = len(models) * len(pictures[0].inputs)
    look = {"unit": "output", "disable": not console.show_progress, "dynamic_ncols": True, "mininterval": 0.5}
    options = {"samples_per_degree": samples_per_degree, "network": network, "shown": keep}
    try:
        with tqdm(total=each * len(pictures), initial=each * done, **look) as bar:
            return checkpoint.resume(store, models, pictures, step=bar.update, **options)
    except KeyboardInterrupt:
        if store.begun:
            console.info("stopped; the same command goes on from here")
        raise


def _record(entries, pictures, origins, source, seen, samples_per_degree, lpips_facts) -> tuple[dict, dict[str, str]]:
    """How it was measured: for grid.json, and in words for the page."""
    from scielab.metrics import s_cielab
    from scielab.model_grid import bootstrap

    rows, columns = pictures[0].reference.shape[:2]
    photographs = len(set(origins.values()))
    record = {
        "pictures": [picture.name for picture in pictures],
        "photographs": photographs,
        "source": source,
        "seen_in_training": seen,
        "metric": {"name": s_cielab.VERSION, "formula": 76, "samples_per_degree": samples_per_degree},
        "intervals": {"percent": 95, "resamples": bootstrap.RESAMPLES, "seed": bootstrap.SEED},
        "lpips": lpips_facts,
        "models": {task: {"path": str(entry.folder)} | entry.facts for task, entry in entries.items()},
        "version": __version__,
    }
    facts = {
        "Pictures": f"{len(pictures)} of {photographs} photographs, {columns}×{rows}, from {source}",
        "Trained on them": "; ".join(seen) or "no: no model was trained on any of these photographs",
        "ΔE": f"{s_cielab.VERSION}, CIE76, {samples_per_degree:g} samples per degree, sRGB white; mean over "
        "pictures of the map's mean and 95th percentile",
        "PSNR, SSIM": "on sRGB values, all channels, whole picture; SSIM with the Gaussian window of Wang et al. 2004",
        "Intervals": f"95 %, percentile bootstrap: {bootstrap.RESAMPLES} resamples of the pictures, the same for "
        "all cells; a margin is to whichever other row is best in each resample",
        "bicubic": "antialiased bicubic enlargement of the camera picture, nothing else",
    }
    if lpips_facts:
        hashes = ", ".join(f"{name} {digest[:8]}" for name, digest in lpips_facts["weights_sha256"].items())
        facts["LPIPS"] = f"{lpips_facts['name']}; weights {hashes}"
    return record, facts | {f"model {task}": _model_words(entry) for task, entry in entries.items()}


def _write(store, output: Path, results, shown, record: dict, facts: dict[str, str], warnings, console) -> None:
    """Write all files, or none; print the table."""
    from scielab.metrics import catalogue
    from scielab.model_grid import evaluate, figures, heat_table, report, tables
    from scielab.model_grid import verdicts as judging

    cells, verdicts = judging.summarise(results), judging.judge(results)
    record = tables.as_dict(cells, verdicts) | record
    keep = {picture.name for picture in shown}
    kept = [result for result in results if result.picture in keep]
    staged = {name: store.folder / name for name in OUTPUTS}
    figures.save_outputs(staged["grid.png"], shown, kept)
    figures.save_maps(staged["delta_e.png"], shown, kept, top=evaluate.MAP_TOP)
    heat_table.save(staged["matrix.png"], cells, verdicts, catalogue.MEASURES[0])
    atomic.write_text(staged["grid.json"], json.dumps(record, indent=1))
    atomic.write_text(staged["grid.csv"], tables.as_csv(cells))
    page = report.page(shown, kept, cells, verdicts, top=evaluate.MAP_TOP, facts=facts, warnings=warnings)
    atomic.write_text(staged["report.html"], page)
    for name, path in staged.items():
        os.replace(path, output / name)
    store.remove()
    page = (output / "report.html").resolve()
    lines = [tables.text(cells), "", *map(tables.sentence, verdicts), "", f"report: {page}"]
    console.result("\n".join(lines), {"report": str(page)} | record)


def _model_words(entry) -> str:
    card = entry.card
    steps = " and ".join(f"{steps} steps {stage}" for stage, steps in card["stages"].items())
    return f"{card['generator']}, {card['parameters']:,} parameters, {steps}, trained on {card['data']}"
