"""The array engine: the day-by-day interface of `sim.posts.journey.JourneyEngine` around `sim.posts.loop`."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim.posts import loop
from sim.posts.constants import Constants
from sim.posts.legs import COUNTS, MEASURES, LegRows, Legs, NewLegs
from sim.posts.loop import (
    CALENDAR_AT,
    CALENDAR_SIZE,
    COMING_AT,
    COMING_SIZE,
    ENTRY,
    FINISHED,
    HEAP_SIZE,
    LOGGED,
    NEVER,
    WIDTHS,
    DeskStates,
    Events,
    Flow,
    PoolStates,
    Queues,
    Services,
    Shifts,
    Stages,
    Tokens,
    UnitStates,
    tie_key,
)
from sim.posts.process import GOODS, PAPER, Desks, Network, Nodes, Pools, Stations, Units
from sim.posts.process import WIDTHS as NETWORK_WIDTHS
from sim.posts.tables import (
    Columns,
    Floats,
    Ints,
    Table,
    clear,
    columns,
    packed,
    room_for,
    row_type,
    sorted_order,
    whole,
)

C = TypeVar("C", bound=Columns)


class Kernel(NamedTuple):
    """The function that moves every leg: plain (the oracle) or compiled.

    The compiled one is handed structured arrays, the plain one their columns (`sim.posts.tables`).
    """

    run_until: Callable[[Network, Legs, Flow, Constants, int], None]
    compiled: bool


PLAIN = Kernel(loop.run_until, compiled=False)
FLOW_TABLES: dict[str, Any] = {
    "token": Tokens,
    "stage": Stages,
    "queue": Queues,
    "unit": UnitStates,
    "service": Services,
    "pool": PoolStates,
    "desk": DeskStates,
    "event": Events,
    "coming": Events,
    "calendar": Shifts,
}
NETWORK_TABLES: dict[str, Any] = {"node": Nodes, "station": Stations, "pool": Pools, "unit": Units, "desk": Desks}


ROW_TYPES: dict[Any, Any] = {kind: row_type(kind, WIDTHS) for kind in (Legs, *FLOW_TABLES.values())}


def empty(kind: type[C], size: int | tuple[int, int]) -> Table:
    """A table of zeros with so many rows."""
    return room_for(size, ROW_TYPES[kind])


def longer(old: Any, by: int) -> Any:
    """An array with further rows of zeros."""
    new = room_for((len(old) + by, *old.shape[1:]), old.dtype)
    whole(new)[: len(old)] = whole(old)
    return new


class LoopEngine:
    """All posts as arrays, moved by the plain oracle unless a compiled kernel is given."""

    name = "loop"

    def __init__(
        self, network: Network, constants: Constants, slots: int, log: int = 0, kernel: Kernel = PLAIN
    ) -> None:
        self.network, self.constants, self.slots = network, constants, slots
        self.kernel = kernel
        stations, units, desks = len(network.station.lead), len(network.unit.pool), len(network.desk.join_slot)
        self.legs, self.token, self.stage = empty(Legs, 0), empty(Tokens, 0), empty(Stages, (0, slots))
        self.queue, self.unit, self.desk = empty(Queues, stations), empty(UnitStates, units), empty(DeskStates, desks)
        self.service = empty(Services, units)
        self.pool, self.calendar = empty(PoolStates, len(network.pool.units)), empty(Shifts, 0)
        self.event, self.coming = empty(Events, 1), empty(Events, 0)
        self.event["at_ms"] = NEVER
        self.unit["pressed_ms"] = -1
        self.desk["hurry_ms"] = self.desk["deadline_ms"] = NEVER
        self.queue["head"] = self.queue["tail"] = -1
        self.unit["ready_since"], self.pool["first"], self.pool["last"] = NEVER, -1, -1
        self.minutes, self.visits = np.zeros((0, 1)), np.zeros((0, slots), np.int8)
        self.finished, self.free, self.alive = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_)
        self.starts = np.zeros((log, 5), np.int64)
        self.scalar = np.zeros(LOGGED + 1, np.int64)
        self._hand_over()

    def _hand_over(self) -> None:
        """Gather what the kernel is called with; anew whenever an array was replaced by a longer one."""
        plain = not self.kernel.compiled
        tables = {
            name: columns(kind, getattr(self, name)) if plain else getattr(self, name)
            for name, kind in FLOW_TABLES.items()
        }
        self._flow = Flow(
            **tables,
            visits=self.visits,
            minutes=self.minutes,
            finished=self.finished,
            log=self.starts,
            scalar=self.scalar,
        )
        self._legs: Any = columns(Legs, self.legs) if plain else self.legs
        self._network = self.network if plain else self._packed_network()

    def _packed_network(self) -> Network:
        if not hasattr(self, "_packed"):
            tables: Any = {
                name: packed(kind, getattr(self.network, name), NETWORK_WIDTHS) for name, kind in NETWORK_TABLES.items()
            }
            self._packed = self.network._replace(**tables)
        return self._packed

    @property
    def log(self) -> list[tuple[int, ...]]:
        """Starts noted so far: (time, station, leg, officer, waiting)."""
        return [tuple(row) for row in self.starts[: self.scalar[LOGGED]].tolist()]

    # -- what the model sets at midnight ------------------------------------------------------------------------

    def set_officers(self, skill: Floats, pace: Floats, criterion: Floats) -> None:
        """Skills, paces and image criteria of all units for the coming day."""
        self.unit["skill"], self.unit["pace"], self.unit["criterion"] = skill, pace, criterion

    def set_integrity(self, bribable: Floats) -> None:
        """Probability with which each unit takes a bribe it is offered, for the coming day; 0 unless set."""
        self.unit["bribable"] = bribable

    def set_desks(self, random_red: Floats, random_yellow: Floats, red_at: Floats, yellow_at: Floats) -> None:
        """Random shares per desk and score thresholds per desk and lane for the coming day."""
        self.desk["random_red"], self.desk["random_yellow"] = random_red, random_yellow
        self.desk["red_at"], self.desk["yellow_at"] = red_at, yellow_at

    def set_deadlines(self, hurry_ms: Ints, deadline_ms: Ints) -> None:
        """Per desk, from which time on a lorry's work is hurried and its examination dropped; never unless set."""
        self.desk["hurry_ms"], self.desk["deadline_ms"] = hurry_ms, deadline_ms

    def schedule_roster(self, at_ms: Ints, unit: Ints, on: Ints) -> None:
        """Shift starts (`on` 1) and ends (0) of the coming day."""
        order = np.lexsort((unit, self.network.unit.pool[unit], at_ms))
        left = self.calendar[self.scalar[CALENDAR_AT] : self.scalar[CALENDAR_SIZE]]
        coming = empty(Shifts, len(at_ms))
        coming["at_ms"], coming["unit"], coming["on"] = at_ms[order], unit[order], on[order]
        self.calendar = np.concatenate([left, coming])
        self.scalar[CALENDAR_AT], self.scalar[CALENDAR_SIZE] = 0, len(self.calendar)
        self._hand_over()

    def admit(self, new: NewLegs) -> None:
        """Take in the legs of a planning day: papers and lorries set out on their journeys."""
        if not len(new):
            return
        self._make_room(new)
        slots = self._slots_for(new)
        whole(self.legs)[slots] = whole(new.rows)
        whole(self.minutes)[slots] = whole(new.minutes)
        leads = np.flatnonzero(new["follower"] >= 0)
        self.legs["follower"][slots[leads]] = slots[new["follower"][leads]]
        papers = new.paper_at >= 0
        self.legs["papers"][slots], self.legs["papers_done"][slots] = papers, ~papers
        self.alive[slots] = True
        node = self.token["node"]
        node[2 * slots + PAPER], node[2 * slots + GOODS] = new.paper_node, new["goods_node"]
        self._expect(new, slots)

    def _slots_for(self, new: NewLegs) -> Ints:
        """A free slot for each leg, in order of arrival: who meets at a post then stands together in memory."""
        slots, self.free = self.free[: len(new)], self.free[len(new) :]
        placed = np.empty(len(new), np.int64)
        placed[new.by_arrival] = slots
        return placed

    def _expect(self, new: NewLegs, slots: Ints) -> None:
        """Papers and lorries set out each at their own time: sorted once, so that the heap stays short."""
        paper, goods = np.flatnonzero(new.paper_at >= 0), np.flatnonzero(new.goods_at >= 0)
        left = self.coming[self.scalar[COMING_AT] : self.scalar[COMING_SIZE]]
        every = empty(Events, len(left) + len(paper) + len(goods))
        every[: len(left)], fresh = left, every[len(left) :]
        fresh["at_ms"] = np.concatenate([new.paper_at[paper], new.goods_at[goods]])
        node = np.concatenate([new.paper_node[paper], new["goods_node"][goods]])
        fresh["key"] = tie_key(ENTRY, node, np.concatenate([new["id"][paper], new["id"][goods]]))
        fresh["token"] = np.concatenate([2 * slots[paper] + PAPER, 2 * slots[goods] + GOODS])
        order = sorted_order(every["at_ms"], every["key"])
        self.coming = whole(every)[order].view(every.dtype)
        self.scalar[COMING_AT], self.scalar[COMING_SIZE] = 0, len(every)
        self._hand_over()

    def _make_room(self, new: NewLegs) -> None:
        """Grow the arrays so that every new leg has a slot (doubling keeps the cost per leg flat)."""
        size, missing = len(self.legs), len(new) - len(self.free)
        more = max(missing, size) if missing > 0 else 0
        wider = max(0, new.minutes.shape[1] - self.minutes.shape[1])
        if not more and not wider:
            return
        self.legs, self.token = longer(self.legs, more), longer(self.token, 2 * more)
        self.stage, self.visits = longer(self.stage, more), longer(self.visits, more)
        self.event, self.finished = longer(self.event, 2 * more), longer(self.finished, more)
        self.event["at_ms"][self.scalar[HEAP_SIZE] :] = NEVER
        self.alive, self.minutes = longer(self.alive, more), np.pad(self.minutes, ((0, more), (0, wider)))
        self.free = np.concatenate([self.free, np.arange(size, size + more)])
        self._hand_over()

    def undecided(self) -> Ints:
        """Ids of lodged or awaited legs with papers that selectivity has not seen."""
        return np.asarray(self.legs["id"][self._undecided()])

    def _undecided(self) -> Ints:
        live = np.flatnonzero(self.alive)
        return self._in_order(live[(self.legs["papers"][live] == 1) & (self.legs["lodged_ms"][live] < 0)])

    def rescore(self, ids: Ints, score: Floats, watched: Ints) -> None:
        """Renew what selectivity will read of legs it has not seen."""
        slots = self._undecided()
        rows = slots[np.searchsorted(self.legs["id"][slots], ids)]
        self.legs["score"][rows], self.legs["watched"][rows] = score, watched

    def call_off_scans(self, desks: Ints) -> None:
        """Send no lorry of these desks to the scanner that does not stand there yet."""
        live = np.flatnonzero(self.alive)
        self.legs["scan"][live[np.isin(self.legs["desk"][live], desks)]] = 0

    def _in_order(self, slots: Ints) -> Ints:
        """Slots in order of their legs' ids."""
        return slots[sorted_order(self.legs["id"][slots])]

    # -- the day ------------------------------------------------------------------------------------------------

    def run(self, until_ms: int) -> None:
        """Run the half-open span up to `until_ms`; its own events belong to the next call."""
        self.kernel.run_until(self._network, self._legs, self._flow, self.constants, until_ms)

    # -- what the ledger takes at midnight ----------------------------------------------------------------------

    def take_finished(self) -> LegRows:
        """Rows of the legs finished since the last call, in order of side and id."""
        slots = self.finished[: self.scalar[FINISHED]]
        self.scalar[FINISHED] = 0
        rows = self._rows(slots)
        clear(self.stage, slots)  # while the rows are at hand: free slots are clean
        clear(self.visits, slots)
        self.alive[slots] = False
        self.free = np.concatenate([np.sort(slots), self.free])
        return rows

    def live_rows(self) -> LegRows:
        """Rows of the legs still in process, in order of side and id."""
        return self._rows(np.flatnonzero(self.alive))

    def _rows(self, slots: Ints) -> LegRows:
        number = self.legs["id"][slots]
        slots = slots[sorted_order(number & 1, number >> 1)]
        legs = whole(self.legs)[slots].view(self.legs.dtype)
        stage = whole(self.stage)[slots].view(self.stage.dtype).reshape(-1, self.slots)
        score = np.where(legs["selected"] == 1, legs["score"], -1.0)
        return LegRows(
            id=legs["id"].copy(),
            counts={name: legs[name].copy() for name in COUNTS},
            measures={"score_used": score} | {name: legs[name].copy() for name in MEASURES[1:]},
            critical_ms=stage["critical_ms"],
            work_ms=stage["work_ms"],
        )

    def standing(self) -> tuple[Ints, Ints]:
        """Ids of the legs whose lorry has arrived and not left, in order, and when it arrived."""
        live = np.flatnonzero(self.alive)
        slots = self._in_order(live[self.legs["arrived_ms"][live] >= 0])
        return np.asarray(self.legs["id"][slots]), np.asarray(self.legs["arrived_ms"][slots])

    def waiting(self) -> Ints:
        """Legs waiting at each station, its approach included."""
        return np.asarray(self.queue["length"].sum(axis=1))

    def busy(self) -> Ints:
        """Milliseconds each unit has worked so far, in finished services."""
        return self.unit["busy_ms"].copy()

    def snapshot(self) -> "LoopEngine":
        """An independent copy of the whole state, to resume or to branch from."""
        copy = LoopEngine.__new__(LoopEngine)
        arrays = {name: a.copy() for name, a in self.__dict__.items() if isinstance(a, np.ndarray)}
        copy.__dict__.update(self.__dict__ | arrays)
        copy._hand_over()
        return copy
