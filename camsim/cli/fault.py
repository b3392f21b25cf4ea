"""What is done about an error that nobody expected: its traceback goes into a file, a line says where."""

import contextlib
import sys
import tempfile
import time
import traceback
from pathlib import Path

from camsim.cli import installation
from camsim.io import user_folder

#: So many reports are kept.
KEPT = 20


def words(error: BaseException) -> str:
    """One line about an unexpected error, whose traceback is written to a file that it names."""
    last = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    try:
        place = _write(_report(error))
    except OSError as trouble:
        return f"a fault of this program, {last}; the report could not be written ({trouble.strerror})"
    return f"a fault of this program, {last}; {place} has what a report of it needs"


def _report(error: BaseException) -> str:
    """When, what was typed, on what it runs, and the traceback."""
    typed = " ".join(map(repr, sys.argv))
    trace = "".join(traceback.format_exception(error))
    return f"{time.strftime('%Y-%m-%d %H:%M:%S %z')}\n{typed}\n{installation.versions()}\n\n{trace}"


def _write(report: str) -> Path:
    """The report in a new file, in the user's folder if that can be written to, and no more than `KEPT` there."""
    for folder in (user_folder.path() / "faults", Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            break
    handle, name = tempfile.mkstemp(prefix=time.strftime("fault-%Y%m%d-%H%M%S-"), suffix=".log", dir=folder)
    with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123  it has no path
        file.write(report)
    for old in sorted(folder.glob("fault-*.log"))[:-KEPT]:
        with contextlib.suppress(OSError):
            old.unlink()
    return Path(name)
