"""Through traffic: which of a day's journeys are one lorry's, at one post of a corridor after the other.

A lorry that goes on is, at each later post, one of the journeys that post has anyway. So every post keeps its volume,
and its journeys their luck; what a corridor changes about a later journey is when its lorry comes and what is aboard.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.consignments.laws import quantile_min
from sim.consignments.numbers import Floats, Numbers, normal_of
from sim.settings.world import REGIMES
from sim.world.world import MINUTE_MS, Corridor, World

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Drive:
    """Lorries on their way from one post to the next: positions of the journeys before and after, and how long."""

    before: Ints
    after: Ints
    drive_ms: Ints


@dataclass(frozen=True)
class Through:
    """Through traffic of a planning day.

    Attributes
    ----------
    drives : those from first to second posts, from second to third ones, ...
    corridor, drive_ms : per trip, its corridor, and all its driving between posts
    before : per journey, position of the one its lorry makes before, -1 = none
    first : per journey, position of the first its lorry makes (itself where there is none before)
    trip : per journey, the trip that ends with it, -1 = none
    goes_on : per journey, whether its lorry goes on to a further post
    """

    drives: tuple[Drive, ...]
    corridor: Ints
    drive_ms: Ints
    before: Ints
    first: Ints
    trip: Ints
    goes_on: Bools


class ThroughTraffic:
    """Finds the through traffic of each day, by key.

    Parameters
    ----------
    world : World
        Its corridors, in order of name.
    numbers : Numbers
    tick_ms : int
        Resolution drives are rounded to.
    """

    def __init__(self, world: World, numbers: Numbers, tick_ms: int) -> None:
        self.corridors, self.numbers, self.tick_ms = world.corridors, numbers, tick_ms
        self.names = [post.name for post in world.posts]
        self.told_of = sorted({corridor.share_of for corridor in self.corridors})

    def of(self, day: int, first: Sequence[int], regime: Ints, captive: Bools) -> Through:
        """Through traffic among a day's journeys.

        Parameters
        ----------
        day : int
        first : sequence of int
            Position of the first journey of every post's own stream, and of the first behind the last of these; further
            traders' journeys stand there, and go on to no other post.
        regime, captive : array
            Regime of every journey, and whether it never changes post: those that never do are taken before others, so
            that keeping a lorry to its corridor changes no post's volume.
        """
        own = regime[: first[-1]]
        chosen = self._chosen(day, first, own)
        drawn = [self._by_journey("through", post, day, first) for post in range(len(self.names))]
        rank = np.concatenate(drawn) + ~captive[: first[-1]]
        free = chosen < 0
        paths = [self._paths(k, chosen, own, free, rank, first) for k in range(len(self.corridors))]
        return self._along(day, first, len(regime), paths)

    def _by_journey(self, purpose: str, post: int, day: int, first: Sequence[int]) -> Floats:
        """One uniform for every journey of a post's stream."""
        return self.numbers.uniform(purpose, self.names[post], day, first[post + 1] - first[post])

    def _chosen(self, day: int, first: Sequence[int], regime: Ints) -> Ints:
        """Corridor of each journey that goes the whole way of one whose share is told of its post, -1 = none."""
        chosen = np.full(len(regime), -1)
        for post in self.told_of:
            here = slice(first[post], first[post + 1])
            u, from_ = self._by_journey("onward", post, day, first), np.zeros(len(REGIMES))
            for k, corridor in enumerate(self.corridors):
                if corridor.share_of == post:
                    start, under = from_[regime[here]], np.isin(regime[here], corridor.regimes)
                    chosen[here][under & (u >= start) & (u < start + corridor.share)] = k
                    from_[list(corridor.regimes)] += corridor.share
        return chosen

    def _paths(self, number: int, chosen: Ints, regime: Ints, free: Bools, rank: Floats, first: Sequence[int]) -> Ints:
        """Journeys of a corridor's lorries, (posts, lorries): as many as every one of its posts has to give today."""
        corridor, paths = self.corridors[number], []
        for one in corridor.regimes:
            at = []
            for post in corridor.posts:
                here = slice(first[post], first[post + 1])
                to_give = chosen[here] == number if post == corridor.share_of else free[here]
                position = first[post] + np.flatnonzero(to_give & (regime[here] == one))
                at.append(position[np.argsort(rank[position], kind="stable")])
            count = min(len(position) for position in at)
            paths.append(np.stack([position[:count] for position in at]))
            free[paths[-1]] = False
        return np.concatenate(paths, axis=1)

    def _along(self, day: int, first: Sequence[int], journeys: int, paths: Sequence[Ints]) -> Through:
        """What the paths of all corridors say about each journey."""
        driven_ms = [self._driven_ms(day, first, *pair) for pair in zip(self.corridors, paths, strict=True)]
        before, trip = np.full((2, journeys), -1)
        start, goes_on = np.arange(journeys), np.zeros(journeys, np.bool_)
        drives = []
        for leg in range(max(len(path) for path in paths) - 1):
            going = [k for k, path in enumerate(paths) if leg + 1 < len(path)]
            drives.append(
                Drive(
                    np.concatenate([paths[k][leg] for k in going]),
                    np.concatenate([paths[k][leg + 1] for k in going]),
                    np.concatenate([driven_ms[k][leg] for k in going]),
                )
            )
            before[drives[-1].after] = drives[-1].before
            start[drives[-1].after] = start[drives[-1].before]
            goes_on[drives[-1].before] = True
        last = np.concatenate([path[-1] for path in paths])
        trip[last] = np.arange(len(last))
        return Through(
            drives=tuple(drives),
            corridor=np.repeat(np.arange(len(paths)), [path.shape[1] for path in paths]),
            drive_ms=np.concatenate([ms.sum(axis=0) for ms in driven_ms]),
            before=before,
            first=start,
            trip=trip,
            goes_on=goes_on,
        )

    def _driven_ms(self, day: int, first: Sequence[int], corridor: Corridor, path: Ints) -> Ints:
        """How long each lorry of a corridor drives from each post to the next, at least a tick."""
        drives = np.zeros((len(corridor.drives), path.shape[1]), np.int64)
        for leg, (law, post) in enumerate(zip(corridor.drives, corridor.posts[1:], strict=True)):
            u = self._by_journey("drive", post, day, first)
            minutes = quantile_min(law, normal_of(u[path[leg + 1] - first[post]]))
            ticks = np.maximum(np.floor(minutes * MINUTE_MS / self.tick_ms), 1)
            drives[leg] = (ticks * self.tick_ms).astype(np.int64)
        return drives
