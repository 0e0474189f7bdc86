"""Page one: what whoever decides reads. Every number on it is a cell of a table, and says of which."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice, product
from typing import TYPE_CHECKING, Any

import pandas as pd
from markupsafe import Markup, escape

from experiments.calibration import ABOVE, BELOW, MET
from experiments.drawing import title_of, words
from experiments.factors import short_name
from experiments.report.quotes import Book, Row, quoted
from experiments.report.words import (
    DELIVERED,
    FISCAL,
    FRAUD_FOUND,
    TOLD,
    TOPICS,
    UNDEFINED,
    WHAT_MEASURES_ARE,
    Topic,
    told_from_chance,
)
from experiments.tables import PRIMARY_INDICATORS
from experiments.verdicts import CHANCE, DEPENDS_ON, IDENTICAL, NOT_RESOLVED, RESOLVED, ROBUST, central_verdict

if TYPE_CHECKING:
    from experiments.report.report import ReportData

Line = Sequence[Any]
SOFT = "\N{SOFT HYPHEN}"
NOT_TOLD = f"not {TOLD}"
JUDGED = (*TOPICS[: len(PRIMARY_INDICATORS)], FRAUD_FOUND)
"""Effects page one tells of: the two that are judged together, and fraud found, judged by its own interval."""
SHORT = dict(zip((topic.indicator for topic in JUDGED), ("clearance", "interdiction", "fiscal detection"), strict=True))
UNITS = dict(zip(SHORT, ("min", "points", "points"), strict=True))
TIME, CONTROL, MONEY = "arrival to release", "control", "thousand USD a day"
OUTCOMES = (
    ("clearance_mean_h", TIME, "mean, h"),
    ("clearance_median_h", TIME, "median, h"),
    ("clearance_p90_h", TIME, "nine in ten, h"),
    ("customs_time_h", TIME, "customs' part of the mean, h"),
    ("release_within_target_share", TIME, "on target, %"),
    ("interdiction_rate", CONTROL, f"inter{SOFT}diction, %"),
    (FISCAL, CONTROL, f"fiscal detec{SOFT}tion, %"),
    ("illicit_delivered_per_day", CONTROL, f"illicit deliv{SOFT}ered"),
    ("revenue_assessed_usd", MONEY, "revenue"),
    ("cost_public_usd", MONEY, "public cost"),
    ("cost_trader_usd", MONEY, "trader cost"),
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
PER_DAY, SET_UP = "thousand USD a day", "set-up, thousand USD"
PAYERS = (
    ("cost_public_usd", PER_DAY, "public cost"),
    ("cost_trader_usd", PER_DAY, "trader cost"),
    ("revenue_assessed_usd", PER_DAY, "revenue"),
    ("cost_public_setup_usd", SET_UP, "public"),
    ("cost_donor_usd", SET_UP, "donors besides"),
)
NOBODY = Markup("none told from chance")
ALWAYS_MEASURE = (
    "the hit rate of inspections chosen at random, which alone tells how much is smuggled or declared falsely",
    "the time of each stage by who is responsible for it",
    "how many queries, and how much typing again, a common form really avoids",
)
MOST_WHO = {1: 3, 2: 1}
"""Groups named as gaining, and as waiting, by the number of windows; the figure of who gains shows all."""
MOST_NAMED = 4
"""Assumptions a reader is asked to measure first."""
MOST_FOLLOWED = 6
"""Effects of which it is told what they follow; the table behind page one has all that are judged."""


def first_page(report: "ReportData") -> dict[str, Any]:
    """What stands on page one, by name; see `report.html.j2`."""
    summary = Book.of("summary", report.summary)
    against = report.differences[report.differences["reference"] == report.reference]
    differences, ranges = Book.of("differences", against), Book.of("assumption_ranges", report.ranges)
    measured = set(report.summary["indicator"])
    outcomes = [row for row in OUTCOMES if row[0] in measured]
    drivers = _drivers(report.drivers)
    payers = [row for row in PAYERS if row[0] in measured]
    return {
        "measures": [
            (words(name), WHAT_MEASURES_ARE[name])
            for name in dict.fromkeys(report.mechanisms["measure"])
            if name in WHAT_MEASURES_ARE
        ],
        "answer": _answer(report, differences),
        "windows": Markup("<br>").join(report.windows),
        "groups": spans(outcomes),
        "heads": [label for *_, label in outcomes],
        "absent": [
            label.replace(SOFT, "").removesuffix(", %")
            for indicator, *_, label in OUTCOMES
            if indicator not in measured
        ],
        "rows": [
            [
                title_of(scenario, report.titles),
                _verdict_cell(report, differences, scenario),
                *(_levels(report, summary, scenario, indicator) for indicator, *_ in outcomes),
            ]
            for scenario in report.scenarios
        ],
        "payer_groups": spans(payers),
        "payers": [label for *_, label in payers],
        "who": [list(_who(report, differences, scenario, payers)) for scenario in report.scenarios[1:]],
        "changes": [list(_changes(report, differences, ranges, scenario)) for scenario in report.scenarios[1:]],
        "followed": list(islice(_followed(report, drivers), MOST_FOLLOWED)),
        "measure": [_gloss(report, factor) for factor in _to_measure(report, drivers)],
        "always_measure": ALWAYS_MEASURE,
        "by_regime": _by_regime(report, summary),
        "lapsed": _lapsed(report, summary),
        "posts": _together(report.posts),
        "identical": IDENTICAL in set(report.differences["verdict"]),
        "met": _held(report, MET),
        "missed": _held(report, BELOW, ABOVE),
        "seen_heads": [label for _, label in SEEN],
        "hidden_heads": [label for _, label in HIDDEN],
        "seen": [
            [title_of(scenario, report.titles)]
            + [_levels(report, summary, scenario, indicator, " | ") for indicator, _ in SEEN + HIDDEN]
            for scenario in report.scenarios
        ],
        "drawn": int(report.ranges["draws"].max()) if len(report.ranges) else 0,
    }


def _held(report: "ReportData", *verdicts: str) -> list[str]:
    """Published figures the baseline was held against, that it met or missed."""
    table = report.calibration
    return [] if table is None else table.loc[table["verdict"].isin(verdicts), "figure"].tolist()


def _answer(report: "ReportData", differences: Book) -> list[Markup]:
    """The whole in sentences: which effects have a word, which are told from chance, and whether anything is safer."""
    if len(report.scenarios) == 1:  # nothing is compared
        return []
    drawn, found = len(report.ranges) > 0, dict[str, list[Markup]]()
    for scenario, topic in product(report.scenarios[1:], TOPICS[: len(PRIMARY_INDICATORS)]):
        for (word, more), windows in _alike(report, differences, scenario, topic).items():
            sizes = [
                differences.quote((scenario, topic.indicator, window, "all"), "difference", topic.scale(0.0)[0])
                for window in windows
            ]
            when = f" ({windows[0]})" if len(windows) < len(report.windows) else ""
            amount = Markup(" | ").join(sizes) + Markup(" {} {}").format(UNITS[topic.indicator], more)
            effect = Markup("{}: {} {}").format(title_of(scenario, report.titles), SHORT[topic.indicator], amount)
            found.setdefault(word, []).append(effect + when)
    told = found.pop(TOLD, [])
    worded = [Markup("Verdict <b>{}</b>: {}.").format(_word(word), _list(effects)) for word, effects in found.items()]
    none = [] if ROBUST in found or not drawn else [Markup("No effect on clearance or interdiction is robust.")]
    alone = " alone" if drawn else ""
    seen = Markup("Told from chance at central assumptions{}: {}.").format(alone, _list(told) or "nothing")
    return [*none, *worded, *([seen] if told or not worded else []), _safer(report, differences)]


def _alike(report: "ReportData", differences: Book, scenario: str, topic: Topic) -> dict[tuple[str, str], list[str]]:
    """Windows in which an effect has the same word, and direction: a verdict on assumptions, or that it is told."""
    alike: dict[tuple[str, str], list[str]] = {}
    for window in report.windows:
        row = differences.get(scenario, topic.indicator, window, "all")
        if row is None or row["family"] != "primary":
            continue
        verdict = str(row["verdict"])
        judged = verdict == ROBUST or verdict.startswith(DEPENDS_ON)
        if judged or told_from_chance(row):
            more = topic.more if row["difference"] > 0 else topic.less
            alike.setdefault((verdict if judged else TOLD, more), []).append(window)
    return alike


def _safer(report: "ReportData", differences: Book) -> Markup:
    """Which measures may be called safer: those of which fewer illicit goods get through, by all ways taken."""
    safer = []
    for scenario in report.scenarios[1:]:
        rows = [differences.get(scenario, DELIVERED, window, "all") for window in report.windows]
        if any(row is not None and float(row["upper"]) < 0 for row in rows):
            safer.append(Markup(escape(title_of(scenario, report.titles))))
    if not safer:
        return Markup("No measure is shown to let fewer illicit goods through.")
    return Markup("Fewer illicit goods get through, by all ways together: {}.").format(_list(safer))


def _by_regime(report: "ReportData", summary: Book) -> list[Markup]:
    """Mean clearance of the goods of each regime in the reference, where there are several: why the median is far."""
    indicator = PRIMARY_INDICATORS[0]
    groups = [group for group in NAMES if group.startswith("regime=") and group != "regime=empty"]
    told = [
        Markup("{} {}").format(NAMES[group], _levels(report, summary, report.reference, indicator, " | ", group))
        for group in groups
        if summary.get(report.reference, indicator, report.windows[0], group) is not None
    ]
    return told if len(told) > 1 else []


def _lapsed(report: "ReportData", summary: Book) -> list[Markup]:
    """How many of their measures politics has taken back, of scenarios where it has."""
    indicator = "measures_lapsed"
    told = []
    for scenario in report.scenarios:
        rows = (summary.get(scenario, indicator, window, "all") for window in report.windows)
        if any(row is not None and row["mean"] > 0 for row in rows):
            many = _levels(report, summary, scenario, indicator, " | ")
            told.append(Markup("{} {}").format(title_of(scenario, report.titles), many))
    return told


def _together(posts: Sequence[str]) -> str:
    """Posts, those of one place told once: "Malaba to Kenya and Uganda"."""
    places = groupby(posts, key=lambda post: post.partition(" to ")[0])
    found = [(place, [post.removeprefix(f"{place} to ") for post in at]) for place, at in places]
    return ", ".join(place if at == [place] else f"{place} to {' and '.join(at)}" for place, at in found)


def spans(columns: Sequence[tuple[str, str, str]]) -> list[tuple[str, int]]:
    """Heads over columns (indicator, head over it, head), and over how many each stands."""
    return [(name, len(list(rows))) for name, rows in groupby(columns, key=lambda column: column[1])]


def _factor(unit: str) -> float:
    if unit == "share":
        return 100.0
    return 0.001 if unit.startswith("USD") else 1.0


def _levels(
    report: "ReportData", summary: Book, scenario: str, indicator: str, between: str = "<br>", group: str = "all"
) -> Markup:
    cells: list[Any] = []
    for window in report.windows:
        key = (scenario, indicator, window, group)
        row = summary.get(*key)
        cells.append("not measured" if row is None else summary.quote(key, "mean", _factor(str(row["unit"]))))
    return Markup(between).join(cells)


def _verdict_cell(report: "ReportData", differences: Book, scenario: str) -> Markup:
    """Verdict words of every judged effect, by window; effects of the same words together."""
    if scenario == report.reference:
        return Markup("reference")
    alike: dict[tuple[str, ...], list[str]] = {}
    for topic in JUDGED:
        found = [differences.get(scenario, topic.indicator, window, "all") for window in report.windows]
        told = tuple(word for row in found if row is not None and (word := _verdict(row)))
        if told:
            alike.setdefault(told, []).append(SHORT[topic.indicator])
    lines = [
        Markup("{}: <b>{}</b>").format(", ".join(effects), Markup(" | ").join(map(_word, _once(told))))
        for told, effects in alike.items()
    ]
    return Markup("<br>").join(lines) if lines else Markup("none: no measure acts")


def _once(words: tuple[str, ...]) -> tuple[str, ...]:
    """Words of successive windows: one where they are the same, a denial after its word in short."""
    if len(set(words)) == 1:
        return words[:1]
    return (TOLD, "not") if words == (TOLD, NOT_TOLD) else words


def _verdict(row: Row) -> str:
    """The word of a judged effect; fraud found, exploratory, has none but what its own interval says."""
    if row["indicator"] != FISCAL:
        return str(row["verdict"])
    difference, lower, upper = (float(row[end]) for end in ("difference", "lower", "upper"))
    word = central_verdict(difference, lower, upper, difference == lower == upper == 0)
    return {RESOLVED: TOLD, NOT_RESOLVED: NOT_TOLD, IDENTICAL: "same"}.get(word, word)


def _word(verdict: str) -> Markup:
    """A verdict, the assumption it names set as a name."""
    if verdict.startswith(DEPENDS_ON):
        return Markup("{}<code>{}</code>").format(DEPENDS_ON, verdict.removeprefix(DEPENDS_ON))
    return Markup(escape(verdict))


def _who(
    report: "ReportData", differences: Book, scenario: str, payers: Sequence[tuple[str, str, str]]
) -> Iterator[Line]:
    """Per window: who is cleared sooner, who waits longer, who pays; only what is told from chance."""
    groups = [key[3] for key in differences.rows if key[1] == PRIMARY_INDICATORS[0] and key[3].startswith(WHO)]
    most = MOST_WHO.get(len(report.windows), 1)
    for window in report.windows:
        changed: list[tuple[float, Markup]] = []
        for group in dict.fromkeys(groups):
            key = (scenario, PRIMARY_INDICATORS[0], window, group)
            row = differences.get(*key)
            if row is not None and told_from_chance(row):
                change = float(row["difference"])
                factor, unit = TOPICS[0].scale(abs(change))
                who = _name(group, report.countries)
                told = Markup("{}: {} {}").format(who, differences.quote(key, "difference", factor), unit)
                changed.append((change, told))
        yield [
            title_of(scenario, report.titles),
            window,
            _most([(-change, told) for change, told in changed if change < 0], most) or NOBODY,
            _most([(change, told) for change, told in changed if change > 0], most) or NOBODY,
            *(_paid(differences, (scenario, indicator, window, "all")) for indicator, *_ in payers),
        ]


def _most(affected: Sequence[tuple[float, Markup]], most: int) -> Markup:
    """Those affected most, the most first; that there are more is said."""
    ordered = sorted(affected, key=lambda who: -who[0])
    others = [Markup("others less")] if len(ordered) > most else []
    return _list([told for _, told in ordered[:most]] + others)


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


def _paid(differences: Book, key: tuple[str, ...]) -> Markup:
    """A change of what somebody pays, in thousand USD; nothing where it is not known."""
    row = differences.get(*key)
    if row is None or not (told_from_chance(row) or row["difference"] == row["lower"] == row["upper"] != 0):
        return Markup()
    return differences.signed(key, "difference", 0.001)


def _name(group: str, countries: Mapping[str, str]) -> str:
    kind, _, which = group.partition("=")
    if kind == "country":
        return f"lorries into {countries.get(which, which)}"
    return NAMES.get(group) or (which if kind == "post" else words(group.replace("=", " ")))


def _list(items: Sequence[Markup]) -> Markup:
    return Markup("; ").join(items)


def _drivers(drivers: pd.DataFrame) -> dict[tuple[str, ...], list[tuple[int, Row]]]:
    found: dict[tuple[str, ...], list[tuple[int, Row]]] = {}
    for index, row in zip(drivers.index, drivers.to_dict("records"), strict=True):
        key = tuple(str(row[column]) for column in ("scenario", "indicator", "period", "group"))
        found.setdefault(key, []).append((int(index) + 2, row))
    return found


def _changes(report: "ReportData", differences: Book, ranges: Book, scenario: str) -> Iterator[Line]:
    """Per judged effect of a measure, by window: what chance leaves open, and how far it reaches over the draws."""
    for topic in JUDGED:
        cells: list[Markup] = []
        for window in report.windows:
            key = (scenario, topic.indicator, window, "all")
            row, reach = differences.get(*key), ranges.get(*key)
            if row is not None and _verdict(row):
                cells += [_central(topic, differences, key, row), _reach(topic, ranges, key, reach)]
        if cells:
            yield [title_of(scenario, report.titles), f"{SHORT[topic.indicator]}, {UNITS[topic.indicator]}", *cells]


def _central(topic: Topic, differences: Book, key: tuple[str, ...], row: Row) -> Markup:
    """An effect at central assumptions, and what chance leaves of it in brackets."""
    interval = _between(topic, differences, key, row, ("lower", "upper"))
    if row["verdict"] == IDENTICAL or not row["difference"] or math.isnan(row["difference"]):
        return interval
    factor, _ = topic.scale(0.0)
    return Markup("{} ({})").format(differences.signed(key, "difference", factor), interval)


def _reach(topic: Topic, ranges: Book, key: tuple[str, ...], reach: Row | None) -> Markup:
    if reach is None:
        return Markup("not drawn")
    if not reach["draws"]:
        return Markup(UNDEFINED)
    if reach["above"] == reach["below"] == 0:
        return Markup("no difference in any draw")
    side = "above" if reach["above"] >= reach["below"] else "below"
    word = topic.more if side == "above" else topic.less
    share = Markup("{} % of {} {}").format(ranges.quote(key, side, 100.0), ranges.quote(key, "draws"), word)
    if reach["low"] == reach["high"] != 0:  # chance alone would spread the draws as far
        return Markup("no wider than chance; {}").format(share)
    return Markup("{}; {}").format(_between(topic, ranges, key, reach, ("low", "high")), share)


def _between(topic: Topic, book: Book, key: tuple[str, ...], row: Row, ends: tuple[str, str]) -> Markup:
    """Two ends of a stretch with their signs, in minutes or percentage points."""
    if row.get("verdict") == IDENTICAL:
        return Markup("no difference")
    return book.stretch(key, ends, topic.scale(0.0)[0])


def _followed(report: "ReportData", drivers: Mapping[tuple[str, ...], list[tuple[int, Row]]]) -> Iterator[Markup]:
    """Effects that are known to follow an assumption, and that assumption: those whose sign turns first."""
    told: list[tuple[bool, Markup]] = []
    for scenario in report.scenarios[1:]:
        for topic in JUDGED:
            for window in report.windows:
                found = drivers.get((scenario, topic.indicator, window, "all"), [])
                for line, driver in (pair for pair in found[:1] if pair[1]["p"] <= CHANCE):
                    effect = f"{title_of(scenario, report.titles)}, {SHORT[topic.indicator]}"
                    effect += f", {window}" if len(report.windows) > 1 else ""
                    turns = driver["effect_low"] * driver["effect_high"] < 0
                    name = _gloss(report, driver["factor"])
                    told.append(
                        (not turns, Markup("<b>{}</b>: {} {}").format(effect, name, _along(topic, line, driver)))
                    )
    yield from (words for _, words in sorted(told, key=lambda pair: pair[0]))


def _gloss(report: "ReportData", factor: str) -> Markup:
    """An assumption's name, and what it is."""
    what = report.assumptions.loc[report.assumptions["path"] == factor, "unit"]
    told = Markup(', <span class="quoted">{}</span>').format(what.iloc[0]) if len(what) else ""
    return Markup("<code>{}</code>{}").format(short_name(factor), told)


def _along(topic: Topic, line: int, driver: Row) -> Markup:
    """The effect where an assumption is low and where it is high, in minutes or percentage points."""
    factor, _ = topic.scale(0.0)
    values = {end: float(driver[f"effect_{end}"]) for end in ("low", "high")}
    ends = [
        Markup("{} {} where {}").format(
            quoted("drivers", line, f"effect_{end}", value * factor), topic.more if value > 0 else topic.less, end
        )
        for end, value in values.items()
    ]
    unit = UNITS[topic.indicator]
    return Markup("({}, {})").format(Markup(", ").join(ends), unit)


def _to_measure(report: "ReportData", drivers: Mapping[tuple[str, ...], list[tuple[int, Row]]]) -> list[str]:
    """Assumptions that judged effects are known to follow, those of most effects first."""
    counted: dict[str, int] = {}
    for key, rows in drivers.items():
        if key[1] in SHORT and key[2] in report.windows:
            for _, row in rows:
                if row["p"] <= CHANCE:
                    counted[row["factor"]] = counted.get(row["factor"], 0) + 1
    return sorted(counted, key=lambda factor: (-counted[factor], factor))[:MOST_NAMED]
