"""A block of a set, rendered and written by whoever does it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camsim.camera import Camera
from camsim.dataset import blocks, pairs, photographs, shards
from camsim.dataset.making import Making
from camsim.io import image


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is done with every block of a set."""

    made: Making
    cameras: dict[str, Camera]
    options: pairs.Options
    strict: bool  #: whether a photograph that cannot be used ends it, or is told and left out

    def __call__(self, piece: tuple[int, blocks.Block]) -> int:
        """Render and write the block of a number; how many scenes it was to give.

        Raises ValueError where a camera cannot take a scene, and for a photograph that cannot be used if strict.
        """
        number, block = piece
        skipped: list[dict[str, Any]] = []
        rendered = self._rendered(block, skipped)
        about = shards.write(self.made, number, rendered) if self.made.in_shards else self._single_files(rendered)
        self.made.finish(number, about | {"skipped": skipped})
        return sum(part.last - part.first for part in block)

    def _rendered(self, block: blocks.Block, skipped: list[dict[str, Any]]) -> Iterator[pairs.RenderedPair]:
        for pair in pairs.scene_pairs(block, self.cameras, self.options):
            if isinstance(pair, pairs.RenderedPair):
                yield pair
                continue
            if self.strict:
                raise ValueError(pair.reason)
            part, photo = pair.part, pair.part.photo
            reason = pair.reason.replace(str(photo.path), photo.path.name)
            skipped.append({"name": photo.name, "scenes": part.last - part.first, "reason": reason})
            for index in range(part.first, part.last):  # of a process that was killed when the photograph was whole
                for place in self._places(photographs.scene_name(photo, index)).values():
                    place.unlink(missing_ok=True)

    def _places(self, name: str) -> dict[str, Path]:
        """Where the picture of a name is, and what every camera made of it."""
        return single_files(self.made.place, name, list(self.cameras))

    def _single_files(self, rendered: Iterator[pairs.RenderedPair]) -> dict[str, Any]:
        """Write pairs as files of their own; what the manifest says of them."""
        records, size = [], 0
        for pair in rendered:
            places = self._places(pair.name)
            for name, picture in (("HR", pair.hr), *pair.lr.items()):
                size += self.made.write(places[name], image.encode(picture, ".png"))
            records.append(pair.record)
        return {"images": records, "bytes": size}

    def is_finished(self, number: int) -> bool:
        """Whether a block is finished, all its files as long as they were."""
        about = self.made.finished(number)
        if about is None:
            return False
        if self.made.in_shards:
            files = [self.made.place / shards.SHARDS / f"{number:06d}.tar"]
        else:
            files = [place for record in about["images"] for place in self._places(record["name"]).values()]
        try:
            return sum(file.stat().st_size for file in files) == about["bytes"]
        except FileNotFoundError:
            return False


def single_files(place: Path, name: str, settings: list[str]) -> dict[str, Path]:
    """Where the picture of a name is in a set of single files, as "HR", and what every camera made of it."""
    return {"HR": place / "HR" / f"{name}.png"} | {
        setting: place / "LR" / setting / f"{name}.png" for setting in settings
    }
