"""The scores of the days just past, and which of them so many lay above."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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
        times as fast as at several together.
        """
        rest, below = self.scores.copy(), 0
        last = len(rest) - 1
        found: dict[float, float] = {}
        for share in sorted(shares, reverse=True):
            place = max(1.0 - share, 0.0) * last
            rank = int(place)
            rest.partition(rank - below)
            rest, below = rest[rank - below :], rank
            low, high = float(rest[0]), float(rest[min(1, last - rank) :].min())
            found[share] = low + (high - low) * (place - rank)
        return [found[share] for share in shares]
