"""The scores of the days just past, and which of them so many lay above."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOVED_AT_MOST = 0.1
"""Thresholds seldom fall by more from one day to the next; where one has, it is looked for among all scores."""


class TrailingScores:
    """Scores of the last days that had any, all in one piece: a piece a day would have to be put together every night.

    Parameters
    ----------
    days : int
        How many days are remembered.
    """

    def __init__(self, days: int) -> None:
        self.counts: deque[int] = deque(maxlen=days)
        self.scores: Floats = np.empty(0)
        self.likely = -np.inf

    def __len__(self) -> int:
        return len(self.counts)

    def add(self, scores: Floats) -> None:
        """Remember a day, and forget the one that is too long ago."""
        forgotten = self.counts[0] if len(self.counts) == self.counts.maxlen and self.counts else 0
        self.counts.append(len(scores))
        if self.counts:
            self.scores = np.concatenate([self.scores[forgotten:], scores])

    def lain_above_by(self, shares: Sequence[float]) -> list[float]:
        """Values that these shares of the scores lie above, interpolated linearly (as `numpy.quantile`).

        The highest share first, and the next one's value among what lies above: NumPy parts numbers at one rank several
        times as fast as at several together. What lies well below yesterday's lowest value is left out at once.
        """
        last = len(self.scores) - 1
        places = {share: max(1.0 - share, 0.0) * last for share in sorted(shares, reverse=True)}
        rest = self.scores[self.scores >= self.likely]
        below = last + 1 - len(rest)
        if int(min(places.values())) < below:
            rest, below = self.scores.copy(), 0
        found: dict[float, float] = {}
        for share, place in places.items():
            rank = int(place)
            rest.partition(rank - below)
            rest, below = rest[rank - below :], rank
            low, high = float(rest[0]), float(rest[min(1, last - rank) :].min())
            found[share] = low + (high - low) * (place - rank)
        self.likely = min(found.values()) - MOVED_AT_MOST
        return [found[share] for share in shares]
