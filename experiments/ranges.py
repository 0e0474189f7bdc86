"""How far the headline outcomes of each scenario reach over the points of a sweep."""

from typing import Any

import pandas as pd

from experiments.tables import PRIMARY_INDICATORS, PRIMARY_PERIOD, SUM_OF_SINGLES


def headline(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the primary indicators in the transition window, all groups together."""
    chosen = table["indicator"].isin(PRIMARY_INDICATORS) & (table["period"] == PRIMARY_PERIOD)
    rows = table[chosen & (table["group"] == "all")]
    return rows[rows["reference"] != SUM_OF_SINGLES] if "reference" in rows else rows


def ranges_table(points: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """Lowest, median and highest value over the points.

    Parameters
    ----------
    points, differences : DataFrame
        Results per point, as `experiments.sweep` makes them.

    Returns
    -------
    DataFrame
        One row per scenario, outcome (level or change) and primary indicator; `defined` counts the points that have
        a value, `above` and `below` those whose interval leaves out 0 on that side (of changes only).
    """
    rows = []
    for outcome, column, table in (("level", "mean", points), ("change", "difference", differences)):
        for (scenario, indicator, unit), cells in headline(table).groupby(
            ["scenario", "indicator", "unit"], sort=False
        ):
            rows.append(
                {
                    "scenario": scenario,
                    "outcome": outcome,
                    "indicator": indicator,
                    "unit": unit,
                    **_range(cells, column),
                }
            )
    columns = ["scenario", "outcome", "indicator", "unit", "lowest", "median", "highest", "defined", "above", "below"]
    return pd.DataFrame(rows, columns=columns)


def _range(cells: pd.DataFrame, column: str) -> dict[str, Any]:
    values = cells[column]
    change = column == "difference"
    return {
        "lowest": values.min(),
        "median": values.median(),
        "highest": values.max(),
        "defined": int(values.notna().sum()),
        "above": int((cells["lower"] > 0).sum()) if change else pd.NA,
        "below": int((cells["upper"] < 0).sum()) if change else pd.NA,
    }
