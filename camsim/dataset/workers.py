"""Who does the work: this process, several of this machine, or a Dask cluster. What is done does not depend on it."""

import contextlib
import itertools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, ProcessPoolExecutor, wait
from multiprocessing import active_children, get_context, parent_process
from typing import TYPE_CHECKING, TypeVar

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    import distributed

Work = TypeVar("Work")
Result = TypeVar("Result")

#: Pieces of work that each process, or thread of a cluster, has before it: it never waits, and memory stays bounded.
_AHEAD = 3


def start_worker() -> None:
    """One BLAS thread per worker, since more would fight over the same cores; and no life without the parent.

    What libraries warn of is not shown, as in the commands.
    """
    threadpool_limits(1)
    logging.captureWarnings(not sys.warnoptions)
    logging.getLogger().addHandler(logging.NullHandler())

    def end_with_parent() -> None:
        parent = parent_process()
        assert parent is not None  # a pool started this process
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes; where the block fails or is interrupted they end at once, whatever they are at."""
    others = set(active_children())
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=start_worker) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(active_children()) - others:
                process.terminate()
            raise


def in_order(do: Callable[[Work], Result], work: Iterable[Work], *, jobs: int) -> Iterator[Result]:
    """What `do` makes of every piece, in their order, `jobs` of them at a time."""
    if jobs == 1:
        yield from map(do, work)
        return
    pieces = iter(work)
    with _pool(jobs) as pool:
        waiting = [pool.submit(do, piece) for piece in itertools.islice(pieces, _AHEAD * jobs)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(do, piece) for piece in itertools.islice(pieces, 1)]


def as_done(
    do: Callable[[Work], Result], work: Iterable[Work], *, jobs: int = 1, scheduler: str = ""
) -> Iterator[Result]:
    """What `do` makes of every piece, in whatever order they are done.

    Parameters
    ----------
    do : callable
        A function of a module, which other processes can import; done twice it does the same.
    work : iterable
        Pieces of work; they are taken one by one.
    jobs : int
        Processes of this machine; 1: this one alone.
    scheduler : str
        Address of the scheduler of a Dask cluster, which does the work instead; "" for none.

    Raises
    ------
    ValueError
        Where a process was ended from outside, the cluster cannot be reached or its workers are lost time and again,
        and what `do` raises.
    """
    if scheduler:
        yield from _by_cluster(do, work, scheduler)
    elif jobs == 1:
        yield from map(do, work)
    else:
        yield from _by_processes(do, work, jobs)


def _by_processes(do: Callable[[Work], Result], work: Iterable[Work], jobs: int) -> Iterator[Result]:
    pieces = iter(work)
    try:
        with _pool(jobs) as pool:
            running = {pool.submit(do, piece) for piece in itertools.islice(pieces, _AHEAD * jobs)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(do, piece) for piece in itertools.islice(pieces, len(done))}
                for future in done:
                    yield future.result()
    except BrokenExecutor:
        raise ValueError("a process that renders pictures was ended from outside: too little memory?") from None


def _by_cluster(do: Callable[[Work], Result], work: Iterable[Work], address: str) -> Iterator[Result]:
    try:
        import distributed
    except ImportError:
        raise ValueError("a Dask cluster needs the package distributed: pip install 'cam2eye[cluster]'") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said here in one line
    try:
        client = distributed.Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{address}: no scheduler of a Dask cluster answers there ({error})") from error
    try:
        yield from _done_by(client, do, iter(work), address)
    finally:
        client.close(timeout=5)


def _done_by(
    client: "distributed.Client", do: Callable[[Work], Result], pieces: Iterator[Work], address: str
) -> Iterator[Result]:
    import distributed

    if not (threads := sum(client.nthreads().values())):
        raise ValueError(f"{address}: this Dask cluster has no workers")

    def begun(count: int) -> "list[distributed.Future]":
        # not pure: a finished piece is not to be looked up by what it was made of
        return [client.submit(_alone, do, piece, pure=False) for piece in itertools.islice(pieces, count)]

    done = distributed.as_completed(begun(_AHEAD * threads), loop=client.loop)
    try:
        for future in done:
            result = future.result()
            future.release()
            for new in begun(1):
                done.add(new)
            yield result
    except (distributed.scheduler.KilledWorker, distributed.client.FutureCancelledError) as error:
        raise ValueError(f"{address}: workers of the cluster are lost time and again: too little memory?") from error


def _alone(do: Callable[[Work], Result], piece: Work) -> Result:
    """One piece of work with one BLAS thread: a cluster runs as many pieces as it has cores."""
    with threadpool_limits(1):
        return do(piece)
