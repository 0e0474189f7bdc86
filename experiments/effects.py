"""Figures of a sweep: outcomes against each factor, and how much each factor decides."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from experiments.design import Design
from experiments.drawing import STYLE, WIDTH_IN, handle, legend_above, look, new_figure, note, title_of, words
from experiments.factors import Factor, short_name
from experiments.ranges import headline
from experiments.sensitivity import decisive, strongest_factors
from experiments.tables import PRIMARY_INDICATORS

MOST_FACTORS, MOST_SCENARIOS = 12, 6
ROW_IN = 1.35
CHANGES = {"clearance_mean_h": (60.0, "min"), "interdiction_rate": (100.0, "percentage points")}
LEVELS = {"clearance_mean_h": (1.0, "h"), "interdiction_rate": (100.0, "%")}
NAMES = {"clearance_mean_h": "mean clearance", "interdiction_rate": "interdiction rate"}
LEAST = 1.0
"""Reach of an axis of changes (min, percentage points), so that nothing does not look like much."""
Titles = Mapping[str, str]


def name_of(path: str) -> str:
    """A setting's path as a reader would write it: `assumptions.staff.skill_sd` becomes "staff: skill sd"."""
    return words(short_name(path)).replace(".", ": ")


def effects(
    design: Design,
    results: pd.DataFrame,
    indicator: str,
    paths: Sequence[str],
    scenarios: Sequence[str],
    titles: Titles,
) -> Figure:
    """An outcome at every point, one row of panels per factor and one column per scenario.

    Parameters
    ----------
    design : Design
        The points.
    results : DataFrame
        `differences` per point, or `points` where there is one scenario only.
    indicator : str
        One of the primary indicators.
    paths : sequence of str
        Factors in order of weight; the first twelve are drawn.
    scenarios : sequence of str
        All scenarios of the sweep, so that one looks the same in every figure.
    titles : mapping
        Readable names of scenarios.
    """
    change = "difference" in results
    rows = headline(results)
    rows = rows[rows["indicator"] == indicator]
    factors = [design.factors[design.paths.index(path)] for path in paths[:MOST_FACTORS]]
    drawn = [s for s in scenarios if s in set(rows["scenario"])][:MOST_SCENARIOS]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, 0.9 + ROW_IN * len(factors)), layout=ConstrainedLayoutEngine(h_pad=0.14))
        axes = figure.subplots(len(factors), len(drawn), sharex="row", sharey="col", squeeze=False)
        for column, scenario in enumerate(drawn):
            mine = rows[rows["scenario"] == scenario]
            for factor, panel in zip(factors, axes[:, column], strict=True):
                _scatter(panel, factor, mine, scenarios.index(scenario), change)
            axes[0, column].set_title(title_of(scenario, titles), fontsize=9, loc="left")
        for factor, line in zip(factors, axes, strict=True):
            _name(factor, line)
        figure.supylabel(_outcome(indicator, change), fontsize=9)
        note(figure, _small_print(rows["point"].nunique(), len(paths) - len(factors)))
    return figure


def weights(sensitivity: pd.DataFrame, paths: Sequence[str], scenarios: Sequence[str], titles: Titles) -> Figure:
    """Index of each factor for the two headline outcomes, with intervals; strongest on top.

    Parameters
    ----------
    sensitivity : DataFrame
        As `experiments.sensitivity.sensitivity_table` returns it; at least one index is defined.
    paths : sequence of str
        All factors.
    scenarios : sequence of str
        All scenarios of the sweep.
    titles : mapping
        Readable names of scenarios.
    """
    rows = decisive(sensitivity)
    change = rows["outcome"].iloc[0] == "change"
    present = [i for i in PRIMARY_INDICATORS if i in set(rows["indicator"])]
    drawn = {s: scenarios.index(s) for s in scenarios if s in set(rows["scenario"])}
    index = str(rows["index"].iloc[0])
    height = (0.25 + 0.09 * len(drawn)) * min(len(paths), MOST_FACTORS)
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(len(present), 1.2 + (0.9 + height) * len(present))
        for panel, indicator in zip(axes, present, strict=True):
            order = strongest_factors(sensitivity, indicator, paths)[:MOST_FACTORS]
            _dots(panel, rows[rows["indicator"] == indicator], order, drawn)
            panel.set_title(f"What the {_outcome(indicator, change).partition(' (')[0]} follows", loc="left")
            panel.set_xlabel("total index (share of the variance)" if index == "total" else f"{index} (-1 to 1)")
            panel.set_xlim(*((-0.05, 1.05) if index == "total" else (-1.05, 1.05)))
        legend_above(figure, [handle(k, title_of(s, titles)) for s, k in drawn.items()])
        bars = "bars: 95 % intervals together over the factors; none where nothing changed over the points"
        note(figure, f"{bars}; n = {int(rows['points'].max())} points; exploratory")
    return figure


def _small_print(points: int, left_out: int) -> str:
    weaker = f"; {left_out} weaker factors are not drawn" if left_out else ""
    return f"n = {points} points, their intervals are in the tables; each column has its own scale; exploratory{weaker}"


def _scatter(panel: Axes, factor: Factor, rows: pd.DataFrame, k: int, change: bool) -> None:
    scale, _ = (CHANGES if change else LEVELS)[str(rows["indicator"].iloc[0])]
    x = [factor.position(value) for value in rows[factor.path]]
    y = rows["difference" if change else "mean"].to_numpy(dtype=float) * scale
    panel.plot(x, y, linestyle="none", alpha=0.8, **{**look(k), "markersize": 4})
    if change:
        panel.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        low, high = panel.get_ylim()
        panel.set_ylim(min(low, -LEAST), max(high, LEAST))
    panel.tick_params(labelsize=7)


def _name(factor: Factor, line: Sequence[Axes]) -> None:
    """Say below a row of panels which factor it is about, in which unit."""
    unit = f" ({factor.unit})" if factor.unit else ""
    label = line[0].text(0, -0.42, f"{name_of(factor.path)}{unit}", fontsize=8, transform=line[0].transAxes)
    label.set_in_layout(False)  # it may be wider than its panel
    for panel in line:
        if factor.log:
            panel.set_xscale("log")
        elif factor.numeric:
            panel.xaxis.set_major_locator(MaxNLocator(3))
        else:
            panel.set_xticks(range(len(factor.values)), [str(value) for value in factor.values])


def _outcome(indicator: str, change: bool) -> str:
    _, unit = (CHANGES if change else LEVELS)[indicator]
    return f"{'change in ' if change else ''}{NAMES[indicator]} ({unit})"


def _dots(panel: Axes, cells: pd.DataFrame, order: Sequence[str], places: Mapping[str, int]) -> None:
    for n, (scenario, k) in enumerate(places.items()):
        mine = cells[cells["scenario"] == scenario].set_index("factor").reindex(list(order))
        y = np.arange(len(order)) + (n - (len(places) - 1) / 2) * 0.7 / len(places)
        value, lower, upper = mine[["value", "lower", "upper"]].to_numpy(dtype=float).T
        bars = np.nan_to_num([value - lower, upper - value])
        panel.errorbar(value, y, xerr=bars, linestyle="none", capsize=2, **{**look(k), "markersize": 4.5})
    panel.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    panel.set_yticks(range(len(order)), [name_of(path) for path in order])
    panel.set_ylim(len(order) - 0.5, -0.5)
    for line in range(len(order) - 1):
        panel.axhline(line + 0.5, color="0.92", linewidth=0.8)
