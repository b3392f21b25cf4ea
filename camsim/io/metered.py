"""Bytes and time that an answer from the web may take, counted as they leave the socket.

Heads, bodies and what follows them all pass here, so that no part of HTTP is without bound, whatever the library above
reads without counting: endless heads, answers before the answer, trailers, a byte every few seconds.
"""

import http.client
import io
import socket
import time
from typing import Any

#: Bytes that may come beside a file: heads of answers, and what surrounds the pieces of a body.
_BESIDE = 1 << 20


class Budget:
    """How many bytes may still come, and for how long; `silence_s` is the longest wait for the next."""

    def __init__(self, *, limit: int, silence_s: float, total_s: float):
        self.limit, self.silence_s, self.total_s = limit, silence_s, total_s
        self._left, self._end = limit + limit // 64 + _BESIDE, time.monotonic() + total_s

    def seconds(self) -> float:
        """How long the next step may take; TimeoutError where the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self.silence_s)

    def take(self, count: int) -> None:
        """Note that bytes came; ValueError for more than may."""
        self._left -= count
        if self._left < 0:
            raise ValueError(f"it is larger than {self.limit} bytes")

    def timeout_words(self) -> str:
        """Which of the two times is over."""
        over = time.monotonic() >= self._end
        return f"it took longer than {self.total_s:g} s" if over else f"it was silent for {self.silence_s:g} s"


class _Counted(io.RawIOBase):
    """What a socket gives, counted and timed."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, budget: Budget):
        self._raw, self._sock, self._budget = raw, sock, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._budget.seconds())
        count = self._raw.readinto(buffer)
        self._budget.take(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class Metered(http.client.HTTPResponse):
    """An answer whose every byte is counted by a budget."""

    def __init__(self, budget: Budget, sock: socket.socket, *args: Any, **options: Any):
        super().__init__(sock, *args, **options)
        raw = self.fp.detach()  # a BufferedReader
        self.fp = io.BufferedReader(_Counted(raw, sock, budget))
