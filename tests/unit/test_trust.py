"""A day of trust, term by term, against values worked out by hand."""

from dataclasses import replace

import pytest
from unit_world import world_of

from sim.cooperation.trust import TrustDay, next_trust

P = world_of().parameters.trust
QUIET = TrustDay(hits=0, false_alerts=0, leaks=0, meetings=0.0, sent=0, received=0, feedback_share=0.8)


def moved(trust: float, start: float | None = None, **facts: float) -> float:
    day = replace(QUIET, **facts)  # type: ignore[arg-type]
    return next_trust(P, trust, trust if start is None else start, day) - trust


def test_a_quiet_day_at_the_starting_level_leaves_trust_as_it_is() -> None:
    assert moved(0.5) == 0.0


def test_a_hit_raises_trust_only_as_far_as_the_sender_hears_of_it() -> None:
    assert moved(0.5, hits=3) == pytest.approx(0.02 * 0.8 * 3 * 0.5)
    assert moved(0.5, hits=3, feedback_share=0.2) == pytest.approx(0.02 * 0.2 * 3 * 0.5)
    assert moved(0.5, hits=3, feedback_share=0.0) == 0.0


def test_false_alerts_lower_trust() -> None:
    assert moved(0.5, false_alerts=2) == pytest.approx(-0.002)


def test_a_leak_costs_two_fifths_of_what_trust_there_is() -> None:
    assert moved(0.5, leaks=1) == pytest.approx(-0.2)


def test_an_arrangement_taken_back_costs_trust_by_its_strength() -> None:
    assert moved(0.5, reversal=1.0) == pytest.approx(-0.1)
    assert moved(0.5, reversal=0.5) == pytest.approx(-0.05)
    assert moved(0.5, reversal=0.0) == 0.0


def test_a_joint_audit_that_finds_agreed_practice_applied_raises_trust_and_one_that_does_not_lowers_it() -> None:
    assert moved(0.5, good_audits=1) == pytest.approx(0.05 * 0.5)
    assert moved(0.8, good_audits=2) == pytest.approx(0.05 * 2 * 0.2)
    assert moved(0.5, bad_audits=1) == pytest.approx(-0.05 * 0.5)


def test_audits_of_an_administration_that_applies_little_undermine_trust() -> None:
    """Perverse: what is meant to build trust uncovers what was agreed and not done."""
    assert moved(0.6, good_audits=1, bad_audits=3) < 0


def test_meetings_raise_trust_by_a_hundredth_of_what_is_missing() -> None:
    assert moved(0.5, meetings=1.0) == pytest.approx(0.005)
    assert moved(0.9, meetings=1.0) == pytest.approx(0.001)


def test_sending_more_than_one_receives_wears_trust_and_receiving_more_does_not() -> None:
    assert moved(0.5, sent=3, received=1) == pytest.approx(-0.001 * 0.5 * 0.5)
    assert moved(0.5, sent=1, received=3) == 0.0


def test_trust_returns_to_where_it_started_in_about_a_year() -> None:
    assert moved(0.2, start=0.565) == pytest.approx(0.001)
    assert moved(0.565, start=0.2) == pytest.approx(-0.001)


def test_the_terms_of_a_day_add_up() -> None:
    day = moved(0.4, start=0.4, hits=2, false_alerts=5, meetings=0.5, sent=4, received=2)
    by_hand = 0.02 * 0.8 * 2 * 0.6 - 0.002 * 5 * 0.4 + 0.01 * 0.5 * 0.6 - 0.001 * (2 / 6) * 0.4
    assert day == pytest.approx(by_hand)


@pytest.mark.parametrize(("facts", "end"), [({"leaks": 3}, 0.0), ({"hits": 1000}, 1.0)])
def test_trust_stays_between_nothing_and_everything(facts: dict[str, float], end: float) -> None:
    assert 0.5 + moved(0.5, **facts) == end
