"""What an engine did, and in how many entries two engines differ."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.posts.legs import COUNTS, MEASURES, LegRows
from sim.posts.tables import Ints

FINDINGS = (
    "outcome", "channel", "rule", "detected", "corrected", "scanned", "alarm", "queries", "score_used", "thoroughness",
    "dose",
)  # fmt: skip
"""Columns that say what was selected, asked and found; `released_ms` is the release, all others count as `other`."""


@dataclass
class Trace:
    """Everything an engine did: rows and queues at each stop, rows left, officers' work, starts."""

    days: list[LegRows]
    queues: list[Ints]
    left: LegRows
    busy: Ints
    log: list[tuple[int, ...]]

    def total(self, name: str) -> int:
        """Sum of a column over all finished legs."""
        return int(sum(rows[name].sum() for rows in self.days))

    @property
    def legs(self) -> int:
        """Legs finished and left."""
        return sum(len(rows) for rows in self.days) + len(self.left)


@dataclass(frozen=True)
class Differences:
    """Entries in which two runs differ; `ledger` counts whole ledgers."""

    starts: int = 0
    releases: int = 0
    queues: int = 0
    findings: int = 0
    other: int = 0
    ledger: int = 0

    def __add__(self, more: "Differences") -> "Differences":
        return Differences(*(a + b for a, b in zip(astuple(self), astuple(more), strict=True)))

    @property
    def total(self) -> int:
        """All of them."""
        return sum(astuple(self))


@dataclass
class _Count:
    """Differing entries by kind, as rows are walked."""

    found: dict[str, int] = field(default_factory=lambda: {"releases": 0, "findings": 0, "other": 0})

    def arrays(self, kind: str, a: NDArray[Any], b: NDArray[Any]) -> None:
        self.found[kind] += int(np.count_nonzero(a != b))

    def rows(self, a: LegRows, b: LegRows) -> None:
        if len(a) != len(b):  # a leg more or less is a release more or less
            self.found["releases"] += abs(len(a) - len(b))
            return
        self.arrays("other", a.id, b.id)
        self.arrays("other", a.critical_ms, b.critical_ms)
        self.arrays("other", a.work_ms, b.work_ms)
        for name in COUNTS:
            kind = "releases" if name == "released_ms" else "findings" if name in FINDINGS else "other"
            self.arrays(kind, a[name], b[name])
        for name in MEASURES:
            self.arrays("findings", a[name], b[name])


def differences(a: Trace, b: Trace) -> Differences:
    """Count the entries, of any column, in which two traces differ."""
    count = _Count()
    for x, y in zip(a.days, b.days, strict=True):
        count.rows(x, y)
    count.rows(a.left, b.left)
    count.arrays("other", a.busy, b.busy)
    queues = sum(int(np.count_nonzero(x != y)) for x, y in zip(a.queues, b.queues, strict=True))
    return Differences(starts=_unlike(a.log, b.log), queues=queues, **count.found)


def _unlike(a: Sequence[object], b: Sequence[object]) -> int:
    return abs(len(a) - len(b)) + sum(x != y for x, y in zip(a, b, strict=False))
