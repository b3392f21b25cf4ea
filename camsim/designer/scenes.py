"""What the camera looks at: built-in photographs, charts, pictures named at the start, and what was uploaded."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camsim.charts import catalogue
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from camsim.light import colour
from camsim.scene import cube, radiance, read
from camsim.scene.cube import Cube

#: Largest pictures that are taken from a page, in pixels.
MAX_PIXELS, MAX_CUBE_PIXELS = 40_000_000, 2_000_000

#: Longest sides of the scene as it is shown, and of its thumbnail, pixels.
SHOWN_PX, THUMBNAIL_PX = 1024, 96

Picture = np.ndarray | Cube


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene that can be chosen, and how a command line gets it."""

    source: str  #: what the page calls it: "photo:astronaut"
    name: str
    group: str
    words: str
    before: str  #: the command that makes its file, "" where none is needed
    argument: str  #: what `camsim render` is given


def builtin() -> list[Scene]:
    """The photographs that come with the package, and the charts."""
    photos = photographs.open_sources([photographs.BUILTIN])
    found = [
        Scene(f"photo:{p.name}", p.name.replace("_", " "), "Photographs", p.licence, "", f"--photo {p.name}")
        for p in photos
    ]
    charts = [
        Scene(f"chart:{c.name}", c.name, "Charts", c.description, f"camsim chart {c.name} -o {c.name}.png", "")
        for c in catalogue.CHARTS
    ]
    return found + [Scene(*_fields(chart), argument=f"{chart.name}.png") for chart in charts]


def _fields(scene: Scene) -> tuple[str, str, str, str, str]:
    return scene.source, scene.name, scene.group, scene.words, scene.before


@functools.lru_cache(maxsize=24)
def load_builtin(source: str) -> np.ndarray:
    """A built-in photograph, or a chart as `camsim chart` writes it, (H, W, 3), read-only."""
    kind, _, name = source.partition(":")
    if kind == "photo" and name in [photo.name for photo in photographs.open_sources([photographs.BUILTIN])]:
        picture = image.read_native(photographs.builtin(name).path)
    elif kind == "chart":
        chart = catalogue.get(name)
        picture = image.quantise(colour.srgb_encode(catalogue.make(chart.name, *chart.size)))
    else:
        raise ValueError(f"unknown scene {source!r}")
    picture.setflags(write=False)
    return picture


def load_file(path: Path) -> Picture:
    """A picture or a hyperspectral scene from a page, no larger than is taken; ValueError says what is wrong."""
    if path.suffix.lower() not in cube.SUFFIXES:
        picture = image.over_white(image.read_stored(path, limit=MAX_PIXELS))
        return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
    found = read.read(path)
    rows, columns = found.values.shape[:2] if isinstance(found, Cube) else found.shape[:2]
    if rows * columns > MAX_CUBE_PIXELS:
        raise ValueError(f"{path}: {columns}×{rows} is over the limit of {MAX_CUBE_PIXELS:,} pixels of a cube")
    return found


def opened(paths: Iterable[Path]) -> dict[str, Picture]:
    """Pictures named where the program was started, by their names."""
    return {path.name: read.read(path) for path in paths}


def shape(picture: Picture) -> tuple[int, int]:
    """Rows and columns."""
    rows, columns = (picture.values if isinstance(picture, Cube) else picture).shape[:2]
    return rows, columns


def looks(picture: Picture, scene: "radiance.Scene", longest: int = SHOWN_PX) -> np.ndarray:
    """The scene as it is shown, uint8 sRGB, reduced to `longest` pixels where it is larger."""
    if isinstance(picture, Cube):
        linear = radiance.to_srgb_linear(radiance.cube_radiance(picture, scene), scene)
        picture = colour.srgb_encode(linear)
    rows, columns = picture.shape[:2]
    if max(rows, columns) > longest:
        scale = longest / max(rows, columns)
        size = max(1, round(rows * scale)), max(1, round(columns * scale))
        picture = resize(image.as_float(picture), size)
    return image.quantise(picture)
