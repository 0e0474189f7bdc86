"""The luck of a day's journeys: every uniform they have, in one table."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sim.consignments.numbers import Numbers, seats_of
from sim.consignments.philox import Floats, Ints


class Draw(NamedTuple):
    """A number that journeys have.

    Attributes
    ----------
    name : what it is called
    purpose, part : what it is drawn with
    streams : numbers of the streams whose journeys have it
    """

    name: str
    purpose: str
    part: str
    streams: Sequence[int]


class Luck:
    """Draws the numbers of each day's journeys, a block for every draw and stream.

    Parameters
    ----------
    numbers : Numbers
    owners : sequence of str
        Who the journeys of each stream belong to.
    draws : sequence of Draw
        The rows of the table.
    """

    def __init__(self, numbers: Numbers, owners: Sequence[str], draws: Sequence[Draw]) -> None:
        self.numbers, self.rows = numbers, len(draws)
        blocks = [(row, stream) for row, draw in enumerate(draws) for stream in draw.streams]
        self.row, self.stream = np.array(blocks, np.int64).reshape(-1, 2).T
        self.seats = seats_of(tuple((draws[row].purpose, owners[stream], draws[row].part) for row, stream in blocks))

    def of(self, day: int, ends: Ints) -> Floats:
        """The uniforms of a day's journeys by draw, 0 where a journey has none.

        Parameters
        ----------
        day : int
        ends : array
            Position of the first journey of each stream, and of the first behind the last.
        """
        drawn = np.zeros((self.rows, ends[-1]))
        places = np.stack([ends[self.stream], ends[self.stream + 1]], axis=1) + (self.row * ends[-1])[:, None]
        self.numbers.fill(drawn.reshape(-1), places, self.seats, day)
        return drawn
