"""Pairs for training and evaluation: a scene as it is, and what cameras make of it."""

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from camsim import pipeline
from camsim.camera import Camera
from camsim.dataset import blocks, photographs, workers
from camsim.io import image
from camsim.io.resize import resize


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How scenes become pairs."""

    hr_px: int = 128  #: side of the targets
    scale: int = 4  #: that over the side of what the cameras made of them
    scene_px: int = photographs.SCENE_PX  #: side of what the cameras look at
    seed: int = 0  #: decides windows and noise
    vary: bool = False  #: whether scenes are turned, mirrored and recoloured


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A photograph that cannot be read, or is too small."""

    part: blocks.Part  #: the scenes that it does not give
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPair:
    """A picture and what each camera made of it."""

    name: str
    hr: np.ndarray = field(repr=False)  #: (hr_px, hr_px, 3) uint8
    lr: dict[str, np.ndarray] = field(repr=False)  #: setting → (hr_px / scale, hr_px / scale, 3) uint8
    record: dict = field(repr=False)  #: what the manifest says of it


def noise_seed(seed: int, scene_sha256: str, setting: str, copy: int = 0) -> int:
    """Seed of one picture's noise: depends on its content, not on its place in the set.

    Of scenes that are equal, from equal files, windows and variants, each is another `copy`: they differ in noise.
    """
    text = f"{seed}/{scene_sha256}/{setting}{f'/{copy}' if copy else ''}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def make_pair(
    cut: photographs.SceneCut, cameras: dict[str, Camera], *, hr_px: int, scale: int, seed: int, copy: int = 0
) -> RenderedPair:
    """Render one scene through every camera.

    The target is the scene reduced to `hr_px`. Every camera looks at the scene itself, except an ideal one:
    its low-resolution picture is the target, reduced. Raises ValueError, naming scene and setting, where a camera
    cannot take it. `copy` is how many equal scenes there were before.
    """
    lr_size = (hr_px // scale, hr_px // scale)
    target = image.quantise(resize(cut.rgb / 255.0, (hr_px, hr_px)))
    low, renders = {}, {}
    for setting, camera in cameras.items():
        number = noise_seed(seed, cut.sha256, setting, copy)
        try:
            render = pipeline.render(target if camera.ideal else cut.rgb, camera, seed=number)
            low[setting] = image.quantise(render.reduced(lr_size))
        except ValueError as error:
            raise ValueError(f"{cut.name} ({cut.source}), setting {setting}: {error}") from error
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
    return RenderedPair(name=cut.name, hr=target, lr=low, record=record)


def check_sizes(*, hr_px: int, scale: int, scene_px: int) -> None:
    """Raise ValueError unless the target is a multiple of the scale and no larger than the scene."""
    if scale < 1 or hr_px < scale or hr_px % scale:
        raise ValueError(f"HR size {hr_px} must be a multiple of the scale {scale}")
    if scene_px < hr_px:
        raise ValueError(f"scene size {scene_px} must be at least the HR size {hr_px}")


def scene_pairs(block: blocks.Block, cameras: dict[str, Camera], options: Options) -> Iterator[RenderedPair | Unusable]:
    """The pairs of a block of scenes, in order; a photograph that cannot be used is told instead.

    Raises ValueError where a camera cannot take a scene.
    """
    for part in block:
        photo = part.photo
        cuts = photographs.scenes(
            photo,
            scene_px=options.scene_px,
            seed=options.seed,
            vary=options.vary,
            first=part.first,
            last=part.last,
        )
        while True:
            try:
                cut = next(cuts)
                if (side := cut.rgb.shape[0]) < options.hr_px:
                    raise ValueError(
                        f"{photo.path}: its shorter side of {side} px is less than the HR size, {options.hr_px} px"
                    )
            except StopIteration:
                break
            except ValueError as error:
                yield Unusable(part=part, reason=str(error))
                break
            yield make_pair(
                cut,
                cameras,
                hr_px=options.hr_px,
                scale=options.scale,
                seed=options.seed,
                copy=part.copy * photo.cuts + cut.copy,
            )


def render_pairs(
    sources: list[photographs.Photo],
    cameras: dict[str, Camera],
    *,
    hr_px: int = 128,
    scale: int = 4,
    scene_px: int = photographs.SCENE_PX,
    seed: int = 0,
    vary: bool = False,
    jobs: int = 1,
) -> Iterator[RenderedPair]:
    """Render every scene of the photographs, in order; `jobs` processes share the work.

    Raises ValueError where `hr_px` is no multiple of `scale`, or a photograph cannot be read or is smaller than the
    target.
    """
    check_sizes(hr_px=hr_px, scale=scale, scene_px=scene_px)
    options = Options(hr_px=hr_px, scale=scale, scene_px=scene_px, seed=seed, vary=vary)
    job = functools.partial(_pairs_of, cameras=cameras, options=options)
    for pairs in workers.in_order(job, blocks.split(sources, 8 if jobs > 1 else 1), jobs=jobs):
        yield from pairs


def _pairs_of(block: blocks.Block, cameras: dict[str, Camera], options: Options) -> list[RenderedPair]:
    """The pairs of a block; ValueError for a photograph that cannot be used."""
    found = []
    for pair in scene_pairs(block, cameras, options):
        if isinstance(pair, Unusable):
            raise ValueError(pair.reason)
        found.append(pair)
    return found
