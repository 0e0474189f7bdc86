"""Which assumptions nothing reads: those of measures that no scenario has, and of what the world is without."""

from collections.abc import Iterable, Iterator

from experiments.design import Design
from sim.measures.registry import MEASURES
from sim.settings.run import RunSettings, Scenario
from sim.settings.world import BorderWorld

BESIDE = {
    "data_sharing": ("portal", "agreement"),
    "liaison_officers": ("liaison", "memorandum"),
    "integrated_databases": ("integrated", "agreement"),
    "joint_audits": ("joint_audit",),
}
"""Beginnings of names of assumptions that a measure reads besides those that begin with its own or its price's."""
BEGINNINGS = {name: {name, measure.priced_as or name, *BESIDE.get(name, ())} for name, measure in MEASURES.items()}


def owners(path: str) -> frozenset[str]:
    """Measures that alone read an assumption; empty where the model reads it in any case.

    Parameters
    ----------
    path : str
        As `assumptions.measures.training_share`, or `assumptions.seminar.share` of a course with rows of its own.
    """
    group, _, row = path.removeprefix("assumptions.").partition(".")
    name = row if group == "measures" else group
    beginnings = {b for several in BEGINNINGS.values() for b in several if f"{name}_".startswith(f"{b}_")}
    longest = max(beginnings, key=len, default="")
    return frozenset(measure for measure, own in BEGINNINGS.items() if longest in own)


def asleep(settings: RunSettings) -> Iterator[str]:
    """Beginnings of paths of what is read only where officers take bribes, posts have an exit side, engines learn."""
    if isinstance(settings.world, BorderWorld) and not settings.world.corruption:
        yield from ("assumptions.bribery.", "assumptions.traders.per_usd")
    if isinstance(settings.world, BorderWorld) and settings.world.exit_process is None:
        yield "world.exit_red_share"
    if settings.targeting.engine != "learned":
        learning = ("weight_cap", "learning_rate", "prior_offence_share", "label_delay_")
        yield from (f"assumptions.targeting.{row}" for row in learning)


def read_by(design: Design, settings: RunSettings, scenarios: Iterable[Scenario]) -> Design:
    """A design without what is `asleep` in a world, or is read only by measures outside these scenarios.

    Draws of the others stay as they are.
    """
    present = {m.measure for scenario in scenarios for m in scenario.measures if m.intensity > 0}
    idle = tuple(asleep(settings))
    awake = [not path.startswith(idle) and (not owners(path) or bool(owners(path) & present)) for path in design.paths]
    kept = [k for k, one in enumerate(awake) if one]
    points = tuple(tuple(point[k] for k in kept) for point in design.points)
    return Design(design.kind, tuple(design.factors[k] for k in kept), points)
