"""The report: one self-contained page a reader can open offline, print, and hand on."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from experiments.disk import write_atomic
from experiments.drawing import title_of
from experiments.report.first_page import JUDGED, first_page
from experiments.report.overleaf import overleaf
from experiments.report.words import (
    ABSENT,
    answer_parts,
    cell,
    days_after_go_live,
    interaction,
    too_short,
    two_figures,
    verdicts,
)
from experiments.strata import strata_summary
from experiments.tables import PRIMARY_INDICATORS, SUM_OF_SINGLES
from experiments.verdicts import checked_word
from sim.settings.errors import BordersimError
from sim.settings.run import WINDOWS, Length

HERE = Path(__file__).parent
MOST_CHANGES = 200
"""Rows of the mechanism table a reader is shown; a course changes each seat, each day."""

RESULTS = (
    ("clearance_median_h", "median clearance, h"),
    ("clearance_p90_h", "nine in ten cleared within, h"),
    ("clearance_mean_h", "mean clearance, h"),
    ("customs_time_h", "of it customs' own part, h"),
    ("interdiction_rate", "interdiction rate, %"),
    ("illicit_delivered_per_day", "illicit delivered a day"),
    ("attempts", "attempts a day"),
    ("deterred", "deterred (abstained) a day"),
)
MONEY = (
    ("detection_rate_fiscal", "fiscal detection rate, %"),
    ("cost_public_usd", "public cost, 1,000 USD a day"),
    ("cost_public_setup_usd", "public set-up, 1,000 USD in all"),
    ("cost_donor_usd", "set-up paid by donors, 1,000 USD"),
    ("cost_trader_usd", "trader cost, 1,000 USD a day"),
    ("measures_staff_fte", "people the measures tie up"),
)
STRATA = (
    "attempted in both", "in the reference only", "in the scenario only", "of both, stopped in the reference, %",
    "of both, stopped in the scenario, %", "difference, points (95 % interval)",
)  # fmt: skip
CAPTIONS = {
    "trade_off_plane": "What each measure changes: clearance and interdiction together, relative to the reference.",
    "stage_waterfall": "Where the change in clearance comes from, by stage and by who is responsible.",
    "who_gains": "Who gains and who waits: change in mean clearance by whose lorries they are.",
    "displacement": "Where smuggling goes: change in illicit deliveries by post and way taken.",
    "seen_beside_true": "What an administration would observe, beside what is true in the model.",
    "clearance_by_stage": "Where the hours between arrival and release go, by stage and by who is responsible.",
    "clearance_distribution": "How many journeys are released within how many hours.",
    "interdiction_by_kind_and_arm": "What is stopped, by kind; what is delivered, by way taken.",
}


def length_sentence(length: Length, shown: str | None = None) -> str:
    """First line of every report: what stretches of time it speaks of.

    Parameters
    ----------
    length : Length
        The windows measured.
    shown : str, optional
        The only window the page shows; all by default.
    """
    told = [f"the {window} window, {days_after_go_live(length, window)}" for window in length.windows]
    warning = f" {too_short(length)}".rstrip()
    if len(told) == 1:
        return f"Only {told[0]}, is simulated; nothing here speaks of the long run.{warning}"
    alone = f" This page shows the {shown} window alone; the tables hold both." if shown else ""
    return f"Two windows are measured: {', and '.join(told)}.{alone}{warning}"


@dataclass(frozen=True)
class ReportData:
    """Everything a report says; it computes no result itself.

    Attributes
    ----------
    question : what was asked, one sentence
    world_title, posts, regime, period : where and when ("home use and empty lorries", "1 January to 31 March 2024")
    about : what the world is, in a sentence of its own
    in_force : measures already operating before anything is added, and the source of each
    first_line : see `length_sentence`
    reference : scenario all others are compared with
    titles : readable name of each scenario
    summary, differences : tables of the comparison
    mechanisms : changes of every measure (measure, parameter, who, operation, value, from_day, to_day, clamped), days
        counted from go-live (day 1)
    assumptions : path, centre, low, high, unit, source of every behavioural number
    fitted, not_for : what was fitted to what; what the world must not be used for
    modelled, not_modelled : behaviours, one phrase each
    ranges, drivers : how far effects reach when assumptions are drawn, and what they follow; empty where none were
    strata : attempts of every scenario beside the reference's, as `sim.strata` counts them
    figures : SVG text by name (`CAPTIONS` knows the usual names)
    explanations : by window, differences and the mechanisms that moved with them, one sentence each
    manifest : as `experiments.store.make_manifest` returns it
    cannot_tell : what the answer to a question asked by name leaves open
    answer : table of its own, where the question has one
    calibration : the baseline beside published figures (`experiments.calibration`); None or empty where there are none
    countries : titles of the countries by key
    """

    question: str
    world_title: str
    about: str
    posts: tuple[str, ...]
    regime: str
    period: str
    in_force: tuple[tuple[str, str], ...]
    first_line: str
    reference: str
    titles: Mapping[str, str]
    summary: pd.DataFrame
    differences: pd.DataFrame
    mechanisms: pd.DataFrame
    assumptions: pd.DataFrame
    fitted: str
    not_for: str
    modelled: tuple[str, ...]
    not_modelled: tuple[str, ...]
    ranges: pd.DataFrame
    drivers: pd.DataFrame
    strata: pd.DataFrame
    figures: Mapping[str, str]
    explanations: Mapping[str, tuple[str, ...]]
    manifest: Mapping[str, Any] = field(repr=False)
    cannot_tell: str = ""
    answer: pd.DataFrame | None = None
    calibration: pd.DataFrame | None = None
    countries: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def scenarios(self) -> list[str]:
        """Scenarios in the order of the summary, the reference first."""
        names = list(dict.fromkeys(self.summary["scenario"]))
        return [self.reference, *(n for n in names if n != self.reference)]

    @cached_property
    def windows(self) -> list[str]:
        """Windows the summary holds, in order of time."""
        return [name for name in WINDOWS if name in set(self.summary["period"])]

    def of_window(self, window: str) -> "ReportData":
        """The same with the tables' rows of one window."""
        names = ("summary", "differences", "strata", "ranges")
        rows = {name: getattr(self, name) for name in names}
        return replace(self, **{name: table[table["period"] == window] for name, table in rows.items()})

    @property
    def replications(self) -> int:
        """Number of paired replications."""
        return int(self.summary["replications"].max()) if len(self.summary) else 0


def write_report(path: Path, report: ReportData) -> None:
    """Write the page; nothing in it is fetched from anywhere.

    Parameters
    ----------
    path : Path
        File to write, such as `results/compare/<name>/report.html`.
    report : ReportData
        What to say.

    Raises
    ------
    BordersimError
        If the reference has no row in the summary, or a verdict is used that the intervals cannot support.
    """
    write_atomic(path, render_report(report).encode())


def render_report(report: ReportData) -> str:
    """The page as HTML text; see `write_report`."""
    if report.reference not in set(report.summary["scenario"]):
        raise BordersimError(
            f"report: reference '{report.reference}' has no row in the summary; run it with the other scenarios"
        )
    for word in report.differences["verdict"]:
        checked_word(str(word), drawn=len(report.ranges) > 0)
    return page(
        "report.html.j2",
        report=report,
        first=first_page(report),
        overleaf=overleaf(report),
        answer=_answer(report),
        windows=[_window(report.of_window(name), name) for name in report.windows],
        results_head=[label for _, label in RESULTS],
        money_head=[label for _, label in MONEY],
        figures=[(_caption(name), inline_svg(name, text)) for name, text in report.figures.items()],
        mechanisms=plain_table(report.mechanisms.head(MOST_CHANGES)),
        changes=len(report.mechanisms),
        drivers=plain_table(_driver_table(report)),
        assumptions=plain_table(report.assumptions),
        assumed=int(report.assumptions["source"].str.startswith("assumption").sum()),
        strata_head=STRATA,
        calibration=_calibration(report),
    )


def _calibration(report: ReportData) -> dict[str, Any] | None:
    """The baseline beside published figures, numbers to two figures; None where there are none."""
    table = report.calibration
    if table is None or not len(table):
        return None
    told = {
        "figure": table["figure"],
        "published": [_band(low, high) for low, high in zip(table["low"], table["high"], strict=True)],
        "here": table["here"].map(two_figures),
        "unit": table["unit"],
        "verdict": table["verdict"],
        "why": table["why"],
        "source of the published figure": table["source"],
    }
    return plain_table(pd.DataFrame(told))


def _band(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _answer(report: ReportData) -> dict[str, Any] | None:
    """The question's own table, scenarios by title and numbers to two figures."""
    if report.answer is None:
        return None
    shown = report.answer.assign(scenario=[title_of(name, report.titles) for name in report.answer["scenario"]])
    numbers = shown.select_dtypes("number").columns
    return plain_table(shown.assign(**{name: shown[name].map(two_figures) for name in numbers}))


def _window(report: ReportData, name: str) -> dict[str, Any]:
    """What the page says of one window."""
    whole = report.summary[report.summary["group"] == "all"]
    return {
        "name": name,
        "answers": _answers(report),
        "baseline": _level(report, whole),
        "interactions": interaction(report.differences[report.differences["reference"] == SUM_OF_SINGLES]),
        "results": _grid(report, whole, RESULTS, with_interval=True),
        "money": _grid(report, whole, MONEY, with_interval=True),
        "unfinished": _told(report, whole, "unfinished", "mean"),
        "stopped": _told(report, whole, "interdiction_rate", "events"),
        "bounds": _bounds(report, whole),
        "strata": _strata(report),
        "explanations": report.explanations.get(name, ()),
    }


def _caption(figure: str) -> str:
    """What a figure shows, and in which window if not the first."""
    for name in WINDOWS:
        plain = figure.removesuffix(f"_{name}")
        if plain != figure:
            return f"{CAPTIONS.get(plain, plain.replace('_', ' '))} The {name} window."
    return CAPTIONS.get(figure, figure.replace("_", " "))


def page(template: str, **content: Any) -> str:
    """A page as HTML text, in the house's style.

    Parameters
    ----------
    template : str
        File beside this module.
    content : Any
        What it shows, by name; text is escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    style = Markup((HERE / "style.css").read_text(encoding="utf-8"))
    return environment.get_template(template).render(style=style, **content)


def breakable(text: str) -> Markup:
    """Text whose dotted names may go on in the next line after a dot or an underscore; numbers stay whole."""
    return Markup(re.sub(r"(?<=[a-z0-9][._])(?=[A-Za-z])", "<wbr>", str(escape(text))))


def _driver_table(report: ReportData) -> pd.DataFrame:
    """What judged effects follow, whether told from chance or not."""
    rows = report.drivers
    rows = rows[rows["indicator"].isin([topic.indicator for topic in JUDGED]) & rows["period"].isin(report.windows)]
    return pd.DataFrame(
        {
            "scenario": [title_of(str(s), report.titles) for s in rows["scenario"]],
            "indicator": rows["indicator"],
            "window": rows["period"],
            "follows": rows["factor"],
            "correlation": [f"{value:.2f}" for value in rows["correlation"]],
            "by chance": [f"{value:.3f}" for value in rows["p"]],
        }
    )


def _against_reference(report: ReportData, scenario: str) -> pd.DataFrame:
    rows = report.differences
    return rows[(rows["scenario"] == scenario) & (rows["reference"] == report.reference)]


def _answers(report: ReportData) -> list[tuple[str, list[str]]]:
    return [
        (title_of(scenario, report.titles), answer_parts(_against_reference(report, scenario), report.replications))
        for scenario in report.scenarios[1:]
    ]


def _level(report: ReportData, whole: pd.DataFrame) -> str:
    """What the reference came to, in words; empty where it is not measured or not defined."""
    means = {
        str(r["indicator"]): float(r["mean"]) for r in whole.to_dict("records") if r["scenario"] == report.reference
    }
    hours, rate = (means.get(indicator, math.nan) for indicator in PRIMARY_INDICATORS)
    if math.isnan(hours) or math.isnan(rate):
        return ""
    return f"mean clearance {cell(hours, 'h')} h, interdiction rate {cell(rate, 'share')} %"


def _grid(
    report: ReportData, whole: pd.DataFrame, columns: tuple[tuple[str, str], ...], with_interval: bool = False
) -> list[dict[str, Any]]:
    """One row per scenario: its title, a (value, interval) per column, its verdict words."""
    found = {(str(row["scenario"]), str(row["indicator"])): row for row in whole.to_dict("records")}
    grid = []
    for scenario in report.scenarios:
        cells = [_cell(found, scenario, indicator, with_interval) for indicator, _ in columns]
        rows = _against_reference(report, scenario)
        words = ["reference"] if scenario == report.reference else verdicts(rows)
        grid.append({"title": title_of(scenario, report.titles), "cells": cells, "verdicts": words})
    return grid


def _cell(
    found: Mapping[tuple[str, str], Mapping[Any, Any]], scenario: str, indicator: str, with_interval: bool
) -> tuple[str, str]:
    if (scenario, indicator) not in found:
        return ABSENT, ""
    row = found[scenario, indicator]
    unit = str(row["unit"])
    mean, lower, upper = (float(row[c]) for c in ("mean", "lower", "upper"))
    if not with_interval:
        return cell(mean, unit), ""
    if math.isnan(lower):
        return cell(mean, unit), "no case" if row["events"] == 0 and mean == 0 else ""
    return cell(mean, unit), f"{cell(lower, unit)} to {cell(upper, unit)}"


def _told(report: ReportData, whole: pd.DataFrame, indicator: str, column: str) -> list[str]:
    """A number of each scenario as words ("Baseline 14")."""
    rows = whole[whole["indicator"] == indicator].to_dict("records")
    return [f"{title_of(str(r['scenario']), report.titles)} {float(r[column]):,.3g}" for r in rows]


def _bounds(report: ReportData, whole: pd.DataFrame) -> list[str]:
    """Interdiction with all unfinished attempts missed, and all found, where some are unfinished."""
    means = {(str(r["scenario"]), str(r["indicator"])): float(r["mean"]) for r in whole.to_dict("records")}
    told = []
    for scenario in report.scenarios:
        ends = [means.get((scenario, f"interdiction_rate_all_{end}"), math.nan) for end in ("missed", "found")]
        if ends[0] < ends[1]:
            low, high = (cell(end, "share") for end in ends)
            told.append(f"{title_of(scenario, report.titles)} {low} to {high} %")
    return told


def _strata(report: ReportData) -> list[list[str]]:
    """Attempts by stratum and interdiction of those made either way, as text; one row per scenario."""
    rows = []
    for row in strata_summary(report.strata).to_dict("records"):
        difference, lower, upper = (float(row[c]) for c in ("difference", "lower", "upper"))
        apart = cell(difference, "share")
        if lower < upper:
            apart += f" ({cell(lower, 'share')} to {cell(upper, 'share')})"
        counts = [f"{int(row[c]):,}" for c in ("both", "only_reference", "only_scenario")]
        rates = [cell(float(row[c]), "share") for c in ("rate_reference", "rate_scenario")]
        rows.append([title_of(str(row["scenario"]), report.titles), *counts, *rates, apart])
    return rows


def plain_table(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame as header and rows of text; what is missing as a dash."""
    head = [str(c).replace("_", " ") for c in frame.columns]
    return {"head": head, "rows": [[_text(v) for v in row] for row in frame.itertuples(index=False)]}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def inline_svg(name: str, text: str) -> Markup:
    """SVG fit to stand inside a page: no prolog, ids of its own, a size that follows the page."""
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\1{name}-", body)
    body = re.sub(r'<svg([^>]*?) width="[^"]*"', r"<svg\1", body, count=1)
    return Markup(re.sub(r'<svg([^>]*?) height="[^"]*"', r'<svg\1 aria-hidden="true"', body, count=1))
