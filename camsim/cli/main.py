"""The `camsim` command."""

import dataclasses
from pathlib import Path

import click

from camsim import camera_file, schema
from camsim.cli import chart, console, measure, render
from camsim.cli.console import table
from camsim.cli.render import SETTING_HELP, camera_record
from camsim.io import outputs


@click.group("camsim", context_settings=console.CONTEXT)
@console.version_option
def cli():
    """What a camera does to a picture.

    A photograph becomes a spectral scene, passes lens, sensor and image processor, and comes out degraded.

    \b
    camsim render --setting f22                      a built-in photograph through an f/22 lens
    camsim render my.jpg --setting pixel25 -o out/   your own
    camsim dataset photos/ -o data/                  a training set: HR, LR per setting, manifest
    camsim chart slanted-edge                        a test chart
    camsim measure mtf edge.png                      what a camera did to it, in numbers
    """


@cli.command(short_help="List the built-in cameras, or show one.")
@click.argument("name", required=False)
@click.option("--toml", is_flag=True, help="Print NAME as a TOML file, a start for a camera of your own.")
@click.option("--keys", is_flag=True, help="List everything that a camera can be given, with bounds and defaults.")
@console.reporting
def settings(name, toml, keys, console):
    """List the built-in cameras, or show one (a built-in one or a .toml file)."""
    if keys:
        entries = [(key, *_describe(entry)) for key, entry in camera_file.fields() if entry.metadata]
        console.result(
            table([("key", "default", "bounds", "meaning"), *entries]),
            [dict(zip(("key", "default", "bounds", "meaning"), entry, strict=True)) for entry in entries],
        )
        return
    chosen = {n: camera_file.load(n) for n in ([name] if name else camera_file.builtin_names())}
    if toml:
        if not name:
            raise click.UsageError("--toml needs the name of a setting")
        click.echo(camera_file.to_toml(chosen[name]), nl=False)
        return
    rows = [("setting", "f-number", "pixel", "exposure", "field of view", "what it does")]
    for key, c in chosen.items():
        values = ("–",) * 4
        if not c.ideal:
            exposure = "auto" if c.sensor.exposure_s is None else f"{c.sensor.exposure_s:g} s"
            exposure += f" {c.sensor.exposure_ev:+g} EV" if c.sensor.exposure_ev else ""
            fov = f"{c.scene.pixel_deg:.4g}°/px" if c.scene.fov_deg is None else f"{c.scene.fov_deg:g}°"
            values = (f"f/{c.optics.fnumber:g}", f"{c.sensor.pixel_pitch_um:g} µm", exposure, fov)
        rows.append((key, *values, c.description))
    console.result(table(rows), {key: camera_record(c) for key, c in chosen.items()})


def _describe(entry: dataclasses.Field) -> tuple[str, str, str]:
    """Default, bounds and meaning of a key of the camera, in words."""
    default = "auto" if entry.default is None else entry.default
    if isinstance(default, bool | tuple):
        default = str(default).lower().replace("()", "[]")
    return str(default) or '""', schema.bounds(entry.metadata) or "–", entry.metadata["meaning"]


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

    from camsim.dataset import folder, pairs, photographs

    loaded = [camera_file.load(name) for name in names or ("ideal", "underexposed", "pixel25", "f22")]
    views = {camera.name: camera for camera in loaded}
    if len(views) < len(loaded):
        raise click.UsageError("two settings have the same name")
    if not sources:
        console.info("no source given: the built-in photographs")
    found = photographs.open_sources(sources or (photographs.BUILTIN,), split=split)
    if cuts:
        found = [dataclasses.replace(photo, cuts=cuts) for photo in found]
    folder.check_target(output, force=force)
    pairs.check_sizes(hr_px=hr_size, scale=scale, scene_px=scene_size)
    outputs.check([output], force=True)  # what may be replaced is said above
    total = pairs.count(found)
    if dry_run:
        plan = {"dry_run": True, "output": str(output), "images": total, "settings": list(views)}
        console.result(f"would render {total} scenes of {len(found)} photographs through {', '.join(views)}", plan)
        return
    with tqdm(total=total, unit="scene", disable=not console.show_progress, dynamic_ncols=True, mininterval=0.5) as bar:
        manifest = folder.write(
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


cli.add_command(render.render)
cli.add_command(chart.chart)
cli.add_command(measure.measure)


def main():
    """Entry point of the `camsim` command."""
    console.run(cli)
