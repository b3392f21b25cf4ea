"""Carrying out cases in another process, which may crash, hang or be stopped."""

import contextlib
import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

#: Processor time and time on the clock of one case, seconds.
MOST_S, MOST_WALL_S = 20, 120

#: Where the package of this file is imported from.
_HERE = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a case."""

    code: int | None = None  #: of the exit; None for none
    out: str = ""
    err: str = ""
    cpu_s: float = 0.0
    peak: int = 0  #: bytes of memory, 0 where the system does not tell
    died: str = ""  #: how the process ended that should have gone on


class Runner:
    """A process of `fuzzing.process`, started when it is needed, and anew where a case was its end."""

    def __init__(self, kind: str):
        self._kind = kind
        self._process: subprocess.Popen[bytes] | None = None
        self._answers = -1

    def run(self, folder: Path, words: tuple[str, ...], *, drawn: bool, most_wall_s: float = MOST_WALL_S) -> Outcome:
        """The outcome of a command in a folder; `drawn` cases have pictures of bounded size."""
        process = self._started()
        case = {"folder": str(folder), "words": words, "most_s": MOST_S, "drawn": drawn}
        assert process.stdin is not None
        process.stdin.write(json.dumps(case).encode() + b"\n")
        process.stdin.flush()
        answer = b""
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([self._answers], [], [], most_wall_s)
            more = os.read(self._answers, 1 << 20) if ready else b""
            if not more:
                return Outcome(died=self._fate() if ready else self._too_slow())
            answer += more
        found = json.loads(answer)
        return Outcome(died=_words(found["died"])) if "died" in found else Outcome(**found)

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            self._answers, channel = os.pipe()
            command = [sys.executable, "-m", "fuzzing.process", str(channel), self._kind]
            paths = [str(_HERE), *filter(None, sys.path)]
            environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}
            options = {"pass_fds": (channel,), "start_new_session": True, "env": environ}
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, **options)
            os.close(channel)
        return self._process

    def _too_slow(self) -> str:
        self.stop()
        return "took too long"

    def _fate(self) -> str:
        """How the process ended by itself."""
        assert self._process is not None
        ended = self._process.wait(timeout=10)
        self.stop()
        return _words(ended)

    def stop(self) -> None:
        """End the process and all that it started."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        os.close(self._answers)


def _words(ended: int) -> str:
    return f"ended by {signal.Signals(-ended).name}" if ended < 0 else f"ended with code {ended}"
