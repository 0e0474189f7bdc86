"""Design points, each simulated with all its scenarios and replications; what is finished is kept and not run again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from experiments.entries import EntryStore
from sim.settings.run import RunSettings


@dataclass(frozen=True)
class Point:
    """One design point. `compare` and `run` have one, number 0; a sweep has one per row of its design.

    Attributes
    ----------
    number : its row in the design, from 0
    settings : everything its results depend on; its replications are numbered from 0
    factors : value per factor, for people; not part of any key
    """

    number: int
    settings: RunSettings
    factors: dict[str, Any] = field(default_factory=dict)

    def key(self, scenario: str, replication: int) -> str:
        """Key of its entry of a scenario and replication; `entry_key` computed with the common part once."""
        raise NotImplementedError


@dataclass(frozen=True)
class Failure:
    """A replication of a point that did not finish.

    Attributes
    ----------
    point, replication : which
    reason : in one line
    unit : its number among the units of the run, from 1; `shard=<unit>/<total>` runs it alone
    trace : where it arose, for developers
    """

    point: Point
    replication: int
    reason: str
    unit: int
    trace: str = ""


@dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `of` equal parts of a run: every `of`-th unit of work."""

    number: int = 1
    of: int = 1


@dataclass(frozen=True)
class Outcome:
    """How a run of points ended.

    Attributes
    ----------
    total : units of work (replications of points) of the whole run, all shards
    done : units whose entries are all in the store now, whoever ran them
    failures : units that were tried and failed, in order
    """

    total: int
    done: int
    failures: tuple[Failure, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every unit is done."""
        return self.done == self.total


def run_points(
    points: Sequence[Point], store: EntryStore, shard: Shard | None = None, progress: bool = True
) -> Outcome:
    """Simulate what the store does not hold yet, each replication written the moment it is finished.

    The unit of work is one replication of one point: its scenarios go in lock-step. A unit that fails, or kills its
    worker time and again, does not stop the others.

    Parameters
    ----------
    points : sequence of Point
        `launcher` and `workers` are taken from the settings of the first.
    store : EntryStore
        Holds finished entries. Written by this process only, so workers need no disk in common with it.
    shard : Shard, optional
        The part to run; everything by default.
    progress : bool
        Whether to show a bar with the time left on standard error; it is never shown where that is no terminal.

    Raises
    ------
    KeyboardInterrupt
        When interrupted; says how many units are finished. They are in the store.
    BordersimError
        If the store cannot be written.
    SettingsError
        If the cluster asked for cannot be reached.
    """
    raise NotImplementedError


def collect(points: Sequence[Point], store: EntryStore, names: Sequence[str]) -> Mapping[str, pd.DataFrame]:
    """Tables of finished points by name, in order of point, replication, scenario, however they were run.

    Parameters
    ----------
    points, store
        As given to `run_points`, which left nothing undone.
    names : sequence of str
        Of `Entry.tables`.

    Raises
    ------
    BordersimError
        If an entry is not there or damaged.
    """
    raise NotImplementedError
