"""Tables that answer a question of their own: which scenarios save time and detect no less; what repays a cost."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.report.words import two_figures
from experiments.statistics import LEVEL_ALPHA, Floats, ratio, t_quantile
from experiments.tables import PRIMARY_INDICATORS, PRIMARY_PERIOD, Sums
from experiments.verdicts import IDENTICAL

NO_TIME = "not seen to save time"
DETECTS_LESS = "saves time, detects less"
OPEN = "saves time; whether it detects less is not resolved"
KEEPS = "saves time, detects no less"
COVERED, NOT_COVERED, NOT_RESOLVED = "covered", "not covered", "not resolved"
DAYS = 365.0
NEEDED = (
    "cost_public_usd",
    "cost_public_setup_usd",
    "cost_trader_usd",
    "revenue_assessed_usd",
    "illicit_delivered_per_day",
    "journeys_per_day",
)
"""Indicators a break-even is reckoned from; worlds without them have none."""
Row = Mapping[Any, Any]


def faster_as_safe_table(differences: pd.DataFrame, saved_min: float) -> pd.DataFrame:
    """Per scenario and window: time saved, change of interdiction, and what can be said of both.

    Intervals are those of the primary family, which hold together. Time is saved where the interval of clearance lies
    below 0; detection is kept where that of interdiction reaches no further down than 0, which few runs can show.

    Parameters
    ----------
    differences : DataFrame
        Table of the comparison.
    saved_min : float
        Minutes of mean clearance that were to be saved.
    """
    primary = differences[(differences["family"] == "primary") & (differences["group"] == "all")]
    rows = []
    for (period, scenario), found in primary.groupby(["period", "scenario"], sort=False):
        by = {row["indicator"]: row for row in found.to_dict("records")}
        if not set(PRIMARY_INDICATORS) <= set(by):
            continue
        clearance, interdiction = (by[name] for name in PRIMARY_INDICATORS)
        rows.append(
            {
                "scenario": scenario,
                "period": period,
                "answer": _kept(clearance, interdiction, saved_min),
                "saved_min": -60.0 * clearance["difference"],
                "saved_lower_min": -60.0 * clearance["upper"],
                "saved_upper_min": -60.0 * clearance["lower"],
                "interdiction_points": 100.0 * interdiction["difference"],
                "interdiction_lower_points": 100.0 * interdiction["lower"],
                "interdiction_upper_points": 100.0 * interdiction["upper"],
            }
        )
    order = (KEEPS, OPEN, DETECTS_LESS, NO_TIME)
    rows.sort(key=lambda row: next(k for k, word in enumerate(order) if row["answer"].startswith(word)))
    return pd.DataFrame(rows, columns=list(FASTER_AS_SAFE))


def _kept(clearance: Row, interdiction: Row, saved_min: float) -> str:
    if not clearance["upper"] < 0:
        return NO_TIME
    if interdiction["upper"] < 0:
        return DETECTS_LESS
    kept = interdiction["verdict"] == IDENTICAL or interdiction["lower"] >= 0
    least, most = -60.0 * clearance["upper"], -60.0 * clearance["lower"]
    enough = f"{saved_min:g} min or more" if least >= saved_min else f"less than {saved_min:g} min"
    if least < saved_min <= most:
        enough = f"whether {saved_min:g} min is not resolved"
    return f"{KEEPS if kept else OPEN} ({enough})"


def break_even_rows(replications: pd.DataFrame, measured: Sequence[str], life_years: float) -> list[dict[str, Any]]:
    """Per scenario: what it costs the public purse a year, what traders save, and what would have to come besides.

    The transition window stands for every day of a year. Set-up is spread evenly over `life_years`; what a donor pays
    is no cost to the public purse. Intervals are 95 %, paired by replication, each row by itself.

    Parameters
    ----------
    replications : DataFrame
        Sums of one comparison, the reference first.
    measured : sequence of str
        Scenarios whose measures act.
    life_years : float
        Years over which set-up is spread.
    """
    sums = Sums.of(replications)
    cells = sums.cells
    at = {
        row["indicator"]: index
        for index, row in enumerate(cells.to_dict("records"))
        if row["group"] == "all" and row["period"] == PRIMARY_PERIOD
    }

    if not set(NEEDED) <= set(at):
        return []

    def level(scenario: int, indicator: str) -> Floats:
        return ratio(sums.numerator[scenario, at[indicator]], sums.denominator[scenario, at[indicator]])

    rows = []
    for number, scenario in enumerate(sums.scenarios):
        if scenario not in measured:
            continue

        def change(indicator: str, number: int = number) -> Floats:
            return level(number, indicator) - level(0, indicator)

        cost = DAYS * change("cost_public_usd") + change("cost_public_setup_usd") / life_years
        saved, prevented = -DAYS * change("cost_trader_usd"), -DAYS * change("illicit_delivered_per_day")
        net, (low, high) = saved - cost, _interval(saved - cost)
        fewer_low, fewer_high = _interval(prevented)
        revenue = DAYS * change("revenue_assessed_usd")
        more_low, more_high = _interval(revenue)
        missing = float(np.mean(-net))
        worth = missing / float(np.mean(prevented)) if fewer_low > 0 and missing > 0 else np.nan
        rows.append(
            {
                "scenario": scenario,
                "answer": COVERED if low > 0 else NOT_COVERED if high < 0 else NOT_RESOLVED,
                "cost_usd_per_year": float(np.mean(cost)),
                "saved_usd_per_year": float(np.mean(saved)),
                "net_usd_per_year": float(np.mean(net)),
                "net_lower_usd_per_year": low,
                "net_upper_usd_per_year": high,
                "needed_usd_per_lorry": float(np.mean(cost) / (DAYS * np.mean(level(0, "journeys_per_day")))),
                "needed_share_of_trader_cost": float(np.mean(cost) / (DAYS * np.mean(level(0, "cost_trader_usd")))),
                "revenue_usd_per_year": float(np.mean(revenue)),
                "revenue_lower_usd_per_year": more_low,
                "revenue_upper_usd_per_year": more_high,
                "fewer_delivered_per_year": float(np.mean(prevented)),
                "fewer_lower_per_year": fewer_low,
                "fewer_upper_per_year": fewer_high,
                "needed_usd_per_delivery": worth,
            }
        )
    return rows


def _interval(values: Floats) -> tuple[float, float]:
    """Mean less and plus what t allows; no bounds from a single replication."""
    if len(values) < 2:
        return float("nan"), float("nan")
    reach = float(t_quantile(1 - LEVEL_ALPHA / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return float(values.mean()) - reach, float(values.mean()) + reach


def break_even_sentence(table: pd.DataFrame, paths: Sequence[str]) -> str:
    """What would repay the cost, where that was looked for, and at which points it was seen, or that it was at none.

    Parameters
    ----------
    table : DataFrame
        Points by row: the factors, and what `break_even_rows` says.
    paths : sequence of str
        Columns of the factors.
    """
    if not len(table):
        return "Cost and saving are not measured in this world, so nothing is said of them."
    per_lorry = _from_to(table["needed_usd_per_lorry"])
    tried = " and ".join(f"{_plain(path)} {_from_to(table[path])}" for path in paths)
    return (
        "The cost is repaid where traders save in a year what the public purse pays for it, "
        f"which takes {per_lorry} USD a lorry at the points tried. "
        f"Tried were {len(table)} points, with {tried}: {_reached(table, paths)}."
    )


def _reached(table: pd.DataFrame, paths: Sequence[str]) -> str:
    """At how many points the cost is seen to be repaid, and at how many that is not known."""
    covered = table[table["answer"] == COVERED].sort_values(list(paths))
    opened = int((table["answer"] == NOT_RESOLVED).sum())
    first = ", ".join(f"{_plain(path)} {covered[path].iloc[0]:g}" for path in paths) if len(covered) else ""
    told = (
        f"it was reached at {len(covered)} of them, first at {first}" if first else "it was not reached at any of them"
    )
    if opened and not first:
        told = "it was not seen to be reached at any of them"
    return f"{told}; at {opened} the runs cannot tell" if opened else told


def _plain(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")


def _from_to(values: "pd.Series[float]") -> str:
    low, high = two_figures(float(values.min())), two_figures(float(values.max()))
    return low if low == high else f"{low} to {high}"


_POINTS = "percentage points"
FASTER_AS_SAFE: dict[str, tuple[str, str]] = {
    "scenario": ("name of the scenario", ""),
    "period": ("window", ""),
    "answer": ("whether it saves time, and whether it is seen to detect less", ""),
    "saved_min": ("mean clearance of the reference less the scenario's", "min"),
    "saved_lower_min": ("lower bound; all intervals of the primary family hold together", "min"),
    "saved_upper_min": ("upper bound", "min"),
    "interdiction_points": ("interdiction rate less the reference's", _POINTS),
    "interdiction_lower_points": ("lower bound", _POINTS),
    "interdiction_upper_points": ("upper bound", _POINTS),
}
"""Meanings of the columns of `faster_as_safe`."""
BREAK_EVEN: dict[str, tuple[str, str]] = {
    "scenario": ("name of the scenario", ""),
    "answer": ("whether what traders save covers what the public purse pays, by the interval of the net", ""),
    "cost_usd_per_year": ("public cost besides the reference's: running, staff, set-up spread over its life", "USD"),
    "saved_usd_per_year": ("what lorries standing still and clerks cost traders less than in the reference", "USD"),
    "net_usd_per_year": ("saved less cost", "USD"),
    "net_lower_usd_per_year": ("lower bound of 95 %, this row alone", "USD"),
    "net_upper_usd_per_year": ("upper bound", "USD"),
    "needed_usd_per_lorry": ("what each lorry would have to save for the cost to be covered by that alone", "USD"),
    "needed_share_of_trader_cost": ("the same as a share of what traders pay in the reference", "share"),
    "revenue_usd_per_year": ("revenue assessed besides the reference's, beside the net and not in it", "USD"),
    "revenue_lower_usd_per_year": ("lower bound of 95 %, this row alone", "USD"),
    "revenue_upper_usd_per_year": ("upper bound", "USD"),
    "fewer_delivered_per_year": ("illicit deliveries over all arms fewer than in the reference", "count"),
    "fewer_lower_per_year": ("lower bound of 95 %, this row alone", "count"),
    "fewer_upper_per_year": ("upper bound", "count"),
    "needed_usd_per_delivery": (
        "what each delivery fewer would have to be worth for the rest; empty = not told",
        "USD",
    ),
}
"""Meanings of the columns of `break_even`, after point and factors."""
