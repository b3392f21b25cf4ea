"""The numbers beside the picture against theory and against the toolkit's own instruments."""

import math

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.designer import figures
from camsim.measure import instruments


def shot_of(camera, level=0.18, **options):
    from camsim.light import colour

    return pipeline.render(np.full((64, 64, 3), float(colour.srgb_encode(np.array(level)))), camera, **options)


def test_a_white_of_100_cd_is_in_314_lux():
    assert figures.scene_lux(camera_file.load("f22")) == pytest.approx(100 * math.pi)


def test_signal_and_noise_of_a_grey_are_those_of_its_pixels():
    """An even grey of 18 %: the spread of its pixels is the noise that is told, from light that all of them share."""
    camera = camera_file.load("underexposed").replace("sensor.dark_current_e_per_s", 0.0)
    shot = pipeline.render(np.full((128, 128, 3), 0.46135613, np.float32), camera, seed=3)  # sRGB of 0.18
    told = figures.numbers(camera, shot)
    letters = [letter for row in camera.sensor.tile for letter in row]
    place = divmod(letters.index(told["channel"]), 2)
    pixels = shot.electrons[place[0] :: 2, place[1] :: 2]
    assert pixels.mean() == pytest.approx(told["grey_e"], rel=0.005)
    assert 20 * math.log10(pixels.mean() / pixels.std()) == pytest.approx(told["snr_db"], abs=0.25)


@pytest.mark.parametrize("changes", [[], ["sensor.prnu=0.02"], ["sensor.bit_depth=6"], ["sensor.read_noise_e=60"]])
def test_noise_is_that_of_an_evenly_lit_sensor(changes):
    from camsim.sensor import adc, noise

    camera = camera_file.override(camera_file.load("f22"), changes)
    electrons = noise.expose(np.full((300, 300), 4000.0), 1.0, camera.sensor, 1)
    step = adc.electrons_per_count(camera.sensor)
    counted = adc.digitise(electrons, camera.sensor) * step
    assert counted.std() == pytest.approx(figures.noise_e(camera, 4000.0, 1.0), rel=0.02)


def test_dynamic_range_is_what_photon_transfer_measures():
    camera = camera_file.override(
        camera_file.load("f22"),
        ["sensor.dark_current_e_per_s=0", "sensor.bit_depth=16", "sensor.black_level_dn=600", "sensor.exposure_s=0.01"],
    )
    measured = instruments.measure_noise(camera, size=128).dynamic_range_db
    assert figures.numbers(camera, shot_of(camera))["dynamic_range_db"] == pytest.approx(measured, abs=0.2)


def test_iso_speed_is_that_of_its_definition():
    """H lux·s fill a pixel: a white whose light is H over the exposure time reaches full scale, and S = 78/H."""
    camera = camera_file.override(camera_file.load("f22"), ["sensor.exposure_ev=0.0740005814", "sensor.noise=false"])
    shot = shot_of(camera, 1.0)  # metered to 95 % of full scale, and 1/0.95 more
    assert shot.electrons.max() == pytest.approx(camera.sensor.full_well_e, rel=1e-4)
    lux = math.pi * camera.scene.luminance_cd_m2 / (1 + 4 * camera.optics.fnumber**2)
    assert figures.numbers(camera, shot)["iso"] == pytest.approx(78 / (lux * shot.exposure_s), rel=2e-3)


def test_more_analog_gain_is_so_many_times_the_speed():
    camera = camera_file.load("f22")
    faster = figures.saturation_speed(camera.replace("sensor.analog_gain", 4.0))
    assert faster == pytest.approx(4 * figures.saturation_speed(camera))


def test_the_histogram_counts_every_pixel_once_and_the_full_ones_apart():
    camera = camera_file.load("f22").replace("sensor.exposure_ev", 2.0)
    shot = shot_of(camera, 1.0)
    told = figures.histogram(camera, shot.electrons)
    assert sum(map(sum, told["counts"].values())) == shot.electrons.size
    full = sum(counts[-1] for counts in told["counts"].values())
    assert full == np.count_nonzero(shot.electrons >= camera.sensor.full_well_e)
    assert figures.numbers(camera, shot)["saturated"] == pytest.approx(full / shot.electrons.size)
    assert set(told["counts"]) == {"r", "g", "b"}


def test_no_sensor_no_numbers():
    camera = camera_file.load("ideal")
    assert figures.numbers(camera, shot_of(camera)) == {}


def test_without_noise_there_is_no_ratio():
    camera = camera_file.load("f22").replace("sensor.noise", False)
    told = figures.numbers(camera, shot_of(camera))
    assert told["snr_db"] is None and told["dynamic_range_db"] is None
