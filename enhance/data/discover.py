"""Where training pictures come from: `open` tells by what lies there.

=============================  =======================================================================================
nothing named                  the built-in photographs, rendered once; degraded anew where camera values vary
a set of ``camsim dataset``    its pairs of one setting, from single files or shards
a folder with HR/ and LR/      pairs of equal names, any sizes; LR pictures in LR/ or LR/SETTING/, perhaps named NAMEx4
other folders, recipes         photographs, degraded by the camera during training
=============================  =======================================================================================
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from camsim.camera import Camera
from camsim.dataset import folder, photographs
from enhance.data import batches, live_camera, sampling, sharded_pairs, stored_pairs


def open(
    where: str | Path | None,
    *,
    camera: Camera,
    setting: str,
    split: str = "train",
    vary: Mapping[str, object] | None = None,
    hr_px: int = 128,
    scale: int = 4,
    crop: str = "fixed_size",
    seed: int = 0,
    jobs: int = 1,
    step: Callable[[], object] = lambda: None,
    memory_limit_bytes: int | None = None,
) -> batches.TrainingPictures:
    """Open training pictures, to be closed after use (``with discover.open(…) as pictures``).

    Parameters
    ----------
    where : str, Path or None
        As the module says; None or empty for the built-in photographs.
    camera : Camera
        Looks at photographs; pairs have been through theirs.
    setting : str
        Which LR pictures of a folder of pairs.
    split : str
        Of a recipe.
    vary : mapping of str to (low, high)
        Camera keys drawn anew for every picture, as `camsim.Augment` draws them; for photographs only.
    hr_px : int
        Side of the target; that of a set of `camsim dataset` where its pictures are smaller.
    scale : int
        Side of the target over that of the input, where pictures are rendered here; pairs have their own.
    crop : {"fixed_size", "random_size"}
        Windows of `hr_px` (of photographs: of what the camera looks at), or of that size or larger, reduced to it.
    seed : int
        Of the built-in photographs' rendering and of the held-out pictures.
    jobs : int
        Processes that render, 0: a thread of this one; threads that read files.
    step : callable
        Called after each picture that is rendered or read into memory.
    memory_limit_bytes : int or None
        More is streamed from files, to the same batches. None: half of what is available.

    Raises
    ------
    ValueError
        Naming file and reason where something is missing, damaged, of wrong size, or where pairs are to be varied.
    """
    if crop not in sampling.KINDS:
        raise ValueError(f"crop = {crop!r} must be one of {', '.join(sampling.KINDS)}")
    if memory_limit_bytes is None:
        memory_limit_bytes = batches.memory_limit_bytes()
    augment = live_camera.varied(camera, vary or {}, seed=seed)
    place = Path(where) if where else None
    if place is None and not augment.ranges:
        return stored_pairs.open_builtin(
            camera, split=split, seed=seed, scale=scale, hr_px=hr_px, crop=crop, jobs=jobs, step=step
        )
    is_rendered = place is not None and (place / folder.MANIFEST).exists()
    if place is not None and (is_rendered or all((place / part).is_dir() for part in ("HR", "LR"))):
        if augment.ranges:
            key = next(iter(augment.ranges))
            raise ValueError(f"{where}: rendered pairs, in which {key} cannot vary: photographs are needed")
        source_sha256: tuple[str, ...] = ()
        if is_rendered and "shards" in (manifest := folder.read_manifest(place, in_shards=True)):
            return sharded_pairs.open_set(
                place,
                manifest,
                setting,
                hr_px=hr_px,
                crop=crop,
                jobs=jobs,
                step=step,
                limit_bytes=memory_limit_bytes,
            )
        if is_rendered:
            files, source_sha256, own_px = stored_pairs.rendered_set(place, setting)
            hr_px = min(hr_px, own_px)
        else:
            files = stored_pairs.paired_by_name(place, setting)
        return stored_pairs.open_files(
            str(where),
            files,
            source_sha256,
            hr_px=hr_px,
            crop=crop,
            jobs=jobs,
            step=step,
            limit_bytes=memory_limit_bytes,
        )
    degradation = live_camera.Degradation(
        augment=augment,
        hr_px=hr_px,
        scale=scale,
        scene_px=max(photographs.SCENE_PX, hr_px),
        crop=crop,
    )
    return live_camera.Photographs(
        photographs.open_sources([where or photographs.BUILTIN], split=split),
        degradation,
        source=str(where or f"built-in photographs, split {split}"),
        seed=seed,
        jobs=jobs,
        step=step,
        memory_limit_bytes=memory_limit_bytes,
    )
