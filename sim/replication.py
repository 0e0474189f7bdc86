"""One replication: all scenarios in lock-step by day over the same potential world."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.ledger import bin_edges_h
from sim.model import BorderModel
from sim.settings.run import RunSettings
from sim.world.build import build_world

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ReplicationResult:
    """What a replication leaves.

    Attributes
    ----------
    replication : its number
    indicators : rows of `sim.indicators.indicator_rows` with the scenario
    mechanisms : every applied change, with the scenario
    daily : numerator and denominator of the indicators in group "all", per day of burn-in, windows and cool-down
    distribution : per scenario and window, counts of headline clearance by bin
    legs : legs simulated, per scenario
    attempts : per scenario, the attempts of all windows presented at crossings: keys ascending, and fates
        (`sim.strata`)
    legs_table : per scenario, every leg planned in a window; empty unless `settings.legs`
    """

    replication: int
    indicators: list[dict[str, Any]]
    mechanisms: list[dict[str, Any]]
    daily: list[dict[str, Any]]
    distribution: dict[str, dict[str, Ints]]
    legs: dict[str, int]
    attempts: dict[str, tuple[Ints, Ints]]
    legs_table: dict[str, pd.DataFrame]


def replicate_once(settings: RunSettings, replication: int) -> ReplicationResult:
    """Run every scenario of one replication, day by day, on the same potential journeys.

    Parameters
    ----------
    settings : RunSettings
        World, scenarios, length, seed.
    replication : int
        Number of the replication; with the seed it fixes the potential world.
    """
    with lock_step(settings, replication) as (demand, models):
        begin = live_common_past(settings, demand, models)
        _run_days(settings, demand, models, begin)
        return _result(replication, models)


@contextmanager
def lock_step(settings: RunSettings, replication: int) -> Iterator[tuple[Demand, dict[str, BorderModel]]]:
    """The potential world of a replication and a model per scenario, to be advanced together; tidied up afterwards."""
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    numbers = Numbers(settings.seed, replication, compiled=settings.engine == "loop")
    demand = Demand(world, numbers, settings.tick_ms)
    models = {
        name: BorderModel(world, settings, scenario, demand.traders, numbers)
        for name, scenario in settings.scenarios.items()
    }
    gc.collect()
    gc.disable()  # hundreds of thousands of live generators, no cycles among the finished: a third of the time saved
    try:
        yield demand, models
    finally:
        gc.enable()
        for model in models.values():
            model.release_memory()


def live_common_past(settings: RunSettings, demand: Demand, models: dict[str, BorderModel]) -> int:
    """Live through the days before any measure once, for all scenarios; returns the first day that is left.

    Before the policy day nothing tells scenarios of one world apart. So the first lives alone and the others go on
    from a copy of it, which spares a share of burn-in days. SimPy's posts cannot be copied, and a scenario that
    brings posts of its own (further seats) has a past of its own.
    """
    first, *others = models
    alike = [name for name in others if models[name].world is models[first].world]
    if settings.engine not in ("loop", "oracle") or not alike:
        return 0
    apart = [model for name, model in models.items() if name not in alike]
    for day in range(settings.length.policy_day):
        advance(day, demand, apart)
    if settings.length.policy_day:
        for name in alike:
            models[name].release_memory()
            models[name] = models[first].branch(settings.scenarios[name])
    return settings.length.policy_day


def _run_days(settings: RunSettings, demand: Demand, models: dict[str, BorderModel], begin: int) -> None:
    """All days from `begin` on, in lock-step.

    The cool-down of a scenario ends when none of its own journeys of a window is left in process: its result is the
    same in any company.
    """
    for day in range(begin, settings.length.total_days):
        going = [m for m in models.values() if day < settings.length.measured_until or m.cohort_open()]
        if not going:
            return
        advance(day, demand, going)


def advance(day: int, demand: Demand, models: Iterable[BorderModel]) -> None:
    """One day of all scenarios on the same potential journeys, which are made once and then dropped."""
    potential = demand.day(day)
    for model in models:
        model.advance(potential)


def _result(replication: int, models: dict[str, BorderModel]) -> ReplicationResult:
    indicators, mechanisms, daily = [], [], []
    distribution = {}
    for name, model in models.items():
        indicators += [{"scenario": name, "replication": replication, **row} for row in model.finish()]
        mechanisms += [{"scenario": name, **row} for row in model.mechanism_rows()]
        daily += _daily(name, replication, model)
        counts = model.ledger.histogram
        distribution[name] = {w.name: counts[w.blocks].sum(axis=0) for w in model.ledger.windows()}
    return ReplicationResult(
        replication=replication,
        indicators=indicators,
        mechanisms=mechanisms,
        daily=daily,
        distribution=distribution,
        legs={name: model.admitted for name, model in models.items()},
        attempts={name: model.closing.presented.sorted() for name, model in models.items()},
        legs_table={name: _legs(name, replication, model) for name, model in models.items() if model.journal},
    )


def _legs(name: str, replication: int, model: BorderModel) -> pd.DataFrame:
    assert model.journal is not None
    table = model.journal.table()
    table.insert(0, "scenario", name)
    table.insert(1, "replication", np.int32(replication))
    return table.assign(mode=model.world.mode)


def _daily(name: str, replication: int, model: BorderModel) -> list[dict[str, Any]]:
    rows = []
    for (indicator, group), fact in sorted(model.ledger.facts.items()):
        if group == "all":
            for day, slot in model.ledger.days_before(model.day):
                rows.append(
                    {
                        "scenario": name,
                        "replication": replication,
                        "day": day,
                        "indicator": indicator,
                        "unit": fact.unit,
                        "numerator": float(fact.numerator[slot]),
                        "denominator": float(fact.denominator[slot]),
                    }
                )
    return rows


def distribution_edges_h() -> NDArray[np.float64]:
    """Upper edges of the bins of `ReplicationResult.distribution`, hours."""
    return bin_edges_h()
