"""What the three command lines share: options, messages and the one-line error with exit code 2."""

import contextlib
import functools
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from camsim.cli import installation

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
            click.echo(text, err=True)

    def detail(self, text: str) -> None:
        if self.verbose:
            click.echo(text, err=True)

    def result(self, text: str, value: Any) -> None:
        """Print `value` as one JSON object if --json was given, else `text`."""
        click.echo(json.dumps(value, indent=2, allow_nan=False) if self.json else text)

    @property
    def show_progress(self) -> bool:
        return not self.quiet


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
        click.echo(f"note: {' '.join(record.getMessage().split())}", err=True)


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
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same bytes."
)


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of cells as columns of text; the first row is the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows
    )


def run(cli: click.Group) -> None:
    """Run a command line: trouble of any expected kind is one line on stderr and exit code 2."""
    name = cli.name or "cam2eye"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being asked to stop cleans up like Ctrl-C
    try:
        with _notes_on_stderr():
            code = cli.main(prog_name=name, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as help_text:
        click.echo(help_text.format_message())
        sys.exit(0)
    except click.exceptions.Abort:
        click.echo(f"{name}: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        where = context.command_path if context else name
        _fail(where, error.format_message())
    except (ValueError, OSError, MemoryError) as error:
        _fail(name, _one_line(error))
    except Exception:
        _say_conflict()
        raise


def _one_line(error: BaseException) -> str:
    if isinstance(error, FileExistsError) and error.filename:
        return f"{error.filename} exists; --force replaces it"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "not enough memory for this picture"
    return str(error)


def _say_conflict() -> None:
    if line := installation.conflict():
        click.echo(line, err=True)


def _fail(where: str, message: str) -> None:
    _say_conflict()
    click.echo(f"{where}: error: {' '.join(message.split())}", err=True)
    sys.exit(2)
