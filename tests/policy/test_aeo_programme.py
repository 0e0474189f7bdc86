"""Authorisation as a trader's choice: who applies, whose hours it takes, and who then waits longer."""

from functools import cache

import numpy as np
import pytest
from policy_runs import Watched, run

from sim.posts.process import ENTRY

A = "assumptions."
WORTH = (
    # Dear lorry hours and a line at the gate, so that going first is worth something; officers with time to validate.
    "world.pools.primary.base=1",
    "world.pools.primary.reserve=0",
    "world.posts.Stonebridge.journeys_per_day=300",
    "world.entry_process.stages.approach.lane_split_lorries=100000",
    f"{A}costs.lorry_usd_per_h_low_tier=100",
    f"{A}measures.aeo_validation_h=4",
    f"{A}measures.aeo_programme_looks_per_day=0.3",
    f"{A}measures.aeo_trader_usd=600000",
    "world.aeo_share=0",
    "length.window_days=28",
)


@cache
def pair(*words: str) -> tuple[Watched, Watched]:
    models = run((*WORTH, *words), ("baseline", "aeo_programme"))
    return models["baseline"], models["aeo_programme"]


def test_a_trader_applies_when_hours_saved_are_worth_more_than_complying() -> None:
    trade = run(("length.window_days=1",))["baseline"].trade
    post = int(trade.traders.home[0])
    where, m = trade.world.posts[post], trade.world.parameters.measures
    trade.traders.aeo[:] = False
    trade.traders.aeo[0] = True
    two, here = np.array([0, 1]), np.full(2, post)
    trade.compare_lanes(two, here, np.array([2.0, 5.0]))
    saved = 3.0 * 365 * where.per_day * trade.traders.share[1]
    usd = saved * trade.world.countries[where.entry_country].lorry_usd_per_h
    assert trade.worth_usd()[1] == pytest.approx(usd - m.aeo_trader_usd / m.aeo_programme_life_years)


def test_the_larger_apply_and_nobody_where_complying_costs_more_than_it_saves() -> None:
    base, programme = pair()
    joined, traders = programme.trade.joined, programme.traders
    trips = traders.share * np.array([post.per_day for post in programme.world.posts])[traders.home]
    assert not base.trade.joined.any()
    assert joined.sum() > 2
    assert trips[joined].mean() > trips[~joined].mean()
    assert not pair(f"{A}measures.aeo_trader_usd=1000000000")[1].trade.joined.any()


def test_officers_validate_no_more_than_their_hours_allow() -> None:
    slow = pair(f"{A}measures.aeo_validation_h=120")[1]
    hours = sum(day["traders.validation_h", "BER"] for day in slow.mechanisms)
    assert slow.trade.joined.sum() <= hours / 120
    assert slow.trade.waiting
    assert slow.mechanisms[5]["costs.staff_h", "BER"] > 0


def test_who_stays_outside_waits_longer_at_the_gate() -> None:
    """Perverse: the lane of the authorised goes first, so the common lane is served later."""
    base, programme = pair()
    outside = ~programme.trade.joined
    waits = []
    for model in (base, programme):
        legs = [(c.rows, c.batch.potential.trader[c.position]) for day, c in model.legs(ENTRY) if day >= 14]
        stood = np.concatenate([(r["gated_ms"] - r["arrived_ms"])[outside[t]] for r, t in legs])
        waits.append(stood[stood >= 0].mean() / 60_000)
    assert waits[1] > 1.2 * waits[0]
