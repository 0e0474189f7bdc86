"""Thresholds among trailing scores are the quantiles of all of them."""

import numpy as np
import pytest

from sim.targeting.trailing import TrailingScores


@pytest.mark.parametrize("shares", [[0.05, 0.3], [0.0, 1.0], [0.9, 0.02], [0.2, 0.2]])
def test_quantiles_are_those_of_all_scores_of_the_last_days(shares: list[float]) -> None:
    rng = np.random.default_rng(7)
    days: list[np.ndarray] = []
    trailing = TrailingScores(10)
    for _ in range(40):
        days.append(rng.normal(size=rng.integers(1, 60)).round(1))
        trailing.add(days[-1])
        wanted = np.quantile(np.concatenate(days[-10:]), [1.0 - share for share in shares])
        assert trailing.lain_above_by(shares) == pytest.approx(wanted, abs=1e-12)
    assert len(trailing) == 10


def test_looking_for_a_threshold_leaves_the_scores_as_they_are() -> None:
    trailing = TrailingScores(2)
    trailing.add(np.array([3.0, 1.0, 2.0]))
    assert trailing.lain_above_by([0.5]) == [2.0]
    assert trailing.scores.tolist() == [3.0, 1.0, 2.0]


def test_who_remembers_no_day_has_no_past() -> None:
    trailing = TrailingScores(0)
    trailing.add(np.ones(3))
    assert len(trailing) == 0
