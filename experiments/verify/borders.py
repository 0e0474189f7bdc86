"""Borders made by hand for the engines: declared processes of fixed durations, units as a list, any number of posts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from sim.posts.arrays import PLAIN, LoopEngine
from sim.posts.compiled import compiled_kernel
from sim.posts.constants import Constants, constants
from sim.posts.journey import JourneyEngine
from sim.posts.process import Plan
from sim.settings.process import Lodgement, Process, Service, Stage
from sim.world.world import Broker, Pool, World

MIN = 60_000
DAY_MIN = 1440
ALWAYS_OPEN = ((0, DAY_MIN),) * 7
RED_AT, YELLOW_AT = 2.0, 1.0
Engine = JourneyEngine | LoopEngine


def fixed(minutes: float) -> Service:
    """A duration that is always the same."""
    return Service(law="fixed", mean_min=minutes)


def served(name: str, pools: Sequence[str], minutes: float | None, to: str | dict[str, str], **more: Any) -> Stage:
    """A goods stage served by one unit of each pool."""
    where = {"always": to} if isinstance(to, str) else to
    service = None if minutes is None else fixed(minutes)
    return Stage(**{"name": name, "token": "goods", "pools": tuple(pools), "service": service, "to": where} | more)


def staff(name: str, units: int, **more: Any) -> Pool:
    """A pool of units that are on duty when the caller says so."""
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


def border(
    mould: World,
    entry: Process,
    pools: Sequence[Pool],
    leaving: Process | None = None,
    posts: int = 1,
    offices: int = 1,
) -> World:
    """A world of like posts: pools `0/...`, `1/...` of each, and broker offices of one clerk where papers exist.

    `mould` is any world of one post; everything these posts do not say is taken from it.
    """
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
        entry_processes=(entry,),
    )


def numbers_of(world: World, tick_ms: int = 1) -> Constants:
    """Constants of the rules under which an unhurried, fresh officer works at the nominal pace."""
    return constants(world.parameters, tick_ms)


def new_engine(kind: str, plan: Plan, flow: Constants, log: int = 100_000, pace: float = 1.0) -> Engine:
    """An engine whose officers all have the reference skill and whose desks select by score alone.

    `kind` is `simpy`, `oracle` or `loop`; `log` is the room for starts (0 = none are noted).
    """
    engine: Engine
    if kind == "simpy":
        engine = JourneyEngine(plan.network, flow, plan.slots, log=log > 0)
    else:
        kernel = compiled_kernel() if kind == "loop" else PLAIN
        engine = LoopEngine(plan.network, flow, plan.slots, log=log, kernel=kernel)
    units, desks = len(plan.network.unit.pool), len(plan.network.desk.join_slot)
    engine.set_officers(np.full(units, flow.reference_skill), np.full(units, pace), np.ones(units))
    engine.set_desks(np.zeros(desks), np.zeros(desks), np.full((desks, 2), RED_AT), np.full((desks, 2), YELLOW_AT))
    return engine
