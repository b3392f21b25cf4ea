"""Cameras as files: loading, overriding, refusing."""

import re

import pytest

from camsim import camera_file

pytestmark = pytest.mark.installed


@pytest.mark.parametrize("name", camera_file.builtin_names())
def test_every_builtin_camera_survives_the_way_through_toml(name, tmp_path):
    loaded = camera_file.load(name)
    path = tmp_path / f"{name}.toml"
    path.write_text(camera_file.to_toml(loaded), encoding="utf-8")
    assert camera_file.load(path) == loaded


def test_builtin_cameras_are_the_four_of_the_grid():
    assert camera_file.builtin_names()[:4] == ["ideal", "underexposed", "pixel25", "f22"]
    assert camera_file.load("ideal").ideal
    f22, pixel25, dark = (camera_file.load(n) for n in ("f22", "pixel25", "underexposed"))
    assert f22.optics.fnumber == 22 and f22.sensor.pixel_pitch_um == 1
    assert pixel25.optics.fnumber == 4 and pixel25.sensor.pixel_pitch_um == 25
    assert dark.optics.fnumber == 4 and dark.sensor.pixel_pitch_um == 1 and dark.sensor.exposure_ev < 0


def test_override_changes_one_value_and_auto_takes_it_back():
    f22 = camera_file.load("f22")
    changed = camera_file.override(f22, ["optics.fnumber=16", "sensor.exposure_s=0.5", "isp.color_matrix=none"])
    assert (changed.optics.fnumber, changed.sensor.exposure_s, changed.isp.color_matrix) == (16.0, 0.5, "none")
    back = camera_file.override(
        changed, ["optics.fnumber=22", "sensor.exposure_s=auto", "isp.color_matrix=colorchecker"]
    )
    assert back == f22


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("optics.fnumbr=4", ["unknown key optics.fnumbr", "fnumber"]),
        ("optics.fnumber=0", ["optics.fnumber = 0", "[0.5, 128]"]),
        ("optics.fnumber=wide", ["optics.fnumber", "a number"]),
        ("optics.fnumber=nan", ["optics.fnumber"]),
        ("sensor.cfa=rgx", ["sensor.cfa"]),
        ("sensor.fill_factor=1.5", ["sensor.fill_factor", "1"]),
        ("sensor.bit_depth=true", ["sensor.bit_depth"]),
        ("lens.fnumber=4", ["unknown key lens.fnumber"]),
        ("optics=4", ["optics must be a table"]),
        ("optics.fnumber", ["KEY=VALUE"]),
        ("isp.tone=srgbb", ["isp.tone", "did you mean 'srgb'"]),
        ("scene.distance_m=0.001", ["scene.distance_m"]),
        ("fnumber=16", ["unknown key fnumber", "did you mean 'optics.fnumber'"]),
        ("name=../../evil", ["name = '../../evil'"]),
        ("name=", ["name = ''"]),
    ],
)
def test_impossible_values_are_named(assignment, words):
    with pytest.raises(ValueError, match=re.escape(words[0])) as error:
        camera_file.override(camera_file.load("f22"), [assignment])
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("name", ["f21", "nothing.toml"])
def test_unknown_settings_are_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        camera_file.load(name)


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[optics\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.toml"):
        camera_file.load(path)
