"""Rendering a set: its photographs in blocks, whoever does them, into a folder that appears when it is complete."""

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from camsim import camera_file
from camsim._version import __version__
from camsim.camera import Camera
from camsim.dataset import blocks, making, pairs, photographs, rendering, workers
from camsim.dataset.folder import FORMAT, MANIFEST, check_target, read_manifest
from camsim.io import outputs

#: Most scenes of a set with a file for every picture: of more, the manifest and the folders are slow.
MOST_SINGLE = 50_000


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
    shard_scenes: int = 0,
    jobs: int = 1,
    scheduler: str = "",
    strict: bool = True,
    resume: bool = False,
    force: bool = True,
    step: Callable[[int], object] = lambda count: None,
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
        Decides windows and noise; the same seed gives the same bytes, whoever does the work.
    vary : bool
        Whether all scenes of a photograph but the first are turned, mirrored and recoloured at random.
    shard_scenes : int
        Scenes per shard of a set in shards; 0 for a file per picture.
    jobs : int
        Processes that share the work.
    scheduler : str
        Address of the scheduler of a Dask cluster that does the work instead; its workers see the same folders.
    strict : bool
        Whether a photograph that is damaged or smaller than the target ends it; else it is left out, and the manifest
        says so.
    resume : bool
        Whether what an interrupted call left is gone on with, and a finished set of the same is left as it is. What is
        finished of an interrupted set stays beside the folder, hidden, until it is gone on with or begun anew.
    force : bool
        Whether a folder that stands there is replaced.
    step : callable
        Called with the number of scenes that are done: first those that were there, then after every block.

    Returns
    -------
    dict
        The manifest, as it stands in the folder: seed, sizes, settings, what was left out, and for every image its
        source, hashes and seeds; of a set in shards the shards instead.

    Raises
    ------
    ValueError
        Where two photographs have the same name, one is damaged or smaller than the target, or all are, the sizes do
        not fit one another, a name cannot be that of a file, there are more scenes than a set of single files can have,
        the folder cannot be written, another process is writing it, or what is to be gone on with is another set.
    FileExistsError
        Where something stands there, without `force`.

    Examples
    --------
    >>> import tempfile
    >>> from camsim.dataset.folder import load
    >>> photos = photographs.open_sources([photographs.builtin("astronaut").path])
    >>> cameras = {"ideal": camera_file.load("ideal")}
    >>> with tempfile.TemporaryDirectory() as place:
    ...     manifest = write(f"{place}/set", photos, cameras)
    ...     names, lr, hr = load(f"{place}/set", "ideal")
    >>> manifest["settings"], names, lr.shape, hr.shape
    (['ideal'], ['astronaut'], (1, 32, 32, 3), (1, 128, 128, 3))
    """
    options = pairs.Options(hr_px=hr_px, scale=scale, scene_px=scene_px, seed=seed, vary=vary)
    pairs.check_sizes(hr_px=hr_px, scale=scale, scene_px=scene_px)
    _check_names(sources, cameras)
    total = blocks.count(sources)
    if not shard_scenes and total > MOST_SINGLE:
        raise ValueError(f"{total:,} scenes are more than the {MOST_SINGLE:,} of a set of single files: use shards")
    plan = _plan(sources, cameras, options, shard_scenes)
    folder = Path(folder)
    if resume and (finished := _finished(folder, plan)):
        step(total)
        return finished
    with making.making(
        folder,
        plan,
        in_shards=bool(shard_scenes),
        resume=resume,
        check=lambda: check_target(folder, force=force),  # another process may have been faster than whoever asked
    ) as made:
        job = rendering.Job(made=made, cameras=cameras, options=options, strict=strict)
        _write_cameras(made.place, cameras, in_shards=made.in_shards)
        numbered = enumerate(blocks.split(sources, shard_scenes or blocks.SCENES))
        for scenes in workers.as_done(job, _missing(numbered, job, step), jobs=jobs, scheduler=scheduler):
            step(scenes)
        manifest = {
            "format": FORMAT,
            "version": __version__,
            "plan_sha256": plan,
            "seed": seed,
            "hr_px": hr_px,
            "scale": scale,
            "settings": list(cameras),
            **_contents(made, -(-total // (shard_scenes or blocks.SCENES))),
        }
        made.write(made.place / MANIFEST, json.dumps(manifest, indent=1).encode(), lasting=True)
    return manifest


def _check_names(sources: list[photographs.Photo], cameras: dict[str, Camera]) -> None:
    """Raise ValueError for names that cannot be those of files, and for photographs of one name."""
    for name, count in Counter(photo.name for photo in sources).items():
        outputs.check_name(name)
        if count > 1:
            raise ValueError(f"two pictures are called {name!r}: rename one")
    for name in cameras:
        outputs.check_name(name)


def _plan(
    sources: list[photographs.Photo], cameras: dict[str, Camera], options: pairs.Options, shard_scenes: int
) -> str:
    """Digest of all that decides a set but the photographs' own bytes."""
    return making.digest(
        {
            "version": __version__,
            "photographs": [(photo.name, photo.path.name, photo.cuts) for photo in sources],
            "cameras": {name: camera_file.to_toml(camera) for name, camera in cameras.items()},
            "options": dataclasses.asdict(options),
            "shard_scenes": shard_scenes,
        }
    )


def _finished(folder: Path, plan: str) -> dict | None:
    """The manifest of the set that stands there, if it is of this plan."""
    if not (folder / MANIFEST).is_file():
        return None
    manifest = read_manifest(folder, in_shards=True)
    return manifest if manifest.get("plan_sha256") == plan else None


def _missing(
    numbered: Iterable[tuple[int, blocks.Block]], job: rendering.Job, step: Callable[[int], object]
) -> Iterator[tuple[int, blocks.Block]]:
    """The blocks that are not finished; the scenes of the others are told."""
    for number_, block in numbered:
        if job.is_finished(number_):
            step(sum(part.last - part.first for part in block))
        else:
            yield number_, block


def _contents(made: making.Making, count: int) -> dict:
    """What the manifest says of so many finished blocks, in their order."""
    images: list[dict] = []
    in_shards: list[dict] = []
    skipped: dict[str, dict] = {}
    for block in range(count):
        about = made.finished(block)
        if about is None:
            raise ValueError(f"{made.done}: block {block} is gone; another program has removed it")
        for entry in about["skipped"]:
            known = skipped.setdefault(entry["name"], entry | {"scenes": 0})
            known["scenes"] += entry["scenes"]
        if made.in_shards:
            row = {"name": f"{block:06d}", "images": len(about["images"])}
            in_shards.append(row | {"size_bytes": about["bytes"], "sha256": about["sha256"]})
        else:
            images += about["images"]
    if not images and not any(shard["images"] for shard in in_shards):
        first = next(iter(skipped.values()))["reason"]
        shutil.rmtree(made.done)  # nothing to go on with
        raise ValueError(f"no photograph can be used: {first}")
    return {"skipped": list(skipped.values()), **({"shards": in_shards} if made.in_shards else {"images": images})}


def _write_cameras(place: Path, cameras: dict[str, Camera], *, in_shards: bool) -> None:
    """The folders of an empty set, and the camera files."""
    for name in ("cameras", *(() if in_shards else ("HR", *(f"LR/{setting}" for setting in cameras)))):
        (place / name).mkdir(parents=True, exist_ok=True)
    for setting, camera in cameras.items():
        (place / "cameras" / f"{setting}.toml").write_text(camera_file.to_toml(camera), encoding="utf-8")
