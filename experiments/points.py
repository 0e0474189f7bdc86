"""Design points, each simulated with all its scenarios and replications; what is finished is kept and not run again."""

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from experiments.engine import warm_up, with_engine
from experiments.entries import TABLES, Entry, EntryStore, keyed, settings_digest
from experiments.launch import give_back_memory, launched, pool_of, worker_count
from experiments.progress import progress_bar
from experiments.shard import Shard
from experiments.version import model_version
from sim.replication import ReplicationResult, distribution_edges_h, replicate_once
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

MECHANISM_TYPES = {
    "measure": "str", "parameter": "str", "who": "str", "operation": "str", "value": "float64",
    "value_first": "float64", "before": "float64", "after": "float64", "from_day": "int64", "to_day": "int64",
    "clamped": "bool",
}  # fmt: skip


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
        """Key of its entry of a scenario and replication: `entry_key`, with what all share computed once."""
        return keyed(self._digests[scenario], replication, self.number)

    def missing(self, replication: int, store: EntryStore) -> dict[str, str]:
        """Keys, by scenario, of entries of a replication the store does not hold."""
        keys = {scenario: self.key(scenario, replication) for scenario in self.settings.scenarios}
        return {scenario: key for scenario, key in keys.items() if not store.has(key)}

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {scenario: settings_digest(self.settings, scenario) for scenario in self.settings.scenarios}


@dataclass(frozen=True)
class Failure:
    """A replication of a point that did not finish.

    Attributes
    ----------
    point, replication : which
    reason : in one line
    alone : the shard that runs it by itself: `shard=<alone>` added to the command
    trace : where it arose, for developers
    """

    point: Point
    replication: int
    reason: str
    alone: Shard
    trace: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a run of points ended.

    Attributes
    ----------
    total : units of work (replications of points) of the whole run, all shards
    found : units whose entries were in the store before
    done : units whose entries are all in the store now, whoever ran them
    failures : units that were tried and failed, in order
    """

    total: int
    found: int
    done: int
    failures: tuple[Failure, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every unit is done."""
        return self.done == self.total


@dataclass(frozen=True)
class Attempt:
    """What a worker hands back: entries, or why there are none; and which model it runs."""

    model: str
    entries: tuple[Entry, ...] = ()
    reason: str = ""
    trace: str = ""


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
        If the cluster asked for cannot be reached, or its workers run another version of the model.
    """
    units = [(point, replication) for point in points for replication in range(point.settings.replications)]
    done = {number for number, (point, r) in enumerate(units) if not point.missing(r, store)}
    found, failures = len(done), list[Failure]()
    mine = [number for number in (shard or Shard()).part(range(len(units))) if number not in done]
    bar = progress_bar(progress)
    task = bar.add_task("replications", total=found + len(mine), completed=found)
    try:
        with bar:
            for number, attempt in _attempts(units, mine, store):
                for entry in attempt.entries:
                    store.write(entry)
                if attempt.reason:
                    alone = Shard(number + 1, len(units))
                    failures.append(Failure(*units[number], attempt.reason, alone, attempt.trace))
                else:
                    done.add(number)
                bar.advance(task)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt(f"{len(done)} of {len(units)} replications finished") from interrupt
    others = set(range(len(units))) - set(mine) - done
    done |= {number for number in others if not units[number][0].missing(units[number][1], store)}
    failures.sort(key=lambda failure: failure.alone.number)
    return Outcome(len(units), found, len(done), tuple(failures))


def collect(
    points: Sequence[Point], store: EntryStore, names: Sequence[str] = TABLES
) -> tuple[dict[str, pd.DataFrame], int]:
    """Tables of finished points, in order of point, replication, scenario, however they were run; and legs in all.

    Parameters
    ----------
    points, store
        As given to `run_points`, which left nothing undone.
    names : sequence of str
        Tables to read; each has the columns point, scenario, replication.

    Raises
    ------
    BordersimError
        If an entry is not there or damaged.
    """
    keys = [p.key(s, r) for p in points for r in range(p.settings.replications) for s in p.settings.scenarios]
    entries = [store.read(key, names) for key in keys]
    tables = {name: _stacked([entry.tables[name] for entry in entries]) for name in names}
    return tables, sum(entry.legs for entry in entries)


def attempt(point: int, settings: RunSettings, replication: int, keys: Mapping[str, str]) -> Attempt:
    """Simulate one replication of one point, in a worker; a failure is returned, so that nothing else stops.

    Parameters
    ----------
    point : int
        Number of the point.
    settings : RunSettings
        Its settings, with the scenarios to run.
    replication : int
        Number of the replication.
    keys : mapping
        Key of the entry by scenario; none where another process has meanwhile done all of them.
    """
    if not keys:
        return Attempt(model_version())
    try:
        result = replicate_once(settings, replication)
        entries = tuple(_entry(key, point, scenario, result) for scenario, key in keys.items())
        give_back_memory()
        return Attempt(model_version(), entries)
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return Attempt(model_version(), reason=reason, trace=traceback.format_exc())


def _attempts(
    units: Sequence[tuple[Point, int]], mine: Sequence[int], store: EntryStore
) -> Iterator[tuple[int, Attempt]]:
    if not mine:
        return
    settings = units[0][0].settings
    warm_up(settings)
    with pool_of(settings.launcher, worker_count(settings.workers, len(mine))) as pool:
        for number, result in launched(attempt, ((n, _arguments(*units[n], store)) for n in mine), pool):
            if isinstance(result, Exception):
                result = Attempt(model_version(), reason=" ".join(f"{type(result).__name__}: {result}".split()))
            if result.model != model_version():
                raise SettingsError(
                    f"launcher: its workers run model {result.model}, this is {model_version()}; "
                    "install the same version everywhere"
                )
            yield number, result


def _arguments(point: Point, replication: int, store: EntryStore) -> tuple[Any, ...]:
    """What a worker needs. Entries are looked for once more: another process may have been at it."""
    keys = point.missing(replication, store)
    scenarios = {name: scenario for name, scenario in point.settings.scenarios.items() if name in keys}
    settings = with_engine(point.settings).model_copy(update={"scenarios": scenarios})
    return point.number, settings, replication, keys


def _entry(key: str, point: int, scenario: str, result: ReplicationResult) -> Entry:
    identity = {"point": point, "scenario": scenario, "replication": result.replication}
    edges = distribution_edges_h()
    bins = [(name, counts, counts.nonzero()[0]) for name, counts in result.distribution[scenario].items()]
    tables = {
        "replications": pd.DataFrame([row for row in result.indicators if row["scenario"] == scenario]),
        "daily": pd.DataFrame([row for row in result.daily if row["scenario"] == scenario]),
        "mechanisms": pd.DataFrame(
            [row for row in result.mechanisms if row["scenario"] == scenario], columns=list(MECHANISM_TYPES)
        ).astype(MECHANISM_TYPES),
        "distribution": pd.concat(
            [
                pd.DataFrame({"period": name, "bin": seen, "hours": edges[seen], "journeys": counts[seen]})
                for name, counts, seen in bins
            ],
            ignore_index=True,
        ),
        "attempts": pd.DataFrame(dict(zip(("opportunity", "fate"), result.attempts[scenario], strict=True))),
    }
    if scenario in result.legs_table:
        tables["legs"] = result.legs_table[scenario]
    identified = {name: _with_identity(table, identity) for name, table in tables.items()}
    return Entry(key, point, scenario, result.replication, result.legs[scenario], identified)


def _with_identity(table: pd.DataFrame, identity: Mapping[str, Any]) -> pd.DataFrame:
    rest = table.drop(columns=list(identity), errors="ignore")
    columns = {name: pd.Series([value] * len(rest), dtype=type(value)) for name, value in identity.items()}
    return pd.concat([pd.DataFrame(columns), rest], axis=1)


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled or tables[:1], ignore_index=True)
