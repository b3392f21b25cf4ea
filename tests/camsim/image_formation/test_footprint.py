"""What would not fit in memory is refused before it is rendered."""

import dataclasses

import numpy as np
import pytest

from camsim import camera_file
from camsim.image_formation import footprint
from camsim.io import image, memory
from camsim.scene.cube import Cube


@pytest.mark.parametrize("setting", ["ideal", "f22", "isetcam"])
@pytest.mark.parametrize("keep_stages", [False, True])
def test_twice_the_pixels_take_twice_the_memory(setting, keep_stages):
    camera = camera_file.load(setting)
    sides = (256, 512)
    small, large = (
        footprint.bytes_needed(np.zeros((side, side, 3), np.uint8), camera, keep_stages=keep_stages) for side in sides
    )
    assert large / small == pytest.approx(4, rel=0.05)  # but for pixels that the sensor has around the picture


def test_the_larger_of_picture_and_sensor_counts():
    camera = camera_file.load("f22")
    picture = np.zeros((64, 64, 3), np.uint8)
    fine = camera.replace("sensor.pixel_pitch_um", camera.sensor.pixel_pitch_um / 4)
    coarse = camera.replace("sensor.pixel_pitch_um", camera.sensor.pixel_pitch_um * 16)
    needed = footprint.bytes_needed(picture, camera)
    assert footprint.bytes_needed(picture, fine) > 10 * needed
    assert 64 * 64 * footprint.CAMERA_BYTES == footprint.bytes_needed(picture, coarse) <= needed


def test_a_cube_takes_as_much_as_its_bands():
    cube = Cube(kind="reflectance", values=np.zeros((64, 64, 31), np.float32), source="")
    for setting in ("ideal", "f22"):
        needed = footprint.bytes_needed(cube, camera_file.load(setting))
        assert needed > 31 * 8 * 64 * 64  # in double precision at least once


def test_render_refuses_before_the_first_picture_is_made(refused, tmp_path, monkeypatch):
    image.write(tmp_path / "a.png", np.full((16, 16, 3), 0.5))
    image.write(tmp_path / "b.png", np.full((256, 256, 3), 0.5))
    monkeypatch.setattr(memory, "SMALL", 1 << 20)
    monkeypatch.setattr(memory, "free_bytes", lambda: 4_000_000)
    for arguments in (("b.png", "-o", "out.png"), ("a.png", "b.png", "-o", "out")):
        line = refused("camsim", "render", *arguments, "--setting", "ideal")
        assert "b.png: to render it needs about 4 MB of memory, and 4 MB are free" in line
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["a.png", "b.png"]


def test_a_large_sensor_takes_little_beside_its_pixels():
    picture, phone = np.zeros((3024, 4032, 3), np.uint8), camera_file.load("phone")
    needed = footprint.bytes_needed(picture, phone)
    assert 3024 * 4032 * (2 + 4) < needed < 3024 * 4032 * footprint.CAMERA_BYTES / 2  # counts and electrons/s at least
    larger = phone.replace("sensor", dataclasses.replace(phone.sensor, rows=6048, columns=8064))
    assert needed < footprint.bytes_needed(picture, larger) < 4 * needed
