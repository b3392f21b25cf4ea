"""Where trained models are found: those of tasks and their styles, shipped, chosen, or of the user's own."""

import json
import shutil

import pytest

from enhance import no_model, user_files, zoo


def test_every_model_has_a_licence(tmp_path, write_run):
    """What ships names the file that lies beside it; of your own nothing is known but that it is yours."""
    folder = zoo.shipped()[0].folder.parents[1]
    text = (folder / "LICENSE").read_text(encoding="utf-8")
    for entry in zoo.shipped():
        assert entry.licence.endswith("(enhance/weights/LICENSE)") and entry.task in text.splitlines()[0]
    assert zoo.open_run(write_run(tmp_path / "own")).licence.startswith("yours")
    card = json.loads((tmp_path / "own" / zoo.CARD).read_text())
    (tmp_path / "own" / zoo.CARD).write_text(json.dumps(card | {"licence": 4}))
    with pytest.raises(ValueError, match="damaged"):
        zoo.open_run(tmp_path / "own")


def test_a_tasks_name_stands_for_what_is_shipped_until_a_run_is_chosen(tmp_path, write_run):
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


def test_a_choice_that_is_gone_or_damaged_is_said_and_nothing_else_is_taken(tmp_path, write_run):
    zoo.use(write_run(tmp_path / "mine"))
    shutil.rmtree(tmp_path / "mine")
    with pytest.raises(no_model.VanishedError, match=r"chosen for deblur is gone \(.*mine: no trained model here"):
        zoo.find("deblur")
    assert zoo.find("sr").is_shipped and zoo.reset("deblur") == ["deblur"] and zoo.find("deblur").is_shipped
    for text in ("{", "[]", '{"deblur": 3}'):
        (tmp_path / "home" / "models-in-use.json").write_text(text)
        with pytest.raises(ValueError, match=r"models-in-use\.json: damaged"):
            zoo.find("deblur")


def test_a_camera_of_ones_own_has_its_latest_run_unless_one_is_chosen(tmp_path, write_run):
    for name in ("first", "second"):
        user_files.remember(write_run(tmp_path / name, task="mine"))
    assert zoo.tasks() == [*zoo.TASKS, "mine"] and zoo.find("mine").folder == tmp_path / "second"
    zoo.use(tmp_path / "first")
    assert zoo.find("mine").folder == tmp_path / "first"


def test_what_ships_is_sorted_by_style_and_small():
    found = zoo.shipped()
    assert [entry.task for entry in found][:4] == list(zoo.TASKS)
    for entry in found:
        assert (entry.folder.parent.name, entry.folder.name) == (entry.style, entry.task)
        for name in (zoo.CONFIG, zoo.CAMERA, zoo.GENERATOR, zoo.CARD, "README.md"):
            assert (entry.folder / name).is_file()
    weights = found[0].folder.parents[1]
    assert sum(path.stat().st_size for path in weights.rglob("*") if path.is_file()) < 16 << 20


def test_styles_of_a_task_are_found_and_chosen_one_by_one(tmp_path, monkeypatch, write_run):
    monkeypatch.setattr(zoo, "_SHIPPED", tmp_path / "weights")
    for style, task in (("perceptual", "sr"), ("faithful", "deblur"), ("perceptual", "deblur"), ("faithful", "sr")):
        write_run(tmp_path / "weights" / style / task, task=task, style=style)
    names = ["sr", "deblur", "sr:perceptual", "deblur:perceptual"]
    assert [entry.name for entry in zoo.shipped()] == [entry.name for entry in zoo.known()] == names
    assert zoo.tasks() == list(zoo.TASKS) and zoo.styles("deblur") == ["faithful", "perceptual"]
    assert zoo.find("deblur", "perceptual").folder == tmp_path / "weights" / "perceptual" / "deblur"
    vivid = write_run(tmp_path / "vivid", style="vivid")
    user_files.remember(vivid)
    with pytest.raises(no_model.NoStyleError, match=r"deblur has no style 'vivid'; there is: faithful, perceptual$"):
        zoo.find("deblur", "vivid")  # a run of the user's own is not taken before it is chosen
    assert zoo.use(vivid).name == "deblur:vivid" and zoo.find("deblur", "vivid").folder == vivid
    assert zoo.find("deblur").is_shipped and zoo.styles("deblur") == ["faithful", "perceptual", "vivid"]
    assert zoo.reset("deblur") == [] and zoo.reset("deblur:vivid") == ["deblur:vivid"]


def test_a_camera_of_ones_own_may_have_other_styles_alone(tmp_path, write_run):
    user_files.remember(write_run(tmp_path / "mine", task="mine", style="perceptual"))
    assert zoo.styles("mine") == ["perceptual"] and zoo.find("mine", "perceptual").folder == tmp_path / "mine"
    with pytest.raises(no_model.NoStyleError, match="mine has no style 'faithful'; there is: perceptual"):
        zoo.find("mine")


def test_a_link_in_a_circle_is_no_run(tmp_path):
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(ValueError, match="circle"):
        zoo.use(tmp_path / "circle")
