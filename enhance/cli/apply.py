"""The `enhance apply` command."""

import json
import math
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
from enhance.cli.model_options import Model, model_options, needed
from enhance.inference.run import open_enlarger

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


def _inputs(*, positional: Sequence[str], named: Sequence[str]) -> list[str]:
    if not positional and not named:
        raise click.UsageError("no IN is given: a picture file, a folder or an http(s) address")
    return [*positional, *named]


@click.command(short_help="Enlarge pictures with a trained model.")
@click.argument("positional", nargs=-1, metavar="IN...")
@click.option("-i", "--input", "named", multiple=True, metavar="IN", help="Another IN: the same as without -i.")
@click.option(
    "-o", "--output", required=True, metavar="OUT", type=click.Path(path_type=Path), help="A picture file, or a folder."
)
@model_options
@click.option("--ensemble", is_flag=True, help="Average the eight turns and flips: better, eight times the time.")
@click.option("--tile", type=click.IntRange(min=1), help="Largest side worked on at once, in pixels: less memory.")
@click.option("--device", metavar="DEVICE", default="auto", show_default=True, help="auto, cpu, gpu or gpu:N.")
@click.option("--allow-local", is_flag=True, help="Fetch from addresses that are not public, too: http://localhost/…")
@console.force_option
@console.dry_run_option
@console.reporting
@console.gather("inputs", _inputs, "positional", "named")
def apply(
    inputs: Sequence[str],
    output: Path,
    model: Model | None,
    ensemble: bool,
    tile: int | None,
    device: str,
    allow_local: bool,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Enlarge pictures of any size with a trained model.

    \b
    enhance apply shot.png -o out.png --model deblur     the model that came with the program
    enhance apply shots/ -o out/ --model runs/deblur-1   a run of yours, on every picture of a folder
    enhance apply shot.png -o out.png --model deblur --style 0.3   between faithful (0) and perceptual (1)

    IN is a file, a folder or an address: folders are searched through, but for what this command made before, http
    and https addresses of public servers are fetched (at most 64 MiB each). Grey, 16 bits, alpha, EXIF and resolution
    are kept; colours become sRGB. Beside every picture a .json file records model and input. A picture that is unlike
    those that the model was trained on gets a warning.
    """
    found = needed(model)
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        jobs = _jobs(inputs, output, Path(folder), console, force=force)
        if dry_run:
            names = [str(job.output) for job in jobs]
            plan = {"dry_run": True, **found.record, "outputs": names}
            console.result("\n".join(f"would write {name}" for name in names), plan)
            return
        _fetch(jobs, allow_local=allow_local)
        checked = _check(jobs, found, console.info)  # before the model is loaded or anything written
        enlarge = open_enlarger(found, tile=tile, device=device, ensemble=ensemble)
        _check_memory(checked.largest, enlarge)
        console.info(f"model: {found}")
        if found.run and checked.unlike:
            console.info(_warning(checked.unlike, len(jobs), found.run.task))
        facts = found.record | found.hashes | {"ensemble": ensemble, "version": __version__}
        records = _enlarge_all(jobs, checked, enlarge, facts, console)
    lines = (f"{record['output']}  {record['width']}×{record['height']}" for record in records)
    console.result("\n".join(lines), found.record | {"outputs": records})


def _jobs(inputs: Sequence[str], output: Path, folder: Path, console: Console, *, force: bool) -> list[Job]:
    """Where every picture comes from and goes to, checked; what is fetched will be in `folder`."""
    from camsim.io import image
    from enhance.inference import pictures

    found, own = pictures.find(inputs)
    if own:
        console.info(f"note: {len(own)} made by this command before are left out, such as {own[0]}; name one to use it")
    targets = outputs.place([each.name for each in found], output)
    sidecars = outputs.distinct([target.with_suffix(".json") for target in targets])
    for target in targets:
        image.check_suffix(target)
    outputs.check([*targets, *sidecars], [Path(each.where) for each in found if not each.is_web], force=force)
    return [
        Job(
            input=each,
            path=folder / str(number) if each.is_web else Path(each.where),
            output=target,
            sidecar=sidecar,
        )
        for number, (each, target, sidecar) in enumerate(zip(found, targets, sidecars, strict=True))
    ]


def _fetch(jobs: Sequence[Job], *, allow_local: bool) -> None:
    """Download what is named by its address."""
    from camsim.io import web

    for job in jobs:
        if job.input.is_web:
            try:
                web.fetch(job.input.where, job.path, allow_local=allow_local)
            except web.LocalAddressError as error:
                raise ValueError(f"{error}; --allow-local fetches from there, too") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is known of the inputs before the first is enlarged."""

    kept: dict[Job, "Picture"]  #: decoded, where memory allows
    pixels: int
    largest: tuple[Job, int, int, int]  #: with its rows, columns and bytes of a pixel
    unlike: dict[Job, list[str]]  #: how those differ, in words, that are unlike the model's training pictures


def _warning(unlike: dict[Job, list[str]], count: int, task: str) -> str:
    """One line about pictures that the model was not made for."""
    job, words = next(iter(unlike.items()))
    others = f", and {len(unlike) - 1} of the other {count - 1}" if len(unlike) > 1 else ""
    return f"warning: {job.input.where}{others}: unlike what {task} was trained on: {'; '.join(words)}"


def _check(jobs: Sequence[Job], model: Model, note: Callable[[str], object]) -> Checked:
    """Decode every picture and see that it can be written; returns those that are kept, and the pixels of all."""
    from enhance.inference import likeness, pictures

    inputs = model.run.inputs if model.run else {}
    kept, kept_bytes, pixels, unlike = {}, 0, 0, {}
    largest = (jobs[0], 0, 0, 0)
    for job in jobs:
        picture = job.read()
        pictures.check_target(job.output, picture)
        rows, columns = picture.values.shape[:2]
        pixels += rows * columns
        found = (job, rows, columns, picture.values[0, 0].nbytes)
        largest = max(largest, found, key=lambda found: math.prod(found[1:]))
        for loss in pictures.losses(job.output, picture):
            note(f"note: {job.output} {loss}")
        if kept_bytes + picture.values.nbytes <= KEPT_BYTES:
            kept[job] = picture
            kept_bytes += picture.values.nbytes
        if inputs and (words := likeness.unlike(picture.rgb(), inputs)):
            unlike[job] = words
    return Checked(kept=kept, pixels=pixels, largest=largest, unlike=unlike)


def _check_memory(largest: tuple[Job, int, int, int], enlarge: "Enlarger") -> None:
    """Raise ValueError where the largest picture would not fit in memory, enlarged; before the first is."""
    from enhance.inference import footprint

    job, rows, columns, pixel_bytes = largest
    size = {"rows": rows, "columns": columns, "pixel_bytes": pixel_bytes}
    footprint.check(job.input.where, enlarge.model, tile=enlarge.tile, scale=enlarge.scale, **size)


def _enlarge_all(
    jobs: Sequence[Job], checked: Checked, enlarge: "Enlarger", facts: dict, console: Console
) -> list[dict]:
    """Enlarge and write every picture and its record; returns the records."""
    from tqdm import tqdm

    from enhance.inference import pictures, turns

    bar_options = {"unit": "px", "unit_scale": True, "dynamic_ncols": True, "delay": 1, "leave": False}
    records, total = [], checked.pixels * (len(turns.TURNS) if enlarge.ensemble else 1)
    with tqdm(total=total, disable=not console.show_progress, **bar_options) as bar:
        for job in jobs:
            picture = checked.kept.pop(job) if job in checked.kept else job.read()
            result = enlarge(picture.values, step=bar.update)
            pictures.write(job.output, replace(picture, values=result))
            size = {"width": result.shape[1], "height": result.shape[0], "scale": enlarge.scale}
            origin = {"input": job.input.where, "input_sha256": atomic.sha256(job.path), "output": str(job.output)}
            records.append(origin | size | facts | {"unlike_training": checked.unlike.get(job, [])})
            atomic.write_text(job.sidecar, json.dumps(records[-1], indent=1))
    return records
