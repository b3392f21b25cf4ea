"""How fast the camera is, on one core, and against what.

    python benchmarks/camera.py             every case, a fresh process each, then changed cameras
    python benchmarks/camera.py --changes   changed cameras alone
    python benchmarks/camera.py --json      the same as JSON

Per case: pictures/s of the whole camera (noise and processor on; transfer functions already made), peak memory
above the imports (making the transfer functions included), the shares of the forward transform, of filter and
inverse transform and of the Poisson draw, the ratio of the whole to these three, and the ratio to the spectral path,
which filters 31 bands one by one in the same transforms. The last columns compare with real FFTs: the time of three
forward and three inverse float32 FFTs of the sensor's size (at least the picture's), which any method that filters
three colours by FFT takes, however it gets to the sensor's pixels.

A changed camera: milliseconds of one core from a changed value to the picture by a `camsim.Renderer`, and how many
times as long the plain way takes in the same run: `render`, which keeps nothing of the picture, with a changed lens
worked out as 31 bands in two dimensions. It has the same closed forms: sampled pupils would take longer still.
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

CASES = {  # name: setting, changes, side of the picture
    "f/4 1 µm, 128² at 3.881°": ("underexposed", ("sensor.exposure_ev=0",), 128),
    "f/4 25 µm, 128² at 3.881°": ("pixel25", ("scene.fov_deg=3.881",), 128),
    "f/22 1 µm, 128² at 3.881°": ("f22", (), 128),
    "f/4 1 µm, 512² at 15.52°": ("underexposed", ("sensor.exposure_ev=0", "scene.fov_deg=15.52"), 512),
    "f/4 25 µm, 512² at 15.52°": ("pixel25", ("scene.fov_deg=15.52",), 512),
    "f/22 1 µm, 512² at 15.52°": ("f22", ("scene.fov_deg=15.52",), 512),
    "underexposed, 128²": ("underexposed", (), 128),
    "pixel25, 128²": ("pixel25", (), 128),
    "f22, 128²": ("f22", (), 128),
    "underexposed, 256²": ("underexposed", (), 256),
    "pixel25, 256²": ("pixel25", (), 256),
    "f22, 256²": ("f22", (), 256),
    "f22 on 524², 256²": ("f22", ("scene.fov_deg=7.762",), 256),
    "f/4 on 524², 256²": ("underexposed", ("sensor.exposure_ev=0", "scene.fov_deg=7.762"), 256),
    "f22, 512²": ("f22", (), 512),
    "underexposed, 512²": ("underexposed", (), 512),
}

#: A changed value: what it is called, keys and how they follow from the number of the change.
CHANGES = {
    "f/1.8": {"optics.fnumber": lambda i: 1.8 + i * 1e-3},
    "f/4": {"optics.fnumber": lambda i: 4 + i * 1e-3},
    "f/22": {"optics.fnumber": lambda i: 22 + i * 1e-2},
    "obstruction": {"optics.obscuration": lambda i: 0.3 + i * 1e-3},
    "defocus": {"optics.defocus_dpt": lambda i: 5 + i * 1e-2},
    "chromatic": {"optics.chromatic_defocus_dpt": lambda i: 2 + i * 1e-2},
    "spherical": {"optics.zernike_um": lambda i: (0,) * 12 + (0.1 + i * 1e-3,)},
    "coma": {"optics.zernike_um": lambda i: (0,) * 7 + (0.1 + i * 1e-3,)},
    "seven blades": {"optics.blades": lambda i: 7, "optics.blade_rotation_deg": lambda i: 0.1 * i},
    "exposure": {"sensor.exposure_ev": lambda i: i * 1e-3},
    "processor": {"isp.white_balance": lambda i: (1 + i * 1e-3, 1.0, 1.0)},
}
#: Side of the picture and its field of view: 262 or 526 sensor pixels a side.
SIZES = {256: 3.881, 512: 7.762}


def median_ms(work, seconds: float = 1.5) -> float:
    work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def measure(name: str) -> dict:
    import numpy as np
    import scipy.fft

    from camsim import camera_file, pipeline
    from camsim.dataset import photographs
    from camsim.image_formation import cosine_series, electron_rate, transfer
    from camsim.io import image
    from camsim.io.resize import resize
    from camsim.light import colour
    from camsim.scene import radiance

    setting, changes, side = CASES[name]
    view = camera_file.override(camera_file.load(setting), changes)
    photo = image.quantise(resize(image.read(photographs.builtin("astronaut").path)[:512, :512], (side, side)))
    scipy.fft.rfft2(np.zeros((8, 8), np.float32))  # loads what it loads
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    done = pipeline.render(photo, view)
    first_ms = (time.perf_counter() - start) * 1e3
    peak_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024

    whole = median_ms(lambda: pipeline.render(photo, view))
    linear = colour.decode_picture(photo, np.float32)
    at, _ = transfer.rgb_terms(view, side, side, "float32")
    forward = median_ms(lambda: cosine_series.fold(cosine_series.transform(np.moveaxis(linear, -1, 0)), at.orders), 0.5)
    light = median_ms(lambda: electron_rate.electron_rate(linear, view), 0.5)
    rate, _ = electron_rate.electron_rate(linear, view)
    rng, mean = np.random.default_rng(0), rate.astype(float) * done.exposure_s
    poisson = median_ms(lambda: rng.poisson(mean), 0.5)

    planes = np.zeros((3, *(max(n, side) for n in rate.shape)), np.float32)
    ffts = median_ms(lambda: scipy.fft.irfft2(scipy.fft.rfft2(planes), s=planes.shape[1:]), 0.5)

    photons = radiance.radiance(colour.decode_picture(photo), view.scene)
    start = time.perf_counter()
    slow, _ = electron_rate.electron_rate_spectral(photons, view)
    spectral = (time.perf_counter() - start) * 1e3
    error = float(np.abs(rate - slow).max() / slow.max())
    return {
        "case": name,
        "sensor": "×".join(str(n) for n in rate.shape[::-1]),
        "images_per_s": 1e3 / whole,
        "ms": whole,
        "first_ms": first_ms,
        "peak_mb": peak_mb,
        "forward_share": forward / whole,
        "inverse_share": (light - forward) / whole,
        "poisson_share": poisson / whole,
        "whole_over_transforms_and_draw": whole / (light + poisson),
        "spectral_over_fast": spectral / light,
        "ffts_ms": ffts,
        "whole_over_ffts_and_draw": whole / (ffts + poisson),
        "float32_error": error,
    }


def changes(side: int) -> list[dict]:
    """What changed cameras cost at f/4, but for what is changed, in ms of one core."""
    from camsim import camera_file, pipeline
    from camsim.dataset import photographs
    from camsim.image_formation import transfer
    from camsim.io import image
    from camsim.io.resize import resize

    photo = image.quantise(resize(image.read(photographs.builtin("astronaut").path)[:512, :512], (side, side)))
    begin = camera_file.override(
        camera_file.load("underexposed"), ("sensor.exposure_ev=0", f"scene.fov_deg={SIZES[side]}")
    )

    def cpu_ms(work) -> float:
        start = time.process_time()
        work()
        return (time.process_time() - start) * 1e3

    renderer, results = pipeline.Renderer(photo), []
    size = renderer.render(begin).rgb.shape[0]
    for name, keys in CHANGES.items():
        cameras = []
        for i in range(10):
            camera = begin
            for key, value in keys.items():
                camera = camera.replace(key, value(i))
            cameras.append(camera)
        times = [cpu_ms(lambda camera=camera: renderer.render(camera)) for camera in cameras]
        camera = cameras[-1]
        draft = transfer.has_draft(camera) and cpu_ms(lambda camera=cameras[-2]: renderer.render(camera, draft=True))
        plain = [cpu_ms(lambda camera=camera: pipeline.render(photo, camera)) for _ in range(5)][-1]  # its lens is kept
        if transfer.identity(camera) != transfer.identity(begin):
            plain += cpu_ms(lambda camera=camera: in_two_dimensions(camera, side))
        ms = statistics.median(times[1:])
        results.append(
            {
                "change": name,
                "sensor": f"{size}²",
                "ms": ms,
                "first_ms": times[0],
                "draft_ms": draft or None,
                "plain_over_this": plain / ms,
            }
        )
    return results


def in_two_dimensions(camera, side: int) -> None:
    """Transfer functions of all bands one by one, added up for every channel and primary."""
    import numpy as np

    from camsim.image_formation import transfer
    from camsim.light import spectra
    from camsim.scene import radiance

    at = transfer.frequencies(camera, side, side)
    gains = transfer.responses(camera)[:, :, None] * radiance.primaries(camera.scene)[:, None]
    totals: dict[tuple[bool, bool], np.ndarray] = {}
    for wavelength, gain in zip(spectra.WAVELENGTH_NM, gains.astype(np.float32), strict=True):
        for term in transfer.lens_terms(camera, wavelength, at):
            factor = term.factor.astype(np.float32)
            total = totals.setdefault((term.odd_y, term.odd_x), np.zeros((*gain.shape, *at.orders), np.float32))
            for index in np.ndindex(gain.shape):
                total[index] += gain[index] * factor


def print_changes() -> None:
    """In this process."""
    print(f"{'changed':28}{'sensor':>11}{'ms':>9}{'first':>9}{'draft':>9}{'plain':>9}")
    for side in SIZES:
        for r in changes(side):
            print(
                f"{r['change']:28}{r['sensor']:>11}{r['ms']:9.1f}{r['first_ms']:9.1f}"
                f"{r['draft_ms'] or '–':>9.4}{r['plain_over_this']:8.1f}×",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", help="one case, in this process", choices=CASES)
    parser.add_argument("--changes", action="store_true", help="changed cameras, in this process")
    options = parser.parse_args()
    if options.changes:
        print(json.dumps([r for side in SIZES for r in changes(side)], indent=1)) if options.json else print_changes()
        return
    if options.case:
        print(json.dumps(measure(options.case)))
        return
    results = []
    if not options.json:
        print(
            f"{'case':28}{'sensor':>11}{'img/s':>8}{'ms':>8}{'peak MB':>9}{'fwd':>6}{'inv':>6}{'Poiss':>7}"
            f"{'×parts':>8}{'spectral':>10}{'FFTs ms':>9}{'×FFTs':>7}{'error':>9}"
        )
    for name in CASES:
        done = subprocess.run([sys.executable, __file__, "--case", name], capture_output=True, text=True, check=True)
        r = json.loads(done.stdout)
        results.append(r)
        if not options.json:
            print(
                f"{r['case']:28}{r['sensor']:>11}{r['images_per_s']:8.1f}{r['ms']:8.2f}{r['peak_mb']:9.0f}"
                f"{r['forward_share']:6.0%}{r['inverse_share']:6.0%}{r['poisson_share']:7.0%}"
                f"{r['whole_over_transforms_and_draw']:8.2f}{r['spectral_over_fast']:9.0f}×{r['ffts_ms']:9.2f}"
                f"{r['whole_over_ffts_and_draw']:7.2f}{r['float32_error']:9.0e}",
                flush=True,
            )
    if options.json:
        print(json.dumps(results, indent=1))
    else:
        print()
        subprocess.run([sys.executable, __file__, "--changes"], check=True)


if __name__ == "__main__":
    main()
