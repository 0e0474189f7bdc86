"""Contestants who run the same lorries in turn, round after round: medians of times and of ratios."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import numpy as np

from sim.posts.legs import LegRows, NewLegs
from sim.posts.tables import Ints

NOTHING: Ints = np.zeros(0, np.int64)


class Outcome(NamedTuple):
    """One run: seconds in all, seconds in which lorries moved, and when each was released (-1 = not)."""

    whole_s: float
    moving_s: float
    released_ms: Ints


@dataclass(frozen=True)
class Contestant:
    """Somebody who runs the lorries.

    Attributes
    ----------
    name : as tables print it
    run : prepares, runs and times one run
    equal : whether it claims the same release of every lorry as the others who do
    """

    name: str
    run: Callable[[], Outcome]
    equal: bool = True


@dataclass(frozen=True)
class Standing:
    """What a contestant did in every round."""

    name: str
    whole_s: tuple[float, ...]
    moving_s: tuple[float, ...]
    released_ms: Ints
    equal: bool


def contest(contestants: Sequence[Contestant], rounds: int) -> list[Standing]:
    """Let all run in turn, `rounds` times, with Python's cyclic garbage collector off while the clock runs."""
    runs: list[list[Outcome]] = [[] for _ in contestants]
    for _ in range(rounds):
        for one, mine in zip(contestants, runs, strict=True):
            with quiet():
                mine.append(one.run())
    return [
        Standing(c.name, tuple(o.whole_s for o in r), tuple(o.moving_s for o in r), r[-1].released_ms, c.equal)
        for c, r in zip(contestants, runs, strict=True)
    ]


@contextmanager
def quiet() -> Iterator[None]:
    """No garbage collection meanwhile; what lies about is collected before."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def times_faster(one: Sequence[float], yardstick: Sequence[float]) -> float:
    """Median over rounds of how many times longer the yardstick took."""
    return median(long / short for short, long in zip(one, yardstick, strict=True))


def unlike(standings: Sequence[Standing]) -> int:
    """Lorries whose release differs from the one of the first who claims equality, over all others who do."""
    claim = [s for s in standings if s.equal and len(s.released_ms)]
    return sum(int(np.count_nonzero(s.released_ms != claim[0].released_ms)) for s in claim[1:])


def released(days: Sequence[NewLegs], finished: Sequence[LegRows]) -> Ints:
    """Moments of release of all lorries in order of id, -1 = not released."""
    ids = np.concatenate([legs["id"] for legs in days])
    moments = np.full(len(ids), -1, np.int64)
    for rows in finished:
        moments[np.searchsorted(ids, rows.id)] = rows["released_ms"]
    return moments


class Stopwatch:
    """Seconds of the parts that are looked at."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count this part."""
        start = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - start
