"""Broker offices: a weekly step of the lodgement lead, and what the lead does to the papers."""

import numpy as np
import pytest
from unit_world import model_of, world_of

from sim.agents.broker import BrokerPopulation
from sim.consignments.numbers import Numbers
from sim.cooperation.documents import mismatch_p
from sim.model import BorderModel


def offices() -> BrokerPopulation:
    """Offices where an hour of lead costs a tenth of a lorry's hour and a week is forgotten with the next."""
    population = BrokerPopulation(world_of("brokers.memory_per_week=1"), Numbers(1, 0))
    population.target_share[:] = 0.1
    return population


def after_a_week(trips: int, late: int, lead: float = 1.0) -> float:
    population = offices()
    population.lead_factor[0] = lead
    waited = np.where(np.arange(trips) < late, 2.0, 0.0)
    population.experience(np.zeros(trips, np.int64), waited)
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
    population.experience(np.array([1, 1]), np.array([1.0, 1.0]))
    population.decide(7)
    assert population.lead_factor[:3] == pytest.approx([1.0, 1.2, 1.0])


def test_offices_decide_once_a_week_and_then_count_afresh() -> None:
    population = offices()
    for day in range(1, 7):
        population.experience(np.array([0]), np.array([1.0]))
        population.decide(day)
        assert population.lead_factor[0] == 1.0
    population.decide(7)
    assert population.lead_factor[0] == pytest.approx(1.2)
    population.decide(14)
    assert population.lead_factor[0] == pytest.approx(1.2)


def test_where_a_lorrys_hour_is_cheap_papers_may_be_later() -> None:
    """The rule of the newsvendor: late papers up to the cost of an hour of lead over that of an hour of the lorry."""
    rich, poor = (
        world_of(f"costs.lorry_usd_per_h_low_tier={usd}", "costs.lorry_usd_per_h_high_tier=91") for usd in (91, 8)
    )
    shares = [BrokerPopulation(world, Numbers(1, 0)).target_share[0] for world in (rich, poor)]
    assert shares[0] == pytest.approx(5 / 91)
    assert shares[1] > 0.1


def test_an_office_remembers_more_than_the_last_week() -> None:
    population = BrokerPopulation(world_of(), Numbers(1, 0))
    for week, late in ((7, 1.0), (14, 0.0)):
        population.experience(np.array([0]), np.array([3.0 * late]))
        population.decide(week)
    assert population.late_share[0] == pytest.approx(0.7)
    assert population.waited_h[0] == pytest.approx(3.0 * 0.7)


def test_offices_differ_in_the_errors_they_make_and_not_on_average() -> None:
    many = world_of("brokers.per_post=400")
    careless = BrokerPopulation(many, Numbers(1, 0)).carelessness
    assert careless.mean() == pytest.approx(1.0, abs=3.29 * careless.std() / len(careless) ** 0.5)
    assert careless.std() > 0.3
    p = many.parameters.documents
    wrong = mismatch_p(p, np.full(2, 20.0), np.zeros(2), np.array([0.5, 2.0]))
    assert wrong[1] == pytest.approx(1 - (1 - 0.008) ** 20)
    assert wrong[0] < wrong[1]


EVEN = ("brokers.top_tenth_share=0.15", "demand.journeys_per_trader_day=1")
"""Offices of nearly one size and many small traders, so that there is somewhere to go."""


def clients(model: BorderModel) -> np.ndarray:
    return np.bincount(model.trade.broker, model.traders.share, len(model.world.brokers))


def test_traders_leave_an_office_whose_lorries_wait_and_stay_where_none_do() -> None:
    model = model_of("brokers.reconsider_per_day=0.2", *EVEN)
    waited = np.zeros(len(model.world.brokers))
    slow = int(np.argmax(clients(model)))
    waited[slow] = 100.0
    before = clients(model)[slow]
    for day in range(1, 40):
        model.trade.choose_brokers(day, waited)
    assert clients(model)[slow] < before / 2


def test_an_office_takes_no_more_clients_than_it_has_clerks_for_however_good_it_is() -> None:
    """The perverse effect of a good name: it is full, and who comes later must stay with a worse one."""
    model = model_of("brokers.reconsider_per_day=0.5", *EVEN)
    waited = np.full(len(model.world.brokers), 50.0)
    good = 3
    waited[good] = 0.0
    start = clients(model)[good]
    for day in range(1, 60):
        model.trade.choose_brokers(day, waited)
    share = model.world.brokers[good].share
    assert clients(model)[good] <= max(start, share * 1.2) + 1e-12
    assert clients(model)[good] > share * 0.5


def test_nobody_changes_office_where_that_is_switched_off_nor_to_one_at_another_post() -> None:
    still, lively = model_of("brokers.reconsider_per_day=0", *EVEN), model_of("brokers.reconsider_per_day=1", *EVEN)
    for day in range(1, 20):
        for model in (still, lively):
            model.trade.choose_brokers(day, np.zeros(len(model.world.brokers)))
    assert np.array_equal(still.trade.broker, still.traders.broker)
    assert not np.array_equal(lively.trade.broker, lively.traders.broker)
    post_of = np.array([b.post for b in lively.world.brokers])
    assert np.array_equal(post_of[lively.trade.broker], lively.traders.home)


def test_shares_of_the_offices_of_a_post_sum_to_one_and_the_largest_tenth_has_half() -> None:
    for post in (0, 1):
        brokers = sorted((b for b in world_of().brokers if b.post == post), key=lambda b: b.rank01)
        shares = [b.share for b in brokers]
        assert sum(shares) == pytest.approx(1.0)
        assert shares[0] == pytest.approx(0.5)
        assert shares == sorted(shares, reverse=True)
        assert (brokers[0].rank01, brokers[-1].rank01) == (0.0, 1.0)
