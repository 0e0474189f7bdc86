"""The journal: every leg of the measured window with what was true, what was decided and why. Kept on request only."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.agents.smuggler import KIND_NAMES
from sim.closing import Closed
from sim.consignments.consignment import FALSE_NAMES
from sim.consignments.potential import Traders
from sim.cooperation.intelligence import NAMESAKE
from sim.posts.process import ENTRY
from sim.posts.rules import CHANNEL_NAMES, CORRECTED, RELEASED, RULE_NAMES
from sim.settings.world import REGIMES
from sim.targeting.channels import NEVER
from sim.world.world import World

Columns = dict[str, NDArray[Any]]
NOT_LOOKED_AT = -1.0
"""Score, thoroughness or dose of a leg that selectivity, or an examiner, has not seen."""

NAMES: dict[str, tuple[str, ...]] = {
    "side": ("exit", "entry"),
    "regime": REGIMES,
    "prohibited": ("none", *(KIND_NAMES[k] for k in sorted(KIND_NAMES))),
    "fiscal": ("none", *(FALSE_NAMES[k] for k in sorted(FALSE_NAMES))),
    "channel": CHANNEL_NAMES,
    "rule": RULE_NAMES,
    "outcome": (
        "in_process", "released", "corrected", "seized", "turned_back", "diverted", "bribed", "stopped_before",
    ),
}  # fmt: skip
"""Words for the codes of `sim.posts.rules` and of the truth, in the order of their numbers."""
CLOCKS = ("arrived_ms", "gated_ms", "lodged_ms", "released_ms")
FLAGS = ("held_up", "corrected", "scanned", "alarm", "detected")


class Journal:
    """Rows of a scenario's legs, taken as they close.

    Parameters
    ----------
    world, traders, seats
        The world, the replication's traders, and the name of every unit of every pool.
    spans
        The measured windows by name: journeys planned on these days are kept.
    """

    def __init__(self, world: World, traders: Traders, seats: list[str], spans: Mapping[str, range]) -> None:
        self.world, self.traders = world, traders
        self.spans = spans
        self.parts: list[Columns] = []
        countries = [c.key for c in world.countries]
        self.names = NAMES | {
            "period": tuple(spans),
            "post": tuple(p.name for p in world.posts),
            "broker": tuple(b.name for b in world.brokers),
            "known_by": (*countries, "namesake"),
            **dict.fromkeys(("document_officer", "image_reader", "examiner"), tuple(seats)),
        }

    def note(self, closed: Closed) -> None:
        """Take the rows of one side and planning day, finished or still in process at the end of the run."""
        for number, span in enumerate(self.spans.values()):
            if closed.day in span:
                period = np.full(len(closed.position), number, np.int8)
                self.parts.append({"period": period, **self._columns(closed)})

    def table(self) -> pd.DataFrame:
        """All rows in order of journey and side."""
        if not self.parts:
            return pd.DataFrame()
        whole = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        self.parts = []
        order = np.lexsort((whole["side"], whole["journey"]))
        return pd.DataFrame({name: self._readable(name, column[order]) for name, column in whole.items()})

    def _readable(self, name: str, column: NDArray[Any]) -> Any:
        """Words for codes; nothing where a moment, a unit or a number does not exist."""
        if name in self.names:
            return pd.Categorical.from_codes(column.astype(np.int32), pd.Index(self.names[name]))
        if name.endswith("_ms") or name in ("follows", "organisation", "queue_at_start", "exam_level_min"):
            return pd.arrays.IntegerArray(column.astype(np.int64), column < 0)
        return column

    def _columns(self, closed: Closed) -> Columns:
        potential, position = closed.batch.potential, closed.position
        n = len(position)
        trader = potential.trader[position]
        ids: Columns = {
            "day": np.full(n, closed.day, np.int32),
            "journey": potential.journey[position],
            "follows": self._journey_before(closed),
            "side": np.full(n, closed.side, np.int8),
            "post": closed.batch.post[position].astype(np.int16),
            "regime": potential.regime[position].astype(np.int8),
            "trader": trader.astype(np.int32),
            "trader_share": self.traders.share[trader],
            "trusted": closed.batch.aeo[position],
            "broker": closed.batch.broker[position].astype(np.int16),
            "weight": np.ones(n, np.float32),
        }
        return ids | self._truth(closed) | self._reasons(closed) | self._clocks(closed)

    @staticmethod
    def _journey_before(closed: Closed) -> NDArray[Any]:
        """The journey the lorry made at the post of the corridor before; -1 where there is none."""
        potential, position = closed.batch.potential, closed.position
        if potential.through is None:
            return np.full(len(position), -1)
        before = potential.through.before[position]
        return np.where(before >= 0, potential.journey[before], -1)

    def _truth(self, closed: Closed) -> Columns:
        truth, position = closed.batch.truth, closed.position
        return {
            "value_usd": closed.batch.potential.value_usd[position],
            "prohibited": truth.prohibited[position].astype(np.int8),
            "fiscal": truth.fiscal[position].astype(np.int8),
            "organisation": truth.organisation[position].astype(np.int32),
            "concealment": truth.concealment[position],
        }

    def _reasons(self, closed: Closed) -> Columns:
        """Why this leg was treated as it was: who selected it, who worked on it, how hard, and what it would take."""
        rows, position, side = closed.rows, closed.position, NAMES["side"][closed.side]
        score = rows["score_used"]
        seen, examined = score != NOT_LOOKED_AT, rows["exam_unit"] >= 0
        nobody = np.full(len(position), -1)
        known = closed.batch.known_by[side][position] if side in closed.batch.known_by else nobody
        return {
            "score": np.where(seen & (score > -NEVER), score, np.nan),
            "channel": np.where(seen, rows["channel"], -1).astype(np.int8),
            "rule": np.where(seen, rows["rule"], -1).astype(np.int8),
            "known_by": np.where(known == NAMESAKE, len(self.world.countries), known).astype(np.int16),
            "document_officer": rows["document_unit"].astype(np.int32),
            "queries": rows["queries"].astype(np.int16),
            "image_reader": rows["image_unit"].astype(np.int32),
            "examiner": rows["exam_unit"].astype(np.int32),
            "queue_at_start": np.where(examined, rows["exam_waiting"], -1).astype(np.int32),
            "exam_level_min": np.where(examined, rows["exam_level_min"], -1).astype(np.int32),
            "thoroughness": np.where(examined, rows["thoroughness"], np.nan),
            "dose": np.where(examined, rows["dose"], np.nan),
            "exam_threshold": closed.batch.potential.threshold[side][position],
            **{flag: rows[flag] == 1 for flag in FLAGS},
            "bribed": rows["bribed"] > 0,
        }

    def _clocks(self, closed: Closed) -> Columns:
        potential, rows, position = closed.batch.potential, closed.rows, closed.position
        leaves = (closed.side == ENTRY) & np.isin(rows["outcome"], (RELEASED, CORRECTED))
        return {
            "planned_ms": potential.departs_ms[position],
            **{clock: rows[clock] for clock in CLOCKS},
            "exited_ms": np.where(leaves, rows["released_ms"] + potential.pickup_ms[position], -1),
            "outcome": rows["outcome"].astype(np.int8),
        }
