"""Where outputs go: to the file that is named, or into a folder under names like those of the inputs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from camsim.io import image


def names(sources: Iterable[Path], inputs: Iterable[Path]) -> list[Path]:
    """What each source is called below a folder: its name, or its path within the folder it was found in.

    `sources` are the files that `camsim.image.find` found in `inputs`.
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
        if output.is_file() or output.suffix.lower() in image.SUFFIXES:
            raise ValueError(f"{len(names)} inputs need a folder after -o, not {output}")
    return distinct([(output or Path()) / name for name in names])


def distinct(paths: list[Path]) -> list[Path]:
    """`paths`; ValueError where two are the same."""
    seen = set()
    for path in paths:
        if path in seen:
            raise ValueError(f"two inputs would both become {path}: take them one by one")
        seen.add(path)
    return paths
