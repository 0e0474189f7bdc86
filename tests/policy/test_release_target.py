"""A published release target: what it moves, and that hurry and dropped examinations let more through."""

from functools import cache

import numpy as np
import pytest
from policy_runs import Watched, differing, run

from sim.measures.context import Context
from sim.measures.registry import MEASURES
from sim.posts import rules
from sim.posts.process import ENTRY
from sim.posts.rules import RED

A = "assumptions."
BUSY = (
    # Inspectors who are short of time, a target within the day, many loads worth finding.
    "world.pools.inspectors.load=0.9",
    f"{A}release.target_low_tier_h=20",
    f"{A}consignments.prohibited_share=0.1",
    f"{A}selectivity.backlog_h=1000",
    "length.window_days=21",
)


@cache
def pair(*words: str) -> tuple[Watched, Watched]:
    models = run((*BUSY, *words), ("baseline", "release_target"))
    return models["baseline"], models["release_target"]


def value(model: Watched, indicator: str, group: str = "all") -> float:
    numerator, denominator = model.facts()[indicator, group]
    return float(numerator.sum() / denominator.sum())


def test_the_deadline_is_the_time_the_country_of_entry_aims_at_and_longer_at_less_strength() -> None:
    world = pair()[0].world
    for strength, factor in ((1.0, 1.0), (0.5, 2.0)):
        changes = MEASURES["release_target"].changes(Context(world, {}, strength, 0))
        target_h = world.countries[1].release_target_h
        assert [(c.who, c.value) for c in changes] == [(p.name, target_h * factor) for p in world.posts]


def test_queries_stop_the_clock_and_it_runs_from_arrival() -> None:
    assert rules.on_the_clock(100, 40, 0) == 60
    assert rules.on_the_clock(100, 40, 25) == 35
    assert rules.on_the_clock(100, -1, 0) == 0


def test_publishing_moves_what_traders_believe_part_of_the_way_once() -> None:
    trade = run(("length.window_days=1",))["baseline"].trade
    before = trade.belief_h.copy()
    trade.read_target(0, 12.0)
    assert trade.belief_h[:, 0] == pytest.approx(before[:, 0] + 0.3 * (12.0 - before[:, 0]))
    assert np.array_equal(trade.belief_h[:, 1], before[:, 1])


def test_without_hurry_and_with_a_deadline_nobody_reaches_only_beliefs_move() -> None:
    words = (f"{A}release.target_low_tier_h=10000", f"{A}measures.release_target_belief_share=0")
    base, published = pair(*words)
    moved = differing(base.facts(), published.facts()) - {"cost_public_setup_usd"}
    assert moved == {"release_within_target_share", "dropped_share"}  # the clock that stands, and none dropped
    assert value(published, "dropped_share") == 0


def test_an_examination_not_begun_by_the_deadline_is_dropped_and_none_before() -> None:
    _, published = pair()
    target_ms = published.world.countries[1].release_target_h * 3_600_000
    dropped = early = 0
    for _, closed in published.legs(ENTRY):
        rows = closed.rows
        mine = rows["thoroughness"] == 0.0
        dropped += int(mine.sum())
        early += int((rows["released_ms"][mine] - rows["arrived_ms"][mine] < target_ms).sum())
        assert (rows["exam_unit"][mine] < 0).all()
        assert ((rows["channel"][mine] == RED) | (rows["alarm"][mine] == 1)).all()
    assert dropped > 10
    assert early == 0
    assert value(published, "dropped_share") > 0.02


def test_more_are_released_on_target_because_less_is_looked_at_and_more_gets_through() -> None:
    """Perverse: thoroughness falls near the deadline, examinations are dropped, finds are missed."""
    base, published = pair()
    share = "release_within_target_share"
    assert value(published, share) > value(base, share)
    assert value(published, share, "clock=stopped") >= value(published, share)
    assert value(published, "interdiction_rate") < value(base, "interdiction_rate")
    assert value(published, "physical_inspection_rate") < value(base, "physical_inspection_rate")


def test_officers_hurry_a_lorry_that_nears_the_deadline() -> None:
    soon = (f"{A}measures.release_target_near_share=0.05", f"{A}release.target_low_tier_h=60")
    work = []
    for power in (0.4, 0.0):
        legs = [c.rows for _, c in pair(*soon, f"{A}measures.release_target_exponent={power}")[1].legs(ENTRY)]
        examined = np.concatenate([rows["thoroughness"][rows["exam_unit"] >= 0] for rows in legs])
        work.append(examined.mean())
    assert work[0] < work[1] - 0.01


def test_what_ended_before_the_target_was_published_is_not_held_to_it() -> None:
    policy_day = 3
    words = (f"length.burn_in_days={policy_day}", "length.window_days=5", f"{A}consignments.prohibited_share=0.1")
    model = run(words, ("baseline", "release_target"))["release_target"]
    reds = np.zeros(policy_day + 5)
    for ended, closed in model.legs(ENTRY):
        if ended >= policy_day:
            loaded = ~closed.batch.potential.empty[closed.position]
            reds[closed.day] += ((closed.rows["channel"] == RED) & loaded).sum()
    assert reds[:policy_day].sum() > 0  # some were planned before, and ended under the target
    assert np.array_equal(model.facts()["dropped_share", "all"][1], reds)
