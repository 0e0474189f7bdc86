"""Bribes at assignment, channel, queue and find, held files, and what integrity measures do about them."""

from functools import cache

import numpy as np
import pytest
from policy_runs import Facts, Watched, differing, facts_of, run, settings_of, world_of

from sim.agents.bribery import NOBODY
from sim.posts.process import ENTRY
from sim.posts.rules import GREEN, HELD, PAID_CHECK, SOLD_FIND
from sim.settings.errors import SettingsError

A = "assumptions."
HONEST = tuple(f"{A}bribery.p_{tier}_tier=0" for tier in ("low", "mid", "high"))
CORRUPT = (
    "world=corrupt_post",
    f"{A}consignments.prohibited_share=0.3",
    f"{A}consignments.concealment_prohibited=1",
    f"{A}selectivity.red_low_tier=0.6",
    f"{A}bribery.offer_illicit_share=0.7",
    "length.window_days=28",
)


@cache
def corrupt(*more: str, scenario: str = "baseline") -> Watched:
    return run((*CORRUPT, *more), (scenario,))[scenario]


def value(facts: Facts, indicator: str, group: str = "all", days: slice = slice(None)) -> float:
    numerator, denominator = facts[indicator, group]
    return float(numerator[days].sum() / denominator[days].sum())


def with_bit(model: Watched, bit: int) -> int:
    return sum(int(((closed.rows["bribed"] & bit) > 0).sum()) for _, closed in model.closed_legs)


def test_officers_who_take_nothing_leave_the_border_as_it_is_without_corruption_bit_for_bit() -> None:
    honest, without = facts_of("world=corrupt_post", "world.smuggler_ways=[]", *HONEST), facts_of("world=two_countries")
    assert differing({k: v for k, v in honest.items() if k in without}, without) == set()
    extra = {key for key in honest.keys() - without.keys() if honest[key][0].any()}
    assert {name for name, _ in extra} <= {"clearance_mean_h", "seized_share"}  # of those who would offer, and others


def test_no_real_place_can_be_called_corrupt() -> None:
    with pytest.raises(SettingsError, match="not fictional"):
        settings_of(("world=us_mexico", "world.corruption=true"))


@pytest.mark.parametrize(("capacity01", "p"), [(0.4, 0.45), (0.5, 0.275), (0.6, 0.10), (0.8, 0.005)])
def test_the_willingness_of_officers_follows_the_tier_of_their_country(capacity01: float, p: float) -> None:
    world = world_of("world=corrupt_post", f"world.countries.BER.capacity01={capacity01}")
    assert world.countries[1].bribe_p == pytest.approx(p)


@pytest.mark.parametrize("bit", [PAID_CHECK, SOLD_FIND, HELD])
def test_checks_are_paid_for_finds_are_let_go_and_files_are_held(bit: int) -> None:
    assert with_bit(corrupt(), bit) > 3
    assert with_bit(corrupt(*HONEST), bit) == 0


def test_channels_and_places_in_the_queue_are_bought() -> None:
    facts = corrupt().facts()
    for way in ("channel", "place"):
        assert facts["informal_payments_usd", f"way={way}"][0].sum() > 0


def test_a_bought_place_does_not_make_a_trusted_operator_of_whoever_bought_it() -> None:
    model = corrupt(f"{A}bribery.jump_share=1", f"{A}bribery.offer_per_h=0.1")
    jumped = [(c, c.batch.deals.jumps[c.position]) for _, c in model.legs(ENTRY) if c.batch.deals is not None]
    assert sum(int(j.sum()) for _, j in jumped) > 50
    aeo = model.traders.aeo
    reds = np.concatenate([c.rows["channel"][j & ~aeo[c.batch.potential.trader[c.position]]] for c, j in jumped])
    assert (reds == 2).mean() > 0.2


def test_those_who_pay_clear_faster_and_are_found_less() -> None:
    facts = corrupt(f"{A}bribery.offer_per_h=0.02").facts()
    assert value(facts, "clearance_mean_h", "offers=yes") < value(facts, "clearance_mean_h", "offers=no")
    seized = [value(facts, "seized_share", f"side=entry, offers={who}") for who in ("yes", "no")]
    assert seized[0] < seized[1]


def test_waiting_makes_people_pay() -> None:
    """Files that are held lengthen clearance, and who expects to wait longer offers more often."""
    model = corrupt()
    slow = model.trade.belief_h.copy()
    trader, post, honest = np.array([3]), np.array([0]), np.array([False])
    before = model.trade.willing_to_pay(trader, post, honest)[0]
    model.trade.belief_h[3, 0] += 20.0
    after = model.trade.willing_to_pay(trader, post, honest)[0]
    model.trade.belief_h = slow
    assert after == pytest.approx(min(before + 0.2, 1.0))
    held, free = corrupt(f"{A}bribery.held_share=1"), corrupt(f"{A}bribery.held_share=0")
    assert held.trade.belief_h.mean() > free.trade.belief_h.mean()


def test_partners_meet_more_often_where_the_officer_can_be_chosen() -> None:
    sure = (f"{A}bribery.partner_p=1", f"{A}bribery.partner_lapse_per_day=0")
    chosen, drawn = corrupt(*sure), corrupt(*sure, f"{A}measures.integrity_drawn_officer_share=1", scenario="integrity")
    assert (chosen.bribery.partner != NOBODY).sum() > 3  # type: ignore[union-attr]
    for model, steered in ((chosen, True), (drawn, False)):
        offered = [c.batch.deals.partner[c.batch.deals.offers] for _, c in model.legs(ENTRY) if c.batch.deals]
        assert bool((np.concatenate(offered) != NOBODY).any()) == steered


def test_rotation_ends_partnerships_and_leaves_skill_behind_and_partners_are_found_again() -> None:
    model = corrupt(f"{A}bribery.partner_p=1")
    staff, bribery = model.staff, model.bribery
    assert bribery is not None
    had = bribery.partner.copy()
    skill = staff.skill.copy()
    everybody = {key: 1.0 if key[0] == "integrity.rotation_per_day" else v for key, v in model.mechanisms[0].items()}
    bribery.morning(99, everybody)
    assert (had != NOBODY).any()
    assert (bribery.partner == NOBODY).all()
    assert staff.skill[staff.skilled] == pytest.approx(skill[staff.skilled] * 0.95)
    office, officer = 0, int(np.flatnonzero(staff.document)[0])
    bribery._befriend(100, "again", np.full(200, office), np.full(200, officer))
    assert bribery.partner[office] == officer


def test_audits_are_believed_in_slowly_and_then_officers_refuse() -> None:
    model = corrupt(scenario="integrity")
    bribery = model.bribery
    assert bribery is not None
    believed = bribery.believed_audit_p
    assert ((believed > 0.02) & (believed < 0.05)).all()
    assert bribery.refusal() == pytest.approx(np.exp(-10 * believed))


def test_integrity_measures_lower_what_is_paid_and_raise_what_is_found_but_other_ways_remain() -> None:
    """The perverse effects: dismissed officers leave desks empty, and finds are still sold."""
    words = (f"{A}measures.integrity_audit_p=0.1", "length.window_days=42")
    before, after = corrupt(*words).facts(), corrupt(*words, scenario="integrity").facts()
    last = slice(14, 42)
    assert value(after, "bribed_share", days=last) < value(before, "bribed_share", days=last)
    assert value(after, "seized_share", "side=entry, offers=yes") > value(
        before, "seized_share", "side=entry, offers=yes"
    )
    assert after["informal_payments_usd", "way=find"][0][last].sum() > 0
    assert corrupt(*words, scenario="integrity").staff.left > corrupt(*words).staff.left


def test_the_measure_at_strength_0_changes_nothing() -> None:
    words = (*CORRUPT, "length.window_days=7", "scenarios.integrity.measures.0.intensity=0")
    models = run(words, ("baseline", "integrity"))
    assert differing(models["baseline"].facts(), models["integrity"].facts()) == set()


def test_bought_channels_are_green_and_random_checks_cannot_be_bought() -> None:
    model = corrupt(f"{A}bribery.p_low_tier=1", f"{A}bribery.p_mid_tier=1", f"{A}bribery.offer_per_h=1")
    for _, closed in model.legs(ENTRY):
        assert closed.batch.deals is not None
        bought = closed.batch.deals.green["entry"][closed.position] & (closed.rows["lodged_ms"] >= 0)
        channel, rule = closed.rows["channel"][bought], closed.rows["rule"][bought]
        assert (channel[rule != 1] == GREEN).all()
