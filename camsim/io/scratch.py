"""A file for a while, for libraries that read from nothing else."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


class NoPlaceError(ValueError):
    """There is no place for the file: trouble of this computer, not of what was to be in it."""


@contextlib.contextmanager
def file(content: bytes, name: str) -> Iterator[Path]:
    """A file of this content and name, as long as the block lasts; NoPlaceError where it cannot be made."""
    place = tempfile.gettempdir()
    try:
        folder = Path(tempfile.mkdtemp(dir=place))
    except OSError as error:
        raise NoPlaceError(f"no temporary file can be made in {place} ({error.strerror})") from error
    try:
        path = folder / name
        try:
            path.write_bytes(content)
        except OSError as error:
            words = f"a temporary file of {len(content) / 1e6:.1f} MB cannot be made in {place} ({error.strerror})"
            raise NoPlaceError(words) from error
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
