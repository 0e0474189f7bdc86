"""Short runs of the fictional border, side by side on the same journeys, with everything a test may look at."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.compose import compose
from sim.closing import Closed
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.cooperation.intelligence import Record
from sim.measures.change import Key
from sim.model import BorderModel
from sim.settings.run import RunSettings
from sim.world.build import build_world
from sim.world.world import World

Floats = NDArray[np.float64]
Facts = dict[tuple[str, str], tuple[Floats, Floats]]
STATES = {
    "trust",
    "watchlist_records",
    "skill_mean",
    "cost_public_usd",
    "cost_public_setup_usd",
    "measures_staff_fte",
    "measures_lapsed",
}
"""Facts that show a state or a price and not what happened at a post; a behaviour must reach beyond them."""


class Watched(BorderModel):
    """The model, keeping its finished legs, and each day's mechanisms, time on duty and watchlists at midnight."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.closed_legs: list[tuple[int, Closed]] = []
        self.mechanisms: list[dict[Key, float]] = []
        self.rostered_ms: list[Floats] = []
        self.watchlists: list[list[dict[int, Record]]] = []

    def _measures_in_force(self) -> dict[Key, float]:
        self.mechanisms.append(super()._measures_in_force())
        return self.mechanisms[-1]

    def _intelligence(self, mechanisms: dict[Key, float]) -> None:
        super()._intelligence(mechanisms)
        self.watchlists.append([dict(listed) for listed in self.exchange.watchlists])

    def _rosters(self, mechanisms: dict[Key, float]) -> None:
        super()._rosters(mechanisms)
        self.rostered_ms.append(self.staff.rostered_ms(self.day))

    def _take(self, closed: Closed, *today: Any) -> None:
        self.closed_legs.append((self.day, closed))
        super()._take(closed, *today)

    def facts(self) -> Facts:
        """Numerators and denominators of the ledger by indicator and group."""
        return {key: (fact.numerator, fact.denominator) for key, fact in self.ledger.facts.items()}

    def legs(self, side: int) -> Iterator[tuple[int, Closed]]:
        """(day of closing, legs) of one side."""
        return ((day, closed) for day, closed in self.closed_legs if closed.side == side)


def settings_of(overrides: Iterable[str] = (), scenarios: tuple[str, ...] = ("baseline",)) -> RunSettings:
    """Settings of a fortnight of the fictional border; a later override of a key replaces an earlier one."""
    words = ["world=two_countries", "engine=simpy", "length.burn_in_days=0", "length.window_days=14"]
    words += ["length.cool_down_days=0", *(f"assumptions.measures.domestication_{t}_tier=1" for t in ("low", "high"))]
    words += overrides
    given = {word.partition("=")[0]: word for word in words}
    if len(scenarios) == 1:
        return compose("run", [*given.values(), f"scenario={scenarios[0]}"]).settings
    return compose("compare", [*given.values(), f"scenarios=[{','.join(scenarios)}]"]).settings


def run(overrides: Iterable[str] = (), scenarios: tuple[str, ...] = ("baseline",)) -> dict[str, Watched]:
    """Run scenarios day by day over the same potential journeys."""
    settings = settings_of(overrides, scenarios)
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    numbers = Numbers(settings.seed, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    models = {
        name: Watched(world, settings, scenario, demand.traders, numbers)
        for name, scenario in settings.scenarios.items()
    }
    for day in range(settings.length.total_days):
        potential = demand.day(day)
        for model in models.values():
            model.advance(potential)
    for model in models.values():
        model.closing.settle(model.day, ())
        model.release_memory()
    return models


def facts_of(*overrides: str, scenario: str = "baseline") -> Facts:
    """Ledger of one scenario under overrides."""
    return run(overrides, (scenario,))[scenario].facts()


@cache
def world_of(*overrides: str) -> World:
    """The fictional border under overrides."""
    settings = settings_of(overrides)
    return build_world(settings.world_name, settings.world, settings.assumptions)


def differing(a: Facts, b: Facts) -> set[str]:
    """Names of the indicators of which any entry differs, to the last bit."""
    changed = {key[0] for key in a.keys() ^ b.keys()}
    for key in a.keys() & b.keys():
        if not all(np.array_equal(x, y) for x, y in zip(a[key], b[key], strict=True)):
            changed.add(key[0])
    return changed
