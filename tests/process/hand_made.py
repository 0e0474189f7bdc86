"""Lorries made by hand, one by one, through borders of fixed durations, and what the log says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.verify.borders import DAY_MIN, MIN, Engine, new_engine, numbers_of, staff
from experiments.verify.lorries import as_legs
from sim.posts.legs import COUNTS, MEASURES, LegRows
from sim.posts.process import ENTRY, EXIT, Plan, compile_processes
from sim.world.world import Pool, World

Start = tuple[float, str, int, str, int]
"""Start of a service: minute, station, lorry, officer, lorries left waiting."""


def clearance_staff() -> list[Pool]:
    """One unit of everything `CLEARANCE` needs."""
    skills = {"documents": "document", "analyst": "image", "inspectors": "search"}
    names = ("analyst", "bays", "documents", "inspectors", "primary", "scanner")
    return [staff(name, 1, skill=skills.get(name, "none")) for name in names]


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
        return {name: self.rows[name][k].item() for name in (*COUNTS, *MEASURES)}

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
    down: dict[int, tuple[float, float]] | None = None,
) -> Day:
    """Let lorries pass a world; units named in `shifts` (`pool/number`) start (1) and stop (0) then, all others at 0.

    `down` is from when until when the declaration system of a side is down.
    """
    plan = compile_processes(world)
    engine = new_engine(kind, plan, numbers_of(world), pace=pace)
    if down:
        spans = np.array([down.get(side, (0, 0)) for side in (EXIT, ENTRY)] * len(world.posts)) * MIN
        engine.set_systems(*spans.T.astype(np.int64))
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
