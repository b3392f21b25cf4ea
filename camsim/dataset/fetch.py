"""Data sets that fetch themselves: the pictures of a recipe, from where they are published or from folders.

A set is fetched into a folder, picture by picture or archive by archive; what is there is not fetched again, and a
download that broke off goes on. FETCHED in the folder says what is there, and at last that it is all.
"""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from camsim._version import __version__
from camsim.dataset import recipe as recipes
from camsim.dataset import treatment
from camsim.dataset.fetched import FETCHED, UNFINISHED, Fetched, Web, read_record_of
from camsim.dataset.recipe import Archive, ListedFile, Recipe
from camsim.io import archive as archives
from camsim.io import atomic, download, lock, web

#: Longest picture that is fetched by itself, in bytes; most of an archive of unknown size, and of what is in one.
_MOST_PICTURE, _MOST_ARCHIVE, _MOST_UNPACKED = 64 << 20, 100 << 30, 200 << 30

#: The public web.
_PUBLIC = Web()

#: Pictures that are asked for at the same time.
_AT_ONCE = 4


def fetch(
    name: str | Path,
    folder: Path,
    *,
    have: Sequence[Path] = (),
    asking: Web = _PUBLIC,
    begin: Callable[[str, int], object] = lambda unit, total: None,
    step: Callable[[int], object] = lambda count: None,
) -> Fetched:
    """Bring the pictures of a recipe into a folder.

    Parameters
    ----------
    name : str or Path
        A recipe of the package by name, or the file of one's own.
    folder : Path
        Where the pictures go; it is made. What is there already stays.
    have : sequence of Path
        Folders that may hold pictures of a list: what has the right SHA-256 there is taken from there.
    asking : Web
        How the web is asked.
    begin : callable
        Called with the unit, "B" or "picture", and number of what is about to be done.
    step : callable
        Called with how much of it is.

    Returns
    -------
    Fetched
        How many pictures there are now, and where they came from.

    Raises
    ------
    ValueError
        Where the recipe is unknown or damaged, nothing can be fetched, a checksum is another, an archive is damaged or
        not to be trusted, or there is no room.
    """
    path = recipes.place(name)
    recipe = recipes.read(path)
    if not recipe.archive and not recipe.table:
        raise ValueError(f"{path}: nothing in this recipe is fetched")
    with lock.inside(folder), _told_of_room(folder), _without_empty_folders(folder / UNFINISHED):
        found, done = Fetched(folder=folder), read_record_of(folder)["archives"]
        if recipe.table:
            _fetch_listed(recipes.listed(recipe, path), found, have, asking, begin, step)
        for archive in recipe.archive:
            if not _is_there(archive, folder, done, found):
                done[archive.address] = _fetch_archive(archive, found, asking, begin, step)
                _note(recipe, found, done, complete=False)
        _note(recipe, found, done, complete=not found.unlike)
    return found


def _note(recipe: Recipe, found: Fetched, done: dict[str, dict], *, complete: bool) -> None:
    """Write the record of a set."""
    record = {
        "recipe": recipe.name,
        "version": __version__,
        "complete": complete,
        "pictures": found.pictures,
        "licence": recipe.licence,
        "archives": done,
    }
    atomic.write_text(found.folder / FETCHED, json.dumps(record, indent=1))


@contextlib.contextmanager
def _told_of_room(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in atomic.NO_ROOM:
            raise
        raise ValueError(f"cannot write into {folder}: {error.strerror}") from error


@contextlib.contextmanager
def _without_empty_folders(unfinished: Path) -> Iterator[None]:
    """What is left of a download stays, to be gone on with; the folders of one that did not begin do not."""
    try:
        yield
    finally:
        for place in (*unfinished.glob("*"), unfinished):
            with contextlib.suppress(OSError):  # it holds something, or is not there
                place.rmdir()


# --- pictures one by one ----------------------------------------------------------------------------------------------


def _fetch_listed(
    files: list[ListedFile],
    found: Fetched,
    have: Sequence[Path],
    asking: Web,
    begin: Callable[[str, int], object],
    step: Callable[[int], object],
) -> None:
    begin("picture", len(files))
    known = {file.sha256 for file in files if file.sha256}
    elsewhere = {digest: path for digest, path in _digests(have) if digest in known}
    (found.folder / UNFINISHED).mkdir(parents=True, exist_ok=True)
    missing = []
    for file in files:
        target = found.folder / file.name
        if target.is_file() and _is(file, target.read_bytes()):
            found.there += 1
        elif file.sha256 in elsewhere:
            with atomic.atomic(target) as temporary:
                shutil.copyfile(elsewhere[file.sha256], temporary)
            found.taken += 1
        else:
            missing.append(file)
            continue
        step(1)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            for file, like in zip(
                missing, pool.map(lambda file: _fetch_one(file, found.folder, asking), missing), strict=True
            ):
                found.downloaded += like
                found.unlike += [] if like else [file.name]
                step(1)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    found.pictures += len(files) - len(found.unlike)


def _digests(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """SHA-256 and path of every file in folders."""
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield atomic.sha256(path), path


def _is(file: ListedFile, content: bytes) -> bool:
    """Whether a file of a set is what the recipe says; one of which the recipe says nothing is what it is."""
    if not file.sha256 or hashlib.sha256(content).hexdigest() == file.sha256:
        return bool(content)
    with contextlib.suppress(OSError, ValueError, SyntaxError):
        return bool(file.pixels) and treatment.pixels_sha256(content) == file.pixels
    return False


def _fetch_one(file: ListedFile, folder: Path, asking: Web) -> bool:
    """Download a picture and make of it what the set holds; False where that is not the recorded picture."""
    with tempfile.TemporaryDirectory(dir=folder / UNFINISHED) as place:
        came = Path(place) / "came"
        web.fetch(file.address, came, limit=_MOST_PICTURE, allow_local=asking.allow_local, resolve=asking.resolve)
        content = came.read_bytes() if file.source.keep else treatment.treat(came, file.source)
    if not _is(file, content):
        if file.source.keep:
            raise ValueError(f"{file.address}: not the picture that is recorded, its SHA-256 differs")
        return False
    with atomic.atomic(folder / file.name) as temporary:
        temporary.write_bytes(content)
    return True


# --- archives ---------------------------------------------------------------------------------------------------------


def _is_there(archive: Archive, folder: Path, done: dict[str, dict], found: Fetched) -> bool:
    """Whether the pictures of an archive are in the folder, counted; they are noted then."""
    if archive.address not in done:
        return False
    count = done[archive.address]["pictures"]
    here = sum(1 for path in (folder / archive.into).iterdir() if path.is_file()) if count else 0
    if here < count:
        return False
    found.there += count
    found.pictures += count
    return True


def _fetch_archive(
    archive: Archive,
    found: Fetched,
    asking: Web,
    begin: Callable[[str, int], object],
    step: Callable[[int], object],
) -> dict[str, Any]:
    """Bring the pictures of an archive into the folder; what the record says of it."""
    place = found.folder / UNFINISHED / hashlib.sha256(archive.address.encode()).hexdigest()[:16]
    place.mkdir(parents=True, exist_ok=True)
    _check_room(archive, found.folder)
    file = place / "archive"
    if not file.exists():
        begin("B", archive.size_bytes)
        download.download(
            archive.address,
            file,
            limit=archive.size_bytes or _MOST_ARCHIVE,
            size=archive.size_bytes,
            step=step,
            allow_local=asking.allow_local,
            resolve=asking.resolve,
            pause_s=asking.pause_s,
        )
    digest = atomic.sha256(file)
    if archive.sha256 and digest != archive.sha256:
        file.unlink()
        raise ValueError(f"{archive.address}: not the file that was published, its SHA-256 differs; it is thrown away")
    begin("picture", archive.files if archive.files < 1_000_000 else 0)
    shutil.rmtree(place / "pictures", ignore_errors=True)
    (place / "pictures").mkdir()
    try:
        pictures = archives.extract(
            file,
            place / "pictures",
            take=archive.take,
            most_files=archive.files,
            most_bytes=_MOST_UNPACKED,
            step=lambda: step(1),
        )
    except ValueError as error:
        shutil.rmtree(place)
        raise ValueError(f"{archive.address}: {str(error).removeprefix(f'{file}: ')}; it is thrown away") from error
    target = found.folder / archive.into
    target.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        picture.replace(target / picture.name)
    found.downloaded += len(pictures)
    found.pictures += len(pictures)
    shutil.rmtree(place)
    return {"sha256": digest, "pictures": len(pictures)}


def _check_room(archive: Archive, folder: Path) -> None:
    """Raise ValueError where an archive, and the like of it unpacked, would not fit."""
    free = shutil.disk_usage(folder).free
    if 2 * archive.size_bytes > free:
        words = f"{archive.address}: {2 * archive.size_bytes / 1e9:.1f} GB are needed until it is unpacked"
        raise ValueError(f"{words}, {free / 1e9:.1f} GB are free in {folder}")
