"""Sets in shards: tar files after WebDataset's convention, in which every picture is found by its place.

`shards/000012.tar` holds, picture after picture, `000012-000034.hr.png`, `000012-000034.SETTING.png` for every camera
and `000012-000034.json`, what the manifest of a set of single files would say. `index/000012.json` has all of that and
the bytes at which each picture begins. The same scenes give the same bytes.

Reference: https://github.com/webdataset/webdataset (files of one sample have one name up to its first dot).
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from camsim.dataset.making import Making
from camsim.dataset.pairs import RenderedPair
from camsim.io import image
from camsim.schema.fields import Count, FileName, number, plain
from camsim.schema.frozen import Frozen, read_record, record

#: Folders of the shards and of what finds a picture in them.
SHARDS, INDEX = "shards", "index"

#: Where a file begins in a shard, and how many bytes it has.
Place = tuple[Count, Count]


@record
class ShardRecord(Frozen):
    """What a manifest says of a shard."""

    name: FileName = plain(..., "of its file, and of its index, without suffix")
    images: int = number(..., 0, 10**9, "pictures in it")
    size_bytes: int = number(..., 0, 2**60, "of its file")
    sha256: str = plain(..., "of its file")


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture in a shard."""

    shard: Path
    offset: int
    size_bytes: int

    def __str__(self) -> str:
        return f"{self.shard}, byte {self.offset}"

    def read(self) -> np.ndarray:
        """Its pixels, (H, W, 3) uint8; ValueError, naming the shard, where they are damaged."""
        try:
            with self.shard.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size_bytes)
            with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
                if picture.mode != "RGB":
                    raise ValueError(f"mode {picture.mode}")
                return np.asarray(picture)
        except (OSError, ValueError, SyntaxError) as error:
            raise ValueError(f"{self}: damaged, or not the shard of this index ({error})") from error


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What an index says of an image."""

    name: str
    source_sha256: str
    files: tuple[Stored, ...]  #: HR, then what every camera made of it


class _Hashed:
    """A file that is written, and hashed meanwhile."""

    def __init__(self, file: BinaryIO):
        self._file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        self.size += len(content)
        return self._file.write(content)

    def tell(self) -> int:
        return self.size


def write(made: Making, number_: int, pairs: Iterable[RenderedPair]) -> dict[str, Any]:
    """Write a shard of rendered pairs; what its index says."""
    path = made.place / SHARDS / f"{number_:06d}.tar"
    path.parent.mkdir(exist_ok=True)
    with made.new_file(path, lasting=True) as file:
        hashed, records = _Hashed(file), []
        with tarfile.open(fileobj=hashed, mode="w", format=tarfile.GNU_FORMAT) as archive:  # type: ignore[call-overload]
            for index, pair in enumerate(pairs):
                key = f"{number_:06d}-{index:06d}"
                places = [
                    _add(archive, f"{key}.{name}.png", image.encode(picture, ".png"))
                    for name, picture in (("hr", pair.hr), *pair.lr.items())
                ]
                _add(archive, f"{key}.json", json.dumps(pair.record).encode())
                records.append(pair.record | {"at": places})
    return {"images": records, "bytes": hashed.size, "sha256": hashed.digest.hexdigest()}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> Place:
    """Append a file; where its content begins, and how long it is."""
    header = tarfile.TarInfo(name)
    header.size = len(content)
    archive.addfile(header, io.BytesIO(content))
    return archive.offset - -(-len(content) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE, len(content)


@record
class _Entry(Frozen):
    """What is used of a picture's entry in an index."""

    name: FileName = plain(..., "of the picture")
    source_sha256: str = plain(..., "SHA-256 of the photograph")
    at: tuple[Place, ...] = plain(..., "where it is in the shard: HR, then every setting")


@record
class _Index(Frozen):
    """What is used of an index."""

    images: tuple[_Entry, ...] = plain(..., "the pictures of a shard")


def read_index(folder: Path, name: str, files: int) -> list[StoredImage]:
    """The images of a shard of a set, of so many files each; ValueError where its index is missing or damaged."""
    path, shard = folder / INDEX / f"{name}.json", folder / SHARDS / f"{name}.tar"
    try:
        found = read_record(_Index, path, "the index of a shard")["images"]
    except FileNotFoundError:
        raise ValueError(f"{path}: missing from the set") from None
    if any(len(entry["at"]) != files for entry in found):
        raise ValueError(f"{path}: damaged, or not the index of a shard (an image has not {files} files)")
    return [
        StoredImage(entry["name"], entry["source_sha256"], tuple(Stored(shard, *place) for place in entry["at"]))
        for entry in found
    ]
