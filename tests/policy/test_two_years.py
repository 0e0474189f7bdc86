"""What acts over the life of a measure: each mechanism alone, and the price it has."""

import numpy as np
import pytest
from policy_runs import Watched, facts_of, run, world_of

from sim.agents.officer import Staff
from sim.consignments.numbers import Numbers
from sim.cooperation.intelligence import Exchange
from sim.measures.change import Key
from sim.measures.registry import MEASURES, base_mechanisms, changes_today, planned, with_further_units
from sim.settings.run import MeasureSettings, Scenario
from sim.world.world import World

A = "assumptions."
STILL = (
    f"{A}staff.learning_per_case=0",
    f"{A}staff.tactics_age_per_year=0",
    f"{A}staff.forgetting_half_life_d=1000000000",
    f"{A}staff.leaving_low_tier=0",
    f"{A}staff.leaving_high_tier=0",
)


def staff_of(*words: str, world: World | None = None) -> Staff:
    return Staff(world or world_of(*words), Numbers(1, 0))


def live(staff: Staff, days: range, mechanisms: dict[Key, float] | None = None) -> None:
    quiet = mechanisms or base_mechanisms(staff.world, staff.course_place)
    for day in days:
        staff.morning(day, quiet)


def only(measure: str) -> Scenario:
    return Scenario(title=measure, measures=(MeasureSettings(measure=measure),))


# -- rotation ---------------------------------------------------------------------------------------------------


def test_within_24_months_every_seat_changes_hands_once_and_none_stays_empty() -> None:
    staff = staff_of(*STILL)
    live(staff, range(730))
    assert (staff.generation[staff.skilled] == 1).all()
    assert (staff.vacant_until == 0).all()
    assert (staff.generation[~staff.skilled] == 0).all()


def test_rotation_moves_trained_staff_off_the_skill_and_brings_no_novices() -> None:
    staff, kept = staff_of(*STILL), staff_of(*STILL, f"{A}staff.rotation_per_year=0")
    for one in (staff, kept):
        one.skill[one.skilled] += 0.2
        one.trained[:] = one.skilled
        live(one, range(730))
    assert kept.trained[kept.skilled].all()
    assert not staff.trained.any()
    own = staff.skilled & (staff.country == 1)
    assert staff.skill[own].mean() < kept.skill[own].mean() - 0.15
    assert staff.skill[own].mean() == pytest.approx(staff.world.countries[1].skill_mean, abs=0.04)


# -- devices ----------------------------------------------------------------------------------------------------


def down_share(maintained: float, days: int = 6000) -> float:
    staff = staff_of(*STILL, f"{A}staff.rotation_per_year=0")
    mechanisms = base_mechanisms(staff.world, staff.course_place)
    mechanisms |= {key: maintained for key in mechanisms if key[0] == "devices.maintained_share"}
    out = 0.0
    for day in range(days):
        staff.morning(day, mechanisms)
        there, in_order = staff.devices(day)
        out += float((there - in_order).sum() / there.sum())
    return out / days


def test_a_scanner_without_a_contract_is_out_of_order_on_three_days_in_ten_and_with_one_on_few() -> None:
    assert down_share(0.0) == pytest.approx(0.3, abs=0.05)
    assert down_share(1.0) == pytest.approx(0.02, abs=0.01)


def test_only_machines_that_may_break_are_ever_out_of_order_and_they_come_back() -> None:
    staff = staff_of(f"{A}devices.failure_p_per_day=0.5", f"{A}devices.maintained_low_tier=1")
    seen = np.zeros(len(staff.pool), np.bool_)
    on = {}
    for day in range(40):
        live(staff, range(day, day + 1))
        _, unit, works = staff.roster(day)
        for k, state in zip(unit.tolist(), works.tolist(), strict=True):
            if staff.breaks[k]:
                assert state != on.get(k, 0)  # told when it stops and when it starts again, and at no other time
                on[k] = state
        out = staff.out_until > day
        assert {k for k, state in on.items() if state} == set(np.flatnonzero(staff.breaks & ~out).tolist())
        seen |= out
    assert set(np.flatnonzero(seen)) == set(np.flatnonzero(staff.breaks))


BROKEN = (f"{A}devices.failure_p_per_day=1", f"{A}devices.repair_d=1000", f"{A}devices.maintained_low_tier=1")


@pytest.mark.parametrize("engine", ["simpy", "oracle"])
def test_where_every_scanner_is_out_of_order_no_image_is_taken_and_nobody_waits_for_one(engine: str) -> None:
    words = (f"engine={engine}", "world.scan_share=0.8", f"{A}devices.failure_p_per_day=")
    broken = facts_of(*words[:2], *BROKEN, f"{A}devices.repair_sigma=0")
    whole = facts_of(*words[:2], words[2] + "0")
    assert broken["nii_rate", "all"][0].sum() == 0
    assert whole["nii_rate", "all"][0].sum() > 100
    assert broken["devices_out_share", "post=Stonebridge"][0].sum() == 14
    stage = ("time_by_stage_h", "stage=scan")
    assert broken[stage][0].sum() == 0 < whole[stage][0].sum()


def test_both_engines_agree_while_machines_fail_and_are_repaired() -> None:
    often = (f"{A}devices.failure_p_per_day=0.4", "world.scan_share=0.5", "length.window_days=10")
    one, two = (facts_of(f"engine={engine}", *often) for engine in ("simpy", "oracle"))
    assert one.keys() == two.keys()
    assert all(a.tobytes() == b.tobytes() for key in one for a, b in zip(one[key], two[key], strict=True))
    out = one["devices_out_share", "post=Stonebridge"][0]
    assert 0 < out.sum() < len(out)


@pytest.mark.parametrize("engine", ["simpy", "oracle"])
def test_a_lorry_called_before_the_machine_failed_is_let_off_and_does_not_wait_for_the_repair(engine: str) -> None:
    """Papers take a day here: without this, whoever was called yesterday would stand until the parts have come."""
    world = ("world.scan_share=1", f"engine={engine}", "length.window_days=6")
    fails_once = (
        f"{A}devices.failure_p_per_day=0.12",
        f"{A}devices.repair_d=1000",
        f"{A}devices.maintained_low_tier=1",
    )
    broken = facts_of(*world, *fails_once, f"{A}devices.repair_sigma=0", "seed=13")
    out = broken["devices_out_share", "post=Stonebridge"][0]
    day = int(np.flatnonzero(out)[0])
    assert 0 < day < 5
    assert out[day:].all()
    post = ("clearance_mean_h", "post=Stonebridge")
    whole = facts_of(*world, f"{A}devices.failure_p_per_day=0", "seed=13")
    assert broken[post][0][day - 1] < 1.2 * whole[post][0][day - 1]


def test_where_one_of_two_scanners_is_out_of_order_half_as_many_lorries_are_called() -> None:
    model = run((f"{A}devices.failure_p_per_day=0", "world.pools.scanner.base=2", "length.window_days=1"))["baseline"]
    scanners = np.flatnonzero(model.staff.breaks & (model.staff.post == 1))
    shares = [model._called_to_scan(model.mechanisms[0])[1]]
    model.staff.out_until[scanners[0]] = 100
    shares.append(model._called_to_scan(model.mechanisms[0])[1])
    assert shares == [0.1, 0.05]


# -- joint audits -----------------------------------------------------------------------------------------------


def audited(applied: float) -> tuple[Exchange, list[tuple[int, int]]]:
    world = world_of(*(f"{A}measures.domestication_{tier}_tier={applied}" for tier in ("low", "high")))
    exchange, counts = Exchange(world, Numbers(1, 0)), []
    mechanisms = base_mechanisms(world, {}) | {("trust.audits_per_day", name): 0.5 for name in exchange.trust}
    for day in range(40):
        exchange.audit(day, mechanisms)
        counts.append((exchange.today["ALD>BER"].good_audits, exchange.today["ALD>BER"].bad_audits))
        exchange.close(mechanisms)
    return exchange, counts


def test_audits_of_who_applies_what_was_agreed_raise_trust_and_of_who_does_not_lower_it() -> None:
    (praised, good), (blamed, bad) = audited(1.0), audited(0.0)
    assert sum(g for g, _ in good) == sum(b for _, b in bad) > 5
    assert sum(b for _, b in good) == sum(g for g, _ in bad) == 0
    assert blamed.trust["ALD>BER"] < praised.start["ALD>BER"] < praised.trust["ALD>BER"]


# -- courses ----------------------------------------------------------------------------------------------------

TRAINING = (*STILL, f"{A}staff.rotation_per_year=0", "length.window_days=10")


def test_while_officers_are_on_a_course_papers_wait_longer_for_those_who_are_left() -> None:
    everybody = (f"{A}measures.training_share=1", f"{A}measures.training_per_week=1", "length.window_days=3")
    models = run((*STILL, *everybody, "length.cool_down_days=4"), ("baseline", "training"))
    stage = ("time_by_stage_h", "stage=document_check")
    before, after = (models[name].facts()[stage][0].sum() for name in ("baseline", "training"))
    assert after > 2 * before


def changes_of(measure: str, day: int, *words: str) -> dict[str, dict[str, float]]:
    world = world_of(*words)
    places = Staff(world, Numbers(1, 0)).course_place
    out: dict[str, dict[str, float]] = {}
    for change in changes_today(planned(only(measure), world), world, places, day):
        out.setdefault(change.parameter, {})[change.who] = change.value
    return out


def test_a_mentor_gives_as_much_of_the_day_as_the_learner_and_only_the_learner_gains() -> None:
    words = (f"{A}mentoring.share=0.5", f"{A}mentoring.per_week=1", f"{A}mentoring.finish_share=1")
    places = Staff(world_of(*words), Numbers(1, 0)).course_place
    busy, done = changes_of("mentoring", 30, *words)["staff.time_share"], changes_of("mentoring", 60, *words)
    assert set(busy) == set(places)
    assert set(busy.values()) == {0.9}
    assert set(done["staff.course_gain"]) == {seat for seat, place in places.items() if place < 0.5}
    assert "staff.time_share" not in done


def test_who_gives_a_tenth_of_the_day_takes_longer_over_each_file() -> None:
    staff = staff_of(*TRAINING)
    seat = int(np.flatnonzero(staff.skilled)[0])
    quiet = base_mechanisms(staff.world, staff.course_place)
    live(staff, range(1), quiet | {("staff.time_share", staff.seats[seat]): 0.9})
    assert staff.working_pace()[seat] == 0.9 * staff.pace[seat]
    assert np.array_equal(np.delete(staff.working_pace(), seat), np.delete(staff.pace, seat))


def test_the_online_course_is_for_image_readers_takes_no_desk_time_and_three_in_five_finish_it() -> None:
    words = (f"{A}online_course.per_week=1", "world.pools.image_analyst.base=100")
    gained = changes_of("online_course", 84, *words)["staff.course_gain"]
    readers = [s for s in Staff(world_of(*words), Numbers(1, 0)).course_place if "image_analyst" in s]
    assert set(gained) <= set(readers)
    assert len(gained) / len(readers) == pytest.approx(0.6, abs=0.06)
    assert set(changes_of("online_course", 40, *words)) == set()


# -- equipment, officers, risk management, authorised operators -------------------------------------------------


def test_a_scanner_more_scans_more_lorries_and_its_maintenance_lapses_with_the_contract() -> None:
    words = (f"{A}measures.equipment_contract_d=5", f"{A}devices.failure_p_per_day=0", *TRAINING)
    models = run(words, ("baseline", "equipment"))
    base, more = models["baseline"], models["equipment"]
    assert more.facts()["nii_rate", "all"][0].sum() > 1.3 * base.facts()["nii_rate", "all"][0].sum()
    share = [day["devices.maintained_share", "BER"] for day in more.mechanisms]
    assert share == [1.0] * 5 + [base.mechanisms[0]["devices.maintained_share", "BER"]] * 5
    away = [(a < b).any() for a, b in zip(more.rostered_ms, base.rostered_ms, strict=True)]
    assert away[:10] == [True] * 10  # one half of the readers after the other


def test_alarms_of_more_scans_send_more_lorries_to_examination() -> None:
    course = f"{A}measures.equipment_training_d=0"  # else readers are away and images wait instead
    words = (f"{A}measures.equipment_scan_share=0.6", course, f"{A}devices.failure_p_per_day=0", *TRAINING)
    models = run(words, ("baseline", "equipment"))
    examined = {n: m.facts()["physical_inspection_rate", "all"][0].sum() for n, m in models.items()}
    assert examined["equipment"] > examined["baseline"]


def test_twenty_more_officers_stand_in_the_busiest_teams_as_novices_and_are_paid() -> None:
    models = run(TRAINING, ("baseline", "more_officers"))
    base, more = models["baseline"], models["more_officers"]
    hired = more.staff.further & more.staff.posted
    assert np.bincount(more.staff.country[hired]).tolist() == [20, 20]
    for country in (0, 1):
        novices = hired & more.staff.skilled & (more.staff.country == country)
        mean = more.world.countries[country].skill_mean
        assert more.staff.skill[novices].mean() < mean - 0.08
    assert sum(d.sum() for d in more.rostered_ms) > sum(d.sum() for d in base.rostered_ms)
    assert more.facts()["measures_staff_fte", "all"][0].tolist() == [40.0] * 10
    waits = {n: m.facts()["time_by_stage_h", "stage=document_check"][0].sum() for n, m in models.items()}
    assert waits["more_officers"] < waits["baseline"]


def test_half_of_them_hired_are_half_as_many_and_no_more_stand_by() -> None:
    scenario = Scenario(title="t", measures=(MeasureSettings(measure="more_officers", intensity=0.5),))
    world = with_further_units(world_of(), scenario)
    changes = changes_today(planned(scenario, world), world, {}, 0)
    assert sum(c.parameter == "staff.posted" for c in changes) == 20
    assert len({c.who for c in changes if c.parameter == "staff.posted"}) == 20


def test_fewer_reds_mean_fewer_examinations_and_what_scored_below_passes() -> None:
    words = (f"{A}selectivity.red_low_tier=0.6", f"{A}selectivity.red_high_tier=0.6", *TRAINING)
    models = run(words, ("baseline", "risk_management"))
    red = {n: m.facts()["selected_red_rate", "all"] for n, m in models.items()}
    share = {n: top.sum() / bottom.sum() for n, (top, bottom) in red.items()}
    assert share["risk_management"] < 0.25 < 0.4 < share["baseline"]
    examined = {n: m.facts()["physical_inspection_rate", "all"][0].sum() for n, m in models.items()}
    assert examined["risk_management"] < 0.6 * examined["baseline"]


def test_authorised_operators_go_first_and_those_who_are_not_wait_behind_more_of_them() -> None:
    words = (f"{A}measures.aeo_ramp_d=1", f"{A}measures.aeo_target_share=0.6", *TRAINING)
    models = run(words, ("baseline", "aeo"))
    before, after = (models[n].facts()["aeo_share", "all"] for n in ("baseline", "aeo"))
    assert after[0][0] / after[1][0] > 0.4 > before[0][0] / before[1][0]
    assert (after[0] >= before[0]).all()
    journeys = {n: m.facts()["clearance_mean_h", "lane=aeo"][1].sum() for n, m in models.items()}
    assert journeys["aeo"] > 2 * journeys["baseline"]
    # validation on the first day, audits from then on, both by document officers
    factor = [day["staff.time_share", "Stonebridge/documents/000"] for day in models["aeo"].mechanisms]
    assert factor[0] < factor[1] < 1
    assert (
        models["aeo"].facts()["cost_trader_usd", "all"][0][0]
        > models["baseline"].facts()["cost_trader_usd", "all"][0][0]
    )


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_only_what_is_done_by_those_who_are_there_needs_no_money_to_begin(measure: str) -> None:
    world = with_further_units(world_of(), only(measure))
    places = Staff(world, Numbers(1, 0)).course_place
    changes = changes_today(planned(only(measure), world), world, places, 0)
    setup_usd = sum(c.value for c in changes if c.parameter == "costs.setup_usd")
    assert (setup_usd == 0) == (measure == "tighter_control")


def test_a_leak_lowers_trust_and_shows_smugglers_which_of_their_fronts_are_burnt() -> None:
    leaky = (
        f"{A}intelligence.breach_p_per_year=1",
        f"{A}intelligence.lead_p_per_front_day=0.5",
        "length.window_days=6",
    )
    tight = (f"{A}intelligence.breach_p_per_year=0", *leaky[1:])

    def after(words: tuple[str, ...]) -> Watched:
        still = (f"{A}intelligence.front_half_life_d=1000000", f"{A}intelligence.formal_refusal_share=0")
        return run((*words, *still), ("data_sharing",))["data_sharing"]

    open_, closed = after(leaky), after(tight)
    assert open_.exchange.trust["ALD>BER"] < 0.5 * closed.exchange.trust["ALD>BER"]
    assert open_.underworld.generation.sum() > closed.underworld.generation.sum()
