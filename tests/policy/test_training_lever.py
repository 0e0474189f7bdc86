"""What training does to officers and desks, as mechanisms."""

import numpy as np
import pytest
from policy_runs import Watched, differing, run, world_of

from sim.measures.change import Key
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import base_mechanisms, changes_today, measure_named, planned
from sim.posts.legs import LegRows
from sim.settings.run import MeasureSettings, Scenario
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


# -- workshops of both sides together -------------------------------------------------------------------------------

TOGETHER_D = 70 + 4
"""Ten weeks in which they begin, and the days of the last."""


def together(days: int, intensity: float = 1.0) -> dict[Key, float]:
    world = world_of()
    changes = measure_named("joint_workshops").changes(Context(world, {}, intensity, days))
    return combine(base_mechanisms(world, {}), changes)[0]


def test_while_officers_of_both_sides_attend_they_meet_and_what_can_be_read_in_two_ways_grows_less() -> None:
    for days, meetings in ((0, 2 / 30), (TOGETHER_D, 2 / 30), (TOGETHER_D + 1, 0.0)):
        assert together(days)["trust.meetings_per_day", "ALD>BER"] == pytest.approx(meetings)
    offices = [broker.name for broker in world_of().brokers]
    for days, ambiguity in ((0, 1.0), (TOGETHER_D // 2, 0.9), (TOGETHER_D, 0.8), (TOGETHER_D + 200, 0.9)):
        found = [together(days)["documents.ambiguity", office] for office in offices]  # half is forgotten in 200 days
        assert found == pytest.approx([ambiguity] * len(offices))
    assert together(TOGETHER_D, 0.5)["documents.ambiguity", offices[0]] == pytest.approx(0.9)


def test_fewer_declarations_differ_where_both_sides_read_the_form_alike() -> None:
    model = run(("length.window_days=3",))["baseline"]
    batch = next(closed.batch for _, closed in model.legs(ENTRY))
    leads, called = model.offices.lead_factor, np.zeros(len(model.world.posts))
    differ = []
    for ambiguity in (1.0, 0.5):
        alike = {key: ambiguity for key in model.mechanisms[0] if key[0] == "documents.ambiguity"}
        legs = model.admission.legs(batch, model.mechanisms[0] | alike, leads, called)
        differ.append(int(legs["mismatch"][:, 0].sum() + legs["machine_mismatch"].sum()))
    assert 0 < differ[1] < 0.75 * differ[0]


def test_a_workshop_of_one_country_alone_is_no_joint_one() -> None:
    world = world_of()
    chosen = MeasureSettings(measure="joint_workshops", countries=("BER",))
    changes = changes_today(planned(Scenario(title="t", measures=(chosen,)), world), world, {}, 20)
    assert not {change.parameter for change in changes} & {"trust.meetings_per_day", "documents.ambiguity"}
    assert measure_named("joint_workshops").mutual
    assert not measure_named("training").mutual
