"""The work of a set in blocks of scenes: the same whoever does them, and in whatever order."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from camsim.dataset.photographs import Photo
from camsim.io import atomic, regular

#: Scenes of a block: enough that handing it over costs nothing, few enough that little is lost with one.
SCENES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Scenes of one photograph, from `first` until before `last`."""

    photo: Photo
    first: int
    last: int
    copy: int  #: how many photographs before it in the set are the same file


#: Parts that are done together.
Block = tuple[Part, ...]


def count(sources: Iterable[Photo]) -> int:
    """Number of scenes that the photographs give."""
    return sum(photo.cuts for photo in sources)


def split(sources: Sequence[Photo], scenes: int = SCENES) -> Iterator[Block]:
    """All scenes of the photographs in blocks of so many, the last one of fewer."""
    block, room = [], scenes
    for photo, copy in zip(sources, _copies(sources), strict=True):
        first = 0
        while first < photo.cuts:
            last = min(photo.cuts, first + room)
            block.append(Part(photo=photo, first=first, last=last, copy=copy))
            room -= last - first
            first = last
            if not room:
                yield tuple(block)
                block, room = [], scenes
    if block:
        yield tuple(block)


def _copies(sources: Sequence[Photo]) -> Iterator[int]:
    """Of every photograph, how many before it are the same file; only files of one length are read to tell."""
    sizes = [_size(photo) for photo in sources]
    several = {size for size, number in Counter(sizes).items() if number > 1 and size}
    seen: Counter[str] = Counter()
    for photo, size in zip(sources, sizes, strict=True):
        digest = ""
        if size in several:
            with contextlib.suppress(OSError):
                digest = atomic.sha256(photo.path)
        yield seen[digest] if digest else 0
        seen[digest] += 1


def _size(photo: Photo) -> int:
    """Bytes of a photograph's file; 0 for what is none, which whoever reads it will say."""
    with contextlib.suppress(ValueError):
        return regular.check(photo.path).st_size
    return 0
