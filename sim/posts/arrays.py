"""The array engine: the day-by-day interface of `sim.posts.journey.JourneyEngine` around `sim.posts.loop`."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.posts import loop
from sim.posts.constants import Constants
from sim.posts.legs import COUNTS, FLOATS, INPUTS, MEASURES, WIDE, Floats, Ints, LegRows, NewLegs
from sim.posts.loop import CALENDAR_AT, CALENDAR_SIZE, FINISHED, LOGGED, Flow, Legs
from sim.posts.process import GOODS, MAX_POOLS, PAPER, Network


class Kernels(NamedTuple):
    """The two functions that touch every leg: plain (the oracle) or compiled."""

    expect: Callable[[Legs, Flow, Ints], None]
    run_until: Callable[[Network, Legs, Flow, Constants, int], None]


PLAIN = Kernels(loop.expect, loop.run_until)
LEG_FLOATS = {*FLOATS, *MEASURES, "hours", "work_thoroughness", "work_skill"}
PER_TOKEN = {"node", "behind", "lead", "waiting", "duration", "hours", "work_thoroughness", "work_skill"}


class LoopEngine:
    """All posts as arrays, moved by the plain oracle unless compiled kernels are given."""

    name = "loop"

    def __init__(
        self,
        network: Network,
        constants: Constants,
        slots: int,
        log: int = 0,
        kernels: Kernels = PLAIN,
    ) -> None:
        self.network, self.constants, self.slots = network, constants, slots
        self.kernels = kernels
        self.columns = 0
        self.legs = self._new_legs(0)
        self.free: list[int] = []
        self.live: dict[int, int] = {}
        self.flow = self._new_flow(log)

    def _new_legs(self, size: int) -> Legs:
        wide = {
            **WIDE,
            "minutes": self.columns,
            "critical_ms": self.slots,
            "work_ms": self.slots,
            "visits": self.slots,
        }

        def column(name: str) -> NDArray[Any]:
            shape: tuple[int, ...] = (size,)
            if name in wide:
                shape = (size, wide[name])
            elif name == "held":
                shape = (size, 2, MAX_POOLS)
            elif name in PER_TOKEN:
                shape = (size, 2)
            return np.zeros(shape, np.float64 if name in LEG_FLOATS else np.int64)

        return Legs(**{name: column(name) for name in Legs._fields})

    def _new_flow(self, log: int) -> Flow:
        stations, units = len(self.network.pools), len(self.network.unit_pool)
        desks = len(self.network.join_slot)

        def ints(*shape: int) -> Ints:
            return np.zeros(shape, np.int64)

        def floats(*shape: int) -> Floats:
            return np.zeros(shape)

        return Flow(
            head=ints(stations, 3) - 1,
            tail=ints(stations, 3) - 1,
            length=ints(stations, 3),
            on_duty=ints(units),
            busy=ints(units),
            idle_since=ints(units),
            shift_start=ints(units),
            busy_ms=ints(units),
            skill=floats(units),
            pace=floats(units),
            criterion=floats(units),
            random_red=floats(desks),
            random_yellow=floats(desks),
            red_at=floats(desks, 2),
            yellow_at=floats(desks, 2),
            calendar_ms=ints(0),
            calendar_unit=ints(0),
            calendar_on=ints(0),
            heap_ms=ints(0),
            heap_key=ints(0),
            heap_token=ints(0),
            finished=ints(0),
            log=ints(log, 5),
            scalar=ints(5),
        )

    @property
    def log(self) -> list[tuple[int, ...]]:
        """Starts noted so far: (time, station, leg, officer, waiting)."""
        return [tuple(row) for row in self.flow.log[: self.flow.scalar[LOGGED]].tolist()]

    def set_officers(self, skill: Floats, pace: Floats, criterion: Floats) -> None:
        """Skills, paces and image criteria of all units for the coming day."""
        self.flow.skill[:], self.flow.pace[:], self.flow.criterion[:] = skill, pace, criterion

    def set_desks(self, random_red: Floats, random_yellow: Floats, red_at: Floats, yellow_at: Floats) -> None:
        """Random shares per desk and score thresholds per desk and lane for the coming day."""
        self.flow.random_red[:], self.flow.random_yellow[:] = random_red, random_yellow
        self.flow.red_at[:], self.flow.yellow_at[:] = red_at, yellow_at

    def schedule_roster(self, at_ms: Ints, unit: Ints, on: Ints) -> None:
        """Shift starts (`on` 1) and ends (0) of the coming day."""
        order = np.lexsort((unit, self.network.unit_pool[unit], at_ms))
        left = slice(int(self.flow.scalar[CALENDAR_AT]), int(self.flow.scalar[CALENDAR_SIZE]))
        self.flow = self.flow._replace(
            calendar_ms=np.concatenate([self.flow.calendar_ms[left], at_ms[order]]),
            calendar_unit=np.concatenate([self.flow.calendar_unit[left], unit[order]]),
            calendar_on=np.concatenate([self.flow.calendar_on[left], on[order]]),
        )
        self.flow.scalar[CALENDAR_AT] = 0
        self.flow.scalar[CALENDAR_SIZE] = len(self.flow.calendar_ms)

    def admit(self, new: NewLegs) -> None:
        """Take in the legs of a planning day: papers and lorries set out on their journeys."""
        if not len(new):
            return
        self._make_room(new)
        rows = np.array([self.free.pop() for _ in range(len(new))], np.int64)
        self.live.update(zip(new.id.tolist(), rows.tolist(), strict=True))
        legs = self.legs
        for name in Legs._fields:
            getattr(legs, name)[rows] = 0
        for name in INPUTS:
            getattr(legs, name)[rows] = getattr(new, name)
        followed = new.follower >= 0
        legs.follower[rows] = np.where(followed, rows[np.maximum(new.follower, 0)], -1)
        for name in (
            "arrived_ms",
            "gated_ms",
            "lodged_ms",
            "released_ms",
            "document_unit",
            "image_unit",
            "exam_unit",
        ):
            getattr(legs, name)[rows] = -1
        for name in ("exam_waiting", "score_used", "thoroughness", "dose", "joined_node", "held"):
            getattr(legs, name)[rows] = -1
        legs.papers_done[rows] = new.paper_at < 0
        legs.node[rows, PAPER], legs.node[rows, GOODS] = new.paper_node, new.goods_node
        self.kernels.expect(legs, self.flow, rows)

    def _make_room(self, new: NewLegs) -> None:
        """Grow the arrays so that every new leg has a slot (doubling keeps the cost per leg flat)."""
        self.columns = new.minutes.shape[1]
        size = len(self.legs.id)
        missing = len(new) - len(self.free)
        if missing <= 0:
            return
        grown = size + max(missing, size)
        bigger = self._new_legs(grown)
        if size:
            for name in Legs._fields:
                getattr(bigger, name)[:size] = getattr(self.legs, name)
        self.legs = bigger
        self.free = [*range(grown - 1, size - 1, -1), *self.free]

        def longer(old: Ints) -> Ints:
            return np.concatenate([old, np.zeros(2 * grown - len(old), np.int64)])

        flow = self.flow
        self.flow = flow._replace(
            heap_ms=longer(flow.heap_ms),
            heap_key=longer(flow.heap_key),
            heap_token=longer(flow.heap_token),
            finished=longer(flow.finished),
        )

    def undecided(self) -> Ints:
        """Ids of lodged or awaited legs with papers that selectivity has not seen."""
        rows = np.array(sorted(self.live.values()), np.int64)
        waits = (self.legs.paper_at[rows] >= 0) & (self.legs.lodged_ms[rows] < 0)
        return np.sort(self.legs.id[rows[waits]])

    def rescore(self, ids: Ints, score: Floats, watched: Ints) -> None:
        """Renew what selectivity will read of legs it has not seen."""
        rows = np.array([self.live[i] for i in ids.tolist()], np.int64)
        self.legs.score[rows], self.legs.watched[rows] = score, watched

    def run(self, until_ms: int) -> None:
        """Run the half-open span up to `until_ms`; its own events belong to the next call."""
        self.kernels.run_until(self.network, self.legs, self.flow, self.constants, until_ms)

    def take_finished(self) -> LegRows:
        """Rows of the legs finished since the last call, in order of id."""
        rows = self.flow.finished[: self.flow.scalar[FINISHED]]
        rows = rows[np.argsort(self.legs.id[rows])]
        self.flow.scalar[FINISHED] = 0
        taken = self._rows(rows)
        for leg in taken.id.tolist():
            self.free.append(self.live.pop(leg))
        return taken

    def live_rows(self) -> LegRows:
        """Rows of the legs still in process, in order of id."""
        rows = np.array([self.live[i] for i in sorted(self.live)], np.int64)
        return self._rows(rows)

    def _rows(self, rows: Ints) -> LegRows:
        legs = self.legs
        return LegRows(
            id=legs.id[rows],
            counts={name: getattr(legs, name)[rows] for name in COUNTS},
            measures={name: getattr(legs, name)[rows] for name in MEASURES},
            critical_ms=legs.critical_ms[rows],
            work_ms=legs.work_ms[rows],
        )

    def waiting(self) -> Ints:
        """Legs waiting at each station, its approach included."""
        return np.asarray(self.flow.length.sum(axis=1))

    def busy(self) -> Ints:
        """Milliseconds each unit has worked so far, in finished services."""
        return self.flow.busy_ms.copy()

    def snapshot(self) -> "LoopEngine":
        """An independent copy of the whole state, to resume or to branch from."""
        copy = LoopEngine.__new__(LoopEngine)
        copy.__dict__.update(self.__dict__)
        copy.legs = Legs._make(a.copy() for a in self.legs)
        copy.flow = Flow._make(a.copy() for a in self.flow)
        copy.free, copy.live = list(self.free), dict(self.live)
        return copy
