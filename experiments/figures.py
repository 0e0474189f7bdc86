"""Figures of a comparison, drawn from its tables alone, each from the rows of one window."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from experiments.drawing import (
    COLOURS,
    IN_ROWS,
    LINES,
    MARKERS,
    PARTIES,
    STYLE,
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
    save_figure,
    say_undefined,
    select,
    svg,
    title_of,
    words,
)
from experiments.tables import PRIMARY_INDICATORS

__all__ = [
    "clearance_by_stage",
    "clearance_distribution",
    "interdiction_by_kind_and_arm",
    "save_figure",
    "svg",
    "trade_off_plane",
]

Titles = Mapping[str, str] | None
Floats = NDArray[np.float64]

CORNERS = {(0, 1): "faster, more found", (1, 1): "slower, more found"} | {
    (0, 0): "faster, less found",
    (1, 0): "slower, less found",
}
COVERS = {
    "aeo": "authorised trader",
    "ordinary": "ordinary trader",
    "diversion": "diverted in transit",
    "history": "company with a clean history",
    "officer": "examiner kept",
    "split": "load split over lorries",
    "unofficial": "unofficial crossing",
}
"""Whose goods hide what is smuggled."""
HALO = [withStroke(linewidth=3, foreground="white")]
"""Keeps a black line apart from a black bar."""
STAGE_COLOURS = (
    "#117733", "#88CCEE", "#AA4499", "#DDCC77", "#CC6677", "#332288", "#44AA99", "#882255", "#999933",
)  # fmt: skip
"""Tol (2021), told apart with any colour vision; dark and light in turn, so that neighbours differ in grey as well."""
SMALLEST_SHARE, LEAST_SHARE = 0.01, 0.001
"""Shares of mean clearance: stages shorter than the first are gathered, what is missing above the second is shown."""
UNRELEASED = "not released yet"
Look = Mapping[str, Any]
OF_UNRELEASED: Look = {
    "facecolor": "white", "edgecolor": "black", "hatch": "....", "linewidth": 0.5, "label": UNRELEASED,
}  # fmt: skip
SHORTEST_H = 1 / 60
MOST_WAYS = 10
"""Ways of smuggling drawn one by one."""
LEAST_MIN, LEAST_POINTS = 6.0, 1.0
"""Reach of the trade-off plane when nothing changes, so that nothing does not look like much."""


def trade_off_plane(
    summary: pd.DataFrame,
    differences: pd.DataFrame,
    titles: Titles = None,
    ranges: pd.DataFrame | None = None,
    windows: int = 1,
) -> Figure:
    """Change in mean clearance against change in interdiction rate, both relative to the reference.

    Parameters
    ----------
    summary, differences : DataFrame
        Tables of a comparison; only rows of the primary family are drawn, with simultaneous intervals.
    titles : mapping, optional
        Readable names of scenarios.
    ranges : DataFrame, optional
        `assumption_ranges` of the same window; drawn behind, as pale beams, where assumptions were drawn.
    windows : int
        Windows whose comparisons the intervals hold for together, this one included.
    """
    primary = differences[differences["family"] == "primary"]
    reference = str(primary["reference"].iloc[0]) if len(primary) else "reference"
    left_out = []
    with mpl.rc_context(STYLE):
        figure, (plane,) = new_figure(1, 5.4)
        handles = [Line2D([], [], marker="+", color="black", linestyle="none", label=title_of(reference, titles))]
        scenarios = list(dict.fromkeys(summary["scenario"]))
        for scenario in primary["scenario"].unique():
            # Position in the summary, so that a scenario looks the same in every figure.
            k = scenarios.index(scenario)
            bars = _both(primary[primary["scenario"] == scenario])
            if np.isnan(bars[:, 0]).any():
                left_out.append(title_of(scenario, titles))
                continue
            _cross(plane, k, bars)
            if ranges is not None:
                _beams(plane, k, ranges[ranges["scenario"] == scenario], (bars[0, 0], bars[1, 0]))
            handles.append(handle(k, title_of(scenario, titles)))
        plane.plot(0, 0, marker="+", color="black", markersize=11, linestyle="none")
        _name_corners(plane)
        plane.set_xlabel("change in mean clearance, arrival to release (min)")
        plane.set_ylabel("change in interdiction rate (percentage points)")
        legend_above(figure, handles)
        text = f"bars: simultaneous 95 % intervals over {windows * len(primary)} comparisons; n = {count(summary)}"
        if ranges is not None and len(ranges):
            draws = int(ranges["draws"].max())
            text += f"\npale beams: assumption range, nine of ten of {draws} draws; hollow: their medians"
        note(figure, text + (f"; not defined: {', '.join(left_out)}" if left_out else ""))
    return figure


def _both(rows: pd.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Difference, lower, upper of clearance (min) and of interdiction (percentage points)."""
    bars = rows.set_index("indicator").reindex(PRIMARY_INDICATORS)[["difference", "lower", "upper"]]
    return bars.to_numpy(dtype=float) * [[60.0], [100.0]]


def _cross(axes: Axes, k: int, bars: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    (x, x_low, x_high), (y, y_low, y_high) = bars
    axes.errorbar(
        x, y, xerr=[[x - x_low], [x_high - x]], yerr=[[y - y_low], [y_high - y]], linestyle="none", capsize=3, **look(k)
    )  # fmt: skip


def _beams(axes: Axes, k: int, ranges: pd.DataFrame, at: tuple[float, float]) -> None:
    """Assumption range of clearance and of interdiction, through its medians; chance is no part of it.

    Medians over assumptions need not be where the measure is with its assumptions at their centre: a dotted line leads
    from there to a hollow marker, so that one sees whose beams they are without colour.
    """
    rows = ranges[ranges["group"] == "all"].set_index("indicator").reindex(PRIMARY_INDICATORS)
    (x_low, x, x_high), (y_low, y, y_high) = rows[["low", "median", "high"]].to_numpy(dtype=float) * [[60.0], [100.0]]
    for beam in (([x_low, x_high], [y, y]), ([x, x], [y_low, y_high])):
        axes.plot(*beam, color=COLOURS[k % len(COLOURS)], alpha=0.22, linewidth=7, solid_capstyle="butt", zorder=1)
    hollow = {**look(k), "markerfacecolor": "white", "markevery": [1], "linestyle": ":", "linewidth": 1}
    axes.plot([at[0], x], [at[1], y], zorder=1.5, **hollow)


def _name_corners(axes: Axes) -> None:
    """Say in words what each corner means, with 0 well inside so that every corner exists."""
    axes.margins(0.2)
    spans = ((axes.get_xlim(), axes.set_xlim, LEAST_MIN), (axes.get_ylim(), axes.set_ylim, LEAST_POINTS))
    for (low, high), widen, least in spans:
        reach = max(abs(low), abs(high), least)
        widen(min(low, -0.5 * reach), max(high, 0.5 * reach))
    for line in (axes.axhline, axes.axvline):
        line(0, color="0.6", linewidth=0.8, zorder=0)
    for (right, top), text in CORNERS.items():
        axes.text(
            0.99 if right else 0.01, 0.985 if top else 0.015, text, transform=axes.transAxes, color="0.35",
            style="italic", ha="right" if right else "left", va="top" if top else "bottom",
        )  # fmt: skip


def clearance_by_stage(summary: pd.DataFrame, titles: Titles = None, stages: Sequence[str] = ()) -> Figure:
    """Mean hours by stage and by responsible party, one bar per scenario.

    Parameters
    ----------
    summary : DataFrame
        Needs `time_by_stage_h` (groups stage=...), `time_by_party_h` (party=...) and `clearance_mean_h`.
    titles : mapping, optional
        Readable names of scenarios.
    stages : sequence of str, optional
        Order of the stages in the bar; others follow in the order of the table.
    """
    by_stage = _wide(summary, "time_by_stage_h", "stage=")
    by_stage = by_stage[[s for s in stages if s in by_stage] + [s for s in by_stage if s not in stages]]
    by_stage = _gather_small(by_stage)
    by_party = _wide(summary, "time_by_party_h", "party=")
    by_party = by_party[[p for p in PARTIES if p in by_party and by_party[p].any()]]
    of_parties = {party: {"label": name, **party_look(party)} for party, name in PARTIES.items()}
    panels: list[tuple[str, pd.DataFrame, Mapping[str, Look]]] = [
        ("stage", by_stage, _stage_looks([str(stage) for stage in by_stage])),
        ("responsible party", by_party, of_parties),
    ]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(2, 2 * (1.5 + 0.36 * len(by_stage)))
        for panel, (what, hours, looks) in zip(axes, panels, strict=True):
            means = _means(summary, list(hours.index))
            # A wide interval may leave the picture, but must not squeeze the bars.
            longest = float(np.nanmax(means[:, 0], initial=hours.sum(axis=1).max() if len(hours) else 0.0))
            panel.set_xlim(0, min(reach_of(means[:, [0, 2]]), reach_of(np.array([1.4 * longest]))))
            _stack(panel, _up_to(means, hours), looks)
            _mark_means(panel, means)
            panel.set_yticks(range(len(hours)), [title_of(s, titles) for s in hours.index])
            panel.invert_yaxis()
            panel.set_title(f"Mean hours by {what}", loc="left")
            panel.set_xlabel("hours per journey, arrival to release")
            if len(hours.columns):
                panel.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8, handlelength=2.4)
        note(
            figure, f"diamond: mean clearance with its 95 % interval, an arrow where that goes on; n = {count(summary)}"
        )
    return figure


def _wide(summary: pd.DataFrame, indicator: str, prefix: str) -> pd.DataFrame:
    """Scenario x group in order of first appearance; what is not defined has no length."""
    rows = select(summary, indicator, prefix)
    groups = rows["group"].unique()
    table = rows.pivot_table(index="scenario", columns="group", values="mean", aggfunc="sum")
    table = table.reindex(index=rows["scenario"].unique(), columns=groups)
    return table.rename(columns=lambda g: str(g).removeprefix(prefix)).fillna(0.0)


def _gather_small(hours: pd.DataFrame) -> pd.DataFrame:
    """Stages too short to be seen, or more than there are colours for, become one, named with their number."""
    longest = hours.sum(axis=1).max()
    size = hours.max().sort_values(ascending=False, kind="stable")
    told = size.index[size >= SMALLEST_SHARE * longest][: len(STAGE_COLOURS)]
    small = [c for c in hours.columns if c not in told]
    if len(small) < 2:
        return hours
    return hours.drop(columns=small).assign(**{f"other stages ({len(small)})": hours[small].sum(axis=1)})


def _stage_looks(stages: Sequence[str]) -> dict[str, Look]:
    """Fill and label of each stage. Labels begin with a number that stands in the bars: nobody has to match colours."""
    colours = [*STAGE_COLOURS, "0.85"]
    return {
        stage: {"facecolor": colours[k], "edgecolor": "white", "linewidth": 0.5, "label": f"{k + 1}  {words(stage)}"}
        for k, stage in enumerate(stages)
    }


def _up_to(means: Floats, hours: pd.DataFrame) -> pd.DataFrame:
    """The hours, and what is missing to the mean: time of lorries not released in the stage where they stand."""
    missing = np.nan_to_num(means[:, 0] - hours.sum(axis=1).to_numpy(dtype=float)).clip(min=0.0)
    if missing.max(initial=0.0) <= LEAST_SHARE * np.nanmax(means[:, 0], initial=0.0):
        return hours
    return hours.assign(**{UNRELEASED: missing})


def _stack(axes: Axes, hours: pd.DataFrame, looks: Mapping[str, Look]) -> None:
    left, narrowest = np.zeros(len(hours)), 0.015 * axes.get_xlim()[1]
    for part in hours.columns:
        width, fill = hours[part].to_numpy(dtype=float), looks.get(part, OF_UNRELEASED)
        axes.barh(range(len(hours)), width, 0.62, left=left, **fill)
        number, numbered, _ = str(fill["label"]).partition("  ")
        for y, (start, long) in enumerate(zip(left, width, strict=True)):
            if numbered and long >= narrowest:
                # Above the middle, where the mean and its interval are.
                axes.text(start + long / 2, y - 0.16, number, ha="center", va="center", fontsize=8, path_effects=HALO)
        left += width


def _means(summary: pd.DataFrame, scenarios: list[str]) -> Floats:
    """Mean clearance of each scenario, lower and upper (h)."""
    rows = select(summary, "clearance_mean_h").query("group == 'all'").set_index("scenario").reindex(scenarios)
    return rows[["mean", "lower", "upper"]].to_numpy(dtype=float)


def _mark_means(axes: Axes, means: Floats) -> None:
    for y, (mean, lower, upper) in enumerate(means):
        if not np.isnan(mean):
            axes.errorbar(
                mean, y, xerr=[[mean - lower], [upper - mean]], marker="D", markersize=5, color="black",
                markerfacecolor="white", capsize=3, zorder=5, path_effects=HALO,
            )  # fmt: skip
        right = axes.get_xlim()[1]
        if upper > right:
            axes.plot(right, y, marker=">", color="black", clip_on=False)


def clearance_distribution(distribution: pd.DataFrame, titles: Titles = None) -> Figure:
    """Share of journeys released within so many hours, on a logarithmic axis.

    Parameters
    ----------
    distribution : DataFrame
        Columns scenario, hours, share (cumulative); optional `lower`, `upper` (95 % interval of the share) and
        `journeys` (number behind the curve).
    titles : mapping, optional
        Readable names of scenarios.
    """
    with mpl.rc_context(STYLE):
        figure, (panel,) = new_figure(1, 4.6)
        for k, (scenario, curve) in enumerate(distribution.groupby("scenario", sort=False)):
            _curve(panel, k, title_of(str(scenario), titles), curve)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        panel.set_ylim(0, 102)
        panel.set_xlabel("hours from arrival to release (logarithmic; left edge: a minute or less)")
        panel.set_ylabel("released within (% of journeys)")
        panel.grid(True, which="major", color="0.9", linewidth=0.6)
        if len(distribution):
            panel.legend(loc="upper left", frameon=False)
        bands = "bands: 95 % intervals" if "lower" in distribution else "replications pooled; no interval is drawn"
        note(figure, bands)
    return figure


def _curve(axes: Axes, k: int, label: str, curve: pd.DataFrame) -> None:
    hours = curve["hours"].clip(lower=SHORTEST_H).to_numpy(dtype=float)
    if "journeys" in curve:
        label += f" (n = {int(curve['journeys'].max()):,} journeys)"
    colour = COLOURS[k % len(COLOURS)]
    axes.plot(
        hours, curve["share"].to_numpy(dtype=float) * 100, color=colour, linestyle=LINES[k % len(LINES)],
        marker=MARKERS[k % len(MARKERS)], markevery=(0.02 * (k + 1), 0.12), markersize=5, label=label,
    )  # fmt: skip
    if {"lower", "upper"} <= set(curve.columns):
        low, high = (curve[c].to_numpy(dtype=float) * 100 for c in ("lower", "upper"))
        axes.fill_between(hours, low, high, color=colour, alpha=0.15, linewidth=0)


def interdiction_by_kind_and_arm(summary: pd.DataFrame, titles: Titles = None) -> Figure:
    """Interdiction rate by kind of goods, and illicit deliveries per day by way taken.

    Parameters
    ----------
    summary : DataFrame
        Needs `interdiction_rate` (groups kind=...) and `illicit_delivered_per_day` (arm=...).
    titles : mapping, optional
        Readable names of scenarios.
    """
    kinds = select(summary, "interdiction_rate", "kind=")
    arms, whole = (select(summary, "illicit_delivered_per_day", groups) for groups in ("arm=", "all"))
    taken = arms.groupby("group")["mean"].transform("max") > 0
    arms = arms[(arms["group"] != "arm=abstain") & (taken | (not taken.any()))]
    scenarios = list(dict.fromkeys([*kinds["scenario"], *arms["scenario"]]))
    row, beside = row_in(len(scenarios)), 3.4
    room = rows_that_fit(row, beside) - kinds["group"].nunique() - 2
    named, rest = gather(arms, "mean", min(MOST_WAYS, max(1, room)))
    panels = (
        (kinds, 100.0, "Stopped before release, by kind", "interdiction rate (% of prohibited goods presented)"),
        (named, 1.0, "Illicit goods delivered, by way taken", "deliveries per day"),
        # On a scale of their own: beside sums, single ways are too short to be told apart.
        (pd.concat([whole, rest]), 1.0, "Illicit goods delivered, together", "deliveries per day"),
    )
    sizes = [max(1, rows["group"].nunique()) for rows, *_ in panels]
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(len(panels), beside + row * sum(sizes), sizes)
        for panel, (rows, factor, title, label) in zip(axes, panels, strict=True):
            _dots(panel, rows, scenarios, factor, most=100.0 if rows is kinds else np.inf)
            panel.set_title(title, loc="left")
            panel.set_xlabel(label)
        legend_above(figure, [handle(k, title_of(s, titles)) for k, s in enumerate(scenarios)])
        bars = "bars: 95 % intervals, each by itself (exploratory), cut at 0 and at 100 %; none where nothing varied"
        note(figure, f"{bars}; n = {count(summary)}\n{ways_said(named, rest, 'deliveries')}")
    return figure


def ways_said(named: pd.DataFrame, rest: pd.DataFrame, most: str) -> str:
    """What a way is, and which of them are drawn one by one."""
    said, number = "way: post, and whose goods the illicit ones hide in", named["group"].nunique()
    if not len(rest):
        return said
    if not number:
        return f"{said}; none shows any {most}"
    return f"{said}; drawn: the {number} with most {most}; the sum of the others has no interval"


def way_name(name: str) -> str:
    """A kind of goods, or a way taken: `Ysleta/aeo` becomes "Ysleta, authorised trader"."""
    place, cover = name.partition("/")[::2]
    if place == "all":
        return "all ways together"
    return f"{words(place)}, {COVERS.get(cover, words(cover))}" if cover else COVERS.get(name, words(name))


def _dots(axes: Axes, rows: pd.DataFrame, scenarios: list[str], factor: float, most: float) -> None:
    groups = list(dict.fromkeys(rows["group"]))
    places, means = places_in_rows(len(scenarios), len(groups)), []
    for k, scenario in enumerate(scenarios):
        mine = rows[rows["scenario"] == scenario].set_index("group").reindex(groups)
        mean, lower, upper = mine[["mean", "lower", "upper"]].to_numpy(dtype=float).T * factor
        # With few events a symmetric interval can leave what is possible, so the picture cuts it there.
        lower, upper = np.maximum(lower, 0.0), np.minimum(upper, most)
        bars = [mean - lower, upper - mean]
        axes.errorbar(mean, places[k], xerr=bars, linestyle="none", capsize=2, **look(k, IN_ROWS))
        means.append(mean)
    say_undefined(axes, means, places)
    axes.set_yticks(range(len(groups)), [way_name(g.rpartition("=")[2]) for g in groups])
    axes.set_ylim(max(1, len(groups)) - 0.5, -0.5)
    for line in range(len(groups) - 1):
        axes.axhline(line + 0.5, color="0.9", linewidth=0.8)
    right = reach_of(np.minimum(rows[["mean", "upper"]].to_numpy(dtype=float) * factor, most))
    axes.set_xlim(-0.012 * right, right)
