"""The resizing of pictures."""

import numpy as np

from camsim.io.resize import resize


def test_resize_keeps_constants_and_means_and_places():
    y, x = np.mgrid[0:24, 0:36]
    picture = np.stack([x / 35, y / 23, (x + y) / 58], axis=-1)
    np.testing.assert_allclose(resize(np.full((50, 70, 3), 0.3), (13, 17)), 0.3, atol=1e-6)
    half = resize(picture, (12, 18))
    blocks = picture.reshape(12, 2, 18, 2, 3).mean((1, 3))
    np.testing.assert_allclose(half[2:-2, 2:-2], blocks[2:-2, 2:-2], atol=1e-5)  # a linear ramp stays itself
    part = resize(picture, (8, 8), box=(4, 10, 12, 18))
    np.testing.assert_allclose(part, picture[4:12, 10:18], atol=1e-6)
