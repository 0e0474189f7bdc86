"""A world's declared processes, compiled to arrays that both engines walk: nodes, stations, pools.

A *node* is one stage of one process at one side of one post. A *station* is a queue: stages of one name at one side of
a post share it, whatever the regime of who waits there; broker offices follow after them. Numbers follow declared
order, which is the desk priority.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.posts.tables import Flags, Ints, Shorts, of_lists
from sim.settings.errors import SettingsError
from sim.settings.process import MOST_OUTCOMES, ROUTES, Process, Stage
from sim.world.world import Pool, World

SERVED, DELAY, APPROACH, CHOICE, JOIN = range(5)
KINDS = {"served": SERVED, "delay": DELAY, "approach": APPROACH, "choice": CHOICE, "join": JOIN}
ALWAYS, VALIDATION, CHANNEL, DOCUMENT, CONTROL, IMAGE, FOUND, AGENCY, SHARE = range(9)
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

    `slot` is the stage's place among those of its side, `column` its first column in a leg's minutes, `desk` = 2 x
    post + side, `station` is -1 where the leg's own broker office serves, `is_gate` is 1 where completion stops the
    gate clock, `to` is the node or end each of up to three outcomes leads to.
    """

    slot: Shorts
    station: Shorts
    column: Shorts
    desk: Shorts
    to: Shorts
    visits: Shorts
    kind: Flags
    token: Flags
    route: Flags
    work: Flags
    pressure: Flags
    paced: Flags
    is_gate: Flags


class Stations(NamedTuple):
    """One row per station.

    `pools` are the pools needed, `needs` of them and then -1; the officer whose skill and pace matter comes from the
    one at place `lead`. `limit` and `feeder` are the lanes of an approach before the station (0 = none) and the
    approach's node. A completion here refills `Network.refill[refill_first:refill_end]`.
    """

    pools: Shorts
    needs: Shorts
    lead: Shorts
    limit: Shorts
    feeder: Shorts
    refill_first: Shorts
    refill_end: Shorts


class Pools(NamedTuple):
    """One row per pool; `Network.pool_station[station_first:station_end]` are the stations that need it. `reserve`:
    whether some of its units open only when the line grows."""

    first_unit: Ints
    units: Ints
    base: Ints
    open_at: Ints
    step: Ints
    assignment: Ints
    reserve: Ints
    station_first: Ints
    station_end: Ints


class Units(NamedTuple):
    """One row per unit: its pool and its place in its team."""

    pool: Ints
    rank: Ints


class Desks(NamedTuple):
    """One row per desk: slot of its join (0 where there is none), and of the queries that stop its clock (-1)."""

    join_slot: Ints
    query_slot: Ints


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
    """One process at one side of a post: where legs start, and the names of its stages.

    `paper_start` and `empty_start` are -1 where the process has none.
    """

    process: Process
    first_node: int
    paper_start: int
    goods_start: int
    empty_start: int


@dataclass(frozen=True)
class Plan:
    """The network with the names that belong to its numbers.

    `sides` holds the (first) process of each desk, `entries` every entry process by post and number.
    """

    network: Network
    sides: dict[int, Side]
    entries: dict[tuple[int, int], Side]
    pool_names: tuple[str, ...]
    station_names: tuple[str, ...]
    offices: tuple[int, ...]
    slots: int
    columns: int


def columns_of(stages: Sequence[Stage]) -> dict[str, int]:
    """First column in a leg's minutes of each stage that has numbers there, by stage name."""
    first: dict[str, int] = {}
    used = 0
    for stage in stages:
        if stage.columns:
            first[stage.name] = used
            used += stage.columns
    return first


def column_count(stages: Sequence[Stage]) -> int:
    """Columns of minutes a leg with these stages needs."""
    return sum(stage.columns for stage in stages)


@dataclass
class _Desk:
    """One side of a post while it is compiled: its stages are its slots, and its stations from `first_station` on."""

    number: int
    stages: tuple[Stage, ...]
    first_station: int
    slot: dict[str, int] = field(init=False)
    columns: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.slot = {stage.name: k for k, stage in enumerate(self.stages)}
        self.columns = columns_of(self.stages)


def _node_rows(process: Process, first: int, desk: _Desk) -> list[dict[str, int]]:
    position = {s.name: first + i for i, s in enumerate(process.stages)}
    gate = next((s.name for s in process.stages if s.token == "goods" and s.kind == "served"), "")

    def target(name: str) -> int:
        return position[name] if name in position else ENDS[name]

    rows = []
    for stage in process.stages:
        outcomes = [target(stage.to[o]) for o in stage.outcomes]
        rows.append(
            {
                "kind": KINDS[stage.kind],
                "token": PAPER if stage.token == "paper" else GOODS,
                "slot": desk.slot[stage.name],
                "route": ROUTE_CODES[stage.route],
                "station": -1 if "broker" in stage.pools else desk.first_station + desk.slot[stage.name],
                "column": desk.columns.get(stage.name, 0),
                "visits": stage.visits,
                "work": WORKS[stage.work],
                "pressure": int(stage.pressure),
                "paced": int(stage.paced),
                "desk": desk.number,
                "is_gate": int(stage.name == gate),
                **{f"to{i}": o for i, o in enumerate((outcomes + [DONE] * MOST_OUTCOMES)[:MOST_OUTCOMES])},
            }
        )
    return rows


def _desks(world: World) -> list[_Desk]:
    desks: list[_Desk] = []
    first = 0
    for post in range(len(world.posts)):
        for side, stages in ((EXIT, world.exit_stages), (ENTRY, world.entry_stages)):
            if stages:
                desks.append(_Desk(2 * post + side, stages, first))
                first += len(stages)
    return desks


def _stations(world: World, desks: Sequence[_Desk], used: set[tuple[int, str]]) -> tuple[list[list[int]], list[str]]:
    """Pools and name of every station; a stage that no process of the post has is a station nobody needs."""
    pool_index = {p.name: i for i, p in enumerate(world.pools)}
    pools: list[list[int]] = []
    names: list[str] = []
    for desk in desks:
        post = world.posts[desk.number // 2].name
        for stage in desk.stages:
            names.append(f"{post}/{stage.name}")
            needed = [p for p in stage.pools if p != "broker"] if (desk.number, stage.name) in used else []
            pools.append([_pool(pool_index, post, stage, p) for p in needed])
    return pools, names


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
    entries: dict[tuple[int, int], Side] = {}
    approaches: dict[int, tuple[int, int]] = {}
    used: set[tuple[int, str]] = set()
    desks = _desks(world)
    for desk in desks:
        post, side = divmod(desk.number, 2)
        for number, process in _processes_at(world, post, side):
            here = _place(process, len(rows))
            for slot, stage in enumerate(process.stages):
                used.add((desk.number, stage.name))
                if stage.kind == "approach":
                    served = desk.first_station + desk.slot[stage.to["always"]]
                    approaches.setdefault(served, (stage.lane_split_lorries, len(rows) + slot))
            rows += _node_rows(process, len(rows), desk)
            sides.setdefault(desk.number, here)
            if side == ENTRY:
                entries[post, number] = here
    pools, names = _stations(world, desks, used)
    offices = [len(pools) + i for i in range(len(world.brokers))]
    pools += [[b.pool] for b in world.brokers]
    names += [b.name for b in world.brokers]
    network = _network(world, rows, pools, approaches, desks)
    return Plan(
        network=network,
        sides=sides,
        entries=entries,
        pool_names=tuple(p.name for p in world.pools),
        station_names=tuple(names),
        offices=tuple(offices),
        slots=max(len(desk.stages) for desk in desks),
        columns=max(1, *(column_count(desk.stages) for desk in desks)),
    )


def _processes_at(world: World, post: int, side: int) -> list[tuple[int, Process]]:
    """Processes of one side of a post with their numbers; of the entry side those its regimes take."""
    if side == EXIT:
        return [(0, world.exit_process)] if world.exit_process is not None else []
    return [(k, world.entry_processes[k]) for k in sorted(set(world.posts[post].processes) - {-1})]


def _place(process: Process, first: int) -> Side:
    at = {s.name: first + i for i, s in enumerate(process.stages)}
    return Side(
        process=process,
        first_node=first,
        paper_start=at.get(process.paper_start or "", -1),
        goods_start=at[process.goods_start],
        empty_start=at.get(process.empty_start or process.goods_start, -1),
    )


def _network(
    world: World,
    rows: list[dict[str, int]],
    pools: list[list[int]],
    approaches: dict[int, tuple[int, int]],
    desks: Sequence[_Desk],
) -> Network:
    stations = len(pools)
    served: list[list[int]] = [[] for _ in world.pools]
    for station, needed in enumerate(pools):
        for one in needed:
            served[one].append(station)
    refill_first, refill = _csr([sorted({t for p in needed for t in served[p]}) for needed in pools])
    station_first, pool_station = _csr(served)
    units, ranks = np.array([p.units for p in world.pools], np.int64), [_ranks(p) for p in world.pools]
    joins, queries = np.zeros(2 * len(world.posts), np.int64), np.full(2 * len(world.posts), -1)
    for desk in desks:
        joins[desk.number] = next((i for i, s in enumerate(desk.stages) if s.kind == "join"), 0)
        queries[desk.number] = next((i for i, s in enumerate(desk.stages) if s.work == "answer"), -1)

    def pool(name: str) -> list[int]:
        return [getattr(p, name) for p in world.pools]

    plain = {name: [r[name] for r in rows] for name in Nodes._fields if name != "to"}
    return Network(
        node=of_lists(Nodes, **plain, to=[[r["to0"], r["to1"], r["to2"]] for r in rows]),
        station=of_lists(
            Stations,
            pools=[(p + [-1] * MAX_POOLS)[:MAX_POOLS] for p in pools],
            needs=[len(p) for p in pools],
            lead=[_lead(world, p) for p in pools],
            limit=[approaches.get(s, (0, -1))[0] for s in range(stations)],
            feeder=[approaches.get(s, (0, -1))[1] for s in range(stations)],
            refill_first=refill_first[:-1],
            refill_end=refill_first[1:],
        ),
        pool=of_lists(
            Pools,
            first_unit=np.concatenate([[0], np.cumsum(units)[:-1]]),
            units=units,
            base=pool("base"),
            open_at=pool("open_at"),
            step=pool("step"),
            assignment=[ASSIGNMENTS[p.assignment] for p in world.pools],
            reserve=[(rank >= p.base).any() for p, rank in zip(world.pools, ranks, strict=True)],
            station_first=station_first[:-1],
            station_end=station_first[1:],
        ),
        unit=of_lists(
            Units,
            pool=np.repeat(np.arange(len(world.pools)), units),
            rank=np.concatenate(ranks),
        ),
        desk=Desks(join_slot=joins, query_slot=queries),
        refill=refill,
        pool_station=pool_station,
    )


def _ranks(pool: Pool) -> Ints:
    """Place of each unit in its team; those a measure provides need no line to open."""
    place = np.arange(pool.units) % max(1, pool.team_size)
    return np.where(place < pool.base + pool.reserve, place, 0)


def _lead(world: World, pools: list[int]) -> int:
    """Position of the first pool whose units have a skill; the first pool where none has."""
    return next((i for i, p in enumerate(pools) if world.pools[p].skill != "none"), 0)
