"""A border under stress for the engines: two posts, shared officers, rosters, queries, seizures, transit, backlog."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments.verify.borders import CLEARANCE, DAY_MIN, LEAVING, MIN, Engine, border, served, staff
from experiments.verify.trace import Trace
from sim.agents.officer import Staff
from sim.consignments.numbers import Numbers
from sim.posts.legs import VISITS, NewLegs
from sim.posts.process import ENTRY, EXIT, Plan, columns_of, compile_processes
from sim.posts.rules import NOTHING_OFFERED
from sim.posts.tables import Floats, Ints
from sim.settings.process import Process, Stage
from sim.world.world import Pool, World

DAY_MS = DAY_MIN * MIN
SHIFTS = ((6 * 60, 15 * 60), (15 * 60, DAY_MIN))
OPEN = ((6 * 60, DAY_MIN),) * 5 + ((6 * 60, 14 * 60), None)
LOADS = {"normal": (70, 70, 70, 70), "overload": (420, 420, 150, 0), "tiny": (3, 0, 5, 2)}
"""Lorries of each day."""
ASSIGNMENT_RULES = ("longest_idle", "fixed_desk", "drawn")
ROOM = 60_000
"""Starts an engine may note in a stressed run."""
CHECKS = ("document", "examination")
RELEASED = {"clear": "agency_choice"}


def _hurried(stage: Stage) -> Stage:
    return stage.model_copy(update={"pressure": True, "paced": True}) if stage.work in CHECKS else stage


STRESSED = CLEARANCE.model_copy(
    update={
        "stages": (
            *(
                _hurried(s).model_copy(update={"to": s.to | RELEASED} if s.token == "goods" and "clear" in s.to else {})
                for s in CLEARANCE.stages
            ),
            Stage(
                name="agency_choice", token="goods", kind="choice", route="agency",
                to={"free": "released", "needed": "agency"},
            ),
            served("agency", ["documents"], 10, "released"),  # the officers who check documents as well
        )
    }
)  # fmt: skip
LEAVING_STRESSED = LEAVING.model_copy(update={"stages": tuple(_hurried(s) for s in LEAVING.stages)})


def stressed_border(mould: World, assignment: str) -> World:
    """Two posts with shifts, night closure, a closed Sunday, reserve booths and one scanner each."""

    def pool(name: str, units: int, **more: object) -> Pool:
        return staff(name, units, **{"teams": SHIFTS, "hours": OPEN, "assignment": assignment} | more)

    always: dict[str, object] = {"teams": (), "kind": "device"}
    pools = [
        pool("exit_gate", 2),
        pool("exit_inspectors", 1, skill="search"),
        pool("documents", 2, skill="document"),
        pool("primary", 1, reserve=3, open_at=6, step=2),
        pool("scanner", 1, **always),
        pool("analyst", 1, skill="image"),
        pool("inspectors", 2, skill="search"),
        pool("bays", 2, **always),
    ]
    world = border(mould, STRESSED, pools, leaving=LEAVING_STRESSED, posts=2, offices=2)
    on_shifts = tuple(replace(p, teams=SHIFTS, hours=OPEN) if p.kind == "clerk" else p for p in world.pools)
    return replace(world, pools=on_shifts)


def _ticks(ms: Floats, tick_ms: int) -> Ints:
    return (np.floor(ms / tick_ms) * tick_ms).astype(np.int64)


def lorries(plan: Plan, day: int, count: int, tick_ms: int, rng: np.random.Generator) -> NewLegs:
    """A day's lorries, an exit and an entry leg each, every trait drawn; many share a tick where ticks are coarse."""
    n, legs = count, 2 * count
    apart = rng.spawn(1)[0]
    post = rng.integers(0, 2, n)
    departs = day * DAY_MS + _ticks(np.sort(rng.uniform(5.5, 23.5, n)) * 60 * MIN, tick_ms)
    empty = rng.random(n) < 0.2
    lodged = np.maximum(day * DAY_MS, departs - _ticks(rng.lognormal(15.0, 1.0, n), tick_ms))
    office = np.array(plan.offices, np.int64)[2 * post + rng.integers(0, 2, n)]
    none = np.full(n, -1, np.int64)
    start = np.array([[plan.sides[2 * p + s].goods_start for s in (EXIT, ENTRY)] for p in (0, 1)])
    paper_start = np.array([plan.sides[2 * p + ENTRY].paper_start for p in (0, 1)])

    def sides(leaving: Any, entering: Any, kind: Any = np.int64) -> Any:
        return np.stack([leaving, entering], axis=1).reshape(-1).astype(kind)

    return NewLegs.of(
        id=(day << 21) + np.arange(legs),
        desk=sides(2 * post + EXIT, 2 * post + ENTRY),
        lane=np.repeat((rng.random(n) > 0.2).astype(np.int64), 2),
        paper_at=sides(none, np.where(empty, -1, lodged)),
        paper_node=sides(none, np.where(empty, -1, paper_start[post])),
        goods_at=sides(departs, none),
        goods_node=start[post].reshape(-1),
        follower=sides(np.arange(1, legs, 2), none),
        transit_ms=sides(_ticks(rng.lognormal(13.0, 0.5, n), tick_ms) + tick_ms, np.zeros(n, np.int64)),
        office=sides(none, np.where(empty, -1, office)),
        standing=np.repeat((apart.random(n) > 0.2).astype(np.int64), 2),
        partner=np.where(apart.random(legs) < 0.3, apart.integers(0, len(plan.network.unit.pool), legs), -1),
        watched=(rng.random(legs) < 0.01).astype(np.int64),
        prohibited=np.repeat((rng.random(n) < 0.3).astype(np.int64), 2),
        fiscal=rng.integers(0, 5, legs),
        scan=(rng.random(legs) < 0.3).astype(np.int64),
        agency=(rng.random(legs) < 0.2).astype(np.int64),
        machine_mismatch=(rng.random(legs) < 0.1).astype(np.int64),
        reuses=(apart.random(legs) < 0.5).astype(np.int64),
        mismatch=(rng.random((legs, VISITS)) < 0.5).astype(np.int64),
        score=rng.normal(size=legs),
        u_control=rng.random(legs),
        u_reroute=rng.random(legs),
        u_irregular=rng.random(legs),
        u_unit=rng.random(legs),
        u_query=rng.random((legs, VISITS)),
        z_image=rng.normal(size=legs),
        concealment=rng.uniform(0.5, 2.0, legs),
        compare_min=rng.uniform(0.0, 2.0, legs),
        exam_min=rng.choice([20.0, 60.0, 180.0], legs),
        exam_threshold=rng.exponential(size=legs),
        u_bribe=sides(np.full(n, NOTHING_OFFERED), apart.uniform(-1.0, 1.0, n), np.float64),
        minutes=_minutes(plan, legs, rng),
    )


def _minutes(plan: Plan, legs: int, rng: np.random.Generator) -> Floats:
    """Lognormal minutes around the declared ones of the exit and entry side in turn."""
    nominal = np.zeros((2, plan.columns))
    for side in (EXIT, ENTRY):
        process: Process = plan.sides[side].process
        for name, first in columns_of(process.stages).items():
            stage = next(s for s in process.stages if s.name == name)
            assert stage.service is not None
            nominal[side, first : first + stage.visits] = stage.service.mean_min
    return np.tile(nominal, (legs // 2, 1)) * rng.lognormal(-0.1, 0.5, (legs, plan.columns))


def live_through(
    engine: Engine,
    world: World,
    tick_ms: int,
    loads: Sequence[int],
    seed: int,
    hourly: bool = False,
    first_day: int = 0,
) -> Trace:
    """Drive an engine day by day (`loads` lorries each), as the model does; `hourly` looks at queues by the hour."""
    plan = compile_processes(world)
    roster = Staff(world, Numbers(seed, 0))
    days, queues = [], []
    for day, count in enumerate(loads, start=first_day):
        rng = np.random.default_rng([seed, day])
        units, desks = len(plan.network.unit.pool), len(plan.network.desk.join_slot)
        engine.set_officers(rng.uniform(0.4, 0.9, units), rng.uniform(0.8, 1.2, units), rng.uniform(0.7, 1.2, units))
        engine.set_integrity(rng.spawn(1)[0].uniform(0.0, 0.2, units))
        random = np.full(desks, 0.02)
        engine.set_desks(random, random, np.full((desks, 2), 1.2), np.full((desks, 2), 0.5))
        engine.set_systems(*_systems_down(desks, day, tick_ms))
        engine.schedule_roster(*_with_a_scanner_away(plan, roster, day))
        waiting = engine.undecided()
        engine.rescore(waiting, rng.normal(size=len(waiting)), (rng.random(len(waiting)) < 0.02).astype(np.int64))
        engine.admit(lorries(plan, day, count, tick_ms, rng))
        for hour in range(1 if hourly else 24, 25):
            engine.run(day * DAY_MS + hour * 60 * MIN)
            queues.append(engine.waiting())
        days.append(engine.take_finished())
    return Trace(days, queues, engine.live_rows(), engine.busy(), list(engine.log or []))


def _systems_down(desks: int, day: int, tick_ms: int) -> tuple[Ints, Ints]:
    """The exit side's declaration system down from 9:00 to 12:00, the entry side's from 11:00 to 13:30."""
    hours = np.array([[9.0, 12.0], [11.0, 13.5]])[np.arange(desks) % 2].T
    down = day * DAY_MS + _ticks(hours * 60 * MIN, tick_ms)
    return down[0], down[1]


def _with_a_scanner_away(plan: Plan, roster: Staff, day: int) -> tuple[Ints, Ints, Ints]:
    """The day's shifts, and the first scanner off duty from 10:00 to 11:30."""
    at, unit, on = roster.roster(day)
    scanner = int(plan.network.pool.first_unit[plan.pool_names.index("0/scanner")])
    down = day * DAY_MS + np.array([10 * 60, 11 * 60 + 30]) * MIN
    return np.append(at, down), np.append(unit, [scanner] * 2), np.append(on, [0, 1])
