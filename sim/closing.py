"""Closing the day: finished legs are matched to their journeys and folded into the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.admission import HOUR_MS, Batch
from sim.agents.smuggler import KIND_NAMES
from sim.consignments.consignment import FALSE_NAMES
from sim.consignments.potential import EMPTY, JOURNEY_BITS, Traders
from sim.equity import LANES, SIZES, trader_sizes
from sim.ledger import Fact, Ledger
from sim.posts.legs import LegRows
from sim.posts.process import ENTRY
from sim.posts.rules import CHANNEL_NAMES, RED, RULE_NAMES, SEIZED, STOPPED_BEFORE, YELLOW
from sim.revenue import Revenue
from sim.settings.world import REGIMES
from sim.strata import DELIVERED, STOPPED, UNFINISHED, Presented
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
PARTIES = ("trader_broker", "customs", "other_agency", "terminal_transport", "bank")
COST_PARTS = ("lorry", "goods", "clerks")
FOUND_NAMES = {**KIND_NAMES, **{len(KIND_NAMES) + k: name for k, name in FALSE_NAMES.items()}}
"""What a check can find, by number: prohibited goods first, then what is false in a declaration."""
RESTRICTED_H = 15 * 24.0
"""Restriction of mean times: nothing counts more than 15 days."""


@dataclass(frozen=True)
class Closed:
    """Finished legs of one side and planning day, with their journeys' positions in the batch."""

    day: int
    side: int
    batch: Batch
    position: Ints
    rows: LegRows


def match(rows: LegRows, batches: dict[int, Batch]) -> Iterator[Closed]:
    """Match finished legs to their batches, by planning day and side, in order."""
    journey, side = rows.id >> 1, rows.id & 1
    day = journey >> JOURNEY_BITS
    starts = np.flatnonzero(np.diff(2 * day + side, prepend=-1))  # legs of a side and day stand together
    ends = np.append(starts, len(rows))[1:]
    for k in np.lexsort((side[starts], day[starts])):
        start, end = int(starts[k]), int(ends[k])
        here, batch = slice(start, end), batches[int(day[start])]
        position = journey[here] & (2**JOURNEY_BITS - 1)
        yield Closed(int(day[start]), int(side[start]), batch, position, rows.take(here))


class Closing:
    """Folds closed legs into a ledger.

    Parameters
    ----------
    world, traders, ledger
        The world, its traders and where sums are kept.

    Attributes
    ----------
    presented : attempts of the windows presented at crossings, for comparison with another scenario
    """

    def __init__(self, world: World, traders: Traders, ledger: Ledger) -> None:
        self.world, self.traders, self.ledger = world, traders, ledger
        self.presented = Presented()
        self.several_regimes = any(sum(share > 0 for share in p.regime_shares[:EMPTY]) > 1 for p in world.posts)
        self.post_names = [p.name for p in world.posts]
        entry = world.entry_stages
        self.stage_names = [s.name for s in entry]
        self.parties = [s.responsible for s in entry]
        self.prepare_slots = [i for i, s in enumerate(entry) if s.work == "prepare"]
        at_entry = [world.countries[p.entry_country] for p in world.posts]
        self.lorry_usd_per_h = np.array([c.lorry_usd_per_h for c in at_entry])
        self.clerk_usd_per_h = np.array([c.clerk_usd_per_h for c in at_entry])
        self.target_h = np.array([c.release_target_h for c in at_entry])
        self.agency_slots = [i for i, s in enumerate(entry) if s.responsible == "other_agency"]
        self.size = trader_sizes(traders)
        self.revenue = Revenue(world, ledger)
        self.flows: list[Fact] = []

    def fold(self, closed: Closed) -> None:
        """Fold one side of one planning day."""
        if closed.side == ENTRY:
            self._clearance(closed, closed.rows["released_ms"])
            hidden_usd = self.revenue.hidden_usd(closed.batch, closed.position)
            self._controls(closed)
            self._findings(closed, hidden_usd)
            self.revenue.fold(closed.day, closed.rows, closed.batch, closed.position, hidden_usd)
        self._interdiction(closed)

    def unfinished(self, closed: Closed, end_ms: int) -> None:
        """Fold legs still in process at the end of the run: their time so far, counted as unfinished."""
        if closed.side != ENTRY:
            return
        arrived = closed.rows["arrived_ms"] >= 0
        rows = Closed(closed.day, closed.side, closed.batch, closed.position[arrived], closed.rows.take(arrived))
        self._clearance(rows, np.full(int(arrived.sum()), end_ms, np.int64))
        travels = closed.rows["outcome"] != STOPPED_BEFORE
        loaded = travels & ~closed.batch.potential.empty[closed.position]
        self.ledger.add("unfinished", "all", "journeys", closed.day, float(loaded.sum()), 0.0)
        smuggles = travels & (closed.batch.truth.prohibited[closed.position] > 0)
        self._present(closed, smuggles, np.full(len(smuggles), UNFINISHED))

    # -- time -----------------------------------------------------------------------------------------------------

    def _clearance(self, closed: Closed, until_ms: Ints) -> None:
        rows, batch, position = closed.rows, closed.batch, closed.position
        reached = rows["outcome"] != STOPPED_BEFORE
        loaded = ~batch.potential.empty[position]
        headline = loaded & batch.truth.headline[position] & reached
        hours = np.minimum((until_ms - rows["arrived_ms"]) / HOUR_MS, RESTRICTED_H)
        add, day = self.ledger.add, closed.day

        def means(group: str, names: Sequence[str], number: Ints, value: Floats) -> None:
            sums = np.bincount(number, value, len(names)).tolist()
            counts = np.bincount(number, minlength=len(names)).tolist()
            for name, total, count in zip(names, sums, counts, strict=True):
                add("clearance_mean_h", f"{group}={name}", "h", day, total, float(count))

        counted, at = hours[headline], position[headline]
        add("clearance_mean_h", "all", "h", day, float(counted.sum()), float(len(counted)))
        add("clearance_square_h2", "all", "h2", day, float((counted**2).sum()), float(len(counted)))
        self.ledger.add_durations(day, counted)
        means("post", self.post_names, batch.post[at], counted)
        trader = batch.potential.trader[at]
        means("lane", LANES, self.traders.aeo[trader].astype(np.int64), counted)
        means("trader_size", SIZES, self.size[trader], counted)
        means("examined", ("no", "yes"), (rows["exam_unit"][headline] >= 0).astype(np.int64), counted)
        if self.several_regimes:
            means("regime", REGIMES[:EMPTY], batch.potential.regime[at], counted)
        self._target(day, counted, batch.post[at])
        everyone = hours[loaded & reached]  # who cheats depends on the scenario, so the headline's cohort does too
        add("clearance_mean_h", "loaded=all", "h", day, float(everyone.sum()), float(len(everyone)))
        empty = batch.potential.empty[position] & reached
        add("clearance_mean_h", "regime=empty", "h", day, float(hours[empty].sum()), float(empty.sum()))
        self._clocks(closed, until_ms, headline)
        critical_h = self._critical_h(rows, headline)
        count = float(headline.sum())
        by_party: dict[str, float] = dict.fromkeys(PARTIES, 0.0)
        for slot, (stage, party) in enumerate(zip(self.stage_names, self.parties, strict=True)):
            add("time_by_stage_h", f"stage={stage}", "h", day, float(critical_h[slot]), count)
            by_party[party] += float(critical_h[slot])
        for name, total in by_party.items():
            add("time_by_party_h", f"party={name}", "h", day, total, count)
        add("customs_time_h", "all", "h", day, by_party["customs"], count)
        add("other_agency_time_h", "all", "h", day, by_party["other_agency"], count)
        self._trader_costs(closed, hours, reached)

    def _target(self, day: int, hours: Floats, post: Ints) -> None:
        """How many of the headline cohort were released in the time their country of entry aims at."""
        on_target = np.bincount(post[hours <= self.target_h[post]], minlength=len(self.post_names)).tolist()
        counts = np.bincount(post, minlength=len(self.post_names)).tolist()
        self._shares("release_within_target_share", "post", self.post_names, day, on_target, counts)

    def _shares(
        self, indicator: str, kind: str, names: Sequence[str], day: int, parts: Sequence[float], of: Sequence[float]
    ) -> None:
        """Shares by group that together are everything, and of everything."""
        self.ledger.add(indicator, "all", "share", day, float(sum(parts)), float(sum(of)))
        for name, part, whole in zip(names, parts, of, strict=True):
            self.ledger.add(indicator, f"{kind}={name}", "share", day, float(part), float(whole))

    @staticmethod
    def _critical_h(rows: LegRows, which: Bools) -> Floats:
        """Hours per stage that these lorries spent there, none more than `RESTRICTED_H`."""
        restricted_ms = int(RESTRICTED_H * HOUR_MS)
        long = (rows["released_ms"] - rows["arrived_ms"] > restricted_ms) | (rows["released_ms"] < 0)
        times = rows.critical_ms if not long.any() else np.minimum(rows.critical_ms, restricted_ms)
        return np.asarray(which.astype(np.int64) @ times / HOUR_MS)

    def _clocks(self, closed: Closed, until_ms: Ints, headline: Bools) -> None:
        rows, potential, position = closed.rows, closed.batch.potential, closed.position
        add, day = self.ledger.add, closed.day

        def clock(indicator: str, start_ms: Ints, end_ms: Ints) -> None:
            which = headline & (start_ms >= 0)
            hours = np.clip((end_ms - start_ms) / HOUR_MS, 0.0, RESTRICTED_H)
            add(indicator, "all", "h", day, float(hours[which].sum()), float(which.sum()))

        clock("door_to_door_mean_h", potential.departs_ms[position], until_ms)
        clock("gate_to_release_mean_h", rows["gated_ms"], until_ms)
        clock("lodgement_to_release_mean_h", rows["lodged_ms"], until_ms)
        exit_ms = until_ms + potential.pickup_ms[position]
        clock("arrival_to_exit_mean_h", rows["arrived_ms"], exit_ms)
        clock("corridor_time_h", potential.departs_ms[position], exit_ms)
        at_gate = headline & (rows["released_ms"] == rows["gated_ms"])
        add("released_on_arrival_share", "all", "share", day, float(at_gate.sum()), float(headline.sum()))

    def _trader_costs(self, closed: Closed, hours: Floats, reached: Bools) -> None:
        """Lorry hours at the entry side, goods standing still, and clerks' work, in USD."""
        batch, position = closed.batch, closed.position
        p = self.world.parameters.costs
        lorry, clerk = self.lorry_usd_per_h[batch.post[position]], self.clerk_usd_per_h[batch.post[position]]
        standing = batch.potential.value_usd[position] * p.delay_value_share_per_day / 24.0
        clerk_h = closed.rows.work_ms[:, self.prepare_slots].sum(axis=1) / HOUR_MS
        stood_h = np.where(reached, hours, 0.0)
        parts = stood_h * lorry, stood_h * standing, clerk_h * clerk
        add, day = self.ledger.add, closed.day
        usd = parts[0] + parts[1] + parts[2]
        add("cost_trader_usd", "all", "USD per day", day, float(usd.sum()), 0.0)
        for name, part in zip(COST_PARTS, parts, strict=True):
            add("cost_trader_usd", f"part={name}", "USD per day", day, float(part.sum()), 0.0)
        for name, total in zip(
            self.post_names, np.bincount(batch.post[position], usd, len(self.post_names)).tolist(), strict=True
        ):
            add("cost_trader_usd", f"post={name}", "USD per day", day, total, 0.0)
        loaded = np.flatnonzero(reached & ~batch.potential.empty[position])
        self._burden(day, batch, position[loaded], usd[loaded])

    def _burden(self, day: int, batch: Batch, at: Ints, usd: Floats) -> None:
        """What a loaded journey costs its trader, and what that is of the goods' value, by who bears it."""
        post, trader = batch.post[at], batch.potential.trader[at]
        shape = (len(self.post_names), len(LANES), len(SIZES))
        who = (post * len(LANES) + self.traders.aeo[trader]) * len(SIZES) + self.size[trader]
        cells = int(np.prod(shape))
        sums = np.stack(
            [
                np.bincount(who, usd, cells),
                np.bincount(who, minlength=cells),
                np.bincount(who, batch.potential.value_usd[at], cells),
            ]
        ).reshape(3, *shape)
        by = (
            ("post=", self.post_names, sums.sum(axis=(2, 3))),
            ("lane=", LANES, sums.sum(axis=(1, 3))),
            ("trader_size=", SIZES, sums.sum(axis=(1, 2))),
            ("", ("all",), sums.sum(axis=(1, 2, 3))[:, None]),
        )
        add = self.ledger.add
        for kind, names, totals in by:
            for name, cost, count, value in zip(names, *totals.tolist(), strict=True):
                add("cost_per_journey_usd", kind + name, "USD per loaded journey", day, cost, count)
                add("cost_ad_valorem_pct", kind + name, "% of value", day, 100.0 * cost, value)

    # -- control --------------------------------------------------------------------------------------------------

    def _controls(self, closed: Closed) -> None:
        rows, batch, position = closed.rows, closed.batch, closed.position
        loaded = ~batch.potential.empty[position] & (rows["outcome"] != STOPPED_BEFORE)
        lodged = loaded & (rows["lodged_ms"] >= 0)
        examined = loaded & (rows["exam_unit"] >= 0)
        full = examined & (rows["exam_level_min"] >= self.world.parameters.examination.full_min)
        n = float(loaded.sum())
        add, day = self.ledger.add, closed.day
        add("selected_red_rate", "all", "share", day, float((lodged & (rows["channel"] == RED)).sum()), n)
        add("selected_yellow_rate", "all", "share", day, float((lodged & (rows["channel"] == YELLOW)).sum()), n)
        add("documentary_check_rate", "all", "share", day, float((loaded & (rows["document_unit"] >= 0)).sum()), n)
        add("nii_rate", "all", "share", day, float((loaded & (rows["scanned"] == 1)).sum()), n)
        add("physical_inspection_rate", "all", "share", day, float(examined.sum()), n)
        add("full_examination_rate", "all", "share", day, float(full.sum()), n)
        checked = loaded & (rows["document_unit"] >= 0)
        corrected = checked & (rows["corrected"] == 1)
        add("document_hit_rate", "all", "share", day, float(corrected.sum()), float(checked.sum()))
        clean = loaded & batch.truth.headline[position]
        add("compliant_inspected_share", "all", "share", day, float((clean & examined).sum()), float(clean.sum()))
        queries = float(rows["queries"][loaded].sum())
        add("queries_per_100", "all", "per 100 declarations", day, 100.0 * queries, float(lodged.sum()))

    def _findings(self, closed: Closed, hidden_usd: Floats) -> None:
        """Hits: of physical inspections, and material ones of any check, by channel, by rule and by what was found."""
        rows, batch, position, day = closed.rows, closed.batch, closed.position, closed.day
        loaded = ~batch.potential.empty[position] & (rows["outcome"] != STOPPED_BEFORE)
        examined = loaded & (rows["exam_unit"] >= 0)
        checked = np.flatnonzero(examined | (loaded & (rows["document_unit"] >= 0)))
        prohibited = (rows["detected"] == 1) & examined
        dutiful = (rows["corrected"] == 1) & (hidden_usd >= self.world.parameters.revenue.material_usd)
        selected = rows["channel"] * len(RULE_NAMES) + rows["rule"]
        kind = np.where(prohibited, batch.truth.prohibited[position], len(KIND_NAMES) + batch.truth.fiscal[position])
        found = np.flatnonzero(prohibited)
        self._hits("hit_rate", KIND_NAMES, day, selected[examined], selected[found], kind[found])
        found = checked[(prohibited | dutiful)[checked]]
        self._hits("material_hit_rate", FOUND_NAMES, day, selected[checked], selected[found], kind[found])
        channels = np.bincount(rows["channel"][loaded], minlength=len(CHANNEL_NAMES)).tolist()
        inspected = np.bincount(rows["channel"][examined], minlength=len(CHANNEL_NAMES)).tolist()
        for name, part, whole in zip(CHANNEL_NAMES, inspected, channels, strict=True):
            self.ledger.add("physical_inspection_rate", f"channel={name}", "share", day, float(part), float(whole))
        if self.agency_slots:
            seen = loaded & (closed.rows.work_ms[:, self.agency_slots].sum(axis=1) > 0)
            self.ledger.add("agency_check_rate", "all", "share", day, float(seen.sum()), float(sum(channels)))

    def _hits(self, indicator: str, names: Mapping[int, str], day: int, tried: Ints, hit: Ints, kind: Ints) -> None:
        """Shares of checks that found something; `tried` and `hit` are channel and rule in one number."""
        shape = (len(CHANNEL_NAMES), len(RULE_NAMES))
        sums = np.stack([np.bincount(x, minlength=shape[0] * shape[1]).reshape(shape) for x in (hit, tried)])
        self._shares(indicator, "channel", CHANNEL_NAMES, day, *sums.sum(axis=2).tolist())
        add = self.ledger.add
        for name, part, whole in zip(RULE_NAMES, *sums.sum(axis=1).tolist(), strict=True):
            add(indicator, f"rule={name}", "share", day, float(part), float(whole))
        kinds = np.bincount(kind, minlength=max(names) + 1).tolist()
        for number, name in names.items():
            add(indicator, f"kind={name}", "share", day, float(kinds[number]), float(len(tried)))

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
        kind, arm, post = truth.prohibited[at], truth.arm[at], closed.batch.post[at]

        def rate(group: str, which: Bools) -> None:
            add("interdiction_rate", group, "share", day, float((which & stopped).sum()), float(which.sum()))

        rate("all", np.ones(len(at), np.bool_))
        for number, name in KIND_NAMES.items():
            rate(f"kind={name}", kind == number)
        for number, name in enumerate(self.post_names):
            rate(f"post={name}", post == number)
        for cover in (0, 1):
            rate(f"cover={('ordinary', 'aeo')[cover]}", (arm >= 0) & (arm % 2 == cover))
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
            self.flows = [self.ledger.fact(*flow) for flow in self._flows(arms)]
        self.ledger.count_day(self.flows, day)
        for name in ("interdiction_rate", "interdiction_rate_all_missed", "interdiction_rate_all_found"):
            self.ledger.add(name, "all", "share", day, 0.0, 0.0)  # a row even where it is not defined

    def _flows(self, arms: list[str]) -> Iterator[tuple[str, str, str]]:
        """Indicator, group and unit of every flow."""
        posts = [f"post={name}" for name in self.post_names]
        for group in ("all", *(f"part={part}" for part in COST_PARTS), *posts):
            yield "cost_trader_usd", group, "USD per day"
        for group in ("all", *(f"country={country.key}" for country in self.world.countries)):
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
        yield from self.revenue.flows()
