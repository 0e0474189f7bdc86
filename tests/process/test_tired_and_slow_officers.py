"""Who works long finds no more; who works slowly takes longer and finds no more."""

from dataclasses import replace

import numpy as np
import pytest
from hand_made import Day, play
from hypothesis import given
from hypothesis import strategies as st

from experiments.verify.borders import DAY_MIN, border, served, staff
from experiments.verify.lorries import lorry
from sim.posts import rules
from sim.posts.process import compile_processes
from sim.posts.tables import Ints
from sim.settings.process import Process
from sim.world.world import World

HOURS = st.floats(0.0, 14.0)


def examination_only(hall: World, pressure: bool = False, units: int = 2) -> World:
    way = {"clear": "released", "found": "seized"}
    hall_of = served("hall", ["search"], None, way, work="examination", route="found", paced=True, pressure=pressure)
    title = "An examination hall"
    return border(
        hall, Process(title=title, goods_start="hall", stages=(hall_of,)), [staff("search", units, skill="search")]
    )


@given(earlier=HOURS, later=HOURS, minutes=st.floats(1.0, 300.0), skill=st.floats(0.3, 0.95), loss=st.floats(0.0, 0.3))
def test_the_same_search_later_in_a_shift_never_counts_for_more(
    earlier: float, later: float, minutes: float, skill: float, loss: float
) -> None:
    first, last = sorted([earlier, later])
    fresh, tired = (
        rules.dose(1.0, minutes, 0.0105, skill, 0.7, rules.vigilance(h, loss), 1.0, 2.0) for h in (first, last)
    )
    assert tired <= fresh


@given(earlier=HOURS, later=HOURS, z=st.floats(-5, 5), prohibited=st.integers(0, 1), shift=st.floats(0.0, 0.5))
def test_a_tired_reader_calls_no_image_suspicious_that_a_fresh_one_passes(
    earlier: float, later: float, z: float, prohibited: int, shift: float
) -> None:
    first, last = sorted([earlier, later])
    fresh, tired = (rules.image_alarm(z, prohibited, 1.9, 1.0, hours, shift) for hours in (first, last))
    assert fresh or not tired


@pytest.mark.parametrize("kind", ["simpy", "oracle"])
def test_goods_found_by_a_tired_officer_would_have_been_found_by_a_fresh_one(kind: str, hall: World) -> None:
    thresholds = np.random.default_rng(8).exponential(1.0, 250)
    world = examination_only(hall, units=len(thresholds))  # nobody waits: all are examined at the same hour
    plan = compile_processes(world)

    def found(arrives: float) -> Ints:
        lorries = [
            lorry(plan, 2 * k, arrives, prohibited=1, exam_min=60.0, exam_threshold=t) for k, t in enumerate(thresholds)
        ]
        return play(kind, world, lorries).rows["detected"]

    fresh, tired = found(0.0), found(6 * 60.0)
    assert (tired <= fresh).all()
    assert 0 < tired.sum() < fresh.sum()


def morning(kind: str, hall: World, pace: float, pressure: bool, seed: int) -> Day:
    """Fifty red lorries within five hours, two inspectors of a given pace."""
    world = examination_only(hall, pressure=pressure)
    plan = compile_processes(world)
    rng = np.random.default_rng(seed)
    arrives, thresholds = rng.uniform(0, 300, 50), rng.exponential(0.3, 50)
    lorries = [
        lorry(plan, 2 * k, arrives[k], prohibited=1, exam_min=20.0, exam_threshold=thresholds[k]) for k in range(50)
    ]
    return play(kind, world, lorries, until=2 * DAY_MIN, pace=pace)


@pytest.mark.parametrize("kind", ["simpy", "oracle"])
def test_a_slower_officer_takes_longer_and_finds_nothing_that_a_quick_one_misses(kind: str, hall: World) -> None:
    quick, slow = (morning(kind, hall, pace, pressure=False, seed=2) for pace in (1.2, 0.8))
    assert len(quick.rows) == len(slow.rows) == 50
    assert (slow.rows.work_ms.sum(axis=1) > quick.rows.work_ms.sum(axis=1)).all()
    assert (slow.rows["detected"] <= quick.rows["detected"]).all()
    assert 0 < quick.rows["detected"].sum() < 50


@pytest.mark.parametrize("kind", ["simpy", "oracle"])
def test_under_pressure_a_slower_officer_finds_less_since_the_queue_behind_is_longer(kind: str, hall: World) -> None:
    found = {
        pace: sum(int(morning(kind, hall, pace, True, seed).rows["detected"].sum()) for seed in range(8))
        for pace in (1.2, 0.8)
    }
    assert found[0.8] < found[1.2]


def crowd(kind: str, hall: World, **pressure: float) -> Day:
    """Sixty lorries before one officer at the same time."""
    world = examination_only(hall, pressure=True, units=1)
    changed = world.parameters.pressure.model_copy(update=pressure)
    world = replace(world, parameters=world.parameters.model_copy(update={"pressure": changed}))
    plan = compile_processes(world)
    lorries = [lorry(plan, 2 * k, 0.0, exam_min=20.0) for k in range(60)]
    return play(kind, world, lorries, until=2 * DAY_MIN)


@pytest.mark.parametrize("kind", ["simpy", "oracle"])
def test_after_four_hours_of_overwork_hurry_saves_no_time_and_still_skips_work(kind: str, hall: World) -> None:
    rows = crowd(kind, hall).rows
    begun_h = (rows["released_ms"] - rows.work_ms.sum(axis=1)) / 3_600_000
    hurried = rows.work_ms.sum(axis=1) < 0.9 * 20 * 60_000 / (1 - 0.03 * begun_h)
    pressed = rows["exam_waiting"] >= 5
    assert hurried[pressed & (begun_h < 4)].all()
    later = pressed & (begun_h >= 4.4)  # the first lorry was alone; the line is there from the second on
    assert not hurried[later].any()
    assert later.sum() > 20
    assert (rows["thoroughness"][pressed] < 0.8).all()


@pytest.mark.parametrize("kind", ["simpy", "oracle"])
def test_overwork_lengthens_the_line_and_through_it_lowers_thoroughness(kind: str, hall: World) -> None:
    """The perverse effect: hurry that no longer pays leaves a longer line, and the line makes officers skip more."""
    early, never = crowd(kind, hall, overwork_h=0.0).rows, crowd(kind, hall, overwork_h=1e6).rows
    assert early["released_ms"].max() > never["released_ms"].max()
    assert (early["thoroughness"] == never["thoroughness"]).all()  # nobody else arrives here


@pytest.mark.parametrize(("before", "index", "since"), [(-1, 49, -1), (-1, 50, 9), (3, 60, 3), (3, 49, -1), (0, 50, 0)])
def test_overwork_lasts_until_the_line_is_short_once(before: int, index: int, since: int) -> None:
    assert rules.pressed_since(before, index, 50, 9) == since


def test_worn_out_is_who_has_been_overworked_for_the_whole_time() -> None:
    assert [rules.worn_out(s, 4 * 3_600_000, 4.0) for s in (0, 1, -1)] == [True, False, False]
