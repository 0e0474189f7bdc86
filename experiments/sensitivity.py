"""Which factor an outcome follows: Sobol' indices, or rank correlations where the design gives no more."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from experiments.design import Design, salib, unit_cube
from experiments.ranges import headline
from experiments.statistics import bonferroni_alpha
from experiments.tables import PRIMARY_PERIOD

Floats = NDArray[np.float64]

FEWEST = 4
"""Points below which a rank correlation has no interval."""
COLUMNS = (
    "scenario", "outcome", "reference", "indicator", "unit", "period", "factor", "index", "value", "lower", "upper",
    "points",
)  # fmt: skip


def sensitivity_table(design: Design, points: pd.DataFrame, differences: pd.DataFrame, seed: int) -> pd.DataFrame:
    """How much each headline outcome follows each factor; all of it exploratory.

    Parameters
    ----------
    design : Design
        The points.
    points, differences : DataFrame
        Results per point, as `experiments.sweep` makes them; points that failed have no rows.
    seed : int
        Of the bootstrap that gives Sobol' indices their intervals.

    Returns
    -------
    DataFrame
        One row per outcome, factor and index. Levels come from `points` (no reference), changes from `differences`.
        An outcome that is the same at every point follows nothing: its indices are not defined (empty).
    """
    rows = [
        {**outcome, **row}
        for outcome, values in [*_outcomes(points, "mean"), *_outcomes(differences, "difference")]
        for row in indices(design, np.asarray(values.reindex(range(len(design.points))), dtype=np.float64), seed)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def indices(design: Design, outcome: Floats, seed: int) -> list[dict[str, Any]]:
    """Indices of one outcome.

    Parameters
    ----------
    design : Design
        The points.
    outcome : array (points,)
        One number per point, in any unit; NaN where there is none.
    seed : int
        Of the bootstrap.

    Returns
    -------
    list of dict
        Keys factor, index (first-order, total, or rank correlation), value, lower, upper (95 % together over the
        factors), points used.
    """
    return _sobol(design, outcome, seed) if design.kind == "sobol" else _ranks(design, outcome)


def _outcomes(table: pd.DataFrame, column: str) -> Iterator[tuple[dict[str, Any], "pd.Series[float]"]]:
    """Each headline outcome of each scenario, with its value by point."""
    by = ["scenario", "indicator", "unit", *(["reference"] if "reference" in table else [])]
    for key, rows in headline(table).groupby(by, sort=False):
        name = {"outcome": "change" if column == "difference" else "level", "reference": "", "period": PRIMARY_PERIOD}
        yield {**name, **dict(zip(by, key, strict=True))}, rows.set_index("point")[column]


def _sobol(design: Design, outcome: Floats, seed: int) -> list[dict[str, Any]]:
    """First-order and total indices; a base point of which any row is missing is left out with all its rows."""
    width = len(design.factors) + 2
    blocks = outcome.reshape(-1, width)
    whole = blocks[~np.isnan(blocks).any(axis=1)]
    rows: list[dict[str, Any]] = []
    if len(whole) > 1 and np.ptp(whole) > 0:
        # SALib takes a seed of 0 for no seed at all.
        found = salib("analyze.sobol").analyze(
            unit_cube(design.factors), whole.ravel(), calc_second_order=False, conf_level=_level(design), seed=seed + 1
        )
        values = [("first-order", found["S1"], found["S1_conf"]), ("total", found["ST"], found["ST_conf"])]
    else:
        nothing = np.full(len(design.factors), np.nan)
        values = [("first-order", nothing, nothing), ("total", nothing, nothing)]
    for index, value, reach in values:
        for k, path in enumerate(design.paths):
            rows.append(_row(path, index, value[k], value[k] - reach[k], value[k] + reach[k], whole.size))
    return rows


def _ranks(design: Design, outcome: Floats) -> list[dict[str, Any]]:
    """Spearman's rank correlation with its interval by Fisher's transformation."""
    defined = ~np.isnan(outcome)
    rows = []
    for k, factor in enumerate(design.factors):
        given = np.array([factor.position(point[k]) for point in design.points])
        value, lower, upper = _correlation(given[defined], outcome[defined], _level(design))
        rows.append(_row(factor.path, "rank correlation", value, lower, upper, int(defined.sum())))
    return rows


def _correlation(x: Floats, y: Floats, level: float) -> tuple[float, float, float]:
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan, np.nan, np.nan
    found = stats.pearsonr(stats.rankdata(x), stats.rankdata(y))
    interval = found.confidence_interval(level)
    return float(found.statistic), float(interval.low), float(interval.high)


def _level(design: Design) -> float:
    """Level of each interval so that those of all factors hold together with 95 %: the strongest of many is chosen."""
    return 1 - bonferroni_alpha(len(design.factors))


def _row(path: str, index: str, value: float, lower: float, upper: float, points: int) -> dict[str, Any]:
    return {"factor": path, "index": index, "value": value, "lower": lower, "upper": upper, "points": points}


def decisive(sensitivity: pd.DataFrame) -> pd.DataFrame:
    """The rows people are shown, strongest first: total indices or rank correlations, where defined.

    They are those of changes; of levels where nothing is compared, or nothing changes at any point.
    """
    rows = sensitivity[(sensitivity["index"] != "first-order") & sensitivity["value"].notna()]
    changes = rows[rows["outcome"] == "change"]
    chosen = changes if len(changes) else rows
    order = chosen["value"].abs().sort_values(ascending=False, kind="stable").index
    return chosen.loc[order]


def strongest_factors(sensitivity: pd.DataFrame, indicator: str, paths: Sequence[str]) -> list[str]:
    """Factors in order of their strongest index over all scenarios' outcomes of an indicator."""
    rows = decisive(sensitivity)
    return list(dict.fromkeys([*rows.loc[rows["indicator"] == indicator, "factor"], *paths]))
