"""Each measure moves its own mechanisms and no other. Outcomes are not looked at."""

import numpy as np
import pytest
from policy_runs import Watched, differing, run, world_of

from sim.measures.change import BOUNDS, Key
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import MEASURES, base_mechanisms, with_further_units
from sim.settings.run import MeasureSettings, Scenario

PLACES = {f"Stonebridge/{pool}/{k:03d}": k / 10 for pool in ("documents", "image_analyst") for k in range(10)}
EXCHANGE = {
    "intelligence.coverage",
    "intelligence.legal_cap",
    "intelligence.delay_d",
    "intelligence.feedback_share",
    "trust.meetings_per_day",
    "costs.running_usd",
    "costs.staff_h",
}
OWN = {
    "standardisation": {
        "documents.trader_reach01",
        "documents.rekeyed_elements",
        "documents.dual_elements",
        "documents.skill_factor",
        "documents.local_feature",
        "smugglers.loophole_share",
        "costs.running_usd",
    },
    "data_sharing": EXCHANGE,
    "liaison_officers": EXCHANGE | {"staff.absent"},
    "integrated_databases": EXCHANGE,
    "training": {"staff.absent", "staff.course_gain"},
    "joint_workshops": {"staff.absent", "staff.course_gain", "trust.meetings_per_day", "documents.ambiguity"},
    "seminar": {"staff.absent", "staff.course_gain"},
    "online_course": {"staff.course_gain"},
    "mentoring": {"staff.time_share", "staff.course_gain", "costs.staff_h"},
    "equipment": {
        "staff.posted",
        "staff.absent",
        "staff.course_gain",
        "control.scan_share",
        "devices.maintained_share",
        "costs.running_usd",
    },
    "more_officers": {"staff.posted", "costs.staff_h"},
    "risk_management": {"selectivity.red_share", "costs.running_usd"},
    "tighter_control": {"selectivity.red_share"},
    "aeo": {"traders.aeo_share", "staff.time_share", "costs.staff_h", "costs.trader_usd"},
    "integrity": {
        "integrity.audit_p",
        "integrity.rotation_per_day",
        "integrity.drawn_officer_share",
        "integrity.open_decisions_share",
        "costs.running_usd",
    },
    "post_clearance_audit": {"selectivity.blue_share", "audits.per_day", "staff.time_share", "costs.staff_h"},
    "aeo_programme": {"traders.validation_h", "staff.time_share", "costs.staff_h"},
    "broker_hours": {"brokers.more_h", "costs.trader_usd"},
    "release_target": {"release.deadline_h"},
    "joint_audits": {"trust.audits_per_day", "costs.staff_h"},
    "joint_operation": {"selectivity.red_share", "intelligence.pooled_share", "costs.staff_h"},
}


def mechanisms(measure: str, days: int, intensity: float = 1.0) -> tuple[dict[Key, float], dict[Key, float]]:
    scenario = Scenario(title=measure, measures=(MeasureSettings(measure=measure),))
    world = with_further_units(world_of(), scenario)
    base = base_mechanisms(world, PLACES)
    values, _ = combine(base, MEASURES[measure].changes(Context(world, PLACES, intensity, days)))
    return base, values


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_measure_moves_all_its_own_mechanisms_and_no_other(measure: str) -> None:
    moved = set()
    for days in range(150):
        base, values = mechanisms(measure, days)
        assert values.keys() == base.keys()
        moved |= {key[0] for key in base if values[key] != base[key]}
    assert moved == OWN[measure]


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_measure_at_intensity_0_leaves_every_mechanism_to_the_last_bit(measure: str) -> None:
    for days in range(150):
        base, values = mechanisms(measure, days, intensity=0.0)
        assert values == base


def test_every_mechanism_belongs_to_a_measure_and_no_outcome_is_among_them() -> None:
    whole_scenarios = {"costs.setup_usd", "costs.donor_usd", "process.share"}  # the last raises what is in force
    assert set(BOUNDS) == set.union(*OWN.values(), whole_scenarios)
    outcomes = ("clearance", "interdiction", "detection", "hit", "hours", "seiz")
    assert not [name for name in BOUNDS if any(word in name for word in outcomes)]


@pytest.fixture(scope="module")
def fortnight() -> dict[str, Watched]:
    """The single measures beside the baseline, from the fourth day, and all of them at strength 0."""
    lengths = ("length.burn_in_days=3", "length.window_days=11")
    return run(lengths, ("baseline", *sorted(MEASURES), "idle"))


def test_all_measures_at_strength_0_leave_the_same_ledger_as_no_measure(fortnight: dict[str, Watched]) -> None:
    assert differing(fortnight["idle"].facts(), fortnight["baseline"].facts()) == set()


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_before_the_policy_day_a_measure_changes_nothing_and_afterwards_something(
    fortnight: dict[str, Watched], measure: str
) -> None:
    base, policy = fortnight["baseline"], fortnight[measure]
    own = [{key: day[key] for key in base.mechanisms[0]} for day in policy.mechanisms]  # but not the units it may bring
    assert own[:3] == base.mechanisms[:3]
    assert policy.mechanisms[3] != policy.mechanisms[2]
    assert differing(policy.facts(), base.facts())


def test_of_the_first_measures_only_training_takes_officers_off_the_roster(fortnight: dict[str, Watched]) -> None:
    base = np.array(fortnight["baseline"].rostered_ms)
    for measure in ("standardisation", "data_sharing"):
        assert np.array_equal(np.array(fortnight[measure].rostered_ms), base)
    training = np.array(fortnight["training"].rostered_ms)
    assert (training <= base).all()
    assert training.sum() < base.sum()


def test_only_data_sharing_sends_records(fortnight: dict[str, Watched]) -> None:
    for name in ("baseline", "standardisation", "training"):
        assert fortnight[name].exchange.sent_total == 0


def test_only_standardisation_spreads_a_loophole(fortnight: dict[str, Watched]) -> None:
    assert fortnight["standardisation"].smuggling.loophole_share == 0.5
    for name in ("baseline", "data_sharing", "training"):
        assert fortnight[name].smuggling.loophole_share == 0.0
