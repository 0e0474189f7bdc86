"""How many legs a run simulates and about how long it takes, told before it is begun: rough, and rather too long."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from experiments.engine import with_engine
from experiments.launch import worker_count
from sim.settings.run import Length, RunSettings
from sim.world.world import World

STAGE_S = {"loop": 0.145e-6, "simpy": 5.5e-6, "oracle": 13e-6}
"""Seconds of one common core per leg and stage of its process, by engine."""
DAY_S = 0.0035
"""Seconds per scenario and day besides: agents, targeting, ledger."""
TOGETHER = 1.18
"""A core is slower by as much where several work: memory is shared."""
START_S, POST_S = 5.0, 3.0
"""Seconds for the start, and per post for tables, figures and report."""


def size_of(settings: RunSettings, world: World, raw: Mapping[str, Any], points: int) -> str:
    """Legs of a run, and what they are the product of.

    Parameters
    ----------
    settings, world
        The run.
    raw : mapping
        Its settings as plain dicts, with the ranges that draws are taken from.
    points : int
        Points of a sweep; 1 otherwise.
    """
    days, scenarios, draws = settings.length.total_days, len(settings.scenarios), settings.assumption_draws
    times = f"{settings.replications} replications" + (f" x {points} points" if points > 1 else "")
    if draws:
        times = f"({times} + {draws} draws)"
    legs = legs_a_day(world) * days * scenarios * (settings.replications * points + draws * _busier(world, raw))
    return (
        f"{legs_a_day(world):,.0f} legs a day x {days} days{_days(settings.length)} x {scenarios} scenarios x {times} "
        f"= {'about ' if draws else ''}{legs:,.0f} legs (lorries on one side of a post)"
    )


def time_of(settings: RunSettings, world: World, raw: Mapping[str, Any], points: int) -> str:
    """About how long it takes; see `seconds_of`."""
    replications = settings.replications * points + settings.assumption_draws
    workers = worker_count(settings.workers, replications)
    shared = f"{workers} workers" if workers > 1 else "1 worker"
    told = _duration(seconds_of(settings, world, raw, points) / 60)
    return f"very roughly {told} with {shared}, on cores that do nothing else; shared ones may take twice as long"


def seconds_of(settings: RunSettings, world: World, raw: Mapping[str, Any], points: int = 1) -> float:
    """Seconds a run takes: its longest worker's replications, one after the other, then tables and figures.

    Every day is lived in every scenario, those between windows too; the past before the policy day is lived once
    where the engine can copy it.

    Parameters
    ----------
    settings, world, raw, points
        As of `size_of`.
    """
    engine, length = with_engine(settings).engine, settings.length
    replications = settings.replications * points + settings.assumption_draws
    workers = worker_count(settings.workers, replications)
    pasts = len(settings.scenarios) if engine == "simpy" else 1
    scenario_days = pasts * length.policy_day + len(settings.scenarios) * (length.total_days - length.policy_day)
    busier = 1.0 + settings.assumption_draws / replications * (_busier(world, raw) - 1.0)
    day_s = DAY_S + STAGE_S[engine] * leg_stages_a_day(world) * busier
    together = TOGETHER if workers > 1 else 1.0
    return ceil(replications / workers) * scenario_days * day_s * together + START_S + POST_S * len(world.posts)


def legs_a_day(world: World) -> float:
    """Lorries a day, counted on each side of a post they pass."""
    return (2 if world.exit_process else 1) * sum(post.per_day for post in world.posts)


def leg_stages_a_day(world: World) -> float:
    """Legs a day times the stages of their process."""
    leaving = len(world.exit_process.stages) if world.exit_process else 0
    stages = [len(process.stages) for process in world.entry_processes]
    entering = sum(stages) / max(len(stages), 1)
    return (leaving + entering) * sum(post.per_day for post in world.posts)


def _busier(world: World, raw: Mapping[str, Any]) -> float:
    """Mean volume where every post's is drawn from its range, against the centre: half of the draws lie either side."""
    drawn = sum(post.per_day for post in world.posts)
    for post in world.posts:
        row = raw["world"].get("posts", {}).get(post.name, {}).get("journeys_per_day")
        if isinstance(row, dict) and row.get("low") is not None and row.get("high") is not None and row["centre"]:
            drawn += post.per_day * ((row["low"] + row["high"]) / (2 * row["centre"]) - 1) / 2
    return drawn / max(sum(post.per_day for post in world.posts), 1e-9)


def _days(length: Length) -> str:
    """What the days are, where there are two windows."""
    if len(length.windows) < 2:
        return ""
    between = length.measured_until - length.policy_day - length.windows["transition"] - 2 * length.window_days
    return (
        f" ({length.policy_day + length.windows['transition']} before, 2 windows of {length.window_days}, "
        f"{between} {length.between} between them, {length.cool_down_days} after)"
    )


def _duration(minutes: float) -> str:
    if minutes < 1:
        return "less than a minute"
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
