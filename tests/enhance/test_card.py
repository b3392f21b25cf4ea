"""The card of a run that anybody may have written."""

import json
import re

import pytest

from enhance import user_files, zoo


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("task", "", "task"),
        ("task", None, "task = None must be text"),
        ("style", 4, "style = 4 must be text"),
        ("licence", 4, "licence = 4 must be text"),
        ("scale", 0, "scale = 0 must be in"),
        ("scale", 4.0, "scale = 4.0 must be a whole number"),
        ("scale", True, "scale = True must be a whole number"),
        ("parameters", -1, "parameters = -1 must be"),
        ("parameters", 10**30, "64 bits"),
        ("stages", None, "stages = None must be a table"),
        ("stages", {"pixel": "many"}, "stages.pixel = 'many' must be a whole number"),
        ("validation", None, "validation = None must be a table"),
        ("validation", {"val_psnr_db": None}, "validation.val_psnr_db = None must be a number"),
        ("validation", {"val_psnr_db": 1e300}, "validation.val_psnr_db = 1e+300 must be in"),
        ("validation", {"val_psnr_db": float("nan")}, "NaN is no finite number"),
        ("finished", "yes", "finished = 'yes' must be true or false"),
        ("inputs", {"sharpness": [1]}, "inputs"),
        ("inputs", {"sharpness": [2, 1]}, "inputs: (2.0, 1.0) must be two numbers from 0 that ascend"),
        ("inputs", {"sharpness": ["a", "b"]}, "inputs.sharpness[0] = 'a' must be a number"),
        ("inputs", 3, "inputs = 3 must be a table"),
        ("source_sha256", {"a": 1}, "source_sha256"),
        ("source_sha256", [None], "source_sha256[0] = None must be text"),
        ("setting", ["f22"], "setting = ['f22'] must be text"),
    ],
)
def test_a_damaged_card_is_one_line(tmp_path, write_run, key, value, words):
    path = write_run(tmp_path / "run", **{key: value}) / zoo.CARD
    with pytest.raises(ValueError, match=re.escape(words)) as found:
        zoo.open_run(path.parent)
    line = str(found.value)
    assert line.startswith(f"{path}: damaged, or not a training run's card (") and "\n" not in line


def test_every_key_that_is_needed_is_missed(tmp_path, write_run):
    path = write_run(tmp_path / "run") / zoo.CARD
    whole = json.loads(path.read_text())
    for key in ("task", "generator", "data", "scale", "parameters", "steps", "stages", "validation", "finished"):
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        with pytest.raises(ValueError, match=rf"\({key} is missing\)"):
            zoo.open_run(path.parent)
    for text in ("", "{", "[]", "null", "[" * 5000):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"run\.json: damaged"):
            zoo.open_run(path.parent)


def test_a_damaged_run_is_noted_and_spoils_no_other(tmp_path, write_run, command):
    """One of those that were finished here: other tasks go on, and `enhance models` says what is wrong."""
    for name in ("first", "second"):
        user_files.remember(write_run(tmp_path / name, task=name))
    card = tmp_path / "first" / zoo.CARD
    card.write_text(card.read_text().replace('{"val_psnr_db": 30.0}', "null"))
    assert [entry.task for entry in zoo.registered()] == ["second"] and zoo.find("deblur").is_shipped
    with pytest.raises(ValueError, match="unknown task 'first'"):
        zoo.find("first")
    done = command("enhance", "models")
    assert done.returncode == 0 and "second" in done.stdout
    assert done.stderr == (
        f"note: {card}: damaged, or not a training run's card (validation = None must be a table); it is left out\n"
    )


@pytest.mark.parametrize("text", ["{", "[" * 5000, '{"a": 1}', "[3]", "null"])
def test_a_damaged_list_of_runs_is_one_line_and_is_not_written_over(tmp_path, text, refused):
    path = tmp_path / "home" / "models.json"
    path.parent.mkdir()
    path.write_text(text)
    line = refused("enhance", "models")
    assert f"{path}: damaged; without it no run of yours is listed (" in line
    with pytest.raises(ValueError, match="damaged"):
        user_files.remember(tmp_path)
    assert path.read_text() == text
