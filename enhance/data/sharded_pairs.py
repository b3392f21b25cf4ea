"""Training pairs of a rendered set in shards: read from where they are, in any order, without unpacking."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from camsim.arguments import shown
from camsim.dataset.shards import SHARDS, Stored, read_index
from enhance.data import batches
from enhance.data.stored_pairs import StoredPair, StoredPairs


class InShards(Sequence[StoredPair]):
    """The pairs of one setting; of each only the places of its two files are kept, 32 bytes.

    Raises ValueError where the setting, or an index, is missing or damaged.
    """

    def __init__(self, place: Path, manifest: dict[str, Any], setting: str):
        settings, shards = manifest["settings"], manifest["shards"]
        if setting not in settings:
            raise ValueError(f"{place}: has no setting {shown(setting)}, only {', '.join(settings)}")
        at, sources, places = 1 + settings.index(setting), set(), []
        for shard in shards:
            images = read_index(place, shard["name"], 1 + len(settings))
            sources |= {image.source_sha256 for image in images}
            places += [(file.offset, file.size_bytes) for image in images for file in (image.files[at], image.files[0])]
            if len(images) != shard["images"]:
                raise ValueError(f"{place}: the index of shard {shard['name']} has not {shard['images']} pictures")
        self.source_sha256 = tuple(sorted(sources))
        self._places = np.array(places, np.int64).reshape(-1, 2, 2)
        self._ends = np.cumsum([shard["images"] for shard in shards])
        self._shards = [(place / SHARDS / f"{shard['name']}.tar", shard["sha256"]) for shard in shards]

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> StoredPair: ...
    @overload
    def __getitem__(self, index: slice) -> list[StoredPair]: ...
    def __getitem__(self, index: int | slice) -> StoredPair | list[StoredPair]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        shard = int(np.searchsorted(self._ends, index, side="right"))
        path, digest = self._shards[shard]
        within = index - (int(self._ends[shard - 1]) if shard else 0)
        lr, hr = (Stored(path, int(offset), int(size)) for offset, size in self._places[index])
        return StoredPair(f"{path.stem}-{within:06d}", lr, hr, (digest, digest))


def open_set(
    place: Path,
    manifest: dict[str, Any],
    setting: str,
    *,
    hr_px: int,
    crop: str,
    jobs: int,
    step: Callable[[], object],
    limit_bytes: int,
) -> StoredPairs:
    """The pairs of a set in shards, read into memory where they take at most `limit_bytes`; `step` after each."""
    in_shards, scale, own_px = InShards(place, manifest, setting), manifest["scale"], manifest["hr_px"]
    if not in_shards:
        raise ValueError(f"{place}: holds no pairs")
    found: Sequence[StoredPair] = in_shards
    if 3 * (own_px**2 + (own_px // scale) ** 2) * len(found) <= limit_bytes:
        found = batches.map_files(StoredPair.in_memory, found, step)
    return StoredPairs(
        found,
        source=str(place),
        source_sha256=in_shards.source_sha256,
        scale=scale,
        hr_px=min(hr_px, own_px),
        crop=crop,
        jobs=jobs,
    )
