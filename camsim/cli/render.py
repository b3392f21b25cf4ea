"""The `camsim render` command."""

import dataclasses
import json
import math
from pathlib import Path

import click

from camsim import camera_file
from camsim._version import __version__
from camsim.camera import Camera
from camsim.cli import console
from camsim.cli.console import in_option
from camsim.io import atomic

SETTING_HELP = "A built-in camera (see `camsim settings`) or a .toml file of your own."
BUILTIN_PHOTO = "astronaut"

#: File name endings of hyperspectral scenes.
CUBES = (".npz", ".mat")


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
def render(
    inputs,
    setting,
    overrides,
    output,
    size,
    kind,
    wavelengths,
    no_noise,
    bits,
    dump,
    sheet,
    seed,
    force,
    dry_run,
    console,
):
    """Photograph pictures: files or folders, or a built-in photograph if none is given.

    IN is a picture of 8 or 16 bits, or a hyperspectral scene (.npz or .mat). The output has one pixel per sensor
    pixel; beside it a .json file records camera, seed and input.

    The arrays of --dump are scene_rgb_linear, irradiance (photons/s/m²/nm per band), electrons, volts, demosaiced,
    linear, srgb, fov_deg, exposure_s and wavelength_nm.
    """
    from camsim.dataset import photographs
    from camsim.io import image, outputs

    if no_noise:
        overrides = (*overrides, "sensor.noise=false")
    camera = camera_file.load(setting)
    with in_option("--set"):
        camera = camera_file.override(camera, overrides)
    if sheet and size:
        raise click.UsageError("--sheet has a size of its own: leave --size out")
    if inputs:
        cubes = [path for path in inputs if path.suffix.lower() in CUBES and path.is_file()]
        pictures = [path for path in inputs if path not in cubes]
        sources = [*(image.find(pictures) if pictures else []), *cubes]
    else:
        sources = [photographs.builtin(BUILTIN_PHOTO).path]
        console.info(f"no input given: the built-in photograph {BUILTIN_PHOTO!r}")
    ending = f"-{camera.name}{'-sheet' if sheet else ''}.png"
    names = [name.with_name(f"{name.stem}{ending}") for name in outputs.names(sources, inputs)]
    targets = outputs.place(names, output)
    for target in targets:
        image.check_suffix(target, bits=int(bits))
    if dump and (len(sources) > 1 or dump.suffix != ".npz"):
        raise click.UsageError("--dump takes one input and a file name that ends in .npz")
    sidecars = [target.with_suffix(".json") for target in targets]
    written = [*targets, *sidecars, *([dump] if dump else [])]
    outputs.check(written, sources, force=force)
    if len(sources) > 1:
        for source in sources:  # before anything is written
            _read(source, kind, wavelengths)
    if dry_run:
        plan = [str(target) for target in written if target not in sidecars]
        console.result("\n".join(f"would write {name}" for name in plan), {"dry_run": True, "outputs": plan})
        return
    done = []
    for source, target, sidecar in zip(sources, targets, sidecars, strict=True):
        picture = _read(source, kind, wavelengths)
        record = _render_one(picture, source, target, camera, size, seed, bits=int(bits), dump=dump, sheet=sheet)
        atomic.write_text(sidecar, json.dumps(record, indent=1))
        done.append(record)
    console.result("\n".join(_render_line(record) for record in done), {"renders": done})


def _read(source: Path, kind: str | None, wavelengths: str | None):
    """A picture in the depth of its file, or a hyperspectral scene."""
    from camsim.io import image
    from camsim.scene import cube

    if source.suffix.lower() not in CUBES:
        return image.read_native(source)
    numbers = None
    if wavelengths:
        try:
            start, step, stop = (float(part) for part in wavelengths.split(":"))
            if not (start > 0 and step > 0 and stop > start):
                raise ValueError
        except ValueError:
            raise click.UsageError(f"--wavelengths {wavelengths}: write START:STEP:STOP, such as 400:10:720") from None
        numbers = [start + step * n for n in range(int((stop - start) / step + 1e-9) + 1)]
    return cube.read(source, kind=kind, wavelength_nm=numbers)


def _render_one(picture, source: Path, target: Path, camera: Camera, size: int | None, seed: int, **options) -> dict:
    from camsim import pipeline
    from camsim.io import image

    try:
        keep_stages = bool(options["dump"] or options["sheet"])
        result = pipeline.render(picture, camera, seed=seed, keep_stages=keep_stages)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error
    rgb = result.rgb
    if options["sheet"]:
        from camsim.sheet import draw as sheet

        rgb = sheet.draw(result.stages, camera)
    elif size is not None:
        rows, columns = result.scene_shape
        rgb = result.reduced((max(1, round(size * rows / columns)), size))
    if options["dump"]:
        result.save(options["dump"])
    image.write(target, rgb, bits=options["bits"])
    return {
        "input": str(source),
        "input_sha256": atomic.sha256(source),
        "output": str(target),
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "seed": seed,
        "exposure_s": result.exposure_s,
        "camera": camera_record(camera),
        "version": __version__,
    }


def camera_record(camera: Camera) -> dict:
    """The camera for JSON, which has no infinity: an object at infinity has the distance null."""
    record = dataclasses.asdict(camera)
    if math.isinf(camera.scene.distance_m):
        record["scene"]["distance_m"] = None
    return record


def _render_line(record: dict) -> str:
    exposure = record["exposure_s"]
    note = "" if exposure is None else f", {exposure:.3g} s"
    return f"{record['output']}  {record['width']}×{record['height']}{note}"
