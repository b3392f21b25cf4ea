"""Cameras in and out of TOML.

The built-in cameras are `camsim/settings/*.toml`; any file of the same form is a camera.
"""

import dataclasses
import math
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import tomli_w

from camsim.camera import ISP, Camera, Optics, Scene, Sensor
from camsim.schema import hint, parse_assignment

__all__ = [
    "ISP",
    "Camera",
    "Optics",
    "Scene",
    "Sensor",
    "builtin_names",
    "fields",
    "from_dict",
    "load",
    "override",
    "to_toml",
]


def from_dict(values: dict, *, source: str = "camera") -> Camera:
    """Make a camera from nested dictionaries, as TOML gives them; what is absent keeps its default.

    Raises ValueError naming `source` (unless it is empty), the key, the value and the bound.
    """
    try:
        camera = _build(Camera, values, prefix="")
        _check_contents(camera)
        return camera
    except ValueError as error:
        raise ValueError(f"{source}: {error}" if source else str(error)) from None


def _place_files(values: dict, folder: Path) -> None:
    """Make the paths of files that the values name absolute; relative ones lie in `folder`."""
    for table in values.values():
        for key in table if isinstance(table, dict) else ():
            if key.endswith("_file") and table[key] and isinstance(table[key], str):
                table[key] = str((folder / table[key]).absolute())


def _check_contents(camera: Camera) -> None:
    """Look into what a camera names, so that mistakes show before anything is rendered; ValueError with the key."""
    for key, entry in fields():
        path = getattr(getattr(camera, key.partition(".")[0]), entry.name) if key.endswith("_file") else ""
        if path and not Path(path).is_file():
            raise ValueError(f"{key} = {path!r}: no such file")
    optics = camera.optics
    if camera.scene.illuminant != Scene().illuminant:
        from camsim.light import illuminants

        try:
            illuminants.spectrum(camera.scene.illuminant)
        except ValueError as error:
            raise ValueError(f"scene.illuminant: {error}") from None
    if camera.sensor.qe_file:
        from camsim.sensor import pixels

        pixels.quantum_efficiency(camera.sensor)
    if optics.transmittance_file:
        from camsim.optics import lens

        lens.transmittance(optics)
    if optics.psf_file:
        from camsim.optics import measured_psf

        try:
            measured_psf.read_psf(optics.psf_file)
        except ValueError as error:
            raise ValueError(f"optics.psf_file: {error}") from None
    if optics.blades and optics.obscuration:
        from camsim.optics import aperture

        aperture.area_share(optics)


def _build(kind, values: dict, *, prefix: str):
    hints = typing.get_type_hints(kind)
    arguments = {}
    for key, value in values.items():
        if key not in hints:
            raise ValueError(f"unknown key {prefix}{key}{_key_hint(prefix + key)}")
        if dataclasses.is_dataclass(hints[key]):
            if not isinstance(value, dict):
                raise ValueError(f"{prefix}{key} must be a table")
            arguments[key] = _build(hints[key], value, prefix=f"{prefix}{key}.")
        else:
            arguments[key] = _convert(value, hints[key], f"{prefix}{key}")
    return kind(**arguments)


_KIND_WORDS = {float: "a number", int: "a whole number", bool: "true or false", str: "text", tuple: "a list of numbers"}


def fields() -> Iterator[tuple[str, dataclasses.Field]]:
    """Every key of a camera file, such as ``optics.fnumber``, with its field (default, bounds and meaning)."""
    hints = typing.get_type_hints(Camera)
    for entry in dataclasses.fields(Camera):
        if dataclasses.is_dataclass(hints[entry.name]):
            yield from ((f"{entry.name}.{inner.name}", inner) for inner in dataclasses.fields(hints[entry.name]))
        else:
            yield entry.name, entry


def _key_hint(key: str) -> str:
    """The full name of the field that `key` may have meant."""
    known = [name for name, _ in fields()]
    same_end = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    return f"; did you mean {same_end[0]!r}?" if same_end else hint(key, known)


def _convert(value, wanted, name: str):
    """`value`, as TOML gives it, as the kind that the field wants."""
    kinds = wanted.__args__ if isinstance(wanted, types.UnionType) else (wanted,)
    kinds = [typing.get_origin(kind) or kind for kind in kinds]  # tuple[float, ...] is a tuple
    if types.NoneType in kinds:
        kinds.remove(types.NoneType)
        if value is None or value == "auto":
            return None
    if tuple in kinds and isinstance(value, list | tuple):
        flat = [number for row in value for number in (row if isinstance(row, list | tuple) else [row])]
        return tuple(_convert(number, float, name) for number in flat)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, tuple(kinds)) or (bool not in kinds and isinstance(value, bool)):
        raise ValueError(f"{name} = {value!r} must be {' or '.join(_KIND_WORDS[kind] for kind in kinds)}")
    if isinstance(value, float) and math.isnan(value):
        raise ValueError(f"{name} must be a number")
    return value


def override(camera: Camera, assignments: Iterable[str]) -> Camera:
    """Change fields by text such as ``optics.fnumber=16``; values are written as in TOML, bare words are strings.

    Raises ValueError for a malformed assignment, an unknown key or an impossible value.
    """
    values = dataclasses.asdict(camera)
    for assignment in assignments:
        path, value = parse_assignment(assignment, example="optics.fnumber=16")
        *tables, key = path.split(".")
        target = values
        for table in tables:
            if not isinstance(target.get(table), dict):
                raise ValueError(f"{assignment}: unknown key {path}{_key_hint(path)}")
            target = target[table]
        target[key] = value
    _place_files(values, Path())
    return from_dict(values, source="")


def to_toml(camera: Camera) -> str:
    """The camera as a TOML file that loads back equal."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return "auto" if value is None else list(value) if isinstance(value, tuple) else value

    return tomli_w.dumps(plain(dataclasses.asdict(camera)))


def builtin_names() -> list[str]:
    """Names of the built-in cameras, the untouched picture first."""
    names = [p.name.removesuffix(".toml") for p in (resources.files("camsim") / "settings").iterdir()]
    order = ("ideal", "underexposed", "pixel25", "f22", "isetcam")
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def load(setting: str | Path) -> Camera:
    """Load a built-in camera by name, or any camera from a TOML file.

    Raises ValueError for an unknown name, a missing file or an impossible value.
    """
    name = str(setting)
    if name in builtin_names():
        text = (resources.files("camsim") / "settings" / f"{name}.toml").read_text(encoding="utf-8")
        return from_dict(tomllib.loads(text), source=name)
    path = Path(setting)
    if path.suffix != ".toml":
        known = builtin_names()
        raise ValueError(f"unknown setting {name!r}; known: {', '.join(known)}, or a .toml file{hint(name, known)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not a TOML file ({error})") from error
    values.setdefault("name", path.stem)
    _place_files(values, path.parent)
    return from_dict(values, source=str(path))
