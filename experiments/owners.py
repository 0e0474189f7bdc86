"""Which assumptions a measure has to itself: where no scenario has the measure, nothing reads them."""

from collections.abc import Iterable

from experiments.design import Design
from sim.measures.registry import MEASURES
from sim.settings.run import Scenario

BESIDE = {"data_sharing": ("portal", "agreement"), "joint_audits": ("joint_audit",)}
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


def read_by(design: Design, scenarios: Iterable[Scenario]) -> Design:
    """A design without the assumptions that only measures outside these scenarios read; draws stay as they are."""
    present = {m.measure for scenario in scenarios for m in scenario.measures if m.intensity > 0}
    kept = [k for k, path in enumerate(design.paths) if not owners(path) or owners(path) & present]
    points = tuple(tuple(point[k] for k in kept) for point in design.points)
    return Design(design.kind, tuple(design.factors[k] for k in kept), points)
