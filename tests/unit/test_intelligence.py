"""Records, watchlists and alerts: how many are sent, recognised, kept, withdrawn and worked."""

from dataclasses import replace

import numpy as np
import pytest
from unit_world import model_of, world_of

from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.cooperation.intelligence import NAMESAKE, Exchange, Record
from sim.journeys import Journeys
from sim.measures.change import Key

ALD, BER = 0, 1
NONE: dict[Key, float] = {}


def exchange(*assumptions: str) -> Exchange:
    return Exchange(world_of(*assumptions), Numbers(11, 0))


def channel(coverage: float, cap: float, delay_d: float = 1.0) -> dict[Key, float]:
    values = {"coverage": coverage, "legal_cap": cap, "delay_d": delay_d}
    return {(f"intelligence.{k}", pair): v for k, v in values.items() for pair in ("ALD>BER", "BER>ALD")}


def sent(e: Exchange, coverage: float, cap: float, trust: float, records: int = 6000) -> int:
    e.trust = dict.fromkeys(e.trust, trust)
    e.outbox = [(ALD, trader, False) for trader in range(records)]
    e.send(3, channel(coverage, cap))
    return e.sent_total


def test_a_record_is_sent_with_coverage_times_legal_cap_times_trust() -> None:
    p, n = 0.6 * 0.8 * 0.5, 6000
    assert sent(exchange(), 0.6, 0.8, 0.5, n) == pytest.approx(n * p, abs=3.29 * (n * p * (1 - p)) ** 0.5)
    assert sent(exchange(), 1.0, 1.0, 1.0, 50) == 50


def test_without_a_legal_basis_nothing_is_sent_and_no_request_granted() -> None:
    e = exchange()
    assert sent(e, coverage=1.0, cap=0.0, trust=1.0) == 0
    assert e.transit == []


@pytest.mark.parametrize(("coverage", "trust"), [(0.6, 0.0), (0.0, 1.0)])
def test_without_trust_or_a_channel_a_tenth_is_still_asked_for_formally_and_comes_slowly(
    coverage: float, trust: float
) -> None:
    e, n = exchange("intelligence.formal_refusal_share=0"), 6000
    p = 0.1 * 0.8
    assert sent(e, coverage, 0.8, trust, n) == pytest.approx(n * p, abs=3.29 * (n * p * (1 - p)) ** 0.5)
    days = np.array([when - 3 - 1 for when, *_ in e.transit])
    assert np.mean(days <= 45.0) == pytest.approx(0.5, abs=3.29 * 0.5 / len(days) ** 0.5)


def test_what_trust_sends_unasked_is_not_asked_for_and_comes_by_the_better_channel() -> None:
    e, n = exchange("intelligence.formal_refusal_share=0"), 6000
    p = 0.1 * 0.8  # formal requests; trust alone would send half of them
    assert sent(e, 0.6, 0.8, 0.5 * 0.1 / 0.6, n) == pytest.approx(n * p, abs=3.29 * (n * p * (1 - p)) ** 0.5)
    days = np.array([when - 3 - 1 for when, *_ in e.transit])
    quick = np.mean(days <= 45.0 * np.exp(-3 * 0.8))  # hardly any formal answer is so quick, nearly all by portal are
    assert quick == pytest.approx(0.5, abs=3.29 * 0.5 / len(days) ** 0.5 + 0.05)


def recognised(same_script: bool) -> float:
    """Share of records sent under their names alone that their receiver recognises."""
    world = world_of("intelligence.identity_withheld_share=1")
    pairs = tuple(replace(pair, same_script=same_script) for pair in world.pairs)
    e = Exchange(replace(world, pairs=pairs), Numbers(11, 0))
    n = sent(e, 1.0, 1.0, 1.0)
    e.receive(1000)
    return e.received_total / n


def test_names_in_another_script_are_seldom_recognised() -> None:
    assert recognised(same_script=True) == pytest.approx(0.6, abs=0.02)
    assert recognised(same_script=False) == pytest.approx(0.35, abs=0.02)


def test_who_has_given_and_never_received_refuses_half_of_the_formal_requests() -> None:
    e, n = exchange(), 6000
    assert set(e.granted_shares().values()) == {1.0}
    e.given |= {"ALD>BER": 300, "BER>ALD": 100}
    assert e.granted_shares() == {"ALD>BER": 1 - 0.5 * 0.5, "BER>ALD": 1.0}
    e.given |= {"BER>ALD": 0}
    p = 0.1 * 0.8 * 0.5
    assert sent(e, 0.0, 0.8, 1.0, n) == pytest.approx(n * p, abs=3.29 * (n * p * (1 - p)) ** 0.5)
    assert e.given["ALD>BER"] == 300 + e.sent_total


def test_half_of_the_records_arrive_within_the_channels_median_delay() -> None:
    e = exchange()
    count = sent(e, 1.0, 1.0, 1.0)
    days = np.array([when - 3 - 1 for when, *_ in e.transit])
    assert np.mean(days <= 1.0) == pytest.approx(0.5, abs=3.29 * 0.5 / count**0.5)
    assert np.log(days).std() == pytest.approx(0.8, rel=0.05)


def test_an_identifier_is_withheld_from_a_fifth_and_those_are_recognised_less_often() -> None:
    e = exchange()
    count = sent(e, 1.0, 1.0, 1.0)
    fuzzy = np.mean([chance == 0.6 for *_, chance in e.transit])
    assert fuzzy == pytest.approx(0.2, abs=3.29 * (0.2 * 0.8 / count) ** 0.5)
    e.receive(10_000)
    assert e.received_total / count == pytest.approx(0.8 * 0.95 + 0.2 * 0.6, abs=3.29 * (0.88 * 0.12 / count) ** 0.5)
    assert {r.origin for r in e.watchlists[BER].values()} == {ALD}
    assert e.watchlists[ALD] == {}


def test_a_record_is_not_on_the_list_before_it_has_arrived() -> None:
    e = exchange()
    e.transit = [(7.2, ALD, BER, Record(5, ALD, 3, wrong=False), 1.0)]
    e.receive(7)
    assert e.watchlists[BER] == {}
    e.receive(8)
    assert list(e.watchlists[BER]) == [5]
    assert e.transit == []


def test_a_full_watchlist_drops_its_oldest_record_and_counts_it() -> None:
    e = exchange("intelligence.watchlist_max=3")
    for trader in (1, 2, 3):
        e.enter(BER, Record(trader, BER, trader, wrong=False))
    e.enter(BER, Record(1, BER, 9, wrong=False))
    assert (list(e.watchlists[BER]), e.dropped) == ([2, 3, 1], 0)
    e.enter(BER, Record(4, BER, 10, wrong=False))
    assert (list(e.watchlists[BER]), e.dropped) == ([3, 1, 4], 1)


def test_a_namesake_is_hit_with_one_in_a_million_per_record_on_the_list() -> None:
    e = exchange("intelligence.false_alert_p_per_record=0.001")
    for records, p in ((0, 1 - 0.999**500), (3, 1 - 0.999**503)):
        for trader in range(records):
            e.enter(BER, Record(100 + trader, BER, 0, wrong=False))
        hit = e.flags(BER, np.array([1, 2]), np.array([p - 1e-9, p + 1e-9]))
        assert hit.tolist() == [True, False]


def test_a_listed_trader_is_flagged_by_the_country_that_listed_it_and_not_by_the_other() -> None:
    e = exchange("intelligence.false_alert_p_per_record=0")
    e.enter(BER, Record(5, BER, 0, wrong=False))
    assert e.flags(BER, np.array([4, 5]), np.zeros(2)).tolist() == [False, True]
    assert e.flags(ALD, np.array([4, 5]), np.zeros(2)).tolist() == [False, False]


def test_a_wrong_record_is_withdrawn_after_30_days_and_a_right_one_stays() -> None:
    e = exchange()
    e.enter(BER, Record(1, ALD, 2, wrong=True))
    e.enter(BER, Record(2, ALD, 2, wrong=False))
    e.withdraw(31)
    assert list(e.watchlists[BER]) == [1, 2]
    e.withdraw(32)
    assert list(e.watchlists[BER]) == [2]


def test_a_country_writes_down_the_share_of_findings_of_its_tier() -> None:
    e = exchange()
    high, low = (c.recorded_share for c in e.world.countries)
    assert (high, low) == pytest.approx((0.5 + 0.4 * 0.85, 0.5 + 0.4 * 0.15))
    for country, share in ((ALD, high), (BER, low)):
        e.found(1, country, np.arange(4000), "1/entry")
        kept = len(e.watchlists[country]) / 4000
        assert kept == pytest.approx(share, abs=3.29 * (share * (1 - share) / 4000) ** 0.5)


def test_a_desk_works_no_more_alerts_than_it_has_room_for_the_first_first() -> None:
    desk = model_of().administrations[BER]
    flagged = np.array([0, 2, 3, 4])
    assert desk.alerts(flagged, 2).tolist() == [0, 2]
    assert desk.alerts_waiting == 2
    assert not len(desk.alerts(flagged, 0))
    assert desk.alerts_waiting == 6
    assert desk.alerts(flagged, 9).tolist() == [0, 2, 3, 4]
    assert desk.alerts_waiting == 6


def test_a_breach_comes_only_through_a_channel_in_use() -> None:
    e = exchange("intelligence.breach_p_per_year=1")
    assert all(e.breaches(day, channel(0.9, 0.0)) == [] for day in range(50))
    assert e.breaches(0, channel(1.0, 1.0)) == [BER, ALD]
    assert {name: day.leaks for name, day in e.today.items()} == {"ALD>BER": 1, "BER>ALD": 1}


def test_a_lead_names_an_innocent_in_the_share_of_wrong_records() -> None:
    e = exchange("intelligence.lead_p_per_front_day=1", "intelligence.watchlist_max=20000")
    e.learn_of_fronts(1, [np.arange(10_000, 14_000), np.array([], np.int64)], innocents=9_000)
    wrong = [r for _, trader, r in e.outbox if r]
    assert len(e.outbox) == 4000
    assert len(wrong) / 4000 == pytest.approx(0.1, abs=3.29 * (0.09 / 4000) ** 0.5)
    assert all((trader < 9_000) == r for _, trader, r in e.outbox)


def test_a_wrong_lead_does_not_push_a_right_record_off_the_list() -> None:
    e = exchange()
    e.enter(BER, Record(7, BER, 0, wrong=False))
    e.enter(BER, Record(7, BER, 1, wrong=True))
    e.withdraw(400)
    assert 7 in e.watchlists[BER]
    e.enter(BER, Record(8, BER, 0, wrong=True))
    e.enter(BER, Record(8, BER, 1, wrong=False))
    e.withdraw(400)
    assert 8 in e.watchlists[BER]


def test_behind_a_flag_stands_the_country_that_recorded_the_trader_or_a_namesake() -> None:
    e = exchange()
    e.enter(BER, Record(5, ALD, 0, wrong=False))
    e.enter(BER, Record(6, BER, 0, wrong=True))
    assert e.origins(BER, np.array([6, 7, 5])).tolist() == [BER, NAMESAKE, ALD]
    assert e.origins(ALD, np.array([5])).tolist() == [NAMESAKE]


@pytest.mark.parametrize(("policy", "red"), [("lapse", 0), ("red", 1)])
def test_an_alert_nobody_worked_in_time_lapses_or_goes_red_by_policy(policy: str, red: int) -> None:
    model = model_of("intelligence.desk_alerts_per_day=0", "intelligence.false_alert_p_per_record=0")
    model.selection.world = replace(model.world, expired_alerts=policy)
    potential = Demand(model.world, model.numbers, 1).day(0)
    model.advance(potential)
    batch = model.batches[0]
    entered = int(batch.potential.trader[0])
    model.exchange.enter(BER, Record(entered, ALD, 0, wrong=False))
    for age_d, expected in ((1, 0), (4, red)):  # alerts expire after 72 h
        assert model.selection.look_again(age_d, Journeys([(batch, np.array([0]))]))[1].tolist() == [expected]
