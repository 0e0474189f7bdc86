"""Which of the assumptions drawn an effect follows, and whether that can be told from chance."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from experiments.assumption_range import Effects
from experiments.design import Design
from experiments.dictionary import DICTIONARY
from experiments.statistics import LEVEL_ALPHA, Bools, Floats, t_quantile

TOLD = 3
"""Assumptions named for an effect."""
FEWEST = 4
"""Draws below which no line has an interval."""
SHUFFLES = 999
ENDS = {"low": 0.05, "high": 0.95}
"""Where on the way through its range an assumption is low, and high."""


def driver_table(design: Design, effects: Effects, seed: int) -> pd.DataFrame:
    """The assumptions each effect follows most, all groups together.

    Spearman's rank correlation over the draws; an effect whose sign turns with an assumption rises or falls with it.
    The strongest of hundreds is large by chance: `p` says how often the strongest of all assumptions would be as
    strong if effects were dealt to the draws by lot (Westfall and Young's single step, over 999 shuffles), so that of
    the effects that follow nothing one in twenty is given an assumption with p of .05 or less.

    Parameters
    ----------
    design : Design
        The draws.
    effects : Effects
        As simulated in these draws.
    seed : int
        Of the shuffles.

    Returns
    -------
    DataFrame
        Columns of `DICTIONARY["drivers"]`; an effect that spreads no wider over the draws than chance would
        spread it has no row: there is nothing to follow an assumption.

    References
    ----------
    Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley.
    """
    given = np.array(design.points, dtype=np.float64).reshape(len(design.points), len(design.factors))
    chance = _Chance(given, seed)
    rows: list[dict[Any, Any]] = []
    whole = effects.of_everybody()
    cells: list[dict[Any, Any]] = whole.cells.to_dict("records")
    low, _, high = whole.quantiles()
    for cell, values, spreads in zip(cells, whole.values, low < high, strict=True):
        defined = ~np.isnan(values)
        if spreads and defined.sum() >= FEWEST:
            rows += [{**cell, **row} for row in _followed(design, given, values, defined, chance)]
    return pd.DataFrame(rows, columns=list(DICTIONARY["drivers"]))


class _Chance:
    """Ranks of the assumptions and what chance makes of them, per set of draws that have a value."""

    def __init__(self, given: Floats, seed: int) -> None:
        self.given, self.seed = given, seed
        self.ranks = lru_cache(maxsize=64)(self._ranks)
        self.strongest = lru_cache(maxsize=64)(self._strongest)

    def _ranks(self, chosen: bytes) -> Floats:
        return _standard(self.given[np.frombuffer(chosen, np.bool_)])

    def _strongest(self, chosen: bytes) -> Floats:
        """Largest correlation with any assumption, of effects dealt to the draws by lot; sorted."""
        ranks = self.ranks(chosen)
        lots = np.random.default_rng(self.seed).permuted(np.tile(np.arange(len(ranks)), (SHUFFLES, 1)), axis=1)
        return np.sort(np.abs(_standard(lots.T).T @ ranks).max(axis=1))


def _standard(columns: Floats) -> Floats:
    """Ranks of each column, of mean 0 and length 1; all 0 where every value is the same."""
    ranks = stats.rankdata(columns, axis=0)
    ranks = ranks - ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    return np.asarray(np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0))


def _followed(design: Design, given: Floats, values: Floats, defined: Bools, chance: _Chance) -> list[dict[str, Any]]:
    chosen = defined.tobytes()
    correlations = _standard(values[defined][:, None])[:, 0] @ chance.ranks(chosen)
    strongest = chance.strongest(chosen)
    rows = []
    for rank, k in enumerate(np.argsort(-np.abs(correlations), kind="stable")[:TOLD], start=1):
        as_strong = SHUFFLES - np.searchsorted(strongest, abs(correlations[k]) - 1e-12)
        row = {"rank": rank, "factor": design.factors[k].path, "correlation": correlations[k]}
        row |= {"p": (1 + as_strong) / (1 + SHUFFLES), "draws": int(defined.sum())}
        rows.append(row | _ends(given[defined, k], values[defined]))
    return rows


@lru_cache
def _quantile(freedom: int) -> float:
    return float(t_quantile(1 - LEVEL_ALPHA / 2, freedom))


def _ends(given: Floats, values: Floats) -> dict[str, float]:
    """Effect along the line through the draws where the assumption is low and where it is high, with 95 % intervals."""
    share = (stats.rankdata(given) - 0.5) / len(given)
    line = stats.linregress(share, values)
    left = values - line.intercept - line.slope * share
    freedom = len(values) - 2
    error = np.sqrt((left**2).sum() / freedom)
    around = ((share - share.mean()) ** 2).sum()
    found: dict[str, float] = {}
    for end, place in ENDS.items():
        effect = line.intercept + line.slope * place
        reach = _quantile(freedom) * error
        reach = reach * np.sqrt(1 / len(values) + (place - share.mean()) ** 2 / around)
        for name, value in (("", effect), ("_lower", effect - reach), ("_upper", effect + reach)):
            found[f"effect_{end}{name}"] = float(value)
    return found
