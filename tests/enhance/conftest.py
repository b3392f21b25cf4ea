import json

import numpy as np
import pytest
from PIL import Image

from enhance import zoo


@pytest.fixture
def write_run():
    """A function that makes a folder like that of a run, without a network in it."""

    def write(folder, *, task="deblur", finished=True, **facts):
        folder.mkdir(parents=True)
        card = {"task": task, "generator": "light", "data": "photographs", "scale": 4, "parameters": 1, "steps": 1}
        card |= {"stages": {"pixel": 1}, "validation": {"val_psnr_db": 30.0}, "finished": finished}
        (folder / zoo.CARD).write_text(json.dumps(card | {"source_sha256": ["0" * 64]} | facts))
        (folder / zoo.GENERATOR).touch()
        return folder

    return write


@pytest.fixture
def bench(tmp_path):
    """A benchmark of a colour and a grey picture; their sizes are no multiples of 4."""
    (tmp_path / "bench" / "HR").mkdir(parents=True)
    for name, shape, seed in (("colour", (42, 51, 3), 1), ("grey", (45, 40), 2)):
        array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(array).save(tmp_path / "bench" / "HR" / f"{name}.png")
    return tmp_path / "bench"
