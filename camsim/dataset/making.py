"""A set that is being made, which no one sees: it takes its place when it is complete, or is gone on with.

Beside the set's folder NAME lies, until then, `.NAME-cam2eye-making`::

    plan.json               what is made: another plan does not go on with it
    set/                    what becomes the folder
    done/000012.json        what the manifest says of block 12, written when all files of the block are there

So whatever ends the process, at any moment, blocks that are finished stay finished, and nothing half made is among what
is read. Blocks of shards have `done` within the set, as the folder `index`: it is what finds a picture in a shard.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from camsim.io import atomic, lock, text_file

#: The end of the name of what is being made.
_MAKING = "-cam2eye-making"

#: What an unfinished file within it ends with.
UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class Making:
    """Where a set is made."""

    root: Path
    in_shards: bool

    @property
    def place(self) -> Path:
        """What becomes the set's folder."""
        return self.root / "set"

    @property
    def done(self) -> Path:
        """Where what is said of finished blocks is."""
        return self.place / "index" if self.in_shards else self.root / "done"

    @contextlib.contextmanager
    def new_file(self, path: Path, *, lasting: bool = False) -> Iterator[BinaryIO]:
        """A file that appears whole if the block succeeds, whoever else writes the same.

        `lasting` ones are on the disk before they appear, so that they outlive a power cut.
        """
        unfinished = path.with_name(f"{path.name}.{os.urandom(6).hex()}{UNFINISHED}")
        try:
            with unfinished.open("wb") as file:
                yield file
                if lasting:
                    file.flush()
                    os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    def write(self, path: Path, content: bytes, *, lasting: bool = False) -> int:
        """Write such a file; the number of its bytes."""
        with self.new_file(path, lasting=lasting) as file:
            return file.write(content)

    def finish(self, number: int, about: dict[str, Any]) -> None:
        """Say that a block is finished, and what it holds."""
        text = json.dumps(about, separators=(",", ":"))
        self.write(self.done / f"{number:06d}.json", text.encode(), lasting=self.in_shards)

    def finished(self, number: int) -> dict[str, Any] | None:
        """What was said of a finished block; None where it is not finished, or is damaged."""
        with contextlib.suppress(OSError, ValueError):
            about = text_file.read_json(self.done / f"{number:06d}.json")
            if isinstance(about, dict) and {"images", "skipped", "bytes"} <= about.keys():
                return about
        return None


def digest(plan: object) -> str:
    """What tells whether two sets are made alike: SHA-256 of a plan that JSON can hold."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def root_of(target: Path) -> Path:
    """Where the set of a folder is made."""
    target = target.absolute()
    return target.with_name(f".{target.name}{_MAKING}")


def finished_blocks(target: Path) -> int:
    """How many blocks of an unfinished set are there."""
    root = root_of(target)
    return sum(1 for place in (root / "done", root / "set" / "index") for _ in place.glob("*.json"))


@contextlib.contextmanager
def making(target: Path, plan: str, *, in_shards: bool, resume: bool, check: Callable[[], object]) -> Iterator[Making]:
    """Make a set, which takes the place of `target` if the block succeeds, and else stays to be gone on with.

    Parameters
    ----------
    target : Path
        The set's folder. What stands there is replaced.
    plan : str
        Digest of what is made.
    in_shards : bool
        Whether it is made in shards.
    resume : bool
        Whether what is left of an earlier, interrupted making is gone on with; else it is removed.
    check : callable
        Raises where the target must not be replaced; called once no other process can make it.

    Raises
    ------
    ValueError
        Where another process is making it, nothing can be written, or what is left is of another plan.
    """
    target = target.absolute()
    atomic.check_writable(target)
    made = Making(root_of(target), in_shards)
    with lock.beside(target):
        atomic.remove_leftovers(target)
        check()
        if not resume:
            shutil.rmtree(made.root, ignore_errors=True)
        _begin(made, plan, target)
        try:
            with atomic.room_for(target):
                yield made
                _sweep(made.place)
                atomic.put(made.place, target)
        finally:
            if not made.place.exists() or not any(made.done.glob("*.json")):
                shutil.rmtree(made.root, ignore_errors=True)


def _begin(made: Making, plan: str, target: Path) -> None:
    """Make the folders, or find them there, of the same plan."""
    note = made.root / "plan.json"
    if note.exists():
        if text_file.read_json(note) != {"plan_sha256": plan}:
            raise ValueError(f"{made.root} holds the beginning of another set than this: other photographs or values")
    else:
        shutil.rmtree(made.root, ignore_errors=True)  # a process ended before it had said what it makes
    with atomic.cannot_write(target):
        for place in (made.place, made.done):
            place.mkdir(parents=True, exist_ok=True)
        made.write(note, json.dumps({"plan_sha256": plan}).encode())


def _sweep(place: Path) -> None:
    """Remove the unfinished files of workers that were killed."""
    for folder, _, names in os.walk(place):
        for name in names:
            if name.endswith(UNFINISHED):
                (Path(folder) / name).unlink()
