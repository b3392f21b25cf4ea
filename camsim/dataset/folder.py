"""Training and evaluation sets on disk: pictures beside what cameras make of them.

A set is a folder::

    HR/NAME.png             the picture, 128×128
    LR/SETTING/NAME.png     what the camera made of it, reduced to 32×32, one folder per setting
    cameras/SETTING.toml    the cameras used
    manifest.json           per image: source, hashes, seeds, settings; which photographs could not be used

Large ones have shards/ and index/ (see `shards`) in place of HR/ and LR/, and what the manifest says is per shard.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from camsim.arguments import shown
from camsim.dataset.shards import ShardRecord, Stored, read_index
from camsim.io import atomic, image, outputs
from camsim.schema.fields import FileName, number, plain
from camsim.schema.frozen import Frozen, read_record, record

MANIFEST = "manifest.json"

#: What kind of file a manifest is.
FORMAT = "cam2eye dataset 1"


@record
class ImageRecord(Frozen):
    """What is used of an image's entry in a manifest."""

    name: FileName = plain(..., "of its files, without suffix")
    source_sha256: str = plain(..., "SHA-256 of the photograph")


@record
class Manifest(Frozen):
    """What is used of the manifest of a set."""

    format: str = plain(..., "what kind of file it is")
    hr_px: int = number(..., 1, 65536, "side of the pictures")
    scale: int = number(..., 1, 65536, "that over the side of what the cameras made of them")
    settings: tuple[FileName, ...] = plain(..., "the cameras")
    images: tuple[ImageRecord, ...] = plain((), "the pictures, of a set of single files")
    shards: tuple[ShardRecord, ...] = plain((), "where they are, of a set in shards")

    def __post_init__(self) -> None:
        if self.format.rpartition(" ")[0] != FORMAT.rpartition(" ")[0]:
            raise ValueError(f"format = {shown(self.format)} is not {FORMAT!r}")
        if self.hr_px % self.scale:
            raise ValueError(f"hr_px = {self.hr_px} must be a multiple of scale = {self.scale}")
        for names in (self.settings, [entry.name for entry in self.images]):
            if twice := [name for name, count in Counter(names).items() if count > 1]:
                raise ValueError(f"{shown(twice[0])} is there twice")


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds something: without `force` anything, with it all but an earlier set."""
    if not folder.exists():
        if folder.is_symlink():
            raise ValueError(f"{folder} is a link that leads nowhere")
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file")
    atomic.check_replaceable(folder)
    if not any(folder.iterdir()):
        return
    if not force:
        outputs.refuse_existing(folder)
    if not (folder / MANIFEST).exists():
        raise ValueError(f"{folder} holds something other than a rendered set; it is not replaced")


def read_manifest(folder: Path | str, *, in_shards: bool = False) -> dict:
    """The manifest of a rendered set; ValueError where there is none, or it is in shards, unless `in_shards` may be."""
    path = Path(folder) / MANIFEST
    try:
        found = read_record(Manifest, path, "a rendered set's manifest")
    except FileNotFoundError:
        raise ValueError(f"{folder}: no rendered set here ({MANIFEST} is missing)") from None
    if ("images" in found) == ("shards" in found):
        raise ValueError(f"{path}: damaged, or not a rendered set's manifest (images or shards are needed)")
    if "shards" in found and not in_shards:
        raise ValueError(f"{folder}: a set in shards, which is for training; here single files are needed")
    return found


def load(folder: Path | str, setting: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read the pairs of one setting of a rendered set.

    Parameters
    ----------
    folder : Path or str
        The set.
    setting : str
        One of its settings.

    Returns
    -------
    names : list of str
        The n images in the order of the manifest.
    lr : ndarray of uint8
        What the camera made of them, (n, h, w, 3) sRGB values.
    hr : ndarray of uint8
        The images themselves, (n, H, W, 3) sRGB values.

    Raises
    ------
    ValueError
        Where the set or the setting is missing, or a file is missing or of another size.

    Examples
    --------
    >>> import tempfile
    >>> from camsim import camera_file
    >>> from camsim.dataset import photographs, writing
    >>> photos = photographs.open_sources([photographs.builtin("astronaut").path])
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = writing.write(f"{place}/set", photos, {"f22": camera_file.load("f22")}, hr_px=64, scene_px=64)
    ...     names, lr, hr = load(f"{place}/set", "f22")
    >>> names, lr.shape, hr.dtype.name
    (['astronaut'], (1, 16, 16, 3), 'uint8')
    """
    folder, manifest = Path(folder), read_manifest(folder, in_shards=True)
    if setting not in manifest["settings"]:
        raise ValueError(f"{folder}: has no setting {shown(setting)}, only {', '.join(manifest['settings'])}")
    hr_px, scale = manifest["hr_px"], manifest["scale"]
    names, low, high = [], [], []
    for name, _, lr, hr in pictures(folder, manifest, setting):
        names.append(name)
        low.append(read(lr, hr_px // scale))
        high.append(read(hr, hr_px))
    return names, _stack(low, hr_px // scale), _stack(high, hr_px)


def pictures(folder: Path, manifest: dict, setting: str) -> Iterator[tuple[str, str, Path | Stored, Path | Stored]]:
    """Name, SHA-256 of the photograph, LR and HR of every picture of a set, in order.

    Raises ValueError, where a shard begins, if its index is missing or damaged.
    """
    for entry in manifest.get("images", ()):
        name = entry["name"]
        yield name, entry["source_sha256"], folder / "LR" / setting / f"{name}.png", folder / "HR" / f"{name}.png"
    for shard in manifest.get("shards", ()):
        at = 1 + manifest["settings"].index(setting)
        for stored in read_index(folder, shard["name"], 1 + len(manifest["settings"])):
            yield stored.name, stored.source_sha256, stored.files[at], stored.files[0]


def read(file: Path | Stored, side: int) -> np.ndarray:
    """A picture of a set, (side, side, 3) uint8; ValueError, naming it, where it is damaged or of another size."""
    picture = file.read() if isinstance(file, Stored) else image.quantise(image.read_native(file))
    if picture.shape != (side, side, 3):
        raise ValueError(f"{file}: {picture.shape[1]}×{picture.shape[0]} instead of {side}×{side}")
    return picture


def _stack(found: list[np.ndarray], side: int) -> np.ndarray:
    """Pictures as one array (n, side, side, 3) uint8."""
    return np.stack(found) if found else np.empty((0, side, side, 3), np.uint8)
