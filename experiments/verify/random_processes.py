"""Any small process that could be declared, its units and its lorries, from a source of choices.

The command chooses by seed (`BySeed`), the tests let Hypothesis choose; what can be chosen stands here, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from experiments.verify.borders import LEAVING, MIN, Engine, border, new_engine, numbers_of, served, staff
from experiments.verify.lorries import as_legs, lorry
from experiments.verify.trace import Trace
from sim.posts.process import ENTRY, EXIT, Plan, compile_processes
from sim.settings.process import Lodgement, Process, Stage
from sim.settings.run import TICKS_MS
from sim.world.world import Pool, World

T = TypeVar("T")
SKILLS = {"a": "none", "b": "document", "c": "search", "d": "image"}
HALF_DAY = 720
STOPS_MIN = (HALF_DAY, 2 * HALF_DAY, 20 * HALF_DAY)
MINUTES = (0.5, 3.0, 10.0, 45.0)
ROOM = 5_000
OUTCOMES = {
    "always": ("always",),
    "found": ("clear", "found"),
    "image": ("clear", "alarm"),
    "agency": ("free", "needed"),
    "control": ("clear", "scan", "examination"),
    "channel": ("green", "yellow", "red"),
    "share": ("a", "b", "c"),
}


class Choices(Protocol):
    """Where choices come from."""

    def one(self, options: Sequence[T]) -> T:
        """One of the options."""

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""

    def several(self, options: Sequence[T], most: int) -> list[T]:
        """One to `most` different options, in any order."""


class BySeed:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def one(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def several(self, options: Sequence[T], most: int) -> list[T]:
        """One to `most` different options, in any order."""
        return [options[i] for i in self.rng.permutation(len(options))[: self.whole(1, most)].tolist()]


@dataclass(frozen=True)
class RandomCase:
    """A process with units, lorries and shifts.

    Attributes
    ----------
    entry : the process; it may have papers that join the goods, and stages that share pools
    units : pools of one or two units each
    leaving : whether lorries pass an exit side first
    tick_ms, count, seed : resolution of time; how many lorries; the luck of lorries and shifts
    """

    entry: Process
    units: tuple[Pool, ...]
    leaving: bool
    tick_ms: int
    count: int
    seed: int

    def world(self, mould: World) -> World:
        """The border it is about."""
        return border(mould, self.entry, self.units, leaving=LEAVING if self.leaving else None)


def random_case(choose: Choices) -> RandomCase:
    """Choose everything."""
    return RandomCase(
        entry=_process(choose),
        units=tuple(_pools(choose)),
        leaving=choose.one([False, True]),
        tick_ms=choose.one(TICKS_MS),
        count=choose.whole(1, 25),
        seed=choose.whole(0, 2**31),
    )


def run_case(case: RandomCase, mould: World, kind: str) -> Trace:
    """Let one engine run a case: stops at noon, at midnight and ten days later."""
    world = case.world(mould)
    plan = compile_processes(world)
    engine: Engine = new_engine(kind, plan, numbers_of(world, case.tick_ms), log=ROOM)
    engine.set_systems(*_systems_down(case))
    engine.schedule_roster(*_shifts(plan, np.random.default_rng(case.seed)))
    engine.admit(as_legs(_lorries(plan, case, np.random.default_rng(case.seed))))
    days, queues = [], []
    for end in STOPS_MIN:
        engine.run(end * MIN)
        days.append(engine.take_finished())
        queues.append(engine.waiting())
    return Trace(days, queues, engine.live_rows(), engine.busy(), list(engine.log or []))


def _goods_stage(choose: Choices, number: int, later: list[str], kind: str) -> Stage:
    """A goods stage whose outcomes lead to any later stage or end."""
    more: dict[str, Any] = {"name": f"g{number}", "token": "goods", "kind": kind}
    if kind == "approach":
        return Stage(**more, lane_split_lorries=choose.whole(1, 3), to={"always": later[0]})
    if kind == "served":
        work = choose.one(["plain", "examination"])
        route = "found" if work == "examination" else choose.one(["always", "image", "agency"])
        pools = choose.several(sorted(SKILLS), 3)
        hurry = {"pressure": choose.one([False, True]), "paced": choose.one([False, True])}
        to = {outcome: choose.one(later) for outcome in OUTCOMES[route]}
        minutes = choose.one(MINUTES) if work == "plain" else None
        return served(f"g{number}", pools, minutes, to, route=route, work=work, **hurry)
    if kind == "delay":
        service = served("x", ["a"], choose.one(MINUTES), "released").service
        return Stage(**more, service=service, to={"always": choose.one(later)})
    route = choose.one(["agency", "channel", "share"]) if kind == "choice" else "control"
    return Stage(**more, route=route, to={outcome: choose.one(later) for outcome in OUTCOMES[route]})


def _goods(choose: Choices, papers: bool) -> list[Stage]:
    """Stages of the lorry, written from the last to the first; before a join every way leads to it."""
    kinds = [choose.one(["served", "served", "delay", "choice"]) for _ in range(choose.whole(1, 5))]
    join = choose.whole(0, len(kinds) - 1) if papers else -1
    if papers:
        kinds[join] = "join"
    approach = next((k for k in range(len(kinds) - 1) if kinds[k] != "join" and kinds[k + 1] == "served"), -1)
    if approach >= 0 and choose.one([False, True]):
        kinds[approach] = "approach"
    stages: list[Stage] = []
    for number in range(len(kinds) - 1, -1, -1):
        ends = ["released", "seized"] if number >= join else []
        later = [s.name for s in stages] + ends
        if number < join:
            later = later[: later.index(f"g{join}") + 1]
        stages.insert(0, _goods_stage(choose, number, later, kinds[number]))
    return stages


def _papers(choose: Choices) -> list[Stage]:
    """Papers prepared, validated, selected, checked, asked about and corrected."""
    end = {"settled": "done", "query": choose.one(["query", "check"]), "corrected": "correction"}
    paper: dict[str, Any] = {"token": "paper"}
    shared = choose.several(sorted(SKILLS), 3)

    def delay(name: str, minutes: float, **more: Any) -> Stage:
        return Stage(name=name, kind="delay", service=served("x", ["a"], minutes, "done").service, **paper, **more)

    return [
        served("prepare", [choose.one(["broker", "a"])], 5, "validate", visits=2, work="prepare", **paper),
        delay("validate", 1, visits=2, route="validation", to={"accepted": "select", "returned": "prepare"}),
        Stage(
            name="select", kind="choice", route="channel", to={"green": "done", "yellow": "check", "red": "check"},
            **paper,
        ),
        served(
            "check", shared, choose.one(MINUTES), end, visits=3, work="document", route="document", paced=True, **paper
        ),
        delay("query", 20, work="answer", visits=3, to={"always": "check"}),
        delay("correction", 5, work="correction", to={"always": "done"}),
    ]  # fmt: skip


def _process(choose: Choices) -> Process:
    """A process of one to five goods stages, with papers or not."""
    papers = choose.one([False, True])
    lorry_stages = _goods(choose, papers)
    if not papers:
        return Process(title="Random", goods_start="g0", stages=tuple(lorry_stages))
    both = [_papers(choose), lorry_stages]
    first = choose.whole(0, 1)  # desk priority: papers before goods, or after
    lead = Lodgement(timing="before", high_tier_h=1, low_tier_h=1, sigma=1)
    stages = (*both[first], *both[1 - first])
    return Process(title="Random", lodgement=lead, paper_start="prepare", goods_start="g0", stages=stages)


def _pools(choose: Choices) -> list[Pool]:
    """One to two units of every kind, perhaps with a reserve, under any assignment."""
    out = [staff("exit_gate", 1), staff("exit_inspectors", 1, skill="search")]
    for name, skill in SKILLS.items():
        assignment = choose.one(["longest_idle", "fixed_desk", "drawn"])
        more = {"skill": skill, "assignment": assignment, "reserve": choose.whole(0, 1), "step": 1}
        out.append(staff(name, choose.whole(1, 2), open_at=choose.whole(0, 3), **more))
    return out


def _lorries(plan: Plan, case: RandomCase, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Lorries of three hours, papers about the same time; an exit leg before each where the world has one."""
    rows: list[dict[str, Any]] = []
    has_papers = plan.sides[ENTRY].paper_start >= 0

    by_lot = [stage.name for stage in case.entry.stages if stage.route == "share"]

    def tick(minutes: float) -> float:
        return int(minutes * MIN / case.tick_ms) * case.tick_ms / MIN

    for k in range(case.count):
        traits = _traits(rng)
        arrives, papers = tick(float(rng.uniform(0, 180))), tick(float(rng.uniform(0, 240)))
        out = EXIT in plan.sides
        if out:
            onward, way = len(rows) + 1, int(tick(float(rng.uniform(0, 30))) * MIN) + case.tick_ms
            rows.append(lorry(plan, 2 * k, arrives, side=EXIT, follower=onward, transit_ms=way, **traits))
        lodged = papers if has_papers and rng.random() < 0.9 else None
        drawn = {name: int(rng.integers(3)) for name in by_lot}
        rows.append(lorry(plan, 2 * k + 1, None if out else arrives, lodged, minutes=drawn, **traits))
    return rows


def _traits(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "lane": int(rng.integers(2)), "score": float(rng.uniform(0, 4)), "scan": int(rng.integers(2)),
        "agency": int(rng.integers(2)), "prohibited": int(rng.integers(2)), "fiscal": int(rng.integers(5)),
        "machine_mismatch": int(rng.integers(2)), "mismatch": rng.integers(0, 2, 3).tolist(),
        "reuses": int(rng.integers(2)), "u_query": rng.random(3).tolist(), "u_irregular": float(rng.random()),
        "u_unit": float(rng.random()),
        "u_control": float(rng.random()), "u_reroute": float(rng.random()), "z_image": float(rng.normal()),
        "exam_min": float(rng.choice([20, 60])), "exam_threshold": float(rng.exponential(0.5)),
        "compare_min": float(rng.random()),
    }  # fmt: skip


def _systems_down(case: RandomCase) -> tuple[Any, Any]:
    """Both sides' declaration systems are down for some of the time in which papers come, or not at all."""
    rng = np.random.default_rng([case.seed, 1])
    ticks = rng.integers(0, 300 * MIN, (2, 2)) // case.tick_ms
    return ticks[0] * case.tick_ms, ticks.sum(axis=0) * case.tick_ms * rng.integers(0, 2, 2)


def _shifts(plan: Plan, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Every unit comes at the start or at a full ten minutes, some leave once, all are back in the afternoon."""
    units = len(plan.network.unit.pool)
    comes, leaves = rng.integers(0, 6, units) * 10, rng.integers(7, 30, units) * 10
    at = np.concatenate([comes, leaves, np.full(units, HALF_DAY)]) * MIN
    return at, np.tile(np.arange(units), 3), np.repeat(np.array([1, 0, 1]), units)
