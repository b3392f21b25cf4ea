import numpy as np
import pytest

from camsim.io import image
from camsim.io.resize import resize


@pytest.fixture
def photo(tmp_path):
    """A picture of 200 × 150 pixels."""
    path = tmp_path / "my.png"
    image.write(path, resize(np.random.default_rng(0).random((9, 12, 3)), (150, 200)))
    return path
