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

#: Processor time and time on the clock of one case, seconds; and until the process is ready for the first.
MOST_S, MOST_WALL_S, START_S = 20, 120, 1200

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
        answer = self._answer(most_wall_s)
        if isinstance(answer, Outcome):
            return answer
        found = json.loads(answer)
        return Outcome(died=_words(found["died"])) if "died" in found else Outcome(**found)

    def _answer(self, most_s: float) -> bytes | Outcome:
        """The next line of the process, or what became of it."""
        answer = b""
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([self._answers], [], [], most_s)
            more = os.read(self._answers, 1 << 20) if ready else b""
            if not more:
                return Outcome(died=self._fate() if ready else self._too_slow())
            answer += more
        return answer

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            self._answers, channel = os.pipe()
            command = [sys.executable, "-m", "fuzzing.process", str(channel), self._kind]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=(channel,), start_new_session=True, env=_environment()
            )
            os.close(channel)
            assert self._answer(START_S) == b"ready\n", "the process of the cases does not start"
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


def _environment() -> dict[str, str]:
    """The environment of a user who has set nothing, in which the modules are found that are found here."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    kept.pop("CAM2EYE_WEIGHTS", None)
    return kept | {"PYTHONPATH": os.pathsep.join([str(_HERE), *filter(None, sys.path)]), "PYTHONIOENCODING": "utf-8"}


def _words(ended: int) -> str:
    return f"ended by {signal.Signals(-ended).name}" if ended < 0 else f"ended with code {ended}"
