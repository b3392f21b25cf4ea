"""Where trained models are found: by task, by folder, by file; what an unfinished run says."""

import json
import shutil

import pytest

from enhance import user_files, zoo


def write_run(folder, *, task="deblur", finished=True):
    """A folder like that of a run."""
    folder.mkdir(parents=True)
    card = {"task": task, "generator": "light", "data": "photographs", "scale": 4, "parameters": 1, "steps": 1}
    card |= {"stages": {"pixel": 1}, "validation": {"val_psnr_db": 30.0}, "finished": finished}
    (folder / zoo.CARD).write_text(json.dumps(card | {"source_sha256": ["0" * 64]}))
    (folder / zoo.GENERATOR).touch()
    return folder


def test_every_model_has_a_licence(tmp_path):
    """What ships names the file that lies beside it; of your own nothing is known but that it is yours."""
    folder = zoo.shipped()[0].folder.parent
    text = (folder / "LICENSE").read_text(encoding="utf-8")
    for entry in zoo.shipped():
        assert entry.licence.endswith("(enhance/weights/LICENSE)") and entry.task in text.splitlines()[0]
    assert zoo.open_run(write_run(tmp_path / "own")).licence.startswith("yours")
    card = json.loads((tmp_path / "own" / zoo.CARD).read_text())
    (tmp_path / "own" / zoo.CARD).write_text(json.dumps(card | {"licence": 4}))
    with pytest.raises(ValueError, match="damaged"):
        zoo.open_run(tmp_path / "own")


def test_a_tasks_name_stands_for_what_is_shipped_until_a_run_is_chosen(tmp_path):
    for name in ("first", "second"):
        user_files.remember(write_run(tmp_path / name))
    user_files.remember(tmp_path / "first")  # again: it is the latest now, and there once
    assert [entry.folder.name for entry in zoo.registered()] == ["first", "second"]
    user_files.remember(zoo.shipped()[0].folder)
    assert [entry.folder.name for entry in zoo.known()] == [*zoo.TASKS, "first", "second"]  # there once
    assert zoo.find("deblur").is_shipped
    assert zoo.use(tmp_path / "second").task == "deblur"
    assert zoo.find("deblur").folder == tmp_path / "second" and zoo.find("sr").is_shipped
    assert zoo.find("deblur").describe() == f"deblur, your run ({tmp_path / 'second'})"
    assert zoo.reset("sr") == [] and zoo.reset("deblur") == ["deblur"]
    assert zoo.find("deblur").is_shipped
    zoo.use(tmp_path / "second")
    assert zoo.reset() == ["deblur"] and zoo.reset() == [] and zoo.find("deblur").is_shipped
    with pytest.raises(ValueError, match="unknown task 'blur'"):
        zoo.reset("blur")


def test_a_choice_that_is_gone_or_damaged_is_said_and_nothing_else_is_taken(tmp_path, monkeypatch):
    zoo.use(write_run(tmp_path / "mine"))
    shutil.rmtree(tmp_path / "mine")
    with pytest.raises(zoo.VanishedError, match=r"chosen for deblur is gone \(.*mine: no trained model here"):
        zoo.find("deblur")
    assert zoo.find("sr").is_shipped and zoo.reset("deblur") == ["deblur"] and zoo.find("deblur").is_shipped
    for text in ("{", "[]", '{"deblur": 3}'):
        (tmp_path / "home" / "models-in-use.json").write_text(text)
        with pytest.raises(ValueError, match="models-in-use.json: damaged"):
            zoo.find("deblur")


def test_a_camera_of_ones_own_has_its_latest_run_unless_one_is_chosen(tmp_path):
    for name in ("first", "second"):
        user_files.remember(write_run(tmp_path / name, task="mine"))
    assert zoo.tasks() == [*zoo.TASKS, "mine"] and zoo.find("mine").folder == tmp_path / "second"
    zoo.use(tmp_path / "first")
    assert zoo.find("mine").folder == tmp_path / "first"


def test_a_model_is_named_by_a_task_a_run_or_its_file(tmp_path):
    run = write_run(tmp_path / "models" / "deblur")
    for given in (run, str(run), run / zoo.GENERATOR):
        weights, entry = zoo.open_model(given)
        assert weights == run / zoo.GENERATOR and entry.folder == run
    assert entry.facts.keys() == entry.card.keys() - {"source_sha256"} and entry.inputs == {}
    (run / "pixel.keras").touch()  # of a stage: no result
    assert zoo.open_model(run / "pixel.keras") == (run / "pixel.keras", None)
    assert zoo.open_model("deblur")[1].is_shipped
    write_run(tmp_path / "models" / "sr", task="sr")
    with pytest.raises(zoo.SeveralModelsError, match=r"models: a folder of models.*models/sr, .*models/deblur"):
        zoo.open_model(tmp_path / "models")


def test_what_is_no_model_is_named_without_an_option_of_the_command_line(tmp_path, monkeypatch):
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / zoo.CARD).write_text("{}")
    odd = write_run(tmp_path / "odd")
    card = json.loads((odd / zoo.CARD).read_text())
    (odd / zoo.CARD).write_text(json.dumps(card | {"inputs": {"sharpness": [0.2, 0.1]}}))
    unfinished = write_run(tmp_path / "unfinished", finished=False)
    monkeypatch.setattr(zoo, "shipped", list)
    for given, words, kind in (
        ("blurr", "neither a task", ValueError),
        (tmp_path / "gone", "neither a task", ValueError),
        (tmp_path / "damaged", "damaged", ValueError),
        (odd, "damaged", ValueError),
        (unfinished, "training is not finished", zoo.UnfinishedError),
        ("sr", "no model for sr", zoo.NoModelError),
    ):
        with pytest.raises(kind, match=words) as error:
            zoo.open_model(given)
        assert "--" not in str(error.value)
