"""Broker offices that open longer: when clerks work, what comes of it, and that it may come to nothing but wages."""

from functools import cache

import pytest
from policy_runs import Watched, differing, run

from sim.world.brokers import longer

BEFORE = ("process@world.entry_process=prelodged_periodic_payment",)


@cache
def pair(*words: str) -> tuple[Watched, Watched]:
    models = run(words, ("baseline", "broker_hours"))
    return models["baseline"], models["broker_hours"]


def value(model: Watched, indicator: str, group: str = "all") -> float:
    numerator, denominator = model.facts()[indicator, group]
    return float(numerator.sum() / denominator.sum())


@pytest.mark.parametrize(
    ("hours", "more", "after"),
    [((420, 1140), 0, (420, 1140)), ((420, 1140), 240, (300, 1260)), ((420, 1140), 1440, (0, 1440)),
     ((60, 1140), 240, (0, 1320)), ((420, 1400), 240, (220, 1440)), ((0, 1440), 720, (0, 1440))],
)  # fmt: skip
def test_offices_open_half_before_and_half_after_as_far_as_the_day_goes(
    hours: tuple[int, int], more: int, after: tuple[int, int]
) -> None:
    assert longer(*hours, more) == after


def test_clerks_are_on_duty_day_and_night_and_nobody_else_works_longer() -> None:
    base, policy = pair(*BEFORE)
    for k, pool in enumerate(base.world.pools):
        before, after = base.rostered_ms[3][k], policy.rostered_ms[3][k]
        assert (after > before) == (pool.kind == "clerk" and before > 0)


def test_more_lorries_find_their_papers_done_when_they_arrive() -> None:
    base, policy = pair(*BEFORE)
    share = "released_on_arrival_share"
    assert value(policy, share) > value(base, share) + 0.02
    assert value(policy, "time_by_party_h", "party=trader_broker") < value(
        base, "time_by_party_h", "party=trader_broker"
    )


def test_offices_open_anyway_gain_nothing_and_cost_nothing_more() -> None:
    base, policy = pair(*BEFORE, 'world.broker_hours=["00:00-24:00"]')
    assert differing(base.facts(), policy.facts()) == {"cost_public_setup_usd"}


def test_where_papers_wait_for_something_else_little_is_gained_and_the_clerks_are_paid() -> None:
    """Perverse: lodgement and payment hold the papers, so the same hours buy less; the wages are the same."""
    gains, wages = [], []
    for words in (BEFORE, ()):
        base, policy = pair(*words)
        hours = [value(m, "clearance_mean_h") for m in (base, policy)]
        gains.append((hours[0] - hours[1]) / hours[0])
        wages.append(value(policy, "cost_trader_usd", "part=compliance"))
    assert gains[1] < gains[0]
    assert min(wages) > 0
