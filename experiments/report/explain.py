"""Which mechanisms moved where a headline did: what the tables show together, and no more than that."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.drawing import title_of
from experiments.report.words import (
    CLEARANCE,
    DELIVERED,
    FISCAL,
    FRAUD_FOUND,
    INTERDICTION,
    TOLD,
    TOPICS,
    Topic,
    told_from_chance,
    two_figures,
)
from sim.settings.run import WINDOWS

Row = Mapping[Any, Any]
LARGE = 0.1
"""Share of the reference's value from which a difference is told although chance could make it."""
MOST = 6
"""Mechanisms named for one difference; the table has the others."""


@dataclass(frozen=True)
class Mechanism:
    """How a moved row is told: words before the name of its group, and amount in a unit a reader knows."""

    words: str
    factor: float
    unit: str


MECHANISMS = {
    "time_by_stage_h": Mechanism("time in", 60.0, "min"),
    "utilisation": Mechanism("utilisation of", 100.0, "percentage points"),
    "queries_per_100": Mechanism("queries per 100 declarations", 1.0, ""),
    "documentary_check_rate": Mechanism("documents checked", 100.0, "percentage points"),
    "selected_red_rate": Mechanism("selected red", 100.0, "percentage points"),
    "physical_inspection_rate": Mechanism("physically inspected", 100.0, "percentage points"),
    "full_examination_rate": Mechanism("examined in full", 100.0, "percentage points"),
    "nii_rate": Mechanism("scanned", 100.0, "percentage points"),
    "watchlist_records": Mechanism("records on the watchlist of", 1.0, ""),
    "skill_mean": Mechanism("mean skill in", 1.0, "of 1"),
}
OF_TIME = (
    "time_by_stage_h", "utilisation", "queries_per_100", "documentary_check_rate", "physical_inspection_rate",
)  # fmt: skip
OF_FINDING = (
    "watchlist_records", "skill_mean", "selected_red_rate", "physical_inspection_rate", "full_examination_rate",
    "nii_rate", "utilisation",
)  # fmt: skip
OF_FISCAL = ("documentary_check_rate", "skill_mean", "queries_per_100", "utilisation")
BESIDE = {CLEARANCE: OF_TIME, INTERDICTION: OF_FINDING, DELIVERED: OF_FINDING, FISCAL: OF_FISCAL}
HEADLINES = (*TOPICS, FRAUD_FOUND)


def explanations(
    summary: pd.DataFrame, differences: pd.DataFrame, reference: str, titles: Mapping[str, str]
) -> tuple[str, ...]:
    """One sentence per headline difference that is told from chance or large, if any of its mechanisms moved.

    Parameters
    ----------
    summary, differences : DataFrame
        Tables of the comparison, of one window.
    reference : str
        Scenario all others are compared with.
    titles : mapping
        Readable name of each scenario.

    Returns
    -------
    tuple of str
        A mechanism moved if its own 95 % interval leaves out zero. Nothing is said where none did.
    """
    whole = summary[(summary["scenario"] == reference) & summary["period"].isin(WINDOWS)]
    level = {str(r["indicator"]): float(r["mean"]) for r in whole[whole["group"] == "all"].to_dict("records")}
    against = differences[(differences["reference"] == reference) & differences["period"].isin(WINDOWS)]
    told = []
    for scenario, frame in against.groupby("scenario", sort=False):
        rows = frame.to_dict("records")
        for topic in HEADLINES:
            difference = _difference(topic, rows, level.get(topic.indicator, math.nan))
            moved = _moved(rows, BESIDE[topic.indicator])
            if difference and moved:
                name = title_of(str(scenario), titles)
                told.append(f"{name}: {difference}. Moved in the same comparison: {_list(moved)}.")
    return tuple(told)


def _difference(topic: Topic, rows: Sequence[Row], level: float) -> str:
    """The headline difference in words; empty where it is neither told from chance nor large."""
    for row in rows:
        if row["indicator"] == topic.indicator and row["group"] == "all":
            value = float(row["difference"])
            word = TOLD if told_from_chance(row) else f"large, not {TOLD}" if abs(value) >= LARGE * abs(level) else ""
            return f"{topic.subject} {topic.side(value, abs(value))} ({word})" if word and value else ""
    return ""


def _moved(rows: Sequence[Row], indicators: Sequence[str]) -> list[str]:
    """Rows of these indicators that moved, the clearest first."""
    found = [row for row in rows if row["indicator"] in indicators and told_from_chance(row)]
    return [_told(row) for row in sorted(found, key=_clearness, reverse=True)]


def _clearness(row: Row) -> float:
    width = float(row["upper"]) - float(row["lower"])
    return abs(float(row["difference"])) / width if width > 0 else math.inf


def _told(row: Row) -> str:
    mechanism = MECHANISMS[str(row["indicator"])]
    group = str(row["group"]).partition("=")[2].replace("_", " ")
    difference, lower, upper = (_signed(float(row[c]) * mechanism.factor) for c in ("difference", "lower", "upper"))
    amount = f"{difference} {mechanism.unit}".strip()
    return f"{f'{mechanism.words} {group}'.strip()} {amount} ({lower} to {upper})"


def _signed(value: float) -> str:
    return f"+{two_figures(value)}" if value > 0 else two_figures(value)


def _list(moved: Sequence[str]) -> str:
    rest = len(moved) - MOST
    return "; ".join([*moved[:MOST], *([f"and {rest} more in tables/differences.csv"] if rest > 0 else [])])
