"""What training does to officers and desks, as mechanisms."""

import numpy as np
import pytest
from policy_runs import Watched, differing, run

from sim.posts.legs import LegRows
from sim.world.world import World

ENTRY = 1
QUIET = (
    # Only the course moves skill or empties a desk, so both can be read off exactly.
    "assumptions.staff.learning_per_case=0",
    "assumptions.staff.tactics_age_per_year=0",
    "assumptions.staff.forgetting_half_life_d=1000000000",
    "assumptions.staff.rotation_per_year=0",
    "assumptions.staff.leaving_low_tier=0",
    "assumptions.staff.leaving_high_tier=0",
    "assumptions.measures.training_share=1",
    "assumptions.measures.training_per_week=0.5",
    "length.burn_in_days=2",
    "length.window_days=15",
)


@pytest.fixture(scope="module")
def course() -> dict[str, Watched]:
    """Everybody goes, half in the first week and half in the second."""
    return run(QUIET, ("baseline", "training"))


def test_skill_rises_by_its_share_of_the_gap_after_the_course_and_nowhere_else(course: dict[str, Watched]) -> None:
    staff, before = course["training"].staff, course["baseline"].staff.skill
    expected = before + 0.15 * (0.95 - before)
    assert staff.skill[staff.skilled] == pytest.approx(expected[staff.skilled])
    assert np.array_equal(staff.skill[~staff.skilled], before[~staff.skilled])


def test_hours_at_the_desk_fall_while_a_course_lasts_and_are_back_when_it_is_over(course: dict[str, Watched]) -> None:
    before = np.array([day.sum() for day in course["baseline"].rostered_ms])
    during = np.array([day.sum() for day in course["training"].rostered_ms])
    away = np.flatnonzero(during < before)
    assert away.tolist() == [2, 3, 4, 9, 10, 11]
    assert (during <= before).all()


def test_officers_on_a_course_are_not_in_the_roster(course: dict[str, Watched]) -> None:
    model = course["training"]
    staff, policy_day = model.staff, 2
    staff.morning(policy_day, model.mechanisms[policy_day])
    absent = set(np.flatnonzero(staff.absent).tolist())
    _, unit, on = staff.roster(policy_day)
    there = set(unit[on == 1].tolist())
    assert absent
    assert not absent & there
    first_week = {i for i, name in enumerate(staff.seats) if staff.course_place.get(name, 1.0) < 0.5}
    assert absent == first_week


def by_leg(model: Watched, world: World) -> dict[int, tuple[int, ...]]:
    """Clerks' working time on each leg's papers, by leg."""
    slots = [k for k, stage in enumerate(world.entry_process.stages) if stage.work == "prepare"]
    rows: list[LegRows] = [closed.rows for _, closed in model.legs(ENTRY)]
    return {int(i): tuple(w) for r in rows for i, w in zip(r.id, r.work_ms[:, slots].tolist(), strict=True)}


def test_a_measure_that_touches_customs_alone_leaves_every_brokers_working_time_as_it_was(
    course: dict[str, Watched],
) -> None:
    base, trained = course["baseline"], course["training"]
    assert "clearance_mean_h" in differing(base.facts(), trained.facts())
    before, after = by_leg(base, base.world), by_leg(trained, trained.world)
    both = before.keys() & after.keys()
    assert sum(sum(before[leg]) > 0 for leg in both) > 300
    assert {leg for leg in both if before[leg] != after[leg]} == set()


def test_a_measure_that_touches_the_form_does_change_brokers_working_time() -> None:
    words = ("assumptions.measures.standardisation_dual_running_d=0", "length.window_days=4")
    models = run(words, ("baseline", "standardisation"))
    before, after = (by_leg(m, m.world) for m in models.values())
    assert any(before[leg] != after[leg] for leg in before.keys() & after.keys())
