"""What `import camsim` hands out: every function twice, with paths and with arrays, in any order."""

import doctest
import importlib
import inspect
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import camsim
from camsim.io import image
from camsim.scene import cube

pytestmark = pytest.mark.installed

FUNCTIONS = ["chart", "load", "measure_color", "measure_mtf", "measure_noise", "read", "render", "write"]


def run(code: str, folder) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder).stdout


def test_import_loads_nothing_slow(tmp_path):
    code = (
        "import sys, camsim; dir(camsim); print([m for m in ('numpy', 'scipy', 'PIL', 'typing') if m in sys.modules])"
    )
    before = "import sys; print([m for m in ('numpy', 'scipy', 'PIL', 'typing') if m in sys.modules])"
    assert run(code, tmp_path) == run(before, tmp_path)


def test_dir_shows_all_of_it_and_nothing_else():
    classes = ["Augment", "Camera", "ISP", "Optics", "Renderer", "Scene", "Sensor", "Shot"]
    assert dir(camsim) == sorted([*classes, "__version__", *FUNCTIONS])
    assert all(callable(getattr(camsim, name)) and getattr(camsim, name).__doc__ for name in FUNCTIONS)
    with pytest.raises(AttributeError, match="no attribute 'rendr'"):
        _ = camsim.rendr


@pytest.mark.slow
@pytest.mark.parametrize("backwards", [False, True])
def test_every_order_of_calls(tmp_path, backwards):
    """A room or file named like a function would take its place once it is imported."""
    calls = [
        "camsim.chart('uniform', 16, 16)",
        "camsim.load('f22')",
        "camsim.write('a.png', np.full((16, 16, 3), 0.5))",
        "camsim.read('a.png')",
        "camsim.render('a.png', 'pixel25')",
        "camsim.Camera()",
        "camsim.Shot.reduced",
        "camsim.measure_noise('f22', size=64)",
        "camsim.measure_mtf(camsim.chart('slanted-edge', 64, 64))",
        "camsim.measure_color(camsim.chart('colorchecker'))",
    ]
    (tmp_path / "a.png").write_bytes(b"")
    image.write(tmp_path / "a.png", np.full((16, 16, 3), 0.5))
    calls = calls[::-1] if backwards else calls
    run("\n".join(["import camsim, numpy as np", *calls, *calls]), tmp_path)


@pytest.mark.slow
def test_render_takes_paths_arrays_cubes_settings_and_cameras(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(picture).save(tmp_path / "my.png")
    (tmp_path / "mine.toml").write_text(
        "[sensor]\npixel_pitch_um = 25.0\nauto_exposure = 'incident'\n[scene]\nfov_deg = 7.762\n"
    )
    first = camsim.render(tmp_path / "my.png", "pixel25", seed=3)
    pictures = (str(tmp_path / "my.png"), picture, picture.astype(np.uint16) * 257, picture / 255)
    cameras = ("pixel25", camsim.load("pixel25"), tmp_path / "mine.toml", str(tmp_path / "mine.toml"))
    for again, camera in zip(pictures, cameras, strict=True):
        np.testing.assert_array_equal(camsim.render(again, camera, seed=3).rgb, first.rgb)
    assert not np.array_equal(camsim.render(picture, "pixel25", seed=4).rgb, first.rgb)
    reflectance = np.full((12, 16, 31), 0.5)
    cube.write(tmp_path / "grey.npz", reflectance, np.arange(400, 701, 10), "reflectance")
    by_path = camsim.render(tmp_path / "grey.npz", "pixel25")
    by_cube = camsim.render(camsim.read(tmp_path / "grey.npz"), "pixel25")
    np.testing.assert_array_equal(by_path.rgb, by_cube.rgb)
    with pytest.raises(ValueError, match=r"nowhere\.png: no such file"):
        camsim.render("nowhere.png", "f22")
    with pytest.raises(ValueError, match="did you mean 'f22'"):
        camsim.render(picture, "f23")


@pytest.mark.slow
def test_render_is_the_commands(command, tmp_path):
    picture = np.random.default_rng(1).integers(0, 65536, (24, 32, 3), np.uint16)
    camsim.write(tmp_path / "my.png", picture, bits=16)
    done = command(
        "camsim", "render", "my.png", "--setting", "f22", "--seed", "7", "-o", "cli.png", "--dump", "cli.npz"
    )
    assert done.returncode == 0, done.stderr
    shot = camsim.render(tmp_path / "my.png", "f22", seed=7, keep_stages=True)
    shot.save(tmp_path / "api.png")
    shot.save(tmp_path / "api.npz")
    assert (tmp_path / "api.png").read_bytes() == (tmp_path / "cli.png").read_bytes()
    with np.load(tmp_path / "api.npz") as ours, np.load(tmp_path / "cli.npz") as theirs:
        assert set(ours) == set(theirs)
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])


@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_written_is_read(tmp_path, bits):
    whole = np.random.default_rng(2).integers(0, 2**bits, (5, 7, 3)).astype(f"uint{bits}")
    for picture in (whole, whole / (2**bits - 1)):
        camsim.write(tmp_path / "a.png", picture, bits=bits)
        np.testing.assert_array_equal(camsim.read(str(tmp_path / "a.png")), whole / (2**bits - 1))
    np.testing.assert_array_equal(image.read_native(tmp_path / "a.png"), whole)
    for bad, words in ((np.ones((4, 4)), r"\(H, W, 3\)"), (np.ones((4, 4, 4)), r"\(H, W, 3\)")):
        with pytest.raises(ValueError, match=words):
            camsim.write(tmp_path / "b.png", bad)
    with pytest.raises(ValueError, match="unknown picture format"):
        camsim.write(tmp_path / "b.xyz", whole)
    assert not list(tmp_path.glob("b.*"))


def test_read_gives_a_cube_for_a_hyperspectral_scene(tmp_path):
    cube.write(tmp_path / "a.npz", np.full((4, 5, 31), 0.5), np.arange(400, 701, 10), "reflectance")
    for _ in range(2):
        scene = camsim.read(tmp_path / "a.npz")
        assert scene.values.shape == (4, 5, 31) and repr(scene) == "Cube(reflectance, 5×4, 400 to 700 nm)"


def test_chart():
    for _ in range(2):
        edge = camsim.chart("slanted-edge", 64, 96, angle_deg=8)
        assert edge.shape == (64, 96, 3) and edge.min() >= 0 and edge.max() <= 1
    assert camsim.chart("colorchecker").shape == (396, 588, 3)
    with pytest.raises(ValueError, match="did you mean 'angle_deg'"):
        camsim.chart("slanted-edge", 64, 64, angle=8)


def test_measurements_of_paths_and_arrays(tmp_path):
    edge, checker = camsim.chart("slanted-edge", 96, 96), camsim.chart("colorchecker")
    camsim.write(tmp_path / "edge.png", edge, bits=16)
    camsim.write(tmp_path / "checker.png", checker, bits=16)
    for mtf in (
        camsim.measure_mtf(tmp_path / "edge.png"),
        camsim.measure_mtf(edge, channel="G"),
        camsim.measure_mtf(edge, (0, 0, 96, 96)),
        camsim.measure_mtf(np.rint(edge * 65535).astype(np.uint16)),
    ):
        assert mtf.nyquist_sfr == pytest.approx(2 / np.pi, abs=0.02)  # squares of one pixel
    for check in (
        camsim.measure_color(str(tmp_path / "checker.png")),
        camsim.measure_color(checker, match_white=True),
    ):
        assert np.median(check.delta_e) < 0.05
    with pytest.raises(ValueError, match="one of Y, R, G, B"):
        camsim.measure_mtf(edge, channel="X")


def test_noise_of_a_setting_a_file_and_a_camera(tmp_path):
    (tmp_path / "mine.toml").write_text("[sensor]\nread_noise_e = 5.0\n")
    camera = camsim.Camera().replace("sensor.read_noise_e", 5)
    for setting in (camera, tmp_path / "mine.toml"):
        assert camsim.measure_noise(setting, size=96).read_noise_e == pytest.approx(5, rel=0.1)
    with pytest.raises(ValueError, match="no sensor"):
        camsim.measure_noise("ideal")


def test_a_shot_is_short_in_words_and_a_picture_in_a_notebook(tmp_path):
    picture = np.full((24, 32, 3), 0.5)
    shot = camsim.render(picture, "pixel25", keep_stages=True)
    assert repr(shot) == "Shot(22×16, exposure 0.00238 s, stages kept)"
    assert "stages" not in repr(camsim.render(picture, "pixel25"))
    assert repr(camsim.render(picture, "ideal")) == "Shot(32×24, no sensor)"
    assert repr(shot.stages) == "Stages(picture 32×24, sensor 22×16, exposure 0.00238 s)"
    with Image.open(io.BytesIO(shot._repr_png_())) as shown:
        np.testing.assert_array_equal(np.asarray(shown), image.quantise(shot.rgb))
    assert 'width="506"' in shot._repr_html_() and "22×16" in shot._repr_html_()
    large = camsim.render(np.zeros((100, 2000, 3)), "ideal")
    with Image.open(io.BytesIO(large._repr_png_())) as shown:
        assert shown.size == (1024, 51)
    with pytest.raises(ValueError, match="keep_stages"):
        camsim.render(picture, "pixel25").save(tmp_path / "x.npz")


# --- docstrings -----------------------------------------------------------------------------------------------------

DOCUMENTED = ("", "camera", "shot", "schema.frozen", "pipeline", "camera_file", "measure.instruments", "scene.cube")


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(f"camsim.{name}".rstrip("."))
    done = doctest.testmod(module)
    assert done.attempted and not done.failed


def handed_out() -> list[str]:
    """Every function, class, public method and property that the front door reaches here."""
    names = [f"camsim.{name}" for name in FUNCTIONS if not name.startswith("measure")]
    names += [f"camsim.measure.instruments.{name}" for name in FUNCTIONS if name.startswith("measure")]
    names += ["camsim.pipeline.render", "camsim.camera_file.load"]
    for place in ("camera.Camera", "camera.Scene", "camera.Optics", "camera.Sensor", "camera.ISP", "shot.Shot"):
        module, _, name = place.partition(".")
        kind = getattr(importlib.import_module(f"camsim.{module}"), name)
        members = inspect.getmembers(kind, lambda member: inspect.isfunction(member) or isinstance(member, property))
        names += [f"camsim.{place}", *(f"camsim.{place}.{key}" for key, _ in members if not key.startswith("_"))]
    return [*names, "camsim.shot.Stages", "camsim.scene.cube.Cube"]


@pytest.mark.parametrize("name", handed_out())
def test_docstrings_are_complete(name):
    validate = pytest.importorskip("numpydoc.validate").validate
    wanted = ("EX01", "PR01", "PR02", "PR07", "RT01")
    assert [error for error in validate(name)["errors"] if error[0] in wanted] == []


@pytest.mark.slow
def test_a_first_render_loads_only_what_it_needs():
    code = (
        "import sys, numpy, camsim; camsim.render(numpy.full((64, 64, 3), 0.5), 'f22'); "
        "slow = {'colour', 'colour_demosaicing', 'matplotlib', 'tifffile', 'scipy.interpolate'}; "
        "print(sorted((slow | {'scipy.optimize', 'scipy.io', 'keras'}) & {*sys.modules}))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
