"""Settings of a clearance process: its stages in order, who serves them, where each outcome leads."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from sim.settings.strict import Name, Number, Sigma, Strict, Whole

Token = Literal["paper", "goods"]
Mode = Literal["road", "ro_ro", "sea", "air"]
Party = Literal["trader_broker", "customs", "other_agency", "terminal_transport", "bank"]
END = ("done", "released", "seized")
"""Where a token may end: `done` ends the paper, `released` and `seized` end the goods and the leg."""

ROUTES: dict[str, tuple[str, ...]] = {
    "always": ("always",),
    "validation": ("accepted", "returned"),
    "channel": ("green", "yellow", "red"),
    "document": ("settled", "query", "corrected"),
    "control": ("clear", "scan", "examination"),
    "image": ("clear", "alarm"),
    "found": ("clear", "found"),
    "agency": ("free", "needed"),
    "share": (),
}
"""Routing rules and their outcomes, in the order `sim.posts.rules` numbers them.

A `share` stage names its own two or three outcomes; the world says how often each happens.
"""
MOST_OUTCOMES = 3


class Service(Strict):
    """Law of a nominal duration in minutes.

    `lognormal` takes its mean and log standard deviation `sigma`; `exponential` and `fixed` the mean alone.
    """

    law: Literal["lognormal", "exponential", "fixed"]
    mean_min: Number
    sigma: Sigma = 0.0

    @model_validator(mode="after")
    def _durations_are_positive(self) -> "Service":
        if self.mean_min <= 0:
            raise ValueError(f"mean_min is {self.mean_min:g} min; a duration must be above 0")
        return self


class Stage(Strict):
    """One stage of a process.

    Attributes
    ----------
    name, token
        Stable name used in every table; which of the two tokens of a leg passes here.
    kind
        `served` by pools, `delay` (served by nobody), `approach` (the common queue before the lanes of the
        next stage, admits while fewer than `lane_split_lorries` wait there), `choice` (takes no time), `join`
        (the goods wait for the papers).
    pools
        Pools at the post of which one unit each is needed, all or nothing; `broker` is the leg's broker office.
    service
        Nominal duration; of an examination the `examination` work type supplies it.
    work
        What is added to, or done in, the nominal duration: `plain`; `prepare` (re-keying); `document`
        (comparison of re-keyed elements); `answer` (mean by tier of the exporting country); `examination` (levels);
        `correction`.
    visits
        How many visits have numbers of their own; later visits reuse the last.
    pressure, paced, learns
        Whether a queue shortens the work, whether the officer's pace and fatigue stretch it, and which skill serves.
    route, to
        Routing rule at completion and the stage (or end) each of its outcomes leads to.
    responsible
        Whose time this is in a Time Release Study.
    """

    name: Name
    token: Token
    kind: Literal["served", "delay", "approach", "choice", "join"] = "served"
    pools: tuple[str, ...] = ()
    service: Service | None = None
    work: Literal["plain", "prepare", "document", "answer", "examination", "correction"] = "plain"
    visits: Whole = Field(default=1, ge=1)
    pressure: bool = False
    paced: bool = False
    lane_split_lorries: Whole = Field(default=0, ge=0, le=1_000_000)
    route: Literal["always", "validation", "channel", "document", "control", "image", "found", "agency", "share"] = (
        "always"
    )
    to: dict[str, str]
    responsible: Party = "customs"

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Outcomes in the order of their numbers."""
        return ROUTES[self.route] or tuple(self.to)

    @property
    def timed(self) -> bool:
        """Whether a leg brings a nominal duration for it."""
        return self.kind in ("served", "delay") and self.work != "examination"

    @property
    def columns(self) -> int:
        """Numbers a leg brings for it: a duration per visit, or the outcome drawn for it."""
        return self.visits if self.timed else int(self.route == "share")

    @model_validator(mode="after")
    def _outcomes_fit_the_route(self) -> "Stage":
        missing = [o for o in self.outcomes if o not in self.to]
        extra = [o for o in self.to if o not in self.outcomes]
        if self.route == "share" and (self.kind != "choice" or not 2 <= len(self.to) <= MOST_OUTCOMES):
            raise ValueError(f"stage {self.name}: route share belongs to a choice of 2 to {MOST_OUTCOMES} outcomes")
        if missing or extra:
            raise ValueError(
                f"stage {self.name}: route {self.route} has outcomes {', '.join(ROUTES[self.route])}; "
                f"missing {missing or 'none'}, unknown {extra or 'none'}"
            )
        if (self.kind == "served") != bool(self.pools):
            raise ValueError(f"stage {self.name}: a served stage names its pools and no other kind has any")
        timed = self.kind in ("served", "delay")
        if timed and self.work in ("plain", "prepare", "document") and self.service is None:
            raise ValueError(f"stage {self.name}: give service (law, mean_min) to a {self.kind} stage")
        if self.kind == "approach" and self.lane_split_lorries < 1:
            raise ValueError(f"stage {self.name}: an approach needs lane_split_lorries of 1 or more")
        return self


class Lodgement(Strict):
    """When the papers reach the broker, relative to the planned arrival at the entry side.

    Attributes
    ----------
    timing
        `before` or `after` the planned arrival.
    high_tier_h, low_tier_h
        Mean of the lognormal lead or delay in hours; interpolated by the tier of the entry country.
    sigma
        Log standard deviation.
    """

    timing: Literal["before", "after"]
    high_tier_h: Number
    low_tier_h: Number
    sigma: Sigma


class Process(Strict):
    """A declared process of one side of a border: stages in desk-priority order, and where each token starts.

    `mode` is that of its figures: what was measured at a sea port says nothing of a road post.
    """

    title: str
    mode: Mode = "road"
    lodgement: Lodgement | None = None
    paper_start: str | None = None
    goods_start: str
    empty_start: str | None = None
    stages: tuple[Stage, ...]

    @model_validator(mode="after")
    def _every_way_leads_somewhere(self) -> "Process":
        names = [s.name for s in self.stages]
        if len(set(names)) != len(names):
            raise ValueError(f"stage names must differ; got {', '.join(names)}")
        starts = [s for s in (self.paper_start, self.goods_start, self.empty_start) if s]
        for target in [*starts, *(t for s in self.stages for t in s.to.values())]:
            if target not in names and target not in END:
                raise ValueError(f"no stage is called {target}; stages are {', '.join(names)}; ends {', '.join(END)}")
        self._tokens_keep_apart()
        if self.paper_start and self.lodgement is None:
            raise ValueError("a process with papers needs lodgement")
        if self.paper_start and self._ends_without_join(self.goods_start):
            raise ValueError("goods can end before their papers; lead every way of the goods through a join")
        return self

    def _tokens_keep_apart(self) -> None:
        """Papers and goods walk stages of their own and end in their own way."""
        tokens: dict[str, str] = {s.name: s.token for s in self.stages}
        tokens |= {"done": "paper", "released": "goods", "seized": "goods"}
        ways = [("goods_start", "goods", self.goods_start), ("empty_start", "goods", self.empty_start)]
        ways += [("paper_start", "paper", self.paper_start)]
        ways += [(f"stage {s.name}", s.token, target) for s in self.stages for target in s.to.values()]
        for where, token, target in ways:
            if target and tokens[target] != token:
                raise ValueError(f"{where} leads the {token} to {target}, which is for the {tokens[target]}")

    def _ends_without_join(self, start: str) -> bool:
        """Whether goods can get from a stage to an end without passing a join."""
        stages = {s.name: s for s in self.stages}
        seen, ahead = set(), [start]
        while ahead:
            name = ahead.pop()
            if name in END:
                return True
            if name not in seen and stages[name].kind != "join":
                seen.add(name)
                ahead += stages[name].to.values()
        return False

    @property
    def join_name(self) -> str:
        """The (first) stage at which goods wait for their papers; empty where there is none."""
        return next((stage.name for stage in self.stages if stage.kind == "join"), "")

    @property
    def needs_broker(self) -> bool:
        """Whether some stage is served by the leg's broker office."""
        return any("broker" in stage.pools for stage in self.stages)


SHARED = ("token", "kind", "pools", "work", "responsible", "lane_split_lorries")
"""What stages of one name must agree in: they are one queue. How long each regime takes there may differ."""


def joined_stages(processes: Sequence[Process]) -> tuple[Stage, ...]:
    """Stages of several processes at one side of a post, one of each name, in order of first appearance.

    Raises
    ------
    ValueError
        If two stages of one name are not the same desk.
    """
    stages: dict[str, Stage] = {}
    first: dict[str, str] = {}
    for process in processes:
        for stage in process.stages:
            known = stages.setdefault(stage.name, stage)
            owner = first.setdefault(stage.name, process.title)
            for field in SHARED:
                if getattr(known, field) != getattr(stage, field):
                    raise ValueError(
                        f"process {process.title}: {field} of stage {stage.name} differs from that in "
                        f"{owner}; stages of one name are one queue, so give it another name"
                    )
            if known.route == "share" and known.outcomes != stage.outcomes:
                raise ValueError(f"process {process.title}: outcomes of {stage.name} differ; give it another name")
            if stage.visits > known.visits:
                stages[stage.name] = known.model_copy(update={"visits": stage.visits})
    joins = {name for process in processes if (name := process.join_name)}
    if len(joins) > 1:
        raise ValueError(f"goods wait for their papers at {' and '.join(sorted(joins))}; give that stage one name")
    return tuple(stages.values())
