"""What a benchmark found: rows of one table, ratios on top, differences counted; as text, Markdown and plain data."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any

from experiments.bench.contest import Standing, times_faster, unlike
from experiments.listing import aligned

TITLES = {
    "flow": "The flow alone (microseconds a lorry)",
    "scaling": "How it scales (microseconds a lorry)",
    "memory": "Memory",
    "start-up": "Start-up (seconds of a new process)",
    "experiment": "The whole experiment (milliseconds a world-day: one scenario, one day)",
    "parts": "Where a world-day goes on the compiled loop",
}


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes
    ----------
    section, case, what : where it stands, what was run, by whom
    value, unit : the median
    moving : of a flow, the same without admission and rows: lorries moving alone
    ratio, ratio_moving, against : how many times faster than whom, for both; medians over rounds
    remark : what must be known to read it
    """

    section: str
    case: str
    what: str
    value: float | None
    unit: str
    moving: float | None = None
    ratio: float | None = None
    ratio_moving: float | None = None
    against: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Headline:
    """A ratio with what it must and should be.

    Attributes
    ----------
    ratio : what is compared
    measured : the median over rounds, None where it could not be measured; of a flow, lorries moving alone
    must, aim : bounds; `at_most` where less is better
    with_admission : of a flow, the ratio with admission and rows
    """

    ratio: str
    measured: float | None
    must: float
    aim: float
    at_most: bool = False
    with_admission: float | None = None


@dataclass
class Found:
    """Everything a benchmark found."""

    about: dict[str, Any]
    headlines: list[Headline] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def different(self) -> int:
        """Lorries and ledgers that were not the same for all who should agree."""
        return sum(row["differences"] for row in self.differences)

    def flow(self, section: str, case: str, standings: Sequence[Standing], lorries: int, against: str) -> None:
        """Add the rows of a contest, and what its releases had in common."""
        yardstick = next((s for s in standings if s.name == against), None)
        for s in standings:
            us, moving = (median(seconds) / lorries * 1e6 for seconds in (s.whole_s, s.moving_s))
            row = Row(section, case, s.name, us, "us a lorry", moving)
            if yardstick and s is not yardstick:
                ratio = times_faster(s.whole_s, yardstick.whole_s)
                row = replace(
                    row, ratio=ratio, ratio_moving=times_faster(s.moving_s, yardstick.moving_s), against=against
                )
            self.rows.append(row)
        names = [s.name for s in standings if s.equal]
        self.differences.append(
            {"case": case, "among": names, "lorries": lorries, "what": "releases", "differences": unlike(standings)}
        )

    def plain(self) -> dict[str, Any]:
        """As plain data: `about`, `headlines`, `rows`, `differences`."""
        return {
            "about": self.about,
            "headlines": [asdict(h) for h in self.headlines],
            "rows": [asdict(r) for r in self.rows],
            "differences": self.differences,
        }


def short(value: float | None) -> str:
    """A number in three figures; an empty cell for none."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def tables(plain: dict[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    """Title and rows of every table, cells as text, from `Found.plain` or its JSON."""
    head = [
        {
            "ratio": h["ratio"],
            "measured": short(h["measured"]) or "not measured",
            "must": _bound(h, "must"),
            "aim": _bound(h, "aim"),
            "with admission and rows": short(h["with_admission"]),
        }
        for h in plain["headlines"]
    ]
    out = [("Ratios", head)]
    for section, title in TITLES.items():
        rows = [r for r in plain["rows"] if r["section"] == section]
        if rows:
            out.append((title, _without_empty_columns([_cells(r) for r in rows])))
    agreed = [
        {"case": d["case"], "among": ", ".join(d["among"]), "what": d["what"], "differences": str(d["differences"])}
        for d in plain["differences"]
    ]
    return [*out, ("Differences", agreed)]


def _bound(headline: dict[str, Any], which: str) -> str:
    value = short(headline[which])
    return f"<= {value}" if value and headline["at_most"] else value


def _cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        "case": row["case"],
        "what": row["what"],
        "whole": f"{short(row['value'])} {row['unit']}".strip(),
        "moving alone": short(row["moving"]),
        "times faster": short(row["ratio"]),
        "moving alone, times faster": short(row["ratio_moving"]),
        "than": row["against"],
        "remark": row["remark"],
    }


def _without_empty_columns(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    used = [name for name in rows[0] if any(row[name] for row in rows)]
    return [{name: row[name] for name in used} for row in rows]


def as_text(plain: dict[str, Any]) -> str:
    """For people at a terminal."""
    parts = [f"{title}\n{aligned(rows)}" for title, rows in tables(plain) if rows]
    return "\n\n".join([_about(plain), *parts])


def as_markdown(plain: dict[str, Any]) -> str:
    """For documentation: the same tables, from the JSON a run has printed."""
    parts = [f"### {title}\n\n{_markdown_table(rows)}" for title, rows in tables(plain) if rows]
    return "\n\n".join([_about(plain), *parts]) + "\n"


def _about(plain: dict[str, Any]) -> str:
    about = plain["about"]
    return (
        f"Measured on {about['date']} on {about['cores']} cores ({about['system']}), Python {about['python']}, numba "
        f"{about['numba']}, SimPy {about['simpy']}; {about['rounds']} rounds in turn, medians"
        f"{', quick' if about['quick'] else ''}. Machines are shared: trust ratios, not times."
    )


def _markdown_table(rows: list[dict[str, str]]) -> str:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
