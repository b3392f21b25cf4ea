"""How runs begin: configuration, camera and folder, with errors that name no option of a command line."""

import dataclasses

import numpy as np
import pytest

pytest.importorskip("keras")

from camsim import camera_file
from enhance import config, zoo
from enhance.training import build, start

F22 = camera_file.load("f22")


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def write_config(folder, task):
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'base = "default"\ntask = "{task}"\n')
    return folder


def test_runs_are_numbered_and_the_latest_of_a_task_is_found(tmp_path):
    assert start.free_run("sr") == start.RUNS / "sr-1"
    for number in (2, 10):
        write_config(tmp_path / "runs" / f"sr-{number}", "sr")
    write_config(tmp_path / "runs" / "named", "deblur")
    assert start.free_run("sr") == start.RUNS / "sr-11" and start.free_run("deblur") == start.RUNS / "deblur-1"
    assert start.latest_run("sr").name in ("sr-2", "sr-10") and start.latest_run("deblur").name == "named"
    with pytest.raises(ValueError, match=r"no run of color in .*runs") as error:
        start.latest_run("color")
    assert "-o " not in str(error.value)


def test_a_folder_is_refused_that_holds_something_else_or_a_run(tmp_path):
    run = write_config(tmp_path / "run", "sr")
    start.check_folder(tmp_path / "new", force=False)
    start.check_folder(run, force=True)
    with pytest.raises(FileExistsError) as exists:
        start.check_folder(run, force=False)
    assert exists.value.filename == str(run) and "--" not in str(exists.value)
    for place, words in ((tmp_path, "other than a training run"), (run / "config.toml", "is a file")):
        with pytest.raises(ValueError, match=words):
            start.check_folder(place, force=True)


def test_the_camera_is_the_one_named_or_the_tasks_or_the_runs(tmp_path):
    plain = config.load("default")
    assert start.with_camera(plain, task="deblur") == (dataclasses.replace(plain, task="deblur", setting="f22"), F22)
    (tmp_path / "mine.toml").write_text(camera_file.to_toml(F22).replace('name = "f22"', 'name = "mine"'))
    chosen, camera = start.with_camera(plain, camera="mine.toml")
    assert (chosen.task, chosen.setting, camera.name) == ("mine", "mine", "mine")
    run = write_config(tmp_path / "run", "own task")
    (run / "camera.toml").write_text((tmp_path / "mine.toml").read_text())
    for source in (run, run / "config.toml"):
        chosen, camera = start.with_camera(config.load(source), source=source)
        assert (chosen.task, chosen.setting) == ("own task", "mine")
    chosen, camera = start.with_camera(dataclasses.replace(plain, task="deblur"))
    assert camera == F22
    for options, words in (({"task": "blur"}, "unknown task 'blur'"), ({}, "neither a task nor a camera")):
        with pytest.raises(ValueError, match=words) as error:
            start.with_camera(plain, **options)
        assert "--" not in str(error.value)


def test_a_camera_that_is_not_the_tasks_is_allowed_and_said():
    said = []
    start.with_camera(config.load("default"), task="deblur", camera=F22, say=said.append)
    assert not said
    chosen, _ = start.with_camera(config.load("default"), task="deblur", camera="pixel25", say=said.append)
    assert chosen.task == "deblur" and "pixel25 is not f22" in said[0]


def test_steps_go_to_the_first_stages():
    plain = config.load("default")
    assert [stage.steps for stage in start.with_steps(plain, [7]).stages] == [7, plain.stages[1].steps]
    counted = start.with_steps(plain, [np.int64(7), np.uint8(0)]).stages
    assert [stage.steps for stage in counted] == [7, 0] and {type(stage.steps) for stage in counted} == {int}
    for counts in ([2.0], ["5"], [None]):
        with pytest.raises(ValueError, match="must be a whole number"):
            start.with_steps(plain, counts)
    with pytest.raises(ValueError, match="3 numbers of steps for the stages pixel, gan"):
        start.with_steps(plain, [1, 2, 3])


def test_a_plan_is_checked_before_anything_is_written(tmp_path):
    plan = start.planned("deblur", steps=[7, 0], precision="float32")
    assert plan.folder == start.RUNS / "deblur-1" and plan.steps == {"pixel": 7} and plan.camera == F22
    assert plan.describe() == "light for deblur, 7 steps pixel"
    with pytest.raises(build.NoInitError, match="init must name"):
        start.planned("perceptual", camera="f22")
    with pytest.raises(ValueError, match="gone: no such file"):
        start.planned("deblur", data="gone")
    with pytest.raises(ValueError, match=r"vary: .*optics\.fnumbr"):
        start.planned("deblur", vary={"optics": {"fnumbr": [1, 2]}})
    with pytest.raises(ValueError, match=r"a configuration is .*, not list"):
        start.planned(["deblur"])
    assert not list(tmp_path.glob("run*"))


@pytest.mark.slow
def test_a_task_is_an_argument_and_what_follows_from_it_is_no_key():
    plan = start.planned(task="deblur", overrides=["batch=3", "vary.optics.fnumber=[4, 22]"], seed=7)
    assert (plan.config.task, plan.config.setting, plan.camera) == ("deblur", "f22", F22)
    assert (plan.config.batch, plan.config.seed, plan.config.vary) == (3, 7, {"optics.fnumber": [4, 22]})
    assert start.planned("deblur", task="pixel").camera.name == "pixel25"
    own = start.planned("deblur", task="own", camera="f22")
    assert (own.config.task, own.config.setting, own.folder.name) == ("own", "f22", "own-1")
    plain = dataclasses.replace(config.load("default"), task="own")
    assert start.planned(plain, camera="f22").config.task == "own"
    assert start.planned("deblur", camera="f22").config.task == "f22"
    for changes in ({"setting": "f22"}, {"overrides": ["setting=f22"]}, {"overrides": ["task=own"]}):
        with pytest.raises(ValueError, match="cannot be set: it follows from the task or the camera"):
            start.planned("deblur", **changes)
    with pytest.raises(ValueError, match="unknown task 'own'"):
        start.planned(plain)


def test_a_finished_run_that_goes_on_is_left_as_it_is(tmp_path, monkeypatch):
    """Nothing was trained here: it is not the user's latest."""
    said, (shipped, *_) = [], zoo.shipped()
    plan = start.resumed(shipped.folder)
    assert plan.is_finished and start.run(plan, say=said.append) == shipped
    assert said == [f"{shipped.folder}: already finished"] and not zoo.registered()


def test_a_link_in_a_circle_is_no_place_for_a_run(tmp_path):
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    for force in (False, True):
        with pytest.raises(ValueError, match="is a link that leads nowhere"):
            start.check_folder(circle, force=force)
