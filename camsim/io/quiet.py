"""Keeping to themselves what libraries in C write on standard error, past Python: libtiff says there what it raises."""

import contextlib
import os
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_inside, _stderr = 0, -1


@contextlib.contextmanager
def without_stderr() -> Iterator[None]:
    """Let what is written to standard error go nowhere.

    It is one for all threads: the first that comes closes it, the last that leaves opens it again. So the block must be
    short.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _stderr
    with _lock:
        _inside += 1
        if _inside > 1:
            return
        try:
            _stderr = os.dup(2)
        except OSError:  # there is none
            _stderr = -1
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if not _inside and _stderr >= 0:
            os.dup2(_stderr, 2)
            os.close(_stderr)
