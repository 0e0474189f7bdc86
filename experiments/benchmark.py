"""`bordersim benchmark`: the journey engine against textbook SimPy on the same legs, interleaved, as a ratio."""

import gc
import time
from dataclasses import replace

import numpy as np

from experiments.textbook import TextbookPosts
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.posts.constants import constants
from sim.posts.journey import JourneyEngine
from sim.posts.legs import NewLegs
from sim.posts.process import Plan, compile_processes
from sim.settings.run import RunSettings
from sim.world.build import build_world
from sim.world.world import DAY_MS, World

ROUNDS, DAYS = 5, 5


def always_open(world: World) -> World:
    """The world with every unit always on duty and no reserves: what the textbook model can express."""
    pools = tuple(replace(p, teams=(), base=p.units, reserve=0) for p in world.pools)
    return replace(world, pools=pools)


def legs_of(world: World, settings: RunSettings) -> list[NewLegs]:
    """Legs of a few days of the baseline, made once for both."""
    numbers = Numbers(settings.seed, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    model = BorderModel(world, settings, next(iter(settings.scenarios.values())), demand.traders, numbers)
    days: list[NewLegs] = []
    model.engine.admit = days.append  # type: ignore[method-assign,assignment]
    for day in range(DAYS):
        model.advance(demand.day(day))
    model.release_memory()
    return days


def journey_seconds(plan: Plan, settings: RunSettings, days: list[NewLegs]) -> float:
    """Time of the journey engine for all days."""
    flow = constants(settings.assumptions, settings.tick_ms)
    engine = JourneyEngine(plan.network, flow, plan.slots)
    units, desks = len(plan.network.unit.pool), len(plan.network.desk.join_slot)
    engine.set_officers(np.ones(units), np.ones(units), np.ones(units))
    engine.set_desks(np.full(desks, 0.02), np.full(desks, 0.05), np.full((desks, 2), 1e9), np.full((desks, 2), 1e9))
    on = np.arange(units, dtype=np.int64)
    start = time.perf_counter()
    engine.schedule_roster(np.zeros(units, np.int64), on, np.ones(units, np.int64))
    for day, legs in enumerate(days):
        engine.admit(legs)
        engine.run((day + 1) * DAY_MS)
        engine.take_finished()
    return time.perf_counter() - start


def textbook_seconds(plan: Plan, settings: RunSettings, days: list[NewLegs]) -> float:
    """Time of the textbook model for all days."""
    posts = TextbookPosts(plan.network, constants(settings.assumptions, settings.tick_ms))
    start = time.perf_counter()
    for day, legs in enumerate(days):
        posts.admit(legs)
        posts.env.run(until=(day + 1) * DAY_MS)
    return time.perf_counter() - start


def measure(settings: RunSettings) -> dict[str, float]:
    """Median time per leg of both, and their ratio round by round, in one interleaved run.

    Returns
    -------
    dict
        `legs`, `journey_us_per_leg`, `textbook_us_per_leg`, `ratio` (above 1 the journey is faster).
    """
    world = always_open(build_world(settings.world_name, settings.world, settings.assumptions))
    plan = compile_processes(world)
    days = legs_of(world, settings)
    legs = sum(len(d) for d in days)
    journey: list[float] = []
    textbook: list[float] = []
    for _ in range(ROUNDS):
        for times, run in ((journey, journey_seconds), (textbook, textbook_seconds)):
            gc.collect()
            gc.disable()
            times.append(run(plan, settings, days))
            gc.enable()
    ratios = np.array(textbook) / np.array(journey)
    return {
        "legs": float(legs),
        "journey_us_per_leg": float(np.median(journey)) / legs * 1e6,
        "textbook_us_per_leg": float(np.median(textbook)) / legs * 1e6,
        "ratio": float(np.median(ratios)),
    }
