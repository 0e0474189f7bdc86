"""Numbers and differences as plain words: two figures at most, a direction only where it is resolved."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.statistics import IDENTICAL, NOT_DEFINED, verdict_word
from experiments.tables import PRIMARY_INDICATORS, PRIMARY_PERIOD

Row = Mapping[Any, Any]

CLEARANCE, INTERDICTION = PRIMARY_INDICATORS
DELIVERED = "illicit_delivered_per_day"
ABSENT = "not measured"
UNDEFINED = "not defined"


def two_figures(value: float) -> str:
    """Number with two significant figures: 1234 -> "1,200", 0.0123 -> "0.012"; NaN is "not defined"."""
    if math.isnan(value):
        return UNDEFINED
    if value == 0:
        return "0"
    digits = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    decimals = max(0, 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def _hours(value: float, largest: float) -> str:
    return f"{two_figures(value)} h" if largest >= 1 else f"{two_figures(value * 60)} min"


def _points(value: float, _: float) -> str:
    return f"{two_figures(value * 100)} percentage points"


def _a_day(value: float, _: float) -> str:
    return f"{two_figures(value)} a day"


def cell(value: float, unit: str) -> str:
    """Value of the results table in its unit; shares as percentages."""
    if math.isnan(value):
        return UNDEFINED
    if unit == "share":
        return f"{two_figures(value * 100)} %"
    if unit == "h":
        return _hours(value, abs(value))
    if unit.startswith("USD"):
        return _money(value)
    return two_figures(value)


def _money(value: float) -> str:
    if abs(value) >= 999_500:
        return f"{two_figures(value / 1e6)} million"
    return two_figures(value)


@dataclass(frozen=True)
class Topic:
    """How differences of one indicator are told.

    Attributes
    ----------
    subject, rose, fell : words of "subject rose by"
    more, less : the same after a number ("longer")
    amount : difference, and the largest of estimate and interval (both without sign) -> text with unit
    none : what is missing where the difference is not defined
    """

    indicator: str
    subject: str
    rose: str
    fell: str
    more: str
    less: str
    amount: Callable[[float, float], str]
    none: str


TOPICS = (
    Topic(
        CLEARANCE, "mean clearance", "became longer", "became shorter", "longer", "shorter", _hours,
        "no journey of the window can be compared",
    ),
    Topic(
        INTERDICTION, "the interdiction rate", "rose", "fell", "higher", "lower", _points,
        "no prohibited goods were presented in one of the two",
    ),
    Topic(
        DELIVERED, "illicit delivered over all ways", "rose", "fell", "more", "fewer", _a_day,
        "no day of the window can be compared",
    ),
)  # fmt: skip


def answer(title: str, rows: pd.DataFrame, replications: int) -> str:
    """One sentence on a measure: clearance, interdiction, and illicit delivered beside them.

    Parameters
    ----------
    title : str
        Readable name of the measure.
    rows : DataFrame
        Rows of `differences` of this scenario against the reference.
    replications : int
        Number of paired repetitions.
    """
    whole = rows[(rows["period"] == PRIMARY_PERIOD) & (rows["group"] == "all")]
    found = {str(row["indicator"]): row for row in whole.to_dict("records")}
    told = [_tell(t, found[t.indicator], replications) for t in TOPICS if t.indicator in found]
    return f"{title}: {'; '.join(told)}; {safety(found.get(DELIVERED))}."


def _tell(topic: Topic, row: Row, replications: int) -> str:
    value, lower, upper = (float(row[c]) for c in ("difference", "lower", "upper"))
    word = verdict_word(str(row["verdict"]))
    kind = "simultaneous" if row["family"] == "primary" else "exploratory"
    if math.isnan(value):
        return f"{topic.subject}: {NOT_DEFINED}, since {topic.none}"
    if word == IDENTICAL:
        return f"{topic.subject} is identical in every replication"
    if math.isnan(lower):
        return f"{topic.subject}: not resolved, since {_few(replications)} no interval"
    if value == lower == upper == 0:
        return f"{topic.subject} did not differ"
    largest = max(abs(lower), abs(upper))
    if not (lower > 0 or upper < 0):
        between = f"between {_side(topic, lower, largest)} and {_side(topic, upper, largest)}"
        smallest = topic.amount(float(row["detectable"]), abs(float(row["detectable"])))
        return (
            f"{topic.subject}: not resolved ({between}; with {replications} replications a true difference "
            f"of {smallest} would have been resolved four times in five)"
        )
    near, far = sorted((abs(lower), abs(upper)))
    interval = f"{topic.amount(near, largest)} to {topic.amount(far, largest)}"
    verb = topic.rose if value > 0 else topic.fell
    return f"{topic.subject} {verb} by {topic.amount(abs(value), largest)} ({kind} 95 % interval {interval})"


def _few(replications: int) -> str:
    return "one replication gives" if replications == 1 else f"these {replications} replications give"


def _side(topic: Topic, value: float, largest: float) -> str:
    if value == 0:
        return "no difference"
    return f"{topic.amount(abs(value), largest)} {topic.more if value > 0 else topic.less}"


def safety(row: Row | None) -> str:
    """Whether a measure may be called safer: only if illicit delivered per day fell over all ways taken."""
    if row is None or math.isnan(float(row["lower"])) or float(row["lower"]) <= 0 <= float(row["upper"]):
        return "it is not called safer, since a fall of illicit delivered is not resolved"
    if float(row["upper"]) < 0:
        return "within this simulation it is safer, since fewer illicit goods were delivered"
    return "it is not safer, since more illicit goods were delivered"


def verdicts(rows: pd.DataFrame) -> str:
    """Verdict words of a scenario's primary rows, or why there are none."""
    primary = {row["indicator"]: row["verdict"] for row in rows[rows["family"] == "primary"].to_dict("records")}
    names = {CLEARANCE: "clearance", INTERDICTION: "interdiction"}
    told = [f"{names[i]}: {verdict_word(str(primary[i]))}" for i in PRIMARY_INDICATORS if i in primary]
    return "; ".join(told) or "none (no measure in force)"


def interaction(rows: pd.DataFrame) -> list[str]:
    """Sentences on `combined - sum of singles` for clearance and interdiction."""
    told = []
    for topic in TOPICS:
        for row in rows[rows["indicator"] == topic.indicator].to_dict("records"):
            value, lower, upper = (float(row[c]) for c in ("difference", "lower", "upper"))
            if math.isnan(lower):
                told.append(f"For {topic.subject} no interval of the interaction exists.")
                continue
            if value == lower == upper == 0:
                told.append(f"For {topic.subject} together equal the sum.")
                continue
            largest = max(abs(lower), abs(upper))
            between = f"between {_side(topic, lower, largest)} and {_side(topic, upper, largest)}"
            if lower <= 0 <= upper:
                told.append(f"For {topic.subject} no departure from the sum is resolved ({between}).")
            else:
                away = _side(topic, value, largest)
                told.append(f"For {topic.subject} together differ from the sum by {away} ({between}).")
    return told
