"""Page one: what whoever decides reads. Every number on it is a cell of a table, and says of which."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup, escape

from experiments.calibration import ABOVE, BELOW, MET
from experiments.drawing import title_of, words
from experiments.factors import short_name
from experiments.report.words import TOPICS, UNDEFINED, WHAT_MEASURES_ARE, Topic, two_figures
from experiments.tables import PRIMARY_INDICATORS
from experiments.verdicts import CHANCE, DEPENDS_ON, IDENTICAL

if TYPE_CHECKING:
    from experiments.report.report import ReportData

Row = Mapping[Any, Any]
Line = Sequence[Any]
OUTCOMES = (
    ("clearance_median_h", "median arrival to release, h"),
    ("clearance_p90_h", "nine in ten released within, h"),
    ("customs_time_h", "customs' own part of the mean time, h"),
    ("release_within_target_share", "released on target, %"),
    ("interdiction_rate", "interdiction, %"),
    ("illicit_delivered_per_day", "illicit delivered a day, displaced included"),
    ("revenue_assessed_usd", "revenue assessed, thousand USD a day"),
    ("cost_public_usd", "public cost, thousand USD a day"),
    ("cost_trader_usd", "trader cost, thousand USD a day"),
)
SEEN = (
    ("hit_rate", "hit rate of inspections, %"),
    ("physical_inspection_rate", "physically inspected, %"),
    ("seizures_per_day", "seizures a day"),
)
HIDDEN = (
    ("interdiction_rate", "interdiction rate, %"),
    ("attempts", "attempts a day"),
    ("illicit_delivered_per_day", "illicit delivered a day"),
)
WHO = ("lane=", "tier=", "size=", "trader_size=", "regime=", "post=", "country=")
"""Groups of journeys that are somebody; the others (examined or not) are fates."""
NAMES = {
    "lane=aeo": "authorised operators",
    "lane=ordinary": "other traders",
    "regime=empty": "empty lorries",
    "regime=home_use": "goods for home use",
    "regime=sct": "goods of the single customs territory",
    "regime=transit": "goods in transit",
    "regime=export": "exports",
    **{f"trader_size={size}": f"{size} traders" for size in ("small", "medium", "large")},
    **{f"tier={tier}": f"borders of {tier} capacity" for tier in ("low", "middle", "high")},
}
PAYERS = (
    ("cost_public_usd", "the public purse pays"),
    ("cost_public_setup_usd", "for set-up the public purse pays"),
    ("cost_donor_usd", "for set-up donors pay"),
    ("cost_trader_usd", "traders pay"),
    ("revenue_assessed_usd", "the treasury assesses"),
)
NOBODY = Markup("nobody for certain")
ALWAYS_MEASURE = (
    "the hit rate of inspections chosen at random, which alone tells how much is smuggled or declared falsely",
    "the time of each stage by who is responsible for it",
    "how many queries, and how much typing again, a common form really avoids",
)
MOST_WHO = 5
"""Groups named as gaining, and as waiting; the figure of who gains shows all."""
MOST_NAMED = 4
"""Assumptions a reader is asked to measure first."""


@dataclass(frozen=True)
class Book:
    """A table whose cells are quoted with where they stand.

    Attributes
    ----------
    name : of the table, as of its file
    rows : by (scenario, indicator, period, group): line of the CSV file, and the row
    """

    name: str
    rows: Mapping[tuple[str, ...], tuple[int, Row]]

    @classmethod
    def of(cls, name: str, frame: pd.DataFrame) -> "Book":
        """Read a table as it was written; its index numbers the rows from 0, the file has a line of heads."""
        found: dict[tuple[str, ...], tuple[int, Row]] = {}
        for index, row in zip(frame.index, frame.to_dict("records"), strict=True):
            key = tuple(str(row[column]) for column in ("scenario", "indicator", "period", "group"))
            found.setdefault(key, (int(index) + 2, row))
        return cls(name, found)

    def get(self, *key: str) -> Row | None:
        """The row of a scenario, indicator, period and group; None where there is none."""
        return self.rows[key][1] if key in self.rows else None

    def quote(self, key: tuple[str, ...], column: str, factor: float = 1.0) -> Markup:
        """A number of the table, without sign, times a factor, with two figures, and where it stands."""
        line, row = self.rows[key]
        return quoted(self.name, line, column, float(row[column]) * factor)


def quoted(table: str, line: int, column: str, value: float) -> Markup:
    """A number with where it stands as its title."""
    if math.isnan(value):
        return Markup(UNDEFINED)
    where = f"tables/{table}.csv, line {line}, column {column}"
    return Markup('<span class="n" title="{}">{}</span>').format(where, two_figures(abs(value)))


def first_page(report: "ReportData") -> dict[str, Any]:
    """What stands on page one, by name; see `report.html.j2`."""
    summary = Book.of("summary", report.summary)
    against = report.differences[report.differences["reference"] == report.reference]
    differences, ranges = Book.of("differences", against), Book.of("assumption_ranges", report.ranges)
    measured = set(report.summary["indicator"])
    outcomes = [(indicator, label) for indicator, label in OUTCOMES if indicator in measured]
    drivers = _drivers(report.drivers)
    return {
        "measures": [
            (words(name), WHAT_MEASURES_ARE[name])
            for name in dict.fromkeys(report.mechanisms["measure"])
            if name in WHAT_MEASURES_ARE
        ],
        "heads": [label for _, label in outcomes],
        "absent": [label.partition(",")[0] for indicator, label in OUTCOMES if indicator not in measured],
        "rows": [
            [
                title_of(scenario, report.titles),
                _verdict_cell(report, differences, scenario),
                *(_levels(report, summary, scenario, indicator) for indicator, _ in outcomes),
            ]
            for scenario in report.scenarios
        ],
        "who": list(_who(report, differences)),
        "changes": list(_changes(report, differences, ranges, drivers)),
        "measure": _to_measure({key: rows for key, rows in drivers.items() if key[2] in report.windows}),
        "always_measure": ALWAYS_MEASURE,
        "mean_time": _levels(report, summary, report.reference, PRIMARY_INDICATORS[0]),
        "identical": IDENTICAL in set(report.differences["verdict"]),
        "met": _held(report, MET),
        "missed": _held(report, BELOW, ABOVE),
        "seen_heads": [label for _, label in SEEN],
        "hidden_heads": [label for _, label in HIDDEN],
        "seen": [
            [title_of(scenario, report.titles)]
            + [_levels(report, summary, scenario, indicator) for indicator, _ in SEEN + HIDDEN]
            for scenario in report.scenarios
        ],
        "drawn": int(report.ranges["draws"].max()) if len(report.ranges) else 0,
    }


def _held(report: "ReportData", *verdicts: str) -> list[str]:
    """Published figures the baseline was held against, that it met or missed."""
    table = report.calibration
    return [] if table is None else table.loc[table["verdict"].isin(verdicts), "figure"].tolist()


def _factor(unit: str) -> float:
    if unit == "share":
        return 100.0
    return 0.001 if unit.startswith("USD") else 1.0


def _levels(report: "ReportData", summary: Book, scenario: str, indicator: str) -> Markup:
    cells: list[Any] = []
    for window in report.windows:
        key = (scenario, indicator, window, "all")
        row = summary.get(*key)
        cells.append("not measured" if row is None else summary.quote(key, "mean", _factor(str(row["unit"]))))
    return Markup(" | ").join(cells)


def _verdict_cell(report: "ReportData", differences: Book, scenario: str) -> Markup:
    """Verdict words of clearance and of interdiction, by window."""
    if scenario == report.reference:
        return Markup("reference")
    lines = []
    for topic in TOPICS[: len(PRIMARY_INDICATORS)]:
        found = [differences.get(scenario, topic.indicator, window, "all") for window in report.windows]
        told = [str(row["verdict"]) for row in found if row is not None and row["verdict"]]
        if told:
            once = Markup(" | ").join(map(_word, told if len(set(told)) > 1 else told[:1]))
            lines.append(Markup("{}: <b>{}</b>").format(_short(topic), once))
    return Markup("<br>").join(lines) if lines else Markup("none: no measure acts")


def _word(verdict: str) -> Markup:
    """A verdict, the assumption it names set as a name."""
    if verdict.startswith(DEPENDS_ON):
        return Markup("{}<code>{}</code>").format(DEPENDS_ON, verdict.removeprefix(DEPENDS_ON))
    return Markup(escape(verdict))


def _short(topic: Topic) -> str:
    return dict(zip(PRIMARY_INDICATORS, ("clearance", "interdiction"), strict=True))[topic.indicator]


def _who(report: "ReportData", differences: Book) -> Iterator[Line]:
    """Per measure and window: who is cleared sooner, who waits longer, who pays; only what is resolved."""
    groups = [key[3] for key in differences.rows if key[1] == PRIMARY_INDICATORS[0] and key[3].startswith(WHO)]
    for scenario in report.scenarios[1:]:
        for window in report.windows:
            changed: list[tuple[float, Markup]] = []
            for group in dict.fromkeys(groups):
                key = (scenario, PRIMARY_INDICATORS[0], window, group)
                row = differences.get(*key)
                if row is not None and _resolved(row):
                    change = float(row["difference"])
                    factor, unit = TOPICS[0].scale(abs(change))
                    who = _name(group, report.countries)
                    told = Markup("{}: {} {}").format(who, differences.quote(key, "difference", factor), unit)
                    changed.append((change, told))
            title = title_of(scenario, report.titles)
            yield [
                f"{title}, {window}" if len(report.windows) > 1 else title,
                _most([(-change, told) for change, told in changed if change < 0]) or NOBODY,
                _most([(change, told) for change, told in changed if change > 0]) or NOBODY,
                _list(list(_payers(differences, scenario, window))) or Markup("no change is resolved"),
            ]


def _most(affected: Sequence[tuple[float, Markup]]) -> Markup:
    """Those affected most, the most first; that there are more is said."""
    ordered = sorted(affected, key=lambda who: -who[0])
    others = [Markup("and others, less")] if len(ordered) > MOST_WHO else []
    return _list([told for _, told in ordered[:MOST_WHO]] + others)


def who_of(differences: pd.DataFrame, countries: Mapping[str, str] | None = None) -> dict[str, str]:
    """Groups of journeys that are somebody, with their names; everybody together first.

    Parameters
    ----------
    differences : DataFrame
        Of a comparison.
    countries : mapping, optional
        Titles of countries by key.
    """
    rows = differences.loc[differences["indicator"] == PRIMARY_INDICATORS[0], "group"]
    somebody = (group for group in dict.fromkeys(rows) if group.startswith(WHO))
    return {"all": "everybody"} | {group: _name(group, countries or {}) for group in somebody}


def _payers(differences: Book, scenario: str, window: str) -> Iterator[Markup]:
    for indicator, payer in PAYERS:
        key = (scenario, indicator, window, "all")
        row = differences.get(*key)
        if row is not None and (_resolved(row) or row["difference"] == row["lower"] == row["upper"] != 0):
            factor, unit = _money(abs(row["difference"]))
            per = "a day" if "day" in str(row["unit"]) else "in all"
            side = "more" if row["difference"] > 0 else "less"
            amount = differences.quote(key, "difference", factor)
            yield Markup("{} {} {} {} {}").format(payer, amount, unit, side, per)


def _money(usd: float) -> tuple[float, str]:
    """Factor and unit in which an amount is told."""
    if usd >= 1e6:
        return 1e-6, "million USD"
    return (0.001, "thousand USD") if usd >= 1000 else (1.0, "USD")


def _resolved(row: Row) -> bool:
    return float(row["lower"]) > 0 or float(row["upper"]) < 0


def _name(group: str, countries: Mapping[str, str]) -> str:
    kind, _, which = group.partition("=")
    if kind == "country":
        return f"lorries into {countries.get(which, which)}"
    return NAMES.get(group) or (f"lorries at {which}" if kind == "post" else words(group.replace("=", " ")))


def _list(items: Sequence[Markup]) -> Markup:
    return Markup("; ").join(items)


def _drivers(drivers: pd.DataFrame) -> dict[tuple[str, ...], list[tuple[int, Row]]]:
    found: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for index, row in zip(drivers.index, drivers.to_dict("records"), strict=True):
        key = tuple(str(row[column]) for column in ("scenario", "indicator", "period", "group"))
        found.setdefault(key, []).append((int(index) + 2, row))
    return found


def _changes(
    report: "ReportData", differences: Book, ranges: Book, drivers: Mapping[tuple[str, ...], list[tuple[int, Row]]]
) -> Iterator[Line]:
    """Per judged effect: its verdict, how far it reaches when assumptions are drawn, and what it follows."""
    for scenario in report.scenarios[1:]:
        for topic in TOPICS[: len(PRIMARY_INDICATORS)]:
            for window in report.windows:
                key = (scenario, topic.indicator, window, "all")
                row, reach = differences.get(*key), ranges.get(*key)
                if row is None or not row["verdict"]:
                    continue
                yield [
                    title_of(scenario, report.titles),
                    f"{_short(topic)}, {window}" if len(report.windows) > 1 else _short(topic),
                    _word(str(row["verdict"])),
                    _between(topic, differences, key, row, ("lower", "upper")),
                    _reach(topic, ranges, key, reach),
                    _follows(topic, reach is not None, drivers.get(key, [])),
                ]


def _reach(topic: Topic, ranges: Book, key: tuple[str, ...], reach: Row | None) -> Markup:
    if reach is None:
        return Markup("not drawn")
    if not reach["draws"]:
        return Markup(UNDEFINED)
    if reach["above"] == reach["below"] == 0:
        return Markup("no difference in any of {} draws").format(ranges.quote(key, "draws"))
    side = "above" if reach["above"] >= reach["below"] else "below"
    share = Markup("{} % of {} draws {}").format(
        ranges.quote(key, side, 100.0), ranges.quote(key, "draws"), topic.more if side == "above" else topic.less
    )
    return Markup("{}; {}").format(_between(topic, ranges, key, reach, ("low", "high")), share)


def _between(topic: Topic, book: Book, key: tuple[str, ...], row: Row, ends: tuple[str, str]) -> Markup:
    """Two ends of a stretch with their directions."""
    values = [float(row[end]) for end in ends]
    if row.get("verdict") == IDENTICAL or values == [0.0, 0.0]:
        return Markup("no difference")
    if any(math.isnan(value) for value in values):
        return Markup("no interval")
    factor, unit = topic.scale(max(map(abs, values)))
    nearest_first = sorted(range(2), key=lambda k: abs(values[k])) if min(values) >= 0 or max(values) <= 0 else (0, 1)
    numbers = [book.quote(key, ends[k], factor) for k in nearest_first]
    sides = [topic.more if values[k] > 0 else topic.less for k in nearest_first]
    if min(values) >= 0 or max(values) <= 0:
        return Markup("{} to {} {} {}").format(*numbers, unit, sides[1])
    return Markup("{} {} {} to {} {} {}").format(numbers[0], unit, sides[0], numbers[1], unit, sides[1])


def _follows(topic: Topic, drawn: bool, drivers: Sequence[tuple[int, Row]]) -> Markup:
    """The assumptions, three at most, that an effect is known to follow."""
    if not drivers:
        return Markup("nothing, in any draw") if drawn else Markup("not drawn")
    told = [_along(topic, line, driver) for line, driver in drivers if driver["p"] <= CHANCE]
    return Markup("; ").join(told) if told else Markup("none told from chance")


def _along(topic: Topic, line: int, driver: Row) -> Markup:
    values = {end: float(driver[f"effect_{end}"]) for end in ("low", "high")}
    factor, unit = topic.scale(max(map(abs, values.values())))
    ends = [
        Markup("{} {} {} where {}").format(
            quoted("drivers", line, f"effect_{end}", value * factor), unit, topic.more if value > 0 else topic.less, end
        )
        for end, value in values.items()
    ]
    return Markup("<code>{}</code> ({})").format(short_name(driver["factor"]), Markup(", ").join(ends))


def _to_measure(drivers: Mapping[tuple[str, ...], list[tuple[int, Row]]]) -> list[str]:
    """Assumptions that judged effects are known to follow, those of most effects first."""
    counted: dict[str, int] = {}
    for key, rows in drivers.items():
        if key[1] in PRIMARY_INDICATORS:
            for _, row in rows:
                if row["p"] <= CHANCE:
                    counted[row["factor"]] = counted.get(row["factor"], 0) + 1
    return [short_name(factor) for factor in sorted(counted, key=lambda f: (-counted[f], f))[:MOST_NAMED]]
