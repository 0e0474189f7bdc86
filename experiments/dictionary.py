"""What every column of every table means, in which unit."""

from collections.abc import Mapping

import pandas as pd

from sim.indicators import INDICATORS
from sim.settings.errors import BordersimError

ONLY_INSIDE = "known only inside the model"
Meanings = Mapping[str, Mapping[str, tuple[str, str]]]

_CELL = {
    "scenario": ("name of the scenario", ""),
    "indicator": ("stable name of the indicator", ""),
    "unit": ("unit of the indicator", ""),
    "period": ("cohort planned to depart in: transition or mature, 30 days of one, or all from first to last", ""),
    "group": ("'all', or one post, tier, country, lane, trader size, kind, stage, party, arm or part", ""),
}
_EFFECT = {"scenario": _CELL["scenario"], "reference": ("scenario subtracted", "")} | _CELL
DICTIONARY: Meanings = {
    "summary": {
        **_CELL,
        "mean": ("ratio of sums over replications, or mean of per-replication values; empty = not defined", "see unit"),
        "lower": ("lower bound of the 95 % jackknife-t interval, this row alone", "see unit"),
        "upper": ("upper bound of the 95 % jackknife-t interval, this row alone", "see unit"),
        "replications": ("paired replications", "count"),
        "undefined": ("replications in which the denominator is 0", "count"),
        "events": ("events behind a rate: its numerator summed over replications", "count"),
    },
    "differences": {
        **_CELL,
        "reference": ("scenario subtracted, or 'sum of singles' for the interaction of combined measures", ""),
        "difference": ("scenario minus reference, paired by replication; empty = not defined", "see unit"),
        "lower": ("lower bound; simultaneous over the family if primary, else 95 % for this row alone", "see unit"),
        "upper": ("upper bound; simultaneous over the family if primary, else 95 % for this row alone", "see unit"),
        "family": ("primary: verdicts read it; exploratory: everything else", ""),
        "pairing_gain": ("variance without pairing / variance with it; may be below 1", "ratio"),
        "detectable": ("difference that would be resolved with probability .8", "see unit"),
        "verdict": ("primary rows only, see docs/report.md; never about the world outside the model", ""),
    },
    "calibration": {
        "figure": ("published figure the baseline is held against; nothing was fitted to it", ""),
        "low": ("lower end of the published band", "see unit"),
        "high": ("upper end of the published band", "see unit"),
        "here": ("what the reference scenario gives in the first window; empty = not measured", "see unit"),
        "verdict": ("met, or on which side it was missed", ""),
        "unit": ("unit of the figure", ""),
        "source": ("where the band comes from", ""),
        "why": ("what explains a miss, or what a hit does not say", ""),
    },
    "assumption_ranges": {
        **_EFFECT,
        "draws": ("draws of the assumptions in which the effect is defined", "count"),
        "low": ("effect exceeded in 95 % of the draws, chance taken out of the spread; not an interval", "see unit"),
        "median": ("effect exceeded in half of the draws", "see unit"),
        "high": ("effect exceeded in 5 % of the draws", "see unit"),
        "above": ("share of draws in which the effect, as simulated, is above 0", "share"),
        "below": ("share of draws in which the effect, as simulated, is below 0", "share"),
        "noise": ("standard deviation chance gives the effect in one replication, at central values", "see unit"),
    },
    "draw_effects": {
        **_EFFECT,
        "draw": ("number of the draw", "count"),
        "difference": ("scenario minus reference in this draw, one replication; empty = not defined", "see unit"),
    },
    "drivers": {
        **_EFFECT,
        "rank": ("1 for the assumption the effect follows most", "count"),
        "factor": ("assumption that was drawn", ""),
        "correlation": ("Spearman's rank correlation of effect and assumption over the draws", "-1 to 1"),
        "p": ("how often the strongest of all assumptions would be as strong by chance alone", "probability"),
        "draws": ("draws it is computed from", "count"),
        "effect_low": ("effect along the line through the draws, the assumption 5 % into its range", "see unit"),
        "effect_low_lower": ("lower bound of its 95 % interval", "see unit"),
        "effect_low_upper": ("upper bound of its 95 % interval", "see unit"),
        "effect_high": ("effect along the line, the assumption 95 % into its range", "see unit"),
        "effect_high_lower": ("lower bound of its 95 % interval", "see unit"),
        "effect_high_upper": ("upper bound of its 95 % interval", "see unit"),
    },
    "draws": {
        "draw": ("number of the draw", "count"),
        "seed": ("seed of its potential world", ""),
        "factor": ("number drawn", ""),
        "value": ("its value in this draw, the same in every scenario", "see unit"),
        "unit": ("unit of the number", ""),
    },
    "replications": {
        **_CELL,
        "replication": ("number of the paired replication", "count"),
        "numerator": ("sum over the replication, or the replication's value", "see unit"),
        "denominator": ("sum the numerator is divided by; 1 for values", "see unit"),
        "shape": ("ratio: pooled as a ratio of sums; value: averaged over replications", ""),
    },
    "mechanisms": {
        "scenario": ("name of the scenario", ""),
        "measure": ("measure that makes the change", ""),
        "parameter": ("mechanism changed, never an outcome", ""),
        "who": ("country, pair, post or pool concerned", ""),
        "operation": ("set, add, scale, max or min", ""),
        "value": ("operand of the operation on its last day", "see parameter"),
        "value_first": ("operand of the operation on its first day", "see parameter"),
        "before": ("value of the mechanism before the change, first day", "see parameter"),
        "after": ("value of the mechanism after the change, last day", "see parameter"),
        "from_day": ("first day in force", "day of the run"),
        "to_day": ("last day in force", "day of the run"),
        "clamped": ("whether the result was cut to its allowed range", ""),
    },
    "daily": {
        "scenario": ("name of the scenario", ""),
        "replication": ("number of the paired replication", "count"),
        "day": ("planned departure day of the cohort, or the day of a flow", "day of the run"),
        "indicator": ("stable name of the indicator", ""),
        "unit": ("unit of the indicator", ""),
        "numerator": ("sum over the day", "see unit"),
        "denominator": ("sum the numerator is divided by", "see unit"),
    },
    "distribution": {
        "scenario": ("name of the scenario", ""),
        "period": ("window the journeys were planned in: transition or mature", ""),
        "hours": ("clearance time, arrival to release", "h"),
        "share": ("share of the headline cohort released within it, all replications together", "share"),
        "journeys": ("journeys of the headline cohort, all replications together", "count"),
    },
    "ranges": {
        "scenario": ("name of the scenario", ""),
        "outcome": ("level: the scenario itself; change: the scenario minus the reference", ""),
        "indicator": ("stable name of the indicator", ""),
        "unit": ("unit of the indicator", ""),
        "lowest": ("lowest value over the points", "see unit"),
        "median": ("median over the points", "see unit"),
        "highest": ("highest value over the points", "see unit"),
        "defined": ("points that have a value", "count"),
        "above": ("points whose interval lies above 0 (changes only)", "count"),
        "below": ("points whose interval lies below 0 (changes only)", "count"),
    },
    "sensitivity": {
        **_CELL,
        "outcome": ("level: the scenario itself; change: the scenario minus the reference", ""),
        "reference": ("scenario subtracted; empty for levels", ""),
        "factor": ("setting that varies", ""),
        "index": ("first-order or total Sobol' index, or Spearman's rank correlation; exploratory", ""),
        "value": ("share of the variance over the points, or correlation; empty = not defined", "share, or -1 to 1"),
        "lower": ("lower bound; the intervals of all factors of an outcome hold together with 95 %", "as value"),
        "upper": ("upper bound; the intervals of all factors of an outcome hold together with 95 %", "as value"),
        "points": ("points it is computed from", "count"),
    },
    "factors": {
        "factor": ("setting that varies", ""),
        "low": ("lower end of its range", "see unit"),
        "high": ("upper end of its range", "see unit"),
        "values": ("the only values it takes, where it has no range", "see unit"),
        "scale": ("linear or log: where points lie evenly", ""),
        "unit": ("unit of the setting", ""),
        "source": ("where its stated range comes from", ""),
    },
    "failures": {
        "point": ("number of the design point", ""),
        "replication": ("number of the replication that failed", "count"),
        "reason": ("why", ""),
        "command": ("what runs the point by itself", ""),
        "trace": ("where in the program it arose", ""),
    },
    "strata": {
        "scenario": ("name of the scenario", ""),
        "reference": ("scenario it is compared with", ""),
        "replication": ("number of the paired replication", "count"),
        "period": ("window the journeys were planned in: transition or mature", ""),
        "stratum": ("opportunities taken to a crossing in both scenarios, or in one of the two only", ""),
        "attempts": ("attempts of the window presented at crossings; unofficial crossing is not one", "count"),
        "stopped_reference": ("of them stopped in the reference; empty = not attempted there", "count"),
        "unfinished_reference": ("of them neither stopped nor delivered there when the run ended", "count"),
        "stopped_scenario": ("of them stopped in the scenario; empty = not attempted there", "count"),
        "unfinished_scenario": ("of them neither stopped nor delivered there when the run ended", "count"),
    },
    "legs": {
        "scenario": ("name of the scenario", ""),
        "replication": ("number of the paired replication", "count"),
        "period": ("window the journey was planned in: transition or mature", ""),
        "day": ("planned departure day of the journey", "day of the run"),
        "journey": ("number of the journey, the same in every scenario", ""),
        "follows": ("journey the lorry made at the corridor's post before; empty = none", ""),
        "side": ("exit or entry", ""),
        "post": ("post crossed", ""),
        "mode": ("road, ro_ro, sea or air", ""),
        "regime": ("customs regime: home_use, sct, transit, export, or empty", ""),
        "trader": ("number of the trader", ""),
        "trader_share": ("share of the journeys of the trader's home post that are its own", "share"),
        "trusted": ("authorised economic operator", ""),
        "broker": ("broker office; empty = none", ""),
        "weight": ("legs this row stands for", "count"),
        "value_usd": ("truth: value of the goods", "USD"),
        "prohibited": ("truth: kind of prohibited goods aboard, or none", ""),
        "fiscal": ("truth: kind of fiscal irregularity, honest error, or none", ""),
        "organisation": ("truth: number of the organisation that smuggles; empty = none", ""),
        "concealment": ("truth: factor that divides an examination's dose", "ratio"),
        "planned_ms": ("planned arrival at this post's first side, as traders reckon", "ms since the run began"),
        "arrived_ms": ("arrival at this side", "ms since the run began"),
        "gated_ms": ("past the gate", "ms since the run began"),
        "lodged_ms": ("declaration lodged and seen by selectivity", "ms since the run began"),
        "released_ms": ("end at this side: release, or seizure (see outcome)", "ms since the run began"),
        "exited_ms": ("left the entry post", "ms since the run began"),
        "outcome": ("in_process, released, corrected, seized, or stopped_before: at a side or post before", ""),
        "score": ("reason: score that selectivity read; empty = none", ""),
        "channel": ("reason: green (blue included), yellow or red; empty = selectivity has not seen it", ""),
        "rule": ("reason: what chose the channel", ""),
        "known_by": ("reason: country whose record flagged the declaration, or namesake; empty = none", ""),
        "document_officer": ("officer of the last document check", ""),
        "queries": ("queries asked", "count"),
        "held_up": ("reason: whether the declaration waited for a system that was down", ""),
        "corrected": ("whether a document check corrected the declaration", ""),
        "scanned": ("whether an image was taken", ""),
        "image_reader": ("who read the image", ""),
        "alarm": ("whether the reader called it suspicious", ""),
        "examiner": ("officer of the last examination", ""),
        "queue_at_start": ("reason: legs waiting when the examination began", "count"),
        "exam_level_min": ("reason: nominal length of the examination", "min"),
        "thoroughness": ("reason: share of the nominal examination done", "share"),
        "dose": ("reason: dose of the examination", ""),
        "exam_threshold": ("reason: dose at which prohibited goods are found (E)", ""),
        "bribed": ("truth: whether an officer who checked or examined took money, or held the file for it", ""),
        "detected": ("whether an examination found prohibited goods", ""),
    },
}  # fmt: skip


def data_dictionary(tables: Mapping[str, pd.DataFrame], meanings: Meanings) -> pd.DataFrame:
    """One row per table and column, then one per indicator of the tables: meaning and unit.

    Raises
    ------
    BordersimError
        If a column has no meaning; a table nobody can read is not a result.
    """
    known = {**DICTIONARY, **meanings}
    rows = []
    for table, frame in tables.items():
        for column in map(str, frame.columns):
            if column not in known.get(table, {}):
                raise BordersimError(f"tables/{table}: column {column} has no meaning; describe it in `meanings`")
            rows.append((table, column, *known[table][column]))
    told = {name for frame in tables.values() if "indicator" in frame.columns for name in frame["indicator"].unique()}
    for name, one in INDICATORS.items():
        if name in told:
            meaning = one.meaning if one.observable else f"{one.meaning} ({ONLY_INSIDE})"
            rows.append(("indicators", name, meaning, one.unit))
    return pd.DataFrame(rows, columns=["table", "column", "meaning", "unit"])


def indicator_table() -> str:
    """All indicators as the table `results/README.md` shows."""
    rows = [
        f"| `{name}`{'' if one.observable else ' *'} | {one.unit} | {one.meaning} |" for name, one in INDICATORS.items()
    ]
    return "\n".join(["| indicator | unit | what it is |", "|---|---|---|", *rows, ""])
