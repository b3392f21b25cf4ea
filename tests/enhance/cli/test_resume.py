"""A run that is killed and resumed ends in the weights of one that was left in peace, on a machine with other work.

Sums over threads are what differs when threads are disturbed, so two processes spin beside every run here.
"""

import contextlib
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("keras")

STEPS = (30, 20)  # the second stage is adversarial


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


def kill_after(step, run, *words):
    """Train in a process of its own, and kill it once a checkpoint of `step` or later is written."""
    code = "from enhance.cli.main import main; main()"
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, words)], cwd=run.parent)
    try:
        limit = time.monotonic() + 300
        while last_step(run) < step and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert step <= last_step(run) < sum(STEPS), "killed too early or too late to prove anything"


def numbers(run):
    """Every number that the last checkpoint holds, but for the time that it took."""
    with np.load(run / "checkpoints" / f"step_{sum(STEPS):09d}.npz") as values:
        return {name: values[name] for name in values if name != "progress/seconds"}


def finish(command, *words):
    done = command("enhance", *words)
    assert done.returncode == 0 and done.stderr == "", done.stderr


@pytest.mark.slow
def test_a_run_killed_in_each_stage_ends_in_the_weights_of_a_whole_one(command, arguments, tmp_path):
    with busy_neighbours():
        finish(command, *arguments, "-o", "whole")
        killed = tmp_path / "killed"
        kill_after(10, killed, *arguments, "-o", killed)
        kill_after(35, killed, "train", "--resume", "-o", killed, "-q")
        finish(command, "train", "--resume", "-o", "killed", "-q")
    whole, resumed = numbers(tmp_path / "whole"), numbers(killed)
    assert whole.keys() == resumed.keys()
    for name, values in whole.items():  # what is forgotten over a kill shows at 1e-4 and more; the rest is for the soak
        if values.dtype.kind == "f":
            np.testing.assert_allclose(resumed[name], values, rtol=1e-6, atol=1e-7, err_msg=name)
        else:
            np.testing.assert_array_equal(resumed[name], values, err_msg=name)


@pytest.mark.soak
def test_twenty_killed_runs_end_in_the_same_weights(command, arguments, tmp_path):
    steps = np.random.default_rng(0).integers(1, sum(STEPS) - 10, 20)
    with busy_neighbours():
        finish(command, *arguments, "-o", "whole")
        for number, step in enumerate(steps):
            killed = tmp_path / str(number)
            kill_after(step, killed, *arguments, "-o", killed)
            finish(command, "train", "--resume", "-o", number, "-q")
    whole = {name: values.tobytes() for name, values in numbers(tmp_path / "whole").items()}
    ends = [{name: values.tobytes() for name, values in numbers(tmp_path / str(n)).items()} for n in range(len(steps))]
    differ = [int(step) for step, end in zip(steps, ends, strict=True) if end != whole]
    assert not differ, f"killed at {differ}: other weights"
