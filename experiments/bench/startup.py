"""Start-up: how long a new process takes to print help, to import, and to get the compiled loop, new or from disk."""

import os
import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory

from sim.settings.errors import BordersimError

HELP = ("-m", "experiments.cli", "--help")
IMPORT = ("-c", "import experiments.compare")
COMPILE = ("-c", "from experiments.bench.startup import compile_s; print(compile_s())")


def seconds(words: tuple[str, ...], times: int) -> float:
    """Median seconds of a new Python process that does this, from start to end."""
    return median(_run(words, dict(os.environ))[1] for _ in range(times))


def compile_seconds() -> tuple[float, float]:
    """Seconds to compile the loop with an empty cache, and to read it from the cache in another process."""
    with TemporaryDirectory() as folder:
        cold, warm = (float(_run(COMPILE, os.environ | {"NUMBA_CACHE_DIR": folder})[0]) for _ in range(2))
    return cold, warm


def compile_s() -> float:
    """Seconds this process takes until the compiled loop has run for the first time."""
    from experiments.bench.memory import run_days
    from experiments.bench.simple_post import SimplePosts

    posts = SimplePosts(days=1, per_day=10)
    posts.plan, posts.constants  # noqa: B018  made before the clock runs
    start = time.perf_counter()
    run_days("compiled loop", posts)
    return time.perf_counter() - start


def _run(words: tuple[str, ...], environment: dict[str, str]) -> tuple[str, float]:
    start = time.perf_counter()
    ended = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, env=environment)
    if ended.returncode:
        last = (ended.stderr.strip() or "no message").splitlines()[-1]
        raise BordersimError(f"start-up: {' '.join(words)}: {last}; repeat it by hand")
    return ended.stdout, time.perf_counter() - start
