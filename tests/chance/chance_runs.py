"""Running a scenario by hand: with a chosen source of chance, keeping its rows and its legs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.compose import compose
from sim.closing import Closed
from sim.consignments.numbers import Numbers, Seats
from sim.consignments.philox import Floats, Ints
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.settings.run import RunSettings, Scenario
from sim.settings.world import BorderWorld
from sim.world.build import build_world

Row = dict[str, Any]
SHORT = ("length.burn_in_days=2", "length.window_days=6", "length.cool_down_days=2")


class SharedNumbers(Numbers):
    """The negative control: one generator for everybody, so every number depends on all that were drawn before."""

    def __init__(self, seed: int, replication: int) -> None:
        super().__init__(seed, replication)
        self._shared = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, replication])))

    def fill(self, room: Floats, places: Ints, seats: Seats, day: int) -> None:
        """The next numbers of the one generator, whatever the key."""
        del seats, day
        for begin, end in places:
            self._shared.random(out=room[begin:end])

    def _remember(self, key: Any, block: Floats) -> None:
        """Keep nothing: who asks again draws again."""


def settings_of(*words: str, command: str = "run") -> RunSettings:
    """Settings of a short run in the small fictional world."""
    given = [word.partition("=")[0] for word in words]
    usual = [word for word in SHORT if word.partition("=")[0] not in given]
    return compose(command, ["world=two_countries", *usual, *words]).settings


def border(settings: RunSettings) -> BorderWorld:
    """The world of some settings, which has posts."""
    assert isinstance(settings.world, BorderWorld)
    return settings.world


def with_world(settings: RunSettings, **changes: Any) -> RunSettings:
    """The same settings in a world with other fields."""
    return settings.model_copy(update={"world": settings.world.model_copy(update=changes)})


def with_assumptions(settings: RunSettings, **sections: Mapping[str, float]) -> RunSettings:
    """The same settings with other behavioural parameters, by section."""
    p = settings.assumptions
    changed = {name: getattr(p, name).model_copy(update=dict(values)) for name, values in sections.items()}
    return settings.model_copy(update={"assumptions": p.model_copy(update=changed)})


def with_scenario(settings: RunSettings, scenario: Scenario) -> RunSettings:
    """The same settings under one other scenario."""
    return settings.model_copy(update={"scenarios": {"only": scenario}})


@dataclass
class Run:
    """What a run by hand leaves: its model, its indicator rows, and every finished leg with its journey."""

    model: BorderModel
    rows: list[Row]
    closed: list[Closed] = field(default_factory=list)


def models_of(settings: RunSettings, numbers: Numbers, log: int = 0) -> tuple[Demand, list[BorderModel]]:
    """The potential world and one model per scenario, before the first day."""
    world = build_world(settings.world_name, settings.world, settings.assumptions)
    demand = Demand(world, numbers, settings.tick_ms)
    scenarios = settings.scenarios.values()
    return demand, [BorderModel(world, settings, s, demand.traders, numbers, log=log) for s in scenarios]


def simulate(settings: RunSettings, luck: type[Numbers] = Numbers, replication: int = 0, log: int = 0) -> list[Run]:
    """Run all scenarios day by day in lock-step and keep what they leave."""
    demand, models = models_of(settings, luck(settings.seed, replication), log)
    runs = [Run(model, []) for model in models]
    for run in runs:
        _keep_closed(run)
    for day in range(settings.length.total_days):
        potential = demand.day(day)
        for model in models:
            model.advance(potential)
    for run in runs:
        run.rows = run.model.finish()
        run.model.release_memory()
    return runs


def _keep_closed(run: Run) -> None:
    take = run.model.closing.take

    def keep(closed: Closed) -> None:
        run.closed.append(closed)
        take(closed)

    run.model.closing.take = keep  # type: ignore[method-assign]


def rows_of(settings: RunSettings, luck: type[Numbers] = Numbers, replication: int = 0) -> list[Row]:
    """Indicator rows of a run of one scenario."""
    return simulate(settings, luck, replication)[0].rows


def bits(rows: Sequence[Row], ignore: Sequence[tuple[str, str]] = ()) -> list[tuple[str, ...]]:
    """Rows to the last bit (`repr` of a float is exact, and equal for NaN), without some (indicator, group) pairs."""
    kept = [r for r in rows if (r["indicator"], r["group"]) not in ignore]
    return [tuple(f"{name}={value!r}" for name, value in row.items()) for row in kept]


def moved(first: Sequence[Row], second: Sequence[Row], ignore: Sequence[tuple[str, str]] = ()) -> list[str]:
    """Names of the indicators in which two runs differ by a bit or more."""
    a, b = bits(first, ignore), bits(second, ignore)
    return sorted({row[0] for row in set(a) ^ set(b)}) if a != b else []


def same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays are equal to the last bit."""
    return a.shape == b.shape and a.tobytes() == b.tobytes()
