"""Pretrained weights that are not part of this package: one folder for all of them, or a checked download."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from camsim.io import atomic, web

#: Names the folder where none is given.
VARIABLE = "CAM2EYE_WEIGHTS"

#: Stands for a folder, into which what is missing is downloaded.
DOWNLOAD = "download"

#: Longest wait for a whole file, in seconds: the largest has 553 MB.
_TOTAL_S = 3600.0


class NoWeightsError(ValueError):
    """Weights are needed that are not there; the message says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A file of weights as its authors publish it."""

    what: str  #: that the weights are
    patterns: tuple[str, ...]  #: names that it, or the same in another form, has in a folder
    name: str  #: that it gets when downloaded; one of the patterns matches it
    url: str
    digest: str  #: as "sha256:…"; "md5:…" where its authors publish no other
    size: int  #: in bytes, at most


def chosen(place: Path | str | None = None) -> Path | str | None:
    """The place that is given, else that of the variable: a folder, or the word "download"; None where none is named.

    Raises ValueError for a folder that is not there.
    """
    named = place or os.environ.get(VARIABLE)
    if not named:
        return None
    if str(named) == DOWNLOAD:
        return DOWNLOAD
    if not Path(named).is_dir():
        raise ValueError(f"{named}: no such folder of weights{'' if place else f' (of the variable {VARIABLE})'}")
    return Path(named)


def find(folder: Path | str, *patterns: str) -> Path | None:
    """The first file in a folder whose name is, or matches, one of the patterns in their order; None for none."""
    return next((path for pattern in patterns for path in sorted(Path(folder).glob(pattern)) if path.is_file()), None)


def locate(file: Published, place: Path | str | None = None) -> Path:
    """Where a file of weights lies: in the folder that `chosen` gives, or downloaded.

    A download goes to the folder of the variable, or where that names none to the user's cache, and is there the next
    time. It has the digest that was published, or is refused.

    Raises NoWeightsError where no place is named, the file is not there, or a download fails; ValueError for a folder
    that is not there.
    """
    folder, names = chosen(place), " or ".join(file.patterns)
    if folder is None:
        raise NoWeightsError(
            f"{file.what} are needed: a folder with {names}, or the word `{DOWNLOAD}`; or a folder in the variable "
            f"{VARIABLE}"
        )
    if folder != DOWNLOAD:
        if found := find(folder, *file.patterns):
            return found
        raise NoWeightsError(f"{folder}: {file.what} are not here: {names}")
    return find(downloads(), *file.patterns) or _download(file, downloads() / file.name)


def downloads() -> Path:
    """Where downloads go: the folder of the variable, or the user's cache."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named and named != DOWNLOAD else platformdirs.user_cache_path("cam2eye", appauthor=False)


def _download(file: Published, target: Path) -> Path:
    algorithm, _, expected = file.digest.partition(":")
    with atomic.atomic(target) as temporary:
        try:
            web.fetch(file.url, temporary, limit=file.size, total_s=_TOTAL_S)
        except ValueError as error:
            raise NoWeightsError(
                f"{file.what}: {error}; where there is no network, put {file.name} in a folder and name that"
            ) from error
        with temporary.open("rb") as content:
            if hashlib.file_digest(content, algorithm).hexdigest() != expected:
                raise NoWeightsError(f"{file.url}: not the file that was published, its {algorithm} differs")
    return target
