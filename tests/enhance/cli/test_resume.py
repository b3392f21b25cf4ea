"""A run that is killed and resumed ends in the weights of one that was left in peace, on a machine with other work.

Each run here has busy neighbours: what TensorFlow leaves without an order shows where threads are disturbed.
"""

import contextlib
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("keras")

STEPS = (10, 15)  # the second stage is adversarial


@pytest.fixture
def arguments(rendered, small):
    """What `enhance` is given for a run of these steps, apart from its folder."""
    return ["train", "--task", "deblur", "--data", rendered, "--steps", ",".join(map(str, STEPS)), *small, "-q"]


@contextlib.contextmanager
def busy_neighbours(count=2):
    """Processes that spin, at the priority of everything else."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def last_step(run):
    """Step of the newest checkpoint of a run, 0 where there is none."""
    return max((int(path.stem[5:]) for path in (run / "checkpoints").glob("step_*.npz")), default=0)


@pytest.fixture
def begin():
    """A function that runs `enhance` in a process of its own; none outlives the test."""
    processes = []

    def start(run, *words):
        code = "from enhance.cli.main import main; main()"
        processes.append(
            subprocess.Popen([sys.executable, "-c", code, *map(str, words), "-o", str(run)], cwd=run.parent)
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def kill_after(steps):
    """Kill each process once its run has a checkpoint of its step or a later one; `steps` by (process, run)."""
    waiting, limit = dict(steps), time.monotonic() + 900
    try:
        while waiting and time.monotonic() < limit:
            for process, run in list(waiting):
                if last_step(run) >= steps[process, run] or process.poll() is not None:
                    process.kill()
                    del waiting[process, run]
            time.sleep(0.01)
    finally:
        for process, _ in steps:
            process.kill()
            process.wait()
    for (_, run), step in steps.items():
        assert step <= last_step(run) < sum(STEPS), "killed too early or too late to prove anything"


def numbers(run):
    """The bytes of everything that the last checkpoint holds, but for the time that it took."""
    with np.load(run / "checkpoints" / f"step_{sum(STEPS):09d}.npz") as values:
        return {name: values[name].tobytes() for name in values if name != "progress/seconds"}


@pytest.mark.slow
def test_runs_killed_in_either_stage_end_in_the_weights_of_a_whole_one(begin, arguments, tmp_path):
    whole, *killed = (tmp_path / name for name in ("whole", "first", "second"))
    in_peace, *others = (begin(run, *arguments) for run in (whole, *killed))  # each the neighbour of the others
    kill_after(dict(zip(zip(others, killed, strict=True), (5, STEPS[0] + 5), strict=True)))
    resumed = [begin(run, "train", "--resume", "-q") for run in killed]
    assert [process.wait() for process in (in_peace, *resumed)] == [0, 0, 0]
    for run in killed:
        assert numbers(run) == numbers(whole)


@pytest.mark.soak
def test_twenty_killed_runs_end_in_the_same_weights(begin, arguments, tmp_path):
    steps = np.random.default_rng(0).integers(1, sum(STEPS) - 5, 20)
    with busy_neighbours():
        assert begin(tmp_path / "whole", *arguments).wait() == 0
        for number, step in enumerate(steps):
            killed = tmp_path / str(number)
            kill_after({(begin(killed, *arguments), killed): step})
            assert begin(killed, "train", "--resume", "-q").wait() == 0
    whole = numbers(tmp_path / "whole")
    differ = [int(step) for number, step in enumerate(steps) if numbers(tmp_path / str(number)) != whole]
    assert not differ, f"killed at {differ}: other weights"
