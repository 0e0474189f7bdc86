"""Settings of a world: countries, pairs, posts, pools, volumes; and of the small worlds with known answers."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from sim.settings.process import Mode, Process, Service
from sim.settings.strict import Bound, Name, Named, Number, Share, Sigma, Strict, Traffic, Whole, names_exist

Regime = Literal["home_use", "sct", "transit", "export", "empty"]
REGIMES: tuple[Regime, ...] = ("home_use", "sct", "transit", "export", "empty")
"""Customs regimes of a lorry at the entry side of a post, in the order the model numbers them.

Cleared for home use here; cleared under a single customs territory by the destination; in transit to a third country;
exported through this country; empty.
"""
LoadedRegime = Literal["sct", "transit", "export"]
ThroughRegime = Literal["sct", "transit", "export", "empty"]
"""Regimes under which a lorry may go on to a further border; what is cleared for home use has arrived."""
SmugglerWay = Literal["split", "history", "diversion", "officer"]
"""Ways of smuggling through a post that a world may have besides an ordinary and a trusted trader's cover."""
DUTIABLE: tuple[Regime, ...] = ("home_use", "sct")
"""Regimes under which duty is assessed, so that a false value, code or origin pays."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_UNITS = 10_000
"""Of one pool and shift; several times what any post of the world has."""


def _span(text: str) -> str:
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if not found:
        raise ValueError(f"'{text}' is not a span of the day; write it as \"06:00-14:00\", in quotes")
    h0, m0, h1, m1 = (int(g) for g in found.groups())
    if not (h0 * 60 + m0 < h1 * 60 + m1 <= 24 * 60 and m0 < 60 and m1 < 60):
        raise ValueError(
            f"'{text}' must start before it ends, within 00:00-24:00; exchange its ends, or end it at 24:00, what goes "
            "on after midnight being a span of its own"
        )
    return text


Span = Annotated[str, AfterValidator(_span)]


def _day(text: str) -> str:
    try:
        year = date.fromisoformat(text).year
    except ValueError as error:
        raise ValueError(f'"{text}" is not a date; write it as "2024-01-01", in quotes') from error
    if not 1900 <= year < 2200:
        raise ValueError(f"{text}: must lie from 1900 to 2199; correct the year")
    return text


Day = Annotated[str, AfterValidator(_day)]


def span_min(span: str) -> tuple[int, int]:
    """Minutes after midnight of a span such as "06:00-14:00"."""
    first, last = ((int(t[:2]) * 60 + int(t[3:])) for t in span.split("-"))
    return first, last


def _week(hours: dict[str, Span | None]) -> dict[str, Span | None]:
    if tuple(hours) != WEEKDAYS:
        raise ValueError(f"hours must name {', '.join(WEEKDAYS)} in this order; got {', '.join(hours)}")
    return hours


Hours = Annotated[dict[str, Span | None], AfterValidator(_week)]


def _weekday_shape(weights: dict[str, float]) -> dict[str, float]:
    if tuple(weights) != WEEKDAYS:
        raise ValueError(f"weekday_weights must name {', '.join(WEEKDAYS)} in this order")
    if sum(weights.values()) <= 0:
        raise ValueError("weekday_weights must sum to more than 0")
    return weights


def _hour_shape(weights: dict[str, float]) -> dict[str, float]:
    if list(weights) != [f"h{h:02d}" for h in range(24)]:
        raise ValueError("hour_weights must name h00 to h23 in order")
    if sum(weights.values()) <= 0:
        raise ValueError("hour_weights must sum to more than 0")
    return weights


WeekdayWeights = Annotated[dict[str, Number], AfterValidator(_weekday_shape)]
HourWeights = Annotated[dict[str, Number], AfterValidator(_hour_shape)]


class CountrySettings(Strict):
    """A country; capacity comes from the reference tables or, in fictional worlds, from `capacity01`.

    Attributes
    ----------
    title : name shown to readers
    capacity01 : capacity in [0, 1]; None reads `d_capacity01` of `sim/world/data/reference/countries.csv`
    processes : entry processes by regime, where this country's differ from the world's
    """

    title: str
    capacity01: Number | None = Field(default=None, ge=0, le=1)
    processes: dict[Regime, Process] = Field(default_factory=dict)


class PairSettings(Strict):
    """What links an origin to a destination; None reads the bilateral reference table.

    Attributes
    ----------
    rekeyed_elements : elements the destination requires that are not in the origin's set (count)
    legal_basis, channel : what may be shared, and how
    common_language, contiguous, tension : 0/1, 0/1, [0, 1]
    cultural_distance : how differently administrations work and speak, [0, 1]; it makes trust start lower
    scripts : whether names are written alike on both sides; names across scripts are seldom recognised
    """

    origin: str
    destination: str
    rekeyed_elements: Number = Field(ge=0, le=200)
    legal_basis: Literal["none", "memorandum", "agreement"]
    channel: Literal["formal", "liaison", "portal", "integrated"]
    common_language: Number | None = Field(default=None, ge=0, le=1)
    contiguous: Number | None = Field(default=None, ge=0, le=1)
    tension: Number | None = Field(default=None, ge=0, le=1)
    cultural_distance: Number = Field(default=0.0, ge=0, le=1)
    scripts: Literal["same", "different"] = "same"


class PoolSettings(Strict):
    """Officers, clerks or devices of one kind at a post.

    Attributes
    ----------
    kind : who or what a unit is; officers and analysts have skills, devices none; a bank's counters are no public staff
    side : which country's staff (exit or entry); agencies and banks belong to the entry side
    base : units on every shift; give either this or `load`
    load : utilisation the pool is sized to from expected baseline work (printed by `bordersim check`)
    reserve, open_at, step : further units; unit k starts work only while at least
        `open_at + step * (k - base - 1)` lorries wait at its station, its approach included
    shifts : spans of the day, each with its own team, cut to the post's opening hours; empty = always on
    skill : the skill that serves here
    assignment : who of the free units serves
    breaks : whether the units are machines that may be out of order; fewer lorries are called while some are
    hours : opening span of each weekday, None = closed, where it is not the post's (a bank's)
    """

    kind: Literal["officer", "analyst", "device", "agency", "bank"]
    side: Literal["exit", "entry"]
    base: Number | None = Field(default=None, le=MOST_UNITS)
    load: Number | None = Field(default=None, gt=0, lt=1)
    reserve: Number = Field(default=0, le=MOST_UNITS)
    open_at: Number = Field(default=0, ge=0)
    step: Number = Field(default=0, ge=0)
    shifts: tuple[Span, ...] = ()
    skill: Literal["document", "image", "search", "none"] = "none"
    assignment: Literal["longest_idle", "fixed_desk", "drawn"] = "longest_idle"
    breaks: bool = False
    hours: Hours | None = None

    @model_validator(mode="after")
    def _sized_one_way(self) -> "PoolSettings":
        if (self.base is None) == (self.load is None):
            raise ValueError("give a pool either base (units per shift) or load (utilisation it is sized to)")
        return self


class PostSettings(Strict):
    """A border post: which data row holds its volume, or its volume itself; hours; pools it changes.

    Attributes
    ----------
    exit_country, entry_country : keys of the world's countries
    port, year : port name and calendar year in `sim/world/data/bts_trucks`; or
    journeys_per_day : mean volume, where no data row exists
    arrivals_csv : log of arrivals from which the volume, the two shapes that follow and, where it names them, the
        regimes were read (`experiments.arrivals`)
    weekday_weights, hour_weights : relative arrivals, where they differ from the world's
    hours : opening span of each weekday, None = closed
    km : detour in km from here to other posts
    pools : pools of this post that differ from the world's `pools`
    empty_share, regime_shares : where they differ from the world's
    brokers : broker offices; None takes the assumption, 0 = no broker works here
    """

    exit_country: str
    entry_country: str
    port: str | None = None
    year: Whole | None = None
    journeys_per_day: Traffic | None = None
    arrivals_csv: str | None = None
    weekday_weights: WeekdayWeights | None = None
    hour_weights: HourWeights | None = None
    hours: Hours
    km: dict[str, Number] = Field(default_factory=dict)
    pools: dict[Name, PoolSettings] = Field(default_factory=dict)
    empty_share: Share | None = None
    regime_shares: dict[LoadedRegime, Share] | None = None
    brokers: Number | None = Field(default=None, le=1_000)

    @model_validator(mode="after")
    def _volume_and_shares(self) -> "PostSettings":
        if (self.journeys_per_day is None) == (self.port is None or self.year is None):
            raise ValueError("give a post either journeys_per_day or port and year of the traffic data")
        _parts_of_loaded(self.regime_shares or {})
        return self


def _parts_of_loaded(shares: dict[LoadedRegime, float]) -> None:
    if sum(shares.values()) > 1 + 1e-9:
        raise ValueError(
            f"regime_shares: {sum(shares.values()):g}: shares of loaded lorries must sum to 1 or less, home use "
            "being the rest; lower one"
        )


class InForce(Strict):
    """A measure already operating.

    Attributes
    ----------
    measure : its name
    year : since when
    effectiveness : how much of what it could do it does, in [0, 1]
    outcome : "stage.outcome" of the entry processes that happens in this share of cases; empty where the measure shows
        in other numbers of the world, which `source` then names
    source : where year and effectiveness come from
    """

    measure: str
    year: Whole = Field(ge=1900, le=2199)
    effectiveness: Number = Field(ge=0, le=1)
    outcome: str = ""
    source: str


class Band(Strict):
    """A published figure the baseline is held against, and never fitted to.

    Attributes
    ----------
    title : what it is, in words
    value, over : "indicator group" of the baseline, and of what it is divided by; empty = by nothing
    low, high : the published band
    unit, source : of the band
    why : what explains a miss, or what a hit does not say
    """

    title: str
    value: str
    over: str = ""
    low: Bound
    high: Bound
    unit: str
    source: str
    why: str

    @model_validator(mode="after")
    def _is_a_band(self) -> "Band":
        if self.low > self.high:
            raise ValueError(f"low {self.low:g} lies above high {self.high:g}; exchange them")
        for words in (self.value, self.over):
            if (words or words is self.value) and not all(words.partition(" ")):
                raise ValueError(f"'{words}' is not an indicator and a group; write it as \"clearance_mean_h all\"")
        return self


class CorridorSettings(Strict):
    """Posts that some lorries cross one after the other.

    Attributes
    ----------
    posts : the directed posts in order
    regimes : regimes these lorries are under, the same at every post
    share : share of one post's lorries under each of these regimes that go the whole way
    share_of : the post of which `share` is told; None = the first
    drives : law of the drive from each post to the next, from leaving the one to arriving at the other
    """

    posts: tuple[str, ...]
    regimes: tuple[ThroughRegime, ...]
    share: Share
    share_of: str | None = None
    drives: tuple[Service, ...]


class ExtraTrader(Strict):
    """A further trader with a volume of its own (adds its rows and moves none)."""

    home: str
    journeys_per_day: Traffic = Field(gt=0)


def _completed(processes: dict[str, Any], desks: dict[str, Any], where: str) -> dict[str, Any]:
    """Processes whose stages without a token of their own are completed from the desks of that name."""
    out = {}
    for regime, process in processes.items():
        if not isinstance(process, dict) or not isinstance(stages := process.get("stages"), list | tuple):
            out[regime] = process
            continue
        whole = []
        for stage in stages:
            if isinstance(stage, dict) and "token" not in stage and "name" in stage:
                if stage["name"] not in desks:
                    raise ValueError(
                        f"{where}.{regime}.stages.{stage['name']}: is given by name and entry_process, which has "
                        f"{', '.join(desks) or 'none'}, lacks it; spell it out, or choose another entry_process"
                    )
                stage = desks[stage["name"]] | stage
            whole.append(stage)
        out[regime] = {**process, "stages": whole}
    return out


def with_borrowed_stages(raw: Any) -> Any:
    """Plain settings of a world whose stages given by name are filled in from the home-use process's of that name."""
    if not isinstance(raw, dict) or not isinstance(home := raw.get("entry_process"), dict):
        return raw
    desks = {s["name"]: s for s in home.get("stages") or () if isinstance(s, dict) and "name" in s}
    bare = next((name for name, stage in desks.items() if "token" not in stage and set(stage) <= {"name", "to"}), None)
    if bare is not None:
        raise ValueError(
            f"entry_process.stages.{bare}: is given by name, which takes the rest from entry_process itself; "
            "choose a process that spells its stages out, or spell it out"
        )
    regimes, countries = raw.get("regime_processes"), raw.get("countries")
    out = dict(raw)
    if isinstance(regimes, dict):
        out["regime_processes"] = _completed(regimes, desks, "regime_processes")
    if isinstance(countries, dict):
        out["countries"] = {
            key: {**c, "processes": _completed(c["processes"], desks, f"countries.{key}.processes")}
            if isinstance(c, dict) and isinstance(c.get("processes"), dict)
            else c
            for key, c in countries.items()
        }
    return out


class BorderWorld(Strict):
    """Posts between countries, with agents.

    Attributes
    ----------
    entry_process : process of lorries for home use, and of empty ones
    regime_processes : entry processes of other regimes (a country may have its own); a stage given by name, or by name
        and `to`, is otherwise that of `entry_process`
    same_process : regimes that take the process of another
    empty_share, regime_shares : share of lorries that are empty; shares of the loaded ones by regime, home use the rest
    shares : per stage with route `share`, how often its outcomes happen; the one left out gets the rest
    published : figures its baseline is held against
    corridors : posts that some lorries cross one after the other
    smuggler_ways : ways through a post open to smugglers besides an ordinary and a trusted trader's cover
    """

    kind: Literal["border"]
    title: str
    description: str
    fictional: bool
    mode: Mode
    start_date: Day
    countries: dict[Name, CountrySettings]
    pairs: tuple[PairSettings, ...]
    in_force: tuple[InForce, ...] = ()
    empty_share: Number = Field(ge=0, le=1)
    regime_shares: dict[LoadedRegime, Share] = Field(default_factory=dict)
    aeo_share: Number = Field(ge=0, le=1)
    scan_share: Number = Field(ge=0, le=1)
    exit_red_share: Number = Field(ge=0, le=1)
    agency_share: Number = Field(ge=0, le=1)
    transit_min: Service
    pickup: Service
    hour_weights: HourWeights
    weekday_weights: WeekdayWeights
    exit_process: Process | None
    entry_process: Process
    regime_processes: dict[Regime, Process] = Field(default_factory=dict)
    same_process: dict[Regime, Regime] = Field(default_factory=dict)
    shares: dict[str, dict[str, Share]] = Field(default_factory=dict)
    pools: dict[Name, PoolSettings]
    broker_hours: tuple[Span, ...] = ()
    posts: dict[Name, PostSettings] = Field(min_length=1)
    corridors: dict[Name, CorridorSettings] = Field(default_factory=dict)
    traders: dict[Name, ExtraTrader] = Field(default_factory=dict)
    smuggling: bool = True
    smuggler_ways: tuple[SmugglerWay, ...] = ()
    corruption: bool = False
    channel_policy: Literal["capacity_aware", "fixed_rate", "blanket"]
    expired_alerts: Literal["lapse", "red"] = "lapse"
    fitted: str
    not_for: str
    published: tuple[Band, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _borrow_stages(cls, raw: Any) -> Any:
        return with_borrowed_stages(raw)

    @model_validator(mode="after")
    def _modes_are_not_mixed(self) -> "BorderWorld":
        named = {"entry_process": self.entry_process, "exit_process": self.exit_process}
        named |= {f"regime_processes.{regime}": process for regime, process in self.regime_processes.items()}
        for key, country in self.countries.items():
            named |= {f"countries.{key}.processes.{r}": process for r, process in country.processes.items()}
        for where, process in named.items():
            if process is not None and process.mode != self.mode:
                raise ValueError(
                    f"{where} is of mode {process.mode} in a world of mode {self.mode}; their times differ tenfold, "
                    "so take a process of the world's own mode"
                )
        return self

    @model_validator(mode="after")
    def _no_real_place_is_called_corrupt(self) -> "BorderWorld":
        if self.corruption and not self.fictional:
            raise ValueError(
                "corruption is true in a world that is not fictional; no real place is called corrupt here"
            )
        return self

    @model_validator(mode="after")
    def _ways_lead_somewhere(self) -> "BorderWorld":
        if "officer" in self.smuggler_ways and not self.corruption:
            raise ValueError(
                "smuggler_ways: officer stands in a world without corruption; say corruption: true (fictional worlds "
                "only) or remove it"
            )
        shares = [self.regime_shares, *(post.regime_shares or {} for post in self.posts.values())]
        if "diversion" in self.smuggler_ways and not any(one.get("transit") for one in shares):
            raise ValueError(
                "smuggler_ways: diversion needs goods in transit, and no regime_shares name any; give transit a share "
                "or remove it"
            )
        return self

    @model_validator(mode="after")
    def _each_stands_once(self) -> "BorderWorld":
        lists: dict[str, list[str]] = {"in_force": [row.measure for row in self.in_force]}
        lists |= {f"corridors.{name}.regimes": [*corridor.regimes] for name, corridor in self.corridors.items()}
        lists["smuggler_ways"] = [*self.smuggler_ways]
        for where, names in lists.items():
            for name in names:
                if names.count(name) > 1:
                    raise ValueError(f"{where}: {name} stands twice; remove one")
        return self

    @model_validator(mode="after")
    def _other_processes_are_used(self) -> "BorderWorld":
        for regime, other in self.same_process.items():
            if regime in ("home_use", other) or regime in self.regime_processes:
                rule = "has a process of its own" if regime != other else "is the same regime"
                raise ValueError(f"same_process.{regime}: {other}: {regime} {rule}; remove one of the two")
            given = {"home_use", *self.regime_processes, *(r for c in self.countries.values() for r in c.processes)}
            if other not in given:
                raise ValueError(
                    f"same_process.{regime}: {other} has no process here; take one of {', '.join(sorted(given))}"
                )
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> "BorderWorld":
        names_exist(self._names())
        _parts_of_loaded(self.regime_shares)
        return self

    def _names(self) -> Iterator[Named]:
        """Countries and posts that are named elsewhere than where they are described."""
        for name, post in self.posts.items():
            for side in ("exit_country", "entry_country"):
                yield ("posts", name, side), getattr(post, side), self.countries
            yield from ((("posts", name, "km", other), other, self.posts) for other in post.km)
        for position, pair in enumerate(self.pairs):
            for end in ("origin", "destination"):
                yield ("pairs", position, end), getattr(pair, end), self.countries
        yield from ((("traders", name, "home"), trader.home, self.posts) for name, trader in self.traders.items())


class QueueWorld(Strict):
    """One station with a known answer: M/M/c, M/G/1 or two priority classes; clearance is wait + service."""

    kind: Literal["queue"]
    title: str
    description: str
    arrivals_per_hour: Number = Field(gt=0, le=5_000)
    servers: Whole = Field(ge=1, le=63)
    mean_service_min: Number = Field(gt=0)
    law: Literal["exponential", "lognormal", "fixed"] = "exponential"
    sigma: Sigma = 0.0
    priority_share: Number = Field(default=0.0, ge=0, le=1)


class InspectionWorld(Strict):
    """One examination hall with a known answer: blind selection, one dose for everybody."""

    kind: Literal["inspection"]
    title: str
    description: str
    journeys_per_day: Traffic = Field(gt=0)
    prohibited_share: Number = Field(gt=0, le=1)
    inspection_share: Number = Field(ge=0, le=1)
    dose: Number = Field(ge=0)


WorldSettings = Annotated[BorderWorld | QueueWorld | InspectionWorld, Field(discriminator="kind")]
