"""What is taken away makes the same picture, byte for byte."""

import shlex

import pytest

from camsim import camera_file
from camsim.designer import commands, scenes, take_away

CAMERAS = {
    "as it is": ("f22", []),
    "changed": (
        "f22",
        ["optics.fnumber=11.5", "sensor.read_noise_e=3", "isp.white_balance=[2, 1, 1.5]", "sensor.cfa=rggb"],
    ),
    "aberrations": (
        "pixel25",
        ["optics.zernike_um=[0,0,0,0,0,0,0,0.1]", "scene.illuminant=A", "sensor.exposure_s=0.01"],
    ),
    "near": ("underexposed", ["scene.distance_m=0.3", "optics.defocus_dpt=-2.5", "sensor.noise=false"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("source", ["photo:chelsea", "chart:siemens-star"])
@pytest.mark.parametrize("name", CAMERAS)
def test_the_command_makes_the_picture_that_is_downloaded(command, tmp_path, source, name):
    setting, changes = CAMERAS[name]
    camera = camera_file.override(camera_file.load(setting), changes)
    picture = take_away.make("picture.png", scenes.load_builtin(source), camera, 7)
    for told in commands.commands(source, setting, camera, 7):
        if told["name"] in ("the scene", "this picture"):
            words = shlex.split(told["text"])
            assert command(words[0], *words[1:]).returncode == 0
    assert (tmp_path / "picture.png").read_bytes() == picture


def test_so_does_the_camera_file(command, tmp_path):
    camera = camera_file.override(camera_file.load("pixel25"), ["optics.obscuration=0.3"])
    (tmp_path / "camera.toml").write_bytes(
        take_away.make("camera.toml", scenes.load_builtin("photo:coffee"), camera, 0)
    )
    done = command("camsim", "render", "--photo", "coffee", "--setting", "camera.toml", "-o", "picture.png")
    assert done.returncode == 0
    expected = take_away.make("picture.png", scenes.load_builtin("photo:coffee"), camera, 0)
    assert (tmp_path / "picture.png").read_bytes() == expected


def test_the_scene_file_is_the_scene(tmp_path):
    from camsim.io import image

    (tmp_path / "scene.png").write_bytes(take_away.make("scene.png", scenes.load_builtin("photo:coffee"), None, 0))
    assert (image.read_native(tmp_path / "scene.png") == scenes.load_builtin("photo:coffee")).all()


def test_a_camera_with_files_is_told_by_its_own(tmp_path):
    table = tmp_path / "clear.csv"
    table.write_text("wavelength_nm,transmittance\n400,0.5\n700,0.5\n")
    camera = camera_file.load("f22").replace("optics.transmittance_file", str(table))
    told = commands.commands("file:my photo.jpg", "f22", camera, 0)
    assert "--setting f22.toml" in told[0]["text"] and "'my photo.jpg'" in told[0]["text"]
    assert all(str(tmp_path) not in one["text"] for one in told)


@pytest.mark.parametrize("changes", [changes for _, changes in CAMERAS.values()])
def test_what_is_told_leads_to_the_camera(changes):
    base = camera_file.load("f22")
    camera = camera_file.override(base, changes)
    told = commands.changes(camera, "f22")
    assert len(told) == len(changes) and camera_file.override(base, told) == camera
