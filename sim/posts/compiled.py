"""The array loop compiled by numba, from the very source that runs uncompiled as the oracle."""

from functools import cache

from sim.posts import loop
from sim.posts.arrays import RunUntil


@cache
def compiled_run_until() -> RunUntil:
    """Compile `sim.posts.loop.run_until`.

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import njit
    from numba.extending import register_jitable

    for function in (*loop.RULES, *loop.KERNELS):
        register_jitable(function)
    compiled: RunUntil = njit(loop.run_until)
    return compiled
