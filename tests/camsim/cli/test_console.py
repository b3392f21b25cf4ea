"""What the three command lines share."""

import json
import logging
import signal
import sys
import warnings

import click
import numpy as np
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


def test_what_libraries_warn_of_or_log_does_not_reach_the_terminal(monkeypatch, capfd):
    @click.group("camsim")
    def cli():
        """Nothing."""

    @cli.command()
    def warn():
        """Warn."""
        warnings.warn("of something", RuntimeWarning, stacklevel=1)
        np.array([1.0]) / np.array([0.0])
        logging.getLogger("tifffile").error("something is wrong")
        logging.getLogger("camsim.io.image").warning("something to know")

    monkeypatch.setattr(sys, "argv", ["camsim", "warn"])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        console.run(cli)
    assert stop.value.code == 0 and capfd.readouterr() == ("", "note: something to know\n")
