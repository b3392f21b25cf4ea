"""The histogram of a map."""

import numpy as np
import pytest

from scielab.comparison import histogram, map_scale


def test_every_pixel_is_in_one_bin_and_bins_are_as_wide_as_each_other_on_the_scale():
    differences = np.random.default_rng(0).gamma(2, 4, (50, 60))
    top = map_scale.top_of([differences])
    edges, percent = histogram.counted(differences, top)
    counts, _ = np.histogram(differences, [*edges, np.inf])
    np.testing.assert_allclose(percent, 100 * counts / differences.size, atol=1e-12)
    assert edges[0] == 0 and edges[-1] == top and percent.sum() == pytest.approx(100)
    np.testing.assert_allclose(np.diff(map_scale.places(edges, top)), 1 / (len(edges) - 1))


@pytest.mark.parametrize("differences", [np.zeros((3, 4)), np.full((2, 2), 1e4), np.eye(9)])
def test_bars_stay_in_the_drawing(differences):
    found = histogram.drawn(differences, 20)
    for kind in found["kinds"]:
        heights = np.array(kind["heights"], dtype=float)
        assert heights.min() >= 0 and heights.max() == pytest.approx(histogram.HIGH) and kind["beside"]
    assert float(found["bars"][-1]["x"]) + float(found["wide"]) <= histogram.RIGHT


def test_shares_are_never_rounded_to_none_or_all():
    words = [histogram.percent_words(share) for share in (0, 0.001, 0.5, 99.99, 100)]
    assert words == ["0 %", "< 0.01 %", "0.50 %", "99.99 %", "100 %"]
