"""What is already in force, and how a scenario raises it.

A measure in force is the share of cases in which it does its work (an outcome of a stage of the entry processes), so
changing its effectiveness changes which way lorries and papers go, and nothing else.
"""

from sim.measures.change import Change
from sim.measures.context import Context, Measure, SetUp
from sim.settings.run import MeasureSettings
from sim.settings.world import InForce
from sim.world.world import World


class Raise(Measure):
    """A measure in force made more effective, at once and at no modelled cost.

    Parameters
    ----------
    row : InForce
        What is in force.
    to : float
        Effectiveness it then has.
    """

    def __init__(self, row: InForce, to: float) -> None:
        self.row, self.to = row, to
        self.by_country = False
        self.name, self.title = row.measure, f"{row.measure} raised to {to:g}"

    def lead_d(self, world: World) -> float:
        """None: what it takes is there."""
        del world
        return 0.0

    def setup(self, context: Context) -> list[SetUp]:
        """None is known."""
        del context
        return []

    def changes(self, context: Context) -> list[Change]:
        """The share of cases in which it does its work; at less than full strength as much less of the way."""
        share = context.intensity * self.to + (1.0 - context.intensity) * self.row.effectiveness
        return [Change("process.share", self.row.outcome, "max", share, self.name)]


def raise_of(chosen: MeasureSettings, world: World) -> Raise | None:
    """The raise a scenario asks for, or None where it adds a measure."""
    row = next((row for row in world.in_force if row.measure == chosen.measure), None)
    return Raise(row, chosen.raise_to) if row is not None and chosen.raise_to is not None else None
