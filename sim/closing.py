"""Closing the day: finished legs are matched to their journeys and folded into the ledger."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from sim.admission import HOUR_MS, Batch
from sim.agents.smuggler import COVERS, KIND_NAMES
from sim.consignments.consignment import HONEST_ERROR
from sim.consignments.potential import EMPTY, JOURNEY_BITS, Traders
from sim.equity import LANES, Margins
from sim.findings import Findings
from sim.journeys import runs
from sim.ledger import Fact, Ledger
from sim.posts.legs import LegRows
from sim.posts.process import ENTRY
from sim.posts.rules import RED, SEIZED, STOPPED_BEFORE, YELLOW
from sim.revenue import Revenue
from sim.settings.world import REGIMES
from sim.strata import DELIVERED, STOPPED, UNFINISHED, Presented
from sim.world.regimes import HOME_USE
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
PARTIES = ("trader_broker", "customs", "other_agency", "terminal_transport", "bank")
COST_PARTS = ("lorry", "goods", "clerks")
"""Of what traders pay at the posts; what they spend to comply with measures stands beside."""
HOME_GROUPS = ("home_use=not_examined", "home_use=examined")
TRUSTED = COVERS.index("aeo")
RESTRICTED_H = 15 * 24.0
"""Restriction of mean times: nothing counts more than 15 days."""
RESTRICTED_MS = int(RESTRICTED_H * HOUR_MS)
HELD_D = 12
"""Ended legs wait so long for others of their planning day, to be folded together: one fold costs as much as many."""


@dataclass(frozen=True)
class Closed:
    """Finished legs of one side and planning day, with their journeys' positions in the batch."""

    day: int
    side: int
    batch: Batch
    position: Ints
    rows: LegRows


def together(parts: Sequence[Closed]) -> Closed:
    """Legs of one side and planning day that ended on several days."""
    if len(parts) == 1:
        return parts[0]
    position = np.concatenate([part.position for part in parts])
    return replace(parts[0], position=position, rows=LegRows.together([part.rows for part in parts]))


def match(rows: LegRows, batches: dict[int, Batch]) -> Iterator[Closed]:
    """Match finished legs to their batches, by planning day and side, in order."""
    ids = rows.id
    journey, side = ids >> 1, ids & 1
    day, position = journey >> JOURNEY_BITS, journey & (2**JOURNEY_BITS - 1)
    together = ((int(day[run.start]), int(side[run.start]), run) for run in runs(2 * day + side))
    for planned, of, run in sorted(together, key=itemgetter(0, 1)):
        yield Closed(planned, of, batches[planned], position[run], rows.take(run))


class Closing:
    """Folds closed legs into a ledger.

    Parameters
    ----------
    world, traders, ledger
        The world, its traders and where sums are kept.

    Attributes
    ----------
    presented : attempts of the windows presented at crossings, for comparison with another scenario
    published : posts at which a release target is in force
    """

    def __init__(self, world: World, traders: Traders, ledger: Ledger) -> None:
        self.world, self.traders, self.ledger = world, traders, ledger
        self.presented = Presented()
        self.held: dict[int, list[Closed]] = {}
        self.published = np.zeros(len(world.posts), np.bool_)
        self.query_slots = [i for i, s in enumerate(world.entry_stages) if s.work == "answer"]
        self.ways = len(COVERS) + len(world.smuggler_ways)
        self.several_regimes = any(sum(share > 0 for share in p.regime_shares[:EMPTY]) > 1 for p in world.posts)
        self.post_names = [p.name for p in world.posts]
        entry = world.entry_stages
        self.stage_names = [s.name for s in entry]
        self.parties = [s.responsible for s in entry]
        self.customs_slots = np.array([i for i, s in enumerate(entry) if s.responsible == "customs"], np.int64)
        self.prepare_slots = [i for i, s in enumerate(entry) if s.work == "prepare"]
        at_entry = [world.countries[p.entry_country] for p in world.posts]
        self.margins = Margins(self.post_names, traders)
        each = self.margins.cells // len(world.posts)  # cells of a post stand together
        self.lorry_usd_per_h = np.repeat([c.lorry_usd_per_h for c in at_entry], each)
        self.clerk_usd_per_h = np.repeat([c.clerk_usd_per_h for c in at_entry], each)
        self.target_h = np.repeat([c.release_target_h for c in at_entry], each)
        self.agency_slots = [i for i, s in enumerate(entry) if s.responsible == "other_agency"]
        self.clearance = ledger.facts_of("clearance_mean_h", self.margins.groups, "h")
        self.on_target = ledger.facts_of("release_within_target_share", self.margins.groups, "share")
        parts = [f"part={part}" for part in COST_PARTS]
        self.cost_parts = ledger.facts_of("cost_trader_usd", parts, "USD per day")
        self.trader_cost = ledger.facts_of("cost_trader_usd", self.margins.groups, "USD per day")
        self.journey_cost = ledger.facts_of("cost_per_journey_usd", self.margins.groups, "USD per loaded journey")
        self.ad_valorem = ledger.facts_of("cost_ad_valorem_pct", self.margins.groups, "% of value")
        self.by_stage = ledger.facts_of("time_by_stage_h", (f"stage={s}" for s in self.stage_names), "h")
        kinds = [f"kind={KIND_NAMES[k]}" for k in sorted(KIND_NAMES)]
        rates = ["all", *kinds, *(f"post={name}" for name in self.post_names), *(f"cover={lane}" for lane in LANES)]
        self.interdiction = ledger.facts_of("interdiction_rate", rates, "share")
        self.corridors = [f"corridor={corridor.name}" for corridor in world.corridors]
        for name, unit in (("corridor_time_h", "h"), ("corridor_drive_h", "h"), ("corridor_journeys", "journeys")):
            ledger.facts_of(name, self.corridors, unit)
        for group in self.corridors:
            ledger.distribution(group)
        self.revenue, self.findings = Revenue(world, ledger), Findings(ledger)
        self.flows: list[Fact] = []

    def take(self, closed: Closed) -> None:
        """Take in legs that have ended: those of the entry side wait for others of their planning day."""
        if closed.side == ENTRY and self.ledger.keeps(closed.day):
            self.held.setdefault(closed.day, []).append(closed)
        else:
            self.fold(closed)

    def publish(self, published: Bools) -> None:
        """Release targets are in force at these posts from today on; what ended under others is folded under them."""
        if (published != self.published).any():
            for day in list(self.held):
                self.fold(together(self.held.pop(day)))
        self.published = published

    def settle(self, today: int, open_days: Collection[int]) -> None:
        """Fold what waits of planning days of which nothing is left in process, and every few days of the others."""
        for day in list(self.held):
            if day not in open_days or (today - day) % HELD_D == HELD_D - 1:
                self.fold(together(self.held.pop(day)))

    def fold(self, closed: Closed) -> None:
        """Fold one side of one planning day; nothing is reckoned of a day of which nothing is kept."""
        if not self.ledger.keeps(closed.day):
            return
        if closed.side == ENTRY:
            post = closed.batch.post[closed.position]
            self._clearance(closed, closed.rows["released_ms"], post)
            self._along_corridors(closed, closed.rows["released_ms"])
            worth = self.revenue.fold(closed.day, closed.rows, closed.batch, closed.position, post)
            self._controls(closed, worth)
        self._interdiction(closed)

    def unfinished(self, closed: Closed, end_ms: int) -> None:
        """Fold legs still in process at the end of the run: their time so far, counted as unfinished."""
        if closed.side != ENTRY:
            return
        arrived = closed.rows["arrived_ms"] >= 0
        rows = Closed(closed.day, closed.side, closed.batch, closed.position[arrived], closed.rows.take(arrived))
        post = rows.batch.post[rows.position]
        self._clearance(rows, np.full(len(post), end_ms, np.int64), post)
        self._along_corridors(closed, np.full(len(closed.rows), end_ms, np.int64))
        travels = closed.rows["outcome"] != STOPPED_BEFORE
        loaded = travels & ~closed.batch.potential.empty[closed.position]
        self.ledger.add("unfinished", "all", "journeys", closed.day, float(loaded.sum()), 0.0)
        smuggles = travels & (closed.batch.truth.prohibited[closed.position] > 0)
        self._present(closed, smuggles, np.full(len(smuggles), UNFINISHED))

    # -- time -----------------------------------------------------------------------------------------------------

    def _clearance(self, closed: Closed, until_ms: Ints, post: Ints) -> None:
        rows, batch, position = closed.rows, closed.batch, closed.position
        reached = rows["outcome"] != STOPPED_BEFORE
        empty = batch.potential.empty[position]
        loaded = ~empty & reached
        headline = loaded & batch.truth.headline[position]
        hours = np.minimum((until_ms - rows["arrived_ms"]) / HOUR_MS, RESTRICTED_H)
        cell = self.margins.cell(post, batch.potential.trader[position], batch.aeo[position])
        add, day = self.ledger.add, closed.day

        def means(group: str, names: Sequence[str], number: Ints, value: Floats) -> None:
            sums = np.bincount(number, value, len(names)).tolist()
            counts = np.bincount(number, minlength=len(names)).tolist()
            for name, total, count in zip(names, sums, counts, strict=True):
                add("clearance_mean_h", f"{group}={name}", "h", day, total, float(count))

        of = np.flatnonzero(headline)
        counted, at = hours[of], position[of]
        add("clearance_square_h2", "all", "h2", day, float((counted**2).sum()), float(len(counted)))
        self.ledger.add_durations(day, counted)
        self._headline(day, counted, cell[of])
        if self.published.any():
            self._published(closed, hours, of, cell[of])
        means("examined", ("no", "yes"), (rows["exam_unit"][of] >= 0).astype(np.int64), counted)
        if self.several_regimes:
            regime = batch.potential.regime[at]
            means("regime", REGIMES[:EMPTY], regime, counted)
            self._home_use(day, rows, of[regime == HOME_USE], counted[regime == HOME_USE])
        self._clocks(closed, until_ms, headline)
        critical_h = self._critical_h(rows, headline).tolist()
        count = float(len(of))
        by_party: dict[str, float] = dict.fromkeys(PARTIES, 0.0)
        self.ledger.add_all(self.by_stage, day, critical_h, repeat(count))
        for slot_h, party in zip(critical_h, self.parties, strict=True):
            by_party[party] += slot_h
        for name, total in by_party.items():
            add("time_by_party_h", f"party={name}", "h", day, total, count)
        add("customs_time_h", "all", "h", day, by_party["customs"], count)
        add("other_agency_time_h", "all", "h", day, by_party["other_agency"], count)
        self._everybody(closed, hours * reached, cell, loaded, float(np.count_nonzero(empty & reached)))

    def _home_use(self, day: int, rows: LegRows, of: Ints, hours: Floats) -> None:
        """Goods cleared at the post by themselves: how their times spread, and customs' part, examined or not."""
        self.ledger.add_durations(day, hours, "regime=home_use")
        examined = (rows["exam_unit"][of] >= 0).astype(np.int64)
        customs_ms = np.minimum(rows.critical_ms[np.ix_(of, self.customs_slots)].sum(axis=1), RESTRICTED_MS)
        counts = np.bincount(examined, minlength=2).tolist()
        for indicator, value in (("clearance_mean_h", hours), ("customs_time_h", customs_ms / HOUR_MS)):
            for group, total, count in zip(HOME_GROUPS, np.bincount(examined, value, 2).tolist(), counts, strict=True):
                self.ledger.add(indicator, group, "h", day, total, float(count))

    def _headline(self, day: int, hours: Floats, cell: Ints) -> None:
        """Mean clearance, and the share released in the time the country of entry aims at, by who is affected."""
        cells = self.margins.cells
        late = hours > self.target_h[cell]
        of_cell = np.bincount(cell + cells * late, minlength=2 * cells).reshape(2, cells)
        totals, on, counts = self.margins.totals(np.bincount(cell, hours, cells), of_cell[0], of_cell.sum(axis=0))
        self.ledger.add_all(self.clearance, day, totals, counts)
        self.ledger.add_all(self.on_target, day, on, counts)

    def _published(self, closed: Closed, hours: Floats, of: Ints, cell: Ints) -> None:
        """What posts with a published target report: the clock stands while a query is open; and what they dropped."""
        rows, day = closed.rows, closed.day
        here = self.published[closed.batch.post[closed.position]]
        open_h = rows.critical_ms[:, self.query_slots].sum(axis=1) / HOUR_MS
        mine, target_h = here[of], self.target_h[cell]
        on = float((mine & ((hours - open_h)[of] <= target_h)).sum())
        self.ledger.add("release_within_target_share", "clock=stopped", "share", day, on, float(mine.sum()))
        reds = here & (rows["channel"] == RED) & ~closed.batch.potential.empty[closed.position]
        dropped = reds & (rows["thoroughness"] == 0.0)
        self.ledger.add("dropped_share", "all", "share of reds", day, float(dropped.sum()), float(reds.sum()))

    @staticmethod
    def _critical_h(rows: LegRows, which: Bools) -> Floats:
        """Hours per stage that these lorries spent there, none more than `RESTRICTED_H`."""
        long = (rows["released_ms"] - rows["arrived_ms"] > RESTRICTED_MS) | (rows["released_ms"] < 0)
        times = rows.critical_ms if not long.any() else np.minimum(rows.critical_ms, RESTRICTED_MS)
        row_by_row = np.einsum("i,ij->j", which.astype(np.int64), times)  # the operator @ goes by columns, and waits
        return np.asarray(row_by_row / HOUR_MS)

    def _clocks(self, closed: Closed, until_ms: Ints, headline: Bools) -> None:
        """Mean times between moments; whole milliseconds are added up, so that no order of legs matters."""
        rows, potential, position = closed.rows, closed.batch.potential, closed.position
        add, day, everyone = self.ledger.add, closed.day, headline.astype(np.int64)

        def clock(indicator: str, start_ms: Ints, end_ms: Ints, which: Ints = everyone) -> None:
            total_ms = int(which @ np.minimum(np.maximum(end_ms - start_ms, 0), RESTRICTED_MS))
            add(indicator, "all", "h", day, total_ms / HOUR_MS, float(which.sum()))

        began_ms, exit_ms = potential.began_ms[position], until_ms + potential.pickup_ms[position]
        whole = everyone  # a lorry that goes on to a further post has not come to the end of its way here
        if potential.through is not None:
            whole = (headline & ~potential.through.goes_on[position]).astype(np.int64)
        clock("door_to_door_mean_h", began_ms, until_ms, whole)
        clock("corridor_time_h", began_ms, exit_ms, whole)
        clock("arrival_to_exit_mean_h", rows["arrived_ms"], exit_ms)
        for indicator, moment in (("gate_to_release_mean_h", "gated_ms"), ("lodgement_to_release_mean_h", "lodged_ms")):
            clock(indicator, rows[moment], until_ms, (headline & (rows[moment] >= 0)).astype(np.int64))
        at_gate = headline & (rows["released_ms"] == rows["gated_ms"])
        share = float(np.count_nonzero(at_gate)), float(np.count_nonzero(headline))
        add("released_on_arrival_share", "all", "share", day, *share)

    def _along_corridors(self, closed: Closed, until_ms: Ints) -> None:
        """Time of all lorries of each corridor that got through, from arrival at its first post to leaving the last."""
        potential, position, day = closed.batch.potential, closed.position, closed.day
        if potential.through is None:
            return
        trip = potential.through.trip[position]
        stopped = (closed.rows["outcome"] == STOPPED_BEFORE) | (closed.rows["outcome"] == SEIZED)
        through = np.flatnonzero((trip >= 0) & ~stopped)
        at, corridor = position[through], potential.through.corridor[trip[through]]
        taken_ms = until_ms[through] + potential.pickup_ms[at] - potential.began_ms[at]
        taken_ms, driven_ms = np.minimum(taken_ms, RESTRICTED_MS), potential.through.drive_ms[trip[through]]
        for k, group in enumerate(self.corridors):
            mine = corridor == k
            hours, count = int(taken_ms[mine].sum()) / HOUR_MS, float(np.count_nonzero(mine))
            self.ledger.add("corridor_time_h", group, "h", day, hours, count)
            self.ledger.add("corridor_drive_h", group, "h", day, int(driven_ms[mine].sum()) / HOUR_MS, count)
            self.ledger.add("corridor_journeys", group, "journeys", day, count, 0.0)
            self.ledger.add_durations(day, taken_ms[mine] / HOUR_MS, group)

    def _everybody(self, closed: Closed, stood_h: Floats, cell: Ints, loaded: Bools, empties: float) -> None:
        """Time at the entry side of all lorries, and what traders pay: in all, and per loaded journey.

        They pay for lorry hours, goods standing still and clerks' work; what does not depend on the journey is
        multiplied in by cell.
        """
        value_usd = closed.batch.potential.value_usd[closed.position]
        clerk_ms = closed.rows.work_ms[:, self.prepare_slots].sum(axis=1)
        cells = self.margins.cells
        with_load = cell + cells * loaded  # those without first

        def by_cell(weight: Floats | Ints | None) -> Floats:
            return np.asarray(np.bincount(with_load, weight, 2 * cells).reshape(2, cells), np.float64)

        stood = by_cell(stood_h)
        lorry = stood * self.lorry_usd_per_h
        goods = by_cell(stood_h * value_usd) * (self.world.parameters.costs.delay_value_share_per_day / 24.0)
        clerks = by_cell(clerk_ms) * (self.clerk_usd_per_h / HOUR_MS)
        count, value = by_cell(None)[1], by_cell(value_usd)[1]
        # who cheats depends on the scenario, so the headline's cohort does too: all loaded journeys stand beside it
        self.ledger.add("clearance_mean_h", "loaded=all", "h", closed.day, float(stood[1].sum()), float(count.sum()))
        self.ledger.add("clearance_mean_h", "regime=empty", "h", closed.day, float(stood[0].sum()), empties)
        add, day = self.ledger.add_all, closed.day
        add(self.cost_parts, day, (lorry.sum(), goods.sum(), clerks.sum()), repeat(0.0))
        usd = lorry + goods + clerks
        total, cost, journeys, worth = self.margins.totals(usd[0] + usd[1], usd[1], count, value)
        add(self.trader_cost, day, total, repeat(0.0))
        add(self.journey_cost, day, cost, journeys)
        add(self.ad_valorem, day, (100.0 * x for x in cost), worth)

    # -- control --------------------------------------------------------------------------------------------------

    def _controls(self, closed: Closed, worth: Ints) -> None:
        rows, batch, position = closed.rows, closed.batch, closed.position
        loaded = ~batch.potential.empty[position] & (rows["outcome"] != STOPPED_BEFORE)
        lodged = loaded & (rows["lodged_ms"] >= 0)
        documents, examined = loaded & (rows["document_unit"] >= 0), loaded & (rows["exam_unit"] >= 0)
        full = examined & (rows["exam_level_min"] >= self.world.parameters.examination.full_min)
        add, day = self.ledger.add, closed.day

        def share(indicator: str, which: Bools, whole: Bools = loaded) -> None:
            add(indicator, "all", "share", day, float(np.count_nonzero(which)), float(np.count_nonzero(whole)))

        share("selected_red_rate", lodged & (rows["channel"] == RED))
        share("selected_yellow_rate", lodged & (rows["channel"] == YELLOW))
        share("documentary_check_rate", documents)
        share("nii_rate", loaded & (rows["scanned"] == 1))
        share("physical_inspection_rate", examined)
        share("full_examination_rate", full)
        if self.agency_slots:
            share("agency_check_rate", loaded & (rows.work_ms[:, self.agency_slots].sum(axis=1) > 0))
        share("held_up_share", lodged & (rows["held_up"] == 1), lodged)
        share("document_hit_rate", documents & (rows["corrected"] == 1), documents)
        prohibited, fiscal = batch.truth.prohibited[position], batch.truth.fiscal[position]
        clean = loaded & (prohibited == 0) & ((fiscal == 0) | (fiscal == HONEST_ERROR))
        share("compliant_inspected_share", clean & examined, clean)
        queries = float((rows["queries"] * loaded).sum())
        add("queries_per_100", "all", "per 100 declarations", day, 100.0 * queries, float(np.count_nonzero(lodged)))
        self.findings.fold(day, rows, loaded, (prohibited, fiscal), worth)

    def _interdiction(self, closed: Closed) -> None:
        """Prohibited goods, once per journey: when seized anywhere, or when the last leg is released."""
        rows, truth, position = closed.rows, closed.batch.truth, closed.position
        seized = rows["outcome"] == SEIZED
        last = (closed.side == ENTRY) & (rows["outcome"] != STOPPED_BEFORE)
        ended = (truth.prohibited[position] > 0) & (seized | last)
        if not ended.any():
            return
        self._present(closed, ended, np.where(seized, STOPPED, DELIVERED))
        add, day = self.ledger.add, closed.day
        at, stopped = position[ended], seized[ended]
        kinds, posts = len(KIND_NAMES) + 1, len(self.post_names)
        cover = np.where(truth.arm[at] >= 0, truth.arm[at] % self.ways == TRUSTED, 2)
        code = 2 * np.stack([truth.prohibited[at], kinds + closed.batch.post[at], kinds + posts + cover]) + stopped
        missed, met = np.bincount(code.ravel(), minlength=2 * (kinds + posts + 3)).reshape(-1, 2)[:-1].T.tolist()
        missed[0], met[0] = len(at) - int(stopped.sum()), int(stopped.sum())
        self.ledger.add_all(self.interdiction, day, met, (a + b for a, b in zip(missed, met, strict=True)))
        side = ("exit", "entry")[closed.side]
        add("seizures_per_day", "all", "per day", day, float(stopped.sum()), 0.0)
        add("seizures_per_day", f"side={side}", "per day", day, float(stopped.sum()), 0.0)

    def _present(self, closed: Closed, which: Bools, fate: Ints) -> None:
        """Note attempts for the strata; bound interdiction by taking what is unfinished as all missed, or all found."""
        if self.ledger.in_window(closed.day):
            self.presented.add(closed.day, closed.batch.truth.opportunity[closed.position][which], fate[which])
        presented, stopped = float(which.sum()), float((fate[which] == STOPPED).sum())
        found = stopped + float((fate[which] == UNFINISHED).sum())
        self.ledger.add("interdiction_rate_all_missed", "all", "share", closed.day, stopped, presented)
        self.ledger.add("interdiction_rate_all_found", "all", "share", closed.day, found, presented)

    def open_day(self, day: int, arms: list[str]) -> None:
        """Give every flow (a number per day) this day in its denominator, whether or not anything happens."""
        if not self.flows:
            self.flows = [*(self.ledger.fact(*flow) for flow in self._flows(arms)), *self.revenue.flows()]
        self.ledger.count_day(self.flows, day)
        for name in ("interdiction_rate_all_missed", "interdiction_rate_all_found"):
            self.ledger.add(name, "all", "share", day, 0.0, 0.0)  # a row even where it is not defined

    def _flows(self, arms: list[str]) -> Iterator[tuple[str, str, str]]:
        """Indicator, group and unit of every flow."""
        posts = [f"post={name}" for name in self.post_names]
        for group in (*(f"part={part}" for part in (*COST_PARTS, "compliance")), *self.margins.groups):
            yield "cost_trader_usd", group, "USD per day"
        countries = (f"country={country.key}" for country in self.world.countries)
        for group in ("all", "part=running", "part=staff", *countries):
            yield "cost_public_usd", group, "USD per day"
        for group in ("all", "side=exit", "side=entry"):
            yield "seizures_per_day", group, "per day"
        groups = ["all", *(f"kind={k}" for k in KIND_NAMES.values()), *(f"arm={a}" for a in arms), *posts]
        for group in groups:
            yield "attempts", group, "per day"
            yield "illicit_delivered_per_day", group, "per day"
            yield "illicit_delivered_usd_per_day", group, "USD per day"
        yield "deterred", "all", "per day"
        yield "no_journey_to_ride", "all", "per day"
