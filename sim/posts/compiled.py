"""The array loop compiled by numba, from the very source that runs uncompiled as the oracle."""

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path

from sim.posts import legs, loop, process, rules, tables
from sim.posts.arrays import Kernel


@cache
def compiled_kernel() -> Kernel:
    """Compile `sim.posts.loop.run_until`: seconds the first time, then read from a cache on disk.

    Raises
    ------
    ImportError
        If numba is not installed.
    """
    from numba import config, njit
    from numba.extending import register_jitable

    for function in (*loop.RULES, *loop.KERNELS):
        register_jitable(_nrt=False, forceinline=True)(function)
    chosen = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder(chosen))
    try:
        return Kernel(njit(cache=True, _nrt=False)(loop.run_until), compiled=True)
    finally:
        config.CACHE_DIR = chosen


def cache_folder(chosen: str) -> Path:
    """Folder of compiled code, a new one for every change of the source.

    numba looks at the time stamp of one file and does not see that a constant or a rule in another has changed, so
    the folder's name holds a digest of every source the loop is made of.

    Parameters
    ----------
    chosen : str
        The user's own choice (`NUMBA_CACHE_DIR`), or empty.
    """
    sources = b"".join(Path(str(module.__file__)).read_bytes() for module in (legs, loop, process, rules, tables))
    name = Path("bordersim") / f"loop-{hashlib.sha256(sources).hexdigest()[:16]}"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (Path(chosen) if chosen else home, Path(tempfile.gettempdir())):
        try:
            (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder / name, os.W_OK):
            return folder / name
    return Path(chosen or home) / name
