"""The SimPy journeys and the array loop agree to the last bit: every start, every column, every officer's minute."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from experiments.verify.borders import new_engine, numbers_of
from experiments.verify.stress import ASSIGNMENT_RULES, LOADS, ROOM, live_through, stressed_border
from experiments.verify.trace import Trace, differences
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.posts import rules
from sim.posts.arrays import LoopEngine
from sim.posts.process import compile_processes
from sim.replication import ReplicationResult, replicate_once
from sim.settings.run import TICKS_MS, RunSettings
from sim.world.build import build_world
from sim.world.world import DAY_MS, World

NORMAL, OVERLOAD, TINY = LOADS["normal"], LOADS["overload"], LOADS["tiny"]


def trace(world: World, kind: str, tick_ms: int, loads: tuple[int, ...], hourly: bool = False, seed: int = 5) -> Trace:
    engine = new_engine(kind, compile_processes(world), numbers_of(world, tick_ms), log=ROOM)
    return live_through(engine, world, tick_ms, loads, seed, hourly)


@pytest.mark.parametrize("assignment", ASSIGNMENT_RULES)
@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("tick_ms", TICKS_MS)
def test_both_engines_clear_a_stressed_border_alike_at_every_tick_and_load(
    hall: World, tick_ms: int, load: str, assignment: str
) -> None:
    world = stressed_border(hall, assignment)
    journeys = trace(world, "simpy", tick_ms, LOADS[load], hourly=load == "normal")
    arrays = trace(world, "oracle", tick_ms, LOADS[load], hourly=load == "normal")
    assert differences(journeys, arrays).total == 0
    assert len(journeys.log) > {"tiny": 10, "normal": 500, "overload": 1000}[load]


def test_the_stressed_border_meets_everything_that_engines_could_get_wrong(hall: World) -> None:
    world = stressed_border(hall, "longest_idle")
    seen = trace(world, "simpy", 60_000, OVERLOAD)
    outcomes = np.concatenate([rows["outcome"] for rows in seen.days])
    for column in ("queries", "detected", "corrected", "scanned", "alarm", "bribed", "held_up"):
        assert seen.total(column) > 5, column
    for outcome in (rules.RELEASED, rules.CORRECTED, rules.SEIZED, rules.STOPPED_BEFORE):
        assert (outcomes == outcome).sum() > 5, outcome
    assert set(np.concatenate([rows["rule"] for rows in seen.days])) == set(range(rules.BY_SUPERVISOR + 1))
    assert len(seen.left) > 100, "unfinished work is left at the end"
    assert min(queue.sum() for queue in seen.queues) > 50, "queues stand through the night and the closed Sunday"
    started, stations = np.array([row[0] for row in seen.log]), np.array([row[1] for row in seen.log])
    assert len(started) > len(np.unique(started)) * 1.2, "many services start in the same tick"
    served = compile_processes(world).network.station.pools[np.unique(stations), 1]
    assert (served >= 0).sum() == 4, "two posts with a scan and an examination that need two pools at once"


def test_a_lorry_started_a_tick_later_is_a_difference(hall: World) -> None:
    world = stressed_border(hall, "longest_idle")
    one, other = (trace(world, "simpy", 60_000, TINY) for _ in range(2))
    assert differences(one, other).total == 0
    other.days[0]["released_ms"][0] += 1
    assert differences(one, other).total == 1
    assert differences(one, trace(world, "simpy", 60_000, TINY, seed=6)).total > 10
    assert differences(one, trace(stressed_border(hall, "drawn"), "simpy", 60_000, TINY)).total > 0


@pytest.mark.parametrize("kind", ["simpy", "oracle", "loop"])
def test_a_day_on_which_nobody_came_yet_leaves_no_rows(hall: World, kind: str) -> None:
    lived = trace(stressed_border(hall, "drawn"), kind, 1_000, (0, 3))
    assert [len(rows) for rows in (lived.days[0], lived.left)] == [0, lived.legs - len(lived.days[1])]
    assert lived.legs == 6


def test_extra_stops_within_the_day_change_nothing(hall: World) -> None:
    world = stressed_border(hall, "drawn")
    for kind in ("simpy", "oracle"):
        hourly = trace(world, kind, 1_000, NORMAL, hourly=True)
        midnights = replace(hourly, queues=hourly.queues[23::24])
        assert differences(trace(world, kind, 1_000, NORMAL), midnights).total == 0


def test_a_run_resumed_from_a_snapshot_at_midnight_goes_on_as_if_never_stopped(hall: World) -> None:
    world = stressed_border(hall, "longest_idle")
    engine = new_engine("oracle", compile_processes(world), numbers_of(world, 60_000), log=ROOM)
    assert isinstance(engine, LoopEngine)
    live_through(engine, world, 60_000, OVERLOAD[:2], seed=5)
    branch = engine.snapshot()
    went_on, resumed = (live_through(e, world, 60_000, OVERLOAD[2:], seed=5, first_day=2) for e in (engine, branch))
    assert differences(went_on, resumed).total == 0
    assert len(went_on.days[0]) > 0


# -- the whole model --------------------------------------------------------------------------------------------------


def facts(result: ReplicationResult) -> list[str]:
    """Everything a replication leaves, as text that tells every bit (and takes undefined for equal)."""
    rows = [*result.indicators, *result.daily, *result.mechanisms]
    return [repr(row) for row in rows] + [
        f"{k} {window} {v.tolist()}" for k, counts in result.distribution.items() for window, v in counts.items()
    ]


@pytest.fixture(scope="module")
def learning(comparison_of: Callable[..., RunSettings]) -> RunSettings:
    """Six scenarios of the fictional border over ten days, so that smugglers and a learning engine decide anew."""
    return comparison_of("two_countries", "length=smoke", "targeting=learned", "seed=3")


def under(engine: str, settings: RunSettings) -> ReplicationResult:
    """The first replication under an engine."""
    return replicate_once(settings.model_copy(update={"engine": engine}), 0)


def test_the_whole_model_gives_the_same_indicators_under_both_engines_in_all_scenarios(learning: RunSettings) -> None:
    journeys = under("simpy", learning)
    assert facts(journeys) == facts(under("oracle", learning))
    assert len({row["scenario"] for row in journeys.indicators}) == 6
    assert len(journeys.indicators) > 1000


def test_compiled_arrays_equal_the_journeys_at_a_stressed_border_and_in_the_whole_model(
    hall: World, learning: RunSettings
) -> None:
    """One test, so that the half minute of compiling is spent once."""
    for assignment, tick_ms in (("drawn", 60_000), ("fixed_desk", 600_000), ("longest_idle", 1)):
        world = stressed_border(hall, assignment)
        journeys, compiled = (trace(world, kind, tick_ms, OVERLOAD) for kind in ("simpy", "loop"))
        assert differences(journeys, compiled).total == 0
    assert facts(under("simpy", learning)) == facts(under("loop", learning))


def test_scenarios_differ_so_that_equal_engines_are_no_accident(learning: RunSettings) -> None:
    two = {name: learning.scenarios[name] for name in ("baseline", "combined")}
    result = replicate_once(learning.model_copy(update={"scenarios": two}), 0)
    mean = {
        row["scenario"]: row["numerator"]
        for row in result.indicators
        if (row["indicator"], row["group"], row["period"]) == ("clearance_mean_h", "all", "transition")
    }
    assert mean["baseline"] != mean["combined"]
    assert sum(result.legs.values()) > 1000


@pytest.mark.parametrize("engine", ["simpy", "oracle"])
@pytest.mark.parametrize("shifts", ["[]", '["00:00-24:00"]'])
def test_an_officer_of_a_round_the_clock_pool_starts_no_work_on_a_day_of_absence(
    settings_of: Callable[..., RunSettings], engine: str, shifts: str
) -> None:
    settings = settings_of("two_countries", f"world.pools.documents.shifts={shifts}", f"engine={engine}")
    world, numbers = build_world(settings.world_name, settings.world, settings.assumptions), Numbers(1, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    model = BorderModel(world, settings, settings.scenarios["baseline"], demand.traders, numbers, log=ROOM)
    away: set[tuple[int, int]] = set()
    for day in range(6):
        absent = np.flatnonzero(model.staff.document)[day % 2 :: 2]
        model.staff.vacant_until[absent] = day + 1
        away |= {(day, int(unit)) for unit in absent}
        model.advance(demand.day(day))
    model.release_memory()
    starts = {(when // DAY_MS, unit) for when, _, _, unit, _ in model.engine.log or ()}
    assert len({unit for _, unit in starts} & {unit for _, unit in away}) > 1
    assert not starts & away
