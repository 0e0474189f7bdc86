"""Replications in parallel: each handed over as soon as it is finished, so that nothing finished is lost."""

import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sim.settings.errors import BordersimError
from sim.settings.run import RunSettings

T = TypeVar("T")
ATTEMPTS = 3
"""How often replications are tried whose worker process died (as when memory runs out)."""


def replicate(
    settings: RunSettings,
    simulate: Callable[[RunSettings, int], T],
    on_done: Callable[[int, T], None],
    progress: bool = True,
) -> list[T]:
    """Simulate every replication of a run.

    Parameters
    ----------
    settings : RunSettings
        Its `replications` are numbered from 0; `workers` processes share them (0 = one per core, 1 = this process).
    simulate : callable
        `(settings, replication) -> result`; a function at the top level of a module, since workers import it.
    on_done : callable
        `(replication, result)`, called here in order of completion: the place to write it to disk.
    progress : bool
        Whether to show a bar with the time left on standard error; it is never shown where that is no terminal.

    Returns
    -------
    list
        Results in order of replication, the same for any number of workers.

    Raises
    ------
    KeyboardInterrupt
        When interrupted; says how many replications were handed over.
    BordersimError
        If a replication kills its worker process each time it is tried.
    """
    done: dict[int, T] = {}
    bar = _bar(progress)
    task = bar.add_task("replications", total=settings.replications)
    try:
        with bar:
            for replication, result in _results(settings, simulate, done):
                on_done(replication, result)
                done[replication] = result
                bar.advance(task)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(f"{len(done)} of {settings.replications} replications finished") from interrupt
    return [done[replication] for replication in range(settings.replications)]


def worker_count(settings: RunSettings) -> int:
    """Processes used: as set, or one per core; never more than there are replications."""
    return min(settings.workers or cpu_count(), settings.replications)


def _results(
    settings: RunSettings, simulate: Callable[[RunSettings, int], T], done: dict[int, T]
) -> Iterator[tuple[int, T]]:
    workers = worker_count(settings)
    if workers == 1:
        for replication in range(settings.replications):
            yield _one(settings, simulate, replication)
        return
    for _ in range(ATTEMPTS):
        missing = [r for r in range(settings.replications) if r not in done]
        jobs = (delayed(_one)(settings, simulate, r) for r in missing)
        try:
            yield from Parallel(workers, batch_size=1, return_as="generator_unordered")(jobs)
            return
        except TerminatedWorkerError:
            continue
    missing = [r for r in range(settings.replications) if r not in done]
    raise BordersimError(
        f"replications {', '.join(map(str, missing[:10]))}: not finished: a worker process died {ATTEMPTS} times, as "
        "when memory runs out; use fewer workers, or a shorter length"
    )


def _one(settings: RunSettings, simulate: Callable[[RunSettings, int], T], replication: int) -> tuple[int, T]:
    return replication, simulate(settings, replication)


def _bar(progress: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not (progress and sys.stderr.isatty()),
    )
