"""Many cases for one door: drawn by hypothesis, carried out, judged and counted."""

import dataclasses
import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from fuzzing import judge
from fuzzing.runner import Runner

#: One in so many cases is carried out again in a process of its own.
AGAIN = 20

#: At least this share of the drawn cases must be accepted: else they do not reach beyond the door.
LEAST_ACCEPTED = 0.1

_FOLDERS = ("in", "out", "tmp", "home")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command and the files that lie in its folder, by path; commands write to `out`."""

    words: tuple[str, ...]
    files: Mapping[str, bytes] = dataclasses.field(repr=False)
    links: Mapping[str, str] = dataclasses.field(default_factory=dict)  #: and where they lead
    pipes: tuple[str, ...] = ()
    accepted: bool | None = None  #: whether it must be, where that is known


@dataclasses.dataclass
class Door:
    """A kind of thing that comes from outside."""

    name: str
    place: Path  #: a folder for its cases
    here: Runner
    apart: Runner | None  #: None where it would take too long
    cases: int = 0
    accepted: int = 0

    def check(self, case: Case, *, drawn: bool = True) -> bool:
        """Whether a case is accepted; AssertionError, with what it takes to see it again, where it does harm."""
        accepted = self._judged(case, self.here, drawn=drawn)
        if self.apart and (self.cases % AGAIN == 0 or not drawn):
            assert self._judged(case, self.apart, drawn=drawn) == accepted, "another outcome in a process of its own"
        self.cases += drawn
        self.accepted += drawn and accepted
        return accepted

    def _judged(self, case: Case, runner: Runner, *, drawn: bool) -> bool:
        folder = self.place / "case"
        _lay_out(folder, case)
        before = judge.tree(folder)
        outcome = runner.run(folder, case.words, drawn=drawn)
        after = judge.tree(folder)
        shutil.rmtree(folder)
        try:
            verbose = not {"-v", "--verbose"}.isdisjoint(case.words)
            accepted = judge.check(outcome, before, after, force="--force" in case.words, verbose=verbose)
            assert case.accepted in (None, accepted), "accepted" if accepted else "refused"
        except AssertionError as error:
            kept = self.place / "failed"
            shutil.rmtree(kept, ignore_errors=True)
            _lay_out(kept, case)
            command = shlex.join(case.words).encode("ascii", errors="backslashreplace").decode()
            raise AssertionError(f"{error}\n  cd {kept}; {command}\n{outcome}") from None
        return accepted

    def corpus(self, cases: Iterable[Case]) -> None:
        """Cases that did harm once: every one must be refused, unless it says that it is harmless."""
        for case in cases:
            self.check(case if case.accepted else dataclasses.replace(case, accepted=False), drawn=False)

    def drawn(self, strategy: SearchStrategy, make: Callable[[Any], Case], *, count: int, minutes: float) -> None:
        """Check `count` cases, always the same; or new ones for some minutes."""
        end = time.monotonic() + 60 * minutes
        while True:
            self._draw(strategy, make, count, fresh=minutes > 0)
            if time.monotonic() >= end:
                break
        least = LEAST_ACCEPTED * self.cases
        assert self.cases >= count and self.accepted >= least, f"{self.accepted} of {self.cases} cases were accepted"

    def _draw(self, strategy: SearchStrategy, make: Callable[[Any], Case], count: int, *, fresh: bool) -> None:
        @settings(
            max_examples=count,
            derandomize=not fresh,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )
        @given(strategy)
        def every_case(drawn: Any) -> None:
            self.check(make(drawn))

        (seed(int.from_bytes(os.urandom(8)))(every_case) if fresh else every_case)()


def _lay_out(folder: Path, case: Case) -> None:
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name, target in case.links.items():
        (folder / name).symlink_to(target)
    for name in case.pipes:
        os.mkfifo(folder / name)
