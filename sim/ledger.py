"""The ledger: sums by cohort day, so that memory does not grow with traffic. Rows are folded in and dropped.

A *fact* is `(indicator, group)` with a numerator and a denominator per cohort day, the planned departure day of the
journeys it speaks of (or the calendar day for flows such as illicit goods delivered).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
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
    """Numerators and denominators of one indicator and group, per day."""

    unit: str
    numerator: Floats
    denominator: Floats


class Ledger:
    """Facts by (indicator, group) over `days` days, and the distribution of clearance per 30-day period.

    Attributes
    ----------
    facts : the sums
    histogram : (periods, BINS) counts of headline clearance by cohort period
    period_of : per day, its 30-day period counted from the policy day; -1 before it
    """

    def __init__(self, days: int, policy_day: int, window_days: int) -> None:
        self.days, self.policy_day, self.window_days = days, policy_day, window_days
        self.facts: dict[tuple[str, str], Fact] = {}
        self.period_of = np.where(np.arange(days) < policy_day, -1, (np.arange(days) - policy_day) // 30)
        self.histogram = np.zeros((int(self.period_of.max()) + 1, BINS), np.int64)

    def in_window(self, day: int) -> bool:
        """Whether journeys planned on a day are measured."""
        return self.policy_day <= day < self.policy_day + self.window_days

    def add(self, indicator: str, group: str, unit: str, day: int, numerator: float, denominator: float) -> None:
        """Add to a fact's sums on a day."""
        fact = self.facts.get((indicator, group))
        if fact is None:
            fact = Fact(unit, np.zeros(self.days), np.zeros(self.days))
            self.facts[indicator, group] = fact
        fact.numerator[day] += numerator
        fact.denominator[day] += denominator

    def add_durations(self, day: int, hours: Floats) -> None:
        """Add headline clearances of a cohort day to the distribution."""
        period = self.period_of[day]
        if period >= 0:
            self.histogram[period] += np.bincount(bin_of(hours), minlength=BINS)

    def periods(self) -> Iterator[tuple[str, slice]]:
        """Name and days of the whole window and of each 30-day period within it."""
        first, last = self.policy_day, self.policy_day + self.window_days
        yield "transition", slice(first, last)
        for start in range(first, last, 30):
            end = min(start + 30, last)
            yield f"days {start - first + 1}-{end - first}", slice(start, end)
