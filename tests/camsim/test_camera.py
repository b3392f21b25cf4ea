"""Cameras as values: changed copies, and how they show themselves."""

import copy
import pickle
import re

import numpy as np
import pytest

from camsim import camera_file
from camsim.camera import Camera
from camsim.camera_parts import Optics, Scene, Sensor


def test_replace_gives_a_changed_copy():
    f22 = camera_file.load("f22")
    f16 = f22.replace("optics.fnumber", 16)
    assert (f16.optics.fnumber, f22.optics.fnumber) == (16.0, 22.0)
    assert f16 == camera_file.override(f22, ["optics.fnumber=16"])
    assert f22.replace("sensor.exposure_s", 0.5).replace("sensor.exposure_s", None) == f22
    assert f22.replace("isp.color_matrix", np.eye(3)).isp.color_matrix == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    assert f22.replace("sensor.bit_depth", np.int64(10)).sensor.bit_depth == 10
    assert Optics().replace("blades", 6) == Optics(blades=6)
    assert f22.replace("optics", Optics(fnumber=16)) == f16


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("optics.fnumbr", 4, "unknown key optics.fnumbr; did you mean 'optics.fnumber'?"),
        ("fnumber", 4, "unknown key fnumber; did you mean 'optics.fnumber'?"),
        ("lens.fnumber", 4, "unknown key lens.fnumber; did you mean 'optics.fnumber'?"),
        ("optics.fnumber.x", 4, "unknown key optics.fnumber.x"),
        ("optics.fnumber", 0, "optics.fnumber = 0 must be in [0.5, 128]"),
        ("optics.fnumber", "wide", "optics.fnumber = 'wide' must be a number"),
        ("optics", 4, "optics must be a table"),
        ("sensor.bit_depth", 10**400, "must be in [0, 24]"),
        ("optics.fnumber", 10**400, "optics.fnumber = 1000"),
        ("optics.fnumber", float("nan"), "optics.fnumber = nan must be"),
        ("sensor.qe_file", "nowhere.csv", "nowhere.csv': no such file"),
        ("scene.illuminant", "D66", "scene.illuminant: illuminant 'D66' is unknown; did you mean 'D65'?"),
        ("method", "isetcam", "scene.distance_m must be finite"),
    ],
)
def test_what_no_camera_can_be_is_refused(key, value, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        camera_file.load("f22").replace(key, value)


def test_a_file_is_found_from_where_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("wavelength_nm,transmittance\n400,0.5\n700,0.5\n")
    for path in ("t.csv", tmp_path / "t.csv"):
        view = camera_file.load("f22").replace("optics.transmittance_file", path)
        assert view.optics.transmittance_file == str(tmp_path / "t.csv")


def test_repr_is_what_differs_from_the_defaults():
    assert repr(camera_file.load("f22")) == "Camera('f22', optics.fnumber=22, sensor.auto_exposure='incident')"
    assert repr(Camera()) == "Camera('camera')"
    assert repr(Scene(distance_m=1.2, fov_deg=None)) == "Scene(fov_deg=None, distance_m=1.2)"
    part = Sensor(cfa="mono", binning=2, noise=False)
    assert repr(part) == "Sensor(cfa='mono', binning=2, noise=False)" and eval(repr(part)) == part
    assert all(len(repr(camera_file.load(name))) < 400 for name in camera_file.builtin_names())


def test_a_notebook_shows_a_small_table():
    shown = camera_file.from_dict({"name": "x", "description": "<b>", "optics": {"fnumber": 8}})._repr_html_()
    assert shown.count("<tr>") == 3 and "optics.fnumber" in shown and "&lt;b&gt;" in shown and len(shown) < 1000


def test_docstrings_state_default_bounds_and_meaning():
    assert "fnumber : float, default 4\n    focal length over aperture diameter; in [0.5, 128]\n" in Optics.__doc__
    assert "zernike_um : tuple[float, ...], default ()" in Optics.__doc__


def test_values_can_be_copied_and_sent_to_other_processes():
    view = camera_file.load("isetcam")
    assert pickle.loads(pickle.dumps(view)) == view == copy.deepcopy(view)


def test_a_sensor_of_so_many_pixels():
    sensor = camera_file.override(Camera(), ["sensor.columns=40", "sensor.rows=30"]).sensor
    assert (sensor.columns, sensor.rows) == (40, 30)
    for bad, words in (
        (["sensor.columns=40"], "given together"),
        (["sensor.columns=41", "sensor.rows=30"], "sensor.columns = 41 must be a multiple of 2"),
        (["sensor.columns=40", "sensor.rows=30", "sensor.binning=4"], "sensor.rows = 30 must be a multiple of 8"),
    ):
        with pytest.raises(ValueError, match=words):
            camera_file.override(Camera(), bad)
    isetcam = camera_file.load("isetcam")
    with pytest.raises(ValueError, match="not modelled with method = 'isetcam'"):
        camera_file.override(isetcam, ["sensor.columns=40", "sensor.rows=30"])
