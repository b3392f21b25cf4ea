"""Who does the work: processes that are ended, and a real Dask cluster whose workers and driver are."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from camsim import camera_file
from camsim.dataset import making, photographs, workers, writing
from camsim.io import image
from camsim.io.resize import resize

HAS_SIGKILL = hasattr(signal, "SIGKILL")


def twice(number):
    return 2 * number


def end_myself(number):
    if number == 3:
        os.kill(os.getpid(), getattr(signal, "SIGKILL"))  # noqa: B009  Windows has none
    return number


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_all_work_is_done_once_and_in_order_where_that_is_asked_for(jobs):
    assert list(workers.in_order(twice, range(20), jobs=jobs)) == [2 * n for n in range(20)]
    assert sorted(workers.as_done(twice, range(20), jobs=jobs)) == [2 * n for n in range(20)]


@pytest.mark.slow
@pytest.mark.skipif(not HAS_SIGKILL, reason="no such signal")
def test_a_process_that_is_ended_from_outside_is_one_line():
    with pytest.raises(ValueError, match="was ended from outside"):
        list(workers.as_done(end_myself, range(20), jobs=2))


def test_work_is_taken_as_it_is_done_and_not_all_at_once():
    taken = []
    results = workers.as_done(twice, (taken.append(n) or n for n in range(1000)))
    assert next(results) == 0 and len(taken) == 1


# --- a cluster --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    place = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(6):
        image.write(place / f"{number}.png", resize(rng.random((9, 12, 3)), (48, 64)))
    (place / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    found = photographs.open_sources([place])
    return [photographs.Photo(name=photo.name, path=photo.path, cuts=40) for photo in found]


@pytest.fixture(scope="module")
def options():
    return {
        "cameras": {"ideal": camera_file.load("ideal")},
        "hr_px": 16,
        "scene_px": 16,
        "shard_scenes": 16,
        "strict": False,
    }


@pytest.fixture(scope="module")
def serial(photos, options, tmp_path_factory):
    place = tmp_path_factory.mktemp("serial") / "set"
    writing.write(place, photos, **options)
    return tree(place)


@pytest.fixture
def cluster():
    distributed = pytest.importorskip("distributed", reason="no Dask here (extra: cluster)")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=60
    ) as running:
        yield running


@pytest.mark.slow
def test_a_cluster_makes_the_same_bytes_though_a_worker_is_killed_midway(photos, options, serial, cluster, tmp_path):
    workers_there = [worker.pid for worker in cluster.workers.values()]
    done = []

    def step(count):
        done.append(count)
        if len(done) == 3:
            os.kill(workers_there[0], signal.SIGKILL)

    writing.write(tmp_path / "set", photos, scheduler=cluster.scheduler_address, step=step, **options)
    assert tree(tmp_path / "set") == serial and sum(done) == 280


@pytest.mark.slow
def test_a_slow_worker_holds_nobody_up(photos, options, serial, cluster, tmp_path):
    """It stands still for a while, and the other one goes on."""
    slow = next(iter(cluster.workers.values())).pid
    goes_on = threading.Timer(3, os.kill, (slow, signal.SIGCONT))
    os.kill(slow, signal.SIGSTOP)
    goes_on.start()
    writing.write(tmp_path / "set", photos, scheduler=cluster.scheduler_address, **options)
    assert tree(tmp_path / "set") == serial
    goes_on.join()


@pytest.mark.slow
def test_a_driver_that_is_killed_goes_on_with_what_the_cluster_had_finished(photos, options, serial, cluster, tmp_path):
    code = (
        "import sys; from camsim import camera_file; from camsim.dataset import photographs, writing\n"
        "photos = [photographs.Photo(name=p.name, path=p.path, cuts=40)"
        " for p in photographs.open_sources([sys.argv[1]])]\n"
        "writing.write(sys.argv[2], photos, {'ideal': camera_file.load('ideal')}, hr_px=16, scene_px=16,"
        " shard_scenes=16, strict=False, scheduler=sys.argv[3])"
    )
    target = tmp_path / "set"
    command = [sys.executable, "-c", code, str(photos[0].path.parent), str(target), cluster.scheduler_address]
    driver = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 120
    while making.finished_blocks(target) < 3 and time.monotonic() < limit:
        time.sleep(0.01)
    driver.kill()
    driver.wait()
    assert not target.exists()
    place = making.root_of(target) / "set"
    finished = [f"shards/{path.stem}.tar" for path in (place / "index").glob("*.json")]
    times = [(place / name).stat().st_mtime_ns for name in finished]
    writing.write(target, photos, scheduler=cluster.scheduler_address, resume=True, **options)
    assert tree(target) == serial
    assert [(target / name).stat().st_mtime_ns for name in finished] == times


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_one_line(photos, options, tmp_path):
    pytest.importorskip("distributed", reason="no Dask here (extra: cluster)")
    with pytest.raises(ValueError, match="no scheduler of a Dask cluster answers there") as refusal:
        writing.write(tmp_path / "set", photos, scheduler="tcp://127.0.0.1:9", **options)
    assert "\n" not in str(refusal.value) and not list(tmp_path.iterdir())
