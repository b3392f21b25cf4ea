"""What training pictures cost beside the training step, and against what.

    python benchmarks/data.py            every table
    python benchmarks/data.py --json     the same as JSON
    python benchmarks/data.py --step-ms 25 --images-per-s 640      for a faster step

First table: pairs that exist already, 32→128, 16 per step. Per way of feeding: µs per image as fast as they come, µs of
processor time per image, the share of a step of `--step-ms` that a batch's processor time is, and how much longer a
step of full work on every core (matrix products, as many as fill `--step-ms`) becomes when each takes a batch. Beside
the ways of `enhance` the plain ways: a loop that opens files with Pillow and turns arrays with NumPy, and a tf.data
pipeline that decodes, turns and prefetches (where TensorFlow is installed).

Second table: photographs rendered through a camera during training: ms of processor time per image, images/s of one and
of `--jobs` processes, and how many processes, each with a core to itself, hide the rendering behind a step that takes
`--images-per-s`. The first images of a process, which make the transfer functions, are not counted; the seconds that
the first batch takes, start of the process included, stand beside.
"""

import argparse
import itertools
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from camsim import camera_file
from camsim.dataset import photographs
from camsim.io import image
from camsim.io.resize import resize
from enhance.data import discover, sampling

BATCH, HR_PX, SCALE = 16, 128, 4
RENDERED = {  # name: setting, what varies
    "f22": ("f22", {}),
    "underexposed": ("underexposed", {}),
    "pixel25": ("pixel25", {}),
    "f22, f/4 to f/32": ("f22", {"optics.fnumber": (4, 32)}),
    "f22, defocus 0 to 4 dpt": ("f22", {"optics.defocus_dpt": (0, 4)}),
    "underexposed, −3 to 0 EV": ("underexposed", {"sensor.exposure_ev": (-3, 0)}),
}


def seconds_per_call(work, seconds: float) -> float:
    work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def drained(batches, seconds: float) -> tuple[float, float]:
    """Seconds, and seconds of this process's processor time, per batch taken as fast as they come.

    What was made ahead is not counted.
    """
    for _ in range(8):
        next(batches)
    count, start, busy = 0, time.perf_counter(), time.process_time()
    while count < 4 or time.perf_counter() - start < seconds:
        next(batches)
        count += 1
    return (time.perf_counter() - start) / count, (time.process_time() - busy) / count


def write_pairs(folder: Path, side: int, count: int) -> Path:
    """Pairs cut from a built-in photograph."""
    photo = image.quantise(image.read(photographs.builtin("astronaut").path))
    rng = np.random.default_rng(0)
    for number in range(count):
        top, left = rng.integers(512 - side + 1, size=2)
        hr = photo[top : top + side, left : left + side] / 255.0
        for place, picture in (("HR", hr), ("LR", resize(hr, (side // SCALE, side // SCALE)))):
            (folder / place).mkdir(parents=True, exist_ok=True)
            image.write(folder / place / f"{number:04d}.png", picture)
    return folder


def batch(lr: np.ndarray, hr: np.ndarray, step: int):
    """A batch of pictures in memory, made at once."""
    picked, turns = sampling.chosen(len(lr), step, size=BATCH, seed=0), sampling.turns(step, size=BATCH, seed=0)
    return tuple(sampling.turned([pictures[i] for i in picked], *turns) for pictures in (lr, hr))


def pillow_loop(folder: Path):
    """Batches as a plain loop makes them: open, turn, stack."""
    from PIL import Image

    names = sorted(path.name for path in (folder / "HR").iterdir())
    while True:
        parts: tuple[list, list] = ([], [])
        for name in random.choices(names, k=BATCH):
            quarter, mirror = random.randrange(4), random.randrange(2)
            for place, pictures in zip(("LR", "HR"), parts, strict=True):
                turned = np.rot90(np.asarray(Image.open(folder / place / name).convert("RGB")), quarter)
                pictures.append(turned[:, ::-1] if mirror else turned)
        yield tuple(map(np.stack, parts))


def tf_data(folder: Path):
    """Batches of a tf.data pipeline as tutorials write it."""
    import tensorflow as tf

    def load(name):
        lr, hr = (tf.io.decode_png(tf.io.read_file(tf.strings.join([str(folder / p), "/", name])), 3) for p in parts)
        quarter, mirror = tf.random.uniform([], 0, 4, tf.int32), tf.random.uniform([], 0, 2, tf.int32)
        return tuple(tf.cond(mirror > 0, lambda x=x: x[:, ::-1], lambda x=x: x) for x in turn(quarter, lr, hr))

    def turn(quarter, *pictures):
        return (tf.image.rot90(picture, quarter) for picture in pictures)

    parts = ("LR", "HR")
    names = sorted(path.name for path in (folder / "HR").iterdir())
    ready = tf.data.Dataset.from_tensor_slices(names).cache().shuffle(len(names)).repeat()
    ready = ready.map(load, num_parallel_calls=tf.data.AUTOTUNE).batch(BATCH).prefetch(tf.data.AUTOTUNE)
    return ready.as_numpy_iterator()


class Step:
    """Work on every core that takes about so long: matrix products."""

    def __init__(self, seconds: float):
        self._a = np.random.default_rng(0).random((1024, 1024), dtype=np.float32)
        self._out = np.empty_like(self._a)
        self._count = max(1, round(seconds / seconds_per_call(lambda: np.matmul(self._a, self._a, self._out), 1.0)))

    def __call__(self):
        for _ in range(self._count):
            np.matmul(self._a, self._a, self._out)


def slowdown(step: Step, batches, rounds: int = 30) -> float:
    """How much longer steps are that take a batch each, than those that do not; one of each in turn."""
    alone, fed = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        middle = time.perf_counter()
        next(batches)
        step()
        alone.append(middle - start)
        fed.append(time.perf_counter() - middle)
    return statistics.median(fed) / statistics.median(alone) - 1


def existing_pairs(step_ms: float, seconds: float) -> list[dict]:
    rows, step = [], Step(step_ms / 1e3)
    ideal = camera_file.load("ideal")

    def note(name: str, batches):
        whole, busy = drained(batches, seconds)
        rows.append(
            {
                "feeding": name,
                "us_per_image": whole / BATCH * 1e6,
                "processor_us_per_image": busy / BATCH * 1e6,
                "share_of_step": busy / (step_ms / 1e3),
                "step_longer_by": slowdown(step, batches),
            }
        )

    with tempfile.TemporaryDirectory() as place:
        small = write_pairs(Path(place) / "small", HR_PX, 256)
        large = write_pairs(Path(place) / "large", 2 * HR_PX, 64)
        cases: dict[str, tuple[Path, dict[str, Any]]] = {
            "memory": (small, {}),
            "memory, windows of 256²": (large, {}),
            "memory, random_size of 256²": (large, {"crop": "random_size"}),
            "streamed from PNG": (small, {"memory_limit_bytes": 0}),
        }
        for name, (folder, options) in cases.items():
            with discover.open(folder, camera=ideal, setting="", hr_px=HR_PX, jobs=2, **options) as source:
                note(name, source.batches(0, size=BATCH, seed=0))
        with discover.open(small, camera=ideal, setting="", hr_px=HR_PX) as source:
            pairs = source.hold_out(64)
        note("memory, not ahead", (batch(pairs.lr, pairs.hr, step) for step in itertools.count()))
        note("Pillow loop", pillow_loop(small))
        try:
            note("tf.data", tf_data(small))
        except ImportError:
            print("TensorFlow is not installed: no tf.data", file=sys.stderr)
    return rows


def rendering(images_per_s: float, jobs: int, seconds: float) -> list[dict]:
    rows = []
    for name, (setting, vary) in RENDERED.items():
        view, rates = camera_file.load(setting), []
        for processes in (0, 1, jobs):  # 0: in a thread of this process, whose processor time is known
            options: dict[str, Any] = {"vary": vary, "hr_px": HR_PX, "jobs": processes}
            with discover.open(photographs.BUILTIN, camera=view, setting=setting, **options) as source:
                batches, start = source.batches(0, size=BATCH, seed=0), time.perf_counter()
                next(batches)
                first = time.perf_counter() - start
                whole, busy = drained(batches, seconds)
                rates.append(BATCH / (whole if processes else busy))
        rows.append(
            {
                "camera": name,
                "processor_ms_per_image": 1e3 / rates[0],
                "images_per_s_1_process": rates[1],
                f"images_per_s_{jobs}_processes": rates[2],
                "first_batch_s": first,
                "processes_to_hide": math.ceil(images_per_s / rates[0]),
            }
        )
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--step-ms", type=float, default=100.0, help="of a training step of 16 images")
    parser.add_argument(
        "--images-per-s", type=float, default=160.0, help="of the step that rendering is to keep up with"
    )
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--seconds", type=float, default=3.0, help="per measurement")
    options = parser.parse_args()
    pairs = existing_pairs(options.step_ms, options.seconds)
    if not options.json:
        print(
            f"{'feeding':30}{'µs/image':>10}{'processor µs':>14}{f'of {options.step_ms:g} ms':>12}{'step longer':>13}"
        )
        for r in pairs:
            print(
                f"{r['feeding']:30}{r['us_per_image']:10.1f}{r['processor_us_per_image']:14.1f}"
                f"{r['share_of_step']:12.2%}{r['step_longer_by']:13.1%}",
                flush=True,
            )
    rendered = rendering(options.images_per_s, options.jobs, options.seconds)
    if options.json:
        print(json.dumps({"pairs": pairs, "rendered": rendered}, indent=1))
        return
    titles = "processor ms", "1 process", f"{options.jobs} processes", "first batch s", "processes to hide"
    print(f"\n{'camera':26}" + "".join(f"{title:>19}" for title in titles))
    for r in rendered:
        name, *values, count = r.values()
        print(f"{name:26}" + "".join(f"{value:19.1f}" for value in values) + f"{count:19}")


if __name__ == "__main__":
    main()
