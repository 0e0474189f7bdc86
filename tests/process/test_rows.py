"""Legs go into the arrays and come out of them: nothing is lost, everything is in order, slots are left clean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.verify.borders import new_engine, numbers_of
from experiments.verify.stress import LOADS, live_through, stressed_border
from sim.posts import rows
from sim.posts.arrays import LoopEngine
from sim.posts.legs import ENTERING, INPUTS, LEAVING, LEG, Legs
from sim.posts.loop import Events
from sim.posts.process import compile_processes
from sim.posts.rows import Departures, Sorting
from sim.posts.tables import Ints
from sim.world.world import DAY_MS, World

FAR = 400 * DAY_MS


def room(count: int) -> Sorting:
    return Sorting(*np.zeros((2, count), np.int64), np.zeros(rows.PILES, np.int64))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(key=st.lists(st.one_of(st.integers(-3, 3), st.integers(0, FAR)), min_size=1, max_size=40))
def test_positions_are_sorted_by_key_and_equal_keys_keep_their_order(key: list[int]) -> None:
    to_sort = room(len(key))
    to_sort.key[:] = key
    rows.arrange(to_sort, len(key))
    assert (to_sort.key == np.argsort(key, kind="stable")).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(events=st.lists(st.tuples(st.sampled_from([0, 1, FAR]), st.integers(0, 5)), min_size=1, max_size=40))
def test_events_of_one_moment_stand_in_order_of_their_tie_keys(events: list[tuple[int, int]]) -> None:
    at_ms, key = np.array(events, np.int64).T
    token = np.arange(len(events))
    to = Events(*np.zeros((3, len(events)), np.int64))
    rows.sort_events(Departures(Events(at_ms, key, token), to), len(events), room(len(events)))
    order = np.lexsort((token, key, at_ms))
    for column, expected in zip(to, (at_ms, key, token), strict=True):
        assert (column == expected[order]).all()


def test_nothing_to_sort_is_sorted() -> None:
    nothing: Ints = np.zeros(0, np.int64)
    rows.sort_events(Departures(Events(nothing, nothing, nothing), Events(nothing, nothing, nothing)), 0, room(0))


def test_excerpts_hold_every_number_of_their_columns_once() -> None:
    entering = [name for name in INPUTS if name in Legs._fields]
    for excerpt, names in ((ENTERING, entering), (LEAVING, ["id", "selected", "score"])):
        columns = excerpt.columns(excerpt.room(2))
        assert [columns[name].dtype for name in names] == [LEG[name].base for name in names]
        assert [columns[name].shape for name in names] == [(2, *LEG[name].shape) for name in names]
    places = [place * size for at, size in zip(ENTERING.at, (8, 4, 1), strict=True) for place in at.tolist()]
    assert len(set(places)) == len(places) == sum(int(np.prod(LEG[name].shape)) for name in entering)


@pytest.mark.parametrize("kind", ["oracle", "loop"])
def test_slots_are_clean_once_their_legs_have_left_and_are_used_again(hall: World, kind: str) -> None:
    world = stressed_border(hall, "longest_idle")
    engine = new_engine(kind, compile_processes(world), numbers_of(world, 60_000))
    assert isinstance(engine, LoopEngine)
    lived = live_through(engine, world, 60_000, LOADS["normal"], seed=5)
    left = np.flatnonzero(~engine.alive)
    assert len(left)
    assert lived.legs > len(engine.legs), "slots were used more than once"
    assert not engine.stage["critical_ms"][left].any()
    assert not engine.stage["work_ms"][left].any()
    assert not engine.visits[left].any()
    assert sorted(lived.left.id) == sorted(engine.legs["id"][engine.alive])
    for day in lived.days:
        assert (np.lexsort((day.id, day.id & 1)) == np.arange(len(day))).all()
