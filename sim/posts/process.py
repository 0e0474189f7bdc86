"""A world's declared processes, compiled to arrays that both engines walk: nodes, stations, pools.

A *node* is one stage at one side of one post. A *station* is a queue: every served node is one, with the node's
number; broker offices follow after the nodes. Numbers follow declared order, which is the desk priority.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.settings.errors import SettingsError
from sim.settings.process import ROUTES, Process, Stage
from sim.world.world import World

Ints = NDArray[np.int64]

SERVED, DELAY, APPROACH, CHOICE, JOIN = range(5)
KINDS = {"served": SERVED, "delay": DELAY, "approach": APPROACH, "choice": CHOICE, "join": JOIN}
ALWAYS, VALIDATION, CHANNEL, DOCUMENT, CONTROL, IMAGE, FOUND, AGENCY = range(8)
ROUTE_CODES = {name: code for code, name in enumerate(ROUTES)}
PLAIN, PREPARE, DOCUMENT_WORK, ANSWER, EXAMINATION, CORRECTION = range(6)
WORKS = {
    "plain": PLAIN,
    "prepare": PREPARE,
    "document": DOCUMENT_WORK,
    "answer": ANSWER,
    "examination": EXAMINATION,
    "correction": CORRECTION,
}
DONE, END_RELEASED, END_SEIZED = -1, -2, -3
ENDS = {"done": DONE, "released": END_RELEASED, "seized": END_SEIZED}
PAPER, GOODS = 0, 1
EXIT, ENTRY = 0, 1
MAX_POOLS = 3
LONGEST_IDLE, FIXED_DESK, DRAWN = range(3)
ASSIGNMENTS = {"longest_idle": LONGEST_IDLE, "fixed_desk": FIXED_DESK, "drawn": DRAWN}


class Nodes(NamedTuple):
    """One row per node.

    `slot` is the stage's place in its process, `column` its first column in a leg's minutes, `desk` = 2 x post + side,
    `station` is -1 where the leg's own broker office serves, `is_gate` is 1 where completion stops the gate clock,
    `to` is the node or end each of up to three outcomes leads to.
    """

    kind: Ints
    token: Ints
    slot: Ints
    route: Ints
    station: Ints
    column: Ints
    visits: Ints
    work: Ints
    pressure: Ints
    paced: Ints
    desk: Ints
    is_gate: Ints
    to: Ints


class Stations(NamedTuple):
    """One row per station.

    `pools` are the pools needed, `needs` of them and then -1; the officer whose skill and pace matter comes from the
    one at place `lead`. `limit` and `feeder` are the lanes of an approach before the station (0 = none) and the
    approach's node. A completion here refills `Network.refill[refill_first:refill_end]`.
    """

    pools: Ints
    needs: Ints
    lead: Ints
    limit: Ints
    feeder: Ints
    refill_first: Ints
    refill_end: Ints


class Pools(NamedTuple):
    """One row per pool; `Network.pool_station[station_first:station_end]` are the stations that need it."""

    first_unit: Ints
    units: Ints
    base: Ints
    open_at: Ints
    step: Ints
    assignment: Ints
    station_first: Ints
    station_end: Ints


class Units(NamedTuple):
    """One row per unit: its pool and its place in its team."""

    pool: Ints
    rank: Ints


class Desks(NamedTuple):
    """One row per desk: slot of its join (0 where there is none)."""

    join_slot: Ints


WIDTHS: dict[str, int | tuple[int, ...]] = {"to": 3, "pools": MAX_POOLS}
"""Columns of the tables above that hold more than one number a row."""


class Network(NamedTuple):
    """The compiled processes: tables, and the two lists their rows point into."""

    node: Nodes
    station: Stations
    pool: Pools
    unit: Units
    desk: Desks
    refill: Ints
    pool_station: Ints


@dataclass(frozen=True)
class Side:
    """One side of a post: where legs start, and the names of its stages.

    `paper_start` and `empty_start` are -1 where the process has none.
    """

    process: Process
    first_node: int
    paper_start: int
    goods_start: int
    empty_start: int


@dataclass(frozen=True)
class Plan:
    """The network with the names that belong to its numbers."""

    network: Network
    sides: dict[int, Side]
    pool_names: tuple[str, ...]
    station_names: tuple[str, ...]
    offices: tuple[int, ...]
    slots: int
    columns: int


def columns_of(process: Process) -> dict[str, int]:
    """First column in a leg's minutes of each stage that takes time, by stage name."""
    first: dict[str, int] = {}
    used = 0
    for stage in process.stages:
        if stage.kind in ("served", "delay") and stage.work != "examination":
            first[stage.name] = used
            used += stage.visits
    return first


def column_count(process: Process) -> int:
    """Columns of minutes a leg of this process needs."""
    return sum(s.visits for s in process.stages if s.kind in ("served", "delay") and s.work != "examination")


def _node_rows(process: Process, first: int, desk: int) -> list[dict[str, int]]:
    position = {s.name: first + i for i, s in enumerate(process.stages)}
    columns = columns_of(process)
    gate = next((s.name for s in process.stages if s.token == "goods" and s.kind == "served"), "")

    def target(name: str) -> int:
        return position[name] if name in position else ENDS[name]

    rows = []
    for slot, stage in enumerate(process.stages):
        outcomes = [target(stage.to[o]) for o in ROUTES[stage.route]]
        rows.append(
            {
                "kind": KINDS[stage.kind],
                "token": PAPER if stage.token == "paper" else GOODS,
                "slot": slot,
                "route": ROUTE_CODES[stage.route],
                "station": -1 if "broker" in stage.pools else first + slot,
                "column": columns.get(stage.name, 0),
                "visits": stage.visits,
                "work": WORKS[stage.work],
                "pressure": int(stage.pressure),
                "paced": int(stage.paced),
                "desk": desk,
                "is_gate": int(stage.name == gate),
                **{f"to{i}": o for i, o in enumerate((outcomes + [DONE] * 3)[:3])},
            }
        )
    return rows


def _stations(world: World, sides: dict[int, Side]) -> tuple[list[list[int]], list[str], dict[int, tuple[int, int]]]:
    """Pools and names of every node's station, and `(lanes, approach node)` of the stations an approach feeds."""
    pool_index = {p.name: i for i, p in enumerate(world.pools)}
    pools: list[list[int]] = []
    names: list[str] = []
    approaches: dict[int, tuple[int, int]] = {}
    for desk, side in sorted(sides.items()):
        post = world.posts[desk // 2].name
        for slot, stage in enumerate(side.process.stages):
            names.append(f"{post}/{stage.name}")
            pools.append([_pool(pool_index, post, stage, p) for p in stage.pools if p != "broker"])
            if stage.kind == "approach":
                served = [s.name for s in side.process.stages].index(stage.to["always"]) + side.first_node
                approaches[served] = (stage.lane_split_lorries, side.first_node + slot)
    return pools, names, approaches


def _pool(index: dict[str, int], post: str, stage: Stage, name: str) -> int:
    if f"{post}/{name}" not in index:
        raise SettingsError(
            f"world: post {post}: stage {stage.name} needs pool {name}, which the post does not have; add it to pools"
        )
    return index[f"{post}/{name}"]


def _csr(lists: list[list[int]]) -> tuple[Ints, Ints]:
    first = np.concatenate([[0], np.cumsum([len(x) for x in lists])]).astype(np.int64)
    return first, np.array([v for x in lists for v in x], np.int64)


def compile_processes(world: World) -> Plan:
    """Compile every post's processes into one network.

    Parameters
    ----------
    world : World
        Posts, pools and brokers in their sorted order.

    Returns
    -------
    Plan
        Network and names. Node numbers follow post, side (exit first) and declared stage order.

    Raises
    ------
    SettingsError
        If a stage needs a pool its post does not have.
    """
    rows: list[dict[str, int]] = []
    sides: dict[int, Side] = {}
    for post in range(len(world.posts)):
        for side, process in ((EXIT, world.exit_process), (ENTRY, world.entry_process)):
            if process is None:
                continue
            desk, first = 2 * post + side, len(rows)
            rows += _node_rows(process, first, desk)
            at = {s.name: first + i for i, s in enumerate(process.stages)}
            sides[desk] = Side(
                process=process,
                first_node=first,
                paper_start=at.get(process.paper_start or "", -1),
                goods_start=at[process.goods_start],
                empty_start=at.get(process.empty_start or process.goods_start, -1),
            )
    pools, names, approaches = _stations(world, sides)
    offices = [len(rows) + i for i in range(len(world.brokers))]
    pools += [[b.pool] for b in world.brokers]
    names += [b.name for b in world.brokers]
    network = _network(world, rows, pools, approaches, sides)
    return Plan(
        network=network,
        sides=sides,
        pool_names=tuple(p.name for p in world.pools),
        station_names=tuple(names),
        offices=tuple(offices),
        slots=max(len(s.process.stages) for s in sides.values()),
        columns=max(1, *(column_count(s.process) for s in sides.values())),
    )


def _network(
    world: World,
    rows: list[dict[str, int]],
    pools: list[list[int]],
    approaches: dict[int, tuple[int, int]],
    sides: dict[int, Side],
) -> Network:
    stations = len(pools)
    sharing = [[t for t in range(stations) if pools[s] and set(pools[s]) & set(pools[t])] for s in range(stations)]
    refill_first, refill = _csr(sharing)
    station_first, pool_station = _csr([[s for s in range(stations) if p in pools[s]] for p in range(len(world.pools))])
    units = np.array([p.units for p in world.pools], np.int64)
    joins = np.zeros(2 * len(world.posts), np.int64)
    for desk, side in sides.items():
        joins[desk] = next((i for i, s in enumerate(side.process.stages) if s.kind == "join"), 0)

    def node(name: str) -> Ints:
        return np.array([r[name] for r in rows], np.int64)

    def pool(name: str) -> Ints:
        return np.array([getattr(p, name) for p in world.pools], np.int64)

    plain = [name for name in Nodes._fields if name != "to"]
    return Network(
        node=Nodes(
            **{name: node(name) for name in plain},
            to=np.array([[r["to0"], r["to1"], r["to2"]] for r in rows], np.int64),
        ),
        station=Stations(
            pools=np.array([(p + [-1] * MAX_POOLS)[:MAX_POOLS] for p in pools], np.int64),
            needs=np.array([len(p) for p in pools], np.int64),
            lead=np.array([_lead(world, p) for p in pools], np.int64),
            limit=np.array([approaches.get(s, (0, -1))[0] for s in range(stations)], np.int64),
            feeder=np.array([approaches.get(s, (0, -1))[1] for s in range(stations)], np.int64),
            refill_first=refill_first[:-1],
            refill_end=refill_first[1:],
        ),
        pool=Pools(
            first_unit=np.concatenate([[0], np.cumsum(units)[:-1]]).astype(np.int64),
            units=units,
            base=pool("base"),
            open_at=pool("open_at"),
            step=pool("step"),
            assignment=np.array([ASSIGNMENTS[p.assignment] for p in world.pools], np.int64),
            station_first=station_first[:-1],
            station_end=station_first[1:],
        ),
        unit=Units(
            pool=np.repeat(np.arange(len(world.pools)), units).astype(np.int64),
            rank=np.concatenate([np.arange(p.units) % max(1, p.team_size) for p in world.pools]).astype(np.int64),
        ),
        desk=Desks(join_slot=joins),
        refill=refill,
        pool_station=pool_station,
    )


def _lead(world: World, pools: list[int]) -> int:
    """Position of the first pool whose units have a skill; the first pool where none has."""
    return next((i for i, p in enumerate(pools) if world.pools[p].skill != "none"), 0)
