"""The array engine: the day-by-day interface of `sim.posts.journey.JourneyEngine` around `sim.posts.loop`."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim.posts import loop
from sim.posts.constants import Constants
from sim.posts.legs import COUNTS, MEASURES, Floats, Ints, LegRows, NewLegs
from sim.posts.loop import (
    CALENDAR_AT,
    CALENDAR_SIZE,
    COMING_AT,
    COMING_SIZE,
    ENTRY,
    FINISHED,
    LOGGED,
    WIDTHS,
    DeskStates,
    Events,
    Flow,
    Legs,
    PoolStates,
    Queues,
    Shifts,
    Stages,
    Tokens,
    UnitStates,
    tie_key,
)
from sim.posts.process import GOODS, PAPER, Desks, Network, Nodes, Pools, Stations, Units
from sim.posts.process import WIDTHS as NETWORK_WIDTHS
from sim.posts.tables import Columns, Table, columns, packed, raw, row_type, sorted_order

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
    return np.zeros(size, ROW_TYPES[kind])


def _part(first: str, last: str) -> tuple[slice, "np.dtype[np.void]"]:
    """Words of a row of `Legs` from one column to another, and what they hold."""
    fields: Any = ROW_TYPES[Legs].fields
    names = list(fields)
    names = names[names.index(first) : names.index(last) + 1]
    begin, end = fields[first][1], fields[last][1] + fields[last][0].itemsize
    size = -(-(end - begin) // 8) * 8
    places = [fields[name][1] - begin for name in names]
    kind = np.dtype({"names": names, "formats": [fields[n][0] for n in names], "offsets": places, "itemsize": size})
    return slice(begin // 8, (begin + size) // 8), kind


INPUT_WORDS, INPUT_TYPE = _part("paper_at", "prohibited")
RESULT_WORDS, RESULT_TYPE = _part("arrived_ms", "detected")
BLANK_LEG = empty(Legs, 1)
"""A leg of which nothing has happened."""
for _name in (
    "joined_node", "arrived_ms", "gated_ms", "lodged_ms", "released_ms", "document_unit", "image_unit", "exam_unit",
    "exam_waiting", "score_used", "thoroughness", "dose",
):  # fmt: skip
    BLANK_LEG[_name] = -1


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
        self.pool, self.calendar = empty(PoolStates, len(network.pool.units)), empty(Shifts, 0)
        self.event, self.coming = empty(Events, 0), empty(Events, 0)
        self.unit["pressed_ms"] = -1
        self.queue["head"] = self.queue["tail"] = -1
        self.minutes, self.visits = np.zeros((0, 0)), np.zeros((0, slots), np.int32)
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
        words = raw(self.legs)
        words[slots, INPUT_WORDS] = self._inputs(new, slots)
        words[slots, INPUT_WORDS.stop :] = raw(BLANK_LEG)[:, INPUT_WORDS.stop :]
        self.legs["papers_done"][slots] = new.paper_at < 0
        self.alive[slots] = True
        self.token["node"][2 * slots + PAPER], self.token["node"][2 * slots + GOODS] = new.paper_node, new.goods_node
        self.minutes[slots, : new.minutes.shape[1]] = new.minutes
        self._expect(new, slots)

    @staticmethod
    def _inputs(new: NewLegs, slots: Ints) -> Ints:
        """Input columns side by side, as the rows of `Legs` begin."""
        rows = np.empty(len(new), INPUT_TYPE)
        for name in INPUT_TYPE.names or ():
            rows[name] = getattr(new, name)
        rows["follower"] = np.where(new.follower >= 0, slots[np.maximum(new.follower, 0)], -1)
        return raw(rows)

    def _slots_for(self, new: NewLegs) -> Ints:
        """A free slot for each leg, in order of arrival: who meets at a post then stands together in memory."""
        slots, self.free = self.free[: len(new)], self.free[len(new) :]
        arrival = np.where(new.goods_at >= 0, new.goods_at, new.paper_at)
        leads = np.flatnonzero(new.follower >= 0)
        arrival[new.follower[leads]] = arrival[leads]
        placed = np.empty(len(new), np.int64)
        placed[sorted_order(arrival)] = slots
        return placed

    def _expect(self, new: NewLegs, slots: Ints) -> None:
        """Papers and lorries set out each at their own time: sorted once, so that the heap stays short."""
        paper, goods = new.paper_at >= 0, new.goods_at >= 0
        left = self.coming[self.scalar[COMING_AT] : self.scalar[COMING_SIZE]]
        fresh = empty(Events, int(paper.sum() + goods.sum()))
        fresh["at_ms"] = np.concatenate([new.paper_at[paper], new.goods_at[goods]])
        node = np.concatenate([new.paper_node[paper], new.goods_node[goods]])
        fresh["key"] = tie_key(ENTRY, node, np.concatenate([new.id[paper], new.id[goods]]))
        fresh["token"] = np.concatenate([2 * slots[paper] + PAPER, 2 * slots[goods] + GOODS])
        every = np.concatenate([left, fresh])
        order = sorted_order(every["at_ms"], every["key"])
        self.coming = raw(every)[order].view(every.dtype)[:, 0]
        self.scalar[COMING_AT], self.scalar[COMING_SIZE] = 0, len(every)
        self._hand_over()

    def _make_room(self, new: NewLegs) -> None:
        """Grow the arrays so that every new leg has a slot (doubling keeps the cost per leg flat)."""
        size, missing = len(self.legs), len(new) - len(self.free)
        more = max(missing, size) if missing > 0 else 0
        wider = max(0, new.minutes.shape[1] - self.minutes.shape[1])
        if not more and not wider:
            return

        def longer(old: Any, by: int = more) -> Any:
            return np.concatenate([old, np.zeros((by, *old.shape[1:]), old.dtype)])

        self.legs, self.token, self.stage = longer(self.legs), longer(self.token, 2 * more), longer(self.stage)
        self.alive, self.visits = longer(self.alive), longer(self.visits)
        self.minutes = np.pad(self.minutes, ((0, more), (0, wider)))
        self.event, self.finished = longer(self.event, 2 * more), longer(self.finished)
        self.free = np.concatenate([self.free, np.arange(size, size + more)])
        self._hand_over()

    def undecided(self) -> Ints:
        """Ids of lodged or awaited legs with papers that selectivity has not seen."""
        slots, legs = self._live_slots(), self.legs
        return np.asarray(legs["id"][slots[(legs["paper_at"][slots] >= 0) & (legs["lodged_ms"][slots] < 0)]])

    def rescore(self, ids: Ints, score: Floats, watched: Ints) -> None:
        """Renew what selectivity will read of legs it has not seen."""
        slots = self._live_slots()
        rows = slots[np.searchsorted(self.legs["id"][slots], ids)]
        self.legs["score"][rows], self.legs["watched"][rows] = score, watched

    def _live_slots(self) -> Ints:
        """Slots of all legs in process, in order of id."""
        slots = np.flatnonzero(self.alive)
        return slots[sorted_order(self.legs["id"][slots])]

    # -- the day ------------------------------------------------------------------------------------------------

    def run(self, until_ms: int) -> None:
        """Run the half-open span up to `until_ms`; its own events belong to the next call."""
        self.kernel.run_until(self._network, self._legs, self._flow, self.constants, until_ms)

    # -- what the ledger takes at midnight ----------------------------------------------------------------------

    def take_finished(self) -> LegRows:
        """Rows of the legs finished since the last call, in order of id."""
        slots = self.finished[: self.scalar[FINISHED]]
        slots = slots[sorted_order(self.legs["id"][slots])]
        self.scalar[FINISHED] = 0
        rows = self._rows(slots)
        raw(self.stage)[slots], self.visits[slots] = 0, 0  # while the rows are at hand: free slots are clean
        self.alive[slots] = False
        self.free = np.concatenate([np.sort(slots), self.free])
        return rows

    def live_rows(self) -> LegRows:
        """Rows of the legs still in process, in order of id."""
        return self._rows(self._live_slots())

    def _rows(self, slots: Ints) -> LegRows:
        results = raw(self.legs)[slots, RESULT_WORDS].view(RESULT_TYPE)[:, 0]
        stage = raw(self.stage)[slots].view(self.stage.dtype)
        return LegRows(
            id=self.legs["id"][slots],
            counts={name: results[name].astype(np.int64) for name in COUNTS},
            measures={name: results[name].copy() for name in MEASURES},
            critical_ms=np.ascontiguousarray(stage["critical_ms"]),
            work_ms=np.ascontiguousarray(stage["work_ms"]),
        )

    def standing(self) -> tuple[Ints, Ints]:
        """Ids of the legs whose lorry has arrived and not left, in order, and when it arrived."""
        slots = self._live_slots()
        arrived = self.legs["arrived_ms"][slots]
        return self.legs["id"][slots[arrived >= 0]], arrived[arrived >= 0]

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
