"""`bordersim verify-engines`: SimPy, the plain array loop and the compiled one on the same inputs; 0 differences."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from itertools import product
from operator import add
from typing import Any

from experiments.compose import compose
from experiments.engine import warm_up
from experiments.folders import config_folders, options
from experiments.listing import aligned, built
from experiments.verify.borders import new_engine, numbers_of
from experiments.verify.ledgers import run_days, unlike
from experiments.verify.random_processes import BySeed, RandomCase, random_case, run_case
from experiments.verify.stress import ASSIGNMENT_RULES, LOADS, ROOM, live_through, stressed_border
from experiments.verify.trace import Differences, Trace, differences
from sim.posts.process import compile_processes
from sim.settings.run import TICKS_MS, RunSettings
from sim.world.world import World

ENGINES = ("simpy", "oracle", "loop")
"""The readable journeys, which the others are compared with; the array loop in plain Python; the same compiled."""
TICK_NAMES = {1: "1 ms", 1_000: "1 s", 60_000: "1 min", 600_000: "10 min"}
MOULD = ("world=known_mmc",)
SEED = 5
WHAT = (
    "Unfinished: legs under way at the end. The columns after it count what differs between engines: all must be 0.\n"
    "Stressed border: two posts with exit and entry side and transit between them, shifts, a closed Sunday, reserve "
    "booths, shared officers, queries, seizures, a scanner off duty for 90 minutes, work unfinished at the end.\n"
    "In the stressed border a device taken off duty by the roster stands in for an outage; "
    "whole runs have outages of their own."
)


@dataclass(frozen=True)
class Scope:
    """How much is compared.

    Attributes
    ----------
    stressed : (tick in ms, load, assignment rule) of each stressed border
    processes : random processes
    days : days of whole runs
    scenarios : of the whole runs; none named = all there are
    """

    stressed: tuple[tuple[int, str, str], ...]
    processes: int
    days: int
    scenarios: tuple[str, ...] = ()


FULL = Scope(tuple(product(TICKS_MS, LOADS, ASSIGNMENT_RULES)), processes=400, days=60)
QUICK = Scope(
    tuple((tick, load, ASSIGNMENT_RULES[(i + i // 3) % 3]) for i, (tick, load) in enumerate(product(TICKS_MS, LOADS))),
    processes=60,
    days=4,
    scenarios=("baseline", "combined", "equipment", "integrity"),
)


@dataclass(frozen=True)
class Cell:
    """One comparison: what was run, how many legs, how many of them unfinished at the end, and what differed."""

    cell: str
    legs: int
    unfinished: int
    differences: Differences

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {"cell": self.cell, "legs": self.legs, "unfinished": self.unfinished, **asdict(self.differences)}


def cells(scope: Scope, worlds: Sequence[RunSettings], engines: Sequence[str] = ENGINES) -> Iterator[Cell]:
    """Compare the engines cell by cell: stressed borders, random processes, whole runs of worlds."""
    mould = built(compose("run", MOULD).settings)
    for tick, load, rule in scope.stressed:
        yield stressed_cell(mould, tick, load, rule, engines)
    cases = [random_case(BySeed(seed)) for seed in range(scope.processes)]
    for tick in TICKS_MS:
        yield processes_cell(mould, tick, [case for case in cases if case.tick_ms == tick], engines)
    for settings in worlds:
        yield world_cell(settings, scope.days, engines)


def stressed_cell(mould: World, tick_ms: int, load: str, rule: str, engines: Sequence[str]) -> Cell:
    """The stressed border at one tick, load and rule of who serves; queues are looked at every hour."""
    world = stressed_border(mould, rule)
    plan, flow = compile_processes(world), numbers_of(world, tick_ms)

    def run(kind: str) -> Trace:
        engine = new_engine(kind, plan, flow, log=ROOM)
        return live_through(engine, world, tick_ms, LOADS[load], SEED, hourly=True)

    return _compared(f"stressed border, {load}, {rule}, tick {TICK_NAMES[tick_ms]}", [run], engines)


def processes_cell(mould: World, tick_ms: int, cases: Sequence[RandomCase], engines: Sequence[str]) -> Cell:
    """Random processes with joins and shared pools, those that run at one tick."""

    def runs(case: RandomCase) -> Callable[[str], Trace]:
        return lambda kind: run_case(case, mould, kind)

    return _compared(f"{len(cases)} random processes, tick {TICK_NAMES[tick_ms]}", [runs(c) for c in cases], engines)


def _compared(name: str, runs: Sequence[Callable[[str], Trace]], engines: Sequence[str]) -> Cell:
    legs = unfinished = 0
    found = Differences()
    for run in runs:
        first, *others = (run(kind) for kind in engines)
        legs, unfinished = legs + first.legs, unfinished + len(first.left)
        found = reduce(add, (differences(first, other) for other in others), found)
    return Cell(name, legs, unfinished, found)


def world_cell(settings: RunSettings, days: int, engines: Sequence[str]) -> Cell:
    """All scenarios of a world for some days: the ledgers must be the same to the last bit."""
    runs = [run_days(settings, engine, days) for engine in engines]
    name = f"{settings.world_name}, {len(settings.scenarios)} scenarios, {days} days"
    return Cell(name, runs[0].legs, runs[0].unfinished, Differences(ledger=unlike(runs)))


def main_verify_engines(overrides: Sequence[str], quick: bool, as_json: bool, config_dir: str | None) -> int:
    """Run every cell, print the table; 0 if all differences are 0, else 1."""
    scope = QUICK if quick else FULL
    worlds = _worlds(overrides, config_dir, scope.scenarios)
    warm_up(worlds[0].model_copy(update={"engine": "loop"}))
    found = []
    for cell in cells(scope, worlds, ENGINES):
        found.append(cell)
        if sys.stderr.isatty():
            print(f"{cell.cell}: {cell.differences.total} differences", file=sys.stderr)
    total = sum(cell.differences.total for cell in found)
    rows = [cell.row() for cell in found]
    if as_json:
        print(json.dumps({"engines": ENGINES, "cells": rows, "differences": total}, indent=2))
    else:
        legs = sum(cell.legs for cell in found)
        print(f"{aligned(rows)}\n\n{WHAT}\n{', '.join(ENGINES)}: {legs:,} legs, {total:,} differences")
    return 0 if total == 0 else 1


def _worlds(overrides: Sequence[str], config_dir: str | None, scenarios: Sequence[str]) -> list[RunSettings]:
    """Settings of every world with these scenarios (none = all) and an engine that learns; or of the world named."""
    given = {word.partition("=")[0] for word in overrides}
    folders = config_folders(config_dir)
    words = list(overrides)
    if not given & {"scenario", "scenarios"}:
        words.append(f"scenarios=[{','.join(scenarios or options('scenario', folders))}]")
    if "targeting" not in given:
        words.append("targeting=learned")
    names = [[]] if "world" in given else [[f"world={name}"] for name in options("world", folders)]
    return [compose("compare", [*words, *name], config_dir).settings for name in names]
