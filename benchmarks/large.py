"""How fast large sensors are, on one core, and what they take in memory.

    python benchmarks/large.py          every case, a fresh process each
    python benchmarks/large.py --json   the same as JSON

Per case: CPU nanoseconds per sensor pixel of light, noise and ADC, of the image processor (bilinear), and of packing
the rows into a PNG of 8 bits; megapixels per second of CPU without and with the file; and the peak of memory above that
of the picture (uint8) and the loaded program. The sensor is a phone's (`phone`), wider where it has more pixels. `any`
ratio: a picture's pixel is 0.97 of a sensor's.
"""

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # before numpy is loaded

SIZES = {12: (3024, 4032), 24: (4024, 6032), 48: (6048, 8064)}  # rows, columns

CASES = {
    **{f"f/1.8, {mp} MP": (mp, 1.0, ()) for mp in SIZES},
    **{f"f/22, {mp} MP": (mp, 1.0, ("optics.fnumber=22",)) for mp in SIZES},
    **{f"f/1.8, {mp} MP, any ratio": (mp, 0.97, ()) for mp in SIZES},
    "f/1.8, 12 MP, exposed for the brightest pixel": (12, 1.0, ("sensor.auto_exposure=max",)),
    "f/1.8, 12 MP, Menon": (12, 1.0, ("isp.demosaic=menon2007",)),
    "f/1.8, 12 MP, Malvar": (12, 1.0, ("isp.demosaic=malvar2004",)),
}


def measure(name: str) -> dict:
    import numpy as np

    from camsim import bands, camera_file
    from camsim.dataset import photographs
    from camsim.io import image
    from camsim.io import rows as rows_file

    megapixels, ratio, changes = CASES[name]
    rows, columns = SIZES[megapixels]
    sensor = (f"sensor.rows={rows}", f"sensor.columns={columns}")
    camera = camera_file.override(camera_file.load("phone"), (*sensor, *changes))
    photo = image.read_native(photographs.builtin("astronaut").path)
    high, wide = round(rows / ratio), round(columns / ratio)
    times = (-(-high // len(photo)), -(-wide // photo.shape[1]), 1)
    picture = np.ascontiguousarray(np.tile(photo, times)[:high, :wide])
    small = camera_file.override(camera_file.load("phone"), ("sensor.rows=64", "sensor.columns=64"))
    with bands.threads(1) as each:
        list(bands.develop(bands.expose(picture[:64, :64], small, 0, each), small, each))  # loads what it loads
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        clock = [time.process_time()]
        exposed = bands.expose(picture, camera, 0, each)
        clock.append(time.process_time())
        for _ in bands.develop(exposed, camera, each):
            pass
        clock.append(time.process_time())
        with tempfile.TemporaryDirectory() as folder:
            blocks = (finished for _, _, finished in bands.develop(exposed, camera, each))
            rows_file.write(Path(folder) / "a.png", (rows, columns), blocks)
        clock.append(time.process_time())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    light, processor, both = (end - begin for begin, end in itertools.pairwise(clock))
    pixels = rows * columns
    return {
        "case": name,
        "megapixels": pixels / 1e6,
        "sensor_ns": light / pixels * 1e9,
        "processor_ns": processor / pixels * 1e9,
        "png_ns": (both - processor) / pixels * 1e9,
        "megapixels_per_s": pixels / 1e6 / (light + processor),
        "megapixels_per_s_with_png": pixels / 1e6 / (light + both),
        "peak_mb": (peak - before) / 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", help="one case, in this process", choices=CASES)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case)))
        return
    results = []
    if not options.json:
        print(f"{'case':48}{'sensor ns':>11}{'processor':>11}{'PNG':>7}{'MP/s':>7}{'with PNG':>10}{'peak MB':>9}")
    for name in CASES:
        done = subprocess.run([sys.executable, __file__, "--case", name], capture_output=True, text=True, check=True)
        r = json.loads(done.stdout)
        results.append(r)
        if not options.json:
            print(
                f"{r['case']:48}{r['sensor_ns']:11.0f}{r['processor_ns']:11.0f}{r['png_ns']:7.0f}"
                f"{r['megapixels_per_s']:7.2f}{r['megapixels_per_s_with_png']:10.2f}{r['peak_mb']:9.0f}",
                flush=True,
            )
    if options.json:
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
