"""Units a measure provides besides those a post has: last in their team, on no roster until they are provided."""

from sim.world.world import Pool


def further_seats(pool: Pool) -> list[str]:
    """Names of the further units of a pool, team by team."""
    own = pool.base + pool.reserve
    return [f"{pool.name}/{k:03d}" for k in range(pool.units) if k % max(1, pool.team_size) >= own]
