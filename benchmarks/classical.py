"""Fit the classical answers to the built-in cameras: the row `classical` of `scielab grid`.

    python benchmarks/classical.py FOLDER…        or: make classical DATA="FOLDER…"

The folders hold photographs. Those that datasets/heldout260.txt names choose among the fitted answers and are not
fitted to; of the others so many as `--photographs` says, spread over all, are. Every scene is the largest centred
square of a photograph. The same photographs and cameras give the same scielab/classical/answers.npz.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from camsim import camera_file
from camsim.dataset import pairs, photographs, workers
from scielab.classical import answers, fit

HELD_OUT = Path(__file__).parents[1] / "datasets" / "heldout260.txt"


def rendered(photos: list[photographs.Photo], cameras: dict, jobs: int) -> tuple[dict[str, fit.Pairs], frozenset[str]]:
    """Pictures by setting, and the photographs' hashes."""
    found = list(pairs.render_pairs(photos, cameras, jobs=jobs))
    hr = np.array([pair.hr for pair in found])
    by_setting = {name: fit.Pairs(lr=np.array([pair.lr[name] for pair in found]), hr=hr) for name in cameras}
    return by_setting, frozenset(pair.record["source_sha256"] for pair in found)


def main() -> None:
    """Render, fit, choose, write."""
    parser = argparse.ArgumentParser(description="Fit the classical answers to the built-in cameras.")
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="photographs, the held-out ones among them")
    parser.add_argument("--held-out", type=Path, default=HELD_OUT, metavar="FILE", help="names of those to choose by")
    parser.add_argument("--photographs", type=int, default=600, help="that are fitted to, at most (default: 600)")
    parser.add_argument("--set", action="append", default=[], metavar="SETTING:KEY=VALUE", help="change a camera first")
    parser.add_argument("--only", nargs="+", metavar="SETTING", help="these settings; the others' answers are dropped")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("-o", "--output", type=Path, default=answers.SHIPPED, metavar="FILE", help="what is written")
    options = parser.parse_args()
    cameras = {name: camera_file.load(name) for name in options.only or camera_file.builtin_names()}
    for change in options.set:
        setting, _, assignment = change.partition(":")
        cameras[setting] = camera_file.override(cameras[setting], [assignment])

    photos = photographs.open_sources(options.folders)
    names = set(options.held_out.read_text(encoding="utf-8").split())
    held_out = [photo for photo in photos if photo.path.name in names]
    if len(held_out) < len(names):
        parser.error(f"{len(names) - len(held_out)} of the photographs in {options.held_out} are not in the folders")
    others = [photo for photo in photos if photo.path.name not in names]
    spread = np.unique(np.linspace(0, len(others) - 1, options.photographs, dtype=int))
    print(f"rendering {len(spread)} photographs to fit to and {len(held_out)} to choose by, {len(cameras)} cameras")
    training, hashes = rendered([others[i] for i in spread], cameras, options.jobs)
    choosing, _ = rendered(held_out, cameras, options.jobs)

    print("fitting; mean PSNR on the photographs to choose by:")
    found = {}
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn"), initializer=workers.start_worker) as pool:
        fitted = pool.map(fit.best, training.values(), choosing.values())
        for name, (answer, psnr_db) in zip(cameras, fitted, strict=True):
            print(f"{name}: {psnr_db:.2f} dB, {answer.words}", flush=True)
            found[name] = answers.Fitted(answer=answer, camera=camera_file.to_toml(cameras[name]), psnr_db=psnr_db)
    answers.save(options.output, answers.Answers(by_setting=found, photographs=hashes))
    print(f"{options.output}: {options.output.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
