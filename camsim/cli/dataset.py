"""The `camsim dataset` command."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camsim.cli import console, fetch
from camsim.cli.console import Console
from camsim.cli.settings import SETTING_HELP, chosen_cameras
from camsim.io import outputs

if TYPE_CHECKING:
    from camsim.dataset.photographs import Photo

#: Rendered where no setting is named.
SETTINGS = ("ideal", "underexposed", "pixel25", "f22")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Which photographs, and how many scenes of each."""

    sources: tuple[str, ...]
    split: str
    cuts: int | None
    limit: int | None

    def open(self, console: Console) -> "list[Photo]":
        from camsim.dataset import photographs

        if not self.sources:
            console.info("no source given: the built-in photographs")
        sources = [fetch.photographs(source, console) or source for source in self.sources]
        found = photographs.open_sources(sources or (photographs.BUILTIN,), split=self.split)[: self.limit]
        return [dataclasses.replace(photo, cuts=self.cuts) for photo in found] if self.cuts else found


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How the photographs are rendered; the names are those that `writing.write` takes."""

    hr_px: int
    scale: int
    scene_px: int
    vary: bool
    seed: int
    shard_scenes: int
    jobs: int
    scheduler: str
    strict: bool
    resume: bool


def _rendering(*, hr_size: int, scene_size: int, shards: int | None, scheduler: str | None, **same: Any) -> Rendering:
    return Rendering(hr_px=hr_size, scene_px=scene_size, shard_scenes=shards or 0, scheduler=scheduler or "", **same)


@click.command(short_help="Render photographs into a set for training.")
@click.argument("sources", nargs=-1, metavar="[SRC]...")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder to make.")
@click.option(
    "--setting",
    "names",
    multiple=True,
    metavar="NAME",
    help=f"{SETTING_HELP} Repeatable.  [default: all four built-in]",
)
@click.option(
    "--split",
    type=click.Choice(["train", "test", "all"]),
    default="all",
    show_default=True,
    help="Which photographs of a recipe.",
)
@click.option("--hr-size", default=128, show_default=True, type=click.IntRange(4, 4096), help="Target side in pixels.")
@click.option("--scale", default=4, show_default=True, type=click.IntRange(min=1), help="HR side over LR side.")
@click.option(
    "--scene-size", default=256, show_default=True, type=click.IntRange(4, 8192), help="What the camera sees."
)
@click.option(
    "--cuts", type=click.IntRange(1, 1_000_000), help="Square scenes per photograph.  [default: 1; as the recipe says]"
)
@click.option("--vary", is_flag=True, help="Turn, mirror and recolour the scenes at random.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N photographs.")
@click.option(
    "--shards",
    type=click.IntRange(16, 100_000),
    metavar="N",
    help="Tar files of N scenes, not a file per picture.",
)
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 1024), help="Processes.")
@click.option("--scheduler", metavar="ADDRESS", help="A Dask cluster (tcp://HOST:PORT) that does the work.")
@click.option("--strict", is_flag=True, help="Stop at a photograph that cannot be used, instead of leaving it out.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run of the same command left.")
@console.seed_option
@console.force_option
@console.dry_run_option
@console.reporting
@console.gather("photographs", Sources, "sources", "split", "cuts", "limit")
@console.gather(
    "rendering",
    _rendering,
    *("hr_size", "scale", "scene_size", "vary", "seed", "shards", "jobs", "scheduler", "strict", "resume"),
)
def dataset(
    names: tuple[str, ...],
    photographs: Sources,
    rendering: Rendering,
    output: Path,
    force: bool,
    dry_run: bool,
    console: Console,
) -> None:
    """Render photographs into a set for training: HR, LR per setting, manifest, camera files.

    SRC is a folder, picture files, a recipe (.toml), a data set of `camsim fetch`, which is fetched if need be, or the
    word `builtin` for the built-in photographs (which also stand in if none is given). Each photograph gives its
    largest centred square, and with --cuts more squares at random places.
    """
    from camsim.dataset import blocks, writing

    cameras = chosen_cameras(names or SETTINGS)
    found = photographs.open(console)
    _check(output, rendering, force=force)
    total = blocks.count(found)
    if dry_run:
        plan = {"dry_run": True, "output": str(output), "images": total, "settings": list(cameras)}
        console.result(f"would render {total} scenes of {len(found)} photographs through {', '.join(cameras)}", plan)
        return
    with console.bar(total=total, unit="scene") as bar, _told_what_is_kept(output, console):
        manifest = writing.write(output, found, cameras, force=force, step=bar.update, **dataclasses.asdict(rendering))
    _report(output, manifest, len(found), console)


@contextlib.contextmanager
def _told_what_is_kept(output: Path, console: Console) -> Iterator[None]:
    """Where the work ends before its time, say how it goes on."""
    from camsim.dataset import making

    try:
        yield
    except BaseException:
        if making.finished_blocks(output):
            console.info("what is finished is kept: the same command with --resume goes on")
        raise


def _report(output: Path, manifest: dict[str, Any], photographs: int, console: Console) -> None:
    """What was made, and which photographs were left out."""
    images = len(manifest["images"]) if "images" in manifest else sum(s["images"] for s in manifest["shards"])
    skipped = manifest["skipped"]
    summary = {key: manifest[key] for key in ("seed", "hr_px", "scale", "settings", "skipped")}
    summary |= {"output": str(output), "images": images, "photographs": photographs - len(skipped)}
    if "shards" in manifest:
        summary["shards"] = len(manifest["shards"])
    for entry in skipped[:3]:
        console.info(f"left out: {entry['reason']}")
    left_out = f", {len(skipped)} photographs left out" if skipped else ""
    in_shards = f", in {summary['shards']} shards" if "shards" in summary else ""
    hr, lr = manifest["hr_px"], manifest["hr_px"] // manifest["scale"]
    console.result(
        f"{output}: {images} scenes of {summary['photographs']} photographs{left_out}, {hr}×{hr} and {lr}×{lr}, "
        f"settings {', '.join(manifest['settings'])}{in_shards}",
        summary,
    )


def _check(output: Path, rendering: Rendering, *, force: bool) -> None:
    """Before any work: the folder may be made or replaced, and the sizes fit one another."""
    from camsim.dataset import folder, pairs

    if not rendering.resume:
        folder.check_target(output, force=force)
    pairs.check_sizes(hr_px=rendering.hr_px, scale=rendering.scale, scene_px=rendering.scene_px)
    outputs.check([output], force=True)  # what may be replaced is said above
