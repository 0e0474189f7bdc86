"""Numbers and differences as plain words: two figures at most, a direction only where it is resolved."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from experiments.tables import PRIMARY_INDICATORS
from experiments.verdicts import IDENTICAL, NOT_DEFINED
from sim.settings.run import WINDOWS, Length

Row = Mapping[Any, Any]

CLEARANCE, INTERDICTION = PRIMARY_INDICATORS
DELIVERED = "illicit_delivered_per_day"
FISCAL = "detection_rate_fiscal"
ABSENT = "not measured"
UNDEFINED = "not defined"
TOLD = "told from chance"
"""Of a difference whose interval leaves out 0; the verdict, which may ask for more, has words of its own."""
WHAT_MEASURES_ARE = {
    "standardisation": "one common declaration form, so that less is typed again; for a time both forms are filled in",
    "data_sharing": "a secure portal for findings between administrations, on the basis of an agreement, with meetings",
    "liaison_officers": "each country posts an officer with each other, on a memorandum; they are missing at home",
    "integrated_databases": "findings of all countries in databases that are one, on an agreement, with meetings",
    "training": "a workshop for a share of the officers, some each week, who are away from the desk meanwhile",
    "joint_workshops": "workshops that officers of all countries attend together; both sides read the form more alike",
    "seminar": "a day's seminar for a share of the officers, some each week",
    "online_course": "image readers practise off shift for twelve weeks; not all of them finish",
    "mentoring": "experienced officers give a tenth of their time, and learners of theirs, for two months",
    "equipment": "a further scanner for each post that has one, with a course for its readers and maintenance",
    "more_officers": "novices hired for the busiest desks",
    "risk_management": "fewer declarations sent to red, those of the lowest scores first",
    "aeo": "more traders authorised, by lot; document officers validate and audit them",
    "aeo_programme": "traders apply for authorisation where it is worth it; document officers validate and audit them",
    "joint_audits": "countries look together at whether each applies what was agreed",
    "joint_operation": "for some weeks every few months more of the riskiest go to red, and watchlists are pooled",
    "integrity": "rotation of officers, audits, officers nobody can choose, decisions others can see",
    "tighter_control": "more declarations sent to red, with the officers who are there",
    "release_target": "the time each country aims at is published as a deadline",
    "post_clearance_audit": "half of the yellow channel released at once (blue; green in tables) and audited by risk",
    "broker_hours": "broker offices open longer; traders pay the clerks",
}
"""Measures by name, for readers who have not met them."""


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


def _hours(largest: float) -> tuple[float, str]:
    return (1.0, "h") if largest >= 1 else (60.0, "min")


def points(_: float) -> tuple[float, str]:
    """Scale of a share, whatever its size."""
    return 100.0, "percentage points"


def _a_day(_: float) -> tuple[float, str]:
    return 1.0, "a day"


def cell(value: float, unit: str) -> str:
    """Value of a results table, whose heads carry the units; shares in percent, money in thousands."""
    if unit == "share":
        return two_figures(value * 100)
    if unit.startswith("USD"):
        return two_figures(value / 1000)
    return two_figures(value)


SHORT_D = 14
"""Days of a window below which nothing can be learned from it."""


def told_from_chance(row: Row) -> bool:
    """Whether a difference's interval leaves out 0."""
    return float(row["lower"]) > 0 or float(row["upper"]) < 0


def too_short(length: Length) -> str:
    """That windows are too short to learn from, where they are."""
    if length.window_days >= SHORT_D:
        return ""
    return f"{length.window_days} days show that everything runs; they are too few to learn from."


def days_after_go_live(length: Length, window: str) -> str:
    """Days of a window as words: "days 1-90 after go-live"."""
    first = length.spans[window].start - length.policy_day
    return f"days {first + 1}-{first + length.window_days} after go-live"


@dataclass(frozen=True)
class Topic:
    """How differences of one indicator are told.

    Attributes
    ----------
    subject : what is compared
    more, less : words after an amount
    scale : largest amount to be told -> factor and unit
    missing : why a difference may not be defined
    """

    indicator: str
    subject: str
    more: str
    less: str
    scale: Callable[[float], tuple[float, str]]
    missing: str

    def side(self, value: float, largest: float) -> str:
        """Amount with its direction ("12 min longer"), in the unit that fits `largest`."""
        factor, unit = self.scale(largest)
        if value == 0:
            return "no difference"
        return f"{two_figures(abs(value) * factor)} {unit} {self.more if value > 0 else self.less}"

    def span(self, nearest: float, largest: float) -> str:
        """Two amounts without sign, with one unit ("8.0 to 12 min")."""
        factor, unit = self.scale(largest)
        return f"{two_figures(nearest * factor)} to {two_figures(largest * factor)} {unit}"


TOPICS = (
    Topic(CLEARANCE, "mean clearance", "longer", "shorter", _hours, "no journey can be compared"),
    Topic(INTERDICTION, "the interdiction rate", "higher", "lower", points, "nothing prohibited was presented"),
    Topic(DELIVERED, "illicit goods delivered, by all ways,", "more", "fewer", _a_day, "no day can be compared"),
)
FRAUD_FOUND = Topic(FISCAL, "the fiscal detection rate", "higher", "lower", points, "no fraud was presented")


def answer(rows: pd.DataFrame, replications: int) -> str:
    """One sentence on a measure: clearance, interdiction, and illicit delivered beside them."""
    return "; ".join(answer_parts(rows, replications))


def answer_parts(rows: pd.DataFrame, replications: int) -> list[str]:
    """The parts of that sentence, each about one outcome; the last ends it.

    Parameters
    ----------
    rows : DataFrame
        Rows of `differences` of this scenario against the reference, of one window.
    replications : int
        Number of paired replications.
    """
    whole = rows[rows["period"].isin(WINDOWS) & (rows["group"] == "all")]
    found = {str(row["indicator"]): row for row in whole.to_dict("records")}
    if replications < 2:
        return ["nothing is told from chance, since one replication gives no interval, and it is not called safer."]
    told = [_tell(t, found[t.indicator], replications) for t in TOPICS if t.indicator in found]
    return [*told, f"{safety(found.get(DELIVERED))}."]


def _tell(topic: Topic, row: Row, replications: int) -> str:
    value, lower, upper = (float(row[c]) for c in ("difference", "lower", "upper"))
    word = str(row["verdict"])
    if math.isnan(value):
        return f"the change of {topic.subject} is {NOT_DEFINED}, since {topic.missing}"
    if word == IDENTICAL:
        return f"{topic.subject} is identical in every replication"
    if value == lower == upper == 0:
        return f"{topic.subject} did not differ"
    if math.isnan(lower):
        return f"the change of {topic.subject} is not told from chance, since only one replication has any cases"
    verdict = f"; verdict: {word}" if row["family"] == "primary" else ""
    largest = max(abs(lower), abs(upper))
    if not told_from_chance(row):
        return (
            f"the change of {topic.subject} is not {TOLD} (between {topic.side(lower, largest)} and "
            f"{topic.side(upper, largest)}; {_detectable(topic, float(row['detectable']), replications)}){verdict}"
        )
    kind = "simultaneous" if row["family"] == "primary" else "exploratory"
    interval = topic.span(min(abs(lower), abs(upper)), largest)
    return f"{topic.subject} was {topic.side(value, largest)} ({kind} 95 % interval {interval}){verdict}"


def _detectable(topic: Topic, amount: float, replications: int) -> str:
    factor, unit = topic.scale(amount)
    return (
        f"with {replications} replications a true change of {two_figures(amount * factor)} {unit} "
        "would be told from chance four times in five"
    )


def safety(row: Row | None) -> str:
    """Whether a measure may be called safer: only if illicit delivered per day fell over all ways taken."""
    if row is not None and float(row["upper"]) < 0:
        return "within this simulation it is safer, since fewer illicit goods were delivered"
    if row is not None and float(row["lower"]) > 0:
        return "it is not safer, since more illicit goods were delivered"
    return "it is not called safer, since no fall in illicit goods delivered is told from chance"


def verdicts(rows: pd.DataFrame) -> list[str]:
    """Verdict words of a scenario's primary rows, or why there are none."""
    primary = {row["indicator"]: row["verdict"] for row in rows[rows["family"] == "primary"].to_dict("records")}
    names = {CLEARANCE: "clearance", INTERDICTION: "interdiction"}
    told = [f"{names[i]}: {primary[i]}" for i in PRIMARY_INDICATORS if i in primary]
    return told or ["none: no measure in force"]


def interaction(rows: pd.DataFrame) -> list[str]:
    """Sentences on `combined - sum of singles` for clearance and interdiction."""
    found = {str(row["indicator"]): row for row in rows.to_dict("records")}
    return [_departure(t, found[t.indicator]) for t in TOPICS if t.indicator in found]


def _departure(topic: Topic, row: Row) -> str:
    value, lower, upper = (float(row[c]) for c in ("difference", "lower", "upper"))
    subject = topic.subject.capitalize()
    if math.isnan(lower):
        return f"{subject}: not told from chance, since no interval exists."
    if value == lower == upper == 0:
        return f"{subject}: exactly the sum."
    largest = max(abs(lower), abs(upper))
    if lower <= 0 <= upper:
        between = f"between {topic.side(lower, largest)} and {topic.side(upper, largest)} than the sum"
        return f"{subject}: no departure from the sum is told from chance ({between})."
    interval = topic.span(min(abs(lower), abs(upper)), largest)
    return f"{subject}: {topic.side(value, largest)} than the sum (95 % interval {interval})."
