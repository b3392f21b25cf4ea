"""Where trained models are found: by task, by folder, by file; what an unfinished run says."""

import json

import pytest

from enhance import zoo


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


def test_the_latest_registered_run_of_a_task_goes_before_the_one_that_ships(tmp_path):
    assert [entry.task for entry in zoo.known()] == list(zoo.TASKS)
    for name in ("first", "second"):
        zoo.register(write_run(tmp_path / name))
    assert zoo.find("deblur").folder == tmp_path / "second"
    zoo.register(tmp_path / "first")  # again: it is the latest now, and there once
    assert [entry.folder.name for entry in zoo.registered()] == ["first", "second"]
    assert zoo.weights_of("deblur") == tmp_path / "first" / "generator.keras"
    zoo.register(write_run(tmp_path / "own", task="mine"))
    assert zoo.tasks() == [*zoo.TASKS, "mine"] and zoo.find("mine").folder == tmp_path / "own"


def test_a_model_is_found_in_a_folder_of_models_in_a_run_or_as_a_file(tmp_path):
    run = write_run(tmp_path / "models" / "deblur")
    for given, models in (("deblur", tmp_path / "models"), ("deblur", run), (run, None), (run / zoo.GENERATOR, None)):
        assert zoo.weights_of(given, models) == run / zoo.GENERATOR
    assert zoo.open_run(run).facts.keys() == zoo.open_run(run).card.keys() - {"source_sha256"}


def test_what_is_no_model_is_named_without_an_option_of_the_command_line(tmp_path, monkeypatch):
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / zoo.CARD).write_text("{}")
    unfinished = write_run(tmp_path / "unfinished", finished=False)
    monkeypatch.setattr(zoo, "known", list)
    for given, models, words, kind in (
        ("blurr", None, "neither a task", ValueError),
        (tmp_path, None, "no trained model here", ValueError),
        (tmp_path / "damaged", None, "damaged", ValueError),
        (unfinished, None, "training is not finished", zoo.UnfinishedError),
        ("sr", tmp_path / "unfinished", "not finished", zoo.UnfinishedError),
        ("sr", tmp_path / "gone", "no such folder", ValueError),
        ("sr", None, "no model for sr", zoo.NoModelError),
    ):
        with pytest.raises(kind, match=words) as error:
            zoo.weights_of(given, models)
        assert "--" not in str(error.value)
