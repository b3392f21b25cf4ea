"""Large files from the web: a download that broke off goes on where it was, and is whole or not there.

What has come lies beside the file as NAME.part, with NAME.part.json, which says what it is a part of. It is gone on
with only if the server still has the same file (RFC 9110: Range with If-Range, of a strong ETag or a date), else begun
anew.
"""

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from camsim.io import atomic, text_file, web

if TYPE_CHECKING:
    import urllib3

#: Longest wait for a server to say anything, and for a whole file, in seconds.
SILENCE_S, TOTAL_S = 60.0, 7 * 86400.0

#: How often an answer that broke off is asked for again without a byte more.
TRIES = 4

#: What is written at a time, in bytes.
_BLOCK = 1 << 18


def download(
    url: str,
    into: Path,
    *,
    limit: int,
    size: int = 0,
    step: Callable[[int], object] = lambda count: None,
    silence_s: float = SILENCE_S,
    total_s: float = TOTAL_S,
    pause_s: float = 1.0,
    allow_local: bool = False,
    resolve: web.Resolve = web.resolve,
) -> None:
    """Download a file, which appears when it is whole; what an earlier call left is gone on with.

    Parameters
    ----------
    url : str
        An http or https address.
    into : Path
        The file to make.
    limit : int
        Most bytes that it may have.
    size : int
        How many it has, where that is known.
    step : callable
        Called with the number of bytes that came, and those that were there at first; negative where they are of no
        use.
    silence_s, total_s : float
        Longest wait for the server to say anything, and for everything, in seconds.
    pause_s : float
        Wait before what broke off is asked for again, in seconds; twice as long each time that nothing came.
    allow_local : bool
        Whether addresses may be asked that are not public.
    resolve : callable
        Gives the addresses of a name.

    Raises
    ------
    ValueError
        As `web.fetch` does; and for a file of another size.
    """
    part, end, tries = _Part(into, url, step), time.monotonic() + total_s, 0
    while True:
        before = part.size
        try:
            with web.answered(
                url,
                limit=limit,
                silence_s=silence_s,
                total_s=max(0.01, end - time.monotonic()),
                allow_local=allow_local,
                resolve=resolve,
                headers=part.headers(),
            ) as answer:
                part.take(answer, limit=limit, size=size)
            break
        except web.BrokenOffError:
            tries = tries + 1 if part.size <= before else 0
            if tries >= TRIES or time.monotonic() + pause_s >= end:
                raise
            time.sleep(pause_s * 2**tries)
    if size and part.size != size:
        part.forget()
        raise ValueError(f"{url}: cannot be fetched (it has {part.size} bytes, not {size})")
    part.finish()


class _Part:
    """What has come of a file, and which file it is a part of."""

    def __init__(self, into: Path, url: str, step: Callable[[int], object]):
        self._into, self._url, self._step = into, url, step
        self._file = into.with_name(f"{into.name}.part")
        self._note = into.with_name(f"{into.name}.part.json")
        self.size, self._validator = 0, ""
        with contextlib.suppress(OSError, ValueError):  # no note, or none that can be used: from the beginning
            note = text_file.read_json(self._note)
            if isinstance(note, dict) and note.get("url") == url and isinstance(note.get("validator"), str):
                self.size, self._validator = self._file.stat().st_size, note["validator"]
        step(self.size)

    def headers(self) -> dict[str, str]:
        """What asks for the rest."""
        known = self.size and self._validator
        return {"Range": f"bytes={self.size}-", "If-Range": self._validator} if known else {}

    def take(self, answer: "urllib3.BaseHTTPResponse", *, limit: int, size: int) -> None:
        """Append what an answer brings, or begin with it."""
        if answer.status == 416 and self.size:
            if answer.headers.get("Content-Range") == f"bytes */{self.size}":
                return  # it is all here, and the process ended before it knew
            self.forget()
            raise ValueError("what was there of it is of no use: ask again")
        web.check_status(answer, 200, 203, 206)
        if answer.status != 206:
            self._begin(answer)
        elif not answer.headers.get("Content-Range", "").startswith(f"bytes {self.size}-"):
            raise ValueError("it answers with another part than it was asked for")
        announced = self.size + (answer.length_remaining or 0)
        if announced > limit or (size and answer.length_remaining is not None and announced != size):
            raise ValueError(f"it has {announced} bytes, not {size}" if size else f"it is larger than {limit} bytes")
        with self._file.open("ab") as file:
            for block in answer.stream(_BLOCK, decode_content=False):
                if self.size + len(block) > limit:
                    raise ValueError(f"it is larger than {limit} bytes")
                file.write(block)
                file.flush()
                self.size += len(block)
                self._step(len(block))

    def _begin(self, answer: "urllib3.BaseHTTPResponse") -> None:
        """Nothing has come so far, and the file is the one that this answer is of."""
        self._step(-self.size)
        tag = answer.headers.get("ETag", "")
        self.size, self._validator = 0, tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")
        self._note.unlink(missing_ok=True)
        self._file.write_bytes(b"")
        atomic.write_text(self._note, json.dumps({"url": self._url, "validator": self._validator}))

    def finish(self) -> None:
        self._file.replace(self._into)
        self._note.unlink(missing_ok=True)

    def forget(self) -> None:
        self._step(-self.size)
        self.size = 0
        self._note.unlink(missing_ok=True)
        self._file.unlink(missing_ok=True)
