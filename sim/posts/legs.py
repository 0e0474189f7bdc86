"""What a leg brings to a post and what it leaves with: the columns both engines share.

`NewLegs` are the inputs of one day, `LegRows` the rows of finished legs. Times are integer milliseconds since the
start of the run, -1 where something has not happened. `prohibited`, `fiscal` and `concealment` are truth: they decide
what an examination finds and are never read by selectivity.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
VISITS = 3


@dataclass
class NewLegs:
    """Inputs of the legs of one planning day, one entry per leg.

    Attributes
    ----------
    id : unique, ascending; the tie key of both engines
    desk, lane : 2 x post + side; 0 trusted lane, 1 ordinary
    paper_at, paper_node : when and where the papers start, -1 = no papers
    goods_at, goods_node : when and where the goods start; goods_at -1 = when the leg before is released
    follower, transit_ms : row (in this batch) of the next leg or -1, and the way there
    office : station of the broker's office, -1 = none
    standing : whose thresholds selectivity reads, 0 authorised operators', 1 others'
    partner : officer the leg's papers are steered to, -1 = none
    u_bribe : what is offered to officers (`sim.posts.rules.takes_bribe`); 2 = nothing, and nothing is asked
    watched, score : what selectivity reads; may be renewed until the paper is selected
    prohibited, fiscal, concealment : truth
    scan, agency : whether the leg is called to the scanner, to the other agency
    machine_mismatch : whether machine validation returns the papers once
    mismatch, u_query : (n, 3) per visit of the document check
    compare_min : comparison work at skill 1, min
    exam_min, exam_threshold : nominal minutes of the examination level; pre-drawn Exp(1)
    minutes : (n, columns) nominal minutes per stage and visit
    """

    id: Ints
    desk: Ints
    lane: Ints
    paper_at: Ints
    paper_node: Ints
    goods_at: Ints
    goods_node: Ints
    follower: Ints
    transit_ms: Ints
    office: Ints
    standing: Ints
    partner: Ints
    watched: Ints
    prohibited: Ints
    fiscal: Ints
    scan: Ints
    agency: Ints
    machine_mismatch: Ints
    mismatch: Ints
    score: Floats
    u_control: Floats
    u_reroute: Floats
    u_irregular: Floats
    u_unit: Floats
    u_query: Floats
    z_image: Floats
    concealment: Floats
    compare_min: Floats
    exam_min: Floats
    exam_threshold: Floats
    u_bribe: Floats
    minutes: Floats

    def __len__(self) -> int:
        return len(self.id)


INPUTS = tuple(f.name for f in fields(NewLegs))
WIDE = {"mismatch": VISITS, "u_query": VISITS}
FLOATS = tuple(f.name for f in fields(NewLegs) if f.type is Floats)

COUNTS = (
    "arrived_ms",
    "gated_ms",
    "lodged_ms",
    "released_ms",
    "outcome",
    "channel",
    "rule",
    "detected",
    "corrected",
    "scanned",
    "alarm",
    "queries",
    "document_unit",
    "image_unit",
    "exam_unit",
    "exam_waiting",
    "exam_level_min",
    "bribed",
)
"""Integer results of a leg. Units are numbered over all pools; `exam_waiting` is the queue at its start."""
MEASURES = ("score_used", "thoroughness", "dose")
"""Float results of a leg: the score selectivity read, and the examination's thoroughness and dose (-1 = none)."""


@dataclass
class LegRows:
    """Finished legs in order of id.

    Attributes
    ----------
    id : leg ids
    counts, measures : by name, the columns `COUNTS` and `MEASURES`
    critical_ms : (n, slots) time of the goods in each stage, or waiting while the papers were in it;
        a row sums to released less arrived, exactly
    work_ms : (n, slots) time served in each stage
    """

    id: Ints
    counts: dict[str, Ints]
    measures: dict[str, Floats]
    critical_ms: Ints
    work_ms: Ints

    def __len__(self) -> int:
        return len(self.id)

    def __getitem__(self, name: str) -> Ints:
        return self.counts[name]

    def take(self, which: NDArray[np.bool_]) -> "LegRows":
        """The rows where `which` is true."""
        at = np.flatnonzero(which)
        return LegRows(
            id=self.id.take(at),
            counts={name: column.take(at) for name, column in self.counts.items()},
            measures={name: column.take(at) for name, column in self.measures.items()},
            critical_ms=self.critical_ms.take(at, axis=0),
            work_ms=self.work_ms.take(at, axis=0),
        )


def same_rows(a: LegRows, b: LegRows) -> int:
    """Number of differing entries between two sets of rows (every column, to the last bit)."""
    if len(a) != len(b):
        return abs(len(a) - len(b)) + 1
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [(a.id, b.id), (a.critical_ms, b.critical_ms)]
    pairs.append((a.work_ms, b.work_ms))
    pairs += [(a.counts[k], b.counts[k]) for k in COUNTS]
    pairs += [(a.measures[k], b.measures[k]) for k in MEASURES]
    return int(sum(np.count_nonzero(x != y) for x, y in pairs))
