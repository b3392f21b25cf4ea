"""The `camsim render` command."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from camsim._version import __version__
from camsim.cli import console
from camsim.cli.console import Console
from camsim.cli.reading import Reading, gathered
from camsim.cli.settings import SETTING_HELP, camera_record, chosen_cameras
from camsim.io import atomic

if TYPE_CHECKING:
    import numpy as np

    from camsim.bands import Written
    from camsim.camera import Camera
    from camsim.scene.cube import Cube

    Picture = np.ndarray | Cube

BUILTIN_PHOTO = "astronaut"

#: Of several inputs all are decoded before anything is written, so that a damaged one is found first. What is decoded
#: then is kept for the rendering up to so many bytes; what would exceed them is decoded again in its turn.
KEPT_BYTES = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What is written of every input, and where."""

    output: Path | None
    size: int | None  #: width in pixels
    bits: int
    dump: Path | None
    sheet: bool
    jobs: int

    @property
    def stages(self) -> bool:
        """Whether every stage is needed."""
        return bool(self.dump or self.sheet)


class Job(NamedTuple):
    """An input, the camera that looks at it, and what is written."""

    source: Path
    camera: "Camera"
    seed: int
    target: Path
    sidecar: Path


def _cameras(*, settings: tuple[str, ...], overrides: tuple[str, ...], no_noise: bool) -> "list[Camera]":
    changes = (*overrides, "sensor.noise=false") if no_noise else overrides
    return list(chosen_cameras(settings, changes).values())


def _output(*, output: Path | None, size: int | None, bits: str, dump: Path | None, sheet: bool, jobs: int) -> Output:
    if sheet and size:
        raise click.UsageError("--sheet has a size of its own: leave --size out")
    return Output(output=output, size=size, bits=int(bits), dump=dump, sheet=sheet, jobs=jobs)


@click.command(short_help="Photograph pictures.")
@click.argument("inputs", nargs=-1, type=click.Path(path_type=Path), metavar="[IN]...")
@click.option(
    "--setting",
    "settings",
    multiple=True,
    default=("f22",),
    show_default="f22",
    metavar="NAME",
    help=f"{SETTING_HELP} Repeatable.",
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change one value: optics.fnumber=16.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="A picture file (one input, one setting) or a folder.  [default: NAME-SETTING.png here]",
)
@click.option("--size", type=click.IntRange(1, 8192), help="Width of the output in pixels.  [default: sensor pixels]")
@click.option("--photo", metavar="NAME", help="A built-in photograph instead of IN: chelsea.")
@click.option("--cube", "kind", type=click.Choice(["reflectance", "radiance", "photons"]), help="What a cube holds.")
@click.option("--wavelengths", metavar="START:STEP:STOP", help="Wavelengths of a cube that does not tell them, nm.")
@click.option("--no-noise", is_flag=True, help="Short for --set sensor.noise=false.")
@click.option("--bits", type=click.Choice(["8", "16"]), default="8", show_default=True, help="Depth of the output.")
@click.option(
    "--dump",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write every stage to this .npz file (one input, one setting).",
)
@click.option("--sheet", is_flag=True, help="Write one picture with all stages side by side instead of the result.")
@click.option(
    "--jobs", default=1, show_default=True, type=click.IntRange(1, 1024), help="Threads that share a large picture."
)
@console.seed_option
@console.force_option
@console.dry_run_option
@console.reporting
@console.gather("cameras", _cameras, "settings", "overrides", "no_noise")
@console.gather("wanted", _output, "output", "size", "bits", "dump", "sheet", "jobs")
@console.gather("reading", gathered, "kind", "wavelengths")
def render(
    inputs: tuple[Path, ...],
    photo: str | None,
    cameras: "list[Camera]",
    reading: Reading,
    wanted: Output,
    seed: int,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Photograph pictures: files or folders, or a built-in photograph if none is given.

    IN is a picture of 8 or 16 bits, or a hyperspectral scene (.npz or .mat). The output has one pixel per sensor
    pixel; beside it a .json file records camera, seed and input. Of several inputs each has noise of its own, from a
    seed that follows from --seed and its name.

    The arrays of --dump are scene_rgb_linear, irradiance (photons/s/m²/nm per band), electrons, volts, demosaiced,
    linear, srgb, fov_deg, exposure_s and wavelength_nm.
    """
    from camsim.io import outputs

    if photo and inputs:
        raise click.UsageError("--photo stands instead of IN")
    jobs = _plan(_sources(inputs, photo, console), inputs, cameras, seed, wanted)
    targets, dump = [job.target for job in jobs], [wanted.dump] if wanted.dump else []
    sidecars, sources = [job.sidecar for job in jobs], list(dict.fromkeys(job.source for job in jobs))
    outputs.check([*targets, *sidecars, *dump], sources, force=force)
    decoded = _decode(jobs, reading, wanted) if len(jobs) > 1 else {}
    if dry_run:
        names = [str(path) for path in (*targets, *dump)]
        console.result("\n".join(f"would write {name}" for name in names), {"dry_run": True, "outputs": names})
        return
    records = []
    for job in jobs:
        picture = decoded[job.source] if job.source in decoded else reading.read(job.source)
        records.append(_render_one(picture, job, wanted, console))
        if wanted.size is not None and wanted.size > records[-1]["camera_width"]:
            console.info(f"note: {job.target}: --size enlarges the camera's {records[-1]['camera_width']} pixels")
        if job.source not in [other.source for other in jobs[len(records) :]]:
            decoded.pop(job.source, None)
        atomic.write_text(job.sidecar, json.dumps(records[-1], indent=1))
    console.result("\n".join(_line(record) for record in records), {"renders": records})


def _sources(inputs: tuple[Path, ...], photo: str | None, console: Console) -> list[Path]:
    """The files to photograph: those of folders, then hyperspectral scenes; a built-in photograph for no input."""
    from camsim.dataset import photographs
    from camsim.io import image
    from camsim.scene import cube

    if photo:
        return [photographs.builtin(photo).path]
    if not inputs:
        console.info(f"no input given: the built-in photograph {BUILTIN_PHOTO!r}")
        return [photographs.builtin(BUILTIN_PHOTO).path]
    cubes = [path for path in inputs if path.suffix.lower() in cube.SUFFIXES and path.is_file()]
    pictures = [path for path in inputs if path not in cubes]
    return [*(image.find(pictures) if pictures else []), *cubes]


def _plan(
    sources: list[Path], inputs: tuple[Path, ...], cameras: "list[Camera]", seed: int, wanted: Output
) -> list[Job]:
    """Every input through every camera: where everything goes, and that the formats are known."""
    from camsim.io import image, outputs

    ending = "-sheet.png" if wanted.sheet else ".png"
    found = list(zip(sources, outputs.names(sources, inputs), strict=True))
    pairs = [(source, name, camera) for source, name in found for camera in cameras]
    names = [name.with_name(f"{name.stem}-{camera.name}{ending}") for _, name, camera in pairs]
    targets = outputs.place(names, wanted.output)
    for target in targets:
        image.check_suffix(target, bits=wanted.bits)
    if wanted.dump and (len(pairs) > 1 or wanted.dump.suffix != ".npz"):
        raise click.UsageError("--dump takes one input, one setting and a file name that ends in .npz")
    return [
        Job(source, camera, seed if len(found) == 1 else _own_seed(seed, name), target, target.with_suffix(".json"))
        for (source, name, camera), target in zip(pairs, targets, strict=True)
    ]


def _own_seed(seed: int, name: Path) -> int:
    """The seed of one of several inputs: decided by --seed and its name, not by what else is rendered."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name.as_posix()}".encode()).digest()[:6], "big")


def _decode(jobs: list[Job], reading: Reading, wanted: Output) -> "dict[Path, Picture]":
    """Decode every input, and see that memory is enough for it; those that fit into `KEPT_BYTES` by their paths."""
    from camsim.scene.cube import Cube

    cameras: dict[Path, list[Camera]] = {}
    for job in jobs:
        cameras.setdefault(job.source, []).append(job.camera)
    kept, free = {}, KEPT_BYTES
    for source, looking in cameras.items():
        picture = reading.read(source)
        for camera in looking:
            _check_memory(picture, camera, source, wanted)
        size = (picture.values if isinstance(picture, Cube) else picture).nbytes
        if size <= free:
            kept[source] = picture
            free -= size
    return kept


def _check_memory(picture: "Picture", camera: "Camera", source: Path, wanted: Output) -> None:
    from camsim.image_formation import footprint

    footprint.check(picture, camera, str(source), keep_stages=wanted.stages)


def _render_one(picture: "Picture", job: Job, wanted: Output, console: Console) -> dict:
    """Photograph one input, write what is wanted of it, and return its record."""
    from camsim import bands

    _check_memory(picture, job.camera, job.source, wanted)
    try:
        in_bands = not wanted.stages and bands.are_needed(picture, job.camera)
        made = (_in_bands if in_bands else _at_once)(picture, job, wanted, console)
    except ValueError as error:
        raise ValueError(f"{job.source}: {error}") from error
    return {
        "input": str(job.source),
        "input_sha256": atomic.sha256(job.source),
        "output": str(job.target),
        "width": made.width,
        "height": made.height,
        "camera_width": made.camera_width,
        "seed": job.seed,
        "exposure_s": made.exposure_s,
        "camera": camera_record(job.camera),
        "version": __version__,
    }


def _in_bands(picture: "Picture", job: Job, wanted: Output, console: Console) -> "Written":
    from tqdm import tqdm

    from camsim import bands
    from camsim.scene.cube import Cube

    assert not isinstance(picture, Cube)  # those are taken at once
    form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
    look = {"disable": not console.show_progress, "bar_format": form, "leave": False, "delay": 1.0}
    with tqdm(total=1.0, desc=job.target.name, **look) as bar:
        return bands.write(
            job.target,
            picture,
            job.camera,
            job.seed,
            width=wanted.size,
            bits=wanted.bits,
            jobs=wanted.jobs,
            step=bar.update,
        )


def _at_once(picture: "Picture", job: Job, wanted: Output, console: Console) -> "Written":
    from camsim import bands, pipeline
    from camsim.io import image
    from camsim.io.resize import resize
    from camsim.shot import visible

    shot = pipeline.render(picture, job.camera, seed=job.seed, keep_stages=wanted.stages)
    rgb = shot.rgb
    if wanted.sheet:
        from camsim.sheet import draw

        assert shot.stages is not None  # kept for it
        rgb = draw.draw(shot.stages, job.camera)
    elif wanted.size is not None:
        box = top, left, bottom, right = visible(shot.box, rgb.shape)
        rgb = resize(rgb, (max(1, round(wanted.size * (bottom - top) / (right - left))), wanted.size), box)
    if wanted.dump:
        shot.save(wanted.dump)
    image.write(job.target, rgb, bits=wanted.bits)
    return bands.Written(rgb.shape[0], rgb.shape[1], shot.rgb.shape[1], shot.exposure_s)


def _line(record: dict) -> str:
    exposure = record["exposure_s"]
    note = "" if exposure is None else f", exposure {exposure:.3g} s"
    return f"{record['output']}  {record['width']}×{record['height']}{note}"
