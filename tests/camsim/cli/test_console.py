"""What the three command lines share."""

import json

import click
import pytest
from click.testing import CliRunner

from camsim.cli import console


@pytest.fixture
def show():
    """A command whose options reach it in two values."""

    @click.command()
    @click.argument("name")
    @click.option("--width", default=2)
    @click.option("--height", default=3)
    @console.reporting
    @console.gather("size", lambda width, height: (height, width), "width", "height")
    def show(name, size, console):
        """Show."""
        console.info("a note")
        console.result(f"{name} {size}", {"name": name, "size": size})

    return show


def test_options_are_gathered_into_one_value(show):
    done = CliRunner().invoke(show, ["box", "--width", "7"])
    assert done.stdout == "box (3, 7)\n" and done.stderr == "a note\n"
    done = CliRunner().invoke(show, ["box", "--json", "-q"])
    assert json.loads(done.stdout) == {"name": "box", "size": [3, 2]} and done.stderr == ""


def test_gathering_keeps_help_and_the_order_of_options(show):
    text = CliRunner().invoke(show, ["--help"]).stdout
    places = [text.index(option) for option in ("Show.", "--width", "--height", "--json", "--quiet", "--verbose")]
    assert places == sorted(places)


def test_the_option_to_blame_is_named():
    with pytest.raises(ValueError, match=r"^--set: too large$"), console.in_option("--set"):
        raise ValueError("too large")


def test_a_table_has_its_columns_below_one_another():
    assert console.table([("a", "bb", "c"), ("ddd", "e", "")]) == "a    bb  c\nddd  e"
