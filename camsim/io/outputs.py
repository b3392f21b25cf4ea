"""Where outputs go, and that they replace nothing: named by the user, or after the inputs in a folder."""

import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from camsim.arguments import shown
from camsim.io import atomic

#: Bytes of a name's part that is given: file systems take 255, of which an ending or a number takes some.
LONGEST_NAME = 200


def names(sources: Iterable[Path], inputs: Iterable[Path]) -> list[Path]:
    """What each source is called below a folder: its name, or its path within the folder it was found in.

    `sources` are the files that `camsim.io.image.find` found in `inputs`.
    """
    folders = [path for path in inputs if path.is_dir()]
    return [
        next((path.relative_to(folder) for folder in folders if path.is_relative_to(folder)), Path(path.name))
        for path in sources
    ]


def place(names: Sequence[Path], output: Path | None) -> list[Path]:
    """Output paths: the file `output` for one name, or all names below the folder `output` (None: the current one).

    Raises ValueError where several outputs are to go into one file, or two to the same place.
    """
    if output is not None and not output.is_dir():
        if len(names) == 1 and output.suffix:
            return [output]
        from camsim.io import image  # loads NumPy, which --help needs not

        if output.is_file() or output.suffix.lower() in image.SUFFIXES:
            raise ValueError(f"{len(names)} pictures need a folder to go into, not {output}")
    return distinct([(output or Path()) / name for name in names])


def distinct(paths: list[Path]) -> list[Path]:
    """`paths`; ValueError where two are the same."""
    seen = set()
    for path in paths:
        if path in seen:
            raise ValueError(f"two inputs would both become {path}: take them one by one")
        seen.add(path)
    return paths


def check(outputs: Iterable[Path], inputs: Iterable[Path] = (), *, force: bool = False, appended: bool = False) -> None:
    """Before any work: every output can be written, is none of the inputs, and does not exist yet.

    Parameters
    ----------
    outputs : iterable of Path
        Every file or folder that will be written.
    inputs : iterable of Path
        What is read. Nothing allows to replace it.
    force : bool
        Whether an output may replace what stands there.
    appended : bool
        Whether an output is added to what stands there.

    Raises
    ------
    ValueError
        Where two outputs are one file, an output is an input, its folder cannot be made or written to, or what stands
        there cannot be replaced.
    FileExistsError
        Where an output exists and may be neither replaced nor added to.
    """
    outputs = list(outputs)
    sources = {real(path) for path in inputs}
    places = set()
    for path in outputs:
        place = real(path)
        if place in sources:
            raise ValueError(f"{path} is an input as well: name another output")
        if place in places:
            raise ValueError(f"{path} is named for two outputs")
        places.add(place)
    for path in outputs:
        atomic.check_writable(path)
        if not appended:
            atomic.check_replaceable(path)
            if not force:
                refuse_existing(path)


def real(path: Path | str) -> Path:
    """Where a path leads, links followed; one whose links lead in a circle stays as it is."""
    return Path(os.path.realpath(path))


def check_name(name: str) -> str:
    """The name of a file or folder that is to be made in a folder; ValueError for what would lead out of it."""
    if name in ("", ".", "..") or Path(name).name != name or "\0" in name or len(os.fsencode(name)) > LONGEST_NAME:
        raise ValueError(f"{shown(name)} cannot be the name of a file")
    return name


def refuse_existing(path: Path | str) -> None:
    """Raise FileExistsError where something stands at `path`, be it a link that leads nowhere."""
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "exists", str(path))
