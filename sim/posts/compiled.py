"""The array loop compiled by numba, from the very source that runs uncompiled as the oracle."""

from functools import cache

from sim.posts import loop
from sim.posts.arrays import Kernels


@cache
def compiled_kernels() -> Kernels:
    """Compile `sim.posts.loop.expect` and `run_until` (once per process, half a minute).

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import njit
    from numba.extending import register_jitable

    for function in (*loop.RULES, *loop.KERNELS):
        register_jitable(function)
    return Kernels(njit(loop.expect), njit(loop.run_until))
