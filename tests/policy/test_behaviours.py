"""A behaviour counts as modelled only if switching it off changes the ledger; here every one is switched off.

Where a fortnight on a small border is too short or too quiet for a behaviour to matter, both runs are made livelier
by the same settings. Nothing is said about the direction of any outcome.
"""

from functools import cache

import pytest
from policy_runs import STATES, Facts, differing, facts_of, run

A = "assumptions."
LIVELY = (f"{A}consignments.prohibited_share=0.1",)
CHOOSY = (f"{A}demand.captive_share=0.2", f"{A}traders.reconsider_per_day=0.3", f"{A}traders.memory_per_week=0.4")
SEIZING = (
    # Many organisations, many attempts, most of them examined well: enough results to learn from within a fortnight.
    f"{A}consignments.prohibited_share=0.3",
    f"{A}consignments.concealment_prohibited=1",
    f"{A}smugglers.organisations=12",
    f"{A}selectivity.red_low_tier=0.6",
    f"{A}examination.dose_per_min=0.1",
    f"{A}smugglers.belief_caught=0.5",
    f"{A}smugglers.belief_passed=3",
)
LEADS = (*LIVELY, f"{A}intelligence.lead_p_per_front_day=0.1")
SHORT_OF_INSPECTORS = (*LIVELY, f"{A}selectivity.backlog_h=0.5", "world.pools.inspectors.load=0.95")
CHEATING = (f"{A}consignments.fiscal_share=0.3", f"{A}traders.memory_per_week=0.4", "length.window_days=21")
OFFICES = (
    # Offices of nearly one size and many small traders, who look around often.
    f"{A}brokers.top_tenth_share=0.15",
    f"{A}demand.journeys_per_trader_day=1",
    f"{A}brokers.reconsider_per_day=0.3",
    "length.window_days=21",
)
PRELOGED = ("process@world.entry_process=prelodged_periodic_payment",)

BEHAVIOURS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # traders
    "some journeys may change post": ((f"{A}demand.captive_share=0.5",), (f"{A}demand.captive_share=1",)),
    "traders reconsider their post": (CHOOSY, (f"{A}traders.reconsider_per_day=0",)),
    "traders remember how long a post took": (CHOOSY, (f"{A}traders.memory_per_week=0",)),
    "traders mind hours": ((*CHOOSY, f"{A}traders.per_h=0.3"), (f"{A}traders.per_h=0",)),
    "traders mind uncertainty": ((*CHOOSY, f"{A}traders.per_sd_h=0.15"), (f"{A}traders.per_sd_h=0",)),
    "traders mind a detour": ((*CHOOSY, f"{A}demand.journeys_per_trader_day=1"), (f"{A}traders.per_km=0",)),
    "traders hear from their broker what became of others' fraud": (
        CHEATING,
        (f"{A}traders.news_weight=0",),
    ),
    "fraud follows perceived detection": (CHEATING, (f"{A}traders.fraud_sensitivity=0",)),
    # brokers
    "offices differ in error rate": ((), (f"{A}brokers.error_sigma=0",)),
    "traders look for another office": (OFFICES, (f"{A}brokers.reconsider_per_day=0",)),
    "traders hear of offices that let lorries wait": (OFFICES, (f"{A}brokers.per_h=0",)),
    "brokers learn how early to lodge": (PRELOGED, (f"{A}brokers.lead_learning_share=0",)),
    # organisations
    "organisations compare payoffs": (LIVELY, (f"{A}smugglers.lambda_per_gain=0.001",)),
    "organisations remember their results": (LIVELY, (f"{A}smugglers.memory=0",)),
    "organisations move attractions towards beliefs": (SEIZING, (f"{A}smugglers.drift_to_belief=0",)),
    "organisations hear of others": (SEIZING, (f"{A}smugglers.news_weight=0",)),
    "changing arm has a price": ((*LIVELY, f"{A}smugglers.organisations=20"), (f"{A}smugglers.switching_per_gain=0",)),
    "a trusted cover has a price": (LIVELY, (f"{A}smugglers.aeo_cover_per_gain=0",)),
    "an unofficial crossing has a price": (LIVELY, (f"{A}smugglers.unofficial_per_gain=0",)),
    "fronts wear out": (LIVELY, (f"{A}intelligence.front_half_life_d=1000000000",)),
    "a seizure burns the front": (SEIZING, (f"{A}smugglers.front_dropped_p=0",)),
    "a seizure may end an organisation": ((*SEIZING, f"{A}smugglers.removal_p=0.3"), (f"{A}smugglers.removal_p=0",)),
    # officers
    "officers leave": (
        (f"{A}staff.leaving_low_tier=1", f"{A}staff.leaving_high_tier=1", "length.window_days=35"),
        (f"{A}staff.leaving_low_tier=0", f"{A}staff.leaving_high_tier=0"),
    ),
    "officers learn by doing": ((), (f"{A}staff.learning_per_case=0",)),
    "skills are forgotten": ((), (f"{A}staff.forgetting_half_life_d=1000000000",)),
    "tactics age": ((), (f"{A}staff.tactics_age_per_year=0",)),
    "officers tire and slow down": ((), (f"{A}examination.pace_loss_per_h=0",)),
    "officers differ in pace": ((), (f"{A}examination.pace_spread=0",)),
    "vigilance falls": (SEIZING, (f"{A}examination.vigilance_loss_per_h=0",)),
    "hurry wears off": (("world.pools.documents.load=0.95",), (f"{A}pressure.overwork_h=1000",)),
    "queues shorten the work": ((), (f"{A}pressure.exponent=0",)),
    "image readers expect what they have seen": ((), (f"{A}image.criterion_prevalence=0",)),
    "image readers tire": (("world.scan_share=0.5",), (f"{A}image.criterion_fatigue=0",)),
    "officers query mismatches": ((), (f"{A}documents.query_p_base=0", f"{A}documents.query_p_skill=0")),
    "supervisors reroute": ((), (f"{A}selectivity.reroute_up=0", f"{A}selectivity.reroute_down=0")),
    # selectivity and targeting
    "thresholds look back on trailing scores": ((), (f"{A}selectivity.trailing_days=1",)),
    "the policy makes room for watchlist reds": (LEADS, ("world.channel_policy=fixed_rate",)),
    "a backlog cuts reds back": (SHORT_OF_INSPECTORS, (f"{A}selectivity.backlog_h=1000000",)),
    "some checks are random": ((), (f"{A}selectivity.random_share=0",)),
    "trusted operators have credit": ((), (f"{A}selectivity.aeo_credit=0",)),
    "offences stay on record": ((), (f"{A}targeting.record_gain=0",)),
    "a clean history lowers the score": ((), (f"{A}targeting.clean_gain=0",)),
    "the record is bounded": (SEIZING, (f"{A}targeting.record_cap=1000",)),
    "profiles score declarations": ((), ("targeting=random",)),
    "engines learn": (
        (f"{A}targeting.label_delay_d=1", f"{A}targeting.label_delay_sigma=0", "targeting=learned"),
        ("targeting=profiles",),
    ),
    # watchlists
    "findings enter the watchlist": (
        SEIZING,
        (f"{A}intelligence.recorded_low_tier=0", f"{A}intelligence.recorded_high_tier=0"),
    ),
    "services learn of fronts": (LEADS, (f"{A}intelligence.lead_p_per_front_day=0",)),
    "some leads name an innocent": (
        (*LEADS, f"{A}intelligence.wrong_record_share=0.3"),
        (f"{A}intelligence.wrong_record_share=0",),
    ),
    "alerts reach the desk": (SEIZING, (f"{A}intelligence.desk_alerts_per_day=0",)),
    "namesakes are stopped": (
        (f"{A}intelligence.false_alert_p_per_record=0.00001",),
        (f"{A}intelligence.false_alert_p_per_record=0",),
    ),
    # declaration systems
    "declaration systems fail": (
        (f"{A}systems.failure_low_tier_per_day=0.4", f"{A}systems.failure_high_tier_per_day=0.4"),
        (f"{A}systems.failure_low_tier_per_day=0", f"{A}systems.failure_high_tier_per_day=0"),
    ),
    # lanes
    "trusted lorries stand in the common queue": (
        ("world.entry_process.stages.approach.lane_split_lorries=1",),
        ("world.entry_process.stages.approach.lane_split_lorries=100000",),
    ),
    "reserve booths open when the line grows": (
        ("world.pools.primary.open_at=2",),
        ("world.pools.primary.reserve=0",),
    ),
}


@cache
def lively(words: tuple[str, ...]) -> Facts:
    """The run with the behaviour on; many behaviours share one."""
    return facts_of(*words)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_switching_the_behaviour_off_changes_what_happens_at_the_posts(behaviour: str) -> None:
    on, off = BEHAVIOURS[behaviour]
    changed = differing(lively(on), facts_of(*on, *off)) - STATES
    assert changed, f"{behaviour}: the ledger is the same without it, so it is not modelled"


def test_the_same_settings_give_the_same_ledger_so_a_difference_is_the_behaviours_own() -> None:
    assert differing(lively(()), facts_of()) == set()


def test_brokers_who_lodge_after_the_lorrys_arrival_have_no_lead_to_learn() -> None:
    assert differing(lively(()), facts_of(f"{A}brokers.lead_learning_share=0")) == set()


def test_a_loophole_learned_under_common_rules_changes_where_organisations_try() -> None:
    words = (*SEIZING[:2], *SEIZING[3:], f"{A}smugglers.organisations=40", "length.window_days=35")
    common = facts_of(*words, f"{A}measures.standardisation_loophole_share=1", scenario="standardisation")
    none = facts_of(*words, f"{A}measures.standardisation_loophole_share=0", scenario="standardisation")
    assert "attempts" in differing(common, none)


def test_trust_changes_what_is_sent_once_there_is_a_legal_basis() -> None:
    words = (*SEIZING, "world.exit_red_share=0.3")
    trusting = facts_of(*words, f"{A}trust.start_base=0.9", f"{A}trust.start_tension=0", scenario="data_sharing")
    wary = facts_of(*words, f"{A}trust.start_base=0.05", f"{A}trust.start_tension=0.5", scenario="data_sharing")
    assert differing(trusting, wary) - STATES


FORMAL = (
    # Two countries that hardly trust each other, on an agreement; answers come within days.
    *SEIZING,
    "world.exit_red_share=0.3",
    *(f"world.pairs.{k}.legal_basis=agreement" for k in (0, 1)),
    f"{A}trust.start_base=0",
    f"{A}intelligence.delay_formal_d=1",
    f"{A}intelligence.coverage_formal=0.9",
    "length.window_days=28",
)


def test_formal_requests_reach_a_partner_that_is_not_trusted() -> None:
    assert differing(facts_of(*FORMAL), facts_of(*FORMAL, f"{A}intelligence.coverage_formal=0")) - STATES


def test_requests_are_refused_for_want_of_reciprocity() -> None:
    sure = facts_of(*FORMAL, f"{A}intelligence.formal_refusal_share=1")
    never = facts_of(*FORMAL, f"{A}intelligence.formal_refusal_share=0")
    assert differing(sure, never) - STATES


def test_a_breach_of_the_channel_lets_organisations_change_burnt_fronts() -> None:
    fronts = (f"{A}smugglers.front_dropped_p=0", f"{A}intelligence.front_half_life_d=1000000000")
    words = (*SEIZING, *fronts, f"{A}intelligence.lead_p_per_front_day=0.1")
    leaky = run((*words, f"{A}intelligence.breach_p_per_year=1"), ("data_sharing",))["data_sharing"]
    tight = run((*words, f"{A}intelligence.breach_p_per_year=0"), ("data_sharing",))["data_sharing"]
    assert not tight.underworld.generation.any()
    assert leaky.underworld.generation.any()
    assert differing(leaky.facts(), tight.facts()) - STATES
