"""`import enhance`: what it shows, what it loads, and every function of it called twice."""

import doctest
import importlib
import subprocess
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")

import enhance
from camsim import camera_file
from camsim.io import image
from camsim.io.resize import resize
from enhance import zoo
from enhance.networks import generators

pytestmark = pytest.mark.installed

SMALL = {"generator": {"kind": "light", "blocks": 1, "filters": 4}, "hr_px": 32, "validation": 1, "jobs": 0, "batch": 2}


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "generator.keras"
    generators.build("light", scale=4, blocks=1, filters=4).save(path)
    return path


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    image.write(path, resize(np.random.default_rng(0).random((5, 6, 3)), (20, 24)))
    return path


@pytest.fixture
def photos(tmp_path):
    for number in range(4):
        picture = resize(np.random.default_rng(number).random((7, 7, 3)), (64, 64))
        image.write(tmp_path / "photos" / f"{number}.png", picture)
    return tmp_path / "photos"


def test_importing_it_loads_nothing_heavy():
    code = "import enhance, sys; print([n for n in ('numpy', 'keras', 'tensorflow', 'scipy') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_shows_what_it_has_and_nothing_else():
    assert dir(enhance) == sorted(enhance.__all__)
    assert {"Config", "Stage", "evaluate", "load", "models", "train"} == set(enhance.__all__)
    for name in enhance.__all__:
        assert callable(getattr(enhance, name)) and getattr(enhance, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        enhance.trian  # noqa: B018


def test_load_gives_a_function_of_files_and_arrays(model_file, photo):
    for _ in range(2):
        enlarge = enhance.load(model_file, tile=60, device="cpu")
        whole = enhance.load(str(model_file))
        found = enlarge(photo)
        assert found.shape == (80, 96, 3) and found.dtype == np.uint8
        np.testing.assert_array_equal(found, enlarge(image.read_native(photo)))
        np.testing.assert_array_equal(found, whole(str(photo)))
        assert repr(enlarge).startswith("<Enlarger: ×4, light, ") and len(repr(enlarge)) < 80


def test_load_finds_tasks_and_runs_and_says_what_there_is(tmp_path, monkeypatch, model_file):
    with pytest.raises(ValueError, match=r"blurr: neither a task \(sr, color, pixel, deblur\) nor a file"):
        enhance.load("blurr")
    with pytest.raises(ValueError, match="no trained model here"):
        enhance.load(tmp_path)
    for given in (None, 3, [model_file]):
        with pytest.raises(ValueError, match=f"a model is a task, a run or a file, not {type(given).__name__}"):
            enhance.load(given)
    with pytest.raises(ValueError, match="unknown device None"):
        enhance.load(model_file, device=None)
    entry = zoo.Entry(folder=model_file.parent, card={"task": "deblur", "scale": 4})
    monkeypatch.setattr(zoo, "find", lambda task, style: entry)
    assert enhance.load("deblur")(np.zeros((4, 4), np.uint8)).shape == (16, 16)


@pytest.mark.slow
def test_load_mixes_two_models_and_averages_turns(tmp_path, photo):
    """The untrained light generator is bilinear and its last bias adds to that: halfway, half of the bias is added."""
    paths = [tmp_path / "one.keras", tmp_path / "two.keras"]
    for path, bias in zip(paths, (0.0, 0.5), strict=True):
        network = generators.build("light", scale=4, blocks=1, filters=4)
        network.get_layer("tail").bias.assign(np.full(48, bias))
        network.save(path)
    dark = np.full((6, 9, 3), 0.1)
    for share, wanted in ((0, 0.1), (0.5, 0.35), (1, 0.6)):
        found = enhance.load(paths[0], style=share, toward=paths[1], ensemble=True)(dark)
        np.testing.assert_allclose(found, np.full((24, 36, 3), wanted), atol=1e-6)
    with pytest.raises(ValueError, match="a style is of a task"):
        enhance.load(paths[0], style=0.5)
    with pytest.raises(ValueError, match="sr has no style 'vivid'; there is: faithful"):
        enhance.load("sr", style="vivid")
    with pytest.raises(ValueError, match="not int"):
        enhance.load(paths[0], style=0.5, toward=3)


@pytest.mark.slow
def test_models_are_those_that_load_finds():
    for _ in range(2):
        found = enhance.models()
        assert [run.task for run in found] == list(zoo.TASKS)
    deblur = found[-1]
    assert deblur.weights == deblur.folder / "generator.keras" and deblur.card["task"] == "deblur"
    assert repr(deblur).startswith("<deblur ×4, ") and len(repr(deblur)) < 160
    assert "<th>Held-out pictures</th>" in deblur._repr_html_()
    picture = np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(deblur.load()(picture), enhance.load("deblur")(picture))
    np.testing.assert_array_equal(deblur.load()(picture), enhance.load(deblur)(picture))


@pytest.mark.slow
def test_train_gives_a_run_that_load_finds(photos, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said, losses = [], []
    run = enhance.train(
        "deblur",
        data=photos,
        output=tmp_path / "mine",
        steps=(steps for steps in np.array([2, 0])),
        say=said.append,
        report=lambda steps, found: losses.append(found["l1"]),
        **SMALL,
    )
    assert run.folder == tmp_path / "mine" and run.card["steps"] == 2 and len(losses) == 2
    assert run.task == "deblur" and "mine: light for deblur, 2 steps pixel" in said[0]
    np.testing.assert_array_equal(run.load()(photo), enhance.load(run.folder)(photo))
    assert repr(enhance.models()[4]) == repr(run)  # after those that are shipped, which a task's name stands for
    assert zoo.find("deblur").is_shipped
    assert set(run.inputs) == {"mean_luminance", "peak_luminance"}  # 8 pixels a side tell nothing of sharpness
    again = enhance.train(enhance.Config(task="deblur", stages=(enhance.Stage(steps=1),), data=str(photos), **SMALL))
    assert again.folder == zoo.Path("runs/deblur-1") and again.card["steps"] == 1
    with pytest.raises(FileExistsError):
        enhance.train("deblur", data=photos, output=run.folder)
    assert enhance.train(resume=run.folder).card == run.card  # finished: nothing is left to do
    own = camera_file.load("f22")
    with pytest.raises(ValueError, match="nothing but report and say with resume"):
        enhance.train("deblur", resume=run.folder)
    with pytest.raises(ValueError, match="cannot be set: it follows"):
        enhance.train("deblur", setting="pixel25")
    with pytest.raises(ValueError, match="unknown task 'blurr'"):
        enhance.train(task="blurr", steps=np.int64(3))
    with pytest.raises(ValueError, match="neither a configuration nor a task nor a camera"):
        enhance.train(camera=None)
    with pytest.raises(ValueError, match="unknown configuration 'blurr'"):
        enhance.train("blurr", camera=own)
    with pytest.raises(ValueError, match="unknown key bach; did you mean 'batch'"):
        enhance.train("deblur", bach=3)


@pytest.mark.slow
def test_evaluate_takes_tasks_runs_functions_and_none(model_file, tmp_path):
    image.write(tmp_path / "bench" / "a.png", np.random.default_rng(0).random((48, 52, 3)))
    folder = tmp_path / "bench"
    alone = enhance.evaluate(None, folder)
    (row,) = alone
    assert (row.bench, row.model, row.pictures) == ("bench", "bicubic", 1)
    found = enhance.evaluate(str(model_file), [str(folder)])
    same = enhance.evaluate({"mine": enhance.load(model_file)}, {"Own": folder}, delta_e=True)
    assert [row.model for row in found] == ["bicubic", str(model_file)]
    assert [(row.bench, row.model) for row in same] == [("Own", "bicubic"), ("Own", "mine")]
    assert found.rows[1].psnr_db == same.rows[1].psnr_db and same.rows[1].delta_e > 0
    run = enhance.models()[0]
    assert [row.model for row in enhance.evaluate(run, iter([folder]))] == ["bicubic", "sr"]

    def black(lr):
        return np.zeros((2 * lr.shape[0], 2 * lr.shape[1], 3))

    assert enhance.evaluate(black, folder, scale=2, channel="RGB", crop_px=0).rows[1].model == "black"
    for model, benches, words in (
        (black, folder, "another scale"),
        (black, None, "folder must be a path, not NoneType"),
        (black, [], "no benchmark is named"),
        (black, [folder, str(folder)], "two are named bench"),
        (3, folder, "a model is .*, not int"),
        ([black, black], folder, "a model is .*, not list"),
        ({"a": None}, folder, "a model is .*, not NoneType"),
        ({"a": {"b": black}}, folder, "a model is .*, not dict"),
        ({"bicubic": black}, folder, "cannot be named 'bicubic'"),
        ({1: black}, folder, "cannot be named 1"),
    ):
        with pytest.raises(ValueError, match=words):
            enhance.evaluate(model, benches)
    with pytest.raises(ValueError, match=r"scale = 4\.0 must be a whole number"):
        enhance.evaluate(black, folder, scale=4.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "module",
    [
        "enhance",
        "enhance.config",
        "enhance.evaluation.results",
        "enhance.inference.apply",
        "enhance.inference.run",
        "enhance.zoo",
    ],
)
def test_the_examples_of_the_docstrings_run(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 0 and found.failed == 0
