"""How fast S-CIELAB is, on one core, and against what.

    python benchmarks/delta_e.py            every case, a fresh process each
    python benchmarks/delta_e.py --json     the same as JSON

Per case: milliseconds for one pair of pictures (floating-point sRGB, CIE76) in float64 and float32; against a cached
reference in float64; the same in a direct version, one scipy.ndimage.correlate1d per Gaussian and direction with this
package's own colour conversions; and NVIDIA's FLIP (the package flip-evaluator) at the same pixels per degree, where
it is installed. Then the ratios, and the largest difference from float64, of float32 and of the direct version, in ΔE.
All are timed in turns, so that a busy machine slows them alike, and the median is told.

The last lines are the peak memory, above the imports and the pictures, of one pair of 4000×3000 pixels.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

SIDES = (128, 512, 2048)
RATES = (23, 60, 120)
LARGE = (3000, 4000)


def times_ms(works: dict, seconds: float = 4.0) -> dict[str, float]:
    """Median time of each, taken in turns: three turns or as many as fit."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(times.values()))) < 3:
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def pictures(rows: int, columns: int):
    """A photograph and its noisy copy, sRGB values in [0, 1]."""
    import numpy as np

    from camsim.dataset import photographs
    from camsim.io import image
    from camsim.io.resize import resize

    photo = image.read(photographs.builtin("astronaut").path)
    ref = resize(photo, (rows, columns))
    test = np.clip(ref + np.random.default_rng(0).normal(scale=0.02, size=ref.shape), 0, 1)
    return ref, test


def direct(ref, test, rate: float):
    """S-CIELAB as one would write it down: two one-dimensional correlations per Gaussian."""
    import numpy as np
    from scipy import ndimage

    from camsim.light import colour
    from scielab.eye import kernels
    from scielab.metrics import colour_difference

    to_opponent, to_xyz = kernels.FORMATS["xyz"]
    labs = []
    for picture in (ref, test):
        opponent = colour.linear_to_xyz(colour.srgb_decode(picture)) @ to_opponent.T
        blurred = np.empty_like(opponent)
        for channel, bank in enumerate(kernels.kernels(rate)):
            plane = np.ascontiguousarray(opponent[..., channel])
            blurred[..., channel] = sum(
                ndimage.correlate1d(
                    ndimage.correlate1d(plane, row, axis=1, mode="reflect"), np.abs(row), axis=0, mode="reflect"
                )
                for row in bank
            )
        labs.append(colour_difference.xyz_to_lab(blurred @ to_xyz.T, colour.SRGB_WHITE_XYZ))
    return colour_difference.delta_e_76(*labs)


def measure(side: int, rate: float) -> dict:
    import numpy as np

    from scielab.metrics import s_cielab
    from scielab.viewing import Viewing

    ref, test = pictures(side, side)
    ref32, test32 = ref.astype(np.float32), test.astype(np.float32)
    viewing = Viewing(samples_per_degree=rate)
    reference = s_cielab.Reference(ref, viewing)
    works = {
        "float64": lambda: s_cielab.delta_e(ref, test, viewing),
        "float32": lambda: s_cielab.delta_e(ref32, test32, viewing, dtype=np.float32),
        "cached": lambda: reference.delta_e(test),
        "direct": lambda: direct(ref, test, rate),
    }
    try:
        import flip_evaluator
    except ImportError:
        pass
    else:
        options = {"applyMagma": False, "computeMeanError": False, "parameters": {"ppd": float(rate)}}
        works["flip"] = lambda: flip_evaluator.evaluate(ref32, test32, "LDR", **options)
    taken = times_ms(works)
    exact = works["float64"]()
    found = {"side": side, "samples_per_degree": rate, "ms": taken}
    for other in ("direct", "flip"):
        if other in taken:
            found[f"{other}_over_float64"] = taken[other] / taken["float64"]
            found[f"{other}_over_float32"] = taken[other] / taken["float32"]
    found["float32_error"] = float(np.abs(works["float32"]() - exact).max())
    found["direct_error"] = float(np.abs(works["direct"]() - exact).max())
    return found


def measure_memory(precision: str) -> dict:
    import numpy as np

    from camsim.io import image
    from scielab.metrics import s_cielab
    from scielab.viewing import Viewing

    rows, columns = LARGE
    tiles = [image.quantise(picture) for picture in pictures(rows // 4, columns // 4)]
    ref, test = (np.tile(tile, (4, 4, 1)) for tile in tiles)
    small_ref, small_test = (tile[:64, :64] for tile in tiles)
    dtype = {"float32": np.float32, "float64": np.float64}[precision]
    viewing = Viewing(samples_per_degree=60)
    s_cielab.delta_e(small_ref, small_test, viewing, dtype=dtype)  # loads what it loads
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    s_cielab.delta_e(ref, test, viewing, dtype=dtype)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "pixels": rows * columns,
        "dtype": precision,
        "seconds": seconds,
        "peak_mb": (peak - before) / 1024,
        "process_peak_mb": peak / 1024,
    }


def line(found: dict) -> str:
    text = f"{found['side']:>5}² {found['samples_per_degree']:>4}/°"
    text += "".join(f"{found['ms'][name]:10.2f}" for name in ("float64", "float32", "cached", "direct"))
    text += f"{found['ms']['flip']:10.2f}" if "flip" in found["ms"] else f"{'-':>10}"
    for other in ("direct", "flip"):
        for precision in ("float64", "float32"):
            ratio = found.get(f"{other}_over_{precision}")
            text += f"{'-':>9}" if ratio is None else f"{ratio:8.1f}×"
    return text + f"{found['float32_error']:9.0e}{found['direct_error']:9.0e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", help="one case, in this process: side,rate or float64 or float32")
    options = parser.parse_args()
    if options.case:
        side, _, rate = options.case.partition(",")
        print(json.dumps(measure(int(side), float(rate)) if rate else measure_memory(side)))
        return
    if not options.json:
        print(
            f"{'pair':>12}{'f64 ms':>10}{'f32 ms':>10}{'cached':>10}{'direct':>10}{'FLIP':>10}"
            f"{'dir/f64':>9}{'dir/f32':>9}{'FLIP/f64':>9}{'FLIP/f32':>9}{'f32 err':>9}{'dir err':>9}"
        )
    results = []
    for case in [f"{side},{rate}" for side in SIDES for rate in RATES] + ["float64", "float32"]:
        done = subprocess.run([sys.executable, __file__, "--case", case], capture_output=True, text=True, check=True)
        results.append(json.loads(done.stdout))
        if not options.json:
            r = results[-1]
            memory = "{dtype}, {pixels} pixels: {seconds:.1f} s, {peak_mb:.0f} MB (process {process_peak_mb:.0f} MB)"
            print(memory.format(**r) if "pixels" in r else line(r), flush=True)
    if options.json:
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
