"""Joint operations: when they act, whose records are seen, and what they cost those who wait."""

from functools import cache

import numpy as np
import pytest
from policy_runs import Watched, differing, run, world_of

from sim.consignments.numbers import Numbers
from sim.cooperation.intelligence import NAMESAKE, Exchange, Record
from sim.measures.change import Key
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.joint_operation import JointOperation
from sim.measures.registry import base_mechanisms

ALD, BER = 0, 1
ENTRY = 1
TRADERS = np.arange(40)
NOT_A_NAMESAKE = np.ones(len(TRADERS))
WEEK = ("assumptions.measures.joint_operation_d=7", "assumptions.measures.joint_operation_red_share=0.15")


def on_day(days: int, intensity: float = 1.0) -> dict[Key, float]:
    world = world_of()
    return combine(base_mechanisms(world, {}), JointOperation().changes(Context(world, {}, intensity, days)))[0]


def of_two(share: float) -> Exchange:
    """Alderia has found ten traders itself and heard of an eleventh from Berland; lists are pooled to this share."""
    world = world_of()
    exchange = Exchange(world, Numbers(1, 0))
    for trader in range(10):
        exchange.enter(ALD, Record(trader, ALD, trader, wrong=False))
    exchange.enter(ALD, Record(10, BER, 3, wrong=False))
    names = ("ALD>BER", "BER>ALD")
    exchange.pool(base_mechanisms(world, {}) | {("intelligence.pooled_share", name): share for name in names})
    return exchange


def seen(exchange: Exchange, country: int) -> set[int]:
    return set(TRADERS[exchange.flags(country, TRADERS, NOT_A_NAMESAKE)].tolist())


@pytest.mark.parametrize(("days", "acts"), [(0, True), (25, True), (26, False), (89, False), (90, True), (116, False)])
def test_an_operation_lasts_some_weeks_and_comes_again(days: int, acts: bool) -> None:
    world, today = world_of(), on_day(days)
    base = base_mechanisms(world, {})
    moved = {key[0] for key in base if today[key] != base[key]}
    assert moved == ({"selectivity.red_share", "intelligence.pooled_share", "costs.staff_h"} if acts else set())


def test_while_lists_are_pooled_a_country_sees_what_its_partner_found_itself_and_nothing_else() -> None:
    assert seen(of_two(0.0), BER) == set()
    assert seen(of_two(1.0), BER) == set(range(10))
    assert seen(of_two(1.0), ALD) == set(range(11))


def test_more_of_the_list_shown_shows_the_same_records_and_more() -> None:
    some, many = seen(of_two(0.3), BER), seen(of_two(0.8), BER)
    assert some < many < set(range(10))


def test_when_it_is_over_the_lists_part_again_and_trust_keeps_what_hits_were_heard_of() -> None:
    exchange = of_two(1.0)
    assert exchange.origins(BER, np.array([3, 30])).tolist() == [ALD, NAMESAKE]
    exchange.judged(BER, np.array([3, 4]), np.array([1, 0]))
    assert (exchange.today["ALD>BER"].hits, exchange.today["ALD>BER"].false_alerts) == (1, 1)
    exchange.pool(base_mechanisms(world_of(), {}))
    assert seen(exchange, BER) == set()


def test_the_longer_list_stops_more_namesakes() -> None:
    """Perverse: whoever is called like somebody on a partner's list stands too."""
    u = np.full(len(TRADERS), 0.0)
    p = world_of().parameters.intelligence
    alone, pooled = of_two(0.0), of_two(1.0)
    between = 1.0 - (1.0 - p.false_alert_p_per_record) ** (p.watchlist_start + 5)
    strangers = np.arange(20, 40)
    assert not alone.flags(BER, strangers, u[:20] + between).any()
    assert pooled.flags(BER, strangers, u[:20] + between).all()


@cache
def pair() -> tuple[Watched, Watched]:
    models = run(WEEK, ("baseline", "joint_operation"))
    return models["baseline"], models["joint_operation"]


def by_day(model: Watched, indicator: str, group: str = "all") -> np.ndarray:
    numerator, denominator = model.facts()[indicator, group]
    return np.asarray(numerator / np.maximum(denominator, 1e-9))


def rate(model: Watched, indicator: str, days: slice) -> float:
    numerator, denominator = model.facts()[indicator, "all"]
    return float(numerator[days].sum() / denominator[days].sum())


def test_more_go_to_red_while_it_lasts_and_no_more_after() -> None:
    base, policy = pair()
    during, after = (
        rate(policy, "selected_red_rate", days) - rate(base, "selected_red_rate", days)
        for days in (slice(0, 6), slice(9, 14))
    )
    assert during > 0.05
    assert abs(after) < 0.02


def test_lorries_wait_longer_while_it_lasts() -> None:
    """Perverse: the same examiners examine more."""
    base, policy = pair()
    longer = by_day(policy, "clearance_mean_h") - by_day(base, "clearance_mean_h")
    assert longer[:6].mean() > 0
    assert longer[:6].mean() > longer[10:].mean()


def test_only_officers_who_coordinate_are_paid() -> None:
    base, policy = pair()
    assert {"cost_public_usd", "measures_staff_fte", "cost_public_setup_usd"} <= differing(base.facts(), policy.facts())
    more = by_day(policy, "measures_staff_fte") - by_day(base, "measures_staff_fte")
    assert (more[:7] > 0).all()
    assert not more[7:].any()
