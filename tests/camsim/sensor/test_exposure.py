"""Exposure metering against its rules."""

import dataclasses

import numpy as np
import pytest

from camsim import camera_file, pipeline
from camsim.camera import Camera
from camsim.camera_parts import Sensor
from camsim.light.colour import srgb_encode
from camsim.scene.cube import Cube
from camsim.sensor import exposure


def test_automatic_exposure_follows_its_rule():
    rate = np.concatenate([np.full(990, 1.0), np.full(10, 1000.0)]).reshape(10, 100)
    times = {rule: exposure.exposure_time(Sensor(auto_exposure=rule), rate) for rule in ("max", "p99", "mean")}
    assert times["max"] == pytest.approx(9.5)
    assert times["mean"] == pytest.approx(1800 / 10.99)
    assert 9.5 < times["p99"] <= 9500
    assert exposure.exposure_time(Sensor(exposure_ev=1), rate) == pytest.approx(19)


def test_a_hundredth_of_the_pixels_may_be_brighter_than_the_99th_percentile():
    """Of 1 to 1000 e/s the 99th percentile is between 990 and 991, however bright the ten above it are."""
    rate = np.arange(1.0, 1001.0).reshape(20, 50)
    for brightest in (1000.0, 1e9):
        rate[-1, -9:] = brightest
        time = exposure.exposure_time(Sensor(auto_exposure="p99"), rate)
        assert 9500 / 991 <= time <= 9500 / 990  # 95 % of a full well of 10,000 electrons


def incident(setting: str = "f22", **changes) -> Camera:
    camera = camera_file.load(setting)
    sensor = dataclasses.replace(camera.sensor, auto_exposure="incident", exposure_ev=0, noise=False, bit_depth=0)
    return dataclasses.replace(camera, sensor=dataclasses.replace(sensor, **changes))


@pytest.mark.parametrize("setting", ["underexposed", "pixel25", "f22"])
def test_incident_metering_fills_95_percent_with_white_whatever_the_picture(setting):
    camera, white, rng = incident(setting), np.ones((32, 32, 3)), np.random.default_rng(3)
    of_white = pipeline.render(white, camera, dtype=np.float64)
    assert of_white.electrons.max() == pytest.approx(9500, rel=1e-9)
    grey = pipeline.render(np.full((32, 32, 3), srgb_encode(np.array(0.5))), camera, dtype=np.float64)
    assert grey.electrons.max() == pytest.approx(9500 / 2, rel=1e-6)
    for picture in (np.zeros((32, 32, 3)), rng.random((40, 24, 3))):
        assert pipeline.render(picture, camera).exposure_s == of_white.exposure_s


def test_incident_metering_of_the_two_cameras_that_say_so():
    """Worked out by hand once from the camera equation, D65 of 100 cd/m² and the quantum efficiencies."""
    assert pipeline.render(np.zeros((8, 8, 3)), camera_file.load("f22")).exposure_s == pytest.approx(44.24, abs=0.005)
    coarse = pipeline.render(np.zeros((8, 8, 3)), camera_file.load("pixel25"))
    assert coarse.exposure_s == pytest.approx(2.375e-3, abs=5e-7)


def test_incident_metering_follows_light_lens_and_stops():
    picture = np.full((16, 16, 3), 0.5)
    base = incident()
    time = pipeline.render(picture, base).exposure_s
    for key, value, factor in (
        ("scene.luminance_cd_m2", 200, 1 / 2),
        ("optics.fnumber", 11, (1 + 4 * 11**2) / (1 + 4 * 22**2)),  # the camera equation
        ("optics.transmittance", 0.5, 2),
        ("sensor.analog_gain", 4, 1 / 4),
        ("sensor.exposure_ev", -1, 1 / 2),
    ):
        assert pipeline.render(picture, base.replace(key, value)).exposure_s == pytest.approx(factor * time, rel=1e-9)


def test_incident_metering_holds_for_binned_pixels():
    """2×2 pixels of 1 µm read as one hold four wells and get four times the light: the same time, the same share."""
    for cfa in ("quad-bayer", "rggb"):
        fine, binned = incident(cfa=cfa), incident(cfa=cfa, binning=2)
        shots = [pipeline.render(np.ones((32, 32, 3)), camera, dtype=np.float64) for camera in (fine, binned)]
        assert shots[0].exposure_s == pytest.approx(shots[1].exposure_s, rel=1e-9)
        assert shots[1].electrons.max() == pytest.approx(4 * 9500, rel=1e-9)


def test_incident_metering_of_a_cube_is_that_of_its_light():
    grey = Cube(kind="reflectance", values=np.full((8, 8, 31), 0.5), source="")
    shot = pipeline.render(grey, incident(), dtype=np.float64)
    assert shot.electrons.max() == pytest.approx(9500 / 2, rel=1e-6)


def test_incident_metering_is_refused_where_it_cannot_be():
    with pytest.raises(ValueError, match=r"meters scene.luminance_cd_m2, not the picture"):
        incident().replace("scene.mean_luminance_cd_m2", 20)
    with pytest.raises(ValueError, match="not modelled with method = 'isetcam'"):
        camera_file.load("isetcam").replace("sensor.auto_exposure", "incident")
