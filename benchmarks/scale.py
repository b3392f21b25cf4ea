"""How rendering grows: the plain loop, one and two processes, a Dask cluster of two workers.

    python benchmarks/scale.py FOLDER [--pictures 2000] [--setting ideal] [--json]

Photographs of a folder, repeated under other names until there are enough, are rendered into sets of shards; where
shards are done is timed, so that starting workers, which is printed apart, does not count. `--manifest` measures what
stays: memory of the process that leads, and how long a manifest of a million rows takes to open.
"""

import argparse
import contextlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from threadpoolctl import threadpool_limits

from camsim import camera_file
from camsim.camera import Camera
from camsim.dataset import blocks, folder, making, pairs, photographs, rendering, writing

SHARD = 64  # scenes


def repeated(place: Path, count: int, links: Path) -> list[photographs.Photo]:
    """So many photographs, of one folder, under names of their own."""
    there = photographs.open_sources([place])
    links.mkdir()
    found = []
    for number in range(count):
        source = there[number % len(there)].path
        link = links / f"{number:08d}{source.suffix}"
        os.link(source, link) if source.stat().st_dev == links.stat().st_dev else link.symlink_to(source)
        found.append(photographs.Photo(name=link.stem, path=link))
    return found


def cpu_s() -> float:
    """Seconds of CPU that this process and its ended children have taken."""
    return sum(os.times()[:4])


def loop(photos: list[photographs.Photo], cameras: dict[str, Camera], place: Path) -> dict[str, float]:
    """The plainest way: one block after the other, in this process."""
    made = making.Making(place, in_shards=True)
    made.done.mkdir(parents=True)
    job = rendering.Job(made=made, cameras=cameras, options=pairs.Options(), strict=True)
    begun = cpu = 0.0
    with threadpool_limits(1):
        for number, block in enumerate(blocks.split(photos, SHARD)):
            job((number, block))
            begun, cpu = begun or time.perf_counter(), cpu or cpu_s()  # the first one loads what a camera needs
    scenes = len(photos) - SHARD
    rate = scenes / (time.perf_counter() - begun)
    return {"scenes_per_s": round(rate, 2), "cpu_ms_per_scene": round(1e3 * (cpu_s() - cpu) / scenes, 2)}


def timed(
    photos: list[photographs.Photo], cameras: dict[str, Camera], place: Path, *, jobs: int = 1, scheduler: str = ""
) -> dict[str, float]:
    """Scenes per second between the third and the last shard, seconds until the first; CPU with that of starting."""
    begun, cpu = time.perf_counter(), cpu_s()
    times: list[tuple[float, int]] = []
    writing.write(
        place,
        photos,
        cameras,
        shard_scenes=SHARD,
        jobs=jobs,
        scheduler=scheduler,
        step=lambda count: times.append((time.perf_counter(), count)),
    )
    rate = sum(count for _, count in times[3:]) / (times[-1][0] - times[2][0])
    found = {"scenes_per_s": round(rate, 2), "start_s": round(times[0][0] - begun, 2)}
    return found | ({} if scheduler else {"cpu_ms_per_scene": round(1e3 * (cpu_s() - cpu) / len(photos), 2)})


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Address of a Dask cluster on this machine."""
    import distributed

    with distributed.LocalCluster(workers, threads_per_worker=1, dashboard_address=None, silence_logs=60) as running:
        yield running.scheduler_address


def manifest(rows: int) -> dict[str, float]:
    """Seconds to open the manifest of so many images in shards of 1,000."""
    about = {"format": folder.FORMAT, "version": "0", "seed": 0, "hr_px": 128, "scale": 4, "settings": ["f22"]}
    shards = [
        {"name": f"{number:06d}", "images": 1000, "size_bytes": 40_000_000, "sha256": "0" * 64}
        for number in range(rows // 1000)
    ]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / folder.MANIFEST
        path.write_text(json.dumps(about | {"skipped": [], "shards": shards}, indent=1))
        begun = time.perf_counter()
        folder.read_manifest(place, in_shards=True)
        return {"rows": rows, "open_s": round(time.perf_counter() - begun, 3), "bytes": path.stat().st_size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--setting", default="ideal")
    parser.add_argument("--ways", default="loop,1,2,dask")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cameras = {options.setting: camera_file.load(options.setting)}
    found: dict[str, object] = {"pictures": options.pictures, "setting": options.setting}
    with tempfile.TemporaryDirectory() as place_:
        place = Path(place_)
        photos = repeated(options.folder, options.pictures, place / "photographs")
        for way in options.ways.split(","):
            if way == "loop":
                found[way] = loop(photos, cameras, place / way)
            elif way == "dask":
                with cluster(2) as address:
                    found[way] = timed(photos, cameras, place / way, scheduler=address)
            else:
                found[way] = timed(photos, cameras, place / way, jobs=int(way))
            if not options.json:
                print(way, found[way], flush=True)
        scenes = options.pictures * len(options.ways.split(","))
        found["bytes_per_scene"] = round(sum(path.stat().st_size for path in place.rglob("*.tar")) / scenes)
    found["driver_peak_MB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    found["manifest"] = manifest(1_000_000)
    print(json.dumps(found, indent=1) if options.json else found)


if __name__ == "__main__":
    main()
