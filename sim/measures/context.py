"""What a measure may look at when it says what it changes: the world, never an outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sim.measures.change import Change
from sim.world.world import World


@dataclass(frozen=True)
class Context:
    """The frozen view a measure gets.

    Attributes
    ----------
    world : the world
    course_place : per seat of an officer or analyst, its place in [0, 1) in the course list (pre-drawn)
    intensity : strength in [0, 1]
    days : days since the measure went live (0 on the first)
    """

    world: World
    course_place: Mapping[str, float]
    intensity: float
    days: int


class Measure(Protocol):
    """A cooperation measure: a name, a title, and today's changes."""

    name: str
    title: str

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day; at intensity 0 each leaves its mechanism as it is, bit for bit."""
        ...
