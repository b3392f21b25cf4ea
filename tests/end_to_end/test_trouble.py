"""Commands that are killed, asked to stop, run out of room or into each other: what they leave is whole or nothing.

Each case says how a command is typed and how it is typed again; what it then gives must be what it gives in peace.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import photographs, writing
from camsim.io import image
from camsim.io.resize import resize

pytest.importorskip("keras", reason="Keras is not installed")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such signals and limits")

TRIALS = int(os.environ.get("TRIALS", "8"))

#: Said by a second process that another one is at work there.
BUSY = "is being written by process"


@dataclass(frozen=True)
class Case:
    """A command that writes to `output`."""

    name: str
    words: str  #: {input} stands for the folder of what is read
    output: str
    again: str | None = None  #: how it is typed when it has been stopped; None: the same with `force`
    force: str = "--force"
    locks: bool = True  #: whether a second process is refused, and not just doing the same

    @property
    def command(self) -> str:
        return self.words.split()[0]


SMALL_RUN = (
    "--batch 4 --precision float32 --steps 8,6 --set generator.blocks=1 --set generator.filters=8 "
    "--set checkpoint_every=3 --set log_every=3 --set validation=2"
)
CASES = [
    Case(
        "train",
        f"enhance train --task deblur --data {{input}}/set {SMALL_RUN} -o run -q",
        "run",
        again="enhance train --resume -o run -q",
    ),
    Case("dataset", "camsim dataset {input}/photos -o set --hr-size 64 --scene-size 96 --cuts 6 --jobs 2 -q", "set"),
    Case("grid", "scielab grid --model deblur --data {input}/set -o grid -q", "grid", force=""),
    Case("evaluate", "enhance evaluate --bench {input}/bench --model sr --csv rows.csv -q", "rows.csv", locks=False),
    Case("apply", "enhance apply {input}/photos -o out --model deblur -q", "out", locks=False),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """Photographs, a set of one camera and a benchmark."""
    place = tmp_path_factory.mktemp("inputs")
    for number in range(8):
        picture = resize(np.random.default_rng(number).random((7, 7, 3)), (96, 96))
        image.write(place / "photos" / f"{number}.png", picture)
        image.write(place / "bench" / "HR" / f"{number}.png", picture)
    sources, cameras = photographs.open_sources([place / "photos"]), {"f22": camera_file.load("f22")}
    writing.write(place / "set", sources, cameras, hr_px=64, scene_px=96)
    return place


class Commands:
    """Starts commands in a folder, each in a process group of its own; none outlives the test."""

    def __init__(self, place: Path, inputs: Path) -> None:
        self.place, self.inputs, self._processes = place, inputs, []

    def start(self, words: str, before: str = "") -> subprocess.Popen:
        name, *arguments = words.format(input=self.inputs).split()
        code = f"{before}\nfrom {name}.cli.main import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=self.place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self._processes.append(process)
        return process

    def run(self, words: str, before: str = "") -> tuple[int, str]:
        process = self.start(words, before)
        _, said = process.communicate(timeout=600)
        return process.returncode, said

    def end(self) -> None:
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def commands(tmp_path, inputs):
    made = Commands(tmp_path / "work", inputs)
    made.place.mkdir()
    yield made
    made.end()


def numbers(path: Path) -> dict:
    """A checkpoint without the time that it took."""
    with np.load(path) as values:
        return {name: values[name].tobytes() for name in values if name != "progress/seconds"}


def contents(path: Path) -> dict[str, object]:
    """What a command made, by the path of each file, but for what tells of the time that it took."""
    files = [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.is_file()]
    found: dict[str, object] = {}
    for file in files:
        name = str(file.relative_to(path))
        if file.suffix == ".npz" and "checkpoints" in name:
            found[name] = numbers(file)
        elif file.name in ("run.json", "README.md", "log.csv", "config.toml"):
            found[name] = "written"  # minutes, seconds, and the command line
        elif "tensorboard" not in name:
            found[name] = file.read_bytes()
    return found


def hidden(place: Path) -> list[str]:
    return sorted(str(each.relative_to(place)) for each in place.rglob(".*"))


def again(commands: Commands, case: Case) -> str:
    """How the command is typed after it was stopped: going on where there is something to go on with."""
    if case.again and (commands.place / case.output / "config.toml").exists():
        return case.again
    return f"{case.words} {case.force}" if case.name not in ("evaluate", "train") else case.words


@pytest.fixture(scope="session")
def in_peace(tmp_path_factory, inputs):
    """A function that gives what a case makes when it is left alone, and the seconds that it takes; made once."""
    found = {}

    def result(case: Case) -> tuple[dict, float]:
        if case not in found:
            alone = Commands(tmp_path_factory.mktemp(case.name), inputs)
            start = time.monotonic()
            code, said = alone.run(case.words)
            assert code == 0, said
            found[case] = contents(alone.place / case.output), time.monotonic() - start
            assert found[case][0] and not hidden(alone.place)
        return found[case]

    return result


def stop(commands: Commands, case: Case, number: int, after_s: float) -> tuple[int, str]:
    """The exit code of a command that gets a signal, and what it said."""
    process = commands.start(case.words)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(after_s)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    return process.returncode, said


@pytest.mark.soak
@every_case
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_stopped_at_any_moment_it_goes_on_to_the_same_result(commands, in_peace, case, name):
    wanted, seconds = in_peace(case)
    chance, number = random.Random(f"{case.name} {name}"), getattr(signal, name)
    for trial in range(TRIALS):
        after_s = chance.uniform(0.3, 1.0) * seconds
        code, said = stop(commands, case, number, after_s)
        about = f"{case.name}, {name} after {after_s:.2f} of {seconds:.2f} s, trial {trial}: {code} {said}"
        assert code in ((0, -9) if name == "SIGKILL" else (0, 143, -15)), about  # -15: while Python still starts
        assert "Traceback" not in said, about
        if code == 143:
            left = [path for path in hidden(commands.place) if ".unfinished-" not in path]  # grid goes on with those
            assert not left, about
        if code:
            code, said = commands.run(again(commands, case))
            assert code == 0, f"{about}; then: {said}"
        assert contents(commands.place / case.output) == wanted, about
        assert not hidden(commands.place), about
        for path in commands.place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, resource.RLIM_INFINITY))"


def without_room(commands: Commands, case: Case, size: int) -> tuple[int, str]:
    """A command that cannot write files larger than `size` bytes, which is one way for a disk to be full."""
    return commands.run(case.words, LIMITED.format(size))


def check_refused(commands: Commands, case: Case, code: int, said: str, about: str) -> None:
    assert code in (0, 2) and "Traceback" not in said and "fault of this program" not in said, f"{about}: {said}"
    if code == 2:
        lines = [line for line in said.splitlines() if "error:" in line]
        assert len(lines) == 1 and ("File too large" in lines[0] or "No space" in lines[0]), f"{about}: {said}"
        assert not [path for path in hidden(commands.place) if ".unfinished-" not in path], about


@pytest.mark.soak
@every_case
def test_without_room_it_says_so_and_leaves_nothing_half_written(commands, in_peace, case):
    wanted, _ = in_peace(case)
    sizes = [len(content) for content in wanted.values() if isinstance(content, bytes)] or [100_000]
    chance = random.Random(case.name)
    for size in [0, *(int(max(sizes) * chance.random()) for _ in range(TRIALS // 2))]:
        code, said = without_room(commands, case, size)
        about = f"{case.name} with {size} bytes"
        check_refused(commands, case, code, said, about)
        for name, content in contents(commands.place / case.output).items():
            if isinstance(content, bytes) and Path(name).suffix in (".png", ".keras", ".html"):
                assert content == wanted[name], f"{about}: {name}"
        if code:
            code, said = commands.run(again(commands, case))
            assert code == 0 and contents(commands.place / case.output) == wanted, f"{about}; then: {said}"
        for path in commands.place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.soak
@every_case
def test_two_at_once_do_not_spoil_each_other(commands, in_peace, case):
    wanted, seconds = in_peace(case)
    chance = random.Random(case.name)
    for _ in range(max(1, TRIALS // 4)):
        first = commands.start(case.words)
        time.sleep(chance.uniform(0, 0.5) * seconds)
        second = commands.start(case.words)
        ends = [(process.communicate(timeout=600)[1], process.returncode) for process in (first, second)]
        codes = [code for _, code in ends]
        assert 0 in codes and set(codes) <= {0, 2}, ends
        for said, code in ends:
            assert "Traceback" not in said and (code == 0 or BUSY in said or "exists" in said), ends
        if case.name == "evaluate":
            rows = (commands.place / case.output).read_text().splitlines()
            header, *alone = wanted["."].decode().splitlines()
            assert rows[0] == header and sorted(rows[1:]) == sorted(2 * alone)
        else:
            assert contents(commands.place / case.output) == wanted
        assert not hidden(commands.place)
        for path in commands.place.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


QUICK = Case("dataset", "camsim dataset {input}/photos -o set --hr-size 64 --scene-size 96 --setting ideal -q", "set")


@pytest.mark.slow
def test_a_set_without_room_is_one_line_and_nothing(commands):
    code, said = without_room(commands, QUICK, 5000)
    check_refused(commands, QUICK, code, said, "dataset")
    assert code == 2 and not list(commands.place.iterdir())


@pytest.mark.slow
def test_two_sets_at_once_are_one(commands):
    processes = [commands.start(QUICK.words) for _ in range(2)]
    ends = sorted((process.communicate(timeout=60)[1], process.returncode) for process in processes)
    assert [code for _, code in ends] == [0, 2] and (BUSY in ends[1][0] or "exists" in ends[1][0])
    assert not hidden(commands.place) and len(contents(commands.place / "set")) == 8 + 8 + 2


def test_rows_without_room_are_none(tmp_path):
    """What stood in the file stays, and only that."""
    code = LIMITED.format(100) + "\nimport sys\nfrom pathlib import Path\nfrom camsim.io import csv_file\n"
    code += "csv_file.append(Path(sys.argv[1]), ['a'], [['x' * 60]], check=lambda path: None)"
    ends = [
        subprocess.run([sys.executable, "-c", code, tmp_path / "a.csv"], capture_output=True, text=True, check=False)
        for _ in range(2)
    ]
    assert [end.returncode for end in ends] == [0, 1] and "a.csv: File too large" in ends[1].stderr
    assert (tmp_path / "a.csv").read_text() == f"a\n{'x' * 60}\n"
