"""Guard (a): what is not active moves no bit; guard (d): with one generator for everybody it would."""

from functools import cache

import pytest
from chance_runs import Row, SharedNumbers, border, moved, rows_of, settings_of, simulate, with_assumptions, with_world
from chance_runs import with_scenario as under

from sim.consignments.numbers import Numbers
from sim.measures.registry import MEASURES
from sim.settings.run import MeasureSettings, RunSettings, Scenario

EVERYBODY_ABSTAINS = {"travel_per_gain": 1e6}
SHIFTS_OF_LOWMARSH = ("06:00-13:00", "13:00-20:00")
AFTER_CLOSING = "20:30-23:30"


@cache
def baseline() -> RunSettings:
    return settings_of()


@cache
def baseline_rows() -> tuple[Row, ...]:
    return tuple(rows_of(baseline()))


def with_pool(settings: RunSettings, post: str, name: str, **changes: object) -> RunSettings:
    """One pool of one post with other fields."""
    world = border(settings)
    where = world.posts[post]
    pool = {**world.pools, **where.pools}[name].model_copy(update=changes)
    posts = {**world.posts, post: where.model_copy(update={"pools": {**where.pools, name: pool}})}
    return with_world(settings, posts=posts)


def without_organisations() -> RunSettings:
    return with_world(baseline(), smuggling=False)


def organisations_without_opportunities(settings: RunSettings | None = None) -> RunSettings:
    # their fronts exist, so a service that learned of one would list it: no service learns of any here
    return with_assumptions(
        settings or baseline(), consignments={"prohibited_share": 0.0}, intelligence={"lead_p_per_front_day": 0.0}
    )


def with_a_reserve_that_never_opens(pool: str) -> RunSettings:
    return with_pool(baseline(), "Stonebridge", pool, reserve=2, open_at=10**6, step=1)


def with_shifts_at_lowmarsh(pool: str, *shifts: str) -> RunSettings:
    return with_pool(baseline(), "Lowmarsh", pool, shifts=shifts)


# -- measures at intensity 0 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_measure_of_intensity_0_moves_no_bit_and_at_1_it_moves_some(measure: str) -> None:
    none, full = (
        Scenario(title=measure, measures=(MeasureSettings(measure=measure, intensity=k),)) for k in (0.0, 1.0)
    )
    assert moved(rows_of(under(baseline(), none)), baseline_rows()) == []
    assert moved(rows_of(under(baseline(), full)), baseline_rows()) != []


def test_the_shipped_scenario_idle_equals_the_baseline() -> None:
    first, second = simulate(settings_of("scenarios=[baseline,idle]", command="compare"))
    assert moved(first.rows, second.rows) == []
    assert second.model.mechanism_rows()  # its measures were applied, and changed nothing
    assert all(row["before"] == row["after"] for row in second.model.mechanism_rows())


def test_intelligence_without_a_legal_basis_is_as_good_as_none() -> None:
    """The pairs of this world have no legal basis: whatever the channel, nothing is sent."""
    pairs = tuple(pair.model_copy(update={"channel": "integrated"}) for pair in border(baseline()).pairs)
    assert moved(rows_of(with_world(baseline(), pairs=pairs)), baseline_rows()) == []


# -- opportunities nobody has, or takes -------------------------------------------------------------------------


@pytest.mark.parametrize("organisations", [1, 20])
def test_organisations_without_an_opportunity_move_no_bit(organisations: int) -> None:
    settings = with_assumptions(
        organisations_without_opportunities(), smugglers={"organisations": float(organisations)}
    )
    assert moved(rows_of(settings), rows_of(without_organisations())) == []


def test_organisations_that_all_abstain_are_counted_as_deterred_and_move_nothing_else() -> None:
    settings = with_assumptions(
        baseline(),
        smugglers=EVERYBODY_ABSTAINS,
        consignments={"prohibited_share": 0.05},
        intelligence={"lead_p_per_front_day": 0.0},
    )
    assert moved(rows_of(settings), rows_of(without_organisations())) == ["indicator='deterred'"]


# -- officers who never work ------------------------------------------------------------------------------------


def off_the_roster(pool: str) -> list[tuple[str, str]]:
    """Means over the staff itself, in which somebody who never works counts all the same."""
    countries = [("skill_mean", f"country={key}") for key in border(baseline()).countries]
    return [*countries, ("utilisation", f"pool=Stonebridge/{pool}"), ("utilisation", f"pool=Lowmarsh/{pool}")]


@pytest.mark.parametrize("pool", ["primary", "documents", "image_analyst", "inspectors"])
def test_a_reserve_that_never_opens_moves_no_bit(pool: str) -> None:
    assert moved(rows_of(with_a_reserve_that_never_opens(pool)), baseline_rows(), off_the_roster(pool)) == []


@pytest.mark.parametrize("pool", ["primary", "documents", "inspectors"])
@pytest.mark.parametrize("idle", [AFTER_CLOSING, "00:30-05:30"], ids=["after closing", "before opening"])
def test_a_shift_outside_opening_hours_moves_no_bit(pool: str, idle: str) -> None:
    working = rows_of(with_shifts_at_lowmarsh(pool, *SHIFTS_OF_LOWMARSH))
    with_idle = rows_of(with_shifts_at_lowmarsh(pool, *SHIFTS_OF_LOWMARSH, idle))
    staff = [("skill_mean", f"country={key}") for key in border(baseline()).countries]
    assert moved(with_idle, working, staff) == []


def test_a_reserve_that_opens_does_move_rows() -> None:
    busy = baseline()
    helped = with_pool(busy, "Stonebridge", "documents", reserve=2, open_at=1, step=1)
    assert "indicator='clearance_mean_h'" in moved(rows_of(helped), rows_of(busy), off_the_roster("documents"))


# -- guard (d): the negative control ----------------------------------------------------------------------------


def test_with_one_shared_generator_idle_organisations_would_move_rows() -> None:
    first, second = organisations_without_opportunities(), without_organisations()
    assert "indicator='clearance_mean_h'" in moved(rows_of(first, SharedNumbers), rows_of(second, SharedNumbers))
    assert moved(rows_of(first, Numbers), rows_of(second, Numbers)) == []


def test_with_one_shared_generator_an_officer_off_the_roster_would_move_rows() -> None:
    working = with_shifts_at_lowmarsh("inspectors", *SHIFTS_OF_LOWMARSH)
    with_idle = with_shifts_at_lowmarsh("inspectors", *SHIFTS_OF_LOWMARSH, AFTER_CLOSING)
    staff = [("skill_mean", f"country={key}") for key in border(baseline()).countries]
    shared = moved(rows_of(with_idle, SharedNumbers), rows_of(working, SharedNumbers), staff)
    assert "indicator='clearance_mean_h'" in shared
    assert moved(rows_of(with_idle, Numbers), rows_of(working, Numbers), staff) == []


def test_with_one_shared_generator_the_scenario_idle_would_differ_from_the_baseline() -> None:
    settings = settings_of("scenarios=[baseline,idle]", command="compare")
    first, second = simulate(settings, SharedNumbers)
    assert "indicator='clearance_mean_h'" in moved(first.rows, second.rows)


def test_the_negative_control_itself_repeats_with_its_seed() -> None:
    """Else the control would fail for want of a seed and prove nothing about shared generators."""
    assert moved(rows_of(baseline(), SharedNumbers), rows_of(baseline(), SharedNumbers)) == []
