"""From a day's potential journeys, truth and decisions to the legs that enter the posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.bribery import Deals, no_deals
from sim.consignments.consignment import Consignments
from sim.consignments.declaration import Declarations
from sim.consignments.potential import PotentialDay, Traders
from sim.cooperation.documents import compare_min, mismatch_p, rekey_min
from sim.measures.change import Key
from sim.posts.legs import VISITS, NewLegs
from sim.posts.process import ENTRY, EXIT, Plan, columns_of
from sim.posts.rules import BOUGHT
from sim.world.world import DAY_MS, World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
HOUR_MS = 3_600_000.0


@dataclass
class Batch:
    """A planning day's journeys in one scenario, kept until all their legs are finished.

    Attributes
    ----------
    potential : the journeys, shared by all scenarios
    truth : their consignments
    post, broker : crossing and broker office (-1 = none) of each journey
    declared, scores, watched, known_by : per side, the declarations, what the country made of each, and whose record
        flagged it (`NOBODY`: none, `NAMESAKE`)
    open_legs : legs not yet finished
    deals : what the journeys offer officers, in worlds with corruption
    """

    potential: PotentialDay
    truth: Consignments
    post: Ints
    broker: Ints
    declared: dict[str, Declarations]
    scores: dict[str, Floats]
    watched: dict[str, Bools]
    known_by: dict[str, Ints]
    open_legs: int
    deals: Deals | None = None


class Admission:
    """Builds `NewLegs`; what does not depend on the day is prepared once.

    Parameters
    ----------
    world, plan, traders, tick_ms
        The world, its compiled processes, the replication's traders and the resolution of time.
    carelessness
        Error rate of each broker office, relative to the mean office's.
    """

    def __init__(self, world: World, plan: Plan, traders: Traders, tick_ms: int, carelessness: Floats) -> None:
        self.world, self.plan, self.traders, self.tick_ms = world, plan, traders, tick_ms
        self.carelessness = np.append(carelessness, 1.0)
        base = [world.pair(world.posts[b.post].exit_country, world.posts[b.post].entry_country) for b in world.brokers]
        self.unadopted = np.array([*(pair.rekeyed_elements for pair in base), 0.0])
        self.offices = np.array([*plan.offices, -1], np.int64)
        posts = range(len(world.posts))
        self.goods_start = np.array(
            [[self._start(p, s, "goods_start") for s in (EXIT, ENTRY)] for p in posts], np.int64
        )
        self.empty_start = np.array(
            [[self._start(p, s, "empty_start") for s in (EXIT, ENTRY)] for p in posts], np.int64
        )
        self.paper_start = np.array([self._start(p, ENTRY, "paper_start") for p in posts], np.int64)
        self.language = np.array([self._no_common_language(p) for p in posts])
        self.answer_mean_min = np.array([60.0 * world.countries[p.exit_country].answer_mean_h for p in world.posts])
        self.lead_mean_h = np.array([self._lead_mean_h(p) for p in posts])

    def _start(self, post: int, side: int, which: str) -> int:
        there = self.plan.sides.get(2 * post + side)
        return -1 if there is None else int(getattr(there, which))

    def _no_common_language(self, post: int) -> float:
        where = self.world.posts[post]
        if not self.world.pairs or where.exit_country == where.entry_country:
            return 0.0
        return self.world.pair(where.exit_country, where.entry_country).no_common_language

    def _lead_mean_h(self, post: int) -> float:
        lodgement = self.world.entry_process.lodgement
        if lodgement is None:
            return 0.0
        tier = self.world.countries[self.world.posts[post].entry_country].tier01
        return lodgement.low_tier_h + (lodgement.high_tier_h - lodgement.low_tier_h) * tier

    def legs(self, batch: Batch, mechanisms: Mapping[Key, float], lead_factor: Floats) -> NewLegs:
        """Legs of a batch: exit and entry leg of each journey side by side, or the entry leg alone."""
        sides = [EXIT, ENTRY] if self.world.exit_process is not None else [ENTRY]
        parts = [self._side(batch, side, mechanisms, lead_factor) for side in sides]
        n, k = len(batch.potential), len(sides)
        legs = {name: _in_turn([part[name] for part in parts]) for name in parts[0]}
        legs["follower"] = np.full(n * k, -1, np.int64)
        if k == 2:
            legs["follower"][0::2] = np.arange(1, 2 * n, 2)
        return NewLegs(**legs)

    def _side(
        self, batch: Batch, side: int, mechanisms: Mapping[Key, float], lead_factor: Floats
    ) -> dict[str, NDArray[np.generic]]:
        potential, truth, post = batch.potential, batch.truth, batch.post
        name = "exit" if side == EXIT else "entry"
        n = len(potential)
        deals = batch.deals or no_deals(n)
        first = side == EXIT or self.world.exit_process is None
        papers = self._papers(batch, lead_factor) if side == ENTRY else np.full(n, -1, np.int64)
        elements, dual = self._elements(batch, mechanisms)
        language, careless = self.language[post], self.carelessness[batch.broker]
        share = self.world.parameters.documents.nonmachine_share
        documents = self.world.parameters.documents
        on_paper = mismatch_p(documents, elements * share, language, careless)
        in_machine = mismatch_p(documents, elements * (1.0 - share), language, careless)
        mismatch = potential.u["mismatch"] < documents.unresolved_p
        mismatch[:, 0] = potential.u["mismatch"][:, 0] < on_paper
        start = np.where(potential.empty, self.empty_start[post, side], self.goods_start[post, side])
        out: dict[str, NDArray[np.generic]] = {
            "id": (potential.journey << 1) + (side == ENTRY),
            "desk": 2 * post + side,
            "lane": np.where(self.traders.aeo[potential.trader] | deals.jumps, 0, 1),
            "standing": np.where(self.traders.aeo[potential.trader], 0, 1),
            "partner": deals.partner,
            "u_bribe": deals.u,
            "paper_at": papers,
            "paper_node": np.where(papers >= 0, self.paper_start[post], -1),
            "goods_at": potential.departs_ms if first else np.full(n, -1, np.int64),
            "goods_node": start,
            "transit_ms": potential.transit_ms,
            "office": np.where(papers >= 0, self.offices[batch.broker], -1),
            "watched": batch.watched[name].astype(np.int64),
            "prohibited": (truth.prohibited > 0).astype(np.int64),
            "fiscal": truth.fiscal,
            "scan": (potential.u["scan"] < self.world.scan_share).astype(np.int64),
            "agency": (potential.u["agency"] < self.world.agency_share).astype(np.int64),
            "machine_mismatch": (potential.u["machine"] < in_machine).astype(np.int64),
            "mismatch": mismatch.astype(np.int64),
            "score": batch.scores[name],
            "u_control": potential.u[f"{name}/control"],
            "u_reroute": np.where(deals.green[name], BOUGHT, potential.u[f"{name}/reroute"]),
            "u_irregular": potential.u["irregular"],
            "u_unit": potential.u[f"{name}/unit"],
            "u_query": potential.u["query"],
            "z_image": potential.z["image"],
            "concealment": truth.concealment,
            "compare_min": compare_min(documents, elements),
            "exam_min": self._level_min(potential.u[f"{name}/level"]),
            "exam_threshold": potential.threshold[name],
            "minutes": self._minutes(batch, name, elements + dual, language),
        }
        assert mismatch.shape == (n, VISITS)
        return out

    def _papers(self, batch: Batch, lead_factor: Floats) -> Ints:
        """When the papers reach the broker: a lead before (or after) the planned arrival, not before the day begins."""
        potential, post = batch.potential, batch.post
        lodgement = self.world.entry_process.lodgement
        if lodgement is None:
            return np.full(len(potential), -1, np.int64)
        arrival = potential.departs_ms + (potential.transit_ms if self.world.exit_process is not None else 0)
        shape = np.exp(lodgement.sigma * potential.lead_z - lodgement.sigma**2 / 2.0)
        lead_ms = self.lead_mean_h[post] * shape * HOUR_MS
        if lodgement.timing == "before":
            factor = np.append(lead_factor, 1.0)[batch.broker]
            moment = arrival - lead_ms * factor
        else:
            moment = arrival + lead_ms
        ticks = np.floor(np.maximum(moment, potential.day * DAY_MS) / self.tick_ms) * self.tick_ms
        return np.where(potential.empty, -1, ticks.astype(np.int64))

    def _elements(self, batch: Batch, mechanisms: Mapping[Key, float]) -> tuple[Floats, Floats]:
        """Re-keyed elements of each journey, and those filled in twice while two forms run in parallel.

        A new form counts once the journey's office and its trader have both adopted it; traders do in order of size.
        """
        names = [b.name for b in self.world.brokers]
        rekeyed = np.array([*(mechanisms["documents.rekeyed_elements", b] for b in names), 0.0])
        dual = np.array([*(mechanisms["documents.dual_elements", b] for b in names), 0.0])
        adopts = self.traders.rank01[batch.potential.trader] <= mechanisms["documents.trader_reach01", "all"]
        elements = np.where(adopts, rekeyed[batch.broker], self.unadopted[batch.broker])
        return elements, np.where(adopts, dual[batch.broker], 0.0)

    def _level_min(self, u: Floats) -> Floats:
        """Nominal minutes of the examination level, from the cheapest up (monotone in the number)."""
        e = self.world.parameters.examination
        partial_to = e.tailgate_share + e.partial_share
        return np.where(u < e.tailgate_share, e.tailgate_min, np.where(u < partial_to, e.partial_min, e.full_min))

    def _minutes(self, batch: Batch, side: str, elements: Floats, language: Floats) -> Floats:
        """Nominal minutes by column: re-keying is added to preparation, answers are scaled to the exporter's tier."""
        process = self.world.exit_process if side == "exit" else self.world.entry_process
        assert process is not None
        minutes = np.zeros((len(batch.potential), self.plan.columns))
        drawn = batch.potential.minutes[side]
        minutes[:, : drawn.shape[1]] = drawn
        first = columns_of(process)
        for stage in process.stages:
            if stage.work == "prepare":
                minutes[:, first[stage.name]] += rekey_min(self.world.parameters.documents, elements, language)
            if stage.work == "answer" and stage.service is None:
                columns = slice(first[stage.name], first[stage.name] + stage.visits)
                minutes[:, columns] *= self.answer_mean_min[batch.post][:, None]
        return minutes


def _in_turn(columns: list[NDArray[Any]]) -> NDArray[Any]:
    """Columns of equal length merged row by row."""
    first = columns[0]
    out = np.empty((len(columns) * len(first), *first.shape[1:]), first.dtype)
    for k, column in enumerate(columns):
        out[k :: len(columns)] = column
    return out
