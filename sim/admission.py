"""From a day's potential journeys, truth and decisions to the legs that enter the posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.bribery import Deals
from sim.consignments.consignment import Consignments
from sim.consignments.declaration import Declarations
from sim.consignments.potential import PotentialDay, Traders
from sim.consignments.through import Through
from sim.cooperation.documents import compare_min, mismatch_p, rekey_min
from sim.measures.change import Key
from sim.posts.legs import NewLegs
from sim.posts.process import ENTRY, EXIT, Plan, columns_of
from sim.posts.rules import BOUGHT
from sim.settings.process import Process
from sim.world.world import DAY_MS, OutcomeShares, World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
HOUR_MS = 3_600_000.0
SIDE_NAMES = {EXIT: "exit", ENTRY: "entry"}


@dataclass
class Batch:
    """A planning day's journeys in one scenario, kept until all their legs are finished.

    Attributes
    ----------
    potential : the journeys, shared by all scenarios
    truth : their consignments
    post, broker : crossing and broker office (-1 = none) of each journey
    aeo : whether its trader is authorised today
    declared, scores, watched, known_by : per side, the declarations, what the country made of each, and whose record
        flagged it (`NOBODY`: none, `NAMESAKE`)
    open_legs : legs not yet finished
    deals : what the journeys offer officers, in worlds with corruption
    """

    potential: PotentialDay
    truth: Consignments
    post: Ints
    broker: Ints
    aeo: Bools
    declared: dict[str, Declarations]
    scores: dict[str, Floats]
    watched: dict[str, Bools]
    known_by: dict[str, Ints]
    open_legs: int
    deals: Deals | None = None


class Typed(NamedTuple):
    """What comes of data that must be typed again, one number a journey.

    Attributes
    ----------
    rekey_min : broker's minutes, those for a second form while two run in parallel included
    compare_min : officer's minutes at skill 1 to compare what no machine can
    on_paper_p, in_machine_p : probability of a mismatch among the elements officers, and machines, compare
    reused_share : share of the elements that had to be typed again which are taken over from the other country's
        system: with as much probability a declaration cannot do without it
    """

    rekey_min: Floats
    compare_min: Floats
    on_paper_p: Floats
    in_machine_p: Floats
    reused_share: Floats


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
        self.sides = (ENTRY,) if world.exit_process is None else (EXIT, ENTRY)
        posts = range(len(world.posts))
        self.goods_start = {side: self._starts(side, "goods_start") for side in (EXIT, ENTRY)}
        self.empty_start = {side: self._starts(side, "empty_start") for side in (EXIT, ENTRY)}
        self.paper_start = self._starts(ENTRY, "paper_start")
        self.needs_broker = np.array([process.needs_broker for process in world.entry_processes])
        self.lead_h = np.stack([self._leads(process) for process in world.entry_processes])
        lodgements = [process.lodgement for process in world.entry_processes]
        self.lodges = np.array([lodgement is not None for lodgement in lodgements])
        self.before = np.array([lodgement is not None and lodgement.timing == "before" for lodgement in lodgements])
        sigmas = [lodgement.sigma if lodgement is not None else 0.0 for lodgement in lodgements]
        self.lead_sigma, self.lead_shift = np.array(sigmas), np.array([sigma**2 / 2.0 for sigma in sigmas])
        self.columns = {EXIT: columns_of(world.exit_stages), ENTRY: columns_of(world.entry_stages)}
        self.language = np.array([self._no_common_language(p) for p in posts])
        self.answer_mean_min = np.array([60.0 * world.countries[p.exit_country].answer_mean_h for p in world.posts])
        self.mechanisms: Mapping[Key, float] = {}
        self.typed, self.room = np.zeros((len(Typed._fields), 0)), ""

    def _starts(self, side: int, which: str) -> Ints:
        """Node where legs start, by post and entry process; -1 where there is none."""
        starts = np.full((len(self.world.posts), len(self.world.entry_processes)), -1, np.int64)
        for post in range(len(starts)):
            for process in range(starts.shape[1]):
                exit_side = self.plan.sides.get(2 * post + EXIT)
                there = exit_side if side == EXIT else self.plan.entries.get((post, process))
                starts[post, process] = -1 if there is None else getattr(there, which)
        return starts

    def _leads(self, process: Process) -> Floats:
        """Mean lead of a process at each post, h, by the tier of its country of entry; 0 without papers."""
        if process.lodgement is None:
            return np.zeros(len(self.world.posts))
        tier = np.array([self.world.countries[post.entry_country].tier01 for post in self.world.posts])
        low_h, high_h = process.lodgement.low_tier_h, process.lodgement.high_tier_h
        return np.asarray(low_h + (high_h - low_h) * tier)

    def brokers(self, potential: PotentialDay, of_trader: Ints) -> Ints:
        """Broker office of each journey, its trader's; -1 where its process needs none."""
        return np.where(self.needs_broker[potential.process], of_trader[potential.trader], -1)

    def _no_common_language(self, post: int) -> float:
        where = self.world.posts[post]
        if not self.world.pairs or where.exit_country == where.entry_country:
            return 0.0
        return self.world.pair(where.exit_country, where.entry_country).no_common_language

    def legs(self, batch: Batch, mechanisms: Mapping[Key, float], lead_factor: Floats, called: Floats) -> NewLegs:
        """Legs of a batch: exit and entry leg of each journey side by side, or the entry leg alone.

        `called` is the share of each post's lorries called to a scanner today. The legs of the next scenario with the
        same shares of outcomes take the same room, as posts copy what they admit: so whatever else a scenario decides
        is written for every leg.
        """
        potential = batch.potential
        self._look_up(mechanisms)
        alike = potential.once("legs", lambda: self._potential_legs(potential))
        legs = potential.once(self.room, lambda: self._with_outcomes(alike, mechanisms))
        typed = self._typed(batch, mechanisms)
        legs["standing"][:] = legs["lane"][:] = np.repeat(~batch.aeo, len(self.sides))
        for place, side in enumerate(self.sides):
            here = slice(place, None, len(self.sides))
            if batch.deals is not None:
                legs["u_reroute"][here] = alike["u_reroute"][here]
            self._fill(legs, here, batch, side, typed)
            self._add_minutes(legs.minutes[here], batch, side, typed)
        legs["scan"][:] = np.repeat(potential.u["scan"] < called[batch.post], len(self.sides))
        entry = slice(len(self.sides) - 1, None, len(self.sides))
        papers = self._papers(batch, lead_factor)
        legs.paper_at[entry] = papers
        legs.paper_node[entry] = np.where(papers >= 0, self.paper_start[batch.post, potential.process], -1)
        legs["office"][entry] = np.where(papers >= 0, self.offices[batch.broker], -1)
        return legs

    def _potential_legs(self, potential: PotentialDay) -> NewLegs:
        """What no scenario changes about the legs of a day."""
        count = len(self.sides)
        legs = NewLegs.blank(count * len(potential), self.plan.columns)
        for place, side in enumerate(self.sides):
            here, name = slice(place, None, count), SIDE_NAMES[side]
            legs["id"][here] = (potential.journey << 1) + side
            legs["transit_ms"][here] = potential.transit_ms
            legs["agency"][here] = potential.u["agency"] < self.world.agency_share
            legs["mismatch"][here] = potential.u["mismatch"] < self.world.parameters.documents.unresolved_p
            for u in ("control", "reroute", "unit"):
                legs[f"u_{u}"][here] = potential.u[f"{name}/{u}"]
            legs["u_irregular"][here], legs["u_query"][here] = potential.u["irregular"], potential.u["query"]
            legs["z_image"][here] = potential.z["image"]
            legs["exam_min"][here] = self._level_min(potential.u[f"{name}/level"])
            legs["exam_threshold"][here] = potential.threshold[name]
            drawn = potential.minutes[name]
            legs.minutes[here, : drawn.shape[1]] = drawn
        legs.goods_at[::count] = potential.departs_ms
        if count == 2:
            legs["follower"][0::2] = np.arange(1, 2 * len(potential), 2)
        if potential.through is not None:
            self._join(legs, potential, potential.through)
        return legs

    def _join(self, legs: NewLegs, potential: PotentialDay, through: Through) -> None:
        """Where a lorry goes on to a further post, its last leg here leads to its first leg there."""
        count = len(self.sides)
        for drive in through.drives:
            last_here, first_there = count * drive.before + count - 1, count * drive.after
            legs["follower"][last_here] = first_there
            legs["transit_ms"][last_here] = potential.pickup_ms[drive.before] + drive.drive_ms
            legs.goods_at[first_there] = -1

    def _fill(self, legs: NewLegs, here: slice, batch: Batch, side: int, typed: Typed) -> None:
        """What a scenario decides about the legs of one side."""
        potential, truth, post, name = batch.potential, batch.truth, batch.post, SIDE_NAMES[side]
        legs["desk"][here] = 2 * post + side
        empty_start, goods_start = (
            start[side][post, potential.process] for start in (self.empty_start, self.goods_start)
        )
        legs["goods_node"][here] = np.where(potential.empty, empty_start, goods_start)
        legs["watched"][here], legs["score"][here] = batch.watched[name], batch.scores[name]
        legs["prohibited"][here], legs["fiscal"][here] = truth.prohibited > 0, truth.fiscal
        legs["concealment"][here] = truth.concealment
        legs["machine_mismatch"][here] = potential.u["machine"] < typed.in_machine_p
        legs["reuses"][here] = potential.u["reuse"] < typed.reused_share
        legs["mismatch"][here, 0] = potential.u["mismatch"][:, 0] < typed.on_paper_p
        legs["compare_min"][here] = typed.compare_min
        if batch.deals is not None:
            self._offer(legs, here, batch.deals, name)

    @staticmethod
    def _offer(legs: NewLegs, here: slice, deals: Deals, side: str) -> None:
        """What was paid before the journey, and what will be offered on it."""
        legs["lane"][here] &= ~deals.jumps
        legs["partner"][here], legs["u_bribe"][here] = deals.partner, deals.u
        legs["u_reroute"][here][deals.green[side]] = BOUGHT

    def _papers(self, batch: Batch, lead_factor: Floats) -> Ints:
        """When the papers set out: a lead before (or after) the planned arrival, not before the day begins."""
        potential = batch.potential
        rows, process, arrival, shape = potential.once("lodged", lambda: self._lodged(potential))
        before = self.before[process]
        factor = np.where(before, np.append(lead_factor, 1.0)[batch.broker[rows]], 1.0)
        lead_ms = self.lead_h[process, batch.post[rows]] * shape * HOUR_MS * factor
        moment = arrival + np.where(before, -lead_ms, lead_ms)
        out = np.full(len(potential), -1, np.int64)
        out[rows] = np.floor(np.maximum(moment, potential.day * DAY_MS) / self.tick_ms) * self.tick_ms
        return out

    def _lodged(self, potential: PotentialDay) -> tuple[Ints, Ints, Ints, Floats]:
        """Loaded journeys with papers: their places, processes, arrivals, and leads relative to the mean."""
        rows = np.flatnonzero(self.lodges[potential.process] & ~potential.empty)
        process, arrival = potential.process[rows], potential.departs_ms[rows]
        if self.world.exit_process is not None:
            arrival = arrival + potential.transit_ms[rows]
        shape = np.exp(self.lead_sigma[process] * potential.lead_z[rows] - self.lead_shift[process])
        return rows, process, arrival, shape

    def _look_up(self, mechanisms: Mapping[Key, float]) -> None:
        """What follows from mechanisms alone, worked out anew when any of them has changed."""
        if mechanisms is not self.mechanisms:
            self.mechanisms = mechanisms
            self.typed = np.stack(self._typed_by_form(mechanisms)).reshape(len(Typed._fields), -1)
            ends = [outcomes_to(lot, mechanisms).tolist() for lot in self.world.outcome_shares]
            self.room = f"room for legs with outcomes {ends}"

    def _typed(self, batch: Batch, mechanisms: Mapping[Key, float]) -> Typed:
        """What comes of what offices type again for each journey.

        A new form counts once the journey's office and its trader have both adopted it; traders do in order of size.
        """
        self._look_up(mechanisms)
        adopts = self.traders.rank01[batch.potential.trader] <= mechanisms["documents.trader_reach01", "all"]
        offices, posts = len(self.unadopted), len(self.language)
        return Typed(*self.typed.take((adopts * offices + batch.broker % offices) * posts + batch.post, axis=1))

    def _typed_by_form(self, mechanisms: Mapping[Key, float]) -> Typed:
        """What comes of typing, by form (0 old, 1 new), office (the last stands for none) and post."""
        documents, names = self.world.parameters.documents, [b.name for b in self.world.brokers]
        ambiguity = [*(mechanisms["documents.ambiguity", b] for b in names), 1.0]
        share, careless = documents.nonmachine_share, (self.carelessness * ambiguity)[:, None]
        rekeyed = [*(mechanisms["documents.rekeyed_elements", b] for b in names), 0.0]
        twice = [*(mechanisms["documents.dual_elements", b] for b in names), 0.0]
        elements, dual = (
            np.repeat(np.stack(forms)[:, :, None], len(self.language), axis=2)
            for forms in ((self.unadopted, rekeyed), (np.zeros(len(twice)), twice))
        )
        most = np.maximum(self.unadopted, 1e-9)[:, None]
        return Typed(
            reused_share=np.maximum(self.unadopted[:, None] - elements, 0.0) / most,
            rekey_min=rekey_min(documents, elements + dual, self.language),
            compare_min=compare_min(documents, elements),
            on_paper_p=mismatch_p(documents, elements * share, self.language, careless),
            in_machine_p=mismatch_p(documents, elements * (1.0 - share), self.language, careless),
        )

    def _level_min(self, u: Floats) -> Floats:
        """Nominal minutes of the examination level, from the cheapest up (monotone in the number)."""
        e = self.world.parameters.examination
        partial_to = e.tailgate_share + e.partial_share
        return np.where(u < e.tailgate_share, e.tailgate_min, np.where(u < partial_to, e.partial_min, e.full_min))

    def _add_minutes(self, minutes: Floats, batch: Batch, side: int, typed: Typed) -> None:
        """Re-keying is added to preparation, answers are scaled to the exporter's tier."""
        for stage in self.world.exit_stages if side == EXIT else self.world.entry_stages:
            first = self.columns[side].get(stage.name, 0)
            if stage.work == "prepare":
                minutes[:, first] = self._drawn(batch.potential, side, slice(first, first + 1))[:, 0] + typed.rekey_min
            if stage.work == "answer" and stage.service is None:
                columns = slice(first, first + stage.visits)
                drawn = self._drawn(batch.potential, side, columns)
                minutes[:, columns] = drawn * self.answer_mean_min[batch.post][:, None]

    @staticmethod
    def _drawn(potential: PotentialDay, side: int, columns: slice) -> Floats:
        """Minutes in some columns before a scenario changes them, out of the whole table only once."""
        of_side = potential.minutes[SIDE_NAMES[side]]
        return potential.once(f"{SIDE_NAMES[side]}/minutes {columns}", of_side[:, columns].copy)

    def _with_outcomes(self, alike: NewLegs, mechanisms: Mapping[Key, float]) -> NewLegs:
        """Legs of their own in which a stage of stated shares has the number of its outcome."""
        legs = alike.copy()
        minutes = legs.minutes[len(self.sides) - 1 :: len(self.sides)]
        for lot in self.world.outcome_shares:
            column = minutes[:, self.columns[ENTRY][lot.stage]]
            column[:] = sum(column >= end for end in outcomes_to(lot, mechanisms).tolist())
        return legs


def outcomes_to(lot: OutcomeShares, mechanisms: Mapping[Key, float]) -> Floats:
    """Upper ends of the spans of a uniform in which each outcome but the last happens, as shares stand today."""
    stated = {outcome: mechanisms["process.share", f"{lot.stage}.{outcome}"] for outcome in lot.stated}
    rest = max(0.0, 1.0 - sum(stated.values()))
    return np.cumsum([stated.get(outcome, rest) for outcome in lot.outcomes])[:-1]
