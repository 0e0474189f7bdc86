"""More officers: novices hired for the desks expected to be busiest."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isnan

from sim.measures.change import Change
from sim.measures.context import Context, Measure, SetUp
from sim.world.world import Pool, World

KINDS = ("officer", "analyst")


class MoreOfficers(Measure):
    """Further officers on every team, the busiest pools first.

    Price: wages for as long as they stay; they begin as novices; examiners are of little use without bays.
    """

    name = "more_officers"
    title = "Twenty more officers per country"

    def further_units(self, world: World) -> Mapping[str, int]:
        """Largest number any team of a pool gets."""
        teams = Counter((pool, team) for _, pool, team, _ in self._posts(world))
        return {pool: max(n for (p, _), n in teams.items() if p == pool) for pool, _ in teams}

    def setup(self, context: Context) -> list[SetUp]:
        """Hiring, per officer."""
        usd = context.world.parameters.measures.more_officers_hiring_usd
        hired = Counter(country for country, _ in self._hired(context))
        return [SetUp(c.key, hired[c.key] * usd) for c in context.world.countries]

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        hired = list(self._hired(context))
        day_h = context.world.parameters.staff.working_day_h
        wages = Counter(country for country, _ in hired)
        return [
            *(Change("staff.posted", seat, "max", 1.0, self.name) for _, seat in hired),
            *(Change("costs.staff_h", country, "add", n * day_h, self.name) for country, n in wages.items()),
        ]

    def _hired(self, context: Context) -> Iterator[tuple[str, str]]:
        """Country and seat of everybody hired at this strength."""
        count = round(context.intensity * context.world.parameters.measures.more_officers_count)
        pools = {pool.name: pool for pool in context.world.pools}
        for country, pool, team, place in self._posts(context.world):
            turn, of = place
            if turn < count:
                p = pools[pool]
                number = team * p.team_size + p.base + p.reserve + of
                yield country, f"{pool}/{number:03d}"

    @staticmethod
    def _posts(world: World) -> Iterator[tuple[str, str, int, tuple[int, int]]]:
        """Country, pool and team each new officer goes to, with its turn in the country and its place in the team."""
        count = round(world.parameters.measures.more_officers_count)
        for number, country in enumerate(world.countries):
            own = [pool for pool in world.pools if pool.country == number and pool.kind in KINDS]
            own.sort(key=lambda pool: (-_load(pool), pool.name))
            teams = [(pool.name, team) for pool in own for team in range(max(1, len(pool.teams)))]
            for turn in range(count if teams else 0):
                pool_name, team = teams[turn % len(teams)]
                yield country.key, pool_name, team, (turn, turn // len(teams))


def _load(pool: Pool) -> float:
    return 0.0 if isnan(pool.expected_load) else pool.expected_load
