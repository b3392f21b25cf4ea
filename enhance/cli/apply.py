"""The `enhance apply` command."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.cli.console import Console
from camsim.io import atomic, outputs
from enhance.cli.model_options import find_model, load_enlarger, model_options

if TYPE_CHECKING:
    from enhance.inference.apply import Enlarger
    from enhance.inference.pictures import Input, Picture

#: Decoded pictures that are kept from the check of all inputs until each is enlarged, in bytes. Up to here every input
#: is decoded once; those beyond are decoded again when their turn comes, so that memory does not grow with a folder.
KEPT_BYTES = 1 << 29


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A picture to be enlarged."""

    input: "Input"
    path: Path  #: the file to read: the input itself, or what was fetched
    output: Path
    sidecar: Path

    def read(self) -> "Picture":
        from enhance.inference import pictures

        return pictures.read(self.path, name=self.input.where)


@click.command(short_help="Enlarge pictures with a trained model.")
@click.option("-i", "--input", "inputs", required=True, multiple=True, metavar="IN", help="A file, a folder or a URL.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="A picture file, or a folder.")
@model_options
@click.option("--tile", type=click.IntRange(min=1), help="Largest side worked on at once, in pixels: less memory.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, gpu or gpu:N.")
@console.force_option
@console.dry_run_option
@console.reporting
def apply(
    inputs: Sequence[str],
    output: Path,
    task: str | None,
    models: Path | None,
    model: Path | None,
    tile: int | None,
    device: str,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Enlarge pictures of any size with a trained model.

    -i may be repeated; folders are searched through, http and https addresses are fetched (at most 64 MiB each).
    Grey, 16 bits, alpha, EXIF and resolution are kept; colours become sRGB. Beside every picture a .json file records
    model and input.
    Without --models it is the task's latest finished run, or the model that came with the program.
    """
    weights, entry = find_model(task, models, model)
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        jobs = _jobs(inputs, output, Path(folder), force=force)
        if dry_run:
            names = [str(job.output) for job in jobs]
            plan = {"dry_run": True, "model": str(weights), "outputs": names}
            console.result("\n".join(f"would write {name}" for name in names), plan)
            return
        _fetch(jobs)
        kept, pixels = _check(jobs, console.info)  # before the model is loaded or anything written
        enlarge = load_enlarger(weights, tile=tile, device=device)
        console.info(f"model: {weights}")
        facts = {
            "model": str(weights),
            "model_sha256": atomic.sha256(weights),
            "task": entry and entry.task,
            "version": __version__,
        }
        records = _enlarge_all(jobs, kept, enlarge, pixels, facts, console)
    lines = (f"{record['output']}  {record['width']}×{record['height']}" for record in records)
    console.result("\n".join(lines), {"model": str(weights), "outputs": records})


def _jobs(inputs: Sequence[str], output: Path, folder: Path, *, force: bool) -> list[Job]:
    """Where every picture comes from and goes to, checked; what is fetched will be in `folder`."""
    from camsim.io import image
    from enhance.inference import pictures

    found = pictures.find(inputs)
    targets = outputs.place([each.name for each in found], output)
    sidecars = outputs.distinct([target.with_suffix(".json") for target in targets])
    for target in targets:
        image.check_suffix(target)
    outputs.check([*targets, *sidecars], [each.where for each in found if not each.is_web], force=force)
    return [
        Job(
            input=each,
            path=folder / str(number) if each.is_web else Path(each.where),
            output=target,
            sidecar=sidecar,
        )
        for number, (each, target, sidecar) in enumerate(zip(found, targets, sidecars, strict=True))
    ]


def _fetch(jobs: Sequence[Job]) -> None:
    """Download what is named by its address."""
    from camsim.io import web

    for job in jobs:
        if job.input.is_web:
            web.fetch(job.input.where, job.path)


def _check(jobs: Sequence[Job], note: Callable[[str], object]) -> tuple[dict[Job, "Picture"], int]:
    """Decode every picture and see that it can be written; returns those that are kept, and the pixels of all."""
    from enhance.inference import pictures

    kept, kept_bytes, pixels = {}, 0, 0
    for job in jobs:
        picture = job.read()
        pictures.check_target(job.output, picture)
        pixels += picture.values.shape[0] * picture.values.shape[1]
        for words in pictures.losses(job.output, picture):
            note(f"note: {job.output} {words}")
        if kept_bytes + picture.values.nbytes <= KEPT_BYTES:
            kept[job] = picture
            kept_bytes += picture.values.nbytes
    return kept, pixels


def _enlarge_all(
    jobs: Sequence[Job], kept: dict[Job, "Picture"], enlarge: "Enlarger", pixels: int, facts: dict, console: Console
) -> list[dict]:
    """Enlarge and write every picture and its record; returns the records."""
    from tqdm import tqdm

    from enhance.inference import pictures

    bar_options = {"unit": "px", "unit_scale": True, "dynamic_ncols": True, "delay": 1, "leave": False}
    records = []
    with tqdm(total=pixels, disable=not console.show_progress, **bar_options) as bar:
        for job in jobs:
            picture = kept.pop(job) if job in kept else job.read()
            result = enlarge(picture.values, step=bar.update)
            pictures.write(job.output, replace(picture, values=result))
            size = {"width": result.shape[1], "height": result.shape[0], "scale": enlarge.scale}
            origin = {"input": job.input.where, "input_sha256": atomic.sha256(job.path), "output": str(job.output)}
            records.append(origin | size | facts)
            atomic.write_text(job.sidecar, json.dumps(records[-1], indent=1))
    return records
