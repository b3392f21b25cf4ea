"""The same at the command line: what the page shows, as commands that make exactly that."""

import shlex

from camsim import camera_file
from camsim.camera import Camera
from camsim.designer import scenes
from camsim.schema.fields import fields

Command = dict[str, str]


def changes(camera: Camera, setting: str) -> list[str] | None:
    """What differs from a built-in camera, as KEY=VALUE; None where it is better told by a camera file.

    That is so where a file belongs to the camera, and where no built-in camera of the name is known.
    """
    if setting not in camera_file.builtin_names():
        return None
    start, told = camera_file.load(setting), []
    for key, _ in fields(Camera):
        before, now = _value(start, key), _value(camera, key)
        if before == now or key in ("name", "description"):
            continue
        if key.endswith("_file"):
            return None
        told.append(f"{key}={_written(now)}")
    return told if camera_file.override(start, told) == _named_as(camera, start) else None


def _named_as(camera: Camera, other: Camera) -> Camera:
    return camera.replace("name", other.name).replace("description", other.description)


def _value(camera: Camera, key: str) -> object:
    value: object = camera
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _written(value: object) -> str:
    """A value as TOML writes it, in one line; words need no quotes there."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(repr, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "auto" if value is None else value if isinstance(value, str) else repr(value)


def commands(source: str, setting: str, camera: Camera, seed: int) -> list[Command]:
    """Commands that render this picture, make a data set with this camera, and train a network to undo it."""
    known = {scene.source: scene for scene in scenes.builtin()}
    scene = known.get(source)
    argument = scene.argument if scene else shlex.quote(source.removeprefix("file:"))
    told = changes(camera, setting)
    file = f"{camera.name}.toml"
    chosen = f"--setting {file}" if told is None else f"--setting {setting}"
    sets = "".join(f" --set {shlex.quote(change)}" for change in told or [])
    noise = f" --seed {seed}" if seed else ""
    render = f"camsim render {argument} {chosen}{sets}{noise} -o picture.png"
    return [
        *([{"name": "the scene", "text": scene.before}] if scene and scene.before else []),
        {"name": "this picture", "text": render},
        {"name": "a training set", "text": f"camsim dataset photos/ --setting {file} -o data/{camera.name}"},
        {"name": "a network that undoes it", "text": f"enhance train --camera {file} --data photos/"},
    ]
