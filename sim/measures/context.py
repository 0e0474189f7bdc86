"""What a measure may look at when it says what it changes: the world, never an outcome."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class SetUp:
    """Cost of setting a measure up in a country: `usd` in all, of which a donor pays `donor_share`."""

    country: str
    usd: float
    donor_share: float = 0.0


class Measure(ABC):
    """A measure: when and for how much it is set up, and what it changes from go-live on.

    Attributes
    ----------
    name, title : stable name; name shown to readers
    mutual : whether it is an arrangement between countries, so that taking it back costs trust
    by_country, by_post : whether a scenario may limit it to some countries, and to some posts
    priced_as : beginning of the names of its lead time and set-up cost among the parameters; its own name unless given
    at_entry : whether only countries that clear goods set it up
    """

    name: str
    title: str
    mutual: bool = False
    by_country: bool = True
    by_post: bool = False
    priced_as: str = ""
    at_entry: bool = False

    def lead_d(self, world: World) -> float:
        """Days from decision to go-live."""
        return self._price(world, "lead_d")

    def setup(self, context: Context) -> list[SetUp]:
        """What each country that takes part pays to get to go-live; the same in all unless a measure says otherwise."""
        usd, world = context.intensity * self._price(context.world, "setup_usd"), context.world
        countries = range(len(world.countries)) if not self.at_entry else world.clearing
        return [SetUp(world.countries[number].key, usd) for number in countries]

    def _price(self, world: World, of: str) -> float:
        price: float = getattr(world.parameters.measures, f"{self.priced_as or self.name}_{of}")
        return price

    @abstractmethod
    def changes(self, context: Context) -> list[Change]:
        """Changes of one day, running costs among them; at intensity 0 each leaves its mechanism as it is."""

    def further_units(self, world: World) -> Mapping[str, int]:
        """Units per team it may bring to pools, by name of the pool; none by default."""
        del world
        return {}
