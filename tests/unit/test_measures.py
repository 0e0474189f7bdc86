"""Changes of measures and how they combine, against values worked out by hand."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from unit_world import world_of

from sim.consignments.numbers import Numbers
from sim.measures.change import Change, Operation
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import base_mechanisms, changes_today, lapsing_today, measure_named, planned
from sim.measures.schedule import Schedule
from sim.settings.errors import SettingsError
from sim.settings.run import MeasureSettings, Scenario

FULLY_APPLIED = ("measures.domestication_low_tier=1", "measures.domestication_high_tier=1")
PLACES = {f"Stonebridge/documents/{k:03d}": (k + 0.5) / 100 for k in range(100)}
BASE = {("intelligence.coverage", "A>B"): 0.5, ("documents.skill_factor", "A"): 1.0}


def change(operation: Operation, value: float, measure: str = "m", what: str = "intelligence.coverage") -> Change:
    return Change(what, "A>B" if what.startswith("intelligence") else "A", operation, value, measure)


@pytest.mark.parametrize(
    ("operation", "value", "after"),
    [
        ("set", 0.2, 0.2),
        ("add", 0.2, 0.7),
        ("scale", 0.5, 0.25),
        ("max", 0.6, 0.6),
        ("max", 0.4, 0.5),
        ("min", 0.4, 0.4),
    ],
)
def test_a_change_sets_adds_scales_or_bounds_a_mechanism(operation: Operation, value: float, after: float) -> None:
    values, (applied,) = combine(BASE, [change(operation, value)])
    assert values["intelligence.coverage", "A>B"] == pytest.approx(after)
    assert (applied.before, applied.after, applied.clamped) == (0.5, values["intelligence.coverage", "A>B"], False)
    assert BASE["intelligence.coverage", "A>B"] == 0.5


def test_a_share_is_clamped_to_one_and_the_table_says_so() -> None:
    values, (applied,) = combine(BASE, [change("add", 0.9)])
    assert values["intelligence.coverage", "A>B"] == 1.0
    assert applied.clamped


def test_the_order_in_which_measures_are_listed_is_no_matter() -> None:
    changes = [change("add", 0.3, "b"), change("scale", 0.5, "a"), change("max", 0.45, "c"), change("min", 0.9, "d")]
    results = {combine(BASE, list(order))[0]["intelligence.coverage", "A>B"] for order in permutations(changes)}
    assert len(results) == 1


def test_two_measures_that_set_the_same_mechanism_clash() -> None:
    with pytest.raises(SettingsError, match=r"measures a and b both set .* of A>B; use one"):
        combine(BASE, [change("set", 0.1, "b"), change("set", 0.2, "a")])
    combine(BASE, [change("set", 0.1, "a"), change("set", 0.2, "a")])


@pytest.mark.parametrize("name", ["clearance_mean_h", "interdiction_rate"])
def test_an_outcome_is_not_a_mechanism(name: str) -> None:
    wanted = Change(name, "all", "scale", 0.5, "m")
    with pytest.raises(SettingsError, match=f"measure m: {name} of all is not a mechanism"):
        combine({**BASE, (name, "all"): 1.0}, [wanted])
    with pytest.raises(SettingsError, match="is not a mechanism of this world"):
        combine(BASE, [Change("intelligence.coverage", "A>C", "set", 0.5, "m")])


def test_a_misspelt_measure_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean training"):
        measure_named("trainings")


def scheduled(measure: str, since: int, **how: Any) -> dict[str, float]:
    """Sum of the values of today's changes by mechanism, of a scenario with one measure."""
    scenario = Scenario(title="t", measures=(MeasureSettings(measure=measure, **how),))
    changes = changes_today(planned(scenario, world_of()), world_of(), PLACES, since)
    return {p: sum(c.value for c in changes if c.parameter == p) for p in {c.parameter for c in changes}}


LEAD_D = {"data_sharing": 720, "standardisation": 540, "training": 60}
SETUP_USD = {"data_sharing": 4e6, "standardisation": 8e6, "training": 30 * 1500.0}
"""Of both countries; half of the fees of the one with low capacity are a donor's."""


@pytest.mark.parametrize("measure", sorted(LEAD_D))
def test_a_measure_that_starts_with_go_live_acts_from_its_day_and_its_set_up_is_booked_on_the_policy_day(
    measure: str,
) -> None:
    for since in (-1000, -10, -1):
        assert scheduled(measure, since) == {}
    first = scheduled(measure, 0)
    assert first["costs.setup_usd"] + first.get("costs.donor_usd", 0.0) == pytest.approx(SETUP_USD[measure])
    assert set(first) - {"costs.setup_usd", "costs.donor_usd"}
    assert not {"costs.setup_usd", "costs.donor_usd"} & set(scheduled(measure, 1))


@pytest.mark.parametrize("measure", sorted(LEAD_D))
def test_a_measure_that_starts_with_its_decision_costs_from_then_and_acts_after_its_lead_time(measure: str) -> None:
    lead_d, paid = LEAD_D[measure], 0.0
    for since in range(lead_d):
        today = scheduled(measure, since, starts_with="decision")
        assert set(today) <= {"costs.setup_usd", "costs.donor_usd"}
        paid += sum(today.values())
    assert paid == pytest.approx(SETUP_USD[measure])
    live = scheduled(measure, lead_d, starts_with="decision")
    assert live == {p: v for p, v in scheduled(measure, 0).items() if p not in ("costs.setup_usd", "costs.donor_usd")}


def test_of_a_later_go_live_the_part_of_the_set_up_due_before_the_policy_day_is_booked_on_it() -> None:
    paid = [scheduled("training", since, from_day=20).get("costs.setup_usd", 0.0) for since in range(25)]
    assert paid[0] / sum(paid) == pytest.approx(41 / 60)
    assert paid[1:20] == pytest.approx([sum(paid) / 60] * 19)
    assert paid[20:] == [0.0] * 5


def test_no_lead_time_means_that_all_is_paid_on_the_day_of_go_live() -> None:
    assert [Schedule(4, 4).set_up_share(day) for day in (-4, 0, 3, 4, 5)] == [0, 0, 0, 1, 0]


def test_a_donor_pays_half_the_fees_at_the_low_tier_and_none_at_the_high_tier() -> None:
    p, world = world_of().parameters.measures, world_of()
    tiers = {c.key: c.tier01 for c in world.countries}
    for one in measure_named("training").setup(Context(world, PLACES, 1.0, 0)):
        assert one.donor_share == pytest.approx(p.training_donor_share * (1 - tiers[one.country]))
    rich = replace(world, countries=tuple(replace(c, tier01=1.0) for c in world.countries))
    assert all(one.donor_share == 0 for one in measure_named("training").setup(Context(rich, PLACES, 1.0, 0)))


def test_where_every_pair_has_an_agreement_only_the_portal_takes_time() -> None:
    world = world_of()
    agreed = replace(world, pairs=tuple(replace(pair, legal_basis="agreement") for pair in world.pairs))
    assert measure_named("data_sharing").lead_d(agreed) == 360


def test_what_is_agreed_is_applied_by_each_country_as_far_as_its_administration_does() -> None:
    """Ratified is not applied: the price is paid in full all the same."""
    world = world_of("measures.domestication_low_tier=0.5", "measures.domestication_high_tier=0.5")
    sharing = combine(
        base_mechanisms(world, PLACES), measure_named("data_sharing").changes(Context(world, PLACES, 1, 0))
    )
    form = combine(
        base_mechanisms(world, PLACES), measure_named("standardisation").changes(Context(world, PLACES, 1, 99))
    )
    assert sharing[0]["intelligence.legal_cap", "ALD>BER"] == pytest.approx(0.8 / 2)
    assert [form[0]["documents.rekeyed_elements", b.name] for b in world.brokers] == pytest.approx(
        [40 * 0.7] * len(world.brokers)
    )
    assert measure_named("data_sharing").setup(Context(world, PLACES, 1.0, 0))[0].usd == 2e6


ONE = Scenario(title="t", measures=(MeasureSettings(measure="training"),))
BOTH = Scenario(title="t", measures=(MeasureSettings(measure="data_sharing"), MeasureSettings(measure="training")))


def lapses(scenario: Scenario, p: float, days: range = range(3650), seed: int = 1) -> list[tuple[str, int]]:
    world, numbers = world_of(f"measures.p_reversal_per_year={p}"), Numbers(seed, 0)
    plans = planned(scenario, world)
    return [(m.name, day) for day in days for m in lapsing_today(plans, world, numbers, day + 30, day)]


def test_a_measure_is_taken_back_on_the_same_day_in_every_scenario_and_never_where_politics_is_steady() -> None:
    alone, together = lapses(ONE, 0.5), lapses(BOTH, 0.5)
    assert alone
    assert [found for found in together if found[0] == "training"] == alone
    assert {name for name, _ in together} == {"training", "data_sharing"}
    assert lapses(BOTH, 0.0) == []
    assert lapses(BOTH, 1.0, range(-30, 0)) == []


def test_a_tenth_of_measures_does_not_see_its_second_year() -> None:
    years = 400
    gone = sum(bool(lapses(ONE, 0.1, range(365), seed)) for seed in range(years))
    assert abs(gone / years - 0.1) < 3 * (0.09 / years) ** 0.5


def test_of_a_measure_that_has_lapsed_nothing_is_left_not_even_the_rest_of_its_set_up() -> None:
    world = world_of()
    plans = planned(BOTH, world)
    assert changes_today(plans, world, PLACES, 5, {"data_sharing", "training"}) == []
    assert {c.measure for c in changes_today(plans, world, PLACES, 5, {"training"})} == {"data_sharing"}


def today(measure: str, days: int, intensity: float = 1.0) -> dict[tuple[str, str], float]:
    world = world_of(*FULLY_APPLIED)
    changes = measure_named(measure).changes(Context(world, PLACES, intensity, days))
    return combine(base_mechanisms(world, PLACES), changes)[0]


def test_half_a_measure_is_half_of_what_it_sends_and_waits_twice_as_long() -> None:
    half = today("data_sharing", 3, 0.5)
    assert half["intelligence.coverage", "ALD>BER"] == pytest.approx(0.3)
    assert half["intelligence.legal_cap", "ALD>BER"] == pytest.approx(0.4)
    assert half["intelligence.delay_d", "ALD>BER"] == pytest.approx(2.0)
    assert half["trust.meetings_per_day", "ALD>BER"] == pytest.approx(1 / 60)


def test_half_of_standardisation_closes_half_as_much_of_the_gap_and_costs_half_as_much_skill() -> None:
    half = today("standardisation", 0, 0.5)
    largest = next(b.name for b in world_of().brokers if b.rank01 == 0)
    assert half["documents.rekeyed_elements", largest] == pytest.approx(40 * 0.7)
    assert half["documents.dual_elements", largest] == pytest.approx(40 * 0.3)
    assert half["documents.skill_factor", "BER"] == pytest.approx(0.875)
    assert half["documents.local_feature", "BER"] == pytest.approx(0.5)


def going(days: int, intensity: float = 1.0) -> tuple[set[int], set[int]]:
    """Places (in hundredths) of those on the course today, and of those back from it today."""
    values = today("training", days, intensity)
    away = {k for k in range(100) if values["staff.absent", f"Stonebridge/documents/{k:03d}"] == 1}
    back = {k for k in range(100) if values["staff.course_gain", f"Stonebridge/documents/{k:03d}"] == 0.15}
    return away, back


def test_a_tenth_of_those_who_go_is_away_for_three_days_each_week_and_comes_back_on_the_fourth() -> None:
    for week in range(10):
        this_week = {3 * week, 3 * week + 1, 3 * week + 2}
        for day in range(3):
            assert going(7 * week + day) == (this_week, set())
        assert going(7 * week + 3) == (set(), this_week)
        for day in (4, 5, 6):
            assert going(7 * week + day) == (set(), set())
    assert going(70) == (set(), set())


def test_three_in_ten_go_once_each_and_at_half_intensity_half_as_many() -> None:
    for intensity, share in ((1.0, 30), (0.5, 15), (0.0, 0)):
        returns = [k for day in range(100) for k in going(day, intensity)[1]]
        assert sorted(returns) == list(range(share))
