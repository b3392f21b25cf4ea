"""How much memory each command takes per megapixel: `python benchmarks/memory.py`, some minutes.

Peak resident memory of a fresh process above that of the same command on a picture of 64×64 pixels, divided by
megapixels: of the input, for `render` of the larger of picture and sensor, for `apply` of the output. Pictures are of 8
bits, photographs enlarged, with noise that a file cannot compress away.

    python benchmarks/memory.py compare render       some commands
    python benchmarks/memory.py --megapixels 4       one size
    python benchmarks/memory.py --json > benchmarks/results/memory.json
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

#: Side of the small picture, and megapixels of the large ones.
SMALL_PX, MEGAPIXELS = 64, (4, 12, 24)

#: Of the camera `f22`: to find the field of view of a large sensor.
FOCAL_LENGTH_MM, PITCH_MM = 3.862755, 1e-3


@dataclass(frozen=True)
class Case:
    """A command on a picture `a.png`, and perhaps another, `b.png`; {fov} is that of as many pixels as the picture."""

    name: str
    command: str
    arguments: str
    enlarged: int = 1  #: side of what is counted over that of the picture


CASES = (
    Case("render, no camera", "camsim", "render a.png -o out.png --setting ideal"),
    Case("render, a large sensor", "camsim", "render a.png -o out.png --setting f22 --set scene.fov_deg={fov}"),
    Case("render, a small sensor", "camsim", "render a.png -o out.png --setting f22"),
    Case("compare", "scielab", "compare a.png b.png"),
    Case("compare, map as picture", "scielab", "compare a.png b.png -o map.png"),
    Case("compare, map as PDF", "scielab", "compare a.png b.png -o map.pdf"),
    Case("compare, page", "scielab", "compare a.png b.png --html page.html"),
    Case("compare, numbers of the map", "scielab", "compare a.png b.png --map map.npy"),
    Case("compare, plain CIELAB too", "scielab", "compare a.png b.png --plain"),
    Case("compare, all of it", "scielab", "compare a.png b.png --plain -o m.png --html p.html --map m.tif"),
    Case("apply", "enhance", "apply a.png -o out.png --model deblur", enlarged=4),
    Case("apply, to TIFF", "enhance", "apply a.png -o out.tif --model deblur", enlarged=4),
    Case("apply, ensemble", "enhance", "apply a.png -o out.png --model deblur --ensemble", enlarged=4),
)

MAKE = """
import sys
import numpy as np
from PIL import Image
from camsim.dataset import photographs
side = int(sys.argv[1])
photo = Image.open(photographs.builtin("astronaut").path).convert("RGB").resize((side, side), Image.BICUBIC)
photo = np.asarray(photo)
for name, spread in (("a", 3), ("b", 6)):
    noise = np.random.default_rng(spread).normal(0, spread, photo.shape).astype(np.float32)
    Image.fromarray((photo + noise).clip(0, 255).astype(np.uint8)).save(f"{name}.png", compress_level=1)
"""


def side_px(megapixels: float, enlarged: int) -> int:
    """Side of a square picture that is so large once it is enlarged."""
    return round(math.sqrt(megapixels * 1e6) / enlarged)


def fov_deg(side: int) -> float:
    """The field of view, degrees, of a sensor of so many pixels of the camera `f22`."""
    return math.degrees(2 * math.atan(side * PITCH_MM / 2 / FOCAL_LENGTH_MM))


def peak_mb(case: Case, side: int, folder: Path) -> float:
    """Largest resident memory of the command's process, MB; its pictures are `side` pixels wide."""
    place = folder / str(side)
    if not place.exists():
        place.mkdir()
        subprocess.run([sys.executable, "-c", MAKE, str(side)], cwd=place, check=True)
    words = case.arguments.format(fov=fov_deg(side)).split()
    code = f"from {case.command}.cli.main import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, *words, "-q"], cwd=place, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{case.command} {' '.join(words)}: exit code {process.returncode}")
    for path in place.iterdir():
        if path.stem not in ("a", "b"):
            path.unlink()
    return used.ru_maxrss * (1024 if sys.platform == "linux" else 1) / 1e6


def measure(case: Case, megapixels: Sequence[float], folder: Path) -> dict:
    small = peak_mb(case, SMALL_PX, folder)
    found = {}
    for size in megapixels:
        side = side_px(size, case.enlarged)
        pixels = (side * case.enlarged) ** 2 - (SMALL_PX * case.enlarged) ** 2
        found[f"{size:g}"] = round((peak_mb(case, side, folder) - small) / pixels * 1e6, 1)
    words = f"{case.command} {case.arguments}"
    return {"command": words, "small_mb": round(small), "mb_per_megapixel": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("commands", nargs="*", help="render, compare, apply; all by default")
    parser.add_argument("--case", action="append", help="one case by its name; repeatable")
    parser.add_argument("--megapixels", type=float, nargs="+", default=MEGAPIXELS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cases = [
        case
        for case in CASES
        if (not options.commands or case.arguments.split()[0] in options.commands)
        and (not options.case or case.name in options.case)
    ]
    results = {}
    with tempfile.TemporaryDirectory(prefix="memory-") as folder:
        for case in cases:
            results[case.name] = found = measure(case, options.megapixels, Path(folder))
            if not options.json:
                sizes = "  ".join(f"{size:>4} MP {mb:6.1f}" for size, mb in found["mb_per_megapixel"].items())
                print(f"{case.name:28}{found['small_mb']:6} MB + per MP: {sizes}", flush=True)
    if options.json:
        print(json.dumps({"command": "python benchmarks/memory.py --json", "cases": results}, indent=1))


if __name__ == "__main__":
    main()
