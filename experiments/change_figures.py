"""Figures of what measures change: where minutes go, who gains and who waits, where smuggling goes, what is seen."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from experiments.drawing import (
    COLOURS,
    HATCHES,
    IN_ROWS,
    PARTIES,
    STYLE,
    count,
    gather,
    handle,
    legend_above,
    look,
    new_figure,
    note,
    reach_of,
    row_in,
    rows_that_fit,
    title_of,
    words,
)
from experiments.figures import MOST_WAYS, way_name, ways_said

Titles = Mapping[str, str] | None
SMALL = 0.02
"""Share of the largest step of a waterfall below which steps are gathered."""
PARTY_ORDER = ("trader_broker", "customs", "other_agency", "terminal_transport", "bank", "")
BESIDE = (
    ("hit_rate", "seen: hits per\ninspection (%)", 100.0),
    ("physical_inspection_rate", "seen: physically\ninspected (%)", 100.0),
    ("seizures_per_day", "seen:\nseizures a day", 1.0),
    ("interdiction_rate", "true: interdiction\nrate (%)", 100.0),
    ("attempts", "true:\nattempts a day", 1.0),
    ("illicit_delivered_per_day", "true: illicit\ndelivered a day", 1.0),
)
MOST_ROWS = 14
"""Groups in one column; a longer list has two."""
BESIDE_ROWS_IN = 1.6
"""Height that legend, axis and notes take beside rows."""
LONGEST = 50
"""Letters of a name in one line, where there is one column."""
INTERVALS = "bars: 95 % intervals, each by itself (exploratory)"


def stage_waterfall(differences: pd.DataFrame, parties: Mapping[str, str], n: int, titles: Titles = None) -> Figure:
    """Change of mean clearance by stage, one step after the other down to the whole; one panel per scenario.

    Parameters
    ----------
    differences : DataFrame
        Rows of one window against one reference; needs `time_by_stage_h` (stage=...) and `clearance_mean_h`.
    parties : mapping
        Who is responsible for each stage.
    n : int
        Replications.
    titles : mapping, optional
        Readable names of scenarios.
    """
    scenarios = list(dict.fromkeys(differences["scenario"]))
    steps = {scenario: _steps(differences, scenario, parties) for scenario in scenarios}
    heights = [1.1 + 0.24 * len(rows) for rows in steps.values()]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(len(scenarios), 1.0 + sum(heights), heights)
        for panel, scenario in zip(axes, scenarios, strict=True):
            _falls(panel, steps[scenario], _whole(differences, scenario))
            panel.set_title(title_of(scenario, titles), loc="left")
        reach = np.array([panel.get_xlim() for panel in axes])
        for panel in axes:
            panel.set_xlim(reach[:, 0].min(), reach[:, 1].max())
        axes[-1].set_xlabel("change in mean clearance, arrival to release (min)")
        seen = [party for party in PARTY_ORDER if any(party == p for rows in steps.values() for _, p, _ in rows)]
        legend_above(figure, [Patch(label=PARTIES.get(p, p) or "several, small", **_fill(p)) for p in seen])
        note(figure, f"steps add up to the grey bar; the line is its simultaneous 95 % interval; n = {n} replications")
    return figure


def _steps(differences: pd.DataFrame, scenario: str, parties: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """Stage, party and minutes, by party and then by size; steps too small to be seen become one."""
    rows = differences[(differences["scenario"] == scenario) & (differences["indicator"] == "time_by_stage_h")]
    stages = rows["group"].str.removeprefix("stage=")
    found = [(s, parties.get(s, ""), 60 * d) for s, d in zip(stages, rows["difference"], strict=True) if d and d == d]
    largest = max((abs(minutes) for *_, minutes in found), default=0.0)
    small = [minutes for *_, minutes in found if abs(minutes) < SMALL * largest]
    told = [step for step in found if abs(step[2]) >= SMALL * largest]
    told.sort(key=lambda step: (PARTY_ORDER.index(step[1]), -abs(step[2])))
    return [*told, *([(f"{len(small)} smaller ones", "", sum(small))] if small else [])]


def _whole(differences: pd.DataFrame, scenario: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    chosen = (differences["scenario"] == scenario) & (differences["indicator"] == "clearance_mean_h")
    rows = differences[chosen & (differences["group"] == "all")][["difference", "lower", "upper"]]
    return np.asarray(rows.to_numpy(dtype=float)[0] * 60 if len(rows) else np.full(3, np.nan))


def _fill(party: str) -> dict[str, Any]:
    k = PARTY_ORDER.index(party)
    return {"facecolor": COLOURS[k], "hatch": HATCHES[k], "edgecolor": "white", "linewidth": 0.5}


def _falls(
    panel: Axes, steps: Sequence[tuple[str, str, float]], whole: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    reached = 0.0
    for y, (_, party, minutes) in enumerate(steps):
        panel.barh(y, minutes, 0.7, left=reached, **_fill(party))
        reached += minutes
        panel.plot([reached, reached], [y - 0.35, y + 1.35], color="0.5", linewidth=0.7)
    change, lower, upper = whole
    if not np.isnan(change):
        panel.barh(len(steps), change, 0.7, color="0.75")
    if not np.isnan(lower):
        panel.errorbar(change, len(steps), xerr=[[change - lower], [upper - change]], color="black", capsize=3)
    panel.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    panel.set_yticks(range(len(steps) + 1), [*(words(stage) for stage, *_ in steps), "whole change"])
    panel.set_ylim(len(steps) + 0.6, -0.6)


def who_gains(differences: pd.DataFrame, who: Mapping[str, str], n: int, titles: Titles = None) -> Figure:
    """Change of mean clearance by whose lorries they are, with intervals.

    Parameters
    ----------
    differences : DataFrame
        Rows of one window against one reference.
    who : mapping
        Groups to draw, in order, with their readable names; "all" among them.
    n : int
        Replications.
    titles : mapping, optional
        Readable names of scenarios.
    """
    rows = differences[differences["indicator"] == "clearance_mean_h"]
    posts = [group for group in who if group.startswith("post=")]
    sides = [[group for group in who if group not in posts], posts]
    # Many groups stand in two columns, posts on the right, so that the figure stays on a page.
    columns = [side for side in sides if side] if len(who) > MOST_ROWS else [list(who)]
    room = rows_that_fit(row_in(rows["scenario"].nunique()), BESIDE_ROWS_IN)
    kept = [_largest(rows, groups, room) for groups in columns]
    missing = sum(map(len, columns)) - sum(map(len, kept))
    more = f"{missing} groups that change less are in the tables alone" if missing else ""
    names = [{group: who[group] for group in groups} for groups in kept]
    label = "change in mean clearance (min):\nleft is sooner, right is longer"
    return _changes(rows, names, 60.0, label, n, titles, more)


def _largest(rows: pd.DataFrame, groups: Sequence[str], room: int) -> list[str]:
    """As many groups as there is room for, those that change most, in their order; everybody is always among them."""
    size = rows["difference"].abs().groupby(rows["group"]).max().fillna(0.0)
    kept = sorted(groups, key=lambda group: (group != "all", -size.get(group, 0.0)))[:room]
    return [group for group in groups if group in kept]


def displacement(differences: pd.DataFrame, n: int, titles: Titles = None) -> Figure:
    """Change of illicit deliveries by way taken: what leaves one way and what comes by another; the sum on top.

    Parameters
    ----------
    differences : DataFrame
        Rows of one window against one reference; needs `illicit_delivered_per_day` (arm=...).
    n : int
        Replications.
    titles : mapping, optional
        Readable names of scenarios.
    """
    rows = differences[differences["indicator"] == "illicit_delivered_per_day"]
    arms = rows[rows["group"].str.startswith("arm=") & (rows["group"] != "arm=abstain")]
    room = rows_that_fit(row_in(rows["scenario"].nunique()), BESIDE_ROWS_IN) - 2
    named, rest = gather(arms, "difference", min(MOST_WAYS, room))
    drawn = pd.concat([rows[rows["group"] == "all"], named, rest])
    names = {group: way_name(group.removeprefix("arm=")) for group in dict.fromkeys(["all", *drawn["group"]])}
    label = "change in illicit deliveries a day: left is fewer, right is more"
    return _changes(drawn, [names], 1.0, label, n, titles, ways_said(named, rest, "change"))


def _changes(
    rows: pd.DataFrame,
    columns: Sequence[Mapping[str, str]],
    factor: float,
    label: str,
    n: int,
    titles: Titles,
    more: str = "",
) -> Figure:
    """Changes of groups, by column of the figure, with their names."""
    scenarios = list(dict.fromkeys(rows["scenario"]))
    longest = max(map(len, columns))
    with mpl.rc_context(STYLE):
        height = BESIDE_ROWS_IN + row_in(len(scenarios)) * longest
        figure, axes = new_figure(1, height, columns=len(columns), sharex=True)
        for panel, groups in zip(axes, columns, strict=True):
            _change_rows(panel, rows, scenarios, list(groups), factor)
            panel.set_yticks(range(len(groups)), [fill(name, LONGEST // len(columns)) for name in groups.values()])
            panel.set_ylim(longest - 0.5, -0.5)
            panel.set_xlabel(label)
        legend_above(figure, [handle(k + 1, title_of(s, titles)) for k, s in enumerate(scenarios)])
        note(figure, f"{INTERVALS}, simultaneous where a change is judged; n = {n} replications\n{more}")
    return figure


def _change_rows(panel: Axes, rows: pd.DataFrame, scenarios: list[str], groups: list[str], factor: float) -> None:
    for k, scenario in enumerate(scenarios):
        mine = rows[rows["scenario"] == scenario].set_index("group").reindex(groups)
        y = np.arange(len(groups)) + (k - (len(scenarios) - 1) / 2) * 0.75 / len(scenarios)
        value, lower, upper = mine[["difference", "lower", "upper"]].to_numpy(dtype=float).T * factor
        bars = np.nan_to_num([value - lower, upper - value])
        # The reference has the first look of every figure, so measures begin with the second.
        panel.errorbar(value, y, xerr=bars, linestyle="none", capsize=2, **look(k + 1, IN_ROWS))
    panel.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    for line in range(len(groups) - 1):
        panel.axhline(line + 0.5, color="0.9", linewidth=0.8)


def seen_beside_true(summary: pd.DataFrame, titles: Titles = None) -> Figure:
    """What an administration could observe, and what is true in the model, of every scenario.

    Parameters
    ----------
    summary : DataFrame
        Rows of one window.
    titles : mapping, optional
        Readable names of scenarios.
    """
    scenarios = list(dict.fromkeys(summary["scenario"]))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 1.9 + 0.26 * len(scenarios)), layout="constrained")
        axes = figure.subplots(1, len(BESIDE), sharey=True)
        for panel, (indicator, label, factor) in zip(axes, BESIDE, strict=True):
            mine = summary[(summary["indicator"] == indicator) & (summary["group"] == "all")]
            mine = mine.set_index("scenario").reindex(scenarios)
            mean, lower, upper = mine[["mean", "lower", "upper"]].to_numpy(dtype=float).T * factor
            bars = np.nan_to_num([mean - np.maximum(lower, 0.0), upper - mean])
            for k in range(len(scenarios)):
                panel.errorbar(mean[k], k, xerr=bars[:, [k]], linestyle="none", capsize=2, **look(k))
            panel.set_title(label, fontsize=8, loc="left")
            panel.set_xlim(0, reach_of(np.array([mean, upper])))
            panel.tick_params(labelsize=8)
            panel.locator_params(axis="x", nbins=3)
        axes[0].set_yticks(range(len(scenarios)), [title_of(s, titles) for s in scenarios], fontsize=8)
        axes[0].set_ylim(len(scenarios) - 0.5, -0.5)
        note(figure, f"{INTERVALS}, cut at 0; each column has its own scale; n = {count(summary)}")
    return figure
