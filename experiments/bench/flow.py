"""The flow alone: engines, textbook SimPy, Ciw and C on the same lorries."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from experiments.bench.c_kernel import c_kernel
from experiments.bench.ciw_post import CiwPosts, available
from experiments.bench.contest import NOTHING, Contestant, Outcome, Stopwatch, released
from experiments.bench.simple_post import SimplePosts
from experiments.bench.textbook import RED, YELLOW, TextbookPosts
from experiments.bench.textbook_post import TextbookPost
from sim.posts.arrays import LoopEngine
from sim.posts.compiled import compiled_kernel
from sim.posts.constants import Constants, constants
from sim.posts.journey import JourneyEngine
from sim.posts.legs import NewLegs
from sim.posts.process import Plan, compile_processes
from sim.posts.tables import Ints
from sim.replication import advance, lock_step
from sim.settings.run import RunSettings
from sim.targeting.channels import NEVER
from sim.world.build import build_world
from sim.world.world import DAY_MS, World

Engine = JourneyEngine | LoopEngine
Roster = Callable[[int], tuple[Ints, Ints, Ints] | None]
LOOP, JOURNEY, TEXTBOOK, IN_C, CIW = "compiled loop", "SimPy journeys", "textbook SimPy", "the loop in C", "Ciw"


def engine(name: str, plan: Plan, flow: Constants) -> Engine:
    """An engine by the name tables give it.

    Raises
    ------
    KeyError
        If there is no compiler for the one in C.
    """
    if name == JOURNEY:
        return JourneyEngine(plan.network, flow, plan.slots)
    kernel = compiled_kernel() if name == LOOP else c_kernel()
    if kernel is None:
        raise KeyError("no C compiler")
    return LoopEngine(plan.network, flow, plan.slots, kernel=kernel)


def ready(moved: Engine, shares: tuple[float, float]) -> None:
    """Officers all alike; desks that select so many red and yellow at random and nobody by score."""
    units, desks = len(moved.network.unit.pool), len(moved.network.desk.join_slot)
    moved.set_officers(np.ones(units), np.ones(units), np.ones(units))
    never = np.full((desks, 2), NEVER)
    moved.set_desks(np.full(desks, shares[0]), np.full(desks, shares[1]), never, never)


def drive(
    moved: Engine, days: Sequence[NewLegs], all_days: int, roster: Roster, shares: tuple[float, float]
) -> Outcome:
    """Let an engine run all days as the model does: roster, admission, the day, its finished rows."""
    ready(moved, shares)
    whole, moving, finished = Stopwatch(), Stopwatch(), []
    with whole.running():
        for day in range(all_days):
            if (shifts := roster(day)) is not None:
                moved.schedule_roster(*shifts)
            if day < len(days):
                moved.admit(days[day])
            with moving.running():
                moved.run((day + 1) * DAY_MS)
            finished.append(moved.take_finished())
    return Outcome(whole.seconds, moving.seconds, released(days, finished))


# -- the simple post --------------------------------------------------------------------------------------------------


def on_simple_posts(posts: SimplePosts, names: Sequence[str]) -> list[Contestant]:
    """Contestants by name on simple posts; those whose tool is not there are left out."""
    posts.arrivals  # noqa: B018  made before any clock runs

    def by_engine(name: str) -> Callable[[], Outcome]:
        return lambda: drive(
            engine(name, posts.plan, posts.constants), posts.arrivals, posts.all_days, posts.roster, posts.shares
        )

    runs: dict[str, Callable[[], Outcome]] = {name: by_engine(name) for name in (LOOP, JOURNEY)}
    runs[TEXTBOOK] = lambda: textbook_run(posts)
    if c_kernel() is not None:
        runs[IN_C] = by_engine(IN_C)
    if available():
        runs[CIW] = lambda: ciw_run(posts)
    return [Contestant(name, runs[name]) for name in names if name in runs]


def textbook_run(posts: SimplePosts) -> Outcome:
    """Textbook SimPy on simple posts."""
    textbook, whole, moving = TextbookPost(posts), Stopwatch(), Stopwatch()
    with whole.running():
        for day in range(posts.all_days):
            if day < posts.days:
                textbook.admit(posts.arrivals[day])
            with moving.running():
                textbook.env.run(until=(day + 1) * DAY_MS)
    numbers = np.concatenate([legs["id"] for legs in posts.arrivals]).tolist()
    moments = np.array([textbook.released_ms.get(number, -1) for number in numbers], np.int64)
    return Outcome(whole.seconds, moving.seconds, moments)


def ciw_run(posts: SimplePosts) -> Outcome:
    """Ciw on simple posts; making its network is not timed."""
    ciw, whole = CiwPosts(posts), Stopwatch()
    with whole.running():
        ciw.run()
    return Outcome(whole.seconds, whole.seconds, ciw.releases())


# -- legs of a shipped world ------------------------------------------------------------------------------------------


def always_open(world: World) -> World:
    """The world with every unit always on duty and no reserves: what the textbook model can express."""
    pools = tuple(replace(p, teams=(), base=p.units, reserve=0) for p in world.pools)
    return replace(world, pools=pools)


def admitted(settings: RunSettings, days: int) -> list[list[NewLegs]]:
    """Legs that each scenario admits on each day of a run, for others to move."""
    kept: list[list[NewLegs]] = []
    with lock_step(settings.model_copy(update={"engine": "loop"}), 0) as (demand, models):
        for model in models.values():
            kept.append([])
            model.engine.admit = _keeping(model.engine.admit, kept[-1])  # type: ignore[method-assign,assignment]
        for day in range(days):
            advance(day, demand, models.values())
    return kept


def _keeping(admit: Callable[[NewLegs], None], legs: list[NewLegs]) -> Callable[[NewLegs], None]:
    def keep_and_admit(new: NewLegs) -> None:
        legs.append(new.copy())
        admit(new)

    return keep_and_admit


def on_world(settings: RunSettings, days: int, names: Sequence[str]) -> tuple[list[Contestant], int]:
    """Contestants on the legs of a shipped world, and how many legs; nobody tires, since the textbook has no shifts."""
    world = always_open(build_world(settings.world_name, settings.world, settings.assumptions))
    plan = compile_processes(world)
    baseline = dict(list(settings.scenarios.items())[:1])
    (legs,) = admitted(settings.model_copy(update={"scenarios": baseline}), days)
    flow = constants(settings.assumptions, settings.tick_ms)._replace(pace_loss_per_h=0.0)
    units = np.arange(len(plan.network.unit.pool))
    on_duty = (np.zeros(len(units), np.int64), units, np.ones(len(units), np.int64))

    def roster(day: int) -> tuple[Ints, Ints, Ints] | None:
        return on_duty if day == 0 else None

    def by_engine(name: str) -> Contestant:
        return Contestant(name, lambda: drive(engine(name, plan, flow), legs, days, roster, (RED, YELLOW)))

    there = [n for n in names if n != TEXTBOOK and (n != IN_C or c_kernel() is not None)]
    contestants = [by_engine(name) for name in there]
    if TEXTBOOK in names:
        contestants.append(Contestant(TEXTBOOK, lambda: textbook_flow(plan, flow, legs), equal=False))
    return contestants, sum(len(day) for day in legs)


def textbook_flow(plan: Plan, flow: Constants, days: Sequence[NewLegs]) -> Outcome:
    """Textbook SimPy on the legs of a world: like stages and durations, but no queries, finds or pressure."""
    posts, whole, moving = TextbookPosts(plan.network, flow), Stopwatch(), Stopwatch()
    with whole.running():
        for day, legs in enumerate(days):
            posts.admit(legs)
            with moving.running():
                posts.env.run(until=(day + 1) * DAY_MS)
    return Outcome(whole.seconds, moving.seconds, NOTHING)
