"""Findings become records, records travel to partners, and watchlists grow from what arrives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, permutations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.consignments.numbers import Numbers
from sim.cooperation.trust import TrustDay, next_trust
from sim.world.world import Pair, World

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Key = tuple[str, str]
DAYS_PER_YEAR = 365.0
NOBODY, NAMESAKE = -1, -2
"""Whose record stands behind a declaration: a country, or none, or that of somebody with a like name."""


@dataclass(frozen=True)
class Record:
    """What a country wrote down about a trader; `wrong` ones name an innocent and are withdrawn later."""

    trader: int
    origin: int
    day: int
    wrong: bool


@dataclass
class PairDay:
    """Counts of a day for one ordered pair (sender, receiver)."""

    sent: int = 0
    received: int = 0
    hits: int = 0
    false_alerts: int = 0
    leaks: int = 0
    good_audits: int = 0
    bad_audits: int = 0
    reversal: float = 0.0


@dataclass
class Exchange:
    """Watchlists of all countries, records on their way, and trust between pairs.

    Attributes
    ----------
    watchlists : per country, record by trader
    transit : records on their way: (arrival day, sender, receiver, record, chance of recognition)
    trust, start : per ordered pair name, the receiver's standing in the sender's eyes, [0, 1], now and at the start
    given : per ordered pair name, records sent so far
    pooled : per country, records of its partners it may look into today without having been sent them
    match_by_name : per ordered pair name, probability that a name without an identifier is recognised
    names : name of every ordered pair of countries
    """

    world: World
    numbers: Numbers
    watchlists: list[dict[int, Record]] = field(default_factory=list)
    pooled: list[dict[int, Record]] = field(default_factory=list)
    transit: list[tuple[float, int, int, Record, float]] = field(default_factory=list)
    trust: dict[str, float] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    match_by_name: dict[str, float] = field(default_factory=dict)
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    today: dict[str, PairDay] = field(default_factory=dict)
    outbox: list[tuple[int, int, bool]] = field(default_factory=list)
    sent_total: int = 0
    received_total: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        p = self.world.parameters.intelligence
        self.watchlists = [{} for _ in self.world.countries]
        self.pooled = [{} for _ in self.world.countries]
        keys = [country.key for country in self.world.countries]
        pairs = permutations(range(len(keys)), 2)
        self.names = {(sender, receiver): f"{keys[sender]}>{keys[receiver]}" for sender, receiver in pairs}
        for (sender, receiver), name in self.names.items():
            pair = self._row(name, self.names[receiver, sender])
            self.start[name] = pair.trust_start
            self.match_by_name[name] = p.match_fuzzy_p if pair.same_script else p.match_scripts_p
            self.trust[name] = self.start[name]
            self.today[name] = PairDay()
            self.given[name] = 0

    def _row(self, name: str, reverse: str) -> Pair:
        """The declared pair of this name; where only the way back is declared, that one."""
        rows = {p.name: p for p in self.world.pairs}
        return rows.get(name) or rows[reverse]

    def learn_of_fronts(self, day: int, fronts: list[Ints], innocents: int) -> None:
        """Each country's own service may learn of a front in use at its border; some leads name the wrong trader."""
        p = self.world.parameters.intelligence
        for country, used in enumerate(fronts):
            owner = f"service:{self.world.countries[country].key}"
            u = self.numbers.uniform("lead_found", owner, day, len(used))
            wrong_u = self.numbers.uniform("lead_wrong", owner, day, 2 * len(used)).reshape(-1, 2)
            for k in np.flatnonzero(u < p.lead_p_per_front_day):
                wrong = bool(wrong_u[k, 0] < p.wrong_record_share)
                trader = int(wrong_u[k, 1] * innocents) if wrong else int(used[k])
                self.enter(country, Record(trader, country, day, wrong))
                self.outbox.append((country, trader, wrong))

    def found(self, day: int, country: int, traders: Ints, batch: str) -> None:
        """A batch of findings of the day: those written down enter the country's watchlist and may be sent."""
        owner = f"findings:{self.world.countries[country].key}"
        u = self.numbers.uniform("record", owner, day, len(traders), batch)
        for trader, number in zip(traders.tolist(), u, strict=True):
            if number < self.world.countries[country].recorded_share:
                self.enter(country, Record(int(trader), country, day, wrong=False))
                self.outbox.append((country, int(trader), False))

    def send(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """Send today's records to partners, each with its own delay and identity.

        Of what the channel and the law allow, trust decides how much is sent unasked. What is not may still be asked
        for: formal requests need the legal basis too, are slow, and are refused for want of reciprocity, not of trust.
        """
        outbox = list(self.outbox)
        self.outbox.clear()
        p = self.world.parameters.intelligence
        granted = self.granted_shares()
        for (sender, receiver), name in self.names.items():
            back = self.names[receiver, sender]
            mine = [r for r in outbox if r[0] == sender]
            if not mine:
                continue
            cap = mechanisms["intelligence.legal_cap", name]
            unasked = mechanisms["intelligence.coverage", name] * cap * self.trust[name]
            asked = p.coverage_formal * cap * granted[name]
            u = self.numbers.uniform("send", name, day, len(mine))
            z = ndtri(np.maximum(self.numbers.uniform("delay", name, day, len(mine)), 1e-16))
            identity = self.numbers.uniform("identity", name, day, len(mine))
            for k in np.flatnonzero(u < max(unasked, asked)):
                _, trader, wrong = mine[k]
                median_d = mechanisms["intelligence.delay_d", name] if u[k] < unasked else p.delay_formal_d
                delay_d = median_d * float(np.exp(p.delay_sigma * z[k]))
                known = identity[k] >= p.identity_withheld_share
                chance = p.match_identifier_p if known else self.match_by_name[name]
                self.transit.append((day + 1 + delay_d, sender, receiver, Record(trader, sender, day, wrong), chance))
                self.today[name].sent += 1
                self.today[back].received += 1
                self.given[name] += 1
                self.sent_total += 1

    def granted_shares(self) -> dict[str, float]:
        """Share of formal requests each pair's sender grants: less, the more it gave than it ever got in return."""
        out = {}
        for (sender, receiver), name in self.names.items():
            given, got = self.given[name], self.given[self.names[receiver, sender]]
            imbalance = max(0, given - got) / (given + got) if given + got else 0.0
            refused = self.world.parameters.intelligence.formal_refusal_share * imbalance
            out[name] = 1.0 - refused
        return out

    def receive(self, day: int) -> None:
        """Records that have arrived by this midnight; a receiver may fail to recognise the identity."""
        due = sorted((r for r in self.transit if r[0] <= day), key=lambda r: (r[0], r[1], r[2], r[3].trader))
        self.transit = [r for r in self.transit if r[0] > day]
        for k, (_, sender, receiver, record, chance) in enumerate(due):
            u = self.numbers.uniform("match", self.names[sender, receiver], day, k + 1)[k]
            if u < chance:
                self.enter(receiver, record)
                self.received_total += 1

    def enter(self, country: int, record: Record) -> None:
        """Put a record on a watchlist; the oldest goes when it is full. A wrong one does not push out a right one."""
        listed = self.watchlists[country]
        if record.wrong and record.trader in listed and not listed[record.trader].wrong:
            return
        listed.pop(record.trader, None)
        listed[record.trader] = record
        limit = int(self.world.parameters.intelligence.watchlist_max)
        while len(listed) > limit:
            listed.pop(next(iter(listed)))
            self.dropped += 1

    def withdraw(self, day: int) -> None:
        """Wrong records are withdrawn after a time."""
        limit = self.world.parameters.intelligence.withdraw_d
        for country, listed in enumerate(self.watchlists):
            self.watchlists[country] = {t: r for t, r in listed.items() if not (r.wrong and day - r.day >= limit)}

    def breaches(self, day: int, mechanisms: Mapping[Key, float]) -> list[int]:
        """Countries whose watchlist a breach of a channel in use shows to smugglers today."""
        p = self.world.parameters.intelligence
        daily = 1.0 - (1.0 - p.breach_p_per_year) ** (1.0 / DAYS_PER_YEAR)
        out = []
        for (_, receiver), name in self.names.items():
            carried = max(mechanisms["intelligence.coverage", name], p.coverage_formal)
            in_use = carried * mechanisms["intelligence.legal_cap", name]
            if self.numbers.uniform("breach", name, day, 1)[0] < daily * in_use:
                self.today[name].leaks += 1
                out.append(receiver)
        return out

    def pool(self, mechanisms: Mapping[Key, float]) -> None:
        """What each country may look into today of what its partners have found themselves; a draw a record decides."""
        self.pooled = [{} for _ in self.world.countries]
        for (sender, receiver), name in self.names.items():
            share = mechanisms["intelligence.pooled_share", name]
            if share <= 0.0:
                continue
            for record in [r for r in self.watchlists[sender].values() if r.origin == sender]:
                if self.numbers.uniform("pooled", name, record.day, 1, str(record.trader))[0] < share:
                    self.pooled[receiver][record.trader] = record

    def looked_into(self, country: int) -> dict[int, Record]:
        """Record by trader of all that a country's desks are warned of: its own watchlist comes first."""
        pooled = self.pooled[country]
        return pooled | self.watchlists[country] if pooled else self.watchlists[country]

    def flags(self, country: int | Ints, traders: Ints, u_namesake: Floats) -> Bools:
        """Declarations that hit their country's watchlist: listed traders, and namesakes of its W records."""
        p = self.world.parameters.intelligence
        listed = [self.looked_into(each) for each in range(len(self.watchlists))]
        sizes = [len(names) for names in listed]
        namesake_p = np.array([1.0 - (1.0 - p.false_alert_p_per_record) ** (p.watchlist_start + n) for n in sizes])
        names = np.fromiter(chain.from_iterable(listed), np.int64, sum(sizes))
        on_list = np.zeros((len(listed), max(names.max(initial=0), traders.max(initial=0)) + 1), np.bool_)
        on_list[np.repeat(np.arange(len(listed)), sizes), names] = True
        return np.asarray(on_list[country, traders] | (u_namesake < namesake_p[country]))

    def origins(self, country: int | Ints, traders: Ints) -> Ints:
        """Whose record on its country's watchlist names each flagged trader; `NAMESAKE` where no record does."""
        records = self._records(country, traders)
        return np.array([NAMESAKE if record is None else record.origin for _, record in records], np.int64)

    def judged(self, country: int | Ints, traders: Ints, found: Ints) -> None:
        """What became of watchlist hits whose record came from a partner."""
        for (judge, record), hit in zip(self._records(country, traders), found.tolist(), strict=True):
            if record is not None and record.origin != judge:
                today = self.today[self.names[record.origin, judge]]
                today.hits += int(hit)
                today.false_alerts += int(not hit)

    def _records(self, country: int | Ints, traders: Ints) -> list[tuple[int, Record | None]]:
        """Each trader's country, and the record of it in what that country looks into."""
        asked = zip((np.zeros_like(traders) + country).tolist(), traders.tolist(), strict=True)
        return [(by, self.watchlists[by].get(trader) or self.pooled[by].get(trader)) for by, trader in asked]

    def audit(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """Joint audits of the day: good if what the first country looks at, the second does apply."""
        for (_, audited), name in self.names.items():
            takes_place, sees = self.numbers.uniform("audit", name, day, 2)
            if takes_place < mechanisms["trust.audits_per_day", name]:
                applied = sees < self.world.countries[audited].domestication_share
                self.today[name].good_audits += int(applied)
                self.today[name].bad_audits += int(not applied)

    def take_back(self, strength: float) -> None:
        """An arrangement of this strength between all countries is taken back today."""
        for day in self.today.values():
            day.reversal += strength

    def close(self, mechanisms: Mapping[Key, float]) -> None:
        """Move trust at the end of the day."""
        for name, day in self.today.items():
            facts = TrustDay(
                hits=day.hits,
                false_alerts=day.false_alerts,
                leaks=day.leaks,
                meetings=mechanisms["trust.meetings_per_day", name],
                sent=day.sent,
                received=day.received,
                feedback_share=mechanisms["intelligence.feedback_share", name],
                good_audits=day.good_audits,
                bad_audits=day.bad_audits,
                reversal=day.reversal,
            )
            self.trust[name] = next_trust(self.world.parameters.trust, self.trust[name], self.start[name], facts)
            self.today[name] = PairDay()
