"""The last line of defence: whatever happens, one line, and an exit code that says so."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import pytest

from camsim.cli import console, fault

COMMANDS = ["camsim", "enhance", "scielab"]


@pytest.fixture
def outcome(monkeypatch, capfd):
    """A function that runs a command whose work is a function; gives its exit code and what it says on stderr."""

    def run(work, *arguments):
        cli = console.Commands("camsim", commands={"work": click.Command("work", callback=work)})
        monkeypatch.setattr(sys, "argv", ["camsim", "work", *arguments])
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        monkeypatch.setattr(console.installation, "conflict", lambda: None)  # reads the metadata of all there is
        with pytest.raises(SystemExit) as stop:
            console.run(cli)
        return stop.value.code, capfd.readouterr().err.splitlines()

    return run


def failing(error):
    def work():
        raise error

    return work


class Panic(BaseException):
    """What libraries in other languages raise is no Exception."""


@pytest.mark.parametrize(
    "error",
    [
        *(
            KeyError("x"),
            ZeroDivisionError("by zero"),
            RuntimeError(),
            IndexError("list index"),
            OverflowError("large"),
        ),
        *(RecursionError("deep"), EOFError("ends"), AssertionError(), Panic("at the disco"), NotImplementedError("no")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_is_one_line_a_report_and_exit_code_2(tmp_path, outcome, error):
    code, said = outcome(failing(error))
    assert code == 2 and len(said) == 1 and "Traceback" not in said[0]
    (report,) = (tmp_path / "home" / "faults").iterdir()
    assert said[0].startswith("camsim: error: a fault of this program, ")
    assert type(error).__name__ in said[0] and str(report) in said[0]
    text = report.read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in text and ", in work" in text and "'work'" in text and "numpy" in text


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ValueError("a\nb"), 2, "camsim: error: a b"),
        (FileExistsError(17, "exists", "a.png"), 2, "camsim: error: a.png exists; --force replaces it"),
        (OSError(28, "No space left on device"), 2, "camsim: error: cannot write: No space left on device"),
        (PermissionError(13, "Permission denied", "a.png"), 2, "camsim: error: a.png: Permission denied"),
        (KeyboardInterrupt(), 130, "camsim: interrupted"),
        (click.UsageError("what?"), 2, "camsim work: error: what?"),
    ],
)
def test_what_is_expected_is_no_fault(tmp_path, outcome, error, code, words):
    found, said = outcome(failing(error))
    assert (found, said[-1]) == (code, words) and not (tmp_path / "home").exists()


def test_a_message_does_nothing_to_a_terminal(outcome):
    """Escape sequences clear screens and rename windows; a change of direction makes exe.png of gnp.exe."""
    _, (line,) = outcome(failing(ValueError("no \x1b[2J\x07 such \u202efile \x9b31m \udcff")))
    assert line == "camsim: error: no ?[2J? such ?file ?31m ?"


def test_a_value_is_cut_in_the_middle(outcome):
    _, (line,) = outcome(failing(ValueError(f"name = '{'a' * 5000}.toml' is long, and so is {'b' * 5000}")))
    assert line.startswith("camsim: error: name = 'aaaa") and "aaa.toml' is long" in line and len(line) < 450


def test_results_do_nothing_to_a_terminal_either(capfd):
    console.Console().result("a\x1b[1m\nb", {})
    console.Console().info("c\x1b]0;d")
    console.Console(json=True).result("", {"a": "\x1b"})
    assert capfd.readouterr() == ('a?[1m\nb\n{\n  "a": "\\u001b"\n}\n', "c?]0;d\n")


def test_reports_do_not_pile_up(tmp_path, monkeypatch):
    monkeypatch.setattr(fault, "KEPT", 3)
    for _ in range(5):
        fault.words(KeyError("x"))
    assert len(list((tmp_path / "home" / "faults").iterdir())) == 3


def test_what_others_keep_beside_reports_stays(tmp_path, monkeypatch):
    """Where the user's folder cannot be made, reports lie among other programs' files."""
    (tmp_path / "home").write_text("a file")
    monkeypatch.setattr(fault.tempfile, "tempdir", str(tmp_path))
    for number in range(25):
        (tmp_path / f"fault-engine{number}.log").touch()
    fault.words(KeyError("x"))
    assert len(list(tmp_path.glob("fault-engine*.log"))) == 25 and len(list(tmp_path.glob("cam2eye-fault-*"))) == 1


def test_where_no_report_can_be_written_the_line_says_so(tmp_path, monkeypatch, outcome):
    (tmp_path / "home").write_text("a file")
    code, (line,) = outcome(failing(KeyError("x")))
    assert code == 2 and tempfile.gettempdir() in line and "fault-" in line
    Path(re.search(r"\S+\.log", line)[0]).unlink()
    monkeypatch.setattr(fault.tempfile, "mkstemp", failing_to_make)
    code, (line,) = outcome(failing(KeyError("x")))
    assert code == 2 and line.endswith("KeyError: 'x'; the report could not be written (Read-only file system)")


def failing_to_make(**_):
    raise OSError(30, "Read-only file system")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_defended(name, monkeypatch, capfd):
    import importlib

    main = importlib.import_module(f"{name}.cli.main")
    monkeypatch.setattr(main.cli, "main", lambda **_: {}["x"])
    with pytest.raises(SystemExit) as stop:
        main.main()
    assert stop.value.code == 2 and capfd.readouterr().err.startswith(f"{name}: error: a fault of this program, Key")


# --- of a process -------------------------------------------------------------------------------------------------

PIPE = """
import click, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
from camsim.cli import console
@click.group("camsim", cls=console.Commands)
def cli(): pass
@cli.command()
def work():
    for number in range(100_000):
        click.echo("a line of some length, to fill whatever buffer there is")
@cli.command()
def fail():
    raise ValueError("nobody hears this")
@cli.command()
def wait():
    import time
    click.echo("ready")
    try:
        time.sleep(60)
    finally:
        signal.raise_signal(signal.SIGTERM)  # asked again while it cleans up
        click.echo("clean")
console.run(cli)
"""


@pytest.mark.skipif(os.name == "nt", reason="pipes differ")
@pytest.mark.parametrize("word", ["work", "fail"])
def test_a_broken_pipe_is_quiet_and_no_limit_that_was_exceeded(word):
    reader, writer = os.pipe()
    streams = {"stdout": writer, "stderr": subprocess.PIPE} if word == "work" else {"stderr": writer}
    process = subprocess.Popen([sys.executable, "-c", PIPE, word], **streams)
    os.close(reader)
    os.close(writer)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2 and not said


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_being_asked_to_stop_cleans_up(name):
    process = subprocess.Popen([sys.executable, "-c", PIPE, "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.05)
    process.send_signal(getattr(signal, name))
    out, said = process.communicate(timeout=60)
    assert process.returncode == 128 + getattr(signal, name) and said.strip() == b"camsim: interrupted"
    assert out == b"clean\n" or name == "SIGINT"  # Ctrl-C, then SIGTERM: two people want it to stop
