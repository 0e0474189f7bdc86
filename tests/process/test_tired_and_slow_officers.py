"""Who works long finds no more; who works slowly takes longer and finds no more."""

import numpy as np
import pytest
from hand_made import MIN, RED_SCORE, Day, border, lorry, play, served, staff
from hypothesis import given
from hypothesis import strategies as st

from sim.posts import rules
from sim.posts.legs import NewLegs
from sim.posts.process import compile_processes
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


@pytest.mark.parametrize("kind", ["simpy", "loop"])
def test_goods_found_by_a_tired_officer_would_have_been_found_by_a_fresh_one(kind: str, hall: World) -> None:
    world = examination_only(hall, units=1)
    plan = compile_processes(world)
    carrying = {"prohibited": 1, "score": RED_SCORE, "exam_min": 60.0}
    thresholds = np.random.default_rng(8).exponential(1.0, 250)

    def found(arrives: float) -> np.ndarray:
        return np.array(
            [
                play(kind, world, [lorry(plan, 0, arrives, exam_threshold=t, **carrying)]).row(0)["detected"]
                for t in thresholds
            ]
        )

    fresh, tired = found(0.0), found(6 * 60.0)
    assert (tired <= fresh).all()
    assert tired.sum() < fresh.sum()


def through_the_hall(kind: str, hall: World, pace: float, pressure: bool, seed: int) -> Day:
    """Fifty red lorries in a morning, two inspectors of a given pace."""
    world = examination_only(hall, pressure=pressure)
    plan = compile_processes(world)
    rng = np.random.default_rng(seed)
    lorries = [
        lorry(plan, 2 * k, float(rng.uniform(0, 300)), prohibited=1, exam_min=20.0,
              exam_threshold=float(rng.exponential(0.3)))
        for k in range(50)
    ]  # fmt: skip
    return _play_at_pace(kind, world, lorries, pace)


def _play_at_pace(kind: str, world: World, lorries: list, pace: float) -> Day:
    from hand_made import as_legs, new_engine, numbers_of

    plan = compile_processes(world)
    engine = new_engine(kind, plan, numbers_of(world))
    units = len(plan.network.unit_pool)
    engine.set_officers(np.full(units, 0.7), np.full(units, pace), np.ones(units))
    engine.schedule_roster(np.zeros(units, np.int64), np.arange(units), np.ones(units, np.int64))
    legs: NewLegs = as_legs(lorries)
    engine.admit(legs)
    engine.run(3 * 1440 * MIN)
    return Day(plan, engine, engine.take_finished())


@pytest.mark.parametrize("kind", ["simpy", "loop"])
def test_a_slower_officer_takes_longer_and_finds_nothing_that_a_quick_one_misses(kind: str, hall: World) -> None:
    quick, slow = (through_the_hall(kind, hall, pace, pressure=False, seed=2) for pace in (1.2, 0.8))
    assert len(quick.rows) == len(slow.rows) == 50
    assert (slow.rows.work_ms.sum(axis=1) > quick.rows.work_ms.sum(axis=1)).all()
    assert (slow.rows["detected"] <= quick.rows["detected"]).all()
    assert 0 < quick.rows["detected"].sum() < 50


@pytest.mark.parametrize("kind", ["simpy", "loop"])
def test_under_pressure_a_slower_officer_finds_less_since_the_queue_behind_is_longer(kind: str, hall: World) -> None:
    found = {
        pace: sum(int(through_the_hall(kind, hall, pace, True, seed).rows["detected"].sum()) for seed in range(8))
        for pace in (1.2, 0.8)
    }
    assert found[0.8] < found[1.2]
