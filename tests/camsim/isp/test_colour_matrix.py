"""The colour matrix beside noise."""

import numpy as np

from camsim.camera_parts import Sensor
from camsim.isp import colour_matrix


def test_colour_matrix_does_not_blow_up_noise_where_channels_overlap():
    """A clear channel is nearly the sum of the others: a plain fit amplifies noise sixty times."""
    bayer, clear = (np.linalg.norm(colour_matrix.colour_matrix(Sensor(cfa=cfa)), axis=0) for cfa in ("grbg", "rgbw"))
    assert clear.max() < 2 * bayer.max()
