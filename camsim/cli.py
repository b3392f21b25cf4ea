"""The `camsim` command."""

import dataclasses
import json
import math
from pathlib import Path

import click

import camsim
from camsim import camera as cameras
from camsim import console, files

SETTING_HELP = "A built-in camera (see `camsim settings`) or a .toml file of your own."
BUILTIN_PHOTO = "astronaut"


@click.group("camsim", context_settings=console.CONTEXT)
@console.version_option
def cli():
    """What a camera does to a picture.

    A photograph becomes a spectral scene, passes lens, sensor and image processor, and comes out degraded.

    \b
    camsim render --setting f22                      a built-in photograph through an f/22 lens
    camsim render my.jpg --setting pixel25 -o out/   your own
    camsim dataset photos/ -o data/                  a training set: HR, LR per setting, manifest
    """


@cli.command(short_help="List the built-in cameras, or show one.")
@click.argument("name", required=False)
@click.option("--toml", is_flag=True, help="Print NAME as a TOML file, a start for a camera of your own.")
@console.reporting
def settings(name, toml, console):
    """List the built-in cameras, or show one."""
    chosen = {n: cameras.load(n) for n in ([name] if name else cameras.builtin_names())}
    if toml:
        if not name:
            raise click.UsageError("--toml needs the name of a setting")
        click.echo(cameras.to_toml(chosen[name]), nl=False)
        return
    rows = [("setting", "f-number", "pixel", "exposure", "field of view", "what it does")]
    for key, c in chosen.items():
        values = ("–",) * 4
        if not c.ideal:
            exposure = "auto" if c.sensor.exposure_s is None else f"{c.sensor.exposure_s:g} s"
            exposure += f" {c.sensor.exposure_ev:+g} EV" if c.sensor.exposure_ev else ""
            values = (f"f/{c.optics.fnumber:g}", f"{c.sensor.pixel_pitch_um:g} µm", exposure, f"{c.scene.fov_deg:g}°")
        rows.append((key, *values, c.description))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows]
    console.result("\n".join(lines), {key: _camera_record(c) for key, c in chosen.items()})


@cli.command(short_help="Photograph pictures.")
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
@console.seed_option
@console.force_option
@console.dry_run_option
@console.reporting
def render(inputs, setting, overrides, output, size, seed, force, dry_run, console):
    """Photograph pictures: files or folders, or a built-in photograph if none is given.

    The output has one pixel per sensor pixel; beside it a .json file records camera, seed and input.
    """
    from camsim import image, photos

    camera = cameras.override(cameras.load(setting), overrides)
    if inputs:
        sources = image.find(inputs)
    else:
        sources = [photos.builtin(BUILTIN_PHOTO).path]
        console.info(f"no input given: the built-in photograph {BUILTIN_PHOTO!r}")
    targets = _targets(sources, inputs, output, f"-{camera.name}.png")
    for target in targets:
        image.check_suffix(target)
    sidecars = [target.with_suffix(".json") for target in targets]
    files.refuse_inputs([*targets, *sidecars], sources)
    files.refuse_existing([*targets, *sidecars], force=force)
    if len(sources) > 1:
        for source in sources:  # before anything is written
            image.read(source)
    if dry_run:
        names = [str(target) for target in targets]
        console.result("\n".join(f"would write {name}" for name in names), {"dry_run": True, "outputs": names})
        return
    done = []
    for source, target, sidecar in zip(sources, targets, sidecars, strict=True):
        record = _render_one(source, target, camera, size, seed)
        files.write_text(sidecar, json.dumps(record, indent=1))
        done.append(record)
    console.result("\n".join(_render_line(record) for record in done), {"renders": done})


def _targets(sources: list[Path], inputs: tuple[Path, ...], output: Path | None, ending: str) -> list[Path]:
    """Output paths: the file named, or one per input in the folder named (keeping a searched folder's tree)."""
    if output is not None and output.suffix and not output.is_dir():
        if len(sources) > 1:
            raise click.UsageError(f"{len(sources)} inputs need a folder after -o, not {output}")
        return [output]
    folder = output or Path()
    roots = {path: source for source in inputs if source.is_dir() for path in sources if path.is_relative_to(source)}
    targets = []
    for path in sources:
        place = path.relative_to(roots[path]).parent if path in roots else Path()
        targets.append(folder / place / f"{path.stem}{ending}")
    twice = {t for t in targets if targets.count(t) > 1}
    if twice:
        raise click.UsageError(f"two inputs would both become {min(twice)}: render them one by one")
    return targets


def _render_one(source: Path, target: Path, camera: cameras.Camera, size: int | None, seed: int) -> dict:
    from camsim import image, pipeline

    picture = image.read(source)
    result = pipeline.render(picture, camera, seed=seed)
    rgb = result.rgb
    if size is not None:
        rgb = result.reduced((max(1, round(size * picture.shape[0] / picture.shape[1])), size))
    image.write(target, rgb)
    return {
        "input": str(source),
        "input_sha256": files.sha256(source),
        "output": str(target),
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "seed": seed,
        "exposure_s": result.exposure_s,
        "camera": _camera_record(camera),
        "version": camsim.__version__,
    }


def _camera_record(camera: cameras.Camera) -> dict:
    """The camera for JSON, which has no infinity: an object at infinity has the distance null."""
    record = dataclasses.asdict(camera)
    if math.isinf(camera.scene.distance_m):
        record["scene"]["distance_m"] = None
    return record


def _render_line(record: dict) -> str:
    exposure = record["exposure_s"]
    note = "" if exposure is None else f", {exposure:.3g} s"
    return f"{record['output']}  {record['width']}×{record['height']}{note}"


@cli.command(short_help="Render photographs into a set for training.")
@click.argument("sources", nargs=-1, metavar="[SRC]...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--setting", "names", multiple=True, help=f"{SETTING_HELP} Repeatable.  [default: all four built-in]")
@click.option("--split", type=click.Choice(["train", "test", "all"]), default="all", show_default=True)
@click.option("--hr-size", default=128, show_default=True, type=click.IntRange(4, 4096), help="Target side in pixels.")
@click.option("--scale", default=4, show_default=True, type=click.IntRange(min=1), help="HR side over LR side.")
@click.option(
    "--scene-size", default=256, show_default=True, type=click.IntRange(4, 8192), help="What the camera sees."
)
@click.option(
    "--cuts", type=click.IntRange(min=1), help="Square scenes per photograph.  [default: 1; as the recipe says]"
)
@click.option("--vary", is_flag=True, help="Turn, mirror and recolour the scenes at random.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1), help="Processes.")
@console.seed_option
@console.force_option
@console.dry_run_option
@console.reporting
def dataset(sources, output, names, split, hr_size, scale, scene_size, cuts, vary, jobs, seed, force, dry_run, console):
    """Render photographs into a set for training: HR, LR per setting, manifest, camera files.

    SRC is a folder, picture files, a recipe (.toml), or the word `builtin` for the built-in photographs
    (which also stand in if none is given). Each photograph gives its largest centred square, and with --cuts more
    squares at random places.
    """
    from tqdm import tqdm

    from camsim import dataset, photos

    loaded = [cameras.load(name) for name in names or ("ideal", "underexposed", "pixel25", "f22")]
    views = {camera.name: camera for camera in loaded}
    if len(views) < len(loaded):
        raise click.UsageError("two settings have the same name")
    if not sources:
        console.info("no source given: the built-in photographs")
    found = photos.open_sources(sources or (photos.BUILTIN,), split=split)
    if cuts:
        found = [dataclasses.replace(photo, cuts=cuts) for photo in found]
    dataset.check_target(output, force=force)
    dataset.check_sizes(hr_px=hr_size, scale=scale, scene_px=scene_size)
    files.check_writable(output)
    total = dataset.count(found)
    if dry_run:
        plan = {"dry_run": True, "output": str(output), "images": total, "settings": list(views)}
        console.result(f"would render {total} scenes of {len(found)} photographs through {', '.join(views)}", plan)
        return
    with tqdm(total=total, unit="scene", disable=not console.show_progress, dynamic_ncols=True, mininterval=0.5) as bar:
        manifest = dataset.write(
            output,
            found,
            views,
            hr_px=hr_size,
            scale=scale,
            scene_px=scene_size,
            seed=seed,
            vary=vary,
            jobs=jobs,
            step=bar.update,
        )
    summary = {key: manifest[key] for key in ("seed", "hr_px", "scale", "settings")}
    summary |= {"output": str(output), "images": len(manifest["images"]), "photographs": len(found)}
    console.result(
        f"{output}: {summary['images']} scenes of {summary['photographs']} photographs, "
        f"{hr_size}×{hr_size} and {hr_size // scale}×{hr_size // scale}, settings {', '.join(views)}",
        summary,
    )


def main():
    """Entry point of the `camsim` command."""
    console.run(cli)
