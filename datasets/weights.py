"""The pictures that the shipped models learn from: `python datasets/weights.py TASK FOLDER… -o SET`.

Every photograph in the folders but those that `heldout260.txt` names is seen by the task's camera, whole and once more
turned, mirrored and with other colours. `deblur` and `color` also see what their own camera does not make, so that they
leave alone what is sharp or well exposed: every photograph once at one of several f-numbers or exposures, every eighth
(`color`: every third) untouched. SET is a rendered set of the task's camera, as `enhance train --data` takes it; its
manifest says of every picture which camera it went through.
"""

import json
import os
import shutil
from pathlib import Path

import click

from camsim import camera_file
from camsim.camera import Camera
from camsim.dataset import folder, photographs, writing
from enhance.zoo import TASKS

HERE = Path(__file__).parent

#: Task → the key that is varied and its values, beside the camera's own.
RANGES = {
    "deblur": ("optics.fnumber", (4, 6, 8, 11, 13, 16)),
    "color": ("sensor.exposure_ev", (-2.0, -1.75, -1.5, -1.0, -0.75, -0.5, 0.0, 0.5)),
}

#: Task → of so many photographs one is also shown untouched.
UNTOUCHED = {"deblur": 8, "color": 3}


def render(part: Path, photos: list[photographs.Photo], camera: Camera, jobs: int, *, vary: bool = False) -> None:
    """A set of one camera."""
    with click.progressbar(length=sum(photo.cuts for photo in photos), label=part.name) as bar:
        writing.write(part, photos, {camera.name: camera}, vary=vary, jobs=jobs, step=bar.update)


def join(part: Path, target: Path, setting: str, prefix: str, through: str) -> list[dict]:
    """Take the pairs of a set of one camera into `target`, their names behind a prefix; returns their records."""
    (made,) = (part / "LR").iterdir()
    for source, place in ((part / "HR", target / "HR"), (made, target / "LR" / setting)):
        place.mkdir(parents=True, exist_ok=True)
        for picture in source.iterdir():
            picture.replace(place / (prefix + picture.name))
    records = folder.read_manifest(part)["images"]
    for record in records:
        record["name"] = prefix + record["name"]
        record["through"] = through
        (made_by,) = record["settings"].values()
        record["settings"] = {setting: made_by}
    shutil.rmtree(part)
    return records


@click.command()
@click.argument("task", type=click.Choice(list(TASKS)))
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True)
def main(task: str, sources: tuple[Path, ...], output: Path, jobs: int) -> None:
    """Render the pictures that the shipped model of TASK learns from."""
    if output.exists():
        raise click.UsageError(f"{output} exists")
    held_out = set((HERE / "heldout260.txt").read_text(encoding="utf-8").split("\n"))
    photos = [photo for photo in photographs.open_sources(list(sources)) if photo.path.name not in held_out]
    camera = camera_file.load(TASKS[task])
    twice = [photographs.Photo(name=p.name, path=p.path, cuts=2) for p in photos]
    making = output.with_name(f".{output.name}-making")
    parts = [("", twice, camera, camera.name)]
    if task in RANGES:
        key, values = RANGES[task]
        for number, value in enumerate(values):
            parts.append(
                (f"{value:g}_", photos[number :: len(values)], camera.replace(key, value), f"{key} = {value:g}")
            )
        parts.append(("ideal_", photos[3 :: UNTOUCHED[task]], camera_file.load("ideal"), "ideal"))
    records = []
    for prefix, some, view, through in parts:
        part = making / (prefix.rstrip("_") or "own")
        render(part, some, view, jobs, vary=not prefix)
        manifest = folder.read_manifest(part)
        records += join(part, making / "set", camera.name, prefix, through)
    manifest |= {"settings": [camera.name], "images": records}
    (making / "set" / folder.MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    (making / "set" / "cameras").mkdir()
    (making / "set" / "cameras" / f"{camera.name}.toml").write_text(camera_file.to_toml(camera), encoding="utf-8")
    (making / "set").replace(output)
    making.rmdir()
    click.echo(f"{output}: {len(records):,} pairs of {len(photos):,} photographs")


if __name__ == "__main__":
    main()
