"""What became of the same opportunities under a scenario and under the reference, over all replications."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from experiments.dictionary import DICTIONARY
from experiments.statistics import contrast
from sim.strata import BOTH, DAY_BITS, ONLY_REFERENCE, ONLY_SCENARIO, strata_rows


def strata_table(
    attempts: pd.DataFrame, scenarios: Sequence[str], replications: int, spans: Mapping[str, range]
) -> pd.DataFrame:
    """Attempts of every scenario beside those of the first, by window, stratum and replication.

    Parameters
    ----------
    attempts : DataFrame
        Columns scenario, replication, opportunity, fate: the attempts presented at crossings (`sim.strata`).
    scenarios : sequence of str
        The first is the reference.
    replications : int
        Numbered from 0.
    spans : mapping
        Days of the run in each window.

    Returns
    -------
    DataFrame
        Columns of `DICTIONARY["strata"]`; counts are empty where no attempts were made on that side.
    """
    day = pd.Series(attempts["opportunity"].to_numpy() >> DAY_BITS, attempts.index)
    made: dict[Any, tuple[Any, Any]] = {
        (period, *key): (rows["opportunity"].to_numpy(), rows["fate"].to_numpy())
        for period, span in spans.items()
        for key, rows in attempts[day.isin(span)].groupby(["scenario", "replication"])
    }
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    reference, *others = scenarios
    rows = [
        {"scenario": name, "reference": reference, "replication": r, "period": period, **row}
        for period in spans
        for r in range(replications)
        for name in others
        for row in strata_rows(made.get((period, reference, r), none), made.get((period, name, r), none))
    ]
    table = pd.DataFrame(rows, columns=list(DICTIONARY["strata"]))
    return table.astype({name: "Int64" for name in table.columns if name.startswith(("stopped", "unfinished"))})


def strata_summary(strata: pd.DataFrame) -> pd.DataFrame:
    """One row per scenario: attempts by stratum, and interdiction of those made either way.

    Parameters
    ----------
    strata : DataFrame
        Columns of `DICTIONARY["strata"]`, of one window.

    Returns
    -------
    DataFrame
        scenario; both, only_reference, only_scenario (attempts at crossings, summed over replications);
        rate_reference, rate_scenario (share of the stratum `both` that was stopped); difference, lower, upper (of
        these two, paired by replication, 95 % jackknife-t, exploratory; NaN where not defined).
    """
    rows = [_row(str(name), rows) for name, rows in strata.groupby("scenario", sort=False)]
    rates = ["rate_reference", "rate_scenario", "difference", "lower", "upper"]
    return pd.DataFrame(rows, columns=["scenario", BOTH, ONLY_REFERENCE, ONLY_SCENARIO, *rates])


def _row(scenario: str, rows: pd.DataFrame) -> dict[str, Any]:
    attempts = rows.groupby("stratum")["attempts"].sum()
    both = rows[rows["stratum"] == BOTH].sort_values("replication")
    sides = ("scenario", "reference")
    stopped = np.array([both[f"stopped_{side}"].to_numpy(np.float64) for side in sides])
    ended = np.array([(both["attempts"] - both[f"unfinished_{side}"]).to_numpy(np.float64) for side in sides])
    used = np.ones((1, len(both)), np.bool_)
    found = contrast(stopped[:, None, :], ended[:, None, :], np.array([1.0, -1.0]), used)
    rates = [s.sum() / e.sum() if e.sum() else np.nan for s, e in zip(stopped, ended, strict=True)]
    return {
        "scenario": scenario,
        **{name: int(attempts.get(name, 0)) for name in (BOTH, ONLY_REFERENCE, ONLY_SCENARIO)},
        "rate_scenario": rates[0],
        "rate_reference": rates[1],
        "difference": float(found.value[0]),
        "lower": float(found.lower[0]),
        "upper": float(found.upper[0]),
    }
