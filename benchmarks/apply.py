"""How fast large pictures are enlarged, in how much memory, and against what.

    python benchmarks/apply.py                  every case, a fresh process each: some minutes
    python benchmarks/apply.py light --json     some, as JSON
    KERAS_BACKEND=jax python benchmarks/apply.py

A picture of 512×512 becomes 2048×2048, by `inference.apply` in its own tiles and by the baseline: one call of the same
Keras model with the whole picture. Per case: seconds of the first call, compilation included, and of the best of the
next ones; peak memory (resident set) above that after a call with 8×8 pixels, which loads all libraries; and the
largest difference between both, of values in [0, 1]. Weights are random: they change neither time nor memory.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

#: Generators, and how often each is timed after its first call.
GENERATORS = {
    "light": ("light", {"blocks": 8, "filters": 32}, 5),
    "light-8x64": ("light", {"blocks": 8, "filters": 64}, 5),
    "srresnet": ("srresnet", {}, 1),
}
WAYS = ("tiles", "whole")
SIDE, SCALE = 512, 4


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, way: str) -> dict:
    import keras
    import numpy as np

    from enhance.inference import apply
    from enhance.networks import generators

    kind, options, times = GENERATORS[name]
    model = generators.build(kind, scale=SCALE, **options)
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(0, 0.05, variable.shape))
    picture = rng.random((SIDE, SIDE, 3), np.float32)

    def whole(rgb):
        return np.clip(keras.ops.convert_to_numpy(model(rgb[None], training=False))[0], 0, 1)

    enlarger = apply.Enlarger(model)
    work = {"tiles": enlarger.enlarge, "whole": whole}[way]
    work(picture[:8, :8])
    before = peak_mb()
    seconds = []
    for _ in range(1 + times):
        start = time.perf_counter()
        result = work(picture)
        seconds.append(time.perf_counter() - start)
    done = {
        "generator": name,
        "way": way,
        "first_s": seconds[0],
        "best_s": min(seconds[1:]),
        "peak_mb": peak_mb() - before,
        "megapixels_per_s": (SIDE * SCALE) ** 2 / min(seconds[1:]) / 1e6,
    }
    if way == "whole":
        done["difference"] = float(np.abs(result - enlarger.enlarge(picture)).max())
    else:
        window, starts = apply.windows(SIDE, enlarger.tile, enlarger.overlap)
        done |= {"tiles": len(starts) ** 2, "tile_px": window, "overlap_px": enlarger.overlap}
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("generator", nargs="*", choices=[[], *GENERATORS], help="all by default")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--way", choices=WAYS, help="one generator one way, in this process")
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options.generator[0], options.way)))
        return
    results = []
    if not options.json:
        print(f"{'generator':14}{'by':>22}{'first s':>9}{'best s':>8}{'MP/s':>7}{'peak MB':>9}{'difference':>12}")
    for name in options.generator or GENERATORS:
        for way in WAYS:
            command = [sys.executable, __file__, name, "--way", way]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            r = json.loads(done.stdout.splitlines()[-1])
            results.append(r)
            if not options.json:
                how = f"{r['tiles']} tiles of {r['tile_px']} px" if way == "tiles" else "the whole at once"
                difference = f"{r['difference']:12.0e}" if way == "whole" else ""
                print(
                    f"{name:14}{how:>22}{r['first_s']:9.2f}{r['best_s']:8.2f}{r['megapixels_per_s']:7.2f}"
                    f"{r['peak_mb']:9.0f}{difference}",
                    flush=True,
                )
    if options.json:
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
