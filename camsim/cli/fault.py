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
    except Exception as trouble:  # noqa: BLE001  nothing may escape from what reports an escape
        why = getattr(trouble, "strerror", None) or trouble
        return f"a fault of this program, {last}; the report could not be written ({why})"
    return f"a fault of this program, {last}; {place} has what a report of it needs"


def _report(error: BaseException) -> str:
    """When, what was typed, on what it runs, and the traceback."""
    typed = " ".join(map(repr, sys.argv))
    trace = "".join(traceback.format_exception(error))
    return f"{time.strftime('%Y-%m-%d %H:%M:%S %z')}\n{typed}\n{installation.versions()}\n\n{trace}"


def _write(report: str) -> Path:
    """The report in a new file, in the user's folder if that can be written to, and no more than `KEPT` there."""
    name = time.strftime("cam2eye-fault-%Y%m%d-%H%M%S-")
    try:
        own = user_folder.path() / "faults"
        own.mkdir(parents=True, exist_ok=True)
        handle, place = tempfile.mkstemp(prefix=name, suffix=".log", dir=own)
    except (OSError, ValueError):
        own = None
        handle, place = tempfile.mkstemp(prefix=name, suffix=".log")
    with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123  it has no path
        file.write(report)
    for old in sorted(own.glob("cam2eye-fault-*.log"))[:-KEPT] if own else ():
        with contextlib.suppress(OSError):
            old.unlink()
    return Path(place)
