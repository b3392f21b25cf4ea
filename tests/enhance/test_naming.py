"""What names a model: a task, with a style or a point of the dial, a run, a file; what an unfinished run says."""

import json

import pytest

from enhance import naming, no_model, zoo


def test_a_model_is_named_by_a_task_a_run_or_its_file(tmp_path, write_run):
    run = write_run(tmp_path / "models" / "deblur")
    for given in (run, str(run), run / zoo.GENERATOR):
        found = naming.open_model(given)
        assert found.weights == run / zoo.GENERATOR and found.run.folder == run and found.name == "deblur"
    entry = found.run
    assert entry.facts.keys() == entry.card.keys() - {"source_sha256"} and entry.inputs == {}
    (run / "pixel.keras").touch()  # of a stage: no result
    found = naming.open_model(run / "pixel.keras")
    assert (found.weights, found.run, found.name, found.seen) == (run / "pixel.keras", None, "pixel", None)
    assert naming.open_model("deblur").run.is_shipped
    write_run(tmp_path / "models" / "sr", task="sr")
    with pytest.raises(naming.SeveralModelsError, match=r"models: a folder of models.*models/sr, .*models/deblur"):
        naming.open_model(tmp_path / "models")


def test_what_is_no_model_is_named_without_an_option_of_the_command_line(tmp_path, monkeypatch, write_run):
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
        (unfinished, "training is not finished", no_model.UnfinishedError),
        ("sr", "no model for sr", no_model.NoModelError),
    ):
        with pytest.raises(kind, match=words) as error:
            naming.open_model(given)
        assert "--" not in str(error.value)


@pytest.fixture
def styled(tmp_path, monkeypatch, write_run):
    """The shipped models as if `deblur` came in three styles, and `sr` in one."""
    monkeypatch.setattr(zoo, "_SHIPPED", tmp_path / "weights")
    for style, task in (("faithful", "sr"), ("faithful", "deblur"), ("perceptual", "deblur"), ("free", "deblur")):
        write_run(tmp_path / "weights" / style / task, task=task, style=style, source_sha256=[style])
    return tmp_path / "weights"


@pytest.mark.parametrize(
    ("model", "style", "folder", "name"),
    [
        ("deblur", None, "faithful", "deblur"),
        ("deblur", "faithful", "faithful", "deblur"),
        ("deblur:faithful", None, "faithful", "deblur"),
        ("deblur:perceptual", None, "perceptual", "deblur:perceptual"),
        ("deblur", "free", "free", "deblur:free"),
    ],
)
def test_a_style_stands_behind_its_task_or_beside_it(styled, model, style, folder, name):
    found = naming.open_model(model, style=style)
    assert found.weights == styled / folder / "deblur" / zoo.GENERATOR and found.toward is None
    assert found.name == name and found.record["style"] == folder and found.seen == {folder}


@pytest.mark.parametrize(("model", "style"), [("deblur:0.3", None), ("deblur", 0.3), ("deblur", "0.3")])
def test_a_number_lies_between_faithful_and_perceptual(styled, model, style):
    found = naming.open_model(model, style=style)
    assert found.files == [styled / each / "deblur" / zoo.GENERATOR for each in ("faithful", "perceptual")]
    assert (found.name, found.share) == ("deblur:0.3", 0.3)
    assert found.record["mixed_with"] == str(found.files[1]) and found.record["share"] == 0.3
    assert found.seen == {"faithful", "perceptual"}  # what either has seen, the mixture has
    assert f"0.3 of the way to {found.files[1]}" in str(found)


def test_a_number_lies_between_any_two_that_are_named(styled, tmp_path, write_run):
    mine = write_run(tmp_path / "mine", task="phone")
    found = naming.open_model(mine, style=0.5, toward="deblur:free")
    assert [path.parent for path in found.files] == [mine, styled / "free" / "deblur"] and found.name == "phone:0.5"
    bare = naming.open_model(write_run(tmp_path / "other") / zoo.GENERATOR, style=0, toward=mine)
    assert bare.share == 0 and bare.toward.run.task == "phone"


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        ("deblur", {"style": "vivid"}, "deblur has no style 'vivid'; there is: faithful, free, perceptual"),
        ("sr:perceptual", {}, "sr has no style 'perceptual'; there is: faithful"),
        (
            "sr",
            {"style": 0.3},
            "0.3 is between faithful and perceptual: sr has no style 'perceptual'; there is: faithful",
        ),
        ("deblur", {"style": "1.2"}, r"style 1.2 is not from 0 \(faithful\) to 1 \(perceptual\)"),
        ("deblur:-0.1", {}, "style -0.1 is not from 0"),
        ("deblur", {"style": "nan"}, "style nan is not from 0"),
        ("deblur:free", {"style": 0.3}, "deblur:free: names its style, and 0.3 is another"),
        ("RUN", {"style": "free"}, r"RUN: a style is of a task \(sr, color, pixel, deblur\), not of a run or a file"),
        ("RUN", {"toward": "deblur"}, "between two models lies a style that is a number"),
        ("RUN", {"toward": "deblur", "style": "free"}, "between two models lies a style that is a number"),
        ("RUN", {"toward": "deblur:0.3", "style": 0.5}, "a mixture of models cannot be mixed again"),
        ("blurr:perceptual", {}, "blurr:perceptual: neither a task"),
    ],
)
def test_a_style_that_is_not_there_is_one_line_that_says_what_is(
    styled, tmp_path, monkeypatch, write_run, model, options, words
):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "RUN")
    with pytest.raises(ValueError, match=f"^{words}") as error:
        naming.open_model(model, **options)
    assert "\n" not in str(error.value)
