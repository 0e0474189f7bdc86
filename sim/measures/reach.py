"""Where a measure applies: in all countries and at all posts, or in those a scenario names."""

from collections.abc import Iterable
from dataclasses import dataclass

from sim.measures.change import Change
from sim.measures.context import SetUp
from sim.settings.run import MeasureSettings
from sim.world.world import World

FROM_ENTRY = "documents.dual_elements"
"""Of a broker office: what follows from the form of the country entered alone; all else takes both countries."""
SHARED = "smugglers.loophole_share"
"""Of everybody: what there is only among several adopters."""


@dataclass(frozen=True)
class Reach:
    """The part of a world a scenario limits a measure to.

    What lies between two countries (an exchange of records, elements no longer re-keyed) needs both to take part; what
    one administration does by itself, and pays, needs that one.

    Attributes
    ----------
    world : the world
    countries : keys of the countries that take part; empty = all
    posts : names of the posts it applies at; empty = all
    """

    world: World
    countries: frozenset[str]
    posts: frozenset[str]

    @classmethod
    def of(cls, chosen: MeasureSettings, world: World) -> "Reach":
        """Reach of a measure as a scenario chooses it."""
        return cls(world, frozenset(chosen.countries), frozenset(chosen.posts))

    def setup(self, costs: Iterable[SetUp]) -> list[SetUp]:
        """Set-up costs of the countries that take part."""
        return [one for one in costs if not self.countries or one.country in self.countries]

    def changes(self, changes: list[Change]) -> list[Change]:
        """Changes that are made where the measure applies."""
        if self.posts:
            changes = [change for change in changes if change.who in self.posts]
        if not self.countries:
            return changes
        needed = self._countries_by_owner()
        return [change for change in changes if self._takes_part(change, needed)]

    def _takes_part(self, change: Change, needed: dict[str, tuple[str, ...]]) -> bool:
        if change.who == "all":
            return change.parameter != SHARED or len(self.countries) > 1
        countries = needed.get(change.who) or needed[change.who.rpartition("/")[0]]
        if change.parameter == FROM_ENTRY:
            countries = countries[-1:]
        return self.countries.issuperset(countries)

    def _countries_by_owner(self) -> dict[str, tuple[str, ...]]:
        """Countries of every owner of a mechanism: of an office the one left, then the one entered; seats by pool."""
        world = self.world
        keys = [country.key for country in world.countries]
        owners: dict[str, tuple[str, ...]] = {f"{a}>{b}": (a, b) for a in keys for b in keys if a != b}
        owners |= {key: (key,) for key in keys}
        owners |= {pool.name: (keys[pool.country],) for pool in world.pools}
        owners |= {post.name: (keys[post.entry_country],) for post in world.posts}
        for broker in world.brokers:
            post = world.posts[broker.post]
            owners[broker.name] = (keys[post.exit_country], keys[post.entry_country])
        return owners
