"""Quantiles of trailing scores are those of all scores, however they are looked for."""

import numpy as np
import pytest

from sim.targeting.channels import ROOM, TrailingScores


@pytest.mark.parametrize("drift", [0.0, 0.2, 5.0])
@pytest.mark.parametrize("shares", [[0.05, 0.3], [0.0, 1.0], [0.02, 0.9]])
def test_quantiles_are_those_of_all_scores(drift: float, shares: list[float]) -> None:
    rng = np.random.default_rng(7)
    trailing, days = TrailingScores(days=10, share=0.3), []
    for _ in range(40):
        days.append(rng.normal(drift * rng.normal(), 1.0, rng.integers(1, 60)).round(1))
        trailing.add(days[-1])
        wanted = np.quantile(np.concatenate(days[-10:]), [1.0 - share for share in shares])
        assert trailing.of(shares) == pytest.approx(wanted, abs=1e-12)


def test_only_the_highest_are_looked_at_where_that_is_enough() -> None:
    trailing = TrailingScores(days=2, share=0.1)
    for start in (0.0, 0.5):
        trailing.add(start + np.arange(100.0))
    assert len(trailing.highest) == 2 * ROOM * 10
    wanted = np.quantile(np.concatenate(trailing.days), 0.9)
    trailing.days[0][:80] = np.inf  # were these looked at, they would be the highest
    assert trailing.of([0.1])[0] == pytest.approx(wanted)
