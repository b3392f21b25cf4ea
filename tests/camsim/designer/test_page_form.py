import math

import pytest

from camsim import camera_file
from camsim.designer import page_form


@pytest.mark.parametrize("setting", camera_file.builtin_names())
def test_every_camera_comes_back_from_the_page_as_it_went(setting):
    camera = camera_file.load(setting)
    assert page_form.from_page(page_form.to_page(camera), {}) == camera


def test_json_has_words_for_what_it_has_no_number_for():
    values = page_form.to_page(camera_file.load("f22"))
    assert values["scene"]["distance_m"] == "inf" and values["sensor"]["exposure_s"] == "auto"
    assert math.isinf(page_form.from_page(values, {}).scene.distance_m)


@pytest.mark.parametrize("key", ["optics.psf_file", "optics.transmittance_file", "sensor.qe_file"])
@pytest.mark.parametrize("value", ["/etc/passwd", "../../etc/passwd", "lens.npz", ["/etc/passwd"]])
def test_a_page_cannot_name_a_file(key, value, camera, monkeypatch):
    """Whether it is there or not: nothing is looked up, and the answer is the same."""
    table, _, name = key.partition(".")
    values = camera()
    values[table][name] = value
    monkeypatch.setattr("camsim.camera_file.from_dict", lambda *a, **k: pytest.fail("the camera was made"))
    with pytest.raises(ValueError, match=f"{key} = .*none is opened by its name"):
        page_form.from_page(values, {"other.npz": "/x"})


def test_what_was_uploaded_is_found_by_its_name_and_shown_by_it(tmp_path, camera):
    table = tmp_path / "clear.csv"
    table.write_text("wavelength_nm,transmittance\n400,0.5\n700,0.5\n")
    made = page_form.from_page(camera(optics__transmittance_file="clear.csv"), {"clear.csv": table})
    assert made.optics.transmittance_file == str(table)
    assert page_form.to_page(made)["optics"]["transmittance_file"] == "clear.csv"
    assert page_form.files_of(made) == {"clear.csv": table}
    assert str(tmp_path) not in page_form.to_toml(made)


def test_a_camera_file_loads_back_equal(tmp_path, camera):
    made = page_form.from_page(camera(optics__zernike_um=[0, 0, 0, 0, 0, 0, 0, 0.05], sensor__exposure_s=0.5), {})
    (tmp_path / "mine.toml").write_text(page_form.to_toml(made), encoding="utf-8")
    assert camera_file.load(tmp_path / "mine.toml") == made
