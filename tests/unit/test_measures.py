"""Changes of measures and how they combine, against values worked out by hand."""

from itertools import permutations

import pytest
from unit_world import world_of

from sim.measures.change import Change, Operation
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import base_mechanisms, changes_today, measure_named
from sim.settings.errors import SettingsError
from sim.settings.run import MeasureSettings, Scenario

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


def test_no_measure_acts_before_its_day() -> None:
    later = Scenario(title="t", measures=(MeasureSettings(measure="data_sharing", from_day=5),))
    for since, acts in ((-10, False), (0, False), (4, False), (5, True), (50, True)):
        assert bool(changes_today(later, world_of(), PLACES, since)) is acts


def test_setup_is_paid_on_the_first_day_in_force_and_running_costs_every_day() -> None:
    for name in ("standardisation", "data_sharing"):
        for days, setup in ((0, 2), (1, 0), (200, 0)):
            changes = measure_named(name).changes(Context(world_of(), PLACES, 1.0, days))
            assert sum(c.parameter == "costs.setup_usd" for c in changes) == setup
            assert sum(c.parameter == "costs.running_usd" for c in changes) == 2


def today(measure: str, days: int, intensity: float = 1.0) -> dict[tuple[str, str], float]:
    world = world_of()
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


def test_a_course_is_paid_per_officer_who_goes() -> None:
    setup = today("training", 0)
    assert sum(setup["costs.setup_usd", c] for c in ("ALD", "BER")) == pytest.approx(30 * 1500)
