"""Bands of rows give what the whole picture gives."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from scielab.eye import bands, presets
from scielab.metrics import s_cielab
from scielab.viewing import Viewing

RATE = 20


@pytest.mark.parametrize("rows", [1, 40, 41, 150, 151])
def test_bands_cover_the_rows_once_and_see_their_surroundings(rows):
    reach, height = 6, 40
    found = bands.inside(rows, height, reach) if height < rows else bands.whole(rows)
    given = []
    for band in found:
        seen = np.arange(rows)[band.seen]
        given += list(seen[band.kept])
        assert list(np.arange(rows)[band.rows]) == list(seen[band.kept])
        assert seen[0] in (0, given[-len(seen[band.kept])] - reach) or band.kept.start >= reach
        assert seen[-1] == rows - 1 or band.kept.stop <= len(seen) - reach
    assert given == list(range(rows))


@pytest.mark.parametrize("preset", presets.PRESETS)
@pytest.mark.parametrize("rows", [150, 151])
def test_a_map_in_bands_is_that_of_the_whole_picture(monkeypatch, preset, rows):
    """Whatever stands beyond its border: reflected, wrapped around and displaced."""
    viewing = Viewing(samples_per_degree=RATE, preset=preset)
    reference, test = np.random.default_rng(0).uniform(size=(2, rows, 37, 3))
    whole = s_cielab.delta_e(reference, test, viewing)
    monkeypatch.setattr(bands, "ROWS", 16)
    assert len(list(presets.PRESETS[preset].bands(len(whole), RATE))) > 2
    found = s_cielab.delta_e(reference, test, viewing)
    assert_allclose(found, whole, rtol=0, atol=1e-9)
    assert_array_equal(s_cielab.Reference(reference, viewing).delta_e(test), found)
