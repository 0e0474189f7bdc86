"""How far effects reach when assumptions are drawn from their ranges; never pooled with chance at central values."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from experiments.dictionary import DICTIONARY
from experiments.owners import in_money
from experiments.statistics import Bools, Floats, contrast, ratio
from experiments.tables import Sums
from experiments.verdicts import EFFECT

QUANTILES = (0.05, 0.5, 0.95)
ROUNDING = 1e-12
"""Share of a level by which the order of adding up may change it; no effect is as small."""


@dataclass(frozen=True)
class Effects:
    """Effects over draws.

    Attributes
    ----------
    cells : scenario, reference, indicator, unit, period, group; one row per effect
    draws : numbers of the draws
    values : array (effect, draw), as simulated, in the indicator's unit; NaN = not defined
    noise : array (effect,), standard deviation of what chance alone does to the effect in one replication
    """

    cells: pd.DataFrame
    draws: tuple[int, ...]
    values: Floats
    noise: Floats

    def quantiles(self) -> Floats:
        """Low end, median and high end of each effect's `freed` values; the ends meet where chance spreads as wide."""
        freed = self.freed()
        found = np.quantile(freed, QUANTILES, axis=1)
        lacking = np.flatnonzero(np.isnan(freed).any(axis=1))  # NumPy goes about these one by one
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found[:, lacking] = np.nanquantile(freed[lacking], QUANTILES, axis=1)
        return np.asarray(found)

    def of_everybody(self) -> "Effects":
        """Those of all groups together."""
        return self._where((self.cells["group"] == "all").to_numpy())

    def of(self, scenario: str) -> "Effects":
        """Those of one scenario."""
        return self._where((self.cells["scenario"] == scenario).to_numpy())

    def in_money(self, wanted: bool) -> "Effects":
        """Those on amounts of money, or the others."""
        kinds = zip(self.cells["indicator"], self.cells["unit"], strict=True)
        return self._where(np.array([in_money(*one) == wanted for one in kinds], np.bool_))

    def _where(self, which: Bools) -> "Effects":
        return replace(self, cells=self.cells[which], values=self.values[which], noise=self.noise[which])

    def freed(self) -> Floats:
        """Effects with the spread they would have if chance had none in it.

        Each is moved towards the mean so that the variance over the draws is what it was less that of chance: their
        distribution, not each single one, is then that of the effect itself. An effect of exactly 0, which chance
        cannot make (numbers are common), stays 0.

        References
        ----------
        Louis, T. A. (1984). Estimating a population of parameter values using Bayes and empirical Bayes methods.
        Journal of the American Statistical Association 79(386).
        """
        moved = np.where(self.values == 0, np.nan, self.values)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of effects that are defined in no draw, or in one
            mean = np.nanmean(moved, axis=1, keepdims=True)
            variance = np.nanvar(moved, axis=1, ddof=1)
        own = np.maximum(variance - np.nan_to_num(self.noise) ** 2, 0.0)
        share = np.sqrt(np.nan_to_num(ratio(own, variance)))
        return np.where(self.values == 0, 0.0, mean + share[:, None] * (self.values - mean))


def effects_of(drawn: pd.DataFrame, central: pd.DataFrame, reference: str) -> Effects:
    """Effect of each scenario in each draw.

    Parameters
    ----------
    drawn : DataFrame
        Sums of the draws, as `replications` but for the column `draw` in place of `replication`.
    central : DataFrame
        `replications`, whose paired replications show what chance does.
    reference : str
        Scenario to subtract.
    """
    sums = Sums.of(drawn.drop(columns="replication", errors="ignore").rename(columns={"draw": "replication"}))
    level = ratio(sums.numerator, sums.denominator)
    base = sums.scenarios.index(reference)
    others = [k for k in range(len(sums.scenarios)) if k != base]
    columns = ["indicator", "unit", "period", "group"]
    cells = pd.concat(
        [sums.cells[columns].assign(scenario=sums.scenarios[k], reference=reference) for k in others],
        ignore_index=True,
    )
    values = np.concatenate([_less(level[k], level[base]) for k in others])
    noise = cells[EFFECT].merge(_noise(central, reference), on=EFFECT, how="left")["noise"].to_numpy(np.float64)
    return Effects(cells, tuple(sorted(drawn["draw"].unique())), values, noise)


def _less(level: Floats, base: Floats) -> Floats:
    """What a level is more than another: nothing where they differ by no more than the order of adding up makes."""
    difference = level - base
    return np.asarray(np.where(np.abs(difference) <= ROUNDING * np.abs(base), 0.0, difference))


def _noise(central: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Standard deviation of one replication's effect; NaN with fewer than two."""
    sums = Sums.of(central)
    base = sums.scenarios.index(reference)
    frames = []
    for k, scenario in enumerate(sums.scenarios):
        if k != base:
            used = sums.used([k, base])
            found = contrast(sums.numerator[[k, base]], sums.denominator[[k, base]], np.array([1.0, -1.0]), used)
            noise = found.standard_error * np.sqrt(used.sum(axis=-1))
            frames.append(sums.cells.assign(scenario=scenario, reference=reference, noise=noise))
    return pd.concat(frames, ignore_index=True)[[*EFFECT, "noise"]]


def range_table(effects: Effects) -> pd.DataFrame:
    """Quantiles of effects over the draws, what chance adds taken out of their spread; and their signs as simulated.

    Returns
    -------
    DataFrame
        Columns of `DICTIONARY["assumption_ranges"]`.
    """
    simulated = effects.values
    defined = (~np.isnan(simulated)).sum(axis=1)
    low, median, high = effects.quantiles()
    table = effects.cells.assign(
        draws=defined,
        low=low,
        median=median,
        high=high,
        above=ratio((simulated > 0).sum(axis=1).astype(np.float64), defined.astype(np.float64)),
        below=ratio((simulated < 0).sum(axis=1).astype(np.float64), defined.astype(np.float64)),
        noise=effects.noise,
    )
    return table[list(DICTIONARY["assumption_ranges"])]


def effect_table(effects: Effects) -> pd.DataFrame:
    """The effects themselves, all groups together: one row per effect and draw, as simulated.

    Returns
    -------
    DataFrame
        Columns of `DICTIONARY["draw_effects"]`.
    """
    whole = effects.of_everybody()
    cells, values = whole.cells, whole.values
    table = cells.loc[cells.index.repeat(len(effects.draws))].reset_index(drop=True)
    table = table.assign(draw=np.tile(effects.draws, len(cells)), difference=values.ravel())
    return table[list(DICTIONARY["draw_effects"])]
