"""What a camera of its own for every picture costs: `python benchmarks/augment.py`.

Processor time of one core per photograph of 128×128 pixels, uint8 to uint8, through a sensor of 262×262: with values
drawn anew for every picture, beside `camsim.render` of one camera, whose lens is kept, and its reduction. In turns, so
that a busy machine slows all alike.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

RANGES = {"optics.fnumber": (2.8, 22), "optics.defocus_dpt": (0, 3), "sensor.exposure_ev": (-2, 0)}
PICTURES = 60


def main() -> None:
    """Time each in turns, and print it."""
    import numpy as np

    import camsim
    from camsim.dataset import photographs
    from camsim.io.image import quantise
    from camsim.io.resize import resize

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    photo = quantise(resize(next(photographs.scenes(photographs.builtin("chelsea"))).rgb / 255.0, (128, 128)))
    sharp = {key: bounds for key, bounds in RANGES.items() if "defocus" not in key}
    camera = camsim.load("underexposed")
    works: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
        "f-number, defocus, exposure": camsim.Augment(camera, RANGES),
        "f-number, exposure": camsim.Augment(camera, sharp),
        "the same, pool of 16": camsim.Augment(camera, RANGES, pool=16),
        "one camera": lambda picture, i: quantise(camsim.render(picture, camera, seed=i).reduced((128, 128))),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for i in range(32 + PICTURES):
        for name, work in works.items():
            start = time.process_time()
            work(np.array(photo), i)
            taken[name].append((time.process_time() - start) * 1e3)
    found = {name: statistics.mean(values[32:]) for name, values in taken.items()}
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, ms in found.items():
        print(f"{name:30}{ms:7.1f} ms  {ms / found['one camera']:5.2f} × one camera")


if __name__ == "__main__":
    main()
