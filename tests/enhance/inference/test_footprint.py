"""What would not fit in memory is refused before it is enlarged."""

import keras
import pytest

from camsim.io import memory
from enhance.inference import footprint


def network(filters):
    inputs = keras.Input((None, None, 3))
    wide = keras.layers.Conv2D(filters, 1)(inputs)
    large = keras.layers.UpSampling2D(2)(wide)
    return keras.Model(inputs, keras.layers.Conv2D(3, 1)(large))


def test_a_piece_takes_what_the_two_largest_layers_give_and_the_picture_its_result():
    needed = footprint.bytes_needed(network(8), tile=100, scale=2, rows=1000, columns=50, pixel_bytes=6)
    layers = 4 * (200 * 100 * 8 + 200 * 100 * 3)  # 32-bit floats
    assert needed == layers + 2000 * 100 * (6 + footprint.WRITTEN_BYTES)


def test_a_network_that_is_too_wide_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 8_000_000_000)
    size = {"tile": 336, "scale": 2, "rows": 2000, "columns": 2000, "pixel_bytes": 3}
    footprint.check("a.png", network(8), **size)
    with pytest.raises(ValueError, match=r"^a\.png: to enlarge it needs about 37\.2 GB of memory, and 8 GB are free"):
        footprint.check("a.png", network(16384), **size)


def test_a_result_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 250_000_000)
    with pytest.raises(ValueError, match=r"^12000×8000 pixels: to make them needs about 288 MB"):
        footprint.check_result(2000, 3000, scale=4, pixel_bytes=3)
