import numpy as np
import pytest

from camsim.charts import catalogue


@pytest.fixture
def grey():
    """Draws a chart that has no colour, as one plane."""

    def draw(name, height, width, **options):
        picture = catalogue.make(name, height, width, **options)
        assert picture.shape == (height, width, 3) and picture.dtype == np.float64
        assert np.array_equal(picture[..., 0], picture[..., 1]) and np.array_equal(picture[..., 0], picture[..., 2])
        return picture[..., 0]

    return draw
