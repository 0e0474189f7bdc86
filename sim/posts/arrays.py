"""The array engine: the day-by-day interface of `sim.posts.journey.JourneyEngine` around `sim.posts.loop`."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from sim.posts import loop, rows
from sim.posts.constants import Constants
from sim.posts.legs import BLANK, ENTERING, LEAVING, LegRows, Legs, NewLegs
from sim.posts.loop import (
    CALENDAR_AT,
    CALENDAR_SIZE,
    COMING_AT,
    COMING_SIZE,
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
)
from sim.posts.process import WIDTHS as NETWORK_WIDTHS
from sim.posts.process import Desks, Network, Nodes, Pools, Stations, Units
from sim.posts.rows import PILES, Departures, Incoming, Outgoing, Slots, Sorting
from sim.posts.tables import (
    Bools,
    Columns,
    Floats,
    Ints,
    Numbers,
    Shorts,
    Table,
    columns,
    numbers_of,
    packed,
    room_for,
    row_type,
    whole,
)

C = TypeVar("C", bound=Columns)


class Kernel(NamedTuple):
    """The functions that move every leg, put legs in and take them out: plain (the oracle) or compiled.

    Compiled ones are handed structured arrays, plain ones their columns (`sim.posts.tables`).
    """

    run_until: Callable[[Network, Legs, Flow, Constants, int], None]
    put: Callable[[Incoming, Slots, Numbers, Ints, Departures, int, Sorting], None]
    take: Callable[[Outgoing, Slots, Numbers, bool, Sorting], None]
    compiled: bool


PLAIN = Kernel(loop.run_until, rows.put, rows.take, compiled=False)
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


class InProcess(NamedTuple):
    """Legs in process in order of their ids: their slots, and what is asked of them at midnight."""

    slot: Ints
    id: Ints
    arrived_ms: Ints
    desk: Shorts
    unseen: Bools


BLANK_WORDS = numbers_of(BLANK).longs[0]


def room_to_sort(count: int) -> Sorting:
    """Room to sort so many."""
    return Sorting(np.empty(count, np.int64), np.empty(count, np.int64), np.empty(PILES, np.int64))


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
        self.finished, self.alive = np.zeros(0, np.int64), np.zeros(0, np.bool_)
        self.starts = np.zeros((log, 5), np.int64)
        self.scalar = np.zeros(LOGGED + 1, np.int64)
        self._live: InProcess | None = None
        self._hand_over()

    def _hand_over(self) -> None:
        """Gather what the kernel is called with; anew whenever arrays were replaced by longer ones."""
        tables = {name: self._given(kind, getattr(self, name)) for name, kind in FLOW_TABLES.items()}
        self._flow = Flow(
            **tables,
            visits=self.visits,
            minutes=self.minutes,
            finished=self.finished,
            log=self.starts,
            scalar=self.scalar,
        )
        self._legs: Any = self._given(Legs, self.legs)
        of_legs = {name: getattr(self._flow, name) for name in ("token", "stage", "visits", "minutes")}
        self._slots = Slots(legs=self._legs, number=numbers_of(self.legs), alive=self.alive, **of_legs)
        self._network = self._packed_network() if self.kernel.compiled else self.network

    def _given(self, kind: type[C], table: Table) -> Any:
        """A table as the kernel is given it."""
        return table if self.kernel.compiled else columns(kind, table)

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

    def set_systems(self, down_ms: Ints, up_ms: Ints) -> None:
        """Per desk, from when until when its declaration system is down, as known for the coming day; never unless
        set."""
        self.desk["down_ms"], self.desk["up_ms"] = down_ms, up_ms

    def schedule_roster(self, at_ms: Ints, unit: Ints, on: Ints) -> None:
        """Shift starts (`on` 1) and ends (0) of the coming day."""
        order = np.argsort(at_ms * len(self.unit) + unit, kind="stable")
        left = self.calendar[self.scalar[CALENDAR_AT] : self.scalar[CALENDAR_SIZE]]
        self.calendar = np.empty(len(left) + len(at_ms), ROW_TYPES[Shifts])
        self.calendar[: len(left)], coming = left, self.calendar[len(left) :]
        coming["at_ms"], coming["unit"], coming["on"] = at_ms[order], unit[order], on[order]
        self.scalar[CALENDAR_AT], self.scalar[CALENDAR_SIZE] = 0, len(self.calendar)
        self._flow = self._flow._replace(calendar=self._given(Shifts, self.calendar))

    def admit(self, new: NewLegs) -> None:
        """Take in the legs of a planning day: papers and lorries set out on their journeys."""
        if not len(new):
            return
        self._live = None
        free = self._free_slots(new)
        left = self.coming[self.scalar[COMING_AT] : self.scalar[COMING_SIZE]]
        events = len(left) + int(sum(np.count_nonzero(at_ms >= 0) for at_ms in (new.paper_at, new.goods_at)))
        unsorted, self.coming = np.empty((2, events), ROW_TYPES[Events])
        unsorted[: len(left)] = left
        self.scalar[COMING_AT], self.scalar[COMING_SIZE] = 0, events
        self._flow = self._flow._replace(coming=self._given(Events, self.coming))
        slots = np.empty(len(new), np.int64)
        slots[new.by_arrival] = free[: len(new)]  # who meets at a post stands together in memory
        legs = Incoming(new.inputs, new.minutes, new.paper_at, new.paper_node, new.goods_at, slots)
        departures = Departures(self._given(Events, unsorted), self._flow.coming)
        self.kernel.put(legs, self._slots, ENTERING.at, BLANK_WORDS, departures, len(left), room_to_sort(events))

    def _free_slots(self, new: NewLegs) -> Ints:
        """Slots for as many legs at least; where there are too few, arrays grow (doubling keeps the cost flat)."""
        free = np.flatnonzero(~self.alive)
        size, missing = len(self.legs), len(new) - len(free)
        more = max(missing, size) if missing > 0 else 0
        wider = max(0, new.minutes.shape[1] - self.minutes.shape[1])
        if not more and not wider:
            return free
        self.legs, self.token = longer(self.legs, more), longer(self.token, 2 * more)
        self.stage, self.visits = longer(self.stage, more), longer(self.visits, more)
        self.event, self.finished = longer(self.event, 2 * more), longer(self.finished, more)
        self.event["at_ms"][self.scalar[HEAP_SIZE] :] = NEVER
        self.alive, self.minutes = longer(self.alive, more), np.pad(self.minutes, ((0, more), (0, wider)))
        self._hand_over()
        return np.flatnonzero(~self.alive)

    def undecided(self) -> Ints:
        """Ids of lodged or awaited legs with papers that selectivity has not seen."""
        live = self._in_process()
        return live.id[live.unseen]

    def rescore(self, ids: Ints, score: Floats, watched: Ints) -> None:
        """Renew what selectivity will read of legs it has not seen."""
        live = self._in_process()
        rows = live.slot[np.searchsorted(live.id, ids)]
        self.legs["score"][rows], self.legs["watched"][rows] = score, watched

    def call_off_scans(self, desks: Ints) -> None:
        """Send no lorry of these desks to the scanner that does not stand there yet."""
        live, concerned = self._in_process(), np.zeros(len(self.desk), np.bool_)
        concerned[desks] = True
        self.legs["scan"][live.slot[concerned[live.desk]]] = 0

    def _in_process(self) -> InProcess:
        """The legs in process, looked up once for all that is asked between two runs: their rows lie scattered."""
        if self._live is None:
            slot, legs = np.flatnonzero(self.alive), self.legs
            ids = legs["id"][slot]
            order = np.argsort(ids)
            slot = slot[order]
            unseen = (legs["papers"][slot] == 1) & (legs["lodged_ms"][slot] < 0)
            self._live = InProcess(slot, ids[order], legs["arrived_ms"][slot], legs["desk"][slot], unseen)
        return self._live

    # -- the day ------------------------------------------------------------------------------------------------

    def run(self, until_ms: int) -> None:
        """Run the half-open span up to `until_ms`; its own events belong to the next call."""
        self._live = None
        self.kernel.run_until(self._network, self._legs, self._flow, self.constants, until_ms)

    # -- what the ledger takes at midnight ----------------------------------------------------------------------

    def take_finished(self) -> LegRows:
        """Rows of the legs finished since the last call, in order of side and id."""
        slots = self.finished[: self.scalar[FINISHED]]
        self.scalar[FINISHED] = 0
        self._live = None
        return self._rows(slots, leave=True)

    def live_rows(self) -> LegRows:
        """Rows of the legs still in process, in order of side and id."""
        return self._rows(np.flatnonzero(self.alive), leave=False)

    def _rows(self, slots: Ints, leave: bool) -> LegRows:
        count = len(slots)
        legs = Outgoing(LEAVING.room(count), Stages(*np.empty((2, count, self.slots), np.int64)), slots)
        self.kernel.take(legs, self._slots, LEAVING.at, leave, room_to_sort(count))
        return LegRows(legs.results, *legs.stage)

    def standing(self) -> tuple[Ints, Ints]:
        """Ids of the legs whose lorry has arrived and not left, in order, and when it arrived."""
        live = self._in_process()
        here = live.arrived_ms >= 0
        return live.id[here], live.arrived_ms[here]

    def waiting(self) -> Ints:
        """Legs waiting at each station, its approach included."""
        length = self.queue["length"]
        return np.asarray(length[:, 0] + length[:, 1] + length[:, 2])

    def busy(self) -> Ints:
        """Milliseconds each unit has worked so far, in finished services."""
        return self.unit["busy_ms"].copy()

    def snapshot(self) -> "LoopEngine":
        """An independent copy of the whole state, to resume or to branch from."""
        copy = LoopEngine.__new__(LoopEngine)
        arrays = {name: longer(a, 0) for name, a in self.__dict__.items() if isinstance(a, np.ndarray)}
        copy.__dict__.update(self.__dict__ | arrays)
        copy._hand_over()
        return copy
