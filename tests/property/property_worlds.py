"""Borders drawn at random, and what their engines did day by day and unit by unit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from experiments.compose import compose
from sim.closing import Closed
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.posts import journey
from sim.posts.legs import LegRows
from sim.settings.run import RunSettings
from sim.settings.world import BorderWorld
from sim.world.build import build_world

SEEDS = range(8)
TICKS_MS = (1, 1_000, 60_000, 600_000)
PROCESSES = ("asycuda", "prelodged_periodic_payment")
SCENARIOS = ("baseline", "combined", "training", "standardisation", "data_sharing")


def random_settings(seed: int) -> RunSettings:
    """A border at random: traffic from thin to overwhelming, staff from none to plenty, any process and policy."""
    chance = np.random.default_rng(seed)
    pick = chance.choice
    words = [
        "world=two_countries",
        f"process@world.entry_process={PROCESSES[seed % 2]}",
        f"scenario={pick(SCENARIOS)}",
        f"engine={('simpy', 'loop')[seed // 2 % 2]}",
        f"tick_ms={TICKS_MS[seed % 4]}",
        f"seed={seed}",
        "length.burn_in_days=2",
        f"length.window_days={chance.integers(3, 6)}",
        "length.cool_down_days=1",
        f"world.channel_policy={pick(('capacity_aware', 'fixed_rate', 'blanket'))}",
        f"world.posts.Stonebridge.journeys_per_day={chance.integers(0, 180)}",
        f"world.posts.Lowmarsh.journeys_per_day={chance.integers(0, 60)}",
        f"assumptions.consignments.prohibited_share={chance.uniform(0, 0.05):.4f}",
        f"assumptions.pressure.exponent={chance.uniform(0, 0.5):.3f}",
    ]
    words += [f"world.{name}={chance.uniform():.3f}" for name in ("empty_share", "aeo_share", "scan_share")]
    settings = compose("run", words).settings
    assert isinstance(settings.world, BorderWorld)
    pools = {
        name: pool.model_copy(
            update={
                "load": None,
                "base": float(chance.integers(0 if name == "agency" else 1, 4)),
                "reserve": float(chance.integers(0, 3)),
                "open_at": float(chance.integers(0, 8)),
                "step": float(chance.integers(0, 4)),
                "assignment": str(pick(("longest_idle", "fixed_desk", "drawn"))),
            }
        )
        for name, pool in settings.world.pools.items()
    }
    return settings.model_copy(update={"world": settings.world.model_copy(update={"pools": pools})})


@dataclass
class Watched:
    """A run that is watched from outside: nothing in it is changed.

    Attributes
    ----------
    admitted, finished : ids of legs that came in and that were closed, in order
    rows : rows of finished legs, per day
    """

    model: BorderModel
    demand: Demand
    admitted: list[int] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    rows: list[LegRows] = field(default_factory=list)

    @classmethod
    def of(cls, settings: RunSettings, log: int = 0) -> "Watched":
        """The model of the only scenario of some settings, before its first day."""
        world = build_world(settings.world_name, settings.world, settings.assumptions)
        numbers = Numbers(settings.seed, 0)
        demand = Demand(world, numbers, settings.tick_ms)
        (scenario,) = settings.scenarios.values()
        watched = cls(BorderModel(world, settings, scenario, demand.traders, numbers, log=log), demand)
        take = watched.model.closing.take

        def keep(closed: Closed) -> None:
            watched.finished += closed.rows.id.tolist()
            watched.rows.append(closed.rows)
            take(closed)

        watched.model.closing.take = keep  # type: ignore[method-assign]
        return watched

    def days(self) -> Iterator[int]:
        """Step through all days of the run; each is yielded when it is over."""
        for day in range(self.model.length.total_days):
            potential = self.demand.day(day)
            sides = (0, 1) if self.model.world.exit_process is not None else (1,)
            self.admitted += [int(j) * 2 + side for j in potential.journey for side in sides]
            self.model.advance(potential)
            yield day
        self.model.release_memory()


@dataclass(frozen=True)
class Service:
    """One service by one unit of a pool, half-open in time."""

    unit: int
    start_ms: int
    end_ms: int
    station: int
    leg: int


def watch_services(monkeypatch: Any) -> list[Service]:
    """Note every service of the SimPy engine as it ends, for all units it held (scanner, operator and bay)."""
    services: list[Service] = []
    finish, begin = journey.Station.finish, journey.Station.start
    heads: dict[int, int] = {}

    def start(station: journey.Station, lane: Any) -> bool:
        event, leg, _ = lane[0]
        heads[id(event)] = leg.id
        return begin(station, lane)

    def note(station: journey.Station, event: Any) -> None:
        units, _, _, _, _, _, duration = event._value
        now = station.env._now
        services.extend(Service(unit, now - duration, now, station.index, heads[id(event)]) for unit in units)
        finish(station, event)

    monkeypatch.setattr(journey.Station, "start", start)
    monkeypatch.setattr(journey.Station, "finish", note)
    return services
