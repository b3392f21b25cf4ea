"""`enhance models`: what is listed, what is in use, and choosing."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from enhance import user_files, zoo
from enhance.cli.main import cli

WEIGHTS = Path(zoo.__file__).parent / "weights" / "faithful"


@pytest.fixture
def run(tmp_path):
    """A finished run of `deblur` that is remembered."""
    shutil.copytree(WEIGHTS / "deblur", tmp_path / "mine")
    user_files.remember(tmp_path / "mine")
    return tmp_path / "mine"


def said(*arguments):
    done = CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def starred():
    return [line.split()[1] + ":" + line.split()[-1] for line in said("models").stdout.splitlines() if line[0] == "*"]


def test_a_star_marks_what_a_tasks_name_stands_for(run):
    assert starred() == [f"{task}:{WEIGHTS / task}" for task in zoo.TASKS]
    assert said("models", "use", run).stdout == f"deblur: {run}\n"
    assert starred()[3] == f"deblur:{run}"
    listed = json.loads(said("models", "--json").stdout)["models"]
    assert [entry["in_use"] for entry in listed] == [True, True, True, False, True]
    assert said("models", "use", "--reset", "deblur").stdout == "as shipped: deblur\n"
    assert said("models", "use", "--reset").stdout == "nothing was chosen\n"
    assert starred()[3] == f"deblur:{WEIGHTS / 'deblur'}"


def test_a_chosen_run_is_listed_though_nobody_remembers_it(tmp_path):
    shutil.copytree(WEIGHTS / "sr", tmp_path / "elsewhere")
    said("models", "use", tmp_path / "elsewhere")
    assert f"sr:{tmp_path / 'elsewhere'}" in starred()


def test_a_chosen_run_that_vanished_is_one_clear_line(run, refused):
    said("models", "use", run)
    shutil.rmtree(run)
    listed = said("models")
    assert "note: the model chosen for deblur is gone" in listed.stderr and listed.stderr.count("\n") == 1
    line = refused("enhance", "export", "--model", "deblur", "-o", "x.tflite")
    assert "the model chosen for deblur is gone" in line and "`enhance models use --reset deblur`" in line
    line = refused("scielab", "grid", "--dry-run")
    assert "the model chosen for deblur is gone" in line
    assert said("models", "use", "--reset").stdout == "as shipped: deblur\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("models", "use"), "the folder of a run is needed"),
        (("models", "use", "nowhere"), "no trained model here"),
        (("models", "use", "--reset", "blur"), "unknown task 'blur'"),
        (("models", "frobnicate"), "frobnicate"),
    ],
)
def test_bad_input_is_one_line(refused, arguments, words):
    assert words in refused("enhance", *arguments)
