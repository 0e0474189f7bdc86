"""Officers: courses, forgetting, learning by doing, turnover, rosters and what image readers expect."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr
from unit_world import model_of, world_of

from sim.agents.officer import Staff
from sim.consignments.numbers import Numbers
from sim.measures.change import Key
from sim.measures.registry import base_mechanisms
from sim.posts.legs import COUNTS, MEASURES, LegRows

STILL = (
    "staff.rotation_per_year=0",
    "staff.tactics_age_per_year=0",
    "staff.leaving_low_tier=0",
    "staff.leaving_high_tier=0",
)


def staff_of(*assumptions: str) -> Staff:
    return Staff(world_of(*assumptions), Numbers(1, 0))


def quiet(staff: Staff) -> dict[Key, float]:
    return base_mechanisms(staff.world, staff.course_place)


def legs(**columns: list[int]) -> LegRows:
    n = len(next(iter(columns.values())))
    nothing = np.zeros((n, 1), np.int64)
    blank = dict.fromkeys(COUNTS, -1) | dict.fromkeys(MEASURES, 0.0)
    return LegRows.of({"id": np.arange(n)} | blank | columns, nothing, nothing)


def seat_with(staff: Staff, skill: str) -> int:
    return next(i for i, p in enumerate(staff.pool) if staff.world.pools[p].skill == skill)


def test_a_course_closes_its_share_of_the_gap_to_the_ceiling_for_those_who_went() -> None:
    staff = staff_of(*STILL, "staff.forgetting_half_life_d=1000000000")
    seat = seat_with(staff, "search")
    before = staff.skill.copy()
    staff.morning(5, quiet(staff) | {("staff.course_gain", staff.seats[seat]): 0.15})
    assert staff.skill[seat] == pytest.approx(before[seat] + 0.15 * (0.95 - before[seat]))
    assert np.delete(staff.skill, seat) == pytest.approx(np.delete(before, seat))
    assert staff.trained.sum() == 1


def test_half_of_what_was_gained_is_forgotten_in_200_days_and_no_more_than_was_gained() -> None:
    staff = staff_of(*STILL)
    start = staff.start_skill.copy()
    staff.skill = np.where(staff.skilled, staff.skill + 0.1, staff.skill)
    for day in range(200):
        staff.morning(day, quiet(staff))
    assert (staff.skill - start)[staff.skilled] == pytest.approx(0.05)


def test_tactics_age_by_a_twentieth_of_skill_a_year_down_to_the_floor() -> None:
    staff = staff_of("staff.leaving_low_tier=0", "staff.leaving_high_tier=0", "staff.rotation_per_year=0")
    before = staff.skill.copy()
    for day in range(365):
        staff.morning(day, quiet(staff))
    assert staff.skill[staff.skilled] == pytest.approx(np.maximum(before - 0.05, 0.3)[staff.skilled])
    assert (staff.skill[~staff.skilled] == 1.0).all()


def test_each_case_closes_a_five_hundredth_of_the_gap_for_the_officer_who_had_it() -> None:
    staff = staff_of()
    a, b = seat_with(staff, "document"), seat_with(staff, "search")
    before = staff.skill.copy()
    staff.evening(
        legs(document_unit=[a, a, a, -1], queries=[1, 1, 1, 0], exam_unit=[b, -1, -1, -1], detected=[1, 0, 0, 0])
    )
    assert staff.skill[a] == pytest.approx(0.95 - (0.95 - before[a]) * 0.998**3)
    assert staff.skill[b] == pytest.approx(0.95 - (0.95 - before[b]) * 0.998)
    untouched = np.delete(np.arange(len(before)), [a, b])
    assert np.array_equal(staff.skill[untouched], before[untouched])


def test_a_case_whose_outcome_nobody_hears_of_teaches_nothing() -> None:
    staff = staff_of()
    a, b = seat_with(staff, "document"), seat_with(staff, "search")
    before = staff.skill.copy()
    staff.evening(legs(document_unit=[a] * 9, exam_unit=[b] * 9))
    assert np.array_equal(staff.skill, before)


def test_clerks_and_devices_learn_nothing() -> None:
    staff = staff_of()
    clerk = int(np.flatnonzero(~staff.skilled)[0])
    staff.evening(legs(document_unit=[clerk] * 50, corrected=[1] * 50))
    assert staff.skill[clerk] == 1.0


def test_a_reader_who_has_seen_no_finds_is_strict_and_finds_make_the_reader_sharper() -> None:
    staff = staff_of()
    reader = seat_with(staff, "image")
    assert staff.criterion()[reader] == pytest.approx(0.2 * np.log(49))
    staff.evening(legs(image_unit=[reader] * 100, detected=[1] * 9 + [0] * 91))
    assert (staff.images[reader], staff.finds[reader]) == (100, 9)
    assert staff.criterion()[reader] == pytest.approx(0.2 * np.log((1 - 10 / 150) / (10 / 150)))
    staff.images[reader], staff.finds[reader] = 10, 59
    assert staff.criterion()[reader] == pytest.approx(0.0)


def test_good_targeting_sharpens_the_reader_and_blanket_scanning_dulls_the_same_one() -> None:
    """Of a thousand images with a find in ten, or in a thousand: the same eyes, another expectation."""
    hits = []
    for finds in (100, 1):
        staff = staff_of()
        reader = seat_with(staff, "image")
        staff.evening(legs(image_unit=[reader] * 1000, detected=[1] * finds + [0] * (1000 - finds)))
        d_prime = 1.7 + 1.1 * (staff.skill[reader] - 0.5)
        hits.append(ndtr(d_prime / 2 - staff.criterion()[reader]))
    assert hits[0] > hits[1] + 0.2


def test_an_officer_on_a_course_is_neither_in_the_roster_nor_counted_on_duty() -> None:
    staff = staff_of(*STILL)
    at_stonebridge = [staff.world.pools[p].name == "Stonebridge/inspectors" for p in staff.pool]
    seat = at_stonebridge.index(True)
    pool = int(staff.pool[seat])
    before, (_, unit, on) = staff.rostered_ms(3), staff.roster(3)
    assert seat in unit[on == 1]
    staff.morning(3, quiet(staff) | {("staff.absent", staff.seats[seat]): 1.0})
    _, unit, on = staff.roster(3)
    assert seat not in unit[on == 1]
    lost = before - staff.rostered_ms(3)
    assert lost[pool] == 8 * 3_600_000
    assert np.delete(lost, pool).sum() == 0
    staff.morning(4, quiet(staff))
    assert not staff.absent.any()


def test_who_leaves_is_replaced_after_the_vacancy_by_a_novice() -> None:
    staff = staff_of("staff.leaving_low_tier=1", "staff.leaving_high_tier=1", "staff.skill_sd=0")
    day = 0
    while not staff.left:
        staff.morning(day, quiet(staff))
        day += 1
    seat = int(np.flatnonzero(staff.generation)[0])
    country = staff.world.countries[staff.country[seat]]
    assert staff.vacant_until[seat] == day - 1 + 30
    assert staff.skill[seat] == pytest.approx(country.skill_mean - 0.15)
    on = [
        set(staff.roster(d)[1][staff.roster(d)[2] == 1].tolist()) for d in (day, day + 29, day + 36)
    ]  # the same weekday twice
    assert [seat in today for today in on] == [False, True, True]


def test_officers_leave_at_the_yearly_rate_and_trained_ones_half_as_often_again() -> None:
    counts = {}
    for trained in (False, True):
        staff = staff_of("staff.leaving_low_tier=1", "staff.leaving_high_tier=1", "staff.vacancy_d=0")
        days = 1500
        for day in range(days):
            staff.trained[:] = trained
            staff._turnover(day)
        counts[trained] = staff.left
        expected = staff.skilled.sum() * days / 365 * (1.5 if trained else 1.0)
        assert staff.left == pytest.approx(expected, abs=3.29 * expected**0.5)
    assert counts[True] > counts[False]


def test_a_new_form_costs_document_officers_skill_in_the_country_that_adopts_it_alone() -> None:
    staff = staff_of()
    today = quiet(staff) | {("documents.skill_factor", "BER"): 0.75}
    factor = staff.working_skill(today) / staff.skill
    here = staff.document & (staff.country == 1)
    assert here.any()
    assert factor[here] == pytest.approx(0.75)
    assert (factor[~here] == 1).all()


def test_skills_start_around_the_mean_of_the_countrys_tier() -> None:
    staff = Staff(world_of("staff.skill_sd=0"), Numbers(1, 0))
    for country, mean in ((0, 0.5 + 0.2 * 0.85), (1, 0.5 + 0.2 * 0.15)):
        mine = staff.skilled & (staff.country == country)
        assert staff.skill[mine] == pytest.approx(mean)


def test_officers_work_between_eight_and_twelve_tenths_of_the_nominal_pace_and_clerks_at_it() -> None:
    staff = staff_of()
    assert staff.pace[staff.skilled].min() >= 0.8
    assert staff.pace[staff.skilled].max() <= 1.2
    assert np.unique(staff.pace[staff.skilled]).size > 5
    assert (staff.pace[~staff.skilled] == 1).all()


def test_every_seat_is_an_agent_and_shows_who_sits_there() -> None:
    model = model_of()
    officers = [a for a in model.agents if type(a).__name__ == "Officer"]
    assert [o.name for o in officers] == model.staff.seats
    model.staff.skill[3] = 0.42
    assert officers[3].skill == 0.42


DAY = 86_400_000
ALWAYS = ((0, 1440),) * 7


def two_officers(teams: tuple[tuple[int, int], ...], hours: tuple[tuple[int, int] | None, ...] = ALWAYS) -> Staff:
    """A staff whose first document pool has two officers in each of these teams."""
    world = world_of()
    index = next(i for i, p in enumerate(world.pools) if p.skill == "document")
    mine = replace(world.pools[index], base=2, reserve=0, teams=teams, hours=hours)
    return Staff(
        replace(world, pools=tuple(mine if i == index else p for i, p in enumerate(world.pools))), Numbers(1, 0)
    )


def changes(staff: Staff, day: int, seat: int) -> list[tuple[int, int]]:
    """(minute, 1 = comes or 0 = goes) of a seat on a day."""
    at, unit, on = staff.roster(day)
    mine = unit == seat
    return [(int(t - day * DAY) // 60_000, int(o)) for t, o in zip(at[mine], on[mine], strict=True)]


@pytest.mark.parametrize("teams", [((0, 1440),), ()])
def test_an_officer_of_a_round_the_clock_team_is_off_on_the_days_of_absence(teams: tuple[tuple[int, int], ...]) -> None:
    staff = two_officers(teams)
    seat = seat_with(staff, "document")
    staff.absent[seat], staff.vacant_until[seat + 1] = 1.0, 2
    assert [changes(staff, 0, s) for s in (seat, seat + 1)] == [[], []]
    assert [changes(staff, 1, s) for s in (seat, seat + 1)] == [[(0, 0)], [(0, 0)]]
    staff.absent[seat] = 0.0
    assert [changes(staff, 2, s) for s in (seat, seat + 1)] == [[(0, 1)], [(0, 1)]]
    staff.absent[seat] = 1.0
    assert changes(staff, 3, seat) == [(0, 0)]


def test_who_worked_through_midnight_and_is_absent_today_goes_at_midnight_though_the_post_closes_early() -> None:
    staff = two_officers(((0, 1440),), ((0, 840),) + ((0, 1440),) * 6)  # Mondays until 14:00; day 0 is a Monday
    seat = seat_with(staff, "document")
    staff.absent[seat] = 1.0
    assert changes(staff, 7, seat) == [(0, 0), (840, 0)]
    assert changes(staff, 7, seat + 1) == [(0, 1), (840, 0)]


def test_devices_that_are_always_on_are_started_once() -> None:
    staff = two_officers(())
    device = next(i for i, p in enumerate(staff.pool) if not staff.world.pools[p].teams and not staff.skilled[i])
    assert changes(staff, 0, device) == [(0, 1)]
    assert changes(staff, 1, device) == []
