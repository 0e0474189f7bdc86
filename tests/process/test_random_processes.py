"""Any small process that could be declared gives the same events under both engines, and loses nobody's time."""

from typing import Any

import numpy as np
from hand_made import LEAVING, MIN, Engine, as_legs, border, lorry, new_engine, numbers_of, served, staff
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.posts.legs import LegRows, same_rows
from sim.posts.process import ENTRY, EXIT, Plan, compile_processes
from sim.settings.process import Lodgement, Process, Stage
from sim.settings.run import TICKS_MS
from sim.world.world import Pool, World

SKILLS = {"a": "none", "b": "document", "c": "search", "d": "image"}
HALF_DAY = 720
GOODS_ROUTES = {"always": 1, "found": 2, "image": 2, "agency": 2, "control": 3, "channel": 3}
OUTCOMES = {
    "always": ("always",),
    "found": ("clear", "found"),
    "image": ("clear", "alarm"),
    "agency": ("free", "needed"),
    "control": ("clear", "scan", "examination"),
    "channel": ("green", "yellow", "red"),
}
POOLS = st.lists(st.sampled_from(sorted(SKILLS)), min_size=1, max_size=3, unique=True)
MINUTES = st.sampled_from([0.5, 3.0, 10.0, 45.0])


@st.composite
def goods_stage(draw: st.DrawFn, number: int, later: list[str], kind: str) -> Stage:
    """A goods stage whose outcomes lead to any later stage or end."""
    more: dict[str, Any] = {"name": f"g{number}", "token": "goods", "kind": kind}
    if kind == "approach":
        return Stage(**more, lane_split_lorries=draw(st.integers(1, 3)), to={"always": later[0]})
    if kind == "served":
        work = draw(st.sampled_from(["plain", "examination"]))
        route = "found" if work == "examination" else draw(st.sampled_from(["always", "image", "agency"]))
        pools = draw(POOLS)
        more |= {"pressure": draw(st.booleans()), "paced": draw(st.booleans()), "route": route, "work": work}
        to = {outcome: draw(st.sampled_from(later)) for outcome in OUTCOMES[route]}
        minutes = draw(MINUTES) if work == "plain" else None
        del more["name"]
        return served(f"g{number}", pools, minutes, to, **more)
    if kind == "delay":
        served_like = served("x", ["a"], draw(MINUTES), "released")
        return Stage(**more, service=served_like.service, to={"always": draw(st.sampled_from(later))})
    route = {"choice": draw(st.sampled_from(["agency", "channel"])), "join": "control"}[kind]
    return Stage(**more, route=route, to={o: draw(st.sampled_from(later)) for o in OUTCOMES[route]})


@st.composite
def goods(draw: st.DrawFn, papers: bool) -> list[Stage]:
    """Stages of the lorry, written from the last to the first; before a join every way leads to it."""
    kinds = [draw(st.sampled_from(["served", "served", "delay", "choice"])) for _ in range(draw(st.integers(1, 5)))]
    join = draw(st.integers(0, len(kinds) - 1)) if papers else -1
    if papers:
        kinds[join] = "join"
    approach = next((k for k in range(len(kinds) - 1) if kinds[k] != "join" and kinds[k + 1] == "served"), -1)
    if approach >= 0 and draw(st.booleans()):
        kinds[approach] = "approach"
    stages: list[Stage] = []
    for number in range(len(kinds) - 1, -1, -1):
        ends = ["released", "seized"] if number >= join else []
        later = [s.name for s in stages] + ends
        if number < join:
            later = later[: later.index(f"g{join}") + 1]
        stages.insert(0, draw(goods_stage(number, later, kinds[number])))
    return stages


@st.composite
def processes(draw: st.DrawFn) -> Process:
    """A process of one to five goods stages, with papers (prepared, validated, selected, checked, asked about) or not."""
    papers = draw(st.booleans())
    lorry_stages = draw(goods(papers))
    if not papers:
        return Process(title="Random", goods_start="g0", stages=tuple(lorry_stages))
    shared = draw(POOLS)
    end = {"settled": "done", "query": draw(st.sampled_from(["query", "check"])), "corrected": "correction"}
    paper: dict[str, Any] = {"token": "paper"}
    paper_stages = [
        served("prepare", [draw(st.sampled_from(["broker", "a"]))], 5, "validate", visits=2, work="prepare", **paper),
        Stage(
            name="validate", kind="delay", service=served("x", ["a"], 1, "done").service, visits=2, route="validation",
            to={"accepted": "select", "returned": "prepare"}, **paper,
        ),
        Stage(
            name="select", kind="choice", route="channel", to={"green": "done", "yellow": "check", "red": "check"},
            **paper,
        ),
        served("check", shared, draw(MINUTES), end, visits=3, work="document", route="document", paced=True, **paper),
        Stage(
            name="query", kind="delay", service=served("x", ["a"], 20, "done").service, work="answer", visits=3,
            to={"always": "check"}, **paper,
        ),
        Stage(
            name="correction", kind="delay", service=served("x", ["a"], 5, "done").service, work="correction",
            to={"always": "done"}, **paper,
        ),
    ]  # fmt: skip
    lead = Lodgement(timing="before", high_tier_h=1, low_tier_h=1, sigma=1)
    both = draw(st.permutations([paper_stages, lorry_stages]))  # desk priority: papers before goods, or after
    stages = tuple(stage for part in both for stage in part)
    return Process(title="Random", lodgement=lead, paper_start="prepare", goods_start="g0", stages=stages)


@st.composite
def pools(draw: st.DrawFn) -> list[Pool]:
    """One to two units of every kind, perhaps with a reserve, under any assignment."""
    out = [staff("exit_gate", 1), staff("exit_inspectors", 1, skill="search")]
    for name, skill in SKILLS.items():
        assignment = draw(st.sampled_from(["longest_idle", "fixed_desk", "drawn"]))
        reserve, open_at = draw(st.integers(0, 1)), draw(st.integers(0, 3))
        more = {"skill": skill, "assignment": assignment, "reserve": reserve, "open_at": open_at, "step": 1}
        out.append(staff(name, draw(st.integers(1, 2)), **more))
    return out


def random_lorries(plan: Plan, count: int, tick_ms: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Lorries of three hours, papers about the same time; an exit leg before each where the world has one."""
    rows: list[dict[str, Any]] = []
    has_papers = plan.sides[ENTRY].paper_start >= 0

    def tick(minutes: float) -> float:
        return int(minutes * MIN / tick_ms) * tick_ms / MIN

    for k in range(count):
        traits: dict[str, Any] = {
            "lane": int(rng.integers(2)), "score": float(rng.uniform(0, 4)), "scan": int(rng.integers(2)),
            "agency": int(rng.integers(2)), "prohibited": int(rng.integers(2)), "fiscal": int(rng.integers(5)),
            "machine_mismatch": int(rng.integers(2)), "mismatch": rng.integers(0, 2, 3).tolist(),
            "u_query": rng.random(3).tolist(), "u_irregular": float(rng.random()), "u_unit": float(rng.random()),
            "u_control": float(rng.random()), "u_reroute": float(rng.random()), "z_image": float(rng.normal()),
            "exam_min": float(rng.choice([20, 60])), "exam_threshold": float(rng.exponential(0.5)),
            "compare_min": float(rng.random()),
        }  # fmt: skip
        arrives, papers = tick(float(rng.uniform(0, 180))), tick(float(rng.uniform(0, 240)))
        out = EXIT in plan.sides
        if out:
            onward, way = len(rows) + 1, int(tick(float(rng.uniform(0, 30))) * MIN) + tick_ms
            rows.append(lorry(plan, 2 * k, arrives, side=EXIT, follower=onward, transit_ms=way, **traits))
        lodged = papers if has_papers and rng.random() < 0.9 else None
        rows.append(lorry(plan, 2 * k + 1, None if out else arrives, lodged, **traits))
    return rows


def shifts(plan: Plan, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Every unit comes at the start or at a full ten minutes, some leave once, all are back in the afternoon."""
    units = len(plan.network.unit.pool)
    comes, leaves = rng.integers(0, 6, units) * 10, rng.integers(7, 30, units) * 10
    at = np.concatenate([comes, leaves, np.full(units, HALF_DAY)]) * MIN
    return at, np.tile(np.arange(units), 3), np.repeat(np.array([1, 0, 1]), units)


def days_of(engine: Engine, lorries: list[dict[str, Any]], plan: Plan, seed: int) -> list[LegRows]:
    """Rows finished at noon, at midnight and later, and the rows left."""
    engine.schedule_roster(*shifts(plan, np.random.default_rng(seed)))
    engine.admit(as_legs(lorries))
    out = []
    for end in (HALF_DAY, 2 * HALF_DAY, 20 * HALF_DAY):
        engine.run(end * MIN)
        out.append(engine.take_finished())
    return [*out, engine.live_rows()]


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    entry=processes(),
    units=pools(),
    leaving=st.booleans(),
    tick_ms=st.sampled_from(TICKS_MS),
    count=st.integers(1, 25),
    seed=st.integers(0, 2**31),
)
def test_any_declared_process_runs_alike_under_both_engines_and_accounts_for_every_minute(
    hall: World, entry: Process, units: list[Pool], leaving: bool, tick_ms: int, count: int, seed: int
) -> None:
    world = border(hall, entry, units, leaving=LEAVING if leaving else None)
    plan = compile_processes(world)
    engines = [new_engine(kind, plan, numbers_of(world, tick_ms), log=5_000) for kind in ("simpy", "oracle")]
    lorries = random_lorries(plan, count, tick_ms, np.random.default_rng(seed))
    one, other = (days_of(engine, lorries, plan, seed) for engine in engines)
    assert sum(same_rows(a, b) for a, b in zip(one, other, strict=True)) == 0
    journeys, arrays = engines
    assert list(journeys.log or []) == list(arrays.log or [])
    assert (journeys.busy() == arrays.busy()).all()
    assert (journeys.waiting() == arrays.waiting()).all()
    assert sum(len(rows) for rows in one) == len(lorries)
    for rows in one[:-1]:
        there = rows["arrived_ms"] >= 0
        assert (rows.critical_ms.sum(axis=1) == rows["released_ms"] - rows["arrived_ms"])[there].all()
