"""`bordersim verify-engines`: SimPy, the plain array loop and the compiled one on the same inputs; 0 differences."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial, reduce
from itertools import product
from operator import add
from typing import Any

from experiments.compose import compose
from experiments.engine import warm_up
from experiments.folders import config_folders, options
from experiments.launch import launched, pool_of, worker_count
from experiments.listing import aligned, built
from experiments.progress import progress_bar
from experiments.verify.borders import new_engine, numbers_of
from experiments.verify.ledgers import run_days, unlike
from experiments.verify.random_processes import BySeed, RandomCase, random_case, run_case
from experiments.verify.stress import ASSIGNMENT_RULES, LOADS, ROOM, live_through, stressed_border
from experiments.verify.trace import Differences, Trace, differences
from sim.posts.process import compile_processes
from sim.settings.errors import BordersimError, SettingsError
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
    "booths, shared officers, queries, seizures, a scanner off duty for 90 minutes, declaration systems down for "
    "hours, one after the other and together, work unfinished at the end.\n"
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
    oracle_days : days of whole runs of all engines
    days : days of whole runs of all but the oracle, which is the compiled loop's own source and takes hours for months
    scenarios : of the whole runs; none named = all there are
    """

    stressed: tuple[tuple[int, str, str], ...]
    processes: int
    oracle_days: int
    days: int
    scenarios: tuple[str, ...] = ()


FULL = Scope(tuple(product(TICKS_MS, LOADS, ASSIGNMENT_RULES)), processes=400, oracle_days=4, days=60)
QUICK = Scope(
    tuple((tick, load, ASSIGNMENT_RULES[(i + i // 3) % 3]) for i, (tick, load) in enumerate(product(TICKS_MS, LOADS))),
    processes=60,
    oracle_days=4,
    days=0,
    scenarios=("baseline", "combined", "equipment", "integrity"),
)


@dataclass(frozen=True)
class Cell:
    """One comparison: what was run, how many legs, how many of them unfinished at the end, and what differed."""

    cell: str
    legs: int
    unfinished: int
    differences: Differences

    def __add__(self, more: "Cell") -> "Cell":
        legs, unfinished = self.legs + more.legs, self.unfinished + more.unfinished
        return Cell(self.cell, legs, unfinished, self.differences + more.differences)

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {"cell": self.cell, "legs": self.legs, "unfinished": self.unfinished, **asdict(self.differences)}


@dataclass(frozen=True)
class Part:
    """What one worker does at a time: a cell of the table, or a share of one.

    Attributes
    ----------
    name : of the cell; parts of the same name are added up
    legs : about how many there will be, so that the longest begin first
    compare : runs the engines, in a worker, and hands back what it found
    """

    name: str
    legs: float
    compare: Callable[[], Cell]


def cells(scope: Scope, worlds: Sequence[RunSettings], engines: Sequence[str] = ENGINES) -> list[Cell]:
    """Compare the engines: stressed borders, random processes, whole runs of worlds.

    Parameters
    ----------
    scope : Scope
        How much of each.
    worlds : sequence of RunSettings
        Whole runs; `launcher` and `workers` of everything are taken from the first.
    engines : sequence of str
        Names, the first being the one the others are compared with.

    Returns
    -------
    list of Cell
        In the same order, however many workers there were.

    Raises
    ------
    BordersimError
        If a part of it could not be run.
    """
    parts = parts_of(scope, worlds, engines)
    found: dict[int, Cell] = {}
    first = worlds[0]
    with pool_of(first.launcher, worker_count(first.workers, len(parts))) as pool, progress_bar() as bar:
        task = bar.add_task("comparisons", total=len(parts))
        longest_first = sorted(range(len(parts)), key=lambda number: -parts[number].legs)
        for number, cell in launched(_compared, ((k, (parts[k],)) for k in longest_first), pool):
            if isinstance(cell, Exception):
                raise BordersimError(f"{parts[number].name}: {type(cell).__name__}: {cell}") from cell
            found[number] = cell
            bar.advance(task)
    return added_up([found[number] for number in range(len(parts))])


def added_up(found: Sequence[Cell]) -> list[Cell]:
    """Cells of the same name as one, in the order in which each name came first."""
    named: dict[str, Cell] = {}
    for cell in found:
        named[cell.cell] = named[cell.cell] + cell if cell.cell in named else cell
    return list(named.values())


def parts_of(scope: Scope, worlds: Sequence[RunSettings], engines: Sequence[str]) -> list[Part]:
    """Everything there is to compare, in the order of the table."""
    mould = built(compose("run", MOULD).settings)
    cases = [random_case(BySeed(seed)) for seed in range(scope.processes)]
    for_months = [engine for engine in engines if engine != "oracle"]
    return [
        *(_stressed_part(mould, tick, load, rule, engines) for tick, load, rule in scope.stressed),
        *(_processes_part(mould, tick, [case for case in cases if case.tick_ms == tick], engines) for tick in TICKS_MS),
        *(_world_part(w, scenario, scope.oracle_days, engines) for w in worlds for scenario in w.scenarios),
        *(_world_part(w, scenario, scope.days, for_months) for w in worlds for scenario in w.scenarios if scope.days),
    ]


def _compared(part: Part) -> Cell:
    return part.compare()


def _stressed_part(mould: World, tick_ms: int, load: str, rule: str, engines: Sequence[str]) -> Part:
    name = f"stressed border, {load}, {rule}, tick {TICK_NAMES[tick_ms]}"
    return Part(name, 2 * sum(LOADS[load]), partial(stressed_cell, name, mould, tick_ms, load, rule, engines))


def _processes_part(mould: World, tick_ms: int, cases: Sequence[RandomCase], engines: Sequence[str]) -> Part:
    name = f"{len(cases)} random processes, tick {TICK_NAMES[tick_ms]}"
    return Part(name, sum(case.count for case in cases), partial(processes_cell, name, mould, cases, engines))


def _world_part(settings: RunSettings, scenario: str, days: int, engines: Sequence[str]) -> Part:
    """One scenario of a world: scenarios know nothing of each other."""
    name = f"{settings.world_name}, {len(settings.scenarios)} scenarios, {days} days, {len(engines)} engines"
    alone = settings.model_copy(update={"scenarios": {scenario: settings.scenarios[scenario]}})
    per_day = sum(post.per_day for post in built(alone).posts)
    return Part(name, 2 * per_day * days, partial(world_cell, name, alone, days, engines))


def stressed_cell(name: str, mould: World, tick_ms: int, load: str, rule: str, engines: Sequence[str]) -> Cell:
    """The stressed border at one tick, load and rule of who serves; queues are looked at every hour."""
    world = stressed_border(mould, rule)
    plan, flow = compile_processes(world), numbers_of(world, tick_ms)

    def run(kind: str) -> Trace:
        engine = new_engine(kind, plan, flow, log=ROOM)
        return live_through(engine, world, tick_ms, LOADS[load], SEED, hourly=True)

    return _traced(name, [run], engines)


def processes_cell(name: str, mould: World, cases: Sequence[RandomCase], engines: Sequence[str]) -> Cell:
    """Random processes with joins and shared pools, those that run at one tick."""

    def runs(case: RandomCase) -> Callable[[str], Trace]:
        return lambda kind: run_case(case, mould, kind)

    return _traced(name, [runs(case) for case in cases], engines)


def _traced(name: str, runs: Sequence[Callable[[str], Trace]], engines: Sequence[str]) -> Cell:
    legs = unfinished = 0
    found = Differences()
    for run in runs:
        first, *others = (run(kind) for kind in engines)
        legs, unfinished = legs + first.legs, unfinished + len(first.left)
        found = reduce(add, (differences(first, other) for other in others), found)
    return Cell(name, legs, unfinished, found)


def world_cell(name: str, settings: RunSettings, days: int, engines: Sequence[str]) -> Cell:
    """Scenarios of a world for some days: the ledgers must be the same to the last bit."""
    runs = [run_days(settings, engine, days) for engine in engines]
    return Cell(name, runs[0].legs, runs[0].unfinished, Differences(ledger=unlike(runs)))


def main_verify_engines(overrides: Sequence[str], quick: bool, as_json: bool, config_dir: str | None) -> int:
    """Run every cell, print the table; 0 if all differences are 0, else 1."""
    scope = QUICK if quick else FULL
    worlds = _worlds(overrides, config_dir, scope.scenarios)
    warm_up(worlds[0].model_copy(update={"engine": "loop"}))
    found = cells(scope, worlds, ENGINES)
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
    if "targeting" not in given:
        words.append("targeting=learned")
    names = [[]] if "world" in given else [[f"world={name}"] for name in options("world", folders)]
    if given & {"scenario", "scenarios"}:
        return [compose("compare", [*words, *name], config_dir).settings for name in names]
    wanted = list(scenarios or options("scenario", folders))
    return [_with_scenarios([*words, *name], wanted, config_dir) for name in names]


def _with_scenarios(words: Sequence[str], names: Sequence[str], config_dir: str | None) -> RunSettings:
    """Settings of a world with all of these scenarios that it does not refuse; which those are, is said."""
    try:
        return compose("compare", [*words, f"scenarios=[{','.join(names)}]"], config_dir).settings
    except SettingsError:
        fitting = [name for name in names if _fits(words, name, config_dir)]
        if list(names) == fitting:
            raise
    return compose("compare", [*words, f"scenarios=[{','.join(fitting)}]"], config_dir).settings


def _fits(words: Sequence[str], name: str, config_dir: str | None) -> bool:
    try:
        compose("run", [*words, f"scenario={name}"], config_dir)
    except SettingsError as refusal:
        print(f"left out: {refusal}", file=sys.stderr)
        return False
    return True
