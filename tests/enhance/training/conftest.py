import csv

import numpy as np
import pytest

from camsim.io import image
from camsim.io.resize import resize
from enhance import config
from enhance.data import stored_pairs

PIXEL = {"name": "pixel", "steps": 6, "losses": {"l1": 1.0}}
GAN = {"name": "gan", "steps": 4, "learning_rate": 1e-4, "losses": {"l1": 1.0, "adversarial": 0.01}}


def pairs(count=6, side=32, scale=4, seed=0):
    """LR and HR pictures, uint8."""
    rng = np.random.default_rng(seed)
    hr = [resize(rng.random((6, 6, 3)), (side, side)) for _ in range(count)]
    lr = [resize(picture, (side // scale, side // scale)) for picture in hr]
    return np.stack([image.quantise(p) for p in lr]), np.stack([image.quantise(p) for p in hr])


def pictures(lr=None, hr=None):
    """Training pictures in memory, those of `pairs` by default."""
    if lr is None:
        lr, hr = pairs()
    stored = stored_pairs.pairs_in_memory([str(number) for number in range(len(lr))], lr, hr)
    sizes = {"scale": hr.shape[1] // lr.shape[1], "hr_px": hr.shape[1]}
    return stored_pairs.StoredPairs(
        stored, source="test", source_sha256=("0" * 64,), crop="fixed_size", jobs=0, **sizes
    )


def configured(*stages, **values):
    """A configuration of small networks and short stages."""
    small = {
        "task": "deblur",
        "setting": "f22",
        "generator": {"kind": "light", "blocks": 1, "filters": 8},
        "critic": {"kind": "patch", "filters": 4},
        "batch": 4,
        "precision": "float32",
        "log_every": 2,
        "checkpoint_every": 2,
        "hr_px": 32,
        "scale": 4,
    }
    return config.from_dict(small | {"stage": [dict(stage) for stage in stages or (PIXEL, GAN)]} | values)


@pytest.fixture(scope="session")
def make_pairs():
    return pairs


@pytest.fixture(scope="session")
def training_pictures():
    return pictures


@pytest.fixture(scope="session")
def configure():
    return configured


@pytest.fixture(scope="session")
def start(training_pictures):
    """Train in a folder; returns the card."""
    from enhance.training import engine, run_folder

    def trained(folder, configuration, **options):
        run_folder.prepare(folder, configuration, "", "fingerprint")
        with training_pictures() as source:
            return engine.run(folder, configuration, source, **options)

    return trained


@pytest.fixture(scope="session")
def log_rows():
    """The rows of a run's log."""

    def rows(folder):
        with (folder / "log.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    return rows
