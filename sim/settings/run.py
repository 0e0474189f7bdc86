"""Settings of a whole run: world, scenarios, length, chance, engine."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from sim.settings.parameters import Parameters
from sim.settings.strict import Name, Number, Strict, Whole
from sim.settings.world import WorldSettings

TICKS_MS = (1, 1_000, 60_000, 600_000)
FEWEST_DRAWS = 16
"""Of assumptions: from so many on, a sign that holds in seven of ten seldom (1 in 40) seems to hold in nine."""
Window = Literal["transition", "mature"]
WINDOWS: tuple[Window, ...] = ("transition", "mature")
"""The stretches of time a result speaks of: the first days of a measure, and what it is like once it has settled."""


class MeasureSettings(Strict):
    """A measure in a scenario.

    Attributes
    ----------
    measure : name in the registry of `sim.measures`
    intensity : strength in [0, 1]; 0 changes nothing, bit for bit
    raise_to : of a measure the world has in force, what its effectiveness becomes; None = it is new here
    from_day : days after `policy_day` at which it starts, no later than the last measured day
    starts_with : what happens on that day. `go_live`: it begins to act; decision and set-up lie its lead time earlier,
        and windows count from benefits. `decision`: set-up begins, and it acts after its lead time
    countries : keys of the countries that take part; empty = all. What lies between two countries needs both
    posts : names of the posts at which it applies; empty = all
    """

    measure: str
    intensity: Number = Field(default=1.0, ge=0, le=1)
    raise_to: Number | None = Field(default=None, ge=0, le=1)
    from_day: Whole = Field(default=0, ge=0, le=36500)
    starts_with: Literal["go_live", "decision"] = "go_live"
    countries: tuple[Name, ...] = ()
    posts: tuple[Name, ...] = ()


class Scenario(Strict):
    """A schedule of measures over a world; the baseline has none."""

    title: str
    measures: tuple[MeasureSettings, ...] = ()

    @model_validator(mode="after")
    def _each_measure_once(self) -> "Scenario":
        names = [m.measure for m in self.measures]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name}: stands twice in one scenario; remove one")
        return self


def _from_the_start() -> dict[Window, int]:
    return {"transition": 0}


class Length(Strict):
    """How long a run lasts and what of it is measured, in days.

    Attributes
    ----------
    burn_in_days : common past before the policy day
    window_days : length of every measured window
    windows : first day of each measured window, counted from the policy day; a cohort is the journeys planned in it
    between : what is kept of the days between two windows. `counted`: their sums, told as period `all`. `lived`:
        nothing; everybody lives and learns all the same, and the windows are the same to the last bit, sooner
    cool_down_days : most days after the last window in which its journeys may finish
    """

    burn_in_days: Whole = Field(ge=0, le=3650)
    window_days: Whole = Field(ge=1, le=3650)
    windows: dict[Window, Annotated[Whole, Field(ge=0, le=3650)]] = Field(default_factory=_from_the_start)
    between: Literal["counted", "lived"] = "counted"
    cool_down_days: Whole = Field(ge=0, le=60)

    @model_validator(mode="after")
    def _windows_apart(self) -> "Length":
        if list(self.windows) != list(WINDOWS[: len(self.windows)]) or not self.windows:
            raise ValueError(
                f"windows are {', '.join(self.windows) or 'none'}; name {WINDOWS[0]}, and {WINDOWS[1]} after it"
            )
        first, last = self.windows["transition"], self.windows.get("mature", 0)
        if "mature" in self.windows and last < first + self.window_days:
            raise ValueError(
                f"windows.mature is {last}, within the {self.window_days} days of the window before it; "
                f"begin it on day {first + self.window_days} or later"
            )
        return self

    @property
    def policy_day(self) -> int:
        """Day of the run from which measures may act; none starts before."""
        return self.burn_in_days

    @property
    def spans(self) -> dict[str, range]:
        """Days of the run in each window, in order."""
        starts = {name: self.policy_day + first for name, first in self.windows.items()}
        return {name: range(first, first + self.window_days) for name, first in starts.items()}

    @property
    def measured_until(self) -> int:
        """First day after the last window."""
        return max(span.stop for span in self.spans.values())

    @property
    def total_days(self) -> int:
        """Days simulated."""
        return self.measured_until + self.cool_down_days


class TargetingSettings(Strict):
    """Which engine scores declarations, and the weights `profiles` starts from (one per declared feature)."""

    engine: Literal["random", "profiles", "learned"]
    weights: dict[str, Number]


def _address(text: str) -> str:
    if not re.fullmatch(r"([a-z]+://)?(\[[0-9A-Fa-f:.]+\]|[^\s/:]+):\d+", text):
        raise ValueError(f"{text or '(empty)'}: is not the address of a scheduler; write it as tcp://host:port")
    return text


class Launcher(Strict):
    """Where replications run: in processes of this machine, or on the workers of a Dask cluster.

    Attributes
    ----------
    kind : `processes` or `dask`
    address : of a running Dask scheduler, as in tcp://10.0.0.5:8786; None starts a cluster on this machine
    """

    kind: Literal["processes", "dask"] = "processes"
    address: Annotated[str, AfterValidator(_address)] | None = None

    @model_validator(mode="after")
    def _address_of_a_scheduler(self) -> "Launcher":
        if self.address is not None and self.kind != "dask":
            raise ValueError(f"address is {self.address}, which only a Dask scheduler has; add launcher=dask")
        return self


class QuestionSettings(Strict):
    """A question asked by name. It changes how a report is headed and which table it has besides, and no number.

    Attributes
    ----------
    name : file it was read from
    title : the question in plain words
    cannot_tell : what its answer leaves open
    saved_min : minutes of mean clearance to be saved without detecting less; None = not asked
    life_years : years over which set-up is spread where it is asked what would repay the cost; None = not asked
    """

    name: str
    title: str
    cannot_tell: str = ""
    saved_min: Number | None = Field(default=None, gt=0)
    life_years: Number | None = Field(default=None, gt=0)


class RunSettings(Strict):
    """Everything a run depends on.

    Attributes
    ----------
    seed : any non-negative integer; with the replication number it fixes the potential world
    replications : how many paired ones, all at central values
    assumption_draws : how many times every number that has a range is drawn from it besides; 0 for not at all
    engine : `simpy` (journeys), `loop` (the same flow over arrays, compiled), `oracle` (that, uncompiled), or `auto`
    tick_ms : resolution of time in milliseconds
    launcher, workers : where replications run, and in how many processes (0 = one per core); no result depends on them
    legs : whether to keep every leg of the window in `tables/legs.parquet`
    question : what is asked, where it was asked by name; no result depends on it
    """

    world_name: str
    world: WorldSettings
    scenarios: dict[str, Scenario] = Field(min_length=1)
    assumptions: Parameters
    targeting: TargetingSettings
    length: Length
    seed: Whole = Field(ge=0, lt=2**63)
    replications: Whole = Field(ge=1, le=100_000)
    assumption_draws: Whole = Field(default=0, ge=0, le=10_000)
    engine: Literal["simpy", "loop", "oracle", "auto"]
    tick_ms: Whole
    launcher: Launcher = Launcher()
    workers: Whole = Field(ge=0, le=1024)
    legs: bool
    question: QuestionSettings | None = None

    @model_validator(mode="after")
    def _fits(self) -> "RunSettings":
        if self.tick_ms not in TICKS_MS:
            raise ValueError(f"tick_ms is {self.tick_ms}; it must be one of {', '.join(map(str, TICKS_MS))}")
        if 0 < self.assumption_draws < FEWEST_DRAWS:
            raise ValueError(
                f"assumption_draws is {self.assumption_draws}; fewer than {FEWEST_DRAWS} say no more than chance does "
                f"whether a sign holds in nine draws of ten; give 0, or {FEWEST_DRAWS} or more"
            )
        return self

    @model_validator(mode="after")
    def _measures_begin_while_measured(self) -> "RunSettings":
        """A measure that begins after the last measured day would change no result, and nobody would be told."""
        last = self.length.measured_until - self.length.policy_day - 1
        for name, scenario in self.scenarios.items():
            for chosen in scenario.measures:
                if chosen.from_day > last:
                    raise ValueError(
                        f"scenarios.{name}.measures.{chosen.measure}.from_day: {chosen.from_day}: is after the last "
                        f"measured day, {last}; give 0 to {last}, or a length that measures longer (length=two_years)"
                    )
        return self

    @model_validator(mode="after")
    def _no_money_is_lost(self) -> "RunSettings":
        """Set-up of a measure that begins with its decision is paid over its lead time, be that between windows."""
        for name, scenario in self.scenarios.items():
            for chosen in scenario.measures if self.length.between == "lived" else ():
                if chosen.starts_with == "decision":
                    raise ValueError(
                        f"length.between is lived, which keeps nothing of the days between windows, and set-up of "
                        f"{chosen.measure} in scenario {name}, which starts with its decision, may be paid then; take "
                        f"length.between=counted (length=two_years)"
                    )
        return self
