"""A comparison or a sweep for people at a terminal, or as one JSON object for programs."""

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from experiments.answers import break_even_sentence
from experiments.factors import short_name
from experiments.go_live import too_late
from experiments.listing import built
from experiments.report.words import UNDEFINED, days_after_go_live, too_short, two_figures
from experiments.store import ResultFolder
from experiments.tables import PRIMARY_PERIOD
from sim.settings.run import Length, RunSettings

if TYPE_CHECKING:
    from experiments.compare import Comparison
    from experiments.questions import Asked

PRIMARY = {"clearance_mean_h": "clearance", "interdiction_rate": "interdiction"}
CHANGES = (("clearance_mean_h", 60.0), ("interdiction_rate", 100.0))
LEVELS: tuple[tuple[str, str, int, float], ...] = (
    ("clearance,\nmedian h", "clearance_median_h", 2, 1.0),
    ("9 in 10\nwithin h", "clearance_p90_h", 2, 1.0),
    ("mean\nh", "clearance_mean_h", 2, 1.0),
    ("customs'\nown h", "customs_time_h", 2, 1.0),
    ("inter-\ndiction %", "interdiction_rate", 1, 100.0),
    ("illicit\na day", "illicit_delivered_per_day", 2, 1.0),
)


def print_comparison(settings: RunSettings, found: "Comparison", folder: ResultFolder, as_json: bool) -> None:
    """Print the comparison to standard output."""
    summary, differences = found.tables["summary"], found.tables["differences"]
    if as_json:
        names = ["summary", "differences", "assumption_ranges", "drivers"]
        names += ["faster_as_safe"] if "faster_as_safe" in found.tables else []
        whole: dict[str, Any] = {name: _records(found.tables[name]) for name in names}
        print(json.dumps(whole | {"folder": str(folder.path)}))
        return
    console = _console()
    _print_question(console, settings)
    counted = "1 replication" if settings.replications == 1 else f"{settings.replications} replications"
    paired = " of each scenario, on the same journeys" if len(settings.scenarios) > 1 else ""
    console.print(f"{settings.world.title}; {counted}{paired}; {_time(settings.length)}.")
    for window in settings.length.windows:
        if len(settings.length.windows) > 1:
            console.print(f"\n[bold]The {window} window, {days_after_go_live(settings.length, window)}[/bold]")
        console.print(_levels(settings, summary[summary["period"] == window]))
        if len(differences):
            console.print(f"\nEach less {found.reference}, with its interval and verdict:")
            console.print(_changes(settings, differences[differences["period"] == window]))
    draws = int(found.tables["assumption_ranges"]["draws"].max()) if len(found.tables["assumption_ranges"]) else 0
    if "faster_as_safe" in found.tables:
        for line in _kept(found.tables["faster_as_safe"]):
            console.print(line)
    for line in _notes(differences, settings.replications, draws):
        console.print(line)
    _print_warnings(console, settings)
    _print_end(console, folder, found.legs, found.wall_s)


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
            whole[name] = table[(table["period"] == PRIMARY_PERIOD) & (table["group"] == "all")]
        print(json.dumps({name: _records(table) for name, table in whole.items()} | {"folder": str(folder.path)}))
        return
    settings, design = asked.composed.settings, asked.design
    console = _console()
    _print_question(console, settings)
    counted = "1 replication" if settings.replications == 1 else f"{settings.replications} replications"
    console.print(
        f"{settings.world.title}; {design.kind} design of {points} points over {len(design.factors)} settings, "
        f"{counted} of each scenario at every point, on the same journeys; {_time(settings.length)}."
    )
    console.print(_ranges(settings, tables["ranges"]))
    if "break_even" in tables:
        console.print(break_even_sentence(tables["break_even"], design.paths))
    for line in _followed(tables["sensitivity"]):
        console.print(line, highlight=False)
    console.print("Lowest to highest over the points, each value of a setting as likely as the next: exploratory.")
    _print_warnings(console, settings)
    _print_end(console, folder, legs, wall_s)


def _print_question(console: Console, settings: RunSettings) -> None:
    if settings.question is not None:
        console.print(f"[bold]{escape(settings.question.title)}[/bold]")


def _kept(table: pd.DataFrame) -> list[str]:
    """Which scenarios save time, and what of detection; one line each."""
    return [
        f"{row['scenario']}, {row['period']}: {row['answer']}: "
        f"{two_figures(row['saved_min'])} min saved ({two_figures(row['saved_lower_min'])} to "
        f"{two_figures(row['saved_upper_min'])}), interdiction {two_figures(row['interdiction_points'])} points "
        f"({two_figures(row['interdiction_lower_points'])} to {two_figures(row['interdiction_upper_points'])})"
        for row in table.to_dict("records")
    ]


def _time(length: Length) -> str:
    """The stretches of time that are measured."""
    told = " and ".join(days_after_go_live(length, window) for window in length.windows)
    return told if len(length.windows) > 1 else f"{told}, nothing of the long run"


def _console() -> Console:
    """Standard output; where nobody looks on, lines are as long as they like."""
    return _Paper(width=None if Console().is_terminal else 150, highlight=False)


def _print_warnings(console: Console, settings: RunSettings) -> None:
    """What a reader might overlook: measures that do not act yet, and windows too short to learn from."""
    for warning in (*too_late(settings, built(settings)), too_short(settings.length)):
        if warning:
            console.print(warning)


def _print_end(console: Console, folder: ResultFolder, legs: int, wall_s: float) -> None:
    """Where the report is, by itself on a line that may be copied whole."""
    console.print(f"\n{legs:,} crossings of one side of a post simulated; {wall_s:,.0f} s")
    console.print(f"report: {folder.report}", soft_wrap=True)


class _Paper(Console):
    """Standard output; that its reader has left is for the command line to say, and no failure."""

    def on_broken_pipe(self) -> None:
        """Pass it on."""
        raise


def _ranges(settings: RunSettings, ranges: pd.DataFrame) -> Table:
    table = _narrow("scenario")
    shown = (
        ("mean\nclearance, h", "level", "clearance_mean_h", 1.0),
        ("interdiction,\n%", "level", "interdiction_rate", 100.0),
        ("change in\nclearance, min", "change", "clearance_mean_h", 60.0),
        ("change in inter-\ndiction, points", "change", "interdiction_rate", 100.0),
    )
    for head, *_ in shown:
        table.add_column(head, overflow="fold")
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


def _narrow(first: str) -> Table:
    """A table that fits a terminal of 80 characters; what does not fit goes on below instead of being cut."""
    table = Table(title=None, header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold")
    return table


def _levels(settings: RunSettings, summary: pd.DataFrame) -> Table:
    """What each scenario came to."""
    table = _narrow("scenario")
    for head, *_ in LEVELS:
        table.add_column(head, justify="right", overflow="fold")
    for scenario in settings.scenarios:
        table.add_row(scenario, *(_value(summary, scenario, name, digits, by) for _, name, digits, by in LEVELS))
    return table


def _changes(settings: RunSettings, differences: pd.DataFrame) -> Table:
    """What each measure changed; below every change its verdict."""
    table = _narrow("scenario")
    table.add_column("change in mean\nclearance, min", overflow="fold")
    table.add_column("change in interdiction,\npercentage points", overflow="fold")
    for scenario in settings.scenarios:
        cells = [_difference(differences, scenario, i, factor) for i, factor in CHANGES]
        if any(cells):
            table.add_row(scenario, *cells)
    return table


def _row(frame: pd.DataFrame, scenario: str, indicator: str) -> Any:
    rows = frame[(frame["scenario"] == scenario) & (frame["indicator"] == indicator) & (frame["group"] == "all")]
    return rows.iloc[0] if len(rows) else None


def _value(summary: pd.DataFrame, scenario: str, indicator: str, digits: int, factor: float) -> str:
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
    if math.isnan(value):
        return UNDEFINED
    change = f"{'+' if value > 0 else ''}{two_figures(value)} [{interval}]"
    return f"{escape(change)}\n{row['verdict']}" if row["verdict"] else escape(change)


def _notes(differences: pd.DataFrame, replications: int, draws: int) -> list[str]:
    """How to read the intervals, and what the comparison could have seen."""
    primary = differences[differences["family"] == "primary"] if len(differences) else differences
    if not len(primary):
        return []
    if replications < 2:
        return ["One replication gives no interval, so nothing is told from chance; ask for replications=6 or more."]
    smallest = primary.groupby("indicator")["detectable"].median()
    parts = []
    for indicator, factor, unit in (
        ("clearance_mean_h", 60.0, "min of clearance"),
        ("interdiction_rate", 100.0, "points of interdiction"),
    ):
        value = smallest.get(indicator, math.nan) * factor
        if value > 0:
            parts.append(f"{two_figures(value)} {unit}")
    seen = f" A change of about {' or '.join(parts)} would be told from chance four times in five." if parts else ""
    return [
        f"{_rule(draws)} All {len(primary)} intervals hold together with 95 %.{seen} "
        "Intervals are about chance in the simulation, not about its assumptions.",
        f"Robust: told from chance, and of one sign in nine of ten of {draws} draws of every number with a range. "
        "Depends on: the sign turns with the assumption named. Not resolved: neither."
        if draws
        else "Assumptions stood at their centre; assumption_draws=32 says whether the answer survives their ranges.",
    ]


def _rule(draws: int) -> str:
    """What the intervals decide by themselves: the verdict where no assumptions were drawn, else half of it."""
    return "Told from chance: the interval leaves out 0." if draws else "Resolved: told from chance, by leaving out 0."


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain objects, undefined numbers as null."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    return rows
