"""Organisations: what they believe, learn and choose, against values worked out by hand."""

import numpy as np
import pytest
from scipy.stats import chi2
from unit_world import model_of

from sim.agents.smuggler import COUNTERFEIT, DRUGS, OTHER, SmugglingOrganisation, Underworld

ARMS = ["Lowmarsh/ordinary", "Lowmarsh/aeo", "Stonebridge/ordinary", "Stonebridge/aeo", "unofficial", "abstain"]


def underworld(*assumptions: str) -> Underworld:
    return model_of(*assumptions).underworld


def drug_runner(*assumptions: str) -> SmugglingOrganisation:
    return underworld(*assumptions).organisations[0]


def test_every_post_and_cover_is_an_arm_beside_an_unofficial_crossing_and_abstaining() -> None:
    assert underworld().arms == ARMS


def test_untried_arms_are_worth_what_is_believed_of_them() -> None:
    o = drug_runner()
    ordinary = 0.9 - 3 * 0.1 - 0.05
    wanted = [ordinary, ordinary - 0.1, ordinary, ordinary - 0.1, ordinary - 0.35, 0.0]
    assert o.expected() == pytest.approx(wanted)
    assert o.attraction == pytest.approx(wanted)


def test_seven_of_ten_organisations_run_drugs_two_counterfeits() -> None:
    assert underworld().kinds == [DRUGS] * 4 + [COUNTERFEIT, OTHER]
    assert underworld("smugglers.organisations=10").kinds == [DRUGS] * 7 + [COUNTERFEIT] * 2 + [OTHER]


def test_containers_of_counterfeits_do_not_leave_the_road() -> None:
    o = next(o for o in underworld().organisations if o.kind == COUNTERFEIT)
    assert o.expected()[ARMS.index("unofficial")] == -np.inf
    assert np.isfinite(np.delete(o.expected(), ARMS.index("unofficial"))).all()


def test_the_arm_used_is_judged_by_experience_weighted_attraction() -> None:
    o = drug_runner()
    o.arm = 0
    o.result(0, caught=False, delivered=True)
    o.result(0, caught=True, delivered=False)
    before, payoff = o.attraction[0], ((1 - 0.05) + (-3 - 0.05)) / 2
    o.decide(7)  # its day of the week
    assert o.experience == pytest.approx(1.9)
    assert o.attraction[0] == pytest.approx((0.9 * before + payoff) / 1.9)
    assert o.week_payoff == []


def test_arms_not_used_drift_a_tenth_of_the_way_to_what_is_believed() -> None:
    o = drug_runner()
    o.arm = 0
    o.hear(2, caught=True, weight=1.0)
    before, believed = o.attraction[2], (1 - 2 / 11) - 3 * 2 / 11 - 0.05
    o.decide(7)
    assert o.attraction[2] == pytest.approx(before + 0.1 * (believed - before))
    assert o.attraction[1] == pytest.approx(0.45)


def test_a_week_of_abstaining_pays_nothing_and_counts_as_experience() -> None:
    o = drug_runner()
    o.arm = ARMS.index("abstain")
    o.attraction[o.arm] = 0.5
    o.decide(7)
    assert o.attraction[ARMS.index("abstain")] == pytest.approx(0.9 * 0.5 / 1.9)


def test_an_organisation_decides_on_its_own_day_of_the_week_only() -> None:
    o = underworld().organisations[3]
    o.arm, before = 0, o.attraction.copy()
    o.result(0, caught=True, delivered=False)
    for day in (1, 2, 4, 5, 6):
        o.decide(day)
        assert o.arm == 0
        assert np.array_equal(o.attraction, before)
    o.decide(10)
    assert o.attraction[0] < before[0]


def test_first_choices_are_the_logit_of_what_is_believed() -> None:
    o = drug_runner()
    days = 3000
    counts = np.zeros(len(ARMS))
    for day in range(days):
        o.arm = -1
        o.decide(day)
        counts[o.arm] += 1
    logit = np.exp(4 * o.attraction)
    expected = days * logit / logit.sum()
    assert ((counts - expected) ** 2 / expected).sum() < chi2.ppf(0.999, len(ARMS) - 1)


def test_changing_arm_costs_five_percent_of_the_gain() -> None:
    o = drug_runner("smugglers.memory=0", "smugglers.drift_to_belief=0")
    days = 3000
    start, stayed = o.attraction.copy(), 0
    for week in range(days):
        o.arm, o.attraction, o.week_payoff = 0, start.copy(), [float(start[0])]
        o.decide(7 * week)
        stayed += o.arm == 0
    utility = 4 * start - 4 * 0.05 * (np.arange(len(ARMS)) != 0)
    share = np.exp(utility[0]) / np.exp(utility).sum()
    assert stayed / days == pytest.approx(share, abs=3.29 * (share * (1 - share) / days) ** 0.5)


def test_an_own_result_counts_in_full_and_news_of_others_four_tenths() -> None:
    u = underworld()
    u.news(0, 0, 2, caught=True, loophole_share=0.0)
    own, other = u.organisations[0], u.organisations[1]
    assert (own.caught[2], own.passed[2]) == (2.0, 9.0)
    assert (other.caught[2], other.passed[2]) == (1.4, 9.0)
    assert own.week_payoff == [pytest.approx(-3.05)]
    assert other.week_payoff == []


def test_a_loophole_lets_a_success_under_one_cover_inform_the_same_cover_at_other_posts() -> None:
    u = underworld()
    u.news(0, 0, ARMS.index("Stonebridge/ordinary"), caught=False, loophole_share=0.5)
    assert u.organisations[0].passed.tolist() == [9.5, 9.0, 10.0, 9.0, 9.0, 9.0]
    assert u.organisations[1].passed.tolist() == [9.0, 9.0, 9.4, 9.0, 9.0, 9.0]


def test_a_seizure_and_an_unofficial_crossing_teach_nothing_about_a_loophole() -> None:
    u = underworld()
    u.news(0, 0, 2, caught=True, loophole_share=1.0)
    u.news(0, 0, ARMS.index("unofficial"), caught=False, loophole_share=1.0)
    assert u.organisations[0].passed.tolist() == [9.0, 9.0, 9.0, 9.0, 10.0, 9.0]
    assert u.organisations[0].caught.tolist() == [1.0, 1.0, 2.0, 1.0, 1.0, 1.0]


def test_a_seizure_burns_the_front_that_was_used_and_no_other() -> None:
    u = underworld("smugglers.front_dropped_p=1")
    u.news(0, 1, ARMS.index("Stonebridge/ordinary"), caught=True, loophole_share=0.0)
    assert np.argwhere(u.generation).tolist() == [[1, 1, 0]]
    u.news(0, 1, ARMS.index("Lowmarsh/aeo"), caught=False, loophole_share=0.0)
    assert np.argwhere(u.generation).tolist() == [[1, 1, 0]]


def test_a_dismantled_organisation_is_idle_until_another_takes_its_place() -> None:
    u = underworld("smugglers.removal_p=1")
    u.news(5, 2, 0, caught=True, loophole_share=0.0)
    until = u.organisations[2].removed_until
    assert until > 6
    assert 2 not in [o.number for o in u.active(until - 1)]
    assert 2 in [o.number for o in u.active(until)]


def test_a_seizure_on_a_partners_record_is_investigated_by_both_and_ends_more_organisations() -> None:
    u = underworld("smugglers.removal_p=0", "smugglers.removal_joint_p=1")
    u.news(5, 1, 0, caught=True, loophole_share=0.0)
    assert u.organisations[1].removed_until < 0
    u.news(5, 2, 0, caught=True, loophole_share=0.0, joint=True)
    assert u.organisations[2].removed_until > 6


def test_half_of_all_fronts_are_changed_within_the_half_life() -> None:
    u = underworld("smugglers.organisations=50")
    for day in range(60):
        u.change_fronts(day)
    changed, n = np.mean(u.generation > 0), u.generation.size
    assert changed == pytest.approx(0.5, abs=3.29 * 0.5 / n**0.5)


def test_a_front_is_a_trader_of_the_post_with_the_cover_wanted() -> None:
    u = underworld("smugglers.organisations=20")
    for post in range(2):
        first, last = u.traders.first[post : post + 2]
        trusted = u.traders.aeo[first:last]
        for cover in (0, 1):
            fronts = u.front[:, post, cover]
            assert ((fronts >= first) & (fronts < last)).all()
            if (trusted == (cover == 1)).any():
                assert (u.traders.aeo[fronts] == (cover == 1)).all()
