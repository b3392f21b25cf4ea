"""The doors, and how long they are tried: `make test` always the same cases, `make fuzz` new ones."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

collect_ignore_glob = [] if hasattr(os, "fork") else ["test_*.py"]  # they watch processes as Unix can


def pytest_addoption(parser):
    parser.addoption("--fuzz-minutes", type=float, default=0.0, help="Try new cases for so long, all doors together.")


@pytest.fixture(scope="session")
def runners():
    """Two processes: one for all cases, and one that starts others."""
    from fuzzing.runner import Runner

    both = Runner("here"), Runner("apart")
    yield both
    for runner in both:
        runner.stop()


@pytest.fixture
def fuzz(request, runners, tmp_path, record_property, monkeypatch):
    """A function that checks a corpus, and cases that a strategy draws, of one door."""
    from fuzzing.door import Door
    from hypothesis.internal.conjecture import providers

    # Else what is drawn depends on which of our modules happen to be imported
    monkeypatch.setattr(providers.HypothesisProvider, "_maybe_draw_constant", lambda *_, **__: None)
    doors = sum(item.fixturenames.count("fuzz") for item in request.session.items)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    minutes = request.config.getoption("--fuzz-minutes", 0.0) * workers / doors

    def check(name, strategy, make, *, corpus=(), count=300, apart=True):
        door = Door(name, tmp_path, runners[0], runners[1] if apart else None)
        door.corpus(corpus)
        try:
            door.drawn(strategy, make, count=count, minutes=minutes)
        finally:
            record_property("fuzz", (door.name, door.cases, door.accepted))

    return check
