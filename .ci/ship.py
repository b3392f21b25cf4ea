"""Make a finished run one of the models that ship: enhance/weights/STYLE/TASK.

    python .ci/ship.py runs/deblur-1 --licence "MIT"

Style and task are those of its configuration. Card, configuration, camera, log and README are copied, the card with
the licence and the beginnings of its photographs' hashes, the configuration without the paths of this machine.
Weights are stored as float16 where this costs less than 0.01 dB on the built-in test photographs; the cost is
printed.
"""

import argparse
import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np

from camsim import camera_file
from enhance import config as configs
from enhance import naming, zoo
from enhance.inference.run import open_enlarger
from enhance.networks import keras_file, keras_writer
from scielab.metrics import fidelity
from scielab.model_grid import pictures
from scielab.model_grid.rows import HASH_DIGITS

#: What float16 may cost, in dB.
MOST_DB = 0.01

#: Largest size of all that ships, in bytes.
ROOM = 16 << 20


def mean_psnr_db(weights: Path, camera: Path) -> float:
    """PSNR of a network on the built-in test photographs through a camera, mean over them."""
    enlarge = open_enlarger(naming.Model(weights=weights)).enlarge
    judged = pictures.load(None, cameras=[camera_file.load(camera)]).pictures
    pairs = ((enlarge(lr / 255.0), each.reference / 255.0) for each in judged for lr in each.inputs.values())
    return float(np.mean([fidelity.psnr_db(reference, output) for output, reference in pairs]))


def ship(run: Path, into: Path, licence: str) -> Path:
    """Copy a run's folder, made small; returns where it is."""
    entry = zoo.open_run(run)
    place = into / entry.style / entry.task
    place.mkdir(parents=True, exist_ok=True)
    config = dataclasses.replace(configs.load(run), data="", init="")
    (place / zoo.CONFIG).write_text(configs.to_toml(config), encoding="utf-8")
    for name in (zoo.CAMERA, "README.md", "log.csv"):
        if (run / name).exists():
            shutil.copy(run / name, place / name)
    card = entry.card | {"source_sha256": sorted({digest[:HASH_DIGITS] for digest in entry.seen})}
    card |= {"licence": licence} if licence else {}
    (place / zoo.CARD).write_text(json.dumps(card, indent=1), encoding="utf-8")
    network = keras_file.load(entry.weights)
    keras_writer.save(network, place / zoo.GENERATOR, half=True)
    cost = mean_psnr_db(entry.weights, run / zoo.CAMERA) - mean_psnr_db(place / zoo.GENERATOR, run / zoo.CAMERA)
    if abs(cost) >= MOST_DB:
        keras_writer.save(network, place / zoo.GENERATOR)
    stored = "float32" if abs(cost) >= MOST_DB else "float16"
    size = (place / zoo.GENERATOR).stat().st_size
    print(f"{place}: {size:,} bytes as {stored}; float16 costs {cost:.5f} dB")
    return place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, nargs="+", help="folders of finished runs")
    parser.add_argument("--into", type=Path, default=Path("enhance/weights"), help="[default: enhance/weights]")
    parser.add_argument("--licence", default="", help="of the weights; by default what the card says")
    options = parser.parse_args()
    for run in options.run:
        ship(run, options.into, options.licence)
    total = sum(path.stat().st_size for path in options.into.rglob("*") if path.is_file())
    if total > ROOM:
        raise SystemExit(f"{options.into} holds {total:,} bytes; {ROOM:,} are allowed")


if __name__ == "__main__":
    main()
