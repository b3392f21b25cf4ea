"""`camsim render` as its users type it."""

import json
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from camsim import camera_file, pipeline
from camsim.cli import main, render
from camsim.image_formation import large
from camsim.io import formats, image
from camsim.sheet import layout


@pytest.mark.slow
def test_render_alone_uses_a_builtin_photograph_and_refuses_to_overwrite(command, refused, tmp_path):
    result = command("camsim", "render", "--setting", "f22")
    assert result.returncode == 0 and "built-in" in result.stderr
    picture = image.read(tmp_path / "astronaut-f22.png")
    assert picture.shape == (262, 262, 3)
    assert "astronaut-f22.png exists" in refused("camsim", "render", "--setting", "f22")
    assert command("camsim", "render", "--setting", "f22", "--force").returncode == 0


@pytest.mark.slow
def test_render_files_into_a_folder_with_a_record(command, photo, tmp_path):
    other = tmp_path / "other.jpg"
    image.write(other, image.read(photo))
    result = command("camsim", "render", photo, other, "--setting", "f22", "-o", "out/", "--json", "--seed", "7")
    assert result.returncode == 0, result.stderr
    renders = json.loads(result.stdout)["renders"]
    assert [r["output"] for r in renders] == ["out/my-f22.png", "out/other-f22.png"]
    record = json.loads((tmp_path / "out" / "my-f22.json").read_text())
    assert record["camera"]["optics"]["fnumber"] == 22 and len(record["input_sha256"]) == 64
    assert record["camera"]["scene"]["distance_m"] is None  # infinity, which JSON lacks
    assert (record["width"], record["height"]) == (262, 198)


@pytest.mark.parametrize(("kept_bytes", "reads"), [(2**30, 1), (150 * 200 * 3, 2), (0, 2)])
def test_several_inputs_are_decoded_once_unless_they_are_too_large_to_keep(
    photo, tmp_path, monkeypatch, kept_bytes, reads
):
    """The first is a picture of 90 kB, the second of 180 kB."""
    image.write(tmp_path / "fine.png", image.read(photo), bits=16)
    counted, read_native = [], image.read_native
    monkeypatch.setattr(image, "read_native", lambda path: counted.append(path.name) or read_native(path))
    monkeypatch.setattr("camsim.cli.render.KEPT_BYTES", kept_bytes)
    arguments = [str(photo), str(tmp_path / "fine.png"), "--setting", "ideal", "-o", f"{tmp_path}/out/"]
    done = CliRunner().invoke(render.render, arguments)
    assert done.exit_code == 0, done.output
    assert counted.count("fine.png") == reads and counted.count("my.png") == (1 if kept_bytes else 2)
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


@pytest.mark.slow
def test_same_seed_same_file_and_set_changes_the_camera(command, photo, tmp_path):
    for name, extra in (("a", []), ("b", []), ("c", ["--set", "optics.fnumber=4"]), ("d", ["--seed", "1"])):
        done = command("camsim", "render", photo, "--setting", "f22", "-o", f"{name}.png", "--size", "40", *extra)
        assert done.returncode == 0, done.stderr
    a, b, c, d = ((tmp_path / f"{n}.png").read_bytes() for n in "abcd")
    assert a == b and len({a, c, d}) == 3
    assert image.read(tmp_path / "a.png").shape == (30, 40, 3)


@pytest.mark.slow
def test_command_writes_a_sheet(command, tmp_path):
    image.write(tmp_path / "a.png", np.random.default_rng(0).random((16, 16, 3)))
    result = command("camsim", "render", "a.png", "--setting", "pixel25", "--sheet")
    assert result.returncode == 0, result.stderr
    sensor = 22, 22  # docs/cameras.md
    sheet = image.read(tmp_path / "a-pixel25-sheet.png")
    assert sheet.shape == (layout.grid(*sensor).page_height, layout.WIDTH, 3)
    for box in map(layout.grid(*sensor).panel, range(6)):
        assert np.ptp(sheet[box.top : box.bottom, box.left : box.right]) > 0.2, "every panel shows something"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("render", "gone.png"), "gone.png"),
        (("render", "text.png"), "text.png"),
        (("render", "half.png"), "half.png"),
        (("render", "my.png", "--setting", "f21"), "did you mean 'f22'"),
        (("render", "my.png", "--set", "optics.fnumber=0"), "optics.fnumber"),
        (("render", "my.png", "-o", "out.xyz"), ".xyz"),
        (("render", "my.png", "my.png", "-o", "one.png"), "need a folder"),
        (("render", "my.png", "-o", "text.png/out.png"), "text.png"),
        (("render", "my.png", "--frobnicate"), "--frobnicate"),
        (("render", "my.png", "-o", "my.png", "--force"), "an input as well"),
        (("render", "my.png", "--size", "100000"), "--size"),
        (("render", "my.png", "--set", "scene.luminance_cd_m2=1e-30"), "dark current"),
        (("render", "my.png", "half.png", "-o", "out"), "half.png"),
        (("render", "my.png", "--wavelengths", "400:10"), "--wavelengths 400:10: write START:STEP:STOP"),
        (("render", "my.png", "--wavelengths", "700:10:400"), "--wavelengths 700:10:400: write START:STEP:STOP"),
        (("render", "my.png", "--set", "scene.fov_deg=110"), "scene.fov_deg"),
        (("render", "my.png", "--set", "sensor.pixel_pitch_um=0.1", "--set", "scene.fov_deg=60"), "limit"),
        (("render", "black.png", "--setting", "f22-auto"), "black"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(refused, photo, tmp_path, arguments, words):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "half.png").write_bytes(photo.read_bytes()[:2000])
    image.write(tmp_path / "black.png", np.zeros((150, 150, 3)))
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    assert words in refused("camsim", *arguments)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("quiet", [False, True])
def test_of_an_animation_the_first_picture_is_taken_with_a_note(quiet, monkeypatch, tmp_path, capfd):
    frames = [Image.fromarray(np.full((20, 30, 3), 60 * n, np.uint8)) for n in range(3)]
    frames[0].save(tmp_path / "clip.gif", save_all=True, append_images=frames[1:], duration=40)
    monkeypatch.chdir(tmp_path)
    arguments = ["camsim", "render", "clip.gif", "--setting", "ideal", *(["-q"] if quiet else [])]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 0
    note = "note: clip.gif: animated, 3 pictures; the first is read\n"
    assert capfd.readouterr().err == ("" if quiet else note)
    assert image.read(tmp_path / "clip-ideal.png").max() == 0


def test_a_picture_that_needs_imagecodecs_is_one_line(refused, monkeypatch, tmp_path):
    monkeypatch.setattr(formats, "has_imagecodecs", lambda: False)
    (tmp_path / "a.jxl").write_bytes(b"\xff\x0a" + bytes(40))
    line = refused("camsim", "render", "a.jxl", "--setting", "ideal")
    assert line.endswith("a.jxl: cannot be read (to read JPEG XL install imagecodecs: pip install 'cam2eye[formats]')")


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    """Run `camsim render` in this process, in an empty folder; it must succeed. Gives its records and its notes."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        done = CliRunner().invoke(render.render, [*map(str, arguments), "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["renders"], done.stderr

    return run


def test_every_setting_that_is_named_is_rendered(rendered, refused, photo, tmp_path):
    records, _ = rendered(photo, "--setting", "f22", "--setting", "ideal", "-o", "out", "--size", 40, "--seed", 3)
    assert [(r["output"], r["camera"]["name"], r["seed"]) for r in records] == [
        ("out/my-f22.png", "f22", 3),
        ("out/my-ideal.png", "ideal", 3),
    ]
    rendered(photo, "--setting", "f22", "-o", "alone.png", "--size", 40, "--seed", 3)
    assert (tmp_path / "alone.png").read_bytes() == (tmp_path / "out" / "my-f22.png").read_bytes()
    two = ("camsim", "render", photo, "--setting", "f22", "--setting", "ideal")
    assert "2 pictures need a folder to go into, not one.png" in refused(*two, "-o", "one.png")
    assert "--dump takes one input, one setting" in refused(*two, "--dump", "stages.npz")
    assert "same name" in refused(*two, "--setting", "f22")


def test_equal_pictures_of_a_folder_differ_in_noise_and_are_the_same_again(rendered, photo, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "in" / name).write_bytes(photo.read_bytes())
    arguments = ("in", "--setting", "pixel25")
    records, _ = rendered(*arguments, "-o", "first")
    rendered(*arguments, "-o", "again")
    rendered(*arguments, "-o", "other", "--seed", 1)
    a, b = (image.read(tmp_path / "first" / f"{name}-pixel25.png") for name in "ab")
    assert 0 < np.abs(a - b).mean() < 0.02  # the same picture, other noise
    for name in "ab":
        first, again, other = (
            (tmp_path / place / f"{name}-pixel25.png").read_bytes() for place in ("first", "again", "other")
        )
        assert first == again != other
    rendered("in/b.png", "--setting", "pixel25", "--seed", records[1]["seed"], "-o", "b.png")  # the record's seed
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "first" / "b-pixel25.png").read_bytes()


def test_a_size_beyond_the_sensors_says_that_it_enlarges(rendered, photo):
    _, notes = rendered(photo, "--setting", "f22", "--size", 512, "-o", "a.png")
    assert notes == "note: a.png: --size enlarges the camera's 262 pixels\n"
    _, notes = rendered(photo, "--setting", "f22", "--size", 262, "-o", "b.png")
    assert notes == ""


def test_the_number_of_seconds_is_called_exposure(photo, tmp_path):
    done = CliRunner().invoke(render.render, [str(photo), "--setting", "f22", "-o", f"{tmp_path}/a.png"])
    assert re.fullmatch(rf"{tmp_path}/a.png  262×198, exposure [\d.e+]+ s\n", done.stdout)


def test_a_large_sensor_is_rendered_in_bands_whoever_shares_them(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(large, "SENSOR_PIXELS", 2**12)
    camera = ["--setting", "phone", "--set", "sensor.columns=160", "--set", "sensor.rows=120"]
    for name, extra in (("a.png", []), ("b.png", ["--jobs", "3"]), ("c.tif", []), ("d.png", ["--size", "40"])):
        done = CliRunner().invoke(render.render, [str(photo), *camera, "-o", f"{tmp_path}/{name}", *extra])
        assert done.exit_code == 0, done.output
        assert re.match(rf"{tmp_path}/{name}  (160×120|40×30), exposure", done.stdout)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    shown = image.read_native(tmp_path / "a.png")
    np.testing.assert_array_equal(shown, image.read_native(tmp_path / "c.tif"))
    record = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (record["width"], record["height"], record["camera_width"]) == (160, 120, 160)
    monkeypatch.undo()
    phone = camera_file.override(camera_file.load("phone"), camera[3::2])
    at_once = pipeline.render(image.read_native(photo), phone)
    assert np.abs(image.quantise(at_once.rgb).astype(int) - shown).mean() < 0.02  # of codes


def test_stages_of_a_large_sensor_are_refused(photo, tmp_path):
    camera = ["--setting", "phone", "--set", "sensor.columns=1600", "--set", "sensor.rows=1200"]
    files = ["--dump", f"{tmp_path}/a.npz", "-o", f"{tmp_path}/a.png"]
    done = CliRunner().invoke(render.render, [str(photo), *camera, *files])
    assert isinstance(done.exception, ValueError) and "spatial frequencies" in str(done.exception)
    assert not list(tmp_path.glob("a.*"))
