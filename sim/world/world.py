"""The world a run happens in: frozen values built once from settings and reference data."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from sim.settings.parameters import Parameters
from sim.settings.process import Process, Service, Stage, joined_stages
from sim.settings.world import InForce

DAY_MS = 86_400_000
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Country:
    """A customs administration. Tier quantities are interpolated in `tier01` (0 low, 1 high capacity).

    Attributes
    ----------
    answer_mean_h : mean time traders here take to answer a query, h
    recorded_share : share of findings that are written down
    leaving_per_year : share of officers leaving
    red_share, yellow_share : channel shares of declarations
    duty_share : duties and taxes as a share of value, mean over goods on which duty is assessed
    release_target_h : time from arrival within which a lorry should be released
    bribe_p : probability per consignment that an officer who handles it would take a bribe (where there is corruption)
    domestication_share : share of what was agreed that is applied
    maintained_share : share of devices under a maintenance contract
    system_failure_p : probability that its declaration system fails on a day it is up
    """

    key: str
    title: str
    tier01: float
    skill_mean: float
    recorded_share: float
    answer_mean_h: float
    leaving_per_year: float
    red_share: float
    yellow_share: float
    lorry_usd_per_h: float
    officer_usd_per_h: float
    clerk_usd_per_h: float
    duty_share: float
    release_target_h: float
    bribe_p: float
    domestication_share: float
    maintained_share: float
    system_failure_p: float

    @property
    def tier(self) -> str:
        """Capacity tier in a word: low, middle or high."""
        return ("low", "middle", "high")[min(int(3.0 * self.tier01), 2)]


@dataclass(frozen=True)
class Pair:
    """What links an origin to a destination (both keys of countries)."""

    origin: str
    destination: str
    rekeyed_elements: float
    no_common_language: float
    same_script: bool
    legal_basis: str
    channel: str
    trust_start: float

    @property
    def name(self) -> str:
        """Stable name used wherever a pair is keyed."""
        return f"{self.origin}>{self.destination}"


@dataclass(frozen=True)
class Pool:
    """Identified officers, clerks or devices; unit `k` of team `t` has the name `pool/t/k`.

    Attributes
    ----------
    post, country : position of the post and of the country in the world's tuples
    teams : spans in minutes after midnight, one team each; empty = always on
    hours : per weekday (Monday first) the span the teams are cut to, or None when closed
    base, reserve, open_at, step, breaks : see `PoolSettings`; counts per team
    expected_load : utilisation expected at baseline, or NaN where it was not computed
    further : per team, last in it, units that work only while a measure provides them
    """

    name: str
    kind: str
    post: int
    country: int
    skill: str
    assignment: str
    teams: tuple[tuple[int, int], ...]
    hours: tuple[tuple[int, int] | None, ...]
    base: int
    reserve: int
    open_at: int
    step: int
    expected_load: float
    breaks: bool = False
    further: int = 0

    @property
    def team_size(self) -> int:
        """Units of one team."""
        return self.base + self.reserve + self.further

    @property
    def units(self) -> int:
        """Units of all teams."""
        return max(1, len(self.teams)) * self.team_size


@dataclass(frozen=True)
class Broker:
    """A broker office.

    Attributes
    ----------
    share : share of its post's declarations it is staffed for
    rank01 : size rank, 0 largest, 1 smallest
    pool : position of its clerks among the world's pools
    complexity01 : place among the offices by how much of the margin lives on complex forms, 0 least
    """

    name: str
    post: int
    share: float
    rank01: float
    pool: int
    complexity01: float = 0.0


@dataclass(frozen=True)
class Post:
    """A border post.

    Attributes
    ----------
    month_means : per month (January first) the mean journeys of a day of weight 1
    hours : opening span per weekday in minutes after midnight, None = closed
    km : detour in km to each post of the world, in its order
    traders : number of traders whose home is here
    per_day : mean journeys per calendar day over the year
    regime_shares : share of its lorries under each regime, in the order of `REGIMES`
    processes : per regime, position of its entry process among the world's, -1 where it has none
    weekday_weights, hour_weights : relative arrivals, where the post has its own
    """

    name: str
    exit_country: int
    entry_country: int
    month_means: tuple[float, ...]
    hours: tuple[tuple[int, int] | None, ...]
    km: tuple[float, ...]
    traders: int
    per_day: float
    regime_shares: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 0.0)
    processes: tuple[int, ...] = (0, -1, -1, -1, 0)
    weekday_weights: tuple[float, ...] | None = None
    hour_weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class OutcomeShares:
    """How often the outcomes of a stage with route `share` happen, in the order of their numbers.

    `stated` are the outcomes whose share is given; the one left gets the rest.
    """

    stage: str
    outcomes: tuple[str, ...]
    shares: tuple[float, ...]
    stated: tuple[str, ...]


@dataclass(frozen=True)
class Corridor:
    """Posts that some lorries cross one after the other.

    Attributes
    ----------
    posts : positions of its posts, in order
    regimes : regimes of these lorries, as places in `REGIMES`
    share, share_of : share of the lorries of one post (a position) under each regime that go the whole way
    drives : law of the drive from each post to the next
    """

    name: str
    posts: tuple[int, ...]
    regimes: tuple[int, ...]
    share: float
    share_of: int
    drives: tuple[Service, ...]


@dataclass(frozen=True)
class ExtraTrader:
    """A further trader with a volume of its own."""

    name: str
    home: int
    journeys_per_day: float


@dataclass(frozen=True)
class World:
    """Everything about a place that no policy changes. Tuples are sorted by name, so order of input is no matter.

    Attributes
    ----------
    weekday_weights, hour_weights : 7 (Monday first) and 24 relative arrival weights
    daily_cv : per post, coefficient of variation of the Gamma factor of a day
    blind_prohibited_share : prohibited share drawn per journey where no organisations act (known-answer worlds)
    expired_alerts : what becomes of an alert nobody worked in time: it lapses, or the lorry goes red unseen
    corruption : whether officers can be bribed (fictional worlds only)
    exit_process : None where journeys have an entry leg only
    entry_processes : all entry processes, the one of home use first; each post says which regime takes which
    in_force : what already operates
    smuggler_ways : see `BorderWorld`
    """

    name: str
    title: str
    fictional: bool
    mode: str
    start: date
    parameters: Parameters
    countries: tuple[Country, ...]
    pairs: tuple[Pair, ...]
    posts: tuple[Post, ...]
    pools: tuple[Pool, ...]
    brokers: tuple[Broker, ...]
    extra_traders: tuple[ExtraTrader, ...]
    corridors: tuple[Corridor, ...]
    exit_process: Process | None
    entry_processes: tuple[Process, ...]
    outcome_shares: tuple[OutcomeShares, ...]
    in_force: tuple[InForce, ...]
    transit: Service
    pickup: Service
    weekday_weights: tuple[float, ...]
    hour_weights: tuple[float, ...]
    daily_cv: tuple[float, ...]
    aeo_share: float
    scan_share: float
    exit_red_share: float
    agency_share: float
    channel_policy: str
    expired_alerts: str
    smuggling: bool
    fraud: bool
    blind_prohibited_share: float
    corruption: bool
    fitted: str
    not_for: str
    smuggler_ways: tuple[str, ...] = ()

    @property
    def entry_process(self) -> Process:
        """Entry process of home use, and of empty lorries."""
        return self.entry_processes[0]

    @cached_property
    def entry_stages(self) -> tuple[Stage, ...]:
        """Stages of all entry processes, one of each name: the slots of an entry leg."""
        return joined_stages(self.entry_processes)

    @cached_property
    def clearing(self) -> tuple[int, ...]:
        """Countries that clear goods: those that some post leads into, in order."""
        return tuple(sorted({post.entry_country for post in self.posts}))

    @property
    def exit_stages(self) -> tuple[Stage, ...]:
        """Stages of the exit process."""
        return self.exit_process.stages if self.exit_process is not None else ()

    def date_of(self, day: int) -> date:
        """Calendar date of simulated day `day` (day 0 is `start`)."""
        return self.start + timedelta(days=day)

    def weekday(self, day: int) -> int:
        """Weekday of simulated day `day`, Monday = 0."""
        return self.date_of(day).weekday()

    def mean_journeys(self, post: int, day: int) -> float:
        """Mean number of journeys planned to depart for `post` on `day`; none on a weekday it is closed."""
        when = self.date_of(day)
        if self.posts[post].hours[when.weekday()] is None:
            return 0.0
        weights = self.posts[post].weekday_weights or self.weekday_weights
        return self.posts[post].month_means[when.month - 1] * weights[when.weekday()]

    def planned_span(self, post: int, day: int) -> tuple[float, float] | None:
        """Minutes of the day in which journeys to a post are planned: open, and not the last stretch before closing."""
        hours = self.posts[post].hours
        opening = hours[self.weekday(day)]
        if opening is None:
            return None
        tomorrow = hours[self.weekday(day + 1)]
        closes = opening[1] < 24 * 60 or tomorrow is None or tomorrow[0] > 0
        last = opening[1] - self.parameters.demand.last_departure_min if closes else opening[1]
        return (float(opening[0]), float(last)) if last > opening[0] else None

    def pair(self, origin: int, destination: int) -> Pair:
        """The pair of two country positions."""
        a, b = self.countries[origin].key, self.countries[destination].key
        return next(p for p in self.pairs if p.origin == a and p.destination == b)
