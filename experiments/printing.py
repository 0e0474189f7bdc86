"""A comparison or a sweep for people at a terminal, or as one JSON object for programs."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from experiments.factors import short_name
from experiments.report.words import UNDEFINED, two_figures
from experiments.store import ResultFolder
from sim.settings.run import RunSettings

if TYPE_CHECKING:
    from experiments.compare import Comparison
    from experiments.questions import Asked

WINDOW = "transition"
PRIMARY = {"clearance_mean_h": "clearance", "interdiction_rate": "interdiction"}


def print_comparison(settings: RunSettings, found: "Comparison", folder: ResultFolder, as_json: bool) -> None:
    """Print the comparison to standard output."""
    summary, differences = found.tables["summary"], found.tables["differences"]
    if as_json:
        print(
            json.dumps({"summary": _records(summary), "differences": _records(differences), "folder": str(folder.path)})
        )
        return
    console = _console()
    console.print(
        f"{settings.world.title}; {settings.replications} paired replications, transition window only "
        f"(days 1-{settings.length.window_days} after go-live); nothing here speaks of the long run."
    )
    console.print(_table(settings, summary, differences))
    for line in _notes(differences):
        console.print(line)
    console.print(f"\nreport: {folder.report}   ({found.legs:,} legs in {found.wall_s:,.0f} s)")


def print_sweep(
    asked: "Asked",
    tables: Mapping[str, pd.DataFrame],
    folder: ResultFolder,
    points: int,
    legs: int,
    wall_s: float,
    as_json: bool,
) -> None:
    """Print the ranges of a sweep to standard output.

    Parameters
    ----------
    asked : Asked
        What was asked.
    tables : mapping
        Tables of the sweep. As JSON, results are those of the whole window and all groups together.
    folder : ResultFolder
        Where everything is.
    points, legs : int
        Points that finished, and legs simulated in them.
    wall_s : float
        Seconds it took.
    as_json : bool
        Whether to print for programs.
    """
    if as_json:
        whole = {name: table for name, table in tables.items() if name not in ("points", "differences")}
        for name in ("points", "differences"):
            table = tables[name]
            whole[name] = table[(table["period"] == WINDOW) & (table["group"] == "all")]
        print(json.dumps({name: _records(table) for name, table in whole.items()} | {"folder": str(folder.path)}))
        return
    settings, design = asked.composed.settings, asked.design
    console = _console()
    console.print(
        f"{settings.world.title}; {design.kind} design of {points} points over {len(design.factors)} settings, "
        f"{settings.replications} paired replications each, transition window only "
        f"(days 1-{settings.length.window_days} after go-live)."
    )
    console.print(_ranges(settings, tables["ranges"]))
    for line in _followed(tables["sensitivity"]):
        console.print(line, highlight=False)
    console.print("Lowest to highest over the points, each value of a setting as likely as the next: exploratory.")
    console.print(f"\nreport: {folder.report}   ({legs:,} legs in {wall_s:,.0f} s)")


class _Paper(Console):
    """Standard output; that its reader has left is for the command line to say, and no failure."""

    def on_broken_pipe(self) -> None:
        """Pass it on."""
        raise


def _console() -> Console:
    return _Paper(width=None if Console().is_terminal else 150)


def _ranges(settings: RunSettings, ranges: pd.DataFrame) -> Table:
    table = Table(title=None, header_style="bold")
    table.add_column("scenario")
    shown = (
        ("mean clearance, h", "level", "clearance_mean_h", 1.0),
        ("interdiction, %", "level", "interdiction_rate", 100.0),
        ("change in clearance, min", "change", "clearance_mean_h", 60.0),
        ("change in interdiction, points", "change", "interdiction_rate", 100.0),
    )
    for head, *_ in shown:
        table.add_column(head)
    for scenario in settings.scenarios:
        cells = [_reach(ranges, scenario, outcome, indicator, factor) for _, outcome, indicator, factor in shown]
        table.add_row(scenario, *cells)
    return table


def _reach(ranges: pd.DataFrame, scenario: str, outcome: str, indicator: str, factor: float) -> str:
    chosen = (ranges["scenario"] == scenario) & (ranges["outcome"] == outcome) & (ranges["indicator"] == indicator)
    if not chosen.any():
        return ""
    row = ranges[chosen].iloc[0]
    if math.isnan(row["lowest"]):
        return UNDEFINED
    low, high = two_figures(row["lowest"] * factor), two_figures(row["highest"] * factor)
    return low if low == high else f"{low} to {high}"


def _followed(sensitivity: pd.DataFrame) -> list[str]:
    """Per headline outcome and scenario, the factor it follows most, or that none stands out."""
    from experiments.sensitivity import decisive

    rows = decisive(sensitivity).drop_duplicates(["indicator", "scenario"])
    return [
        f"{row['outcome']} of {name}, {row['scenario']}: {_follows(row)}"
        for indicator, name in PRIMARY.items()
        for row in rows[rows["indicator"] == indicator].to_dict("records")
    ]


def _follows(row: Mapping[Any, Any]) -> str:
    index = f"{row['index']} {row['value']:.2f} [{row['lower']:.2f} to {row['upper']:.2f}]"
    if row["lower"] > 0 or row["upper"] < 0:
        return f"follows {short_name(row['factor'])} most, {index}"
    return f"no setting stands out from chance (strongest: {short_name(row['factor'])}, {index})"


def _table(settings: RunSettings, summary: pd.DataFrame, differences: pd.DataFrame) -> Table:
    table = Table(title=None, header_style="bold")
    for name in ("scenario", "median h", "p90 h", "mean h", "customs' own h", "interdiction %", "illicit/day"):
        table.add_column(name, justify="left" if name == "scenario" else "right")
    for name in ("change in clearance, min", "change in interdiction, points", "verdict"):
        table.add_column(name)
    for scenario in settings.scenarios:
        values = [
            _value(summary, scenario, "clearance_median_h", 2),
            _value(summary, scenario, "clearance_p90_h", 2),
            _value(summary, scenario, "clearance_mean_h", 2),
            _value(summary, scenario, "customs_time_h", 2),
            _value(summary, scenario, "interdiction_rate", 1, 100.0),
            _value(summary, scenario, "illicit_delivered_per_day", 2),
        ]
        clearance = _difference(differences, scenario, "clearance_mean_h", 60.0)
        interdiction = _difference(differences, scenario, "interdiction_rate", 100.0)
        table.add_row(scenario, *values, clearance, interdiction, _verdict(differences, scenario))
    return table


def _row(frame: pd.DataFrame, scenario: str, indicator: str) -> Any:
    rows = frame[
        (frame["scenario"] == scenario)
        & (frame["indicator"] == indicator)
        & (frame["period"] == WINDOW)
        & (frame["group"] == "all")
    ]
    return rows.iloc[0] if len(rows) else None


def _value(summary: pd.DataFrame, scenario: str, indicator: str, digits: int, factor: float = 1.0) -> str:
    row = _row(summary, scenario, indicator)
    return UNDEFINED if row is None or math.isnan(row["mean"]) else f"{row['mean'] * factor:.{digits}f}"


def _difference(differences: pd.DataFrame, scenario: str, indicator: str, factor: float) -> str:
    row = _row(differences, scenario, indicator)
    if row is None:
        return ""
    if row["verdict"] == "identical":
        return "0 (identical)"
    low, high = row["lower"] * factor, row["upper"] * factor
    interval = "no interval" if math.isnan(low) else f"{two_figures(low)} to {two_figures(high)}"
    value = row["difference"] * factor
    return UNDEFINED if math.isnan(value) else f"{'+' if value > 0 else ''}{two_figures(value)} [{interval}]"


def _verdict(differences: pd.DataFrame, scenario: str) -> str:
    rows = {name: _row(differences, scenario, indicator) for indicator, name in PRIMARY.items()}
    words = {name: row["verdict"] for name, row in rows.items() if row is not None and row["verdict"]}
    if len(set(words.values())) == 1:
        return f"both {next(iter(words.values()))}"
    return "; ".join(f"{name} {word}" for name, word in words.items())


def _notes(differences: pd.DataFrame) -> list[str]:
    """What the comparison could have seen, and how its intervals are made."""
    primary = differences[differences["family"] == "primary"] if len(differences) else differences
    if not len(primary):
        return []
    smallest = primary.groupby("indicator")["detectable"].median()
    parts = []
    for indicator, factor, unit in (
        ("clearance_mean_h", 60.0, "min of clearance"),
        ("interdiction_rate", 100.0, "points of interdiction"),
    ):
        value = smallest.get(indicator, math.nan) * factor
        if value > 0:
            parts.append(f"{two_figures(value)} {unit}")
    seen = f"It can detect changes of about {' and '.join(parts)}. " if parts else ""
    return [
        f"Intervals hold together with 95 % over the {len(primary)} comparisons of the primary family. {seen}"
        "They are about chance in the simulation, not about its assumptions."
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain objects, undefined numbers as null."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    return rows
