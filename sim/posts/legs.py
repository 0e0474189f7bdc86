"""What a leg brings to a post and what it leaves with: the columns both engines share.

`NewLegs` are the inputs of one day, `LegRows` the rows of finished legs. Times are integer milliseconds since the
start of the run, -1 where something has not happened. `prohibited`, `fiscal` and `concealment` are truth: they decide
what an examination finds and are never read by selectivity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.posts.rules import NOTHING_OFFERED
from sim.posts.tables import Excerpt, Flags, Floats, Ints, Numbers, Shorts, row_type, sorted_order

VISITS = 3
LEG_WIDTHS = {"mismatch": VISITS, "u_query": VISITS}
"""Columns of `Legs` that hold more than one number a row."""


class Legs(NamedTuple):
    """A row per leg: inputs (`INPUTS`), how far its papers and lorry are, and results (`COUNTS`, `MEASURES`).

    Fetching rows from memory is what the compiled loop spends most of its time on. So the columns stand in the order
    in which a leg needs them, 64 bytes for each of: the walk, selection and release, papers and image, examination.
    """

    id: Ints
    mark: Ints
    arrived_ms: Ints
    gated_ms: Ints
    goods_node: Shorts
    follower: Shorts
    office: Shorts
    desk: Shorts
    joined_node: Shorts
    lane: Flags
    joined: Flags
    papers: Flags
    papers_started: Flags
    papers_done: Flags
    scan: Flags
    agency: Flags
    machine_mismatch: Flags
    channel: Flags
    rule: Flags
    watched: Flags
    selected: Flags
    u_unit: Floats
    score: Floats
    u_control: Floats
    u_reroute: Floats
    lodged_ms: Ints
    released_ms: Ints
    transit_ms: Ints
    outcome: Flags
    corrected: Flags
    queries: Flags
    scanned: Flags
    alarm: Flags
    detected: Flags
    prohibited: Flags
    fiscal: Flags
    u_irregular: Floats
    compare_min: Floats
    u_query: Floats
    z_image: Floats
    document_unit: Shorts
    image_unit: Shorts
    mismatch: Flags
    standing: Flags
    bribed: Flags
    reuses: Flags
    held_up: Flags
    exam_min: Floats
    exam_threshold: Floats
    concealment: Floats
    thoroughness: Floats
    dose: Floats
    u_bribe: Floats
    exam_unit: Shorts
    exam_waiting: Shorts
    exam_level_min: Shorts
    partner: Shorts


LEG = row_type(Legs, LEG_WIDTHS)
INPUTS = (
    "id", "desk", "lane", "paper_at", "paper_node", "goods_at", "goods_node", "follower", "transit_ms", "office",
    "standing", "partner", "watched", "prohibited", "fiscal", "scan", "agency", "machine_mismatch", "reuses",
    "mismatch", "score", "u_control", "u_reroute", "u_irregular", "u_unit", "u_query", "z_image", "concealment",
    "compare_min", "exam_min", "exam_threshold", "u_bribe", "minutes",
)  # fmt: skip
COUNTS = (
    "arrived_ms", "gated_ms", "lodged_ms", "released_ms", "outcome", "channel", "rule", "detected", "corrected",
    "scanned", "alarm", "queries", "document_unit", "image_unit", "exam_unit", "exam_waiting", "exam_level_min",
    "bribed", "held_up",
)  # fmt: skip
"""Integer results of a leg. Units are numbered over all pools; `exam_waiting` is the queue at its start; `held_up`: its
papers could not be lodged at once, as a declaration system was down."""
MEASURES = ("score_used", "thoroughness", "dose")
"""Float results of a leg: the score selectivity read, and the examination's thoroughness and dose (-1 = none)."""
NOT_YET = (
    "joined_node", "arrived_ms", "gated_ms", "lodged_ms", "released_ms", "document_unit", "image_unit", "exam_unit",
    "exam_waiting", "thoroughness", "dose", "follower", "office",
    "partner",
)  # fmt: skip
"""Columns that are -1 until something is known."""
BLANK = np.zeros(1, LEG)
"""A leg of which nothing is known and nothing has happened."""
for _name in NOT_YET:
    BLANK[_name] = -1
BLANK["u_bribe"] = NOTHING_OFFERED
ENTERING = Excerpt(LEG, (name for name in INPUTS if name in Legs._fields))
"""The inputs that are columns of `Legs`."""
LEAVING = Excerpt(LEG, ("id", "selected", "score", *COUNTS, *MEASURES[1:]))
"""The columns of `Legs` that results are read from."""


@dataclass(frozen=True)
class NewLegs:
    """Inputs of the legs of one planning day, one entry per leg.

    Attributes
    ----------
    inputs : columns of `ENTERING`, read and written by name:
        id: unique, ascending, the tie key of both engines; desk, lane: 2 x post + side, 0 trusted lane and 1 ordinary;
        goods_node: where the goods start; follower, transit_ms: row (in this batch) of the next leg or -1 (the other
        side, or a corridor's next post), and the way there; office: station of the broker's office, -1 = none;
        standing: whose thresholds selectivity reads, 0 authorised operators' and 1 others'; partner: officer the leg
        is steered to, -1 = none; u_bribe: what is offered to officers (`sim.posts.rules.takes_bribe`), 2 = nothing;
        watched, score: what selectivity reads, may be renewed until the paper is selected; prohibited, fiscal,
        concealment: truth; scan, agency: whether the leg is called to the scanner, to the other agency;
        machine_mismatch: whether machine validation returns the papers once; reuses: whether they take over data from
        the system of the post's other side; mismatch, u_query: per visit of the
        document check; compare_min: comparison work at skill 1, min; exam_min, exam_threshold: nominal minutes of the
        examination level, pre-drawn Exp(1)
    paper_at, paper_node : when and where the papers start, -1 = no papers
    goods_at : when the goods start; -1 = when the leg before is released
    minutes : (n, columns) nominal minutes per stage and visit
    """

    inputs: Numbers
    paper_at: Ints
    paper_node: Ints
    goods_at: Ints
    minutes: Floats

    @classmethod
    def blank(cls, count: int, columns: int) -> "NewLegs":
        """Legs of which nothing is known."""
        paper_at, paper_node, goods_at = np.full((3, count), -1, np.int64)
        new = cls(ENTERING.room(count), paper_at, paper_node, goods_at, np.zeros((count, columns)))
        for name, column in new.by_name.items():
            column[...] = BLANK[name]
        return new

    @classmethod
    def of(cls, **inputs: Any) -> "NewLegs":
        """Legs from columns by name, all of `INPUTS`."""
        new = cls.blank(len(inputs["id"]), np.shape(inputs["minutes"])[1])
        for name in INPUTS:
            new[name][...] = inputs[name]
        return new

    def copy(self) -> "NewLegs":
        """Legs that may be changed apart."""
        moments = self.paper_at.copy(), self.paper_node.copy(), self.goods_at.copy()
        inputs: Any = (part.copy() for part in self.inputs)
        return NewLegs(Numbers(*inputs), *moments, self.minutes.copy())

    @cached_property
    def by_name(self) -> dict[str, NDArray[Any]]:
        """The inputs that are columns of `Legs`, as views."""
        return ENTERING.columns(self.inputs)

    @cached_property
    def by_arrival(self) -> Ints:
        """Positions in order of arrival, a leg that follows another with the one before it; worked out once."""
        arrival = np.where(self.goods_at >= 0, self.goods_at, self.paper_at)
        leads = np.flatnonzero(self["follower"] >= 0)
        arrival[self["follower"][leads]] = arrival[leads]
        return sorted_order(arrival)

    def __len__(self) -> int:
        return len(self.paper_at)

    def __getitem__(self, name: str) -> NDArray[Any]:
        own: dict[str, NDArray[Any]] = self.__dict__
        return self.by_name[name] if name in self.by_name else own[name]


@dataclass(frozen=True)
class LegRows:
    """Finished legs in order of side (the id's last bit), then id.

    Attributes
    ----------
    results : columns of `LEAVING`, read by name: `COUNTS`, `MEASURES` and "id"
    critical_ms : (n, slots) time of the goods in each stage, or waiting while the papers were in it;
        a row sums to released less arrived, exactly
    work_ms : (n, slots) time served in each stage
    """

    results: Numbers
    critical_ms: Ints
    work_ms: Ints

    @classmethod
    def of(cls, columns: Mapping[str, Any], critical_ms: Ints, work_ms: Ints) -> "LegRows":
        """Rows from columns by name, all of `COUNTS` and `MEASURES`, and times by stage."""
        given = {"selected": 1, "score": columns["score_used"], **columns}
        results = LEAVING.room(len(critical_ms))
        for name, column in LEAVING.columns(results).items():
            column[...] = given[name]
        return cls(results, critical_ms, work_ms)

    def __len__(self) -> int:
        return len(self.critical_ms)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name == "score_used":
            return np.where(self["selected"] == 1, self["score"], -1.0)
        return LEAVING.column(self.results, name)

    @property
    def id(self) -> Ints:
        """Leg ids."""
        return self["id"]

    @classmethod
    def together(cls, parts: Sequence["LegRows"]) -> "LegRows":
        """Rows one after the other."""
        results: Any = (np.concatenate(one, axis=1) for one in zip(*(part.results for part in parts), strict=True))
        critical_ms = np.concatenate([part.critical_ms for part in parts])
        return cls(Numbers(*results), critical_ms, np.concatenate([part.work_ms for part in parts]))

    def take(self, which: Any) -> "LegRows":
        """The rows at these positions, in this slice, or where this is true."""
        results: Any = (numbers[:, which] for numbers in self.results)
        return LegRows(Numbers(*results), self.critical_ms[which], self.work_ms[which])


def same_rows(a: LegRows, b: LegRows) -> int:
    """Number of differing entries between two sets of rows (every column, to the last bit)."""
    if len(a) != len(b):
        return abs(len(a) - len(b)) + 1
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [(a[k], b[k]) for k in ("id", *COUNTS, *MEASURES)]
    pairs += [(a.critical_ms, b.critical_ms), (a.work_ms, b.work_ms)]
    return int(sum(np.count_nonzero(x != y) for x, y in pairs))
