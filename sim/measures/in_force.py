"""What is already in force, and how a scenario raises it.

A measure in force is the share of cases in which it does its work (an outcome of a stage of the entry processes), so
changing its effectiveness changes which way lorries and papers go, and nothing else.
"""

from sim.measures.change import Change
from sim.settings.world import InForce
from sim.world.world import World


def in_force(world: World, measure: str) -> InForce | None:
    """The row of a measure in force, or None where the world does not have it."""
    return next((row for row in world.in_force if row.measure == measure), None)


def raised(row: InForce, to: float) -> list[Change]:
    """Changes of one day on which a measure in force has this effectiveness."""
    return [Change("process.share", row.outcome, "max", to, row.measure)]
