"""Traders: what they remember, how honest they are, and which post they choose."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2
from unit_world import model_of, world_of

from sim.agents.trader import TraderPopulation
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand

DAILY = 1 - 0.8 ** (1 / 7)
LOWMARSH, STONEBRIDGE = 0, 1


def traders(*assumptions: str) -> TraderPopulation:
    return model_of(*assumptions).trade


def test_fraud_falls_with_detection_perceived_above_the_start_and_is_the_propensity_at_it() -> None:
    t = traders()
    propensity = t.traders.propensity
    assert t.fraud_p() == pytest.approx(propensity)
    t.perceived[:] = 0.30
    assert t.fraud_p() == pytest.approx(propensity * np.exp(-2 * 0.25))
    t.perceived[:] = 0.0
    assert t.fraud_p() == pytest.approx(np.minimum(propensity * np.exp(0.1), 1))


def test_a_trip_replaces_a_fifth_of_the_belief_in_a_week() -> None:
    t = traders()
    t.experience(np.array([3]), np.array([STONEBRIDGE]), np.array([10.0]))
    assert t.belief_h[3, STONEBRIDGE] == pytest.approx(2 + DAILY * 8)
    assert t.belief_sd_h[3, STONEBRIDGE] == pytest.approx(DAILY * 8)
    for _ in range(6):
        t.experience(np.array([3]), np.array([STONEBRIDGE]), np.array([10.0]))
    assert t.belief_h[3, STONEBRIDGE] == pytest.approx(10 - 0.8 * 8)


def test_several_trips_of_a_day_count_once_by_their_mean() -> None:
    t = traders()
    t.experience(np.array([3, 3]), np.array([0, 0]), np.array([4.0, 8.0]))
    assert t.belief_h[3, 0] == pytest.approx(2 + DAILY * 4)


def test_a_trip_teaches_nothing_about_the_other_post_or_to_other_traders() -> None:
    t = traders()
    t.experience(np.array([3]), np.array([0]), np.array([9.0]))
    assert t.belief_h[3, 1] == 2.0
    assert (np.delete(t.belief_h, 3, axis=0) == 2.0).all()
    assert (np.delete(t.belief_sd_h, 3, axis=0) == 0.0).all()


def test_a_lorry_still_waiting_raises_the_belief_and_never_lowers_it() -> None:
    t = traders()
    t.still_waiting(np.array([3, 4, 5, 5]), np.array([0, 0, 0, 0]), np.array([12.0, 1.0, 5.0, 8.0]))
    assert t.belief_h[3:6, 0] == pytest.approx([2 + DAILY * 10, 2.0, 2 + DAILY * 6])


def test_perceived_detection_moves_towards_the_share_found_and_lags_for_weeks() -> None:
    t = traders("traders.news_weight=0")
    t.audited(np.array([1, 2, 2, 3]), np.array([1, 1, 0, 0]))
    assert t.perceived[:4] == pytest.approx([0.05, 0.05 + DAILY * 0.95, 0.05 + DAILY * 0.45, 0.05 * (1 - DAILY)])
    for _ in range(6):
        t.audited(np.array([1]), np.array([1]))
    assert t.perceived[1] == pytest.approx(0.05 + 0.2 * 0.95)  # a fifth of the way after a week of certain detection


def test_clients_of_the_same_office_hear_of_it_with_less_weight_and_nobody_else_does() -> None:
    t = traders()
    mate = int(np.flatnonzero((t.broker == t.broker[1]) & (np.arange(len(t.broker)) != 1))[0])
    stranger = int(np.flatnonzero(t.broker != t.broker[1])[0])
    t.audited(np.array([1]), np.array([1]))
    assert t.perceived[[mate, stranger]] == pytest.approx([0.05 + 0.4 * DAILY * 0.95, 0.05])


def test_at_equal_beliefs_posts_keep_their_share_of_a_day_on_which_both_are_open() -> None:
    t = traders()
    for month, monday in ((0, 0), (6, 182)):
        volume = np.array([t.world.mean_journeys(post, monday) for post in (LOWMARSH, STONEBRIDGE)])
        share = volume / volume.sum()
        weight = np.exp(t.constants_of(month) - 0.004 * t.km)
        flow = (share[:, None] * weight / weight.sum(axis=1, keepdims=True)).sum(axis=0)
        assert flow == pytest.approx(share, rel=1e-6)


def choices(t: TraderPopulation, days: int) -> NDArray[np.float64]:
    """How often the traders of each home post chose each post."""
    counts = np.zeros((2, 2))
    for day in range(days):
        t.decide(day)
        np.add.at(counts, (t.traders.home, t.post), 1)
    return counts


def test_those_who_reconsider_choose_by_the_logit_of_time_and_detour() -> None:
    t = traders("traders.reconsider_per_day=1")
    t.belief_h[:, LOWMARSH] = 6.0
    t.belief_sd_h[:, STONEBRIDGE] = 20.0
    days = 31  # within one month
    counts = choices(t, days)
    for home in (LOWMARSH, STONEBRIDGE):
        km = t.km[home]
        utility = t.constants_of(0) - 0.10 * np.array([6.0, 2.0]) - 0.05 * np.array([0.0, 20.0]) - 0.004 * km
        expected = counts[home].sum() * np.exp(utility) / np.exp(utility).sum()
        assert ((counts[home] - expected) ** 2 / expected).sum() < chi2.ppf(0.999, 1)


def test_one_trader_in_ten_reconsiders_on_a_day_and_the_others_stay() -> None:
    t = traders("traders.per_h=0.3")
    start, changed, days = t.post.copy(), 0, 200
    for day in range(days):
        before = t.post.copy()
        t.decide(day)
        changed += int((t.post != before).sum())
    assert 0 < changed <= 0.1 * days * len(start) + 3.29 * (0.09 * days * len(start)) ** 0.5


def test_nobody_reconsiders_where_that_is_switched_off() -> None:
    t = traders("traders.reconsider_per_day=0")
    before = t.post.copy()
    for day in range(30):
        t.decide(day)
    assert np.array_equal(t.post, before)


def test_the_small_world_has_the_detour_the_traders_are_told() -> None:
    assert [p.name for p in world_of().posts] == ["Lowmarsh", "Stonebridge"]
    assert traders().km.tolist() == [[0.0, 35.0], [35.0, 0.0]]


def test_no_journey_is_planned_to_a_post_that_is_closed_then() -> None:
    words = "demand.captive_share=0.001"
    model, demand = model_of(words), Demand(world_of(words), Numbers(1, 0), 1)
    shut, moved = 0, 0
    for day in range(14):
        model.day, potential = day, demand.day(day)
        crossing = model._crossings(potential)
        moved += int((crossing != potential.home).sum())
        for post in range(len(model.world.posts)):
            if model.world.planned_span(post, day) is None:
                shut += 1
                assert not (crossing == post).any()
    assert shut
    assert moved
