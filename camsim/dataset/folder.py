"""Training and evaluation sets: pictures beside what cameras make of them.

A set is a folder::

    HR/NAME.png             the picture, 128×128
    LR/SETTING/NAME.png     what the camera made of it, reduced to 32×32, one folder per setting
    cameras/SETTING.toml    the cameras used
    manifest.json           per image: source, hashes, seeds, settings
"""

import hashlib
import itertools
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from camsim import camera_file, pipeline
from camsim._version import __version__
from camsim.camera import Camera
from camsim.dataset import photographs
from camsim.io import atomic, image, outputs
from camsim.io.resize import resize

MANIFEST = "manifest.json"

#: Scenes handed to worker processes at a time: bounds memory, amortises the start.
_BLOCK = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A picture and what each camera made of it."""

    name: str
    hr: np.ndarray  #: (hr_px, hr_px, 3) uint8
    lr: dict[str, np.ndarray]  #: setting → (hr_px / scale, hr_px / scale, 3) uint8
    record: dict  #: what the manifest says of it


def noise_seed(seed: int, scene_sha256: str, setting: str) -> int:
    """Seed of one picture's noise: depends on its content, not on its place in the set."""
    text = f"{seed}/{scene_sha256}/{setting}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def make_pair(cut: photographs.SceneCut, views: dict[str, Camera], *, hr_px: int, scale: int, seed: int) -> Pair:
    """Render one scene through every camera.

    The target is the scene reduced to `hr_px`. Every camera looks at the scene itself, except an ideal one:
    its low-resolution picture is the target, reduced.
    """
    lr_size = (hr_px // scale, hr_px // scale)
    target = image.quantise(resize(cut.rgb / 255.0, (hr_px, hr_px)))
    low, renders = {}, {}
    for setting, camera in views.items():
        number = noise_seed(seed, cut.sha256, setting)
        try:
            render = pipeline.render(target if camera.ideal else cut.rgb, camera, seed=number)
        except ValueError as error:
            raise ValueError(f"{cut.name} ({cut.source}), setting {setting}: {error}") from error
        low[setting] = image.quantise(render.reduced(lr_size))
        renders[setting] = {"seed": number, "exposure_s": render.exposure_s}
    record = {
        "name": cut.name,
        "source": cut.source,
        "source_sha256": cut.source_sha256,
        "window_top_left_side": list(cut.window),
        "variant": cut.variant,
        "scene_sha256": cut.sha256,
        "hr_sha256": hashlib.sha256(target.tobytes()).hexdigest(),
        "settings": renders,
    }
    return Pair(name=cut.name, hr=target, lr=low, record=record)


def start_worker() -> None:
    """One BLAS thread per worker, since more would fight over the same cores; and no life without the parent."""
    threadpool_limits(1)

    def end_with_parent():
        parent_process().join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _job(arguments) -> Pair:
    cut, views, options = arguments
    return make_pair(cut, views, **options)


def count(sources: Iterable[photographs.Photo]) -> int:
    """Number of scenes that the photographs give."""
    return sum(photo.cuts for photo in sources)


def check_sizes(*, hr_px: int, scale: int, scene_px: int) -> None:
    """Raise ValueError unless the target is a multiple of the scale and no larger than the scene."""
    if scale < 1 or hr_px < scale or hr_px % scale:
        raise ValueError(f"HR size {hr_px} must be a multiple of the scale {scale}")
    if scene_px < hr_px:
        raise ValueError(f"scene size {scene_px} must be at least the HR size {hr_px}")


def pairs(
    sources: list[photographs.Photo],
    views: dict[str, Camera],
    *,
    hr_px: int = 128,
    scale: int = 4,
    scene_px: int = photographs.SCENE_PX,
    seed: int = 0,
    vary: bool = False,
    jobs: int = 1,
) -> Iterator[Pair]:
    """Render every scene of the photographs, in order; `jobs` processes share the work.

    Raises ValueError where `hr_px` is no multiple of `scale`, or a photograph is smaller than the target.
    """
    check_sizes(hr_px=hr_px, scale=scale, scene_px=scene_px)

    def cuts():
        for photo in sources:
            for cut in photographs.scenes(photo, scene_px=scene_px, seed=seed, vary=vary):
                if cut.rgb.shape[0] < hr_px:
                    raise ValueError(
                        f"{photo.path}: its shorter side of {cut.rgb.shape[0]} px is less than the HR size, {hr_px} px"
                    )
                yield cut, views, {"hr_px": hr_px, "scale": scale, "seed": seed}

    if jobs == 1:
        yield from map(_job, cuts())
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=start_worker) as pool:
        work = cuts()
        while block := list(itertools.islice(work, _BLOCK)):
            yield from pool.map(_job, block, chunksize=8)


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds something: without `force` anything, with it all but an earlier set."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is a file")
    if not any(folder.iterdir()):
        return
    if not force:
        outputs.refuse_existing(folder)
    if not (folder / MANIFEST).exists():
        raise ValueError(f"{folder} holds something other than a rendered set; it is not replaced")


def write(
    folder: Path | str,
    sources: list[photographs.Photo],
    views: dict[str, Camera],
    *,
    seed: int = 0,
    hr_px: int = 128,
    scale: int = 4,
    step: Callable[[], object] = lambda: None,
    **options,
) -> dict:
    """Render a set into `folder`, which appears only when it is complete; returns its manifest.

    `step` is called after every scene; other options as for `pairs`.
    """
    names = [photo.name for photo in sources]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two pictures are called {min(twice)!r}: rename one")
    with atomic.atomic_folder(folder) as new:
        for place in ("HR", "cameras", *(f"LR/{setting}" for setting in views)):
            (new / place).mkdir(parents=True)
        for setting, camera in views.items():
            (new / "cameras" / f"{setting}.toml").write_text(camera_file.to_toml(camera), encoding="utf-8")
        records = []
        for pair in pairs(sources, views, hr_px=hr_px, scale=scale, seed=seed, **options):
            image.write(new / "HR" / f"{pair.name}.png", pair.hr / 255.0)
            for setting, low in pair.lr.items():
                image.write(new / "LR" / setting / f"{pair.name}.png", low / 255.0)
            records.append(pair.record)
            step()
        manifest = {
            "format": "cam2eye dataset 1",
            "version": __version__,
            "seed": seed,
            "hr_px": hr_px,
            "scale": scale,
            "settings": list(views),
            "images": records,
        }
        (new / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return manifest


def read_manifest(folder: Path | str) -> dict:
    """The manifest of a rendered set; ValueError where there is none."""
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not str(manifest["format"]).startswith("cam2eye dataset"):
            raise KeyError("format")
    except FileNotFoundError:
        raise ValueError(f"{folder}: no rendered set here ({MANIFEST} is missing)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: damaged, or not a rendered set's manifest") from error
    return manifest


def load(folder: Path | str, setting: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, LR and HR of one setting as uint8 arrays (n, h, w, 3) and (n, H, W, 3).

    Raises ValueError where the set or the setting is missing, or a file is missing or of another size.
    """
    folder, manifest = Path(folder), read_manifest(folder)
    if setting not in manifest["settings"]:
        raise ValueError(f"{folder}: has no setting {setting!r}, only {', '.join(manifest['settings'])}")
    names = [record["name"] for record in manifest["images"]]

    def stack(place: Path, side: int) -> np.ndarray:
        arrays = np.empty((len(names), side, side, 3), np.uint8)
        for number, name in enumerate(names):
            picture = image.quantise(image.read(place / f"{name}.png"))
            if picture.shape != (side, side, 3):
                raise ValueError(f"{place / name}.png: {picture.shape[1]}×{picture.shape[0]} instead of {side}×{side}")
            arrays[number] = picture
        return arrays

    hr_px, scale = manifest["hr_px"], manifest["scale"]
    return names, stack(folder / "LR" / setting, hr_px // scale), stack(folder / "HR", hr_px)
