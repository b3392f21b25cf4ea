"""What the three command lines share: options, messages and the one-line error with exit code 2."""

import contextlib
import functools
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from camsim import arguments
from camsim.cli import fault, installation
from camsim.io import atomic

if TYPE_CHECKING:
    from tqdm import tqdm

#: What click makes a command of.
Command = Callable[..., Any]

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@dataclass(frozen=True)
class Console:
    """Where words go: results to stdout, everything else to stderr."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False

    def info(self, text: str) -> None:
        if not self.quiet:
            click.echo(arguments.printable(text), err=True)

    def detail(self, text: str) -> None:
        if self.verbose:
            click.echo(arguments.printable(text), err=True)

    def result(self, text: str, value: Any) -> None:
        """Print `value` as one JSON object if --json was given, else `text`."""
        shown = json.dumps(value, indent=2, allow_nan=False) if self.json else arguments.printable(text)
        click.echo(shown)

    @property
    def show_progress(self) -> bool:
        return not self.quiet

    def bar(self, **look: Any) -> "tqdm":
        """A bar of work that takes a while; `look` is as tqdm has it."""
        from tqdm import tqdm

        return tqdm(disable=not self.show_progress, dynamic_ncols=True, mininterval=0.5, **look)


def gather(name: str, make: Callable[..., Any], *options: str) -> Callable[[Command], Command]:
    """A decorator: these options reach the command as one argument `name`, which `make` makes of them."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)  # and with it the options that are already attached
        def wrapped(*args: Any, **given: Any) -> Any:
            made = make(**{option: given.pop(option) for option in options})
            return command(*args, **given, **{name: made})

        return wrapped

    return decorate


def reporting(command: Command) -> Command:
    """Add --json, -q and -v; the command gets them as one `console` argument."""

    def console(*, as_json: bool, quiet: bool, verbose: bool) -> Console:
        _NOTES.setLevel(logging.ERROR if quiet else logging.WARNING)
        return Console(json=as_json, quiet=quiet, verbose=verbose)

    command = gather("console", console, "as_json", "quiet", "verbose")(command)
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Say more on stderr."),
        click.option("-q", "--quiet", is_flag=True, help="No progress or notes on stderr."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout."),
    ):
        command = option(command)
    return command


class _Notes(logging.Handler):
    """What core code logs of its inputs, one line each on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"note: {arguments.one_line(record.getMessage())}", err=True)


_NOTES, _NOWHERE = _Notes(logging.WARNING), logging.NullHandler()


@contextlib.contextmanager
def _notes_on_stderr() -> Iterator[None]:
    """Show what `camsim` logs as notes, and nothing that libraries log or warn of, unless Python is told to (-W)."""
    handlers = ((logging.getLogger("camsim"), _NOTES), (logging.getLogger(), _NOWHERE))
    _NOTES.setLevel(logging.WARNING)
    for log, handler in handlers:
        log.addHandler(handler)
    logging.captureWarnings(not sys.warnoptions)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for log, handler in handlers:
            log.removeHandler(handler)


@contextlib.contextmanager
def in_option(name: str) -> Iterator[None]:
    """Name the option whose value is to blame for a ValueError inside: core code does not know the command line."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


force_option = click.option("--force", is_flag=True, help="Replace outputs that exist.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Same seed, same bytes."
)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of cells as columns of text; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )


class _UnheardError(Exception):
    """What click would take for something else: the end of a file for that of the keyboard, a broken pipe for a 1."""


class Commands(click.Group):
    """A command line as `run` takes it."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with _past_click():
            return super().make_context(*args, **options)

    def invoke(self, context: click.Context) -> Any:
        with _past_click():
            return super().invoke(context)


@contextlib.contextmanager
def _past_click() -> Iterator[None]:
    try:
        yield
    except (EOFError, BrokenPipeError) as error:
        raise _UnheardError from error


def run(cli: Commands) -> None:
    """Run a command line: whatever goes wrong is one line on stderr and exit code 2.

    Who is asked to stop by a signal cleans up and ends with 128 and its number, as shells have it: 130 for Ctrl-C.
    """
    for number in _asks_to_stop():
        signal.signal(number, _interrupt)
    try:
        sys.exit(_run(cli, cli.name or "cam2eye"))
    except BrokenPipeError:  # whoever read this has enough
        _leave_pipe()
        sys.exit(2)


def _run(cli: Commands, name: str) -> int:
    """The exit code of a command line, of which one line says what went wrong."""
    try:
        with _notes_on_stderr():
            code = cli.main(prog_name=name, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as help_text:
        click.echo(help_text.format_message())
        return 0
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:
        click.echo(f"{name}: interrupted", err=True)
        asked = stop if isinstance(stop, _Asked) else stop.__cause__  # click wraps it
        return 128 + (asked.number if isinstance(asked, _Asked) else signal.SIGINT)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        return _fail(context.command_path if context else name, error.format_message())
    except (ValueError, OSError, MemoryError) as error:
        return _fail(name, _one_line(error))
    except SystemExit:
        raise
    except BaseException as error:
        if isinstance(error, _UnheardError) and error.__cause__:
            error = error.__cause__
        if isinstance(error, BrokenPipeError):
            raise error from None
        return _fail(name, fault.words(error))


class _Asked(KeyboardInterrupt):
    """A signal asked this process to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _asks_to_stop() -> list[signal.Signals]:
    """The signals that ask a process to stop; not those that are ignored, as by nohup."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]  # Windows lacks one
    return [number for number in known if signal.getsignal(number) != signal.SIG_IGN]


def _interrupt(number: int, frame: object) -> None:
    """Clean up, undisturbed by being asked again, unless by Ctrl-C."""
    for each in _asks_to_stop():
        if each != signal.SIGINT:
            signal.signal(each, signal.SIG_IGN)
    sys.unraisablehook = lambda _: None  # what is half made complains of being thrown away
    raise _Asked(number)


def _leave_pipe() -> None:
    """Let what is still to be written go nowhere: Python would complain of the broken pipe when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _one_line(error: BaseException) -> str:
    if isinstance(error, FileExistsError) and error.filename:
        return f"{error.filename} exists; --force replaces it"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "not enough memory for this picture"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot write: {error.strerror}" if error.errno in atomic.NO_ROOM else error.strerror
    return str(error) or type(error).__name__


def _say_conflict() -> None:
    if line := installation.conflict():
        click.echo(line, err=True)


def _fail(where: str, message: str) -> int:
    _say_conflict()
    click.echo(f"{where}: error: {arguments.one_line(message)}", err=True)
    return 2
