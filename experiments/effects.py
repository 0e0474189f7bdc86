"""Figures of a sweep: outcomes against each factor, and how much each factor decides."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.design import Design
from experiments.drawing import STYLE, WIDTH_IN, handle, legend_above, look, new_figure, note, title_of, words
from experiments.factors import Factor, short_name
from experiments.ranges import headline
from experiments.sensitivity import decisive, strongest_factors
from experiments.tables import PRIMARY_INDICATORS

COLUMNS = 3
MOST_PANELS = 9
MOST_ROWS = 15
SCALES = {"clearance_mean_h": (60.0, "min"), "interdiction_rate": (100.0, "percentage points")}
LEVELS = {"clearance_mean_h": (1.0, "h"), "interdiction_rate": (100.0, "%")}
NAMES = {"clearance_mean_h": "mean clearance", "interdiction_rate": "interdiction rate"}
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
    """An outcome at every point against each factor, one panel per factor.

    Parameters
    ----------
    design : Design
        The points.
    results : DataFrame
        `differences` per point, or `points` where there is one scenario only.
    indicator : str
        One of the primary indicators.
    paths : sequence of str
        Factors in order of weight; the first nine are drawn.
    scenarios : sequence of str
        All scenarios of the sweep, so that one looks the same in every figure.
    titles : mapping
        Readable names of scenarios.
    """
    change = "difference" in results
    rows = headline(results).query("indicator == @indicator")
    shown = list(paths[:MOST_PANELS])
    drawn = [s for s in scenarios if s in set(rows["scenario"])]
    with mpl.rc_context(STYLE):
        figure, panels = _panels(len(shown))
        for panel, path in zip(panels, shown, strict=True):
            factor = design.factors[design.paths.index(path)]
            for scenario in drawn:
                _scatter(panel, factor, rows[rows["scenario"] == scenario], scenarios.index(scenario), change)
            _dress(panel, factor, change)
        figure.supylabel(_outcome(indicator, change), fontsize=9)
        legend_above(figure, [handle(scenarios.index(s), title_of(s, titles)) for s in drawn])
        left_out = f"; {len(paths) - len(shown)} weaker factors not drawn" if len(paths) > len(shown) else ""
        note(figure, f"bars: 95 % intervals of each point; n = {rows['point'].nunique()} points; exploratory{left_out}")
    return figure


def weights(sensitivity: pd.DataFrame, paths: Sequence[str], scenarios: Sequence[str], titles: Titles) -> Figure:
    """Index of each factor for the two headline outcomes, with intervals; strongest on top.

    Parameters
    ----------
    sensitivity : DataFrame
        As `experiments.sensitivity.sensitivity_table` returns it.
    paths : sequence of str
        All factors.
    scenarios : sequence of str
        All scenarios of the sweep.
    titles : mapping
        Readable names of scenarios.
    """
    rows = decisive(sensitivity)
    if (rows["outcome"] == "change").any():
        rows = rows[rows["outcome"] == "change"]
    present = [i for i in PRIMARY_INDICATORS if i in set(rows["indicator"])]
    index = str(rows["index"].iloc[0])
    drawn = [s for s in scenarios if s in set(rows["scenario"])]
    height = (0.25 + 0.09 * len(drawn)) * min(len(paths), MOST_ROWS)
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(len(present), 1.2 + (0.9 + height) * len(present))
        for panel, indicator in zip(axes, present, strict=True):
            cells = rows[rows["indicator"] == indicator]
            order = strongest_factors(sensitivity, indicator, paths)[:MOST_ROWS]
            _dots(panel, cells, order, {s: scenarios.index(s) for s in drawn})
            change = str(cells["outcome"].iloc[0]) == "change"
            panel.set_title(f"What {_outcome(indicator, change)} follows".replace(" (", "|").split("|")[0], loc="left")
            panel.set_xlabel(f"{index} (share of variance)" if index == "total" else f"{index} (-1 to 1)")
        legend_above(figure, [handle(scenarios.index(s), title_of(s, titles)) for s in drawn])
        note(figure, f"bars: 95 % intervals over the design; n = {int(rows['points'].max())} points; exploratory")
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    lines = -(-count // COLUMNS)
    figure = Figure(figsize=(WIDTH_IN, 1.0 + 2.3 * lines), layout="constrained")
    axes = figure.subplots(lines, min(COLUMNS, count), sharey=True, squeeze=False).ravel()
    for spare in axes[count:]:
        spare.set_visible(False)
    return figure, list(axes[:count])


def _scatter(panel: Axes, factor: Factor, rows: pd.DataFrame, k: int, change: bool) -> None:
    indicator = str(rows["indicator"].iloc[0])
    scale, _ = (SCALES if change else LEVELS)[indicator]
    value, lower, upper = rows[["difference" if change else "mean", "lower", "upper"]].to_numpy(dtype=float).T * scale
    x = [factor.position(v) for v in rows[factor.path]]
    bars = np.nan_to_num([value - lower, upper - value])
    panel.errorbar(x, value, yerr=bars, linestyle="none", alpha=0.8, elinewidth=0.4, **{**look(k), "markersize": 4})


def _dress(panel: Axes, factor: Factor, change: bool) -> None:
    if change:
        panel.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    if factor.log:
        panel.set_xscale("log")
    if not factor.numeric:
        panel.set_xticks(range(len(factor.values)), [str(v) for v in factor.values])
    panel.set_title(name_of(factor.path), fontsize=8, loc="left")
    panel.set_xlabel(factor.unit[:45], fontsize=7)
    panel.tick_params(labelsize=7)


def _outcome(indicator: str, change: bool) -> str:
    _, unit = (SCALES if change else LEVELS)[indicator]
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
