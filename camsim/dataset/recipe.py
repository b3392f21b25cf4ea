"""Recipes of data sets: photographs beside the recipe, or addresses where they are, with checksums and licence.

A recipe is a TOML file; those that come with the package are in `camsim/recipes`, `datasets/README.md` is about them.
"""

import urllib.parse
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from camsim.io import outputs, text_file
from camsim.schema.fields import FileName, number, plain
from camsim.schema.frozen import Frozen, frozen
from camsim.schema.spelling import hint

#: Name of the recipe whose photographs come with the package.
BUILTIN = "builtin"

#: Side of a scene in pixels: what the camera looks at.
SCENE_PX = 256

#: Longest table of files, in bytes, and its columns.
_MOST_TABLE_BYTES, _COLUMNS = 16 << 20, ["name", "sha256", "pixels", "source", "path"]


@frozen
class RecipePhoto(Frozen):
    """A photograph that a recipe names."""

    name: FileName = plain(..., "of its scenes, and their files")
    file: str = plain(..., "beside the recipe, or in folders there")
    split: str = plain("all", "train, test or a word of your own; all: in every split")
    cuts: int = number(1, 1, 1_000_000, "square scenes that are cut from it", scale="log")
    licence: str = plain("", "in words, perhaps with the author")


@frozen
class Archive(Frozen):
    """An archive of pictures."""

    address: str = plain(..., "http or https")
    size_bytes: int = number(0, 0, 10**13, "its size, 0 where that is not known", scale="symlog")
    sha256: str = plain("", "of the archive; none where nobody has published it", pattern="^([0-9a-f]{64})?$")
    take: str = plain(..., "patterns of the names in it that are taken, part by part, separated by spaces")
    into: str = plain("", "folder in the data set that they go into")
    files: int = number(1_000_000, 1, 1_000_000, "how many pictures there are, at most", scale="log")


@frozen
class Source(Frozen):
    """Where files of a table come from, and what is made of them."""

    name: str = plain(..., "that the table has for it")
    address: str = plain(..., "that the paths of the table are joined to")
    crop: Literal["none", "window", "square"] = plain(
        "none",
        "window: at most side_px each way, from the middle; square: the largest in the middle, reduced to side_px",
    )
    side_px: int = number(0, 0, 65536, "of what is cut", scale="symlog")
    keep: bool = plain(True, "whether files stay as they come; else they are decoded, cut and written again")
    jpeg_quality: int = number(0, 0, 100, "of what is written, with 4:2:0; 0: PNG")
    jpeg_optimized: bool = plain(False, "whether a JPEG has Huffman tables of its own")
    licence: str = plain("", "in words")


@frozen
class Recipe(Frozen):
    """Photographs that make a data set."""

    name: str = plain("", "of the data set")
    description: str = plain("", "one line")
    licence: str = plain("", "of the pictures, in words")
    citation: str = plain("", "who is to be named")
    home: str = plain("", "page of the data set")
    unchecked: str = plain("", "what of addresses and checksums nobody has checked yet")
    scene_px: int = number(SCENE_PX, 4, 8192, "side of a scene that the cuts were counted for", scale="log")
    photo: tuple[RecipePhoto, ...] = plain((), "photographs beside the recipe")
    archive: tuple[Archive, ...] = plain((), "archives that hold them")
    table: str = plain("", "file beside the recipe with a line for each picture that is fetched by itself")
    source: tuple[Source, ...] = plain((), "where those come from")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A picture that is fetched by itself."""

    name: str  #: in the data set, perhaps with a folder
    sha256: str  #: of the file there; "" where it is not known
    pixels: str  #: SHA-256 of its 8-bit pixels in C order; "" where not known, or where the file's own says enough
    source: Source
    path: str

    @property
    def address(self) -> str:
        return self.source.address + urllib.parse.quote(self.path)


def folder() -> Path:
    """Where the recipes of the package are."""
    return Path(str(resources.files("camsim") / "recipes"))


def names() -> list[str]:
    """The recipes of the package whose pictures are fetched."""
    return sorted(path.stem for path in folder().glob("*.toml") if path.stem != BUILTIN)


def place(name: str | Path) -> Path:
    """The file of a recipe: of its own path, or of the package by name; ValueError for none."""
    if Path(name).suffix == ".toml":
        return Path(name)
    if str(name) in names():
        return folder() / f"{name}.toml"
    raise ValueError(f"no data set {str(name)!r}: {', '.join(names())}{hint(str(name), names())}")


def read(path: Path) -> Recipe:
    """A recipe; ValueError in one line, naming the file, where there is none or it is damaged."""
    try:
        values = text_file.read_toml(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file") from None
    try:
        return Recipe(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def listed(recipe: Recipe, path: Path) -> list[ListedFile]:
    """The files of a recipe's table, which lies beside it; ValueError, with its line, for what is none."""
    if not recipe.table:
        return []
    file, sources = path.parent / outputs.check_name(recipe.table), {source.name: source for source in recipe.source}
    head, *lines = text_file.read(file, most_bytes=_MOST_TABLE_BYTES).splitlines()
    if head.split("\t") != _COLUMNS:
        raise ValueError(f"{file}: the first line must name the columns {', '.join(_COLUMNS)}")
    found = {}
    for number_, line in enumerate(lines, 2):
        cells = line.split("\t")
        try:
            if len(cells) != len(_COLUMNS) or cells[3] not in sources:
                raise ValueError("no file of a source that the recipe has")
            name, sha256, pixels, source, inside = cells
            for part in name.split("/"):
                outputs.check_name(part)
            if name in found:
                raise ValueError(f"{name} is there twice")
        except ValueError as error:
            raise ValueError(f"{file}, line {number_}: {error}") from None
        found[name] = ListedFile(name=name, sha256=sha256, pixels=pixels, source=sources[source], path=inside)
    return list(found.values())
