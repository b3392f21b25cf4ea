import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import photographs, writing
from camsim.io import image
from camsim.io.resize import resize


@pytest.fixture(scope="session")
def small():
    """Options of `enhance train` for a network of one block, with a checkpoint every five steps."""
    options = ["--batch", "4", "--precision", "float32"]
    for value in ("generator.blocks=1", "generator.filters=8", "checkpoint_every=5", "log_every=5", "validation=2"):
        options += ["--set", value]
    return options


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """A small set of one setting, with an HR size of 64."""
    place = tmp_path_factory.mktemp("photos")
    for number in range(8):
        image.write(place / f"{number}.png", resize(np.random.default_rng(number).random((7, 7, 3)), (96, 96)))
    target = tmp_path_factory.mktemp("set") / "set"
    writing.write(target, photographs.open_sources([place]), {"f22": camera_file.load("f22")}, hr_px=64, scene_px=96)
    return target
