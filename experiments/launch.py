"""Units of work handed to workers, and each result handed back the moment it is there.

`concurrent.futures` is the one way to every worker: joblib's process pool (loky) on this machine, Dask's executor on a
cluster. joblib's own `Parallel` is not used on top: over Dask it waits for ever for a task that kills its workers.
"""

import asyncio
import ctypes
import logging
import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from joblib import cpu_count
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from experiments.faults import fault
from sim.settings.errors import BordersimError, SettingsError
from sim.settings.run import Launcher

T = TypeVar("T")
Unit = tuple[int, tuple[Any, ...]]
"""A number, and the arguments of the work."""

ATTEMPTS = 3
"""How often a unit is tried whose worker process dies: twice in company, then by itself, so that no other is blamed."""
ANSWER_S = 6
"""Seconds a scheduler is given to answer."""
IDLE_S = 300
"""Seconds an idle worker process lives on; starting one costs seconds of imports."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class WorkerDiedError(Exception):
    """The worker process of a unit died each time it was tried."""


class Pool(Protocol):
    """Workers.

    Attributes
    ----------
    deaths : exceptions that mean a worker died
    """

    deaths: tuple[type[BaseException], ...]

    def window(self) -> int:
        """Units to have in hand: enough that no worker waits while results are written."""

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Hand out one unit of work."""


def launched(work: Callable[..., T], units: Iterable[Unit], pool: Pool) -> Iterator[tuple[int, T | Exception]]:
    """Do `work(*arguments)` for every unit.

    Parameters
    ----------
    work : callable
        A function at the top level of a module, since workers import it. It should return its own failures.
    units : iterable of (number, arguments)
        Taken one by one as workers become free.
    pool : Pool
        Who does it.

    Yields
    ------
    (number, result)
        In order of completion; an exception in place of a result that could not be had.

    Raises
    ------
    BordersimError
        If the cluster is lost.
    """
    fresh, again = iter(units), deque[Unit]()
    deaths: Counter[int] = Counter()
    running: dict[Future[T], Unit] = {}

    def suspect(unit: Unit) -> bool:
        return deaths[unit[0]] == ATTEMPTS - 1

    def take() -> Unit | None:
        if any(map(suspect, running.values())):
            return None
        if again and suspect(again[0]):
            return None if running else again.popleft()
        return again.popleft() if again else next(fresh, None)

    while True:
        while len(running) < pool.window() and (unit := take()):
            running[pool.submit(work, *unit[1])] = unit
        if not running:
            return
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for unit, future in [(running.pop(future), future) for future in finished]:
            result = _result(future)
            if not isinstance(result, pool.deaths):
                yield unit[0], result
                continue
            deaths[unit[0]] += 1
            if deaths[unit[0]] < ATTEMPTS:
                again.append(unit)
            else:
                yield unit[0], WorkerDiedError(f"its worker process died {ATTEMPTS} times, as when memory runs out")


def _result(future: "Future[T]") -> T | Exception:
    try:
        return future.result()
    except CancelledError as error:
        raise BordersimError(
            "launcher: the cluster was lost; what is finished is kept, and the same command goes on from there"
        ) from error
    except Exception as error:
        return error


class Here:
    """This very process, one unit after the other."""

    deaths: tuple[type[BaseException], ...] = ()

    def window(self) -> int:
        """One."""
        return 1

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Do the work at once."""
        future: Future[T] = Future()
        try:
            future.set_result(work(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


class Processes:
    """Processes of this machine, kept alive between units and renewed when one dies."""

    deaths: tuple[type[BaseException], ...] = (TerminatedWorkerError,)

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool: Any = None

    def window(self) -> int:
        """Two per process."""
        return 2 * self.workers

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Queue the work."""
        with undisturbed():
            self.pool = get_reusable_executor(  # a new one if the last was broken
                max_workers=self.workers, timeout=IDLE_S, env=ONE_THREAD, initializer=end_with, initargs=(os.getpid(),)
            )
            try:
                done: Future[T] = self.pool.submit(work, *arguments)
            except TerminatedWorkerError as death:
                done = Future()
                done.set_exception(death)
        return done

    def kill(self) -> None:
        """End every process, and what it works on."""
        with undisturbed():
            if self.pool is not None:
                self.pool.shutdown(wait=True, kill_workers=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hear requests to end only when the block is over: a pool interrupted within itself leaves a mess."""
    if threading.current_thread() is not threading.main_thread():  # it hears none
        yield
        return
    heard: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda number, _: heard.append(number)) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
    for number in heard:
        signal.raise_signal(number)


def end_with(parent: int) -> None:
    """In a worker: end within a second of the process that started it, even one killed outright."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def give_back_memory() -> None:
    """In a worker: give back to the system what a unit of work has left free in pieces.

    The C library keeps it, hundreds of megabytes after a replication of a large world; loky takes that for a leak and
    starts another worker in its place, which costs seconds. Only glibc has the call.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:
        trim(0)


class Cluster:
    """Workers of a Dask cluster, as many as there are at any moment."""

    def __init__(self, client: Any) -> None:
        from distributed import KilledWorker

        self.client, self.executor = client, client.get_executor(pure=False)
        self.deaths: tuple[type[BaseException], ...] = (KilledWorker,)

    def window(self) -> int:
        """Two per thread of all workers."""
        threads: int = sum(self.client.ncores().values())
        return max(2, 2 * threads)

    def submit(self, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Queue the work."""
        future: Future[T] = self.executor.submit(work, *arguments)
        return future


def worker_count(workers: int, units: int) -> int:
    """Processes used: as set, or one per core for 0; never more than there are units of work."""
    return max(1, min(workers or cpu_count(), units))


@contextmanager
def pool_of(launcher: Launcher, workers: int) -> Iterator[Pool]:
    """The workers a launcher stands for; work still in hand when the context is left is dropped.

    Parameters
    ----------
    launcher : Launcher
        Which kind, and where.
    workers : int
        Processes, where it starts them itself.

    Raises
    ------
    SettingsError
        If Dask is not installed, or no scheduler answers.
    """
    if launcher.kind == "dask":
        with _dask_client(launcher.address, workers) as client:
            yield Cluster(client)
    elif workers == 1:
        yield Here()
    else:
        pool = Processes(workers)
        try:
            yield pool
        except BaseException:
            pool.kill()
            raise


@contextmanager
def _dask_client(address: str | None, workers: int) -> Iterator[Any]:
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise SettingsError(
            fault("launcher", "dask", "Dask is not installed", "pip install 'bordersim[cluster]'")
        ) from error
    for name in [n for n in logging.root.manager.loggerDict if n.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters of it is said here, in a line
    if address is not None:
        _greet(address)
        with Client(address, timeout=ANSWER_S, set_as_default=False) as client:
            _say_if_nobody_works(client, address)
            yield client
        return
    # Deaths are counted by `launched`, so the scheduler reports the first; one thread each, as replications hold it.
    with (
        dask.config.set(
            {"distributed.scheduler.allowed-failures": 0, "distributed.nanny.pre-spawn-environ": ONE_THREAD}
        ),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tcp",
            dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.CRITICAL + 1,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def _greet(address: str) -> None:
    """Find out whether a scheduler answers; a client that got no answer would take its time to say so."""
    from distributed.comm import connect

    async def greet() -> None:
        await (await connect(address, timeout=ANSWER_S)).close()

    try:
        asyncio.run(greet())
    except Exception as error:  # no answer, no address, or an answer in another language
        raise SettingsError(
            fault("launcher.address", address, "no scheduler answers there", "start one, or give its tcp://host:port")
        ) from error


def _say_if_nobody_works(client: Any, address: str) -> None:
    if not client.ncores():
        print(f"bordersim: the scheduler at {address} has no worker yet; waiting for one", file=sys.stderr)
