"""The panels of sharpness against theory and against a measured edge."""

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.charts import catalogue
from camsim.designer import curves
from camsim.light import colour
from camsim.measure import instruments
from camsim.optics import diffraction


def changed(*changes, setting="f22"):
    return camera_file.override(camera_file.load(setting), changes)


def test_the_pixel_alone_is_a_sinc():
    told = curves.mtf(changed("sensor.fill_factor=1", "optics.fnumber=1"))
    assert told["nyquist"]["pixel"] == pytest.approx(2 / np.pi, abs=1e-5)


def test_the_lens_passes_nothing_beyond_its_shortest_wavelength():
    told = curves.mtf(changed("optics.fnumber=8"))
    per_mm = np.array(told["per_px"]) * 1e3
    beyond = per_mm > diffraction.cutoff_per_mm(400, 8)
    assert beyond.any() and np.array(told["curves"]["lens"])[beyond].max() == 0
    assert told["curves"]["lens"][0] == 1


@pytest.mark.parametrize("fnumber", [4, 8, 16])
def test_the_mtf_told_is_that_of_an_edge_that_was_photographed(fnumber):
    """Grey pixels without noise or gamut, so that nothing but lens and pixel decides."""
    camera = changed(
        f"optics.fnumber={fnumber}",
        "sensor.cfa=mono",
        "isp.color_matrix=none",
        "sensor.noise=false",
        "sensor.bit_depth=0",
    )
    edge = colour.srgb_encode(catalogue.make("slanted-edge", 512, 512))
    measured = instruments.measure_mtf(pipeline.render(edge, camera).linear, linear=True)
    told = curves.mtf(camera)
    assert told["mtf50_per_px"]["both"] == pytest.approx(measured.mtf50_per_px, rel=0.08)


def test_a_smaller_aperture_is_less_sharp_and_a_larger_pixel_too():
    def sharpness(*changes):
        told = curves.mtf(changed(*changes))
        return told["mtf50_per_px"]["both"] / told["pitch_um"]

    assert sharpness("optics.fnumber=4") > sharpness("optics.fnumber=8") > sharpness("optics.fnumber=16")
    small, large = (sharpness("optics.fnumber=2", f"sensor.pixel_pitch_um={pitch}") for pitch in (2, 4))
    assert small > large


def test_astigmatism_is_another_curve_down_than_across():
    told = curves.mtf(changed("optics.fnumber=4", "optics.zernike_um=[0,0,0,0,0.05,0.05]"))
    assert "lens, vertical" in told["curves"]
    assert "lens, vertical" not in curves.mtf(changed("optics.fnumber=4"))["curves"]


def test_the_first_zero_of_the_point_spread_is_at_the_airy_radius():
    camera = changed("optics.fnumber=22")
    told, (linear, logarithmic) = curves.point_spread(camera)
    assert told["airy_radius_um"] == pytest.approx(1.22 * 0.55 * 22)
    middle = linear.shape[0] // 2
    at = middle + round(told["airy_radius_um"] / told["pitch_um"])
    assert linear[middle, middle] == 255 and linear[middle, at] < 12
    ring = logarithmic[middle, middle:]
    dark = np.flatnonzero((ring[1:-1] <= ring[:-2]) & (ring[1:-1] < ring[2:]))[0] + 1
    assert dark * told["pitch_um"] == pytest.approx(told["airy_radius_um"], rel=0.06)
