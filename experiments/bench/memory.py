"""Memory: what a leg alive takes in the arrays, and that the peak of a process does not grow with the horizon."""

import resource
import subprocess
import sys

import numpy as np

from experiments.bench.flow import LOOP, engine, ready
from experiments.bench.simple_post import SimplePosts
from sim.posts.arrays import LoopEngine
from sim.settings.errors import BordersimError
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
    """Peak of a process of its own that runs an engine on the simple post for so many days, MB.

    Raises
    ------
    BordersimError
        If that process fails.
    """
    words = [sys.executable, "-m", "experiments.bench.memory", name, str(days)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip() or "no message").splitlines()[-1]
        raise BordersimError(f"memory of {name}: {last}; run bordersim verify-engines first")
    return float(ended.stdout)


def run_days(name: str, posts: SimplePosts) -> None:
    """Run an engine, each day's lorries made in the morning and forgotten when released."""
    moved = engine(name, posts.plan, posts.constants)
    ready(moved, posts.shares)
    for day in range(posts.days):
        moved.schedule_roster(*posts.roster(day))
        moved.admit(posts.day(day))
        moved.run((day + 1) * DAY_MS)
        moved.take_finished()


if __name__ == "__main__":
    run_days(sys.argv[1], SimplePosts(days=int(sys.argv[2])))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak / (2**20 if sys.platform == "darwin" else 2**10))
