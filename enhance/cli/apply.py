"""The `enhance apply` and `enhance export` commands."""

import json
import tempfile
from pathlib import Path

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.io import atomic, outputs
from enhance import backend, zoo


def model_options(command):
    """The three options that name a model."""
    for option in (
        click.option("--model", type=click.Path(path_type=Path), help="A .keras file instead of a task's model."),
        click.option("--models", type=click.Path(path_type=Path), help="Folder of trained models, or one run."),
        click.option("--task", help="sr, color, pixel, deblur, or a camera that you trained for."),
    ):
        command = option(command)
    return command


def find_model(task: str | None, models: Path | None, model: Path | None) -> tuple[Path, zoo.Entry | None]:
    """The generator's file that the three options name, and the finished run that it belongs to, if any."""
    if model and (task or models):
        raise click.UsageError("--model names one network and stands alone: no --task or --models with it")
    if model:
        if not model.exists():
            raise ValueError(f"{model}: no such file")
        return model, None
    if not task and not models:
        raise click.UsageError("--task or --model is needed")
    entry = zoo.find(task, models) if task else zoo.open_run(models)
    return entry.weights, entry


def load_model(path: Path):
    """A saved generator as a plain function, (h, w, 3) to (h·scale, w·scale, 3), sRGB values in [0, 1]."""
    return _enlarger(path).enlarge


def _enlarger(path: Path, *, tile: int | None = None, device: str = "auto"):
    backend.ensure()
    from enhance.inference import apply as applying

    return applying.Enlarger(applying.load(path, device=device), tile=tile, device=device)


@click.command(short_help="Enlarge pictures with a trained model.")
@click.option("-i", "--input", "inputs", required=True, multiple=True, metavar="IN", help="A file, a folder or a URL.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A picture file, or a folder.")
@model_options
@click.option("--tile", type=click.IntRange(min=1), help="Largest side worked on at once, in pixels: less memory.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, gpu or gpu:N.")
@console.force_option
@console.dry_run_option
@console.reporting
def apply(inputs, output, task, models, model, tile, device, force, dry_run, console):
    """Enlarge pictures of any size with a trained model.

    -i may be repeated; folders are searched through, http and https addresses are fetched (at most 64 MiB each).
    Grey, 16 bits, alpha and colour profile are kept; beside every picture a .json file records model and input.
    Without --models it is the task's latest finished run, or the model that came with the program.
    """
    path, entry = find_model(task, models, model)
    from camsim.io import image
    from enhance.inference import pictures

    sources = pictures.find(inputs)
    targets = outputs.place([source.name for source in sources], output)
    sidecars = outputs.distinct([target.with_suffix(".json") for target in targets])
    for target in targets:
        image.check_suffix(target)
    outputs.check([*targets, *sidecars], [source.where for source in sources if not source.is_web], force=force)
    if dry_run:
        names = [str(target) for target in targets]
        plan = {"dry_run": True, "model": str(path), "outputs": names}
        console.result("\n".join(f"would write {name}" for name in names), plan)
        return
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        places = [_local(source, Path(folder) / str(number)) for number, source in enumerate(sources)]
        jobs, pixels = list(zip(sources, places, targets, sidecars, strict=True)), 0
        for source, place, target, _ in jobs:  # before the model is loaded or anything written
            picture = pictures.read(place, name=source.where)
            pictures.check_target(target, picture)
            pixels += picture.values.shape[0] * picture.values.shape[1]
            if pictures.depth_in(target, picture.values.dtype) != picture.values.dtype:
                bits = 8 * pictures.depth_in(target, picture.values.dtype).itemsize
                console.info(f"note: {target} gets {bits} bits; {target.suffix} does not hold the input's depth")
        enlarge = _enlarger(path, tile=tile, device=device)
        console.info(f"model: {path}")
        facts = {
            "model": str(path),
            "model_sha256": atomic.sha256(path),
            "task": entry and entry.task,
            "version": __version__,
        }
        done = _enlarge_all(jobs, enlarge, pixels, facts, console)
    lines = (f"{record['output']}  {record['width']}×{record['height']}" for record in done)
    console.result("\n".join(lines), {"model": str(path), "outputs": done})


def _local(source, place: Path) -> Path:
    """The file to read: the source itself, or `place` with what was fetched."""
    from enhance.inference import pictures

    if not source.is_web:
        return Path(source.where)
    pictures.fetch(source.where, place)
    return place


def _enlarge_all(jobs: list, enlarge, pixels: int, facts: dict, console) -> list[dict]:
    """Enlarge and write every picture and its record; returns the records."""
    from tqdm import tqdm

    from enhance.inference import pictures

    look = {"unit": "px", "unit_scale": True, "dynamic_ncols": True, "delay": 1, "leave": False}
    done = []
    with tqdm(total=pixels, disable=not console.show_progress, **look) as bar:
        for source, place, target, sidecar in jobs:
            picture = pictures.read(place, name=source.where)
            result = enlarge(picture.values, step=bar.update)
            pictures.write(target, pictures.Picture(values=result, profile=picture.profile))
            size = {"width": result.shape[1], "height": result.shape[0], "scale": enlarge.scale}
            record = {"input": source.where, "input_sha256": atomic.sha256(place), "output": str(target)} | size
            atomic.write_text(sidecar, json.dumps(record | facts, indent=1))
            done.append(record | facts)
    return done


@click.command(short_help="Write a model for other runtimes.")
@model_options
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="FILE.onnx, FILE.tflite, or FOLDER."
)
@console.force_option
@console.dry_run_option
@console.reporting
def export(task, models, model, output, force, dry_run, console):
    """Write a model for other runtimes: ONNX, TFLite or, without a suffix, TensorFlow's SavedModel.

    It takes (1, H, W, 3) float32 sRGB values in [0, 1], any H and W. What was written is run once and compared with
    Keras; more than 0.001 of difference is an error, and nothing is left.
    """
    path, _ = find_model(task, models, model)
    outputs.check([output], [path], force=force)
    backend.ensure()
    from enhance.inference import apply as applying
    from enhance.inference import export as exporting

    kind = exporting.kind_of(output)
    exporting.check_place(output)
    if dry_run:
        plan = {"dry_run": True, "model": str(path), "outputs": [str(output)]}
        console.result(f"would write {output} ({kind})", plan)
        return
    network = applying.load(path)
    worst = exporting.export(network, output)
    console.info(f"model: {path}")
    record = {"model": str(path), "output": str(output), "kind": kind, "largest_difference": worst}
    console.result(f"{output}  {kind}, within {worst:.1e} of Keras", record)
