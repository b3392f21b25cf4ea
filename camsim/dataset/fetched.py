"""What is known of a data set that was fetched into a folder, and how the web is asked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from camsim.dataset.recipe import Recipe
from camsim.io import web
from camsim.schema.fields import number, plain
from camsim.schema.frozen import Frozen, read_record, record

#: The record of a fetched set in its folder, and where what is unfinished lies.
FETCHED, UNFINISHED = "fetched.json", ".fetching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """How the web is asked."""

    allow_local: bool = False  #: whether addresses may be asked that are not public
    resolve: web.Resolve = web.resolve
    pause_s: float = 1.0  #: before what broke off is asked for again


@dataclass(slots=True, kw_only=True)
class Fetched:
    """What came of it."""

    folder: Path
    pictures: int = 0  #: that the set has now
    there: int = 0  #: that were in the folder
    taken: int = 0  #: from other folders
    downloaded: int = 0
    unlike: list[str] = field(default_factory=list)  #: not the recorded picture to the bit, and left out


def cached(name: str) -> Path:
    """Where a data set of the package lies where no folder is named."""
    return Path(platformdirs.user_cache_path("cam2eye", appauthor=False)) / "datasets" / name


def size_bytes(recipe: Recipe) -> int:
    """Bytes to be downloaded at most where archives say; 0 where that is not known, as for single pictures."""
    known = [archive.size_bytes for archive in recipe.archive]
    return sum(known) if all(known) else 0


@record
class FetchedArchive(Frozen):
    """What is used of an archive's entry in the record."""

    sha256: str = plain(..., "of the archive")
    pictures: int = number(..., 0, 10**9, "that came out of it")


@record
class FetchedRecord(Frozen):
    """What is used of the record of a fetched set."""

    recipe: str = plain(..., "of the set")
    complete: bool = plain(..., "whether all is there")
    pictures: int = number(..., 0, 10**9, "that are there")
    archives: dict[str, FetchedArchive] = plain(..., "those whose pictures are there, by address")


def read_record_of(folder: Path) -> dict[str, Any]:
    """The record of a fetched set; an empty one where there is none. ValueError where it is damaged."""
    try:
        return read_record(FetchedRecord, folder / FETCHED, "the record of a fetched set")
    except FileNotFoundError:
        return {"recipe": "", "complete": False, "pictures": 0, "archives": {}}


def is_complete(folder: Path) -> bool:
    """Whether all of a data set is in a folder."""
    return bool(read_record_of(folder)["complete"])
