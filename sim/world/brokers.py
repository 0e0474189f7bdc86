"""Broker offices of a post: their shares of its declarations, and clerks sized to the work."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from sim.settings.parameters import BrokersParameters
from sim.settings.world import span_min
from sim.world.sizing import Span, duty_min, load_of, units_for
from sim.world.volumes import Hours
from sim.world.world import Broker, Pool

GOLDEN_RATIO = (5**0.5 - 1.0) / 2.0
"""Its multiples spread places evenly and in no order: how complex an office's business is does not follow its size."""
LONGEST_TEAM_MIN = 10 * 60


def office_shares(offices: int, top_tenth_share: float) -> tuple[float, ...]:
    """Shares of declarations, largest office first, in the shape of Zipf's law.

    Parameters
    ----------
    offices : int
        Offices at the post.
    top_tenth_share : float
        Share of the largest tenth (at least one office); the exponent is solved for it. Below an equal split the
        offices are equal.

    Returns
    -------
    tuple of float
        Sums to 1, never increasing.
    """
    top = max(1, round(offices / 10))
    ranks = np.arange(1, offices + 1)

    def shares(exponent: float) -> NDArray[np.float64]:
        weights: NDArray[np.float64] = ranks.astype(np.float64) ** -exponent
        weights /= weights.sum()
        return weights

    if top >= offices or top_tenth_share <= top / offices:
        exponent = 0.0
    else:
        wanted = min(top_tenth_share, 0.999)
        exponent = float(brentq(lambda a: float(shares(a)[:top].sum()) - wanted, 0.0, 60.0))
    return tuple(float(s) for s in shares(exponent))


def teams_of(spans: Sequence[str]) -> tuple[Span, ...]:
    """Teams that cover the spans; a span above ten hours is split evenly, since no clerk works longer."""
    teams: list[Span] = []
    for first, last in map(span_min, spans):
        parts = ceil((last - first) / LONGEST_TEAM_MIN)
        edges = [first + round(i * (last - first) / parts) for i in range(parts + 1)]
        teams += pairwise(edges)
    return tuple(sorted(teams))


def longer(opens: int, closes: int, more: int) -> Span:
    """Opening hours with so many minutes more: half before and half after, as far as the day goes."""
    before = min(opens, more // 2)
    after = min(24 * 60 - closes, more - before)
    return opens - min(opens, more - after), closes + after


def broker_offices(
    post: int,
    name: str,
    country: int,
    spans: Sequence[str],
    hours: Hours,
    work_week_min: float,
    p: BrokersParameters,
    count: int,
) -> list[tuple[Pool, float, float]]:
    """Offices of one post with their share and size rank; their clerks work whole days on which the post opens.

    Parameters
    ----------
    post, name, country : int, str, int
        Position and name of the post; position of the entry country.
    spans, hours : sequences
        Broker hours of the world; opening hours of the post.
    work_week_min : float
        Expected clerk minutes a week at the post, all offices together.
    count : int
        Offices at the post.

    Returns
    -------
    list of (Pool, share, rank)
        Largest office first; `rank` runs from 0 to 1.
    """
    digits = max(2, len(str(count)))
    teams = teams_of(spans)
    days = tuple((0, 24 * 60) if day is not None else None for day in hours)
    on_duty = duty_min(teams, days)
    offices = []
    for i, share in enumerate(office_shares(count, p.top_tenth_share)):
        clerks = units_for(share * work_week_min, on_duty, p.load)
        pool = Pool(
            name=f"{name}/broker-{i + 1:0{digits}d}",
            kind="clerk",
            post=post,
            country=country,
            skill="none",
            assignment="longest_idle",
            teams=teams,
            hours=days,
            base=clerks,
            reserve=0,
            open_at=0,
            step=0,
            expected_load=load_of(share * work_week_min, on_duty, clerks),
        )
        offices.append((pool, share, i / (count - 1) if count > 1 else 0.0))
    return offices


def numbered(offices: list[tuple[Pool, float, float]], pools: tuple[Pool, ...]) -> tuple[Broker, ...]:
    """Brokers sorted by name, each with the position of its pool among the world's pools."""
    at = {p.name: i for i, p in enumerate(pools)}
    brokers = [
        Broker(pool.name, pool.post, share, rank, at[pool.name], k * GOLDEN_RATIO % 1.0)
        for k, (pool, share, rank) in enumerate(offices)
    ]
    return tuple(sorted(brokers, key=lambda b: b.name))
