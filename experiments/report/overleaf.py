"""Directly behind page one: who gains and who waits by country, and what measures cost whom, with every interval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from experiments.drawing import title_of
from experiments.report.first_page import PAYERS, spans
from experiments.report.quotes import Book
from experiments.report.words import ABSENT, told_from_chance, two_figures
from experiments.tables import PRIMARY_INDICATORS

if TYPE_CHECKING:
    from experiments.report.report import ReportData

Line = Sequence[Any]
COUNTRY = "country="
MINUTES, THOUSANDS = 60.0, 0.001


def overleaf(report: "ReportData") -> dict[str, Any]:
    """What stands there, by name; see `report.html.j2`. Every number is a cell of a table, as on page one."""
    against = report.differences[report.differences["reference"] == report.reference]
    differences, ranges = Book.of("differences", against), Book.of("assumption_ranges", report.ranges)
    measured = {indicator for _, indicator, *_ in differences.rows}
    payers = [row for row in PAYERS if row[0] in measured]
    return {
        "measures": [title_of(scenario, report.titles) for scenario in report.scenarios[1:]],
        "countries": _countries(report, Book.of("summary", report.summary), differences),
        "payer_groups": spans(payers),
        "payers": [label for *_, label in payers],
        "costs": [
            [
                [
                    title_of(scenario, report.titles),
                    window,
                    *(_cost(differences, ranges, (scenario, indicator, window, "all")) for indicator, *_ in payers),
                ]
                for window in report.windows
            ]
            for scenario in (report.scenarios[1:] if payers else ())
        ],
    }


def _countries(report: "ReportData", summary: Book, differences: Book) -> list[list[Line]]:
    """Per country and window: mean clearance in the reference, and what each measure changes; none where one clears."""
    clearance = PRIMARY_INDICATORS[0]
    groups = [key[3] for key in differences.rows if key[1] == clearance and key[3].startswith(COUNTRY)]
    several = list(dict.fromkeys(groups))
    return [
        [
            [
                report.countries.get(group.removeprefix(COUNTRY), group.removeprefix(COUNTRY)),
                window,
                summary.quote((report.reference, clearance, window, group), "mean"),
                *(_change(differences, (scenario, clearance, window, group)) for scenario in report.scenarios[1:]),
            ]
            for window in report.windows
        ]
        for group in (several if len(several) > 1 else ())
    ]


def _change(differences: Book, key: tuple[str, ...]) -> Markup:
    """A change in minutes with what chance leaves of it, in bold where that leaves out 0."""
    row = differences.get(*key)
    if row is None:
        return Markup(ABSENT)
    told = _with_interval(differences, key, MINUTES)
    return Markup("<b>{}</b>").format(told) if told_from_chance(row) else told


def _cost(differences: Book, ranges: Book, key: tuple[str, ...]) -> Markup:
    """A change of what somebody pays, in thousand USD; below it how far it reaches over the draws."""
    row, reach = differences.get(*key), ranges.get(*key)
    if row is None:
        return Markup(ABSENT)
    told = _with_interval(differences, key, THOUSANDS)
    if reach is None or not reach["draws"] or reach["low"] == reach["high"] == 0:
        return told
    if reach["low"] == reach["high"]:  # chance alone would spread the draws as far
        return told + Markup('<span class="interval">no wider than chance</span>')
    drawn = ranges.stretch(key, ("low", "high"), THOUSANDS)
    return told + Markup('<span class="interval">{}</span>').format(drawn)


def _with_interval(differences: Book, key: tuple[str, ...], factor: float) -> Markup:
    """A difference and its interval in brackets; alone where two figures cannot tell them apart."""
    row = differences.rows[key][1]
    interval = differences.stretch(key, ("lower", "upper"), factor)
    if not row["difference"]:
        return interval
    difference = differences.signed(key, "difference", factor)
    if len({two_figures(row[column] * factor) for column in ("lower", "difference", "upper")}) == 1:
        return difference
    return Markup("{} ({})").format(difference, interval)
