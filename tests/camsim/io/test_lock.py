"""One process at a time."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from camsim.io import lock

HOLD = """
import sys, time
from camsim.io import lock
with lock.{kind}(sys.argv[1]):
    print("holding", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(holding):
    """A function that starts a process which holds a lock."""
    return lambda kind, path: holding(HOLD.format(kind=kind), path)


@pytest.mark.parametrize("kind", ["beside", "inside"])
def test_the_second_is_told_who_the_first_is_until_that_is_dead(tmp_path, holder, kind):
    """A lock file of a dead process stops nobody, however young it is."""
    path = tmp_path / "deep" / "set"
    first = holder(kind, path)
    told = rf"set is being written by process {first.pid} on \S+; if that is not so, remove .*lock$"
    with pytest.raises(ValueError, match=told), getattr(lock, kind)(path):
        pass
    first.kill()
    first.wait()
    file = {"beside": path.with_name(".set.lock"), "inside": path / ".cam2eye.lock"}[kind]
    assert file.exists()
    with getattr(lock, kind)(path):
        assert str(os.getpid()) in file.read_text()
    assert not file.exists()


def test_what_was_made_for_the_lock_goes_with_it(tmp_path):
    with lock.inside(tmp_path / "a" / "b"):
        assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == [".cam2eye.lock"]
    assert not any(tmp_path.iterdir())
    with lock.inside(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "kept").touch()
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["kept"]


def test_a_file_in_the_way_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    for kind in (lock.beside, lock.inside):
        with pytest.raises(ValueError, match=r"cannot write .*file"), kind(tmp_path / "file" / "set"):
            pass


@pytest.mark.slow
def test_a_lock_that_names_nobody_is_taken(tmp_path):
    """Of a process that was killed before it wrote who it is, or of what a crash of the disk left; by one alone."""
    contents = {"empty": b"", "garbled": b"\0\xff of\nno process", "half": b"12"}
    for name, content in contents.items():
        (tmp_path / f".{name}.lock").write_bytes(content)
        os.utime(tmp_path / f".{name}.lock", (1e9, 1e9))

    def take(name):
        with lock.beside(tmp_path / name):
            return (tmp_path / f".{name}.lock").read_text().split()[0]

    with ThreadPoolExecutor() as pool:
        assert set(pool.map(take, contents)) == {str(os.getpid())}
    assert not any(tmp_path.iterdir())
