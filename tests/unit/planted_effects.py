"""Comparisons of imagined measures whose effects are known: true, nil, or of a sign that turns with an assumption."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.assumption_range import effects_of, range_table
from experiments.design import lhs
from experiments.drivers import driver_table
from experiments.factors import Factor
from experiments.tables import differences_table
from experiments.verdicts import NOT_RESOLVED, ROBUST, with_verdicts

ASSUMPTIONS = 546  # as many as a comparison of northern_corridor draws, the most of all shipped worlds
REPLICATIONS, DRAWS = 10, 64
KINDS = ("true", "nil", "turns")
HOURS = 5.0
Effect = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Planted:
    """A measure: its effect in hours where assumptions lie at `shares` of the way through their ranges, and the word
    it deserves."""

    effect: Effect
    word: str


def planted(rng: np.random.Generator, kind: str, noise: float = 1.0) -> Planted:
    """A measure of a kind; `noise` is the standard deviation of what chance does to one replication of its effect.

    True effects are two to five times that, scaled by four assumptions over a factor of about four, skewed. Effects
    that turn reach three to seven times that at either end of one assumption's range, others blur them by a third.
    """
    if kind == "nil":
        return Planted(lambda shares: np.zeros(len(shares)), NOT_RESOLVED)
    others = rng.choice(ASSUMPTIONS, 5, replace=False)
    weights = rng.normal(0, 1, 4)
    weights = weights / np.sqrt((weights**2).sum())

    def blur(shares: np.ndarray) -> np.ndarray:
        return np.asarray((shares[:, others[1:]] - 0.5) * np.sqrt(12) @ weights)

    side = rng.choice([-1.0, 1.0])
    if kind == "true":
        size, spread = rng.uniform(2, 5) * noise * side, rng.uniform(0.1, 0.4)
        return Planted(lambda shares: size * np.exp(spread * blur(shares)), ROBUST)
    size, turn = rng.uniform(3, 7) * noise * side, rng.uniform(0.35, 0.65)
    word = f"depends on a{others[0]}"
    return Planted(lambda shares: size * (2 * (shares[:, others[0]] - turn) + blur(shares) / 3), word)


def words_of(measures: dict[str, Planted], seed: int, draws: int = DRAWS, noise: float = 1.0) -> dict[str, str]:
    """The word each measure is given, by way of the tables of a comparison."""
    rng = np.random.default_rng(seed)
    design = lhs(tuple(Factor(f"a{k}", 0.0, 1.0) for k in range(ASSUMPTIONS)), draws, seed)
    shares = np.array(design.points)
    luck = noise * np.exp(0.3 * rng.normal(size=draws))  # chance is greater in some worlds than in others
    sums = pd.DataFrame(_rows(measures, rng, np.full((REPLICATIONS, ASSUMPTIONS), 0.5), np.full(REPLICATIONS, noise)))
    drawn = pd.DataFrame(_rows(measures, rng, shares, luck)).rename(columns={"replication": "draw"})
    differences = differences_table(sums, "baseline", list(measures))
    effects = effects_of(drawn, sums, "baseline")
    table = with_verdicts(differences, range_table(effects), driver_table(design, effects, seed))
    return dict(zip(table["scenario"], table["verdict"], strict=True))


def _rows(
    measures: dict[str, Planted], rng: np.random.Generator, shares: np.ndarray, noise: np.ndarray
) -> Iterator[dict[str, object]]:
    """Sums of every replication: what chance does to it is common, but for a part of each measure's own."""
    cell = {"indicator": "clearance_mean_h", "unit": "h", "period": "transition", "group": "all", "shape": "ratio"}
    common = HOURS + rng.normal(0, 2, len(shares))
    own = {
        name: m.effect(shares) + noise * rng.standard_t(8, len(shares)) * np.sqrt(6 / 8) for name, m in measures.items()
    }
    for k, journeys in enumerate(rng.poisson(5000, len(shares)).astype(float)):
        for name, hours in {"baseline": np.zeros(len(shares)), **own}.items():
            top = (common[k] + hours[k]) * journeys
            yield {"scenario": name, "replication": k, **cell, "numerator": top, "denominator": journeys}


def right_share(cases: int, seed: int, draws: int = DRAWS) -> dict[str, float]:
    """Share of planted cases of each kind that are given the word they deserve; four measures a comparison."""
    right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    rng = np.random.default_rng(seed)
    kinds = [KINDS[k % len(KINDS)] for k in range(cases)]
    for block in range(0, cases, 4):
        chosen = kinds[block : block + 4]
        measures = {f"m{k}": planted(rng, kind) for k, kind in enumerate(chosen)}
        words = words_of(measures, seed * 1000 + block, draws)
        for k, kind in enumerate(chosen):
            right[kind].append(words[f"m{k}"] == measures[f"m{k}"].word)
    return {kind: float(np.mean(found)) for kind, found in right.items()}
