"""Journeys of several planning days together: what is known of them, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.admission import Batch
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
        starts = np.flatnonzero(np.diff(day, prepend=-1)).tolist()
        ends = [*starts[1:], len(ids)]
        return cls([(batches[int(day[a])], position[a:b]) for a, b in zip(starts, ends, strict=True)])

    def column(self, of: Callable[[Batch], Column]) -> Column:
        """One entry per journey of what a batch has one of per journey."""
        found = [of(batch)[position] for batch, position in self.parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def write(self, into: Callable[[Batch], Column], values: Column) -> None:
        """The other way round: each batch takes over its journeys' entries."""
        start = 0
        for batch, position in self.parts:
            into(batch)[position] = values[start : start + len(position)]
            start += len(position)


def present(numbers: Ints) -> list[int]:
    """Which small numbers occur, in order."""
    found: list[int] = np.flatnonzero(np.bincount(numbers)).tolist()
    return found
