"""Cameras in and out of TOML.

The built-in cameras are `camsim/settings/*.toml`; any file of the same form is a camera.
"""

import dataclasses
import os
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import tomli_w

from camsim.arguments import shown
from camsim.camera import Camera
from camsim.io import text_file
from camsim.schema.frozen import check_files, place_files, replaced
from camsim.schema.spelling import hint, parse_assignment

#: First line of camera files that are made to be edited: where an editor finds what they may hold.
SCHEMA_LINE = "#:schema ./camera.schema.json"


def file_schema() -> dict:
    """The JSON Schema of camera files."""
    from camsim.schema.json_schema import json_schema

    return json_schema(Camera, "camera of camsim")


def from_dict(values: dict, *, source: str = "camera") -> Camera:
    """Make a camera from nested dictionaries, as TOML gives them; what is absent keeps its default.

    Raises ValueError naming `source` (unless it is empty), the key, the value and the bound.
    """
    try:
        camera = Camera(**values)
        check_files(camera)
        _check_contents(camera)
        return camera
    except ValueError as error:
        raise ValueError(f"{source}: {error}" if source else str(error)) from None


def _check_contents(camera: Camera) -> None:
    """Look into the files that a camera names, so that mistakes show before anything is rendered."""
    if camera.sensor.qe_file:
        from camsim.sensor import pixels

        pixels.quantum_efficiency(camera.sensor)
    if camera.optics.transmittance_file:
        from camsim.optics import lens

        lens.transmittance(camera.optics)
    if camera.optics.psf_file:
        from camsim.optics import measured_psf

        try:
            measured_psf.read_psf(camera.optics.psf_file)
        except ValueError as error:
            raise ValueError(f"optics.psf_file: {error}") from None


def override(camera: Camera, assignments: Iterable[str]) -> Camera:
    """Change fields by text such as ``optics.fnumber=16``; values are written as in TOML, bare words are strings.

    Raises ValueError for a malformed assignment, an unknown key or an impossible value.
    """
    changes = [parse_assignment(assignment, example="optics.fnumber=16") for assignment in assignments]
    camera = replaced(camera, changes)
    _check_contents(camera)
    return camera


def to_toml(camera: Camera) -> str:
    """The camera as a TOML file that loads back equal."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        return "auto" if value is None else list(value) if isinstance(value, tuple) else value

    return tomli_w.dumps({key: plain(value) for key, value in dataclasses.asdict(camera).items()})


def builtin_names() -> list[str]:
    """Names of the built-in cameras, the untouched picture first."""
    files = (resources.files("camsim") / "settings").iterdir()
    names = [p.name.removesuffix(".toml") for p in files if p.name.endswith(".toml")]
    main = ("ideal", "underexposed", "pixel25", "f22")
    order = (*main, *(f"{name}-auto" for name in main[1:]), "underexposed-isetcam", "isetcam")
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def load(setting: str | os.PathLike[str] | Camera) -> Camera:
    """Load a built-in camera by name, or any camera from a TOML file.

    Parameters
    ----------
    setting : str, Path or Camera
        A name of `builtin_names`, or a file that ends in .toml; files that it names lie beside it. A camera is given
        back as it is.

    Returns
    -------
    Camera
        What the file says; what is absent keeps its default.

    Raises
    ------
    ValueError
        For what is neither of these, an unknown name, a missing file, an unknown key or an impossible value.

    Examples
    --------
    >>> from camsim import camera_file
    >>> camera_file.load("f22")
    Camera('f22', optics.fnumber=22, sensor.auto_exposure='incident')
    """
    if isinstance(setting, Camera):
        return setting
    if not isinstance(setting, str | os.PathLike):
        raise ValueError(f"a camera is a Camera, the name of a setting or a .toml file, not {type(setting).__name__}")
    name = str(setting)
    if name in builtin_names():
        text = (resources.files("camsim") / "settings" / f"{name}.toml").read_text(encoding="utf-8")
        return from_dict(text_file.parse_toml(text, name), source=name)
    path = Path(setting)
    if path.suffix != ".toml":
        known = builtin_names()
        raise ValueError(
            f"unknown setting {shown(name)}; known: {', '.join(known)}, or a .toml file{hint(name, known)}"
        )
    try:
        values = text_file.read_toml(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    values.setdefault("name", path.stem)
    place_files(values, path.parent)
    return from_dict(values, source=str(path))
