"""Writing that leaves nothing half done."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from camsim.io import atomic

UNTIL_KILLED = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
from camsim.io import atomic
with atomic.{kind}(sys.argv[1]) as new:
    (new / "half" if new.is_dir() else new).write_text("half")
    print("holding", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(holding):
    """A function that starts a process which has written half."""
    return lambda kind, path: holding(UNTIL_KILLED.format(kind=kind), path)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_leaves_nothing_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("precious")

    def write_half():
        with atomic.atomic(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("full")

    def fill_half():
        with atomic.atomic_folder(tmp_path / "new") as folder:
            (folder / "a").touch()
            raise RuntimeError("full")

    with pytest.raises(RuntimeError, match="full"):
        write_half()
    assert path.read_text() == "precious" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(RuntimeError, match="full"):
        fill_half()
    assert list(tmp_path.iterdir()) == [path]


def test_where_there_is_no_room_the_file_is_named(tmp_path):
    """Libraries that write say that there is no space, and not where."""
    for kind in (atomic.atomic, atomic.atomic_folder):
        with (
            pytest.raises(ValueError, match=rf"cannot write {tmp_path}/a\.png: No space left") as found,
            kind(tmp_path / "a.png"),
        ):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        assert not names(tmp_path) and "Errno" not in str(found.value)
    with pytest.raises(FileNotFoundError), atomic.atomic(tmp_path / "a.png"):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))  # of something that was read


@pytest.mark.skipif(os.name == "nt", reason="files in use cannot be told there")
def test_the_next_write_removes_what_a_killed_one_left(tmp_path, writer):
    """And nothing of one that lives, nor of the user's."""
    mine = [
        ".photo-original.png",
        ".photo-cam2eye-new-mine.png",
        "photo-cam2eye-new-12345678.png",
        "._novel-unfinished-business.txt",  # as macOS writes beside a file of that name
        ".a-b.png",
    ]
    for name in mine:
        (tmp_path / name).touch()
    dead, alive = writer("atomic", tmp_path / "photo.png"), writer("atomic", tmp_path / "other.png")
    dead.kill()
    dead.wait()
    atomic._sweep.cache_clear()
    assert len(names(tmp_path)) == len(mine) + 2
    atomic.write_text(tmp_path / "new.txt", "whole")
    (left,) = set(names(tmp_path)) - {*mine, "new.txt"}
    assert left.startswith(".other-cam2eye-new-") and left.endswith(".png") and alive.poll() is None


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_the_next_folder_removes_what_a_killed_one_left(tmp_path, writer):
    (tmp_path / ".set-mine").mkdir()
    process = writer("atomic_folder", tmp_path / "set")
    told = rf"set is being written by process {process.pid} on "
    with pytest.raises(ValueError, match=told), atomic.atomic_folder(tmp_path / "set"):
        pass
    process.kill()
    process.wait()
    assert len(names(tmp_path)) == 3  # its lock, too
    with atomic.atomic_folder(tmp_path / "set") as new:
        (new / "whole").touch()
    assert names(tmp_path) == [".set-mine", "set"] and names(tmp_path / "set") == ["whole"]


def test_what_was_put_aside_comes_back(tmp_path):
    """A process that was killed just before it put the new in the place of the old has lost neither."""
    aside = tmp_path / ".set-cam2eye-old-abcd1234" / "set"
    aside.mkdir(parents=True)
    (aside / "old").touch()
    with pytest.raises(ZeroDivisionError), atomic.atomic_folder(tmp_path / "set"):
        1 // (names(tmp_path / "set") != ["old"])
    assert names(tmp_path) == ["set"] and names(tmp_path / "set") == ["old"]


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
@pytest.mark.parametrize("kind", ["atomic", "atomic_folder"])
def test_being_interrupted_leaves_nothing(tmp_path, writer, kind):
    process = writer(kind, tmp_path / "deep" / "set")
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert names(tmp_path) in ([], ["deep"]) and not any(tmp_path.rglob("*set*"))


def test_a_folder_that_is_replaced_is_whole(tmp_path):
    for name in ("old", "new"):
        with atomic.atomic_folder(tmp_path / "set") as folder:
            (folder / name).touch()
    assert names(tmp_path) == ["set"] and names(tmp_path / "set") == ["new"]


def test_a_long_name_does_not_become_too_long(tmp_path):
    name = "a" * 250 + ".txt"
    atomic.write_text(tmp_path / name, "whole")
    assert names(tmp_path) == [name]


IN_A_MOUNT = """
import subprocess, sys
from camsim.io import atomic
for name in ("folder", "file"):
    subprocess.run(["mount", "--bind", name, name], check=True)
    try:
        with atomic.atomic_folder("folder") if name == "folder" else atomic.atomic("file"):
            print("began")
    except ValueError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts differ")
def test_what_is_mounted_is_refused_before_the_work():
    """A folder that a container is given can be filled, and not replaced."""
    with pytest.raises(ValueError, match=r"^cannot write /proc: it is mounted there, .* be replaced; name"):
        atomic.check_replaceable("/proc")
    atomic.check_replaceable(Path.cwd())
    atomic.check_replaceable("/proc/nothing")


@pytest.mark.skipif(sys.platform != "linux", reason="mounts differ")
def test_a_mounted_part_of_the_same_disk_is_told_too(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", IN_A_MOUNT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr.splitlines()[-1]}")
    lines = done.stdout.splitlines()
    assert len(lines) == 2 and all("it is mounted there, so that it cannot be replaced" in line for line in lines), done
