"""What legs that ended today teach administrations, brokers, traders and smugglers: once a day and side.

A day's legs were planned on several days. All of them are learned from together, as who learns from several trips a
day learns from their mean; only what is drawn is drawn by planning day, so that nobody else's journeys rename it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.admission import HOUR_MS, SIDE_NAMES
from sim.agents.broker import BrokerPopulation
from sim.agents.country import CustomsAdministration
from sim.agents.trader import TraderPopulation
from sim.closing import Closed
from sim.consignments.consignment import HONEST_ERROR
from sim.consignments.potential import JOURNEY_BITS
from sim.cooperation.intelligence import Exchange
from sim.journeys import Journeys, present
from sim.posts.legs import LegRows
from sim.posts.process import ENTRY
from sim.posts.rules import BY_RANDOM, BY_WATCHLIST, RED, SEIZED, STOPPED_BEFORE
from sim.selection import DeskScores, owners_of
from sim.smuggling import Smuggling
from sim.targeting.channels import NEVER
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ELECTRONIC_SEAL = "seal_read"
"""Stage at which a lorry's electronic seal is read."""
LEAST_P = 1e-9
"""Least probability with which a declaration is taken to have been drawn."""


@dataclass(frozen=True)
class Ended:
    """Legs of one side that ended today, in order of planning day and journey.

    Attributes
    ----------
    side : EXIT or ENTRY
    rows : the legs
    journeys : theirs
    trader, post, owner : per leg, its trader, where it crossed, and the country that acts there
    """

    side: int
    rows: LegRows
    journeys: Journeys
    trader: Ints
    post: Ints
    owner: Ints

    @property
    def name(self) -> str:
        """Name of the side."""
        return SIDE_NAMES[self.side]

    @property
    def planned(self) -> Ints:
        """Planning day of each leg."""
        return self.rows.id >> 1 >> JOURNEY_BITS

    @property
    def declared(self) -> bool:
        """Whether declarations are lodged at this side."""
        return self.name in self.journeys.parts[0][0].declared


class Hit(NamedTuple):
    """A leg at which something prohibited was found, or which the watchlist had sent to red."""

    planned: int
    side: int
    country: int
    trader: int
    detected: bool
    listed: bool
    found: int


class End(NamedTuple):
    """The end of an attempt: seized, or released at the post of entry."""

    planned: int
    side: int
    organisation: int
    arm: int
    ordinal: int
    seized: bool
    joint: bool
    sealed: bool


class Learning:
    """Learns from each day's ended legs.

    Parameters
    ----------
    world, administrations, trade, offices, exchange, smuggling
        The world, and all that learn.
    """

    def __init__(
        self,
        world: World,
        administrations: Sequence[CustomsAdministration],
        trade: TraderPopulation,
        offices: BrokerPopulation,
        exchange: Exchange,
        smuggling: Smuggling,
    ) -> None:
        self.world, self.administrations, self.exchange = world, administrations, exchange
        self.trade, self.offices, self.smuggling = trade, offices, smuggling
        self.owners = owners_of(world)
        self.seal_read = [k for k, stage in enumerate(world.entry_stages) if stage.name == ELECTRONIC_SEAL]

    def learn(
        self, today: int, rows: LegRows, parts: Sequence[Closed], random_red: Floats, lanes: bool
    ) -> dict[int, DeskScores]:
        """Learn from the legs that ended today; returns by desk what selectivity had read of their declarations.

        Parameters
        ----------
        rows : LegRows
            The legs in order of side, then id.
        parts : sequence of Closed
            The same, matched to their journeys.
        random_red : (desks,) array
            Share of declarations that chance sends to red.
        lanes : bool
            Whether traders compare the lanes of authorised operators and of others.
        """
        hits: list[Hit] = []
        ends: list[End] = []
        selected: dict[int, DeskScores] = {}
        for ended in self._by_side(rows, parts):
            if ended.declared:
                hits += self._findings(today, ended, random_red)
                selected |= _selected(ended)
            if ended.side == ENTRY:
                self._trips(ended, lanes)
            ends += self._ends(ended)
        self._records(today, sorted(hits, key=attrgetter("planned", "side", "country")))
        self._news(sorted(ends, key=attrgetter("planned", "side")))
        return selected

    def still_standing(self, now_ms: int, standing: Journeys, arrived_ms: Ints) -> None:
        """Traders with lorries still at a post know that it takes at least so long."""
        trader = standing.column(lambda batch: batch.potential.trader)
        post = standing.column(lambda batch: batch.post)
        self.trade.still_waiting(trader, post, (now_ms - arrived_ms) / HOUR_MS)

    def _by_side(self, rows: LegRows, parts: Sequence[Closed]) -> Iterator[Ended]:
        start = 0
        for side in SIDE_NAMES:
            mine = [part for part in parts if part.side == side]
            if not mine:
                continue
            end = start + sum(len(part.position) for part in mine)
            journeys = Journeys([(part.batch, part.position) for part in mine])
            trader = journeys.column(lambda batch: batch.potential.trader)
            post = journeys.column(lambda batch: batch.post)
            yield Ended(side, rows.take(slice(start, end)), journeys, trader, post, self.owners[side][post])
            start = end

    # -- administrations ----------------------------------------------------------------------------------------

    def _findings(self, today: int, ended: Ended, random_red: Floats) -> Iterator[Hit]:
        """Recorded results: offences of traders and lessons for engines; and the hits among them."""
        rows = ended.rows
        found = ((rows["detected"] == 1) | (rows["corrected"] == 1)).astype(np.int64)
        checked = np.flatnonzero((rows["document_unit"] >= 0) | (rows["exam_unit"] >= 0))
        if self.world.smuggler_ways:
            self.smuggling.underworld.checked(ended.trader[checked], found[checked])
        u_label = ended.journeys.column(lambda batch: batch.potential.u[f"{ended.name}/label"])
        owner = ended.owner[checked]
        for index in present(owner):
            administration, mine = self.administrations[index], checked[owner == index]
            if administration.engine.learns:
                chance = np.maximum(random_red[2 * ended.post[mine] + ended.side], LEAST_P)
                propensity = np.where(rows["rule"][mine] == BY_RANDOM, chance, 1.0)
                declared = ended.journeys.at(mine).declared(ended.name)
                administration.note(today, declared, found[mine], propensity, u_label[mine])
            else:
                administration.write_down(ended.trader[mine], found[mine], u_label[mine])
        return _hits(ended, found)

    def _records(self, today: int, hits: Iterable[Hit]) -> None:
        """What became of alerts is told to who caused them; then finds become records, by planning day and side.

        In this order, since a country's own record takes the place of the partner's that led to it.
        """
        of_day = list(hits)
        listed = [(leg.country, leg.trader, leg.found) for leg in of_day if leg.listed]
        self.exchange.judged(*np.array(listed, np.int64).reshape(-1, 3).T)
        for (planned, side, country), legs in groupby(of_day, key=attrgetter("planned", "side", "country")):
            caught = np.array([leg.trader for leg in legs if leg.detected], np.int64)
            self.exchange.found(today, country, caught, f"{planned}/{SIDE_NAMES[side]}")

    # -- traders and brokers ------------------------------------------------------------------------------------

    def _trips(self, ended: Ended, lanes: bool) -> None:
        """How long trips took, what became of fraud, and which lorries waited for their papers."""
        rows, column = ended.rows, ended.journeys.column
        passed = rows["outcome"] != STOPPED_BEFORE
        through = np.flatnonzero(passed)
        trader, post = ended.trader[through], ended.post[through]
        hours = ((rows["released_ms"] - rows["arrived_ms"]) / HOUR_MS)[through]
        self.trade.experience(trader, post, hours)
        if lanes:
            self.trade.compare_lanes(trader, post, hours)
        fiscal = column(lambda batch: batch.truth.fiscal)
        fraud = passed & (fiscal > 0) & (fiscal != HONEST_ERROR)
        self.trade.audited(ended.trader[fraud], rows["corrected"][fraud])
        broker = column(lambda batch: batch.broker)
        papers = np.flatnonzero(passed & (rows["lodged_ms"] >= 0) & (broker >= 0))
        late_ms = np.where(rows["released_ms"] > rows["gated_ms"], rows["lodged_ms"] - rows["gated_ms"], 0)
        self.offices.experience(broker[papers], np.maximum(late_ms[papers], 0) / HOUR_MS)

    # -- smugglers ----------------------------------------------------------------------------------------------

    def _ends(self, ended: Ended) -> Iterator[End]:
        """Attempts that ended today: at a seizure, or when the lorry leaves the post of entry."""
        outcome = ended.rows["outcome"]
        ends = (outcome == SEIZED) | ((ended.side == ENTRY) & (outcome != STOPPED_BEFORE))
        at = np.flatnonzero((ended.journeys.column(lambda batch: batch.truth.organisation) >= 0) & ends)
        if not len(at):
            return
        column = ended.journeys.at(at).column
        joint = np.zeros(len(at), np.bool_)
        if ended.declared:
            known_by = column(lambda batch: batch.known_by[ended.name])
            joint = (known_by >= 0) & (known_by != ended.owner[at]) & (ended.rows["rule"][at] == BY_WATCHLIST)
        columns: list[Any] = [
            ended.planned[at],
            np.full(len(at), ended.side),
            column(lambda batch: batch.truth.organisation),
            column(lambda batch: batch.truth.arm),
            column(lambda batch: batch.truth.opportunity) & (2**JOURNEY_BITS - 1),
            outcome[at] == SEIZED,
            joint,
            ended.rows.work_ms[at][:, self.seal_read].any(axis=1),
        ]
        for end in zip(*(each.tolist() for each in columns), strict=True):
            yield End(*end)

    def _news(self, ends: Iterable[End]) -> None:
        """Attempts end one after the other; goods released for transit may leave the lorry."""
        for end in ends:
            if self.smuggling.underworld.diverts[end.arm] and not end.seized:
                self.smuggling.divert(end.planned, end.organisation, end.arm, end.ordinal, end.sealed)
            else:
                self.smuggling.end(end.planned, end.organisation, end.arm, end.seized, end.joint)


def _hits(ended: Ended, found: Ints) -> Iterator[Hit]:
    rows = ended.rows
    detected, listed = rows["detected"] == 1, rows["rule"] == BY_WATCHLIST
    at = np.flatnonzero(detected | listed)
    columns = (ended.planned, ended.owner, ended.trader, detected, listed, found)
    for planned, *rest in zip(*(column[at].tolist() for column in columns), strict=True):
        yield Hit(planned, ended.side, *rest)


def _selected(ended: Ended) -> dict[int, DeskScores]:
    """Scores selectivity has read, by desk, and how many declarations the watchlist sent to red."""
    rows = ended.rows
    score = rows["score_used"]
    selected = rows["lodged_ms"] >= 0 if ended.side == ENTRY else score > -NEVER
    watch_red = selected & (rows["rule"] == BY_WATCHLIST) & (rows["channel"] == RED)
    at = np.flatnonzero(selected)
    post_of = ended.post[at]
    at = at[np.argsort(post_of.astype(np.int16), kind="stable")]  # NumPy sorts short numbers by counting
    counts = np.bincount(post_of)
    watch_reds = np.bincount(ended.post[watch_red], minlength=len(counts)).tolist()
    starts = (np.cumsum(counts) - counts).tolist()
    scores = score[at]
    return {
        2 * post + ended.side: DeskScores(scores[start : start + count], watch_red_count)
        for post, (start, count, watch_red_count) in enumerate(zip(starts, counts.tolist(), watch_reds, strict=True))
        if count
    }
