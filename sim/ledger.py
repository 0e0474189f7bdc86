"""The ledger: sums by cohort day, so that memory does not grow with traffic. Rows are folded in and dropped.

A *fact* is `(indicator, group)` with a numerator and a denominator per cohort day, the planned departure day of the
journeys it speaks of (or the calendar day for flows such as illicit goods delivered).
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.settings.run import Length

Floats = NDArray[np.float64]
BLOCK_D = 30
BINS_PER_E = 200
FIRST_BIN_H = 1.0 / 600.0
BINS = int(np.ceil(np.log(15 * 24 / FIRST_BIN_H) * BINS_PER_E)) + 2


def bin_of(hours: Floats) -> NDArray[np.int64]:
    """Bin of a duration: log-spaced, half a percent wide, from 6 s to 15 days."""
    scaled = np.log(np.maximum(hours, FIRST_BIN_H * 1e-9) / FIRST_BIN_H) * BINS_PER_E
    return np.asarray(np.clip(np.floor(scaled).astype(np.int64) + 1, 0, BINS - 1), np.int64)


def bin_edges_h() -> Floats:
    """Upper edge of each bin in hours."""
    return FIRST_BIN_H * np.exp(np.arange(BINS) / BINS_PER_E)


@dataclass
class Fact:
    """Numerators and denominators of one indicator and group, per day; arrays of Python are quick to add to."""

    unit: str
    numerators: "array[float]"
    denominators: "array[float]"

    def __deepcopy__(self, known: dict[int, Any]) -> "Fact":
        """Sums of the same days, to go on apart: there are hundreds in a ledger."""
        copy = Fact(self.unit, self.numerators[:], self.denominators[:])
        known[id(self)] = copy
        return copy

    @property
    def numerator(self) -> Floats:
        """Numerators by place."""
        return np.frombuffer(self.numerators)

    @property
    def denominator(self) -> Floats:
        """Denominators by place."""
        return np.frombuffer(self.denominators)


@dataclass(frozen=True)
class Period:
    """A stretch of cohort days.

    Attributes
    ----------
    name : a window ("transition"), thirty days of one ("days 1-30", from the policy day), or "all"
    slots : places of its days in a fact's sums
    blocks : rows of the distribution
    """

    name: str
    slots: slice
    blocks: slice


class Ledger:
    """Facts by (indicator, group), and the distribution of clearance by blocks of 30 days.

    Burn-in, windows and cool-down are kept by day. The days between two windows share one place, so that memory does
    not grow with what lies between; where they are only lived (`Length.between`) they have none, and what is added on
    them is dropped.

    Parameters
    ----------
    length : Length
        Which days are simulated and which of them are measured.

    Attributes
    ----------
    facts : the sums
    slot : place of every day that is kept in a fact's sums: burn-in, windows, then one for all days between them,
        cool-down
    days : the days that have a place of their own
    histogram : (blocks, BINS) counts of headline clearance by cohort; the last block holds the days between windows
    histograms : the same by group: of home use where there are several regimes, and of times along corridors
    """

    def __init__(self, length: Length) -> None:
        self.length = length
        measured = [day for span in length.spans.values() for day in span]
        past, after = range(length.policy_day), range(length.measured_until, length.total_days)
        apart = range(length.policy_day, length.measured_until) if length.between == "counted" else range(0)
        between = sorted(set(apart) - set(measured))
        self.days = [*past, *measured, *after]
        places = [[day] for day in (*past, *measured)] + [between] * bool(between) + [[day] for day in after]
        self.slot = {day: k for k, days in enumerate(places) for day in days}
        self.slots = len(places)
        self.facts: dict[tuple[str, str], Fact] = {}
        blocks = [span[k : k + BLOCK_D] for span in length.spans.values() for k in range(0, len(span), BLOCK_D)]
        self.block = dict.fromkeys(between, len(blocks)) | {day: k for k, days in enumerate(blocks) for day in days}
        self.histogram = np.zeros((len(blocks) + bool(between), BINS), np.int64)
        self.histograms: dict[str, NDArray[np.int64]] = {}

    def keeps(self, day: int) -> bool:
        """Whether anything is kept of a day."""
        return day in self.slot

    def in_window(self, day: int) -> bool:
        """Whether journeys planned on a day are measured."""
        return any(day in span for span in self.length.spans.values())

    def add(self, indicator: str, group: str, unit: str, day: int, numerator: float, denominator: float) -> None:
        """Add to a fact's sums on a day."""
        if day not in self.slot:
            return
        fact = self.facts.get((indicator, group)) or self.fact(indicator, group, unit)
        slot = self.slot[day]
        fact.numerators[slot] += numerator
        fact.denominators[slot] += denominator

    def fact(self, indicator: str, group: str, unit: str) -> Fact:
        """The sums of an indicator and group, begun at zero where there are none yet."""
        if (indicator, group) not in self.facts:
            zeros = array("d", bytes(8 * self.slots))
            self.facts[indicator, group] = Fact(unit, zeros, zeros[:])
        return self.facts[indicator, group]

    def facts_of(self, indicator: str, groups: Iterable[str], unit: str) -> list[Fact]:
        """The sums of an indicator's groups, to be added to at once."""
        return [self.fact(indicator, group, unit) for group in groups]

    def add_all(
        self, facts: Iterable[Fact], day: int, numerators: Iterable[float], denominators: Iterable[float]
    ) -> None:
        """Add to several sums on a day."""
        slot = self.slot.get(day)
        if slot is None:
            return
        for fact, numerator, denominator in zip(facts, numerators, denominators, strict=False):
            fact.numerators[slot] += numerator
            fact.denominators[slot] += denominator

    def count_day(self, flows: Iterable[Fact], day: int) -> None:
        """Give flows (numbers per day) a day in their denominators, whether or not anything happens."""
        slot = self.slot.get(day)
        if slot is None:
            return
        for fact in flows:
            fact.denominators[slot] += 1.0

    def add_durations(self, day: int, hours: Floats, group: str = "all") -> None:
        """Add headline clearances of a cohort day to the distribution, or a group's times to its own."""
        block = self.block.get(day)
        if block is not None:
            counts = self.histogram if group == "all" else self.distribution(group)
            counts[block] += np.bincount(bin_of(hours), minlength=BINS)

    def distribution(self, group: str) -> NDArray[np.int64]:
        """The distribution of a group, begun at zero where there is none yet."""
        return self.histograms.setdefault(group, np.zeros_like(self.histogram))

    def days_before(self, end: int) -> Iterator[tuple[int, int]]:
        """Days simulated before `end` that are kept one by one, and their places."""
        return ((day, self.slot[day]) for day in self.days if day < end)

    def windows(self) -> Iterator[Period]:
        """Each window as a whole."""
        for name, span in self.length.spans.items():
            yield self._period(name, span)

    def periods(self) -> Iterator[Period]:
        """Each window and each 30 days of it; where there are two, also everything from the first to the last."""
        first = self.length.policy_day
        for whole, span in zip(self.windows(), self.length.spans.values(), strict=True):
            yield whole
            for k in range(0, len(span), BLOCK_D):
                part = span[k : k + BLOCK_D]
                yield self._period(f"days {part.start - first + 1}-{part.stop - first}", part)
        if self.slots > len(self.days):
            yield Period("all", slice(first, self.slots - self.length.cool_down_days), slice(len(self.histogram)))

    def _period(self, name: str, days: range) -> Period:
        first, last = self.slot[days[0]], self.slot[days[-1]]
        return Period(name, slice(first, last + 1), slice(self.block[days[0]], self.block[days[-1]] + 1))

    def digest(self) -> str:
        """SHA-256 of every sum of every day and of distributions, bit by bit: equal ledgers, equal digests."""
        whole = hashlib.sha256(self.histogram.tobytes())
        for group, histogram in sorted(self.histograms.items()):
            whole.update(group.encode() + histogram.tobytes())
        for key, fact in sorted(self.facts.items()):
            whole.update(repr((key, fact.unit)).encode())
            whole.update(fact.numerator.tobytes() + fact.denominator.tobytes())
        return whole.hexdigest()
