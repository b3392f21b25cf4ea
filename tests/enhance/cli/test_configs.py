"""`enhance configs` and `enhance models`."""

import json
import tomllib

import pytest
from click.testing import CliRunner

from enhance import config, zoo
from enhance.cli.main import cli


@pytest.fixture
def run():
    def invoke(*arguments):
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    return invoke


def test_every_key_is_listed_with_its_meaning_and_bounds(run):
    rows = {row["key"]: row for row in json.loads(run("configs", "--keys", "--json"))["keys"]}
    assert {"batch", "generator", "stage.losses", "stage.learning_rate"} <= set(rows)
    assert all(row["meaning"] for row in rows.values()) and rows["batch"]["bounds"] == "[1, 4096]"
    assert len(run("configs", "--keys").splitlines()) == len(rows)


def test_a_configuration_is_shown_as_a_file_to_start_from(run):
    assert config.from_dict(tomllib.loads(run("configs", "deblur"))) == config.load("deblur")
    assert [line.split()[0] for line in run("configs").splitlines()] == config.names()


def test_models_lists_those_that_came_with_the_program(run):
    listed = json.loads(run("models", "--json"))["models"]
    assert [entry["task"] for entry in listed] == list(zoo.TASKS)
    lines = run("models").splitlines()
    assert len(lines) == 5 and all("research, not commercial" in line for line in lines[1:])
    assert all(entry["licence"] == "research, not commercial (enhance/weights/LICENSE)" for entry in listed)
