"""Traders: which post they use and how honest they are, from their own experience."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.view import View
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Traders
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DAYS_PER_WEEK = 7.0
FIXED_POINT_ROUNDS = 200


class Trader(View):
    """A view on one trader."""

    def __init__(self, model: Any, population: "TraderPopulation", row: int) -> None:
        super().__init__(model)
        self.population = population
        self.row = row

    @property
    def post(self) -> int:
        """Post its non-captive journeys use now."""
        return int(self.population.post[self.row])

    @property
    def perceived_detection(self) -> float:
        """Probability with which it believes fiscal fraud is found."""
        return float(self.population.perceived[self.row])


class Offices(NamedTuple):
    """Broker offices at a post: their numbers and names, the most they serve and the log of what they are staffed for.

    Both as shares of their post's declarations.
    """

    number: Ints
    names: tuple[str, ...]
    room: Floats
    log_share: Floats

    @classmethod
    def of(cls, world: World, post: int) -> "Offices":
        """The offices at a post."""
        number = [k for k, office in enumerate(world.brokers) if office.post == post]
        staffed = np.array([world.brokers[k].share for k in number])
        share = staffed / staffed.sum()
        names = tuple(world.brokers[k].name for k in number)
        return cls(
            np.array(number, np.int64), names, share * (1.0 + world.parameters.brokers.room_share), np.log(share)
        )


class TraderPopulation:
    """All traders in one array per attribute; each may use any post from its home post's exit to its entry country.

    Attributes
    ----------
    post : post that non-captive journeys use
    belief_h, belief_sd_h : (traders, posts) expected clearance and its standard deviation, h
    belief_usd : (traders, posts) expected payments at a post, USD
    perceived : perceived detection of fiscal fraud
    broker : broker office, -1 = none
    joined : authorised by its own application
    waiting : traders that have applied, in order
    lane_h : (posts, lanes) how long ordinary and authorised traders took of late, h; NaN before the first
    spent_h : per country, officers' hours of validation that are left over or begun
    rate : share of a belief that a day's experience replaces
    """

    def __init__(self, world: World, numbers: Numbers, traders: Traders) -> None:
        self.world, self.numbers, self.traders, self.p = world, numbers, traders, world.parameters.traders
        names = [p.name for p in world.posts] + [f"trader:{t.name}" for t in world.extra_traders]
        self.owners, counts = names, np.diff(traders.first).tolist()
        parts = ("", *(post.name for post in world.posts))
        self.blocks = {part: tuple((*one, part) for one in zip(names, counts, strict=True)) for part in parts}
        self.rate = 1.0 - (1.0 - self.p.memory_per_week) ** (1.0 / DAYS_PER_WEEK)
        shape = (len(traders), len(world.posts))
        self.belief_h = np.full(shape, self.p.belief_h)
        self.belief_sd_h = np.zeros(shape)
        self.belief_usd = np.zeros(shape)
        self.perceived = np.full(len(traders), self.p.belief_detection)
        self.km = np.array([p.km for p in world.posts])
        links = [(p.exit_country, p.entry_country) for p in world.posts]
        self.leads_there = np.array([[a == b for b in links] for a in links])
        self.constants: dict[int, Floats] = {}
        self.broker = traders.broker.copy()
        self.joined = np.zeros(len(traders), np.bool_)
        self.waiting: list[int] = []
        self.lane_h = np.full((len(world.posts), 2), np.nan)
        self.spent_h = np.zeros(len(world.countries))
        self.offices_at = [Offices.of(world, post) for post in range(len(world.posts))]
        self.offices = len(world.brokers)
        everybody = np.arange(len(traders))
        self.post = self._choices(0, everybody) if len(world.posts) > 1 else traders.home.copy()

    def constants_of(self, month: int) -> Floats:
        """The month's constants of the posts, worked out when first asked for."""
        if month not in self.constants:
            self.constants[month] = self._fixed_point(month)
        return self.constants[month]

    def _fixed_point(self, month: int) -> Floats:
        """Constants of the posts that keep a month's published volumes when all are believed equally slow.

        They start at the log of each post's share; detours pull traders to central posts, which the fixed-point
        iteration undoes.
        """
        volume = np.array([p.month_means[month] for p in self.world.posts])
        share = volume / max(volume.sum(), 1e-12)
        with np.errstate(divide="ignore"):
            constant = np.log(share)
        open_posts = share > 0
        if not open_posts.any():
            return np.asarray(constant)
        for _ in range(FIXED_POINT_ROUNDS):
            weight = np.exp(constant[None, :] - self.p.per_km * self.km) * self.leads_there
            flow = (share[:, None] * weight / weight.sum(axis=1, keepdims=True)).sum(axis=0)
            constant[open_posts] += np.log(share[open_posts] / flow[open_posts])
        return np.asarray(constant)

    def decide(self, day: int) -> None:
        """A share of traders reconsiders its post today (Gumbel choice; untouched posts keep their luck)."""
        if len(self.world.posts) > 1:
            again = np.flatnonzero(self._by_stream("reconsider", day) < self.p.reconsider_per_day)
            self.post = self.post.copy()
            self.post[again] = self._choices(day, again)

    def worth_usd(self) -> Floats:
        """What authorisation is worth to each trader a year: lorry hours saved at its home post, less complying.

        Hours saved are those by which ordinary traders there took longer than authorised ones of late.
        """
        m, home = self.world.parameters.measures, self.traders.home
        own_h = self.belief_h[np.arange(len(home)), home]
        gap_h = np.maximum(self.lane_h[:, 0] - self.lane_h[:, 1], 0.0)[home]
        saved_h = np.where(np.isnan(gap_h), m.aeo_programme_hoped_share * own_h, gap_h)
        per_day = np.array([post.per_day for post in self.world.posts])
        usd_per_h = [self.world.countries[post.entry_country].lorry_usd_per_h for post in self.world.posts]
        trips = 365.0 * per_day[home] * self.traders.share
        yearly_usd = m.aeo_trader_usd / m.aeo_programme_life_years
        return np.asarray(saved_h * trips * np.array(usd_per_h)[home] - yearly_usd)

    def compare_lanes(self, trader: Ints, post: Ints, clearance_h: Floats) -> None:
        """What is heard at each post of how long ordinary and authorised traders took."""
        cell = 2 * post + self.traders.aeo[trader]
        count = np.bincount(cell, minlength=self.lane_h.size).reshape(self.lane_h.shape)
        mean = np.bincount(cell, clearance_h, self.lane_h.size).reshape(self.lane_h.shape) / np.maximum(count, 1)
        rate = np.where(np.isnan(self.lane_h), 1.0, self.rate)
        before = np.nan_to_num(self.lane_h)
        self.lane_h = np.where(count > 0, before + rate * (mean - before), self.lane_h)

    def apply(self, day: int, officer_h: Floats) -> int:
        """Traders to whom it is worth it apply; officers audit who has joined, and validate with what hours are left.

        Returns how many were authorised today.
        """
        m = self.world.parameters.measures
        country = np.array([post.entry_country for post in self.world.posts])[self.traders.home]
        reckons = self._by_stream("aeo_reckons", day) < m.aeo_programme_looks_per_day
        wants = reckons & (officer_h[country] > 0) & ~self.traders.aeo & (self.worth_usd() > 0)
        self.waiting += [k for k in np.flatnonzero(wants).tolist() if k not in self.waiting]
        audit_h = np.bincount(country[self.joined], minlength=len(officer_h)) * m.aeo_audit_h_per_year / 365.0
        self.spent_h = np.where(officer_h > 0, np.maximum(self.spent_h + officer_h - audit_h, 0.0), 0.0)
        still, before = [], int(self.joined.sum())
        for trader in self.waiting:
            if self.spent_h[country[trader]] >= m.aeo_validation_h:
                self.spent_h[country[trader]] -= m.aeo_validation_h
                self.joined[trader] = True
            else:
                still.append(trader)
        self.waiting = still
        if not still:
            self.spent_h = np.minimum(self.spent_h, m.aeo_validation_h)
        return int(self.joined.sum()) - before

    def choose_brokers(self, day: int, waited_h: Floats) -> None:
        """A few traders look for another office at their post, by what is heard of waiting for papers.

        An office takes no more clients than its clerks can serve: at most `room_share` beyond what it is staffed for.
        """
        if not self.offices:
            return
        share = self.world.parameters.brokers.reconsider_per_day
        looking = np.flatnonzero(self._by_stream("reconsider_broker", day) < share)
        looking = looking[self.broker[looking] >= 0]
        streams = np.searchsorted(self.traders.first, looking, side="right") - 1
        for trader, stream in zip(looking.tolist(), streams.tolist(), strict=True):
            self.broker[trader] = self._office_for(trader, stream, day, waited_h)

    def _office_for(self, trader: int, stream: int, day: int, waited_h: Floats) -> int:
        """The logit's choice among the offices with room, its own included; a further stream fills nobody's room."""
        first, end = self.traders.first[stream], self.traders.first[stream + 1]
        at = self.offices_at[int(self.traders.home[trader])]
        served = np.bincount(self.broker[first:end], self.traders.share[first:end], self.offices)[at.number]
        open_to = (served + self.traders.share[trader] <= at.room) | (at.number == self.broker[trader])
        place, owner = trader - int(first), self.owners[stream]
        blocks = tuple((owner, place + 1, name) for name in at.names)
        luck = self.numbers.gumbels("broker_choice", blocks, day)[place :: place + 1]
        utility = at.log_share - self.world.parameters.brokers.per_h * waited_h[at.number] + luck
        return int(at.number[np.where(open_to, utility, -np.inf).argmax()])

    def _choices(self, day: int, who: Ints) -> Ints:
        """The post each of these traders chooses."""
        home = self.traders.home[who]
        utility = (
            self.constants_of(self.world.date_of(day).month - 1)[None, :]
            - self.p.per_h * self.belief_h[who]
            - self.p.per_sd_h * self.belief_sd_h[who]
            - self.p.per_usd * self.belief_usd[who]
            - self.p.per_km * self.km[home]
        )
        utility = np.where(self.leads_there[home], utility, -np.inf)
        luck = np.array([self._by_stream("post_choice", day, post.name) for post in self.world.posts])
        return np.asarray(np.argmax(utility + luck[:, who].T, axis=1), np.int64)

    def _by_stream(self, purpose: str, day: int, part: str = "") -> Floats:
        """One number per trader, keyed by its home stream (Gumbels for choices, uniforms otherwise)."""
        draw = self.numbers.gumbels if purpose == "post_choice" else self.numbers.uniforms
        return draw(purpose, self.blocks[part], day)

    def fraud_p(self) -> Floats:
        """Probability of fiscal fraud per loaded journey: propensity, lowered by perceived detection."""
        above = self.perceived - self.p.belief_detection
        return np.minimum(self.traders.propensity * np.exp(-self.p.fraud_sensitivity * above), 1.0)

    def willing_to_pay(self, trader: Ints, post: Ints, illicit: NDArray[np.bool_]) -> Floats:
        """Probability that a load's crew offers bribes: for illicit goods, or the more the longer clearance takes."""
        b = self.world.parameters.bribery
        impatient = np.minimum(b.offer_per_h * self.belief_h[trader, post], 1.0)
        return np.where(illicit, np.maximum(b.offer_illicit_share, impatient), impatient)

    def paid(self, trader: Ints, post: Ints, usd: Floats) -> None:
        """Remember what trips cost besides time."""
        where, mean = self._day_means(trader, post, usd)
        before = self.belief_usd.take(where)
        self.belief_usd.put(where, before + self.rate * (mean - before))

    def _day_means(self, trader: Ints, post: Ints, value: Floats) -> tuple[Ints, Floats]:
        """Where among beliefs, counted row by row, there was a trip today, and the mean of the day there."""
        cell = trader * len(self.world.posts) + post
        count, total = np.bincount(cell), np.bincount(cell, value)
        been = np.flatnonzero(count > 0)
        return been, total[been] / count[been]

    def experience(self, trader: Ints, post: Ints, clearance_h: Floats) -> None:
        """Remember finished trips; with several a day the mean of the day counts once."""
        where, mean = self._day_means(trader, post, clearance_h)
        before, before_sd = self.belief_h.take(where), self.belief_sd_h.take(where)
        gap = mean - before
        self.belief_h.put(where, before + self.rate * gap)
        self.belief_sd_h.put(where, before_sd + self.rate * (np.abs(gap) - before_sd))

    def read_target(self, post: int, target_h: float) -> None:
        """A release time has been published at a post: beliefs move towards it, once; experience does the rest."""
        share = self.world.parameters.measures.release_target_belief_share
        self.belief_h[:, post] += share * (target_h - self.belief_h[:, post])

    def still_waiting(self, trader: Ints, post: Ints, elapsed_h: Floats) -> None:
        """An unfinished trip already tells that a post takes at least so long."""
        longer = elapsed_h > self.belief_h[trader, post]
        if not longer.any():
            return
        cell = (trader[longer], post[longer])
        top = self.belief_h.copy()
        np.maximum.at(top, cell, elapsed_h[longer])
        self.belief_h[cell] += self.rate * (top - self.belief_h)[cell]

    def audited(self, trader: Ints, found: Ints) -> None:
        """Fraud that was found, or passed, moves what traders believe of detection: slowly, so that it lags.

        Who had none of its own today hears, with less weight, what became of that of its broker's other clients.
        """
        count = np.bincount(trader, minlength=len(self.perceived))
        share = np.bincount(trader, weights=found, minlength=len(self.perceived)) / np.maximum(count, 1)
        offices = self.offices + 1  # the last stands for none
        heard = np.bincount(self.broker[trader] % offices, minlength=offices)
        heard_share = np.bincount(self.broker[trader] % offices, found, offices) / np.maximum(heard, 1)
        by_office = self.broker % offices
        hears = (count == 0) & (self.broker >= 0) & (heard[by_office] > 0)
        weight = np.where(count > 0, self.rate, np.where(hears, self.p.news_weight * self.rate, 0.0))
        told = np.where(count > 0, share, heard_share[by_office])
        self.perceived = self.perceived + weight * (told - self.perceived)
