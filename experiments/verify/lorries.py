"""Lorries made by hand, one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.verify.borders import MIN
from sim.posts.legs import INPUTS, VISITS, NewLegs
from sim.posts.process import ENTRY, Plan, columns_of
from sim.posts.rules import NOTHING_OFFERED

RED_SCORE, YELLOW_SCORE, GREEN_SCORE = 3.0, 1.5, 0.0


def lorry(
    plan: Plan, number: int, arrives: float | None, papers: float | None = None, **changes: Any
) -> dict[str, Any]:
    """A harmless ordinary lorry: arrival and papers in minutes (None: follows another; no papers), and what differs.

    `side` is `ENTRY` unless given; `minutes` changes the duration of stages by name, or the outcome of one with shares.
    """
    side, minutes = changes.pop("side", ENTRY), changes.pop("minutes", {})
    here = plan.sides[side]
    row: dict[str, Any] = dict.fromkeys(INPUTS, 0) | {
        "id": number, "desk": side, "lane": 1, "paper_at": -1, "paper_node": -1, "goods_at": -1,
        "goods_node": here.goods_start, "follower": -1, "office": -1, "standing": 1, "partner": -1,
        "mismatch": [0] * VISITS,
        "score": GREEN_SCORE, "u_control": 0.99, "u_reroute": 0.5, "u_irregular": 0.99, "u_query": [0.99] * VISITS,
        "concealment": 1.0, "exam_min": 20.0, "exam_threshold": 99.0,
        "u_bribe": NOTHING_OFFERED, "minutes": np.zeros(plan.columns),
    }  # fmt: skip
    for name, first in columns_of(here.process.stages).items():
        stage = next(s for s in here.process.stages if s.name == name)
        nominal = stage.service.mean_min if stage.service else 0.0
        row["minutes"][first : first + stage.columns] = minutes.get(name, nominal)
    if arrives is not None:
        row["goods_at"] = round(arrives * MIN)
    if papers is not None:
        row |= {"paper_at": round(papers * MIN), "paper_node": here.paper_start, "office": plan.offices[0]}
    return row | changes


def as_legs(rows: Sequence[dict[str, Any]]) -> NewLegs:
    """Lorries as the columns the engines take in."""
    return NewLegs.of(**{name: np.array([row[name] for row in rows]) for name in INPUTS})
