"""Potential journeys: what would set out on a day, whatever the policy. Made once a day, shared by all scenarios."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv, pdtr

from sim.consignments.laws import quantile_min
from sim.consignments.luck import Draw, Luck
from sim.consignments.numbers import Floats, Numbers, exponential_of, normal_of
from sim.consignments.through import Through, ThroughTraffic
from sim.settings.process import Process, Service, Stage
from sim.settings.world import DUTIABLE, REGIMES
from sim.world.world import DAY_MS, MINUTE_MS, World

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
T = TypeVar("T")
FEATURES = ("origin_risk", "goods_risk", "value_anomaly", "weight_anomaly", "local_element", "trader_record")
"""Declared features a score may use; the last comes from the country's own records, the others from the declaration."""
DRAWN_FEATURES = FEATURES[:-1]
SIDES = ("exit", "entry")
BRIBE_UNIFORMS = ("offer", "bribe", "held", "steered", "jump")
JOURNEY_UNIFORMS = (
    "trader", "regime", "captive", "fraud", "fraud_kind", "honest_error", "blind_prohibited", "irregular", "machine",
    "scan", "agency", "duty", "clearance_audit", "reuse",
)  # fmt: skip
JOURNEY_NORMALS = ("value", "transit", "pickup", "lead", "image")
SIDE_UNIFORMS = ("control", "reroute", "level", "false_alert", "unit", "label")
VISITS = 3
JOURNEY_BITS = 20
ABOARD = ("z/value", *(f"feature/{feature}" for feature in DRAWN_FEATURES))
"""Numbers that belong to the load: a lorry has the same at every post of its way."""
EMPTY = REGIMES.index("empty")
IS_DUTIABLE = np.array([regime in DUTIABLE for regime in REGIMES])
"""By number of a regime, whether duty is assessed under it."""


@dataclass(frozen=True)
class Traders:
    """Traders of a replication, one entry each; the last ones are the world's extra traders.

    Attributes
    ----------
    home : post
    share : share of its home stream's journeys
    aeo : authorised economic operator
    aeo_u : pre-drawn number; authorised are those below the share of authorised traders
    propensity : probability of fiscal fraud per loaded journey, before perceived detection lowers it
    rank01 : size rank within the home stream, 0 largest, 1 smallest
    broker : broker office at the start (-1 where the world has none)
    first : per post, number of its first trader; one more entry for the end
    """

    home: Ints
    share: Floats
    aeo: Bools
    aeo_u: Floats
    propensity: Floats
    rank01: Floats
    broker: Ints
    first: Ints

    def __len__(self) -> int:
        return len(self.home)


@dataclass(frozen=True)
class PotentialDay:
    """The potential journeys of one planning day.

    Attributes
    ----------
    day : simulated day
    journey : ids, ascending: day << 20 | position
    home, trader : home post and trader of each journey
    departs_ms : planned arrival at the first side; of a journey whose lorry must cross another post before, as far as
        traders without experience can tell
    regime, process : customs regime, as its place in `REGIMES`, and entry process it takes, as its place in the world's
    empty, captive : lorry without goods; journey that never changes post
    value_usd : value of the goods, 0 when empty
    duty_usd : duties and taxes due on the goods as they are, at the country of the home post; none where the lorry goes
        on to a further border
    transit_ms, pickup_ms : way between the sides; from release to departure
    lead_z : standard normal behind the lodgement lead
    features : (n, 5) standard normals behind the drawn features
    u : uniforms by purpose, or "side/purpose"; per-visit ones are (n, 3)
    z : standard normals by "side/purpose"
    threshold : Exp(1) by side
    minutes : per side, (n, columns) nominal minutes of every stage and visit; where a stage draws its outcome, the
        uniform it is drawn with
    through : which of them are one lorry's, where the world has corridors
    made : what `once` has made
    """

    day: int
    journey: Ints
    home: Ints
    trader: Ints
    departs_ms: Ints
    regime: Ints
    process: Ints
    empty: Bools
    captive: Bools
    value_usd: Floats
    duty_usd: Floats
    transit_ms: Ints
    pickup_ms: Ints
    lead_z: Floats
    features: Floats
    u: dict[str, Floats]
    z: dict[str, Floats]
    threshold: dict[str, Floats]
    minutes: dict[str, Floats]
    through: Through | None = None
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def dutiable(self) -> Bools:
        """Whether duty is assessed on the goods: not on the way to a further border."""
        assessed: Bools = IS_DUTIABLE[self.regime]
        return assessed if self.through is None else assessed & ~self.through.goes_on

    @property
    def began_ms(self) -> Ints:
        """When the lorry of each journey arrives at the first post of its way."""
        return self.departs_ms if self.through is None else self.departs_ms[self.through.first]

    def __len__(self) -> int:
        return len(self.journey)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What follows from the day alone is made for the first scenario that asks, and kept for the others."""
        if name not in self.made:
            self.made[name] = make()
        made: T = self.made[name]
        return made


def poisson_quantile(u: Floats, mean: Floats) -> Ints:
    """Smallest k with P(Poisson(mean) <= k) >= u; 0 where the mean is 0. Monotone in both."""
    some = np.maximum(mean, 1e-12)
    z = normal_of(u)
    k = np.maximum(np.floor(some + np.sqrt(some) * z + (z * z - 1.0) / 6.0), 0.0)  # seldom off by more than one
    while (low := pdtr(k, some) < u).any():
        k += low
    while (high := (k > 0) & (pdtr(k - 1.0, some) >= u)).any():
        k -= high
    return np.where(mean > 0, k, 0).astype(np.int64)


REGIME_ORDER = np.array([EMPTY, *range(EMPTY)], np.int64)
"""The empty come first: which lorries are empty then does not depend on the regimes of the others."""


def _regime_ends(shares: Sequence[float]) -> Floats:
    """Upper ends of the spans of a uniform in which a lorry is under each regime but the last, in `REGIME_ORDER`."""
    ordered = np.array(shares)[REGIME_ORDER]
    ends = np.cumsum(ordered)
    ends[np.flatnonzero(ordered)[-1] :] = np.inf  # rounding leaves nobody beyond the last regime there is
    return np.asarray(ends[:-1])


class Stream(NamedTuple):
    """Who journeys belong to: a post's own traders, or a further trader with a number of journeys of its own."""

    owner: str
    home: int
    per_day: float | None


class Column(NamedTuple):
    """A column of a leg's minutes, a stage's visit.

    Attributes
    ----------
    draw : the number it is drawn with
    laws : each law with the processes in which the stage has it; none where the uniform itself is kept
    of_papers : whether the papers have this stage, which empty lorries do not have
    """

    draw: Draw
    laws: tuple[tuple[Service, tuple[int, ...]], ...]
    of_papers: bool


class Timed(NamedTuple):
    """Columns whose minutes the same journeys draw from a law.

    Attributes
    ----------
    has : by whether a lorry is empty, which has no papers, and by entry process, whether its journeys are of them
    columns : numbers of the columns
    laws : the law of each
    """

    has: Bools
    columns: Ints
    laws: tuple[Service, ...]


HOURS = np.arange(24)


class Demand:
    """Makes the potential journeys of each day from the world and its numbers.

    Parameters
    ----------
    world : World
    numbers : Numbers
    tick_ms : int
        Resolution departures are rounded to.
    """

    def __init__(self, world: World, numbers: Numbers, tick_ms: int) -> None:
        self.world = world
        self.numbers = numbers
        self.tick_ms = tick_ms
        self.side_uniforms = (*SIDE_UNIFORMS, "bought_green") if world.corruption else SIDE_UNIFORMS
        self.streams = [Stream(post.name, i, None) for i, post in enumerate(world.posts)]
        self.streams += [Stream(f"trader:{t.name}", t.home, t.journeys_per_day) for t in world.extra_traders]
        self.traders = self._traders()
        self.regime_to = np.array([_regime_ends(post.regime_shares) for post in world.posts])
        self.duty_shares = np.array([world.countries[post.entry_country].duty_share for post in world.posts])
        self.processes = np.array([post.processes for post in world.posts], np.int64)
        self.through_traffic = ThroughTraffic(world, numbers, tick_ms) if world.corridors else None
        self.daily_cv = np.array([world.daily_cv[stream.home] for stream in self.streams])
        self.day_shape = 1.0 / np.where(self.daily_cv > 0, self.daily_cv, 1.0) ** 2
        weights = [world.posts[stream.home].hour_weights or world.hour_weights for stream in self.streams]
        self.hour_weights = np.array(weights, np.float64)
        self.sides = [
            side for side, stages in zip(SIDES, (world.exit_stages, world.entry_stages), strict=True) if stages
        ]
        self.columns = {side: tuple(self._columns(side)) for side in self.sides}
        self.timed = {side: self._timed(side) for side in self.sides}
        laws = (self._uniform, self._exponential, self._normal)
        draws = [tuple(law()) for law in laws] + [tuple(c.draw for c in self.columns[side]) for side in self.sides]
        self.names = [draw.name for some in draws[: len(laws)] for draw in some]
        ends = list(accumulate(map(len, draws), initial=0))
        self.draws = [slice(*pair) for pair in pairwise(ends)]
        self.luck = Luck(numbers, [stream.owner for stream in self.streams], [draw for some in draws for draw in some])
        self._cumulative = [
            np.cumsum(self.traders.share[a:b])
            for a, b in zip(self.traders.first[:-1], self.traders.first[1:], strict=True)
        ]

    def _traders(self) -> Traders:
        """Traders of all posts: few carry much (share falls with rank), each with its traits."""
        world, c = self.world, self.world.parameters.consignments
        mean, sd = c.fiscal_share, c.fiscal_sd
        nu = mean * (1 - mean) / sd**2 - 1
        home, share, aeo_u, propensity, rank, broker, first = [], [], [], [], [], [], [0]
        for owner, post, further in self.streams:
            count = world.posts[post].traders if further is None else 1
            weights = np.arange(1, count + 1) ** -world.parameters.demand.trader_share_exponent
            home.append(np.full(count, post))
            share.append(weights / weights.sum())
            aeo_u.append(self.numbers.uniform("trader_aeo", owner, 0, count))
            u = self.numbers.uniform("trader_propensity", owner, 0, count)
            propensity.append(betaincinv(mean * nu, (1 - mean) * nu, u) if world.fraud else np.zeros(count))
            rank.append(np.arange(count) / max(count - 1, 1))
            broker.append(self._brokers(owner, post, share[-1]))
            first.append(first[-1] + count)
        return Traders(
            home=np.concatenate(home).astype(np.int64),
            share=np.concatenate(share),
            aeo=np.concatenate(aeo_u) < world.aeo_share,
            aeo_u=np.concatenate(aeo_u),
            propensity=np.concatenate(propensity),
            rank01=np.concatenate(rank),
            broker=np.concatenate(broker).astype(np.int64),
            first=np.array(first, np.int64),
        )

    def _brokers(self, owner: str, post: int, share: Floats) -> Ints:
        """Broker office of each trader of a stream.

        Offices keep their size: each trader, largest first, goes to one of the offices with the most room left, the
        keyed number deciding between the two. (A free draw would put a large trader on a one-clerk office, whose
        queue would then never end.)
        """
        offices = [i for i, b in enumerate(self.world.brokers) if b.post == post]
        if not offices:
            return np.full(len(share), -1)
        room = np.array([self.world.brokers[i].share for i in offices])
        room = room / room.sum() * share.sum()
        chosen = np.zeros(len(share), np.int64)
        for k, u in enumerate(self.numbers.uniform("trader_broker", owner, 0, len(share))):
            widest = np.argsort(-room, kind="stable")[:2]
            pick = int(widest[int(u * len(widest))]) if room[widest[-1]] >= share[k] else int(widest[0])
            room[pick] -= share[k]
            chosen[k] = offices[pick]
        return chosen

    def day(self, day: int) -> PotentialDay:
        """The potential journeys planned to depart on a simulated day."""
        departs, counts = self._departures(day)
        if len(departs) >= 2**JOURNEY_BITS:
            raise ValueError(f"day {day} has {len(departs)} journeys; at most {2**JOURNEY_BITS - 1} can be numbered")
        ends = np.concatenate([[0], np.cumsum(counts)])
        luck = self.luck.of(day, ends)
        uniform, exponential, normal, *of_stages = (luck[rows] for rows in self.draws)
        drawn = (*uniform, *exponential_of(exponential), *normal_of(normal))
        w: dict[str, NDArray[Any]] = dict(zip(self.names, drawn, strict=True))
        w["departs"] = departs
        w["home"] = np.repeat([stream.home for stream in self.streams], counts)
        w["trader"] = self._picked(w["trader"], ends)
        return self._assemble(day, w, ends, dict(zip(self.sides, of_stages, strict=True)))

    def _picked(self, u: Floats, ends: Ints) -> Ints:
        """Trader of each journey: large ones are picked more often."""
        picked = [
            first + np.minimum(np.searchsorted(cumulative, part, side="right"), len(cumulative) - 1)
            for first, cumulative, part in zip(
                self.traders.first, self._cumulative, np.split(u, ends[1:-1]), strict=False
            )
        ]
        return np.concatenate(picked)

    def _mean(self, stream: Stream, day: int) -> float:
        """Mean number of a stream's journeys on a day; a further trader's varies as its home post's does."""
        mean, per_day = self.world.mean_journeys(stream.home, day), self.world.posts[stream.home].per_day
        if stream.per_day is None:
            return mean
        return stream.per_day if per_day <= 0 else mean * stream.per_day / per_day

    def _departures(self, day: int) -> tuple[Floats, Ints]:
        """Planned departures in minutes after midnight, stream after stream, and how many each stream has.

        A Gamma-mixed count per hour, uniform within open minutes.
        """
        spans = np.array(
            [self.world.planned_span(stream.home, day) or (0.0, 0.0) for stream in self.streams], np.float64
        )
        start, end = np.maximum(HOURS * 60.0, spans[:, :1]), np.minimum((HOURS + 1) * 60.0, spans[:, 1:])
        weight = self.hour_weights * np.maximum(end - start, 0.0) / 60.0
        total = weight.sum(axis=1)
        mean = np.array([self._mean(stream, day) for stream in self.streams]) * self._day_factors(day)
        drawn = self._by_stream("hour_count", day, [len(HOURS)] * len(self.streams)).reshape(-1, len(HOURS))
        share = weight * np.where(total > 0, mean, 0.0)[:, None] / np.where(total > 0, total, 1.0)[:, None]
        per_hour = poisson_quantile(drawn, share)
        counts = per_hour.sum(axis=1)
        hour = np.repeat(np.arange(per_hour.size), per_hour.ravel())
        offset = self._by_stream("offset", day, counts.tolist())
        return start.ravel()[hour] + offset * (end - start).ravel()[hour], counts

    def _day_factors(self, day: int) -> Floats:
        """Gamma factor of each stream's day, of mean 1."""
        u = self._by_stream("day_factor", day, [1] * len(self.streams))
        return np.where(self.daily_cv > 0, gammaincinv(self.day_shape, u) / self.day_shape, 1.0)

    def _by_stream(self, purpose: str, day: int, sizes: Sequence[int]) -> Floats:
        """So many uniforms of each stream, one after the other."""
        blocks = tuple((stream.owner, size, "") for stream, size in zip(self.streams, sizes, strict=True))
        return self.numbers.uniforms(purpose, blocks, day)

    def _uniform(self) -> Iterator[Draw]:
        """Numbers of a journey that stay uniform."""
        yield from (self._of_all(name) for name in JOURNEY_UNIFORMS)
        for visit in range(VISITS):
            yield from (self._of_all(f"{name}{visit}", name, str(visit)) for name in ("query", "mismatch"))
        yield from (self._of_all(name) for name in (BRIBE_UNIFORMS if self.world.corruption else ()))
        for side in self.sides:
            yield from (self._of_all(f"{side}/{name}", name, side) for name in self.side_uniforms)

    def _exponential(self) -> Iterator[Draw]:
        """Numbers of a journey that are made exponential."""
        yield from (self._of_all(f"{side}/threshold", "threshold", side) for side in self.sides)

    def _normal(self) -> Iterator[Draw]:
        """Numbers of a journey that are made normal."""
        yield from (self._of_all("z/" + name, name) for name in JOURNEY_NORMALS)
        yield from (self._of_all("feature/" + feature, "feature", feature) for feature in DRAWN_FEATURES)
        yield from (self._of_all(f"{side}/score_noise", "score_noise", side) for side in self.sides)

    def _of_all(self, name: str, purpose: str = "", part: str = "") -> Draw:
        """A draw that the journeys of all streams have; its purpose is its name where it has no other."""
        return Draw(name, purpose or name, part, range(len(self.streams)))

    def _assemble(
        self, day: int, w: dict[str, NDArray[Any]], ends: Ints, of_stages: Mapping[str, Floats]
    ) -> PotentialDay:
        world, n = self.world, len(w["departs"])
        tick = self.tick_ms
        home = w["home"]
        regime = self._regimes(home, w["regime"])
        process = self.processes[home, regime]
        empty = regime == EMPTY
        d = world.parameters.demand
        captive = w["captive"] < d.captive_share
        through = None
        if self.through_traffic is not None:
            through = self.through_traffic.of(day, ends[: len(world.posts) + 1].tolist(), regime, captive)
            for name in ABOARD:
                w[name] = w[name][through.first]
        value = d.value_median_usd * np.exp(d.value_sigma * w["z/value"])

        def rounded(minutes: Floats) -> Ints:
            return (np.floor(minutes * MINUTE_MS / tick) * tick).astype(np.int64)

        u = {k: w[k] for k in ("fraud", "fraud_kind", "honest_error", "blind_prohibited", "irregular")}
        bribes = BRIBE_UNIFORMS if world.corruption else ()
        u |= {k: w[k] for k in ("machine", "reuse", "scan", "agency", "clearance_audit", *bribes)}
        u |= {f"{s}/{k}": w[f"{s}/{k}"] for s in self.sides for k in self.side_uniforms}
        u |= {k: np.stack([w[f"{k}{v}"] for v in range(VISITS)], axis=1) for k in ("query", "mismatch")}
        potential = PotentialDay(
            day=day,
            journey=(day << JOURNEY_BITS) + np.arange(n, dtype=np.int64),
            home=home,
            trader=w["trader"],
            departs_ms=day * DAY_MS + rounded(w["departs"]),
            regime=regime,
            process=process,
            empty=empty,
            captive=captive,
            value_usd=np.where(empty, 0.0, value),
            duty_usd=self._duty_usd(home, regime, value, w["duty"]),
            transit_ms=rounded(quantile_min(world.transit, w["z/transit"])) + tick,
            pickup_ms=rounded(quantile_min(world.pickup, w["z/pickup"])),
            lead_z=w["z/lead"],
            features=np.stack([w["feature/" + f] for f in DRAWN_FEATURES]).T,
            u=u,
            z={"image": w["z/image"]} | {f"{s}/score_noise": w[f"{s}/score_noise"] for s in self.sides},
            threshold={s: w[f"{s}/threshold"] for s in self.sides},
            minutes={s: self._minutes(s, of_stages[s], process, empty) for s in self.sides},
        )
        return potential if through is None else self._on_their_way(potential, through)

    def _on_their_way(self, potential: PotentialDay, through: Through) -> PotentialDay:
        """Lorries of corridors keep to their posts, owe duty at the last alone, and come when they have driven there.

        Traders plan for the time a post is believed to take at the start: what will hold a lorry up is not known yet.
        """
        stop_ms = int(self.world.parameters.traders.belief_h * 60.0 * MINUTE_MS) // self.tick_ms * self.tick_ms
        departs_ms, captive = potential.departs_ms.copy(), potential.captive.copy()
        for drive in through.drives:
            left_ms = departs_ms[drive.before] + stop_ms + potential.pickup_ms[drive.before]
            departs_ms[drive.after] = left_ms + drive.drive_ms
            captive[drive.before] = captive[drive.after] = True
        duty_usd = np.where(through.goes_on, 0.0, potential.duty_usd)
        return replace(potential, departs_ms=departs_ms, captive=captive, duty_usd=duty_usd, through=through)

    def _duty_usd(self, home: Ints, regime: Ints, value_usd: Floats, u: Floats) -> Floats:
        """Nothing on a share of loads; on the others a rate that keeps the mean."""
        free_share = self.world.parameters.revenue.duty_free_share
        pays = IS_DUTIABLE[regime] & (u >= free_share)
        return np.where(pays, self.duty_shares[home] / (1.0 - free_share) * value_usd, 0.0)

    def _regimes(self, home: Ints, u: Floats) -> Ints:
        """Regime of each journey, from one uniform."""
        return np.asarray(REGIME_ORDER[(u[:, None] >= self.regime_to[home]).sum(axis=1)])

    def _minutes(self, side: str, u: Floats, process: Ints, empty: Bools) -> Floats:
        """Nominal minutes by column; 0 where a journey's process does not have the stage, or its lorry no papers."""
        minutes = np.zeros((max(1, len(u)), len(process)))
        kept = [k for k, column in enumerate(self.columns[side]) if not column.laws]
        minutes[kept] = u[kept]
        for timed in self.timed[side]:
            here = np.flatnonzero(timed.has[empty.astype(np.int64), process])
            z = normal_of(u[timed.columns].take(here, axis=1))
            for k, law, normals in zip(timed.columns, timed.laws, z, strict=True):
                minutes[k][here] = quantile_min(law, normals)
        return np.ascontiguousarray(minutes.T)

    def _timed(self, side: str) -> tuple[Timed, ...]:
        """Columns of a side whose minutes follow laws, those of the same journeys together."""
        together: dict[tuple[bool, tuple[int, ...]], list[tuple[int, Service]]] = {}
        for k, column in enumerate(self.columns[side]):
            for law, processes in column.laws:
                together.setdefault((column.of_papers, processes), []).append((k, law))
        return tuple(
            Timed(
                np.outer([True, not of_papers], self._which(side, processes)),
                np.array([k for k, _ in some]),
                tuple(law for _, law in some),
            )
            for (of_papers, processes), some in together.items()
        )

    def _which(self, side: str, processes: tuple[int, ...]) -> Bools:
        """Per entry process, whether its journeys take one of these processes of a side: all leave by the same."""
        entry = np.array([*range(len(self.world.entry_processes)), -1])  # -1, the last, where a country has none
        return np.isin(entry, processes) if side == "entry" else np.ones(len(entry), np.bool_)

    def _processes(self, side: str) -> Sequence[Process]:
        """Processes of a side, by number."""
        if side == "entry":
            return self.world.entry_processes
        return () if self.world.exit_process is None else (self.world.exit_process,)

    def _columns(self, side: str) -> Iterator[Column]:
        """Columns of a side's minutes, in order of its stages."""
        for stage in self.world.exit_stages if side == "exit" else self.world.entry_stages:
            has = {k: s for k, p in enumerate(self._processes(side)) for s in p.stages if s.name == stage.name}
            streams = tuple(k for k, one in enumerate(self.streams) if side == "exit" or self._takes(one, set(has)))
            part = f"{side}/{stage.name}"
            if stage.timed:
                for visit in range(stage.visits):
                    name = f"{part}/{visit}"
                    yield Column(Draw(name, "work", name, streams), self._laws(has), stage.token == "paper")
            elif stage.columns:
                yield Column(Draw(part, "outcome", part, streams), (), stage.token == "paper")

    def _laws(self, has: Mapping[int, Stage]) -> tuple[tuple[Service, tuple[int, ...]], ...]:
        """Each law of a stage, with the numbers of the processes in which it has this one."""
        law = {number: stage.service or self._law_of(stage.work) for number, stage in has.items()}
        each = [one for k, one in enumerate(law.values()) if one not in list(law.values())[:k]]
        return tuple((one, tuple(k for k in law if law[k] == one)) for one in each)

    def _takes(self, stream: Stream, processes: set[int]) -> bool:
        """Whether journeys of a stream take one of these processes."""
        return not processes.isdisjoint(self.world.posts[stream.home].processes)

    def _law_of(self, work: str) -> Service:
        """Law of a broker's answer (mean 1 min; the model scales it by the exporter's tier) or of a correction."""
        documents = self.world.parameters.documents
        mean = 1.0 if work == "answer" else documents.correction_h * 60.0
        return Service(law="lognormal", mean_min=mean, sigma=documents.answer_sigma)
