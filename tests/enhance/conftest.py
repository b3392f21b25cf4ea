import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def bench(tmp_path):
    """A benchmark of a colour and a grey picture; their sizes are no multiples of 4."""
    (tmp_path / "bench" / "HR").mkdir(parents=True)
    for name, shape, seed in (("colour", (42, 51, 3), 1), ("grey", (45, 40), 2)):
        array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(array).save(tmp_path / "bench" / "HR" / f"{name}.png")
    return tmp_path / "bench"
