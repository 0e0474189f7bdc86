"""Journeys of several planning days together: what is known of them, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.admission import Batch
from sim.consignments.declaration import Declarations
from sim.consignments.potential import JOURNEY_BITS

Ints = NDArray[np.int64]
Column = NDArray[Any]


@dataclass(frozen=True)
class Journeys:
    """Journeys in order of planning day and place in it.

    Attributes
    ----------
    parts : per planning day, its batch and the journeys' positions there
    """

    parts: list[tuple[Batch, Ints]]

    @classmethod
    def of_legs(cls, ids: Ints, batches: Mapping[int, Batch]) -> "Journeys":
        """Journeys of these legs, whose ids ascend."""
        day, position = ids >> 1 >> JOURNEY_BITS, (ids >> 1) & (2**JOURNEY_BITS - 1)
        return cls([(batches[int(day[run.start])], position[run]) for run in runs(day)])

    def column(self, of: Callable[[Batch], Column]) -> Column:
        """One entry per journey of what a batch has one of per journey."""
        return np.concatenate([of(batch).take(position) for batch, position in self.parts])

    def declared(self, side: str) -> Declarations:
        """Their declarations at a side."""
        parts = [batch.declared[side].take(position) for batch, position in self.parts]
        return Declarations(
            trader=np.concatenate([part.trader for part in parts]),
            features=np.concatenate([part.features.T for part in parts], axis=1).T,
            noise=np.concatenate([part.noise for part in parts]),
        )

    def at(self, which: Ints) -> "Journeys":
        """Those at these places, which ascend."""
        ends = list(accumulate((len(position) for _, position in self.parts), initial=0))
        cuts = np.searchsorted(which, ends).tolist()
        found = zip(self.parts, ends, pairwise(cuts), strict=False)
        return Journeys([(batch, position[which[a:b] - start]) for (batch, position), start, (a, b) in found if a < b])

    def write(self, into: Callable[[Batch], Column], values: Column) -> None:
        """The other way round: each batch takes over its journeys' entries."""
        start = 0
        for batch, position in self.parts:
            into(batch)[position] = values[start : start + len(position)]
            start += len(position)


def runs(numbers: Ints) -> list[slice]:
    """Where equal numbers stand together, in order."""
    cuts = [0, *(np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist(), len(numbers)]
    return [slice(start, end) for start, end in pairwise(cuts) if start < end]


def present(numbers: Ints) -> list[int]:
    """Which small numbers occur, in order."""
    found: list[int] = np.flatnonzero(np.bincount(numbers)).tolist()
    return found
