"""Results that are kept are bounded by their bytes."""

import numpy as np

from camsim.image_formation import electron_rate
from camsim.image_formation.kept import Kept


def test_the_last_ones_are_kept_up_to_so_many_bytes():
    made = []
    kept = Kept(lambda size: made.append(size) or np.zeros(size, np.uint8), 100)
    for size in (40, 50, 40, 60, 40, 50):  # 50 has to go for 60, though it came after the first 40
        assert kept(size).nbytes == size and kept.bytes <= 100
    assert made == [40, 50, 60, 50]


def test_what_is_too_large_by_itself_is_made_anew():
    made = []
    kept = Kept(lambda size: made.append(size) or np.zeros(size, np.uint8), 100)
    kept(101), kept(101)
    assert made == [101, 101] and kept.bytes == 0


def test_bases_of_large_sensors_do_not_pile_up():
    """They take 16 MB each."""
    positions = np.linspace(0, 1, 1000)
    for extent in range(1, 12):
        electron_rate.along(positions, extent, 4000, 64, dtype="float32")
    assert 32e6 < electron_rate._kept.bytes <= 64 << 20
