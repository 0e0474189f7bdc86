"""Broker offices: a weekly step of the lodgement lead, and what the lead does to the papers."""

import numpy as np
import pytest
from unit_world import world_of

from sim.agents.broker import BrokerPopulation


def offices() -> BrokerPopulation:
    return BrokerPopulation(world_of())


def after_a_week(trips: int, late: int, lead: float = 1.0) -> float:
    population = offices()
    population.lead_factor[0] = lead
    waited = np.arange(trips) < late
    population.experience(np.zeros(trips, np.int64), waited.astype(np.int64))
    population.decide(7)
    return float(population.lead_factor[0])


@pytest.mark.parametrize(("late", "factor"), [(10, 1.0), (15, 1.1), (20, 1.2), (90, 1.2), (5, 0.9), (0, 0.8)])
def test_an_office_lodges_earlier_when_too_many_lorries_waited_for_papers_and_later_when_hardly_any(
    late: int, factor: float
) -> None:
    assert after_a_week(100, late) == pytest.approx(factor)


def test_the_lead_stays_between_half_and_four_times_the_templates() -> None:
    assert after_a_week(10, 10, lead=3.9) == 4.0
    assert after_a_week(10, 0, lead=0.55) == 0.5


def test_an_office_without_trips_keeps_its_lead() -> None:
    population = offices()
    population.experience(np.array([1, 1]), np.array([1, 1]))
    population.decide(7)
    assert population.lead_factor[:3] == pytest.approx([1.0, 1.2, 1.0])


def test_offices_decide_once_a_week_and_then_count_afresh() -> None:
    population = offices()
    for day in range(1, 7):
        population.experience(np.array([0]), np.array([1]))
        population.decide(day)
        assert population.lead_factor[0] == 1.0
    population.decide(7)
    assert population.lead_factor[0] == pytest.approx(1.2)
    population.decide(14)
    assert population.lead_factor[0] == pytest.approx(1.2)


def test_shares_of_the_offices_of_a_post_sum_to_one_and_the_largest_tenth_has_half() -> None:
    for post in (0, 1):
        brokers = sorted((b for b in world_of().brokers if b.post == post), key=lambda b: b.rank01)
        shares = [b.share for b in brokers]
        assert sum(shares) == pytest.approx(1.0)
        assert shares[0] == pytest.approx(0.5)
        assert shares == sorted(shares, reverse=True)
        assert (brokers[0].rank01, brokers[-1].rank01) == (0.0, 1.0)
