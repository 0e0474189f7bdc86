"""Any small process that could be declared gives the same events under both engines, and loses nobody's time."""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from experiments.verify.random_processes import BySeed, RandomCase, random_case, run_case
from experiments.verify.trace import differences
from sim.posts.process import compile_processes
from sim.world.world import World

T = TypeVar("T")


class ByHypothesis:
    """Choices that Hypothesis makes, and makes smaller when they show a fault."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def one(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(list(options)))

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def several(self, options: Sequence[T], most: int) -> list[T]:
        return self.draw(st.lists(st.sampled_from(list(options)), min_size=1, max_size=most, unique=True))


@st.composite
def cases(draw: st.DrawFn) -> RandomCase:
    return random_case(ByHypothesis(draw))


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_any_declared_process_runs_alike_under_both_engines_and_accounts_for_every_minute(
    hall: World, case: RandomCase
) -> None:
    journeys, arrays = (run_case(case, hall, kind) for kind in ("simpy", "oracle"))
    assert differences(journeys, arrays).total == 0
    assert journeys.legs == case.count * (2 if case.leaving else 1)
    for rows in journeys.days:
        there = rows["arrived_ms"] >= 0
        assert (rows.critical_ms.sum(axis=1) == rows["released_ms"] - rows["arrived_ms"])[there].all()


def test_seeds_choose_joins_shared_pools_and_every_kind_of_stage(hall: World) -> None:
    chosen = [random_case(BySeed(seed)) for seed in range(60)]
    kinds = {stage.kind for case in chosen for stage in case.entry.stages}
    assert kinds == {"served", "delay", "approach", "choice", "join"}
    assert {case.leaving for case in chosen} == {False, True}
    shared = 0
    for case in chosen:
        pool = compile_processes(case.world(hall)).network.pool
        shared += int((pool.station_end - pool.station_first > 1).any())
    assert shared > 10, "processes in which two stages need the same pool"
