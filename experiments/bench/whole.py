"""The whole experiment: all scenarios in lock-step, with agents, selectivity and ledger, and where its time goes."""

import inspect
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from experiments.bench.contest import quiet
from experiments.bench.flow import always_open, textbook_flow
from experiments.verify.ledgers import Ledgers
from sim.posts.arrays import LoopEngine
from sim.posts.constants import constants
from sim.posts.legs import NewLegs
from sim.posts.process import compile_processes
from sim.replication import advance, live_common_past, lock_step
from sim.settings.run import Length, RunSettings
from sim.world.build import build_world

REST, FLOW, TABLES = "the model itself", "flow", "tables of the flow"
PARTS = {
    "sim.consignments.numbers": "random numbers",
    "sim.consignments": "demand",
    "sim.agents": "agents",
    "sim.smuggling": "agents",
    "sim.learning": "learning",
    "sim.journeys": "learning",
    "sim.measures": "measures",
    "sim.selection": "targeting",
    "sim.targeting": "targeting",
    "sim.cooperation": "cooperation",
    "sim.admission": "admission",
    "sim.posts": FLOW,
    "sim.closing": "ledger",
    "sim.daily": "ledger",
    "sim.ledger": "ledger",
    "sim.indicators": "indicators",
}
"""Part a module belongs to, by the longest beginning of its name; the model's own lines are the rest."""


def lasting(settings: RunSettings, days: int) -> RunSettings:
    """The same for some days, in the proportions of the transition study: 30 days of past, 90 measured, 15 after."""
    past, after = max(1, days * 30 // 135), days * 15 // 135
    length = Length(burn_in_days=past, window_days=max(1, days - past - after), cool_down_days=after)
    return settings.model_copy(update={"length": length})


class Experiment(NamedTuple):
    """A run of the whole: seconds of all days with the indicators at the end, and what it leaves."""

    seconds: float
    ledgers: Ledgers


def run(settings: RunSettings, engine: str, watch: "Clock | None" = None) -> Experiment:
    """Run all scenarios from the first day to the last, as a replication does, but for ending early."""
    settings = settings.model_copy(update={"engine": engine})
    with lock_step(settings, 0) as (demand, models), quiet():
        with watch.on() if watch else ExitStack():
            start = time.perf_counter()
            for day in range(live_common_past(settings, demand, models), settings.length.total_days):
                advance(day, demand, models.values())
            for model in models.values():
                model.finish()
            seconds = time.perf_counter() - start
        digests = {name: model.ledger.digest() for name, model in models.items()}
        legs = sum(model.admitted for model in models.values())
        return Experiment(seconds, Ledgers(digests, legs, unfinished=0))


def textbook_seconds(settings: RunSettings, legs: Sequence[Sequence[NewLegs]]) -> float:
    """Seconds textbook SimPy takes to move the legs of all scenarios and days, and nothing else."""
    world = always_open(build_world(settings.world_name, settings.world, settings.assumptions))
    plan, flow = compile_processes(world), constants(settings.assumptions, settings.tick_ms)
    with quiet():
        return sum(textbook_flow(plan, flow, days).whole_s for days in legs)


# -- where the time goes ----------------------------------------------------------------------------------------------


class Clock:
    """Seconds per part of the model: each moment belongs to the part entered last, so parts add up to the whole."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = [REST]
        self._since = 0.0

    @contextmanager
    def on(self) -> Iterator[None]:
        """Wrap, from outside and for a while, what modules of the model call of each other."""
        with ExitStack() as wrapped:
            for owner, name, function, part in _doors():
                wrapped.enter_context(patch.object(owner, name, self._counted(function, part)))
            self._since = time.perf_counter()
            yield
            self._enter_or_leave(REST)

    def _enter_or_leave(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[self._inside[-1]] += now - self._since
        self._since = now
        if part:
            self._inside.append(part)
        else:
            self._inside.pop()

    def _counted(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @wraps(function)
        def counted(*words: Any, **more: Any) -> Any:
            self._enter_or_leave(part)
            try:
                return function(*words, **more)
            finally:
                self._enter_or_leave("")

        return counted


def part_of(module: str) -> str:
    """Part a module belongs to."""
    found = [name for name in PARTS if module == name or module.startswith(name + ".")]
    return PARTS[max(found, key=len)] if found else REST


def _doors() -> Iterator[tuple[Any, str, Callable[..., Any], str]]:
    """Public methods of the parts' classes, and functions that a module has from another part.

    Of the posts only the array engine, whose methods are called by the day and not by the event.
    """
    for name, module in sorted(sys.modules.items()):
        if not name.startswith("sim."):
            continue
        for attribute, value in list(vars(module).items()):
            own = getattr(value, "__module__", "") == name
            if inspect.isclass(value) and own and part_of(name) != REST:
                if not name.startswith("sim.posts") or value is LoopEngine:
                    yield from _methods(value, part_of(name))
            elif inspect.isfunction(value) and part_of(value.__module__) not in (part_of(name), REST):
                yield module, attribute, value, part_of(value.__module__)


def _methods(owner: type, part: str) -> Iterator[tuple[Any, str, Callable[..., Any], str]]:
    for name, value in list(vars(owner).items()):
        if inspect.isfunction(value) and not name.startswith("_"):
            yield owner, name, value, TABLES if part == FLOW and name != "run" else part


def parts_ms(settings: RunSettings) -> dict[str, float]:
    """Milliseconds of a world-day by part, the most expensive first, on the compiled loop."""
    watch = Clock()
    run(settings, "loop", watch)
    world_days = settings.length.total_days * len(settings.scenarios)
    ordered = sorted(watch.seconds.items(), key=lambda item: -item[1])
    return {part: float(np.round(s / world_days * 1e3, 4)) for part, s in ordered}
