import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.charts import catalogue
from camsim.designer import region
from camsim.light import colour
from camsim.measure import instruments


@pytest.fixture(scope="module")
def shots():
    """Two shots of an edge that differ by chance alone, and their camera."""
    camera = camera_file.override(camera_file.load("underexposed"), ["sensor.exposure_ev=0"])
    edge = colour.srgb_encode(catalogue.make("slanted-edge", 256, 256))
    return pipeline.render(edge, camera, seed=1), pipeline.render(edge, camera, seed=2), camera


def test_noise_is_that_of_chance_though_an_edge_is_in_the_region(shots):
    """Shot noise of what is there, and read noise: not the step of the edge, which is ten times as much."""
    first, second, camera = shots
    for told in region.noise(first, second, camera, (60, 60, 200, 200)):
        assert told["noise_e"] == pytest.approx(np.sqrt(told["mean_e"] + 10**2), rel=0.05)
        assert told["snr_db"] == pytest.approx(20 * np.log10(told["mean_e"] / told["noise_e"]))


def test_every_channel_is_told_wherever_the_region_begins(shots):
    first, second, camera = shots
    for top, left in ((10, 10), (11, 10), (10, 11), (11, 11)):
        told = region.noise(first, second, camera, (top, left, top + 40, left + 40))
        greens = first.electrons[top : top + 40, left : left + 40][np.indices((40, 40)).sum(0) % 2 == (top + left) % 2]
        green = next(one for one in told if one["channel"] == "g")
        assert [one["channel"] for one in told] == ["r", "g", "b"]
        assert green["mean_e"] == pytest.approx(greens.mean(), rel=0.02)


def test_the_edge_is_measured_by_the_instrument(shots):
    first, _, _ = shots
    roi = (80, 90, 180, 170)
    told, measured = region.edge(first, roi), instruments.measure_mtf(first.linear, roi, linear=True)
    assert told["mtf50_per_px"] == measured.mtf50_per_px and told["angle_deg"] == measured.angle_deg


def test_no_edge_is_said_in_words(shots):
    assert "trouble" in region.edge(shots[0], (5, 5, 40, 40))


@pytest.mark.parametrize("roi", [None, (0, 0, 2, 9), (5, 5, 5, 9), (9, 9, 5, 5), (0, 0, 10, 999)])
def test_a_region_that_is_none_is_refused(roi):
    with pytest.raises(ValueError, match="region"):
        region.checked(roi, (100, 100, 3))
