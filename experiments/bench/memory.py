"""Memory: what a leg alive takes in the arrays, and that the peak does not grow with the horizon."""

import tracemalloc

import numpy as np

from experiments.bench.flow import LOOP, engine, ready
from experiments.bench.simple_post import SimplePosts
from sim.posts.arrays import LoopEngine
from sim.world.world import DAY_MS


def bytes_per_leg(posts: SimplePosts) -> float:
    """Array bytes of the loop engine per leg it has room for, once the first day's lorries are admitted."""
    filled, bare = (engine(LOOP, posts.plan, posts.constants) for _ in range(2))
    filled.admit(posts.day(0))
    assert isinstance(filled, LoopEngine)
    assert isinstance(bare, LoopEngine)
    return (_array_bytes(filled) - _array_bytes(bare)) / len(filled.legs)


def _array_bytes(of: LoopEngine) -> int:
    return sum(value.nbytes for value in vars(of).values() if isinstance(value, np.ndarray))


def peak_mb(name: str, days: int) -> float:
    """Most memory allocated at any moment while an engine runs the simple post for so many days, MB."""
    posts = SimplePosts(days=days)
    posts.plan, posts.constants  # noqa: B018  not part of the run
    tracemalloc.start()
    try:
        run_days(name, posts)
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def run_days(name: str, posts: SimplePosts) -> None:
    """Run an engine, each day's lorries made in the morning and forgotten when released."""
    moved = engine(name, posts.plan, posts.constants)
    ready(moved, posts.shares)
    for day in range(posts.days):
        moved.schedule_roster(*posts.roster(day))
        moved.admit(posts.day(day))
        moved.run((day + 1) * DAY_MS)
        moved.take_finished()
