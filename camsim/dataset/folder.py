"""Training and evaluation sets on disk: pictures beside what cameras make of them.

A set is a folder::

    HR/NAME.png             the picture, 128×128
    LR/SETTING/NAME.png     what the camera made of it, reduced to 32×32, one folder per setting
    cameras/SETTING.toml    the cameras used
    manifest.json           per image: source, hashes, seeds, settings
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from camsim import camera_file
from camsim._version import __version__
from camsim.arguments import shown
from camsim.camera import Camera
from camsim.dataset import pairs, photographs
from camsim.io import atomic, image, outputs
from camsim.schema.fields import FileName, number, plain
from camsim.schema.frozen import Frozen, read_record, record

MANIFEST = "manifest.json"

_FORMAT = "cam2eye dataset 1"


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
    images: tuple[ImageRecord, ...] = plain(..., "the pictures")

    def __post_init__(self) -> None:
        if self.format.rpartition(" ")[0] != _FORMAT.rpartition(" ")[0]:
            raise ValueError(f"format = {shown(self.format)} is not {_FORMAT!r}")
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


def write(
    folder: Path | str,
    sources: list[photographs.Photo],
    cameras: dict[str, Camera],
    *,
    hr_px: int = 128,
    scale: int = 4,
    scene_px: int = photographs.SCENE_PX,
    seed: int = 0,
    vary: bool = False,
    jobs: int = 1,
    force: bool = True,
    step: Callable[[], object] = lambda: None,
) -> dict:
    """Render a set of pairs into a folder, which appears only when it is complete.

    Parameters
    ----------
    folder : Path or str
        The folder to make. No other process can make it meanwhile.
    sources : list of Photo
        Photographs, each with a name of its own, as `photographs.open_sources` gives them.
    cameras : dict of str to Camera
        The cameras by the names of their settings, which become folders.
    hr_px : int
        Side of the targets, pixels.
    scale : int
        Side of the targets over side of what the cameras made of them; divides `hr_px`.
    scene_px : int
        Side of the scene that the cameras look at, pixels, at least `hr_px`; smaller photographs are not enlarged.
    seed : int
        Decides windows and noise; the same seed gives the same bytes.
    vary : bool
        Whether all scenes of a photograph but the first are turned, mirrored and recoloured at random.
    jobs : int
        Processes that share the work.
    force : bool
        Whether a folder that stands there is replaced.
    step : callable
        Called without arguments after every scene.

    Returns
    -------
    dict
        The manifest, as it stands in the folder: seed, sizes, settings, and for every image its source, hashes and
        seeds.

    Raises
    ------
    ValueError
        Where two photographs have the same name, one is damaged or smaller than the target, the sizes do not fit one
        another, a name cannot be that of a file, the folder cannot be written, or another process is writing it.
    FileExistsError
        Where something stands there, without `force`.

    Examples
    --------
    >>> import tempfile
    >>> photos = photographs.open_sources([photographs.builtin("astronaut").path])
    >>> cameras = {"ideal": camera_file.load("ideal")}
    >>> with tempfile.TemporaryDirectory() as place:
    ...     manifest = write(f"{place}/set", photos, cameras)
    ...     names, lr, hr = load(f"{place}/set", "ideal")
    >>> manifest["settings"], names, lr.shape, hr.shape
    (['ideal'], ['astronaut'], (1, 32, 32, 3), (1, 128, 128, 3))
    """
    names = [photo.name for photo in sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two pictures are called {min(twice)!r}: rename one")
    for name in (*names, *cameras):
        outputs.check_name(name)
    rendered = pairs.render_pairs(
        sources, cameras, hr_px=hr_px, scale=scale, scene_px=scene_px, seed=seed, vary=vary, jobs=jobs
    )
    with atomic.atomic_folder(folder) as new:
        check_target(Path(folder), force=force)  # another process may have been faster than whoever asked before
        _write_cameras(new, cameras)
        records = []
        for pair in rendered:
            _write_pair(new, pair)
            records.append(pair.record)
            step()
        manifest = {
            "format": _FORMAT,
            "version": __version__,
            "seed": seed,
            "hr_px": hr_px,
            "scale": scale,
            "settings": list(cameras),
            "images": records,
        }
        (new / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return manifest


def _write_cameras(new: Path, cameras: dict[str, Camera]) -> None:
    """The folders of an empty set, and the camera files."""
    for place in ("HR", "cameras", *(f"LR/{setting}" for setting in cameras)):
        (new / place).mkdir(parents=True)
    for setting, camera in cameras.items():
        (new / "cameras" / f"{setting}.toml").write_text(camera_file.to_toml(camera), encoding="utf-8")


def _write_pair(new: Path, pair: pairs.RenderedPair) -> None:
    image.write(new / "HR" / f"{pair.name}.png", pair.hr)
    for setting, low in pair.lr.items():
        image.write(new / "LR" / setting / f"{pair.name}.png", low)


def read_manifest(folder: Path | str) -> dict:
    """The manifest of a rendered set; ValueError where there is none."""
    try:
        return read_record(Manifest, Path(folder) / MANIFEST, "a rendered set's manifest")
    except FileNotFoundError:
        raise ValueError(f"{folder}: no rendered set here ({MANIFEST} is missing)") from None


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
    >>> photos = photographs.open_sources([photographs.builtin("astronaut").path])
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = write(f"{place}/set", photos, {"f22": camera_file.load("f22")}, hr_px=64, scene_px=64)
    ...     names, lr, hr = load(f"{place}/set", "f22")
    >>> names, lr.shape, hr.dtype.name
    (['astronaut'], (1, 16, 16, 3), 'uint8')
    """
    folder, manifest = Path(folder), read_manifest(folder)
    if setting not in manifest["settings"]:
        raise ValueError(f"{folder}: has no setting {shown(setting)}, only {', '.join(manifest['settings'])}")
    names = [record["name"] for record in manifest["images"]]
    hr_px, scale = manifest["hr_px"], manifest["scale"]
    return names, _stack(folder / "LR" / setting, names, hr_px // scale), _stack(folder / "HR", names, hr_px)


def _stack(place: Path, names: list[str], side: int) -> np.ndarray:
    """The pictures of a folder as one array (n, side, side, 3) uint8."""
    pictures = []
    for name in names:
        picture = image.quantise(image.read_native(place / f"{name}.png"))
        if picture.shape != (side, side, 3):
            raise ValueError(f"{place / name}.png: {picture.shape[1]}×{picture.shape[0]} instead of {side}×{side}")
        pictures.append(picture)
    return np.stack(pictures) if pictures else np.empty((0, side, side, 3), np.uint8)
