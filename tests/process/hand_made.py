"""Worlds made by hand for the engines: a border of fixed durations, lorries one by one, and what the log says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from sim.posts.arrays import LoopEngine
from sim.posts.constants import Constants, constants
from sim.posts.journey import JourneyEngine
from sim.posts.legs import FLOATS, INPUTS, VISITS, LegRows, NewLegs
from sim.posts.process import ENTRY, Plan, columns_of, compile_processes
from sim.settings.process import Lodgement, Process, Service, Stage
from sim.world.world import Broker, Pool, World

MIN = 60_000
DAY_MIN = 1440
ALWAYS_OPEN = ((0, DAY_MIN),) * 7
RED_SCORE, YELLOW_SCORE, GREEN_SCORE = 3.0, 1.5, 0.0
RED_AT, YELLOW_AT = 2.0, 1.0
Engine = JourneyEngine | LoopEngine
Start = tuple[float, str, int, str, int]
"""Start of a service: minute, station, lorry, officer, lorries left waiting."""


def fixed(minutes: float) -> Service:
    """A duration that is always the same."""
    return Service(law="fixed", mean_min=minutes)


def served(name: str, pools: Sequence[str], minutes: float | None, to: str | dict[str, str], **more: Any) -> Stage:
    """A goods stage served by one unit of each pool."""
    where = {"always": to} if isinstance(to, str) else to
    service = None if minutes is None else fixed(minutes)
    return Stage(**{"name": name, "token": "goods", "pools": tuple(pools), "service": service, "to": where} | more)


def staff(name: str, units: int, **more: Any) -> Pool:
    """A pool of units that are on duty when the test says so."""
    plain: dict[str, Any] = {"kind": "officer", "post": 0, "country": 0, "skill": "none", "assignment": "longest_idle"}
    plain |= {"teams": (), "hours": ALWAYS_OPEN, "reserve": 0, "open_at": 0, "step": 0}
    return Pool(**plain | {"name": name, "base": units, "expected_load": float("nan")} | more)


CLEARANCE = Process(
    title="Papers and goods that join; every duration fixed",
    lodgement=Lodgement(timing="before", high_tier_h=1.0, low_tier_h=1.0, sigma=1.0),
    paper_start="prepare",
    goods_start="approach",
    stages=(
        served("prepare", ["broker"], 10, "validate", token="paper", work="prepare", visits=2),
        Stage(
            name="validate", token="paper", kind="delay", service=fixed(1), visits=2, route="validation",
            to={"accepted": "selectivity", "returned": "prepare"},
        ),
        Stage(
            name="selectivity", token="paper", kind="choice", route="channel",
            to={"green": "done", "yellow": "document_check", "red": "document_check"},
        ),
        served(
            "document_check", ["documents"], 10, {"settled": "done", "query": "query", "corrected": "correction"},
            token="paper", work="document", visits=3, route="document",
        ),
        Stage(
            name="query", token="paper", kind="delay", service=fixed(60), work="answer", visits=3,
            to={"always": "document_check"},
        ),
        Stage(
            name="correction", token="paper", kind="delay", service=fixed(30), work="correction", to={"always": "done"}
        ),
        Stage(name="approach", token="goods", kind="approach", lane_split_lorries=2, to={"always": "gate"}),
        served("gate", ["primary"], 2, "papers"),
        Stage(
            name="papers", token="goods", kind="join", route="control",
            to={"clear": "released", "scan": "scan", "examination": "examination"},
        ),
        served("scan", ["scanner", "analyst"], 3, {"clear": "released", "alarm": "examination"}, route="image"),
        served(
            "examination", ["inspectors", "bays"], None, {"clear": "released", "found": "seized"}, work="examination",
            route="found",
        ),
    ),
)  # fmt: skip

LEAVING = Process(
    title="Gate, light, examination on the way out; every duration fixed",
    goods_start="exit_gate",
    stages=(
        served("exit_gate", ["exit_gate"], 2, "exit_selectivity"),
        Stage(
            name="exit_selectivity", token="goods", kind="choice", route="channel",
            to={"green": "released", "yellow": "released", "red": "exit_examination"},
        ),
        served(
            "exit_examination", ["exit_inspectors"], None, {"clear": "released", "found": "seized"},
            work="examination", route="found",
        ),
    ),
)  # fmt: skip


def clearance_staff() -> list[Pool]:
    """One unit of everything `CLEARANCE` needs."""
    skills = {"documents": "document", "analyst": "image", "inspectors": "search"}
    names = ("analyst", "bays", "documents", "inspectors", "primary", "scanner")
    return [staff(name, 1, skill=skills.get(name, "none")) for name in names]


def border(
    mould: World,
    entry: Process,
    pools: Sequence[Pool],
    leaving: Process | None = None,
    posts: int = 1,
    offices: int = 1,
) -> World:
    """A world of like posts: pools `0/...`, `1/...` of each, and broker offices of one clerk where papers exist."""
    everywhere = [replace(p, name=f"{k}/{p.name}", post=k) for k in range(posts) for p in pools]
    names = [(f"{k}/office{b}", k) for k in range(posts) for b in range(offices if entry.paper_start else 0)]
    mine = [replace(staff(name, 1), kind="clerk", post=k) for name, k in names]
    ordered = sorted([*everywhere, *mine], key=lambda pool: pool.name)
    index = {pool.name: i for i, pool in enumerate(ordered)}
    return replace(
        mould,
        start=date(2024, 1, 4),  # a Thursday, so that a few days hold a weekend
        posts=tuple(replace(mould.posts[0], name=str(k), exit_country=0, entry_country=1) for k in range(posts)),
        pools=tuple(ordered),
        brokers=tuple(Broker(name, k, 1.0 / offices, 0.0, index[name]) for name, k in names),
        exit_process=leaving,
        entry_process=entry,
    )


def numbers_of(world: World, tick_ms: int = 1) -> Constants:
    """Constants of the rules under which an unhurried, fresh officer works at the nominal pace."""
    return constants(world.parameters, tick_ms)


def new_engine(kind: str, plan: Plan, flow: Constants, log: int = 100_000, pace: float = 1.0) -> Engine:
    """An engine whose officers all have the reference skill and whose desks select by score alone."""
    engine: Engine
    if kind == "simpy":
        engine = JourneyEngine(plan.network, flow, plan.slots, log=True)
    else:
        engine = LoopEngine(plan.network, flow, plan.slots, log=log)
    units, desks = len(plan.network.unit.pool), len(plan.network.desk.join_slot)
    engine.set_officers(np.full(units, flow.reference_skill), np.full(units, pace), np.ones(units))
    engine.set_desks(np.zeros(desks), np.zeros(desks), np.full((desks, 2), RED_AT), np.full((desks, 2), YELLOW_AT))
    return engine


def lorry(
    plan: Plan, number: int, arrives: float | None, papers: float | None = None, **changes: Any
) -> dict[str, Any]:
    """A harmless ordinary lorry: arrival and papers in minutes (None: follows another; no papers), and what differs.

    `side` is `ENTRY` unless given; `minutes` changes the duration of stages by name.
    """
    side, minutes = changes.pop("side", ENTRY), changes.pop("minutes", {})
    here = plan.sides[side]
    row: dict[str, Any] = dict.fromkeys(INPUTS, 0) | {
        "id": number, "desk": side, "lane": 1, "paper_at": -1, "paper_node": -1, "goods_at": -1,
        "goods_node": here.goods_start, "follower": -1, "office": -1, "mismatch": [0] * VISITS,
        "score": GREEN_SCORE, "u_control": 0.99, "u_reroute": 0.5, "u_irregular": 0.99, "u_query": [0.99] * VISITS,
        "concealment": 1.0, "exam_min": 20.0, "exam_threshold": 99.0, "minutes": np.zeros(plan.columns),
    }  # fmt: skip
    for name, first in columns_of(here.process).items():
        stage = next(s for s in here.process.stages if s.name == name)
        assert stage.service is not None
        row["minutes"][first : first + stage.visits] = minutes.get(name, stage.service.mean_min)
    if arrives is not None:
        row["goods_at"] = round(arrives * MIN)
    if papers is not None:
        row |= {"paper_at": round(papers * MIN), "paper_node": here.paper_start, "office": plan.offices[0]}
    return row | changes


def as_legs(rows: Sequence[dict[str, Any]]) -> NewLegs:
    """Lorries as the columns the engines take in."""
    kind = {name: np.float64 if name in FLOATS else np.int64 for name in INPUTS}
    columns: dict[str, Any] = {name: np.array([row[name] for row in rows], kind[name]) for name in INPUTS}
    return NewLegs(**columns)


@dataclass
class Day:
    """A hand-made world under one engine: what started, what ended, what is still there."""

    plan: Plan
    engine: Engine
    rows: LegRows

    @property
    def starts(self) -> list[Start]:
        """Starts of service in order."""
        pools, names = self.plan.network.unit.pool, self.plan.pool_names
        first = self.plan.network.pool.first_unit
        return [
            (at / MIN, self.plan.station_names[s], leg, f"{names[pools[u]]}/{u - first[pools[u]]}", waiting)
            for at, s, leg, u, waiting in self.engine.log or []
        ]

    def row(self, number: int) -> dict[str, Any]:
        """What a finished lorry leaves, by column."""
        k = int(np.flatnonzero(self.rows.id == number)[0])
        columns = {**self.rows.counts, **self.rows.measures}
        return {name: column[k].item() for name, column in columns.items()}

    def minutes(self, number: int, side: int = ENTRY) -> dict[str, float]:
        """Minutes a finished lorry spent at each stage, where any."""
        k = int(np.flatnonzero(self.rows.id == number)[0])
        stages = self.plan.sides[side].process.stages
        times = zip(stages, self.rows.critical_ms[k, : len(stages)].tolist(), strict=True)
        return {stage.name: ms / MIN for stage, ms in times if ms}


def play(
    kind: str,
    world: World,
    lorries: Sequence[dict[str, Any]],
    shifts: dict[str, Sequence[tuple[float, int]]] | None = None,
    until: float = DAY_MIN,
    pace: float = 1.0,
) -> Day:
    """Let lorries pass a world; units named in `shifts` (`pool/number`) start (1) and stop (0) then, all others at 0."""
    plan = compile_processes(world)
    engine = new_engine(kind, plan, numbers_of(world), pace=pace)
    engine.schedule_roster(*_roster(plan, shifts or {}))
    engine.admit(as_legs(lorries))
    engine.run(round(until * MIN))
    return Day(plan, engine, engine.take_finished())


def _roster(plan: Plan, shifts: dict[str, Sequence[tuple[float, int]]]) -> tuple[Any, Any, Any]:
    at, unit, on = [], [], []
    number = 0
    for name, count in zip(plan.pool_names, plan.network.pool.units.tolist(), strict=True):
        for k in range(count):
            for minute, works in shifts.get(f"{name}/{k}", [(0, 1)]):
                at.append(round(minute * MIN))
                unit.append(number)
                on.append(works)
            number += 1
    return np.array(at, np.int64), np.array(unit, np.int64), np.array(on, np.int64)
