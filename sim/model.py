"""The model: a world under one scenario, one step = one day."""

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
from sim.agents.smuggler import SmugglingOrganisation, Underworld
from sim.agents.trader import Trader, TraderPopulation
from sim.audits import Audits
from sim.closing import Closed, Closing, match
from sim.consignments.consignment import Consignments, fiscal_kinds
from sim.consignments.declaration import lodge
from sim.consignments.numbers import Numbers
from sim.consignments.potential import JOURNEY_BITS, PotentialDay, Traders
from sim.cooperation.intelligence import Exchange
from sim.daily import DailyFacts
from sim.equity import places_of
from sim.indicators import indicator_rows
from sim.journal import Journal
from sim.journeys import Journeys
from sim.learning import Learning
from sim.ledger import Ledger
from sim.measures.change import NEVER_H, Change, Key
from sim.measures.combine import Applied, combine
from sim.measures.registry import (
    base_mechanisms,
    changes_today,
    lapsing_today,
    planned,
    with_further_units,
)
from sim.posts.arrays import PLAIN, LoopEngine
from sim.posts.compiled import compiled_kernel
from sim.posts.constants import constants
from sim.posts.journey import JourneyEngine
from sim.posts.process import ENTRY, compile_processes
from sim.selection import Selection
from sim.settings.run import Length, RunSettings, Scenario
from sim.smuggling import Smuggling
from sim.systems import DeclarationSystems
from sim.world.world import DAY_MS, MINUTE_MS, World

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
NEVER_MS = 2**62


class BorderModel(mesa.Model):
    """Border posts, administrations, officers, traders, brokers and smugglers of one world under one scenario.

    A step is a day; agents decide at midnight from what yesterday showed, then the posts run over the half-open day:

    1. measures in force today are combined;
    2. intelligence that has arrived enters watchlists, engines study labels that are due, thresholds are set from the
       past, and every lodged leg not yet selected is scored again;
    3. declaration systems fail; rosters: desk, course, vacancy; skills move overnight;
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
        self.world, self.measures = world, planned(scenario, world)
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
        self.day = 0
        self.lapsed: set[str] = set()
        self.staff = Staff(world, numbers)
        self.trade = TraderPopulation(world, numbers, traders)
        self.offices = BrokerPopulation(world, numbers)
        self.underworld = Underworld(world, numbers, traders)
        self.exchange = Exchange(world, numbers)
        self.systems = DeclarationSystems(world, numbers, settings.tick_ms)
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
        self.smuggling = Smuggling(world, numbers, self.underworld, self.ledger)
        self.selection = Selection(world, self.plan, self.administrations, self.exchange)
        self.learning = Learning(world, self.administrations, self.trade, self.offices, self.exchange, self.smuggling)
        self.daily = DailyFacts(world, self.ledger, self.staff, self.exchange, traders)
        self.audits = Audits(world, self.closing.revenue.hidden_share)
        self.validation_h = np.zeros(len(world.countries))
        self.deadline_h = np.full(len(world.posts), NEVER_H)
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
        self._systems()
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
        shared += [self.base, self.in_force, self.trade.blocks, self.trade.constants]
        shared += [self.staff.keys, self.staff.course_place, self.staff.week_spans, self.staff.week_agendas]
        shared += [self.staff.skilled_teams, self.staff.breaking_teams]
        for batch in self.batches.values():
            shared += [batch.potential, batch.truth, *batch.declared.values()]
        shared += [closed.rows for waiting in self.closing.held.values() for closed in waiting]
        known = {id(one): one for one in shared}  # made once and never changed, or the same under every scenario
        other = deepcopy(self, known | {id(self.engine): self.engine.snapshot()})
        other.measures = planned(scenario, other.world)
        return other

    def _measures_in_force(self) -> dict[Key, float]:
        since = self.day - self.length.policy_day
        for plan in lapsing_today(self.measures, self.world, self.numbers, self.day, since):
            mutual = plan.measure.mutual and len(plan.chosen.countries) != 1
            if plan.name not in self.lapsed and mutual:
                self.exchange.take_back(plan.chosen.intensity)
            self.lapsed.add(plan.name)
        changes = changes_today(self.measures, self.world, self.staff.course_place, since, self.lapsed)
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
        row = self.applied.get(key)
        if row is None:
            row = {"value_first": change.value, "before": one.before, "from_day": self.day, "clamped": False}
            self.applied[key] = row
        row["value"], row["after"], row["clamped"] = change.value, one.after, row["clamped"] or one.clamped
        return row

    def _intelligence(self, mechanisms: dict[Key, float]) -> None:
        self.exchange.receive(self.day)
        self.exchange.withdraw(self.day)
        self.exchange.pool(mechanisms)
        self.smuggling.morning(self.day)
        self.engine.set_desks(*self.selection.desks(mechanisms, self.engine.waiting()))
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

    def _systems(self) -> None:
        """Declaration systems that fail today stop the lodging at every desk of their country."""
        self.systems.morning(self.day)
        owners = self.selection.owners.T.ravel()  # desks are numbered by post, then side
        self.engine.set_systems(self.systems.down_ms[owners], self.systems.up_ms[owners])

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
        self.smuggling.loophole_share = mechanisms["smugglers.loophole_share", "all"]
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
        chosen, post = self.trade.post[potential.trader], potential.home.copy()
        moves = np.flatnonzero((chosen != potential.home) & ~potential.captive)
        minute, there = (potential.departs_ms[moves] - self.day * DAY_MS) / MINUTE_MS, chosen[moves]
        opens, closes = potential.once("planned spans", self._planned_spans)
        post[moves] = np.where((minute < opens[there]) | (minute >= closes[there]), post[moves], there)
        return post

    def _planned_spans(self) -> Floats:
        """First and last minutes of today in which journeys to each post are planned."""
        posts = range(len(self.world.posts))
        return np.array([self.world.planned_span(post, self.day) or (0.0, 0.0) for post in posts]).T

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
                self.smuggling.count(k, where)
            for number, caught in attempts.unofficial:
                self.smuggling.count(number, self.underworld.unofficial)
                self.smuggling.end(self.day, number, self.underworld.unofficial, caught)
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
            self.selection.look(batch, side, declared)
        return batch

    def _owner(self, post: Ints, side: int) -> Ints:
        """Country that acts at each journey's post on a side."""
        return np.asarray(self.selection.owners[side][post])

    def _score_again(self) -> None:
        """Renew score and watchlist flag of lodged legs that selectivity has not seen."""
        self.selection.morning()
        ids = self.engine.undecided()
        if len(ids):
            score, watched = self.selection.look_again(self.day, Journeys.of_legs(ids, self.batches))
            self.engine.rescore(ids, score, watched)

    def _admit(self, batch: Batch, mechanisms: dict[Key, float]) -> None:
        self.closing.open_day(self.day, self.underworld.arms)
        if self.bribery is not None:
            favours.open_day(self.ledger, self.day)
        self.smuggling.open_day()
        called = self._called_to_scan(mechanisms)
        legs = self.admission.legs(batch, mechanisms, self.offices.lead_factor, called)
        batch.open_legs = len(legs)
        if batch.open_legs:
            self.batches[self.day] = batch
        self.admitted += len(legs)
        if self.ledger.keeps(self.day):
            self.ledger.add("journeys_per_day", "all", "per day", self.day, float(len(batch.potential)), 1.0)
            crossing = np.bincount(batch.post, minlength=len(self.world.posts)).tolist()
            for where, count in zip(self.world.posts, crossing, strict=True):
                self.ledger.add("journeys_per_day", f"post={where.name}", "per day", self.day, float(count), 1.0)
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
        ended = list(match(rows, self.batches))
        for closed in ended:
            self._take(closed, auditors, mechanisms)
        lanes = bool(self.validation_h.any())
        self.selection.remember(self.learning.learn(self.day, rows, ended, self.selection.random_red, lanes))
        self.closing.settle(self.day, self.batches)
        if self.audits.today:
            self._audit(auditors)
        self._slow_trips()
        self._services_look_around()
        self.exchange.send(self.day, mechanisms)
        self.exchange.audit(self.day, mechanisms)
        self.exchange.close(mechanisms)
        busy = self.engine.busy()
        if self.ledger.keeps(self.day):
            lapsed = sum(plan.chosen.intensity > 0 and plan.name in self.lapsed for plan in self.measures)
            self.daily.fold(self.day, mechanisms, busy - self.busy_before, lapsed)
            self.daily.systems(self.day, self.systems.down_h(self.day).tolist())
        self.busy_before = busy
        self.check_conservation()

    def _take(self, closed: Closed, auditors: Floats, mechanisms: dict[Key, float]) -> None:
        """Legs of one side and planning day that ended today go to whoever keeps them by planning day."""
        self.closing.take(closed)
        if self.journal is not None:
            self.journal.note(closed)
        if closed.side == ENTRY and auditors.any():
            self.audits.collect(closed, self._owner(closed.batch.post[closed.position], ENTRY))
        if self.bribery is not None:
            self._settle_bribes(self.bribery, closed, mechanisms)
        closed.batch.open_legs -= len(closed.rows)
        if closed.batch.open_legs == 0:
            del self.batches[closed.day]

    def _audit(self, per_day: Floats) -> None:
        """Audits of what was released today; what they recover is booked on the day of departure."""
        audited, found = self.audits.conduct(self.day, per_day.tolist())
        for day in np.unique(audited.day).tolist():
            mine = audited.day == day
            usd = float(audited.hidden_usd[mine & found].sum())
            self.ledger.add("audit_recovered_usd", "all", "USD per day", day, usd, 0.0)
            self.ledger.add("audits_per_day", "all", "per day", day, float(mine.sum()), 0.0)

    def _settle_bribes(self, bribery: Bribery, closed: Closed, mechanisms: dict[Key, float]) -> None:
        """What was paid is counted and remembered; partnerships form; audits look at bribed files."""
        batch, position = closed.batch, closed.position
        usd = favours.fold_bribes(self.ledger, closed, self.world.parameters.bribery)
        if closed.side == ENTRY:
            self.trade.paid(batch.potential.trader[position], batch.post[position], usd)
        part = f"{closed.day}/{SIDE_NAMES[closed.side]}"
        bribery.evening(self.day, part, closed.rows, batch.broker[position], mechanisms)

    def _slow_trips(self) -> None:
        """Traders with lorries still at a post know that it takes at least so long."""
        ids, arrived_ms = self.engine.standing()
        entry = ids & 1 == ENTRY
        if entry.any():
            standing = Journeys.of_legs(ids[entry], self.batches)
            self.learning.still_standing((self.day + 1) * DAY_MS, standing, arrived_ms[entry])

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
