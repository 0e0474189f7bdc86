"""The model: a world under one scenario, one step = one day."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from sim import favours
from sim.admission import HOUR_MS, SIDE_NAMES, Admission, Batch
from sim.agents.bribery import Bribery
from sim.agents.broker import Broker, BrokerPopulation
from sim.agents.country import CustomsAdministration
from sim.agents.officer import Officer, Staff
from sim.agents.smuggler import KIND_NAMES, SmugglingOrganisation, Underworld
from sim.agents.trader import Trader, TraderPopulation
from sim.audits import Audits
from sim.closing import Closed, Closing, match
from sim.consignments.consignment import HONEST_ERROR, Consignments, fiscal_kinds
from sim.consignments.declaration import lodge
from sim.consignments.numbers import Numbers
from sim.consignments.potential import JOURNEY_BITS, PotentialDay, Traders
from sim.cooperation.intelligence import NOBODY, Exchange
from sim.cooperation.transit import FATES, NOTICED_LATE, STOPPED, TransitControl
from sim.equity import places_of
from sim.indicators import indicator_rows
from sim.journal import Journal
from sim.ledger import Ledger
from sim.measures.change import NEVER_H, Change, Key
from sim.measures.combine import Applied, combine
from sim.measures.registry import (
    base_mechanisms,
    changes_today,
    lapsing_today,
    measure_of,
    with_further_units,
)
from sim.posts.arrays import PLAIN, LoopEngine
from sim.posts.compiled import compiled_kernel
from sim.posts.constants import constants
from sim.posts.journey import JourneyEngine
from sim.posts.process import ENTRY, EXAMINATION, compile_processes
from sim.posts.rules import BY_RANDOM, BY_WATCHLIST, RED, SEIZED, STOPPED_BEFORE
from sim.settings.run import Length, RunSettings, Scenario
from sim.targeting.channels import NEVER
from sim.world.world import DAY_MS, MINUTE_MS, World

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
NEVER_MS = 2**62
ELECTRONIC_SEAL = "seal_read"
"""Stage at which a lorry's electronic seal is read."""


class BorderModel(mesa.Model):
    """Border posts, administrations, officers, traders, brokers and smugglers of one world under one scenario.

    A step is a day; agents decide at midnight from what yesterday showed, then the posts run over the half-open day:

    1. measures in force today are combined;
    2. intelligence that has arrived enters watchlists, engines study labels that are due, thresholds are set from the
       past, and every lodged leg not yet selected is scored again;
    3. rosters: desk, course, vacancy; skills move overnight;
    4. traders, brokers and smugglers decide on today's planned journeys; declarations are lodged;
    5. the posts run;
    6. the ledger closes the day; trust, beliefs, skills and costs are updated.

    Parameters
    ----------
    world, settings, scenario
        Where, how long and with which engine, and under which measures.
    traders : Traders
        The replication's traders (shared by its scenarios).
    numbers : Numbers
        The replication's luck (shared by its scenarios).
    log : int
        Room for a log of service starts, for tests (0 = none).
    """

    def __init__(
        self, world: World, settings: RunSettings, scenario: Scenario, traders: Traders, numbers: Numbers, log: int = 0
    ) -> None:
        super().__init__(rng=0)  # Mesa's own generators are never drawn from
        world = with_further_units(world, scenario)
        traders = replace(traders, aeo=traders.aeo.copy())  # who is authorised depends on the scenario
        self.world, self.plan_of_measures = world, scenario
        self.length: Length = settings.length
        self.traders, self.numbers = traders, numbers
        self.plan = compile_processes(world)
        flow = constants(world.parameters, settings.tick_ms)
        self.engine: JourneyEngine | LoopEngine
        if settings.engine in ("loop", "oracle"):
            kernel = compiled_kernel() if settings.engine == "loop" else PLAIN
            self.engine = LoopEngine(self.plan.network, flow, self.plan.slots, log=log, kernel=kernel)
        else:
            self.engine = JourneyEngine(self.plan.network, flow, self.plan.slots, log=log > 0)
        self.owners = np.array(
            [[p.exit_country for p in world.posts], [p.entry_country for p in world.posts]], np.int64
        )
        self.day = 0
        self.lapsed: set[str] = set()
        self.loophole_share = 0.0
        self.alert_room = [0] * len(world.countries)
        self.random_red = np.zeros(2 * len(world.posts))
        self.staff = Staff(world, numbers)
        self.trade = TraderPopulation(world, numbers, traders)
        self.offices = BrokerPopulation(world, numbers)
        self.underworld = Underworld(world, numbers, traders)
        self.exchange = Exchange(world, numbers)
        self.transit = TransitControl(world.parameters.transit, numbers)
        self.seal_read = [k for k, stage in enumerate(world.entry_stages) if stage.name == ELECTRONIC_SEAL]
        organisations = len(self.underworld.kinds)
        self.bribery = Bribery(world, numbers, self.staff, organisations) if world.corruption else None
        count = len(traders)
        self.administrations = [
            CustomsAdministration(self, world, i, count, settings.targeting) for i in range(len(world.countries))
        ]
        self.underworld.organisations = [
            SmugglingOrganisation(self, self.underworld, g) for g in range(len(self.underworld.kinds))
        ]
        for seat in range(len(self.staff.seats)):
            Officer(self, self.staff, seat)
        for row in range(count):
            Trader(self, self.trade, row)
        for row in range(len(world.brokers)):
            Broker(self, self.offices, row)
        self.admission = Admission(world, self.plan, traders, settings.tick_ms, self.offices.carelessness)
        self.ledger = Ledger(self.length)
        self.closing = Closing(world, traders, self.ledger)
        self.audits = Audits(world, self.closing.revenue.hidden_share)
        self.validation_h = np.zeros(len(world.countries))
        self.deadline_h = np.full(len(world.posts), NEVER_H)
        self.examinations = tuple(self._examinations())
        self.journal = Journal(world, traders, self.staff.seats, self.length.spans) if settings.legs else None
        self.base = base_mechanisms(world, self.staff.course_place)
        self.batches: dict[int, Batch] = {}
        self.applied: dict[tuple[str, str, str, str], dict[str, Any]] = {}
        self.changes: list[Change] = []
        self.in_force = self.base
        self.noted: list[dict[str, Any]] = []
        self.admitted = self.closed = 0
        self.busy_before = self.engine.busy()

    # -- the day ------------------------------------------------------------------------------------------------

    def advance(self, potential: PotentialDay) -> None:
        """One day of potential journeys (Mesa 3.5's own `step` passes no argument on)."""
        self.potential = potential
        self.step()

    def step(self) -> None:
        """One day, in the order of the class docstring."""
        potential = self.potential
        mechanisms = self._measures_in_force()
        self._intelligence(mechanisms)
        self._publish(mechanisms)
        self._rosters(mechanisms)
        batch = self._decide(potential, mechanisms)
        self._admit(batch, mechanisms)
        self.engine.run((self.day + 1) * DAY_MS)
        self._close(mechanisms)
        self.day += 1

    def branch(self, scenario: Scenario) -> "BorderModel":
        """A copy of the model as it stands, to live on under another scenario of the same world.

        Raises
        ------
        TypeError
            If the posts are SimPy's: processes under way cannot be copied.
        """
        if not isinstance(self.engine, LoopEngine):
            raise TypeError("only a model whose posts are arrays can be copied; take engine=loop")
        p = self.world.parameters
        shared: list[Any] = [self.world, p, *vars(p).values(), self.plan, self.numbers, self.length, self.potential]
        shared += [self.base, self.in_force, self.staff.keys, self.staff.course_place, self.staff.skilled_teams]
        for batch in self.batches.values():
            shared += [batch.potential, batch.truth, *batch.declared.values()]
        shared += [closed.rows for waiting in self.closing.held.values() for closed in waiting]
        known = {id(one): one for one in shared}  # made once, and never changed
        other = deepcopy(self, known | {id(self.engine): self.engine.snapshot()})
        other.plan_of_measures = scenario
        return other

    def _measures_in_force(self) -> dict[Key, float]:
        since = self.day - self.length.policy_day
        for chosen in lapsing_today(self.plan_of_measures, self.world, self.numbers, self.day, since):
            mutual = measure_of(chosen, self.world).mutual and len(chosen.countries) != 1
            if chosen.measure not in self.lapsed and mutual:
                self.exchange.take_back(chosen.intensity)
            self.lapsed.add(chosen.measure)
        changes = changes_today(self.plan_of_measures, self.world, self.staff.course_place, since, self.lapsed)
        if changes != self.changes:  # most days change nothing that the day before has not
            self.changes = changes
            self.in_force, applied = combine(self.base, changes)
            self.noted = [self._note(one) for one in applied]
        for row in self.noted:
            row["to_day"] = self.day
        share = self.in_force["traders.aeo_share", "all"]
        self.traders.aeo[:] = self.trade.joined | (self.traders.aeo_u < share)
        return self.in_force

    def _note(self, one: Applied) -> dict[str, Any]:
        """Keep first and last value of each change, and from when on it was made, for the mechanism table."""
        change = one.change
        key = (change.measure, change.parameter, change.who, change.operation)
        row = self.applied.setdefault(
            key, {"value_first": change.value, "before": one.before, "from_day": self.day, "clamped": False}
        )
        row |= {"value": change.value, "after": one.after}
        row["clamped"] = row["clamped"] or one.clamped
        return row

    def _intelligence(self, mechanisms: dict[Key, float]) -> None:
        self.exchange.receive(self.day)
        self.exchange.withdraw(self.day)
        for organisation, arm in self.transit.noticed(self.day):
            self.underworld.news(self.day, organisation, arm, True, 0.0, delivered=True)
        self._set_desks(mechanisms)
        for administration in self.administrations:
            administration.forget()
            administration.study(self.day)
        for country in self.exchange.breaches(self.day, mechanisms):
            self._burn_fronts(country)
        self._score_again()

    def _burn_fronts(self, country: int) -> None:
        """A breach shows smugglers which of their fronts a country has listed; they change those."""
        front = self.underworld.front
        listed = np.array(list(self.exchange.watchlists[country]), np.int64)
        for organisation, post, way in np.argwhere(np.isin(front, listed)):
            self.underworld.renew(int(organisation), int(post), int(way))

    def _set_desks(self, mechanisms: dict[Key, float]) -> None:
        """Thresholds of every desk for the day, from trailing scores and last midnight's examination backlog."""
        desks = 2 * len(self.world.posts)
        red, yellow = np.zeros(desks), np.zeros(desks)
        red_at, yellow_at = np.full((desks, 2), NEVER), np.full((desks, 2), NEVER)
        backlog = self._backlog_h()
        blue = [mechanisms["selectivity.blue_share", post.name] for post in self.world.posts]
        reds = [mechanisms["selectivity.red_share", post.name] for post in self.world.posts]
        for administration in self.administrations:
            administration.set_blue_shares(blue)
            administration.set_red_shares(reds)
            for desk, t in administration.thresholds(backlog).items():
                red[desk], yellow[desk] = t.random_red, t.random_yellow
                red_at[desk], yellow_at[desk] = t.red_at, t.yellow_at
        self.engine.set_desks(red, yellow, red_at, yellow_at)
        self.random_red = red

    def _publish(self, mechanisms: dict[Key, float]) -> None:
        """Release targets in force: what traders read on the first day, and from when on posts hurry and drop work."""
        deadline_h = np.array([mechanisms["release.deadline_h", post.name] for post in self.world.posts])
        if np.array_equal(deadline_h, self.deadline_h):
            return
        for post in np.flatnonzero((deadline_h < NEVER_H) & (self.deadline_h >= NEVER_H)).tolist():
            self.trade.read_target(post, float(deadline_h[post]))
        self.deadline_h = deadline_h
        deadline_ms = np.full(2 * len(deadline_h), NEVER_MS, np.int64)
        published = deadline_h < NEVER_H
        deadline_ms[ENTRY::2][published] = np.round(deadline_h[published] * HOUR_MS)
        near = self.world.parameters.measures.release_target_near_share
        hurry_ms = np.where(deadline_ms < NEVER_MS, np.floor(near * deadline_ms), NEVER_MS).astype(np.int64)
        self.engine.set_deadlines(hurry_ms, deadline_ms)
        self.closing.publish(published)

    def _backlog_h(self) -> dict[int, float]:
        """Hours of nominal examination work that wait per desk, shared among its inspectors on a shift."""
        e = self.world.parameters.examination
        full_share = 1.0 - e.tailgate_share - e.partial_share
        mean_min = e.tailgate_share * e.tailgate_min + e.partial_share * e.partial_min + full_share * e.full_min
        waiting = self.engine.waiting()
        out: dict[int, float] = {}
        for station, desk, inspectors in self.examinations:
            out[desk] = out.get(desk, 0.0) + float(waiting[station]) * mean_min / 60.0 / inspectors
        return out

    def _examinations(self) -> Iterator[tuple[int, int, int]]:
        """Station, desk and inspectors on a shift of every examination."""
        network = self.plan.network
        examinations = network.node.work == EXAMINATION
        for station in np.unique(network.node.station[examinations]).tolist():
            desk = int(network.node.desk[examinations & (network.node.station == station)][0])
            pool = network.station.pools[station, network.station.lead[station]]
            yield station, desk, max(1, int(network.pool.base[pool]))

    def _rosters(self, mechanisms: dict[Key, float]) -> None:
        self.staff.morning(self.day, mechanisms)
        pace = self.staff.working_pace()
        self.engine.set_officers(self.staff.working_skill(mechanisms), pace, self.staff.criterion())
        if self.bribery is not None:
            self.bribery.morning(self.day, mechanisms)
            self.engine.set_integrity(self.bribery.bribable())
        at_ms, unit, on = self.staff.roster(self.day)
        self.engine.schedule_roster(at_ms, unit, on)

    def _decide(self, potential: PotentialDay, mechanisms: dict[Key, float]) -> Batch:
        self.loophole_share = mechanisms["smugglers.loophole_share", "all"]
        for heard in self.audits.heard(self.day):
            self.trade.audited(*heard)
        self.trade.decide(self.day)
        self._authorise(mechanisms)
        self.offices.decide(self.day)
        self.trade.choose_brokers(self.day, self.offices.waited_h)
        for organisation in self.underworld.active(self.day):
            before = organisation.arm
            organisation.decide(self.day)
            if organisation.arm != before:
                self.underworld.seek_history(organisation)
            if self.bribery is not None and self.underworld.buys[organisation.arm]:
                where = self.underworld.place(organisation.arm)[0]
                self.bribery.buy(self.day, organisation.number, organisation.name, where)
        self.underworld.change_fronts(self.day)
        post = self._crossings(potential)
        truth = self._load(potential, post)
        return self._declare(potential, post, truth, mechanisms)

    def _authorise(self, mechanisms: dict[Key, float]) -> None:
        """Traders apply for authorisation where there is a programme; what is granted holds from tomorrow."""
        self.validation_h = np.array([mechanisms["traders.validation_h", c.key] for c in self.world.countries])
        if self.validation_h.any():
            usd = self.trade.apply(self.day, self.validation_h) * self.world.parameters.measures.aeo_trader_usd
            for group in ("all", "part=compliance"):
                self.ledger.add("cost_trader_usd", group, "USD per day", self.day, usd, 0.0)

    def _crossings(self, potential: PotentialDay) -> Ints:
        """Post of each journey: its trader's choice, unless it is captive or that post is then closed."""
        chosen = self.trade.post[potential.trader]
        minute = (potential.departs_ms - self.day * DAY_MS) / MINUTE_MS
        spans = [self.world.planned_span(k, self.day) or (0.0, 0.0) for k in range(len(self.world.posts))]
        opens, closes = np.array(spans).T
        shut = (minute < opens[chosen]) | (minute >= closes[chosen])
        return np.where(potential.captive | shut, potential.home, chosen)

    def _load(self, potential: PotentialDay, post: Ints) -> Consignments:
        """The truth of the day: fraud by propensity and perceived detection, smuggling by opportunity and arm."""
        n = len(potential)
        prohibited, organisation, arm = np.zeros(n, np.int64), np.full(n, -1), np.full(n, -1)
        opportunity = np.full(n, -1)
        if self.world.smuggling:
            attempts = self.underworld.attempt(self.day, potential, post)
            kinds = np.array([*self.underworld.kinds, 0], np.int64)
            prohibited[attempts.position] = kinds[attempts.organisation]
            organisation[attempts.position], arm[attempts.position] = attempts.organisation, attempts.arm
            opportunity[attempts.position] = (attempts.organisation << JOURNEY_BITS) + attempts.ordinal
            for k, where in zip(attempts.organisation.tolist(), attempts.arm.tolist(), strict=True):
                self._count_attempt(k, where)
            for number, caught in attempts.unofficial:
                self._count_attempt(number, self.underworld.unofficial)
                self._end_of_attempt(self.day, number, self.underworld.unofficial, caught)
            self.ledger.add("deterred", "all", "per day", self.day, float(attempts.deterred), 0.0)
            self.ledger.add("no_journey_to_ride", "all", "per day", self.day, attempts.without_journey, 0.0)
        elif self.world.blind_prohibited_share > 0:
            prohibited[:] = potential.u["blind_prohibited"] < self.world.blind_prohibited_share
            opportunity = np.where(prohibited > 0, np.arange(n), -1)
        c = self.world.parameters.consignments
        fiscal = fiscal_kinds(self.world, potential, self.trade.fraud_p()[potential.trader])
        hidden = np.where(prohibited > 0, c.concealment_prohibited, c.concealment_ordinary)
        if self.world.smuggler_ways:
            hidden = hidden * np.append(self.underworld.concealment, 1.0)[arm]
        return Consignments(prohibited, organisation, arm, opportunity, fiscal, hidden)

    def _count_attempt(self, organisation: int, arm: int) -> None:
        load = 1.0 / int(self.underworld.parts[arm])
        for group in self._ways(organisation, arm):
            self.ledger.add("attempts", group, "per day", self.day, load, 0.0)

    def _ways(self, organisation: int, arm: int) -> Iterator[str]:
        """Groups an attempt belongs to; an unofficial crossing is at no post."""
        yield from ("all", f"kind={KIND_NAMES[self.underworld.kinds[organisation]]}")
        yield f"arm={self.underworld.arms[arm]}"
        if arm < self.underworld.unofficial:
            yield f"post={self.world.posts[self.underworld.place(arm)[0]].name}"

    def _end_of_attempt(self, day: int, organisation: int, arm: int, caught: bool, joint: bool = False) -> None:
        """An attempt has ended today: delivered goods are counted (on the day of departure), the result is news."""
        if not caught:
            self._delivered(day, organisation, arm)
        self.underworld.news(self.day, organisation, arm, caught, self.loophole_share, joint)

    def _delivered(self, day: int, organisation: int, arm: int) -> None:
        """Count goods that reached their buyers."""
        load = 1.0 / int(self.underworld.parts[arm])
        gain = load * self.underworld.organisations[organisation].gain_usd
        for group in self._ways(organisation, arm):
            self.ledger.add("illicit_delivered_per_day", group, "per day", day, load, 0.0)
            self.ledger.add("illicit_delivered_usd_per_day", group, "USD per day", day, gain, 0.0)

    def _declare(self, potential: PotentialDay, post: Ints, truth: Consignments, mechanisms: dict[Key, float]) -> Batch:
        broker = self.admission.brokers(potential, self.trade.broker)
        kept = np.array([mechanisms["documents.local_feature", c.key] for c in self.world.countries])
        aeo = self.traders.aeo[potential.trader]
        batch = Batch(potential, truth, post, broker, aeo, {}, {}, {}, {}, 0)
        if self.bribery is not None:
            willing = self.trade.willing_to_pay(potential.trader, post, truth.irregular)
            owners = {n: self._owner(post, side) for side, n in SIDE_NAMES.items() if f"{n}/control" in potential.u}
            batch.deals = self.bribery.deals(potential, willing, broker, owners, mechanisms)
            bought = np.flatnonzero((truth.arm >= 0) & self.underworld.buys[truth.arm])
            self.bribery.protect(batch.deals, potential, (bought, truth.organisation[bought], post[bought]), mechanisms)
        for side, name in SIDE_NAMES.items():
            owner = self._owner(post, side)
            if f"{name}/control" not in potential.u:
                continue
            declared = lodge(self.world.parameters.consignments, potential, truth, name, kept[owner])
            batch.declared[name] = declared
            batch.scores[name] = np.full(len(potential), -NEVER)
            batch.watched[name] = np.zeros(len(potential), np.bool_)
            batch.known_by[name] = np.full(len(potential), NOBODY)
            for index, administration in enumerate(self.administrations):
                mine = np.flatnonzero((owner == index) & ~potential.empty)
                if not len(mine):
                    continue
                batch.scores[name][mine] = administration.score(declared.take(mine))
                flagged = self.exchange.flags(index, potential.trader[mine], potential.u[f"{name}/false_alert"][mine])
                worked = mine[administration.alerts(flagged, self.alert_room[index])]
                self.alert_room[index] -= len(worked)
                batch.watched[name][worked] = True
                batch.known_by[name][worked] = self.exchange.origins(index, potential.trader[worked])
        return batch

    def _owner(self, post: Ints, side: int) -> Ints:
        """Country that acts at each journey's post on a side."""
        return np.asarray(self.owners[side][post])

    def _score_again(self) -> None:
        """Renew score and watchlist flag of lodged legs that selectivity has not seen."""
        self.alert_room = [int(self.world.parameters.intelligence.desk_alerts_per_day)] * len(self.world.countries)
        ids = self.engine.undecided()
        if not len(ids):
            return
        score, watched = np.zeros(len(ids)), np.zeros(len(ids), np.int64)
        journey = ids >> 1
        for day in _present(journey >> JOURNEY_BITS):
            which = (journey >> JOURNEY_BITS) == day
            batch, position = self.batches[day], (journey[which] & (2**JOURNEY_BITS - 1)).astype(np.int64)
            score[which], watched[which] = self._renewed(batch, position)
        self.engine.rescore(ids, score, watched)

    def _renewed(self, batch: Batch, position: Ints) -> tuple[Floats, Ints]:
        owner = self._owner(batch.post, ENTRY)[position]
        trader = batch.potential.trader[position]
        score, flag = np.zeros(len(position)), np.zeros(len(position), np.int64)
        known_by = np.full(len(position), NOBODY)
        fresh = 24.0 * (self.day - batch.potential.day) < self.world.parameters.intelligence.alert_expiry_h
        for index in _present(owner):
            administration, mine = self.administrations[index], np.flatnonzero(owner == index)
            at, traders = position[mine], trader[mine]
            score[mine] = administration.score(batch.declared["entry"].take(at))
            flagged = self.exchange.flags(index, traders, batch.potential.u["entry/false_alert"][at])
            already = batch.watched["entry"][at]
            worked = administration.alerts(flagged & ~already & fresh, self.alert_room[index])
            self.alert_room[index] -= int(worked.sum())
            stands = (flagged & already) | worked  # an alert is worked once; it falls with a withdrawn record
            if self.world.expired_alerts == "red" and not fresh:
                stands |= flagged
            flag[mine] = stands
            known_by[mine[stands]] = self.exchange.origins(index, traders[stands])
        batch.scores["entry"][position], batch.watched["entry"][position] = score, flag.astype(np.bool_)
        batch.known_by["entry"][position] = known_by
        return score, flag

    def _admit(self, batch: Batch, mechanisms: dict[Key, float]) -> None:
        self.closing.open_day(self.day, self.underworld.arms)
        if self.bribery is not None:
            favours.open_day(self.ledger, self.day)
        if self.underworld.diverts.any():
            for group in ("all", *(f"fate={fate}" for fate in FATES)):
                self.ledger.add("diverted_per_day", group, "per day", self.day, 0.0, 1.0)
        called = self._called_to_scan(mechanisms)
        legs = self.admission.legs(batch, mechanisms, self.offices.lead_factor, called)
        batch.open_legs = len(legs)
        if batch.open_legs:
            self.batches[self.day] = batch
        self.admitted += len(legs)
        self.ledger.add("journeys_per_day", "all", "per day", self.day, float(len(batch.potential)), 1.0)
        for number, where in enumerate(self.world.posts):
            crossing = float((batch.post == number).sum())
            self.ledger.add("journeys_per_day", f"post={where.name}", "per day", self.day, crossing, 1.0)
        self.engine.admit(legs)

    def _called_to_scan(self, mechanisms: dict[Key, float]) -> Floats:
        """Share of each post's lorries called to a scanner: fewer while some there are out of order.

        Where all are, lorries called before that do not stand there yet are let off; those in line wait for the repair.
        """
        shares = np.array([mechanisms["control.scan_share", post.name] for post in self.world.posts])
        devices, in_order = self.staff.devices(self.day)
        closed = (devices > 0) & (in_order == 0)
        if closed.any():
            self.engine.call_off_scans(2 * np.flatnonzero(closed) + ENTRY)
        return shares * np.where(devices > 0, in_order / np.maximum(devices, 1), 1.0)

    # -- the end of the day -------------------------------------------------------------------------------------

    def _close(self, mechanisms: dict[Key, float]) -> None:
        rows = self.engine.take_finished()
        auditors = np.array([mechanisms["audits.per_day", country.key] for country in self.world.countries])
        self.closed += len(rows)
        self.staff.evening(rows)
        self.selected: dict[int, list[tuple[Floats, int]]] = {}
        for closed in match(rows, self.batches):
            self.closing.take(closed)
            if self.journal is not None:
                self.journal.note(closed)
            self._learn_from(closed)
            if closed.side == ENTRY and auditors.any():
                self.audits.collect(closed, self._owner(closed.batch.post[closed.position], ENTRY))
            if self.bribery is not None:
                self._settle_bribes(self.bribery, closed, mechanisms)
            closed.batch.open_legs -= len(closed.rows)
            if closed.batch.open_legs == 0:
                del self.batches[closed.day]
        self.closing.settle(self.day, self.batches)
        if self.audits.today:
            self._audit(auditors)
        self._remember_scores()
        self._slow_trips()
        self._services_look_around()
        self.exchange.send(self.day, mechanisms)
        self.exchange.audit(self.day, mechanisms)
        self.exchange.close(mechanisms)
        busy = self.engine.busy()
        if self.ledger.keeps(self.day):
            self._daily_facts(mechanisms, busy - self.busy_before)
        self.busy_before = busy
        self.check_conservation()

    def _audit(self, per_day: Floats) -> None:
        """Audits of what was released today; what they recover is booked on the day of departure."""
        audited, found = self.audits.conduct(self.day, per_day.tolist())
        for day in np.unique(audited.day).tolist():
            mine = audited.day == day
            usd = float(audited.hidden_usd[mine & found].sum())
            self.ledger.add("audit_recovered_usd", "all", "USD per day", day, usd, 0.0)
            self.ledger.add("audits_per_day", "all", "per day", day, float(mine.sum()), 0.0)

    def _learn_from(self, closed: Closed) -> None:
        """What the ended legs teach administrations, brokers, traders and smugglers."""
        rows, batch, position = closed.rows, closed.batch, closed.position
        trader, post = batch.potential.trader[position], batch.post[position]
        self._findings(closed, trader, post)
        if closed.side == ENTRY:
            passed = rows["outcome"] != STOPPED_BEFORE
            hours = (rows["released_ms"] - rows["arrived_ms"]) / HOUR_MS
            self.trade.experience(trader[passed], post[passed], hours[passed])
            if self.validation_h.any():
                self.trade.compare_lanes(trader[passed], post[passed], hours[passed])
            fraud = passed & (batch.truth.fiscal[position] > 0) & (batch.truth.fiscal[position] != HONEST_ERROR)
            self.trade.audited(trader[fraud], rows["corrected"][fraud])
            papers = passed & (rows["lodged_ms"] >= 0) & (batch.broker[position] >= 0)
            late_ms = np.where(rows["released_ms"] > rows["gated_ms"], rows["lodged_ms"] - rows["gated_ms"], 0)
            self.offices.experience(batch.broker[position][papers], np.maximum(late_ms[papers], 0) / HOUR_MS)
        seized = rows["outcome"] == SEIZED
        last = (closed.side == ENTRY) & (rows["outcome"] != STOPPED_BEFORE)
        known_by = batch.known_by.get(SIDE_NAMES[closed.side])
        joint = np.zeros(len(position), np.bool_)
        if known_by is not None:
            partner = (known_by[position] >= 0) & (known_by[position] != self._owner(post, closed.side))
            joint = partner & (rows["rule"] == BY_WATCHLIST)
        for k in np.flatnonzero((batch.truth.organisation[position] >= 0) & (seized | last)):
            organisation, arm = int(batch.truth.organisation[position[k]]), int(batch.truth.arm[position[k]])
            if self.underworld.diverts[arm] and not seized[k]:
                self._divert(closed, int(k), organisation, arm)
            else:
                self._end_of_attempt(closed.day, organisation, arm, bool(seized[k]), bool(joint[k]))

    def _divert(self, closed: Closed, row: int, organisation: int, arm: int) -> None:
        """Goods released for transit leave the lorry: they are stopped on the way, or delivered and perhaps noticed."""
        sealed = bool(closed.rows.work_ms[row, self.seal_read].any())
        ordinal = int(closed.batch.truth.opportunity[closed.position[row]]) & (2**JOURNEY_BITS - 1)
        name = self.underworld.organisations[organisation].name
        fate = self.transit.fate(name, closed.day, ordinal, sealed)
        for group in ("all", f"fate={fate}"):
            self.ledger.add("diverted_per_day", group, "per day", closed.day, 1.0, 0.0)
        if fate == NOTICED_LATE:
            self._delivered(closed.day, organisation, arm)
            self.transit.will_notice(self.day, organisation, arm)
        else:
            self._end_of_attempt(closed.day, organisation, arm, fate == STOPPED)

    def _settle_bribes(self, bribery: Bribery, closed: Closed, mechanisms: dict[Key, float]) -> None:
        """What was paid is counted and remembered; partnerships form; audits look at bribed files."""
        batch, position = closed.batch, closed.position
        usd = favours.fold_bribes(self.ledger, closed, self.world.parameters.bribery)
        if closed.side == ENTRY:
            self.trade.paid(batch.potential.trader[position], batch.post[position], usd)
        part = f"{closed.day}/{SIDE_NAMES[closed.side]}"
        bribery.evening(self.day, part, closed.rows, batch.broker[position], mechanisms)

    def _findings(self, closed: Closed, trader: Ints, post: Ints) -> None:
        """Recorded results: offences of traders, lessons for engines, records for partners, fate of alerts."""
        rows, name = closed.rows, SIDE_NAMES[closed.side]
        if name not in closed.batch.declared:
            return
        owner = self._owner(post, closed.side)
        checked = (rows["document_unit"] >= 0) | (rows["exam_unit"] >= 0)
        found = ((rows["detected"] == 1) | (rows["corrected"] == 1)).astype(np.int64)
        if self.world.smuggler_ways:
            self.underworld.checked(trader[checked], found[checked])
        by_watchlist = rows["rule"] == BY_WATCHLIST
        self._note_scores(closed, post, by_watchlist)
        for index in _present(owner):
            administration, mine = self.administrations[index], owner == index
            seen = mine & checked
            if seen.any():
                checked_here = closed.batch.declared[name].take(closed.position[seen])
                desk = 2 * post[seen] + closed.side
                propensity = np.where(rows["rule"][seen] == BY_RANDOM, np.maximum(self.random_red[desk], 1e-9), 1.0)
                u_label = closed.batch.potential.u[f"{name}/label"][closed.position[seen]]
                administration.note(self.day, checked_here, found[seen], propensity, u_label)
            hit = mine & (rows["detected"] == 1)
            self.exchange.found(self.day, index, trader[hit], f"{closed.day}/{name}")
            alerted = mine & by_watchlist
            self.exchange.judged(index, trader[alerted], found[alerted])

    def _note_scores(self, closed: Closed, post: Ints, by_watchlist: Bools) -> None:
        """Scores selectivity has read today, per desk, and how many the watchlist sent to red."""
        rows = closed.rows
        score = rows.measures["score_used"]
        selected = rows["lodged_ms"] >= 0 if closed.side == ENTRY else score > -NEVER
        watch_red = selected & by_watchlist & (rows["channel"] == RED)
        for number in _present(post):
            here = post == number
            desk = self.selected.setdefault(2 * number + closed.side, [])
            desk.append((score[here & selected], int((here & watch_red).sum())))

    def _remember_scores(self) -> None:
        """Each desk remembers the scores of the day, once, for its trailing thresholds."""
        for administration in self.administrations:
            for desk, policy in administration.policies.items():
                today = self.selected.get(desk, [])
                if today:
                    policy.observe(np.concatenate([s for s, _ in today]), sum(w for _, w in today))

    def _slow_trips(self) -> None:
        """Traders with lorries still at a post know that it takes at least so long."""
        ids, arrived_ms = self.engine.standing()
        elapsed_h = ((self.day + 1) * DAY_MS - arrived_ms) / HOUR_MS
        day, entry = ids >> 1 >> JOURNEY_BITS, ids & 1 == ENTRY
        for planned in _present(day[entry]):
            which = entry & (day == planned)
            batch, position = self.batches[planned], (ids[which] >> 1) & (2**JOURNEY_BITS - 1)
            self.trade.still_waiting(batch.potential.trader[position], batch.post[position], elapsed_h[which])

    def _services_look_around(self) -> None:
        """Countries' own services may learn of fronts organisations use at their border."""
        used: list[list[int]] = [[] for _ in self.world.countries]
        for o in self.underworld.active(self.day):
            if 0 <= o.arm < self.underworld.unofficial:
                post, way = self.underworld.place(o.arm)
                where = self.world.posts[post]
                for country in {where.exit_country, where.entry_country}:
                    used[country].append(int(self.underworld.front[o.number, post, way]))
        innocents = int(self.traders.first[len(self.world.posts)])  # a further trader renames nobody
        self.exchange.learn_of_fronts(self.day, [np.array(u, np.int64) for u in used], innocents)

    def _daily_facts(self, mechanisms: dict[Key, float], busy: Ints) -> None:
        add = self.ledger.add
        cost = sum(mechanisms["costs.running_usd", c.key] for c in self.world.countries)
        setup = sum(mechanisms["costs.setup_usd", c.key] for c in self.world.countries)
        add("cost_public_setup_usd", "all", "USD in all", self.day, setup, 0.0)
        compliance = sum(mechanisms["costs.trader_usd", c.key] for c in self.world.countries)
        for group in ("all", "part=compliance"):
            add("cost_trader_usd", group, "USD per day", self.day, compliance, 0.0)
        donor = sum(mechanisms["costs.donor_usd", c.key] for c in self.world.countries)
        add("cost_donor_usd", "all", "USD in all", self.day, donor, 0.0)
        working_day_h = self.world.parameters.staff.working_day_h
        away_h = working_day_h * np.bincount(self.staff.country, self.staff.absent, len(self.world.countries))
        hours = away_h + [mechanisms["costs.staff_h", c.key] for c in self.world.countries]
        wages = float(sum(h * c.officer_usd_per_h for h, c in zip(hours, self.world.countries, strict=True)))
        for group, usd in (("all", cost + wages), ("part=running", cost), ("part=staff", wages)):
            add("cost_public_usd", group, "USD per day", self.day, usd, 0.0)
        for k, c in enumerate(self.world.countries):
            group, spent = f"country={c.key}", mechanisms["costs.running_usd", c.key] + hours[k] * c.officer_usd_per_h
            add("cost_public_usd", group, "USD per day", self.day, float(spent), 0.0)
            add("cost_public_setup_usd", group, "USD in all", self.day, mechanisms["costs.setup_usd", c.key], 0.0)
            add("cost_donor_usd", group, "USD in all", self.day, mechanisms["costs.donor_usd", c.key], 0.0)
        lapsed = sum(m.intensity > 0 and m.measure in self.lapsed for m in self.plan_of_measures.measures)
        add("measures_lapsed", "all", "measures", self.day, float(lapsed), 1.0)
        add("measures_staff_fte", "all", "people", self.day, float(hours.sum()) / working_day_h, 1.0)
        for name, trust in sorted(self.exchange.trust.items()):
            add("trust", f"pair={name}", "trust", self.day, trust, 1.0)
        for index, country in enumerate(self.world.countries):
            listed = float(len(self.exchange.watchlists[index]))
            add("watchlist_records", f"country={country.key}", "records", self.day, listed, 1.0)
            own = self.staff.skilled & self.staff.posted & (self.staff.country == index)
            if own.any():
                skill = float(self.staff.skill[own].sum())
                add("skill_mean", f"country={country.key}", "skill", self.day, skill, float(own.sum()))
        worked = np.bincount(self.staff.pool, weights=busy, minlength=len(self.world.pools))
        rostered = self.staff.rostered_ms(self.day)
        for k, pool in enumerate(self.world.pools):
            if pool.kind != "clerk":
                add("utilisation", f"pool={pool.name}", "share", self.day, float(worked[k]), float(rostered[k]))
        for post, there, in_order in zip(self.world.posts, *self.staff.devices(self.day), strict=True):
            if there:
                add("devices_out_share", f"post={post.name}", "share", self.day, float(there - in_order), float(there))
        add("aeo_share", "all", "share", self.day, float(self.traders.aeo.sum()), float(len(self.traders)))

    def cohort_open(self) -> bool:
        """Whether journeys planned in a window are still in process."""
        return any(self.ledger.in_window(day) for day in self.batches)

    def check_conservation(self) -> None:
        """Every leg admitted is finished or in process, today and every day."""
        live = sum(batch.open_legs for batch in self.batches.values())
        if self.admitted != self.closed + live:
            raise RuntimeError(f"day {self.day}: {self.admitted} legs admitted, {self.closed} closed, {live} live")

    # -- the end of the run -------------------------------------------------------------------------------------

    def finish(self) -> list[dict[str, Any]]:
        """Fold what waits and unfinished legs into the ledger and return all indicators."""
        self.closing.settle(self.day, ())
        for closed in match(self.engine.live_rows(), self.batches):
            self.closing.unfinished(closed, self.day * DAY_MS)
            if self.journal is not None:
                self.journal.note(closed)
        return indicator_rows(self.ledger, places_of(self.world))

    def mechanism_rows(self) -> list[dict[str, Any]]:
        """Every change of every measure as it was applied."""
        names = ("measure", "parameter", "who", "operation")
        return [dict(zip(names, key, strict=True)) | row for key, row in sorted(self.applied.items())]

    def release_memory(self) -> None:
        """Let go of the model: Mesa 3.3 keeps every model in `Agent._ids` (projectmesa/mesa issue 3179)."""
        self.remove_all_agents()
        getattr(mesa.Agent, "_ids", {}).pop(self, None)


def _present(numbers: Ints) -> list[int]:
    """Which small numbers occur, in order."""
    present: list[int] = np.flatnonzero(np.bincount(numbers)).tolist()
    return present
