"""Figures of what measures change: where minutes go, who gains and who waits, where smuggling goes, what is seen."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from experiments.drawing import (
    IN_ROWS,
    PARTIES,
    STYLE,
    TALLEST_IN,
    count,
    gather,
    handle,
    legend_above,
    look,
    new_figure,
    note,
    party_look,
    places_in_rows,
    reach_of,
    row_in,
    rows_that_fit,
    say_undefined,
    title_of,
    words,
)
from experiments.figures import MOST_WAYS, way_name, ways_said
from experiments.report.words import two_figures

Titles = Mapping[str, str] | None
Floats = NDArray[np.float64]
Step = tuple[str, str, float]
"""Stage, who is responsible, and minutes."""
SMALL = 0.02
"""Share of the largest step of a waterfall up to which steps are gathered."""
STEP_IN, PANEL_IN, FOOT_IN = 0.19, 0.42, 1.2
"""Heights in a waterfall: of a step, of what a panel has beside them, and of legend, axis and notes."""
LEAST_MIN = 1.0
"""Shortest stretch of time an axis shows, so that nothing does not look like much."""
ROUNDING_MIN = 1e-6
MINUS = "\N{MINUS SIGN}"
REMAINDER = "not released, or over 15 days"
REMAINDER_SAID = (
    "not released, or over 15 days: time in a stage that had not ended when the run did is part of mean clearance and "
    "of no stage; of longer times mean clearance counts 15 days"
)
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
    found = [_steps(differences, scenario, parties) for scenario in scenarios]
    floor = _floor([abs(minutes) for rows in found for *_, minutes in rows], len(scenarios))
    steps = [_gathered(rows, floor) for rows in found]
    wholes = [_whole(differences, scenario) for scenario in scenarios]
    heights = [PANEL_IN + STEP_IN * (len(rows) + 1) for rows in steps]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(len(scenarios), FOOT_IN + sum(heights), heights, sharex=True)
        axes[0].set_xlim(*_reach(steps, wholes))
        for panel, scenario, rows, whole in zip(axes, scenarios, steps, wholes, strict=True):
            _falls(panel, rows, whole)
            panel.set_title(f"{title_of(scenario, titles)}: {_told(whole)}", loc="left")
        axes[-1].set_xlabel("change in mean clearance, arrival to release (min)")
        seen = {party for rows in steps for _, party, _ in rows}
        legend_above(figure, [Patch(label=PARTIES[p], **party_look(p)) for p in PARTIES if p in seen])
        more = REMAINDER_SAID if any(stage == REMAINDER for rows in steps for stage, *_ in rows) else ""
        text = "steps add up to the grey bar; the line is its simultaneous 95 % interval, an arrow where it goes on"
        note(figure, f"{text}; n = {n} replications\n{more}")
    return figure


def _steps(differences: pd.DataFrame, scenario: str, parties: Mapping[str, str]) -> list[Step]:
    """Stage, party and minutes of what changed; last, what the whole change is more or less than all stages."""
    rows = differences[(differences["scenario"] == scenario) & (differences["indicator"] == "time_by_stage_h")]
    stages = rows["group"].str.removeprefix("stage=")
    found = [(s, parties.get(s, ""), 60 * d) for s, d in zip(stages, rows["difference"], strict=True) if d and d == d]
    rest = float(_whole(differences, scenario)[0]) - sum(minutes for *_, minutes in found)
    return [*found, (REMAINDER, "", rest)] if abs(rest) > ROUNDING_MIN else found


def _floor(sizes: Sequence[float], panels: int) -> float:
    """Size (min) up to which steps are gathered: too small to be seen, or more of them than the page has room for."""
    room = max(0, int((TALLEST_IN - FOOT_IN - PANEL_IN * panels) / STEP_IN) - 2 * panels)
    ordered = sorted(sizes, reverse=True)
    return max(SMALL * max(ordered, default=0.0), *ordered[room : room + 1], 0.0)


def _gathered(found: Sequence[Step], floor: float) -> list[Step]:
    """Steps by party and then by size, the remainder after them; two or more small ones become one."""
    small = [step for step in found if abs(step[2]) <= floor]
    small = small if len(small) > 1 else []
    order = list(PARTIES)
    told = sorted((s for s in found if s not in small), key=lambda step: (order.index(step[1]), -abs(step[2])))
    return [*told, *([(f"{len(small)} smaller ones", "", sum(s[2] for s in small))] if small else [])]


def _whole(differences: pd.DataFrame, scenario: str) -> Floats:
    """Whole change of mean clearance, lower and upper (min)."""
    chosen = (differences["scenario"] == scenario) & (differences["indicator"] == "clearance_mean_h")
    rows = differences[chosen & (differences["group"] == "all")][["difference", "lower", "upper"]]
    return np.asarray(rows.to_numpy(dtype=float)[0] * 60 if len(rows) else np.full(3, np.nan))


def _told(whole: Floats) -> str:
    change, lower, upper = whole
    interval = "" if np.isnan(lower) else f" ({two_figures(lower)} to {two_figures(upper)})"
    return f"{two_figures(change)}{'' if np.isnan(change) else ' min'}{interval}".replace("-", MINUS)


def _reach(steps: Sequence[Sequence[Step]], wholes: Sequence[Floats]) -> tuple[float, float]:
    """Ends of the axis: all bars, and intervals as far as they leave the bars a quarter of the width."""
    ends = np.concatenate([np.cumsum([0.0, *(minutes for *_, minutes in rows)]) for rows in steps])
    low, high = float(ends.min()), float(ends.max())
    beyond = 1.5 * max(high - low, LEAST_MIN)
    left = max(low - beyond, float(np.fmin.reduce([low, *(whole[1] for whole in wholes)])))
    right = min(high + beyond, float(np.fmax.reduce([high, *(whole[2] for whole in wholes)])))
    margin = 0.03 * max(right - left, LEAST_MIN)
    return left - margin, right + margin


def _falls(panel: Axes, steps: Sequence[Step], whole: Floats) -> None:
    reached, last = 0.0, len(steps)
    for y, (_, party, minutes) in enumerate(steps):
        # Without an edge: that would hide the shortest steps.
        panel.barh(y, minutes, 0.7, left=reached, **party_look(party) | {"linewidth": 0})
        reached += minutes
        panel.plot([reached, reached], [y - 0.35, y + 1.35], color="0.5", linewidth=0.7)
    change, lower, upper = whole
    if not np.isnan(change):
        panel.barh(last, change, 0.7, color="0.75")
    if not np.isnan(lower):
        panel.errorbar(change, last, xerr=[[change - lower], [upper - change]], color="black", capsize=3)
    left, right = panel.get_xlim()
    for edge, marker, beyond in ((left, "<", lower < left), (right, ">", upper > right)):
        if beyond:
            panel.plot(edge, last, marker=marker, color="black", clip_on=False)
    panel.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    panel.set_yticks(range(last + 1), [*(words(stage) for stage, *_ in steps), "whole change"])
    panel.set_ylim(last + 0.6, -0.6)


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
    places, values = places_in_rows(len(scenarios), len(groups)), []
    for k, scenario in enumerate(scenarios):
        mine = rows[rows["scenario"] == scenario].set_index("group").reindex(groups)
        value, lower, upper = mine[["difference", "lower", "upper"]].to_numpy(dtype=float).T * factor
        bars = np.nan_to_num([value - lower, upper - value])
        # The reference has the first look of every figure, so measures begin with the second.
        panel.errorbar(value, places[k], xerr=bars, linestyle="none", capsize=2, **look(k + 1, IN_ROWS))
        values.append(value)
    say_undefined(panel, values, places)
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
            # With few events a symmetric interval can leave what is possible, so the picture cuts it there.
            lower, upper = np.maximum(lower, 0.0), np.minimum(upper, 100.0 if "%" in label else np.inf)
            bars = np.nan_to_num([mean - lower, upper - mean])
            for k in range(len(scenarios)):
                panel.errorbar(mean[k], k, xerr=bars[:, [k]], linestyle="none", capsize=2, **look(k))
            panel.set_title(label, fontsize=8, loc="left")
            panel.set_xlim(0, reach_of(np.array([mean, upper])))
            panel.tick_params(labelsize=8)
            panel.locator_params(axis="x", nbins=3)
        axes[0].set_yticks(range(len(scenarios)), [title_of(s, titles) for s in scenarios], fontsize=8)
        axes[0].set_ylim(len(scenarios) - 0.5, -0.5)
        note(figure, f"{INTERVALS}, cut at 0 and at 100 %; each column has its own scale; n = {count(summary)}")
    return figure
