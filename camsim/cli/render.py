"""The `camsim render` command."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.cli.console import Console
from camsim.cli.settings import SETTING_HELP, camera_record, chosen_camera
from camsim.io import atomic

if TYPE_CHECKING:
    import numpy as np

    from camsim.camera import Camera
    from camsim.scene.cube import Cube

    Picture = np.ndarray | Cube

BUILTIN_PHOTO = "astronaut"

#: Of several inputs all are decoded before anything is written, so that a damaged one is found first. What is decoded
#: then is kept for the rendering up to so many bytes; what would exceed them is decoded again in its turn.
KEPT_BYTES = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a hyperspectral scene holds where its file does not tell."""

    kind: str | None
    wavelength_nm: list[float] | None

    def read(self, source: Path) -> "Picture":
        from camsim.scene import read

        return read.read(source, kind=self.kind, wavelength_nm=self.wavelength_nm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What is written of every input, and where."""

    output: Path | None
    size: int | None  #: width in pixels
    bits: int
    dump: Path | None
    sheet: bool


class Job(NamedTuple):
    """An input and what is written of it."""

    source: Path
    target: Path
    sidecar: Path


def _camera(*, setting: str, overrides: tuple[str, ...], no_noise: bool) -> "Camera":
    return chosen_camera(setting, (*overrides, "sensor.noise=false") if no_noise else overrides)


def _reading(*, kind: str | None, wavelengths: str | None) -> Reading:
    return Reading(kind=kind, wavelength_nm=None if wavelengths is None else _wavelengths(wavelengths))


def _wavelengths(text: str) -> list[float]:
    """Wavelengths of START:STEP:STOP, nm."""
    try:
        start, step, stop = (float(part) for part in text.split(":"))
        if not (start > 0 and step > 0 and stop > start):
            raise ValueError
    except ValueError:
        raise click.UsageError(f"--wavelengths {text}: write START:STEP:STOP, such as 400:10:720") from None
    return [start + step * n for n in range(int((stop - start) / step + 1e-9) + 1)]


def _output(*, output: Path | None, size: int | None, bits: str, dump: Path | None, sheet: bool) -> Output:
    if sheet and size:
        raise click.UsageError("--sheet has a size of its own: leave --size out")
    return Output(output=output, size=size, bits=int(bits), dump=dump, sheet=sheet)


@click.command(short_help="Photograph pictures.")
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path), metavar="[IN]...")
@click.option("--setting", default="f22", show_default=True, help=SETTING_HELP)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one value: optics.fnumber=16.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A picture file (one input) or a folder.  [default: NAME-SETTING.png here]",
)
@click.option("--size", type=click.IntRange(1, 8192), help="Width of the output in pixels.  [default: sensor pixels]")
@click.option("--cube", "kind", type=click.Choice(["reflectance", "radiance", "photons"]), help="What a cube holds.")
@click.option("--wavelengths", metavar="START:STEP:STOP", help="Wavelengths of a cube that does not tell them, nm.")
@click.option("--no-noise", is_flag=True, help="Short for --set sensor.noise=false.")
@click.option("--bits", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Depth of the output.")
@click.option("--dump", type=click.Path(path_type=Path), help="Write every stage to this .npz file (one input).")
@click.option("--sheet", is_flag=True, help="Write one picture with all stages side by side instead of the result.")
@console.seed_option
@console.force_option
@console.dry_run_option
@console.reporting
@console.gather("camera", _camera, "setting", "overrides", "no_noise")
@console.gather("wanted", _output, "output", "size", "bits", "dump", "sheet")
@console.gather("reading", _reading, "kind", "wavelengths")
def render(
    inputs: tuple[Path, ...],
    camera: "Camera",
    reading: Reading,
    wanted: Output,
    seed: int,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Photograph pictures: files or folders, or a built-in photograph if none is given.

    IN is a picture of 8 or 16 bits, or a hyperspectral scene (.npz or .mat). The output has one pixel per sensor
    pixel; beside it a .json file records camera, seed and input.

    The arrays of --dump are scene_rgb_linear, irradiance (photons/s/m²/nm per band), electrons, volts, demosaiced,
    linear, srgb, fov_deg, exposure_s and wavelength_nm.
    """
    from camsim.io import outputs

    jobs = _plan(_sources(inputs, console), inputs, camera, wanted)
    targets, dump = [job.target for job in jobs], [wanted.dump] if wanted.dump else []
    sidecars, sources = [job.sidecar for job in jobs], [job.source for job in jobs]
    outputs.check([*targets, *sidecars, *dump], sources, force=force)
    decoded = _decode(jobs, reading) if len(jobs) > 1 else {}
    if dry_run:
        names = [str(path) for path in (*targets, *dump)]
        console.result("\n".join(f"would write {name}" for name in names), {"dry_run": True, "outputs": names})
        return
    records = []
    for job in jobs:
        picture = decoded.pop(job.source, None)
        records.append(_render_one(reading.read(job.source) if picture is None else picture, job, camera, wanted, seed))
        atomic.write_text(job.sidecar, json.dumps(records[-1], indent=1))
    console.result("\n".join(_line(record) for record in records), {"renders": records})


def _sources(inputs: tuple[Path, ...], console: Console) -> list[Path]:
    """The files to photograph: those of folders, then hyperspectral scenes; a built-in photograph for no input."""
    from camsim.dataset import photographs
    from camsim.io import image
    from camsim.scene import cube

    if not inputs:
        console.info(f"no input given: the built-in photograph {BUILTIN_PHOTO!r}")
        return [photographs.builtin(BUILTIN_PHOTO).path]
    cubes = [path for path in inputs if path.suffix.lower() in cube.SUFFIXES and path.is_file()]
    pictures = [path for path in inputs if path not in cubes]
    return [*(image.find(pictures) if pictures else []), *cubes]


def _plan(sources: list[Path], inputs: tuple[Path, ...], camera: "Camera", wanted: Output) -> list[Job]:
    """Where everything goes, and that the formats are known."""
    from camsim.io import image, outputs

    ending = f"-{camera.name}{'-sheet' if wanted.sheet else ''}.png"
    names = [name.with_name(f"{name.stem}{ending}") for name in outputs.names(sources, inputs)]
    targets = outputs.place(names, wanted.output)
    for target in targets:
        image.check_suffix(target, bits=wanted.bits)
    if wanted.dump and (len(sources) > 1 or wanted.dump.suffix != ".npz"):
        raise click.UsageError("--dump takes one input and a file name that ends in .npz")
    return [Job(source, target, target.with_suffix(".json")) for source, target in zip(sources, targets, strict=True)]


def _decode(jobs: list[Job], reading: Reading) -> "dict[Path, Picture]":
    """Decode every input; those that fit into `KEPT_BYTES` by their paths."""
    from camsim.scene.cube import Cube

    kept, free = {}, KEPT_BYTES
    for job in jobs:
        picture = reading.read(job.source)
        size = (picture.values if isinstance(picture, Cube) else picture).nbytes
        if size <= free:
            kept[job.source] = picture
            free -= size
    return kept


def _render_one(picture: "Picture", job: Job, camera: "Camera", wanted: Output, seed: int) -> dict:
    """Photograph one input, write what is wanted of it, and return its record."""
    from camsim import pipeline
    from camsim.io import image

    try:
        shot = pipeline.render(picture, camera, seed=seed, keep_stages=bool(wanted.dump or wanted.sheet))
    except ValueError as error:
        raise ValueError(f"{job.source}: {error}") from error
    rgb = shot.rgb
    if wanted.sheet:
        from camsim.sheet import draw

        rgb = draw.draw(shot.stages, camera)
    elif wanted.size is not None:
        rows, columns = shot.scene_shape
        rgb = shot.reduced((max(1, round(wanted.size * rows / columns)), wanted.size))
    if wanted.dump:
        shot.save(wanted.dump)
    image.write(job.target, rgb, bits=wanted.bits)
    return {
        "input": str(job.source),
        "input_sha256": atomic.sha256(job.source),
        "output": str(job.target),
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "seed": seed,
        "exposure_s": shot.exposure_s,
        "camera": camera_record(camera),
        "version": __version__,
    }


def _line(record: dict) -> str:
    exposure = record["exposure_s"]
    note = "" if exposure is None else f", {exposure:.3g} s"
    return f"{record['output']}  {record['width']}×{record['height']}{note}"
