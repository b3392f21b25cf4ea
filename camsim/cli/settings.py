"""The `camsim settings` command, and what other commands say about cameras."""

import dataclasses
import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from camsim.cli import console
from camsim.cli.console import Console, in_option, table

if TYPE_CHECKING:
    from camsim.camera import Camera

SETTING_HELP = "A built-in camera (see `camsim settings`) or a .toml file of your own."


def chosen_camera(setting: str, overrides: Iterable[str]) -> "Camera":
    """The camera that --setting names, changed as --set says."""
    from camsim import camera_file

    camera = camera_file.load(setting)
    with in_option("--set"):
        return camera_file.override(camera, overrides)


def chosen_cameras(settings: Iterable[str], overrides: Iterable[str] = ()) -> "dict[str, Camera]":
    """The cameras of --setting, each changed as --set says, by their names."""
    changes = list(overrides)
    loaded = [chosen_camera(setting, changes) for setting in settings]
    cameras = {camera.name: camera for camera in loaded}
    if len(cameras) < len(loaded):
        raise click.UsageError("two of the settings have the same name")
    return cameras


def camera_record(camera: "Camera") -> dict:
    """The camera for JSON, which has no infinity: an object at infinity has the distance null."""
    record = dataclasses.asdict(camera)
    if math.isinf(camera.scene.distance_m):
        record["scene"]["distance_m"] = None
    return record


@click.command(short_help="List the built-in cameras, or show one.")
@click.argument("name", required=False)
@click.option("--toml", is_flag=True, help="Print NAME as a TOML file, a start for a camera of your own.")
@click.option("--keys", is_flag=True, help="List everything that a camera can be given, with bounds and defaults.")
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema of camera files, for editors.")
@console.reporting
def settings(name: str | None, toml: bool, keys: bool, as_schema: bool, console: Console) -> None:
    """List the built-in cameras, or show one (a built-in one or a .toml file).

    \b
    camsim settings f22 --toml > mine.toml             a camera of your own, to change
    camsim settings --schema > camera.schema.json      beside it: your editor explains and checks every key
    """
    if as_schema:
        from camsim import camera_file

        click.echo(json.dumps(camera_file.file_schema(), ensure_ascii=False, indent=1))
        return
    if keys:
        _list_keys(console)
        return
    from camsim import camera_file

    cameras = {n: camera_file.load(n) for n in ([name] if name else camera_file.builtin_names())}
    if toml:
        if not name:
            raise click.UsageError("--toml needs the name of a setting")
        click.echo(f"{camera_file.SCHEMA_LINE}\n{camera_file.to_toml(cameras[name])}", nl=False)
        return
    rows = [("setting", "f-number", "pixel", "exposure", "field of view", "what it does")]
    rows += [(setting, *_values(camera), camera.description) for setting, camera in cameras.items()]
    console.result(table(rows), {setting: camera_record(camera) for setting, camera in cameras.items()})


def _list_keys(console: Console) -> None:
    head = ("key", "default", "bounds", "meaning")
    from camsim.camera import Camera
    from camsim.schema.fields import bounds, default, fields

    entries = [(key, _written(default(f)), bounds(f) or "–", f.description or "") for key, f in fields(Camera)]
    console.result(table([head, *entries]), [dict(zip(head, entry, strict=True)) for entry in entries])


def _written(default: object) -> str:
    """A default as a camera file has it."""
    if isinstance(default, bool | tuple):
        default = str(default).lower().replace("()", "[]")
    return "auto" if default is None else str(default) or '""'


def _values(camera: "Camera") -> tuple[str, str, str, str]:
    """A camera's f-number, pixel, exposure and field of view, in words."""
    if camera.ideal:
        return ("–",) * 4
    sensor, scene = camera.sensor, camera.scene
    exposure = sensor.auto_exposure if sensor.exposure_s is None else f"{sensor.exposure_s:g} s"
    exposure += f" {sensor.exposure_ev:+g} EV" if sensor.exposure_ev else ""
    per_pixel = "fills the sensor" if sensor.columns else f"{scene.pixel_deg:.4g}°/px"
    fov = per_pixel if scene.fov_deg is None else f"{scene.fov_deg:g}°"
    return f"f/{camera.optics.fnumber:g}", f"{sensor.pixel_pitch_um:g} µm", exposure, fov
