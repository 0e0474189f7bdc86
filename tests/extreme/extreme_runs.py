"""Runs at the edges of the settings, and what they leave."""

from collections.abc import Mapping
from typing import Any

from experiments.compose import compose
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.settings.run import RunSettings
from sim.settings.world import BorderWorld
from sim.world.build import build_world

SHORT = ("length.burn_in_days=2", "length.window_days=6", "length.cool_down_days=2")
ENGINES = ("simpy", "loop")


def settings_of(*words: str) -> RunSettings:
    """Settings of a short run, in the small fictional world unless a world is named."""
    given = [word.partition("=")[0] for word in words]
    usual = [w for w in ("world=two_countries", *SHORT) if w.partition("=")[0] not in given]
    return compose("run", [*usual, *words]).settings


def border(settings: RunSettings) -> BorderWorld:
    """The world of some settings, which has posts."""
    assert isinstance(settings.world, BorderWorld)
    return settings.world


def with_pools(settings: RunSettings, **changes: Any) -> RunSettings:
    """The same settings with all pools changed alike."""
    world = border(settings)
    pools = {name: pool.model_copy(update=changes) for name, pool in world.pools.items()}
    return settings.model_copy(update={"world": world.model_copy(update={"pools": pools})})


def with_assumptions(settings: RunSettings, **sections: Mapping[str, float]) -> RunSettings:
    """The same settings with other behavioural parameters, by section."""
    p = settings.assumptions
    changed = {name: getattr(p, name).model_copy(update=dict(values)) for name, values in sections.items()}
    return settings.model_copy(update={"assumptions": p.model_copy(update=changed)})


class Outcome:
    """A finished run.

    Attributes
    ----------
    model : the model after its last day
    journeys, loaded : potential journeys of the whole run, and those with goods
    """

    def __init__(self, settings: RunSettings, log: int = 0) -> None:
        world = build_world(settings.world_name, settings.world, settings.assumptions)
        numbers = Numbers(settings.seed, 0)
        demand = Demand(world, numbers, settings.tick_ms)
        (scenario,) = settings.scenarios.values()
        self.model = BorderModel(world, settings, scenario, demand.traders, numbers, log=log)
        self.journeys = self.loaded = 0
        self.queue: list[int] = []
        for day in range(settings.length.total_days):
            potential = demand.day(day)
            self.journeys += len(potential)
            self.loaded += int((~potential.empty).sum())
            self.model.advance(potential)
            self.queue.append(int(self.model.engine.waiting().sum()))
        self.live = self.model.engine.live_rows()
        self.rows = self.model.finish()
        self.model.release_memory()

    def sums(self, indicator: str, group: str = "all", period: str = "transition") -> tuple[float, float]:
        """Numerator and denominator of one row, which must be there."""
        (row,) = (r for r in self.rows if (r["indicator"], r["group"], r["period"]) == (indicator, group, period))
        return row["numerator"], row["denominator"]

    def value(self, indicator: str, group: str = "all") -> float:
        """Value of an indicator whose denominator is not 0."""
        numerator, denominator = self.sums(indicator, group)
        return float(numerator / denominator)

    def whole_run(self, indicator: str, group: str = "all") -> float:
        """Numerator of a fact over all days, burn-in and cool-down included."""
        return float(self.model.ledger.facts[indicator, group].numerator.sum())
