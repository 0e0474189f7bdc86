"""Which engine runs, and compiling it before the work is handed out."""

import sys
from importlib import import_module
from importlib.util import find_spec

from rich.console import Console

from experiments.faults import fault
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

LONG_D = 60
"""From so many days on, `auto` takes the compiled loop even for a single replication."""


def with_engine(settings: RunSettings) -> RunSettings:
    """Settings with `engine=auto` replaced by an engine.

    `auto` is the compiled loop for several replications or a long horizon, and SimPy, which people can read and
    trace, for the rest and where numba is missing. Both give the same bits.
    """
    if settings.engine != "auto":
        return settings
    compiled = _is_long(settings) and find_spec("numba") is not None
    return settings.model_copy(update={"engine": "loop" if compiled else "simpy"})


def warm_up(settings: RunSettings) -> None:
    """Compile the loop once, here, so that workers find it in the cache on disk; a second where it is there already.

    Where numba is missing, one line on standard error says that SimPy runs instead.

    Raises
    ------
    SettingsError
        If the loop is asked for by name, and numba cannot be imported.
    """
    if with_engine(settings).engine == "loop":
        _refuse_without_numba()
        _compile(settings)
    elif settings.engine == "auto" and _is_long(settings):
        print("engine: numba is not installed, so SimPy runs; install numba for the compiled loop", file=sys.stderr)


def _refuse_without_numba() -> None:
    try:
        import_module("numba")
    except ImportError as error:
        cure = "pip install numba, or engine=simpy, which gives the same results"
        raise SettingsError(fault("engine", "loop", f"the package numba cannot be loaded ({error})", cure)) from error


def _is_long(settings: RunSettings) -> bool:
    return settings.replications > 1 or settings.length.total_days >= LONG_D


def _compile(settings: RunSettings) -> None:
    from experiments.launch import undisturbed  # numba loses a request to end that comes while it compiles
    from sim.consignments.philox import compiled_fill
    from sim.posts.arrays import LoopEngine
    from sim.posts.compiled import compiled_kernel
    from sim.posts.constants import constants
    from sim.posts.legs import NewLegs
    from sim.posts.process import compile_processes
    from sim.world.build import build_world

    plan = compile_processes(build_world(settings.world_name, settings.world, settings.assumptions))
    flow = constants(settings.assumptions, settings.tick_ms)
    engine = LoopEngine(plan.network, flow, plan.slots, kernel=compiled_kernel())
    with (
        undisturbed(),
        Console(stderr=True).status("compiling the engine (15 seconds or more the first time, afterwards one)"),
    ):
        compiled_fill()
        engine.admit(NewLegs.blank(1, plan.columns))
        engine.run(0)
        engine.take_finished()
