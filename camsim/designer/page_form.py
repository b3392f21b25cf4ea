"""Cameras as the page holds them: tables as in a TOML file, as JSON.

A page must not make the server look at its disk. So a key that ends in ``_file`` holds the name of what was uploaded in
the same session, and nothing else is ever opened: neither a path, nor what a camera file of somebody names.
"""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from camsim import camera_file
from camsim.arguments import shown
from camsim.camera import Camera

#: What a session has uploaded for the keys that name files, by the name that the page knows.
Files = Mapping[str, Path]


def to_page(camera: Camera) -> dict[str, Any]:
    """A camera as JSON: "auto" for what is left to the program, "inf" for infinity, of files the names alone."""

    def plain(key: str, value: object) -> object:
        if isinstance(value, dict):
            return {name: plain(name, inner) for name, inner in value.items()}
        if key.endswith("_file"):
            return Path(str(value)).name if value else ""
        if isinstance(value, float) and math.isinf(value):
            return "inf"
        return "auto" if value is None else list(value) if isinstance(value, tuple) else value

    return {key: plain(key, value) for key, value in dataclasses.asdict(camera).items()}


def from_page(values: Mapping[str, Any], files: Files) -> Camera:
    """The camera of a page; ValueError in one line for what is none, and for a file that was not uploaded."""
    return camera_file.from_dict({key: _real(key, value, files) for key, value in values.items()}, source="")


def _real(key: str, value: object, files: Files, table: str = "") -> object:
    if isinstance(value, dict):
        return {name: _real(name, inner, files, f"{key}.") for name, inner in value.items()}
    if key.endswith("_file") and value:
        if not isinstance(value, str) or value not in files:
            raise ValueError(f"{table}{key} = {shown(value)}: choose the file on this page; none is opened by its name")
        return str(files[value])
    return math.inf if key == "distance_m" and value == "inf" else value


def to_toml(camera: Camera) -> str:
    """A camera file; the files that it names lie beside it."""
    tables = {name: getattr(camera, name) for name in ("scene", "optics", "sensor", "isp")}
    for name, table in tables.items():
        keys = [field.name for field in dataclasses.fields(table) if field.name.endswith("_file")]
        tables[name] = dataclasses.replace(table, **{key: Path(getattr(table, key)).name for key in keys})
    return f"{camera_file.SCHEMA_LINE}\n{camera_file.to_toml(dataclasses.replace(camera, **tables))}"


def files_of(camera: Camera) -> dict[str, Path]:
    """The files that a camera names, by the names that the page knows."""
    tables = dataclasses.asdict(camera)
    paths = [
        Path(value)
        for table in tables.values()
        if isinstance(table, dict)
        for key, value in table.items()
        if key.endswith("_file") and value
    ]
    return {path.name: path for path in paths}
