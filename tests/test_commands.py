"""What holds for every command of the three command lines: each option explains itself."""

import importlib
from pathlib import Path

import click
import pytest

#: What click shows where nobody said what a value is.
NAMELESS = {"TEXT", "PATH", "FILENAME", "DIRECTORY"}


def commands():
    """Every command with the words that call it."""
    for name in ("camsim", "enhance", "scielab"):
        yield from below(importlib.import_module(f"{name}.cli.main").cli, (name,))


def below(command, words):
    yield words, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from below(inner, (*words, name))


ALL = dict(commands())


def unspaced(text):
    """Text without the spaces and line ends by which columns are made."""
    return "".join(text.split())


def test_there_are_the_commands_that_the_page_of_the_grammar_has():
    page = (Path(__file__).parents[1] / "docs" / "commands.md").read_text(encoding="utf-8")
    missing = [" ".join(words) for words in ALL if len(words) > 1 and f"`{' '.join(words)}" not in page]
    assert missing == []


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_says_what_it_does_what_it_takes_and_what_it_is_without(words):
    command = ALL[words]
    context = click.Context(command, info_name=words[-1])
    assert command.help and command.get_short_help_str(200).endswith("."), "a sentence about the command"
    for option in command.params:
        if isinstance(option, click.Argument):
            assert option.make_metavar(context).strip("[].") == option.make_metavar(context).strip("[].").upper()
            continue
        assert option.help, f"{option.opts} does not say what it does"
        if option.is_flag:
            continue
        assert option.make_metavar(context) not in NAMELESS, f"{option.opts} does not say what it takes"
        default = option.to_info_dict()["default"]
        shown = "default: " in option.get_help_record(context)[1]
        assert default in (None, ()) or shown, f"{option.opts} hides its default, {default!r}"


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_is_printed_whole(words):
    """The page has every option and command with all that it says of itself."""
    command = ALL[words]
    context = click.Context(command, info_name=" ".join(words), **command.context_settings)
    text = unspaced(command.get_help(context))
    assert text.startswith(unspaced(f"Usage: {' '.join(words)}"))
    for option in command.get_params(context):
        if isinstance(option, click.Option):
            assert unspaced("".join(option.get_help_record(context))) in text
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            assert unspaced(name + inner.get_short_help_str(200)) in text
